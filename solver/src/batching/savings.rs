//! Clarke and Wright's merging of groups by the largest saving, recomputed.

use super::walk::{Floor, Group};

/// Groups merged in one go; more are cut into neighbourhoods of this size first.
const MAX_TOGETHER: usize = 300;

/// Up to so many groups, each joined walk is polished before it is judged.
const MAX_POLISHED: usize = 60;

/// Merges groups while a merge saves walking and fits a cart.
pub(super) fn merge(floor: &Floor<'_>, mut groups: Vec<Group>) -> Vec<Group> {
    // Orders whose middle places are close share aisles, so a cut along that
    // order loses little; what it loses the exchanges may win back.
    groups.sort_by_key(|g| {
        let mut places = g.walk.clone();
        places.sort_unstable();
        (places.get(places.len() / 2).copied(), g.orders[0])
    });
    let mut merged = Vec::with_capacity(groups.len());
    for chunk in groups.chunks(MAX_TOGETHER) {
        merged.extend(merge_chunk(floor, chunk.to_vec()));
    }
    merged
}

fn merge_chunk(floor: &Floor<'_>, mut groups: Vec<Group>) -> Vec<Group> {
    let polish = groups.len() <= MAX_POLISHED;
    // savings[b][a] for a < b; None where the pair may not merge.
    let mut savings: Vec<Vec<Option<i64>>> = Vec::with_capacity(groups.len());
    for b in 0..groups.len() {
        let row = (0..b).map(|a| saving(floor, &groups[a], &groups[b], polish));
        savings.push(row.collect());
    }
    while let Some((a, b)) = largest(&savings) {
        let Some(both) = floor.joined(&groups[a], &groups[b]) else {
            savings[b][a] = None;
            continue;
        };
        groups.swap_remove(b);
        groups[a] = floor.polished(both);
        remove(&mut savings, b);
        for other in (0..groups.len()).filter(|&o| o != a) {
            let new = saving(floor, &groups[a], &groups[other], polish);
            savings[a.max(other)][a.min(other)] = new;
        }
    }
    groups
}

fn saving(floor: &Floor<'_>, a: &Group, b: &Group, polish: bool) -> Option<i64> {
    let mut both = floor.joined(a, b)?;
    if polish {
        both = floor.polished(both);
    }
    let saving = a.length + b.length - both.length;
    (saving > 0).then_some(saving)
}

/// The pair with the largest saving, the first among equals.
fn largest(savings: &[Vec<Option<i64>>]) -> Option<(usize, usize)> {
    let mut best: Option<(i64, usize, usize)> = None;
    for (b, row) in savings.iter().enumerate() {
        for (a, saving) in row.iter().enumerate() {
            let Some(saving) = *saving else { continue };
            if best.is_none_or(|(most, ..)| saving > most) {
                best = Some((saving, a, b));
            }
        }
    }
    best.map(|(_, a, b)| (a, b))
}

/// Takes group b out of the triangle; the last group takes its number, as
/// `swap_remove` does with the groups.
fn remove(savings: &mut Vec<Vec<Option<i64>>>, b: usize) {
    let last = savings.len() - 1;
    let Some(moved) = savings.pop() else { return };
    if b == last {
        return;
    }
    for (other, saving) in moved.into_iter().enumerate() {
        if other != b {
            savings[b.max(other)][b.min(other)] = saving;
        }
    }
}
