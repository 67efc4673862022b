//! From routes to times on the clock, and from an absent job to its reason.
//!
//! A vehicle leaves at the earliest moment that costs the least time: late
//! enough not to wait needlessly, early enough to keep slack for the road.

use super::compile::{FAR, Instance, NONE};
use super::kinds::permitted;
use super::model::{DIMENSIONS, Reason, Reloaded, Route, Solution, Stop, Unserved};
use super::segment::Segment;
use super::trips::{Driven, place_of};
use super::wild;

/// A vehicle's visits with their windows.
pub(super) type Order = Vec<(u32, u32)>;

/// The answer in the caller's terms.
pub(super) fn solution(inst: &Instance<'_>, orders: &[Order], locked: &[usize]) -> Solution {
    let used = orders.iter().enumerate().filter(|(_, order)| !order.is_empty());
    let routes: Vec<Route> = used.map(|(vehicle, order)| route(inst, vehicle as u32, order)).collect();
    let mut served = vec![false; inst.visits];
    orders.iter().flatten().for_each(|(visit, _)| served[*visit as usize] = true);
    let prefixes: Vec<Segment> = if inst.traits.wild {
        Vec::new()
    } else {
        orders.iter().zip(locked).enumerate().map(|(v, (o, &l))| whole(inst, v as u32, &o[..l], false)).collect()
    };
    let why = |job: usize| {
        let mate = inst.mate[job];
        let first = if mate == NONE || inst.leads[job] { job as u32 } else { mate };
        let taken = inst.group_of(first).iter().any(|other| served[*other]);
        if taken { Reason::Group } else { reason(inst, orders, locked, &prefixes, job) }
    };
    let absent = (0..inst.jobs).filter(|&j| !served[j]);
    let unserved: Vec<Unserved> = absent.map(|job| Unserved { job, reason: why(job) }).collect();
    let forgone: i64 = unserved.iter().map(|u| inst.prize[u.job]).sum::<i64>() - inst.spared.1;
    let stops = routes.iter().flat_map(|r| r.stops.iter().map(|stop| (r.vehicle, stop)));
    let mut changed: Vec<usize> = stops.filter(|(v, stop)| is_changed(inst, *v, stop)).map(|(_, s)| s.job).collect();
    changed.sort_unstable();
    let broken: i64 = changed.iter().filter_map(|&job| inst.problem.jobs[job].promise).map(|p| p.cost).sum();
    let cost = routes.iter().map(|r| r.cost).sum::<i64>() + forgone + broken;
    Solution { routes, unserved, changed, cost }
}

fn is_changed(inst: &Instance<'_>, vehicle: usize, stop: &Stop) -> bool {
    let Some(promise) = inst.problem.jobs[stop.job].promise else { return false };
    let other = promise.vehicle.is_some_and(|v| v != vehicle);
    other || promise.window.is_some_and(|(from, to)| !(from..=to).contains(&stop.start_ms))
}

/// A route as one stretch, with or without its end.
fn whole(inst: &Instance<'_>, vehicle: u32, order: &[(u32, u32)], closed: bool) -> Segment {
    drive(inst, vehicle, order, closed).expect("a kept route is feasible")
}

/// The same, for any route; nothing when it cannot be driven in time.
pub(super) fn drive(inst: &Instance<'_>, vehicle: u32, order: &[(u32, u32)], closed: bool) -> Option<Segment> {
    let mut here = inst.start(vehicle);
    let mut driven = Driven::new(inst, vehicle);
    for &(visit, window) in order {
        driven = driven.on(inst, vehicle, here, visit, &inst.windows(visit)[window as usize])?;
        here = visit;
    }
    if closed {
        let end = inst.end(vehicle);
        driven = driven.on(inst, vehicle, here, end, &inst.terminal(end))?;
    }
    driven.whole()
}

