//! Routes met on the way are put together anew.
//!
//! Annealing forgets: a good route is lost when its neighbours change. So routes of
//! good plans are pooled, and now and then, region by region, the cheapest choice of
//! them that serves each visit once takes the place of the best plan's own: set
//! partitioning, as in the matheuristic of Subramanian, Uchoa and Ochi (Computers &
//! Operations Research 40, 2013). Work is counted in rounds and tries, never in time.
//! Absent on purpose: reloads, groups, promises and locked stops, with which a route
//! does not stand for itself, and long routes, of which two seldom fit together.

use std::collections::HashMap;

use super::compile::{Instance, NONE};
use super::dice::Dice;
use super::rules::Rules;
use super::state::{Kept, Node, State};
use crate::partition::Pool;

/// Seed of the words by which routes are known.
const WORDS: u64 = 0x0c07_e125;
/// Routes kept at most; the older half goes when there are more.
const ROOM: usize = 40_000;
/// Visits of a region, and routes at least.
const SPAN: usize = 160;
const FEW: usize = 8;
/// Choices tried for a region.
const TRIES: u32 = 2_000;
/// Rounds done that allow for one region more.
const FEE: u64 = 50_000;
/// A plan is good when it costs at most this part more than the best.
const GOOD: f64 = 0.005;
/// Parts of the budget from which on routes are pooled, and after which they are
/// put together.
const BEGIN: f64 = 0.3;
const DUE: [f64; 8] = [0.5, 0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.985];

/// A route met, and where its stops are kept.
#[derive(Debug, Clone, Copy)]
struct Met {
    cost: i64,
    class: u32,
    from: u32,
    to: u32,
}

/// A route of the best plan: who drives it, and its number in the pool.
#[derive(Debug, Clone, Copy)]
struct Own {
    vehicle: u32,
    number: u32,
}

/// Routes met.
pub(super) struct Covers {
    /// A word for each visit; a route is known by their sum.
    words: Vec<u64>,
    at: HashMap<u64, u32>,
    met: Vec<Met>,
    /// Visits of each route in order, and their windows.
    stops: Vec<(u32, u32)>,
    /// Whether routes are pooled yet.
    open: bool,
    /// How often they were put together, and the rounds that paid for it.
    done: usize,
    paid: u64,
}

/// Part of the best plan: some of its routes with all their visits.
struct Region {
    /// Routes, by place among the best plan's own.
    routes: Vec<usize>,
    visits: Vec<u32>,
    /// Place of each visit among these; [`NONE`] outside.
    local: Vec<u32>,
}

impl Covers {
    /// An empty pool, where each route stands for itself.
    pub(super) fn new<R: Rules>(state: &State<'_, R>) -> Option<Self> {
        // Chance of its own, so that the search draws the same without it.
        let mut dice = Dice::new(WORDS);
        let problem = state.inst.problem;
        let alone = !R::RELOAD && !R::WILD && problem.groups.is_empty() && !state.inst.vehicles_first();
        let free = problem.vehicles.iter().all(|v| v.locked.is_empty());
        let open = problem.jobs.iter().all(|j| j.promise.is_none());
        (alone && free && open).then(|| Self {
            words: (0..state.inst.visits).map(|_| dice.bits()).collect(),
            at: HashMap::new(),
            met: Vec::new(),
            stops: Vec::new(),
            open: false,
            done: 0,
            paid: 0,
        })
    }

    /// Takes up the routes of a good plan that the round has changed.
    #[inline]
    pub(super) fn meet<R: Rules>(&mut self, state: &State<'_, R>, best: &Kept) {
        let most = best.cost.saturating_add((best.cost as f64 * GOOD) as i64);
        if !self.open || state.weight > best.weight || state.cost > most {
            return;
        }
        if self.met.len() >= ROOM {
            self.forget();
        }
        for &route in state.touched.iter().filter(|route| state.tours[**route as usize].size > 0) {
            self.add(state.inst, &state.nodes, route, state.price_of(route));
        }
    }

