//! Trying columns, those nearest to their price first.
//!
//! A cover costs the sum of all prices and what its columns cost above theirs. So
//! covers are looked for with little to spend above the prices, then with twice as
//! much, until one is found (Korf, Artificial Intelligence 27, 1985) and nothing
//! cheaper is left; each time the element with fewest columns left is covered
//! next. Absent on purpose: a bound on the rest beyond the prices.

use super::{Pool, Prices};

/// Shares of what may be spent at most that are tried first.
const FIRST: f64 = 1.0 / 64.0;

/// Error of the sums, far below the unit of cost.
const DUST: f64 = 1e-4;

struct Choice<'a> {
    pool: &'a Pool,
    /// Columns of each element and what they cost above their price, ascending.
    by: Vec<Vec<(f64, usize)>>,
    covered: Vec<bool>,
    left: usize,
    chosen: Vec<usize>,
    /// What may be spent above the prices.
    spend: f64,
    best: Option<Vec<usize>>,
    stop: &'a mut dyn FnMut() -> bool,
    stopped: bool,
}

/// The columns of a cover cheaper than `cost`, the cheapest there is unless it
/// was stopped; and whether it was not.
pub(super) fn cheapest(
    pool: &Pool,
    prices: &Prices,
    cost: i64,
    stop: &mut dyn FnMut() -> bool,
) -> (Option<Vec<usize>>, bool) {
    let most = (cost - 1) as f64 - prices.bound() + DUST;
    let mut by: Vec<Vec<(f64, usize)>> = vec![Vec::new(); pool.elements];
    for (number, column) in pool.columns().enumerate() {
        let above = prices.reduced(column).max(0.0);
        if above <= most {
            column.elements.iter().for_each(|&e| by[usize::from(e)].push((above, number)));
        }
    }
    by.iter_mut().for_each(|list| list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))));
    let mut choice = Choice {
        pool,
        by,
        covered: vec![false; pool.elements],
        left: pool.elements,
        chosen: Vec::new(),
        spend: 0.0,
        best: None,
        stop,
        stopped: false,
    };
    let mut share = FIRST;
    while most >= 0.0 && choice.best.is_none() && !choice.stopped && share <= 1.0 {
        choice.spend = most * share;
        choice.go(0.0);
        share *= 2.0;
    }
    (
        choice.best.map(|mut best| {
            best.sort_unstable();
            best
        }),
        !choice.stopped,
    )
}

impl Choice<'_> {
    /// Covers what is left in all ways that cost less than the best.
    fn go(&mut self, spent: f64) {
        if self.left == 0 {
            self.best = Some(self.chosen.clone());
            // Only a whole unit less is of interest.
            self.spend = spent - 1.0 + 2.0 * DUST;
            return;
        }
        if (self.stop)() {
            self.stopped = true;
        }
        let Some(element) = self.scarcest(spent) else { return };
        let mut at = 0;
        while let Some(&(above, number)) = self.by[element].get(at) {
            at += 1;
            if self.stopped || spent + above > self.spend {
                return;
            }
            if self.free(number) {
                self.mark(number, true);
                self.chosen.push(number);
                self.go(spent + above);
                self.chosen.pop();
                self.mark(number, false);
            }
        }
    }

    /// The element left with fewest columns that may still be chosen; `None`
    /// where one has none.
    fn scarcest(&self, spent: f64) -> Option<usize> {
        let mut scarcest = (usize::MAX, 0);
        for element in (0..self.by.len()).filter(|&e| !self.covered[e]) {
            let list = self.by[element].iter().take_while(|c| spent + c.0 <= self.spend);
            let count = list.filter(|c| self.free(c.1)).take(scarcest.0).count();
            if count < scarcest.0 {
                scarcest = (count, element);
            }
            if count == 0 {
                return None;
            }
        }
        Some(scarcest.1)
    }

    fn free(&self, number: usize) -> bool {
        self.pool.column(number).elements.iter().all(|&e| !self.covered[usize::from(e)])
    }

    fn mark(&mut self, number: usize, covered: bool) {
        let elements = self.pool.column(number).elements;
        elements.iter().for_each(|&e| self.covered[usize::from(e)] = covered);
        self.left = if covered { self.left - elements.len() } else { self.left + elements.len() };
    }
}
