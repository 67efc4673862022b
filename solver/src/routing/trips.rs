//! Several trips in one route: reloads are visits of their own, put in and taken
//! out with the jobs around them.
//!
//! A trip begins at the start or at a reload and carries its own loads and
//! releases; what lies before it is closed into one stretch of time, so that a
//! place for a visit, with or without a new reload beside it, is weighed in
//! constant time. No trip is empty. Absent on purpose: shipments, see `wild`.

use std::ops::Range;

use super::compile::{BAR, FAR, Instance, NONE};
use super::dice::Dice;
use super::model::{Job, MAX_TIME, Problem, Reload};
use super::rules::Rules;
use super::segment::{ANY, Segment};
use super::slots::{Slot, blinks};
use super::state::State;

/// A problem with a job for each reload that may be driven.
pub(super) struct Grown<'a> {
    given: &'a Problem,
    grown: Option<Problem>,
    /// Jobs of each place.
    pub(super) places: Vec<Range<u32>>,
}

impl<'a> Grown<'a> {
    pub(super) fn new(given: &'a Problem) -> Self {
        let mut places = Vec::new();
        if !given.has_reloads() || given.jobs.is_empty() {
            return Self { given, grown: None, places };
        }
        let mut grown = given.clone();
        let mut known: Vec<Reload> = Vec::new();
        for reload in given.vehicles.iter().flat_map(|v| &v.reloads) {
            if !known.contains(reload) {
                known.push(*reload);
            }
        }
        for reload in known {
            let may: Vec<usize> =
                (0..given.vehicles.len()).filter(|&v| given.vehicles[v].reloads.contains(&reload)).collect();
            let most = |v: &usize| given.vehicles[*v].max_reloads.unwrap_or(usize::MAX);
            let count = may.iter().map(most).fold(0, usize::saturating_add).min(given.jobs.len());
            let first = grown.jobs.len();
            let all = may.len() == given.vehicles.len();
            let job = Job {
                location: reload.location,
                service_ms: reload.service_ms,
                windows: reload.window.into_iter().collect(),
                release_ms: -MAX_TIME,
                prize: Some(0),
                allowed: (!all).then_some(may),
                ..Job::default()
            };
            grown.jobs.extend(std::iter::repeat_n(job, count));
            places.push(first as u32..grown.jobs.len() as u32);
        }
        places.retain(|place| !place.is_empty());
        Self { given, grown: Some(grown), places }
    }

    pub(super) fn problem(&self) -> &Problem {
        self.grown.as_ref().unwrap_or(self.given)
    }
}

/// Which of a vehicle's places a reload is at.
pub(super) fn place_of(inst: &Instance<'_>, vehicle: usize, visit: u32) -> Option<usize> {
    let job = &inst.problem.jobs[visit as usize];
    let same = |r: &Reload| {
        r.location == job.location && r.service_ms == job.service_ms && r.window == job.windows.first().copied()
    };
    inst.problem.vehicles[vehicle].reloads.iter().position(same)
}

/// A reload that a visit brings along, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    None,
    Before(u32),
    Behind(u32),
}

/// The trips before one, up to the arrival at its reload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    duration: i64,
    early: i64,
    late: i64,
}

impl Before {
    /// No trip at all.
    pub(super) fn nothing() -> Self {
        Self { duration: 0, early: -(ANY << 1), late: ANY << 1 }
    }

    /// These, then a trip as it stands; it begins when its releases allow.
    #[inline]
    pub(super) fn then(&self, trip: &Segment) -> Option<Segment> {
        let early = trip.early.max(trip.release);
        if early > trip.late || self.early + self.duration > trip.late {
            return None;
        }
        let wait = (early - self.duration - self.late).max(0);
        Some(Segment {
            duration: self.duration + trip.duration + wait,
            early: (early - self.duration).max(self.early) - wait,
            late: (trip.late - self.duration).min(self.late),
            release: -ANY,
            ..*trip
        })
    }

    /// These and a trip that a link brings to a reload: what lies before the next
    /// trip, and that trip so far. `None` when the trip carries too much as well.
    #[inline]
    fn close(
        &self,
        trip: &Segment,
        link: (i64, i64),
        reload: &Segment,
        capacity: &[i64; 4],
    ) -> Option<(Before, Segment)> {
        if trip.most.iter().zip(capacity).any(|(most, room)| most > room) {
            return None;
        }
        let arrived = self.then(&trip.then(link.0, link.1, &Segment::bare(-ANY, ANY))?)?;
        let before = Self { duration: arrived.duration, early: arrived.early, late: arrived.late };
        Some((before, Segment { distance: arrived.distance, ..*reload }))
    }
}

