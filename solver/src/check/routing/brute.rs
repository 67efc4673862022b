//! The best of all plans of a tiny problem, by trying every way to share and order
//! the jobs, to reload and to leave.

use std::collections::BTreeSet;

use super::{Rank, groups, left_out, loads, permitted, roads};
use crate::routing::{Break, Objective, Problem, Shipment, Vehicle};

/// What comes before cost: weight, then vehicles where they count.
pub(super) fn weighed(problem: &Problem, weight: i64, vehicles: usize) -> i64 {
    let first = problem.objective == Objective::VehiclesFirst;
    weight * 1_000 + if first { vehicles as i64 } else { 0 }
}

/// What comes before cost (see `weighed`) and cost of a best solution, prizes forgone included,
/// by trying all; for four jobs or so. `None` when the locked stops cannot be kept.
pub fn brute_force(problem: &Problem) -> Option<(i64, i64)> {
    let promised: Vec<usize> = (0..problem.jobs.len()).filter(|&j| problem.jobs[j].promise.is_some()).collect();
    let mut best = None;
    for kept in 0..1_usize << promised.len() {
        let Some(bound) = binding(problem, &promised, kept) else { continue };
        let mut orders: Vec<Vec<usize>> = problem.vehicles.iter().map(|_| Vec::new()).collect();
        share(&bound, 0, &mut orders, &mut best);
    }
    best
}

/// The problem with some promises as rules, the others as changed; none when a rule
/// cannot hold.
fn binding(problem: &Problem, promised: &[usize], kept: usize) -> Option<Problem> {
    let mut bound = problem.clone();
    for &job in promised.iter().enumerate().filter(|(number, _)| kept >> number & 1 == 1).map(|(_, job)| job) {
        let j = &mut bound.jobs[job];
        let promise = j.promise.take()?;
        if let Some((from, to)) = promise.window {
            let windows = if j.windows.is_empty() { vec![(i64::MIN >> 2, i64::MAX >> 2)] } else { j.windows.clone() };
            j.windows = windows.iter().map(|w| (w.0.max(from), w.1.min(to))).filter(|w| w.0 <= w.1).collect();
            if j.windows.is_empty() {
                return None;
            }
        }
        if let Some(v) = promise.vehicle {
            j.allowed = Some(j.allowed.as_ref().map_or(vec![v], |a| a.iter().copied().filter(|a| *a == v).collect()));
        }
    }
    Some(bound)
}

