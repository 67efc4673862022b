//! Files of routing problems: read into a [`Problem`], with line and reason when
//! they make no sense.
//!
//! VRPLIB (with the sections of windows, shipments, prizes, mixed fleets and
//! backhauls), the tables of Solomon and of Li & Lim, VROOM's JSON, and a
//! [`Problem`] as JSON, with every field there is. Absent on purpose: IO; text comes
//! in, text goes out.

mod lilim;
mod solomon;
mod vrplib;
mod vroom;

use thiserror::Error;

use crate::matrix::{Matrix, MatrixError};
use crate::routing::{Problem, Solution};

/// The most places a file may have.
pub const MAX_PLACES: usize = 20_000;

/// A problem and how its file counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The problem, in whole units of 1 / `scale`.
    pub problem: Problem,
    /// Units of the problem in one unit of the file.
    pub scale: i64,
    /// Number in the file of each job, as solutions name it.
    pub names: Vec<String>,
    /// Coordinates of each job, for drawing; empty when the file has none.
    pub points: Vec<(f64, f64)>,
    /// Coordinates of where each vehicle starts, likewise.
    pub starts: Vec<(f64, f64)>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct FormatError {
    /// Counted from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// In words.
    pub reason: String,
}

impl FormatError {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

/// Reads a file of any known kind.
///
/// # Errors
/// [`FormatError`] with the first line that makes no sense.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let first = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let numbers = |line: &str| line.split_whitespace().all(|w| w.parse::<f64>().is_ok());
    if first.starts_with('{') {
        own_or_vroom(text)
    } else if first.contains(':') {
        vrplib::read(text)
    } else if !first.is_empty() && numbers(first) {
        lilim::read(text)
    } else {
        solomon::read(text)
    }
}

/// A [`Problem`] as it is written here, told by its table of durations, or VROOM's.
fn own_or_vroom(text: &str) -> Result<Instance, FormatError> {
    #[derive(serde::Deserialize)]
    struct Probe {
        durations: Option<serde::de::IgnoredAny>,
    }
    let odd = |e: serde_json::Error| FormatError::new(e.line(), format!("column {}: {e}", e.column()));
    let probe: Probe = serde_json::from_str(text).map_err(odd)?;
    if probe.durations.is_none() {
        return vroom::read(text);
    }
    let problem: Problem = serde_json::from_str(text).map_err(odd)?;
    if problem.durations.size() > MAX_PLACES {
        return Err(FormatError::new(0, format!("more than {MAX_PLACES} places")));
    }
    let names = (0..problem.jobs.len()).map(|job| job.to_string()).collect();
    Ok(Instance { problem, scale: 1, names, points: Vec::new(), starts: Vec::new() })
}

/// The routes as lines `Route #k: 3 17 5`, k the number of the vehicle, then the
/// cost. A reload stands between its trips as the number of its place, from 0 on,
/// as in `3 0 17 5`. In a mixed fleet unused vehicles have empty lines, for readers
/// that count lines and pass over k.
pub fn write(instance: &Instance, solution: &Solution) -> String {
    let mut text = String::new();
    let vehicles = &instance.problem.vehicles;
    let mixed = vehicles.iter().any(|v| *v != vehicles[0]);
    let mut unused = 0;
    for route in &solution.routes {
        for idle in unused..if mixed { route.vehicle } else { unused } {
            text.push_str(&format!("Route #{}:\n", idle + 1));
        }
        unused = route.vehicle + 1;
        let mut stops = Vec::new();
        for (at, stop) in route.stops.iter().enumerate() {
            for reload in route.reloads.iter().filter(|r| r.before == at) {
                stops.push(vehicles[route.vehicle].reloads[reload.place].location.to_string());
            }
            stops.push(instance.names[stop.job].clone());
        }
        text.push_str(&format!("Route #{}: {}\n", route.vehicle + 1, stops.join(" ")));
    }
    text.push_str(&format!("Cost {}\n", in_units(solution.cost, instance.scale)));
    text
}

