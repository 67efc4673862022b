//! Simulated annealing over batches: move one order, exchange one or two.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::floor::Cells;
use super::{Job, Pace};

/// Moves tried between two questions to the pace.
const STRIDE: u64 = 1_024;

/// First and last temperature as shares of the mean tour.
const HOT: f64 = 0.025;
const COLD: f64 = 0.006;

/// Share of moves that look for a partner near the order rather than anywhere.
const NEAR: f64 = 0.8;

/// Neighbours of an order considered near.
const NEIGHBOURS: usize = 20;

struct Search<'a> {
    job: &'a Job,
    cells: &'a Cells,
    near: Vec<Vec<usize>>,
    groups: Vec<Vec<usize>>,
    length: Vec<i64>,
    home: Vec<usize>,
    /// Group contents of the move on trial.
    left: Vec<usize>,
    right: Vec<usize>,
}

/// The best batches met while cooling down.
pub(super) fn search(
    job: &Job,
    cells: &Cells,
    start: Vec<Vec<usize>>,
    seed: u64,
    pace: &mut Pace<'_>,
) -> Vec<Vec<usize>> {
    if start.len() < 2 {
        return start;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut search = Search::new(job, cells, start);
    let mut total: i64 = search.length.iter().sum();
    let (mut best, mut least) = (search.groups.clone(), total);
    let scale = total as f64 / search.groups.len() as f64;
    let mut tried = 0;
    loop {
        let done = pace(tried, least);
        if done.is_nan() || done >= 1.0 {
            break;
        }
        let heat = scale * HOT * (COLD / HOT).powf(done.max(0.0));
        for _ in 0..STRIDE {
            let Some((a, b, added, now)) = search.propose(&mut rng) else { continue };
            let worse = now.0 + now.1 - added;
            if worse > 0 && rng.random::<f64>() >= (-(worse as f64) / heat).exp() {
                continue;
            }
            search.accept(a, b, now);
            total += worse;
            if total < least {
                least = total;
                best.clone_from(&search.groups);
            }
        }
        tried += STRIDE;
    }
    best.retain(|g| !g.is_empty());
    best
}

impl<'a> Search<'a> {
    fn new(job: &'a Job, cells: &'a Cells, mut groups: Vec<Vec<usize>>) -> Self {
        // One empty batch is always there to be filled.
        groups.push(Vec::new());
        let length = groups.iter().map(|g| cells.length(g)).collect();
        let mut home = vec![0; job.orders.len()];
        for (g, group) in groups.iter().enumerate() {
            group.iter().for_each(|&o| home[o] = g);
        }
        let near = neighbours(job.orders.len(), cells);
        Self { job, cells, near, groups, length, home, left: vec![], right: vec![] }
    }

    /// A feasible move on trial: both groups, their length now and then.
    fn propose(&mut self, rng: &mut ChaCha8Rng) -> Option<(usize, usize, i64, (i64, i64))> {
        let order = rng.random_range(0..self.home.len());
        let a = self.home[order];
        let b = if rng.random::<f64>() < NEAR {
            let near = &self.near[order];
            self.home[near[rng.random_range(0..near.len())]]
        } else {
            rng.random_range(0..self.groups.len())
        };
        if a == b {
            return None;
        }
        self.left.clone_from(&self.groups[a]);
        self.right.clone_from(&self.groups[b]);
        self.left.retain(|&o| o != order);
        // Orders that come back: none, one or two; sometimes two leave.
        let kind = rng.random_range(0..10_u32);
        let back = if kind < 2 { 0 } else { 1 + usize::from(kind > 7) };
        if kind == 7 && !self.left.is_empty() {
            let second = self.left.swap_remove(rng.random_range(0..self.left.len()));
            self.right.insert(0, second);
        }
        let own = self.right.len() - self.groups[b].len();
        for _ in 0..back.min(self.groups[b].len()) {
            let at = rng.random_range(own..self.right.len());
            let order = self.right.swap_remove(at);
            self.left.push(order);
        }
        self.right.push(order);
        let fits = |group: &[usize]| self.job.fits(group.iter().copied());
        if !fits(&self.left) || !fits(&self.right) {
            return None;
        }
        let now = (self.cells.length(&self.left), self.cells.length(&self.right));
        Some((a, b, self.length[a] + self.length[b], now))
    }

    fn accept(&mut self, a: usize, b: usize, now: (i64, i64)) {
        std::mem::swap(&mut self.groups[a], &mut self.left);
        std::mem::swap(&mut self.groups[b], &mut self.right);
        (self.length[a], self.length[b]) = now;
        for g in [a, b] {
            for at in 0..self.groups[g].len() {
                self.home[self.groups[g][at]] = g;
            }
        }
        // Exactly one empty batch stays in reserve.
        if self.groups.iter().all(|g| !g.is_empty()) {
            self.groups.push(Vec::new());
            self.length.push(0);
        }
    }
}

/// The orders that share most of their way with each order.
fn neighbours(orders: usize, cells: &Cells) -> Vec<Vec<usize>> {
    let alone: Vec<i64> = (0..orders).map(|o| cells.length(&[o])).collect();
    let close = |a: usize| {
        let others = (0..orders).filter(|&b| b != a);
        let mut by: Vec<(i64, usize)> = others.map(|b| (cells.length(&[a, b]) - alone[a] - alone[b], b)).collect();
        by.sort_unstable();
        by.into_iter().take(NEIGHBOURS).map(|(_, b)| b).collect()
    };
    (0..orders).map(close).collect()
}
