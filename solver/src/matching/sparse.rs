//! Assignment where each row knows a few columns only.
//!
//! Row reduction and shortest augmenting paths as in `dense`, over the pairs there are;
//! the work follows their number, not that of cells. Each row has a private column
//! besides, at a price above any set of pairs: first the most matches, then the least
//! cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Assignment;
use super::dense::Cell;

/// Row reductions for each row at most, in each round.
const TURNS: usize = 8;
const ROUNDS: usize = 2;
const FREE: u32 = u32::MAX;

/// Matches as many rows as can be matched, and among those matchings one of the
/// least cost. Row r may take column c at cost w for each (c, w) of `rows[r]`;
/// columns are numbered from 0, as many as are named. Of a pair named twice the
/// cheaper counts. Any `i64` costs are allowed.
pub fn assign_sparse(rows: &[Vec<(u32, i64)>]) -> Assignment {
    let pairs = || rows.iter().flatten();
    let cols = pairs().map(|p| p.0 as usize + 1).max().unwrap_or(0);
    let low = pairs().map(|p| p.1).min().unwrap_or(0);
    let high = pairs().map(|p| p.1).max().unwrap_or(0);
    let most = rows.len().min(cols) as i128 + 1;
    let alone = (i128::from(high) - i128::from(low)) * most + 1;
    let row_to_col = if alone.saturating_mul(most + 2) < i128::from(i64::MAX / 4) {
        Sparse::new(rows, cols, |c| c - low, alone as i64).solve()
    } else {
        Sparse::new(rows, cols, |c| i128::from(c) - i128::from(low), alone).solve()
    };
    let price = |(row, col): (usize, &Option<usize>)| {
        let col = (*col)?;
        rows[row].iter().filter(|p| p.0 as usize == col).map(|p| i128::from(p.1)).min()
    };
    let cost: i128 = row_to_col.iter().enumerate().filter_map(price).sum();
    Assignment { row_to_col, cost: cost.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64 }
}

struct Sparse<T> {
    cols: usize,
    /// Pairs of row r are `from[r]..from[r + 1]`; the last is that with its private
    /// column, numbered behind the real ones.
    from: Vec<usize>,
    pairs: Vec<(u32, T)>,
    /// Prices of the columns, at most 0; they only fall.
    price: Vec<T>,
    row_to_col: Vec<u32>,
    col_to_row: Vec<u32>,
    /// The cost at which each row sits.
    paid: Vec<T>,
}

impl<T: Cell> Sparse<T> {
    fn new(rows: &[Vec<(u32, i64)>], cols: usize, by: impl Fn(i64) -> T, alone: T) -> Self {
        let (mut from, mut pairs) = (vec![0], Vec::with_capacity(rows.iter().map(|row| row.len() + 1).sum()));
        for (number, row) in rows.iter().enumerate() {
            pairs.extend(row.iter().map(|(col, cost)| (*col, by(*cost))));
            pairs.push(((cols + number) as u32, alone));
            from.push(pairs.len());
        }
        let all = cols + rows.len();
        Self {
            cols,
            from,
            pairs,
            price: vec![T::ZERO; all],
            row_to_col: vec![FREE; rows.len()],
            col_to_row: vec![FREE; all],
            paid: vec![T::ZERO; rows.len()],
        }
    }

    fn pairs(&self, row: u32) -> &[(u32, T)] {
        &self.pairs[self.from[row as usize]..self.from[row as usize + 1]]
    }

    fn solve(mut self) -> Vec<Option<usize>> {
        let mut left: Vec<u32> = (0..self.row_to_col.len() as u32).collect();
        for _ in 0..ROUNDS {
            left = self.reduce_rows(left);
        }
        let mut paths = Paths::new(self.row_to_col.len(), self.price.len());
        for row in left {
            self.augment(row, &mut paths);
        }
        let cols = self.cols;
        self.row_to_col.into_iter().map(|col| Some(col as usize).filter(|col| *col < cols)).collect()
    }

    fn seat(&mut self, row: u32, col: u32, cost: T) {
        (self.row_to_col[row as usize], self.col_to_row[col as usize]) = (col, row);
        self.paid[row as usize] = cost;
    }

