//! Moves and exchanges of orders between batches while the walk gets shorter.

use super::walk::{Floor, Group};

/// Pairs of batches looked at, at most; each look tries every exchange of the two.
const MAX_LOOKS: usize = 20_000;

/// Exchanges of one pair of batches that are judged polished.
const MAX_POLISHED: usize = 6;

/// An exchange is promising when it looks less than one part in so many longer.
const PROMISE: i64 = 20;

/// Improves until no pair of batches gains, or the looks are used up.
pub(super) fn exchange(floor: &Floor<'_>, mut groups: Vec<Group>) -> Vec<Group> {
    let mut looks = 0;
    let mut fresh = vec![true; groups.len()];
    while fresh.contains(&true) && looks < MAX_LOOKS {
        let touched = std::mem::replace(&mut fresh, vec![false; groups.len()]);
        for a in 0..groups.len() {
            for b in a + 1..groups.len() {
                if looks >= MAX_LOOKS || !(touched[a] || touched[b]) {
                    continue;
                }
                looks += 1;
                if let Some((left, right)) = better_pair(floor, &groups[a], &groups[b]) {
                    groups[a] = left;
                    groups[b] = right;
                    (fresh[a], fresh[b]) = (true, true);
                }
            }
        }
    }
    groups.retain(|g| !g.orders.is_empty());
    groups
}

/// The best single move or exchange between two batches, if one gains: all are
/// judged unpolished, and the most promising again polished.
fn better_pair(floor: &Floor<'_>, a: &Group, b: &Group) -> Option<(Group, Group)> {
    let now = a.length + b.length;
    let promising = |sum: i64| sum < now + now / PROMISE;
    let mut found: Vec<(i64, Group, Group)> = Vec::new();
    for from_a in some_of(a) {
        for from_b in some_of(b) {
            let Some(left) = floor.altered(a, from_a, from_b) else {
                continue;
            };
            if !promising(left.length) {
                continue;
            }
            let Some(right) = floor.altered(b, from_b, from_a) else {
                continue;
            };
            let sum = left.length + right.length;
            if promising(sum) {
                found.push((sum, left, right));
            }
        }
    }
    found.sort_by_key(|f| f.0);
    let polished = found.into_iter().take(MAX_POLISHED).map(|(_, l, r)| {
        let (l, r) = (floor.polished(l), floor.polished(r));
        (l.length + r.length, l, r)
    });
    let (sum, left, right) = polished.min_by_key(|f| f.0)?;
    (sum < now).then_some((left, right))
}

/// Every order of a batch, and none.
fn some_of(group: &Group) -> Vec<Option<usize>> {
    let orders = group.orders.iter().copied().map(Some);
    std::iter::once(None).chain(orders).collect()
}
