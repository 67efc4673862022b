//! The input of VROOM: vehicles, jobs and shipments with tables of durations and
//! distances, in seconds and metres.
//!
//! Read: location indices, windows, service and setup times, amounts, skills,
//! priorities, capacities, fixed, hourly and kilometre costs, longest routes and
//! most tasks. Costs are counted in thousandths of VROOM's. Refused by name:
//! breaks, steps, coordinates without a table, and speed factors.

use serde::Deserialize;

use super::{FormatError, Instance, MAX_PLACES};
use crate::matrix::Matrix;
use crate::routing::{DIMENSIONS, Job, MAX_PRIORITY, Problem, Shipment, Vehicle};

/// Durations of a file are whole seconds.
const MS: i64 = 1000;
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
    breaks: Option<serde_json::Value>,
    steps: Option<serde_json::Value>,
    speed_factor: Option<f64>,
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
    let (durations, distances) = tables(&file)?;
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
    let vehicles = file.vehicles.iter().map(vehicle).collect::<Result<Vec<_>, _>>()?;
    Ok(Instance {
        problem: Problem { durations, distances, jobs, vehicles, shipments, ..Problem::default() },
        scale: 1,
        names,
        points: Vec::new(),
        starts: Vec::new(),
    })
}

/// The one profile's tables: milliseconds, and as metres what is paid for.
///
/// VROOM pays for travel time, not for waiting, so time that is paid goes with the
/// distances: a metre of the problem is a second of travel or a metre, weighted.
fn tables(file: &File) -> Result<(Matrix, Matrix), FormatError> {
    let mut profiles: Vec<&str> = file.vehicles.iter().map(|v| v.profile.as_deref().unwrap_or("car")).collect();
    profiles.dedup();
    let profile = match profiles[..] {
        [profile] => profile,
        [] => return Err(wrong("there is no vehicle")),
        _ => return Err(wrong("vehicles of several profiles are not read")),
    };
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
    let first = file.vehicles.first().map(|v| (v.costs.per_hour, v.costs.per_km)).unwrap_or_default();
    if file.vehicles.iter().any(|v| (v.costs.per_hour, v.costs.per_km) != first) {
        return Err(wrong("vehicles with different costs of an hour or a kilometre are not read"));
    }
    let paid = |i: usize, j: usize| {
        let time = i128::from(durations[i][j]) * i128::from(first.0);
        let way = metres.map_or(0, |m| i128::from(m[i][j]) * i128::from(first.1));
        i64::try_from(time / i128::from(HOUR_COST) + way / 1000).ok()
    };
    let size = durations.len();
    let time = Matrix::from_fn(size, |i, j| durations[i][j].checked_mul(MS)).map_err(super::out_of_range)?;
    Ok((time, Matrix::from_fn(size, paid).map_err(super::out_of_range)?))
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

fn vehicle(v: &FileVehicle) -> Result<Vehicle, FormatError> {
    let given = [("breaks", v.breaks.is_some()), ("steps", v.steps.is_some())];
    if let Some((name, _)) = given.iter().find(|(_, there)| *there) {
        return Err(wrong(format!("{name} of vehicles are not read")));
    }
    if v.speed_factor.is_some_and(|f| f != 1.0) || v.max_travel_time.is_some() || v.max_distance.is_some() {
        return Err(wrong("speed factors and longest travel of vehicles are not read"));
    }
    let start = v.start_index.or(v.end_index).ok_or_else(|| wrong("a vehicle needs start_index or end_index"))?;
    let shift = v.time_window.unwrap_or((0, 1 << 32));
    Ok(Vehicle {
        start,
        end: v.end_index,
        shift: (seconds(shift.0)?, seconds(shift.1)?),
        capacity: amounts(&v.capacity)?,
        fixed_cost: v.costs.fixed,
        cost_per_m: 1,
        skills: skills(&v.skills)?,
        ..Vehicle::default()
    })
}
