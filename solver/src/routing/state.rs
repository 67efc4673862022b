//! A set of routes under change: linked visits, with the clocks and stretches the
//! rules at hand need, and a log by which a round is undone.
//!
//! Absent on purpose: any choice; where a visit goes is decided elsewhere.

use super::compile::{FAR, Instance, NONE};
use super::model::DIMENSIONS;
use super::rules::Rules;
use super::segment::Segment;
use super::trips::Before;

/// A visit or an end of a route, linked; half a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub(super) struct Node {
    pub(super) prev: u32,
    pub(super) next: u32,
    /// [`NONE`] when absent.
    pub(super) route: u32,
    /// Metres and time to the next node.
    pub(super) d_next: u32,
    pub(super) t_next: u32,
    /// Window in use.
    pub(super) window: u32,
    /// Row of the next node in the table.
    pub(super) row_next: u32,
}

/// When a node is left at the earliest, and when service must begin at the latest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    pub(super) depart: i64,
    pub(super) late: i64,
}

/// From the start of the route to a node, and from the node to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    pub(super) pre: Segment,
    pub(super) suf: Segment,
}

/// What is kept of a route.
#[derive(Debug, Clone, Default)]
pub(super) struct Tour {
    /// Capacity not used; without meaning for shipments and chains.
    pub(super) room: [i64; DIMENSIONS],
    pub(super) size: u32,
    pub(super) reloads: u32,
    pub(super) metres: i64,
    /// Kept for chains only.
    pub(super) cost: i64,
    pub(super) bad: bool,
    pub(super) touched: bool,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Detached { visit: u32, after: u32, window: u32 },
    Attached { visit: u32 },
}

/// A copy of the routes, for keeping.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) nodes: Vec<Node>,
    pub(super) weight: i64,
    pub(super) cost: i64,
}

pub(super) struct State<'a, R: Rules> {
    pub(super) inst: &'a Instance<'a>,
    pub(super) nodes: Vec<Node>,
    pub(super) tours: Vec<Tour>,
    /// Capacity not used in the first dimension, close together; one more, for
    /// those on no route, has none.
    pub(super) rooms: Vec<i64>,
    pub(super) clock: Vec<Clock>,
    pub(super) chain: Vec<Chain>,
    pub(super) carry: Vec<i64>,
    /// What lies before the trip of each node, with reloads.
    pub(super) before: Vec<Before>,
    /// Jobs on no route, and where in that list each is.
    pub(super) absent: Vec<u32>,
    absent_at: Vec<u32>,
    /// Empty vehicles of each class.
    pub(super) free: Vec<Vec<u32>>,
    pub(super) locked: Vec<bool>,
    /// No empty vehicle is taken.
    pub(super) closed: bool,
    /// Weight of absent visits that are to be served whenever they can be, in
    /// [`Instance::unit`]s, and vehicles where they count.
    pub(super) weight: i64,
    /// Routes and prizes forgone.
    pub(super) cost: i64,
    /// Links that do not exist, for a moment.
    broken: u32,
    log: Vec<Op>,
    pub(super) log_of_drive: std::cell::RefCell<super::wild::Log>,
    pub(super) touched: Vec<u32>,
    rules: std::marker::PhantomData<R>,
}

impl<'a, R: Rules> State<'a, R> {
    /// All vehicles empty, all visits absent.
    pub(super) fn new(inst: &'a Instance<'a>) -> Self {
        let routes = inst.vans.len();
        let total = inst.visits + 2 * routes;
        let blank = Node { prev: NONE, next: NONE, route: NONE, d_next: 0, t_next: 0, window: 0, row_next: 0 };
        let nothing = Segment::impossible();
        let chains = if R::CHAIN && !R::WILD { total } else { 0 };
        let mut state = Self {
            inst,
            nodes: vec![blank; total],
            tours: vec![Tour::default(); routes],
            rooms: vec![i64::MIN; routes + 1],
            clock: vec![Clock::default(); if R::CLOCK { total } else { 0 }],
            chain: vec![Chain { pre: nothing, suf: nothing }; chains],
            carry: vec![0; if R::CARRY { total } else { 0 }],
            before: vec![Before::nothing(); if R::RELOAD && !R::WILD { total } else { 0 }],
            absent: Vec::with_capacity(inst.jobs),
            absent_at: vec![NONE; inst.jobs],
            free: vec![Vec::new(); inst.classes],
            locked: vec![false; inst.visits],
            closed: false,
            weight: 0,
            cost: 0,
            broken: 0,
            log: Vec::new(),
            log_of_drive: Default::default(),
            touched: Vec::new(),
            rules: std::marker::PhantomData,
        };
        state.clear();
        state
    }

