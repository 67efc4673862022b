//! The ledger's words: goods, accounts, movements, holds. Pure.
//!
//! The shape is TigerBeetle's: immutable transfers between accounts, where a
//! pending transfer reserves and is later posted in part or voided.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{kernel::*, refusals, words};

/// The pool that every channel shares until channels get their own.
pub const SHARED_POOL: &str = "*";
/// Where what is held comes from, in transfers that move nothing yet: a site's pool,
/// or deliveries to it that are announced.
pub(super) const POOL: &str = "@pool";
pub(super) const ANNOUNCED: &str = "@announced";
/// The owner of goods unless another is named.
pub const HOUSE: &str = "house";

words! {
    /// What state goods are in; only sellable goods may be promised.
    Condition {
        /// May be promised and shipped.
        Sellable = "sellable",
        /// Waits for a quality decision.
        QualityHold = "quality_hold",
        /// Broken.
        Damaged = "damaged",
        /// Past its date.
        Expired = "expired",
        /// Called back by its maker.
        Recalled = "recalled",
        /// Came back and is not graded yet.
        Returned = "returned",
        /// Should be here and was not found.
        Missing = "missing",
    }
}

words! {
    /// What a transfer does.
    TransferKind {
        /// Reserves: moves nothing yet.
        Pending = "pending",
        /// Posts a reservation, in full or in part.
        Post = "post",
        /// Gives a reservation back.
        Void = "void",
        /// Moves goods at once.
        Move = "move",
    }
}

words! {
    /// open -> closed: everything reserved was posted or given back.
    HoldState { /// Still reserves something.
        Open = "open", /// Reserves nothing any more.
        Closed = "closed" }
}

words! {
    /// What a hold is for. Only an order's holds are committed; the others reserve.
    Purpose {
        /// A line of an order.
        Order = "order",
        /// A shopper's cart.
        Cart = "cart",
        /// A shopper who is paying.
        Checkout = "checkout",
        /// A live sale.
        LiveRoom = "live_room",
        /// A counter of a shop, until the goods are handed over.
        Counter = "counter",
    }
}

/// Which goods, down to lot and serial; empty texts mean "not tracked".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Goods {
    /// The article.
    pub sku: SkuId,
    /// Lot, or empty.
    #[serde(default)]
    pub lot: String,
    /// Serial, or empty.
    #[serde(default)]
    pub serial: String,
    /// Expiry of the lot as `YYMMDD`, or empty.
    #[serde(default)]
    pub expiry: String,
    /// Condition.
    pub condition: Condition,
}

impl Goods {
    /// Sellable goods without lot or serial.
    pub fn plain(sku: SkuId) -> Self {
        Self { sku, lot: String::new(), serial: String::new(), expiry: String::new(), condition: Condition::Sellable }
    }
    /// The same goods in another condition.
    #[must_use]
    pub fn turned(&self, condition: Condition) -> Self {
        Self { condition, ..self.clone() }
    }
}

/// Who or what holds goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A shelf position.
    Bin(BinId),
    /// A handling unit.
    Unit(UnitId),
    /// Where goods come from.
    Supplier,
    /// Where they go.
    Customer,
    /// Where they vanish to, and are found again.
    Loss,
    /// A vehicle's or rider's account, while the load is under way.
    Carrier(LoadId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bin(bin) => bin.fmt(f),
            Self::Unit(unit) => unit.fmt(f),
            Self::Supplier => f.write_str("@supplier"),
            Self::Customer => f.write_str("@customer"),
            Self::Loss => f.write_str("@loss"),
            Self::Carrier(load) => write!(f, "@carrier:{load}"),
        }
    }
}

impl FromStr for Holder {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text {
            "@supplier" => Ok(Self::Supplier),
            "@customer" => Ok(Self::Customer),
            "@loss" => Ok(Self::Loss),
            _ => match text.strip_prefix("@carrier:") {
                Some(load) => load.parse().map(Self::Carrier),
                None => text.parse().map(Self::Bin).or_else(|_| text.parse().map(Self::Unit)),
            },
        }
    }
}

