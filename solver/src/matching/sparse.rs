//! Assignment where each row knows a few columns only.
//!
//! Shortest augmenting paths with a heap over the pairs there are, started by
//! rounds of row reduction; the work follows the number of pairs, not of cells. A
//! row may stay on its private column at a price above any set of pairs, as in
//! the dense search: first the most matches, then the least cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Assignment, Cost, FREE, Seat};

/// Row reductions for each row at most.
const TURNS: usize = 8;

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
    /// Pairs of row r are `from[r]..from[r + 1]`.
    from: Vec<usize>,
    cols: Vec<u32>,
    costs: Vec<T>,
    alone: T,
    seats: Vec<Seat>,
    col_to_row: Vec<usize>,
    row_dual: Vec<T>,
    col_dual: Vec<T>,
}

impl<T: Cost> Sparse<T> {
    fn new(rows: &[Vec<(u32, i64)>], cols: usize, by: impl Fn(i64) -> T, alone: T) -> Self {
        let pairs = rows.iter().flatten();
        let mut from = vec![0];
        from.extend(rows.iter().scan(0, |sum, row| {
            *sum += row.len();
            Some(*sum)
        }));
        Self {
            from,
            cols: pairs.clone().map(|p| p.0).collect(),
            costs: pairs.map(|p| by(p.1)).collect(),
            alone,
            seats: vec![Seat::Unplaced; rows.len()],
            col_to_row: vec![FREE; cols],
            row_dual: vec![T::ZERO; rows.len()],
            col_dual: vec![T::ZERO; cols],
        }
    }

    fn pairs(&self, row: usize) -> impl Iterator<Item = (usize, T)> + '_ {
        let range = self.from[row]..self.from[row + 1];
        range.map(|at| (self.cols[at] as usize, self.costs[at]))
    }

    fn solve(mut self) -> Vec<Option<usize>> {
        let mut waiting: Vec<usize> = (0..self.seats.len()).rev().collect();
        let mut turns = waiting.len() * TURNS;
        let mut left = Vec::new();
        while let Some(row) = waiting.pop() {
            if turns == 0 {
                left.push(row);
                continue;
            }
            turns -= 1;
            self.reduce(row, &mut waiting, &mut left);
        }
        let mut search = Search {
            label: vec![None; self.col_to_row.len()],
            from: vec![0; self.col_to_row.len()],
            heap: BinaryHeap::new(),
            touched: Vec::new(),
        };
        for row in left {
            self.augment(row, &mut search);
        }
        let seat = |seat: &Seat| if let Seat::Col(col) = seat { Some(*col) } else { None };
        self.seats.iter().map(seat).collect()
    }

    /// Gives a row its cheapest column at a price that makes the second as good.
    fn reduce(&mut self, row: usize, waiting: &mut Vec<usize>, left: &mut Vec<usize>) {
        let (mut best, mut second) = ((self.alone, Seat::Alone), None);
        for (col, cost) in self.pairs(row) {
            let reduced = cost - self.col_dual[col];
            if best.1 == Seat::Col(col) {
                best.0 = best.0.min(reduced);
            } else if reduced < best.0 {
                second = Some(best.0);
                best = (reduced, Seat::Col(col));
            } else if second.is_none_or(|s| reduced < s) {
                second = Some(reduced);
            }
        }
        let (price, seat) = best;
        self.row_dual[row] = price;
        let Seat::Col(col) = seat else {
            self.seats[row] = Seat::Alone;
            return;
        };
        let holder = self.col_to_row[col];
        let rise = second.map_or(T::ZERO, |s| s - price);
        if holder != FREE && rise == T::ZERO {
            // No price moves, so taking the seat would only pass the wait on.
            left.push(row);
            return;
        }
        if holder != FREE {
            self.col_dual[col] = self.col_dual[col] - rise;
            self.row_dual[row] = price + rise;
            self.seats[holder] = Seat::Unplaced;
            waiting.push(holder);
        }
        self.seats[row] = Seat::Col(col);
        self.col_to_row[col] = row;
    }

    fn augment(&mut self, start: usize, search: &mut Search<T>) {
        search.clear();
        let (mut row, mut base) = (start, T::ZERO);
        let (mut exit, mut rows) = ((None, start), vec![(start, T::ZERO)]);
        let end = loop {
            let leave = base + self.alone - self.row_dual[row];
            if exit.0.is_none_or(|e| leave < e) {
                exit = (Some(leave), row);
            }
            for (col, cost) in self.pairs(row) {
                let label = base + cost - self.row_dual[row] - self.col_dual[col];
                search.relax(col, label, row);
            }
            let next = search.nearest();
            match next {
                Some((label, col)) if exit.0.is_none_or(|e| label < e) => {
                    base = label;
                    if self.col_to_row[col] == FREE {
                        break Seat::Col(col);
                    }
                    row = self.col_to_row[col];
                    rows.push((row, base));
                }
                _ => {
                    base = exit.0.unwrap_or(base);
                    break Seat::Alone;
                }
            }
        };
        for &(row, at) in &rows {
            self.row_dual[row] = self.row_dual[row] + (base - at);
            // Every row but the first was reached by way of its own column.
            if let (Seat::Col(col), true) = (self.seats[row], row != start) {
                self.col_dual[col] = self.col_dual[col] - (base - at);
            }
        }
        self.flip(start, end, exit.1, search);
    }

    fn flip(&mut self, start: usize, end: Seat, exit_row: usize, search: &Search<T>) {
        let mut col = match end {
            Seat::Col(col) => col,
            Seat::Alone | Seat::Unplaced => match std::mem::replace(&mut self.seats[exit_row], Seat::Alone) {
                Seat::Col(col) if exit_row != start => col,
                _ => return,
            },
        };
        loop {
            let row = search.from[col];
            let before = std::mem::replace(&mut self.seats[row], Seat::Col(col));
            self.col_to_row[col] = row;
            match before {
                Seat::Col(previous) if row != start => col = previous,
                _ => return,
            }
        }
    }
}

/// Labels of one path search.
struct Search<T> {
    label: Vec<Option<T>>,
    from: Vec<usize>,
    heap: BinaryHeap<Reverse<(T, usize)>>,
    touched: Vec<usize>,
}

impl<T: Cost> Search<T> {
    fn clear(&mut self) {
        for col in self.touched.drain(..) {
            self.label[col] = None;
        }
        self.heap.clear();
    }

    fn relax(&mut self, col: usize, label: T, row: usize) {
        let known = &mut self.label[col];
        if known.is_some_and(|k| k <= label) {
            return;
        }
        if known.is_none() {
            self.touched.push(col);
        }
        *known = Some(label);
        self.from[col] = row;
        self.heap.push(Reverse((label, col)));
    }

    /// The open column of the least label.
    fn nearest(&mut self) -> Option<(T, usize)> {
        while let Some(Reverse((label, col))) = self.heap.pop() {
            // Older and dearer entries of a column stay in the heap until met.
            if self.label[col] == Some(label) {
                return Some((label, col));
            }
        }
        None
    }
}