    fn clear(&mut self) {
        let routes = self.inst.vans.len() as u32;
        (self.weight, self.cost, self.broken) = (-self.inst.spared.0, -self.inst.spared.1, 0);
        self.absent.clear();
        for visit in 0..self.inst.visits as u32 {
            self.nodes[visit as usize].route = NONE;
            if !self.is_reload(visit) {
                self.leave_out(visit);
            }
        }
        self.free.iter_mut().for_each(Vec::clear);
        for route in (0..routes).rev() {
            let (start, end) = (self.inst.start(route), self.inst.end(route));
            for node in [start, end] {
                let n = &mut self.nodes[node as usize];
                (n.prev, n.next, n.route, n.d_next, n.t_next) = (start, end, route, 0, 0);
                n.row_next = self.inst.row[end as usize];
            }
            let van = &self.inst.vans[route as usize];
            self.tours[route as usize] = Tour { room: van.capacity, ..Tour::default() };
            self.rooms[route as usize] = van.capacity[0];
            self.free[van.class as usize].push(route);
            self.refresh(route);
        }
        self.log.clear();
        self.touched.clear();
    }

    fn leave_out(&mut self, visit: u32) {
        self.absent_at[visit as usize] = self.absent.len() as u32;
        self.absent.push(visit);
        self.weight += self.inst.weight[visit as usize];
        self.cost += self.inst.prize[visit as usize];
    }

    fn take_in(&mut self, visit: u32) {
        let at = self.absent_at[visit as usize] as usize;
        self.absent.swap_remove(at);
        if let Some(&moved) = self.absent.get(at) {
            self.absent_at[moved as usize] = at as u32;
        }
        self.absent_at[visit as usize] = NONE;
        self.weight -= self.inst.weight[visit as usize];
        self.cost -= self.inst.prize[visit as usize];
    }

    /// The job of a visit's group that is served; there is one at most.
    pub(super) fn served_of_group(&self, visit: u32) -> Option<u32> {
        let others = self.inst.group_of(visit).iter().map(|job| *job as u32);
        others.into_iter().find(|other| !self.is_absent(*other))
    }

    pub(super) fn is_absent(&self, visit: u32) -> bool {
        self.nodes[visit as usize].route == NONE
    }

    /// Links two nodes of a route; the metres are returned, and none are driven
    /// between the ends of an empty one.
    #[inline]
    fn link(&mut self, from: u32, to: u32) {
        let visits = self.inst.visits as u32;
        let empty = from >= visits && to >= visits;
        let dist = if empty || R::WILD { 0 } else { self.inst.dist(from, to) };
        let node = &mut self.nodes[from as usize];
        node.next = to;
        node.row_next = self.inst.row[to as usize];
        node.d_next = dist;
        if R::CLOCK || R::CHAIN {
            node.t_next = if empty || R::WILD { 0 } else { self.inst.time(from, to) };
        }
        self.nodes[to as usize].prev = from;
        self.broken += u32::from(dist == FAR);
    }

    #[inline]
    fn touch(&mut self, route: u32) {
        let tour = &mut self.tours[route as usize];
        if !tour.touched {
            tour.touched = true;
            self.touched.push(route);
        }
    }

    /// Takes a visit off its route; clocks are stale until [`Self::settle`].
    pub(super) fn detach(&mut self, visit: u32) {
        let Node { prev, window, .. } = self.nodes[visit as usize];
        self.log.push(Op::Detached { visit, after: prev, window });
        self.unhook(visit);
    }

