//! Set partitioning: the cheapest choice of seen columns that covers each element once.
//!
//! A column is a set of elements with a cost, such as a batch of orders with its
//! tour. A search throws the good ones it meets into a [`Pool`]; [`Pool::cover`]
//! puts the best of all together, which no single state of the search need have
//! held at once. Prices from Lagrangian ascent say which columns cannot be part of
//! anything better than the start; the others are tried. It pays where columns are
//! small, as prices then tell nearly all. Absent on purpose: making columns, and a
//! library for integer programmes: HiGHS found no more, and takes minutes to build.

mod choice;
mod prices;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) use prices::Prices;

/// Keys are drawn at random already, so they need no more than mixing.
#[derive(Debug, Clone, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.0 = self.0.rotate_left(8) ^ u64::from(b));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// A column as it is read back from the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column<'a> {
    /// The name it was added under.
    pub(crate) key: u64,
    /// What it covers.
    pub(crate) elements: &'a [u16],
    /// What choosing it costs.
    pub(crate) cost: i64,
}

/// A bounded set of columns.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    elements: usize,
    room: usize,
    at: HashMap<u64, u32, BuildHasherDefault<Plain>>,
    keys: Vec<u64>,
    costs: Vec<i64>,
    /// Where each column's elements end.
    ends: Vec<u32>,
    covered: Vec<u16>,
}

/// A choice of columns that covers each element exactly once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cover {
    /// The columns' numbers, ascending.
    pub(crate) columns: Vec<usize>,
    /// Their sum.
    pub(crate) cost: i64,
    /// Whether no choice from this pool is cheaper.
    pub(crate) proven: bool,
}

impl Pool {
    /// An empty pool for elements below `elements` (at most 65,536) that keeps at
    /// most `room` columns.
    pub(crate) fn new(elements: usize, room: usize) -> Self {
        Self {
            elements: elements.min(1 << 16),
            room,
            at: HashMap::default(),
            keys: Vec::new(),
            costs: Vec::new(),
            ends: Vec::new(),
            covered: Vec::new(),
        }
    }

    /// Lets so many more columns in.
    pub(crate) fn widen(&mut self, more: usize) {
        self.room = self.room.saturating_add(more);
    }

    /// Columns kept.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a column, if there is room and none of its name. The key stands for
    /// the elements, which must differ from each other and be in range.
    pub(crate) fn add(&mut self, key: u64, elements: impl IntoIterator<Item = usize>, cost: i64) {
        if self.len() >= self.room || self.at.contains_key(&key) {
            return;
        }
        let from = self.covered.len();
        self.covered.extend(elements.into_iter().map(|e| e as u16));
        if self.covered.len() > from {
            self.at.insert(key, self.keys.len() as u32);
            self.keys.push(key);
            self.costs.push(cost);
            self.ends.push(self.covered.len() as u32);
        }
    }

    /// The column of this number.
    pub(crate) fn column(&self, number: usize) -> Column<'_> {
        let from = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        let elements = &self.covered[from..self.ends[number] as usize];
        Column { key: self.keys[number], elements, cost: self.costs[number] }
    }

    /// All columns, in the order in which they came.
    pub(crate) fn columns(&self) -> impl Iterator<Item = Column<'_>> {
        (0..self.len()).map(|number| self.column(number))
    }

    /// The numbers of the named columns and their cost, if they are a cover.
    fn start(&self, named: &[u64]) -> Option<(Vec<usize>, i64)> {
        let mut numbers = named.iter().map(|k| Some(*self.at.get(k)? as usize)).collect::<Option<Vec<_>>>()?;
        numbers.sort_unstable();
        let mut times = vec![0_u32; self.elements];
        for &number in &numbers {
            self.column(number).elements.iter().for_each(|&e| times[usize::from(e)] += 1);
        }
        let cost = numbers.iter().map(|&n| self.costs[n]).sum();
        times.iter().all(|&t| t == 1).then_some((numbers, cost))
    }

    /// What each element is worth, so that no column covers more than it costs.
    /// `None` where the named columns are not a cover.
    pub(crate) fn prices(&self, named: &[u64]) -> Option<Prices> {
        let (numbers, cost) = self.start(named)?;
        Some(Prices::ascend(self, &numbers, cost))
    }

    /// The cheapest cover found before `stop` says so, never dearer than the one
    /// named to begin with. `None` where that is not a cover.
    pub(crate) fn cover(&self, named: &[u64], prices: &Prices, stop: &mut dyn FnMut() -> bool) -> Option<Cover> {
        let (columns, cost) = self.start(named)?;
        let (better, proven) = choice::cheapest(self, prices, cost, stop);
        Some(match better {
            Some(columns) => {
                let cost = columns.iter().map(|&c| self.costs[c]).sum();
                Cover { columns, cost, proven }
            }
            None => Cover { columns, cost, proven },
        })
    }
}
