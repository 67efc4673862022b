//! Judges routes: every clock, load, window, shift, release, skill and sum.
//!
//! Tiny problems are also solved by trying every way to share and order the jobs.

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::routing::{Job, Problem, Reason, Reloaded, Route, Shipment, Solution, Stop, Vehicle};

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
    groups(problem, &seen)?;
    let served = seen.clone();
    for unserved in &solution.unserved {
        demand!(unserved.job < problem.jobs.len() && seen.insert(unserved.job), "{unserved:?} is served or unknown");
        reason(problem, unserved.job, unserved.reason, &served)?;
    }
    demand!(seen.len() == problem.jobs.len(), "a job is lost");
    sum += left_out(problem, &served).1;
    shipments(problem, solution)?;
    demand!(sum == solution.cost, "cost is {sum}, said {}", solution.cost);
    Ok(())
}

/// At most one job of a group is served.
fn groups(problem: &Problem, served: &BTreeSet<usize>) -> Result<(), Flaw> {
    for (number, group) in problem.groups.iter().enumerate() {
        let count = group.iter().filter(|job| served.contains(job)).count();
        demand!(count <= 1, "{count} jobs of group {number} are served");
    }
    Ok(())
}

/// The job that names a job's group: the first side of its shipment.
fn named(problem: &Problem, job: usize) -> usize {
    problem.shipments.iter().find(|s| s.to == job).map_or(job, |s| s.from)
}

/// Weight and prizes of what is left out; a group left out counts as its dearest,
/// one that is served as what the dearest was worth more.
fn left_out(problem: &Problem, served: &BTreeSet<usize>) -> Rank {
    let group = |job: usize| problem.groups.iter().position(|g| g.contains(&named(problem, job)));
    let own = |job: usize| match problem.jobs[job].prize {
        Some(prize) => (0, prize),
        None => (1 + problem.jobs[job].priority, 0),
    };
    let plus = |a: Rank, b: Rank| (a.0 + b.0, a.1 + b.1);
    let alone = (0..problem.jobs.len()).filter(|&job| group(job).is_none() && !served.contains(&job));
    let mut left = alone.map(own).fold((0, 0), plus);
    for jobs in &problem.groups {
        let whole = |job: usize| {
            let to = problem.shipments.iter().find(|s| s.from == job).map_or((0, 0), |s| own(s.to));
            plus(own(job), to)
        };
        let dearest = |pick: fn(Rank) -> i64| jobs.iter().map(|&job| pick(whole(job))).max().unwrap_or(0);
        let got = jobs.iter().find(|job| served.contains(job)).map_or((0, 0), |&job| whole(job));
        left = plus(left, (dearest(|w| w.0) - got.0, dearest(|w| w.1) - got.1));
    }
    left
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
    let trips = trips(v, r)?;
    for trip in &trips {
        let order: Vec<usize> = trip.iter().map(|stop| stop.job).collect();
        loads(problem, r.vehicle, &order)?;
    }
    let mut ready = trips[0].iter().map(|s| problem.jobs[s.job].release_ms).max();
    demand!(ready.is_none_or(|ready| r.depart_ms >= ready), "{name} leaves before its goods are ready");
    for (at, stop) in r.stops.iter().enumerate() {
        if let Some(number) = r.reloads.iter().position(|l| l.before == at) {
            let loading = &r.reloads[number];
            ready = trips[number + 1].iter().map(|s| problem.jobs[s.job].release_ms).max();
            (now, metres) = reload(problem, r.vehicle, loading, (place, now, metres))?;
            place = v.reloads[loading.place].location;
            demand!(ready.is_none_or(|ready| loading.start_ms >= ready), "{name} reloads before its goods are ready");
            let mut carried = [0; 4];
            trips[number + 1].iter().for_each(|s| add(&mut carried, &problem.jobs[s.job].demand));
            demand!(carried == loading.load, "{name} takes on {carried:?}");
        }
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
    }
    trips[0].iter().for_each(|s| add(&mut load, &problem.jobs[s.job].demand));
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

/// The stops of each trip; none is empty, and locked stops are on the first.
fn trips<'r>(v: &Vehicle, r: &'r Route) -> Result<Vec<&'r [Stop]>, Flaw> {
    let most = v.max_reloads.unwrap_or(usize::MAX);
    demand!(r.reloads.len() <= most, "vehicle {} reloads {} times", r.vehicle, r.reloads.len());
    let (mut trips, mut from) = (Vec::new(), 0);
    for loading in &r.reloads {
        let sound = from < loading.before && loading.before < r.stops.len() && loading.place < v.reloads.len();
        demand!(sound && loading.before >= v.locked.len(), "vehicle {}: {loading:?} is out of place", r.vehicle);
        trips.push(&r.stops[from..loading.before]);
        from = loading.before;
    }
    trips.push(&r.stops[from..]);
    Ok(trips)
}

