//! The words of routing: jobs, vehicles, routes, and why a job is left out.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::matrix::Matrix;

/// Dimensions of a load, for the caller to name (totes, grams, millilitres, ...).
pub const DIMENSIONS: usize = 4;

/// Times, in ms, must lie within plus and minus this; epoch milliseconds do
/// until the year 3084.
pub const MAX_TIME: i64 = 1 << 45;

/// The most breaks of a vehicle.
pub const MAX_BREAKS: usize = 4;

/// The largest priority of a job.
pub const MAX_PRIORITY: i64 = 1_000;

/// The largest distance or duration between two places: a million kilometres, or
/// twelve days. Cells of this size pack into 32 bits.
pub const MAX_LINK: i64 = 1 << 30;

/// One visit: a delivery from the start of the route, a collection to its end,
/// or one side of a [`Shipment`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Index into the matrices.
    pub location: usize,
    /// Time at the door in ms.
    pub service_ms: i64,
    /// Service must start within one of these, ends included; none means any time.
    pub windows: Vec<(i64, i64)>,
    /// Load taken from the start of the trip, by dimension.
    pub demand: [i64; DIMENSIONS],
    /// Load collected here and kept to the end of the trip, by dimension.
    pub pickup: [i64; DIMENSIONS],
    /// The vehicle may not leave its start, or begin the reload of the trip, before
    /// this; anything in the past for goods that are ready.
    pub release_ms: i64,
    /// Weight of leaving it out is 1 + priority, within 0..=[`MAX_PRIORITY`].
    pub priority: i64,
    /// What leaving it out costs; `None` for a job that is to be served whenever
    /// it can be, whatever the cost.
    pub prize: Option<i64>,
    /// Bits that a vehicle must have.
    pub skills: u64,
    /// Vehicles that may serve it; `None` for any. This pins goods to the vehicle
    /// they are on.
    pub allowed: Option<Vec<usize>>,
    /// What was promised; `None` for a job that nobody was told of.
    pub promise: Option<Promise>,
}

/// What a customer or a driver was told before: to change it has a price.
/// A locked job is served as early as it may be, even before its promised window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promise {
    /// Who was to come.
    pub vehicle: Option<usize>,
    /// When service was to start, ends included.
    pub window: Option<(i64, i64)>,
    /// Paid once when another comes, or at another time.
    pub cost: i64,
}

/// Goods fetched at one job and brought to another by the same vehicle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shipment {
    /// The job where they are loaded; visited first.
    pub from: usize,
    /// The job where they are unloaded.
    pub to: usize,
    /// Load between the two, by dimension.
    pub amount: [i64; DIMENSIONS],
}

/// A place where a vehicle may load anew between two trips: what it collected is
/// put down, what it delivers next is taken on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reload {
    /// Index into the matrices.
    pub location: usize,
    /// Time it takes in ms.
    pub service_ms: i64,
    /// It must begin within this, ends included; `None` for any time.
    pub window: Option<(i64, i64)>,
}

/// One vehicle with its driver, for one route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vehicle {
    /// Where the route begins.
    pub start: usize,
    /// Where it ends; `None` ends it at the last stop.
    pub end: Option<usize>,
    /// It leaves and is done within these, in ms.
    pub shift: (i64, i64),
    /// Most load by dimension.
    pub capacity: [i64; DIMENSIONS],
    /// Paid when it serves anything.
    pub fixed_cost: i64,
    /// Paid for each metre.
    pub cost_per_m: i64,
    /// Paid for each ms from leaving to being done, waiting included.
    pub cost_per_ms: i64,
    /// Most metres of its route.
    pub max_distance_m: Option<i64>,
    /// Most ms from leaving to being done.
    pub max_duration_ms: Option<i64>,
    /// Bits it offers.
    pub skills: u64,
    /// Jobs it serves first, in this order, on its first trip: driven already, or
    /// promised.
    pub locked: Vec<usize>,
    /// Where it may load anew; none for a single trip. What it carries of shipments
    /// stays on board.
    #[serde(default)]
    pub reloads: Vec<Reload>,
    /// Most times it does; `None` for any number.
    #[serde(default)]
    pub max_reloads: Option<usize>,
    /// Rests of its driver, in order, [`MAX_BREAKS`] at most.
    #[serde(default)]
    pub breaks: Vec<Break>,
    /// Its roads: 0 for those of the problem, k for the k-th of
    /// [`Problem::profiles`], counted from 1.
    #[serde(default)]
    pub profile: usize,
}

