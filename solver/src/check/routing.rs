//! Judges routes: every clock, load, window, shift, release, skill and sum.
//!
//! Tiny problems are also solved by trying every way to share and order the jobs.

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::routing::{Job, Problem, Reason, Route, Shipment, Solution, Vehicle};

/// Checks every rule and recomputes the cost from the problem.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(problem: &Problem, solution: &Solution) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    let mut vehicles = BTreeSet::new();
    let mut sum = 0;
    for r in &solution.routes {
        demand!(r.vehicle < problem.vehicles.len(), "vehicle {} does not exist", r.vehicle);
        demand!(vehicles.insert(r.vehicle), "vehicle {} drives twice", r.vehicle);
        for stop in &r.stops {
            demand!(stop.job < problem.jobs.len(), "job {} does not exist", stop.job);
            demand!(seen.insert(stop.job), "job {} is served twice", stop.job);
        }
        route(problem, r)?;
        sum += r.cost;
    }
    for (number, v) in problem.vehicles.iter().enumerate() {
        demand!(v.locked.is_empty() || vehicles.contains(&number), "vehicle {number} forgot its locked stops");
    }
    for unserved in &solution.unserved {
        demand!(unserved.job < problem.jobs.len() && seen.insert(unserved.job), "{unserved:?} is served or unknown");
        reason(problem, unserved.job, unserved.reason)?;
    }
    demand!(seen.len() == problem.jobs.len(), "a job is lost");
    sum += solution.unserved.iter().filter_map(|u| problem.jobs[u.job].prize).sum::<i64>();
    shipments(problem, solution)?;
    demand!(sum == solution.cost, "cost is {sum}, said {}", solution.cost);
    Ok(())
}

fn route(problem: &Problem, r: &Route) -> Result<(), Flaw> {
    let v = &problem.vehicles[r.vehicle];
    let name = format!("vehicle {}", r.vehicle);
    demand!(!r.stops.is_empty(), "{name} drives for nothing");
    let prefix: Vec<usize> = r.stops.iter().map(|s| s.job).take(v.locked.len()).collect();
    demand!(prefix == v.locked, "{name} changed its locked stops");
    demand!(r.depart_ms >= v.shift.0, "{name} leaves before its shift");
    let (mut place, mut now, mut metres) = (v.start, r.depart_ms, 0);
    let mut load = [0_i64; 4];
    let order: Vec<usize> = r.stops.iter().map(|stop| stop.job).collect();
    loads(problem, r.vehicle, &order)?;
    for stop in &r.stops {
        let job = &problem.jobs[stop.job];
        demand!(permitted(v, r.vehicle, job), "{name} may not serve job {}", stop.job);
        let Some((ms, m)) = link(problem, place, job.location) else {
            return Err(Flaw(format!("{name} has no way to job {}", stop.job)));
        };
        (now, metres, place) = (now + ms, metres + m, job.location);
        let window = |w: &(i64, i64)| (w.0..=w.1).contains(&stop.start_ms);
        demand!(stop.arrive_ms == now, "{stop:?} is reached at {now}, {name}");
        demand!(stop.start_ms >= now, "{stop:?} starts before arrival, {name}");
        demand!(job.windows.is_empty() || job.windows.iter().any(window), "{stop:?} starts outside its windows");
        now = stop.start_ms + job.service_ms;
        demand!(stop.depart_ms == now, "{stop:?} is left at {now}, {name}");
        demand!(r.depart_ms >= job.release_ms, "{name} leaves before job {} is ready", stop.job);
        for (sum, more) in load.iter_mut().zip(job.demand) {
            *sum += more;
        }
    }
    if let Some(end) = v.end {
        let Some((ms, m)) = link(problem, place, end) else {
            return Err(Flaw(format!("{name} has no way to its end")));
        };
        (now, metres) = (now + ms, metres + m);
    }
    demand!(r.end_ms == now, "{name} ends at {now}, said {}", r.end_ms);
    demand!(now <= v.shift.1, "{name} ends after its shift");
    demand!(load == r.load, "{name} loads {load:?}");
    demand!(v.max_distance_m.is_none_or(|most| metres <= most), "{name} drives too far, {metres} m");
    let out = now - r.depart_ms;
    demand!(v.max_duration_ms.is_none_or(|most| out <= most), "{name} is out too long, {out} ms");
    demand!(r.distance_m == metres, "{name} drives {metres} m");
    let cost = v.fixed_cost + v.cost_per_m * metres + v.cost_per_ms * (now - r.depart_ms);
    demand!(cost == r.cost, "{name} costs {cost}, said {}", r.cost);
    Ok(())
}

