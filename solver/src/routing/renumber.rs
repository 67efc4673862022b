//! Jobs numbered anew, so that those near each other lie close together in memory.
//!
//! A round looks at a few visits and their neighbours; with many jobs the table of
//! ways is larger than the near caches, and what one look brings in serves the next
//! only when neighbours share lines. The order comes from halving again and again
//! between two places far apart. Absent on purpose: coordinates, which roads lack.

use super::model::{Problem, RoutingError, Solution};

/// With fewer jobs the table is near enough.
const MANY: usize = 400;
/// Jobs that are not halved further.
const FEW: usize = 4;

/// A problem, numbered anew where that pays.
pub(super) struct Renumbered<'a> {
    given: &'a Problem,
    turned: Option<Problem>,
    /// The given number of each job.
    old: Vec<usize>,
    /// The new one.
    new: Vec<usize>,
}

impl<'a> Renumbered<'a> {
    pub(super) fn new(given: &'a Problem) -> Self {
        let mut old: Vec<usize> = (0..given.jobs.len()).collect();
        if old.len() < MANY {
            return Self { given, turned: None, old: Vec::new(), new: Vec::new() };
        }
        halve(given, &mut old);
        let mut new = vec![0; old.len()];
        old.iter().enumerate().for_each(|(at, job)| new[*job] = at);
        let mut turned = given.clone();
        turned.jobs = old.iter().map(|job| given.jobs[*job].clone()).collect();
        let shipments = turned.shipments.iter_mut().flat_map(|s| [&mut s.from, &mut s.to]);
        let groups = turned.groups.iter_mut().flatten();
        let locked = turned.vehicles.iter_mut().flat_map(|v| &mut v.locked);
        shipments.chain(groups).chain(locked).for_each(|job| *job = new[*job]);
        Self { given, turned: Some(turned), old, new }
    }

    pub(super) fn problem(&self) -> &Problem {
        self.turned.as_ref().unwrap_or(self.given)
    }

    /// Jobs by vehicle in the new numbers; those beyond the last are no jobs.
    pub(super) fn warm(&self, warm: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let number = |job: &usize| self.new.get(*job).copied().unwrap_or(*job);
        warm.iter().map(|jobs| jobs.iter().map(number).collect()).collect()
    }

    /// The answer in the given numbers.
    pub(super) fn solution(&self, mut solution: Solution) -> Solution {
        if self.turned.is_none() {
            return solution;
        }
        let stops = solution.routes.iter_mut().flat_map(|route| &mut route.stops).map(|stop| &mut stop.job);
        let unserved = solution.unserved.iter_mut().map(|left| &mut left.job);
        stops.chain(unserved).chain(&mut solution.changed).for_each(|job| *job = self.old[*job]);
        solution.unserved.sort_by_key(|left| left.job);
        solution.changed.sort_unstable();
        solution
    }

    /// What is wrong, in the given numbers.
    pub(super) fn error(&self, error: RoutingError) -> RoutingError {
        let number = |job: usize| self.old.get(job).copied().unwrap_or(job);
        match error {
            RoutingError::Locked { vehicle, job, reason } => RoutingError::Locked { vehicle, job: number(job), reason },
            RoutingError::LockedTwice { vehicle, job } => RoutingError::LockedTwice { vehicle, job: number(job) },
            other => other,
        }
    }
}

/// Those nearer to one of two far places first, and so on within each half.
fn halve(problem: &Problem, jobs: &mut [usize]) {
    if jobs.len() <= FEW {
        return;
    }
    let way = |a: usize, b: usize| {
        let (a, b) = (problem.jobs[a].location, problem.jobs[b].location);
        let metres = problem.distances.get(a, b).or_else(|| problem.distances.get(b, a));
        metres.zip(problem.durations.get(a, b)).map_or(i64::from(u32::MAX), |(metres, time)| metres + time)
    };
    let farthest = |from: usize| jobs.iter().copied().max_by_key(|job| way(from, *job)).unwrap_or(from);
    let one = farthest(jobs[0]);
    let other = farthest(one);
    jobs.sort_by_cached_key(|job| (way(one, *job) - way(other, *job), *job));
    let (near, far) = jobs.split_at_mut(jobs.len() / 2);
    halve(problem, near);
    halve(problem, far);
}
