//! Sourcing: which site ships which line of one basket.
//!
//! A fixed-charge assignment of lines to sites (the order-fulfilment problem of
//! Xu, Allgor and Graves, MSOM 11, 2009, for a single order). The goal is
//! lexicographic: leave the fewest units unserved, then pay the least. Four ways
//! lead to an answer, the first that applies wins: one site that provably beats
//! every split; full enumeration of site subsets while they are few; a small
//! integer program; a greedy choice with exchanges. Absent on purpose: stock
//! held for others, shadow prices across orders (the caller may add them to the
//! costs) and any clock: lateness arrives as a duration.

mod greedy;
mod milp;
mod model;
mod subsets;

pub use model::{Candidate, Limits, Line, Method, Part, Plan, Problem, Reason, Site, SourcingError, Unserved};

use model::{Draft, View};

/// Solves within the default [`Limits`].
///
/// # Errors
/// [`SourcingError`] names the field that makes no sense.
pub fn solve(problem: &Problem) -> Result<Plan, SourcingError> {
    solve_within(problem, &Limits::default())
}

/// Solves within the caller's limits; the same input gives the same plan.
///
/// # Errors
/// [`SourcingError`] names the field that makes no sense.
pub fn solve_within(problem: &Problem, limits: &Limits) -> Result<Plan, SourcingError> {
    problem.validate()?;
    let view = View::new(problem);
    let (draft, method, bound) = decide(&view, limits);
    Ok(finish(&view, draft, method, bound))
}

fn decide(view: &View<'_>, limits: &Limits) -> (Draft, Method, Option<i64>) {
    if let Some(draft) = single(view) {
        let cost = draft.cost;
        return (draft, Method::Single, Some(cost));
    }
    if let Some(draft) = subsets::solve(view, limits.max_subset_sites) {
        let cost = draft.cost;
        return (draft, Method::Exact, Some(cost));
    }
    let fallback = greedy::solve(view);
    if view.variables() > limits.max_variables {
        return (fallback, Method::Greedy, None);
    }
    let Some(found) = milp::solve(view, limits.max_nodes) else {
        return (fallback, Method::Greedy, None);
    };
    // The program works in floating point; whole-number arithmetic has the last
    // word, and a claim of optimality that greed can beat is no claim.
    let beaten = fallback.rank() < found.draft.rank();
    if found.proven && !beaten {
        let cost = found.draft.cost;
        return (found.draft, Method::Exact, Some(cost));
    }
    let best = if beaten { fallback } else { found.draft };
    let bound = found.bound.filter(|&b| !found.proven && b <= best.cost);
    (best, Method::Greedy, bound)
}

/// The cheapest site that serves everything alone, when no other plan can be
/// cheaper: a split pays at least the two least parcel prices, and every line at
/// least its cheapest place.
fn single(view: &View<'_>) -> Option<Draft> {
    if view.max_sites == 0 {
        return None;
    }
    let alone = |&s: &usize| Some((view.alone_cost(s)?, view.sites[s].eta_ms, s));
    let (cost, _, site) = view.useful.iter().filter_map(alone).min()?;
    let mut fixed: Vec<i64> = view.useful.iter().map(|&s| view.fixed[s]).collect();
    fixed.sort_unstable();
    let parcels: i64 = fixed.iter().take(2).sum();
    let lines: i64 = (0..view.lines.len()).map(|l| view.least_cost(l)).sum();
    let provable = fixed.len() == 1 || view.max_sites == 1 || cost <= parcels + lines;
    provable.then(|| {
        let wanted = view.lines.iter().enumerate();
        let parts = wanted
            .filter(|(_, line)| line.quantity > 0)
            .map(|(l, line)| Part { line: l, site, quantity: line.quantity })
            .collect();
        view.draft(parts)
    })
}

