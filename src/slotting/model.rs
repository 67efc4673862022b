//! The words of slotting, and the choice among bins. Pure.

use solver::slotting as solve;

use crate::{
    catalog::{Article, Temperature},
    kernel::*,
    layout::{Bin, BinKind},
    refusals, words,
};

words! {
    /// What the worker who carries goods does next.
    Stage {
        /// Go to the bin and scan it.
        From = "from",
        /// Scan the article.
        Article = "article",
        /// Say how many.
        Quantity = "quantity",
        /// Put them into the other bin and scan it.
        To = "to",
        /// Nothing: it is over.
        Done = "done",
    }
}

/// Goods to be carried from one bin to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    /// Its task.
    pub task: TaskId,
    /// Where.
    pub site: SiteId,
    /// What.
    pub sku: SkuId,
    /// Which lot, or empty.
    pub lot: String,
    /// Which serial, or empty.
    pub serial: String,
    /// The lot's expiry, or empty.
    pub expiry: String,
    /// How many.
    pub quantity: i64,
    /// In hand.
    pub counted: i64,
    /// From where.
    pub from: BinId,
    /// Its label.
    pub from_code: String,
    /// To where.
    pub to: BinId,
    /// Its label.
    pub to_code: String,
    /// What comes next.
    pub stage: Stage,
    /// `move` or `replenish`.
    pub reason: String,
}

/// How fast an article turns at a site.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Speed {
    /// Visits to its bin a day.
    pub picks_per_day: f64,
    /// Base units a day.
    pub units_per_day: f64,
}

/// A bin as the choice sees it.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The bin.
    pub bin: Bin,
    /// The same for the solver.
    pub room: solve::Bin,
    /// The articles in it or on their way to it, each once.
    pub holds: Vec<SkuId>,
}

impl Slot {
    /// True if it is empty or has only this article.
    pub fn is_own(&self, sku: SkuId) -> bool {
        self.holds.iter().all(|held| *held == sku)
    }
    /// Pick face or reserve; people pick from mobile shelves.
    pub fn serves_as(&self) -> BinKind {
        if self.bin.kind == BinKind::ShelfSlot { BinKind::Pick } else { self.bin.kind }
    }
    /// True if it has this article.
    pub fn has(&self, sku: SkuId) -> bool {
        self.holds.contains(&sku)
    }
    /// How many more units of an article fit by weight and volume, whatever the
    /// climate.
    pub fn room_for(&self, article: &Article) -> i64 {
        let by_weight = (self.room.max_weight_g - self.room.used_weight_g).max(0) / article.weight_g.max(1);
        let by_volume = (self.room.capacity_ml - self.room.used_ml).max(0) / article.volume_ml().max(1);
        by_weight.min(by_volume)
    }
    /// Counts goods as lying here.
    pub fn fill(&mut self, article: &Article, quantity: i64) {
        self.room.used_weight_g = self.room.used_weight_g.saturating_add(article.weight_g * quantity);
        self.room.used_ml = self.room.used_ml.saturating_add(article.volume_ml() * quantity);
        if !self.holds.contains(&article.id) {
            self.holds.push(article.id);
        }
    }
}

/// The solver's word for a climate.
pub fn climate(temperature: Temperature) -> solve::Temperature {
    match temperature {
        Temperature::Ambient => solve::Temperature::Ambient,
        Temperature::Chilled => solve::Temperature::Chilled,
        Temperature::Frozen => solve::Temperature::Frozen,
    }
}

/// The article as the solver sees it, with the stock to be placed.
pub fn wanted(article: &Article, quantity: i64, speed: Speed, class: solve::Class) -> solve::Article {
    solve::Article {
        picks_per_day: speed.picks_per_day,
        class,
        unit_weight_g: article.weight_g,
        weight_g: article.weight_g.saturating_mul(quantity),
        volume_ml: article.volume_ml().saturating_mul(quantity),
        temperature: climate(article.temperature),
    }
}

/// Why a bin was looked at: the rounds go from the best sort of bin to any.
const ROUNDS: usize = 4;

/// True if a bin is looked at in a round: first bins of the wanted kind that hold
/// the article already, then empty ones of it, then the other kind, then bins
/// shared with other articles.
fn in_round(slot: &Slot, round: usize, kind: BinKind, sku: SkuId) -> bool {
    match round {
        0 => slot.serves_as() == kind && slot.has(sku) && slot.is_own(sku),
        1 => slot.serves_as() == kind && slot.holds.is_empty(),
        2 => slot.serves_as() != kind && slot.is_own(sku),
        _ => !slot.is_own(sku),
    }
}

