//! Places on the earth in WGS-84, distances, and the two Chinese datums.
//! Deliberately absent: roads; those are the network's.

use serde::{Deserialize, Serialize};

/// A WGS-84 coordinate in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Coord {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

const EARTH_M: f64 = 6_371_008.8;
/// Krasovsky 1940 ellipsoid, on which GCJ-02 is defined.
const KRASOVSKY_A: f64 = 6_378_245.0;
const KRASOVSKY_EE: f64 = 0.006_693_421_622_965_943;

impl Coord {
    /// A coordinate, if both degrees are finite and on the globe.
    pub fn checked(lat: f64, lon: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then_some(Self { lat, lon })
    }

    /// Great-circle distance in metres (haversine).
    pub fn metres_to(self, other: Coord) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let (dlat, dlon) = (lat2 - lat1, (other.lon - self.lon).to_radians());
        let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * EARTH_M * h.sqrt().min(1.0).asin()
    }

    /// This place in GCJ-02, the datum of Chinese public maps. Unchanged
    /// outside of China's bounding box, as the transformation prescribes.
    #[must_use]
    pub fn to_gcj02(self) -> Coord {
        if !(73.66..=135.05).contains(&self.lon) || !(3.86..=53.55).contains(&self.lat) {
            return self;
        }
        let (dlat, dlon) = gcj_offset(self);
        Coord { lat: self.lat + dlat, lon: self.lon + dlon }
    }

    /// The WGS-84 place of a GCJ-02 coordinate, by fixed-point iteration;
    /// exact to well under a centimetre.
    #[must_use]
    pub fn from_gcj02(gcj: Coord) -> Coord {
        let mut guess = gcj;
        for _ in 0..8 {
            let there = guess.to_gcj02();
            guess = Coord { lat: guess.lat + gcj.lat - there.lat, lon: guess.lon + gcj.lon - there.lon };
        }
        guess
    }

    /// This place in BD-09, Baidu's datum.
    #[must_use]
    pub fn to_bd09(self) -> Coord {
        let gcj = self.to_gcj02();
        let (turn, radius) = bd_wobble(gcj.lon, gcj.lat);
        let (z, theta) = (gcj.lon.hypot(gcj.lat) + radius, gcj.lat.atan2(gcj.lon) + turn);
        Coord { lat: z * theta.sin() + 0.006, lon: z * theta.cos() + 0.0065 }
    }

    /// The WGS-84 place of a BD-09 coordinate.
    #[must_use]
    pub fn from_bd09(bd: Coord) -> Coord {
        let (x, y) = (bd.lon - 0.0065, bd.lat - 0.006);
        let (turn, radius) = bd_wobble(x, y);
        let (z, theta) = (x.hypot(y) - radius, y.atan2(x) - turn);
        Self::from_gcj02(Coord { lat: z * theta.sin(), lon: z * theta.cos() })
    }
}

fn bd_wobble(x: f64, y: f64) -> (f64, f64) {
    let pi = std::f64::consts::PI * 3000.0 / 180.0;
    (0.000_003 * (x * pi).cos(), 0.000_02 * (y * pi).sin())
}

fn gcj_offset(wgs: Coord) -> (f64, f64) {
    use std::f64::consts::PI;
    let (x, y) = (wgs.lon - 105.0, wgs.lat - 35.0);
    let wave = |a: f64, b: f64, c: f64, v: f64, w: f64| {
        a * (b * (v * PI / w).sin() + c * (v * PI / (w * 2.0)).sin()) * 2.0 / 3.0
    };
    let common = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let mut dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * x.abs().sqrt() + common;
    dlat += (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0;
    dlat += (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let mut dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * x.abs().sqrt() + common;
    dlon += (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0;
    dlon += wave(1.0, 300.0, 0.0, x, 30.0) + wave(1.0, 150.0, 0.0, x, 12.0);
    let lat = wgs.lat.to_radians();
    let magic = 1.0 - KRASOVSKY_EE * lat.sin() * lat.sin();
    let dlat = dlat * 180.0 / ((KRASOVSKY_A * (1.0 - KRASOVSKY_EE)) / (magic * magic.sqrt()) * PI);
    let dlon = dlon * 180.0 / (KRASOVSKY_A / magic.sqrt() * lat.cos() * PI);
    (dlat, dlon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let metres = Coord { lat: 31.0, lon: 121.0 }.metres_to(Coord { lat: 32.0, lon: 121.0 });
        assert!((metres - 111_195.0).abs() < 10.0, "{metres}");
    }

    #[test]
    fn chinese_datums_shift_hundreds_of_metres_and_come_back() {
        let bund = Coord { lat: 31.240_3, lon: 121.490_6 };
        let gcj = bund.to_gcj02();
        assert!((300.0..700.0).contains(&bund.metres_to(gcj)), "{}", bund.metres_to(gcj));
        assert!(bund.metres_to(Coord::from_gcj02(gcj)) < 0.01);
        assert!(bund.metres_to(Coord::from_bd09(bund.to_bd09())) < 2.0);
        let paris = Coord { lat: 48.85, lon: 2.35 };
        assert_eq!(paris.to_gcj02(), paris);
    }
}
