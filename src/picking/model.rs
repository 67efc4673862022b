//! The words of picking and the choice of bins. Pure.

use serde::Serialize;

use crate::{kernel::*, refusals, words};

words! {
    /// How a batch is picked.
    BatchKind {
        /// The worker walks to the bins.
        Walk = "walk",
        /// The shelf comes to the worker.
        Station = "station",
    }
}

words! {
    /// Where a batch stands.
    BatchState {
        /// Waits until its shelf is home from another trip.
        Queued = "queued",
        /// Being done, or ready to be.
        Open = "open",
        /// Done.
        Done = "done",
    }
}

words! {
    /// What the worker does next for a pick.
    Stage {
        /// Go to the bin and scan it.
        Bin = "bin",
        /// Scan the article.
        Article = "article",
        /// Say how many.
        Quantity = "quantity",
        /// Put them into a tote and scan it.
        Tote = "tote",
    }
}

words! {
    /// Where a pick stands.
    PickState {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Not wanted any more, or taken elsewhere.
        Cancelled = "cancelled",
    }
}

/// Picks done together.
#[derive(Debug, Clone, Serialize)]
pub struct Batch {
    /// Id.
    pub id: BatchId,
    /// Where.
    pub site: SiteId,
    /// How.
    pub kind: BatchKind,
    /// From which wave.
    pub wave: WaveId,
    /// Its task.
    pub task: TaskId,
    /// Where it stands.
    pub state: BatchState,
    /// The mobile shelf.
    pub shelf: Option<UnitId>,
    /// The mission that brings it.
    pub mission: Option<MissionId>,
    /// Where it ends: a pack station, or the station the shelf comes to.
    pub station: String,
}

/// One visit to one bin for one line.
#[derive(Debug, Clone, Serialize)]
pub struct Pick {
    /// Id.
    pub id: PickId,
    /// In which batch.
    pub batch: BatchId,
    /// Where.
    pub site: SiteId,
    /// Place in the tour.
    pub seq: i64,
    /// For which order.
    pub order: OrderId,
    /// For which part.
    pub fulfilment: FulfilmentId,
    /// For which line.
    pub line: LineId,
    /// What reserves the goods.
    pub hold: HoldId,
    /// What.
    pub sku: SkuId,
    /// From which bin.
    pub bin: BinId,
    /// Its label.
    pub bin_code: String,
    /// Which lot.
    pub lot: String,
    /// Which serial.
    pub serial: String,
    /// The lot's expiry.
    pub expiry: String,
    /// How many.
    pub quantity: i64,
    /// In totes.
    pub picked: i64,
    /// In hand.
    pub counted: i64,
    /// What comes next.
    pub stage: Stage,
    /// Where it stands.
    pub state: PickState,
}

impl Pick {
    /// Still to be fetched.
    pub fn left(&self) -> i64 {
        self.quantity - self.picked
    }
}

/// What a line of a part needs.
#[derive(Debug, Clone)]
pub struct Need {
    /// For which order.
    pub order: OrderId,
    /// For which part.
    pub fulfilment: FulfilmentId,
    /// For which line.
    pub line: LineId,
    /// What reserves the goods.
    pub hold: HoldId,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: i64,
    /// When it must leave.
    pub due_at: Time,
}

/// Goods in a bin that no other pick counts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// The bin.
    pub bin: BinId,
    /// Its label.
    pub code: String,
    /// Its node on the floor graph.
    pub node: String,
    /// Its zone's code.
    pub zone: String,
    /// The mobile shelf it is on.
    pub shelf: Option<String>,
    /// Lot.
    pub lot: String,
    /// Serial.
    pub serial: String,
    /// Expiry.
    pub expiry: String,
    /// How many.
    pub quantity: i64,
}

/// A need served from a bin.
#[derive(Debug, Clone)]
pub struct Served {
    /// The need.
    pub need: Need,
    /// From where.
    pub free: Free,
    /// How many.
    pub quantity: i64,
}

/// Takes `quantity` from bins: what expires first goes first; among equal dates a
/// bin that has it all, so that one visit is enough, else the fullest first.
/// What was taken is deducted from `bins`. The rest, if any, is returned.
pub fn allocate(bins: &mut [Free], quantity: i64) -> (Vec<(Free, i64)>, i64) {
    let mut left = quantity;
    let mut taken = Vec::new();
    while left > 0 {
        let best = bins.iter_mut().filter(|free| free.quantity > 0).min_by_key(|free| {
            let date = if free.expiry.is_empty() { "~" } else { free.expiry.as_str() };
            let whole = free.quantity < left;
            (date.to_owned(), whole, if whole { -free.quantity } else { free.quantity }, free.code.clone())
        });
        let Some(free) = best else { break };
        let n = free.quantity.min(left);
        free.quantity -= n;
        left -= n;
        taken.push((free.clone(), n));
    }
    (taken, left)
}

refusals! {
    /// Why a pick cannot go on.
    Refusal {
        /// No batch behind the task.
        NoBatch { task: TaskId } => "pick.no_batch", 404, "This task has no picks any more; take another.";
        /// The page knew a pick that the task never had.
        NoSuchPick { task: TaskId } => "pick.unknown", 404, "This task has no such pick; open it again.";
        /// Nothing was entered.
        NothingScanned => "scan.empty", 422, "Nothing was scanned; scan the label that is asked for.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn free(code: &str, expiry: &str, quantity: i64) -> Free {
        Free {
            bin: BinId::new(Ulid::nil()),
            code: code.to_owned(),
            node: String::new(),
            zone: String::new(),
            shelf: None,
            lot: String::new(),
            serial: String::new(),
            expiry: expiry.to_owned(),
            quantity,
        }
    }

    fn codes(bins: &mut [Free], quantity: i64) -> (Vec<(String, i64)>, i64) {
        let (taken, rest) = allocate(bins, quantity);
        (taken.into_iter().map(|(free, n)| (free.code, n)).collect(), rest)
    }

    #[test]
    fn first_expired_goes_first_even_if_it_means_two_visits() {
        let mut bins = [free("B", "270101", 9), free("A", "261201", 2)];
        assert_eq!(codes(&mut bins, 5), (vec![("A".to_owned(), 2), ("B".to_owned(), 3)], 0));
    }

    #[test]
    fn one_visit_is_better_than_two_and_the_smallest_enough_bin_is_emptied() {
        let mut bins = [free("A", "", 2), free("B", "", 4), free("C", "", 40)];
        assert_eq!(codes(&mut bins, 3), (vec![("B".to_owned(), 3)], 0));
        assert_eq!(codes(&mut bins, 60), (vec![("C".to_owned(), 40), ("A".to_owned(), 2), ("B".to_owned(), 1)], 17));
    }
}
