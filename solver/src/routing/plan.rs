//! The door of the engine: locked stops first, then the engine that the rules of
//! the problem need, then the answer.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::answer::{self, Order, obstacle, wild_obstacle};
use super::compile::{Instance, NONE};
use super::dice::Dice;
use super::islands::Board;
use super::model::{Problem, Reason, RoutingError, Solution};
use super::renumber::Renumbered;
use super::rules::{Full, Paired, Plain, PlainWide, Rules, Timed, TimedWide, Trips, Wild};
use super::search::{Watch, anneal, construct};
use super::state::{Kept, State};
use super::trips::Grown;
use super::wild;

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rounds done.
    pub rounds: u64,
    /// Weight of the jobs left out that are to be served whenever they can be.
    pub weight: i64,
    /// Cost of the best plan.
    pub cost: i64,
}

/// Told how far the search is; breaks to end it.
pub type Watcher<'o> = dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'o;

/// How to plan.
pub struct Options<'o> {
    /// Rounds at most.
    pub rounds: u64,
    /// Chance.
    pub seed: u64,
    /// The part of the time that is used, within 0..1 while any is left. Without
    /// it, a seed repeats bit for bit.
    pub clock: Option<&'o (dyn Fn() -> f64 + Sync)>,
    /// Told now and then how far the search is; ends it by breaking.
    pub progress: Option<&'o mut Watcher<'o>>,
    /// Where to begin: jobs by vehicle; the number of jobs plus k stands for a reload
    /// at the vehicle's place k. What cannot be kept of it is left out.
    pub warm: Option<&'o [Vec<usize>]>,
    /// Searches at once, each in a thread of its own; with more than one, a seed
    /// does not repeat.
    pub threads: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { rounds: u64::MAX, seed: 0, clock: None, progress: None, warm: None, threads: 1 }
    }
}

/// A solution and the work it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The best plan.
    pub solution: Solution,
    /// Rounds done.
    pub rounds: u64,
}

/// Plans routes until the rounds or the time are used, or the watcher says so.
///
/// # Errors
/// As [`super::solve`].
pub fn plan(problem: &Problem, options: Options<'_>) -> Result<Planned, RoutingError> {
    problem.validate()?;
    let numbers = Renumbered::new(problem);
    let warm = options.warm.map(|warm| numbers.warm(warm));
    let warm = warm.as_deref();
    let grown = Grown::new(numbers.problem());
    let inst = Instance::new(grown.problem(), &grown.places);
    let locked = lock(&inst).map_err(|error| numbers.error(error))?;
    let (orders, rounds) = match (inst.traits.chain, inst.traits.pairs, inst.traits.windows, inst.traits.dimensions) {
        (true, ..) if inst.traits.wild => run::<Wild>(&inst, &locked, warm, options),
        (true, ..) if inst.traits.reloads => run::<Trips>(&inst, &locked, warm, options),
        (true, ..) => run::<Full>(&inst, &locked, warm, options),
        (_, true, ..) => run::<Paired>(&inst, &locked, warm, options),
        (_, _, true, 1) => run::<Timed>(&inst, &locked, warm, options),
        (_, _, true, _) => run::<TimedWide>(&inst, &locked, warm, options),
        (_, _, _, 1) => run::<Plain>(&inst, &locked, warm, options),
        _ => run::<PlainWide>(&inst, &locked, warm, options),
    };
    let counts: Vec<usize> = locked.iter().map(Vec::len).collect();
    Ok(Planned { solution: numbers.solution(answer::solution(&inst, &orders, &counts)), rounds })
}

/// The locked stops of each vehicle, each in the window that is done earliest.
fn lock(inst: &Instance<'_>) -> Result<Vec<Order>, RoutingError> {
    let mut taken = vec![false; inst.visits];
    let vehicles = inst.problem.vehicles.iter().enumerate();
    vehicles.map(|(vehicle, v)| lock_one(inst, vehicle, &v.locked, &mut taken)).collect()
}

fn lock_one(inst: &Instance<'_>, vehicle: usize, jobs: &[usize], taken: &mut [bool]) -> Result<Order, RoutingError> {
    if inst.traits.wild {
        return lock_wild(inst, vehicle, jobs, taken);
    }
    let (mut here, end) = (inst.start(vehicle as u32), inst.end(vehicle as u32));
    let mut prefix = inst.terminal(here);
    let mut order = Order::with_capacity(jobs.len());
    for &job in jobs {
        if std::mem::replace(&mut taken[job], true) {
            return Err(RoutingError::LockedTwice { vehicle, job });
        }
        if let Some(reason) = obstacle(inst, vehicle, &prefix, here, job) {
            return Err(RoutingError::Locked { vehicle, job, reason });
        }
        let visit = job as u32;
        let reached = inst.windows(visit).iter().enumerate().filter_map(|(window, single)| {
            let there = inst.join(&prefix, here, visit, single)?;
            let whole = inst.join(&there, visit, end, &inst.terminal(end))?;
            inst.cost(vehicle as u32, &whole)?;
            Some((there.early + there.duration, window as u32, there))
        });
        let Some((_, window, there)) = reached.min_by_key(|(done, window, _)| (*done, *window)) else {
            return Err(RoutingError::Locked { vehicle, job, reason: Reason::Time });
        };
        order.push((visit, window));
        (prefix, here) = (there, visit);
    }
    Ok(order)
}