/// The load on board after each stop, from the deliveries it left with on.
fn loads(problem: &Problem, vehicle: usize, order: &[usize]) -> Result<(), Flaw> {
    let v = &problem.vehicles[vehicle];
    let jobs = || order.iter().copied();
    for d in 0..4 {
        let mut load: i64 = jobs().map(|j| problem.jobs[j].demand[d]).sum();
        demand!(load <= v.capacity[d], "vehicle {vehicle} leaves with {load}");
        for job in jobs() {
            load += problem.jobs[job].pickup[d] - problem.jobs[job].demand[d];
            for s in &problem.shipments {
                load += s.amount[d] * (i64::from(s.from == job) - i64::from(s.to == job));
            }
            demand!(load <= v.capacity[d], "vehicle {vehicle} carries {load} after job {job}");
        }
    }
    Ok(())
}

/// Both sides on one route, the first before the second, or both left out.
fn shipments(problem: &Problem, solution: &Solution) -> Result<(), Flaw> {
    let place = |job: usize| {
        let routes = solution.routes.iter().enumerate();
        let mut found = routes.filter_map(|(r, route)| Some((r, route.stops.iter().position(|s| s.job == job)?)));
        found.next()
    };
    for s in &problem.shipments {
        let sound = match (place(s.from), place(s.to)) {
            (None, None) => true,
            (Some(from), Some(to)) => from.0 == to.0 && from.1 < to.1,
            _ => false,
        };
        demand!(sound, "{s:?} is torn apart");
    }
    Ok(())
}

fn link(problem: &Problem, from: usize, to: usize) -> Option<(i64, i64)> {
    Some((problem.durations.get(from, to)?, problem.distances.get(from, to)?))
}

fn permitted(v: &Vehicle, number: usize, job: &Job) -> bool {
    let allowed = job.allowed.as_ref();
    job.skills & !v.skills == 0 && allowed.is_none_or(|list| list.contains(&number))
}

/// A reason must hold of the problem: "no vehicle" and "capacity" outright,
/// "no room" only when some vehicle may at least load it.
fn reason(problem: &Problem, job: usize, reason: Reason) -> Result<(), Flaw> {
    let j = &problem.jobs[job];
    let able = problem.vehicles.iter().enumerate();
    let pair = problem.shipments.iter().find(|s| s.from == job || s.to == job);
    let mate = pair.map_or(j, |s| &problem.jobs[s.from + s.to - job]);
    let both = |(number, v): &(usize, &Vehicle)| permitted(v, *number, j) && permitted(v, *number, mate);
    let able: Vec<usize> = able.filter(both).map(|(number, _)| number).collect();
    let holds = |vehicle: &usize| {
        let mut order = problem.vehicles[*vehicle].locked.clone();
        order.extend(pair.map_or(vec![job], |s| vec![s.from, s.to]));
        loads(problem, *vehicle, &order).is_ok()
    };
    let true_to = match reason {
        Reason::NoVehicle => able.is_empty(),
        Reason::Capacity => !able.is_empty() && !able.iter().any(holds),
        Reason::Unreachable | Reason::Time | Reason::NoRoom => able.iter().any(holds),
        Reason::Prize => j.prize.is_some(),
    };
    demand!(true_to, "job {job} is not left out for {reason:?}");
    Ok(())
}

