//! Who serves what, one to one: rectangular linear assignment with forbidden pairs.
//!
//! Shortest augmenting paths after Jonker and Volgenant (Computing 38, 1987) in
//! the rectangular form of Crouse (IEEE TAES 52, 2016), started by row reduction
//! and two rounds of augmenting row reduction. "Unassigned" is a private column
//! of each row, dearer than any set of real pairs, which makes the cardinality
//! maximal first and the cost minimal second. A table without forbidden pairs
//! takes the quicker way of `dense`; one that leaves most pairs out takes that of
//! [`assign_sparse`].

mod dense;
mod sparse;

use serde::{Deserialize, Serialize};

use dense::Dense;
pub use sparse::assign_sparse;

/// A matching of rows to columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Column of each row; `None` when the row stays alone.
    pub row_to_col: Vec<Option<usize>>,
    /// Sum of the chosen costs, saturated at the ends of `i64`.
    pub cost: i64,
}

impl Assignment {
    /// Number of matched rows.
    pub fn cardinality(&self) -> usize {
        self.row_to_col.iter().flatten().count()
    }
}

/// Matches as many rows as can be matched, and among those matchings one of the
/// least cost. `None` forbids a pair; a row shorter than the longest is padded
/// with forbidden pairs. Any `i64` costs are allowed. Ties fall the same way
/// every time.
pub fn assign(costs: &[Vec<Option<i64>>]) -> Assignment {
    let width = costs.first().map_or(0, Vec::len);
    if costs.iter().all(|row| row.len() == width && row.iter().all(Option::is_some)) {
        let cells: Vec<i64> = costs.iter().flatten().map(|c| c.unwrap_or_default()).collect();
        return assign_table(&cells, costs.len(), width);
    }
    let pairs = costs.iter().flatten().flatten().count();
    let cols = costs.iter().map(Vec::len).max().unwrap_or(0);
    if is_sparse(pairs, costs.len(), cols) { assign_sparse(&lists(costs)) } else { slowly(costs) }
}

/// Whether lists are searched sooner than the whole table: at most one pair in four is
/// there.
pub fn is_sparse(pairs: usize, rows: usize, cols: usize) -> bool {
    pairs * 4 <= rows * cols
}

/// The pairs there are, row by row.
pub fn lists(costs: &[Vec<Option<i64>>]) -> Vec<Vec<(u32, i64)>> {
    let list = |row: &Vec<Option<i64>>| {
        row.iter().enumerate().filter_map(|(col, cost)| Some((col as u32, (*cost)?))).collect()
    };
    costs.iter().map(list).collect()
}

/// The search that knows forbidden pairs and costs of any size.
fn slowly(costs: &[Vec<Option<i64>>]) -> Assignment {
    let cols = costs.iter().map(Vec::len).max().unwrap_or(0);
    let low = costs.iter().flatten().flatten().min().copied().unwrap_or(0);
    let high = costs.iter().flatten().flatten().max().copied().unwrap_or(0);
    let pairs = costs.len().min(cols) as i128 + 1;
    let span = i128::from(high) - i128::from(low);
    let alone = span * pairs + 1;
    // Labels stay below a few times `alone` along any path of rows.
    let row_to_col = if alone.saturating_mul(pairs + 2) < i128::from(i64::MAX / 4) {
        let shifted = shift(costs, cols, |c| c - low, i64::MAX);
        Search::new(&shifted, costs.len(), cols, alone as i64, i64::MAX).solve()
    } else {
        let far = i128::MAX;
        let shifted = shift(costs, cols, |c| i128::from(c) - i128::from(low), far);
        Search::new(&shifted, costs.len(), cols, alone, far).solve()
    };
    let chosen = row_to_col.iter().enumerate();
    let cost: i128 = chosen.filter_map(|(row, col)| costs[row][(*col)?]).map(i128::from).sum();
    Assignment { row_to_col, cost: cost.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64 }
}

/// A whole number of a table.
pub trait Whole: Copy + Into<i64> {
    /// The cells, if they are of 32 bits.
    fn narrow(cells: &[Self]) -> Option<&[i32]>;
}

impl Whole for i32 {
    fn narrow(cells: &[Self]) -> Option<&[i32]> {
        Some(cells)
    }
}

impl Whole for i64 {
    fn narrow(_: &[Self]) -> Option<&[i32]> {
        None
    }
}

