//! Putting absent jobs back: regret first, greedy with blinks later.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::instance::Instance;
use super::plan::{Plan, Slot, best_slot};
use super::search::Undo;

/// One position in so many is overlooked, so that equal ruins end differently
/// (the blinks of Christiaens and Vanden Berghe).
const BLINK_ONE_IN: u32 = 100;

/// One round in so many begins with an idle vehicle.
const OPEN_ONE_IN: u32 = 10;

/// Routes of this many nearest jobs are tried, and one idle vehicle of each class.
const NEAR_ROUTES: usize = 40;

/// Inserts absent jobs in the order of their regret: what is lost if a job does
/// not get its best route but the second best (Potvin and Rousseau, EJOR 66,
/// 1993). Heavier jobs go first.
pub(super) fn by_regret(instance: &Instance<'_>, plan: &mut Plan) {
    let mut waiting = std::mem::take(&mut plan.absent);
    let routes = plan.tours.len();
    let mut slots: Vec<Vec<Option<Slot>>> = vec![vec![None; routes]; waiting.len()];
    let mut offered = vec![false; routes];
    let mut stale: Vec<usize> = Vec::new();
    loop {
        // A tour is offered once it has stops; of idle vehicles only the first
        // of each class is, the others being the same.
        for route in candidates(instance, plan, 0..routes) {
            if !offered[route] {
                offered[route] = true;
                stale.push(route);
            }
        }
        for route in stale.drain(..) {
            for (row, &job) in slots.iter_mut().zip(&waiting) {
                row[route] = best_slot(instance, &plan.tours[route], route, job, || false);
            }
        }
        let rank = |&i: &usize| {
            let (best, regret) = best_and_regret(&slots[i])?;
            Some((instance.weight(waiting[i]), regret, -best.delta, best, i))
        };
        let most = (0..waiting.len()).filter_map(|i| rank(&i)).max_by(|a, b| {
            let key = |r: &(i64, i64, i64, Slot, usize)| (r.0, r.1, r.2, std::cmp::Reverse(r.4));
            key(a).cmp(&key(b))
        });
        let Some((.., slot, i)) = most else { break };
        let job = waiting.swap_remove(i);
        slots.swap_remove(i);
        plan.insert(instance, job, slot);
        stale.push(slot.route);
    }
    plan.absent = waiting;
}

fn best_and_regret(slots: &[Option<Slot>]) -> Option<(Slot, i64)> {
    let mut best: Option<Slot> = None;
    let mut second = i64::MAX;
    for slot in slots.iter().flatten() {
        match best {
            Some(b) if *slot >= b => second = second.min(slot.delta),
            _ => {
                second = best.map_or(second, |b| b.delta);
                best = Some(*slot);
            }
        }
    }
    let best = best?;
    Some((best, second.saturating_sub(best.delta)))
}

/// Inserts absent jobs one by one at their cheapest slot near their neighbours;
/// those without one stay absent.
pub(super) fn greedily(instance: &Instance<'_>, plan: &mut Plan, rng: &mut ChaCha8Rng, undo: &mut Undo) {
    let mut waiting = std::mem::take(&mut plan.absent);
    order(instance, &mut waiting, rng);
    if rng.random_range(0..OPEN_ONE_IN) == 0 {
        open_route(instance, plan, &mut waiting, undo);
    }
    let left = one_by_one(instance, plan, waiting, rng, undo);
    // A job may come within reach through one that was inserted after it.
    plan.absent = one_by_one(instance, plan, left, rng, undo);
}

/// Gives the first job that may have one an idle vehicle, dear or not: greed by
/// itself never opens a route while a detour is cheaper for a single job.
fn open_route(instance: &Instance<'_>, plan: &mut Plan, waiting: &mut Vec<usize>, undo: &mut Undo) {
    let idle = (0..plan.tours.len()).filter(|&r| plan.tours[r].visits.is_empty());
    let idle = candidates(instance, plan, idle);
    for (i, &job) in waiting.iter().enumerate() {
        let slot = |&r: &usize| best_slot(instance, &plan.tours[r], r, job, || false);
        if let Some(slot) = idle.iter().filter_map(slot).min() {
            waiting.remove(i);
            undo.remember(plan, std::iter::once(slot.route));
            plan.insert(instance, job, slot);
            return;
        }
    }
}

