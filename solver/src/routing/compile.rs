//! The problem in the form the search reads: numbered densely, close together,
//! with the sums done.
//!
//! Nodes are numbered: visits first (one for each job), then for each vehicle its
//! start and its end. Travel comes in up to four planes of one table of 32-bit
//! cells: distances and durations, each also transposed, so that the ways to and
//! from one place lie in one row. Equal planes are kept once.

use super::kinds::{classes, permissions};
use super::model::{DIMENSIONS, Job, MAX_LINK, Objective, Problem, Promise, Vehicle};
use super::segment::{ANY, Segment};
use super::tables::{planes, rows};

/// No node, no route.
pub(super) const NONE: u32 = u32::MAX;

/// A link that does not exist.
pub(super) const FAR: u32 = u32::MAX;

/// Two links that exist are below this together; with one that does not, they
/// are not.
pub(super) const BAR: i64 = FAR as i64;

const _: () = assert!(MAX_LINK * 2 < BAR);

/// Neighbours remembered for each visit.
const NEIGHBOURS: usize = 120;
/// And those that insertion looks at.
const REACH: usize = 60;

/// When a node may be served, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slotted {
    pub(super) ready: i64,
    pub(super) due: i64,
    pub(super) service: i64,
}

/// What the search needs to know of one vehicle.
#[derive(Debug, Clone)]
pub(super) struct Van {
    pub(super) capacity: [i64; DIMENSIONS],
    pub(super) fixed: i64,
    pub(super) per_m: i64,
    pub(super) per_ms: i64,
    pub(super) max_distance: i64,
    pub(super) max_duration: i64,
    pub(super) max_reloads: u32,
    /// Vehicles of one class differ in number and locked stops only.
    pub(super) class: u32,
    /// Capacity of the smallest vehicle over its own, in the first dimension.
    pub(super) share: f64,
}

/// Which rules the problem has; chooses the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) windows: bool,
    pub(super) chain: bool,
    pub(super) pairs: bool,
    pub(super) dimensions: usize,
    pub(super) prizes: bool,
    pub(super) reloads: bool,
    /// Rules for which routes are driven stop by stop.
    pub(super) wild: bool,
}

pub(super) struct Instance<'a> {
    pub(super) problem: &'a Problem,
    /// Visits below this are jobs, the others reloads.
    pub(super) jobs: usize,
    pub(super) visits: usize,
    /// Reloads by place.
    pub(super) places: Vec<std::ops::Range<u32>>,
    pub(super) traits: Traits,
    side: usize,
    cells: Vec<u32>,
    /// Offsets of the planes.
    dist: usize,
    dist_back: usize,
    time: usize,
    time_back: usize,
    /// Row of each node in the table.
    pub(super) row: Vec<u32>,
    /// By node; the hull of its windows.
    pub(super) slotted: Vec<Slotted>,
    /// By visit: the stretch of one service in each window.
    pub(super) single: Vec<Segment>,
    pub(super) single_from: Vec<u32>,
    /// Load taken from the route's room, by visit.
    pub(super) demand: Vec<[i64; DIMENSIONS]>,
    /// The other side of a shipment, by visit.
    pub(super) mate: Vec<u32>,
    /// Whether a visit is the first of its shipment.
    pub(super) leads: Vec<bool>,
    /// What leaving a visit out costs, and its weight when it must not be.
    pub(super) prize: Vec<i64>,
    pub(super) weight: Vec<i64>,
    /// What each visit takes on, or puts down, of its shipment.
    carried: Vec<[i64; DIMENSIONS]>,
    /// Promises by visit, with the count of windows that keep them; none for most.
    promises: Vec<Option<(Promise, u32)>>,
    /// What one unit of weight counts; a vehicle used counts one when they come
    /// before cost.
    pub(super) unit: i64,
    /// Group of each visit, [`NONE`] for most.
    pub(super) group: Vec<u32>,
    /// Weight and prize of grouped jobs beyond what each group counts once.
    pub(super) spared: (i64, i64),
    pub(super) vans: Vec<Van>,
    /// Cost of a metre by vehicle, and one more for those on no route.
    pub(super) per_m: Vec<i64>,
    pub(super) classes: usize,
    /// allowed[class * visits + visit]; empty when all are.
    allowed: Vec<bool>,
    /// Nearest visits of each, nearest first, itself left out, `width` of them.
    near: Vec<u32>,
    pub(super) width: usize,
    /// Metres to each of them; empty where they are not the same both ways.
    near_m: Vec<u32>,
    /// Least cost of a metre.
    pub(super) least_per_m: i64,
    /// How many of them insertion looks at.
    pub(super) reach: usize,
}

