//! Sourcing by full enumeration of site subsets, in whole numbers.
//!
//! With the set of paid parcels given, and no limit on lines binding, the lines
//! do not touch each other. Each line is priced once for every subset that
//! could ship it, the best of all sub-subsets spreads upward (a minimum over
//! subsets, as in Yates's transform), and the sums are compared. Absent on
//! purpose: sites with a binding line capacity, which couple the lines.

use super::model::{Draft, Part, View};

/// Above this a table of subsets no longer fits in a cache.
const MOST_SITES: usize = 16;

/// Unserved units, then cost.
type Rank = (i64, i64);

/// The best plan, or `None` when there are too many sites or a line capacity binds.
pub(super) fn solve(view: &View<'_>, max_sites: usize) -> Option<Draft> {
    let sites = &view.useful;
    let binding = |&s: &usize| {
        let offered = (0..view.lines.len()).filter(|&l| view.offer(l, s) > 0);
        offered.count() > view.slots[s]
    };
    if sites.len() > max_sites.min(MOST_SITES) || sites.iter().any(binding) {
        return None;
    }
    let masks = 1_usize << sites.len();
    let mut total = vec![(0_i64, 0_i64); masks];
    for line in 0..view.lines.len() {
        let prices = spread(price(view, line));
        for (sum, (rank, _)) in total.iter_mut().zip(&prices) {
            *sum = (sum.0 + rank.0, sum.1 + rank.1);
        }
    }
    let best = (0..masks).filter(|m| m.count_ones() as usize <= view.max_sites).min_by_key(|&m| {
        let parcels: i64 = members(sites, m).map(|s| view.fixed[s]).sum();
        let latest = members(sites, m).map(|s| view.sites[s].eta_ms).max();
        (total[m].0, total[m].1 + parcels, m.count_ones(), latest, m)
    })?;
    let mut parts = Vec::new();
    for line in 0..view.lines.len() {
        let (_, used) = spread(price(view, line))[best];
        parts.extend(fill(view, line, used));
    }
    Some(view.draft(parts))
}

fn members(sites: &[usize], mask: usize) -> impl Iterator<Item = usize> {
    let bits = sites.iter().enumerate();
    bits.filter(move |(bit, _)| mask >> bit & 1 == 1).map(|(_, &s)| s)
}

/// Rank of one line when exactly the sites of a mask ship it, for every mask.
fn price(view: &View<'_>, line: usize) -> Vec<(Rank, usize)> {
    let wanted = view.lines[line].quantity;
    let masks = 1_usize << view.useful.len();
    let worst = (i64::MAX, i64::MAX);
    let rank = |mask: usize| {
        if mask.count_ones() > 1 && !view.divisible {
            return worst;
        }
        let parts = fill(view, line, mask);
        if parts.len() != mask.count_ones() as usize {
            return worst;
        }
        let served: i64 = parts.iter().map(|p| p.quantity).sum();
        let cost = parts.iter().map(|p| view.part_cost(p.site, p.quantity));
        (wanted - served, cost.sum())
    };
    (0..masks).map(|mask| (rank(mask), mask)).collect()
}

/// Ships as much of a line as the sites of a mask can, cheapest units first.
/// Sites left with nothing to ship are left out.
fn fill(view: &View<'_>, line: usize, mask: usize) -> Vec<Part> {
    let mut sites: Vec<usize> = members(&view.useful, mask).collect();
    sites.sort_by_key(|&s| view.sites[s].unit_cost);
    let mut left = view.lines[line].quantity;
    let mut parts = Vec::new();
    for site in sites {
        let quantity = view.offer(line, site).min(left);
        if quantity > 0 {
            left -= quantity;
            parts.push(Part { line, site, quantity });
        }
    }
    parts
}

/// Gives every mask the best of its sub-masks, itself included.
fn spread(mut prices: Vec<(Rank, usize)>) -> Vec<(Rank, usize)> {
    let masks = prices.len();
    let mut bit = 1;
    while bit < masks {
        for mask in 0..masks {
            if mask & bit != 0 && prices[mask ^ bit] < prices[mask] {
                prices[mask] = prices[mask ^ bit];
            }
        }
        bit <<= 1;
    }
    prices
}
