//! Judges routes: every clock, load, window, shift, release, skill and sum.
//!
//! Tiny problems are also solved by trying all, see `brute_force`.

mod brute;
mod roads;

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::routing::{Job, Problem, Reason, Reloaded, Rest, Route, Solution, Stop, Vehicle};

pub use brute::brute_force;

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
    sum += promises(problem, solution)?;
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
    let orders: Vec<Vec<usize>> = trips.iter().map(|trip| trip.iter().map(|stop| stop.job).collect()).collect();
    loads(problem, r.vehicle, &orders)?;
    roads::breaks(v, r)?;
    let mut rests = r.rests.as_slice();
    // Rests on the way to a stop, or to the loading before it.
    let mut on_way = |at: usize, by: i64| {
        let count = rests.iter().take_while(|rest| rest.before == at && rest.end_ms <= by).count();
        let (now, later) = rests.split_at(count);
        rests = later;
        now
    };
    let mut ready = trips[0].iter().map(|s| problem.jobs[s.job].release_ms).max();
    demand!(ready.is_none_or(|ready| r.depart_ms >= ready), "{name} leaves before its goods are ready");
    for (at, stop) in r.stops.iter().enumerate() {
        if let Some(number) = r.reloads.iter().position(|l| l.before == at) {
            let loading = &r.reloads[number];
            ready = trips[number + 1].iter().map(|s| problem.jobs[s.job].release_ms).max();
            let resting = on_way(at, loading.start_ms);
            (now, metres) = reload(problem, r.vehicle, loading, (place, now, metres), resting)?;
            place = v.reloads[loading.place].location;
            demand!(ready.is_none_or(|ready| loading.start_ms >= ready), "{name} reloads before its goods are ready");
            let mut carried = [0; 4];
            trips[number + 1].iter().for_each(|s| add(&mut carried, &problem.jobs[s.job].demand));
            demand!(carried == loading.load, "{name} takes on {carried:?}");
        }
        let job = &problem.jobs[stop.job];
        demand!(permitted(v, r.vehicle, job), "{name} may not serve job {}", stop.job);
        let resting = on_way(at, i64::MAX);
        let Some((reached, m)) = roads::leg(problem, v, now, place, Some(job.location), resting) else {
            return Err(Flaw(format!("{name} has no way to job {}", stop.job)));
        };
        (now, metres, place) = (reached, metres + m, job.location);
        let window = |w: &(i64, i64)| (w.0..=w.1).contains(&stop.start_ms);
        demand!(stop.arrive_ms == now, "{stop:?} is reached at {now}, {name}");
        demand!(stop.start_ms >= now, "{stop:?} starts before arrival, {name}");
        demand!(job.windows.is_empty() || job.windows.iter().any(window), "{stop:?} starts outside its windows");
        now = stop.start_ms + job.service_ms;
        demand!(stop.depart_ms == now, "{stop:?} is left at {now}, {name}");
    }
    trips[0].iter().for_each(|s| add(&mut load, &problem.jobs[s.job].demand));
    let resting = on_way(r.stops.len(), i64::MAX);
    let Some((reached, m)) = roads::leg(problem, v, now, place, v.end, resting) else {
        return Err(Flaw(format!("{name} has no way to its end")));
    };
    (now, metres) = (reached, metres + m);
    demand!(rests.is_empty(), "{name} rests out of order");
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
    rests: &[Rest],
) -> Result<(i64, i64), Flaw> {
    let v = &problem.vehicles[vehicle];
    let station = &v.reloads[loading.place];
    let Some((reached, m)) = roads::leg(problem, v, now, place, Some(station.location), rests) else {
        return Err(Flaw(format!("vehicle {vehicle} has no way to its reload")));
    };
    demand!(loading.arrive_ms == reached, "vehicle {vehicle}: {loading:?} is reached at {reached}");
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

/// The load on board after each stop, from the deliveries each trip left with on;
/// shipments stay on board between trips.
fn loads(problem: &Problem, vehicle: usize, trips: &[Vec<usize>]) -> Result<(), Flaw> {
    let v = &problem.vehicles[vehicle];
    for d in 0..4 {
        let mut shipped = 0;
        for trip in trips {
            let mut load: i64 = trip.iter().map(|&j| problem.jobs[j].demand[d]).sum();
            demand!(load + shipped <= v.capacity[d], "vehicle {vehicle} leaves with {load} and {shipped}");
            for &job in trip {
                load += problem.jobs[job].pickup[d] - problem.jobs[job].demand[d];
                for s in &problem.shipments {
                    shipped += s.amount[d] * (i64::from(s.from == job) - i64::from(s.to == job));
                }
                let all = load + shipped;
                demand!(all <= v.capacity[d], "vehicle {vehicle} carries {all} after job {job}");
            }
        }
    }
    Ok(())
}

/// What changed promises cost; they are told.
fn promises(problem: &Problem, solution: &Solution) -> Result<i64, Flaw> {
    let (mut changed, mut sum) = (BTreeSet::new(), 0);
    for (vehicle, stop) in solution.routes.iter().flat_map(|r| r.stops.iter().map(|stop| (r.vehicle, stop))) {
        let Some(promise) = problem.jobs[stop.job].promise else { continue };
        let who = promise.vehicle.is_none_or(|v| v == vehicle);
        let when = promise.window.is_none_or(|w| w.0 <= stop.start_ms && stop.start_ms <= w.1);
        if !who || !when {
            changed.insert(stop.job);
            sum += promise.cost;
        }
    }
    demand!(solution.changed.iter().eq(&changed), "promises changed are {changed:?}, said {:?}", solution.changed);
    Ok(sum)
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
        loads(problem, *vehicle, &[order]).is_ok()
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

type Rank = (i64, i64);

#[cfg(test)]
mod tests;