impl<'a> Instance<'a> {
    /// `places` are the reloads among the jobs of the problem, behind all others
    /// (see [`super::trips::Grown`]).
    pub(super) fn new(problem: &'a Problem, places: &[std::ops::Range<u32>]) -> Self {
        let visits = problem.jobs.len();
        let jobs = places.first().map_or(visits, |first| first.start as usize);
        let (rows, row) = rows(problem, jobs);
        let side = rows.len();
        let planes = planes(problem, &rows);
        let (class_of, classes) = classes(problem);
        let (single, single_from) = singles(problem);
        let (mate, leads) = mates(problem);
        let smallest = problem.vehicles.iter().map(|v| v.capacity[0]).min().unwrap_or(0);
        let mut instance = Self {
            problem,
            jobs,
            visits,
            places: places.to_vec(),
            traits: Traits {
                windows: false,
                chain: false,
                pairs: false,
                dimensions: 1,
                prizes: false,
                reloads: false,
                wild: false,
            },
            side,
            cells: planes.cells,
            dist: planes.dist,
            dist_back: planes.dist_back,
            time: planes.time,
            time_back: planes.time_back,
            row,
            slotted: slotted(problem),
            single,
            single_from,
            demand: problem.jobs.iter().map(|j| j.demand).collect(),
            mate,
            leads,
            prize: problem.jobs.iter().map(|j| j.prize.unwrap_or(0)).collect(),
            weight: problem.jobs.iter().map(|j| if j.prize.is_some() { 0 } else { 1 + j.priority }).collect(),
            carried: vec![[0; DIMENSIONS]; if problem.shipments.is_empty() { 0 } else { visits }],
            promises: promises(problem),
            unit: 1,
            group: groups(problem),
            spared: (0, 0),
            vans: problem.vehicles.iter().zip(&class_of).map(|(v, &class)| van(v, class, smallest)).collect(),
            per_m: problem.vehicles.iter().map(|v| v.cost_per_m).chain([0]).collect(),
            classes,
            allowed: permissions(problem, &class_of, classes),
            near: Vec::new(),
            near_m: Vec::new(),
            least_per_m: problem.vehicles.iter().map(|v| v.cost_per_m).min().unwrap_or(0),
            width: 0,
            reach: 0,
        };
        instance.load_shipments();
        if problem.objective == Objective::VehiclesFirst {
            instance.unit = problem.vehicles.len() as i64 + 1;
            instance.weight.iter_mut().for_each(|w| *w *= instance.unit);
        }
        instance.spare();
        instance.traits = instance.judge();
        instance.find_neighbours();
        instance
    }

    /// Row of distances from a row to all others.
    #[inline]
    pub(super) fn dist_from(&self, row: u32) -> &[u32] {
        let at = self.dist + row as usize * self.side;
        &self.cells[at..at + self.side]
    }

    /// Distances to a row from all others.
    #[inline]
    pub(super) fn dist_to(&self, row: u32) -> &[u32] {
        let at = self.dist_back + row as usize * self.side;
        &self.cells[at..at + self.side]
    }

    #[inline]
    pub(super) fn time_from(&self, row: u32) -> &[u32] {
        let at = self.time + row as usize * self.side;
        &self.cells[at..at + self.side]
    }

    #[inline]
    pub(super) fn time_to(&self, row: u32) -> &[u32] {
        let at = self.time_back + row as usize * self.side;
        &self.cells[at..at + self.side]
    }

