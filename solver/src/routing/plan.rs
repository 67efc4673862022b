//! A set of routes under change, with prefix and suffix stretches kept ready.

use super::instance::{Instance, Visit};
use super::model::{Reason, RoutingError};
use super::segment::Segment;

/// One vehicle's visits; `pre[i]` is the start and the first i visits, `suf[i]`
/// the visits from i on and the end.
#[derive(Debug, Clone)]
pub(super) struct Tour {
    pub(super) visits: Vec<Visit>,
    pub(super) pre: Vec<Segment>,
    pub(super) suf: Vec<Segment>,
    /// 0 for a vehicle that stays at home.
    pub(super) cost: i64,
    /// Visits that may not move.
    pub(super) locked: usize,
}

/// A place for a visit and what it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) delta: i64,
    /// When the route would be done at the earliest; decides between equals,
    /// since an early end leaves more room.
    pub(super) done: i64,
    pub(super) route: usize,
    pub(super) at: usize,
    pub(super) window: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) tours: Vec<Tour>,
    /// Route of each job.
    pub(super) route_of: Vec<Option<u32>>,
    /// Jobs on no route, in no particular but a repeatable order.
    pub(super) absent: Vec<usize>,
    pub(super) cost: i64,
}

impl Plan {
    /// Locked stops only.
    pub(super) fn new(instance: &Instance<'_>) -> Result<Self, RoutingError> {
        let mut plan = Self {
            tours: Vec::with_capacity(instance.vehicles.len()),
            route_of: vec![None; instance.jobs.len()],
            absent: Vec::new(),
            cost: 0,
        };
        for vehicle in 0..instance.vehicles.len() {
            let tour = plan.locked_tour(instance, vehicle)?;
            plan.cost += tour.cost;
            plan.tours.push(tour);
        }
        let jobs = 0..instance.jobs.len();
        plan.absent = jobs.filter(|&j| plan.route_of[j].is_none()).collect();
        Ok(plan)
    }

    fn locked_tour(&mut self, instance: &Instance<'_>, vehicle: usize) -> Result<Tour, RoutingError> {
        let mut visits: Vec<Visit> = Vec::new();
        let mut prefix = instance.starts[vehicle];
        for &job in &instance.vehicles[vehicle].locked {
            if self.route_of[job].replace(vehicle as u32).is_some() {
                return Err(RoutingError::LockedTwice { vehicle, job });
            }
            if let Some(reason) = instance.obstacle(vehicle, &prefix, job) {
                return Err(RoutingError::Locked { vehicle, job, reason });
            }
            // The earliest window that works leaves most room for what follows.
            let reached = instance.windows(job).filter_map(|visit| {
                let there = instance.join(&prefix, instance.service(visit))?;
                let whole = instance.join(&there, &instance.ends[vehicle])?;
                instance.cost(vehicle, &whole)?;
                Some((there.early + there.duration, visit, there))
            });
            let earliest = reached.min_by_key(|(done, visit, _)| (*done, visit.window));
            let Some((_, visit, there)) = earliest else {
                let reason = Reason::Time;
                return Err(RoutingError::Locked { vehicle, job, reason });
            };
            visits.push(visit);
            prefix = there;
        }
        let locked = visits.len();
        let tour = build(instance, vehicle, visits, locked);
        // Each prefix was found feasible with the end joined, so the whole is.
        Ok(tour.expect("a locked prefix was checked stop by stop"))
    }

    /// Weight of the absent jobs: the first part of the objective.
    pub(super) fn weight(&self, instance: &Instance<'_>) -> i64 {
        self.absent.iter().map(|&j| instance.weight(j)).sum()
    }

    /// Replaces a route's visits; false, and no change, when they are infeasible.
    pub(super) fn replace(&mut self, instance: &Instance<'_>, route: usize, visits: Vec<Visit>) -> bool {
        let locked = self.tours[route].locked;
        let Some(tour) = build(instance, route, visits, locked) else {
            return false;
        };
        self.cost += tour.cost - self.tours[route].cost;
        for visit in &tour.visits {
            self.route_of[visit.job as usize] = Some(route as u32);
        }
        self.tours[route] = tour;
        true
    }

    /// Puts an absent job into a slot found for the plan as it is.
    pub(super) fn insert(&mut self, instance: &Instance<'_>, job: usize, slot: Slot) {
        let mut visits = self.tours[slot.route].visits.clone();
        visits.insert(slot.at, Visit { job: job as u32, window: slot.window });
        let done = self.replace(instance, slot.route, visits);
        debug_assert!(done, "a slot is feasible when it is found");
    }
}

/// A tour with its stretches; `None` when it breaks a window, shift, release or
/// capacity.
pub(super) fn build(instance: &Instance<'_>, vehicle: usize, visits: Vec<Visit>, locked: usize) -> Option<Tour> {
    let mut pre = Vec::with_capacity(visits.len() + 1);
    let mut at = instance.starts[vehicle];
    pre.push(at);
    for &visit in &visits {
        at = instance.join(&at, instance.service(visit))?;
        pre.push(at);
    }
    let mut suf = vec![instance.ends[vehicle]; visits.len() + 1];
    for (i, &visit) in visits.iter().enumerate().rev() {
        suf[i] = instance.join(instance.service(visit), &suf[i + 1])?;
    }
    let cost = if visits.is_empty() {
        0
    } else {
        let whole = instance.join(&pre[visits.len()], &suf[visits.len()])?;
        instance.cost(vehicle, &whole)?
    };
    Some(Tour { visits, pre, suf, cost, locked })
}

/// The cheapest slot for a job in one tour; positions for which `skip` says so
/// are passed over.
pub(super) fn best_slot(
    instance: &Instance<'_>,
    tour: &Tour,
    route: usize,
    job: usize,
    mut skip: impl FnMut() -> bool,
) -> Option<Slot> {
    if !instance.may_serve(route, job) {
        return None;
    }
    let load = &tour.pre[tour.visits.len()].load;
    let capacity = &instance.vehicles[route].capacity;
    let demand = &instance.jobs[job].demand;
    if (0..load.len()).any(|d| load[d] + demand[d] > capacity[d]) {
        return None;
    }
    let mut best: Option<Slot> = None;
    for at in tour.locked..=tour.visits.len() {
        if skip() {
            continue;
        }
        for visit in instance.windows(job) {
            let Some(there) = instance.join(&tour.pre[at], instance.service(visit)) else {
                continue;
            };
            let Some(whole) = instance.join(&there, &tour.suf[at]) else {
                continue;
            };
            let Some(cost) = instance.cost(route, &whole) else {
                continue;
            };
            let slot = Slot {
                delta: cost - tour.cost,
                done: whole.early.max(whole.release) + whole.duration,
                route,
                at,
                window: visit.window,
            };
            if best.is_none_or(|b| slot < b) {
                best = Some(slot);
            }
        }
    }
    best
}
