//! Judges a sourcing plan: stock, capacity, sites, sums, and claims of proof.
//!
//! Tiny baskets are also solved by trying every split of every line.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flaw, demand};
use crate::sourcing::{Method, Part, Plan, Problem};

/// Checks every rule and recomputes the cost from the problem.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(problem: &Problem, plan: &Plan) -> Result<(), Flaw> {
    let mut served = vec![0_i64; problem.lines.len()];
    let mut pairs = BTreeSet::new();
    let mut lines_at: BTreeMap<usize, i64> = BTreeMap::new();
    for part in &plan.parts {
        let &Part { line, site, quantity } = part;
        demand!(line < problem.lines.len() && site < problem.sites.len(), "{part:?} points nowhere");
        demand!(quantity > 0, "{part:?} is empty");
        demand!(pairs.insert((line, site)), "{part:?} comes twice");
        let held = problem.sites[site].available[line];
        demand!(quantity <= held, "{part:?}, the site holds {held}");
        let wanted = problem.lines[line].quantity;
        demand!(problem.divisible || quantity == wanted, "{part:?} splits a line");
        served[line] += quantity;
        *lines_at.entry(site).or_default() += 1;
    }
    for (&site, &lines) in &lines_at {
        let room = problem.sites[site].line_capacity;
        demand!(room.is_none_or(|r| lines <= r), "site {site} takes {lines} lines");
    }
    let sites = lines_at.len();
    demand!(sites <= problem.max_sites, "{sites} sites ship, {} may", problem.max_sites);
    let cost = cost(problem, &plan.parts);
    demand!(cost == plan.cost, "cost is {cost}, said {}", plan.cost);
    remainder(problem, plan, &served)?;
    claims(problem, plan)
}

fn remainder(problem: &Problem, plan: &Plan, served: &[i64]) -> Result<(), Flaw> {
    let mut left: BTreeMap<usize, i64> = BTreeMap::new();
    for unserved in &plan.unserved {
        demand!(unserved.quantity > 0, "{unserved:?} is empty");
        let before = left.insert(unserved.line, unserved.quantity);
        demand!(before.is_none(), "{unserved:?} comes twice");
    }
    for (line, wanted) in problem.lines.iter().enumerate() {
        let sum = served[line] + left.remove(&line).unwrap_or(0);
        demand!(sum == wanted.quantity, "line {line} adds up to {sum}, not {}", wanted.quantity);
    }
    demand!(left.is_empty(), "unserved names a line that is not there");
    Ok(())
}

fn claims(problem: &Problem, plan: &Plan) -> Result<(), Flaw> {
    if let Some(bound) = plan.bound {
        demand!(bound <= plan.cost, "bound {bound} is above the cost {}", plan.cost);
    }
    let proven = plan.bound == Some(plan.cost);
    demand!(proven || plan.method == Method::Greedy, "{:?} without proof", plan.method);
    let named: Vec<usize> = plan.candidates.iter().map(|c| c.site).collect();
    demand!(named == (0..problem.sites.len()).collect::<Vec<_>>(), "candidates are {named:?}");
    for candidate in &plan.candidates {
        let ships = plan.parts.iter().any(|p| p.site == candidate.site);
        demand!(ships == candidate.rejected.is_none(), "{candidate:?} contradicts the parts");
    }
    Ok(())
}

fn cost(problem: &Problem, parts: &[Part]) -> i64 {
    let mut sum = 0;
    let mut paid = BTreeSet::new();
    for part in parts {
        let site = &problem.sites[part.site];
        sum += site.line_cost + site.unit_cost * part.quantity;
        if paid.insert(part.site) {
            sum += site.fixed_cost;
            if problem.late_after_ms.is_some_and(|limit| site.eta_ms > limit) {
                sum += problem.late_cost;
            }
        }
    }
    sum
}