fn share(problem: &Problem, job: usize, orders: &mut Vec<Vec<usize>>, best: &mut Option<Rank>) {
    if job == problem.jobs.len() {
        let served: BTreeSet<usize> = orders.iter().flatten().copied().collect();
        let whole = problem.shipments.iter().all(|s| is_whole(orders, s));
        if !whole || groups(problem, &served).is_err() {
            return;
        }
        let costs = orders.iter().enumerate().map(|(v, order)| cheapest_departure(problem, v, order));
        if let Some(cost) = costs.sum::<Option<i64>>() {
            let left = left_out(problem, &served);
            let changed: i64 = served.iter().filter_map(|&j| problem.jobs[j].promise).map(|p| p.cost).sum();
            let cost = cost + changed;
            let used = orders.iter().filter(|order| !order.is_empty()).count();
            let here = (weighed(problem, left.0, used), left.1 + cost);
            *best = Some(best.map_or(here, |b| b.min(here)));
        }
        return;
    }
    share(problem, job + 1, orders, best);
    for vehicle in 0..orders.len() {
        for at in 0..=orders[vehicle].len() {
            orders[vehicle].insert(at, job);
            share(problem, job + 1, orders, best);
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

/// Least cost of one order of jobs over all ways to reload and all departures.
pub(super) fn cheapest_departure(problem: &Problem, vehicle: usize, order: &[usize]) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    if !order.starts_with(&v.locked) {
        return None;
    }
    if order.is_empty() {
        return Some(0);
    }
    // A place, or none, for each gap: counted like the digits of a number.
    let (gaps, digits) = (order.len() - 1, v.reloads.len() + 1);
    let plans = (0..digits.pow(gaps as u32)).map(|number| {
        let digit = |gap: usize| number / digits.pow(gap as u32) % digits;
        (0..gaps).map(|gap| digit(gap).checked_sub(1)).collect::<Vec<_>>()
    });
    let allowed = |cuts: &Vec<Option<usize>>| {
        let used = cuts.iter().flatten().count();
        used <= v.max_reloads.unwrap_or(used) && cuts.iter().take(v.locked.len().saturating_sub(1)).all(Option::is_none)
    };
    plans.filter(allowed).filter_map(|cuts| cheapest_with(problem, vehicle, order, &cuts)).min()
}

/// The latest release of the trip that begins with a stop.
fn released(problem: &Problem, order: &[usize], cuts: &[Option<usize>], from: usize) -> i64 {
    let to = (from..cuts.len()).find(|&gap| cuts[gap].is_some()).map_or(order.len(), |gap| gap + 1);
    order[from..to].iter().map(|&j| problem.jobs[j].release_ms).max().unwrap_or(i64::MIN)
}

/// The same for given reloads: `cuts[gap]` is the place between two stops. Driven
/// without waiting, cost is linear in the departure except where a stop is
/// reached just as a window opens or closes; after a wait nothing depends on it.
fn cheapest_with(problem: &Problem, vehicle: usize, order: &[usize], cuts: &[Option<usize>]) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    let first = v.shift.0.max(released(problem, order, cuts, 0));
    let mut tries = vec![first];
    if is_rich(problem, v) {
        // Nothing is gained by leaving later but breaks taken before.
        let idle = (0..v.breaks.len()).filter_map(|last| {
            v.breaks[..=last].iter().try_fold(i64::MIN, |now, b| {
                let begin = now.max(b.window.0);
                (begin <= b.window.1).then_some(begin + b.service_ms)
            })
        });
        tries.extend(idle.map(|over| over.max(first)));
        return tries.into_iter().filter_map(|t| richly(problem, vehicle, order, cuts, t)).min();
    }
    let (mut place, mut reach) = (v.start, 0);
    for (at, &j) in order.iter().enumerate() {
        let job = &problem.jobs[j];
        if let Some(station) = at.checked_sub(1).and_then(|gap| cuts[gap]).map(|k| &v.reloads[k]) {
            reach += problem.durations.get(place, station.location)?;
            let (from, to) = station.window.unwrap_or((reach, reach));
            tries.extend([from - reach, to - reach, released(problem, order, cuts, at) - reach]);
            reach += station.service_ms;
            place = station.location;
        }
        reach += problem.durations.get(place, job.location)?;
        let turns = job.windows.iter().flat_map(|w| [w.0 - reach, w.1 - reach]);
        tries.extend(turns);
        reach += job.service_ms;
        place = job.location;
    }
    let costs = tries.into_iter().filter(|&t| t >= first).filter_map(|t| drive(problem, vehicle, order, cuts, t));
    costs.min()
}

/// Whether breaks, slices or roads of its own ask for more than a sum.
fn is_rich(problem: &Problem, v: &Vehicle) -> bool {
    !v.breaks.is_empty() || v.profile > 0 || !problem.slices.is_empty()
}

/// Loads of all trips, and whether the vehicle may serve all.
fn may_carry(problem: &Problem, vehicle: usize, order: &[usize], cuts: &[Option<usize>]) -> bool {
    let mut trips = vec![Vec::new()];
    for (at, &job) in order.iter().enumerate() {
        if at > 0 && cuts[at - 1].is_some() {
            trips.push(Vec::new());
        }
        trips.last_mut().expect("there is a first trip").push(job);
    }
    let v = &problem.vehicles[vehicle];
    loads(problem, vehicle, &trips).is_ok() && order.iter().all(|&j| permitted(v, vehicle, &problem.jobs[j]))
}

/// Least cost with breaks anywhere, for a given departure; exact where time is not
/// paid and not bounded.
fn richly(problem: &Problem, vehicle: usize, order: &[usize], cuts: &[Option<usize>], depart: i64) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    if !may_carry(problem, vehicle, order, cuts) {
        return None;
    }
    let idle = |from: i64, list: &[Break]| {
        list.iter().try_fold(from, |now, b| {
            let begin = now.max(b.window.0);
            (begin <= b.window.1).then_some(begin + b.service_ms)
        })
    };
    // What may be true on arrival: the time and the breaks done; and all metres.
    let before = (0..=v.breaks.len()).filter(|&k| idle(i64::MIN, &v.breaks[..k]).is_some_and(|over| over <= depart));
    let mut states: Vec<(i64, usize)> = before.map(|k| (depart, k)).collect();
    let (mut place, mut metres) = (v.start, 0);
    let go = |states: &[(i64, usize)], from: usize, to: Option<usize>| -> Vec<(i64, usize)> {
        states.iter().flat_map(|&(now, done)| roads::legs(problem, v, now, done, from, to)).collect()
    };
    for (at, &j) in order.iter().enumerate() {
        let job = &problem.jobs[j];
        if let Some(station) = at.checked_sub(1).and_then(|gap| cuts[gap]).map(|k| &v.reloads[k]) {
            metres += roads::way(problem, v, 0, place, station.location)?.1;
            states = go(&states, place, Some(station.location));
            let (open, close) = station.window.unwrap_or((i64::MIN, i64::MAX));
            let ready = released(problem, order, cuts, at).max(open);
            let begun = states.iter().map(|s| (s.0.max(ready), s.1)).filter(|s| s.0 <= close);
            states = begun.map(|s| (s.0 + station.service_ms, s.1)).collect();
            place = station.location;
        }
        metres += roads::way(problem, v, 0, place, job.location)?.1;
        states = go(&states, place, Some(job.location));
        place = job.location;
        let begun = states.iter().filter_map(|&(now, done)| {
            let opens = job.windows.iter().filter(|w| w.1 >= now).map(|w| w.0.max(now)).min();
            Some((if job.windows.is_empty() { now } else { opens? } + job.service_ms, done))
        });
        states = begun.collect();
    }
    if let Some(end) = v.end {
        metres += roads::way(problem, v, 0, place, end)?.1;
    }
    states = go(&states, place, v.end);
    let most = v.max_duration_ms.unwrap_or(i64::MAX);
    let ends = states
        .iter()
        .filter(|(now, done)| *now <= v.shift.1 && *now - depart <= most && idle(*now, &v.breaks[*done..]).is_some());
    let end = ends.map(|s| s.0).min()?;
    let short = v.max_distance_m.is_none_or(|most| metres <= most);
    short.then(|| v.fixed_cost + v.cost_per_m * metres + v.cost_per_ms * (end - depart))
}

