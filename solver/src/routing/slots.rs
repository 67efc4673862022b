//! Where a visit goes: the cheapest place among its neighbours, weighed in
//! constant time each, with blinks.
//!
//! Positions are skipped one time in a hundred (the blinks of Christiaens and
//! Vanden Berghe, Transportation Science 54, 2020), drawn only where a position
//! would win. Places beyond the neighbours are looked at when no other is found.

use super::compile::{BAR, Instance, NONE};
use super::dice::Dice;
use super::rules::Rules;
use super::state::State;
use super::trips::Cut;

/// A place for a visit, and what it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) delta: i64,
    pub(super) after: u32,
    pub(super) window: u32,
    /// A larger unused vehicle to which the route must move first.
    pub(super) refit: u32,
    /// A reload that comes with the visit.
    pub(super) cut: Cut,
}

impl Slot {
    /// No place yet, at most this dear.
    pub(super) fn limit(delta: i64) -> Self {
        Self { delta, after: NONE, window: 0, refit: NONE, cut: Cut::None }
    }

    pub(super) fn is_found(&self) -> bool {
        self.after != NONE
    }
}

/// One position in so many is not seen.
const BLINK: u64 = 100;

#[inline]
pub(super) fn blinks(dice: &mut Dice, blink: bool) -> bool {
    blink && (dice.bits() >> 32) * BLINK < 1 << 32
}

/// The ways to and from a visit, and its needs.
struct Probe<'i> {
    visit: u32,
    /// Room it takes in the first dimension.
    need: i64,
    to: &'i [u32],
    from: &'i [u32],
    time_to: &'i [u32],
    time_from: &'i [u32],
    ready: i64,
    due: i64,
    service: i64,
}

impl<'i> Probe<'i> {
    fn new(inst: &'i Instance<'_>, visit: u32) -> Self {
        let slot = inst.slotted[visit as usize];
        Self {
            visit,
            need: inst.demand[visit as usize][0],
            to: inst.dist_to(visit),
            from: inst.dist_from(visit),
            time_to: inst.time_to(visit),
            time_from: inst.time_from(visit),
            ready: slot.ready,
            due: slot.due,
            service: slot.service,
        }
    }
}