    fn unhook(&mut self, visit: u32) {
        let Node { prev, next, route, d_next, window, .. } = self.nodes[visit as usize];
        if R::CHAIN {
            self.cost -= self.inst.breach(route, visit, window);
        }
        let before = self.nodes[prev as usize].d_next;
        self.broken -= u32::from(before == FAR) + u32::from(d_next == FAR);
        self.touch(route);
        self.link(prev, next);
        self.nodes[visit as usize].route = NONE;
        let reload = self.is_reload(visit);
        if !reload {
            self.leave_out(visit);
        }
        let van = &self.inst.vans[route as usize];
        let tour = &mut self.tours[route as usize];
        tour.size -= 1;
        tour.reloads -= u32::from(reload);
        for d in 0..R::WIDE {
            tour.room[d] += self.inst.demand[visit as usize][d];
        }
        self.rooms[route as usize] = tour.room[0];
        if !R::CHAIN {
            let after = i64::from(self.nodes[prev as usize].d_next);
            let more = after - i64::from(before) - i64::from(d_next);
            tour.metres += more;
            self.cost += van.per_m * more;
        }
        if tour.size == 0 {
            self.free[van.class as usize].push(route);
            self.weight -= i64::from(self.inst.vehicles_first());
            if !R::CHAIN {
                self.cost -= van.fixed;
            }
        }
    }

    /// Puts an absent visit behind a node; clocks are stale until refreshed.
    pub(super) fn attach(&mut self, visit: u32, after: u32, window: u32) {
        self.log.push(Op::Attached { visit });
        self.hook(visit, after, window);
    }

    fn hook(&mut self, visit: u32, after: u32, window: u32) {
        let Node { next, route, d_next: before, .. } = self.nodes[after as usize];
        self.broken -= u32::from(before == FAR);
        self.touch(route);
        self.link(after, visit);
        self.link(visit, next);
        self.nodes[visit as usize].route = route;
        self.nodes[visit as usize].window = window;
        if R::CHAIN {
            self.cost += self.inst.breach(route, visit, window);
        }
        let reload = self.is_reload(visit);
        if !reload {
            self.take_in(visit);
        }
        let van = &self.inst.vans[route as usize];
        let tour = &mut self.tours[route as usize];
        tour.size += 1;
        tour.reloads += u32::from(reload);
        for d in 0..R::WIDE {
            tour.room[d] -= self.inst.demand[visit as usize][d];
        }
        self.rooms[route as usize] = tour.room[0];
        if !R::CHAIN {
            let there = i64::from(self.nodes[after as usize].d_next);
            let on = i64::from(self.nodes[visit as usize].d_next);
            let more = there + on - i64::from(before);
            tour.metres += more;
            self.cost += van.per_m * more;
        }
        if tour.size == 1 {
            self.weight += i64::from(self.inst.vehicles_first());
            let free = &mut self.free[van.class as usize];
            // Mostly the last one, which is offered first.
            if let Some(at) = free.iter().rposition(|&r| r == route) {
                free.swap_remove(at);
            }
            if !R::CHAIN {
                self.cost += van.fixed;
            }
        }
    }

    /// Brings the clocks of every touched route up to date.
    pub(super) fn settle(&mut self) {
        if R::CLOCK || R::CHAIN {
            for at in 0..self.touched.len() {
                self.refresh(self.touched[at]);
            }
        }
    }

    /// Brings one route up to date after visits were attached at one place.
    pub(super) fn refresh_around(&mut self, visit: u32) {
        if R::CHAIN || R::CARRY {
            self.refresh(self.nodes[visit as usize].route);
        } else if R::CLOCK {
            let tour = &self.tours[self.nodes[visit as usize].route as usize];
            if tour.bad {
                self.refresh(self.nodes[visit as usize].route);
            } else {
                self.forward(visit);
                self.backward(visit);
            }
        }
    }

