//! What the oracle reads: facts, ledger and orders, as the APIs tell them.
//!
//! These shapes are the oracle's own; only the names of the JSON fields are
//! shared with the server. Unknown fields are ignored, so that the server may
//! tell more.

use crate::clock;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A fact from the event log.
#[derive(Debug, Clone, Deserialize)]
pub struct Fact {
    pub position: i64,
    /// Domain time.
    #[serde(rename = "at", deserialize_with = "clock::at_ms")]
    pub at_ms: i64,
    pub kind: String,
    pub subject: String,
    #[serde(default)]
    pub body: Value,
}

impl Fact {
    /// A text of the body, or "".
    pub fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// A whole number of the body, or 0.
    pub fn number(&self, key: &str) -> i64 {
        self.body.get(key).and_then(Value::as_i64).unwrap_or(0)
    }
}

/// What a transfer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Reserves; moves nothing.
    Pending,
    /// Moves what was reserved.
    Post,
    /// Gives a reservation back.
    Void,
    /// Moves at once.
    Move,
}

impl TransferKind {
    pub fn moves_goods(self) -> bool {
        matches!(self, TransferKind::Post | TransferKind::Move)
    }
}

/// A line of the ledger.
#[derive(Debug, Clone, Deserialize)]
pub struct Transfer {
    pub id: String,
    #[serde(rename = "at", deserialize_with = "clock::at_ms")]
    pub at_ms: i64,
    pub kind: TransferKind,
    pub sku: String,
    #[serde(default)]
    pub lot: String,
    #[serde(default)]
    pub serial: String,
    /// In which condition the goods left.
    pub condition: String,
    pub quantity: i64,
    #[serde(default)]
    pub from_site: String,
    pub from_holder: String,
    #[serde(default)]
    pub to_site: String,
    pub to_holder: String,
    /// In which condition they arrived.
    pub to_condition: String,
    #[serde(default)]
    pub hold: Option<String>,
    #[serde(default)]
    pub reason: String,
}

/// What an account holds.
#[derive(Debug, Clone, Deserialize)]
pub struct Balance {
    #[serde(default)]
    pub site: String,
    pub holder: String,
    pub sku: String,
    #[serde(default)]
    pub lot: String,
    #[serde(default)]
    pub serial: String,
    pub condition: String,
    #[serde(default, deserialize_with = "flag")]
    pub pooled: bool,
    pub quantity: i64,
}

/// What a site believes it can promise.
#[derive(Debug, Clone, Deserialize)]
pub struct Pool {
    pub site: String,
    pub sku: String,
    pub on_hand: i64,
    pub held: i64,
}

/// A reservation.
#[derive(Debug, Clone, Deserialize)]
pub struct Hold {
    pub id: String,
    pub order: String,
    pub site: String,
    pub sku: String,
    pub quantity: i64,
    pub posted: i64,
    pub released: i64,
    /// Of the rest, what is announced and not here.
    #[serde(default)]
    pub pledged: i64,
}

impl Hold {
    pub fn open(&self) -> i64 {
        self.quantity - self.posted - self.released
    }
}

/// An order as its reader sees it at the end.
#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    pub id: String,
    #[serde(alias = "status")]
    pub state: String,
    #[serde(default)]
    pub shipping_minor: i64,
    pub lines: Vec<Line>,
}

/// A line of an order with the quantities the oracle judges.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    pub id: String,
    /// The same key as in the ledger.
    pub sku: String,
    pub unit_price_minor: i64,
    #[serde(default)]
    pub discount_minor: i64,
    pub ordered: i64,
    #[serde(default)]
    pub delivered: i64,
    #[serde(default)]
    pub cancelled: i64,
    #[serde(default)]
    pub returned: i64,
}

/// Everything the oracle is shown, when the run is over.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Evidence {
    /// In the order of their positions.
    pub facts: Vec<Fact>,
    pub transfers: Vec<Transfer>,
    pub balances: Vec<Balance>,
    pub pools: Vec<Pool>,
    pub holds: Vec<Hold>,
    pub orders: Vec<Order>,
}

/// A flag told as true/false or as 1/0.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(value.as_bool().unwrap_or_else(|| value.as_i64() == Some(1)))
}