/// Matches the shorter side of a full table, cells row by row, at the least cost.
/// Cells of 32 bits are taken as they stand.
///
/// # Panics
/// When there are not `rows` x `cols` cells.
pub fn assign_table<W: Whole>(cells: &[W], rows: usize, cols: usize) -> Assignment {
    assert_eq!(cells.len(), rows * cols, "a table of {rows} x {cols}");
    let wide = |cell: &W| -> i64 { (*cell).into() };
    let low = cells.iter().map(wide).min().unwrap_or(0);
    let high = cells.iter().map(wide).max().unwrap_or(0);
    let span = i128::from(high) - i128::from(low);
    if rows.min(cols) == 0 || span * (rows.max(cols) as i128 + 2) >= i128::from(i64::MAX / 4) {
        // Nothing to match, or sums beyond 64 bits.
        let row = |row: &[W]| row.iter().map(|cell| Some(wide(cell))).collect();
        let table: Vec<Vec<Option<i64>>> = cells.chunks(cols.max(1)).map(row).collect();
        return if cells.is_empty() { Assignment { row_to_col: vec![None; rows], cost: 0 } } else { slowly(&table) };
    }
    let tall = rows > cols;
    let (n, m) = if tall { (cols, rows) } else { (rows, cols) };
    let cell = |at: usize| wide(&cells[if tall { at % m * cols + at / m } else { at }]) - low;
    let most = i64::from(<i32 as dense::Cell>::MOST);
    let narrow = match W::narrow(cells) {
        Some(cells) if !tall && low >= -most && high <= most => Dense::new(cells, n, m).solve(),
        _ if span <= i128::from(most) => {
            let narrow: Vec<i32> = (0..cells.len()).map(|at| cell(at) as i32).collect();
            Dense::new(&narrow, n, m).solve()
        }
        _ => None,
    };
    let found = narrow.or_else(|| {
        let shifted: Vec<i64> = (0..cells.len()).map(cell).collect();
        Dense::new(&shifted, n, m).solve()
    });
    // Prices of 64 bits hold every sum of this span.
    let found = found.expect("sums stay within 64 bits");
    let mut row_to_col = vec![None; rows];
    for (near, far) in found.into_iter().enumerate() {
        let (row, col) = if tall { (far as usize, near) } else { (near, far as usize) };
        row_to_col[row] = Some(col);
    }
    let chosen = row_to_col.iter().enumerate().filter_map(|(row, col)| Some(wide(&cells[row * cols + (*col)?])));
    let cost = chosen.map(i128::from).sum::<i128>().clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    Assignment { row_to_col, cost }
}

fn shift<T: Copy>(costs: &[Vec<Option<i64>>], cols: usize, by: impl Fn(i64) -> T, forbidden: T) -> Vec<T> {
    let mut cells = Vec::with_capacity(costs.len() * cols);
    for row in costs {
        cells.extend(row.iter().map(|c| c.map_or(forbidden, &by)));
        cells.extend(std::iter::repeat_n(forbidden, cols - row.len()));
    }
    cells
}

/// The two widths the search runs in: `i64` is twice as fast, `i128` cannot overflow.
trait Cost: Copy + Ord + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self> {
    const ZERO: Self;
}

impl Cost for i64 {
    const ZERO: Self = 0;
}

impl Cost for i128 {
    const ZERO: Self = 0;
}

const FREE: usize = usize::MAX;

/// Where a row sits: not placed yet, on its private column, or on a real one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seat {
    Unplaced,
    Alone,
    Col(usize),
}

struct Search<'a, T> {
    cells: &'a [T],
    cols: usize,
    /// Price of staying alone.
    alone: T,
    /// Marks forbidden cells and unreached labels; never entered into a sum.
    far: T,
    seats: Vec<Seat>,
    col_to_row: Vec<usize>,
    row_dual: Vec<T>,
    col_dual: Vec<T>,
}

impl<'a, T: Cost> Search<'a, T> {
    fn new(cells: &'a [T], rows: usize, cols: usize, alone: T, far: T) -> Self {
        Self {
            cells,
            cols,
            alone,
            far,
            seats: vec![Seat::Unplaced; rows],
            col_to_row: vec![FREE; cols],
            row_dual: vec![T::ZERO; rows],
            col_dual: vec![T::ZERO; cols],
        }
    }

    fn solve(mut self) -> Vec<Option<usize>> {
        let mut waiting: Vec<usize> = (0..self.seats.len()).collect();
        for _ in 0..3 {
            waiting = self.reduce_rows(waiting);
        }
        let mut labels = Labels::new(self.cols, self.far);
        for row in waiting {
            self.augment(row, &mut labels);
        }
        let seats = self.seats.iter();
        seats
            .map(|seat| match seat {
                Seat::Col(col) => Some(*col),
                Seat::Unplaced | Seat::Alone => None,
            })
            .collect()
    }

