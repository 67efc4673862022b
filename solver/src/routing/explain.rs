//! Why a job is where it is, and what would have to give for it to be elsewhere.
//!
//! Each vehicle's best place for the job, all else as planned: what that changes
//! in the cost, or which rules it breaks and by how much. For a job left out also
//! the stops any one of which would make room. Absent on purpose: new reloads, and
//! plans changed in more than one place; that is what the search is for.

use serde::{Deserialize, Serialize};

use super::answer::{Order, drive};
use super::compile::{FAR, Instance, NONE};
use super::kinds::permitted;
use super::model::{DIMENSIONS, Problem, RoutingError, Solution};
use super::segment::Segment;
use super::trips::{Grown, place_of};
use super::wild;

/// Routes with more stops are not asked which of them would make room.
const LONGEST: usize = 60;

/// A stop that would begin after its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// The job; `None` is the end of the shift, or the last moment to reload.
    pub job: Option<usize>,
    /// By so many ms, when the vehicle leaves as early as it may.
    pub late_ms: i64,
}

/// The rules that a route would break, each with what is missing; all empty for
/// a route that breaks none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The job, or the other side of its shipment, is not for this vehicle.
    pub forbidden: bool,
    /// Skills it lacks.
    pub skills: u64,
    /// The other job of its group that is served.
    #[serde(default)]
    pub taken: Option<usize>,
    /// There is no way between two of the stops.
    pub unreachable: bool,
    /// Stops that would be late.
    pub late: Vec<Late>,
    /// Load beyond the capacity, by dimension.
    pub overload: [i64; DIMENSIONS],
    /// Metres beyond the longest route.
    pub excess_m: i64,
    /// No room for its breaks on the clock, though for all else there is.
    #[serde(default)]
    pub breaks: bool,
    /// Time beyond the longest route in ms; told only of routes on time.
    pub excess_ms: i64,
}

impl Breach {
    /// Few rules before many, then little lateness before much.
    fn rank(&self) -> (usize, i64, i64) {
        let broken = [
            self.forbidden,
            self.taken.is_some(),
            self.unreachable,
            !self.late.is_empty(),
            self.overload.iter().any(|o| *o > 0),
            self.breaks,
            self.excess_m > 0,
            self.excess_ms > 0,
        ];
        let late = self.late.iter().map(|l| l.late_ms).fold(0, i64::saturating_add);
        let more = self.overload.iter().fold(self.excess_m.saturating_add(self.excess_ms), |a, b| a.saturating_add(*b));
        (broken.iter().filter(|b| **b).count(), late, more)
    }
}

/// The best place on one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The vehicle; of unused ones that are alike only the first is told.
    pub vehicle: usize,
    /// What the plan would cost more, prizes included; `None` when a rule breaks.
    pub extra: Option<i64>,
    /// Jobs of the route with it; empty when it is not for this vehicle.
    pub order: Vec<usize>,
    /// What breaks.
    pub breach: Breach,
    /// For a job left out: stops any one of which, left out in its place, would
    /// make room (with the other side of its shipment).
    pub instead_of: Vec<usize>,
}

/// One job explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The job.
    pub job: usize,
    /// The other side of its shipment, which moves with it.
    pub mate: Option<usize>,
    /// Who serves it.
    pub vehicle: Option<usize>,
    /// It stays whatever the cost: it is locked.
    pub locked: bool,
    /// What the plan would cost more without it, the prize forgone included;
    /// `None` when it is left out already, or its route cannot do without.
    pub without: Option<i64>,
    /// Cheapest first, then by how little breaks; none for a locked job.
    pub choices: Vec<Choice>,
}

/// Explains jobs of a plan.
///
/// # Errors
/// As [`super::solve`]; [`RoutingError::Job`] names a job that does not exist or
/// is on two routes, [`RoutingError::Vehicle`] a route that breaks a rule.
pub fn explain(problem: &Problem, solution: &Solution, jobs: &[usize]) -> Result<Vec<Explanation>, RoutingError> {
    problem.validate()?;
    let grown = Grown::new(problem);
    let inst = Instance::new(grown.problem(), &grown.places);
    let plan = Plan::new(&inst, solution)?;
    let known = |&job: &usize| if job < inst.jobs { Ok(job) } else { Err(RoutingError::Job { job, field: "number" }) };
    jobs.iter().map(|job| known(job).map(|job| plan.explain(job))).collect()
}