    /// Distance between two nodes, [`FAR`] when there is no way.
    #[inline]
    pub(super) fn dist(&self, from: u32, to: u32) -> u32 {
        self.cells[self.dist + self.row[from as usize] as usize * self.side + self.row[to as usize] as usize]
    }

    #[inline]
    pub(super) fn time(&self, from: u32, to: u32) -> u32 {
        self.cells[self.time + self.row[from as usize] as usize * self.side + self.row[to as usize] as usize]
    }

    #[inline]
    pub(super) fn start(&self, route: u32) -> u32 {
        self.visits as u32 + 2 * route
    }

    #[inline]
    pub(super) fn end(&self, route: u32) -> u32 {
        self.visits as u32 + 2 * route + 1
    }

    /// Whether ways are alike in both directions.
    pub(super) fn same_both_ways(&self) -> bool {
        self.dist == self.dist_back
    }

    /// Whether any vehicle may serve any visit.
    pub(super) fn all_allowed(&self) -> bool {
        self.allowed.is_empty()
    }

    #[inline]
    pub(super) fn may_serve(&self, route: u32, visit: u32) -> bool {
        self.allowed.is_empty() || self.allowed[self.vans[route as usize].class as usize * self.visits + visit as usize]
    }

    #[inline]
    pub(super) fn near(&self, visit: u32) -> &[u32] {
        &self.near[visit as usize * self.width..(visit as usize + 1) * self.width]
    }

    /// The nearest of them, for insertion.
    #[inline]
    pub(super) fn nearest(&self, visit: u32) -> &[u32] {
        let from = visit as usize * self.width;
        &self.near[from..from + self.reach]
    }

    /// Metres to each of these; empty where they are not the same both ways.
    #[inline]
    pub(super) fn nearest_m(&self, visit: u32) -> &[u32] {
        let from = visit as usize * self.width;
        self.near_m.get(from..from + self.reach).unwrap_or(&[])
    }

    pub(super) fn windows(&self, visit: u32) -> &[Segment] {
        let from = self.single_from[visit as usize] as usize;
        &self.single[from..self.single_from[visit as usize + 1] as usize]
    }

    /// The start of a route as a stretch of none.
    pub(super) fn terminal(&self, node: u32) -> Segment {
        let slot = self.slotted[node as usize];
        Segment::bare(slot.ready, slot.due)
    }

    /// Joins two stretches that end and begin at the given nodes.
    #[inline]
    pub(super) fn join(&self, a: &Segment, from: u32, to: u32, b: &Segment) -> Option<Segment> {
        let time = self.time(from, to);
        if time == FAR {
            return None;
        }
        a.then(i64::from(time), i64::from(self.dist(from, to)), b)
    }

    /// Cost of a whole route from start to end; `None` when it leaves too late for
    /// its releases, carries too much or is too long.
    #[inline]
    pub(super) fn cost(&self, route: u32, whole: &Segment) -> Option<i64> {
        let van = &self.vans[route as usize];
        let fits = whole.most.iter().zip(van.capacity).all(|(l, c)| *l <= c);
        let short = whole.distance <= van.max_distance && whole.duration <= van.max_duration;
        if whole.release > whole.late || !fits || !short {
            return None;
        }
        Some(van.fixed + van.per_m * whole.distance + van.per_ms * whole.duration)
    }

    /// What a visit pays in a window of a route for a changed promise.
    #[inline]
    pub(super) fn breach(&self, route: u32, visit: u32, window: u32) -> i64 {
        let Some((promise, kept)) = self.promises.get(visit as usize).copied().flatten() else { return 0 };
        let other = promise.vehicle.is_some_and(|v| v != route as usize);
        let otherwise = promise.window.is_some() && window >= kept;
        if other || otherwise { promise.cost } else { 0 }
    }

    /// Whether vehicles come before cost.
    pub(super) fn vehicles_first(&self) -> bool {
        self.unit > 1
    }

    /// Weight and prize of a job with the other side of its shipment.
    pub(super) fn worth(&self, visit: u32) -> (i64, i64) {
        let mate = self.mate[visit as usize];
        let sides = [visit, mate].into_iter().filter(|side| *side != NONE).map(|side| side as usize);
        sides.fold((0, 0), |sum, side| (sum.0 + self.weight[side], sum.1 + self.prize[side]))
    }

