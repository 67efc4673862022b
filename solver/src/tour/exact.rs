//! The shortest path through a few stops, by the Held-Karp recursion over subsets.

use super::table::Table;

/// A shortest path as places, start and end included. Memory grows as
/// 2^stops x stops; the caller keeps stops at or below [`super::MAX_EXACT`].
pub(super) fn shortest(table: &Table) -> Vec<usize> {
    let stops = table.stops();
    let end = stops + 1;
    if stops == 0 {
        return vec![0, end];
    }
    let full = (1_usize << stops) - 1;
    // label[mask * stops + last]: shortest way through mask that stops at last.
    let mut label = vec![i64::MAX; (full + 1) * stops];
    for last in 0..stops {
        label[(1 << last) * stops + last] = table.get(0, last + 1);
    }
    for mask in 1..=full {
        for last in 0..stops {
            let here = label[mask * stops + last];
            if here == i64::MAX {
                continue;
            }
            for next in (0..stops).filter(|n| mask >> n & 1 == 0) {
                let to = &mut label[(mask | 1 << next) * stops + next];
                *to = (*to).min(here.saturating_add(table.get(last + 1, next + 1)));
            }
        }
    }
    trace(table, &label)
}

fn trace(table: &Table, label: &[i64]) -> Vec<usize> {
    let stops = table.stops();
    let mut path = vec![stops + 1];
    let mut mask = (1_usize << stops) - 1;
    let mut next = stops + 1;
    while mask != 0 {
        let members = (0..stops).filter(|l| mask >> l & 1 == 1);
        let through = |l: &usize| label[mask * stops + l].saturating_add(table.get(l + 1, next));
        let last = members.min_by_key(through).expect("the mask has a member");
        mask &= !(1 << last);
        next = last + 1;
        path.push(next);
    }
    path.push(0);
    path.reverse();
    path
}