/// An account: a holder at a site (or outside all sites), and whether what it
/// holds counts towards the site's pool. Totes and cartons bound to an order do
/// not: their goods are promised and picked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// `None` outside of sites.
    pub site: Option<SiteId>,
    /// Who holds.
    pub holder: Holder,
    /// Counts towards the pool.
    pub pooled: bool,
}

impl Account {
    /// A bin.
    pub const fn bin(site: SiteId, bin: BinId) -> Self {
        Self { site: Some(site), holder: Holder::Bin(bin), pooled: true }
    }
    /// A unit that holds stock: a pallet in receiving.
    pub const fn unit(site: SiteId, unit: UnitId) -> Self {
        Self { site: Some(site), holder: Holder::Unit(unit), pooled: true }
    }
    /// A tote or carton bound to an order.
    pub const fn bound(site: SiteId, unit: UnitId) -> Self {
        Self { site: Some(site), holder: Holder::Unit(unit), pooled: false }
    }
    /// An account outside of all sites.
    pub const fn outside(holder: Holder) -> Self {
        Self { site: None, holder, pooled: false }
    }
    /// How many units of `condition` in this account count towards the pool.
    pub fn pool_share(&self, condition: Condition, quantity: i64) -> i64 {
        if self.pooled && condition == Condition::Sellable { quantity } else { 0 }
    }
}

/// A movement to be made.
#[derive(Debug, Clone)]
pub struct Movement {
    /// What moves.
    pub goods: Goods,
    /// How many base units.
    pub quantity: i64,
    /// From where.
    pub from: Account,
    /// To where.
    pub to: Account,
    /// In which condition they arrive.
    pub becomes: Condition,
    /// Why, as a stable word.
    pub reason: &'static str,
    /// On whose behalf: an order line, a receipt, a task.
    pub reference: String,
}

/// A reservation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Hold {
    /// Id; also of its pending transfer.
    pub id: HoldId,
    /// For which order.
    pub order: OrderId,
    /// For which line.
    pub line: LineId,
    /// Where.
    pub site: SiteId,
    /// What.
    pub sku: SkuId,
    /// How much was reserved.
    pub quantity: i64,
    /// How much of it was picked.
    pub posted: i64,
    /// How much was given back, lapsed or broken.
    pub released: i64,
    /// How much of the rest is not here yet.
    pub pledged: i64,
    /// The delivery that brings it.
    pub supply: Option<AsnId>,
    /// The promise it serves; the latest breaks first.
    pub promised_by: Time,
    /// When it lapses, unless the order is accepted before.
    pub expires_at: Option<Time>,
    /// What it is for.
    pub purpose: Purpose,
    /// open or closed.
    pub state: HoldState,
}

impl Hold {
    /// What it still reserves.
    pub fn open(&self) -> i64 {
        self.quantity - self.posted - self.released
    }
    /// What of it is on hand.
    pub fn covered(&self) -> i64 {
        self.open() - self.pledged
    }
}

/// What a hold is asked for.
#[derive(Debug, Clone)]
pub struct Want {
    /// For which order.
    pub order: OrderId,
    /// For which line.
    pub line: LineId,
    /// Where.
    pub site: SiteId,
    /// What.
    pub sku: SkuId,
    /// How much.
    pub quantity: i64,
    /// The promise it serves.
    pub promised_by: Time,
    /// When it lapses.
    pub expires_at: Option<Time>,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a site can promise of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Pool {
    /// Where.
    pub site: SiteId,
    /// What.
    pub sku: SkuId,
    /// Sellable goods in bins and stock-keeping units.
    pub on_hand: i64,
    /// Reserved of it.
    pub held: i64,
    /// Rises with each change.
    pub version: i64,
}

impl Pool {
    /// What may still be promised.
    pub fn available(&self) -> i64 {
        self.on_hand - self.held
    }
}

/// An article of a delivery that is announced and not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Supply {
    /// The delivery.
    pub asn: AsnId,
    /// Where to.
    pub site: SiteId,
    /// What.
    pub sku: SkuId,
    /// When it is expected: nothing of it ships earlier.
    pub not_before: Time,
    /// Announced, and not come yet.
    pub expected: i64,
    /// Of it, promised to orders.
    pub pledged: i64,
}