    /// Adds a route, or its better order, under the number that is returned.
    fn add(&mut self, inst: &Instance<'_>, nodes: &[Node], route: u32, cost: i64) -> u32 {
        let class = inst.vans[route as usize].class;
        let (first, end) = (nodes[inst.start(route) as usize].next, inst.end(route));
        let walk = || {
            let all = std::iter::successors(Some(first), |at| Some(nodes[*at as usize].next));
            all.take_while(|at| *at != end)
        };
        let key = self.key(class, walk());
        let known = self.at.get(&key).copied();
        if let Some(number) = known.filter(|number| self.met[*number as usize].cost <= cost) {
            return number;
        }
        let from = self.stops.len() as u32;
        self.stops.extend(walk().map(|visit| (visit, nodes[visit as usize].window)));
        let met = Met { cost, class, from, to: self.stops.len() as u32 };
        match known {
            Some(number) => {
                self.met[number as usize] = met;
                number
            }
            None => self.push(key, met),
        }
    }

    fn push(&mut self, key: u64, met: Met) -> u32 {
        let number = self.met.len() as u32;
        self.at.insert(key, number);
        self.met.push(met);
        number
    }

    fn key(&self, class: u32, visits: impl Iterator<Item = u32>) -> u64 {
        visits.fold(u64::from(class), |sum, visit| sum.wrapping_add(self.words[visit as usize]))
    }

    fn stops(&self, number: u32) -> &[(u32, u32)] {
        let met = &self.met[number as usize];
        &self.stops[met.from as usize..met.to as usize]
    }

    /// Drops the older half.
    fn forget(&mut self) {
        let (met, stops) = (std::mem::take(&mut self.met), std::mem::take(&mut self.stops));
        self.at.clear();
        for old in &met[met.len() / 2..] {
            let kept = &stops[old.from as usize..old.to as usize];
            let from = self.stops.len() as u32;
            self.stops.extend_from_slice(kept);
            let key = self.key(old.class, kept.iter().map(|stop| stop.0));
            self.push(key, Met { from, to: self.stops.len() as u32, ..*old });
        }
    }

    /// When it is time, puts the best plan together anew, as many regions of it as
    /// the rounds done allow for; the state takes up what is better.
    pub(super) fn blend<R: Rules>(
        &mut self,
        state: &mut State<'_, R>,
        best: &mut Kept,
        (used, round): (f64, u64),
        dice: &mut Dice,
    ) {
        self.open = used >= BEGIN;
        if self.done >= DUE.len() || used < DUE[self.done] {
            return;
        }
        self.done = DUE.partition_point(|due| *due <= used);
        let inst = state.inst;
        let served = inst.jobs - state.absent.len();
        let routes = state.tours.iter().filter(|tour| tour.size > 0).count();
        let due = (round - self.paid) / FEE;
        if due == 0 || best.weight >= inst.unit || routes < 2 || served > routes * SPAN / FEW {
            return;
        }
        self.paid = round;
        let before = state.kept();
        state.load(best);
        let own = self.better(state, due, dice);
        let found = own.map(|own| self.plan_of(inst, &own, best));
        if let Some(found) = found {
            state.load(&found);
            let sound = (0..inst.vans.len() as u32).all(|route| state.keeps_rules(route));
            if sound && (state.weight, state.cost) < (best.weight, best.cost) {
                return state.keep(best);
            }
        }
        state.load(&before);
    }

    /// The routes of the plan in the state after some regions were put together
    /// anew; nothing when none became cheaper.
    fn better<R: Rules>(&mut self, state: &State<'_, R>, regions: u64, dice: &mut Dice) -> Option<Vec<Own>> {
        let inst = state.inst;
        let mut own: Vec<Own> = Vec::new();
        for vehicle in (0..inst.vans.len() as u32).filter(|route| state.tours[*route as usize].size > 0) {
            let number = self.add(inst, &state.nodes, vehicle, state.price_of(vehicle));
            own.push(Own { vehicle, number });
        }
        dice.shuffle(&mut own);
        // Each visit lies in two regions, unless one holds them all.
        let most = if inst.jobs <= SPAN { 1 } else { (2 * inst.jobs).div_ceil(SPAN).min(own.len()) };
        let mut changed = false;
        for seed in 0..most.min(regions as usize) {
            let region = self.region(inst, &own, seed % own.len());
            changed |= self.cover(inst, &mut own, &region).is_some();
        }
        changed.then_some(own)
    }

