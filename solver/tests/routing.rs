//! The engine's door: warm starts, threads, watchers, and large problems.

use std::ops::ControlFlow;

use solver::routing::{Job, Options, Problem, Reload, RoutingError, Shipment, Vehicle, plan};
use solver::{Matrix, check::routing::check};

/// Stops on a crooked grid, one depot.
fn town(stops: usize, vehicles: usize, capacity: i64) -> Problem {
    let place = |i: usize| ((i * 7919 % 1009) as i64, (i * 104_729 % 997) as i64);
    let way = |i: usize, j: usize| {
        let ((x, y), (v, w)) = (place(i), place(j));
        Some((x - v).abs() + (y - w).abs())
    };
    let matrix = Matrix::from_fn(stops + 1, way).unwrap();
    let jobs = (1..=stops).map(|i| Job {
        location: i,
        demand: [1 + (i % 3) as i64, 0, 0, 0],
        service_ms: 3,
        windows: vec![((i % 5) as i64 * 500, 6_000 + (i % 7) as i64 * 500)],
        ..Job::default()
    });
    let vehicle = Vehicle {
        end: Some(0),
        shift: (0, 20_000),
        capacity: [capacity, 0, 0, 0],
        cost_per_m: 1,
        ..Vehicle::default()
    };
    Problem {
        durations: matrix.clone(),
        distances: matrix,
        jobs: jobs.collect(),
        vehicles: vec![vehicle; vehicles],
        ..Problem::default()
    }
}

fn rounds<'o>(rounds: u64) -> Options<'o> {
    Options { rounds, seed: 5, ..Options::default() }
}

fn orders(problem: &Problem, options: Options<'_>) -> (Vec<Vec<usize>>, i64) {
    let planned = plan(problem, options).unwrap();
    assert_eq!(check(problem, &planned.solution), Ok(()));
    let mut orders = vec![Vec::new(); problem.vehicles.len()];
    for route in &planned.solution.routes {
        orders[route.vehicle] = route.stops.iter().map(|s| s.job).collect();
    }
    (orders, planned.solution.cost)
}

#[test]
fn a_warm_start_is_kept_and_a_new_order_joins_it() {
    let mut problem = town(80, 12, 30);
    let (before, cost) = orders(&problem, rounds(20_000));
    let (same, again) = orders(&problem, Options { warm: Some(&before), ..rounds(0) });
    assert_eq!((&same, again), (&before, cost));
    problem.jobs[79].location = 3;
    let without: Vec<Vec<usize>> = before.iter().map(|r| r.iter().copied().filter(|j| *j != 79).collect()).collect();
    let (_, warm) = orders(&problem, Options { warm: Some(&without), ..rounds(5_000) });
    let (_, cold) = orders(&problem, rounds(20_000));
    assert!(warm <= cold + cold / 50, "{warm} warm, {cold} cold");
}

/// What 200 ms buy on 300 stops, against what two seconds buy from nothing, both
/// counted in rounds at the pace of a slow machine; by the clock it is a benchmark.
#[test]
fn one_order_more_joins_three_hundred_nearly_as_well_as_a_cold_plan() {
    let (all, quick, long) = (town(301, 30, 40), 2_000, 40_000);
    let mut before = town(301, 30, 40);
    before.jobs.pop();
    let (plan, _) = orders(&before, rounds(long));
    let (_, warm) = orders(&all, Options { warm: Some(&plan), ..rounds(quick) });
    let (_, cold) = orders(&all, Options { seed: 6, ..rounds(long) });
    assert!(warm * 1_000 <= cold * 1_005, "{warm} warm, {cold} cold");
}

#[test]
fn a_warm_start_keeps_its_trips() {
    let mut problem = town(60, 3, 15);
    for v in &mut problem.vehicles {
        v.shift.1 = 60_000;
        v.reloads = vec![Reload { location: 0, service_ms: 20, window: None }];
    }
    problem.jobs.iter_mut().for_each(|j| j.windows.clear());
    let first = plan(&problem, rounds(5_000)).unwrap().solution;
    assert_eq!(check(&problem, &first), Ok(()));
    assert!(first.unserved.is_empty() && first.routes.iter().any(|r| r.reloads.len() > 1));
    let mut trips = vec![Vec::new(); 3];
    for route in &first.routes {
        for (at, stop) in route.stops.iter().enumerate() {
            trips[route.vehicle].extend(route.reloads.iter().filter(|r| r.before == at).map(|r| 60 + r.place));
            trips[route.vehicle].push(stop.job);
        }
    }
    let again = plan(&problem, Options { warm: Some(&trips), ..rounds(0) }).unwrap().solution;
    assert_eq!(again, first);
}

#[test]
fn nonsense_in_a_warm_start_is_left_out() {
    let problem = town(20, 5, 30);
    let warm = vec![vec![3, 3, 99, 4], (0..20).collect(), vec![], vec![7], vec![], vec![1]];
    orders(&problem, Options { warm: Some(&warm), ..rounds(100) });
}

#[test]
fn threads_share_and_the_watcher_ends_the_search() {
    let problem = town(120, 15, 30);
    let (_, one) = orders(&problem, rounds(3_000));
    let (_, two) = orders(&problem, Options { threads: 2, ..rounds(3_000) });
    assert!(two <= one + one / 50, "{two} with two threads, {one} with one");
    let mut told = 0;
    let mut watcher = |_: &solver::routing::Progress| {
        told += 1;
        if told < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let options = Options { progress: Some(&mut watcher), ..rounds(u64::MAX) };
    let planned = plan(&problem, options).unwrap();
    assert_eq!(check(&problem, &planned.solution), Ok(()));
    assert!(planned.rounds < 1_000_000);
}

#[test]
fn the_clock_ends_the_search() {
    let problem = town(50, 9, 30);
    let looks = std::sync::atomic::AtomicU32::new(0);
    let clock = || f64::from(looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) / 50.0;
    let planned = plan(&problem, Options { clock: Some(&clock), ..rounds(u64::MAX) }).unwrap();
    assert_eq!(check(&problem, &planned.solution), Ok(()));
    assert!(planned.rounds > 100 && planned.rounds < 10_000, "{}", planned.rounds);
}

#[test]
fn a_shipment_makes_sense_or_is_named() {
    let mut problem = town(6, 2, 30);
    problem.shipments = vec![Shipment { from: 1, to: 1, amount: [1, 0, 0, 0] }];
    let refused = plan(&problem, rounds(1)).unwrap_err();
    assert_eq!(refused, RoutingError::Shipment { shipment: 0, field: "from" });
    problem.shipments[0].from = 2;
    problem.vehicles[0].locked = vec![2];
    assert!(matches!(plan(&problem, rounds(1)), Err(RoutingError::Shipment { shipment: 0, .. })));
}
