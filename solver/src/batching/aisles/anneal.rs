//! Simulated annealing over batches: move one order, exchange one or two.
//!
//! A cart may be overloaded for a while at a toll that rises until carts fit
//! often enough: where orders fill carts tightly, few moves fit at once, and the
//! way to one tour less leads over carts that do not.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::floor::{Cells, Word};
use super::{Job, LOADS, Pace};
use crate::tour::aisles::Visit;

/// Moves tried between two questions to the pace.
const STRIDE: u64 = 1_024;

/// First and last temperature as shares of the mean tour. Fewer orders begin
/// hotter, as one of them is a greater part of the whole.
const HOT: f64 = 0.012;
const HOT_ORDERS: f64 = 100.0;
const COLD: f64 = 0.004;

/// Share of moves that look for a partner near the order rather than anywhere.
const NEAR: f64 = 0.8;

/// Price of a cart loaded to twice its capacity as a share of the mean tour, to
/// begin with; the share of moves after which all carts should fit; and by how
/// much the price follows.
const TOLL: f64 = 2.0;
const SHARE: f64 = 0.3;
const STEP: f64 = 0.02;

/// No cart is ever loaded beyond this share above its capacity.
const MOST_EXCESS: f64 = 0.2;

/// Neighbours of an order considered near.
const NEIGHBOURS: usize = 20;

/// A batch with all that its next change needs.
#[derive(Clone, Default)]
struct Group<W> {
    orders: Vec<usize>,
    load: [i128; LOADS],
    /// Its cells, a word an aisle, and what visiting them costs.
    words: Vec<W>,
    visits: Vec<Option<Visit>>,
    length: i64,
    /// Load above the capacity as a share of it, over all kinds.
    excess: f64,
}

/// Orders that change places; only the first `count` of each side are meant.
#[derive(Clone, Copy, Default)]
struct Some2 {
    orders: [usize; 2],
    count: usize,
}

impl Some2 {
    fn add(&mut self, order: usize) {
        self.orders[self.count] = order;
        self.count += 1;
    }

    fn all(&self) -> &[usize] {
        &self.orders[..self.count]
    }
}

struct Search<'a, W> {
    job: &'a Job,
    cells: &'a Cells<W>,
    near: Vec<Vec<usize>>,
    groups: Vec<Group<W>>,
    home: Vec<usize>,
    /// Length units that a load of once the capacity too much counts.
    toll: f64,
    /// Batches of the move on trial.
    left: Group<W>,
    right: Group<W>,
}