    /// Routes near one, nearest first.
    fn region(&self, inst: &Instance<'_>, own: &[Own], seed: usize) -> Region {
        let mut owner = vec![NONE; inst.visits];
        for (at, route) in own.iter().enumerate() {
            self.stops(route.number).iter().for_each(|stop| owner[stop.0 as usize] = at as u32);
        }
        let mut region = Region { routes: vec![seed], visits: Vec::new(), local: vec![NONE; inst.visits] };
        let mut taken = 0;
        while taken < region.routes.len() && region.visits.len() < SPAN {
            let stops = self.stops(own[region.routes[taken]].number);
            taken += 1;
            stops.iter().for_each(|stop| region.take(stop.0));
            for rank in 0..inst.width.min(FEW) {
                for stop in stops {
                    let other = owner[inst.near(stop.0)[rank] as usize];
                    if other != NONE && !region.routes.contains(&(other as usize)) {
                        region.routes.push(other as usize);
                    }
                }
            }
        }
        region.routes.truncate(taken);
        // What nobody serves and may stay out belongs to where it is near.
        let absent = (0..inst.jobs as u32).filter(|v| owner[*v as usize] == NONE);
        for visit in absent {
            let mut near = inst.near(visit).iter().filter(|n| owner[**n as usize] != NONE);
            if near.next().is_some_and(|n| region.local[*n as usize] != NONE) {
                region.take(visit);
            }
        }
        region
    }

    /// Exchanges the routes of a region for a cheaper choice, if there is one.
    fn cover(&self, inst: &Instance<'_>, own: &mut Vec<Own>, region: &Region) -> Option<()> {
        let mut pool = Pool::new(region.visits.len(), usize::MAX);
        let put = |pool: &mut Pool, number: u32| {
            let stops = self.stops(number);
            if stops.iter().all(|stop| region.local[stop.0 as usize] != NONE) {
                let visits = stops.iter().map(|stop| region.local[stop.0 as usize] as usize);
                pool.add(u64::from(number), visits, self.met[number as usize].cost);
            }
        };
        let mut named: Vec<u64> = region.routes.iter().map(|at| u64::from(own[*at].number)).collect();
        named.iter().for_each(|number| put(&mut pool, *number as u32));
        let mut old: i64 = named.iter().map(|number| self.met[*number as usize].cost).sum();
        let served = named.iter().map(|number| self.stops(*number as u32).len()).sum();
        // Newest first, as they come from the best plans.
        (0..self.met.len() as u32).rev().for_each(|number| put(&mut pool, number));
        // Leaving a visit out costs its prize.
        for (at, &visit) in region.visits.iter().enumerate() {
            let key = u64::from(NONE) + 1 + u64::from(visit);
            if inst.weight[visit as usize] == 0 && inst.mate[visit as usize] == NONE {
                pool.add(key, [at], inst.prize[visit as usize]);
            }
            if at >= served {
                named.push(key);
                old += inst.prize[visit as usize];
            }
        }
        let prices = pool.prices(&named)?;
        let mut tries = TRIES;
        let mut stop = || {
            tries = tries.saturating_sub(1);
            tries == 0
        };
        let cover = pool.cover(&named, &prices, &mut stop).filter(|cover| cover.cost < old)?;
        let keys = cover.columns.iter().map(|column| pool.column(*column).key);
        let numbers: Vec<u32> = keys.filter_map(|key| u32::try_from(key).ok()).collect();
        self.seat(inst, own, &region.routes, &numbers)
    }

