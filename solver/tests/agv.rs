//! Traffic control on random small floors with random delays: nobody ever shares a node, closed
//! edges are not driven, and everyone reaches every goal and gets home.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solver::agv::{Node, Roadmap, Task, Traffic};

/// A floor: directed edges, and the private home of each vehicle.
struct Floor {
    node_count: usize,
    edges: Vec<(Node, Node, i64)>,
    homes: Vec<Node>,
}

impl Floor {
    fn both(&mut self, a: Node, b: Node) {
        self.edges.push((a, b, 1_000));
        self.edges.push((b, a, 1_000));
    }

    /// Hangs one dead-end home on each of `vehicles` random nodes.
    fn homes(mut self, vehicles: usize, rng: &mut ChaCha8Rng) -> Self {
        let inner = self.node_count;
        for _ in 0..vehicles {
            let home = self.node_count;
            self.node_count += 1;
            self.both(home, rng.random_range(0..inner));
            self.homes.push(home);
        }
        self
    }

    fn empty(node_count: usize) -> Self {
        Self { node_count, edges: Vec::new(), homes: Vec::new() }
    }

    /// A grid with some edges missing and some one-way.
    fn grid(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut floor = Self::empty(width * height);
        for y in 0..height {
            for x in 0..width {
                let here = y * width + x;
                let right = (x + 1 < width).then_some(here + 1);
                let down = (y + 1 < height).then_some(here + width);
                for next in [right, down].into_iter().flatten() {
                    match rng.random_range(0..10) {
                        0 => {}
                        1 => floor.edges.push((here, next, 1_000)),
                        2 => floor.edges.push((next, here, 1_000)),
                        _ => floor.both(here, next),
                    }
                }
            }
        }
        floor
    }

    /// One two-way corridor with dead-end side aisles: the hardest thing to share.
    fn corridor(length: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut floor = Self::empty(length);
        for x in 1..length {
            floor.both(x - 1, x);
        }
        for x in 0..length {
            let mut tail = x;
            for _ in 0..rng.random_range(0..4) {
                let node = floor.node_count;
                floor.node_count += 1;
                floor.both(tail, node);
                tail = node;
            }
        }
        floor
    }

    /// A one-way ring with dead ends.
    fn ring(length: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut floor = Self::empty(length);
        for x in 0..length {
            floor.edges.push((x, (x + 1) % length, 1_000));
            if rng.random_range(0..3) == 0 {
                let node = floor.node_count;
                floor.node_count += 1;
                floor.both(x, node);
            }
        }
        floor
    }
}

struct Run {
    traffic: Traffic,
    rng: ChaCha8Rng,
    homes: Vec<Node>,
    goals: Vec<Vec<Node>>,
    busy: Vec<u32>,
    edges: Vec<(Node, Node)>,
    closed: Vec<(Node, Node)>,
}

impl Run {
    /// One vehicle drives on by one node: it leaves the node it stood on.
    fn drive(&mut self, vehicle: usize) {
        let held: Vec<Node> = self.traffic.held(vehicle).collect();
        if held.len() > 1 {
            self.traffic.occupy(vehicle, &held[1..]).unwrap();
        }
    }

    /// Gives the next goal to a vehicle that stands at its present one, after a random stay.
    fn tend(&mut self, vehicle: usize) {
        let held: Vec<Node> = self.traffic.held(vehicle).collect();
        if self.busy[vehicle] > 0 {
            self.busy[vehicle] -= 1;
            if self.busy[vehicle] == 0 {
                let goal = self.goals[vehicle].last().copied();
                let goal = goal.unwrap_or(self.homes[vehicle]);
                self.traffic.set_task(vehicle, Task::Go(goal));
            }
        } else if held.len() == 1 && self.goals[vehicle].last() == Some(&held[0]) {
            self.goals[vehicle].pop();
            self.busy[vehicle] = self.rng.random_range(1..12);
            self.traffic.set_task(vehicle, Task::Stay);
        }
    }

    fn finished(&self) -> bool {
        (0..self.homes.len()).all(|v| self.goals[v].is_empty() && self.traffic.held(v).eq([self.homes[v]]))
    }

    fn pump(&mut self) {
        let before: Vec<Vec<Node>> = (0..self.homes.len()).map(|v| self.traffic.held(v).collect()).collect();
        let mut expected = before.clone();
        for grant in self.traffic.pump() {
            let mut at = *expected[grant.vehicle].last().unwrap();
            for node in grant.nodes {
                assert!(self.edges.contains(&(at, node)), "no edge {at} -> {node}");
                assert!(!self.closed.contains(&(at, node)), "closed edge granted");
                expected[grant.vehicle].push(node);
                at = node;
            }
        }
        let mut holder = std::collections::HashMap::new();
        for (vehicle, nodes) in expected.iter().enumerate() {
            assert!(self.traffic.held(vehicle).eq(nodes.iter().copied()));
            for &node in nodes {
                let other = holder.insert(node, vehicle);
                assert!(other.is_none_or(|o| o == vehicle), "node {node} shared");
            }
        }
    }
}

