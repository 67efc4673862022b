//! Tables of Li & Lim: the fleet and its capacity and speed, then one line a
//! place: number, x, y, demand, ready, due, service, place of pick-up, place of
//! delivery. Lengths and times are counted in thousandths, rounded down.

use super::{FormatError, Instance, MAX_PLACES, euclidean, index, numbers};
use crate::routing::{Job, Problem, Shipment, Vehicle};

/// Thousandths.
const SCALE: i64 = 1000;

pub(super) fn read(text: &str) -> Result<Instance, FormatError> {
    let units = |x: f64| (x * SCALE as f64 + 1e-9).floor() as i64;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut rows = Vec::new();
    for (at, line) in lines {
        rows.push((at + 1, numbers(at + 1, line)?));
        if rows.len() > MAX_PLACES {
            return Err(FormatError::new(at + 1, format!("more than {MAX_PLACES} places")));
        }
    }
    let [(first, fleet), (_, depot), places @ ..] = &rows[..] else {
        return Err(FormatError::new(0, "expected the fleet, a depot and places"));
    };
    let [count, capacity, ..] = fleet[..] else {
        return Err(FormatError::new(*first, "expected the number of vehicles and their capacity"));
    };
    let mut points = vec![point(*first + 1, depot)?];
    let mut jobs = Vec::new();
    let mut shipments = Vec::new();
    for (line, row) in places {
        points.push(point(*line, row)?);
        let [_, _, _, demand, ready, due, service, _, to, ..] = row[..] else {
            return Err(FormatError::new(*line, "expected nine numbers"));
        };
        if to > 0.0 {
            let to = index(*line, to - 1.0, places.len().saturating_sub(1), "place")?;
            shipments.push(Shipment { from: jobs.len(), to, amount: [demand as i64, 0, 0, 0] });
        }
        jobs.push(Job {
            location: jobs.len() + 1,
            service_ms: units(service),
            windows: vec![(units(ready), units(due))],
            ..Job::default()
        });
    }
    let [_, _, _, _, open, close, ..] = depot[..] else {
        return Err(FormatError::new(*first + 1, "expected nine numbers"));
    };
    let vehicle = Vehicle {
        end: Some(0),
        shift: (units(open), units(close)),
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
        problem: Problem { durations: distances.clone(), distances, jobs, vehicles, shipments, ..Problem::default() },
    })
}

fn point(line: usize, row: &[f64]) -> Result<(f64, f64), FormatError> {
    match row[..] {
        [_, x, y, ..] => Ok((x, y)),
        _ => Err(FormatError::new(line, "expected a number, x and y")),
    }
}