/// A route driven from its start, trip by trip.
#[derive(Debug, Clone, Copy)]
pub(super) struct Driven {
    before: Before,
    trip: Segment,
}

impl Driven {
    pub(super) fn new(inst: &Instance<'_>, vehicle: u32) -> Self {
        Self { before: Before::nothing(), trip: inst.terminal(inst.start(vehicle)) }
    }

    /// On from one node to the next, in a window of its own.
    pub(super) fn on(&self, inst: &Instance<'_>, vehicle: u32, from: u32, to: u32, single: &Segment) -> Option<Self> {
        if !inst.is_reload(to) {
            return Some(Self { trip: inst.join(&self.trip, from, to, single)?, ..*self });
        }
        let (time, dist) = (inst.time(from, to), inst.dist(from, to));
        if time == FAR || dist == FAR {
            return None;
        }
        let link = (i64::from(time), i64::from(dist));
        let (before, trip) = self.before.close(&self.trip, link, single, &inst.vans[vehicle as usize].capacity)?;
        Some(Self { before, trip })
    }

    /// All of it, as one stretch.
    pub(super) fn whole(&self) -> Option<Segment> {
        self.before.then(&self.trip)
    }
}

impl Instance<'_> {
    #[inline]
    pub(super) fn is_reload(&self, node: u32) -> bool {
        (self.jobs..self.visits).contains(&(node as usize))
    }
}