/// Unserved units and cost of a best plan, by trying every quantity of every
/// line at every site; only for a few lines, sites and units.
pub fn brute_force(problem: &Problem) -> (i64, i64) {
    fn go(problem: &Problem, at: usize, parts: &mut Vec<Part>, best: &mut (i64, i64)) {
        let sites = problem.sites.len();
        if at == problem.lines.len() * sites {
            let units: i64 = problem.lines.iter().map(|l| l.quantity).sum();
            let served: i64 = parts.iter().map(|p| p.quantity).sum();
            *best = (*best).min((units - served, cost(problem, parts)));
            return;
        }
        let (line, site) = (at / sites, at % sites);
        go(problem, at + 1, parts, best);
        let wanted = problem.lines[line].quantity;
        let here = parts.iter().filter(|p| p.line == line);
        let left = wanted - here.map(|p| p.quantity).sum::<i64>();
        let lines = parts.iter().filter(|p| p.site == site).count() as i64;
        let mut used: BTreeSet<usize> = parts.iter().map(|p| p.site).collect();
        used.insert(site);
        let full = problem.sites[site].line_capacity.is_some_and(|r| lines >= r);
        if full || used.len() > problem.max_sites {
            return;
        }
        let most = problem.sites[site].available[line].min(left);
        let least = if problem.divisible { 1 } else { wanted.max(1) };
        for quantity in least..=most {
            parts.push(Part { line, site, quantity });
            go(problem, at + 1, parts, best);
            parts.pop();
        }
    }
    let mut best = (i64::MAX, i64::MAX);
    if problem.sites.is_empty() {
        return (problem.lines.iter().map(|l| l.quantity).sum(), 0);
    }
    go(problem, 0, &mut Vec::new(), &mut best);
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sourcing::{Limits, Line, Site, solve, solve_within};
    use proptest::prelude::*;

    fn sites(lines: usize, most: usize) -> impl Strategy<Value = Vec<Site>> {
        let stock = proptest::collection::vec(-1..4_i64, lines);
        let room = proptest::option::weighted(0.4, 0..3_i64);
        let site = (stock, 0..40_i64, 0..10_i64, 0..5_i64, 0..4_i64, room);
        let site = site.prop_map(|(available, f, l, u, eta_ms, line_capacity)| Site {
            available,
            fixed_cost: f,
            line_cost: l,
            unit_cost: u,
            eta_ms,
            line_capacity,
        });
        proptest::collection::vec(site, 0..most)
    }

    fn problems(lines: usize, most: usize) -> impl Strategy<Value = Problem> {
        let rest = (proptest::option::of(0..4_i64), 0..30_i64, 0..4_usize, any::<bool>());
        (0..lines).prop_flat_map(move |n| {
            let quantities = proptest::collection::vec(0..4_i64, n);
            (quantities, sites(n, most), rest.clone()).prop_map(|(q, sites, rest)| Problem {
                lines: q.into_iter().map(|quantity| Line { quantity }).collect(),
                sites,
                late_after_ms: rest.0,
                late_cost: rest.1,
                max_sites: rest.2,
                divisible: rest.3,
            })
        })
    }

    fn rank(plan: &Plan) -> (i64, i64) {
        let left = plan.unserved.iter().map(|u| u.quantity).sum();
        (left, plan.cost)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn tiny_baskets_are_best_of_all_splits(problem in problems(4, 4)) {
            let best = brute_force(&problem);
            let plan = solve(&problem).unwrap();
            prop_assert_eq!(check(&problem, &plan), Ok(()));
            prop_assert_eq!(rank(&plan), best);
            // The same again without subsets, so that the program has to answer.
            let limits = Limits { max_subset_sites: 0, ..Limits::default() };
            let plan = solve_within(&problem, &limits).unwrap();
            prop_assert_eq!(check(&problem, &plan), Ok(()));
            prop_assert!(plan.method != Method::Greedy, "{:?}", plan);
            prop_assert_eq!(rank(&plan), best);
        }

        #[test]
        fn greed_keeps_the_rules_and_never_beats_proof(problem in problems(6, 7)) {
            let limits = Limits { max_subset_sites: 0, max_variables: 0, max_nodes: 0 };
            let greedy = solve_within(&problem, &limits).unwrap();
            prop_assert_eq!(check(&problem, &greedy), Ok(()));
            let plan = solve(&problem).unwrap();
            prop_assert_eq!(check(&problem, &plan), Ok(()));
            prop_assert!(plan.method != Method::Greedy && rank(&plan) <= rank(&greedy));
        }

        #[test]
        fn any_numbers_will_do(problem in wild()) {
            if let Ok(plan) = solve(&problem) {
                prop_assert_eq!(check(&problem, &plan), Ok(()));
            }
        }
    }

    fn wild() -> impl Strategy<Value = Problem> {
        let number = prop_oneof![any::<i64>(), -2..5_i64, 0..1_i64 << 40, 0..1_i64 << 28, Just(i64::MAX)];
        (problems(4, 4), proptest::collection::vec(number, 24)).prop_map(|(mut p, mut n)| {
            let mut next = move || n.pop().unwrap_or(7);
            for line in &mut p.lines {
                line.quantity = next();
            }
            for site in &mut p.sites {
                site.fixed_cost = next();
                site.unit_cost = next();
                site.line_capacity = Some(next());
                for held in &mut site.available {
                    *held = next();
                }
            }
            p
        })
    }
}
