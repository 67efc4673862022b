//! Assignment on a full table: every row may take every column, rows no more than
//! columns.
//!
//! The four phases of Jonker and Volgenant (Computing 38, 1987): column reduction,
//! reduction transfer, augmenting row reduction, shortest augmenting paths; the
//! first two for square tables only, since they price columns that may stay free.
//! Row reductions are counted, so that the whole stays within rows x columns x
//! rows. Paths are sought on a short list of each row; the rest of a row is looked at
//! once a label reaches what its list leaves out, so that the answer is exact and few
//! rows are ever read again. What is cheapest is sought in blocks, which the lanes of a
//! processor take at once. Cells are kept in
//! 32 bits where their span allows; should prices ever leave that width, the search
//! says so and is begun again in 64.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{Add, Sub};

/// Rows handled in each round of row reduction, for each free one.
const TURNS: usize = 32;
const ROUNDS: usize = 2;
const FREE: u32 = u32::MAX;
/// Columns on a row's first list.
const SHORT: usize = 12;
/// Columns looked at together.
const BLOCK: usize = 32;

/// A cost, a price or a label.
pub(super) trait Cell: Copy + Ord + Add<Output = Self> + Sub<Output = Self> {
    const ZERO: Self;
    /// Beyond any label.
    const FAR: Self;
    /// Below any label.
    const LOW: Self;
    /// Cells lie within this and its negative.
    const MOST: Self;
    /// Prices below this may lead to sums that are too wide.
    const FLOOR: Self;
}

impl Cell for i32 {
    const ZERO: Self = 0;
    const FAR: Self = i32::MAX;
    const LOW: Self = i32::MIN;
    const MOST: Self = 1 << 26;
    const FLOOR: Self = -(1 << 28);
}

impl Cell for i64 {
    const ZERO: Self = 0;
    const FAR: Self = i64::MAX;
    const LOW: Self = i64::MIN;
    const MOST: Self = 1 << 58;
    const FLOOR: Self = -(1 << 60);
}

impl Cell for i128 {
    const ZERO: Self = 0;
    const FAR: Self = i128::MAX;
    const LOW: Self = i128::MIN;
    const MOST: Self = 1 << 120;
    const FLOOR: Self = -(1 << 122);
}

pub(super) struct Dense<'a, C> {
    cells: &'a [C],
    rows: usize,
    cols: usize,
    /// Prices of the columns; at most 0 in a table that is not square.
    price: Vec<C>,
    row_to_col: Vec<u32>,
    col_to_row: Vec<u32>,
    /// A price fell below [`Cell::FLOOR`].
    is_too_wide: bool,
}

impl<'a, C: Cell> Dense<'a, C> {
    /// Cells row by row.
    pub(super) fn new(cells: &'a [C], rows: usize, cols: usize) -> Self {
        Self {
            cells,
            rows,
            cols,
            price: vec![C::ZERO; cols],
            row_to_col: vec![FREE; rows],
            col_to_row: vec![FREE; cols],
            is_too_wide: false,
        }
    }

    /// Column of each row, at the least sum; `None` when prices left their width.
    pub(super) fn solve(mut self) -> Option<Vec<u32>> {
        let mut free: Vec<u32> = if self.rows == self.cols {
            let matches = self.reduce_columns();
            self.transfer(&matches);
            (0..self.rows as u32).filter(|&row| matches[row as usize] == 0).collect()
        } else {
            (0..self.rows as u32).collect()
        };
        for _ in 0..ROUNDS {
            free = self.reduce_rows(free);
        }
        if free.is_empty() || self.is_too_wide {
            return (!self.is_too_wide).then_some(self.row_to_col);
        }
        let mut paths = Paths::new(&self);
        for row in free {
            if self.is_too_wide {
                return None;
            }
            self.augment(row, &mut paths);
        }
        (!self.is_too_wide).then_some(self.row_to_col)
    }

