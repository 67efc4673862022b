//! The search: exchange tails, ruin, recreate, accept by annealing.
//!
//! Slack induction by string removals with the time-aware cooling of simulated
//! annealing: the temperature follows the part of the budget that is used. A round first
//! tries one exchange of tails (see [`super::cross`]), a seventh of its time.

use std::sync::atomic::{AtomicBool, Ordering};

use super::compile::{Instance, NONE};
use super::covers::Covers;
use super::dice::{Dice, exp, ln};
use super::fewer::fewer;
use super::islands::Board;
use super::plan::{Progress, Watcher};
use super::recreate::Scratch;
use super::ruin::Strength;
use super::rules::Rules;
use super::state::{Kept, State};

/// What bounds a search and watches it.
pub(super) struct Watch<'w, 'o> {
    /// Rounds at most.
    pub(super) rounds: u64,
    /// The part of the time that is used, within 0..=1 while any is left.
    pub(super) clock: Option<&'w (dyn Fn() -> f64 + Sync)>,
    pub(super) progress: Option<&'o mut Watcher<'o>>,
    /// Where other threads show their plans.
    pub(super) board: Option<&'w Board>,
    /// Set when the watcher wants no more.
    pub(super) over: &'w AtomicBool,
}

/// The part of the first temperature at which a warm start begins.
const WARM: f64 = 0.02;
/// Rounds between two looks at the clock.
pub(super) const LOOK: u64 = 64;
/// Looks between two reports.
const REPORT: u64 = 16;

/// Improves the state until the budget is used; the best state is kept.
///
/// A warm start begins cool, so that it is bettered and not forgotten.
pub(super) fn anneal<R: Rules>(
    state: &mut State<'_, R>,
    watch: &mut Watch<'_, '_>,
    warm: bool,
    dice: &mut Dice,
) -> (Kept, u64) {
    let mut best = state.kept();
    let inst = state.inst;
    if inst.jobs == 0 || inst.vans.is_empty() {
        return (best, 0);
    }
    let mut scratch = Scratch::default();
    let strength = Strength { mean: 10.0, longest: 10.0 };
    let mut heat = Heat::new(state, warm);
    let (mut round, mut met) = (fewer(state, watch, &mut best, dice), 0);
    let mut covers = Covers::new(state);
    let crosses = state.may_cross();
    while round < watch.rounds {
        if round % LOOK == 0 {
            let Some(used) = watch.look(inst, &best, round) else { break };
            heat.cool(used);
            if let Some(covers) = &mut covers {
                covers.blend(state, &mut best, (used, round), dice);
            }
            if let Some(board) = watch.board.filter(|_| Board::meeting(used) > met) {
                met = Board::meeting(used);
                board.meet(state);
            }
        }
        round += 1;
        if crosses {
            let visit = dice.below(inst.jobs) as u32;
            if state.cross(visit, heat.allowance(dice), &mut scratch.moved, dice, true) {
                if state.is_sound() { accept(state, &mut best, &mut covers) } else { state.rollback() }
            }
        }
        let (weight, cost) = (state.weight, state.cost);
        let seed = dice.below(inst.jobs) as u32;
        state.ruin(strength, seed, &mut scratch.removed, dice);
        let limit = cost.saturating_add(heat.allowance(dice));
        // What was left out before may come in, at any cost.
        let patience = if weight >= inst.unit { i64::MAX } else { limit };
        let done = state.recreate(&mut scratch, seed, patience, dice);
        let better = state.weight < weight || (state.weight == weight && state.cost <= limit);
        if !done || !better || !state.is_sound() {
            state.rollback();
            continue;
        }
        accept(state, &mut best, &mut covers);
    }
    (best, round)
}

/// Keeps the round: its routes are pooled, and the plan when it is the best.
fn accept<R: Rules>(state: &mut State<'_, R>, best: &mut Kept, covers: &mut Option<Covers>) {
    if let Some(covers) = covers {
        covers.meet(state, best);
    }
    state.commit();
    if (state.weight, state.cost) < (best.weight, best.cost) {
        state.keep(best);
    }
}

impl Watch<'_, '_> {
    /// The part of the budget that is used, reported now and then; nothing once the
    /// search is to end.
    pub(super) fn look(&mut self, inst: &Instance<'_>, best: &Kept, round: u64) -> Option<f64> {
        let by_time = self.clock.map_or(0.0, |clock| clock());
        let used = by_time.max(round as f64 / self.rounds as f64);
        let progress = self.progress.as_mut().filter(|_| round.is_multiple_of(LOOK * REPORT));
        let weight = best.weight.div_euclid(inst.unit);
        if progress.is_some_and(|p| p(&Progress { rounds: round, weight, cost: best.cost }).is_break()) {
            self.over.store(true, Ordering::Relaxed);
        }
        (used < 1.0 && !self.over.load(Ordering::Relaxed)).then_some(used)
    }
}

/// The temperature, from a part of the mean cost of a visit down to a small part
/// of that.
struct Heat {
    begin: f64,
    /// Logarithm of the last over the first temperature.
    fall: f64,
    now: f64,
}

impl Heat {
    fn new<R: Rules>(state: &State<'_, R>, warm: bool) -> Self {
        let served = (state.inst.jobs - state.absent.len()).max(1) as f64;
        let mean = state.cost as f64 / served;
        let (hot, cold) = match (R::CLOCK, R::CHAIN) {
            (false, false) => (2.0, 0.002),
            // A colder end is lost on long routes, where any gain is small by then.
            (true, _) if !R::CARRY => (4.0, 0.003),
            _ => (4.0, 0.001),
        };
        let (hot, cold) = if warm { (hot * WARM, cold / WARM) } else { (hot, cold) };
        let begin = mean * hot;
        Self { begin, fall: ln(cold), now: begin }
    }

    /// How much a change may add to the cost.
    #[inline]
    fn allowance(&self, dice: &mut Dice) -> i64 {
        (self.now * dice.exponential()) as i64
    }

    fn cool(&mut self, used: f64) {
        self.now = self.begin * exp(self.fall * used);
    }
}

/// A first plan: every visit by its order, near ones first.
pub(super) fn construct<R: Rules>(state: &mut State<'_, R>, dice: &mut Dice) {
    let mut scratch = Scratch::default();
    let inst: &Instance<'_> = state.inst;
    scratch.removed.extend(state.absent.iter().copied());
    dice.shuffle(&mut scratch.removed);
    let order: Vec<u32> = scratch.removed.clone();
    for visit in order {
        if inst.mate[visit as usize] == NONE || inst.leads[visit as usize] {
            state.place(visit, &mut scratch, dice, true);
        }
    }
    state.commit();
}
