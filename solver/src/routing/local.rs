//! Descent: move a job, reverse a stretch, exchange tails (2-opt*).
//!
//! 2-opt* follows Potvin and Rousseau (JORS 46, 1995) and joins tails only
//! between vehicles of one class, whose ends and shifts are the same.

use super::insert::cheapest;
use super::instance::{Instance, Visit};
use super::plan::{Plan, build};

/// Rounds over all jobs and routes; each but the last improves the plan.
const MAX_ROUNDS: usize = 20;

/// Longest stretch that is reversed.
const MAX_REVERSED: usize = 12;

/// Improves until nothing gains any more, or the rounds are used up.
pub(super) fn descend(instance: &Instance<'_>, plan: &mut Plan) {
    for _ in 0..MAX_ROUNDS {
        let mut better = false;
        for job in 0..instance.jobs.len() {
            better |= relocate(instance, plan, job);
        }
        for a in 0..plan.tours.len() {
            better |= reverse(instance, plan, a);
            for b in 0..a {
                better |= exchange_tails(instance, plan, b, a);
            }
        }
        if !better {
            return;
        }
    }
}

/// Takes a job out and puts it where it costs least.
fn relocate(instance: &Instance<'_>, plan: &mut Plan, job: usize) -> bool {
    let Some(route) = plan.route_of[job].map(|r| r as usize) else {
        return false;
    };
    let tour = &plan.tours[route];
    let at = tour.visits.iter().position(|v| v.job as usize == job);
    let Some(at) = at.filter(|&at| at >= tour.locked) else {
        return false;
    };
    let before = (plan.cost, tour.visits.clone());
    let mut rest = tour.visits.clone();
    rest.remove(at);
    if !plan.replace(instance, route, rest) {
        return false;
    }
    plan.route_of[job] = None;
    match cheapest(instance, plan, job, || false) {
        Some(slot) if plan.cost + slot.delta < before.0 => {
            plan.insert(instance, job, slot);
            true
        }
        _ => {
            let back = plan.replace(instance, route, before.1);
            debug_assert!(back, "the old route was feasible");
            false
        }
    }
}

/// Reverses the first short stretch that gains.
fn reverse(instance: &Instance<'_>, plan: &mut Plan, route: usize) -> bool {
    let tour = &plan.tours[route];
    let (len, locked) = (tour.visits.len(), tour.locked);
    for i in locked..len {
        let mut stretch = Some(*instance.service(tour.visits[i]));
        for j in i + 1..len.min(i + MAX_REVERSED) {
            // Grows at the front: j, j - 1, ..., i.
            let next = instance.service(tour.visits[j]);
            stretch = stretch.and_then(|s| instance.join(next, &s));
            let Some(stretch) = stretch else { break };
            let head = instance.join(&tour.pre[i], &stretch);
            let whole = head.and_then(|h| instance.join(&h, &tour.suf[j + 1]));
            let cost = whole.and_then(|w| instance.cost(route, &w));
            if cost.is_some_and(|c| c < tour.cost) {
                let mut visits = tour.visits.clone();
                visits[i..=j].reverse();
                return plan.replace(instance, route, visits);
            }
        }
    }
    false
}

/// Exchanges the tails of two tours where that gains most.
fn exchange_tails(instance: &Instance<'_>, plan: &mut Plan, a: usize, b: usize) -> bool {
    if instance.class_of[a] != instance.class_of[b] {
        return false;
    }
    let (one, two) = (&plan.tours[a], &plan.tours[b]);
    if one.visits.is_empty() && two.visits.is_empty() {
        return false;
    }
    let mut best = (one.cost + two.cost, None);
    for i in one.locked..=one.visits.len() {
        for j in two.locked..=two.visits.len() {
            let cost = |route: usize, empty: bool, head, tail| {
                if empty {
                    return Some(0);
                }
                instance.cost(route, &instance.join(head, tail)?)
            };
            let stays = |i: usize, rest: usize| i == 0 && rest == 0;
            let (rest_a, rest_b) = (two.visits.len() - j, one.visits.len() - i);
            let Some(left) = cost(a, stays(i, rest_a), &one.pre[i], &two.suf[j]) else {
                continue;
            };
            if left >= best.0 {
                continue;
            }
            let right = cost(b, stays(j, rest_b), &two.pre[j], &one.suf[i]);
            if let Some(right) = right.filter(|r| left + r < best.0) {
                best = (left + right, Some((i, j)));
            }
        }
    }
    let Some((i, j)) = best.1 else { return false };
    let left = [&one.visits[..i], &two.visits[j..]].concat();
    let right = [&two.visits[..j], &one.visits[i..]].concat();
    swap(instance, plan, (a, left), (b, right))
}

fn swap(
    instance: &Instance<'_>,
    plan: &mut Plan,
    (a, left): (usize, Vec<Visit>),
    (b, right): (usize, Vec<Visit>),
) -> bool {
    let locked = plan.tours[b].locked;
    if build(instance, b, right.clone(), locked).is_none() {
        return false;
    }
    plan.replace(instance, a, left) && plan.replace(instance, b, right)
}
