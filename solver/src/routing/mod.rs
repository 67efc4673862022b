//! Vehicle routing: which vehicle serves which jobs, in what order, when.
//!
//! Deliveries with several time windows, release times, four load dimensions,
//! skills and pinned vehicles, from mixed fleets with shifts, open or closed
//! routes and locked first stops. First serve the greatest weight of jobs, then
//! pay the least for vehicles, metres and time. Built by regret insertion and
//! improved by ruin and recreate (SISR) with local search; see the files for
//! their papers. Work is counted in rounds, so a seed repeats bit for bit.
//! Absent on purpose: pickups, reloading on the way, breaks and travel times
//! that change over the day.

mod insert;
mod instance;
mod local;
mod model;
mod plan;
mod ruin;
mod schedule;
mod search;
mod segment;

pub use model::{
    Budget, DIMENSIONS, Job, MAX_PRIORITY, MAX_TIME, Problem, Reason, Route, RoutingError, Solution, Stop, Unserved,
    Vehicle,
};

use instance::Instance;
use plan::Plan;

/// Plans routes within a budget of rounds.
///
/// # Errors
/// [`RoutingError`] names the field that makes no sense or the locked stop that
/// cannot be kept. A job that cannot be served is not an error; it comes back
/// in [`Solution::unserved`] with the reason.
pub fn solve(problem: &Problem, budget: Budget, seed: u64) -> Result<Solution, RoutingError> {
    problem.validate()?;
    let instance = Instance::new(problem);
    let start = Plan::new(&instance)?;
    let best = search::run(&instance, start, budget, seed);
    Ok(schedule::solution(&instance, &best))
}