/// Reads lines `Route #k: 3 17 5`: the jobs of each vehicle, by its number, and its
/// reloads, as [`crate::routing::Options::warm`] counts them. Lines of other kinds
/// are passed over.
///
/// # Errors
/// [`FormatError`] names a job or a vehicle that the problem does not have.
pub fn read_routes(instance: &Instance, text: &str) -> Result<Vec<Vec<usize>>, FormatError> {
    let job_of: std::collections::BTreeMap<&str, usize> =
        instance.names.iter().enumerate().map(|(job, name)| (name.as_str(), job)).collect();
    let mut routes = vec![Vec::new(); instance.problem.vehicles.len()];
    for (at, line) in text.lines().enumerate() {
        let Some((head, stops)) = line.split_once(':').filter(|(head, _)| head.trim().starts_with("Route")) else {
            continue;
        };
        let number = head.trim().trim_start_matches("Route").trim().trim_start_matches('#').trim();
        let vehicle = number.parse::<usize>().ok().and_then(|k| k.checked_sub(1));
        let route = vehicle.and_then(|v| routes.get_mut(v));
        let route: &mut Vec<usize> =
            route.ok_or_else(|| FormatError::new(at + 1, format!("there is no vehicle {number:?}")))?;
        let (jobs, vehicles) = (instance.problem.jobs.len(), &instance.problem.vehicles);
        let station = |name: &str| {
            let place = name.parse::<usize>().ok()?;
            vehicles[vehicle?].reloads.iter().position(|r| r.location == place).map(|k| jobs + k)
        };
        let job = |name: &str| {
            let known = job_of.get(name).copied().or_else(|| station(name));
            known.ok_or_else(|| FormatError::new(at + 1, format!("there is no job {name:?}")))
        };
        *route = stops.split_whitespace().map(job).collect::<Result<_, _>>()?;
    }
    Ok(routes)
}

/// A cost in units of the file.
pub fn in_units(cost: i64, scale: i64) -> String {
    let digits = scale.ilog10() as usize;
    if digits == 0 { cost.to_string() } else { format!("{:.*}", digits, cost as f64 / scale as f64) }
}

/// Numbers of one line.
fn numbers(line: usize, text: &str) -> Result<Vec<f64>, FormatError> {
    let parse = |word: &str| match word.parse::<f64>() {
        Ok(number) if number.is_finite() && number.abs() < 1e15 => Ok(number),
        _ => Err(FormatError::new(line, format!("{word:?} is no number"))),
    };
    text.split_whitespace().map(parse).collect()
}

/// A whole number within `0..=most`.
fn index(line: usize, number: f64, most: usize, what: &str) -> Result<usize, FormatError> {
    if number.fract() == 0.0 && number >= 0.0 && number <= most as f64 {
        return Ok(number as usize);
    }
    Err(FormatError::new(line, format!("{what} {number} is not within 0 to {most}")))
}

/// Distances between points, rounded by `round` from the Euclidean length.
fn euclidean(points: &[(f64, f64)], round: impl Fn(f64) -> f64) -> Result<Matrix, FormatError> {
    let way = |i: usize, j: usize| {
        let (dx, dy) = (points[i].0 - points[j].0, points[i].1 - points[j].1);
        Some(round((dx * dx + dy * dy).sqrt()) as i64)
    };
    Matrix::from_fn(points.len(), way).map_err(out_of_range)
}