    #[inline]
    fn row(&self, row: u32) -> &'a [C] {
        &self.cells[row as usize * self.cols..(row as usize + 1) * self.cols]
    }

    fn seat(&mut self, row: u32, col: u32) {
        self.row_to_col[row as usize] = col;
        self.col_to_row[col as usize] = row;
    }

    fn lower(&mut self, col: u32, by: C) {
        let price = &mut self.price[col as usize];
        *price = *price - by;
        self.is_too_wide |= *price < C::FLOOR;
    }

    /// Prices each column at its cheapest cell; a row keeps one of the columns where
    /// it is the cheapest. Returns in how many it is.
    fn reduce_columns(&mut self) -> Vec<u32> {
        let mut best = vec![0_u32; self.cols];
        self.price.fill(C::FAR);
        for row in 0..self.rows as u32 {
            let cells = self.row(row);
            for ((cell, price), best) in cells.iter().zip(&mut self.price).zip(&mut best) {
                let is_less = *cell < *price;
                *price = if is_less { *cell } else { *price };
                *best = if is_less { row } else { *best };
            }
        }
        let mut matches = vec![0; self.rows];
        for col in (0..self.cols as u32).rev() {
            let row = best[col as usize];
            matches[row as usize] += 1;
            if matches[row as usize] == 1 {
                self.seat(row, col);
            }
        }
        matches
    }

    /// Lowers the price of the one column of a row until its second is as good.
    fn transfer(&mut self, matches: &[u32]) {
        for row in (0..self.rows as u32).filter(|&row| matches[row as usize] == 1) {
            let own = self.row_to_col[row as usize] as usize;
            let (cells, price) = (self.row(row), &self.price);
            let before = cheapest(&cells[..own], &price[..own]);
            let least = before.min(cheapest(&cells[own + 1..], &price[own + 1..]));
            if least < C::FAR {
                // The own reduced cost is 0 by the column reduction.
                self.lower(own as u32, least);
            }
        }
    }

    /// Gives each free row its cheapest column at a price that makes the second as
    /// good; returns the rows still or newly without one.
    fn reduce_rows(&mut self, mut free: Vec<u32>) -> Vec<u32> {
        let mut left = Vec::new();
        let mut turns = free.len() * TURNS;
        free.reverse();
        while let Some(row) = free.pop() {
            if turns == 0 || self.is_too_wide {
                left.push(row);
                continue;
            }
            turns -= 1;
            let (least, second) = two_cheapest(self.row(row), &self.price);
            let is_lowered = second.0 > least.0 && second.0 < C::FAR;
            let mut col = least.1;
            let mut holder = self.col_to_row[col as usize];
            if is_lowered {
                if holder != FREE {
                    self.lower(col, second.0 - least.0);
                }
            } else if holder != FREE && second.0 == least.0 {
                col = second.1;
                holder = self.col_to_row[col as usize];
            }
            self.seat(row, col);
            if holder != FREE {
                self.row_to_col[holder as usize] = FREE;
                if is_lowered { free.push(holder) } else { left.push(holder) }
            }
        }
        left
    }

    /// Seats a row along a shortest alternating path.
    fn augment(&mut self, start: u32, paths: &mut Paths<C>) {
        paths.begin();
        paths.shift[start as usize] = C::ZERO;
        self.reach(start, paths);
        let (base, end) = loop {
            let (base, at) = paths.heap.pop().map_or((C::FAR, 0), |Reverse(next)| next);
            if at >= self.cols as u32 {
                let row = at - self.cols as u32;
                paths.lists[row as usize].widen(self.row(row), &self.price);
                self.reach(row, paths);
            } else if paths.label[at as usize] == base {
                let holder = self.col_to_row[at as usize];
                if holder == FREE {
                    break (base, at);
                }
                paths.settle(at, base);
                paths.shift[holder as usize] = self.row(holder)[at as usize] - self.price[at as usize] - base;
                self.reach(holder, paths);
            }
            if paths.nearest.0 == base {
                break paths.nearest;
            }
        };
        for &(col, label) in &paths.done {
            let by = base - label;
            self.lower(col, by);
        }
        let mut col = end;
        loop {
            let row = paths.from[col as usize];
            let next = self.row_to_col[row as usize];
            self.seat(row, col);
            if row == start {
                return;
            }
            col = next;
        }
    }

    /// Reaches the columns on the list of a row, and notes from what label on the
    /// others must be looked at.
    fn reach(&self, row: u32, paths: &mut Paths<C>) {
        let Paths { lists, shift, label, from, heap, touched, nearest, .. } = paths;
        let (list, shift) = (&mut lists[row as usize], shift[row as usize]);
        if list.near.is_empty() {
            list.widen(self.row(row), &self.price);
        }
        for &(col, cell) in &list.near {
            let found = cell - self.price[col as usize] - shift;
            let known = &mut label[col as usize];
            if found >= *known || found >= nearest.0 {
                continue;
            }
            if *known == C::FAR {
                touched.push(col);
            }
            (*known, from[col as usize]) = (found, row);
            if self.col_to_row[col as usize] == FREE {
                *nearest = (found, col);
            }
            heap.push(Reverse((found, col)));
        }
        if list.beyond < C::FAR && list.beyond - shift < nearest.0 {
            heap.push(Reverse((list.beyond - shift, row + self.cols as u32)));
        }
    }
}