    /// Gives chosen routes vehicles of their class, in place of others; nothing when
    /// there are too few.
    fn seat(&self, inst: &Instance<'_>, own: &mut Vec<Own>, gone: &[usize], numbers: &[u32]) -> Option<()> {
        let mut free: Vec<u32> = gone.iter().map(|at| own[*at].vehicle).collect();
        let mut idle = vec![true; inst.vans.len()];
        own.iter().for_each(|route| idle[route.vehicle as usize] = false);
        free.extend((0..inst.vans.len() as u32).filter(|vehicle| idle[*vehicle as usize]));
        let mut new = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let class = self.met[number as usize].class;
            let at = free.iter().position(|vehicle| inst.vans[*vehicle as usize].class == class)?;
            new.push(Own { vehicle: free.remove(at), number });
        }
        let kept = (0..own.len()).filter(|at| !gone.contains(at)).map(|at| own[at]);
        *own = kept.chain(new).collect();
        Some(())
    }

    fn plan_of(&self, inst: &Instance<'_>, own: &[Own], best: &Kept) -> Kept {
        let mut plan = best.clone();
        for route in 0..inst.vans.len() as u32 {
            plan.nodes[inst.start(route) as usize].next = inst.end(route);
        }
        for route in own {
            let mut at = inst.start(route.vehicle);
            for &(visit, window) in self.stops(route.number) {
                plan.nodes[at as usize].next = visit;
                plan.nodes[visit as usize].window = window;
                at = visit;
            }
            plan.nodes[at as usize].next = inst.end(route.vehicle);
        }
        plan
    }
}

impl Region {
    fn take(&mut self, visit: u32) {
        self.local[visit as usize] = self.visits.len() as u32;
        self.visits.push(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::routing::rules::Plain;
    use crate::routing::{Job, Problem, Vehicle};

    /// Three pairs of neighbours around a depot, and vehicles for two each.
    fn pairs() -> Problem {
        let places = [(0, 0), (10, 0), (11, 0), (-10, 0), (-11, 0), (0, 10), (0, 11)];
        let way = |i: usize, j: usize| {
            let ((x, y), (v, w)): ((i64, i64), (i64, i64)) = (places[i], places[j]);
            Some((x - v).abs() + (y - w).abs())
        };
        let ways = Matrix::from_fn(7, way).unwrap();
        let job = |location| Job { location, demand: [1, 0, 0, 0], ..Job::default() };
        let vehicle =
            Vehicle { end: Some(0), shift: (0, 1 << 40), capacity: [2, 0, 0, 0], cost_per_m: 1, ..Vehicle::default() };
        Problem {
            durations: ways.clone(),
            distances: ways,
            jobs: (1..7).map(job).collect(),
            vehicles: vec![vehicle; 4],
            ..Problem::default()
        }
    }

    fn drive(state: &mut State<'_, Plain>, routes: [[u32; 2]; 3]) -> Kept {
        for visit in (0..6).filter(|visit| !state.is_absent(*visit)).collect::<Vec<u32>>() {
            state.detach(visit);
        }
        state.commit();
        for (route, visits) in routes.iter().enumerate() {
            let start = state.inst.start(route as u32);
            state.attach(visits[1], start, 0);
            state.attach(visits[0], start, 0);
        }
        state.kept()
    }

    #[test]
    fn good_routes_of_several_plans_make_one() {
        let problem = pairs();
        let inst = Instance::new(&problem, &[]);
        let mut state: State<'_, Plain> = State::new(&inst);
        let mut dice = Dice::new(3);
        let mut covers = Covers::new(&state).unwrap();
        covers.open = true;
        let mut best = drive(&mut state, [[0, 1], [2, 4], [3, 5]]);
        for plan in [[[0, 1], [2, 4], [3, 5]], [[2, 3], [0, 4], [1, 5]], [[4, 5], [0, 2], [1, 3]]] {
            let plan = drive(&mut state, plan);
            covers.meet(&state, &plan);
            state.commit();
        }
        let before = state.cost;
        // Not before it is due, and not before rounds have paid for it.
        for early in [(DUE[0] - 0.01, FEE), (DUE[0], FEE - 1)] {
            covers.done = 0;
            covers.blend(&mut state, &mut best, early, &mut dice);
            assert_eq!(state.cost, before);
        }
        covers.done = 0;
        covers.blend(&mut state, &mut best, (DUE[0], FEE), &mut dice);
        assert_eq!((best.cost, state.cost, state.absent.len()), (66, 66, 0));
    }
}
