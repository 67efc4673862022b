//! Routes driven stop by stop, for rules that no stretch of constant size can
//! tell: breaks of the driver, roads by kind of vehicle and by time of day, and
//! shipments that ride through a reload.
//!
//! For each count of breaks taken the earliest departure from each stop is kept;
//! of routes done at the earliest, the one that leaves latest is driven. A visit is
//! weighed by driving its route, so a round costs more with the length of routes;
//! problems without these rules never come here. Absent on purpose: choice.

use super::compile::{Instance, NONE};
use super::dice::Dice;
use super::explain::Late;
use super::model::{Break, DIMENSIONS, MAX_BREAKS, Problem, Reloaded, Rest, Route, Slice, Stop, Vehicle};
use super::pairs::PairSlot;
use super::rules::Rules;
use super::segment::ANY;
use super::slots::{Slot, blinks};
use super::state::State;
use super::trips::{Cut, place_of};
use crate::matrix::Matrix;

/// Breaks counted from none.
const COUNTS: usize = MAX_BREAKS + 1;
/// No departure at all.
const NEVER: i64 = ANY << 2;

/// Roads of one vehicle.
#[derive(Clone, Copy)]
pub(super) struct Roads<'a> {
    durations: &'a Matrix,
    distances: &'a Matrix,
    slices: &'a [Slice],
}

impl<'a> Roads<'a> {
    pub(super) fn new(problem: &'a Problem, vehicle: &Vehicle) -> Self {
        match vehicle.profile.checked_sub(1).and_then(|k| problem.profiles.get(k)) {
            Some(p) => Self { durations: &p.durations, distances: &p.distances, slices: &p.slices },
            None => Self { durations: &problem.durations, distances: &problem.distances, slices: &problem.slices },
        }
    }

    /// The table from some moment on, and until when it holds.
    fn slice(&self, number: usize) -> (i64, i64, &'a Matrix) {
        let until = self.slices.get(number).map_or(NEVER, |s| s.from_ms);
        match number.checked_sub(1) {
            Some(k) => (self.slices[k].from_ms, until, &self.slices[k].durations),
            None => (-NEVER, until, self.durations),
        }
    }

    /// The earliest arrival: one may also wait for a later slice.
    fn arrive(&self, depart: i64, from: usize, to: usize) -> Option<i64> {
        if self.slices.is_empty() {
            return Some(depart + self.durations.get(from, to)?);
        }
        let mut best: Option<i64> = None;
        for number in 0..=self.slices.len() {
            let (begin, until, table) = self.slice(number);
            let leave = depart.max(begin);
            if until <= leave {
                continue;
            }
            if best.is_some_and(|b| b <= leave) {
                break;
            }
            let reach = table.get(from, to).map(|ms| leave + ms);
            best = best.into_iter().chain(reach).min();
        }
        best
    }

    /// The latest departure that arrives by then.
    fn leave_by(&self, arrive: i64, from: usize, to: usize) -> Option<i64> {
        (0..=self.slices.len()).rev().find_map(|number| {
            let (begin, until, table) = self.slice(number);
            let leave = (arrive - table.get(from, to)?).min(until - 1);
            (leave >= begin).then_some(leave)
        })
    }

    pub(super) fn metres(&self, from: Option<usize>, to: Option<usize>) -> Option<i64> {
        match (from, to) {
            (Some(from), Some(to)) => self.distances.get(from, to),
            _ => Some(0),
        }
    }
}

/// When breaks that follow each other at once are over; `None` when the last
/// moment of one is past.
pub(super) fn rested(breaks: &[Break], from: i64) -> Option<i64> {
    breaks.iter().try_fold(from, |now, b| {
        let start = now.max(b.window.0);
        (start <= b.window.1).then_some(start + b.service_ms)
    })
}

/// One service on the way.
#[derive(Clone, Copy)]
struct Call {
    /// `None` is the end of an open route.
    location: Option<usize>,
    service: i64,
    /// Begin at the earliest and at the latest.
    early: i64,
    late: i64,
}

