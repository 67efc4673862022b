//! The lengths between the places of one tour, close together in memory.

use crate::matrix::{MAX_LENGTH, Matrix};

/// Stands in for a missing link; dearer than any complete tour could be.
pub(super) const MISSING: i64 = MAX_LENGTH << 14;

/// Places 0 (start), 1..=stops, and stops + 1 (end).
pub(super) struct Table {
    size: usize,
    cells: Vec<i64>,
}

impl Table {
    pub(super) fn new(matrix: &Matrix, places: &[usize]) -> Self {
        let row = |&from: &usize| {
            let cell = move |&to: &usize| matrix.get(from, to).unwrap_or(MISSING);
            places.iter().map(cell)
        };
        Self { size: places.len(), cells: places.iter().flat_map(row).collect() }
    }

    /// Number of stops between start and end.
    pub(super) fn stops(&self) -> usize {
        self.size - 2
    }

    /// Number of places, start and end included.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn get(&self, from: usize, to: usize) -> i64 {
        self.cells[from * self.size + to]
    }

    /// Length of a path of places; at least [`MISSING`] when a link is missing.
    pub(super) fn length(&self, path: &[usize]) -> i64 {
        let links = path.windows(2).map(|w| self.get(w[0], w[1]));
        links.fold(0, i64::saturating_add)
    }
}
