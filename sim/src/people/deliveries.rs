//! What is physically on the trucks: how much really came, in which state, with
//! which labels; and what a worker at the dock therefore enters.
//!
//! The plan is a pure function of seed and mishaps. Whose task a truck became is
//! remembered here; a run that is taken up again learns it from the same replies.

use super::hands::{self, Entry};
use super::screen::Screen;
use crate::clock::gs1_day;
use crate::faults::{Fault, Mishap};
use crate::seed::stream;
use crate::world::World;
use rand::RngExt;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const DAY_MS: i64 = 86_400_000;
/// Deliveries of a day without mishaps.
const USUAL: usize = 2;
/// What a smudged label reads as.
const SMUDGE: &str = "?SMUDGED?";

/// One truck with one article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The supplier's number.
    pub code: String,
    pub supplier: String,
    pub sku: String,
    pub announced: i64,
    /// Units in order.
    pub good: i64,
    pub damaged: i64,
    /// Nobody can read its labels.
    pub smudged: bool,
    /// Empty for what keeps no lots.
    pub lot: String,
    /// `YYMMDD`, or empty.
    pub expiry: String,
}

/// The trucks of a run: a few usual ones, and one for each mishap at the dock.
/// Expiry dates count from `opening_ms`.
pub fn plan(world: &World, opening_ms: i64, mishaps: &[Fault]) -> Vec<Delivery> {
    let usual = std::iter::repeat_n(None, USUAL);
    let all = usual.chain(mishaps.iter().map(Some));
    all.enumerate().map(|(index, fault)| truck(world, opening_ms, index, fault)).collect()
}

fn truck(world: &World, opening_ms: i64, index: usize, fault: Option<&Fault>) -> Delivery {
    let mut chance = stream(world.seed, "delivery", index as u64);
    let skus = &world.catalog.skus;
    // The scarce stay scarce.
    let sku = loop {
        let sku = &skus[chance.random_range(0..skus.len())];
        if sku.popularity > 0 {
            break sku;
        }
    };
    let category = world.catalog.categories.iter().find(|category| category.key == sku.category);
    let announced = chance.random_range(12..=36);
    let part = |permille: u32| (announced * i64::from(permille) / 1_000).max(2);
    let (mut good, mut damaged, mut smudged) = (announced, 0, false);
    match fault.map(|fault| (fault.kind, fault.permille)) {
        Some((Mishap::DamagedReceipt, permille)) => {
            damaged = part(permille).min(announced - 1);
            good = announced - damaged;
        }
        // Well beyond what is taken without asking.
        Some((Mishap::OverDelivery, permille)) => good = announced + part(permille) + 2,
        Some((Mishap::UnknownLabel, _)) => smudged = true,
        _ => {}
    }
    let keeps = sku.shelf_life_days.map(i64::from);
    Delivery {
        code: format!("D{}-{index:03}", world.seed),
        supplier: category.map(|category| category.supplier.clone()).unwrap_or_default(),
        sku: sku.code.clone(),
        announced,
        good,
        damaged,
        smudged,
        lot: keeps.map(|_| format!("26L{index:02}")).unwrap_or_default(),
        expiry: keeps.map(|days| gs1_day(opening_ms + days * DAY_MS)).unwrap_or_default(),
    }
}

/// A truck at the dock, and how far it is unloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unloading {
    delivery: Delivery,
    tried_smudge: bool,
    relabelled: bool,
    good_left: i64,
    damaged_left: i64,
}

/// Trucks at the docks, by the task of their receipt.
#[derive(Default)]
pub struct Deliveries {
    docked: Mutex<HashMap<String, Unloading>>,
}

impl Deliveries {
    /// A truck stands at the dock; its receipt is that task.
    pub fn arrive(&self, task: &str, delivery: Delivery) {
        let Delivery { good: good_left, damaged: damaged_left, .. } = delivery;
        let unloading = Unloading { delivery, tried_smudge: false, relabelled: false, good_left, damaged_left };
        let mut docked = self.docked.lock().unwrap_or_else(PoisonError::into_inner);
        docked.entry(task.to_owned()).or_insert(unloading);
    }

    /// What a worker enters at the dock; `None` for a truck nobody knows.
    pub fn entry(&self, screen: &Screen) -> Option<Entry> {
        let docked = self.docked.lock().unwrap_or_else(PoisonError::into_inner);
        docked.get(&screen.task.id).map(|unloading| unloading.entry(screen))
    }

    /// An entry was taken, or refused.
    pub fn entered(&self, screen: &Screen, entry: &Entry, taken: bool) {
        let mut docked = self.docked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unloading) = docked.get_mut(&screen.task.id) {
            unloading.entered(screen, entry, taken);
        }
    }
}

impl Unloading {
    fn batch(&self) -> i64 {
        if self.good_left > 0 { self.good_left } else { self.damaged_left }
    }