/// The best batches met while cooling down.
pub(super) fn search<W: Word>(
    job: &Job,
    cells: &Cells<W>,
    start: Vec<Vec<usize>>,
    seed: u64,
    pace: &mut Pace<'_>,
) -> Vec<Vec<usize>> {
    if start.len() < 2 {
        return start;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut search = Search::new(job, cells, start);
    let mut total: i64 = search.groups.iter().map(|g| g.length).sum();
    let (mut best, mut least) = (search.orders(), total);
    let scale = total as f64 / search.groups.len() as f64;
    search.toll = scale * TOLL;
    let few = (HOT_ORDERS / job.orders.len() as f64).max(1.0);
    let (hot, cold) = (HOT * few.min(10.0), COLD * few.min(1.5));
    let mut over = 0_usize;
    let mut tried = 0;
    loop {
        let done = pace(tried, least);
        if done.is_nan() || done >= 1.0 {
            break;
        }
        let heat = scale * hot * (cold / hot).powf(done.max(0.0));
        let mut fitting = 0_u64;
        for _ in 0..STRIDE {
            fitting += u64::from(over == 0);
            let Some((a, b)) = search.propose(&mut rng, heat) else { continue };
            let full = |group: &Group<W>| usize::from(group.excess > 0.0);
            over += full(&search.left) + full(&search.right);
            over -= full(&search.groups[a]) + full(&search.groups[b]);
            total += search.left.length + search.right.length - search.groups[a].length - search.groups[b].length;
            search.accept(a, b);
            if over == 0 && total < least {
                least = total;
                best = search.orders();
            }
        }
        // The toll on excess load follows how often all carts fit.
        let short = (fitting as f64) < SHARE * STRIDE as f64;
        search.toll =
            (search.toll * if short { 1.0 + STEP } else { 1.0 / (1.0 + STEP) }).clamp(scale * 0.01, scale * 100.0);
        tried += STRIDE;
    }
    best.retain(|g| !g.is_empty());
    best
}

impl<'a, W: Word> Search<'a, W> {
    fn new(job: &'a Job, cells: &'a Cells<W>, mut start: Vec<Vec<usize>>) -> Self {
        // One empty batch is always there to be filled.
        start.push(Vec::new());
        let mut home = vec![0; job.orders.len()];
        for (g, group) in start.iter().enumerate() {
            group.iter().for_each(|&o| home[o] = g);
        }
        let near = neighbours(job.orders.len(), cells);
        let groups = start.into_iter().map(|orders| Group::new(job, cells, orders)).collect();
        Self { job, cells, near, groups, home, toll: 0.0, left: Group::default(), right: Group::default() }
    }

    fn orders(&self) -> Vec<Vec<usize>> {
        self.groups.iter().map(|g| g.orders.clone()).collect()
    }

    /// Draws a move; when it fits and is taken at this heat, `left` and `right`
    /// are the new batches of the two returned.
    fn propose(&mut self, rng: &mut ChaCha8Rng, heat: f64) -> Option<(usize, usize)> {
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
        let (from, to) = (&self.groups[a], &self.groups[b]);
        let (mut out, mut back) = (Some2::default(), Some2::default());
        out.add(order);
        // Orders that come back: none, one or two; sometimes two leave.
        let kind = rng.random_range(0..10_u32);
        if kind == 7 && from.orders.len() > 1 {
            let second = from.orders[rng.random_range(0..from.orders.len())];
            if second == order {
                return None;
            }
            out.add(second);
        }
        let wanted = if kind < 2 { 0 } else { 1 + usize::from(kind > 7) };
        for _ in 0..wanted.min(to.orders.len()) {
            let other = to.orders[rng.random_range(0..to.orders.len())];
            if back.all().contains(&other) {
                return None;
            }
            back.add(other);
        }
        self.left.load = from.load;
        self.right.load = to.load;
        for (orders, sign) in [(&out, 1_i128), (&back, -1)] {
            for &order in orders.all() {
                for (kind, &load) in self.job.orders[order].load.iter().enumerate() {
                    self.left.load[kind] -= sign * i128::from(load);
                    self.right.load[kind] += sign * i128::from(load);
                }
            }
        }
        self.left.excess = excess(self.job, &self.left.load);
        self.right.excess = excess(self.job, &self.right.load);
        if self.left.excess.max(self.right.excess) > MOST_EXCESS {
            return None;
        }
        // The chance is drawn first: what the two batches may come to at most.
        let more = self.left.excess + self.right.excess - from.excess - to.excess;
        let most = (from.length + to.length) as f64 - heat * rng.random::<f64>().max(1e-300).ln() - self.toll * more;
        self.left.change(self.cells, from, &out, &back);
        if self.left.length as f64 > most {
            return None;
        }
        self.right.change(self.cells, to, &back, &out);
        if (self.left.length + self.right.length) as f64 > most {
            return None;
        }
        for (group, old, less, more) in [(&mut self.left, from, &out, &back), (&mut self.right, to, &back, &out)] {
            group.orders.clone_from(&old.orders);
            group.orders.retain(|o| !less.all().contains(o));
            group.orders.extend_from_slice(more.all());
        }
        Some((a, b))
    }

    fn accept(&mut self, a: usize, b: usize) {
        std::mem::swap(&mut self.groups[a], &mut self.left);
        std::mem::swap(&mut self.groups[b], &mut self.right);
        for g in [a, b] {
            for &order in &self.groups[g].orders {
                self.home[order] = g;
            }
        }
        // Exactly one empty batch stays in reserve.
        if self.groups.iter().all(|g| !g.orders.is_empty()) {
            self.groups.push(Group::new(self.job, self.cells, Vec::new()));
        }
    }
}

impl<W: Word> Group<W> {
    fn new(job: &Job, cells: &Cells<W>, orders: Vec<usize>) -> Self {
        let mut words = vec![W::default(); cells.width()];
        for &order in &orders {
            words.iter_mut().zip(cells.row(order)).for_each(|(word, more)| *word |= *more);
        }
        let visits: Vec<Option<Visit>> = words.iter().enumerate().map(|(at, &w)| cells.visit(at, w)).collect();
        let mut load = [0_i128; LOADS];
        for &order in &orders {
            load.iter_mut().zip(job.orders[order].load).for_each(|(sum, more)| *sum += i128::from(more));
        }
        Self { load, length: cells.tour(&visits), orders, words, visits, excess: excess(job, &load) }
    }

    /// Cells and length of `old` with less and more; only aisles that change are
    /// looked at anew. Orders and load are left for the move that is taken.
    fn change(&mut self, cells: &Cells<W>, old: &Self, less: &Some2, more: &Some2) {
        self.words.clear();
        self.words.resize(cells.width(), W::default());
        let kept = old.orders.iter().filter(|o| !less.all().contains(o));
        for &order in kept.chain(more.all()) {
            self.words.iter_mut().zip(cells.row(order)).for_each(|(word, more)| *word |= *more);
        }
        self.visits.clone_from(&old.visits);
        for (at, (now, then)) in old.words.iter().zip(&self.words).enumerate() {
            if now != then {
                self.visits[at] = cells.visit(at, *then);
            }
        }
        self.length = cells.tour(&self.visits);
    }
}

/// Load above the capacity as a share of it, summed over all kinds.
fn excess(job: &Job, load: &[i128; LOADS]) -> f64 {
    let over = |(&load, &most): (&i128, &i64)| {
        let most = i128::from(most);
        if load > most { (load - most) as f64 / most.max(1) as f64 } else { 0.0 }
    };
    load.iter().zip(&job.capacity).map(over).sum()
}

/// The orders that share most of their way with each order.
fn neighbours<W: Word>(orders: usize, cells: &Cells<W>) -> Vec<Vec<usize>> {
    let alone: Vec<i64> = (0..orders).map(|o| cells.length(&[o])).collect();
    let close = |a: usize| {
        let others = (0..orders).filter(|&b| b != a);
        let mut by: Vec<(i64, usize)> = others.map(|b| (cells.length(&[a, b]) - alone[a] - alone[b], b)).collect();
        by.sort_unstable();
        by.into_iter().take(NEIGHBOURS).map(|(_, b)| b).collect()
    };
    (0..orders).map(close).collect()
}
