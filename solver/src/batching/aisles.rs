//! Batching on one block of parallel aisles, with the exact length of every tour.
//!
//! Savings after Clarke and Wright in the variant ii of Henn, Koch, Doerner,
//! Strauss and Wäscher (BuR 3, 2010), then simulated annealing over moves of one
//! order and exchanges of one or two (Kirkpatrick, Gelatt and Vecchi, Science
//! 220, 1983). An order is kept as one bit per cell and aisle, so a batch is a
//! union of few words and its tour costs a fraction of a microsecond. Absent on
//! purpose: the walk of a batch, see [`crate::tour::grid`], and any clock: the
//! caller's pace says how much of the search is done.

mod anneal;
mod cover;
mod dice;
mod floor;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::tour::aisles::{Block, Spot};
use floor::Cells;

/// Most different distances from the front cross-aisle on one floor.
pub const MAX_CELLS: usize = 128;

/// Most orders of one call.
pub const MAX_ORDERS: usize = 2_000;

/// Kinds of load an order may have: articles, grams, millilitres, totes.
pub const LOADS: usize = 4;

/// One order: where it takes the picker and what it adds to the cart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Places to visit, in any order; repeats count once.
    pub spots: Vec<Spot>,
    /// Articles, grams, millilitres and totes.
    pub load: [i64; LOADS],
}

/// Orders picked on one tour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Indices of the orders, ascending.
    pub orders: Vec<usize>,
    /// Length of its shortest tour, in length units.
    pub length: i64,
}

/// What is wrong with the question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// An order above the cart's capacity, or with a negative load.
    #[error("order {order} does not fit an empty cart")]
    TooBig {
        /// The order.
        order: usize,
    },
    /// A spot behind the back cross-aisle.
    #[error("order {order} has a spot behind the last cell")]
    Off {
        /// The order.
        order: usize,
    },
    /// More than [`MAX_CELLS`] distances or [`MAX_ORDERS`] orders.
    #[error("{what}: {count} is too many")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        count: usize,
    },
}

/// The question: a floor, orders and a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The floor.
    pub block: Block,
    /// The orders.
    pub orders: Vec<Order>,
    /// Most of each load on a cart; `i64::MAX` for no limit.
    pub capacity: [i64; LOADS],
}

/// Says how much of the search is over, from 0 to 1, given the moves tried and
/// the shortest total so far. A count of moves makes a run repeatable.
pub type Pace<'a> = dyn FnMut(u64, i64) -> f64 + 'a;

impl Job {
    /// Batches with a short total length, by their first order.
    ///
    /// # Errors
    /// [`Refusal`] names the order that makes no sense.
    pub fn solve(&self, seed: u64, pace: &mut Pace<'_>) -> Result<Vec<Batch>, Refusal> {
        self.validate()?;
        // Half the work where one machine word holds an aisle.
        let cells = self.orders.iter().flat_map(|o| o.spots.iter().map(|s| s.along())).collect::<BTreeSet<u32>>().len();
        if cells < 64 { self.run::<u64>(seed, pace) } else { self.run::<u128>(seed, pace) }
    }

    fn run<W: floor::Word>(&self, seed: u64, pace: &mut Pace<'_>) -> Result<Vec<Batch>, Refusal> {
        let cells = Cells::<W>::new(self)?;
        let start = cells.savings(self);
        let groups = anneal::search(self, &cells, start, seed, pace);
        let mut batches: Vec<Batch> = groups
            .into_iter()
            .map(|mut orders| {
                orders.sort_unstable();
                Batch { length: cells.length(&orders), orders }
            })
            .collect();
        batches.sort_by(|a, b| a.orders.cmp(&b.orders));
        Ok(batches)
    }

    fn validate(&self) -> Result<(), Refusal> {
        if self.orders.len() > MAX_ORDERS {
            return Err(Refusal::TooMany { what: "orders", count: self.orders.len() });
        }
        for (index, order) in self.orders.iter().enumerate() {
            let over = (0..LOADS).any(|k| order.load[k] < 0 || order.load[k] > self.capacity[k]);
            if over {
                return Err(Refusal::TooBig { order: index });
            }
            if order.spots.iter().any(|s| s.along() > self.block.length) {
                return Err(Refusal::Off { order: index });
            }
        }
        Ok(())
    }

    /// Whether these orders go on one cart.
    fn fits(&self, orders: impl Iterator<Item = usize> + Clone) -> bool {
        (0..LOADS).all(|k| {
            let load = orders.clone().map(|o| self.orders[o].load[k]).fold(0, i64::saturating_add);
            load <= self.capacity[k]
        })
    }
}
