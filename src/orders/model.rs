//! The words and arithmetic of demand. Pure.

use serde::{Deserialize, Serialize};

use crate::{kernel::*, refusals, words};

words! {
    /// Where an order stands as a whole.
    OrderState {
        /// Goods are held, payment is awaited.
        Placed = "placed",
        /// Work may begin.
        Accepted = "accepted",
        /// A person must look first.
        OnHold = "on_hold",
        /// Everything that will be delivered is.
        Delivered = "delivered",
        /// Nothing of it will be delivered.
        Cancelled = "cancelled",
    }
}

impl OrderState {
    /// True if nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled)
    }
}

words! {
    /// Where a site's part of an order stands.
    FulfilmentState {
        /// Its goods are announced, and not here yet.
        Scheduled = "scheduled",
        /// Not released yet.
        Open = "open",
        /// Being picked.
        Released = "released",
        /// All goods in totes.
        Picked = "picked",
        /// All goods in closed cartons.
        Packed = "packed",
        /// All cartons left.
        Shipped = "shipped",
        /// Everything of it has ended.
        Closed = "closed",
        /// Nothing of it will ship.
        Cancelled = "cancelled",
    }
}

words! {
    /// How goods reach the shopper.
    DeliveryMode {
        /// To the door.
        Home = "home",
        /// To a pick-up point.
        PickupPoint = "pickup_point",
    }
}

words! {
    /// What to do when goods are missing everywhere.
    ShortPolicy {
        /// Hold the order until goods come.
        Wait = "wait",
        /// Ship what is there, cancel the rest.
        ShipPart = "ship_part",
        /// Cancel the whole order, if nothing has shipped.
        Cancel = "cancel",
    }
}

/// An order.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Order {
    /// Id.
    pub id: OrderId,
    /// Short number for people.
    pub number: String,
    /// Where it was sold.
    pub channel: String,
    /// The channel's own number.
    pub external_id: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// Why it is on hold.
    pub hold_reason: Option<String>,
    /// Recipient, kept by the parties.
    pub contact: ContactId,
    /// Address revision, kept by the parties.
    pub address: AddressId,
    /// Where the door is.
    #[serde(flatten)]
    pub coord: Coord,
    /// To the door or a pick-up point.
    pub mode: DeliveryMode,
    /// Service: same_day, next_day.
    pub service: String,
    /// Which pick-up point.
    pub pickup_site: Option<SiteId>,
    /// The promised window.
    pub window_from: Time,
    /// Its end.
    pub window_to: Time,
    /// The promise.
    pub promised_by: Time,
    /// What to do when goods are missing.
    pub short_policy: ShortPolicy,
    /// The buyer's note.
    pub note: String,
    /// ISO 4217.
    pub currency: String,
    /// What shipping costs the shopper.
    pub shipping_minor: i64,
    /// What the shopper says at the door.
    #[serde(skip)]
    pub delivery_pin: String,
    /// The signed-in shopper.
    pub shopper: Option<UserId>,
    /// When.
    pub placed_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Rises with each change.
    pub version: i64,
}

/// One article of an order, with its quantities.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Line {
    /// Id.
    pub id: LineId,
    /// Of which order.
    pub order: OrderId,
    /// Place in the order, from 1.
    pub seq: i64,
    /// The channel's own line number.
    pub external_line_id: Option<String>,
    /// The bundle it belongs to.
    pub parent_line: Option<LineId>,
    /// What.
    pub sku: SkuId,
    /// Price of one, before discount.
    pub unit_price_minor: i64,
    /// Discount on the whole line.
    pub discount_minor: i64,
    /// Tax within the price of the whole line.
    pub tax_minor: i64,
    /// Wanted at first.
    pub ordered: i64,
    /// Reserved now.
    pub held: i64,
    /// Of it, being picked.
    pub released: i64,
    /// In totes or beyond.
    pub picked: i64,
    /// In closed cartons or beyond.
    pub packed: i64,
    /// Left the site.
    pub shipped: i64,
    /// Handed over.
    pub delivered: i64,
    /// No longer wanted, or not to be had.
    pub cancelled: i64,
    /// Came back.
    pub returned: i64,
    /// Paid back.
    pub refunded: i64,
}

impl Line {
    /// Wanted, and neither held nor picked: looks for goods.
    pub fn uncovered(&self) -> i64 {
        self.ordered - self.cancelled - self.held - self.picked
    }
    /// True if every unit was delivered, cancelled or came back.
    pub fn is_over(&self) -> bool {
        self.delivered + self.returned + self.cancelled == self.ordered
    }
    /// What `quantity` units of this line cost, so that parts sum to the whole.
    pub fn value_of(&self, quantity: i64) -> i64 {
        let whole = self.unit_price_minor * self.ordered - self.discount_minor;
        if self.ordered == 0 { 0 } else { whole * quantity / self.ordered }
    }
    /// What is to be paid: everything not cancelled and not returned.
    pub fn due_minor(&self) -> i64 {
        self.value_of(self.ordered - self.cancelled - self.returned)
    }
}