fn finish(view: &View<'_>, draft: Draft, method: Method, bound: Option<i64>) -> Plan {
    let mut left: Vec<i64> = view.lines.iter().map(|l| l.quantity).collect();
    for part in &draft.parts {
        left[part.line] -= part.quantity;
    }
    let unserved = left.iter().enumerate().filter(|(_, q)| **q > 0);
    let chosen = |s: usize| draft.parts.iter().any(|p| p.site == s);
    let candidates = (0..view.sites.len())
        .map(|site| Candidate {
            site,
            cost: view.alone_cost(site),
            rejected: (!chosen(site)).then(|| view.reason(site, draft.cost)),
        })
        .collect();
    Plan {
        unserved: unserved.map(|(line, &quantity)| Unserved { line, quantity }).collect(),
        candidates,
        parts: draft.parts,
        cost: draft.cost,
        bound,
        method,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(available: &[i64], fixed_cost: i64) -> Site {
        Site { available: available.to_vec(), fixed_cost, line_cost: 10, unit_cost: 1, eta_ms: 0, line_capacity: None }
    }

    fn problem(quantities: &[i64], sites: Vec<Site>) -> Problem {
        Problem {
            lines: quantities.iter().map(|&quantity| Line { quantity }).collect(),
            sites,
            late_after_ms: None,
            late_cost: 0,
            max_sites: 3,
            divisible: true,
        }
    }

    #[test]
    fn one_site_that_has_it_all_is_proven_quickly() {
        let p = problem(&[2, 1], vec![site(&[0, 5], 100), site(&[5, 5], 120), site(&[5, 5], 130)]);
        let plan = solve(&p).unwrap();
        assert_eq!((plan.method, plan.cost), (Method::Single, 120 + 20 + 3));
        assert_eq!(plan.bound, Some(plan.cost));
        assert_eq!(plan.candidates[0].rejected, Some(Reason::PartOnly { served: 1 }));
        assert_eq!(plan.candidates[2].rejected, Some(Reason::Dearer { by: 10 }));
        assert_eq!(plan.candidates[1].rejected, None);
    }

    #[test]
    fn a_basket_no_site_holds_is_split() {
        let p = problem(&[2, 4], vec![site(&[2, 0], 100), site(&[0, 4], 100)]);
        let plan = solve(&p).unwrap();
        assert_eq!((plan.parts.len(), plan.method), (2, Method::Exact));
        assert!(plan.unserved.is_empty());
    }

    #[test]
    fn what_nobody_holds_stays_unserved() {
        let mut p = problem(&[5], vec![site(&[2], 100), site(&[2], 100)]);
        let plan = solve(&p).unwrap();
        assert_eq!(plan.unserved, vec![Unserved { line: 0, quantity: 1 }]);
        p.divisible = false;
        let plan = solve(&p).unwrap();
        assert_eq!((plan.parts.len(), plan.cost), (0, 0));
        assert_eq!(plan.unserved[0].quantity, 5);
    }

    #[test]
    fn lateness_is_paid_for_by_the_parcel() {
        let mut p = problem(&[1], vec![site(&[1], 100), site(&[1], 140)]);
        p.sites[0].eta_ms = 90;
        p.late_after_ms = Some(60);
        p.late_cost = 50;
        assert_eq!(solve(&p).unwrap().parts[0].site, 1);
        p.late_cost = 30;
        assert_eq!(solve(&p).unwrap().parts[0].site, 0);
    }

    #[test]
    fn a_full_site_passes_lines_on_through_the_program() {
        let mut p = problem(&[1, 1, 1], vec![site(&[1; 3], 0), site(&[1; 3], 500)]);
        p.sites[0].line_capacity = Some(2);
        p.sites[1].line_capacity = Some(2);
        let plan = solve(&p).unwrap();
        assert_eq!((plan.method, plan.cost), (Method::Exact, 533));
        let tight = Limits { max_variables: 0, ..Limits::default() };
        assert_eq!(solve_within(&p, &tight).unwrap().method, Method::Greedy);
    }

    #[test]
    fn nonsense_is_named() {
        let mut p = problem(&[1, 1], vec![site(&[1], 0)]);
        assert!(matches!(solve(&p), Err(SourcingError::Shape { site: 0, found: 1, expected: 2 })));
        p.sites[0].available = vec![1, 1];
        p.lines[1].quantity = -3;
        assert!(matches!(solve(&p), Err(SourcingError::Quantity { line: 1, quantity: -3 })));
        p.lines[1].quantity = i64::MAX;
        p.sites[0].unit_cost = i64::MAX;
        assert!(matches!(solve(&p), Err(SourcingError::TooLarge)));
    }
}
