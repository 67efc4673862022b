//! Vehicle routing: which vehicle serves which jobs, in what order, when.
//!
//! Deliveries, collections and shipments with several time windows, release
//! times, four load dimensions, skills, prizes and pinned vehicles, from mixed
//! fleets with shifts, open or closed routes, longest routes, several trips with
//! reloads between them, locked first stops, groups of which one job is served,
//! breaks of drivers, a price for changed promises, roads by kind of vehicle and by time of day. First serve the
//! greatest weight of jobs, then, if asked, use the fewest vehicles, then pay the least for vehicles, metres, time and prizes forgone. Searched by ruin and recreate
//! (SISR) and by exchanged tails under annealing; see the files for their papers. Work is counted in
//! rounds, so a seed repeats bit for bit; a caller's clock may cut it short.
//! Absent on purpose: what several vehicles would do together.

mod answer;
mod compile;
mod covers;
mod cross;
mod dice;
mod explain;
mod fewer;
mod fleet;
mod islands;
mod kinds;
mod model;
mod pairs;
mod plan;
mod recreate;
mod renumber;
mod ruin;
mod rules;
mod search;
mod segment;
mod slots;
mod state;
mod tables;
mod trips;
mod validate;
mod wild;

pub use explain::{Breach, Choice, Explanation, Late, explain};
pub use model::{
    Break, Budget, DIMENSIONS, Job, MAX_BREAKS, MAX_LINK, MAX_PRIORITY, MAX_TIME, Objective, Problem, Profile, Promise,
    Reason, Reload, Reloaded, Rest, Route, RoutingError, Shipment, Slice, Solution, Stop, Unserved, Vehicle,
};
pub use plan::{Options, Planned, Progress, Watcher, plan};

/// Plans routes within a budget of rounds.
///
/// # Errors
/// [`RoutingError`] names the field that makes no sense or the locked stop that
/// cannot be kept. A job that cannot be served is not an error; it comes back
/// in [`Solution::unserved`] with the reason.
pub fn solve(problem: &Problem, budget: Budget, seed: u64) -> Result<Solution, RoutingError> {
    let options = Options { rounds: budget.iterations, seed, ..Options::default() };
    Ok(plan(problem, options)?.solution)
}