fn route(inst: &Instance<'_>, vehicle: u32, order: &[(u32, u32)]) -> Route {
    if inst.traits.wild {
        return wild::route(inst, vehicle as usize, order).expect("a kept route is feasible");
    }
    let whole = whole(inst, vehicle, order, true);
    let depart_ms = whole.early.max(whole.release);
    let (mut now, mut here) = (depart_ms, inst.start(vehicle));
    let mut stops = Vec::with_capacity(order.len());
    let mut reloads: Vec<Reloaded> = Vec::new();
    let mut load = [0; DIMENSIONS];
    for (at, &(visit, window)) in order.iter().enumerate() {
        let single = &inst.windows(visit)[window as usize];
        let arrive_ms = now + i64::from(inst.time(here, visit));
        let mut start_ms = arrive_ms.max(single.early);
        here = visit;
        if inst.is_reload(visit) {
            let trip = order[at + 1..].iter().map(|o| o.0 as usize).take_while(|v| *v < inst.jobs);
            start_ms = start_ms.max(trip.map(|job| inst.problem.jobs[job].release_ms).max().unwrap_or(start_ms));
            now = start_ms + single.duration;
            let place = place_of(inst, vehicle as usize, visit).expect("the vehicle reloads where it may");
            let load = [0; DIMENSIONS];
            reloads.push(Reloaded { before: stops.len(), place, arrive_ms, start_ms, depart_ms: now, load });
            continue;
        }
        now = start_ms + single.duration;
        let taken = reloads.last_mut().map_or(&mut load, |reload| &mut reload.load);
        for (sum, more) in taken.iter_mut().zip(inst.problem.jobs[visit as usize].demand) {
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
        reloads,
        rests: Vec::new(),
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
        Reason::NoRoom | Reason::Prize | Reason::Group => 4,
    };
    let other = if inst.problem.jobs[job].prize.is_some() { Reason::Prize } else { Reason::NoRoom };
    let obstacle = |vehicle: usize| {
        if inst.traits.wild {
            return wild_reason(inst, vehicle, &orders[vehicle][..locked[vehicle]], job).unwrap_or(other);
        }
        let last = locked[vehicle].checked_sub(1).map(|at| orders[vehicle][at].0);
        let last = last.unwrap_or(inst.start(vehicle as u32));
        let met = obstacle(inst, vehicle, &prefixes[vehicle], last, job);
        let Some(met) = met.filter(|met| *met != Reason::NoVehicle) else { return met.unwrap_or(other) };
        match goes_after_reload(inst, vehicle, &orders[vehicle][..locked[vehicle]], job) {
            None => met,
            Some(true) => other,
            Some(false) if met == Reason::Capacity => Reason::Time,
            Some(false) => met,
        }
    };
    (0..orders.len()).map(obstacle).max_by_key(closeness).unwrap_or(Reason::NoVehicle)
}

/// Whether a vehicle would be in time with a job alone on a second trip, after its
/// locked stops; nothing when it has no second trip, or no room for the job on it.
fn goes_after_reload(inst: &Instance<'_>, vehicle: usize, locked: &[(u32, u32)], job: usize) -> Option<bool> {
    let (route, visit) = (vehicle as u32, job as u32);
    let places = || inst.places.iter().map(|p| p.start).filter(|&reload| inst.may_serve(route, reload));
    let several = inst.vans[vehicle].max_reloads > 0 && places().next().is_some();
    if locked.is_empty() || !several || !inst.may_serve(route, visit) {
        return None;
    }
    let mut windows = places().flat_map(|reload| (0..inst.windows(visit).len() as u32).map(move |w| (reload, w)));
    Some(windows.any(|(reload, window)| {
        let order: Order = locked.iter().copied().chain([(reload, 0), (visit, window)]).collect();
        drive(inst, route, &order, true).is_some_and(|w| inst.cost(route, &w).is_some())
    }))
}

/// Why a vehicle could not serve a job after its locked stops, on this trip or the
/// next; nothing else.
fn wild_reason(inst: &Instance<'_>, vehicle: usize, locked: &[(u32, u32)], job: usize) -> Option<Reason> {
    let met = wild_obstacle(inst, vehicle, locked, job)?;
    let route = vehicle as u32;
    let places = inst.places.iter().map(|p| p.start).filter(|&reload| inst.may_serve(route, reload));
    let again = places.filter(|_| inst.vans[vehicle].max_reloads > 0 && !locked.is_empty());
    let anew = again.map(|reload| {
        let order: Order = locked.iter().copied().chain([(reload, 0)]).collect();
        wild_obstacle(inst, vehicle, &order, job)
    });
    let closeness = |met: &Option<Reason>| match met {
        None => 0,
        Some(Reason::Time) => 1,
        Some(Reason::Unreachable) => 2,
        Some(_) => 3,
    };
    anew.chain([Some(met)]).min_by_key(closeness).flatten()
}

/// Why a vehicle could not serve a job, with the other side of its shipment, after
/// some stops.
pub(super) fn wild_obstacle(inst: &Instance<'_>, vehicle: usize, before: &[(u32, u32)], job: usize) -> Option<Reason> {
    let problem = inst.problem;
    let (v, visit, mate) = (&problem.vehicles[vehicle], job as u32, inst.mate[job]);
    let (first, second) = if mate != NONE && !inst.leads[job] { (mate, visit) } else { (visit, mate) };
    let sides = [first, second].into_iter().filter(|side| *side != NONE);
    if !sides.clone().all(|side| permitted(v, vehicle, &problem.jobs[side as usize])) {
        return Some(Reason::NoVehicle);
    }
    let mut order: Order = before.iter().copied().chain(sides.map(|side| (side, 0))).collect();
    if !wild::has_room(inst, vehicle, &order) {
        return Some(Reason::Capacity);
    }
    let roads = wild::Roads::new(problem, v);
    let stops = order.iter().map(|o| inst.place(o.0));
    let ends: Vec<Option<usize>> = [Some(v.start)].into_iter().chain(stops).chain([v.end]).collect();
    if ends.windows(2).any(|w| roads.metres(w[0], w[1]).is_none()) {
        return Some(Reason::Unreachable);
    }
    let at = before.len();
    let windows = |visit: u32| if visit == NONE { 1 } else { inst.windows(visit).len() as u32 };
    for window in 0..windows(first) {
        for other in 0..windows(second) {
            order[at].1 = window;
            if let Some(last) = order.get_mut(at + 1) {
                last.1 = other;
            }
            if wild::cost(inst, vehicle, &order).is_some() {
                return None;
            }
        }
    }
    Some(Reason::Time)
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