/// The least reduced cost.
fn cheapest<C: Cell>(cells: &[C], price: &[C]) -> C {
    cells.iter().zip(price).fold(C::FAR, |least, (cell, price)| least.min(*cell - *price))
}

/// The two least reduced costs and their columns; the first in a tie.
fn two_cheapest<C: Cell>(cells: &[C], price: &[C]) -> ((C, u32), (C, u32)) {
    let (mut least, mut second) = ((C::FAR, 0), (C::FAR, 0));
    for (block, (cells, price)) in cells.chunks(BLOCK).zip(price.chunks(BLOCK)).enumerate() {
        if cheapest(cells, price) >= second.0 {
            continue;
        }
        for (at, (cell, price)) in cells.iter().zip(price).enumerate() {
            let found = (*cell - *price, (block * BLOCK + at) as u32);
            if found.0 < least.0 {
                (second, least) = (least, found);
            } else if found.0 < second.0 {
                second = found;
            }
        }
    }
    (least, second)
}

/// The cheapest columns of a row. Prices only fall, so that what is not on the list
/// never costs less than it did when the list was made.
struct List<C> {
    /// Columns and their cells.
    near: Vec<(u32, C)>,
    /// The least reduced cost of all others.
    beyond: C,
}

impl<C: Cell> List<C> {
    /// Makes the list anew, longer, with the prices of now.
    fn widen(&mut self, cells: &[C], price: &[C]) {
        let most = (self.near.len() * 2).max(SHORT);
        let mut found: Vec<(C, u32)> = Vec::with_capacity(most * 2 + BLOCK);
        let mut bound = C::FAR;
        for (block, (cells, price)) in cells.chunks(BLOCK).zip(price.chunks(BLOCK)).enumerate() {
            if cheapest(cells, price) >= bound {
                continue;
            }
            let columns = (block * BLOCK) as u32..;
            let reduced = columns.zip(cells.iter().zip(price)).map(|(col, (cell, price))| (*cell - *price, col));
            found.extend(reduced.filter(|(reduced, _)| *reduced < bound));
            if found.len() > most * 2 {
                bound = found.select_nth_unstable(most).1.0;
                found.truncate(most + 1);
            }
        }
        self.beyond = C::FAR;
        if found.len() > most {
            self.beyond = found.select_nth_unstable(most).1.0;
            found.truncate(most);
        }
        self.near.clear();
        self.near.extend(found.into_iter().map(|(_, col)| (col, cells[col as usize])));
    }
}

/// What path searches keep, and share.
struct Paths<C> {
    lists: Vec<List<C>>,
    /// What a row takes off its reduced costs to make them labels.
    shift: Vec<C>,
    /// Labels of the columns; those that are done are below any.
    label: Vec<C>,
    /// The row each was reached from.
    from: Vec<u32>,
    /// Labels of columns, and behind them those of rows whose lists end there.
    heap: BinaryHeap<Reverse<(C, u32)>>,
    touched: Vec<u32>,
    /// Columns that are done, and their labels.
    done: Vec<(u32, C)>,
    /// The free column of the least label.
    nearest: (C, u32),
}

impl<C: Cell> Paths<C> {
    fn new(dense: &Dense<'_, C>) -> Self {
        Self {
            lists: (0..dense.rows).map(|_| List { near: Vec::new(), beyond: C::FAR }).collect(),
            shift: vec![C::ZERO; dense.rows],
            label: vec![C::FAR; dense.cols],
            from: vec![0; dense.cols],
            heap: BinaryHeap::new(),
            touched: Vec::new(),
            done: Vec::new(),
            nearest: (C::FAR, FREE),
        }
    }

    fn begin(&mut self) {
        for col in self.touched.drain(..) {
            self.label[col as usize] = C::FAR;
        }
        self.heap.clear();
        self.done.clear();
        self.nearest = (C::FAR, FREE);
    }

    /// A column is done.
    fn settle(&mut self, col: u32, base: C) {
        self.label[col as usize] = C::LOW;
        self.done.push((col, base));
    }
}
