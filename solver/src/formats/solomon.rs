//! Tables of Solomon and of Gehring & Homberger: a name, the fleet, then one line
//! a place: number, x, y, demand, ready, due, service. Lengths and times are
//! counted in tenths, rounded down, as at DIMACS.

use super::{FormatError, Instance, MAX_PLACES, euclidean, numbers};
use crate::routing::{Job, Problem, Vehicle};

/// Tenths.
const SCALE: i64 = 10;

pub(super) fn read(text: &str) -> Result<Instance, FormatError> {
    let units = |x: f64| (x * SCALE as f64 + 1e-9).floor() as i64;
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let starts_with_digit = line.trim().starts_with(|c: char| c.is_ascii_digit() || c == '-');
        // Names such as R101 and headings stand between the tables.
        if starts_with_digit {
            rows.push((at + 1, numbers(at + 1, line)?));
        }
    }
    let mut rows = rows.into_iter();
    let Some((line, fleet)) = rows.next() else { return Err(FormatError::new(0, "there is no table")) };
    let [count, capacity] = fleet[..] else {
        return Err(FormatError::new(line, "expected the number of vehicles and their capacity"));
    };
    let mut points = Vec::new();
    let mut jobs = Vec::new();
    for (line, row) in rows {
        let [_, x, y, demand, ready, due, service, ..] = row[..] else {
            return Err(FormatError::new(line, "expected seven numbers"));
        };
        jobs.push(Job {
            location: points.len(),
            service_ms: units(service),
            windows: vec![(units(ready), units(due))],
            demand: [demand as i64, 0, 0, 0],
            ..Job::default()
        });
        points.push((x, y));
        if points.len() > MAX_PLACES {
            return Err(FormatError::new(line, format!("more than {MAX_PLACES} places")));
        }
    }
    if jobs.is_empty() {
        return Err(FormatError::new(line, "there is no depot"));
    }
    let depot = jobs.remove(0);
    let vehicle = Vehicle {
        end: Some(0),
        shift: depot.windows[0],
        capacity: [capacity as i64, 0, 0, 0],
        cost_per_m: 1,
        ..Vehicle::default()
    };
    let distances = euclidean(&points, |x| (x * SCALE as f64 + 1e-9).floor())?;
    let vehicles = vec![vehicle; count.clamp(0.0, MAX_PLACES as f64) as usize];
    Ok(Instance {
        scale: SCALE,
        names: (1..points.len()).map(|c| c.to_string()).collect(),
        starts: vec![points[0]; vehicles.len()],
        points: points[1..].to_vec(),
        problem: Problem { durations: distances.clone(), distances, jobs, vehicles, ..Problem::default() },
    })
}
