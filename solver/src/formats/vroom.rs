//! The input of VROOM: vehicles, jobs and shipments with tables of durations and
//! distances, in seconds and metres.
//!
//! Read: location indices, windows, service and setup times, amounts, skills,
//! priorities, capacities, breaks, profiles with their tables, speed factors, and
//! fixed, hourly and kilometre costs. A break that fits before a route begins or
//! after it is done counts as taken there. Refused by name: steps, coordinates
//! without a table, longest travel, and breaks with several windows or a load.

use serde::Deserialize;

use super::{FormatError, Instance, MAX_PLACES};
use crate::matrix::Matrix;
use crate::routing::{Break, DIMENSIONS, Job, MAX_PRIORITY, Problem, Profile, Shipment, Vehicle};

/// Durations of a file are whole seconds.
const MS: i64 = 1000;
/// The most kinds of vehicles, each with tables of its own.
const MOST_KINDS: usize = 64;
/// VROOM counts a route's cost in seconds of travel unless told otherwise.
const HOUR_COST: i64 = 3600;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    jobs: Vec<FileJob>,
    #[serde(default)]
    shipments: Vec<FileShipment>,
    vehicles: Vec<FileVehicle>,
    #[serde(default)]
    matrices: std::collections::BTreeMap<String, Tables>,
    matrix: Option<Vec<Vec<i64>>>,
}

#[derive(Deserialize)]
struct Tables {
    durations: Vec<Vec<i64>>,
    distances: Option<Vec<Vec<i64>>>,
}

#[derive(Deserialize)]
struct FileJob {
    id: u64,
    location_index: Option<usize>,
    #[serde(default)]
    service: i64,
    #[serde(default)]
    setup: i64,
    #[serde(default)]
    delivery: Vec<i64>,
    #[serde(default)]
    pickup: Vec<i64>,
    #[serde(default)]
    skills: Vec<u32>,
    #[serde(default)]
    priority: i64,
    #[serde(default)]
    time_windows: Vec<(i64, i64)>,
}

#[derive(Deserialize)]
struct FileShipment {
    pickup: FileJob,
    delivery: FileJob,
    #[serde(default)]
    amount: Vec<i64>,
    #[serde(default)]
    skills: Vec<u32>,
    #[serde(default)]
    priority: i64,
}

#[derive(Deserialize)]
struct FileVehicle {
    start_index: Option<usize>,
    end_index: Option<usize>,
    #[serde(default)]
    capacity: Vec<i64>,
    #[serde(default)]
    skills: Vec<u32>,
    time_window: Option<(i64, i64)>,
    profile: Option<String>,
    max_travel_time: Option<i64>,
    max_distance: Option<i64>,
    #[serde(default)]
    costs: Costs,
    #[serde(default)]
    breaks: Vec<FileBreak>,
    steps: Option<serde_json::Value>,
    speed_factor: Option<f64>,
}

#[derive(Deserialize)]
struct FileBreak {
    id: u64,
    #[serde(default)]
    time_windows: Vec<(i64, i64)>,
    #[serde(default)]
    service: i64,
    max_load: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Costs {
    fixed: i64,
    per_hour: i64,
    per_km: i64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { fixed: 0, per_hour: HOUR_COST, per_km: 0 }
    }
}

fn wrong(reason: impl Into<String>) -> FormatError {
    FormatError::new(0, reason)
}

pub(super) fn read(text: &str) -> Result<Instance, FormatError> {
    let file: File =
        serde_json::from_str(text).map_err(|e| FormatError::new(e.line(), format!("column {}: {e}", e.column())))?;
    let (mut profiles, kind_of) = roads(&file)?;
    let Profile { durations, distances, .. } = profiles.remove(0);
    let mut jobs = Vec::new();
    let mut names = Vec::new();
    for job in &file.jobs {
        jobs.push(self::job(job, &job.skills, job.priority)?);
        names.push(job.id.to_string());
    }
    let mut shipments = Vec::new();
    for s in &file.shipments {
        shipments.push(Shipment { from: jobs.len(), to: jobs.len() + 1, amount: amounts(&s.amount)? });
        for (side, mark) in [(&s.pickup, "p"), (&s.delivery, "d")] {
            jobs.push(job(side, &s.skills, s.priority)?);
            names.push(format!("{mark}{}", side.id));
        }
    }
    let vehicles = file.vehicles.iter().zip(kind_of).map(|(v, kind)| vehicle(v, kind));
    let vehicles = vehicles.collect::<Result<Vec<_>, _>>()?;
    Ok(Instance {
        problem: Problem { durations, distances, jobs, vehicles, shipments, profiles, ..Problem::default() },
        scale: 1,
        names,
        points: Vec::new(),
        starts: Vec::new(),
    })
}

/// What a vehicle's ways depend on: its table, what it pays for an hour and for a
/// kilometre, and its speed.
#[derive(PartialEq)]
struct Kind<'f> {
    profile: &'f str,
    per_hour: i64,
    per_km: i64,
    speed: f64,
}

fn kind(v: &FileVehicle) -> Kind<'_> {
    let (profile, speed) = (v.profile.as_deref().unwrap_or("car"), v.speed_factor.unwrap_or(1.0));
    Kind { profile, per_hour: v.costs.per_hour, per_km: v.costs.per_km, speed }
}

