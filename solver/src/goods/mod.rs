//! Goods to person: which order to which station, which shelf when, which vehicle.
//!
//! A shelf that comes to a station serves every open order there, so the question
//! is which orders are open together and which shelves serve most of their lines.
//! A greedy plan (the shelf with most open lines next; the waiting order next
//! whose lines shelves on their way cover best, after "pod match" of Merschformann,
//! Lamballais, de Koster and Suhl, Decision Support Systems 2019) is steered by
//! tastes for shelves, orders and stations, and simulated annealing changes these.
//! Absent on purpose: time on the floor (see [`fleet`] for who fetches a shelf)
//! and filling shelves up.

mod bound;
pub mod fleet;
mod plan;

pub use bound::{Bound, least_visits};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use plan::{Planner, Taste};

/// Most units of one line.
pub const MAX_UNITS: u32 = 1_000_000;

/// First and last temperature, in shelf visits.
const HOT: f64 = 0.6;
const COLD: f64 = 0.08;

/// What a waiting order or a shelf may at most be liked or disliked, in lines.
const TASTE: f64 = 2.5;

/// One article of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The article.
    pub article: usize,
    /// How many of it; at least 1.
    pub units: u32,
}

/// A shelf on wheels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// Articles and units on it; an article named twice counts together.
    pub stock: Vec<(usize, u32)>,
    /// Way from its place to each station, in length units.
    pub way: Vec<i64>,
}

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Orders in the order they came, each with its lines.
    pub orders: Vec<Vec<Line>>,
    /// All shelves.
    pub shelves: Vec<Shelf>,
    /// For each station how many orders it has open at once.
    pub slots: Vec<usize>,
}

/// Units taken from a shelf for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pick {
    /// The order.
    pub order: usize,
    /// Its line.
    pub line: usize,
    /// How many.
    pub units: u32,
}

/// One shelf at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The shelf.
    pub shelf: usize,
    /// What is taken from it.
    pub picks: Vec<Pick>,
}

/// The visits of each station in their order. An order is open from its first
/// pick to its last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// By station.
    pub stations: Vec<Vec<Visit>>,
}

impl Plan {
    /// Shelf visits of all stations.
    pub fn visits(&self) -> usize {
        self.stations.iter().map(Vec::len).sum()
    }

    /// Length of all ways to the stations, one way.
    pub fn way(&self, job: &Job) -> i64 {
        let ways = self.stations.iter().enumerate();
        ways.flat_map(|(s, visits)| visits.iter().map(move |v| job.shelves[v.shelf].way[s])).sum()
    }
}

/// What is wrong with the question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No station, or one without room for an order.
    #[error("there is no station with room for an order")]
    NoStation,
    /// A shelf without a way to each station, or with a negative one.
    #[error("shelf {shelf} does not know its way to each station")]
    NoWay {
        /// The shelf.
        shelf: usize,
    },
    /// A line without units or beyond [`MAX_UNITS`].
    #[error("order {order} has a line of {units} units")]
    Units {
        /// The order.
        order: usize,
        /// Units asked for.
        units: u32,
    },
    /// Less on all shelves than ordered.
    #[error("article {article}: {wanted} wanted, {there} there")]
    Short {
        /// The article.
        article: usize,
        /// Units ordered.
        wanted: u64,
        /// Units on all shelves.
        there: u64,
    },
}

/// Says how much of the search is over, from 0 to 1, given the plans made and the
/// fewest visits so far.
pub type Pace<'a> = dyn FnMut(u64, usize) -> f64 + 'a;

impl Job {
    /// Lines of all orders.
    pub fn lines(&self) -> usize {
        self.orders.iter().map(Vec::len).sum()
    }

    /// Orders one station gets at most, so that all have work.
    pub fn share(&self) -> usize {
        self.orders.len().div_ceil(self.slots.len().max(1))
    }

    /// A plan with few shelf visits; among equals with short ways.
    ///
    /// # Errors
    /// [`Refusal`] names what makes no sense.
    pub fn solve(&self, seed: u64, pace: &mut Pace<'_>) -> Result<Plan, Refusal> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut planner = Planner::new(self);
        let mut taste = Taste::new(self);
        let mut now = price(self, planner.plan(&taste));
        let (mut best, mut least) = (planner.take(), now);
        let mut tried = 0;
        while !self.orders.is_empty() {
            let done = pace(tried, least.floor() as usize);
            if done.is_nan() || done >= 1.0 {
                break;
            }
            let heat = HOT * (COLD / HOT).powf(done.max(0.0));
            let undo = taste.change(self, &best, &mut rng);
            let then = price(self, planner.plan(&taste));
            tried += 1;
            let worse = then - now;
            if worse > 0.0 && rng.random::<f64>() >= (-worse / heat).exp() {
                taste.undo(undo);
                continue;
            }
            now = then;
            if now < least {
                least = now;
                best = planner.take();
            }
        }
        Ok(best)
    }

    /// The plan to compare with: orders in the order they came, to each station in
    /// turn; each line calls the nearest shelf that has its article, and a shelf
    /// serves those who called it while it was on its way.
    ///
    /// # Errors
    /// [`Refusal`] names what makes no sense.
    pub fn first_come(&self) -> Result<Plan, Refusal> {
        self.validate()?;
        Ok(plan::first_come(self))
    }

    fn validate(&self) -> Result<(), Refusal> {
        if self.slots.is_empty() || self.slots.contains(&0) {
            return Err(Refusal::NoStation);
        }
        let lost = |s: &Shelf| s.way.len() != self.slots.len() || s.way.iter().any(|&w| w < 0);
        if let Some(shelf) = self.shelves.iter().position(lost) {
            return Err(Refusal::NoWay { shelf });
        }
        let mut wanted = std::collections::BTreeMap::<usize, u64>::new();
        for (order, lines) in self.orders.iter().enumerate() {
            for line in lines {
                if line.units == 0 || line.units > MAX_UNITS {
                    return Err(Refusal::Units { order, units: line.units });
                }
                *wanted.entry(line.article).or_default() += u64::from(line.units);
            }
        }
        let mut there = std::collections::BTreeMap::<usize, u64>::new();
        for &(article, units) in self.shelves.iter().flat_map(|s| &s.stock) {
            *there.entry(article).or_default() += u64::from(units);
        }
        for (article, wanted) in wanted {
            let there = there.get(&article).copied().unwrap_or(0);
            if there < wanted {
                return Err(Refusal::Short { article, wanted, there });
            }
        }
        Ok(())
    }
}

/// Visits, and as a fraction of one the ways, so that the shorter of two plans
/// with as many visits is liked better.
fn price(job: &Job, plan: &Plan) -> f64 {
    let far = job.shelves.iter().flat_map(|s| &s.way).copied().max().unwrap_or(0).max(1);
    let visits = plan.visits();
    visits as f64 + 0.5 * plan.way(job) as f64 / (far as f64 * (visits.max(1)) as f64)
}

#[cfg(test)]
mod tests;