fn start(floor: Floor, goals_each: usize, lookahead_mm: i64, mut rng: ChaCha8Rng) -> Run {
    let map = Roadmap::new(floor.node_count, &floor.edges).unwrap();
    let mut traffic = Traffic::new(map, &floor.homes, lookahead_mm).unwrap();
    let mut goals = Vec::new();
    for (vehicle, &home) in floor.homes.iter().enumerate() {
        traffic.occupy(vehicle, &[home]).unwrap();
        traffic.set_ready(vehicle, true);
        let reachable: Vec<Node> =
            (0..floor.node_count).filter(|&node| node != home && traffic.serves(vehicle, node)).collect();
        let count = if reachable.is_empty() { 0 } else { goals_each };
        let mine: Vec<Node> = (0..count).map(|_| reachable[rng.random_range(0..reachable.len())]).collect();
        traffic.set_task(vehicle, Task::Go(mine.last().copied().unwrap_or(home)));
        goals.push(mine);
    }
    Run {
        traffic,
        busy: vec![0; floor.homes.len()],
        goals,
        edges: floor.edges.iter().map(|&(a, b, _)| (a, b)).collect(),
        closed: Vec::new(),
        homes: floor.homes,
        rng,
    }
}

fn run_to_end(run: &mut Run, steps: usize) -> usize {
    for step in 0..steps {
        let vehicle = run.rng.random_range(0..run.homes.len());
        let ready = run.rng.random_range(0..8) > 0;
        run.traffic.set_ready(vehicle, ready);
        run.drive(vehicle);
        run.tend(vehicle);
        run.pump();
        if run.finished() {
            return step;
        }
    }
    let left: usize = run.goals.iter().map(Vec::len).sum();
    let held: Vec<Vec<Node>> = (0..run.homes.len()).map(|v| run.traffic.held(v).collect()).collect();
    panic!("no end after {steps} steps: {left} goals left, held {held:?}");
}

fn floor_of(kind: u8, vehicles: usize, rng: &mut ChaCha8Rng) -> Floor {
    let floor = match kind {
        0 => Floor::grid(rng.random_range(2..7), rng.random_range(2..6), rng),
        1 => Floor::corridor(rng.random_range(2..9), rng),
        _ => Floor::ring(rng.random_range(3..12), rng),
    };
    floor.homes(vehicles, rng)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everyone_arrives_and_nobody_shares_a_node(
        seed in any::<u64>(),
        kind in 0u8..3,
        vehicles in 1usize..9,
        lookahead_mm in prop::sample::select(vec![1i64, 1_500, 4_000, 9_000]),
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let floor = floor_of(kind, vehicles, &mut rng);
        let mut run = start(floor, 5, lookahead_mm, rng);
        run_to_end(&mut run, 60_000);
    }

    #[test]
    fn closing_and_opening_edges_only_delays(
        seed in any::<u64>(),
        kind in 0u8..3,
        vehicles in 1usize..6,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let floor = floor_of(kind, vehicles, &mut rng);
        let mut run = start(floor, 3, 4_000, rng);
        for _ in 0..300 {
            let pick = run.rng.random_range(0..run.edges.len());
            let (from, to) = run.edges[pick];
            let closed = run.rng.random_range(0..2) == 0;
            run.traffic.set_closed(from, to, closed);
            run.closed.retain(|&edge| edge != (from, to));
            if closed {
                run.closed.push((from, to));
            }
            let vehicle = run.rng.random_range(0..run.homes.len());
            run.drive(vehicle);
            run.tend(vehicle);
            run.pump();
        }
        for (from, to) in std::mem::take(&mut run.closed) {
            run.traffic.set_closed(from, to, false);
        }
        run_to_end(&mut run, 60_000);
    }

    #[test]
    fn a_stuck_vehicle_only_blocks_what_it_stands_on(seed in any::<u64>(), vehicles in 2usize..6) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let floor = floor_of(0, vehicles, &mut rng);
        let mut run = start(floor, 4, 4_000, rng);
        for _ in 0..60 {
            let vehicle = run.rng.random_range(0..run.homes.len());
            run.drive(vehicle);
            run.tend(vehicle);
            run.pump();
        }
        let stuck_at: Vec<Node> = run.traffic.held(0).collect();
        run.traffic.set_task(0, Task::Stuck);
        for _ in 0..2_000 {
            let vehicle = run.rng.random_range(1..run.homes.len());
            run.drive(vehicle);
            run.tend(vehicle);
            run.pump();
            prop_assert!(run.traffic.held(0).eq(stuck_at.iter().copied()));
        }
        let goal = run.goals[0].last().copied().unwrap_or(run.homes[0]);
        run.traffic.set_task(0, Task::Go(goal));
        run.busy[0] = 0;
        run_to_end(&mut run, 60_000);
    }
}

