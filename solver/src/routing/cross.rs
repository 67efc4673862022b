//! Tails of routes change places: what strings of a few visits cannot do to long routes.
//!
//! A round of ruin and recreate moves ten visits or so; two routes of fifty that should
//! go on as each other would never get there. Here one new way decides: what lies
//! behind it on both routes changes places (2-opt* of Potvin and Rousseau, Journal of
//! the Operational Research Society 46, 1995), with an unused vehicle too, and where
//! time does not count and ways are alike in both directions, stretches are turned
//! round as well. Each is weighed in constant time but for the loads. Absent on purpose:
//! vehicles of different classes, reloads, and shipments, with which it did not help.

use super::compile::{BAR, NONE};
use super::dice::Dice;
use super::model::DIMENSIONS;
use super::rules::Rules;
use super::slots::blinks;
use super::state::State;

/// Neighbours to which a new way may lead.
const WAYS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What lies behind the one and behind the other changes places.
    Tails,
    /// What lies behind the one, and the other with all before it, change places, both
    /// turned round.
    Turned,
    /// What lies between the one and the other on their route is turned round.
    Stretch,
}

/// An exchange, and what it adds.
#[derive(Debug, Clone, Copy)]
struct Crossing {
    delta: i64,
    kind: Kind,
    one: u32,
    /// [`NONE`] as long as no exchange is found.
    other: u32,
}