    /// Gives each waiting row its cheapest column, lowering that column's price
    /// until the second cheapest is as good; returns the rows pushed out or
    /// left without a seat.
    fn reduce_rows(&mut self, waiting: Vec<usize>) -> Vec<usize> {
        let mut left = Vec::new();
        for row in waiting {
            let (best, second) = self.two_cheapest(row);
            let (price, seat) = best;
            if seat == Seat::Alone {
                self.row_dual[row] = price;
                self.seats[row] = Seat::Alone;
                continue;
            }
            let Seat::Col(col) = seat else { continue };
            let holder = self.col_to_row[col];
            if holder != FREE && second.0 == price {
                // No price moves, so taking the seat would only pass the wait on.
                self.row_dual[row] = price;
                match second.1 {
                    Seat::Col(other) if self.col_to_row[other] == FREE => self.seat(row, other),
                    Seat::Alone => self.seats[row] = Seat::Alone,
                    _ => left.push(row),
                }
                continue;
            }
            if holder != FREE {
                self.col_dual[col] = self.col_dual[col] - (second.0 - price);
                self.row_dual[row] = second.0;
                self.seats[holder] = Seat::Unplaced;
                left.push(holder);
            } else {
                self.row_dual[row] = price;
            }
            self.seat(row, col);
        }
        left
    }

    fn seat(&mut self, row: usize, col: usize) {
        self.seats[row] = Seat::Col(col);
        self.col_to_row[col] = row;
    }

    /// The two least reduced costs of a row, its private column among them.
    fn two_cheapest(&self, row: usize) -> ((T, Seat), (T, Seat)) {
        let (mut best, mut second) = ((self.alone, Seat::Alone), (self.far, Seat::Unplaced));
        let cells = &self.cells[row * self.cols..(row + 1) * self.cols];
        for (col, &cell) in cells.iter().enumerate() {
            if cell == self.far {
                continue;
            }
            let reduced = cell - self.col_dual[col];
            if reduced < best.0 {
                second = best;
                best = (reduced, Seat::Col(col));
            } else if reduced < second.0 {
                second = (reduced, Seat::Col(col));
            }
        }
        (best, second)
    }

    /// Seats one row along a shortest alternating path to a free column or to
    /// some row's private one.
    fn augment(&mut self, start: usize, labels: &mut Labels<T>) {
        labels.reset(self.far);
        let (mut row, mut base) = (start, T::ZERO);
        let mut exit = (self.far, start);
        let end = loop {
            labels.rows.push((row, base));
            let to_alone = base + self.alone - self.row_dual[row];
            if to_alone < exit.0 {
                exit = (to_alone, row);
            }
            self.relax(row, base, labels);
            let next = labels.nearest(&self.col_to_row, self.far);
            match next {
                Some((label, col)) if label < exit.0 => {
                    base = label;
                    labels.done.push(col);
                    if self.col_to_row[col] == FREE {
                        break Seat::Col(col);
                    }
                    row = self.col_to_row[col];
                }
                _ => {
                    base = exit.0;
                    break Seat::Alone;
                }
            }
        };
        self.reprice(base, labels);
        self.flip(start, end, exit.1, labels);
    }

    fn relax(&self, row: usize, base: T, labels: &mut Labels<T>) {
        let cells = &self.cells[row * self.cols..(row + 1) * self.cols];
        let dual = self.row_dual[row];
        for at in 0..labels.open.len() {
            let col = labels.open[at];
            if cells[col] == self.far {
                continue;
            }
            let label = base + cells[col] - dual - self.col_dual[col];
            if label < labels.best[col] {
                labels.best[col] = label;
                labels.from[col] = row;
            }
        }
    }

    /// Moves the prices so that the path found costs nothing and no other pair
    /// falls below nothing.
    fn reprice(&mut self, end: T, labels: &Labels<T>) {
        for &(row, base) in &labels.rows {
            self.row_dual[row] = self.row_dual[row] + (end - base);
        }
        for &col in &labels.done {
            self.col_dual[col] = self.col_dual[col] - (end - labels.best[col]);
        }
    }

    fn flip(&mut self, start: usize, end: Seat, exit_row: usize, labels: &Labels<T>) {
        let mut col = match end {
            Seat::Col(col) => col,
            Seat::Alone | Seat::Unplaced => {
                let before = self.seats[exit_row];
                self.seats[exit_row] = Seat::Alone;
                match before {
                    Seat::Col(col) if exit_row != start => col,
                    _ => return,
                }
            }
        };
        loop {
            let row = labels.from[col];
            let before = self.seats[row];
            self.seat(row, col);
            match before {
                Seat::Col(previous) if row != start => col = previous,
                _ => return,
            }
        }
    }
}

/// Labels of one path search, kept between searches to spare the allocation.
struct Labels<T> {
    best: Vec<T>,
    from: Vec<usize>,
    open: Vec<usize>,
    done: Vec<usize>,
    rows: Vec<(usize, T)>,
}

