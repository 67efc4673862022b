//! Where a shipment goes: both its visits into one route, the first before the
//! second.
//!
//! For each place of the first the route is driven onwards once, with the second
//! tried at every stop until time or load forbids to go on; the ways alone decide
//! before that whether a place is worth the drive.

use super::compile::{BAR, NONE};
use super::dice::Dice;
use super::rules::Rules;
use super::slots::blinks;
use super::state::State;

/// Places for both sides of a shipment. `second_after` may be the first side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PairSlot {
    pub(super) delta: i64,
    pub(super) first_after: u32,
    pub(super) second_after: u32,
    pub(super) windows: (u32, u32),
}

impl PairSlot {
    fn limit(delta: i64) -> Self {
        Self { delta, first_after: NONE, second_after: NONE, windows: (0, 0) }
    }

    pub(super) fn is_found(&self) -> bool {
        self.first_after != NONE
    }
}

impl<R: Rules> State<'_, R> {
    /// The cheapest places below `limit` for a shipment led by `first`, among the
    /// routes of its neighbours.
    pub(super) fn best_pair(
        &self,
        first: u32,
        limit: i64,
        seen: &mut Vec<u32>,
        dice: &mut Dice,
        blink: bool,
    ) -> PairSlot {
        let inst = self.inst;
        let second = inst.mate[first as usize];
        let mut best = PairSlot::limit(limit);
        seen.clear();
        let near = inst.near(first).iter().zip(inst.near(second));
        for &visit in near.flat_map(|(a, b)| [a, b]).take(80) {
            let route = self.nodes[visit as usize].route;
            if route != NONE && !seen.contains(&route) {
                seen.push(route);
                self.try_pair(route, first, second, &mut best, dice, blink);
            }
        }
        if !inst.vehicles_first() {
            self.try_empty(first, second, &mut best, dice, blink);
        }
        if !best.is_found() && inst.weight[first as usize] > 0 {
            for route in 0..self.tours.len() as u32 {
                if !seen.contains(&route) && self.tours[route as usize].size > 0 {
                    self.try_pair(route, first, second, &mut best, dice, false);
                }
            }
        }
        if inst.vehicles_first() && !best.is_found() && !self.closed {
            self.try_empty(first, second, &mut best, dice, blink);
        }
        best
    }

    fn try_empty(&self, first: u32, second: u32, best: &mut PairSlot, dice: &mut Dice, blink: bool) {
        for free in &self.free {
            if let Some(&route) = free.last() {
                self.try_pair(route, first, second, best, dice, blink);
            }
        }
    }

    fn try_pair(&self, route: u32, first: u32, second: u32, best: &mut PairSlot, dice: &mut Dice, blink: bool) {
        if !self.inst.may_serve(route, first) {
            return;
        }
        if R::WILD {
            self.try_pair_wild(route, (first, second), best, dice, blink);
        } else if R::CHAIN {
            self.try_pair_chain(route, first, second, best, dice, blink);
        } else {
            self.try_pair_clock(route, first, second, best, dice, blink);
        }
    }

    fn try_pair_clock(&self, route: u32, first: u32, second: u32, best: &mut PairSlot, dice: &mut Dice, blink: bool) {
        let inst = self.inst;
        let van = &inst.vans[route as usize];
        let end = inst.end(route);
        let empty = self.tours[route as usize].size == 0;
        let fixed = if empty { van.fixed } else { 0 };
        let (to, from) = (inst.dist_to(first), inst.dist_from(first));
        let (time_to, time_from) = (inst.time_to(first), inst.time_from(first));
        let slot = inst.slotted[first as usize];
        let load = inst.demand[first as usize][0];
        let mut at = inst.start(route);
        while at != end {
            let node = &self.nodes[at as usize];
            let depart = self.clock[at as usize].depart;
            if depart > slot.due {
                break;
            }
            let (before, behind) = (inst.row[at as usize] as usize, inst.row[node.next as usize] as usize);
            let way = i64::from(to[before]) + i64::from(from[behind]);
            let delta = fixed + van.per_m * (way - i64::from(node.d_next));
            let begin = (depart + i64::from(time_to[before])).max(slot.ready);
            let carried = if at >= inst.visits as u32 { 0 } else { self.carry[at as usize] };
            let free = node.next == end || !self.locked[node.next as usize];
            if free && begin <= slot.due && carried + load <= van.capacity[0] {
                let leave = begin + slot.service;
                let near = i64::from(to[before]);
                self.bring_at_once((first, second, at), (fixed, near, leave), best, dice, blink);
                let reach = leave + i64::from(time_from[behind]);
                let late = node.next != end && reach > self.clock[node.next as usize].late;
                if way < BAR && delta < best.delta && !late && node.next != end {
                    self.bring_later((first, second, at), (delta, reach), best, dice, blink);
                }
            }
            at = node.next;
        }
    }

    /// The second right behind the first.
    #[inline]
    fn bring_at_once(
        &self,
        (first, second, at): (u32, u32, u32),
        (fixed, way_to, leave): (i64, i64, i64),
        best: &mut PairSlot,
        dice: &mut Dice,
        blink: bool,
    ) {
        let inst = self.inst;
        let node = &self.nodes[at as usize];
        let behind = inst.row[node.next as usize] as usize;
        let between = i64::from(inst.dist_to(second)[first as usize]);
        let on = i64::from(inst.dist_from(second)[behind]);
        if way_to >= BAR || between >= BAR || on >= BAR {
            return;
        }
        let van = &inst.vans[node.route as usize];
        let delta = fixed + van.per_m * (way_to + between + on - i64::from(node.d_next));
        if delta >= best.delta {
            return;
        }
        let slot = inst.slotted[second as usize];
        let begin = (leave + i64::from(inst.time_to(second)[first as usize])).max(slot.ready);
        let reach = begin + slot.service + i64::from(inst.time_from(second)[behind]);
        if begin <= slot.due && reach <= self.clock[node.next as usize].late && !blinks(dice, blink) {
            *best = PairSlot { delta, first_after: at, second_after: first, windows: (0, 0) };
        }
    }

    /// The second behind some later stop of the route.
    fn bring_later(
        &self,
        (first, second, at): (u32, u32, u32),
        (base, mut reach): (i64, i64),
        best: &mut PairSlot,
        dice: &mut Dice,
        blink: bool,
    ) {
        let inst = self.inst;
        let route = self.nodes[at as usize].route;
        let van = &inst.vans[route as usize];
        let most = van.capacity[0] - inst.demand[first as usize][0];
        let end = inst.end(route);
        let (to, from) = (inst.dist_to(second), inst.dist_from(second));
        let (time_to, time_from) = (inst.time_to(second), inst.time_from(second));
        let slot = inst.slotted[second as usize];
        let mut stop = self.nodes[at as usize].next;
        while stop != end {
            let node = &self.nodes[stop as usize];
            let here = inst.slotted[stop as usize];
            let begin = reach.max(here.ready);
            if begin > self.clock[stop as usize].late || self.carry[stop as usize] > most {
                return;
            }
            let leave = begin + here.service;
            let begin = (leave + i64::from(time_to[stop as usize])).max(slot.ready);
            let behind = inst.row[node.next as usize] as usize;
            let way = i64::from(to[stop as usize]) + i64::from(from[behind]);
            let delta = base + van.per_m * (way - i64::from(node.d_next));
            if delta < best.delta && begin <= slot.due && way < BAR {
                let on = begin + slot.service + i64::from(time_from[behind]);
                let free = node.next == end || !self.locked[node.next as usize];
                if free && on <= self.clock[node.next as usize].late && !blinks(dice, blink) {
                    *best = PairSlot { delta, first_after: at, second_after: stop, windows: (0, 0) };
                }
            }
            if leave > slot.due {
                return;
            }
            reach = leave + i64::from(node.t_next);
            stop = node.next;
        }
    }

    fn try_pair_chain(&self, route: u32, first: u32, second: u32, best: &mut PairSlot, dice: &mut Dice, blink: bool) {
        let inst = self.inst;
        let (old, end) = (self.tours[route as usize].cost, inst.end(route));
        let mut at = inst.start(route);
        while at != end {
            let next = self.nodes[at as usize].next;
            let free = next == end || !self.locked[next as usize];
            for (w1, one) in inst.windows(first).iter().enumerate().filter(|_| free) {
                let mut here = inst.join(&self.chain[at as usize].pre, at, first, one);
                let (mut last, mut stop) = (first, at);
                while let Some(way) = here {
                    let next = self.nodes[stop as usize].next;
                    for (w2, two) in inst.windows(second).iter().enumerate() {
                        let both = inst.join(&way, last, second, two);
                        let whole = both.and_then(|b| inst.join(&b, second, next, &self.chain[next as usize].suf));
                        let Some(cost) = whole.and_then(|w| inst.cost(route, &w)) else { continue };
                        let windows = (w1 as u32, w2 as u32);
                        let changed = inst.breach(route, first, windows.0) + inst.breach(route, second, windows.1);
                        let delta = cost - old + changed;
                        if delta < best.delta && !blinks(dice, blink) {
                            *best = PairSlot { delta, first_after: at, second_after: last, windows };
                        }
                    }
                    if next == end {
                        break;
                    }
                    let single = &inst.windows(next)[self.nodes[next as usize].window as usize];
                    here = inst.join(&way, last, next, single);
                    (last, stop) = (next, next);
                }
            }
            at = next;
        }
    }
}
