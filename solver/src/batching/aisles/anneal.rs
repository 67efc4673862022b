//! Simulated annealing over batches: move one order, exchange one or two.
//!
//! A cart may be overloaded for a while at a toll that rises until carts fit
//! often enough: where orders fill carts tightly, few moves fit at once, and the
//! way to one tour less leads over carts that do not.

use super::dice::Dice;
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

/// Share of moves that are computed in full whatever their parts say.
const UNJUDGED: f64 = 0.03;

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
    /// Marks of its orders, one over the other.
    key: u64,
}

/// What becomes of a batch in a move on trial.
#[derive(Clone, Copy, Default)]
struct Then {
    key: u64,
    load: [i128; LOADS],
    excess: f64,
    length: i64,
}

/// A move that is to be made: `out` goes from one batch to the other, `back` the
/// other way.
struct Change {
    from: usize,
    to: usize,
    out: Some2,
    back: Some2,
    left: Then,
    right: Then,
}

/// Lengths of batches met lately, by their key; an annealing search asks for the
/// same few over and over.
struct Memory {
    cells: Vec<(u64, i64)>,
}

/// Batches remembered, a power of two; what fits a processor's own cache.
const REMEMBERED: usize = 1 << 16;

impl Memory {
    fn new() -> Self {
        Self { cells: vec![(0, 0); REMEMBERED] }
    }

    #[inline]
    fn length(&mut self, key: u64, otherwise: impl FnOnce() -> i64) -> i64 {
        let cell = &mut self.cells[key as usize & (REMEMBERED - 1)];
        if cell.0 != key || key == 0 {
            *cell = (key, otherwise());
        }
        cell.1
    }
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
    /// A mark for each order; a batch's key is made of them.
    marks: Vec<u64>,
    memory: Memory,
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
    let mut dice = Dice::new(seed);
    let mut search = Search::new(job, cells, start, &mut dice);
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
            let Some(change) = search.propose(&mut dice, heat) else { continue };
            let full = |excess: f64| usize::from(excess > 0.0);
            let (from, to) = (&search.groups[change.from], &search.groups[change.to]);
            over += full(change.left.excess) + full(change.right.excess);
            over -= full(from.excess) + full(to.excess);
            total += change.left.length + change.right.length - from.length - to.length;
            search.accept(&change);
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
    fn new(job: &'a Job, cells: &'a Cells<W>, mut start: Vec<Vec<usize>>, dice: &mut Dice) -> Self {
        // One empty batch is always there to be filled.
        start.push(Vec::new());
        let mut home = vec![0; job.orders.len()];
        for (g, group) in start.iter().enumerate() {
            group.iter().for_each(|&o| home[o] = g);
        }
        let near = neighbours(job.orders.len(), cells);
        let marks: Vec<u64> = job.orders.iter().map(|_| dice.draw()).collect();
        let groups = start.into_iter().map(|orders| Group::new(job, cells, &marks, orders)).collect();
        Self { job, cells, near, groups, home, toll: 0.0, marks, memory: Memory::new() }
    }

    fn orders(&self) -> Vec<Vec<usize>> {
        self.groups.iter().map(|g| g.orders.clone()).collect()
    }

    /// Draws a move; what it would do when it is taken at this heat.
    fn propose(&mut self, dice: &mut Dice, heat: f64) -> Option<Change> {
        let order = dice.below(self.home.len());
        let a = self.home[order];
        let b = if dice.share() < NEAR {
            let near = &self.near[order];
            self.home[near[dice.below(near.len())]]
        } else {
            dice.below(self.groups.len())
        };
        if a == b {
            return None;
        }
        let (out, back) = self.some(order, b, dice)?;
        let (from, to) = (&self.groups[a], &self.groups[b]);
        let mut left = Then { key: from.key, load: from.load, ..Then::default() };
        let mut right = Then { key: to.key, load: to.load, ..Then::default() };
        for (orders, sign) in [(&out, 1_i128), (&back, -1)] {
            for &order in orders.all() {
                left.key ^= self.marks[order];
                right.key ^= self.marks[order];
                for (kind, &load) in self.job.orders[order].load.iter().enumerate() {
                    left.load[kind] -= sign * i128::from(load);
                    right.load[kind] += sign * i128::from(load);
                }
            }
        }
        left.excess = excess(self.job, &left.load);
        right.excess = excess(self.job, &right.load);
        if left.excess.max(right.excess) > MOST_EXCESS {
            return None;
        }
        // The chance is drawn first: what the two batches may come to at most.
        let more = left.excess + right.excess - from.excess - to.excess;
        let most = (from.length + to.length) as f64 + heat * dice.patience() - self.toll * more;
        let (cells, marks, memory) = (self.cells, &self.marks, &mut self.memory);
        // Most moves fail already by what their parts cost alone: each batch
        // without what leaves, and with what comes. Tours seldom cost less for an
        // order the fewer they have; where one does, a few moves go unjudged.
        let mut lows = (0, 0);
        if dice.share() >= UNJUDGED {
            lows = (from.without(cells, marks, memory, &out), to.without(cells, marks, memory, &back));
            for (group, more, at_left) in [(from, &back, true), (to, &out, false)] {
                if (lows.0 + lows.1) as f64 > most {
                    return None;
                }
                let added = group.added(cells, marks, memory, more);
                *if at_left { &mut lows.0 } else { &mut lows.1 } += added;
            }
        }
        if (lows.0 + lows.1) as f64 > most {
            return None;
        }
        left.length = memory.length(left.key, || from.after(cells, &out, &back));
        if (left.length + lows.1) as f64 > most {
            return None;
        }
        right.length = memory.length(right.key, || to.after(cells, &back, &out));
        let taken = (left.length + right.length) as f64 <= most;
        taken.then_some(Change { from: a, to: b, out, back, left, right })
    }