    /// Departures from a node on, as far as they change.
    fn forward(&mut self, from: u32) {
        let mut at = from;
        let mut leave = self.clock[self.nodes[at as usize].prev as usize].depart;
        let mut way = self.nodes[self.nodes[at as usize].prev as usize].t_next;
        while at < self.inst.visits as u32 {
            let slot = &self.inst.slotted[at as usize];
            leave = (leave + i64::from(way)).max(slot.ready) + slot.service;
            let clock = &mut self.clock[at as usize];
            if clock.depart == leave && at != from {
                return;
            }
            clock.depart = leave;
            let node = &self.nodes[at as usize];
            (at, way) = (node.next, node.t_next);
        }
    }

    /// Latest begins from a node back, as far as they change.
    fn backward(&mut self, from: u32) {
        let mut at = from;
        let mut late = self.clock[self.nodes[at as usize].next as usize].late;
        while at < self.inst.visits as u32 {
            let node = &self.nodes[at as usize];
            let slot = &self.inst.slotted[at as usize];
            late = (late - i64::from(node.t_next) - slot.service).min(slot.due);
            let clock = &mut self.clock[at as usize];
            if clock.late == late && at != from {
                return;
            }
            clock.late = late;
            at = node.prev;
        }
    }

    /// Computes the clocks, stretches or loads of a route anew and notes whether
    /// it keeps every rule.
    pub(super) fn refresh(&mut self, route: u32) {
        if R::WILD {
            let cost = self.trial(route, &[], NONE);
            self.price(route, cost);
        } else if R::RELOAD {
            let cost = self.refresh_trips(route);
            self.price(route, cost);
        } else if R::CHAIN {
            self.refresh_chain(route);
        } else if R::CLOCK {
            self.refresh_clock(route);
        }
    }

    fn refresh_clock(&mut self, route: u32) {
        let (start, end) = (self.inst.start(route), self.inst.end(route));
        let mut leave = self.inst.slotted[start as usize].ready;
        self.clock[start as usize].depart = leave;
        let mut load = 0;
        let mut bad = false;
        let mut at = start;
        while at != end {
            let node = &self.nodes[at as usize];
            let slot = &self.inst.slotted[node.next as usize];
            let begin = (leave + i64::from(node.t_next)).max(slot.ready);
            bad |= begin > slot.due;
            leave = begin + slot.service;
            at = node.next;
            self.clock[at as usize].depart = leave;
            if R::CARRY && at != end {
                load += self.inst.demand[at as usize][0];
                bad |= load > self.inst.vans[route as usize].capacity[0];
                self.carry[at as usize] = load;
            }
        }
        self.tours[route as usize].bad = bad;
        let mut late = self.inst.slotted[end as usize].due;
        self.clock[end as usize].late = late;
        let mut at = self.nodes[end as usize].prev;
        while at != start {
            let node = &self.nodes[at as usize];
            let slot = &self.inst.slotted[at as usize];
            late = (late - i64::from(node.t_next) - slot.service).min(slot.due);
            self.clock[at as usize].late = late;
            at = node.prev;
        }
    }

    pub(super) fn single(&self, visit: u32) -> &Segment {
        &self.inst.windows(visit)[self.nodes[visit as usize].window as usize]
    }

    fn refresh_chain(&mut self, route: u32) {
        let (start, end) = (self.inst.start(route), self.inst.end(route));
        let nothing = Segment::impossible();
        let mut pre = Some(self.inst.terminal(start));
        self.chain[start as usize].pre = pre.unwrap_or(nothing);
        let mut at = start;
        while self.nodes[at as usize].next != end {
            let node = self.nodes[at as usize];
            let far = node.t_next == FAR;
            let next = self.single(node.next);
            let joint = pre.filter(|_| !far);
            pre = joint.and_then(|p| p.then(i64::from(node.t_next), i64::from(node.d_next), next));
            at = node.next;
            self.chain[at as usize].pre = pre.unwrap_or(nothing);
        }
        let last = self.nodes[at as usize];
        let terminal = self.inst.terminal(end);
        let mut suf = Some(terminal);
        self.chain[end as usize].suf = terminal;
        while at != start {
            let node = self.nodes[at as usize];
            let single = self.single(at);
            let joint = suf.filter(|_| node.t_next != FAR);
            suf = joint.and_then(|s| single.then(i64::from(node.t_next), i64::from(node.d_next), &s));
            self.chain[at as usize].suf = suf.unwrap_or(nothing);
            at = node.prev;
        }
        self.chain[start as usize].suf = nothing;
        let whole = pre.filter(|_| last.t_next != FAR);
        let whole = whole.and_then(|p| p.then(i64::from(last.t_next), i64::from(last.d_next), &terminal));
        let cost = whole.and_then(|w| self.inst.cost(route, &w));
        self.price(route, cost);
    }

