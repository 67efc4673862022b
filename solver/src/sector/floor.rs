//! The floor at work: carts are given out, people walk, wait for room and pick.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rand::seq::SliceRandom;

use super::mistakes::{Escapes, fulfil};
use super::world::{World, stream};
use super::{Run, Setting, Way};
use crate::batching::aisles::{Job, Order};
use crate::tour::aisles::{Block, Spot};
use crate::tour::grid::{Crossing, Grid, Place, Step};

/// An aisle gets no greater share of the lines than this times the share of the crew
/// that has room in it.
const CROWD: f64 = 0.45;

/// Moves of the search for batches; a count, so that runs repeat.
const BATCH_MOVES: u64 = 400_000;

/// Age of an order from which its cart goes next.
const PATIENCE_MS: i64 = 90 * 60_000;

/// Orders looked at together, and new ones after which batches are made again.
const POOL: usize = 160;
const FRESH: usize = 40;

/// Where each article lies.
pub(super) struct Storage {
    block: Block,
    spot: Vec<Spot>,
}

impl Storage {
    pub(super) fn new(setting: &Setting, world: &World, way: Way, seed: u64) -> Self {
        let length = 2 * setting.end_mm + (setting.cells.max(1) - 1) * setting.cell_mm;
        let block = Block { pitch: setting.pitch_mm, length, depot: 0 };
        let cell = |aisle, cell| Spot::new(aisle, setting.end_mm + cell * setting.cell_mm);
        let side = |aisle| (0..setting.cells).flat_map(move |c| [cell(aisle, c); 2]);
        let slots: Vec<Spot> = (0..setting.aisles).flat_map(side).collect();
        let place = if way == Way::Slots {
            by_share(setting, world, &slots)
        } else {
            let mut all: Vec<usize> = (0..slots.len()).collect();
            all.shuffle(&mut stream(seed, 4));
            all
        };
        Self { block, spot: place.into_iter().map(|s| slots[s]).collect() }
    }
}

/// Slots by frequency, aisle by aisle from the depot, but no aisle gets more of the
/// lines than leaves people room in it: the shortest walk is no use in a queue.
fn by_share(setting: &Setting, world: &World, slots: &[Spot]) -> Vec<usize> {
    let mut visits = vec![0_u32; world.unit_g.len()];
    world.history.iter().flatten().for_each(|&a| visits[a] += 1);
    let mut ranked: Vec<usize> = (0..visits.len()).collect();
    ranked.sort_by_key(|&a| (Reverse(visits[a]), a));
    let all: u32 = visits.iter().sum();
    let share = (CROWD * setting.aisle_room as f64 / setting.crew.max(1) as f64).max(1.0 / f64::from(setting.aisles));
    let most = f64::from(all) * share;
    let mut free: Vec<VecDeque<usize>> = vec![VecDeque::new(); setting.aisles as usize];
    for (slot, spot) in slots.iter().enumerate() {
        free[spot.aisle() as usize].push_back(slot);
    }
    let mut has = vec![0.0; free.len()];
    let mut place = vec![0; visits.len()];
    for article in ranked {
        let more = f64::from(visits[article]);
        let open = |a: &usize| !free[*a].is_empty();
        let aisle = (0..free.len()).filter(open).find(|&a| has[a] + more <= most);
        // What fits nowhere goes where least is.
        let aisle = aisle.or_else(|| (0..free.len()).filter(open).min_by(|&a, &b| f64::total_cmp(&has[a], &has[b])));
        let Some(aisle) = aisle else { continue };
        has[aisle] += more;
        place[article] = free[aisle].pop_front().unwrap_or(0);
    }
    place
}