#[test]
fn two_vehicles_swap_ends_of_a_corridor_with_one_bay() {
    let mut floor = Floor::empty(5);
    for x in 1..5 {
        floor.both(x - 1, x);
    }
    for (home, at) in [(5, 0), (6, 4)] {
        floor.both(home, at);
        floor.homes.push(home);
        floor.node_count += 1;
    }
    let mut run = start(floor, 0, 4_000, ChaCha8Rng::seed_from_u64(1));
    for (vehicle, goal) in [(0, 4), (1, 0)] {
        run.goals[vehicle] = vec![goal];
        run.traffic.set_task(vehicle, Task::Go(goal));
    }
    run_to_end(&mut run, 400);
}

#[test]
fn a_vehicle_drives_round_a_parked_one() {
    let mut floor = Floor::empty(6);
    for (a, b) in [(0, 1), (1, 2), (0, 3), (3, 4), (4, 5), (5, 2)] {
        floor.both(a, b);
    }
    for (home, at) in [(6, 0), (7, 1)] {
        floor.both(home, at);
        floor.homes.push(home);
        floor.node_count += 1;
    }
    let mut run = start(floor, 0, 20_000, ChaCha8Rng::seed_from_u64(1));
    run.traffic.occupy(1, &[1]).unwrap();
    run.traffic.set_task(1, Task::Stay);
    run.traffic.set_task(0, Task::Go(2));
    let grants = run.traffic.pump();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].nodes, vec![0, 3, 4, 5, 2]);
}

#[test]
fn the_same_calls_give_the_same_grants() {
    let play = || {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let floor = floor_of(1, 6, &mut rng);
        let mut run = start(floor, 4, 4_000, rng);
        run_to_end(&mut run, 60_000)
    };
    assert_eq!(play(), play());
}

#[test]
fn a_node_held_by_another_is_refused() {
    let mut floor = Floor::empty(2);
    floor.both(0, 1);
    floor.homes = vec![0, 1];
    let mut run = start(floor, 0, 1_000, ChaCha8Rng::seed_from_u64(1));
    let conflict = run.traffic.occupy(0, &[0, 1]).unwrap_err();
    assert_eq!((conflict.node, conflict.by), (1, 1));
    assert!(run.traffic.held(0).eq([0]), "nothing changed");
    assert_eq!(run.traffic.distance_mm(0, 1), None, "homes are private");
}

/// Aisles of four shelves between two corridors, all two-way and one vehicle wide, with stations
/// and homes in dead ends: the layout in which vehicles get most into each other's way.
fn warehouse(aisles: usize, stations: usize) -> (Floor, Vec<Node>, Vec<Node>) {
    let mut floor = Floor::empty(aisles * 7 + stations);
    let (mut shelves, mut bays) = (Vec::new(), Vec::new());
    for aisle in 0..aisles {
        let first = aisle * 7;
        for node in first..first + 6 {
            floor.both(node, node + 1);
        }
        shelves.extend(first + 1..first + 5);
        floor.homes.push(first + 6);
        if aisle > 0 {
            floor.both(first - 7, first);
            floor.both(first - 2, first + 5);
        }
    }
    for station in 0..stations {
        let bay = aisles * 7 + station;
        floor.both(station * aisles / stations * 7, bay);
        bays.push(bay);
    }
    (floor, shelves, bays)
}

/// Goals reached by `vehicles` that fetch shelves without end, in 1,000 steps of one node each.
fn goals_reached(vehicles: usize) -> usize {
    let (mut floor, shelves, bays) = warehouse(20, 8);
    floor.homes.truncate(vehicles);
    let mut run = start(floor, 0, 8_000, ChaCha8Rng::seed_from_u64(3));
    let mut reached = 0;
    for _ in 0..1_000 {
        for vehicle in 0..vehicles {
            if run.goals[vehicle].is_empty() && run.busy[vehicle] == 0 {
                let shelf = shelves[run.rng.random_range(0..shelves.len())];
                let bay = bays[run.rng.random_range(0..bays.len())];
                run.goals[vehicle] = vec![shelf, bay, shelf];
                run.traffic.set_task(vehicle, Task::Go(shelf));
            }
            let left = run.goals[vehicle].len();
            run.drive(vehicle);
            run.tend(vehicle);
            reached += left - run.goals[vehicle].len();
        }
        run.pump();
    }
    reached
}

#[test]
fn more_vehicles_get_more_done_even_on_a_crowded_floor() {
    let (few, some, many) = (goals_reached(6), goals_reached(12), goals_reached(20));
    eprintln!("goals in 1,000 steps: 6 vehicles {few}, 12 {some}, 20 {many}");
    assert!(few > 200, "{few}");
    assert!(some > few * 5 / 4, "{few} {some}");
    assert!(many > some * 7 / 8, "{some} {many}: congestion collapse");
}
