//! The best way to part a few orders, by trying every batch.
//!
//! A programme over sets of orders: every set that fits a cart is walked, and the
//! cheapest parting of each set follows from those of its subsets (Held and Karp's
//! way of counting, J. SIAM 10, 1962). Walks are as good as the search for them;
//! the batches that could be part of the best answer are searched in full. Absent
//! on purpose: more orders than [`MOST`], whose sets are too many.

use super::walk::{Floor, Group};
use crate::tour::tour;

/// Most orders parted so; two to their power are walked.
const MOST: usize = 10;

/// Batches are searched in full where the best parting they belong to is at most
/// one part in so many longer than the best of all.
const PROMISE: i64 = 20;

/// Batches searched in full, at most.
const MAX_SEARCHED: usize = 60;

/// The shortest parting of the orders alone in these groups; `None` for too many,
/// or where a walk is missing.
pub(super) fn part(floor: &Floor<'_>, alone: &[Group], seed: u64) -> Option<Vec<Group>> {
    if alone.len() > MOST {
        return None;
    }
    let full = (1_usize << alone.len()) - 1;
    let mut sets: Vec<Option<Group>> = vec![None; full + 1];
    for set in 1..=full {
        let first = alone.get(set.trailing_zeros() as usize)?;
        let rest = set & (set - 1);
        sets[set] = match &sets[rest] {
            _ if rest == 0 => Some(first.clone()),
            Some(others) => floor.joined(others, first).map(|both| floor.polished(both)),
            // What does not fit without an order does not fit with it.
            None => None,
        };
    }
    let least = partings(&sets);
    let best = least[full]?.0;
    let through = |set: usize| Some((sets[set].as_ref()?.length + least[full & !set]?.0, set));
    let mut promising: Vec<(i64, usize)> =
        (1..=full).filter_map(through).filter(|t| t.0 <= best + best / PROMISE).collect();
    promising.sort_unstable();
    for (_, set) in promising.into_iter().take(MAX_SEARCHED) {
        let Some(group) = &mut sets[set] else { continue };
        if let Ok(found) = tour(floor.matrix, floor.depot, floor.depot, &group.walk, seed)
            && found.length < group.length
        {
            (group.walk, group.length) = (found.order, found.length);
        }
    }
    let least = partings(&sets);
    let mut left = full;
    let mut groups = Vec::new();
    while left != 0 {
        let set = least[left]?.1;
        groups.push(sets[set].clone()?);
        left &= !set;
    }
    Some(groups)
}

/// Of each set of orders the least sum of walks, and the batch of its first order.
fn partings(sets: &[Option<Group>]) -> Vec<Option<(i64, usize)>> {
    let mut least: Vec<Option<(i64, usize)>> = vec![None; sets.len()];
    least[0] = Some((0, 0));
    for set in 1..sets.len() {
        let first = set & set.wrapping_neg();
        let others = set & !first;
        let mut some = others;
        loop {
            let batch = some | first;
            if let (Some(group), Some((rest, _))) = (&sets[batch], least[set & !batch]) {
                let sum = group.length + rest;
                if least[set].is_none_or(|(known, _)| sum < known) {
                    least[set] = Some((sum, batch));
                }
            }
            if some == 0 {
                break;
            }
            some = (some - 1) & others;
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Matrix;
    use crate::batching::{Order, Rules, batch};
    use crate::tour::tour;

    /// Least total over all ways to part the orders, each walk exact.
    fn least(orders: &[Order], most: i64, matrix: &Matrix, from: usize, groups: &mut Vec<Vec<usize>>) -> i64 {
        if from == orders.len() {
            let length = |group: &Vec<usize>| {
                let stops: Vec<usize> = group.iter().flat_map(|&o| orders[o].nodes.clone()).collect();
                if stops.is_empty() { 0 } else { tour(matrix, 0, 0, &stops, 1).unwrap().length }
            };
            return groups.iter().map(length).sum();
        }
        let mut best = i64::MAX;
        for at in 0..=groups.len() {
            if at == groups.len() {
                groups.push(Vec::new());
            }
            groups[at].push(from);
            if groups[at].iter().map(|&o| orders[o].totes).sum::<i64>() <= most {
                best = best.min(least(orders, most, matrix, from + 1, groups));
            }
            groups[at].pop();
            groups.retain(|g| !g.is_empty());
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn few_orders_are_parted_best(
            points in proptest::collection::vec((0..100_i64, 0..100_i64), 9),
            wanted in proptest::collection::vec((proptest::collection::vec(1..9_usize, 1..4), 1..4_i64), 1..7),
            most in 3..8_i64,
        ) {
            let way = |i: usize, j: usize| Some((points[i].0 - points[j].0).abs() + (points[i].1 - points[j].1).abs());
            let matrix = Matrix::from_fn(9, way).unwrap();
            let orders: Vec<Order> =
                wanted.into_iter().map(|(nodes, totes)| Order { nodes, totes, ..Order::default() }).collect();
            let rules = Rules { max_totes: Some(most), ..Rules::default() };
            let found = batch(&orders, &rules, &matrix, 0, 1).unwrap();
            prop_assert_eq!(found.length, least(&orders, most, &matrix, 0, &mut Vec::new()));
        }
    }
}