    /// Jobs of the group of a visit, itself too; none for a job without.
    pub(super) fn group_of(&self, visit: u32) -> &[usize] {
        let group = self.group[visit as usize];
        if group == NONE { &[] } else { &self.problem.groups[group as usize] }
    }

    /// A group left out counts as the dearest of it.
    fn spare(&mut self) {
        let mut spared = (0, 0);
        for jobs in &self.problem.groups {
            let worth = |job: &usize| self.worth(*job as u32);
            let sum = jobs.iter().map(worth).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            let most = |pick: fn((i64, i64)) -> i64| jobs.iter().map(|job| pick(worth(job))).max().unwrap_or(0);
            spared = (spared.0 + sum.0 - most(|w| w.0), spared.1 + sum.1 - most(|w| w.1));
        }
        self.spared = spared;
    }

    /// Load of shipments that a visit takes on, or puts down.
    pub(super) fn shipped(&self, visit: u32, dimension: usize) -> i64 {
        let mate = self.mate[visit as usize];
        if mate == NONE { 0 } else { self.carried[visit as usize][dimension] }
    }

    /// Where a node is; an open end is nowhere.
    pub(super) fn place(&self, node: u32) -> Option<usize> {
        let node = node as usize;
        let Some(route) = node.checked_sub(self.visits) else { return Some(self.problem.jobs[node].location) };
        let v = &self.problem.vehicles[route / 2];
        if route % 2 == 0 { Some(v.start) } else { v.end }
    }

    fn load_shipments(&mut self) {
        for s in &self.problem.shipments {
            for (end, sign) in [(s.from, 1), (s.to, -1)] {
                for window in self.single_from[end]..self.single_from[end + 1] {
                    let single = &mut self.single[window as usize];
                    for d in 0..DIMENSIONS {
                        single.end[d] += sign * s.amount[d];
                        single.most[d] = single.begin[d].max(single.end[d]);
                    }
                }
                for d in 0..DIMENSIONS {
                    self.demand[end][d] += sign * s.amount[d];
                    self.carried[end][d] = sign * s.amount[d];
                }
            }
        }
    }

    /// The cheapest set of rules that says all the problem says.
    fn judge(&mut self) -> Traits {
        let (jobs, vans) = (&self.problem.jobs[..self.jobs], &self.problem.vehicles);
        let reloads = !self.places.is_empty();
        let pairs = !self.problem.shipments.is_empty();
        let problem = self.problem;
        let wild = vans.iter().any(|v| {
            let slices = problem.profiles.get(v.profile.wrapping_sub(1)).map_or(&problem.slices, |p| &p.slices);
            v.profile > 0 || !v.breaks.is_empty() || !slices.is_empty()
        });
        let wild = wild || (reloads && pairs);
        let used = |d: usize| {
            let amounts = jobs.iter().any(|j| j.demand[d] != 0 || j.pickup[d] != 0);
            amounts || self.problem.shipments.iter().any(|s| s.amount[d] != 0)
        };
        let dimensions = (0..DIMENSIONS).rev().find(|&d| used(d)).map_or(1, |d| d + 1);
        let first = vans.iter().map(|v| v.shift.0).min().unwrap_or(0);
        let paid = vans.iter().any(|v| v.cost_per_ms > 0);
        let bounded = vans.iter().any(|v| v.max_distance_m.is_some() || v.max_duration_ms.is_some());
        let released = jobs.iter().any(|j| j.release_ms > first);
        let several = jobs.iter().any(|j| j.windows.len() > 1);
        let picked = jobs.iter().any(|j| j.pickup.iter().any(|p| *p > 0));
        let loaded = jobs.iter().any(|j| j.demand.iter().any(|p| *p > 0));
        let backhaul = picked && !pairs && dimensions * 2 <= DIMENSIONS && self.is_backhaul();
        let mixed = (picked && !backhaul) || (pairs && (loaded || picked || dimensions > 1));
        if backhaul {
            self.split_backhaul(dimensions);
        }
        let longest = self.problem.durations.max() + self.problem.jobs.iter().map(|j| j.service_ms).max().unwrap_or(0);
        let whole = longest.saturating_mul(self.visits as i64 + 2);
        let roomy = vans.iter().all(|v| v.shift.1 - v.shift.0 > whole);
        Traits {
            windows: jobs.iter().any(|j| !j.windows.is_empty()) || !roomy || pairs,
            chain: paid || bounded || released || several || mixed || reloads || wild || !self.promises.is_empty(),
            wild,
            pairs,
            reloads,
            prizes: jobs.iter().any(|j| j.prize.is_some()),
            dimensions: if backhaul { dimensions * 2 } else { dimensions },
        }
    }

