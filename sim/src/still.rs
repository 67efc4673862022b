//! What is open and what stands still, read from the facts alone.
//!
//! A run is over when every order has an end; one that does not come to its end
//! is told here by what waits for whom.

use crate::oracle::Fact;
use std::collections::BTreeMap;

/// Kinds of tasks that tidy up at leisure; a run does not wait for them.
const LEISURE: [&str; 2] = ["move", "replenish"];

#[derive(Debug, Clone, PartialEq, Eq)]
struct OpenTask {
    kind: String,
    taken: bool,
}

/// Everything that began and has not ended.
#[derive(Debug, Default)]
pub struct Standing {
    /// Number of facts read.
    pub read: usize,
    /// Last fact of each order without an end.
    orders: BTreeMap<String, String>,
    tasks: BTreeMap<String, OpenTask>,
    missions: BTreeMap<String, bool>,
    loads: BTreeMap<String, String>,
    cases: BTreeMap<String, String>,
    pub placed: u64,
    pub delivered: u64,
    pub cancelled: u64,
    pub picked: u64,
    pub cartons: u64,
    pub departed: u64,
    pub cases_opened: u64,
}

impl Standing {
    /// Takes note of a fact.
    pub fn hear(&mut self, fact: &Fact) {
        self.read += 1;
        let subject = fact.subject.clone();
        match fact.kind.split_once('.').unwrap_or(("", "")) {
            ("order", word) => self.order(subject, word),
            ("task", word) => self.task(subject, word, fact.text("kind")),
            ("mission", word) => self.mission(subject, word),
            ("load", word) => self.load(subject, word),
            ("case", "opened") => {
                self.cases_opened += 1;
                self.cases.insert(subject, fact.text("code").to_owned());
            }
            ("case", "closed") => drop(self.cases.remove(&subject)),
            _ => self.detail(fact),
        }
    }

    fn order(&mut self, order: String, word: &str) {
        match word {
            "placed" => {
                self.placed += 1;
                self.orders.insert(order, "order.placed".to_owned());
            }
            "delivered" | "cancelled" => {
                if self.orders.remove(&order).is_some() {
                    *(if word == "delivered" { &mut self.delivered } else { &mut self.cancelled }) += 1;
                }
            }
            _ => {
                if let Some(last) = self.orders.get_mut(&order) {
                    *last = format!("order.{word}");
                }
            }
        }
    }

    fn task(&mut self, task: String, word: &str, kind: &str) {
        match word {
            "done" | "cancelled" => drop(self.tasks.remove(&task)),
            _ => drop(self.tasks.insert(task, OpenTask { kind: kind.to_owned(), taken: word == "taken" })),
        }
    }

    fn mission(&mut self, mission: String, word: &str) {
        match word {
            "done" | "failed" | "cancelled" => drop(self.missions.remove(&mission)),
            _ => drop(self.missions.insert(mission, word != "requested")),
        }
    }

    fn load(&mut self, load: String, word: &str) {
        match word {
            "finished" => drop(self.loads.remove(&load)),
            "departed" => {
                self.departed += 1;
                self.loads.insert(load, word.to_owned());
            }
            _ => drop(self.loads.insert(load, word.to_owned())),
        }
    }

    fn detail(&mut self, fact: &Fact) {
        match fact.kind.as_str() {
            "line.picked" => self.picked += 1,
            "carton.closed" => self.cartons += 1,
            _ => {}
        }
        if let Some(last) = self.orders.get_mut(&fact.subject) {
            last.clone_from(&fact.kind);
        }
    }

    /// Orders without an end.
    pub fn open_orders(&self) -> usize {
        self.orders.len()
    }

    /// Whether all that a run waits for has ended.
    pub fn is_quiet(&self) -> bool {
        let busy = self.tasks.values().any(|task| !LEISURE.contains(&task.kind.as_str()));
        self.orders.is_empty() && self.missions.is_empty() && self.cases.is_empty() && !busy
    }

    /// What stands still: what it is about, and a sentence. Loads are told only
    /// while orders are open, since a load that was taken apart leaves no fact.
    pub fn sentences(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        if !self.orders.is_empty() {
            let last = counted(self.orders.values().map(String::as_str));
            told.push((
                "orders".to_owned(),
                format!("{} orders have no end; their last facts: {last}", self.orders.len()),
            ));
        }
        let waiting: Vec<_> = self.tasks.values().filter(|task| !task.taken).map(|task| task.kind.as_str()).collect();
        if !waiting.is_empty() {
            let kinds = counted(waiting.iter().copied());
            told.push(("tasks".to_owned(), format!("{} tasks wait for a worker: {kinds}", waiting.len())));
        }
        let taken = self.tasks.values().filter(|task| task.taken).count();
        if taken > 0 {
            told.push(("tasks taken".to_owned(), format!("{taken} tasks were taken and are not done")));
        }
        let asked = self.missions.values().filter(|assigned| !**assigned).count();
        if !self.missions.is_empty() {
            let detail = format!("{} shelf missions are open, {asked} of them without a vehicle", self.missions.len());
            told.push(("missions".to_owned(), detail));
        }
        if !self.orders.is_empty() && !self.loads.is_empty() {
            let states = counted(self.loads.values().map(String::as_str));
            told.push(("loads".to_owned(), format!("{} loads are not finished: {states}", self.loads.len())));
        }
        if !self.cases.is_empty() {
            let codes = counted(self.cases.values().map(String::as_str));
            told.push(("cases".to_owned(), format!("{} cases are open: {codes}", self.cases.len())));
        }
        told
    }
}

/// Such as `pick 3, pack 1`.
fn counted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let parts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{word} {count}")).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn standing(facts: &[(&str, &str)]) -> Standing {
        let mut standing = Standing::default();
        for (kind, subject) in facts {
            standing.hear(&Fact {
                position: 0,
                at_ms: 0,
                kind: (*kind).to_owned(),
                subject: (*subject).to_owned(),
                body: json!({ "kind": "pick", "code": "bin.empty" }),
            });
        }
        standing
    }

    #[test]
    fn what_ended_is_quiet() {
        let all = standing(&[
            ("order.placed", "o1"),
            ("task.ready", "t1"),
            ("mission.requested", "m1"),
            ("task.taken", "t1"),
            ("line.picked", "o1"),
            ("mission.done", "m1"),
            ("task.done", "t1"),
            ("case.opened", "c1"),
            ("case.closed", "c1"),
            ("order.delivered", "o1"),
        ]);
        assert!(all.is_quiet() && all.sentences().is_empty());
        assert_eq!((all.placed, all.delivered, all.picked, all.cases_opened), (1, 1, 1, 1));
    }

    #[test]
    fn what_waits_is_named() {
        let some = standing(&[
            ("order.placed", "o1"),
            ("fulfilment.released", "o1"),
            ("task.ready", "t1"),
            ("mission.requested", "m1"),
            ("load.planned", "l1"),
        ]);
        assert!(!some.is_quiet());
        let text: Vec<String> = some.sentences().into_iter().map(|(_, detail)| detail).collect();
        let text = text.join("; ");
        for part in ["fulfilment.released 1", "1 tasks wait for a worker: pick 1", "1 of them without", "planned 1"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