    fn entry(&self, screen: &Screen) -> Entry {
        let usual = || hands::right(screen, "", None);
        match screen.state.as_str() {
            "receive.scan_article" | "receive.all_here" if self.batch() == 0 => Entry::button("close"),
            "receive.scan_article" if self.delivery.smudged && !self.tried_smudge => Entry::Code(SMUDGE.to_owned()),
            "receive.scan_article" if self.delivery.smudged && !self.relabelled => Entry::button("unreadable"),
            // Announced goods are here; there is more of the same on the truck.
            "receive.scan_article" | "receive.all_here" | "receive.relabel" => Entry::Code(self.delivery.sku.clone()),
            "receive.enter_lot" => Entry::Code(self.delivery.lot.clone()),
            "receive.enter_expiry" => Entry::Code(self.delivery.expiry.clone()),
            "receive.enter_quantity" => Entry::Number(self.batch()),
            "receive.condition" if self.good_left == 0 => Entry::button("damaged"),
            _ => usual(),
        }
    }

    fn entered(&mut self, screen: &Screen, entry: &Entry, taken: bool) {
        match (screen.state.as_str(), entry) {
            (_, Entry::Code(code)) if code == SMUDGE => self.tried_smudge = true,
            ("receive.scan_article", Entry::Choice(choice)) if choice == "unreadable" && taken => {
                self.relabelled = true
            }
            ("receive.condition", _) if taken => {
                *(if self.good_left > 0 { &mut self.good_left } else { &mut self.damaged_left }) = 0;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Strikes;
    use crate::people::screen::{Choice, Expect, OfTask};
    use crate::world::Scale;

    fn fault(kind: Mishap) -> Fault {
        Fault { kind, strikes: Strikes::Receipt, index: 0, permille: 400 }
    }

    fn screen(state: &str, kind: &str, choices: &[&str]) -> Screen {
        Screen {
            task: OfTask { id: "tsk_1".to_owned(), kind: "receive".to_owned(), ..OfTask::default() },
            state: state.to_owned(),
            expect: Expect { kind: kind.to_owned(), label: String::new() },
            choices: choices.iter().map(|code| Choice { code: (*code).to_owned() }).collect(),
            ..Screen::default()
        }
    }

    #[test]
    fn each_mishap_has_its_truck_and_a_plan_repeats() {
        let world = World::generate(7, Scale::City);
        let mishaps = [fault(Mishap::DamagedReceipt), fault(Mishap::OverDelivery), fault(Mishap::UnknownLabel)];
        let trucks = plan(&world, 1_795_000_000_000, &mishaps);
        assert_eq!(trucks, plan(&world, 1_795_000_000_000, &mishaps));
        let [.., damaged, over, smudged] = &trucks[..] else { panic!("{trucks:?}") };
        assert!(damaged.damaged > 0 && damaged.good > 0 && damaged.good + damaged.damaged == damaged.announced);
        assert!(over.good > over.announced + over.announced / 20 + 1);
        assert!(smudged.smudged);
        for truck in &trucks {
            assert_eq!(truck.lot.is_empty(), truck.expiry.is_empty());
            assert!(!world.catalog.scarce.contains(&truck.sku));
        }
    }

    #[test]
    fn a_damaged_part_is_entered_apart_and_the_receipt_closed() {
        let world = World::generate(7, Scale::City);
        let truck = plan(&world, 0, &[fault(Mishap::DamagedReceipt)]).pop().expect("a truck");
        let deliveries = Deliveries::default();
        deliveries.arrive("tsk_1", truck.clone());
        let article = screen("receive.scan_article", "article", &["close", "unreadable"]);
        let quantity = screen("receive.enter_quantity", "quantity", &[]);
        let condition = screen("receive.condition", "choice", &["sellable", "damaged"]);
        assert_eq!(deliveries.entry(&article), Some(Entry::Code(truck.sku.clone())));
        assert_eq!(deliveries.entry(&quantity), Some(Entry::Number(truck.good)));
        let good = deliveries.entry(&condition).expect("an entry");
        assert_eq!(good, Entry::button("sellable"));
        deliveries.entered(&condition, &good, true);
        assert_eq!(deliveries.entry(&quantity), Some(Entry::Number(truck.damaged)));
        let bad = deliveries.entry(&condition).expect("an entry");
        assert_eq!(bad, Entry::button("damaged"));
        deliveries.entered(&condition, &bad, true);
        assert_eq!(deliveries.entry(&screen("receive.all_here", "choice", &["close"])), Some(Entry::button("close")));
    }

    #[test]
    fn a_smudged_label_is_tried_then_made_new() {
        let world = World::generate(7, Scale::City);
        let truck = plan(&world, 0, &[fault(Mishap::UnknownLabel)]).pop().expect("a truck");
        let deliveries = Deliveries::default();
        deliveries.arrive("tsk_1", truck.clone());
        let article = screen("receive.scan_article", "article", &["close", "unreadable"]);
        let smudge = deliveries.entry(&article).expect("an entry");
        assert_eq!(smudge, Entry::Code(SMUDGE.to_owned()));
        deliveries.entered(&article, &smudge, false);
        let button = deliveries.entry(&article).expect("an entry");
        assert_eq!(button, Entry::button("unreadable"));
        deliveries.entered(&article, &button, true);
        assert_eq!(deliveries.entry(&screen("receive.relabel", "label", &[])), Some(Entry::Code(truck.sku)));
        assert_eq!(deliveries.entry(&Screen::default()), None);
    }
}
