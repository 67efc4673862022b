//! One storage sector on a virtual clock: the same orders and crew, run several ways.
//!
//! Orders arrive, pickers ask for a cart of orders, walk, wait where an aisle is
//! full, pick, and err; packing weighs or counts. Two ways to run the floor see the
//! same orders, handling times and mistakes, so their difference is that of the
//! decisions alone. Absent on purpose: replenishment, receiving, vehicles and the
//! rest of the house; and the wall clock, as everything follows from a seed.

mod floor;
mod mistakes;
mod stats;
mod world;

pub use mistakes::Escapes;
pub use stats::{Mean, mean, upper_95};

use serde::{Deserialize, Serialize};

use floor::Storage;
use world::World;

/// How the sector is built and run. Lengths in mm, times in ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Parallel aisles with a cross-aisle at both ends.
    pub aisles: u32,
    /// Cells on each of the two sides of an aisle.
    pub cells: u32,
    /// From one aisle to the next.
    pub pitch_mm: u32,
    /// From one cell to the next.
    pub cell_mm: u32,
    /// From a cross-aisle to the first cell.
    pub end_mm: u32,
    /// People who pick.
    pub crew: usize,
    /// Orders that go on one cart.
    pub cart_orders: i64,
    /// Orders of one run.
    pub orders: usize,
    /// Orders of the days before, which storage is planned from.
    pub history: usize,
    /// Share of the orders that wait when the run begins; the others come evenly.
    pub waiting: f64,
    /// Time in which these come.
    pub arrivals_ms: i64,
    /// Walking.
    pub mm_per_s: i64,
    /// To begin and end a tour.
    pub tour_ms: i64,
    /// To find, take and scan at one place; the same share more or less by chance.
    pub line_ms: i64,
    /// For each unit.
    pub unit_ms: i64,
    /// To put right what a scan found wrong.
    pub repair_ms: i64,
    /// People in an aisle at once; others wait at its end.
    pub aisle_room: usize,
    /// Lines a worker gets wrong, a third each by article, quantity and place.
    pub mistakes: f64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            aisles: 10,
            cells: 45,
            pitch_mm: 5_000,
            cell_mm: 1_000,
            end_mm: 1_500,
            crew: 8,
            cart_orders: 8,
            orders: 1_600,
            history: 3_000,
            waiting: 0.3,
            arrivals_ms: 3 * 3_600_000,
            mm_per_s: 1_200,
            tour_ms: 80_000,
            line_ms: 12_000,
            unit_ms: 1_000,
            repair_ms: 20_000,
            aisle_room: 2,
            mistakes: 0.02,
        }
    }
}

/// What is decided, from nothing to all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// First-come orders on a cart, S-shape tour, random storage.
    Baseline,
    /// The same with shortest tours.
    Tours,
    /// And orders that fit together on a cart.
    Batches,
    /// And storage by frequency, no aisle fuller of work than people have room for.
    Slots,
}

impl Way {
    /// All, each with one more decision than the one before.
    pub const ALL: [Self; 4] = [Self::Baseline, Self::Tours, Self::Batches, Self::Slots];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "first-come orders, S-shape tour, random storage",
            Self::Tours => "first-come orders, shortest tour, random storage",
            Self::Batches => "batched orders, shortest tour, random storage",
            Self::Slots => "batched orders, shortest tour, storage by frequency with room for people",
        }
    }
}

/// How one run went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Lines picked for one hour of one person, waiting included.
    pub lines_per_hour: f64,
    /// Lines picked.
    pub lines: u64,
    /// Carts.
    pub tours: u64,
    /// From the first moment to the last cart's return.
    pub makespan_ms: i64,
    /// Shares of the crew's time: walking, handling, setting up, waiting for room.
    pub shares: [f64; 4],
    /// From an order's arrival to its cart's return, the 95th percentile.
    pub cycle_p95_ms: i64,
    /// What became of the mistakes.
    pub escapes: Escapes,
}

/// Runs one seed in one way. All ways of a seed see the same world.
pub fn run(setting: &Setting, way: Way, seed: u64) -> Run {
    let world = World::new(setting, seed);
    let storage = Storage::new(setting, &world, way, seed);
    floor::run(setting, &world, &storage, way, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Setting {
        Setting { orders: 200, history: 400, crew: 4, waiting: 1.0, ..Setting::default() }
    }

    #[test]
    fn all_ways_pick_the_same_lines_and_a_run_repeats() {
        let runs: Vec<Run> = Way::ALL.iter().map(|&w| run(&small(), w, 3)).collect();
        assert!(runs.iter().all(|r| r.lines == runs[0].lines && r.lines >= 120), "{runs:?}");
        assert!(runs.iter().all(|r| r.escapes.injected == runs[0].escapes.injected), "{runs:?}");
        assert!(runs.iter().all(|r| (0.5..=1.0).contains(&r.shares.iter().sum::<f64>())), "{runs:?}");
        assert_eq!(runs[3], run(&small(), Way::Slots, 3));
        assert_ne!(runs[3], run(&small(), Way::Slots, 4));
    }

    #[test]
    fn each_decision_helps() {
        let mean = |way| (1..=2).map(|seed| run(&small(), way, seed).lines_per_hour).sum::<f64>();
        let rates: Vec<f64> = Way::ALL.iter().map(|&w| mean(w)).collect();
        assert!(rates.windows(2).all(|w| w[0] < w[1]), "{rates:?}");
    }

    #[test]
    fn a_full_aisle_makes_people_wait() {
        let narrow = Setting { aisle_room: 1, ..small() };
        let wide = Setting { aisle_room: 9, ..small() };
        let waits = |s: &Setting| run(s, Way::Baseline, 1).shares[3];
        assert!(waits(&narrow) > waits(&wide), "{} {}", waits(&narrow), waits(&wide));
    }

    #[test]
    fn without_scans_and_scales_more_would_escape() {
        let all = Setting { mistakes: 0.5, ..small() };
        let e = run(&all, Way::Slots, 1).escapes;
        assert!(e.injected > 100 && e.caught() + e.escaped == e.injected, "{e:?}");
        assert!(e.at_scan > e.at_packing && e.at_packing > e.escaped, "{e:?}");
    }
}