/// The tables of each kind of vehicle, and the kind of each vehicle.
fn roads(file: &File) -> Result<(Vec<Profile>, Vec<usize>), FormatError> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    let of = file.vehicles.iter().map(|v| {
        let kind = kind(v);
        let known = kinds.iter().position(|k| *k == kind);
        known.unwrap_or_else(|| {
            kinds.push(kind);
            kinds.len() - 1
        })
    });
    let of: Vec<usize> = of.collect();
    if kinds.is_empty() {
        return Err(wrong("there is no vehicle"));
    }
    if kinds.len() > MOST_KINDS {
        return Err(wrong(format!("more than {MOST_KINDS} kinds of vehicles")));
    }
    Ok((kinds.iter().map(|kind| tables(file, kind)).collect::<Result<_, _>>()?, of))
}

/// One kind's tables: milliseconds, and as metres what is paid for.
///
/// VROOM pays for travel time, not for waiting, so time that is paid goes with the
/// distances: a metre of the problem is a second of travel or a metre, weighted.
fn tables(file: &File, kind: &Kind<'_>) -> Result<Profile, FormatError> {
    let profile = kind.profile;
    let tables = file.matrices.get(profile);
    let durations = tables.map(|t| &t.durations).or(file.matrix.as_ref());
    let durations = durations.ok_or_else(|| wrong(format!("there is no table of durations for {profile:?}")))?;
    if durations.len() > MAX_PLACES || durations.iter().any(|row| row.len() != durations.len()) {
        return Err(wrong("the table of durations is not square, or too large"));
    }
    let metres = tables.and_then(|t| t.distances.as_ref());
    if metres.is_some_and(|m| m.len() != durations.len() || m.iter().any(|row| row.len() != m.len())) {
        return Err(wrong("the tables differ in size"));
    }
    if !(kind.speed > 0.0 && kind.speed <= 5.0) {
        return Err(wrong(format!("speed factor {} is not within 0 to 5", kind.speed)));
    }
    let time = |i: usize, j: usize| match kind.speed {
        1.0 => durations[i][j],
        speed => (durations[i][j] as f64 / speed).round() as i64,
    };
    let paid = |i: usize, j: usize| {
        let time = i128::from(time(i, j)) * i128::from(kind.per_hour);
        let way = metres.map_or(0, |m| i128::from(m[i][j]) * i128::from(kind.per_km));
        i64::try_from(time / i128::from(HOUR_COST) + way / 1000).ok()
    };
    let size = durations.len();
    Ok(Profile {
        durations: Matrix::from_fn(size, |i, j| time(i, j).checked_mul(MS)).map_err(super::out_of_range)?,
        distances: Matrix::from_fn(size, paid).map_err(super::out_of_range)?,
        slices: Vec::new(),
    })
}

fn rest(b: &FileBreak, shift: (i64, i64)) -> Result<Break, FormatError> {
    if b.max_load.is_some() {
        return Err(wrong(format!("break {}: max_load is not read", b.id)));
    }
    let window = match b.time_windows[..] {
        [] => shift,
        [(from, to)] => (seconds(from)?, seconds(to)?),
        _ => return Err(wrong(format!("break {}: several windows are not read", b.id))),
    };
    Ok(Break { window, service_ms: seconds(b.service)? })
}

fn amounts(list: &[i64]) -> Result<[i64; DIMENSIONS], FormatError> {
    if list.len() > DIMENSIONS {
        return Err(wrong(format!("more than {DIMENSIONS} dimensions of load")));
    }
    Ok(std::array::from_fn(|d| list.get(d).copied().unwrap_or(0)))
}

fn skills(list: &[u32]) -> Result<u64, FormatError> {
    list.iter().try_fold(0, |bits, s| match s {
        0..64 => Ok(bits | 1 << s),
        _ => Err(wrong(format!("skill {s} is beyond 63"))),
    })
}

fn seconds(t: i64) -> Result<i64, FormatError> {
    t.checked_mul(MS).ok_or_else(|| wrong(format!("{t} seconds are too many")))
}

fn job(job: &FileJob, needed: &[u32], priority: i64) -> Result<Job, FormatError> {
    let windows = job.time_windows.iter().map(|w| Ok((seconds(w.0)?, seconds(w.1)?)));
    Ok(Job {
        location: job.location_index.ok_or_else(|| wrong(format!("job {} has no location_index", job.id)))?,
        service_ms: seconds(job.service.saturating_add(job.setup))?,
        windows: windows.collect::<Result<_, FormatError>>()?,
        demand: amounts(&job.delivery)?,
        pickup: amounts(&job.pickup)?,
        skills: skills(needed)?,
        priority: priority.clamp(0, MAX_PRIORITY),
        ..Job::default()
    })
}

fn vehicle(v: &FileVehicle, profile: usize) -> Result<Vehicle, FormatError> {
    if v.steps.is_some() {
        return Err(wrong("steps of vehicles are not read"));
    }
    if v.max_travel_time.is_some() || v.max_distance.is_some() {
        return Err(wrong("longest travel of vehicles is not read"));
    }
    let start = v.start_index.or(v.end_index).ok_or_else(|| wrong("a vehicle needs start_index or end_index"))?;
    let shift = v.time_window.unwrap_or((0, 1 << 32));
    let shift = (seconds(shift.0)?, seconds(shift.1)?);
    Ok(Vehicle {
        start,
        end: v.end_index,
        shift,
        breaks: v.breaks.iter().map(|b| rest(b, shift)).collect::<Result<_, _>>()?,
        profile,
        capacity: amounts(&v.capacity)?,
        fixed_cost: v.costs.fixed,
        cost_per_m: 1,
        skills: skills(&v.skills)?,
        ..Vehicle::default()
    })
}