/// Orders, each a list of articles, that share a cart.
fn carts(setting: &Setting, block: Block, orders: &[Vec<usize>], spot: &[Spot], seed: u64) -> Vec<Vec<usize>> {
    let most = setting.cart_orders.max(1);
    let order = |o: &Vec<usize>| Order { spots: o.iter().map(|&a| spot[a]).collect(), load: [0, 0, 0, 1] };
    let capacity = [i64::MAX, i64::MAX, i64::MAX, most];
    let job = Job { block, orders: orders.iter().map(order).collect(), capacity };
    let found = job.solve(seed, &mut |tried, _| tried as f64 / BATCH_MOVES as f64);
    // One tote each always fits; were a floor too large, carts are filled as orders came.
    let all: Vec<usize> = (0..orders.len()).collect();
    found.map_or_else(
        |_| all.chunks(most as usize).map(<[usize]>::to_vec).collect(),
        |found| found.into_iter().map(|b| b.orders).collect(),
    )
}

/// A part of a tour: to the end of an aisle, then in it.
#[derive(Debug, Clone, Copy, Default)]
struct Leg {
    cross_mm: i64,
    aisle: usize,
    aisle_mm: i64,
    handling_ms: i64,
}

/// A tour and the way home after its last aisle.
struct Tour {
    orders: Vec<usize>,
    legs: VecDeque<Leg>,
    home_mm: i64,
}

impl Tour {
    /// A walk and its reverse are equally long: the one that meets fewer people
    /// first is taken.
    fn turn_from(&mut self, busy: &[usize]) {
        let (Some(first), Some(last)) = (self.legs.front(), self.legs.back()) else { return };
        if busy[last.aisle] >= busy[first.aisle] {
            return;
        }
        let mut home = self.home_mm;
        let mut legs: Vec<Leg> = self.legs.drain(..).rev().collect();
        for leg in &mut legs {
            std::mem::swap(&mut leg.cross_mm, &mut home);
        }
        self.legs = legs.into();
        self.home_mm = home;
    }
}

/// The picks of a cart: where and how long.
type Picks = Vec<(Spot, i64)>;

/// Through every aisle in use in full, the last of an odd number there and back.
fn s_shape(block: Block, picks: &Picks) -> (VecDeque<Leg>, i64) {
    let mut aisles: Vec<u32> = picks.iter().map(|p| p.0.aisle()).collect();
    aisles.sort_unstable();
    aisles.dedup();
    let (mut legs, mut at) = (VecDeque::new(), 0);
    for (number, &aisle) in aisles.iter().enumerate() {
        let here = picks.iter().filter(|p| p.0.aisle() == aisle);
        let last_odd = number + 1 == aisles.len() && aisles.len() % 2 == 1;
        let deepest = here.clone().map(|p| i64::from(p.0.along())).max().unwrap_or(0);
        legs.push_back(Leg {
            cross_mm: i64::from(aisle - at) * i64::from(block.pitch),
            aisle: aisle as usize,
            aisle_mm: if last_odd { 2 * deepest } else { i64::from(block.length) },
            handling_ms: here.map(|p| p.1).sum(),
        });
        at = aisle;
    }
    (legs, i64::from(at) * i64::from(block.pitch))
}

/// The shortest walk, cut into aisles.
fn shortest(grid: &Grid, picks: &Picks) -> (VecDeque<Leg>, i64) {
    let place = |s: Spot| Place { aisle: s.aisle() as usize, block: 0, along: i64::from(s.along()) };
    let places: Vec<Place> = picks.iter().map(|p| place(p.0)).collect();
    let home = Crossing { aisle: 0, cross: 0 };
    // The places are the storage's own, so they are on the floor.
    let walk = grid.walk(home, home, &places).expect("places on the floor");
    let along = |step: Step| match step {
        Step::At(c) => (c.aisle, c.cross as i64 * grid.stretch[0][c.aisle]),
        Step::Pick(p) => (p.aisle, p.along),
    };
    let mut done = vec![false; picks.len()];
    let (mut legs, mut cross, mut open) = (VecDeque::<Leg>::new(), 0, false);
    for pair in walk.steps.windows(2) {
        let ((a, y), (b, z)) = (along(pair[0]), along(pair[1]));
        if a != b {
            cross += (a.min(b)..a.max(b)).map(|i| grid.across[0][i]).sum::<i64>();
            open = false;
            continue;
        }
        if !open {
            legs.push_back(Leg { cross_mm: std::mem::take(&mut cross), aisle: a, ..Leg::default() });
            open = true;
        }
        let Some(leg) = legs.back_mut() else { continue };
        leg.aisle_mm += (z - y).abs();
        for (pick, done) in picks.iter().zip(&mut done) {
            if !*done && pair.iter().any(|s| *s == Step::Pick(place(pick.0))) {
                *done = true;
                leg.handling_ms += pick.1;
            }
        }
    }
    (legs, cross)
}