impl<R: Rules> State<'_, R> {
    /// Whether there are exchanges under the rules at hand.
    pub(super) fn may_cross(&self) -> bool {
        let problem = self.inst.problem;
        !R::RELOAD && !R::WILD && problem.shipments.is_empty() && problem.jobs.iter().all(|j| j.promise.is_none())
    }

    /// Makes the cheapest exchange with a new way from or to `visit` that adds `limit`
    /// at most; false when there is none. `list` spares an allocation.
    pub(super) fn cross(&mut self, visit: u32, limit: i64, list: &mut Vec<u32>, dice: &mut Dice, blink: bool) -> bool {
        let (inst, here) = (self.inst, self.nodes[visit as usize]);
        if here.route == NONE {
            return false;
        }
        let mut best = Crossing { delta: limit.saturating_add(1), kind: Kind::Tails, one: visit, other: NONE };
        let turns = !R::CLOCK && !R::CHAIN && inst.same_both_ways();
        for &near in inst.near(visit).iter().take(WAYS) {
            let there = self.nodes[near as usize];
            if there.route == NONE {
                continue;
            }
            if there.route != here.route {
                self.weigh_tails(visit, there.prev, &mut best, dice, blink);
                self.weigh_tails(here.prev, near, &mut best, dice, blink);
            }
            if turns {
                self.weigh_turn(visit, near, &mut best, dice, blink);
            }
        }
        let unused = self.free[inst.vans[here.route as usize].class as usize].last();
        if let Some(&unused) = unused.filter(|_| !inst.vehicles_first()) {
            self.weigh_tails(visit, inst.start(unused), &mut best, dice, blink);
        }
        if best.other != NONE {
            self.make(best, list);
        }
        best.other != NONE
    }

    /// The tails behind two visits, or starts, of two routes: the new ways lead from
    /// each to where the other went.
    #[inline]
    fn weigh_tails(&self, one: u32, other: u32, best: &mut Crossing, dice: &mut Dice, blink: bool) {
        let (inst, visits) = (self.inst, self.inst.visits as u32);
        let (a, b) = (&self.nodes[one as usize], &self.nodes[other as usize]);
        let van = &inst.vans[a.route as usize];
        // From an end to an end there is no way, no time and no vehicle.
        let bare = |from: u32, to: u32| from >= visits && to >= visits;
        let way = |from: u32, to: u32| if bare(from, to) { 0 } else { i64::from(inst.dist(from, to)) };
        let new = way(one, b.next) + way(other, a.next);
        let fixed = |from: u32, to: u32| if bare(from, to) { 0 } else { van.fixed };
        let vehicles = fixed(one, b.next) + fixed(other, a.next) - fixed(one, a.next) - fixed(other, b.next);
        let mut delta = van.per_m * (new - i64::from(a.d_next) - i64::from(b.d_next)) + vehicles;
        let by_way = !R::CHAIN || van.per_ms == 0;
        if new >= BAR || (by_way && delta >= best.delta) || bare(one, other) || bare(a.next, b.next) {
            return;
        }
        let alike = van.class == inst.vans[b.route as usize].class;
        if !alike || self.is_locked(a.next) || self.is_locked(b.next) {
            return;
        }
        if R::CHAIN {
            let both = [(one, b.next), (other, a.next)];
            let costs = both.map(|(from, to)| if bare(from, to) { Some(0) } else { self.cost_by(from, to) });
            let [Some(first), Some(second)] = costs else { return };
            delta = first + second - self.tours[a.route as usize].cost - self.tours[b.route as usize].cost;
        } else {
            let late = |from: u32, to: u32| R::CLOCK && !bare(from, to) && self.is_late(from, to);
            if late(one, b.next) || late(other, a.next) || !self.tails_fit(one, other) {
                return;
            }
        }
        if delta < best.delta && !blinks(dice, blink) {
            *best = Crossing { delta, kind: Kind::Tails, one, other };
        }
    }

    /// What a route costs that drives from the head of one to the tail of another.
    fn cost_by(&self, from: u32, to: u32) -> Option<i64> {
        let whole = self.inst.join(&self.chain[from as usize].pre, from, to, &self.chain[to as usize].suf);
        self.inst.cost(self.nodes[from as usize].route, &whole?)
    }

    fn is_late(&self, from: u32, to: u32) -> bool {
        self.clock[from as usize].depart + i64::from(self.inst.time(from, to)) > self.clock[to as usize].late
    }

    /// Whether both routes can carry their loads with the tails exchanged.
    fn tails_fit(&self, one: u32, other: u32) -> bool {
        let (a, b) = (self.loads(one), self.loads(other));
        (0..R::WIDE).all(|d| a[d].0 + b[d].1 <= a[d].2 && b[d].0 + a[d].1 <= b[d].2)
    }

    /// By dimension: loads up to a node with that one, loads behind it, and capacity.
    fn loads(&self, node: u32) -> [(i64, i64, i64); DIMENSIONS] {
        let route = self.nodes[node as usize].route as usize;
        let (room, capacity) = (&self.tours[route].room, &self.inst.vans[route].capacity);
        let mut loads = [(0, 0, 0); DIMENSIONS];
        let mut at = node;
        while at < self.inst.visits as u32 {
            (0..R::WIDE).for_each(|d| loads[d].0 += self.inst.demand[at as usize][d]);
            at = self.nodes[at as usize].prev;
        }
        (0..R::WIDE).for_each(|d| (loads[d].1, loads[d].2) = (capacity[d] - room[d] - loads[d].0, capacity[d]));
        loads
    }

    /// Both visits next to each other, and what lay behind them likewise.
    #[inline]
    fn weigh_turn(&self, one: u32, other: u32, best: &mut Crossing, dice: &mut Dice, blink: bool) {
        let (inst, visits) = (self.inst, self.inst.visits as u32);
        let (a, b) = (&self.nodes[one as usize], &self.nodes[other as usize]);
        let van = &inst.vans[a.route as usize];
        let (same, bare) = (a.route == b.route, a.next >= visits && b.next >= visits);
        let new = i64::from(inst.dist(one, other)) + if bare { 0 } else { i64::from(inst.dist(a.next, b.next)) };
        let saved = if bare { van.fixed } else { 0 };
        let delta = van.per_m * (new - i64::from(a.d_next) - i64::from(b.d_next)) - saved;
        if delta >= best.delta || new >= BAR || a.next == other || b.next == one {
            return;
        }
        let open = |route: u32| !self.is_locked(self.nodes[inst.start(route) as usize].next);
        let kind = if same { Kind::Stretch } else { Kind::Turned };
        let fits = open(a.route) && open(b.route) && (same || self.turned_fit(one, other));
        if fits && !blinks(dice, blink) {
            *best = Crossing { delta, kind, one, other };
        }
    }

    /// Whether one vehicle can carry both heads and another of its class both tails, and
    /// a head turned round ends where it began.
    fn turned_fit(&self, one: u32, other: u32) -> bool {
        let inst = self.inst;
        let (a, b) = (self.loads(one), self.loads(other));
        let [from, to] = [one, other].map(|node| self.nodes[node as usize].route);
        let round = inst.row[inst.start(from) as usize] == inst.row[inst.end(from) as usize];
        let alike = inst.vans[from as usize].class == inst.vans[to as usize].class;
        round && alike && (0..R::WIDE).all(|d| a[d].0 + b[d].0 <= a[d].2 && a[d].1 + b[d].1 <= b[d].2)
    }

    fn make(&mut self, crossing: Crossing, list: &mut Vec<u32>) {
        let Crossing { kind, one, other, .. } = crossing;
        list.clear();
        match kind {
            Kind::Tails => {
                self.cut(one, NONE, list);
                let half = list.len();
                self.cut(other, NONE, list);
                self.append(one, list[half..].iter());
                self.append(other, list[..half].iter());
            }
            Kind::Turned => {
                let start = self.inst.start(self.nodes[other as usize].route);
                self.cut(one, NONE, list);
                let half = list.len();
                self.cut(start, other, list);
                self.append(one, list[half..].iter().rev());
                self.append(start, list[..half].iter().rev());
            }
            Kind::Stretch => {
                let (first, last) = if self.is_behind(one, other) { (one, other) } else { (other, one) };
                self.cut(first, last, list);
                self.append(first, list.iter().rev());
            }
        }
        self.settle();
    }

    /// Whether the other comes later on a route than the one.
    fn is_behind(&self, one: u32, other: u32) -> bool {
        let mut at = one;
        while at < self.inst.visits as u32 && at != other {
            at = self.nodes[at as usize].next;
        }
        at == other
    }

    /// Takes off what lies behind a node, up to `last`, and lists it.
    fn cut(&mut self, node: u32, last: u32, list: &mut Vec<u32>) {
        let mut at = node;
        while at != last && self.nodes[node as usize].next < self.inst.visits as u32 {
            at = self.nodes[node as usize].next;
            list.push(at);
            self.detach(at);
        }
    }

    fn append<'l>(&mut self, node: u32, visits: impl Iterator<Item = &'l u32>) {
        let mut after = node;
        for &visit in visits {
            self.attach(visit, after, self.nodes[visit as usize].window);
            after = visit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::routing::compile::Instance;
    use crate::routing::rules::{Full, PlainWide, Timed};
    use crate::routing::search::construct;
    use crate::routing::{Job, Problem, Vehicle};

    /// Rules that a problem is given for one engine or another.
    #[derive(Clone, Copy)]
    struct Town {
        windows: bool,
        paid: i64,
        round_trip: bool,
        crooked: bool,
    }

    fn problem(town: Town, dice: &mut Dice) -> Problem {
        let count = 3 + dice.below(8);
        let places: Vec<(i64, i64)> = (0..=count).map(|_| (dice.below(60) as i64, dice.below(60) as i64)).collect();
        let crooked = |i: usize, j: usize| if town.crooked { (i * 7 + j * 3) as i64 % 11 } else { 0 };
        let way = |i: usize, j: usize| {
            Some((places[i].0 - places[j].0).abs() + (places[i].1 - places[j].1).abs() + crooked(i, j))
        };
        let ways = Matrix::from_fn(count + 1, way).unwrap();
        let mut job = |location| {
            let from = dice.below(200) as i64;
            let demand = dice.below(4) as i64;
            let windows = if town.windows { vec![(from, from + 60 + dice.below(200) as i64)] } else { Vec::new() };
            // The engine for windows knows one load.
            let demand = [demand, if town.windows { 0 } else { demand / 2 }, 0, 0];
            Job { location, demand, windows, service_ms: 5, ..Job::default() }
        };
        let jobs: Vec<Job> = (1..=count).map(&mut job).collect();
        let vehicle = |number: usize| Vehicle {
            end: town.round_trip.then_some(0),
            shift: (0, if town.windows { 500 } else { 1 << 40 }),
            capacity: [8, 4, 0, 0],
            fixed_cost: 7 * (number / 4) as i64,
            cost_per_m: 2,
            cost_per_ms: town.paid,
            ..Vehicle::default()
        };
        let vehicles = (0..8).map(vehicle).collect();
        Problem { durations: ways.clone(), distances: ways, jobs, vehicles, ..Problem::default() }
    }

    type Orders = Vec<Vec<u32>>;

    fn orders<R: Rules>(state: &State<'_, R>) -> Orders {
        (0..state.tours.len() as u32).map(|route| state.visits(route).collect()).collect()
    }

    /// What a plan costs in a state of its own, if it keeps every rule.
    fn price<R: Rules>(inst: &Instance<'_>, orders: &Orders) -> Option<i64> {
        let mut state: State<'_, R> = State::new(inst);
        for (route, visits) in orders.iter().enumerate() {
            state.append(inst.start(route as u32), visits.iter());
        }
        state.settle();
        let rules = (0..orders.len() as u32).all(|route| state.keeps_rules(route));
        rules.then_some(state.cost)
    }

    /// Every exchange there is that puts a visit next to another or its tail elsewhere.
    fn all<R: Rules>(inst: &Instance<'_>, old: &Orders, visit: u32) -> Vec<Orders> {
        let mut found = Vec::new();
        let route = old.iter().position(|order| order.contains(&visit)).unwrap();
        let at = old[route].iter().position(|v| *v == visit).unwrap();
        let mut tails = |one: usize, other: usize, from: usize| {
            let mut new = old.clone();
            let (tail, there) = (new[route].split_off(one), new[other].split_off(from));
            new[route].extend(there);
            new[other].extend(tail);
            found.push(new);
        };
        let alike = |other: &usize| inst.vans[*other].class == inst.vans[route].class && *other != route;
        for other in (0..old.len()).filter(alike) {
            (0..old[other].len()).for_each(|from| tails(at + 1, other, from));
            (0..old[other].len()).for_each(|from| tails(at, other, from + 1));
            if old[other].is_empty() {
                tails(at + 1, other, 0);
            }
        }
        if R::CLOCK || R::CHAIN || !inst.same_both_ways() {
            return found;
        }
        for other in 0..old[route].len() {
            let (from, to) = (at.min(other), at.max(other));
            let mut new = old.clone();
            new[route][from + 1..=to].reverse();
            found.push(new);
        }
        let round = inst.row[inst.start(0) as usize] == inst.row[inst.end(0) as usize];
        for other in (0..old.len()).filter(|other| alike(other) && round) {
            for upto in 0..old[other].len() {
                let mut new = old.clone();
                let (tail, there) = (new[route].split_off(at + 1), new[other].split_off(upto + 1));
                let head = std::mem::replace(&mut new[other], tail.into_iter().rev().chain(there).collect());
                new[route].extend(head.into_iter().rev());
                found.push(new);
            }
        }
        found
    }

    /// The exchange made is the cheapest of all, adds what it says, and comes undone.
    fn agrees<R: Rules>(town: Town, seed: u64) {
        let mut dice = Dice::new(seed);
        let problem = problem(town, &mut dice);
        let inst = Instance::new(&problem, &[]);
        let mut state: State<'_, R> = State::new(&inst);
        construct(&mut state, &mut dice);
        let visit = dice.below(inst.jobs) as u32;
        if state.is_absent(visit) {
            return;
        }
        let (before, cost) = (orders(&state), state.cost);
        let costs = all::<R>(&inst, &before, visit).into_iter().filter(|new| *new != before);
        let least = costs.filter_map(|new| price::<R>(&inst, &new)).min();
        assert!(state.may_cross());
        let done = state.cross(visit, 1 << 40, &mut Vec::new(), &mut dice, false);
        assert_eq!(done.then_some(state.cost), least, "seed {seed}, visit {visit} of {before:?}");
        assert!(state.is_sound());
        assert_eq!(price::<R>(&inst, &orders(&state)), Some(state.cost));
        state.rollback();
        assert_eq!((orders(&state), state.cost), (before, cost));
    }

    #[test]
    fn the_cheapest_exchange_is_that_of_trying_all() {
        let town = Town { windows: false, paid: 0, round_trip: true, crooked: false };
        for seed in 0..600 {
            agrees::<PlainWide>(town, seed);
            agrees::<PlainWide>(Town { round_trip: false, ..town }, seed);
            agrees::<PlainWide>(Town { crooked: true, ..town }, seed);
            agrees::<Timed>(Town { windows: true, ..town }, seed);
            agrees::<Full>(Town { windows: true, paid: 1, ..town }, seed);
            agrees::<Full>(Town { windows: true, round_trip: false, ..town }, seed);
        }
    }
}
