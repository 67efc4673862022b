//! Files of routing problems: read into a [`Problem`], with line and reason when
//! they make no sense.
//!
//! VRPLIB (with the sections of windows, shipments, prizes, mixed fleets and
//! backhauls), the tables of Solomon and of Li & Lim, and VROOM's JSON. Absent on
//! purpose: IO; text comes in, text goes out.

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
        vroom::read(text)
    } else if first.contains(':') {
        vrplib::read(text)
    } else if !first.is_empty() && numbers(first) {
        lilim::read(text)
    } else {
        solomon::read(text)
    }
}

/// The routes as lines `Route #k: 3 17 5`, then the cost.
pub fn write(instance: &Instance, solution: &Solution) -> String {
    let mut text = String::new();
    for (number, route) in solution.routes.iter().enumerate() {
        let stops: Vec<&str> = route.stops.iter().map(|s| instance.names[s.job].as_str()).collect();
        text.push_str(&format!("Route #{}: {}\n", number + 1, stops.join(" ")));
    }
    text.push_str(&format!("Cost {}\n", in_units(solution.cost, instance.scale)));
    text
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