/// A rest of the driver. Breaks are taken in order, anywhere on the road: also in
/// the middle of a way, or on arrival before the service. One that fits before the
/// vehicle leaves, or after it is done, is taken there and costs nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Break {
    /// It must begin within this, ends included.
    pub window: (i64, i64),
    /// Time it takes in ms.
    pub service_ms: i64,
}

/// Travel times from some moment on, until the next slice. One who leaves just
/// before a faster slice may wait for it, so that to leave later is never to
/// arrive earlier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The first departure it holds for.
    pub from_ms: i64,
    /// Travel times in ms.
    pub durations: Matrix,
}

/// Roads of a kind of vehicle: bicycles, vans, lorries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Travel times in ms, before the first slice.
    pub durations: Matrix,
    /// Distances in metres.
    pub distances: Matrix,
    /// Travel times over the day, by ascending time.
    #[serde(default)]
    pub slices: Vec<Slice>,
}

/// What is least, once the greatest weight of jobs is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The cost.
    #[default]
    Cost,
    /// The number of vehicles used, then the cost.
    VehiclesFirst,
}

/// Everything the solver is told. Costs share one unit, the caller's; a fine one
/// (say, a thousandth of a cent) keeps wages for each ms whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// Travel times in ms.
    pub durations: Matrix,
    /// Distances in metres, of the same size.
    pub distances: Matrix,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Vehicles.
    pub vehicles: Vec<Vehicle>,
    /// Pairs of jobs; a job is in one of them at most, and none is locked (what is
    /// on board already is a delivery, pinned to its vehicle).
    #[serde(default)]
    pub shipments: Vec<Shipment>,
    /// Jobs of which at most one is served: another door, another hour. A job is in
    /// one group at most; a shipment is named by its first side. All of a group have
    /// a prize, or none has; to serve one forgoes what the dearest of them would
    /// have been worth more.
    #[serde(default)]
    pub groups: Vec<Vec<usize>>,
    /// Travel times over the day, by ascending time; before the first of them the
    /// durations hold.
    #[serde(default)]
    pub slices: Vec<Slice>,
    /// Roads of other kinds of vehicles.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// What is least.
    pub objective: Objective,
}

/// Work allowed, as a count, so that the same seed gives the same routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Rounds of ruin and recreate.
    pub iterations: u64,
}

/// One service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Index of the job.
    pub job: usize,
    /// Arrival in ms.
    pub arrive_ms: i64,
    /// Begin of service in ms.
    pub start_ms: i64,
    /// Departure in ms.
    pub depart_ms: i64,
}

/// One loading between two trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Index of the first stop after it; it is neither the first nor behind the last.
    pub before: usize,
    /// Index into the vehicle's [`Vehicle::reloads`].
    pub place: usize,
    /// Arrival in ms.
    pub arrive_ms: i64,
    /// Begin in ms, not before the goods of the trip are there.
    pub start_ms: i64,
    /// Departure in ms.
    pub depart_ms: i64,
    /// Load taken on, by dimension.
    pub load: [i64; DIMENSIONS],
}

/// One break taken on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Index of the first stop after it; as many as there are stops on the way to
    /// the end. Arrival there is told with the rest on the way done.
    pub before: usize,
    /// Begin in ms.
    pub start_ms: i64,
    /// End in ms.
    pub end_ms: i64,
}