impl<T: Cost> Labels<T> {
    fn new(cols: usize, far: T) -> Self {
        Self {
            best: vec![far; cols],
            from: vec![FREE; cols],
            open: Vec::with_capacity(cols),
            done: Vec::with_capacity(cols),
            rows: Vec::new(),
        }
    }

    fn reset(&mut self, far: T) {
        self.best.fill(far);
        self.open.clear();
        self.open.extend(0..self.best.len());
        self.done.clear();
        self.rows.clear();
    }

    /// Takes the open column with the least label; a free one wins a tie, since
    /// it ends the search.
    fn nearest(&mut self, col_to_row: &[usize], far: T) -> Option<(T, usize)> {
        let mut found: Option<(T, bool, usize)> = None;
        for (at, &col) in self.open.iter().enumerate() {
            let label = self.best[col];
            let taken = col_to_row[col] != FREE;
            if label != far && found.is_none_or(|(l, t, _)| (label, taken) < (l, t)) {
                found = Some((label, taken, at));
            }
        }
        let (label, _, at) = found?;
        Some((label, self.open.swap_remove(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn serves_more_before_it_serves_cheaper() {
        // The cheap pair (0, 0) would leave row 1 alone.
        let costs = vec![vec![Some(1), Some(100)], vec![Some(1), None]];
        let a = assign(&costs);
        assert_eq!((a.row_to_col, a.cost), (vec![Some(1), Some(0)], 101));
    }

    #[test]
    fn takes_wide_tall_ragged_and_empty_input() {
        assert_eq!(assign(&[]).row_to_col, vec![]);
        assert_eq!(assign(&[vec![], vec![]]).row_to_col, vec![None, None]);
        let wide = assign(&[vec![Some(5), Some(-2), Some(3)]]);
        assert_eq!((wide.row_to_col, wide.cost), (vec![Some(1)], -2));
        let tall = assign(&[vec![Some(5)], vec![Some(-2)], vec![], vec![None]]);
        assert_eq!((tall.row_to_col, tall.cost), (vec![None, Some(0), None, None], -2));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let (lo, hi) = (Some(i64::MIN), Some(i64::MAX));
        let a = assign(&[vec![hi, lo], vec![hi, hi]]);
        assert_eq!((a.row_to_col, a.cost), (vec![Some(1), Some(0)], -1));
        let b = assign(&[vec![hi, hi], vec![hi, hi]]);
        assert_eq!((b.cardinality(), b.cost), (2, i64::MAX));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]
        #[test]
        fn long_rows_agree_with_the_slow_way(
            (rows, cols) in (20..70_usize, 20..70_usize),
            cells in proptest::collection::vec(0..1_000_i64, 4_900),
            span in prop_oneof![Just(3), Just(40), Just(1_000)],
            steep in prop_oneof![Just(1), Just((1 << 26) / 1_000), Just(1 << 40)],
        ) {
            let cells: Vec<i64> = cells[..rows * cols].iter().map(|cell| cell % span * steep - 7).collect();
            let table: Vec<Vec<Option<i64>>> =
                cells.chunks(cols).map(|row| row.iter().copied().map(Some).collect()).collect();
            let (quick, slow) = (assign_table(&cells, rows, cols), slowly(&table));
            prop_assert_eq!(crate::check::assignment::check(&table, &quick), Ok(()));
            prop_assert_eq!(quick.cost, slow.cost);
            if let Ok(narrow) = cells.iter().copied().map(i32::try_from).collect::<Result<Vec<_>, _>>() {
                prop_assert_eq!(assign_table(&narrow, rows, cols).cost, slow.cost);
            }
        }

        #[test]
        fn all_ways_agree(
            (rows, cols) in (0..12_usize, 0..12_usize),
            cells in proptest::collection::vec((0..9_i64, any::<bool>()), 144),
            steep in prop_oneof![Just(1), Just(1 << 40)],
            gaps in any::<bool>(),
        ) {
            let cell = |r: usize, c: usize| {
                let (cost, there) = cells[r * 12 + c];
                (there || !gaps).then_some(cost * steep - 3)
            };
            let table: Vec<Vec<Option<i64>>> = (0..rows).map(|r| (0..cols).map(|c| cell(r, c)).collect()).collect();
            let (quick, slow, sparse) = (assign(&table), slowly(&table), assign_sparse(&lists(&table)));
            for found in [&quick, &slow, &sparse] {
                prop_assert_eq!(crate::check::assignment::check(&table, found), Ok(()));
            }
            prop_assert_eq!((quick.cardinality(), quick.cost), (slow.cardinality(), slow.cost));
            prop_assert_eq!((sparse.cardinality(), sparse.cost), (slow.cardinality(), slow.cost));
        }
    }
}