/// Gives out carts.
struct Desk<'a> {
    setting: &'a Setting,
    world: &'a World,
    storage: &'a Storage,
    grid: Grid,
    way: Way,
    seed: u64,
    /// Orders that wait, in the order they came; how many ever did.
    waiting: Vec<usize>,
    arrived: usize,
    /// Batches made and not given out, and how many orders had come by then.
    made: Vec<Vec<usize>>,
    made_at: usize,
    escapes: Escapes,
}

impl Desk<'_> {
    fn arrivals(&mut self, now: i64) {
        while self.arrived < self.world.orders.len() && self.world.orders[self.arrived].arrives_ms <= now {
            self.waiting.push(self.arrived);
            self.arrived += 1;
        }
    }

    /// The orders of the next cart.
    fn cart(&mut self, now: i64, busy: &[usize]) -> Vec<usize> {
        let most = self.setting.cart_orders.max(1) as usize;
        let chosen = if matches!(self.way, Way::Baseline | Way::Tours) {
            self.waiting.iter().copied().take(most).collect()
        } else {
            if self.made.is_empty() || self.arrived - self.made_at >= FRESH {
                self.batch();
            }
            self.choose(now, busy)
        };
        self.waiting.retain(|o| !chosen.contains(o));
        chosen
    }

    /// The cart that goes where fewest are or will be, unless an order waits too long.
    fn choose(&mut self, now: i64, busy: &[usize]) -> Vec<usize> {
        let oldest = |cart: &Vec<usize>| cart.iter().min().copied().unwrap_or(usize::MAX);
        let crowd = |cart: &Vec<usize>| {
            let lines = cart.iter().flat_map(|&o| &self.world.orders[o].lines);
            let met: usize = lines.clone().map(|l| busy[self.storage.spot[l.article].aisle() as usize]).sum();
            1_000 * met / lines.count().max(1)
        };
        let key = |cart: &Vec<usize>| {
            let first = oldest(cart);
            let late = self.world.orders.get(first).is_some_and(|o| now - o.arrives_ms > PATIENCE_MS);
            (!late, if late { 0 } else { crowd(cart) }, first)
        };
        let best = self.made.iter().enumerate().min_by_key(|(_, cart)| key(cart)).map(|(at, _)| at);
        best.map_or_else(Vec::new, |at| self.made.swap_remove(at))
    }

    fn batch(&mut self) {
        let pool: Vec<usize> = self.waiting.iter().copied().take(POOL).collect();
        let lists: Vec<Vec<usize>> =
            pool.iter().map(|&o| self.world.orders[o].lines.iter().map(|l| l.article).collect()).collect();
        let seed = self.seed ^ self.arrived as u64;
        let made = carts(self.setting, self.storage.block, &lists, &self.storage.spot, seed);
        self.made = made.into_iter().map(|cart| cart.into_iter().map(|o| pool[o]).collect()).collect();
        self.made_at = self.arrived;
    }

    fn tour(&mut self, now: i64, busy: &[usize]) -> Option<Tour> {
        let orders = self.cart(now, busy);
        if orders.is_empty() {
            return None;
        }
        let mut picks: Picks = Vec::new();
        for &number in &orders {
            let order = &self.world.orders[number];
            let repaired =
                fulfil(self.world, order, self.setting.mistakes, self.seed, number as u64, &mut self.escapes);
            for (line, repaired) in order.lines.iter().zip(repaired) {
                let usual = self.setting.line_ms + self.setting.unit_ms * line.units;
                let again = if repaired { self.setting.repair_ms } else { 0 };
                picks.push((self.storage.spot[line.article], (usual as f64 * line.pace) as i64 + again));
            }
        }
        let (legs, home_mm) = match self.way {
            Way::Baseline => s_shape(self.storage.block, &picks),
            _ => shortest(&self.grid, &picks),
        };
        Some(Tour { orders, legs, home_mm })
    }
}