/// A driven route, and lists kept between drives to spare the allocation.
#[derive(Default)]
pub(super) struct Log {
    calls: Vec<Call>,
    /// Breaks taken on the way to each call, by breaks taken after it.
    taken: Vec<[u8; COUNTS]>,
    order: Vec<(u32, u32)>,
}

/// A route as a whole.
#[derive(Debug, Clone, Copy)]
struct Outing {
    depart: i64,
    end: i64,
    metres: i64,
    cost: i64,
    /// Breaks over when it ends.
    breaks: usize,
}

/// What a vehicle pays for an order of visits; `None` when a rule breaks.
pub(super) fn cost(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> Option<i64> {
    let mut log = Log { order: order.to_vec(), ..Log::default() };
    drive(inst, vehicle, &mut log, true).map(|o| o.cost)
}

/// The same without its breaks.
pub(super) fn is_kept_but_for_breaks(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> bool {
    let mut log = Log { order: order.to_vec(), ..Log::default() };
    drive(inst, vehicle, &mut log, false).is_some()
}

/// Stops that would be late without any break, metres, and time out; `None` when
/// there is no way. It leaves as early as it may.
pub(super) fn lateness(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> Option<(Vec<Late>, i64, i64)> {
    let mut log = Log { order: order.to_vec(), ..Log::default() };
    let v = &inst.problem.vehicles[vehicle];
    let roads = Roads::new(inst.problem, v);
    let depart = calls(inst, vehicle, &mut log);
    let (mut now, mut here, mut metres, mut late) = (depart, Some(v.start), 0, Vec::new());
    for (at, call) in log.calls.iter().enumerate() {
        metres += roads.metres(here, call.location)?;
        now = here.zip(call.location).map_or(Some(now), |(a, b)| roads.arrive(now, a, b))?.max(call.early);
        if now > call.late {
            let job = order.get(at).map(|o| o.0).filter(|visit| !inst.is_reload(*visit));
            late.push(Late { job: job.map(|visit| visit as usize), late_ms: now - call.late });
        }
        now += call.service;
        here = call.location;
    }
    // The span it needs at the least, when it could leave as late as it likes.
    log.taken = vec![[0; COUNTS]; log.calls.len()];
    let latest = if late.is_empty() { last_departure(&roads, &[], v, &log, 0, now)? } else { depart };
    Some((late, metres, now - latest))
}

/// Whether the load of each trip, and shipments over all of them, have room.
pub(super) fn has_room(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> bool {
    overload(inst, vehicle, order) == [0; DIMENSIONS]
}

/// Load beyond the capacity, by dimension. What is delivered from the depot and
/// what is collected is of one trip, shipments may ride through a reload.
pub(super) fn overload(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> [i64; DIMENSIONS] {
    let capacity = &inst.vans[vehicle].capacity;
    let jobs = &inst.problem.jobs;
    let mut excess = [0; DIMENSIONS];
    for d in 0..DIMENSIONS {
        let (mut aboard, mut trip) = (0, 0);
        let loaded = |from: usize| -> i64 {
            let rest = order[from..].iter().take_while(|o| !inst.is_reload(o.0));
            rest.map(|o| jobs[o.0 as usize].demand[d]).sum()
        };
        for (at, &(visit, _)) in order.iter().enumerate() {
            if at == 0 {
                trip = loaded(0);
                excess[d] = excess[d].max(trip + aboard - capacity[d]);
            }
            if inst.is_reload(visit) {
                trip = loaded(at + 1);
            } else {
                trip += jobs[visit as usize].pickup[d] - jobs[visit as usize].demand[d];
                aboard += inst.shipped(visit, d);
            }
            excess[d] = excess[d].max(trip + aboard - capacity[d]);
        }
    }
    excess
}

fn calls(inst: &Instance<'_>, vehicle: usize, log: &mut Log) -> i64 {
    let problem = inst.problem;
    let v = &problem.vehicles[vehicle];
    let Log { calls, order, .. } = log;
    calls.clear();
    let released = |from: usize| {
        let trip = order[from..].iter().take_while(|o| !inst.is_reload(o.0));
        trip.map(|o| problem.jobs[o.0 as usize].release_ms).max().unwrap_or(-NEVER)
    };
    for (at, &(visit, window)) in order.iter().enumerate() {
        let job = &problem.jobs[visit as usize];
        let single = &inst.windows(visit)[window as usize];
        let ready = if inst.is_reload(visit) { released(at + 1) } else { -NEVER };
        let early = single.early.max(ready);
        calls.push(Call { location: Some(job.location), service: job.service_ms, early, late: single.late });
    }
    calls.push(Call { location: v.end, service: 0, early: -NEVER, late: v.shift.1 });
    v.shift.0.max(released(0))
}

fn drive(inst: &Instance<'_>, vehicle: usize, log: &mut Log, rests: bool) -> Option<Outing> {
    let (van, v) = (&inst.vans[vehicle], &inst.problem.vehicles[vehicle]);
    if !has_room(inst, vehicle, &log.order) {
        return None;
    }
    let roads = Roads::new(inst.problem, v);
    let breaks = if rests { v.breaks.as_slice() } else { &[] };
    let first = calls(inst, vehicle, log);
    let (mut here, mut metres) = (Some(v.start), 0);
    for call in &log.calls {
        metres += roads.metres(here, call.location)?;
        here = call.location;
    }
    if metres > van.max_distance {
        return None;
    }
    let mut leave = [NEVER; COUNTS];
    for (count, leave) in leave.iter_mut().enumerate().take(breaks.len() + 1) {
        let idle = rested(&breaks[..count], -NEVER)?.max(first);
        *leave = if idle <= v.shift.1 { idle } else { NEVER };
    }
    log.taken.clear();
    let mut here = Some(v.start);
    for call in &log.calls {
        let (reached, taken) = leg(&roads, breaks, &leave, here, call.location);
        let begin = reached.map(|at| at.max(call.early));
        leave = begin.map(|at| if at > call.late { NEVER } else { at + call.service });
        if leave.iter().all(|at| *at == NEVER) {
            return None;
        }
        log.taken.push(taken);
        here = call.location;
    }
    let mut best: Option<Outing> = None;
    for count in 0..=breaks.len() {
        let end = leave[count];
        if end == NEVER || rested(&breaks[count..], end).is_none() {
            continue;
        }
        let depart = last_departure(&roads, breaks, v, log, count, end)?;
        let cost = van.fixed + van.per_m * metres + van.per_ms * (end - depart);
        if end - depart <= van.max_duration && best.is_none_or(|b| (cost, end) < (b.cost, b.end)) {
            best = Some(Outing { depart, end, metres, cost, breaks: count });
        }
    }
    best
}

/// Earliest arrivals by breaks taken, and how many of them on this leg. A break on
/// the road begins once the last stop is left, and whatever way is left follows it.
fn leg(
    roads: &Roads<'_>,
    breaks: &[Break],
    leave: &[i64; COUNTS],
    from: Option<usize>,
    to: Option<usize>,
) -> ([i64; COUNTS], [u8; COUNTS]) {
    let (mut reached, mut taken) = ([NEVER; COUNTS], [0; COUNTS]);
    for count in 0..=breaks.len() {
        let depart = leave[count];
        if depart == NEVER {
            continue;
        }
        let way = from.zip(to).map_or(Some(depart), |(a, b)| roads.arrive(depart, a, b));
        let Some(mut arrive) = way else { continue };
        let mut free = depart;
        for more in 0..=breaks.len() - count {
            if let Some(last) = more.checked_sub(1) {
                let b = &breaks[count + last];
                let start = free.max(b.window.0);
                if start > b.window.1 {
                    break;
                }
                free = start + b.service_ms;
                arrive = arrive.max(start) + b.service_ms;
            }
            if arrive < reached[count + more] {
                (reached[count + more], taken[count + more]) = (arrive, more as u8);
            }
        }
    }
    (reached, taken)
}

/// The latest departure that is done as early as that.
fn last_departure(
    roads: &Roads<'_>,
    breaks: &[Break],
    v: &Vehicle,
    log: &Log,
    mut count: usize,
    end: i64,
) -> Option<i64> {
    let mut by = end;
    for at in (0..log.calls.len()).rev() {
        let call = &log.calls[at];
        by = (by - call.service).min(call.late);
        let here = if at == 0 { Some(v.start) } else { log.calls[at - 1].location };
        let before = count - usize::from(log.taken[at][count]);
        let mut free = NEVER;
        for b in breaks[before..count].iter().rev() {
            by -= b.service_ms;
            free = (free - b.service_ms).min(b.window.1).min(by);
        }
        count = before;
        by = here.zip(call.location).map_or(Some(by), |(a, b)| roads.leave_by(by, a, b))?.min(free);
    }
    Some(by.min(v.shift.1))
}

/// A kept route on the clock.
pub(super) fn route(inst: &Instance<'_>, vehicle: usize, order: &[(u32, u32)]) -> Option<Route> {
    let mut log = Log { order: order.to_vec(), ..Log::default() };
    let outing = drive(inst, vehicle, &mut log, true)?;
    let v = &inst.problem.vehicles[vehicle];
    let roads = Roads::new(inst.problem, v);
    let mut count = outing.breaks;
    let mut on_leg = vec![0; log.calls.len()];
    for at in (0..log.calls.len()).rev() {
        on_leg[at] = usize::from(log.taken[at][count]);
        count -= on_leg[at];
    }
    let (mut now, mut here) = (outing.depart, Some(v.start));
    let mut told = Route {
        vehicle,
        depart_ms: outing.depart,
        stops: Vec::new(),
        end_ms: outing.end,
        distance_m: outing.metres,
        load: [0; DIMENSIONS],
        reloads: Vec::new(),
        rests: Vec::new(),
        cost: outing.cost,
    };
    for (at, call) in log.calls.iter().enumerate() {
        let mut arrive_ms = here.zip(call.location).map_or(Some(now), |(a, b)| roads.arrive(now, a, b))?;
        for b in &v.breaks[count..count + on_leg[at]] {
            let start_ms = now.max(b.window.0);
            now = start_ms + b.service_ms;
            arrive_ms = arrive_ms.max(start_ms) + b.service_ms;
            told.rests.push(Rest { before: told.stops.len(), start_ms, end_ms: now });
        }
        count += on_leg[at];
        let start_ms = arrive_ms.max(call.early);
        now = start_ms + call.service;
        here = call.location;
        let Some(&(visit, _)) = order.get(at) else { break };
        if inst.is_reload(visit) {
            let (before, load) = (told.stops.len(), [0; DIMENSIONS]);
            let place = place_of(inst, vehicle, visit)?;
            told.reloads.push(Reloaded { before, place, arrive_ms, start_ms, depart_ms: now, load });
            continue;
        }
        let load = told.reloads.last_mut().map_or(&mut told.load, |reload| &mut reload.load);
        load.iter_mut().zip(inst.problem.jobs[visit as usize].demand).for_each(|(sum, more)| *sum += more);
        told.stops.push(Stop { job: visit as usize, arrive_ms, start_ms, depart_ms: now });
    }
    Some(told)
}

impl<R: Rules> State<'_, R> {
    /// What a route would cost with visits put behind some of its nodes, in order,
    /// and one left out.
    pub(super) fn trial(&self, route: u32, edits: &[(u32, u32, u32)], without: u32) -> Option<i64> {
        let inst = self.inst;
        let mut log = self.log_of_drive.borrow_mut();
        log.order.clear();
        let (mut at, end) = (inst.start(route), inst.end(route));
        while at != end {
            if at < inst.visits as u32 && at != without {
                log.order.push((at, self.nodes[at as usize].window));
            }
            log.order.extend(edits.iter().filter(|e| e.0 == at).map(|e| (e.1, e.2)));
            at = self.nodes[at as usize].next;
        }
        drive(inst, route as usize, &mut log, true).map(|o| o.cost)
    }

    /// Metres more when a visit is put behind a node, were it the only price.
    fn detour(&self, route: u32, after: u32, visit: u32) -> Option<i64> {
        let problem = self.inst.problem;
        let roads = Roads::new(problem, &problem.vehicles[route as usize]);
        let (here, next) = (self.inst.place(after), self.inst.place(self.nodes[after as usize].next));
        let there = self.inst.place(visit);
        let ways = roads.metres(here, there)? + roads.metres(there, next)?;
        Some(ways - roads.metres(here, next)?)
    }

    /// Weighs a place for a visit, alone and with a new reload beside it.
    pub(super) fn weigh_wild(&self, visit: u32, after: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let inst = self.inst;
        let node = &self.nodes[after as usize];
        let (route, next, visits) = (node.route, node.next, inst.visits as u32);
        let (van, tour) = (&inst.vans[route as usize], &self.tours[route as usize]);
        if self.is_locked(next) {
            return;
        }
        let Some(detour) = self.detour(route, after, visit) else { return };
        if van.per_ms == 0 && tour.size > 0 && van.per_m * detour >= best.delta {
            return;
        }
        let mut offer = |edits: &[(u32, u32, u32)], window: u32, cut: Cut| {
            let Some(cost) = self.trial(route, edits, NONE) else { return };
            let delta = cost - tour.cost + inst.breach(route, visit, window);
            if delta < best.delta && !blinks(dice, blink) {
                *best = Slot { delta, after, window, refit: NONE, cut };
            }
        };
        let cuts = tour.size > 0 && self.may_cut(route);
        for window in 0..inst.windows(visit).len() as u32 {
            offer(&[(after, visit, window)], window, Cut::None);
            for place in 0..if cuts { inst.places.len() as u32 } else { 0 } {
                let reload = inst.places[place as usize].start;
                if !inst.may_serve(route, reload) {
                    continue;
                }
                // Neither trip beside a new reload may be empty.
                if after < visits && !inst.is_reload(after) {
                    offer(&[(after, reload, 0), (after, visit, window)], window, Cut::Before(place));
                }
                if next < visits && !inst.is_reload(next) {
                    offer(&[(after, visit, window), (after, reload, 0)], window, Cut::Behind(place));
                }
            }
        }
    }

    /// Weighs all places for a shipment on one route.
    pub(super) fn try_pair_wild(
        &self,
        route: u32,
        (first, second): (u32, u32),
        best: &mut PairSlot,
        dice: &mut Dice,
        blink: bool,
    ) {
        let (inst, end) = (self.inst, self.inst.end(route));
        let tour = &self.tours[route as usize];
        let free = |at: u32| !self.is_locked(self.nodes[at as usize].next);
        let mut at = inst.start(route);
        while at != end {
            let mut stop = at;
            while stop != end && free(at) {
                for w1 in 0..inst.windows(first).len() as u32 {
                    for w2 in 0..inst.windows(second).len() as u32 {
                        let edits = [(at, first, w1), (stop, second, w2)];
                        let Some(cost) = self.trial(route, &edits, NONE) else { continue };
                        let changed = inst.breach(route, first, w1) + inst.breach(route, second, w2);
                        let delta = cost - tour.cost + changed;
                        if delta < best.delta && !blinks(dice, blink) {
                            let second_after = if stop == at { first } else { stop };
                            *best = PairSlot { delta, first_after: at, second_after, windows: (w1, w2) };
                        }
                    }
                }
                stop = self.nodes[stop as usize].next;
            }
            at = self.nodes[at as usize].next;
        }
    }
}
