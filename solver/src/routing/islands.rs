//! Several searches at once, which now and then go on from the best of them.
//!
//! Each thread anneals by itself with a seed of its own. Past the hot part, at
//! every twentieth of the budget, a thread whose plan is worse than the best one
//! shown takes that up and goes on from there at its own temperature. Absent on
//! purpose: repeatability with more than one thread, since who is first decides.

use std::sync::{Mutex, PoisonError};

use super::rules::Rules;
use super::state::{Kept, State};

/// Before this part of the budget the threads keep to themselves.
const ALONE: f64 = 0.3;
/// Meetings in a whole budget.
const MEETINGS: f64 = 20.0;

/// Where the threads show their plans.
#[derive(Debug, Default)]
pub(super) struct Board {
    shown: Mutex<Option<Kept>>,
}

impl Board {
    /// The meeting due at this part of the budget.
    pub(super) fn meeting(used: f64) -> u32 {
        if used < ALONE { 0 } else { (used * MEETINGS) as u32 }
    }

    /// Shows the plan or takes up a better one.
    pub(super) fn meet<R: Rules>(&self, state: &mut State<'_, R>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match shown.as_mut() {
            Some(other) if (other.weight, other.cost) < (state.weight, state.cost) => state.load(other),
            Some(other) => state.keep(other),
            None => *shown = Some(state.kept()),
        }
    }
}
