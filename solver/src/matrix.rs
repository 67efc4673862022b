//! A square table of lengths or durations between numbered places.
//!
//! Absent on purpose: units (the caller knows whether a cell is metres,
//! millimetres or milliseconds), symmetry (none is assumed anywhere) and the
//! triangle inequality (road times break it).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The largest value a cell may hold. As milliseconds it is 34 years, and a
/// million of them still add up inside an `i64`, so sums over a tour or a route
/// need no overflow checks of their own.
pub const MAX_LENGTH: i64 = 1 << 40;

/// The largest number of places in one matrix.
pub const MAX_SIZE: usize = 1 << 16;

/// Marks "no way from here to there"; never leaves this file.
const NONE: i64 = -1;

/// Why a matrix cannot be built or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MatrixError {
    /// A cell is negative or above [`MAX_LENGTH`].
    #[error("cell ({from}, {to}) holds {value}, outside 0..={MAX_LENGTH}")]
    OutOfRange {
        /// Row of the cell.
        from: usize,
        /// Column of the cell.
        to: usize,
        /// The refused value.
        value: i64,
    },
    /// A row is not as long as the matrix is high.
    #[error("row {row} has {found} cells, expected {expected}")]
    NotSquare {
        /// The odd row.
        row: usize,
        /// Its length.
        found: usize,
        /// The length it should have.
        expected: usize,
    },
    /// An index beyond the last place.
    #[error("place {index} is beyond the last of {size}")]
    NoSuchPlace {
        /// The refused index.
        index: usize,
        /// Number of places.
        size: usize,
    },
    /// More than [`MAX_SIZE`] places.
    #[error("{size} places are more than {MAX_SIZE}")]
    TooLarge {
        /// The refused size.
        size: usize,
    },
}

/// An asymmetric square matrix; a missing cell means unreachable.
///
/// Every present cell is within `0..=`[`MAX_LENGTH`]; the constructors see to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<Option<i64>>>", into = "Vec<Vec<Option<i64>>>")]
pub struct Matrix {
    size: usize,
    /// Shared by clones until one of them changes.
    cells: Arc<Vec<i64>>,
}

impl Matrix {
    /// A matrix whose cell (i, j) is `length(i, j)`.
    ///
    /// # Errors
    /// [`MatrixError`] when a value is out of range or the size is too large.
    pub fn from_fn(size: usize, mut length: impl FnMut(usize, usize) -> Option<i64>) -> Result<Self, MatrixError> {
        if size > MAX_SIZE {
            return Err(MatrixError::TooLarge { size });
        }
        let mut cells = Vec::with_capacity(size * size);
        for from in 0..size {
            for to in 0..size {
                cells.push(encode(from, to, length(from, to))?);
            }
        }
        Ok(Self { size, cells: Arc::new(cells) })
    }

    /// A matrix from its rows.
    ///
    /// # Errors
    /// [`MatrixError`] when a row has the wrong length or a value is out of range.
    pub fn from_rows(rows: &[Vec<Option<i64>>]) -> Result<Self, MatrixError> {
        let expected = rows.len();
        if let Some((row, cells)) = rows.iter().enumerate().find(|(_, r)| r.len() != expected) {
            let found = cells.len();
            return Err(MatrixError::NotSquare { row, found, expected });
        }
        Self::from_fn(expected, |i, j| rows[i][j])
    }

    /// Number of places.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Length from one place to another; `None` when unreachable or out of range.
    pub fn get(&self, from: usize, to: usize) -> Option<i64> {
        if from >= self.size || to >= self.size {
            return None;
        }
        let cell = self.cells[from * self.size + to];
        (cell != NONE).then_some(cell)
    }

    /// Replaces one cell.
    ///
    /// # Errors
    /// [`MatrixError`] when the place does not exist or the value is out of range.
    pub fn set(&mut self, from: usize, to: usize, value: Option<i64>) -> Result<(), MatrixError> {
        let size = self.size;
        if let Some(&index) = [from, to].iter().find(|&&i| i >= size) {
            return Err(MatrixError::NoSuchPlace { index, size });
        }
        let cell = encode(from, to, value)?;
        Arc::make_mut(&mut self.cells)[from * size + to] = cell;
        Ok(())
    }

    /// True when every cell equals its mirror image.
    pub fn is_symmetric(&self) -> bool {
        (0..self.size).all(|i| (0..i).all(|j| self.get(i, j) == self.get(j, i)))
    }

    /// The largest present cell, 0 when there is none.
    pub fn max(&self) -> i64 {
        self.cells.iter().copied().max().unwrap_or(0).max(0)
    }

    /// Whether there is no way between two of the places.
    pub fn has_gaps(&self) -> bool {
        self.cells.contains(&NONE)
    }
}

fn encode(from: usize, to: usize, value: Option<i64>) -> Result<i64, MatrixError> {
    match value {
        None => Ok(NONE),
        Some(value) if (0..=MAX_LENGTH).contains(&value) => Ok(value),
        Some(value) => Err(MatrixError::OutOfRange { from, to, value }),
    }
}

impl TryFrom<Vec<Vec<Option<i64>>>> for Matrix {
    type Error = MatrixError;

    fn try_from(rows: Vec<Vec<Option<i64>>>) -> Result<Self, MatrixError> {
        Self::from_rows(&rows)
    }
}

impl From<Matrix> for Vec<Vec<Option<i64>>> {
    fn from(matrix: Matrix) -> Self {
        (0..matrix.size).map(|i| (0..matrix.size).map(|j| matrix.get(i, j)).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_is_given_and_refuses_the_rest() {
        let mut m = Matrix::from_rows(&[vec![Some(0), Some(3)], vec![None, Some(0)]]).unwrap();
        assert_eq!((m.get(0, 1), m.get(1, 0), m.get(0, 2)), (Some(3), None, None));
        assert!(!m.is_symmetric());
        m.set(1, 0, Some(3)).unwrap();
        assert!(m.is_symmetric());
        assert_eq!(m.set(1, 0, Some(-1)), Err(MatrixError::OutOfRange { from: 1, to: 0, value: -1 }));
        assert!(matches!(m.set(2, 0, None), Err(MatrixError::NoSuchPlace { index: 2, size: 2 })));
        assert!(matches!(Matrix::from_rows(&[vec![None], vec![None]]), Err(MatrixError::NotSquare { row: 0, .. })));
    }

    #[test]
    fn survives_a_round_trip_through_json() {
        let m = Matrix::from_fn(3, |i, j| (i != 2).then_some((i * 3 + j) as i64)).unwrap();
        let text = serde_json::to_string(&m).unwrap();
        assert_eq!(serde_json::from_str::<Matrix>(&text).unwrap(), m);
        assert!(serde_json::from_str::<Matrix>("[[-4]]").is_err());
    }
}
