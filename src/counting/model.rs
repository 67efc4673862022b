//! The words of counting, and what a difference means. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use solver::slotting::Class;

use crate::{
    kernel::*,
    refusals,
    stock::{Condition, Goods},
    words,
};

words! {
    /// What the worker does next.
    Stage {
        /// Go to the bin and scan it.
        Bin = "bin",
        /// Scan the next article, or say that this is all.
        Article = "article",
        /// Enter the lot.
        Lot = "lot",
        /// Scan the serial number.
        Serial = "serial",
        /// Enter how many.
        Quantity = "quantity",
        /// Nothing: it is over.
        Done = "done",
    }
}

/// A count of one bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Its key; also in its transfers.
    pub id: String,
    /// Where.
    pub site: SiteId,
    /// Which bin.
    pub bin: BinId,
    /// Its label.
    pub bin_code: String,
    /// Its task.
    pub task: TaskId,
    /// Why it is counted.
    pub reason: String,
    /// 1, or 2 when it is counted again.
    pub round: i64,
    /// What comes next.
    pub stage: Stage,
    /// The article in hand.
    pub sku: Option<SkuId>,
    /// Its lot.
    pub lot: String,
    /// The lot's expiry.
    pub expiry: String,
    /// Its serial.
    pub serial: String,
    /// The mobile shelf it is on.
    pub shelf: Option<UnitId>,
    /// The trip that brings the shelf.
    pub mission: Option<MissionId>,
    /// Where the shelf comes to.
    pub station: String,
}

/// What goods are told apart by in a count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// The article.
    pub sku: SkuId,
    /// Lot, or empty.
    pub lot: String,
    /// Serial, or empty.
    pub serial: String,
}

impl Piece {
    /// What goods are, whatever their condition.
    pub fn of(goods: &Goods) -> Self {
        Self { sku: goods.sku, lot: goods.lot.clone(), serial: goods.serial.clone() }
    }
}

/// Counted less believed, for everything in either.
pub fn differences(believed: &BTreeMap<Piece, i64>, counted: &BTreeMap<Piece, i64>) -> BTreeMap<Piece, i64> {
    let mut differences: BTreeMap<Piece, i64> = BTreeMap::new();
    for piece in believed.keys().chain(counted.keys()) {
        let of = |side: &BTreeMap<Piece, i64>| side.get(piece).copied().unwrap_or(0);
        let difference = of(counted) - of(believed);
        if difference != 0 {
            differences.insert(piece.clone(), difference);
        }
    }
    differences
}

/// Per mille of what was believed that a first count may differ.
const TOLERANCE_PERMILLE: i64 = 20;

/// True if a difference needs no second look.
pub fn is_within(believed: i64, difference: i64) -> bool {
    difference.abs().saturating_mul(1000) <= believed.saturating_mul(TOLERANCE_PERMILLE)
}

/// Most pieces of one article in one bin.
pub const MOST: i64 = 1_000_000;

words! {
    /// Why goods are given up; stands in the ledger.
    WriteOffReason {
        /// Looked for and not found.
        Lost = "written_off",
        /// Taken by somebody.
        Stolen = "stolen",
        /// Broken beyond use.
        Destroyed = "destroyed",
        /// Past its day.
        Expired = "expired",
    }
}

/// Goods to be given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOff {
    /// Where.
    pub site: SiteId,
    /// Which article.
    pub sku: SkuId,
    /// In one bin only.
    pub bin: Option<BinId>,
    /// In which condition the books have them; never sellable.
    pub condition: Condition,
    /// How many; all of them when absent.
    pub quantity: Option<i64>,
    /// Why.
    pub reason: WriteOffReason,
}

/// How often bins are counted without an occasion, in days by the class of what lies in
/// them; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// What most picks are of.
    pub a_days: i64,
    /// The middle.
    pub b_days: i64,
    /// What is rarely picked.
    pub c_days: i64,
    /// Open at once, at most.
    pub most_a_day: i64,
    /// Since when bins come due.
    #[serde(skip)]
    pub since: Time,
}

impl Default for Cadence {
    /// Monthly, quarterly, yearly.
    fn default() -> Self {
        Self { a_days: 30, b_days: 91, c_days: 365, most_a_day: 60, since: Time::from_ms(0) }
    }
}

impl Cadence {
    /// Days between two counts; `None` for never.
    pub fn days(&self, class: Class) -> Option<i64> {
        let days = match class {
            Class::A => self.a_days,
            Class::B => self.b_days,
            Class::C => self.c_days,
        };
        (days > 0).then_some(days)
    }

    /// Refuses what nobody means.
    pub fn checked(self) -> Result<Self, Refusal> {
        let all = [self.a_days, self.b_days, self.c_days];
        if let Some(days) = all.into_iter().find(|days| !(0..=3_650).contains(days)) {
            return Err(Refusal::Days { days });
        }
        if !(0..=10_000).contains(&self.most_a_day) {
            return Err(Refusal::MostADay { most: self.most_a_day });
        }
        Ok(self)
    }
}

refusals! {
    /// Why a count cannot go on.
    Refusal {
        /// No row behind the task.
        NoCount { task: TaskId } => "count.unknown", 404, "There is nothing to count here; take another task.";
        /// No such bin.
        NoBin { bin: String } => "bin.unknown", 422, "There is no bin {bin} at this site; check the label.";
        /// Sellable goods are not written off.
        CountInstead => "write_off.sellable", 422, "Sellable goods are not written off; count their bin, and what is gone is booked.";
        /// Fewer are in this condition.
        NotSoMany { condition: Condition, known: i64, wanted: i64 } => "write_off.not_there", 409, "The books have {known} {condition} there, not {wanted}; look at the bin's contents.";
        /// No such article.
        NoArticle { sku: String } => "article.unknown", 422, "There is no article {sku}; look it up in the catalogue.";
        /// Not a number of days.
        Days { days: i64 } => "count.days", 422, "{days} days is no cadence; give 0 for never, or up to 3650.";
        /// Too many, or fewer than none.
        MostADay { most: i64 } => "count.most_a_day", 422, "{most} counts a day cannot be; give 0 to 10000.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(n: u128) -> Piece {
        Piece { sku: SkuId::new(ulid::Ulid::from_parts(1, n)), lot: String::new(), serial: String::new() }
    }

    #[test]
    fn differences_see_what_is_missing_and_what_is_new() {
        let believed = BTreeMap::from([(piece(1), 5), (piece(2), 3), (piece(3), 7)]);
        let counted = BTreeMap::from([(piece(1), 5), (piece(2), 1), (piece(4), 2)]);
        let told = differences(&believed, &counted);
        assert_eq!(told, BTreeMap::from([(piece(2), -2), (piece(3), -7), (piece(4), 2)]));
    }

    #[test]
    fn two_in_a_hundred_is_close_enough_and_one_in_ten_is_not() {
        assert!(is_within(100, 2) && is_within(100, -2) && is_within(50, 1));
        assert!(!is_within(100, 3) && !is_within(10, 1) && !is_within(0, 1));
    }
}