/// What a person does when the clock comes to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asks,
    AtAisle,
    InAisle,
    Home,
}

struct Person {
    state: State,
    tour: Option<Tour>,
    since_ms: i64,
}

/// Who is in an aisle and who waits for room.
#[derive(Default, Clone)]
struct Room {
    inside: usize,
    queue: VecDeque<usize>,
}

struct Shift<'a> {
    desk: Desk<'a>,
    people: Vec<Person>,
    rooms: Vec<Room>,
    clock: BinaryHeap<Reverse<(i64, u64, usize)>>,
    number: u64,
    /// Walking, handling, setting up, waiting for room.
    spent: [i64; 4],
    cycles: Vec<i64>,
    lines: u64,
    tours: u64,
    end_ms: i64,
}

pub(super) fn run(setting: &Setting, world: &World, storage: &Storage, way: Way, seed: u64) -> Run {
    let grid = Grid::even(setting.aisles as usize, i64::from(setting.pitch_mm), &[i64::from(storage.block.length)]);
    let desk = Desk {
        setting,
        world,
        storage,
        grid,
        way,
        seed,
        waiting: vec![],
        arrived: 0,
        made: vec![],
        made_at: 0,
        escapes: Escapes::default(),
    };
    let people = (0..setting.crew.max(1)).map(|_| Person { state: State::Asks, tour: None, since_ms: 0 });
    let mut shift = Shift {
        desk,
        people: people.collect(),
        rooms: vec![Room::default(); setting.aisles as usize],
        clock: BinaryHeap::new(),
        number: 0,
        spent: [0; 4],
        cycles: vec![],
        lines: 0,
        tours: 0,
        end_ms: 0,
    };
    (0..shift.people.len()).for_each(|who| shift.at(0, who, State::Asks));
    while let Some(Reverse((now, _, who))) = shift.clock.pop() {
        shift.step(now, who);
    }
    shift.report()
}