    /// The orders that leave with this one and those that come back: none, one or
    /// two; sometimes two leave.
    fn some(&self, order: usize, to: usize, dice: &mut Dice) -> Option<(Some2, Some2)> {
        let (from, to) = (&self.groups[self.home[order]], &self.groups[to]);
        let (mut out, mut back) = (Some2::default(), Some2::default());
        out.add(order);
        let kind = dice.below(10);
        if kind == 7 && from.orders.len() > 1 {
            let second = from.orders[dice.below(from.orders.len())];
            if second == order {
                return None;
            }
            out.add(second);
        }
        let wanted = if kind < 2 { 0 } else { 1 + usize::from(kind > 7) };
        for _ in 0..wanted.min(to.orders.len()) {
            let other = to.orders[dice.below(to.orders.len())];
            if back.all().contains(&other) {
                return None;
            }
            back.add(other);
        }
        Some((out, back))
    }

    fn accept(&mut self, change: &Change) {
        let sides = [
            (change.from, &change.out, &change.back, change.left),
            (change.to, &change.back, &change.out, change.right),
        ];
        for (g, less, more, then) in sides {
            self.groups[g].change(self.cells, less, more, then);
            for &order in more.all() {
                self.home[order] = g;
            }
        }
        // Exactly one empty batch stays in reserve.
        if self.groups.iter().all(|g| !g.orders.is_empty()) {
            self.groups.push(Group::new(self.job, self.cells, &self.marks, Vec::new()));
        }
    }
}

impl<W: Word> Group<W> {
    fn new(job: &Job, cells: &Cells<W>, marks: &[u64], orders: Vec<usize>) -> Self {
        let mut words = vec![W::default(); cells.width()];
        for &order in &orders {
            words.iter_mut().zip(cells.row(order)).for_each(|(word, more)| *word |= *more);
        }
        let visits: Vec<Option<Visit>> = words.iter().enumerate().map(|(at, &w)| cells.visit(at, w)).collect();
        let mut load = [0_i128; LOADS];
        for &order in &orders {
            load.iter_mut().zip(job.orders[order].load).for_each(|(sum, more)| *sum += i128::from(more));
        }
        let key = orders.iter().fold(0, |key, &o| key ^ marks[o]);
        Self {
            load,
            length: cells.tour(visits.iter().copied()),
            orders,
            words,
            visits,
            excess: excess(job, &load),
            key,
        }
    }

    /// An aisle's cells with less and more; only where something goes need the
    /// orders that stay be looked at.
    #[inline]
    fn word(&self, cells: &Cells<W>, at: usize, less: &Some2, more: &Some2) -> W {
        let goes = less.all().iter().any(|&o| cells.row(o)[at] != W::default());
        let mut word = if goes { W::default() } else { self.words[at] };
        if goes {
            for order in self.orders.iter().filter(|o| !less.all().contains(o)) {
                word |= cells.row(*order)[at];
            }
        }
        more.all().iter().for_each(|&o| word |= cells.row(o)[at]);
        word
    }

    /// Length with less and more.
    fn after(&self, cells: &Cells<W>, less: &Some2, more: &Some2) -> i64 {
        cells.tour((0..cells.width()).map(|at| {
            let word = self.word(cells, at, less, more);
            if word == self.words[at] { self.visits[at] } else { cells.visit(at, word) }
        }))
    }

    /// Length without these orders.
    #[inline]
    fn without(&self, cells: &Cells<W>, marks: &[u64], memory: &mut Memory, less: &Some2) -> i64 {
        let key = less.all().iter().fold(self.key, |key, &o| key ^ marks[o]);
        if less.count == 0 { self.length } else { memory.length(key, || self.after(cells, less, &Some2::default())) }
    }

    /// What the dearest of these orders alone would add.
    #[inline]
    fn added(&self, cells: &Cells<W>, marks: &[u64], memory: &mut Memory, more: &Some2) -> i64 {
        let alone = more.all().iter().map(|&order| {
            let (none, mut one) = (Some2::default(), Some2::default());
            one.add(order);
            memory.length(self.key ^ marks[order], || self.after(cells, &none, &one)) - self.length
        });
        alone.max().unwrap_or(0)
    }

    /// Makes a move whose length is known.
    fn change(&mut self, cells: &Cells<W>, less: &Some2, more: &Some2, then: Then) {
        for at in 0..cells.width() {
            let word = self.word(cells, at, less, more);
            if word != self.words[at] {
                self.words[at] = word;
                self.visits[at] = cells.visit(at, word);
            }
        }
        self.orders.retain(|o| !less.all().contains(o));
        self.orders.extend_from_slice(more.all());
        (self.key, self.load, self.excess, self.length) = (then.key, then.load, then.excess, then.length);
    }
}

/// Load above the capacity as a share of it, summed over all kinds.
fn excess(job: &Job, load: &[i128; LOADS]) -> f64 {
    let over = |(&load, &most): (&i128, &i64)| {
        let over = load - i128::from(most);
        // Converting one machine word is much cheaper than two.
        if over > 0 { i64::try_from(over).unwrap_or(i64::MAX) as f64 / most.max(1) as f64 } else { 0.0 }
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