    /// Whether no way leads from a collection to a delivery, and none job is both:
    /// then the two loads never meet, and each has the vehicle to itself.
    fn is_backhaul(&self) -> bool {
        let loads = |j: &Job| j.demand.iter().any(|d| *d > 0);
        let collects = |j: &Job| j.pickup.iter().any(|d| *d > 0);
        let jobs = &self.problem.jobs;
        let all = 0..self.visits as u32;
        all.clone().filter(|&a| collects(&jobs[a as usize])).all(|a| {
            !loads(&jobs[a as usize])
                && all.clone().all(|b| b == a || !loads(&jobs[b as usize]) || self.dist(a, b) == FAR)
        })
    }

    /// Gives collections dimensions of their own.
    fn split_backhaul(&mut self, dimensions: usize) {
        for (demand, job) in self.demand.iter_mut().zip(&self.problem.jobs) {
            demand[dimensions..2 * dimensions].copy_from_slice(&job.pickup[..dimensions]);
        }
        for van in &mut self.vans {
            for d in 0..dimensions {
                van.capacity[dimensions + d] = van.capacity[d];
            }
        }
    }

    /// Nearest first by what a vehicle of the first kind pays for the way, plus a
    /// part of the waiting it brings and all of the lateness, as in the lists of
    /// HGS for windows (Vidal et al. 2013); the better direction of the two.
    fn find_neighbours(&mut self) {
        let count = self.jobs as u32;
        self.width = NEIGHBOURS.min(self.jobs.saturating_sub(1));
        self.reach = self.width.min(REACH);
        let van = self.vans.first();
        let (per_m, per_ms) = van.map_or((1.0, 0.0), |v| (v.per_m as f64, v.per_ms as f64));
        let (per_m, per_ms) = if per_m + per_ms > 0.0 { (per_m, per_ms) } else { (0.0, 1.0) };
        // A unit of time in units of cost.
        let unit = if per_ms > 0.0 { per_ms } else { per_m * self.pace() };
        let windows = self.traits.windows;
        let way = |a: u32, b: u32| {
            let (time, dist) = (self.time(a, b), self.dist(a, b));
            if dist == FAR {
                return f64::INFINITY;
            }
            let mut price = f64::from(dist) * per_m + f64::from(time) * per_ms;
            if windows {
                let (from, to) = (self.slotted[a as usize], self.slotted[b as usize]);
                let reach = from.service + i64::from(time);
                let wait = (to.ready - from.due - reach).max(0);
                let late = (from.ready + reach - to.due).max(0);
                price += unit * (0.2 * wait as f64 + late as f64);
            }
            price
        };
        let mut near = Vec::with_capacity(self.jobs * self.width);
        let mut others: Vec<(f64, u32)> = Vec::with_capacity(self.jobs);
        for a in 0..count {
            others.clear();
            others.extend((0..count).filter(|&b| b != a).map(|b| (way(a, b).min(way(b, a)), b)));
            let order = |x: &(f64, u32), y: &(f64, u32)| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1));
            if others.len() > self.width {
                others.select_nth_unstable_by(self.width, order);
                others.truncate(self.width);
            }
            others.sort_unstable_by(order);
            near.extend(others.iter().map(|(_, b)| *b));
        }
        if self.dist == self.dist_back {
            let width = self.width.max(1);
            let metres = |(at, b): (usize, &u32)| self.dist((at / width) as u32, *b);
            self.near_m = near.iter().enumerate().map(metres).collect();
        }
        self.near = near;
    }

    /// Metres driven in a unit of time, on average.
    fn pace(&self) -> f64 {
        let sum = |base: usize| -> f64 {
            let cells = &self.cells[base..base + self.side * self.side];
            cells.iter().filter(|c| **c != FAR).map(|c| f64::from(*c)).sum()
        };
        let (metres, time) = (sum(self.dist), sum(self.time));
        if time > 0.0 && metres > 0.0 { metres / time } else { 1.0 }
    }
}