impl<R: Rules> State<'_, R> {
    #[inline]
    pub(super) fn is_reload(&self, visit: u32) -> bool {
        R::RELOAD && self.inst.is_reload(visit)
    }

    /// Puts a reload behind a node; it is returned.
    pub(super) fn attach_reload(&mut self, place: u32, after: u32) -> u32 {
        let mut all = self.inst.places[place as usize].clone();
        let Some(reload) = all.find(|&visit| self.is_absent(visit)) else { return after };
        self.attach(reload, after, 0);
        reload
    }

    /// Puts a reload at the end of a route, as a plan given says; a place it does
    /// not have is passed over.
    pub(super) fn take_up_reload(&mut self, route: u32, number: usize) {
        let inst = self.inst;
        let of = |place: &Range<u32>| place_of(inst, route as usize, place.start) == Some(number);
        let last = self.nodes[inst.end(route) as usize].prev;
        if let Some(place) = inst.places.iter().position(of).filter(|_| self.may_cut(route)) {
            self.attach_reload(place as u32, last);
        }
    }

    pub(super) fn may_cut(&self, route: u32) -> bool {
        self.tours[route as usize].reloads < self.inst.vans[route as usize].max_reloads
    }

    /// The stretches of a route with reloads, and its cost when it keeps every rule.
    pub(super) fn refresh_trips(&mut self, route: u32) -> Option<i64> {
        let (inst, nothing) = (self.inst, Segment::impossible());
        let (start, end) = (inst.start(route), inst.end(route));
        let mut driven = Some(Driven::new(inst, route));
        let mut at = start;
        while at != end {
            let (trip, before) = driven.map_or((nothing, Before::nothing()), |d| (d.trip, d.before));
            (self.chain[at as usize].pre, self.before[at as usize]) = (trip, before);
            let next = self.nodes[at as usize].next;
            let single = if next == end { inst.terminal(end) } else { *self.single(next) };
            driven = driven.and_then(|d| d.on(inst, route, at, next, &single));
            at = next;
        }
        let capacity = &inst.vans[route as usize].capacity;
        let fits = |s: &Segment| s.most.iter().zip(capacity).all(|(most, room)| most <= room);
        let mut suf = Some(inst.terminal(end));
        self.chain[end as usize].suf = inst.terminal(end);
        at = self.nodes[end as usize].prev;
        while at != start {
            let next = self.nodes[at as usize].next;
            let single = *self.single(at);
            suf = if inst.is_reload(at) {
                let joint = suf.filter(fits).and_then(|s| inst.join(&single, at, next, &s));
                let ready = joint.and_then(|j| Before::nothing().then(&j));
                // The trip begins here: it adds nothing to the load of the one before.
                ready.map(|j| Segment { begin: single.begin, end: single.end, most: single.most, ..j })
            } else {
                suf.and_then(|s| inst.join(&single, at, next, &s))
            };
            self.chain[at as usize].suf = suf.unwrap_or(nothing);
            at = self.nodes[at as usize].prev;
        }
        self.chain[start as usize].suf = nothing;
        driven.and_then(|d| d.whole()).and_then(|whole| inst.cost(route, &whole))
    }

    /// Takes reloads off that have no job before or behind them, on touched routes.
    pub(super) fn drop_empty_trips(&mut self) {
        if !R::RELOAD {
            return;
        }
        let visits = self.inst.visits as u32;
        for at in 0..self.touched.len() {
            let route = self.touched[at];
            let (mut node, mut idle) = (self.nodes[self.inst.start(route) as usize].next, true);
            while node < visits {
                let next = self.nodes[node as usize].next;
                let reload = self.is_reload(node);
                if reload && (idle || next >= visits) {
                    self.detach(node);
                } else {
                    idle = reload;
                }
                node = next;
            }
            // The last trip may have been emptied by the reloads before it.
            let last = self.nodes[self.inst.end(route) as usize].prev;
            if last < visits && self.is_reload(last) {
                self.detach(last);
            }
        }
    }

    /// Takes reloads off, on touched routes, that the two trips beside can do
    /// without, when that costs no more.
    pub(super) fn merge_trips(&mut self) {
        for at in 0..self.touched.len() {
            let route = self.touched[at];
            if self.tours[route as usize].reloads == 0 || self.tours[route as usize].bad {
                continue;
            }
            let mut node = self.nodes[self.inst.start(route) as usize].next;
            while node < self.inst.visits as u32 {
                let next = self.nodes[node as usize].next;
                if self.is_reload(node) && self.is_needless(route, node) {
                    self.detach(node);
                    self.refresh(route);
                }
                node = next;
            }
        }
    }

    fn is_needless(&self, route: u32, reload: u32) -> bool {
        if R::WILD {
            let without = self.trial(route, &[], reload);
            return without.is_some_and(|cost| cost <= self.tours[route as usize].cost);
        }
        let inst = self.inst;
        let (last, next) = (self.nodes[reload as usize].prev, self.nodes[reload as usize].next);
        let joint = inst.join(&self.chain[last as usize].pre, last, next, &self.chain[next as usize].suf);
        let whole = joint.and_then(|j| self.before[last as usize].then(&j));
        whole.and_then(|w| inst.cost(route, &w)).is_some_and(|cost| cost <= self.tours[route as usize].cost)
    }

    /// Weighs a place for a visit with a new reload before or behind it.
    pub(super) fn weigh_cuts(&self, visit: u32, after: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let inst = self.inst;
        let node = &self.nodes[after as usize];
        let (route, next, visits) = (node.route, node.next, inst.visits as u32);
        if self.tours[route as usize].size == 0 || !self.may_cut(route) {
            return;
        }
        // Neither trip beside a new reload may be empty.
        let before = after < visits && !inst.is_reload(after);
        let behind = next < visits && !inst.is_reload(next);
        let per_m = inst.vans[route as usize].per_m;
        for place in 0..inst.places.len() as u32 {
            let reload = inst.places[place as usize].start;
            if !inst.may_serve(route, reload) {
                continue;
            }
            let dist = |from: u32, to: u32| i64::from(inst.dist(from, to));
            let ways = [
                (before, Cut::Before(place), dist(after, reload) + dist(reload, visit) + dist(visit, next)),
                (behind, Cut::Behind(place), dist(after, visit) + dist(visit, reload) + dist(reload, next)),
            ];
            for (_, cut, way) in ways.into_iter().filter(|(may, ..)| *may) {
                if way < BAR && per_m * (way - i64::from(node.d_next)) < best.delta {
                    self.weigh_cut(visit, after, (cut, reload), best, dice, blink);
                }
            }
        }
    }

    fn weigh_cut(
        &self,
        visit: u32,
        after: u32,
        (cut, reload): (Cut, u32),
        best: &mut Slot,
        dice: &mut Dice,
        blink: bool,
    ) {
        let inst = self.inst;
        let node = &self.nodes[after as usize];
        let (route, next) = (node.route, node.next);
        let here = Driven { before: self.before[after as usize], trip: self.chain[after as usize].pre };
        let suf = &self.chain[next as usize].suf;
        let station = &inst.windows(reload)[0];
        for (window, single) in inst.windows(visit).iter().enumerate() {
            let (first, second, last) = match cut {
                Cut::Behind(_) => ((visit, single), (reload, station), reload),
                _ => ((reload, station), (visit, single), visit),
            };
            let driven = here.on(inst, route, after, first.0, first.1);
            let driven = driven.and_then(|d| d.on(inst, route, first.0, second.0, second.1));
            let whole = driven.and_then(|d| d.before.then(&inst.join(&d.trip, last, next, suf)?));
            let Some(cost) = whole.and_then(|w| inst.cost(route, &w)) else { continue };
            let delta = cost - self.tours[route as usize].cost + inst.breach(route, visit, window as u32);
            if delta < best.delta && !blinks(dice, blink) {
                *best = Slot { delta, after, window: window as u32, refit: NONE, cut };
            }
        }
    }
}