/// One loading, from a place, a time and metres driven: the time and metres after it.
fn reload(
    problem: &Problem,
    vehicle: usize,
    loading: &Reloaded,
    (place, now, metres): (usize, i64, i64),
) -> Result<(i64, i64), Flaw> {
    let station = &problem.vehicles[vehicle].reloads[loading.place];
    let Some((ms, m)) = link(problem, place, station.location) else {
        return Err(Flaw(format!("vehicle {vehicle} has no way to its reload")));
    };
    demand!(loading.arrive_ms == now + ms, "vehicle {vehicle}: {loading:?} is reached at {}", now + ms);
    demand!(loading.start_ms >= loading.arrive_ms, "vehicle {vehicle}: {loading:?} begins before arrival");
    let open = station.window.is_none_or(|(from, to)| (from..=to).contains(&loading.start_ms));
    demand!(open, "vehicle {vehicle}: {loading:?} is outside its window");
    let done = loading.start_ms + station.service_ms;
    demand!(loading.depart_ms == done, "vehicle {vehicle}: {loading:?} is done at {done}");
    Ok((done, metres + m))
}

fn add(sum: &mut [i64; 4], more: &[i64; 4]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
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
fn reason(problem: &Problem, job: usize, reason: Reason, served: &BTreeSet<usize>) -> Result<(), Flaw> {
    let j = &problem.jobs[job];
    let able = problem.vehicles.iter().enumerate();
    let name = named(problem, job);
    let taken = problem.groups.iter().any(|g| g.contains(&name) && g.iter().any(|other| served.contains(other)));
    let pair = problem.shipments.iter().find(|s| s.from == job || s.to == job);
    let mate = pair.map_or(j, |s| &problem.jobs[s.from + s.to - job]);
    let both = |(number, v): &(usize, &Vehicle)| permitted(v, *number, j) && permitted(v, *number, mate);
    let able: Vec<usize> = able.filter(both).map(|(number, _)| number).collect();
    let holds = |vehicle: &usize| {
        let v = &problem.vehicles[*vehicle];
        let anew = !v.reloads.is_empty() && v.max_reloads != Some(0);
        // On another trip the locked stops weigh nothing.
        let mut order = if anew { Vec::new() } else { v.locked.clone() };
        order.extend(pair.map_or(vec![job], |s| vec![s.from, s.to]));
        loads(problem, *vehicle, &order).is_ok()
    };
    let true_to = match reason {
        Reason::NoVehicle => able.is_empty(),
        Reason::Capacity => !able.is_empty() && !able.iter().any(holds),
        Reason::Unreachable | Reason::Time | Reason::NoRoom => able.iter().any(holds),
        Reason::Prize => j.prize.is_some(),
        Reason::Group => taken,
    };
    demand!(taken == (reason == Reason::Group), "job {job}: is another of its group served?");
    demand!(true_to, "job {job} is not left out for {reason:?}");
    Ok(())
}

/// Weight of unserved jobs and cost of a best solution, prizes forgone included,
/// by trying all; for four jobs or so. `None` when the locked stops cannot be kept.
pub fn brute_force(problem: &Problem) -> Option<(i64, i64)> {
    let mut orders: Vec<Vec<usize>> = problem.vehicles.iter().map(|_| Vec::new()).collect();
    let mut best = None;
    share(problem, 0, &mut orders, &mut best);
    best
}

type Rank = (i64, i64);

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
            let here = (left.0, left.1 + cost);
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
fn cheapest_departure(problem: &Problem, vehicle: usize, order: &[usize]) -> Option<i64> {
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

fn drive(problem: &Problem, vehicle: usize, order: &[usize], cuts: &[Option<usize>], depart: i64) -> Option<i64> {
    let v = &problem.vehicles[vehicle];
    let (mut place, mut now, mut metres) = (v.start, depart, 0);
    let mut from = 0;
    for to in (1..=order.len()).filter(|&to| to == order.len() || cuts[to - 1].is_some()) {
        loads(problem, vehicle, &order[from..to]).ok()?;
        from = to;
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
