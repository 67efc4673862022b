//! Judges a tour: all stops once, the length from the matrix, an honest bound.

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::matrix::Matrix;
use crate::tour::Tour;

/// Checks the tour against the question it answers.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(matrix: &Matrix, start: usize, end: usize, stops: &[usize], tour: &Tour) -> Result<(), Flaw> {
    let asked: BTreeSet<usize> = stops.iter().copied().collect();
    let visited: BTreeSet<usize> = tour.order.iter().copied().collect();
    demand!(visited == asked, "visits {visited:?}, asked for {asked:?}");
    demand!(tour.order.len() == asked.len(), "a stop is visited twice");
    let Some(length) = length(matrix, start, end, &tour.order) else {
        return Err(Flaw("the tour uses a missing link".into()));
    };
    demand!(length == tour.length, "length is {length}, said {}", tour.length);
    demand!(tour.bound.is_none_or(|b| b <= length), "bound {:?} is above {length}", tour.bound);
    Ok(())
}

/// Length of the walk start, order, end; `None` when a link is missing.
fn length(matrix: &Matrix, start: usize, end: usize, order: &[usize]) -> Option<i64> {
    let mut here = start;
    let mut sum = 0;
    for &next in order.iter().chain([&end]) {
        sum += matrix.get(here, next)?;
        here = next;
    }
    Some(sum)
}

/// Shortest length by trying every order; for up to eight stops or so.
pub fn brute_force(matrix: &Matrix, start: usize, end: usize, stops: &[usize]) -> Option<i64> {
    let left: BTreeSet<usize> = stops.iter().copied().collect();
    fn go(matrix: &Matrix, here: usize, end: usize, left: &BTreeSet<usize>) -> Option<i64> {
        if left.is_empty() {
            return matrix.get(here, end);
        }
        let ways = left.iter().filter_map(|&next| {
            let mut rest = left.clone();
            rest.remove(&next);
            Some(matrix.get(here, next)? + go(matrix, next, end, &rest)?)
        });
        ways.min()
    }
    go(matrix, start, end, &left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::{TourError, tour};
    use proptest::prelude::*;

    fn matrices(size: std::ops::Range<usize>, holes: f64) -> impl Strategy<Value = Matrix> {
        let cell = proptest::option::weighted(1.0 - holes, 0..50_i64);
        size.prop_flat_map(move |n| {
            let row = proptest::collection::vec(cell.clone(), n);
            proptest::collection::vec(row, n)
        })
        .prop_map(|rows| Matrix::from_rows(&rows).unwrap())
    }

    fn grid(points: &[(i64, i64)]) -> Matrix {
        let way = |i: usize, j: usize| {
            let ((a, b), (c, d)) = (points[i], points[j]);
            Some((a - c).abs() + (b - d).abs())
        };
        Matrix::from_fn(points.len(), way).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn few_stops_are_best_of_all_orders(matrix in matrices(2..9, 0.1)) {
            let stops: Vec<usize> = (1..matrix.size() - 1).collect();
            let end = matrix.size() - 1;
            match (tour(&matrix, 0, end, &stops, 1), brute_force(&matrix, 0, end, &stops)) {
                (Ok(found), best) => {
                    prop_assert_eq!(check(&matrix, 0, end, &stops, &found), Ok(()));
                    prop_assert_eq!(Some(found.length), best);
                    prop_assert_eq!(found.bound, best);
                }
                (Err(TourError::NoWay { from, to }), None) => {
                    prop_assert_eq!(matrix.get(from, to), None);
                }
                (odd, best) => prop_assert!(false, "{:?} against {:?}", odd, best),
            }
        }

        #[test]
        fn many_stops_keep_the_rules(matrix in matrices(14..40, 0.02), seed in any::<u64>()) {
            let stops: Vec<usize> = (1..matrix.size()).collect();
            match tour(&matrix, 0, 0, &stops, seed) {
                Ok(found) => prop_assert_eq!(check(&matrix, 0, 0, &stops, &found), Ok(())),
                Err(TourError::NoWay { from, to }) => prop_assert_eq!(matrix.get(from, to), None),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }

        #[test]
        fn the_longest_ways_do_not_overflow(rows in proptest::collection::vec(proptest::collection::vec(
            prop_oneof![Just(None), Just(Some(crate::matrix::MAX_LENGTH)), Just(Some(1))], 24), 24),
        ) {
            let matrix = Matrix::from_rows(&rows).unwrap();
            let stops: Vec<usize> = (1..20).collect();
            if let Ok(found) = tour(&matrix, 0, 23, &stops, 1) {
                prop_assert_eq!(check(&matrix, 0, 23, &stops, &found), Ok(()));
            }
        }

        #[test]
        fn on_a_floor_the_gap_is_small(points in proptest::collection::vec((0..100_i64, 0..40_i64), 20..40)) {
            let matrix = grid(&points);
            let stops: Vec<usize> = (1..points.len()).collect();
            let found = tour(&matrix, 0, 0, &stops, 3).unwrap();
            prop_assert_eq!(check(&matrix, 0, 0, &stops, &found), Ok(()));
            let gap = found.length as f64 / found.bound.unwrap().max(1) as f64;
            prop_assert!(gap < 1.08, "gap {gap}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn bounds_stay_below_the_true_optimum(points in proptest::collection::vec((0..30_i64, 0..30_i64), 16..17)) {
            // Thirteen stops are searched and bounded; the exact answer for them
            // is the least over the first stop of an exact tour of the rest.
            let matrix = grid(&points);
            let stops: Vec<usize> = (1..14).collect();
            let found = tour(&matrix, 0, 15, &stops, 3).unwrap();
            let best = stops.iter().map(|&first| {
                let rest: Vec<usize> = stops.iter().copied().filter(|&s| s != first).collect();
                matrix.get(0, first).unwrap() + tour(&matrix, first, 15, &rest, 0).unwrap().length
            }).min().unwrap();
            prop_assert!(found.bound.unwrap() <= best && best <= found.length);
        }
    }
}
