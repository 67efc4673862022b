//! Set partitioning over the batches met, where carts hold few orders.
//!
//! Prices of the orders say which batches could be part of something better; their
//! neighbours (one order less, more or exchanged) are looked at too, so that the
//! pool holds batches no search state went through. Absent on purpose: the choice
//! itself, see [`crate::partition`]; and carts of many orders, where prices tell
//! too little and time is better spent on the search.

use std::collections::HashSet;

use super::anneal::{Group, Search, Some2, Stage};
use super::dice::Dice;
use super::floor::Word;
use super::{LOADS, Pace};
use crate::partition::{Pool, Prices};

/// Most orders a batch has on average where covers pay.
const FEW: f64 = 2.7;

/// Batches kept during the search, and how many more of the best and their neighbours
/// before a cover: a pool that is full would have no start.
const ROOM: usize = 60_000;
const MORE: usize = 140_000;

/// Rounds in which batches are grown, and from how many in each.
const GROWTHS: usize = 4;
const PARENTS: usize = 600;

/// Share of the search before the cover, and until when a cover may take.
const BEFORE: f64 = 0.8;
const UNTIL: f64 = 0.9;

/// The search after a cover is about it: colder than the usual.
const AFTER: Stage = Stage { until: 1.0, hot: 0.3, cold: 0.3 };

/// Whether a cover's time is up.
fn over(done: f64) -> bool {
    done.is_nan() || done >= UNTIL
}

impl<W: Word> Search<'_, W> {
    /// Cools down; where carts hold few orders, covers and goes on from there.
    pub(super) fn cool_and_cover(&mut self, dice: &mut Dice, pace: &mut Pace<'_>) {
        let batches = self.best.iter().filter(|g| !g.is_empty()).count();
        let usual = Stage { until: 1.0, hot: 1.0, cold: 1.0 };
        if self.job.orders.len() as f64 > FEW * batches as f64 {
            self.cool(dice, usual, pace);
            return;
        }
        self.pool = Some(Pool::new(self.job.orders.len(), ROOM));
        self.cool(dice, Stage { until: BEFORE, ..usual }, pace);
        if let Some(pool) = self.pool.take() {
            self.cover(pool, pace);
        }
        self.restart();
        self.cool(dice, AFTER, pace);
    }

    /// Grows the pool where it promises to pay and takes the cheapest cover.
    fn cover(&mut self, mut pool: Pool, pace: &mut Pace<'_>) {
        pool.widen(MORE);
        let named = self.name_best(&mut pool);
        let Some(mut prices) = pool.prices(&named) else { return };
        let mut grown = HashSet::new();
        for _ in 0..GROWTHS {
            if self.grow(&mut pool, &prices, &mut grown, pace) == 0 {
                break;
            }
            let Some(now) = pool.prices(&named) else { return };
            prices = now;
        }
        let mut steps = 0_u64;
        let (least, tried) = (self.least, &mut self.tried);
        // A step of the choice costs about as much as some moves.
        let mut stop = || {
            steps += 1;
            *tried += 8;
            steps.is_multiple_of(64) && over(pace(*tried, least))
        };
        let Some(cover) = pool.cover(&named, &prices, &mut stop) else { return };
        if cover.cost < self.least {
            self.least = cover.cost;
            let orders = |c: &usize| pool.column(*c).elements.iter().map(|&e| usize::from(e)).collect();
            self.best = cover.columns.iter().map(orders).collect();
        }
    }

    /// Sees to it that the best batches are in the pool; their keys.
    fn name_best(&self, pool: &mut Pool) -> Vec<u64> {
        let name = |orders: &Vec<usize>| {
            let key = orders.iter().fold(0, |key, &o| key ^ self.marks[o]);
            pool.add(key, orders.iter().copied(), self.cells.length(orders));
            key
        };
        self.best.iter().filter(|g| !g.is_empty()).map(name).collect()
    }

    /// Adds neighbours of the most promising batches; how many were new.
    fn grow(&mut self, pool: &mut Pool, prices: &Prices, grown: &mut HashSet<u64>, pace: &mut Pace<'_>) -> usize {
        let slack = (self.least - 1) as f64 - prices.bound();
        let fresh = pool.columns().enumerate().filter(|(_, c)| !grown.contains(&c.key));
        let mut parents: Vec<(f64, usize)> =
            fresh.map(|(number, c)| (prices.reduced(c), number)).filter(|p| p.0 <= slack).collect();
        parents.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let before = pool.len();
        for (_, number) in parents.into_iter().take(PARENTS) {
            if over(pace(self.tried, self.least)) {
                break;
            }
            let column = pool.column(number);
            grown.insert(column.key);
            let orders: Vec<usize> = column.elements.iter().map(|&e| usize::from(e)).collect();
            let group = Group::new(self.job, self.cells, &self.marks, orders);
            self.grow_one(&group, pool, prices, slack);
        }
        pool.len() - before
    }

    /// Adds the batch with one order less, more, or another in its place.
    fn grow_one(&mut self, group: &Group<W>, pool: &mut Pool, prices: &Prices, slack: f64) {
        let worth: f64 = group.orders.iter().map(|&o| prices.of(o)).sum();
        for out in group.orders.iter().map(|&o| Some(o)).chain([None]) {
            let (mut less, mut kept, mut load) = (Some2::default(), group.orders.clone(), group.load);
            let (mut key, mut worth, mut floor) = (group.key, worth, group.length);
            if let Some(out) = out {
                less.add(out);
                kept.retain(|&o| o != out);
                (key, worth) = (key ^ self.marks[out], worth - prices.of(out));
                load.iter_mut().zip(self.job.orders[out].load).for_each(|(sum, l)| *sum -= i128::from(l));
                floor = self.memory.length(key, || group.after(self.cells, &less, &Some2::default()));
                self.tried += 1;
                if floor as f64 - worth <= slack {
                    pool.add(key, kept.iter().copied(), floor);
                }
            }
            for into in 0..self.job.orders.len() {
                let (order, worth) = (&self.job.orders[into], worth + prices.of(into));
                let fits = |k: usize| load[k] + i128::from(order.load[k]) <= i128::from(self.job.capacity[k]);
                // A tour never gets shorter by one more order.
                if floor as f64 - worth > slack || !(0..LOADS).all(fits) || group.orders.contains(&into) {
                    continue;
                }
                let mut more = Some2::default();
                more.add(into);
                let key = key ^ self.marks[into];
                let length = self.memory.length(key, || group.after(self.cells, &less, &more));
                self.tried += 1;
                if length as f64 - worth <= slack {
                    pool.add(key, kept.iter().copied().chain([into]), length);
                }
            }
        }
    }
}