struct Plan<'a> {
    inst: &'a Instance<'a>,
    orders: Vec<Order>,
    costs: Vec<i64>,
    /// Vehicle of each job.
    served: Vec<Option<usize>>,
}

/// A route tried: its order, and its cost or what it breaks.
struct Tried {
    order: Order,
    outcome: Result<i64, Breach>,
}

impl<'a> Plan<'a> {
    fn new(inst: &'a Instance<'a>, solution: &Solution) -> Result<Self, RoutingError> {
        let vehicles = inst.vans.len();
        let mut plan =
            Self { inst, orders: vec![Order::new(); vehicles], costs: vec![0; vehicles], served: Vec::new() };
        plan.served = vec![None; inst.visits];
        let mut spare: Vec<_> = inst.places.clone();
        for route in &solution.routes {
            let vehicle = route.vehicle;
            let odd = RoutingError::Vehicle { vehicle, field: "route" };
            if vehicle >= vehicles || !plan.orders[vehicle].is_empty() {
                return Err(odd);
            }
            for (at, stop) in route.stops.iter().enumerate() {
                for reload in route.reloads.iter().filter(|r| r.before == at) {
                    // One that is used up begins where the next one does.
                    let here = |p: &&mut std::ops::Range<u32>| {
                        p.start < p.end && place_of(inst, vehicle, p.start) == Some(reload.place)
                    };
                    let visit = spare.iter_mut().find(here).and_then(Iterator::next).ok_or(odd.clone())?;
                    plan.orders[vehicle].push((visit, 0));
                }
                let job = stop.job;
                if job >= inst.jobs || plan.served[job].replace(vehicle).is_some() {
                    return Err(RoutingError::Job { job, field: "number" });
                }
                let open = |s: &Segment| (s.early..=s.late).contains(&stop.start_ms);
                let window = inst.windows(job as u32).iter().position(open).unwrap_or(0);
                plan.orders[vehicle].push((job as u32, window as u32));
            }
            plan.costs[vehicle] = plan.drive(vehicle, &plan.orders[vehicle]).map_err(|_| odd)?;
        }
        Ok(plan)
    }

    fn explain(&self, job: usize) -> Explanation {
        let inst = self.inst;
        let mate = Some(inst.mate[job]).filter(|m| *m != NONE);
        let pair = match mate {
            Some(mate) if inst.leads[job] => (job as u32, Some(mate)),
            Some(mate) => (mate, Some(job as u32)),
            None => (job as u32, None),
        };
        let vehicle = self.served[job];
        let locked = inst.problem.vehicles.iter().any(|v| v.locked.contains(&job));
        let prize = inst.prize[job] + mate.map_or(0, |m| inst.prize[m as usize]);
        // What the others pay once it is gone from its route.
        let other = inst.group_of(pair.0).iter().copied().find(|&o| o as u32 != pair.0 && self.served[o].is_some());
        let gone = if other.is_some() { Err(Breach { taken: other, ..Breach::default() }) } else { Ok(-prize) };
        let rest = vehicle.map_or(gone, |v| Ok(self.drive(v, &self.less(v, pair))? - self.costs[v]));
        let mut choices = Vec::new();
        let mut alike = vec![false; inst.classes];
        for v in 0..if locked { 0 } else { inst.vans.len() } {
            let unused = self.orders[v].is_empty() && inst.problem.vehicles[v].locked.is_empty();
            if !unused || !std::mem::replace(&mut alike[inst.vans[v].class as usize], true) {
                choices.push(self.choice(v, pair, &rest));
            }
        }
        choices.sort_by_cached_key(|c: &Choice| (c.extra.is_none(), c.extra, c.breach.rank(), c.vehicle));
        let without = vehicle.filter(|_| !locked).and_then(|_| rest.ok()).map(|r| r + prize);
        Explanation { job, mate: mate.map(|m| m as usize), vehicle, locked, without, choices }
    }

    /// A vehicle's order without a shipment or a job.
    fn less(&self, vehicle: usize, (first, second): (u32, Option<u32>)) -> Order {
        let stays = |visit: &u32| *visit != first && Some(*visit) != second;
        let mut order: Order = self.orders[vehicle].iter().copied().filter(|(visit, _)| stays(visit)).collect();
        // No trip is empty.
        let reload = |o: &(u32, u32)| self.inst.is_reload(o.0);
        order.dedup_by(|b, a| reload(a) && reload(b));
        if order.first().is_some_and(reload) {
            order.remove(0);
        }
        order.pop_if(|o| reload(o));
        order
    }

