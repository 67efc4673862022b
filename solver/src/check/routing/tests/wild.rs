//! Breaks, roads by kind of vehicle and time of day, shipments through reloads.

use super::*;
use crate::routing::{Break, Profile, Slice, explain};

fn table(most: i64) -> impl Strategy<Value = Matrix> {
    let cell = prop::option::weighted(0.97, 0..most);
    prop::collection::vec(prop::collection::vec(cell, 6), 6).prop_map(|rows| Matrix::from_rows(&rows).unwrap())
}

fn slices() -> impl Strategy<Value = Vec<Slice>> {
    let slice = (5..90_i64, table(60)).prop_map(|(from_ms, durations)| Slice { from_ms, durations });
    prop::collection::vec(slice, 0..3).prop_map(|mut slices| {
        slices.sort_by_key(|s| s.from_ms);
        slices.dedup_by_key(|s| s.from_ms);
        slices
    })
}

fn breaks() -> impl Strategy<Value = Vec<Break>> {
    let rest = (0..90_i64, 0..60_i64, 0..25_i64);
    let rest = rest.prop_map(|(from, wide, service_ms)| Break { window: (from, from + wide), service_ms });
    prop::collection::vec(rest, 0..3).prop_map(|mut list| {
        list.sort_by_key(|b| b.window);
        let mut now = i64::MIN;
        list.retain(|b| {
            let begin = now.max(b.window.0);
            let fits = begin <= b.window.1;
            now = if fits { begin + b.service_ms } else { now };
            fits
        });
        list
    })
}

/// Any problem with these rules added, each at times.
fn wild(problems: impl Strategy<Value = Problem>, count: usize) -> impl Strategy<Value = Problem> {
    let own = prop::collection::vec((breaks(), 0..2_usize), count);
    let profile = (table(40), table(40), slices());
    (problems, own, slices(), profile, prop::array::uniform3(any::<bool>())).prop_map(
        |(mut p, own, slices, (durations, distances, others), [rests, roads, day])| {
            for (v, (breaks, profile)) in p.vehicles.iter_mut().zip(own) {
                v.breaks = if rests { breaks } else { vec![] };
                v.profile = if roads { profile } else { 0 };
            }
            p.slices = if day { slices } else { vec![] };
            let slices = if day { others } else { vec![] };
            p.profiles = if roads { vec![Profile { durations, distances, slices }] } else { vec![] };
            p
        },
    )
}

/// Several trips, with shipments.
fn shipped(most: usize, count: usize) -> impl Strategy<Value = Problem> {
    (trips(most, count), prop::collection::vec(0..4_i64, 3)).prop_map(|(mut p, amounts)| {
        let locked: Vec<usize> = p.vehicles.iter().flat_map(|v| v.locked.clone()).collect();
        let mut open: Vec<usize> = (0..p.jobs.len()).filter(|j| !locked.contains(j)).collect();
        for amount in amounts {
            let (Some(from), Some(to)) = (open.pop(), open.pop()) else { break };
            p.jobs[to].prize = p.jobs[from].prize;
            p.shipments.push(Shipment { from, to, amount: [amount, 0, 0, 0] });
        }
        p
    })
}

fn any_rules(most: usize, count: usize) -> impl Strategy<Value = Problem> {
    prop_oneof![
        wild(rich(most, count), count),
        wild(shipped(most, count), count),
        wild(vehicles_first(grouped(shipped(most, count), most)), count),
        wild(promised(shipped(most, count), most, count), count),
    ]
}

proptest! {
    #![proptest_config(crate::check::cases(300))]
    #[test]
    fn every_rule_of_the_road_is_kept(problem in any_rules(10, 3), seed in any::<u64>()) {
        let budget = Budget { iterations: 40 };
        match solve(&problem, budget, seed) {
            Ok(solution) => {
                prop_assert_eq!(check(&problem, &solution), Ok(()));
                prop_assert_eq!(&solve(&problem, budget, seed).unwrap(), &solution);
                let jobs: Vec<usize> = (0..problem.jobs.len()).collect();
                let told = explain(&problem, &solution, &jobs);
                prop_assert!(told.is_ok(), "{told:?}");
                for choice in told.unwrap().iter().flat_map(|t| &t.choices) {
                    prop_assert_eq!(choice.extra.is_none(), choice.breach != Default::default(), "{:?}", choice);
                }
            }
            Err(RoutingError::Locked { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

/// Time that is neither paid nor bounded: there the judge is exact.
fn unpaid(problems: impl Strategy<Value = Problem>) -> impl Strategy<Value = Problem> {
    problems.prop_map(|mut p| {
        for v in &mut p.vehicles {
            (v.cost_per_ms, v.max_duration_ms) = (0, None);
        }
        p
    })
}

#[test]
fn tiny_problems_of_the_road_are_mostly_solved_to_the_best_of_all() {
    let (asked, missed) = rate(unpaid(wild(rich(5, 2), 2)));
    assert!(asked > TINY / 2 && missed.len() * 100 <= asked * 3, "{missed:?}");
}

#[test]
fn tiny_problems_of_shipments_and_reloads_are_mostly_solved_to_the_best_of_all() {
    let (asked, missed) = rate(unpaid(shipped(5, 2)));
    assert!(asked > TINY / 2 && missed.len() * 100 <= asked * 4, "{missed:?}");
}

/// Driven stop by stop for a break that asks for nothing, a problem has the optimum
/// that it has without, paid time and all.
#[test]
fn an_idle_break_changes_nothing() {
    let mut runner = TestRunner::deterministic();
    let (mut asked, mut missed) = (0, Vec::new());
    for _ in 0..TINY {
        let plain = whole(rich(4, 2).new_tree(&mut runner).unwrap().current());
        let mut problem = plain.clone();
        problem.vehicles[0].breaks = vec![Break { window: (-1000, 1000), service_ms: 0 }];
        let Ok(solution) = solve(&problem, Budget { iterations: 200 }, 5) else { continue };
        assert_eq!(check(&problem, &solution), Ok(()));
        let (found, best) = (rank(&problem, &solution), brute_force(&plain).unwrap());
        assert!(found >= best, "{found:?} beats {best:?}");
        asked += 1;
        if found > best {
            missed.push((found, best));
        }
    }
    assert!(asked > TINY / 2 && missed.len() * 100 <= asked, "{asked} {missed:?}");
}