/// Inserts what fits, in the order given, and returns the rest.
fn one_by_one(
    instance: &Instance<'_>,
    plan: &mut Plan,
    waiting: Vec<usize>,
    rng: &mut ChaCha8Rng,
    undo: &mut Undo,
) -> Vec<usize> {
    let mut left = Vec::new();
    for job in waiting {
        let blink = || rng.random_range(0..BLINK_ONE_IN) == 0;
        match cheapest(instance, plan, job, blink) {
            Some(slot) => {
                undo.remember(plan, std::iter::once(slot.route));
                plan.insert(instance, job, slot);
            }
            None => left.push(job),
        }
    }
    left
}

/// The cheapest slot of a job among the tours of its neighbours and one idle
/// vehicle of each class.
pub(super) fn cheapest(
    instance: &Instance<'_>,
    plan: &Plan,
    job: usize,
    mut blink: impl FnMut() -> bool,
) -> Option<Slot> {
    let routes = near_routes(instance, plan, job);
    let slots = candidates(instance, plan, routes.into_iter())
        .into_iter()
        .filter_map(|route| best_slot(instance, &plan.tours[route], route, job, &mut blink));
    slots.min()
}

/// Tours of the nearest placed jobs, then every idle vehicle and, for a job with
/// few neighbours, every tour.
fn near_routes(instance: &Instance<'_>, plan: &Plan, job: usize) -> Vec<usize> {
    let near = instance.near[job].iter();
    let placed = near.filter_map(|&n| plan.route_of[n as usize]);
    let mut routes: Vec<usize> = placed.map(|r| r as usize).take(NEAR_ROUTES).collect();
    // Tours that hold only locked stops far away are idle in all but name.
    let idle = |r: &usize| plan.tours[*r].visits.len() <= plan.tours[*r].locked;
    if routes.len() < NEAR_ROUTES {
        routes.extend(0..plan.tours.len());
    } else {
        routes.extend((0..plan.tours.len()).filter(idle));
    }
    routes.sort_unstable();
    routes.dedup();
    routes
}

/// Leaves out idle vehicles beyond the first of each class.
fn candidates(instance: &Instance<'_>, plan: &Plan, routes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut idle: Vec<usize> = Vec::new();
    routes
        .filter(|&route| {
            let class = instance.class_of[route];
            let fresh = !plan.tours[route].visits.is_empty() || !idle.contains(&class);
            if plan.tours[route].visits.is_empty() && fresh {
                idle.push(class);
            }
            fresh
        })
        .collect()
}

/// Orders the absent by one of several keys; the weights are those of SISR, with
/// windows in place of half of the random order. The heavy mostly go first.
fn order(instance: &Instance<'_>, jobs: &mut [usize], rng: &mut ChaCha8Rng) {
    shuffle(jobs, rng);
    let job = |j: usize| &instance.jobs[j];
    let width = |j: usize| -> i64 { job(j).windows.iter().map(|w| w.1 - w.0).sum() };
    let opens = |j: usize| job(j).windows.iter().map(|w| w.0).min();
    let home = instance.starts.first().map_or(0, |s| s.first);
    let away = |j: usize| match instance.windows(j).next() {
        Some(visit) => instance.link(home, instance.service(visit).first).duration,
        None => 0,
    };
    match rng.random_range(0..12_u32) {
        0..3 => {}
        3..6 => jobs.sort_by_key(|&j| -job(j).demand.iter().sum::<i64>()),
        6..8 => jobs.sort_by_key(|&j| -away(j)),
        8 => jobs.sort_by_key(|&j| away(j)),
        9..11 => jobs.sort_by_key(|&j| width(j)),
        _ => jobs.sort_by_key(|&j| opens(j)),
    }
    // Always the heavy first would never trade one for two that outweigh it.
    if rng.random_range(0..4_u32) != 0 {
        jobs.sort_by_key(|&j| -instance.weight(j));
    }
}

/// Fisher-Yates by hand: the library's own shuffle may change between versions.
fn shuffle(jobs: &mut [usize], rng: &mut ChaCha8Rng) {
    for i in (1..jobs.len()).rev() {
        jobs.swap(i, rng.random_range(0..=i));
    }
}