    fn choice(&self, vehicle: usize, pair: (u32, Option<u32>), rest: &Result<i64, Breach>) -> Choice {
        let (own, absent) = (self.served[pair.0 as usize], self.served[pair.0 as usize].is_none());
        let mut choice =
            Choice { vehicle, extra: None, order: vec![], breach: self.right(vehicle, pair), instead_of: vec![] };
        if choice.breach.forbidden {
            return choice;
        }
        let base = self.less(vehicle, pair);
        let tried = self.best(vehicle, &base, pair);
        choice.order = self.jobs_of(&tried.order).collect();
        // On its own route what the rest pays is in the cost already.
        let rest = if own == Some(vehicle) { Ok(0) } else { rest.clone() };
        match tried.outcome.and_then(|cost| Ok(cost - self.costs[vehicle] + rest?)) {
            Ok(extra) => choice.extra = Some(extra),
            Err(breach) => choice.breach = breach,
        }
        if absent && choice.extra.is_none() && base.len() <= LONGEST {
            choice.instead_of = self.instead_of(vehicle, pair);
        }
        choice
    }

    /// Whether the vehicle may serve both sides.
    fn right(&self, vehicle: usize, (first, second): (u32, Option<u32>)) -> Breach {
        let problem = self.inst.problem;
        let v = &problem.vehicles[vehicle];
        let sides = || std::iter::once(first).chain(second).map(|visit| &problem.jobs[visit as usize]);
        Breach {
            forbidden: !sides().all(|job| permitted(v, vehicle, job)),
            skills: sides().fold(0, |bits, job| bits | job.skills) & !v.skills,
            ..Breach::default()
        }
    }

    fn instead_of(&self, vehicle: usize, pair: (u32, Option<u32>)) -> Vec<usize> {
        let kept = self.inst.problem.vehicles[vehicle].locked.len();
        let group = self.inst.group_of(pair.0);
        let taken = |visit: u32| {
            let (mate, leads) = (self.inst.mate[visit as usize], self.inst.leads[visit as usize]);
            let first = if mate == NONE || leads { visit } else { mate };
            group.contains(&(first as usize)) || !group.iter().any(|other| self.served[*other].is_some())
        };
        let gives = |&(visit, _): &(u32, u32)| {
            let mate = Some(self.inst.mate[visit as usize]).filter(|m| *m != NONE);
            self.best(vehicle, &self.less(vehicle, (visit, mate)), pair).outcome.is_ok()
        };
        let open = self.orders[vehicle].iter().skip(kept).filter(|o| !self.inst.is_reload(o.0));
        open.filter(|o| taken(o.0) && gives(o)).map(|(visit, _)| *visit as usize).collect()
    }