impl<R: Rules> State<'_, R> {
    /// The cheapest slot below `limit` for an absent visit that is no shipment.
    pub(super) fn best_slot(&self, visit: u32, limit: i64, dice: &mut Dice, blink: bool) -> Slot {
        let inst = self.inst;
        let probe = Probe::new(inst, visit);
        let mut best = Slot::limit(limit);
        let kinds = self.has_kinds();
        if !R::CHAIN && !R::CARRY && !kinds {
            self.scan(&probe, &mut best, dice, blink);
        } else {
            self.scan_all(&probe, kinds, &mut best, dice, blink);
        }
        if !inst.vehicles_first() {
            self.weigh_empty(&probe, &mut best, dice, blink);
        }
        if !best.is_found() && inst.weight[visit as usize] > 0 {
            self.weigh_all(&probe, &mut best, dice, false);
        }
        if inst.vehicles_first() && !best.is_found() && !self.closed {
            self.weigh_empty(&probe, &mut best, dice, blink);
        }
        best
    }

    /// Places behind the neighbours, the far ones passed over.
    ///
    /// With ways alike in both directions, a place behind a stop `d` away, whose way on
    /// has the length `w`, adds `2 (d - w)` at least, by the inequality of triangles.
    /// Links that do not exist may wrap here; they are refused where they are weighed.
    fn scan(&self, probe: &Probe<'_>, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let (inst, jobs) = (self.inst, self.inst.jobs as u32);
        let near = inst.nearest(probe.visit);
        let metres = inst.nearest_m(probe.visit);
        if metres.is_empty() {
            return near.iter().for_each(|&near| self.look(probe, near, best, dice, blink));
        }
        let twice = 2 * inst.least_per_m;
        for (&near, &metres) in near.iter().zip(metres) {
            let node = &self.nodes[near as usize];
            if twice.wrapping_mul(i64::from(metres) - i64::from(node.d_next)) < best.delta {
                let way = i64::from(metres) + i64::from(probe.from[node.row_next as usize]);
                if self.may_pay(probe, near, way, best) {
                    self.weigh(probe, near, best, dice, blink);
                }
            }
            if node.prev >= jobs {
                self.look_behind_start(probe, near, best, dice, blink);
            }
        }
    }

    fn look(&self, probe: &Probe<'_>, near: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let node = &self.nodes[near as usize];
        let way = i64::from(probe.to[near as usize]) + i64::from(probe.from[node.row_next as usize]);
        if self.may_pay(probe, near, way, best) {
            self.weigh(probe, near, best, dice, blink);
        }
        if node.prev >= self.inst.jobs as u32 {
            self.look_behind_start(probe, near, best, dice, blink);
        }
    }

    /// Whether a visit may go behind a stop by a way that long. What that adds and
    /// whether there is room are asked in one question, as few places pass both: each
    /// question more would be guessed wrong too often.
    #[inline(always)]
    fn may_pay(&self, probe: &Probe<'_>, near: u32, way: i64, best: &Slot) -> bool {
        let node = &self.nodes[near as usize];
        let route = (node.route as usize).min(self.tours.len());
        let cheap = self.inst.per_m[route].wrapping_mul(way - i64::from(node.d_next)) < best.delta;
        cheap & (self.rooms[route] >= probe.need) && self.takes(node.route, probe.visit)
    }

    fn look_behind_start(&self, probe: &Probe<'_>, near: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let node = &self.nodes[near as usize];
        if node.route != NONE && self.takes(node.route, probe.visit) {
            self.weigh(probe, node.prev, best, dice, blink);
        }
    }

    /// The same for every set of rules, and behind reloads.
    #[inline]
    fn scan_all(&self, probe: &Probe<'_>, kinds: bool, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let (inst, visit) = (self.inst, probe.visit);
        for &near in inst.nearest(visit) {
            let node = &self.nodes[near as usize];
            if node.route == NONE {
                continue;
            }
            if !self.takes(node.route, visit) {
                if kinds {
                    self.weigh_larger(probe, near, best, dice, blink);
                }
                continue;
            }
            self.weigh(probe, near, best, dice, blink);
            // Behind a reload or the start.
            if node.prev >= inst.jobs as u32 {
                self.weigh(probe, node.prev, best, dice, blink);
            }
        }
    }

    /// A place in a full route, were it driven by a larger vehicle.
    fn weigh_larger(&self, probe: &Probe<'_>, near: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let route = self.nodes[near as usize].route;
        let Some((other, extra)) = self.exchange(route, &self.inst.demand[probe.visit as usize]) else { return };
        let spare = Slot::limit(best.delta.saturating_sub(extra));
        for after in [near, self.nodes[near as usize].prev] {
            let mut slot = spare;
            self.weigh(probe, after, &mut slot, dice, blink);
            if slot.is_found() && slot.delta + extra < best.delta {
                *best = Slot { delta: slot.delta + extra, refit: other, ..slot };
            }
        }
    }

    /// Skills, permission and room.
    #[inline]
    pub(super) fn takes(&self, route: u32, visit: u32) -> bool {
        let room = &self.tours[route as usize].room;
        let demand = &self.inst.demand[visit as usize];
        let fits = R::CHAIN || R::CARRY || (0..R::WIDE).all(|d| demand[d] <= room[d]);
        fits && self.inst.may_serve(route, visit)
    }

    /// One unused vehicle of each class. Of several, the one that is cheapest once
    /// some part of its price, drawn by chance, is shared by a full load: by its
    /// first visit alone, a large one would never be taken.
    fn weigh_empty(&self, probe: &Probe<'_>, best: &mut Slot, dice: &mut Dice, blink: bool) {
        if self.free.len() == 1 {
            let Some(&route) = self.free[0].last() else { return };
            if self.takes(route, probe.visit) {
                self.weigh(probe, self.inst.start(route), best, dice, blink);
            }
            return;
        }
        let alone = dice.unit();
        let (mut chosen, mut least) = (*best, f64::INFINITY);
        for free in &self.free {
            let Some(&route) = free.last() else { continue };
            if !self.takes(route, probe.visit) {
                continue;
            }
            let mut slot = *best;
            self.weigh(probe, self.inst.start(route), &mut slot, dice, blink);
            let price = slot.delta as f64 * (alone + (1.0 - alone) * self.inst.vans[route as usize].share);
            if slot != *best && price < least {
                (chosen, least) = (slot, price);
            }
        }
        *best = chosen;
    }

    fn weigh_all(&self, probe: &Probe<'_>, best: &mut Slot, dice: &mut Dice, blink: bool) {
        for route in 0..self.tours.len() as u32 {
            if self.tours[route as usize].size == 0 || !self.takes(route, probe.visit) {
                continue;
            }
            let mut at = self.inst.start(route);
            while at != self.inst.end(route) {
                self.weigh(probe, at, best, dice, blink);
                at = self.nodes[at as usize].next;
            }
        }
    }

    #[inline]
    fn weigh(&self, probe: &Probe<'_>, after: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        if R::WILD {
            return self.weigh_wild(probe.visit, after, best, dice, blink);
        }
        let inst = self.inst;
        let node = &self.nodes[after as usize];
        let next = node.next;
        let (before, behind) = (inst.row[after as usize] as usize, inst.row[next as usize] as usize);
        let way = i64::from(probe.to[before]) + i64::from(probe.from[behind]);
        if way >= BAR {
            return;
        }
        let van = &inst.vans[node.route as usize];
        let mut delta = van.per_m * (way - i64::from(node.d_next));
        if R::CHAIN {
            if self.is_locked(next) {
                return;
            }
            if van.per_ms == 0 && delta >= best.delta && self.tours[node.route as usize].size > 0 {
                return;
            }
            self.weigh_chain(probe, after, best, dice, blink);
            if R::RELOAD {
                self.weigh_cuts(probe.visit, after, best, dice, blink);
            }
            return;
        }
        if after >= inst.visits as u32 && next >= inst.visits as u32 {
            delta += van.fixed;
        }
        if delta >= best.delta || self.is_locked(next) {
            return;
        }
        if R::CLOCK {
            let reach = self.clock[after as usize].depart + i64::from(probe.time_to[before]);
            let begin = reach.max(probe.ready);
            let on = begin + probe.service + i64::from(probe.time_from[behind]);
            if begin > probe.due || on > self.clock[next as usize].late {
                return;
            }
        }
        if !blinks(dice, blink) {
            *best = Slot { delta, after, window: 0, refit: NONE, cut: Cut::None };
        }
    }

    #[inline]
    pub(super) fn is_locked(&self, node: u32) -> bool {
        node < self.inst.visits as u32 && self.locked[node as usize]
    }

    fn weigh_chain(&self, probe: &Probe<'_>, after: u32, best: &mut Slot, dice: &mut Dice, blink: bool) {
        let inst = self.inst;
        let node = &self.nodes[after as usize];
        let next = node.next;
        let (before, behind) = (inst.row[after as usize] as usize, inst.row[next as usize] as usize);
        let (time_to, time_on) = (i64::from(probe.time_to[before]), i64::from(probe.time_from[behind]));
        let (to, on) = (i64::from(probe.to[before]), i64::from(probe.from[behind]));
        let (pre, suf) = (&self.chain[after as usize].pre, &self.chain[next as usize].suf);
        for (window, single) in inst.windows(probe.visit).iter().enumerate() {
            let whole = pre.then(time_to, to, single).and_then(|here| here.then(time_on, on, suf));
            let whole = if R::RELOAD { whole.and_then(|w| self.before[after as usize].then(&w)) } else { whole };
            let cost = whole.and_then(|w| inst.cost(node.route, &w));
            let Some(cost) = cost else { continue };
            let delta =
                cost - self.tours[node.route as usize].cost + inst.breach(node.route, probe.visit, window as u32);
            if delta < best.delta && !blinks(dice, blink) {
                *best = Slot { delta, after, window: window as u32, refit: NONE, cut: Cut::None };
            }
        }
    }
}
