//! The inventory controller: announces what suppliers send, lets the trucks in,
//! and has bins counted, some of which hold less than was promised.
//!
//! What is on a truck and in a bin is physical truth (`deliveries`, `truth`); what
//! the server believes it learns from the workers.

use super::deliveries::{self, Delivery};
use super::truth::Gap;
use crate::access::Login;
use crate::faults::{Fault, Mishap};
use crate::http::Caller;
use crate::oracle::Fact;
use crate::stage::Stage;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

const MINUTE_MS: i64 = 60_000;
/// Domain time between two trucks.
const TRUCK_GAP_MS: i64 = 15_000;
/// Domain time between two counts that are asked for.
const COUNT_GAP_MS: i64 = 12_000;
/// A bin that turned out to be promised to nobody is left, and another is
/// counted, so often.
const COUNT_TRIES: u32 = 6;
/// Looks for a promise, five seconds of domain time apart.
const PROMISE_LOOKS: u32 = 60;

/// Works at the site of `login` from `opening_ms` on, until all is done.
pub async fn live(stage: Arc<Stage>, login: Login, opening_ms: i64) {
    let Some(code) = login.site.clone() else { return };
    let Some((caller, _)) = stage.sign_in("inventory", &login, None).await else { return };
    let controller = Controller { stage: &stage, caller: &caller, site: &code };
    tokio::join!(controller.receive(opening_ms), controller.count(opening_ms));
}

struct Controller<'a> {
    stage: &'a Stage,
    caller: &'a Caller,
    /// Code.
    site: &'a str,
}

impl Controller<'_> {
    fn site_id(&self) -> &str {
        self.stage.sites.get(self.site).map_or("", String::as_str)
    }

    /// One truck after the other.
    async fn receive(&self, opening_ms: i64) {
        let mut mishaps = Vec::new();
        for kind in [Mishap::DamagedReceipt, Mishap::OverDelivery, Mishap::UnknownLabel] {
            mishaps.extend(self.stage.mishaps.take_all(kind));
        }
        let trucks = deliveries::plan(&self.stage.world, opening_ms, &mishaps);
        for (number, truck) in trucks.into_iter().enumerate() {
            if !self.stage.until(opening_ms + number as i64 * TRUCK_GAP_MS).await {
                return;
            }
            self.let_in(truck).await;
        }
    }

    async fn let_in(&self, truck: Delivery) {
        let body = json!({
            "site": self.site_id(),
            "code": truck.code,
            "supplier": truck.supplier,
            "lines": [{ "sku": truck.sku, "quantity": truck.announced, "lot": truck.lot, "expiry": truck.expiry }],
        });
        let key = format!("sim-{}-asn-{}", self.stage.seed, truck.code);
        let announced = match self.caller.post("/api/v1/asns", &key, &body).await {
            Ok(reply) => reply,
            Err(problem) => return self.stage.surprise("inventory", &format!("announcing {}", truck.code), &problem),
        };
        let id = announced.get("id").and_then(Value::as_str).unwrap_or_default();
        let key = format!("sim-{}-truck-{}", self.stage.seed, truck.code);
        match self.caller.post(&format!("/api/v1/asns/{id}/arrive"), &key, &json!({})).await {
            Ok(receipt) => {
                let task = receipt.get("task").and_then(Value::as_str).unwrap_or_default();
                self.stage.deliveries.arrive(task, truck);
            }
            Err(problem) => self.stage.surprise("inventory", &format!("letting in {}", truck.code), &problem),
        }
    }

    /// Has bins counted that hold less than was promised; a promise is soon picked,
    /// so no count waits for another.
    async fn count(&self, opening_ms: i64) {
        let counted = Mutex::default();
        let faults = self.stage.mishaps.take_all(Mishap::CountBelowHeld);
        let counts = faults.into_iter().enumerate().map(|(number, fault)| {
            let at_ms = opening_ms + MINUTE_MS / 2 + number as i64 * COUNT_GAP_MS;
            self.bring_about(fault, at_ms, &counted)
        });
        join_all(counts).await;
    }

    /// Tries bins from `at_ms` on until a promise broke, or gives the mishap back.
    async fn bring_about(&self, fault: Fault, at_ms: i64, counted: &Mutex<BTreeSet<String>>) {
        if !self.stage.until(at_ms).await {
            return;
        }
        for _ in 0..COUNT_TRIES {
            let Some(bin) = self.promised_bin(counted).await else { break };
            self.stage.truth.note(self.site, &bin, Gap::BelowHeld);
            match self.ask(&bin).await {
                Some(true) => return,
                Some(false) => {}
                None => break,
            }
        }
        self.stage.mishaps.put_back(fault);
    }

    /// Asks for a count; whether it broke a promise. `None` when it cannot be had.
    async fn ask(&self, bin: &str) -> Option<bool> {
        let body = json!({ "site": self.site_id(), "bin": bin, "reason": "spot_check" });
        let known = self.stage.news.len();
        let asked = self.caller.post("/api/v1/counts", &self.stage.key("inventory"), &body).await;
        let reply = asked.map_err(|problem| self.stage.surprise("inventory", "asking for a count", &problem)).ok()?;
        let task = reply.get("task").and_then(Value::as_str).unwrap_or_default().to_owned();
        let over = |fact: &Fact| matches!(fact.kind.as_str(), "task.done" | "task.cancelled") && fact.subject == task;
        self.stage.news.first(&self.stage.stop, over).await?;
        let told = self.stage.news.since(known);
        Some(told.iter().any(|fact| {
            fact.kind == "stock.adjusted"
                && fact.text("reason") == "counted_below_held"
                && fact.text("site") == self.site_id()
        }))
    }

    /// A bin on a fixed rack that alone holds an article which is promised and not
    /// yet picked, the latest promise first; waits for one, and marks it counted.
    async fn promised_bin(&self, counted: &Mutex<BTreeSet<String>>) -> Option<String> {
        for _ in 0..PROMISE_LOOKS {
            let found = self.uncounted(counted);
            if found.is_some() {
                return found;
            }
            if !self.stage.rest(MINUTE_MS / 12).await {
                return None;
            }
        }
        None
    }

    fn uncounted(&self, counted: &Mutex<BTreeSet<String>>) -> Option<String> {
        let skus = self.codes();
        let promised = promised(&self.stage.news.since(0), self.site_id());
        let mut alone = promised.iter().rev().filter_map(|sku| self.only_bin(skus.get(sku)?));
        let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
        let bin = alone.find(|bin| self.on_rack(bin) && !counted.contains(*bin))?.to_owned();
        counted.insert(bin.clone());
        Some(bin)
    }

    /// The bin of an article that stands in one bin of the site only.
    fn only_bin(&self, code: &str) -> Option<&str> {
        let rows = self.stage.world.stock.iter();
        let mut rows = rows.filter(|row| row.site == self.site && row.sku == code);
        rows.next().filter(|_| rows.next().is_none()).map(|row| row.bin.as_str())
    }

    fn on_rack(&self, bin: &str) -> bool {
        let floor = self.stage.world.floor(self.site);
        floor.is_some_and(|floor| floor.bins.iter().any(|known| known.code == bin && known.shelf.is_none()))
    }

    /// Codes of the articles in orders of the run, by id.
    fn codes(&self) -> HashMap<String, String> {
        let mut codes = HashMap::new();
        for order in self.stage.register.ids() {
            if let Some(placed) = self.stage.register.find(&order) {
                codes.extend(placed.lines.iter().map(|line| (line.sku.clone(), line.code.clone())));
            }
        }
        codes
    }
}