fn drive(problem: &Problem, vehicle: usize, order: &[usize], cuts: &[Option<usize>], depart: i64) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    let (mut place, mut now, mut metres) = (v.start, depart, 0);
    if !may_carry(problem, vehicle, order, cuts) {
        return None;
    }
    for (at, &j) in order.iter().enumerate() {
        let job = &problem.jobs[j];
        if let Some(station) = at.checked_sub(1).and_then(|gap| cuts[gap]).map(|k| &v.reloads[k]) {
            let (ms, m) = link(problem, place, station.location)?;
            (now, metres, place) = (now + ms, metres + m, station.location);
            let (open, close) = station.window.unwrap_or((now, i64::MAX));
            now = now.max(open).max(released(problem, order, cuts, at));
            if now > close {
                return None;
            }
            now += station.service_ms;
        }
        let (ms, m) = link(problem, place, job.location)?;
        (now, metres, place) = (now + ms, metres + m, job.location);
        if !job.windows.is_empty() {
            let opens = job.windows.iter().filter(|w| w.1 >= now);
            now = opens.map(|w| w.0.max(now)).min()?;
        }
        now += job.service_ms;
    }
    if let Some(end) = v.end {
        let (ms, m) = link(problem, place, end)?;
        (now, metres) = (now + ms, metres + m);
    }
    let short = v.max_distance_m.is_none_or(|most| metres <= most);
    let quick = v.max_duration_ms.is_none_or(|most| now - depart <= most);
    (short && quick && now <= v.shift.1).then(|| v.fixed_cost + v.cost_per_m * metres + v.cost_per_ms * (now - depart))
}

fn link(problem: &Problem, from: usize, to: usize) -> Option<(i64, i64)> {
    Some((problem.durations.get(from, to)?, problem.distances.get(from, to)?))
}
