//! The river: a meandering line from west to east, south of the old town.
//!
//! Its course is a closed formula; no hydrology is meant.

use super::super::geo::Point;
use crate::seed::Chance;
use rand::RngExt;

/// Water from bank to bank, metres.
pub const WIDTH_M: f64 = 110.0;
/// From the middle of the water to the middle of a riverside street, metres.
const QUAY_M: f64 = 95.0;
/// Where the map ends, metres east and west of the centre.
const REACH_M: f64 = 4_300.0;
const STEP_M: f64 = 100.0;

/// The course of the river.
#[derive(Debug, Clone, Copy)]
pub struct River {
    long_phase: f64,
    short_phase: f64,
}

impl River {
    pub fn carve(chance: &mut Chance) -> Self {
        Self {
            long_phase: chance.random_range(0.0..std::f64::consts::TAU),
            short_phase: chance.random_range(0.0..std::f64::consts::TAU),
        }
    }

    /// Northing of the middle of the water at easting `x`.
    pub fn middle(&self, x: f64) -> f64 {
        -930.0 + 300.0 * (x / 1_450.0 + self.long_phase).sin() + 110.0 * (x / 620.0 + self.short_phase).sin()
    }

    fn slope(&self, x: f64) -> f64 {
        300.0 / 1_450.0 * (x / 1_450.0 + self.long_phase).cos() + 110.0 / 620.0 * (x / 620.0 + self.short_phase).cos()
    }

    /// Whether the point lies on the north side of the water.
    pub fn is_north(&self, point: Point) -> bool {
        point.y >= self.middle(point.x)
    }

    /// Moves a point that is wet, or too near the bank, onto the riverside
    /// street of its own side.
    pub fn onto_quay(&self, point: Point) -> Point {
        let clear = QUAY_M * (1.0 + self.slope(point.x).powi(2)).sqrt();
        let offset = point.y - self.middle(point.x);
        if offset.abs() >= clear {
            return point;
        }
        let side = if offset >= 0.0 { clear } else { -clear };
        Point::new(point.x, self.middle(point.x) + side)
    }

    /// The middle line, west to east.
    pub fn line(&self) -> Vec<Point> {
        stations().map(|x| Point::new(x, self.middle(x))).collect()
    }

    /// The water as one polygon: the north bank eastwards, the south bank back.
    pub fn polygon(&self) -> Vec<Point> {
        let bank = |x: f64, side: f64| {
            let slope = self.slope(x);
            let length = (1.0 + slope * slope).sqrt();
            let half = side * WIDTH_M / 2.0;
            Point::new(x - half * slope / length, self.middle(x) + half / length)
        };
        let north: Vec<_> = stations().map(|x| bank(x, 1.0)).collect();
        let mut south: Vec<_> = stations().map(|x| bank(x, -1.0)).collect();
        south.reverse();
        [north, south].concat()
    }
}

fn stations() -> impl Iterator<Item = f64> {
    let count = (2.0 * REACH_M / STEP_M) as i32;
    (0..=count).map(|step| -REACH_M + f64::from(step) * STEP_M)
}
