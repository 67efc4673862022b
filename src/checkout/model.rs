//! What a storefront or a machine sends, and what shipping costs. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::*,
    orders::{DeliveryMode, ShortPolicy},
    parties::{Address, Invoice, NewContact},
    payments::{Method, TestCard},
    refusals,
};

/// The currency of prices in the catalogue.
pub const CURRENCY: &str = "CNY";
/// Lines in one order.
pub const MAX_LINES: usize = 5_000;
/// What the till is told of an order that is not decided together with others.
pub(super) const ALONE: &str = "order.alone";
/// The most of one article in one line.
pub const MOST_OF_A_LINE: i64 = 9_999;

/// An article and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Want {
    /// The article's code.
    pub sku: String,
    /// Base units, from 1.
    pub quantity: i64,
    /// The channel's own line number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_line_id: Option<String>,
}

/// How it should arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// home or pickup_point.
    pub mode: DeliveryMode,
    /// same_day or next_day.
    pub service: String,
    /// The pick-up point's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickup_point: Option<String>,
    /// The window wished for; within the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// From and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Window {
    /// Not before.
    pub from: Time,
    /// Not after.
    pub to: Time,
}

/// How it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// test_card or cash_on_delivery.
    pub method: Method,
    /// How the test card behaves.
    #[serde(default)]
    pub card: TestCard,
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// Where it is sold.
    pub channel: String,
    /// The channel's own number, unique in the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_order_id: Option<String>,
    /// What.
    pub lines: Vec<Want>,
    /// For whom.
    pub recipient: NewContact,
    /// Where to.
    pub address: Address,
    /// How.
    pub delivery: Delivery,
    /// Paid how.
    pub payment: Pay,
    /// What to do when goods are missing.
    #[serde(default = "ship_part")]
    pub short_policy: ShortPolicy,
    /// The buyer's note.
    #[serde(default)]
    pub note: String,
    /// What an invoice should say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The channel's own number of its shopper, for limits of purchase; nothing
    /// personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shopper_ref: Option<String>,
    /// Holds (of a cart, a live room) whose goods this order takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_holds: Vec<HoldId>,
}

/// How many of a line are wanted in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineChange {
    /// Which line.
    pub line: LineId,
    /// How many of it in all, delivered ones included; 0 cancels what is left.
    pub quantity: i64,
}

/// A change of what is wanted; all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// Lines with their new quantities; a line that is not named stays as it is.
    #[serde(default)]
    pub lines: Vec<LineChange>,
    /// Articles that are wanted as well, at today's price.
    #[serde(default)]
    pub add: Vec<Want>,
}

fn ship_part() -> ShortPolicy {
    ShortPolicy::ShipPart
}

/// What shipping costs the shopper, minor units.
pub fn shipping_minor(mode: DeliveryMode, service: &str) -> i64 {
    match (mode, service) {
        (DeliveryMode::PickupPoint, _) => 0,
        (DeliveryMode::Home, "same_day") => 600,
        (DeliveryMode::Home, _) => 400,
    }
}

refusals! {
    /// Why an order cannot be placed.
    Refusal {
        /// No such article, or not sold.
        UnknownArticle { sku: String } => "article.unknown", 422, "There is no article {sku} on sale; look it up in the catalogue.";
        /// A quantity that makes no sense.
        BadQuantity { sku: String, quantity: i64 } => "order.bad_quantity", 422, "{sku}: a quantity must be from 1 to 9999, not {quantity}.";
        /// No line, or too many.
        BadLines { lines: usize } => "order.bad_lines", 422, "An order has from 1 to 5000 lines, not {lines}.";
        /// Too little to promise.
        Short { sku: String, wanted: i64, available_quantity: i64 } => "stock.short", 409, "Only {available_quantity} of {sku} can be promised, not {wanted}; ask for fewer.";
        /// Some of it is only announced; the till places it on the single path.
        Alone => "order.alone", 409, "This order is placed on its own.";
        /// More than one order may have.
        LimitOfOrder { sku: String, available_quantity: i64 } => "limit.order", 409, "An order may have at most {available_quantity} of {sku}.";
        /// More than one shopper may have for now.
        LimitOfShopper { sku: String, available_quantity: i64 } => "limit.shopper", 409, "You may still have {available_quantity} of {sku} for now.";
        /// What is left is kept for others until a moment.
        SetAside { sku: String, wanted: i64, available_quantity: i64 } => "stock.set_aside", 409, "Only {available_quantity} of {sku} are open to you now, not {wanted}; the rest is kept for early access.";
        /// No such thing under this code.
        NotKnown { what: &'static str, code: String } => "terms.unknown", 422, "There is no {what} {code}; check it.";
        /// A rule that makes no sense.
        BadTerm { field: &'static str } => "terms.invalid", 422, "{field} is out of bounds.";
        /// No such pick-up point.
        UnknownPoint { pickup_point: String } => "pickup_point.unknown", 422, "There is no pick-up point {pickup_point}; choose one from the list of sites.";
        /// The service is not one of ours.
        UnknownService { service: String } => "service.unknown", 422, "There is no service {service}; use same_day or next_day.";
        /// The window cannot be kept.
        BadWindow => "order.bad_window", 422, "The window must end after it begins, not before the promise, and at most 14 days behind it.";
        /// A text that is too long.
        TooLong { field: &'static str } => "order.too_long", 422, "{field} is longer than 500 characters.";
    }
}