fn van(v: &Vehicle, class: u32, smallest: i64) -> Van {
    Van {
        capacity: v.capacity,
        fixed: v.fixed_cost,
        per_m: v.cost_per_m,
        per_ms: v.cost_per_ms,
        max_distance: v.max_distance_m.unwrap_or(i64::MAX),
        max_duration: v.max_duration_ms.unwrap_or(i64::MAX),
        max_reloads: v.max_reloads.map_or(u32::MAX, |most| u32::try_from(most).unwrap_or(u32::MAX)),
        class,
        share: if v.capacity[0] > 0 { smallest as f64 / v.capacity[0] as f64 } else { 1.0 },
    }
}

fn slotted(problem: &Problem) -> Vec<Slotted> {
    let visit = |j: &Job| Slotted {
        ready: j.windows.iter().map(|w| w.0).min().unwrap_or(-ANY),
        due: j.windows.iter().map(|w| w.1).max().unwrap_or(ANY),
        service: j.service_ms,
    };
    let mut slotted: Vec<Slotted> = problem.jobs.iter().map(visit).collect();
    for v in &problem.vehicles {
        let shift = Slotted { ready: v.shift.0, due: v.shift.1, service: 0 };
        slotted.extend([shift, shift]);
    }
    slotted
}

fn singles(problem: &Problem) -> (Vec<Segment>, Vec<u32>) {
    let (mut single, mut from) = (Vec::new(), vec![0]);
    for job in &problem.jobs {
        let any = [(-ANY, ANY)];
        let windows = if job.windows.is_empty() { &any[..] } else { &job.windows };
        let kept = promised(job);
        single.extend(kept.iter().chain(windows).map(|&(early, late)| Segment {
            duration: job.service_ms,
            release: job.release_ms,
            begin: job.demand,
            end: job.pickup,
            most: std::array::from_fn(|d| job.demand[d].max(job.pickup[d])),
            ..Segment::bare(early, late)
        }));
        from.push(single.len() as u32);
    }
    (single, from)
}

/// The windows of a job within which its promise is kept; they come before the
/// others, which they are parts of.
fn promised(job: &Job) -> Vec<(i64, i64)> {
    let Some((from, to)) = job.promise.and_then(|p| p.window) else { return Vec::new() };
    if job.windows.is_empty() {
        return vec![(from, to)];
    }
    let parts = job.windows.iter().map(|w| (w.0.max(from), w.1.min(to)));
    parts.filter(|w| w.0 <= w.1).collect()
}

fn groups(problem: &Problem) -> Vec<u32> {
    let mut group = vec![NONE; problem.jobs.len()];
    for (number, jobs) in problem.groups.iter().enumerate() {
        jobs.iter().for_each(|&job| group[job] = number as u32);
    }
    group
}

/// Nothing at all when nothing is promised.
fn promises(problem: &Problem) -> Vec<Option<(Promise, u32)>> {
    if problem.jobs.iter().all(|j| j.promise.is_none()) {
        return Vec::new();
    }
    problem.jobs.iter().map(|j| j.promise.map(|p| (p, promised(j).len() as u32))).collect()
}

fn mates(problem: &Problem) -> (Vec<u32>, Vec<bool>) {
    let mut mate = vec![NONE; problem.jobs.len()];
    let mut leads = vec![false; problem.jobs.len()];
    for s in &problem.shipments {
        (mate[s.from], mate[s.to], leads[s.from]) = (s.to as u32, s.from as u32, true);
    }
    (mate, leads)
}
