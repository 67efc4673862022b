//! A way over the streets: how long it takes and where one is on it. Pure.

use crate::world::geo::{LatLon, Plane};
use crate::world::people::Ride;

/// Streets are longer than the straight line between two crossings.
const DETOUR: f64 = 1.25;

/// Mean speed on the way, stops at lights included, km/h.
pub const fn speed_kmh(ride: Ride) -> u32 {
    match ride {
        // Assisted bikes; they take the short ways.
        Ride::Bike => 25,
        Ride::CargoBike => 24,
        Ride::Scooter => 32,
        Ride::Van => 38,
    }
}

/// A line of positions with the distance from its beginning, metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    points: Vec<(LatLon, f64)>,
}

impl Way {
    /// As the crow flies, lengthened as streets are.
    pub fn straight(from: LatLon, to: LatLon) -> Self {
        Self::through(vec![from, to], DETOUR)
    }

    /// Along a route of `[lat, lon]` pairs to `to`; straight if there is none.
    pub fn along(from: LatLon, route: &[[f64; 2]], to: LatLon) -> Self {
        if route.is_empty() {
            return Self::straight(from, to);
        }
        let mut points = vec![from];
        points.extend(route.iter().map(|&[lat, lon]| LatLon { lat, lon }));
        points.push(to);
        Self::through(points, 1.0)
    }

    fn through(places: Vec<LatLon>, stretch: f64) -> Self {
        let plane = Plane::around(places[0]);
        let mut gone_m = 0.0;
        let mut last = plane.to_point(places[0]);
        let points = places
            .into_iter()
            .map(|place| {
                let here = plane.to_point(place);
                gone_m += last.distance(here) * stretch;
                last = here;
                (place, gone_m)
            })
            .collect();
        Self { points }
    }

    pub fn length_m(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, metres)| *metres)
    }

    /// Domain time for all of it.
    pub fn drive_ms(&self, speed_kmh: u32) -> i64 {
        (self.length_m() * 3_600.0 / f64::from(speed_kmh.max(1))) as i64
    }

    /// The position at `share` (0 to 1) of the way.
    pub fn at(&self, share: f64) -> LatLon {
        let wanted_m = self.length_m() * share.clamp(0.0, 1.0);
        for pair in self.points.windows(2) {
            let ((a, from_m), (b, to_m)) = (pair[0], pair[1]);
            if to_m >= wanted_m {
                let part = if to_m > from_m { (wanted_m - from_m) / (to_m - from_m) } else { 1.0 };
                return LatLon { lat: a.lat + (b.lat - a.lat) * part, lon: a.lon + (b.lon - a.lon) * part };
            }
        }
        self.end()
    }

    pub fn end(&self) -> LatLon {
        self.points[self.points.len() - 1].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: LatLon = LatLon { lat: 30.1, lon: 123.4 };
    const NORTH: LatLon = LatLon { lat: 30.109, lon: 123.4 };

    #[test]
    fn a_kilometre_takes_its_time() {
        let way = Way::straight(HERE, NORTH);
        assert!((way.length_m() - 1_252.0).abs() < 5.0, "{}", way.length_m());
        assert!((way.drive_ms(36) - 125_200).abs() < 600);
        assert_eq!(Way::straight(HERE, HERE).drive_ms(36), 0);
    }

    #[test]
    fn half_way_is_in_the_middle_and_the_end_is_the_end() {
        let route = [[30.1, 123.4], [30.104, 123.4], [30.109, 123.4]];
        let way = Way::along(HERE, &route, NORTH);
        let middle = way.at(0.5);
        assert!((middle.lat - 30.1045).abs() < 1e-4 && (middle.lon - 123.4).abs() < 1e-9);
        assert_eq!((way.at(0.0), way.at(1.0), way.end()), (HERE, NORTH, NORTH));
    }
}