/// The part of an order that one site ships.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Fulfilment {
    /// Id.
    pub id: FulfilmentId,
    /// Of which order.
    pub order: OrderId,
    /// Which site.
    pub site: SiteId,
    /// Where it stands.
    pub state: FulfilmentState,
    /// When it must leave.
    pub due_at: Time,
    /// In which wave.
    pub wave: Option<WaveId>,
    /// Since when.
    pub created_at: Time,
}

/// One line's share of a fulfilment.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FulfilmentLine {
    /// Of which fulfilment.
    pub fulfilment: FulfilmentId,
    /// Which line.
    pub line: LineId,
    /// What reserves its goods.
    pub hold: HoldId,
    /// What.
    pub sku: SkuId,
    /// How much at first.
    pub quantity: i64,
    /// In totes or beyond.
    pub picked: i64,
    /// In closed cartons or beyond.
    pub packed: i64,
    /// Cancelled, broken or short.
    pub dropped: i64,
}

impl FulfilmentLine {
    /// Still to be picked.
    pub fn to_pick(&self) -> i64 {
        self.quantity - self.dropped - self.picked
    }
}

/// An order as it stands when its placing is over, still in memory.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The order.
    pub order: Order,
    /// Its lines, with what is held.
    pub lines: Vec<Line>,
    /// Which site ships a part.
    pub parts: Vec<Fulfilment>,
    /// What of each line.
    pub shares: Vec<FulfilmentLine>,
}

/// What an order is opened with; sites come later, one part each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewOrder {
    /// Where it was sold.
    pub channel: String,
    /// The channel's own number.
    pub external_id: Option<String>,
    /// Recipient.
    pub contact: ContactId,
    /// Address revision.
    pub address: AddressId,
    /// Where the door is.
    pub coord: Coord,
    /// To the door or a pick-up point.
    pub mode: DeliveryMode,
    /// Service.
    pub service: String,
    /// Which pick-up point.
    pub pickup_site: Option<SiteId>,
    /// Promised window.
    pub window: (Time, Time),
    /// The promise.
    pub promised_by: Time,
    /// What to do when goods are missing.
    pub short_policy: ShortPolicy,
    /// The buyer's note.
    pub note: String,
    /// ISO 4217.
    pub currency: String,
    /// What shipping costs.
    pub shipping_minor: i64,
    /// The signed-in shopper.
    pub shopper: Option<UserId>,
    /// What is wanted.
    pub lines: Vec<NewLine>,
}

/// A line to be opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewLine {
    /// The channel's own line number.
    pub external_line_id: Option<String>,
    /// What.
    pub sku: SkuId,
    /// How much.
    pub quantity: i64,
    /// Price of one.
    pub unit_price_minor: i64,
}

refusals! {
    /// Why an order cannot be what was asked.
    Refusal {
        /// No such order.
        Unknown { order: String } => "order.unknown", 404, "There is no such order, or you may not see it.";
        /// The channel sent this order before.
        Duplicate { external_order_id: String } => "order.duplicate", 409, "The channel sent order {external_order_id} before; read that one.";
        /// No such line in this order.
        UnknownLine { line: LineId } => "order.unknown_line", 404, "The order has no such line.";
        /// More than is left to cancel.
        TooMuch { line: LineId, wanted: i64, available_quantity: i64 } => "order.too_much", 409, "Only {available_quantity} of this line can still be cancelled, not {wanted}.";
        /// It has ended.
        Over { state: OrderState } => "order.over", 409, "The order is {state}; nothing more can be changed.";
        /// Nothing in it.
        Empty => "order.empty", 422, "An order needs at least one line.";
        /// A state does not allow this.
        NotNow { state: FulfilmentState } => "fulfilment.not_now", 409, "This part of the order is {state}; that cannot be done now.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn line(ordered: i64, discount: i64) -> Line {
        Line {
            id: LineId::new(Ulid::nil()),
            order: OrderId::new(Ulid::nil()),
            seq: 1,
            external_line_id: None,
            parent_line: None,
            sku: SkuId::new(Ulid::nil()),
            unit_price_minor: 333,
            discount_minor: discount,
            tax_minor: 0,
            ordered,
            held: 0,
            released: 0,
            picked: 0,
            packed: 0,
            shipped: 0,
            delivered: 0,
            cancelled: 0,
            returned: 0,
            refunded: 0,
        }
    }

    proptest::proptest! {
        #[test]
        fn what_stays_and_what_goes_back_sum_to_the_whole(ordered in 1_i64..50, discount in 0_i64..300, cut in 0_i64..50) {
            let mut line = line(ordered, discount.min(333 * ordered));
            let before = line.due_minor();
            line.cancelled = cut.min(ordered);
            let refund = before - line.due_minor();
            proptest::prop_assert!(refund >= 0 && refund + line.due_minor() == before);
            if line.cancelled == ordered { proptest::prop_assert_eq!(line.due_minor(), 0); }
        }
    }

    #[test]
    fn a_line_is_over_when_every_unit_has_ended() {
        let mut line = line(3, 0);
        assert_eq!(line.uncovered(), 3);
        (line.picked, line.packed, line.shipped, line.delivered, line.cancelled) = (2, 2, 2, 2, 1);
        assert!(line.is_over());
    }
}