/// The best bin that takes all of it: by rounds, within a round by the solver's
/// score. Gives its index and what the round weighed, as pairs of index and score.
/// With `only`, bins of another kind are not looked at.
pub fn best(
    slots: &[Slot],
    article: &solve::Article,
    sku: SkuId,
    kind: BinKind,
    only: bool,
) -> Option<(usize, Vec<Weighed>)> {
    let mut weighed = Vec::new();
    for round in 0..ROUNDS {
        let looked = |slot: &Slot| (!only || slot.serves_as() == kind) && in_round(slot, round, kind, sku);
        let members: Vec<usize> = (0..slots.len()).filter(|at| looked(&slots[*at])).collect();
        let rooms: Vec<solve::Bin> = members.iter().map(|at| slots[*at].room.clone()).collect();
        let choice = solve::best_bin(&rooms, article, &solve::Weights::default());
        weighed.extend(members.iter().copied().zip(choice.candidates));
        if let Some(best) = choice.bin {
            return Some((members[best], weighed));
        }
    }
    None
}

/// A bin's index with its score, or why it does not fit.
pub type Weighed = (usize, Result<solve::Score, solve::Misfit>);

refusals! {
    /// Why slotting says no.
    Refusal {
        /// No row behind the task.
        NoCarry { task: TaskId } => "carry.unknown", 404, "There is nothing left to carry here; take another task.";
        /// No bin takes it.
        NoRoom { sku: SkuId, quantity: i64 } => "slotting.no_room", 409, "No bin has room for {quantity} of this article; clear a bin of its climate.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> ulid::Ulid {
        ulid::Ulid::from_parts(1, n)
    }

    fn slot(n: u128, kind: BinKind, travel_ms: i64, holds: &[SkuId]) -> Slot {
        Slot {
            bin: Bin {
                id: BinId::new(id(n)),
                site: SiteId::new(id(0)),
                code: format!("B{n}"),
                zone: "A".into(),
                kind,
                node: String::new(),
                x_mm: 0,
                y_mm: 0,
                level: 1,
                temperature: Temperature::Ambient,
                max_weight_g: 1000,
                max_volume_ml: 1000,
                shelf: None,
                blocked: false,
                reason: String::new(),
            },
            room: solve::Bin {
                travel_ms,
                class: solve::Class::A,
                level: 0,
                max_weight_g: 1000,
                used_weight_g: 0,
                capacity_ml: 1000,
                used_ml: 0,
                temperature: solve::Temperature::Ambient,
            },
            holds: holds.to_vec(),
        }
    }

    fn article() -> solve::Article {
        solve::Article {
            picks_per_day: 10.0,
            class: solve::Class::A,
            unit_weight_g: 10,
            weight_g: 100,
            volume_ml: 100,
            temperature: solve::Temperature::Ambient,
        }
    }

    #[test]
    fn goods_join_their_own_then_take_an_empty_bin_then_share() {
        let (mine, other) = (SkuId::new(id(1)), SkuId::new(id(2)));
        let mut slots = vec![
            slot(1, BinKind::Pick, 1, &[other]),
            slot(2, BinKind::Reserve, 1, &[]),
            slot(3, BinKind::Pick, 10, &[]),
            slot(4, BinKind::Pick, 90, &[]),
            slot(5, BinKind::Pick, 500, &[mine]),
        ];
        let mut chosen = || {
            let at = best(&slots, &article(), mine, BinKind::Pick, false).map(|(at, _)| at)?;
            slots[at].room.used_ml = 1000;
            Some(slots[at].bin.code.clone())
        };
        let order: Vec<_> = std::iter::from_fn(&mut chosen).collect();
        assert_eq!(order, ["B5", "B3", "B4", "B2", "B1"]);
    }

    #[test]
    fn what_is_weighed_says_why_not() {
        let mine = SkuId::new(id(1));
        let mut slots = vec![slot(1, BinKind::Pick, 1, &[]), slot(2, BinKind::Pick, 1, &[])];
        slots[0].room.temperature = solve::Temperature::Frozen;
        let (at, weighed) = best(&slots, &article(), mine, BinKind::Pick, false).unwrap();
        assert_eq!((at, weighed.len()), (1, 2));
        assert!(best(&slots, &article(), mine, BinKind::Reserve, true).is_none());
        assert!(matches!(weighed[0], (0, Err(solve::Misfit::Temperature { .. }))));
    }
}
