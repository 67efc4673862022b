//! What shoppers remember of their orders: number, code for the door, lines.
//!
//! In memory alone; after a restart the replies to the same keys fill it again.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A line as the server numbered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLine {
    pub id: String,
    /// The article's id.
    pub sku: String,
    /// The article's code.
    pub code: String,
    pub quantity: i64,
}

/// An order that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its index in the demand of the seed.
    pub index: u64,
    /// `ord_...`.
    pub order: String,
    /// What the shopper says at the door.
    pub pin: String,
    pub lines: Vec<PlacedLine>,
    /// Code of the pick-up point, if it goes to one.
    pub pickup_point: Option<String>,
}

impl Placed {
    /// Reads the server's reply; `None` if it has no id.
    pub fn read(index: u64, pickup_point: Option<String>, reply: &Value) -> Option<Self> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let line = |line: &Value| {
            let quantity = line.get("quantity").or_else(|| line.get("ordered")).and_then(Value::as_i64);
            let code = text(line, "code").unwrap_or_default();
            Some(PlacedLine { id: text(line, "id")?, sku: text(line, "sku")?, code, quantity: quantity? })
        };
        let lines = reply.get("lines").and_then(Value::as_array);
        Some(Self {
            index,
            order: text(reply, "id")?,
            pin: text(reply, "delivery_pin").unwrap_or_default(),
            lines: lines.map(|lines| lines.iter().filter_map(line).collect()).unwrap_or_default(),
            pickup_point,
        })
    }
}

/// All orders of the run.
#[derive(Default)]
pub struct Register {
    orders: Mutex<HashMap<String, Arc<Placed>>>,
    given_up: Mutex<BTreeMap<u64, String>>,
    races: Mutex<BTreeMap<(u64, usize), Race>>,
}

/// Who got how much of a scarce article at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Race {
    won: u64,
    lost: u64,
}

impl Register {
    pub fn add(&self, placed: Placed) -> Arc<Placed> {
        let placed = Arc::new(placed);
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.insert(placed.order.clone(), Arc::clone(&placed));
        placed
    }

    /// The order of that id, if one of the run's shoppers placed it.
    pub fn find(&self, order: &str) -> Option<Arc<Placed>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).get(order).cloned()
    }

    /// The order of that index, if the server took it.
    pub fn of_index(&self, index: u64) -> Option<Arc<Placed>> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.values().find(|placed| placed.index == index).cloned()
    }

    /// How many orders the server took.
    pub fn placed(&self) -> usize {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ids of all orders that the server took.
    pub fn ids(&self) -> Vec<String> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Notes an order that the server would not take, whatever was tried.
    pub fn give_up(&self, index: u64, why: String) {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).insert(index, why);
    }

    /// Orders that the server would not take, and why.
    pub fn given_up(&self) -> BTreeMap<u64, String> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how a shopper of `group` fared who reached for a scarce article.
    pub fn reached(&self, group: u64, scarce: usize, won: bool) {
        let mut races = self.races.lock().unwrap_or_else(PoisonError::into_inner);
        let race = races.entry((group, scarce)).or_default();
        if won { race.won += 1 } else { race.lost += 1 }
    }

    /// Moments at which some got the last units and others came too late.
    pub fn last_unit_races(&self) -> u64 {
        let races = self.races.lock().unwrap_or_else(PoisonError::into_inner);
        races.values().filter(|race| race.won > 0 && race.lost > 0).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reply_becomes_a_memory() {
        let reply = json!({
            "id": "ord_1", "delivery_pin": "0042",
            "lines": [{"id": "lin_1", "sku": "sku_1", "code": "FV-0001", "ordered": 2}, {"id": "lin_2"}],
        });
        let placed = Placed::read(3, None, &reply).expect("an order");
        assert_eq!((placed.pin.as_str(), placed.lines.len()), ("0042", 1));
        let register = Register::default();
        register.add(placed);
        assert_eq!(register.find("ord_1").map(|order| order.index), Some(3));
        assert_eq!(Placed::read(3, None, &json!({})), None);
    }

    #[test]
    fn a_race_has_winners_and_losers() {
        let register = Register::default();
        for won in [true, true, true] {
            register.reached(0, 0, won);
        }
        assert_eq!(register.last_unit_races(), 0);
        register.reached(4, 0, true);
        register.reached(4, 0, false);
        register.reached(12, 0, false);
        assert_eq!(register.last_unit_races(), 1);
    }
}
