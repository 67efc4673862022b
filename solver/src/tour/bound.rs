//! Lower bounds of a tour: the assignment relaxation, strong for one-way
//! lengths, and Held and Karp's Lagrangean spanning trees (Operations Research
//! 18, 1970), strong for two-way ones. Whole numbers throughout, so a bound is a
//! bound.

use super::table::{MISSING, Table};
use crate::matching::assign;
use crate::matrix::MAX_LENGTH;

/// Beyond this the assignment takes longer than the tour.
const MAX_ASSIGNMENT: usize = 1_000;

/// Beyond this the spanning trees take longer than the tour.
const MAX_TREE: usize = 400;

/// Rounds of multiplier updates.
const ROUNDS: usize = 120;

/// Multipliers are kept in this fraction of the length unit.
const SCALE: i64 = 16;

/// Length of a barred or missing link in a tree. No path uses one, so any value
/// keeps the bound true; this one keeps the sums far inside `i64`.
const BARRED: i64 = MAX_LENGTH << 2;

/// The better of the two bounds, never above `length`; `None` for long tours.
pub(super) fn lower(table: &Table, length: i64) -> Option<i64> {
    if table.size() > MAX_ASSIGNMENT {
        return None;
    }
    let mut best = assignment(table).min(length);
    if best < length && table.size() <= MAX_TREE && length < MISSING {
        best = best.max(trees(table, length)).min(length);
    }
    Some(best)
}

/// Everyone has one successor: start and stops are rows, stops and end columns.
fn assignment(table: &Table) -> i64 {
    let size = table.size();
    let cell = |from: usize, to: usize| {
        let length = table.get(from, to);
        (from != to && length < MISSING).then_some(length)
    };
    let row = |from| (1..size).map(|to| cell(from, to)).collect();
    let rows: Vec<Vec<Option<i64>>> = (0..size - 1).map(row).collect();
    assign(&rows).cost
}

/// A path is a spanning tree whose ends have one link and whose stops have two;
/// prices on the places push the cheapest tree towards that.
fn trees(table: &Table, length: i64) -> i64 {
    let size = table.size();
    let target = |v: usize| if v == 0 || v + 1 == size { 1 } else { 2 };
    let mut price = vec![0_i64; size];
    let (mut best, mut since) = (0_i64, 0);
    // Step in quarters: 8 = 2.0, halved whenever the bound stalls.
    let mut step = 8_i64;
    for _ in 0..ROUNDS {
        let (weight, degree) = spanning_tree(table, &price);
        let paid: i64 = (0..size).map(|v| price[v] * target(v)).sum();
        let found = weight - paid;
        if found > best {
            (best, since) = (found, 0);
        } else {
            since += 1;
        }
        let off: Vec<i64> = (0..size).map(|v| degree[v] - target(v)).collect();
        let norm: i64 = off.iter().map(|o| o * o).sum();
        if norm == 0 || step == 0 {
            break;
        }
        if since >= 8 {
            (step, since) = (step / 2, 0);
        }
        let gap = (length * SCALE - found).max(0);
        let by = (i128::from(gap) * i128::from(step) / (4 * i128::from(norm))) as i64;
        for (price, off) in price.iter_mut().zip(off) {
            let limit = BARRED * SCALE;
            *price = (*price + by.max(1) * off).clamp(-limit, limit);
        }
    }
    (best + SCALE - 1).div_euclid(SCALE)
}

/// Prim's algorithm on scaled lengths plus prices; weight and degrees.
fn spanning_tree(table: &Table, price: &[i64]) -> (i64, Vec<i64>) {
    let size = table.size();
    let link = |a: usize, b: usize| {
        let either = table.get(a, b).min(table.get(b, a)).min(BARRED);
        // Start and end are never neighbours once there is a stop between them.
        let barred = (a == 0 && b + 1 == size) || (b == 0 && a + 1 == size);
        let either = if barred { BARRED } else { either };
        either * SCALE + price[a] + price[b]
    };
    let mut near: Vec<(i64, usize)> = (0..size).map(|v| (link(0, v), 0)).collect();
    let mut open: Vec<usize> = (1..size).collect();
    let (mut weight, mut degree) = (0, vec![0; size]);
    while let Some(at) = (0..open.len()).min_by_key(|&a| near[open[a]].0) {
        let v = open.swap_remove(at);
        weight += near[v].0;
        degree[v] += 1;
        degree[near[v].1] += 1;
        for &w in &open {
            let through = link(v, w);
            if through < near[w].0 {
                near[w] = (through, v);
            }
        }
    }
    (weight, degree)
}
