//! Explanations against the judge: every price and every obstacle is true.

use super::super::brute::cheapest_departure;
use super::*;
use crate::routing::{Explanation, explain};

/// The routes of a plan by vehicle.
fn orders(problem: &Problem, solution: &Solution) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new(); problem.vehicles.len()];
    for r in &solution.routes {
        orders[r.vehicle] = r.stops.iter().map(|s| s.job).collect();
    }
    orders
}

fn less(order: &[usize], told: &Explanation) -> Vec<usize> {
    order.iter().copied().filter(|&j| j != told.job && Some(j) != told.mate).collect()
}

/// The judge's least cost of a vehicle with the job anywhere behind its locked
/// stops.
fn least(problem: &Problem, vehicle: usize, base: &[usize], told: &Explanation) -> Option<i64> {
    let places = |order: &[usize], job: usize| -> Vec<Vec<usize>> {
        let with = |at: usize| {
            let mut order = order.to_vec();
            order.insert(at, job);
            order
        };
        (0..=order.len()).map(with).collect()
    };
    let mut tries = places(base, told.job);
    if let Some(mate) = told.mate {
        tries = tries.iter().flat_map(|order| places(order, mate)).collect();
        let s = problem.shipments.iter().find(|s| s.from == told.job || s.to == told.job).unwrap();
        let at = |order: &Vec<usize>, job| order.iter().position(|j| *j == job);
        tries.retain(|order| at(order, s.from) < at(order, s.to));
    }
    tries.iter().filter_map(|order| cheapest_departure(problem, vehicle, order)).min()
}

/// What the judge says of each choice.
fn judge(problem: &Problem, solution: &Solution, told: &Explanation) -> Result<(), TestCaseError> {
    let orders = orders(problem, solution);
    let cost = |v: usize, order: &[usize]| cheapest_departure(problem, v, order);
    let prize = |job: usize| problem.jobs[job].prize.unwrap_or(0);
    let prizes = prize(told.job) + told.mate.map_or(0, prize);
    let name = named(problem, told.job);
    let group = problem.groups.iter().find(|g| g.contains(&name));
    let other = |job: &usize| *job != name && orders.iter().flatten().any(|j| j == job);
    let taken = group.and_then(|g| g.iter().copied().find(other));
    let gone = match told.vehicle {
        Some(v) => cost(v, &less(&orders[v], told)).map(|c| c - cost(v, &orders[v]).unwrap()),
        None => Some(-prizes).filter(|_| taken.is_none()),
    };
    let without = gone.filter(|_| told.vehicle.is_some() && !told.locked);
    prop_assert_eq!(told.without, without.map(|g| g + prizes));
    for choice in &told.choices {
        let v = choice.vehicle;
        let now = cost(v, &orders[v]).unwrap();
        let there = least(problem, v, &less(&orders[v], told), told);
        let rest = if told.vehicle == Some(v) { Some(0) } else { gone };
        let extra = there.and_then(|there| Some(there - now + rest?));
        prop_assert_eq!(choice.extra, extra, "{:?} of {:?}", choice, told);
        prop_assert_eq!(choice.extra.is_none(), choice.breach != Default::default(), "{:?}", choice);
        if extra.is_some() {
            prop_assert_eq!(cost(v, &choice.order), there);
        }
        let stops = orders[v].iter().skip(problem.vehicles[v].locked.len());
        let gives = |job: &usize| {
            let pair = problem.shipments.iter().find(|s| s.from == *job || s.to == *job);
            let stays = |j: &usize| j != job && pair.is_none_or(|s| s.from != *j && s.to != *j);
            let base: Vec<usize> = orders[v].iter().copied().filter(stays).collect();
            least(problem, v, &base, told).is_some()
        };
        let asked = told.vehicle.is_none() && extra.is_none();
        let named_only = |job: &usize| taken.is_none_or(|t| named(problem, *job) == t);
        let make_room: Vec<usize> = stops.copied().filter(|j| asked && named_only(j) && gives(j)).collect();
        prop_assert_eq!(&choice.instead_of, &make_room, "{:?}", told);
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::check::cases(200))]
    #[test]
    fn every_price_and_obstacle_is_true(problem in prop_oneof![rich(9, 3), grouped(rich(9, 3), 9)], seed in any::<u64>()) {
        let mut problem = problem;
        // The judge takes the first window open, the explanation the one planned.
        problem.jobs.iter_mut().for_each(|job| job.windows.truncate(1));
        let Ok(solution) = solve(&problem, Budget { iterations: 30 }, seed) else { return Ok(()) };
        let all: Vec<usize> = (0..problem.jobs.len()).collect();
        for told in explain(&problem, &solution, &all).unwrap() {
            judge(&problem, &solution, &told)?;
        }
    }
}

#[test]
fn a_late_job_tells_how_late_and_who_would_have_to_make_room() {
    let matrix = Matrix::from_fn(4, |i, j| Some(if i == j { 0 } else { 10 })).unwrap();
    let job = |location, due| Job { location, windows: vec![(0, due)], demand: [2, 0, 0, 0], ..Job::default() };
    let vehicle =
        Vehicle { end: Some(0), shift: (0, 100), capacity: [5, 0, 0, 0], cost_per_m: 1, ..Vehicle::default() };
    let problem = Problem {
        durations: matrix.clone(),
        distances: matrix,
        jobs: vec![job(1, 10), job(2, 20), job(3, 12)],
        vehicles: vec![vehicle],
        ..Problem::default()
    };
    let solution = solve(&problem, Budget { iterations: 50 }, 1).unwrap();
    let left = solution.unserved[0].job;
    let told = &explain(&problem, &solution, &[left]).unwrap()[0];
    let choice = &told.choices[0];
    assert_eq!((told.vehicle, choice.extra), (None, None));
    assert!(!choice.breach.late.is_empty() || choice.breach.overload[0] == 1, "{choice:?}");
    assert!(!choice.instead_of.is_empty(), "{choice:?}");
    assert!(explain(&problem, &solution, &[3]).is_err());
}
