//! The problem in the form the search reads: close together, with the sums done.

use super::model::{DIMENSIONS, Job, MAX_TIME, Problem, Reason, Vehicle};
use super::segment::{Link, Segment};

/// Travel time where there is no way; above any shift, so it fails every window.
const FAR: i64 = 1 << 50;

/// A time no shift reaches; with both signs, the window of "any time".
const ANY: i64 = MAX_TIME << 2;

/// Neighbours remembered for each job.
const NEIGHBOURS: usize = 100;

/// A job in one of its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) job: u32,
    pub(super) window: u32,
}

pub(super) struct Instance<'a> {
    pub(super) jobs: &'a [Job],
    pub(super) vehicles: &'a [Vehicle],
    /// Nodes of the table: those in use, and last one from which nothing is far.
    nodes: usize,
    links: Vec<Link>,
    /// services[job][window]: the service as a stretch of one.
    services: Vec<Vec<Segment>>,
    /// Ends of each vehicle's route as stretches of none.
    pub(super) starts: Vec<Segment>,
    pub(super) ends: Vec<Segment>,
    /// Vehicles that differ at most in number and locked stops share a class.
    pub(super) class_of: Vec<usize>,
    /// may_serve[class][job]: skills, permission and bare capacity.
    may_serve: Vec<Vec<bool>>,
    /// Nearest jobs of each job, nearest first, itself left out.
    pub(super) near: Vec<Vec<u32>>,
}

impl<'a> Instance<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        let (used, node_of) = nodes(problem);
        let nodes = used.len() + 1;
        let node = |place: usize| node_of[place];
        let service = |job: &Job| {
            let any = [(-ANY, ANY)];
            let windows = if job.windows.is_empty() { &any[..] } else { &job.windows };
            let stretch = |&(early, late): &(i64, i64)| Segment {
                duration: job.service_ms,
                release: job.release_ms,
                load: job.demand,
                ..bare(node(job.location), early, late)
            };
            windows.iter().map(stretch).collect()
        };
        let start = |v: &Vehicle| bare(node(v.start), v.shift.0, v.shift.1);
        let nowhere = used.len() as u32;
        let end = |v: &Vehicle| bare(v.end.map_or(nowhere, node), v.shift.0, v.shift.1);
        let class_of = classes(problem);
        let may_serve = permissions(problem, &class_of);
        let mut instance = Self {
            jobs: &problem.jobs,
            vehicles: &problem.vehicles,
            nodes,
            links: table(problem, &used),
            services: problem.jobs.iter().map(service).collect(),
            starts: problem.vehicles.iter().map(start).collect(),
            ends: problem.vehicles.iter().map(end).collect(),
            class_of,
            may_serve,
            near: Vec::new(),
        };
        instance.near = instance.neighbours();
        instance
    }

    #[inline]
    pub(super) fn link(&self, from: u32, to: u32) -> Link {
        self.links[from as usize * self.nodes + to as usize]
    }

    #[inline]
    pub(super) fn service(&self, visit: Visit) -> &Segment {
        &self.services[visit.job as usize][visit.window as usize]
    }

    pub(super) fn windows(&self, job: usize) -> impl Iterator<Item = Visit> + use<> {
        let windows = self.services[job].len() as u32;
        let job = job as u32;
        (0..windows).map(move |window| Visit { job, window })
    }

    #[inline]
    pub(super) fn join(&self, a: &Segment, b: &Segment) -> Option<Segment> {
        a.then(self.link(a.last, b.first), b)
    }

    pub(super) fn may_serve(&self, vehicle: usize, job: usize) -> bool {
        self.may_serve[self.class_of[vehicle]][job]
    }

    /// Cost of a complete route from start to end; `None` when it leaves too late
    /// for its releases or carries too much.
    #[inline]
    pub(super) fn cost(&self, vehicle: usize, whole: &Segment) -> Option<i64> {
        let v = &self.vehicles[vehicle];
        let fits = whole.load.iter().zip(v.capacity).all(|(l, c)| *l <= c);
        if whole.release > whole.late || !fits {
            return None;
        }
        Some(v.fixed_cost + v.cost_per_m * whole.distance + v.cost_per_ms * whole.duration)
    }

    /// Weight of leaving a job out.
    pub(super) fn weight(&self, job: usize) -> i64 {
        1 + self.jobs[job].priority
    }

    /// Why a vehicle could not serve a job after its locked stops, nothing else.
    pub(super) fn obstacle(&self, vehicle: usize, prefix: &Segment, job: usize) -> Option<Reason> {
        let (v, j) = (&self.vehicles[vehicle], &self.jobs[job]);
        if !permitted(v, vehicle, j) {
            return Some(Reason::NoVehicle);
        }
        let total = prefix.load.iter().zip(j.demand).map(|(a, b)| a + b);
        if total.zip(v.capacity).any(|(load, most)| load > most) {
            return Some(Reason::Capacity);
        }
        let (here, end) = (self.services[job][0].first, self.ends[vehicle].first);
        let way = |from, to| self.link(from, to).duration < FAR;
        if !way(prefix.last, here) || !way(here, end) {
            return Some(Reason::Unreachable);
        }
        let on_time = self.windows(job).any(|visit| {
            let there = self.join(prefix, self.service(visit));
            let whole = there.and_then(|t| self.join(&t, &self.ends[vehicle]));
            whole.is_some_and(|w| self.cost(vehicle, &w).is_some())
        });
        (!on_time).then_some(Reason::Time)
    }

    /// Nearest first by what a vehicle of the first kind pays for the way, the
    /// cheaper direction of the two.
    fn neighbours(&self) -> Vec<Vec<u32>> {
        let (per_m, per_ms) = match self.vehicles.first() {
            Some(v) if v.cost_per_m > 0 || v.cost_per_ms > 0 => (v.cost_per_m, v.cost_per_ms),
            _ => (0, 1),
        };
        let price = |link: Link| {
            let metres = i128::from(link.distance) * i128::from(per_m);
            metres + i128::from(link.duration) * i128::from(per_ms)
        };
        let node = |job: u32| self.services[job as usize][0].first;
        let jobs = self.jobs.len() as u32;
        let row = |a: u32| {
            let there = |b: u32| price(self.link(node(a), node(b)));
            let back = |b: u32| price(self.link(node(b), node(a)));
            let mut others: Vec<(i128, u32)> =
                (0..jobs).filter(|&b| b != a).map(|b| (there(b).min(back(b)), b)).collect();
            if others.len() > NEIGHBOURS {
                others.select_nth_unstable(NEIGHBOURS);
                others.truncate(NEIGHBOURS);
            }
            others.sort_unstable();
            others.into_iter().map(|(_, b)| b).collect()
        };
        (0..jobs).map(row).collect()
    }
}

