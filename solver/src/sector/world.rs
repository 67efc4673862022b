//! What is in the sector and what is wanted of it, drawn from a seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Setting;

/// Articles that are bought together come in families of this size.
const FAMILY: usize = 6;

/// Chance that the next line of an order is of the same family.
const TOGETHER: f64 = 0.35;

/// Popularity of rank r falls as `(r + FLAT) ^ -STEEP`.
const FLAT: f64 = 8.0;
const STEEP: f64 = 1.05;

/// Chance of one more line, and of one more unit.
const MORE_LINES: f64 = 0.68;
const MORE_UNITS: f64 = 0.3;

/// Most lines of an order.
const MAX_LINES: usize = 12;

/// One line of an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) article: usize,
    pub(super) units: i64,
    /// Handling as a share of the usual.
    pub(super) pace: f64,
}

/// One order.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) arrives_ms: i64,
    pub(super) lines: Vec<Line>,
}

pub(super) struct World {
    /// Weight of a unit of each article in g.
    pub(super) unit_g: Vec<f64>,
    pub(super) history: Vec<Vec<usize>>,
    pub(super) orders: Vec<Order>,
}

/// A stream of its own for each purpose, so that drawing more for one leaves the
/// others as they are.
pub(super) fn stream(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose);
    rng
}

impl World {
    pub(super) fn new(setting: &Setting, seed: u64) -> Self {
        let articles = (setting.aisles * setting.cells * 2) as usize;
        let mut rng = stream(seed, 1);
        let demand = Demand::new(articles, &mut rng);
        // From 30 g to some kilograms, few of them heavy.
        let unit_g = (0..articles).map(|_| 30.0 * (5.0 * rng.random::<f64>().powi(2)).exp()).collect();
        let mut past = stream(seed, 2);
        let history = (0..setting.history).map(|_| demand.articles(&mut past)).collect();
        let mut rng = stream(seed, 3);
        let first = (setting.orders as f64 * setting.waiting).round() as usize;
        let later = setting.orders.saturating_sub(first).max(1) as i64;
        let order = |number: usize| {
            let after = number.saturating_sub(first) as i64;
            let arrives_ms = if number < first { 0 } else { setting.arrivals_ms * (after + 1) / later };
            let lines = demand.articles(&mut rng).into_iter().map(|article| {
                let mut units = 1;
                while units < 9 && rng.random::<f64>() < MORE_UNITS {
                    units += 1;
                }
                Line { article, units, pace: rng.random_range(0.7..1.3) }
            });
            Order { arrives_ms, lines: lines.collect() }
        };
        Self { unit_g, history, orders: (0..setting.orders).map(order).collect() }
    }
}

/// Which articles are asked for.
struct Demand {
    /// Sums of the popularities.
    sums: Vec<f64>,
    /// Articles by family; a family mixes popular ones and others.
    family: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Demand {
    fn new(articles: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut sum = 0.0;
        let weight = |rank: usize| (rank as f64 + FLAT).powf(-STEEP);
        let sums = (0..articles)
            .map(|rank| {
                sum += weight(rank);
                sum
            })
            .collect();
        let mut shuffled: Vec<usize> = (0..articles).collect();
        for at in (1..articles).rev() {
            shuffled.swap(at, rng.random_range(0..=at));
        }
        let members: Vec<Vec<usize>> = shuffled.chunks(FAMILY).map(<[usize]>::to_vec).collect();
        let mut family = vec![0; articles];
        for (number, all) in members.iter().enumerate() {
            all.iter().for_each(|&a| family[a] = number);
        }
        Self { sums, family, members }
    }

    fn articles(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::new();
        loop {
            let kin = all.last().map(|&a| &self.members[self.family[a]]);
            let article = match kin {
                Some(kin) if rng.random::<f64>() < TOGETHER => kin[rng.random_range(0..kin.len())],
                _ => {
                    let at = rng.random::<f64>() * self.sums.last().copied().unwrap_or(0.0);
                    self.sums.partition_point(|&s| s <= at).min(self.sums.len() - 1)
                }
            };
            if !all.contains(&article) {
                all.push(article);
            }
            if all.len() >= MAX_LINES.min(self.sums.len()) || rng.random::<f64>() >= MORE_LINES {
                return all;
            }
        }
    }
}