impl Supply {
    /// What may still be promised of it.
    pub fn free(&self) -> i64 {
        self.expected - self.pledged
    }
}

/// Which holds to break, and by how much, so that what they have together of something
/// falls by `excess`: the latest promise first, the younger hold first among equals.
pub fn to_break(mut open: Vec<Hold>, excess: i64, of: impl Fn(&Hold) -> i64) -> Vec<(Hold, i64)> {
    open.sort_by_key(|hold| std::cmp::Reverse((hold.promised_by, hold.id)));
    let mut left = excess;
    let mut broken = Vec::new();
    for hold in open {
        let cut = of(&hold).min(left);
        if cut > 0 {
            left -= cut;
            broken.push((hold, cut));
        }
    }
    broken
}

refusals! {
    /// Why the ledger says no.
    Refusal {
        /// Not enough to promise.
        Short { sku: SkuId, wanted: i64, available_quantity: i64 } => "stock.short", 409, "Only {available_quantity} of the {wanted} wanted are left; ask for fewer or another article.";
        /// Not enough of these goods in this place.
        NotThere { holder: String, sku: SkuId, wanted: i64 } => "stock.not_there", 409, "There are not {wanted} of this article here; count the place or choose another.";
        /// The reservation does not cover this.
        NotHeld { hold: HoldId, wanted: i64 } => "stock.not_held", 409, "The reservation no longer covers {wanted}; look at the order again.";
        /// A quantity that makes no sense.
        BadQuantity { quantity: i64 } => "stock.bad_quantity", 422, "A quantity must be from 1 to 1000000, not {quantity}.";
        /// Its time is over, or nothing of it is left.
        Lapsed { hold: HoldId } => "hold.lapsed", 409, "This reservation has ended; take another.";
        /// An order's hold ends with its order.
        OrdersOwn { hold: HoldId } => "hold.of_order", 409, "This reservation belongs to an order; change the order.";
        /// Days that make no sense.
        BadDays { days: i64 } => "shelf_life.days", 422, "Goods last from 0 to 3650 days, not {days}.";
        /// No such hold.
        NoHold { hold: HoldId } => "stock.no_hold", 404, "There is no such reservation.";
    }
}

/// The most of anything in one go, base units.
pub const MOST: i64 = 1_000_000;

/// What a person or a machine counted in an account.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Where.
    pub at: Account,
    /// What.
    pub goods: Goods,
    /// How much there is.
    pub counted: i64,
}

/// Quantities are whole base units within sane bounds.
pub fn checked(quantity: i64) -> Result<i64, Refusal> {
    if (1..=MOST).contains(&quantity) { Ok(quantity) } else { Err(Refusal::BadQuantity { quantity }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn hold(n: u128, promised: i64, quantity: i64) -> Hold {
        Hold {
            id: HoldId::new(Ulid::from_parts(1, n)),
            order: OrderId::new(Ulid::nil()),
            line: LineId::new(Ulid::nil()),
            site: SiteId::new(Ulid::nil()),
            sku: SkuId::new(Ulid::nil()),
            quantity,
            posted: 0,
            released: 0,
            pledged: 0,
            supply: None,
            promised_by: Time::from_ms(promised),
            expires_at: None,
            purpose: Purpose::Order,
            state: HoldState::Open,
        }
    }

    #[test]
    fn the_latest_promise_breaks_first_and_only_as_much_as_needed() {
        let broken = to_break(vec![hold(1, 10, 2), hold(2, 30, 2), hold(3, 20, 5)], 4, Hold::covered);
        let cuts: Vec<_> = broken.iter().map(|(hold, cut)| (hold.promised_by.ms(), *cut)).collect();
        assert_eq!(cuts, [(30, 2), (20, 2)]);
    }

    #[test]
    fn holders_read_back() {
        let load = LoadId::new(Ulid::from_parts(3, 4));
        for holder in [Holder::Loss, Holder::Carrier(load), Holder::Bin(BinId::new(Ulid::from_parts(1, 1)))] {
            assert_eq!(holder.to_string().parse::<Holder>().unwrap(), holder);
        }
    }
}