fn bare(node: u32, early: i64, late: i64) -> Segment {
    Segment { first: node, last: node, duration: 0, early, late, distance: 0, release: -ANY, load: [0; DIMENSIONS] }
}

/// The places in use, and the node of each place.
fn nodes(problem: &Problem) -> (Vec<usize>, Vec<u32>) {
    let jobs = problem.jobs.iter().map(|j| j.location);
    let ends = problem.vehicles.iter().flat_map(|v| [Some(v.start), v.end]);
    let mut used: Vec<usize> = jobs.chain(ends.flatten()).collect();
    used.sort_unstable();
    used.dedup();
    let mut node_of = vec![u32::MAX; problem.durations.size()];
    for (node, &place) in used.iter().enumerate() {
        node_of[place] = node as u32;
    }
    (used, node_of)
}

/// All links; the last node is "done", at no distance from anywhere.
fn table(problem: &Problem, used: &[usize]) -> Vec<Link> {
    let none = Link { duration: 0, distance: 0 };
    let mut links = Vec::with_capacity((used.len() + 1) * (used.len() + 1));
    for &from in used {
        links.extend(used.iter().map(|&to| {
            let ways = (problem.durations.get(from, to), problem.distances.get(from, to));
            match ways {
                (Some(duration), Some(distance)) => Link { duration, distance },
                _ => Link { duration: FAR, distance: 0 },
            }
        }));
        links.push(none);
    }
    links.extend(std::iter::repeat_n(none, used.len() + 1));
    links
}

fn permitted(vehicle: &Vehicle, number: usize, job: &Job) -> bool {
    let allowed = job.allowed.as_deref();
    job.skills & !vehicle.skills == 0 && allowed.is_none_or(|a| a.contains(&number))
}

/// Numbers the distinct kinds of vehicles. One that some job names stands alone.
fn classes(problem: &Problem) -> Vec<usize> {
    let named = |v: usize| {
        let lists = problem.jobs.iter().filter_map(|j| j.allowed.as_deref());
        lists.flatten().any(|&a| a == v)
    };
    let mut kinds: Vec<(Vehicle, Option<usize>)> = Vec::new();
    let mut class_of = Vec::with_capacity(problem.vehicles.len());
    for (number, vehicle) in problem.vehicles.iter().enumerate() {
        let kind = Vehicle { locked: Vec::new(), ..vehicle.clone() };
        let key = (kind, named(number).then_some(number));
        let class = kinds.iter().position(|k| *k == key).unwrap_or(kinds.len());
        if class == kinds.len() {
            kinds.push(key);
        }
        class_of.push(class);
    }
    class_of
}

fn permissions(problem: &Problem, class_of: &[usize]) -> Vec<Vec<bool>> {
    let classes = class_of.iter().max().map_or(0, |m| m + 1);
    let mut rows = Vec::with_capacity(classes);
    for class in 0..classes {
        let member = class_of.iter().position(|&c| c == class).unwrap_or(0);
        let v = &problem.vehicles[member];
        let able = |j: &Job| {
            let light = j.demand.iter().zip(v.capacity).all(|(d, c)| *d <= c);
            light && permitted(v, member, j)
        };
        rows.push(problem.jobs.iter().map(able).collect());
    }
    rows
}