/// Weight of unserved jobs and cost of a best solution, prizes forgone included,
/// by trying all; for four jobs or so. `None` when the locked stops cannot be kept.
pub fn brute_force(problem: &Problem) -> Option<(i64, i64)> {
    let mut orders: Vec<Vec<usize>> = problem.vehicles.iter().map(|_| Vec::new()).collect();
    let mut best = None;
    share(problem, 0, &mut orders, (0, 0), &mut best);
    best
}

type Rank = (i64, i64);

fn share(problem: &Problem, job: usize, orders: &mut Vec<Vec<usize>>, left: Rank, best: &mut Option<Rank>) {
    let Some(j) = problem.jobs.get(job) else {
        if !problem.shipments.iter().all(|s| is_whole(orders, s)) {
            return;
        }
        let costs = orders.iter().enumerate().map(|(v, order)| cheapest_departure(problem, v, order));
        if let Some(cost) = costs.sum::<Option<i64>>() {
            let here = (left.0, left.1 + cost);
            *best = Some(best.map_or(here, |b| b.min(here)));
        }
        return;
    };
    let without = match j.prize {
        Some(prize) => (left.0, left.1 + prize),
        None => (left.0 + 1 + j.priority, left.1),
    };
    share(problem, job + 1, orders, without, best);
    for vehicle in 0..orders.len() {
        for at in 0..=orders[vehicle].len() {
            orders[vehicle].insert(at, job);
            share(problem, job + 1, orders, left, best);
            orders[vehicle].remove(at);
        }
    }
}

fn is_whole(orders: &[Vec<usize>], s: &Shipment) -> bool {
    let place = |job: usize| {
        let mut found = orders.iter().enumerate().filter_map(|(r, o)| Some((r, o.iter().position(|j| *j == job)?)));
        found.next()
    };
    match (place(s.from), place(s.to)) {
        (None, None) => true,
        (Some(from), Some(to)) => from.0 == to.0 && from.1 < to.1,
        _ => false,
    }
}

/// Least cost of one order of jobs over all departures worth trying. Driven
/// without waiting, cost is linear in the departure except where a stop is
/// reached just as a window opens or closes; after a wait nothing depends on it.
fn cheapest_departure(problem: &Problem, vehicle: usize, order: &[usize]) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    if !order.starts_with(&v.locked) {
        return None;
    }
    if order.is_empty() {
        return Some(0);
    }
    let ready = order.iter().map(|&j| problem.jobs[j].release_ms).max();
    let first = v.shift.0.max(ready?);
    let mut tries = vec![first];
    let (mut place, mut reach) = (v.start, 0);
    for &j in order {
        let job = &problem.jobs[j];
        reach += problem.durations.get(place, job.location)?;
        let turns = job.windows.iter().flat_map(|w| [w.0 - reach, w.1 - reach]);
        tries.extend(turns);
        reach += job.service_ms;
        place = job.location;
    }
    let costs = tries.into_iter().filter(|&t| t >= first).filter_map(|t| drive(problem, vehicle, order, t));
    costs.min()
}

fn drive(problem: &Problem, vehicle: usize, order: &[usize], depart: i64) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    let (mut place, mut now, mut metres) = (v.start, depart, 0);
    loads(problem, vehicle, order).ok()?;
    for &j in order {
        let job = &problem.jobs[j];
        let (ms, m) = link(problem, place, job.location)?;
        (now, metres, place) = (now + ms, metres + m, job.location);
        if !job.windows.is_empty() {
            let opens = job.windows.iter().filter(|w| w.1 >= now);
            now = opens.map(|w| w.0.max(now)).min()?;
        }
        now += job.service_ms;
        if !permitted(v, vehicle, job) {
            return None;
        }
    }
    if let Some(end) = v.end {
        let (ms, m) = link(problem, place, end)?;
        (now, metres) = (now + ms, metres + m);
    }
    let short = v.max_distance_m.is_none_or(|most| metres <= most);
    let quick = v.max_duration_ms.is_none_or(|most| now - depart <= most);
    (short && quick && now <= v.shift.1).then(|| v.fixed_cost + v.cost_per_m * metres + v.cost_per_ms * (now - depart))
}

#[cfg(test)]
mod tests;