/// Articles (ids) held at a site and not picked yet, in the order of their
/// promises.
fn promised(facts: &[Arc<Fact>], site: &str) -> Vec<String> {
    let mut open: BTreeMap<String, (i64, i64, String)> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.text("site") == site) {
        let line = format!("{} {}", fact.text("line"), fact.text("sku"));
        match fact.kind.as_str() {
            "hold.placed" => {
                let sku = fact.text("sku").to_owned();
                open.entry(line).or_insert((fact.position, 0, sku)).1 += fact.number("quantity");
            }
            "hold.released" | "hold.broken" | "line.picked" => {
                if let Some((_, left, _)) = open.get_mut(&line) {
                    *left -= fact.number("quantity");
                }
            }
            _ => {}
        }
    }
    let mut left: Vec<_> = open.into_values().filter(|(_, left, _)| *left > 0).collect();
    left.sort();
    left.into_iter().map(|(_, _, sku)| sku).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_picked_is_promised_no_more() {
        let fact = |position: i64, kind: &str, line: &str, quantity: i64| {
            let body = json!({ "site": "sit_1", "line": line, "sku": format!("sku_{line}"), "quantity": quantity });
            Arc::new(Fact { position, at_ms: 0, kind: kind.to_owned(), subject: String::new(), body })
        };
        let facts = [
            fact(1, "hold.placed", "b", 2),
            fact(2, "hold.placed", "a", 1),
            fact(3, "line.picked", "a", 1),
            fact(4, "hold.placed", "c", 3),
            fact(5, "line.picked", "b", 1),
        ];
        assert_eq!(promised(&facts, "sit_1"), ["sku_b", "sku_c"]);
        assert!(promised(&facts, "sit_2").is_empty());
    }
}
