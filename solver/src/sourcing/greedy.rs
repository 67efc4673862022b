//! Sourcing by greed: open the site that helps most, then exchange and drop.
//!
//! The fallback when the integer program is too large, and the yardstick its
//! answer must not fall below. No proof, no backtracking.

use super::model::{Draft, Part, View};

/// Rounds of exchange; each strictly improves, this bounds the work.
const MAX_ROUNDS: usize = 50;

/// A good plan within the number of sites allowed.
pub(super) fn solve(view: &View<'_>) -> Draft {
    let mut open: Vec<usize> = Vec::new();
    let mut best = allocate(view, &open);
    while open.len() < view.max_sites {
        let more = closed(view, &open).map(|s| with(&open, s));
        let Some((draft, set)) = best_of(view, more) else {
            break;
        };
        if draft.rank() >= best.rank() {
            break;
        }
        (best, open) = (draft, set);
    }
    for _ in 0..MAX_ROUNDS {
        let Some((draft, set)) = best_of(view, neighbours(view, &open).into_iter()) else {
            break;
        };
        if draft.rank() >= best.rank() {
            break;
        }
        (best, open) = (draft, set);
    }
    best
}

fn closed<'a>(view: &'a View<'_>, open: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    view.useful.iter().copied().filter(|s| !open.contains(s))
}

fn with(open: &[usize], site: usize) -> Vec<usize> {
    let mut set = open.to_vec();
    set.push(site);
    set
}

/// Sets that differ by one dropped, one exchanged or one added site.
fn neighbours(view: &View<'_>, open: &[usize]) -> Vec<Vec<usize>> {
    let mut sets = Vec::new();
    for &out in open {
        let rest: Vec<usize> = open.iter().copied().filter(|&s| s != out).collect();
        sets.extend(closed(view, open).map(|s| with(&rest, s)));
        sets.push(rest);
    }
    if open.len() < view.max_sites {
        sets.extend(closed(view, open).map(|s| with(open, s)));
    }
    sets
}

fn best_of(view: &View<'_>, sets: impl Iterator<Item = Vec<usize>>) -> Option<(Draft, Vec<usize>)> {
    sets.map(|set| (allocate(view, &set), set)).min_by_key(|(draft, _)| draft.rank())
}

/// Shares the lines out among open sites: lines with the fewest possible places
/// first, each whole from its cheapest place when one has it all.
fn allocate(view: &View<'_>, open: &[usize]) -> Draft {
    let places = |l: usize| open.iter().filter(|&&s| view.offer(l, s) > 0).count();
    let mut lines: Vec<usize> = (0..view.lines.len()).filter(|&l| view.lines[l].quantity > 0).collect();
    lines.sort_by_key(|&l| (places(l), l));
    let mut slots = view.slots.clone();
    let mut parts = Vec::new();
    for line in lines {
        let wanted = view.lines[line].quantity;
        let whole = |&&s: &&usize| slots[s] > 0 && view.offer(line, s) == wanted;
        let cost = |&&s: &&usize| (view.part_cost(s, wanted), view.sites[s].eta_ms, s);
        if let Some(&site) = open.iter().filter(whole).min_by_key(cost) {
            slots[site] -= 1;
            parts.push(Part { line, site, quantity: wanted });
        } else if view.divisible {
            share(view, line, open, &mut slots, &mut parts);
        }
    }
    view.draft(parts)
}

/// Splits one line, the largest offers first to keep the pieces few.
fn share(view: &View<'_>, line: usize, open: &[usize], slots: &mut [usize], parts: &mut Vec<Part>) {
    let mut left = view.lines[line].quantity;
    let mut sites = open.to_vec();
    sites.sort_by_key(|&s| (-view.offer(line, s), view.sites[s].unit_cost, s));
    for site in sites {
        let quantity = view.offer(line, site).min(left);
        if quantity > 0 && slots[site] > 0 {
            slots[site] -= 1;
            left -= quantity;
            parts.push(Part { line, site, quantity });
        }
    }
}