    /// Gives each row its cheapest column at a price that makes the second as good;
    /// returns the rows still or newly without one.
    fn reduce_rows(&mut self, mut waiting: Vec<u32>) -> Vec<u32> {
        let mut turns = waiting.len() * TURNS;
        let mut left = Vec::new();
        waiting.reverse();
        while let Some(row) = waiting.pop() {
            if turns == 0 {
                left.push(row);
                continue;
            }
            turns -= 1;
            let (mut least, mut second) = ((T::FAR, FREE, T::ZERO), (T::FAR, FREE, T::ZERO));
            for &(col, cost) in self.pairs(row) {
                let reduced = cost - self.price[col as usize];
                if reduced < least.0 {
                    (second, least) = (least, (reduced, col, cost));
                } else if reduced < second.0 {
                    second = (reduced, col, cost);
                }
            }
            let is_lowered = least.0 < second.0 && second.0 < T::FAR;
            if self.col_to_row[least.1 as usize] != FREE && second.0 == least.0 {
                least = second;
            }
            let (_, col, cost) = least;
            let holder = self.col_to_row[col as usize];
            self.seat(row, col, cost);
            if holder == FREE {
                continue;
            }
            self.row_to_col[holder as usize] = FREE;
            if is_lowered {
                let price = &mut self.price[col as usize];
                *price = *price - (second.0 - least.0);
                waiting.push(holder);
            } else {
                left.push(holder);
            }
        }
        left
    }

    /// Seats a row along a shortest alternating path.
    fn augment(&mut self, start: u32, paths: &mut Paths<T>) {
        paths.begin();
        self.reach(start, T::ZERO, paths);
        // The private column of the row ends a path at the latest.
        while let Some(Reverse((base, col))) = paths.heap.pop() {
            if paths.nearest.0 <= base {
                break;
            }
            if paths.label[col as usize] != base {
                continue;
            }
            let holder = self.col_to_row[col as usize];
            paths.label[col as usize] = T::LOW;
            paths.done.push((col, base));
            self.reach(holder, self.paid[holder as usize] - self.price[col as usize] - base, paths);
        }
        let (base, mut col) = paths.nearest;
        for &(col, label) in &paths.done {
            let price = &mut self.price[col as usize];
            *price = *price - (base - label);
        }
        loop {
            let (row, cost) = paths.from[col as usize];
            let next = self.row_to_col[row as usize];
            self.seat(row, col, cost);
            if row == start {
                return;
            }
            col = next;
        }
    }

    /// Reaches the columns of a row whose labels may still matter.
    fn reach(&self, row: u32, shift: T, paths: &mut Paths<T>) {
        for &(col, cost) in self.pairs(row) {
            let found = cost - self.price[col as usize] - shift;
            let known = &mut paths.label[col as usize];
            if found >= *known || found >= paths.nearest.0 {
                continue;
            }
            if *known == T::FAR {
                paths.touched.push(col);
            }
            *known = found;
            paths.from[col as usize] = (row, cost);
            if self.col_to_row[col as usize] == FREE {
                paths.nearest = (found, col);
            } else {
                paths.heap.push(Reverse((found, col)));
            }
        }
    }
}

/// What path searches share.
struct Paths<T> {
    /// Labels of the columns; those that are done are below any.
    label: Vec<T>,
    /// The row each was reached from, and what it costs there.
    from: Vec<(u32, T)>,
    /// Columns with a holder.
    heap: BinaryHeap<Reverse<(T, u32)>>,
    touched: Vec<u32>,
    /// Columns that are done, and their labels.
    done: Vec<(u32, T)>,
    /// The free column of the least label.
    nearest: (T, u32),
}

impl<T: Cell> Paths<T> {
    fn new(rows: usize, cols: usize) -> Self {
        Self {
            label: vec![T::FAR; cols],
            from: vec![(0, T::ZERO); cols],
            heap: BinaryHeap::with_capacity(rows),
            touched: Vec::new(),
            done: Vec::new(),
            nearest: (T::FAR, FREE),
        }
    }

    fn begin(&mut self) {
        for col in self.touched.drain(..) {
            self.label[col as usize] = T::FAR;
        }
        self.heap.clear();
        self.done.clear();
        self.nearest = (T::FAR, FREE);
    }
}
