//! Judges an assignment by an optimality certificate, and tiny ones by trying all.
//!
//! The certificate is the textbook one: a matching is of maximum cardinality
//! and least cost exactly when its residual network has no negative ring, and
//! the Bellman-Ford labels that prove it are feasible duals.

use super::{Flaw, demand};
use crate::matching::Assignment;

/// Checks that the pairs are allowed, distinct and summed right, and that no
/// other assignment is larger or, at equal size, cheaper.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(costs: &[Vec<Option<i64>>], answer: &Assignment) -> Result<(), Flaw> {
    feasible(costs, answer)?;
    certificate(costs, answer)
}

/// Size and cost of a best assignment by full enumeration; for a handful of rows.
pub fn brute_force(costs: &[Vec<Option<i64>>]) -> (usize, i128) {
    fn go(costs: &[Vec<Option<i64>>], row: usize, used: &mut Vec<bool>) -> (usize, i128) {
        let Some(cells) = costs.get(row) else {
            return (0, 0);
        };
        let mut best = go(costs, row + 1, used);
        for (col, cell) in cells.iter().enumerate() {
            let Some(cost) = cell else { continue };
            if used[col] {
                continue;
            }
            used[col] = true;
            let (size, rest) = go(costs, row + 1, used);
            used[col] = false;
            let here = (size + 1, rest + i128::from(*cost));
            if here.0 > best.0 || (here.0 == best.0 && here.1 < best.1) {
                best = here;
            }
        }
        best
    }
    let cols = costs.iter().map(Vec::len).max().unwrap_or(0);
    go(costs, 0, &mut vec![false; cols])
}

fn feasible(costs: &[Vec<Option<i64>>], answer: &Assignment) -> Result<(), Flaw> {
    let rows = answer.row_to_col.len();
    demand!(rows == costs.len(), "{rows} rows answered, {} asked", costs.len());
    let mut taken = std::collections::BTreeSet::new();
    let mut sum = 0_i128;
    for (row, col) in answer.row_to_col.iter().enumerate() {
        let Some(col) = *col else { continue };
        let cost = costs[row].get(col).copied().flatten();
        let Some(cost) = cost else {
            return Err(Flaw(format!("pair ({row}, {col}) is forbidden")));
        };
        demand!(taken.insert(col), "column {col} is used twice");
        sum += i128::from(cost);
    }
    let said = sum.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    demand!(said == i128::from(answer.cost), "cost is {sum}, said {}", answer.cost);
    Ok(())
}

/// Lexicographic arc length: rows left alone first, then cost.
type Length = (i64, i128);

fn plus(a: Length, b: Length) -> Length {
    (a.0 + b.0, a.1 + b.1)
}

/// Bellman-Ford over the residual network of rows, columns and a sink that
/// stands for "alone" on the side of rows and for "free" on the side of columns.
fn certificate(costs: &[Vec<Option<i64>>], answer: &Assignment) -> Result<(), Flaw> {
    let rows = costs.len();
    let cols = costs.iter().map(Vec::len).max().unwrap_or(0);
    let sink = rows + cols;
    let mut arcs: Vec<(usize, usize, Length)> = Vec::new();
    let mut busy = vec![false; cols];
    for (row, cells) in costs.iter().enumerate() {
        let seat = answer.row_to_col[row];
        for (col, cell) in cells.iter().enumerate() {
            let Some(cost) = cell.map(i128::from) else {
                continue;
            };
            if seat == Some(col) {
                arcs.push((rows + col, row, (0, -cost)));
                busy[col] = true;
            } else {
                arcs.push((row, rows + col, (0, cost)));
            }
        }
        match seat {
            Some(_) => arcs.push((row, sink, (1, 0))),
            None => arcs.push((sink, row, (-1, 0))),
        }
    }
    for (col, &busy) in busy.iter().enumerate() {
        match busy {
            true => arcs.push((sink, rows + col, (0, 0))),
            false => arcs.push((rows + col, sink, (0, 0))),
        }
    }
    let mut label = vec![(0, 0); sink + 1];
    for _ in 0..=sink {
        let mut moved = false;
        for &(from, to, length) in &arcs {
            let through = plus(label[from], length);
            if through < label[to] {
                label[to] = through;
                moved = true;
            }
        }
        if !moved {
            return Ok(());
        }
    }
    Err(Flaw("a larger or cheaper assignment exists: the residual network has a negative ring".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::assign;
    use proptest::prelude::*;

    fn cells(side: usize, cost: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Vec<Vec<Option<i64>>>> {
        let cell = proptest::option::weighted(0.7, cost);
        let row = proptest::collection::vec(cell, 0..side);
        proptest::collection::vec(row, 0..side)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn small_ones_are_best_of_all(costs in cells(6, -9..=9)) {
            let answer = assign(&costs);
            prop_assert_eq!(check(&costs, &answer), Ok(()));
            prop_assert_eq!((answer.cardinality(), i128::from(answer.cost)), brute_force(&costs));
        }

        #[test]
        fn larger_ones_carry_a_certificate(costs in cells(30, 0..=40)) {
            prop_assert_eq!(check(&costs, &assign(&costs)), Ok(()));
        }

        #[test]
        fn any_numbers_will_do(costs in cells(9, i64::MIN..=i64::MAX)) {
            prop_assert_eq!(check(&costs, &assign(&costs)), Ok(()));
        }

        #[test]
        fn the_certificate_convicts_the_second_best(costs in cells(6, -9..=9), row in 0..6_usize) {
            let mut answer = assign(&costs);
            let Some(col) = answer.row_to_col.get(row).copied().flatten() else { return Ok(()) };
            answer.row_to_col[row] = None;
            answer.cost -= costs[row][col].unwrap();
            prop_assert!(check(&costs, &answer).is_err());
        }
    }
}
