//! From routes to times on the clock, and from an absent job to its reason.
//!
//! A vehicle leaves at the earliest moment that costs the least time: late
//! enough not to wait needlessly, early enough to keep slack for the road.

use super::compile::{FAR, Instance, NONE, permitted};
use super::model::{DIMENSIONS, Reason, Route, Solution, Stop, Unserved};
use super::segment::Segment;

/// A vehicle's visits with their windows.
pub(super) type Order = Vec<(u32, u32)>;

/// The answer in the caller's terms.
pub(super) fn solution(inst: &Instance<'_>, orders: &[Order], locked: &[usize]) -> Solution {
    let used = orders.iter().enumerate().filter(|(_, order)| !order.is_empty());
    let routes: Vec<Route> = used.map(|(vehicle, order)| route(inst, vehicle as u32, order)).collect();
    let mut served = vec![false; inst.visits];
    orders.iter().flatten().for_each(|(visit, _)| served[*visit as usize] = true);
    let prefixes: Vec<Segment> =
        orders.iter().zip(locked).enumerate().map(|(v, (o, &l))| whole(inst, v as u32, &o[..l], false)).collect();
    let absent = (0..inst.visits).filter(|&j| !served[j]);
    let unserved: Vec<Unserved> =
        absent.map(|job| Unserved { job, reason: reason(inst, orders, locked, &prefixes, job) }).collect();
    let forgone: i64 = unserved.iter().map(|u| inst.prize[u.job]).sum();
    let cost = routes.iter().map(|r| r.cost).sum::<i64>() + forgone;
    Solution { routes, unserved, cost }
}

/// A route as one stretch, with or without its end.
fn whole(inst: &Instance<'_>, vehicle: u32, order: &[(u32, u32)], closed: bool) -> Segment {
    let mut here = inst.start(vehicle);
    let mut stretch = inst.terminal(here);
    for &(visit, window) in order {
        let single = &inst.windows(visit)[window as usize];
        stretch = inst.join(&stretch, here, visit, single).expect("a kept route is feasible");
        here = visit;
    }
    if closed {
        let end = inst.end(vehicle);
        stretch = inst.join(&stretch, here, end, &inst.terminal(end)).expect("a kept route is feasible");
    }
    stretch
}

fn route(inst: &Instance<'_>, vehicle: u32, order: &[(u32, u32)]) -> Route {
    let whole = whole(inst, vehicle, order, true);
    let depart_ms = whole.early.max(whole.release);
    let (mut now, mut here) = (depart_ms, inst.start(vehicle));
    let mut stops = Vec::with_capacity(order.len());
    let mut load = [0; DIMENSIONS];
    for &(visit, window) in order {
        let single = &inst.windows(visit)[window as usize];
        let arrive_ms = now + i64::from(inst.time(here, visit));
        let start_ms = arrive_ms.max(single.early);
        now = start_ms + single.duration;
        here = visit;
        for (sum, more) in load.iter_mut().zip(inst.problem.jobs[visit as usize].demand) {
            *sum += more;
        }
        stops.push(Stop { job: visit as usize, arrive_ms, start_ms, depart_ms: now });
    }
    let van = &inst.vans[vehicle as usize];
    Route {
        vehicle: vehicle as usize,
        depart_ms,
        stops,
        end_ms: now + i64::from(inst.time(here, inst.end(vehicle))),
        distance_m: whole.distance,
        load,
        cost: van.fixed + van.per_m * whole.distance + van.per_ms * whole.duration,
    }
}

/// The obstacle of the vehicle that comes closest to serving the job.
fn reason(inst: &Instance<'_>, orders: &[Order], locked: &[usize], prefixes: &[Segment], job: usize) -> Reason {
    let closeness = |reason: &Reason| match reason {
        Reason::NoVehicle => 0,
        Reason::Capacity => 1,
        Reason::Unreachable => 2,
        Reason::Time => 3,
        Reason::NoRoom | Reason::Prize => 4,
    };
    let other = if inst.problem.jobs[job].prize.is_some() { Reason::Prize } else { Reason::NoRoom };
    let obstacle = |vehicle: usize| {
        let last = locked[vehicle].checked_sub(1).map(|at| orders[vehicle][at].0);
        let last = last.unwrap_or(inst.start(vehicle as u32));
        obstacle(inst, vehicle, &prefixes[vehicle], last, job).unwrap_or(other)
    };
    (0..orders.len()).map(obstacle).max_by_key(closeness).unwrap_or(Reason::NoVehicle)
}

/// Why a vehicle could not serve a job after its locked stops, nothing else.
pub(super) fn obstacle(inst: &Instance<'_>, vehicle: usize, prefix: &Segment, last: u32, job: usize) -> Option<Reason> {
    let problem = inst.problem;
    let (v, j) = (&problem.vehicles[vehicle], &problem.jobs[job]);
    let visit = job as u32;
    let mate = inst.mate[job];
    let mate_fits = mate == NONE || permitted(v, vehicle, &problem.jobs[mate as usize]);
    if !permitted(v, vehicle, j) || !mate_fits {
        return Some(Reason::NoVehicle);
    }
    let (first, second) = if mate != NONE && !inst.leads[job] { (mate, visit) } else { (visit, mate) };
    let one = &inst.windows(first)[0];
    let two = if second == NONE { &Segment::bare(0, 0) } else { &inst.windows(second)[0] };
    let heavy = |d: usize| {
        let most = (one.most[d] + two.begin[d]).max(one.end[d] + two.most[d]);
        (prefix.most[d] + one.begin[d] + two.begin[d]).max(prefix.end[d] + most) > v.capacity[d]
    };
    if (0..DIMENSIONS).any(heavy) {
        return Some(Reason::Capacity);
    }
    let end = inst.end(vehicle as u32);
    if inst.time(last, visit) == FAR || inst.time(visit, end) == FAR {
        return Some(Reason::Unreachable);
    }
    let on_time = inst.windows(visit).iter().any(|single| {
        let there = inst.join(prefix, last, visit, single);
        let whole = there.and_then(|t| inst.join(&t, visit, end, &inst.terminal(end)));
        whole.is_some_and(|w| inst.cost(vehicle as u32, &w).is_some())
    });
    (!on_time).then_some(Reason::Time)
}