fn out_of_range(error: MatrixError) -> FormatError {
    FormatError::new(0, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VRPLIB: &str = "NAME : a\nTYPE : CVRP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 5\n\
        NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 0 8\nDEMAND_SECTION\n1 0\n2 2\n3 4\nDEPOT_SECTION\n1\n-1\nEOF\n";
    const PAIRS: &str = "NAME : p\nTYPE : PDPTW\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nROUNDING : TRUNC1000\n\
        VEHICLES : 2\nCAPACITY : 5\nNODE_COORD_SECTION\n1 0 0\n2 3 4\n3 0 8\nPICKUP_AND_DELIVERY_SECTION\n\
        1 0 0 99 0 0 0\n2 4 0 50 1 0 3\n3 -4 0 60 1 2 0\nDEPOT_SECTION\n1\n-1\nEOF\n";
    const SOLOMON: &str = "R1\n\nVEHICLE\nNUMBER CAPACITY\n 2 9\n\nCUSTOMER\nCUST NO. X Y\n\n\
        0 0 0 0 0 100 0\n1 3 4 2 0 50 1\n2 0 8 3 0 60 1\n";
    const LILIM: &str = "2\t9\t1\n0 0 0 0 0 100 0 0 0\n1 3 4 2 0 50 1 0 2\n2 0 8 -2 0 60 1 1 0\n";
    const VROOM: &str = r#"{"vehicles":[{"id":1,"start_index":0,"end_index":0,"capacity":[4],"skills":[1]}],
        "jobs":[{"id":7,"location_index":1,"service":5,"delivery":[2],"skills":[1],"time_windows":[[0,90]]}],
        "shipments":[{"amount":[1],"pickup":{"id":3,"location_index":1},"delivery":{"id":4,"location_index":2}}],
        "matrices":{"car":{"durations":[[0,5,8],[5,0,5],[8,5,0]]}}}"#;

    const OWN: &str = r#"{"durations":[[0,5,8],[5,0,5],[8,5,0]],"distances":[[0,5,8],[5,0,5],[8,5,0]],
        "jobs":[{"location":1,"windows":[[0,90]]},{"location":2}],"groups":[[1]],
        "vehicles":[{"start":0,"end":0,"shift":[0,99],"cost_per_m":1,"breaks":[{"window":[0,20],"service_ms":9}]}]}"#;
    const RICH_VROOM: &str = r#"{"vehicles":[
        {"id":1,"start_index":0,"end_index":0,"time_window":[0,90],"profile":"bike","costs":{"fixed":9},
         "breaks":[{"id":4,"time_windows":[[6,12]],"service":5}]},
        {"id":2,"start_index":0,"end_index":0,"profile":"car","speed_factor":2.0}],
        "jobs":[{"id":7,"location_index":1,"service":5,"priority":9},{"id":8,"location_index":2}],
        "matrices":{"car":{"durations":[[0,5,8],[5,0,5],[8,5,0]]},"bike":{"durations":[[0,9,9],[9,0,9],[9,9,0]]}}}"#;

    #[test]
    fn profiles_and_breaks_of_vroom_are_read() {
        let problem = read(RICH_VROOM).unwrap().problem;
        assert_eq!((problem.vehicles[0].profile, problem.vehicles[1].profile), (0, 1));
        assert_eq!(problem.profiles[0].durations.get(0, 2), Some(4_000));
        assert_eq!(problem.vehicles[0].breaks[0].window, (6_000, 12_000));
        assert_eq!(problem.jobs[0].priority, 9);
        let two = RICH_VROOM.replace("[[6,12]]", "[[6,12],[20,30]]");
        assert_eq!(read(&two).unwrap_err().reason, "break 4: several windows are not read");
        let lost = RICH_VROOM.replace("\"bike\":{", "\"boat\":{");
        assert_eq!(read(&lost).unwrap_err().reason, "there is no table of durations for \"bike\"");
    }

    #[test]
    fn every_kind_is_read_and_solved() {
        let plans = [
            (VRPLIB, "26"),
            (PAIRS, "18.000"),
            (SOLOMON, "18.0"),
            (LILIM, "18.000"),
            (VROOM, "18"),
            (OWN, "18"),
            (RICH_VROOM, "10"),
        ];
        for (text, cost) in plans {
            let instance = read(text).unwrap();
            let budget = crate::routing::Budget { iterations: 50 };
            let solution = crate::routing::solve(&instance.problem, budget, 1).unwrap();
            assert_eq!(crate::check::routing::check(&instance.problem, &solution), Ok(()));
            assert_eq!(in_units(solution.cost, instance.scale), cost);
        }
    }

    #[test]
    fn trips_are_written_with_the_depot_between_them_and_read_again() {
        let trips = VRPLIB.replace("CVRP\n", "MTVRPTWR\nVEHICLES : 1\nROUNDING : NEAREST\n")
            + "VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n";
        let instance = read(&trips.replace("EOF\n", "")).unwrap();
        let budget = crate::routing::Budget { iterations: 50 };
        let solution = crate::routing::solve(&instance.problem, budget, 1).unwrap();
        assert_eq!(crate::check::routing::check(&instance.problem, &solution), Ok(()));
        let text = write(&instance, &solution);
        assert!(["Route #1: 1 0 2\nCost 26\n", "Route #1: 2 0 1\nCost 26\n"].contains(&text.as_str()), "{text}");
        let routes = read_routes(&instance, &text).unwrap();
        assert_eq!((routes[0].len(), routes[0][1]), (3, 2));
        let odd = trips.replace("EOF\n", "").replace("\n1 1\n", "\n1 9\n");
        assert_eq!(read(&odd).unwrap_err().reason, "place 8 is not within 0 to 2");
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_line() {
        let complain = |text: String| read(&text).unwrap_err().to_string();
        assert_eq!(complain(VRPLIB.replace("3 4\n", "3 x\n")), "line 8: \"x\" is no number");
        assert_eq!(complain(VRPLIB.replace("3 0 8\n", "9 0 8\n")), "line 9: place 8 is not within 0 to 2");
        assert_eq!(complain(PAIRS.replace("1 0 3\n", "1 0 1\n")).split(':').next(), Some("line 14"));
        assert_eq!(complain(SOLOMON.replace("1 3 4 2 0 50 1", "1 3 4")), "line 11: expected seven numbers");
        assert_eq!(complain(LILIM.replace("0 2\n", "0 5\n")), "line 3: place 4 is not within 0 to 1");
        assert_eq!(complain(VROOM.replace("\"start_index\":0,\"end_index\":0,", "")).split(':').next(), Some("line 0"));
    }

    /// A file with a few places changed: numbers of all sizes, words, lines lost.
    fn mangled() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just(String::new()),
            Just("-1".to_owned()),
            Just("1e300".to_owned()),
            Just("NaN".to_owned()),
            Just("99999999999999999999".to_owned()),
            Just("\n".to_owned()),
            Just(":".to_owned()),
            any::<i64>().prop_map(|n| n.to_string()),
            "[ -~]{0,6}",
        ];
        let file = prop::sample::select(vec![VRPLIB, PAIRS, SOLOMON, LILIM, VROOM, OWN, RICH_VROOM]);
        (file, prop::collection::vec((any::<prop::sample::Index>(), piece), 1..6)).prop_map(|(file, changes)| {
            let mut words: Vec<&str> = file.split_inclusive(char::is_whitespace).collect();
            let pieces: Vec<(usize, String)> =
                changes.iter().map(|(at, p)| (at.index(words.len()), format!("{p} "))).collect();
            for (at, piece) in &pieces {
                words[*at] = piece;
            }
            words.concat()
        })
    }

    proptest! {
        #![proptest_config(crate::check::cases(2_000))]
        #[test]
        fn any_text_is_read_or_refused(text in mangled()) {
            if let Ok(instance) = read(&text) {
                let budget = crate::routing::Budget { iterations: 3 };
                if let Ok(solution) = crate::routing::solve(&instance.problem, budget, 1) {
                    prop_assert_eq!(crate::check::routing::check(&instance.problem, &solution), Ok(()));
                }
            }
        }
    }
}
