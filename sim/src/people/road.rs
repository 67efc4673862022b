//! A way over the streets: how long it takes and where one is on it. Pure.

use std::collections::HashMap;

use crate::world::{
    city::City,
    geo::{LatLon, Plane},
    people::Ride,
};

/// Streets are longer than the straight line between two crossings.
const DETOUR: f64 = 1.25;
/// Lights and other traffic leave this much of the free speed of a road.
const FLOW: f64 = 0.9;

/// Mean speed on a road without a known one, stops at lights included, km/h.
const fn speed_kmh(ride: Ride) -> f64 {
    match ride {
        // Assisted bikes; they take the short ways.
        Ride::Bike => 25.0,
        Ride::CargoBike => 24.0,
        Ride::Scooter => 32.0,
        Ride::Van => 38.0,
    }
}

/// On a road that allows `road_kmh`. Vans go with the traffic; the others cannot be
/// faster than they are, and pass the queue where vans stand in it.
fn on_road_kmh(ride: Ride, road_kmh: u32) -> f64 {
    match ride {
        Ride::Van => f64::from(road_kmh) * FLOW,
        Ride::Bike | Ride::CargoBike | Ride::Scooter => speed_kmh(ride),
    }
}

/// What the streets allow, by their crossings.
#[derive(Debug, Default)]
pub struct Streets {
    crossings: HashMap<(i64, i64), u32>,
    speeds_kmh: HashMap<(u32, u32), u32>,
}

impl Streets {
    pub fn of(city: &City) -> Self {
        let crossings = city.nodes.iter().map(|node| (spot(LatLon { lat: node.lat, lon: node.lon }), node.id));
        let speeds = city.edges.iter().map(|edge| ((edge.from, edge.to), edge.speed_kmh));
        Self { crossings: crossings.collect(), speeds_kmh: speeds.collect() }
    }

    /// Free speed of the road between two crossings; `None` off the roads.
    fn kmh(&self, from: LatLon, to: LatLon) -> Option<u32> {
        let from = self.crossings.get(&spot(from))?;
        let to = self.crossings.get(&spot(to))?;
        self.speeds_kmh.get(&(*from, *to)).copied()
    }
}

/// A place to about a decimetre, so that a number that went through text is the same.
fn spot(place: LatLon) -> (i64, i64) {
    ((place.lat * 1e6).round() as i64, (place.lon * 1e6).round() as i64)
}

/// A line of positions with the domain time from its beginning, milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    points: Vec<(LatLon, f64)>,
}

impl Way {
    /// As the crow flies, lengthened as streets are.
    pub fn straight(ride: Ride, from: LatLon, to: LatLon) -> Self {
        Self::through(&[from, to], |_, _| speed_kmh(ride) / DETOUR)
    }

    /// Along a route of `[lat, lon]` pairs to `to`; straight if there is none.
    pub fn along(ride: Ride, streets: &Streets, from: LatLon, route: &[[f64; 2]], to: LatLon) -> Self {
        if route.is_empty() {
            return Self::straight(ride, from, to);
        }
        let mut places = vec![from];
        places.extend(route.iter().map(|&[lat, lon]| LatLon { lat, lon }));
        places.push(to);
        Self::through(&places, |a, b| streets.kmh(a, b).map_or(speed_kmh(ride), |road| on_road_kmh(ride, road)))
    }

    fn through(places: &[LatLon], kmh: impl Fn(LatLon, LatLon) -> f64) -> Self {
        let plane = Plane::around(places[0]);
        let mut gone_ms = 0.0;
        let mut points = vec![(places[0], gone_ms)];
        for pair in places.windows(2) {
            let metres = plane.to_point(pair[0]).distance(plane.to_point(pair[1]));
            gone_ms += metres * 3_600.0 / kmh(pair[0], pair[1]);
            points.push((pair[1], gone_ms));
        }
        Self { points }
    }

    /// Domain time for all of it.
    pub fn whole_ms(&self) -> i64 {
        self.points.last().map_or(0, |(_, ms)| *ms as i64)
    }

    /// The position after `share` (0 to 1) of the time.
    pub fn at(&self, share: f64) -> LatLon {
        let wanted_ms = self.points.last().map_or(0.0, |(_, ms)| *ms) * share.clamp(0.0, 1.0);
        for pair in self.points.windows(2) {
            let ((a, from_ms), (b, to_ms)) = (pair[0], pair[1]);
            if to_ms >= wanted_ms {
                let part = if to_ms > from_ms { (wanted_ms - from_ms) / (to_ms - from_ms) } else { 1.0 };
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
        let way = Way::straight(Ride::Van, HERE, NORTH);
        assert!((way.whole_ms() - 118_600).abs() < 600, "{}", way.whole_ms());
        assert_eq!(Way::straight(Ride::Van, HERE, HERE).whole_ms(), 0);
    }

    #[test]
    fn half_way_is_in_the_middle_and_the_end_is_the_end() {
        let route = [[30.1, 123.4], [30.104, 123.4], [30.109, 123.4]];
        let way = Way::along(Ride::Bike, &Streets::default(), HERE, &route, NORTH);
        let middle = way.at(0.5);
        assert!((middle.lat - 30.1045).abs() < 1e-4 && (middle.lon - 123.4).abs() < 1e-9);
        assert_eq!((way.at(0.0), way.at(1.0), way.end()), (HERE, NORTH, NORTH));
    }

    #[test]
    fn a_van_goes_with_the_road_and_a_bike_at_its_own_pace() {
        let city = City::generate(7);
        let streets = Streets::of(&city);
        let road = city.edges.iter().max_by_key(|edge| edge.speed_kmh).expect("a road");
        let place = |id: u32| city.nodes.iter().find(|node| node.id == id).expect("a crossing");
        let (from, to) = (place(road.from), place(road.to));
        let ends = (LatLon { lat: from.lat, lon: from.lon }, LatLon { lat: to.lat, lon: to.lon });
        let ms = |ride| {
            let route = [[from.lat, from.lon], [to.lat, to.lon]];
            Way::along(ride, &streets, ends.0, &route, ends.1).whole_ms()
        };
        assert_eq!(streets.kmh(ends.0, ends.1), Some(road.speed_kmh));
        let ratio = ms(Ride::Bike) as f64 / ms(Ride::Van) as f64;
        assert!((ratio - f64::from(road.speed_kmh) * FLOW / 25.0).abs() < 0.01, "{ratio}");
    }
}