/// The work of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Index of the vehicle.
    pub vehicle: usize,
    /// Leaves its start, in ms.
    pub depart_ms: i64,
    /// Stops in order, at least one.
    pub stops: Vec<Stop>,
    /// At its end, or done with the last stop, in ms.
    pub end_ms: i64,
    /// Metres driven.
    pub distance_m: i64,
    /// Load at the start, by dimension: what is delivered from there.
    pub load: [i64; DIMENSIONS],
    /// Loadings between trips, in order.
    #[serde(default)]
    pub reloads: Vec<Reloaded>,
    /// Breaks taken on the road, in order.
    #[serde(default)]
    pub rests: Vec<Rest>,
    /// Fixed cost, metres and time.
    pub cost: i64,
}

/// Why a job is on no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No vehicle is allowed or skilled.
    NoVehicle,
    /// It exceeds every such vehicle by itself.
    Capacity,
    /// There is no way to it, or none back.
    Unreachable,
    /// No such vehicle makes it in time, even with nothing else to do but its
    /// locked stops.
    Time,
    /// It could be served, but not with the jobs that are.
    NoRoom,
    /// Its prize does not pay for the way.
    Prize,
    /// Another of its group is served.
    Group,
}

/// A job on no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// Index of the job.
    pub job: usize,
    /// Why.
    pub reason: Reason,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Routes with at least one stop, by vehicle.
    pub routes: Vec<Route>,
    /// Jobs left out, ascending.
    pub unserved: Vec<Unserved>,
    /// Jobs served otherwise than promised, ascending.
    #[serde(default)]
    pub changed: Vec<usize>,
    /// Sum of the routes, of the prizes forgone and of the promises changed.
    pub cost: i64,
}

/// What is wrong with a problem.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RoutingError {
    /// The two matrices differ in size.
    #[error("durations cover {durations} places, distances {distances}")]
    Matrices {
        /// Places with durations.
        durations: usize,
        /// Places with distances.
        distances: usize,
    },
    /// A job makes no sense.
    #[error("job {job}: {field} is out of range")]
    Job {
        /// The job.
        job: usize,
        /// The field.
        field: &'static str,
    },
    /// A vehicle makes no sense.
    #[error("vehicle {vehicle}: {field} is out of range")]
    Vehicle {
        /// The vehicle.
        vehicle: usize,
        /// The field.
        field: &'static str,
    },
    /// A link between two places is longer than [`MAX_LINK`].
    #[error("a link of {length} is longer than {MAX_LINK}")]
    Link {
        /// The link, in ms or metres.
        length: i64,
    },
    /// A shipment makes no sense.
    #[error("shipment {shipment}: {field} is out of range")]
    Shipment {
        /// The shipment.
        shipment: usize,
        /// The field.
        field: &'static str,
    },
    /// A group makes no sense.
    #[error("group {group}, job {job}: {field}")]
    Group {
        /// The group.
        group: usize,
        /// The job.
        job: usize,
        /// What is wrong with it.
        field: &'static str,
    },
    /// The roads of a profile, or of a slice of the day, make no sense.
    #[error("profile {profile}: {field} is out of range")]
    Profile {
        /// The profile, 0 for the roads of the problem.
        profile: usize,
        /// The field.
        field: &'static str,
    },
    /// A job is locked twice.
    #[error("job {job} is locked twice, the second time on vehicle {vehicle}")]
    LockedTwice {
        /// The vehicle.
        vehicle: usize,
        /// The job.
        job: usize,
    },
    /// A locked job cannot be served where it is locked.
    #[error("vehicle {vehicle} cannot serve its locked job {job}: {reason:?}")]
    Locked {
        /// The vehicle.
        vehicle: usize,
        /// The first job that breaks a rule.
        job: usize,
        /// The rule.
        reason: Reason,
    },
    /// Costs, distances and times multiply beyond what the arithmetic can hold.
    #[error("costs are too large to be summed")]
    TooLarge,
}
