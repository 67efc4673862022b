//! Where a vehicle is: poses, and one straight drive with a turn on the spot before it.
//!
//! Deliberately absent: acceleration and curves.

use serde::{Deserialize, Serialize};

/// Driving speed in millimetres a second.
const SPEED_MM_S: f64 = 1_500.0;
/// Turning speed in milliradians a second.
const TURN_MRAD_S: f64 = 1_200.0;
/// Closer than this is the same place, in millimetres.
const SAME_PLACE_MM: i64 = 50;

/// Position in millimetres and heading in milliradians (-3142..=3142, 0 along x).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pose {
    pub x_mm: i64,
    pub y_mm: i64,
    pub theta_mrad: i64,
}

impl Pose {
    pub fn distance_mm(&self, x_mm: i64, y_mm: i64) -> i64 {
        let (dx, dy) = ((x_mm - self.x_mm) as f64, (y_mm - self.y_mm) as f64);
        dx.hypot(dy).round() as i64
    }

    pub fn at(&self, x_mm: i64, y_mm: i64) -> bool {
        self.distance_mm(x_mm, y_mm) < SAME_PLACE_MM
    }
}

/// A turn towards a point, then a straight drive to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drive {
    from: Pose,
    to: Pose,
    turn_ms: i64,
    drive_ms: i64,
    done_ms: i64,
}

impl Drive {
    pub fn new(from: Pose, x_mm: i64, y_mm: i64) -> Self {
        let length_mm = from.distance_mm(x_mm, y_mm);
        let theta_mrad = if length_mm < SAME_PLACE_MM {
            from.theta_mrad
        } else {
            let (dx, dy) = ((x_mm - from.x_mm) as f64, (y_mm - from.y_mm) as f64);
            (dy.atan2(dx) * 1_000.0).round() as i64
        };
        let to = Pose { x_mm, y_mm, theta_mrad };
        let turn_mrad = turn_mrad(from.theta_mrad, theta_mrad).abs();
        Self {
            from,
            to,
            turn_ms: (turn_mrad as f64 / TURN_MRAD_S * 1_000.0).ceil() as i64,
            drive_ms: (length_mm as f64 / SPEED_MM_S * 1_000.0).ceil() as i64,
            done_ms: 0,
        }
    }

    pub fn left_ms(&self) -> i64 {
        self.turn_ms + self.drive_ms - self.done_ms
    }

    pub fn go_on(&mut self, ms: i64) {
        self.done_ms += ms;
    }

    /// Where the vehicle is now.
    pub fn pose(&self) -> Pose {
        if self.left_ms() <= 0 {
            return self.to;
        }
        if self.done_ms < self.turn_ms {
            let turned = turn_mrad(self.from.theta_mrad, self.to.theta_mrad) * self.done_ms;
            let theta_mrad = wrap(self.from.theta_mrad + turned / self.turn_ms);
            return Pose { theta_mrad, ..self.from };
        }
        let part = |from: i64, to: i64| from + (to - from) * (self.done_ms - self.turn_ms) / self.drive_ms.max(1);
        Pose {
            x_mm: part(self.from.x_mm, self.to.x_mm),
            y_mm: part(self.from.y_mm, self.to.y_mm),
            theta_mrad: self.to.theta_mrad,
        }
    }
}

/// The shorter turn from one heading to another.
fn turn_mrad(from: i64, to: i64) -> i64 {
    wrap(to - from)
}

fn wrap(mrad: i64) -> i64 {
    const FULL: i64 = 6_283;
    let positive = mrad.rem_euclid(FULL);
    if positive > FULL / 2 { positive - FULL } else { positive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_turns_then_goes_straight() {
        let from = Pose { x_mm: 0, y_mm: 0, theta_mrad: 0 };
        let mut drive = Drive::new(from, 0, 3_000);
        assert_eq!(drive.left_ms(), 1_310 + 2_000, "quarter turn, then 3 m");
        drive.go_on(1_310 + 1_000);
        assert_eq!(drive.pose(), Pose { x_mm: 0, y_mm: 1_500, theta_mrad: 1_571 });
        drive.go_on(1_000);
        assert_eq!((drive.left_ms(), drive.pose().y_mm), (0, 3_000));
        assert_eq!(turn_mrad(3_000, -3_000), 283, "across the seam");
    }
}