    /// Notes what a route costs, `None` when it breaks a rule; an empty one is free.
    fn price(&mut self, route: u32, cost: Option<i64>) {
        let empty = self.tours[route as usize].size == 0;
        let cost = if empty { Some(0) } else { cost };
        let tour = &mut self.tours[route as usize];
        tour.bad = cost.is_none();
        self.cost += cost.unwrap_or(0) - tour.cost;
        tour.cost = cost.unwrap_or(0);
    }

    /// Whether every route touched keeps the rules, after all changes.
    pub(super) fn is_sound(&mut self) -> bool {
        if self.broken > 0 {
            return false;
        }
        for at in 0..self.touched.len() {
            let route = self.touched[at];
            if self.tours[route as usize].bad {
                self.refresh(route);
                if self.tours[route as usize].bad {
                    return false;
                }
            }
        }
        true
    }

    /// Whether one route, brought up to date, keeps every rule.
    pub(super) fn keeps_rules(&self, route: u32) -> bool {
        let tour = &self.tours[route as usize];
        let fits = R::CHAIN || R::CARRY || (0..R::WIDE).all(|d| tour.room[d] >= 0);
        fits && !tour.bad && self.broken == 0
    }

    /// Whether both sides of a visit's shipment are on its route, in order.
    pub(super) fn pair_is_in_order(&self, visit: u32) -> bool {
        let mate = self.inst.mate[visit as usize];
        let (first, second) = if self.inst.leads[visit as usize] { (visit, mate) } else { (mate, visit) };
        let mut at = first;
        while at < self.inst.visits as u32 && at != second {
            at = self.nodes[at as usize].next;
        }
        !self.is_absent(first) && at == second
    }

    /// Keeps the round.
    pub(super) fn commit(&mut self) {
        self.log.clear();
        for route in self.touched.drain(..) {
            self.tours[route as usize].touched = false;
        }
    }

    /// Puts everything back as it was at the last commit.
    pub(super) fn rollback(&mut self) {
        while let Some(op) = self.log.pop() {
            match op {
                Op::Attached { visit } => self.unhook(visit),
                Op::Detached { visit, after, window } => self.hook(visit, after, window),
            }
        }
        self.settle();
        self.commit();
    }

    /// What a route costs.
    pub(super) fn price_of(&self, route: u32) -> i64 {
        let (van, tour) = (&self.inst.vans[route as usize], &self.tours[route as usize]);
        if R::CHAIN { tour.cost } else { van.fixed + van.per_m * tour.metres }
    }

    pub(super) fn keep(&self, kept: &mut Kept) {
        kept.nodes.clone_from(&self.nodes);
        (kept.weight, kept.cost) = (self.weight, self.cost);
    }

    pub(super) fn kept(&self) -> Kept {
        Kept { nodes: self.nodes.clone(), weight: self.weight, cost: self.cost }
    }

    /// Takes up kept routes.
    pub(super) fn load(&mut self, kept: &Kept) {
        self.clear();
        for route in 0..self.inst.vans.len() as u32 {
            let (mut at, end) = (self.inst.start(route), self.inst.end(route));
            while kept.nodes[at as usize].next != end {
                let visit = kept.nodes[at as usize].next;
                self.hook(visit, at, kept.nodes[visit as usize].window);
                at = visit;
            }
        }
        self.settle();
        self.commit();
    }

    /// Visits of a route, in order.
    pub(super) fn visits(&self, route: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.inst.start(route);
        let end = self.inst.end(route);
        std::iter::from_fn(move || {
            at = self.nodes[at as usize].next;
            (at != end).then_some(at)
        })
    }
}
