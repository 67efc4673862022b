//! Tours: one picker's path from a start to an end through must-visit places.
//!
//! Up to [`MAX_EXACT`] stops by the dynamic programme of Held and Karp (J. SIAM
//! 10, 1962); beyond, nearest neighbour, 2-opt and Or-opt made safe for
//! asymmetric lengths, and seeded double-bridge kicks (Martin, Otto and Felten,
//! Complex Systems 5, 1991). Every tour comes with a lower bound. Floors of
//! parallel aisles have exact methods of their own: [`aisles`] for the length in
//! one block, [`grid`] for walks with several cross-aisles, [`traffic`] where ways are
//! one-way or crowded. Absent on purpose: time windows.

pub mod aisles;
mod bound;
mod exact;
pub mod grid;
mod local;
pub mod scattered;
mod table;
pub mod traffic;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::matrix::Matrix;
use table::{MISSING, Table};

/// Most distinct stops solved exactly.
pub const MAX_EXACT: usize = 12;

/// Most distinct stops of one tour.
pub const MAX_STOPS: usize = 2_000;

/// Stops up to which [`polish`] is exact; small enough to be called in bulk.
const MAX_POLISH_EXACT: usize = 7;

/// A path through all stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tour {
    /// The stops in visiting order, each once, without start and end.
    pub order: Vec<usize>,
    /// Length from start to end, in the matrix's unit.
    pub length: i64,
    /// No tour is shorter; equal to `length` when this one is proven shortest.
    pub bound: Option<i64>,
}

/// Why there is no tour.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TourError {
    /// A place the matrix does not know.
    #[error("place {place} is beyond the last of {size}")]
    NoSuchPlace {
        /// The place.
        place: usize,
        /// Places in the matrix.
        size: usize,
    },
    /// More stops than [`MAX_STOPS`].
    #[error("{stops} stops are more than {MAX_STOPS}")]
    TooMany {
        /// Distinct stops asked for.
        stops: usize,
    },
    /// No tour was found that avoids a missing link, such as this one.
    #[error("no tour: there is no way from {from} to {to}")]
    NoWay {
        /// Where the link would begin.
        from: usize,
        /// Where it would end.
        to: usize,
    },
}

/// A short tour from `start` to `end` through all `stops`; a stop named twice is
/// visited once. The seed matters only beyond [`MAX_EXACT`] stops.
///
/// # Errors
/// [`TourError`] names the place or the link that makes it impossible.
pub fn tour(matrix: &Matrix, start: usize, end: usize, stops: &[usize], seed: u64) -> Result<Tour, TourError> {
    let (places, table) = prepare(matrix, start, end, stops)?;
    let stops = table.stops();
    let exact = stops <= MAX_EXACT;
    let path = if exact { exact::shortest(&table) } else { local::search(&table, local::kicks(stops), seed) };
    // A missing link costs more than any tour without one, so it is used only
    // when the search saw no other way.
    if let Some(w) = path.windows(2).find(|w| table.get(w[0], w[1]) >= MISSING) {
        let (from, to) = (places[w[0]], places[w[1]]);
        return Err(TourError::NoWay { from, to });
    }
    let length = table.length(&path);
    let bound = if exact { Some(length) } else { bound::lower(&table, length) };
    let order = path[1..=stops].iter().map(|&p| places[p]).collect();
    Ok(Tour { order, length, bound })
}

/// A walk from `start` through distinct `stops` and back, locally shortest,
/// reached from the order given; for use in bulk. A walk without stops does not
/// leave. `None` when the descent does not get around a missing link.
pub(crate) fn polish(matrix: &Matrix, start: usize, stops: Vec<usize>) -> Option<(Vec<usize>, i64)> {
    if stops.is_empty() {
        return Some((stops, 0));
    }
    let mut places = stops;
    places.insert(0, start);
    places.push(start);
    let table = Table::new(matrix, &places);
    let path = if table.stops() <= MAX_POLISH_EXACT {
        exact::shortest(&table)
    } else {
        local::descend(&table, (0..places.len()).collect())
    };
    let length = table.length(&path);
    let order = path[1..path.len() - 1].iter().map(|&p| places[p]);
    (length < MISSING).then(|| (order.collect(), length))
}

/// The places of the tour (start, stops, end) and the lengths between them.
fn prepare(matrix: &Matrix, start: usize, end: usize, stops: &[usize]) -> Result<(Vec<usize>, Table), TourError> {
    let size = matrix.size();
    let mut places = stops.to_vec();
    places.sort_unstable();
    places.dedup();
    if places.len() > MAX_STOPS {
        return Err(TourError::TooMany { stops: places.len() });
    }
    places.insert(0, start);
    places.push(end);
    if let Some(&place) = places.iter().find(|&&p| p >= size) {
        return Err(TourError::NoSuchPlace { place, size });
    }
    let table = Table::new(matrix, &places);
    Ok((places, table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(size: usize) -> Matrix {
        Matrix::from_fn(size, |i, j| Some(i.abs_diff(j) as i64)).unwrap()
    }

    #[test]
    fn walks_a_line_to_its_end_and_back() {
        let stops: Vec<usize> = (1..30).rev().collect();
        for k in [0, 1, 5, 12, 29] {
            let far = stops[..k].iter().max().copied().unwrap_or(0) as i64;
            let t = tour(&line(30), 0, 0, &stops[..k], 1).unwrap();
            assert_eq!((t.length, t.order.len()), (2 * far, k), "{k} stops");
        }
    }

    #[test]
    fn visits_a_repeated_stop_once() {
        let t = tour(&line(5), 0, 4, &[2, 2, 1, 2], 1).unwrap();
        assert_eq!((t.order, t.length, t.bound), (vec![1, 2], 4, Some(4)));
    }

    #[test]
    fn names_what_stands_in_the_way() {
        let mut m = line(20);
        for i in 0..20 {
            m.set(i, 7, None).unwrap();
        }
        let all: Vec<usize> = (1..19).collect();
        for stops in [&[3, 7][..], &all] {
            let to = match tour(&m, 0, 0, stops, 1) {
                Err(TourError::NoWay { to, .. }) => to,
                other => panic!("{other:?}"),
            };
            assert_eq!(to, 7);
        }
        assert!(matches!(tour(&m, 0, 99, &[], 1), Err(TourError::NoSuchPlace { place: 99, .. })));
    }

    #[test]
    fn the_same_seed_gives_the_same_tour() {
        let m = Matrix::from_fn(60, |i, j| Some(((i * 7919 + j * 104_729) % 997) as i64)).unwrap();
        let stops: Vec<usize> = (1..60).collect();
        let a = tour(&m, 0, 0, &stops, 5).unwrap();
        assert_eq!(a, tour(&m, 0, 0, &stops, 5).unwrap());
        assert!(a.bound.unwrap() > 0);
    }
}
