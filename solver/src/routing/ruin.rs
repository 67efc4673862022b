//! Taking jobs out: strings of adjacent stops in adjacent routes.
//!
//! The one ruin of SISR (Christiaens and Vanden Berghe, Transportation Science
//! 54, 2020), with split strings, and now and then a whole short route, which
//! is how vehicles are saved.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::instance::{Instance, Visit};
use super::plan::Plan;

/// Jobs removed on average.
const MEAN_REMOVED: usize = 10;

/// Longest string.
const MAX_STRING: usize = 10;

/// One ruin in so many empties a route.
const WHOLE_ROUTE_ONE_IN: u32 = 20;

/// Longest route that is emptied as a whole.
const MAX_WHOLE: usize = 30;

/// What a ruin takes: visits by route.
pub(super) type Removal = BTreeMap<usize, Vec<usize>>;

/// Chooses positions to remove; changes nothing yet.
pub(super) fn choose(instance: &Instance<'_>, plan: &Plan, rng: &mut ChaCha8Rng) -> Removal {
    let jobs = instance.jobs.len();
    let mut removal = Removal::new();
    // Room is best made where a job waits for it.
    let seed = if !plan.absent.is_empty() && rng.random_range(0..3_u32) == 0 {
        plan.absent[rng.random_range(0..plan.absent.len())]
    } else {
        rng.random_range(0..jobs)
    };
    let whole = rng.random_range(0..WHOLE_ROUTE_ONE_IN) == 0;
    if let Some(route) = plan.route_of[seed].filter(|_| whole) {
        let tour = &plan.tours[route as usize];
        if tour.visits.len() - tour.locked <= MAX_WHOLE {
            removal.insert(route as usize, (tour.locked..tour.visits.len()).collect());
        }
    }
    let busy = plan.tours.iter().filter(|t| t.visits.len() > t.locked);
    let routes = busy.count().max(1);
    let mean = (jobs / routes).clamp(1, MAX_STRING);
    let most_strings = (4 * MEAN_REMOVED / (1 + mean)).max(2) - 1;
    let strings = removal.len() + rng.random_range(1..=most_strings);
    let around = std::iter::once(seed as u32).chain(instance.near[seed].iter().copied());
    for job in around {
        if removal.len() >= strings {
            break;
        }
        let Some(route) = plan.route_of[job as usize].map(|r| r as usize) else {
            continue;
        };
        if removal.contains_key(&route) {
            continue;
        }
        let tour = &plan.tours[route];
        let free = &tour.visits[tour.locked..];
        let Some(center) = free.iter().position(|v| v.job == job) else {
            continue;
        };
        let length = rng.random_range(1..=free.len().min(mean));
        let cut = string(free.len(), center, length, rng);
        removal.insert(route, cut.into_iter().map(|i| i + tour.locked).collect());
    }
    removal
}

/// Positions of a string around `center`, sometimes with a stretch left standing
/// in its middle.
fn string(len: usize, center: usize, length: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let split = length > 1 && length < len && rng.random_range(0..2_u32) == 0;
    let mut kept = 0;
    if split {
        kept = 1;
        while length + kept < len && rng.random_range(0..100_u32) != 0 {
            kept += 1;
        }
    }
    let span = length + kept;
    let first = (center + 1).saturating_sub(span);
    let last = center.min(len - span);
    let begin = rng.random_range(first..=last.max(first));
    let gap = if split { rng.random_range(1..length) } else { 0 };
    let standing = begin + gap..begin + gap + kept;
    (begin..(begin + span).min(len)).filter(|i| !standing.contains(i)).collect()
}

/// Takes the chosen visits out; they become absent.
pub(super) fn apply(instance: &Instance<'_>, plan: &mut Plan, removal: &Removal) {
    for (&route, positions) in removal {
        let mut kept: Vec<Visit> = Vec::new();
        let mut gone = Vec::new();
        for (i, &visit) in plan.tours[route].visits.iter().enumerate() {
            if positions.binary_search(&i).is_ok() {
                gone.push(visit.job as usize);
            } else {
                kept.push(visit);
            }
        }
        // Without the triangle inequality leaving a stop out may make the rest
        // late. Then this route stays as it is.
        if plan.replace(instance, route, kept) {
            for &job in &gone {
                plan.route_of[job] = None;
            }
            plan.absent.extend(gone);
        }
    }
}

/// Locked stops that have more than one window, as route and position.
pub(super) fn choices(instance: &Instance<'_>, plan: &Plan) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (route, tour) in plan.tours.iter().enumerate() {
        for (at, visit) in tour.visits[..tour.locked].iter().enumerate() {
            if instance.windows(visit.job as usize).count() > 1 {
                found.push((route, at));
            }
        }
    }
    found
}

/// Gives one locked stop some window, if its route allows. Other stops choose
/// theirs whenever they are put back; a locked one would keep its first for ever.
pub(super) fn rewindow(instance: &Instance<'_>, plan: &mut Plan, (route, at): (usize, usize), rng: &mut ChaCha8Rng) {
    let mut visits = plan.tours[route].visits.clone();
    let windows = instance.windows(visits[at].job as usize).count() as u32;
    visits[at].window = rng.random_range(0..windows);
    // A window that the rest of the route cannot keep changes nothing.
    let _kept = plan.replace(instance, route, visits);
}