/// The same by driving.
fn lock_wild(inst: &Instance<'_>, vehicle: usize, jobs: &[usize], taken: &mut [bool]) -> Result<Order, RoutingError> {
    let mut order = Order::with_capacity(jobs.len());
    for &job in jobs {
        if std::mem::replace(&mut taken[job], true) {
            return Err(RoutingError::LockedTwice { vehicle, job });
        }
        if let Some(reason) = wild_obstacle(inst, vehicle, &order, job) {
            return Err(RoutingError::Locked { vehicle, job, reason });
        }
        let done = (0..inst.windows(job as u32).len() as u32).filter_map(|window| {
            order.push((job as u32, window));
            let done = wild::route(inst, vehicle, &order).map(|r| (r.end_ms, window));
            order.pop();
            done
        });
        let window = done.min().map_or(0, |(_, window)| window);
        order.push((job as u32, window));
    }
    Ok(order)
}

fn run<R: Rules>(
    inst: &Instance<'_>,
    locked: &[Order],
    warm: Option<&[Vec<usize>]>,
    options: Options<'_>,
) -> (Vec<Order>, u64) {
    let over = AtomicBool::new(false);
    let board = Board::default();
    let threads = options.threads.max(1);
    let (rounds, clock) = (options.rounds, options.clock);
    let mut progress = options.progress;
    let mut search = |number: u64| {
        let watch =
            Watch { rounds, clock, progress: progress.take(), board: (threads > 1).then_some(&board), over: &over };
        let seed = options.seed.wrapping_add(number << 32);
        move || one::<R>(inst, locked, warm, seed, watch)
    };
    if threads == 1 {
        let (best, rounds) = search(0)();
        return (orders(inst, &best), rounds);
    }
    let found: Vec<(Kept, u64)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads as u64).map(|number| scope.spawn(search(number))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let rounds = found.iter().map(|(_, rounds)| rounds).sum();
    let best = found.iter().map(|(kept, _)| kept).min_by_key(|kept| (kept.weight, kept.cost));
    (best.map(|kept| orders(inst, kept)).unwrap_or_else(|| locked.to_vec()), rounds)
}

/// One search from a plan of its own.
fn one<R: Rules>(
    inst: &Instance<'_>,
    locked: &[Order],
    warm: Option<&[Vec<usize>]>,
    seed: u64,
    mut watch: Watch<'_, '_>,
) -> (Kept, u64) {
    let mut state: State<'_, R> = State::new(inst);
    for (route, order) in locked.iter().enumerate() {
        let mut at = inst.start(route as u32);
        for &(visit, window) in order {
            state.attach(visit, at, window);
            state.locked[visit as usize] = true;
            at = visit;
        }
        state.refresh(route as u32);
    }
    state.commit();
    let mut dice = Dice::new(seed);
    if let Some(warm) = warm {
        take_up(&mut state, warm);
    }
    construct(&mut state, &mut dice);
    anneal(&mut state, &mut watch, warm.is_some(), &mut dice)
}

/// Takes up a plan route by route; one that breaks a rule is not taken up.
fn take_up<R: Rules>(state: &mut State<'_, R>, warm: &[Vec<usize>]) {
    let inst = state.inst;
    for (route, jobs) in warm.iter().enumerate().take(inst.vans.len()) {
        let route = route as u32;
        let mut windows = windows_of(inst, route, jobs).into_iter();
        for &job in jobs {
            let window = windows.next().unwrap_or(0);
            if job >= inst.jobs {
                state.take_up_reload(route, job - inst.jobs);
                continue;
            }
            let visit = job as u32;
            let free = state.is_absent(visit) && state.served_of_group(visit).is_none();
            if free && inst.may_serve(route, visit) {
                let last = state.nodes[inst.end(route) as usize].prev;
                state.attach(visit, last, window);
            }
        }
        state.drop_empty_trips();
        state.settle();
        let whole = state.visits(route).all(|v| inst.mate[v as usize] == NONE || state.pair_is_in_order(v));
        if whole && state.keeps_rules(route) { state.commit() } else { state.rollback() }
    }
}

/// A window for each job of a plan given: the one that is open first on the way, of
/// those that keep its promise when one does.
fn windows_of(inst: &Instance<'_>, route: u32, jobs: &[usize]) -> Vec<u32> {
    let known = || jobs.iter().filter(|job| **job < inst.jobs);
    if known().all(|&job| inst.windows(job as u32).len() == 1) {
        return vec![0; jobs.len()];
    }
    let ready = known().map(|&job| inst.problem.jobs[job].release_ms).max().unwrap_or(i64::MIN);
    let (mut here, mut now) = (inst.start(route), inst.slotted[inst.start(route) as usize].ready.max(ready));
    let window = |&job: &usize| {
        if job >= inst.jobs {
            return 0;
        }
        let visit = job as u32;
        let arrive = now.saturating_add(i64::from(inst.time(here, visit)));
        let open = inst.windows(visit).iter().enumerate().filter(|(_, w)| w.late >= arrive);
        let first = open.min_by_key(|(k, w)| (inst.breach(route, visit, *k as u32), w.early.max(arrive)));
        let (window, begin) = first.map_or((0, arrive), |(k, w)| (k as u32, w.early.max(arrive)));
        (here, now) = (visit, begin + inst.slotted[job].service);
        window
    };
    jobs.iter().map(window).collect()
}

fn orders(inst: &Instance<'_>, kept: &Kept) -> Vec<Order> {
    let routes = 0..inst.vans.len() as u32;
    let order = |route: u32| {
        let (mut at, end) = (kept.nodes[inst.start(route) as usize].next, inst.end(route));
        let mut order = Order::new();
        while at != end {
            order.push((at, kept.nodes[at as usize].window));
            at = kept.nodes[at as usize].next;
        }
        order
    };
    routes.map(order).collect()
}