impl Shift<'_> {
    fn at(&mut self, when: i64, who: usize, state: State) {
        self.people[who].state = state;
        self.number += 1;
        self.clock.push(Reverse((when, self.number, who)));
    }

    fn walk_ms(&mut self, mm: i64) -> i64 {
        let ms = mm * 1_000 / self.desk.setting.mm_per_s.max(1);
        self.spent[0] += ms;
        ms
    }

    fn step(&mut self, now: i64, who: usize) {
        match self.people[who].state {
            State::Asks => self.ask(now, who),
            State::AtAisle => {
                let Some(aisle) = self.leg(who).map(|l| l.aisle) else { return };
                self.people[who].since_ms = now;
                if self.rooms[aisle].inside < self.desk.setting.aisle_room.max(1) {
                    self.enter(now, who, aisle);
                } else {
                    self.rooms[aisle].queue.push_back(who);
                }
            }
            State::InAisle => {
                let left = self.people[who].tour.as_mut().and_then(|t| t.legs.pop_front());
                if let Some(leg) = left {
                    self.rooms[leg.aisle].inside -= 1;
                    if let Some(next) = self.rooms[leg.aisle].queue.pop_front() {
                        self.enter(now, next, leg.aisle);
                    }
                }
                self.go(now, who);
            }
            State::Home => self.finish(now, who),
        }
    }

    fn leg(&self, who: usize) -> Option<Leg> {
        self.people[who].tour.as_ref().and_then(|t| t.legs.front().copied())
    }

    fn ask(&mut self, now: i64, who: usize) {
        self.desk.arrivals(now);
        let mut busy = vec![0; self.rooms.len()];
        for leg in self.people.iter().filter_map(|p| p.tour.as_ref()).flat_map(|t| &t.legs) {
            busy[leg.aisle] += 1;
        }
        if let Some(mut tour) = self.desk.tour(now, &busy) {
            if self.desk.way != Way::Baseline {
                tour.turn_from(&busy);
            }
            self.people[who].tour = Some(tour);
            self.tours += 1;
            self.go(now, who);
        } else if let Some(next) = self.desk.world.orders.get(self.desk.arrived) {
            self.at(next.arrives_ms, who, State::Asks);
        }
    }

    /// On to the next aisle, or home.
    fn go(&mut self, now: i64, who: usize) {
        if let Some(leg) = self.leg(who) {
            let ms = self.walk_ms(leg.cross_mm);
            self.at(now + ms, who, State::AtAisle);
        } else {
            let mm = self.people[who].tour.as_ref().map_or(0, |t| t.home_mm);
            let setup = self.desk.setting.tour_ms;
            let ms = self.walk_ms(mm) + setup;
            self.spent[2] += setup;
            self.at(now + ms, who, State::Home);
        }
    }

    fn enter(&mut self, now: i64, who: usize, aisle: usize) {
        self.rooms[aisle].inside += 1;
        self.spent[3] += now - self.people[who].since_ms;
        let Some(leg) = self.leg(who) else { return };
        let ms = self.walk_ms(leg.aisle_mm) + leg.handling_ms;
        self.spent[1] += leg.handling_ms;
        self.at(now + ms, who, State::InAisle);
    }

    fn finish(&mut self, now: i64, who: usize) {
        if let Some(tour) = self.people[who].tour.take() {
            for order in tour.orders {
                let order = &self.desk.world.orders[order];
                self.lines += order.lines.len() as u64;
                self.cycles.push(now - order.arrives_ms);
            }
        }
        self.end_ms = self.end_ms.max(now);
        self.ask(now, who);
    }

    fn report(mut self) -> Run {
        self.cycles.sort_unstable();
        let paid = (self.end_ms * self.people.len() as i64).max(1) as f64;
        Run {
            lines_per_hour: self.lines as f64 * 3_600_000.0 / paid,
            lines: self.lines,
            tours: self.tours,
            makespan_ms: self.end_ms,
            shares: self.spent.map(|ms| ms as f64 / paid),
            cycle_p95_ms: self.cycles.get(self.cycles.len() * 95 / 100).copied().unwrap_or(0),
            escapes: self.desk.escapes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_s_shape_is_as_long_as_in_the_book() {
        let block = Block { pitch: 5, length: 47, depot: 0 };
        let picks = vec![(Spot::new(1, 10), 1), (Spot::new(3, 20), 1), (Spot::new(3, 30), 1), (Spot::new(4, 7), 1)];
        let (legs, home) = s_shape(block, &picks);
        let sum: i64 = legs.iter().map(|l| l.cross_mm + l.aisle_mm).sum();
        // Two aisles in full, the third to its pick and back, and 4 aisles there and back.
        assert_eq!((sum + home, legs.iter().map(|l| l.handling_ms).sum::<i64>()), (47 + 47 + 14 + 40, 4));
        let grid = Grid::even(10, 5, &[47]);
        let (legs, home) = shortest(&grid, &picks);
        let sum: i64 = legs.iter().map(|l| l.cross_mm + l.aisle_mm).sum();
        let mut spots: Vec<Spot> = picks.iter().map(|p| p.0).collect();
        spots.sort_unstable();
        assert_eq!((sum + home, legs.iter().map(|l| l.handling_ms).sum::<i64>()), (block.shortest(&spots), 4));
    }
}