    /// The jobs of an order, without its reloads.
    fn jobs_of<'o>(&self, order: &'o Order) -> impl Iterator<Item = usize> + 'o {
        let jobs = self.inst.jobs;
        order.iter().map(|(visit, _)| *visit as usize).filter(move |visit| *visit < jobs)
    }

    /// The best places behind the locked stops, all orders and windows tried.
    fn best(&self, vehicle: usize, base: &Order, (first, second): (u32, Option<u32>)) -> Tried {
        let locked = self.inst.problem.vehicles[vehicle].locked.len().min(base.len());
        let mut best: Option<Tried> = None;
        let mut offer = |order: &Order| {
            let outcome = self.drive(vehicle, order);
            let better = match (&outcome, best.as_ref().map(|b| &b.outcome)) {
                (_, None) | (Ok(_), Some(Err(_))) => true,
                (Ok(new), Some(Ok(old))) => new < old,
                (Err(new), Some(Err(old))) => new.rank() < old.rank(),
                (Err(_), Some(Ok(_))) => false,
            };
            if better {
                best = Some(Tried { order: order.clone(), outcome });
            }
        };
        for at in locked..=base.len() {
            for window in 0..self.inst.windows(first).len() as u32 {
                let mut order = base.clone();
                order.insert(at, (first, window));
                let Some(second) = second else {
                    offer(&order);
                    continue;
                };
                for behind in at + 1..=order.len() {
                    for window in 0..self.inst.windows(second).len() as u32 {
                        order.insert(behind, (second, window));
                        offer(&order);
                        order.remove(behind);
                    }
                }
            }
        }
        best.expect("a route has at least one place, a job at least one window")
    }

    fn drive(&self, vehicle: usize, order: &Order) -> Result<i64, Breach> {
        if order.is_empty() {
            return Ok(0);
        }
        let route = vehicle as u32;
        let changed: i64 = order.iter().map(|o| self.inst.breach(route, o.0, o.1)).sum();
        if self.inst.traits.wild {
            let cost = wild::cost(self.inst, vehicle, order).map(|cost| cost + changed);
            return cost.ok_or_else(|| self.wild_breach(vehicle, order));
        }
        let whole = drive(self.inst, vehicle as u32, order, true);
        let cost = whole.and_then(|w| self.inst.cost(vehicle as u32, &w));
        cost.map(|cost| cost + changed).ok_or_else(|| self.breach(vehicle, order, whole))
    }

    /// The same by driving stop by stop, breaks left out unless they are the reason.
    fn wild_breach(&self, vehicle: usize, order: &Order) -> Breach {
        let inst = self.inst;
        let mut breach = Breach { overload: wild::overload(inst, vehicle, order), ..Breach::default() };
        match wild::lateness(inst, vehicle, order) {
            None => return Breach { unreachable: true, ..Breach::default() },
            Some((late, metres, span)) => {
                breach.late = late;
                breach.excess_m = metres.saturating_sub(inst.vans[vehicle].max_distance).max(0);
                let over = span.saturating_sub(inst.vans[vehicle].max_duration).max(0);
                breach.excess_ms = if breach.late.is_empty() { over } else { 0 };
            }
        }
        breach.breaks = breach == Breach::default() || wild::is_kept_but_for_breaks(inst, vehicle, order);
        breach
    }

    /// Drives it although it cannot be driven.
    fn breach(&self, vehicle: usize, order: &Order, whole: Option<Segment>) -> Breach {
        let inst = self.inst;
        let (van, start, end) = (&inst.vans[vehicle], inst.start(vehicle as u32), inst.end(vehicle as u32));
        let mut breach = Breach::default();
        let single = |&(visit, window): &(u32, u32)| inst.windows(visit)[window as usize];
        let stops = order.iter().map(|o| (Some(o.0 as usize), o.0, single(o)));
        let stops = stops.chain([(None, end, inst.terminal(end))]);
        // Each trip leaves when its goods are there.
        let trips = order.split(|o| inst.is_reload(o.0));
        let mut releases = trips.map(|trip| trip.iter().map(|o| single(o).release).max().unwrap_or(i64::MIN));
        let mut now = inst.slotted[start as usize].ready.max(releases.next().unwrap_or(i64::MIN));
        let (mut here, mut metres) = (start, 0_i64);
        let mut sum = Segment::bare(0, 0);
        for (job, node, stop) in stops {
            if inst.time(here, node) == FAR || inst.dist(here, node) == FAR {
                return Breach { unreachable: true, ..Breach::default() };
            }
            now = (now + i64::from(inst.time(here, node))).max(stop.early);
            metres += i64::from(inst.dist(here, node));
            let reload = inst.is_reload(node);
            if reload {
                now = now.max(releases.next().unwrap_or(i64::MIN));
            }
            if now > stop.late {
                breach.late.push(Late { job: job.filter(|_| !reload), late_ms: now - stop.late });
            }
            now += stop.duration;
            here = node;
            for d in 0..DIMENSIONS {
                if reload {
                    breach.overload[d] = breach.overload[d].max(sum.most[d] - van.capacity[d]);
                    (sum.most[d], sum.end[d]) = (0, 0);
                }
                sum.most[d] = (sum.most[d] + stop.begin[d]).max(sum.end[d] + stop.most[d]);
                sum.end[d] += stop.end[d];
            }
        }
        for d in 0..DIMENSIONS {
            breach.overload[d] = breach.overload[d].max(sum.most[d] - van.capacity[d]);
        }
        breach.excess_m = (metres.saturating_sub(van.max_distance)).max(0);
        breach.excess_ms = whole.map_or(0, |w| w.duration.saturating_sub(van.max_duration).max(0));
        breach
    }
}
