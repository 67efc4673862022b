//! Fewer vehicles, where they come before cost.
//!
//! The fleet minimisation of SISR (Christiaens & Vanden Berghe, Transportation
//! Science 54, 2020): one route is dissolved and no new one opened; a round is kept
//! when fewer visits are absent, or when those absent were so less often before. Once
//! all are served again, the next route goes. Absent on purpose: cost.

use super::dice::Dice;
use super::recreate::Scratch;
use super::ruin::Strength;
use super::rules::Rules;
use super::search::{LOOK, Watch};
use super::state::{Kept, State};

/// The part of the budget that vehicles get.
const SHARE: f64 = 0.4;

/// Dissolves routes, the best plan kept; the rounds done are returned, none unless
/// vehicles come before cost and all jobs that must be served are.
pub(super) fn fewer<R: Rules>(
    state: &mut State<'_, R>,
    watch: &mut Watch<'_, '_>,
    best: &mut Kept,
    dice: &mut Dice,
) -> u64 {
    let inst = state.inst;
    if !inst.vehicles_first() || best.weight >= inst.unit {
        return 0;
    }
    let strength = Strength { mean: 10.0, longest: 10.0 };
    let mut scratch = Scratch::default();
    let mut missed = vec![0_u64; inst.jobs];
    let mut round = 0_u64;
    let mut open = true;
    while open && dissolve(state, &missed) {
        state.closed = true;
        while state.weight >= inst.unit {
            if round.is_multiple_of(LOOK) && watch.look(inst, best, round).is_none_or(|used| used >= SHARE) {
                open = false;
                break;
            }
            round += 1;
            let before = (absent(state, &missed), state.cost);
            let seed = match state.absent.len() {
                0 => dice.below(inst.jobs),
                some => state.absent[dice.below(some)] as usize,
            };
            state.ruin(strength, seed as u32, &mut scratch.removed, dice);
            state.recreate(&mut scratch, seed as u32, i64::MAX, dice);
            let after = (absent(state, &missed), state.cost);
            let sound = state.is_sound();
            for visit in &state.absent {
                missed[*visit as usize] += u64::from(inst.weight[*visit as usize] > 0);
            }
            let kept = after.0.0 < before.0.0 || after.0.1 < before.0.1 || after <= before;
            if sound && kept { state.commit() } else { state.rollback() }
        }
        state.closed = false;
        if state.weight < best.weight {
            state.keep(best);
        }
    }
    state.load(best);
    round
}

/// How many visits that must be served are absent, and how often they were.
fn absent<R: Rules>(state: &State<'_, R>, missed: &[u64]) -> (usize, u64) {
    let must = state.absent.iter().filter(|visit| state.inst.weight[**visit as usize] > 0);
    must.fold((0, 0), |sum, visit| (sum.0 + 1, sum.1 + missed[*visit as usize]))
}

/// Takes all visits off the route that was missed least; false when none is left
/// that may go.
fn dissolve<R: Rules>(state: &mut State<'_, R>, missed: &[u64]) -> bool {
    let inst = state.inst;
    let may = |route: &u32| {
        let size = state.tours[*route as usize].size;
        size > 0 && state.visits(*route).all(|visit| !state.is_locked(visit))
    };
    let sum = |route: &u32| -> (u64, u32) {
        let jobs = state.visits(*route).filter(|visit| !inst.is_reload(*visit));
        (jobs.map(|visit| missed[visit as usize]).sum(), state.tours[*route as usize].size)
    };
    let routes = 0..state.tours.len() as u32;
    let Some(route) = routes.filter(may).min_by_key(sum) else { return false };
    let visits: Vec<u32> = state.visits(route).collect();
    visits.into_iter().for_each(|visit| state.detach(visit));
    state.settle();
    state.commit();
    true
}
