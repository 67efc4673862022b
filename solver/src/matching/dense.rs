//! Assignment on a full table: every row may take every column, rows no more than
//! columns.
//!
//! The four phases of Jonker and Volgenant (Computing 38, 1987): column reduction,
//! reduction transfer, augmenting row reduction, shortest augmenting paths; the
//! first two for square tables only, since they price columns that may stay free.
//! Row reductions are counted, so that the whole stays within rows x columns x
//! rows. Cells are kept in 32 bits where the span of costs allows, which halves
//! the memory that passes by.

/// Rows handled in each round of row reduction, for each free one.
const TURNS: usize = 4;
const ROUNDS: usize = 2;
const FREE: u32 = u32::MAX;

pub(super) trait Cell: Copy {
    fn wide(self) -> i64;
}

impl Cell for u32 {
    #[inline]
    fn wide(self) -> i64 {
        i64::from(self)
    }
}

impl Cell for i64 {
    #[inline]
    fn wide(self) -> i64 {
        self
    }
}

pub(super) struct Dense<'a, C> {
    cells: &'a [C],
    rows: usize,
    cols: usize,
    /// Prices of the columns; at most 0 in a table that is not square.
    price: Vec<i64>,
    row_to_col: Vec<u32>,
    col_to_row: Vec<u32>,
}

impl<'a, C: Cell> Dense<'a, C> {
    /// Cells row by row, none below 0.
    pub(super) fn new(cells: &'a [C], rows: usize, cols: usize) -> Self {
        Self { cells, rows, cols, price: vec![0; cols], row_to_col: vec![FREE; rows], col_to_row: vec![FREE; cols] }
    }

    /// Column of each row, at the least sum.
    pub(super) fn solve(mut self) -> Vec<u32> {
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
        let mut paths =
            Paths { label: vec![0; self.cols], from: vec![0; self.cols], order: (0..self.cols as u32).collect() };
        for row in free {
            self.augment(row, &mut paths);
        }
        self.row_to_col
    }

    #[inline]
    fn row(&self, row: u32) -> &'a [C] {
        &self.cells[row as usize * self.cols..(row as usize + 1) * self.cols]
    }

    fn seat(&mut self, row: u32, col: u32) {
        self.row_to_col[row as usize] = col;
        self.col_to_row[col as usize] = row;
    }

    /// Prices each column at its cheapest cell; a row keeps one of the columns where
    /// it is the cheapest. Returns in how many it is.
    fn reduce_columns(&mut self) -> Vec<u32> {
        let mut best = vec![0_u32; self.cols];
        self.price.fill(i64::MAX);
        for row in 0..self.rows as u32 {
            for (col, cell) in self.row(row).iter().enumerate() {
                if cell.wide() < self.price[col] {
                    (self.price[col], best[col]) = (cell.wide(), row);
                }
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
            let own = self.row_to_col[row as usize];
            let others = self.row(row).iter().zip(&self.price).enumerate();
            let others = others.filter(|(col, _)| *col != own as usize).map(|(_, (cell, price))| cell.wide() - price);
            if let Some(least) = others.min() {
                // The own reduced cost is 0 by the column reduction.
                self.price[own as usize] -= least;
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
            if turns == 0 {
                left.push(row);
                continue;
            }
            turns -= 1;
            let (mut least, mut second) = ((i64::MAX, 0), (i64::MAX, 0));
            for (col, (cell, price)) in self.row(row).iter().zip(&self.price).enumerate() {
                let reduced = cell.wide() - price;
                if reduced < second.0 {
                    if reduced < least.0 {
                        second = least;
                        least = (reduced, col as u32);
                    } else {
                        second = (reduced, col as u32);
                    }
                }
            }
            let lowered = second.0 > least.0 && second.0 < i64::MAX;
            let mut col = least.1;
            let mut holder = self.col_to_row[col as usize];
            if lowered {
                if holder != FREE {
                    self.price[col as usize] -= second.0 - least.0;
                }
            } else if holder != FREE && second.0 == least.0 {
                col = second.1;
                holder = self.col_to_row[col as usize];
            }
            self.seat(row, col);
            if holder != FREE {
                self.row_to_col[holder as usize] = FREE;
                if lowered { free.push(holder) } else { left.push(holder) }
            }
        }
        left
    }

    /// Seats a row along a shortest alternating path. Columns stand in `order` as:
    /// done, at the least label, and to do.
    fn augment(&mut self, start: u32, paths: &mut Paths) {
        let Paths { label, from, order } = paths;
        for (col, (cell, price)) in self.row(start).iter().zip(&self.price).enumerate() {
            (label[col], from[col]) = (cell.wide() - price, start);
        }
        let (mut done, mut open, mut base) = (0, 0, 0);
        let mut settled = 0;
        let end = 'found: loop {
            if done == open {
                settled = done;
                base = gather(order, label, done, &mut open);
                if let Some(&col) = order[done..open].iter().find(|col| self.col_to_row[**col as usize] == FREE) {
                    break col;
                }
            }
            let col = order[done];
            done += 1;
            let row = self.col_to_row[col as usize];
            let cells = self.row(row);
            let shift = cells[col as usize].wide() - self.price[col as usize] - base;
            let mut at = open;
            while at < self.cols {
                let other = order[at];
                let found = cells[other as usize].wide() - self.price[other as usize] - shift;
                if found < label[other as usize] {
                    (label[other as usize], from[other as usize]) = (found, row);
                    if found == base {
                        if self.col_to_row[other as usize] == FREE {
                            break 'found other;
                        }
                        order.swap(at, open);
                        open += 1;
                    }
                }
                at += 1;
            }
        };
        for &col in &order[..settled] {
            self.price[col as usize] += label[col as usize] - base;
        }
        let mut col = end;
        loop {
            let row = from[col as usize];
            let next = self.row_to_col[row as usize];
            self.seat(row, col);
            if row == start {
                return;
            }
            col = next;
        }
    }
}

/// Brings the columns of the least label, from `done` on, to the front; returns it.
fn gather(order: &mut [u32], label: &[i64], done: usize, open: &mut usize) -> i64 {
    let mut base = i64::MAX;
    for at in done..order.len() {
        let found = label[order[at] as usize];
        if found <= base {
            if found < base {
                (*open, base) = (done, found);
            }
            order.swap(at, *open);
            *open += 1;
        }
    }
    base
}

/// Labels of one path search, kept between searches.
struct Paths {
    label: Vec<i64>,
    from: Vec<u32>,
    order: Vec<u32>,
}
