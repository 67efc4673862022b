//! The road of one vehicle as the judge drives it: ways by kind of vehicle and time
//! of day, and the breaks of the driver.

use super::super::{Flaw, demand};
use crate::matrix::Matrix;
use crate::routing::{Break, Problem, Rest, Route, Vehicle};

/// Arrival and metres of one way: now, or whenever a later slice is there sooner.
pub(super) fn way(problem: &Problem, v: &Vehicle, leave: i64, from: usize, to: usize) -> Option<(i64, i64)> {
    let (base, metres, slices) = match v.profile {
        0 => (&problem.durations, &problem.distances, &problem.slices),
        k => (&problem.profiles[k - 1].durations, &problem.profiles[k - 1].distances, &problem.profiles[k - 1].slices),
    };
    let mut tables: Vec<(i64, &Matrix)> = slices.iter().map(|s| (s.from_ms, &s.durations)).collect();
    tables.insert(0, (i64::MIN, base));
    let reached = tables.iter().enumerate().filter_map(|(k, (begin, table))| {
        let leave = leave.max(*begin);
        let over = tables.get(k + 1).is_some_and(|next| next.0 <= leave);
        if over { None } else { Some(leave + table.get(from, to)?) }
    });
    Some((reached.min()?, metres.get(from, to)?))
}

/// Breaks given on a route: each of the vehicle's in its window and in order, those
/// that are not told before it leaves or after it is done.
pub(super) fn breaks(v: &Vehicle, r: &Route) -> Result<(), Flaw> {
    let idle = |from: i64, list: &[Break]| {
        list.iter().try_fold(from, |now, b| {
            let begin = now.max(b.window.0);
            (begin <= b.window.1).then_some(begin + b.service_ms)
        })
    };
    let told = r.rests.len();
    let fits = |first: usize| {
        let (before, rest) = v.breaks.split_at(first);
        let (on_road, after) = rest.split_at(told);
        let right = r.rests.iter().zip(on_road).all(|(rest, b)| {
            (b.window.0..=b.window.1).contains(&rest.start_ms) && rest.end_ms == rest.start_ms + b.service_ms
        });
        right && idle(i64::MIN, before).is_some_and(|over| over <= r.depart_ms) && idle(r.end_ms, after).is_some()
    };
    let some = told <= v.breaks.len() && (0..=v.breaks.len() - told).any(fits);
    demand!(some, "vehicle {} does not keep its breaks: {:?}", r.vehicle, r.rests);
    demand!(r.rests.iter().all(|rest| rest.before <= r.stops.len()), "vehicle {}: a rest out of place", r.vehicle);
    Ok(())
}

/// Arrival with the rests on the way done, and metres.
pub(super) fn leg(
    problem: &Problem,
    v: &Vehicle,
    leave: i64,
    from: usize,
    to: Option<usize>,
    rests: &[Rest],
) -> Option<(i64, i64)> {
    let (mut reached, metres) = match to {
        Some(to) => way(problem, v, leave, from, to)?,
        None => (leave, 0),
    };
    let mut free = leave;
    for rest in rests {
        if rest.start_ms < free {
            return None;
        }
        free = rest.end_ms;
        reached = reached.max(rest.start_ms) + rest.end_ms - rest.start_ms;
    }
    Some((reached, metres))
}

/// The earliest arrival and the breaks done by then, over all ways to take some of
/// the next breaks on a leg.
pub(super) fn legs(
    problem: &Problem,
    v: &Vehicle,
    leave: i64,
    done: usize,
    from: usize,
    to: Option<usize>,
) -> Vec<(i64, usize)> {
    let (mut rests, mut now, mut found) = (Vec::new(), leave, Vec::new());
    for count in done..=v.breaks.len() {
        if let Some((reached, _)) = leg(problem, v, leave, from, to, &rests) {
            found.push((reached, count));
        }
        let Some(b) = v.breaks.get(count) else { break };
        let start_ms = now.max(b.window.0);
        if start_ms > b.window.1 {
            break;
        }
        now = start_ms + b.service_ms;
        rests.push(Rest { before: 0, start_ms, end_ms: now });
    }
    found
}
