//! Taking visits off their routes: strings of neighbours from adjacent routes.
//!
//! The one ruin of SISR (Christiaens & Vanden Berghe, Transportation Science 54,
//! 2020): around a random visit, from each of a few nearby routes, one string of
//! consecutive visits, sometimes with a stretch in its middle left in place.

use super::compile::NONE;
use super::dice::Dice;
use super::rules::Rules;
use super::state::State;

/// How much is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strength {
    /// Mean number of visits.
    pub(super) mean: f64,
    /// Longest string.
    pub(super) longest: f64,
}

/// Chance that a string leaves out a stretch in its middle, and that this
/// stretch grows by one.
const SPLIT: f64 = 0.5;
const WIDEN: f64 = 0.01;

/// Chance that trips which now fit into one become one.
const MERGE: f64 = 0.5;

impl<R: Rules> State<'_, R> {
    /// Takes strings of visits off; `removed` is what was taken, `seed` is the
    /// visit around which.
    pub(super) fn ruin(&mut self, strength: Strength, seed: u32, removed: &mut Vec<u32>, dice: &mut Dice) {
        removed.clear();
        let inst = self.inst;
        let served = (inst.jobs - self.absent.len()) as f64;
        let used = self.tours.len() - self.free.iter().map(Vec::len).sum::<usize>();
        let mean_size = served / (used.max(1)) as f64;
        let longest = strength.longest.min(mean_size).max(1.0);
        let most_strings = (4.0 * strength.mean / (1.0 + longest) - 1.0).max(1.0);
        let strings = dice.between(1.0, most_strings + 1.0) as usize;
        let mut taken = 0;
        for &visit in std::iter::once(&seed).chain(inst.near(seed)) {
            let route = self.nodes[visit as usize].route;
            if route == NONE || self.tours[route as usize].touched || self.locked[visit as usize] {
                continue;
            }
            let size = f64::from(self.tours[route as usize].size);
            let length = dice.between(1.0, size.min(longest) + 1.0) as u32;
            self.take_string(visit, length.min(size as u32), removed, dice);
            taken += 1;
            if taken == strings {
                break;
            }
        }
        if R::RELOAD {
            self.drop_empty_trips();
        }
        self.settle();
        if R::RELOAD && dice.unit() < MERGE {
            self.merge_trips();
        }
    }

    /// Removes `length` visits around one, or around a stretch that stays.
    fn take_string(&mut self, visit: u32, length: u32, removed: &mut Vec<u32>, dice: &mut Dice) {
        let size = self.tours[self.nodes[visit as usize].route as usize].size;
        let mut kept = 0;
        if length > 1 && length < size && dice.unit() < SPLIT {
            kept = 1;
            while length + kept < size && dice.unit() < WIDEN {
                kept += 1;
            }
        }
        let visits = self.inst.visits as u32;
        let whole = length + kept;
        // Walk back to where the string begins; on past the start there is nothing.
        let (mut at, mut before) = (visit, dice.below(whole as usize));
        while before > 0 && self.nodes[at as usize].prev < visits {
            at = self.nodes[at as usize].prev;
            before -= 1;
        }
        let skip = if kept > 0 { 1 + dice.below(length as usize - 1) as u32 } else { whole };
        for position in 0..whole {
            if at >= visits {
                break;
            }
            let next = self.nodes[at as usize].next;
            if position < skip || position >= skip + kept {
                self.take(at, removed);
            }
            // The mate taken along may have been the next one.
            at = next;
            while at < visits && self.is_absent(at) {
                at = self.nodes[at as usize].next;
            }
        }
    }

    /// Takes one visit off, and its mate.
    pub(super) fn take(&mut self, visit: u32, removed: &mut Vec<u32>) {
        if self.is_reload(visit) || self.locked[visit as usize] || self.is_absent(visit) {
            return;
        }
        let mate = self.inst.mate[visit as usize];
        if mate != NONE && self.locked[mate as usize] {
            return;
        }
        self.detach(visit);
        removed.push(visit);
        if mate != NONE && !self.is_absent(mate) {
            self.detach(mate);
            removed.push(mate);
        }
    }
}
