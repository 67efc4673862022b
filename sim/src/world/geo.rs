//! The flat plane the city is drawn on, and a little plane geometry.
//!
//! Coordinates that leave this crate are WGS-84 degrees rounded to 1e-6 (about
//! 0.1 m). There is no datum conversion here; the invented place needs none.

use serde::{Deserialize, Serialize};

const METRES_PER_DEGREE: f64 = 111_320.0;

/// A WGS-84 position in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatLon {
    pub lat: f64,
    pub lon: f64,
}

/// A point of the plane in metres: x to the east, y to the north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Straight distance in metres.
    pub fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point at `share` (0 to 1) of the way to `other`.
    pub fn towards(self, other: Point, share: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// An equirectangular plane around one centre; good to a few centimetres over
/// the few kilometres of a city.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    centre: LatLon,
}

impl Plane {
    pub const fn around(centre: LatLon) -> Self {
        Self { centre }
    }

    pub fn to_wgs84(self, point: Point) -> LatLon {
        let squeeze = self.centre.lat.to_radians().cos();
        LatLon {
            lat: round6(self.centre.lat + point.y / METRES_PER_DEGREE),
            lon: round6(self.centre.lon + point.x / (METRES_PER_DEGREE * squeeze)),
        }
    }

    pub fn to_point(self, place: LatLon) -> Point {
        let squeeze = self.centre.lat.to_radians().cos();
        Point::new(
            (place.lon - self.centre.lon) * METRES_PER_DEGREE * squeeze,
            (place.lat - self.centre.lat) * METRES_PER_DEGREE,
        )
    }
}

fn round6(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// The part of the convex polygon `shape` that is nearer to `home` than to
/// `rival` (Sutherland-Hodgman against the bisector).
fn keep_nearer(shape: &[Point], home: Point, rival: Point) -> Vec<Point> {
    let closer = |p: Point| p.distance(rival).powi(2) - p.distance(home).powi(2);
    let mut kept = Vec::with_capacity(shape.len() + 1);
    for (index, &here) in shape.iter().enumerate() {
        let next = shape[(index + 1) % shape.len()];
        let (a, b) = (closer(here), closer(next));
        if a >= 0.0 {
            kept.push(here);
        }
        // The difference of squared distances is linear along a segment.
        if (a >= 0.0) != (b >= 0.0) {
            kept.push(here.towards(next, a / (a - b)));
        }
    }
    kept
}

/// The Voronoi cell of `homes[index]` within the convex polygon `outline`.
pub fn voronoi_cell(homes: &[Point], index: usize, outline: &[Point]) -> Vec<Point> {
    let mut cell = outline.to_vec();
    for (other, &rival) in homes.iter().enumerate() {
        if other != index {
            cell = keep_nearer(&cell, homes[index], rival);
        }
    }
    cell
}

/// Whether `point` lies inside `polygon` (even-odd rule).
pub fn contains(polygon: &[Point], point: Point) -> bool {
    let mut inside = false;
    let mut previous = polygon.len().wrapping_sub(1);
    for (index, a) in polygon.iter().enumerate() {
        let b = polygon[previous];
        if (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x {
            inside = !inside;
        }
        previous = index;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Point; 4] =
        [Point::new(-10.0, -10.0), Point::new(10.0, -10.0), Point::new(10.0, 10.0), Point::new(-10.0, 10.0)];

    #[test]
    fn the_plane_goes_there_and_back() {
        let plane = Plane::around(LatLon { lat: 30.1, lon: 123.3 });
        let point = Point::new(2345.0, -1234.0);
        assert!(plane.to_point(plane.to_wgs84(point)).distance(point) < 0.2);
    }

    #[test]
    fn cells_share_the_square_between_them() {
        let homes = [Point::new(-5.0, 0.0), Point::new(5.0, 1.0)];
        let cells: Vec<_> = (0..2).map(|i| voronoi_cell(&homes, i, &SQUARE)).collect();
        for x in -9..=9 {
            for y in -9..=9 {
                let p = Point::new(f64::from(x) + 0.13, f64::from(y) + 0.07);
                let nearer = usize::from(p.distance(homes[1]) < p.distance(homes[0]));
                assert!(contains(&cells[nearer], p), "{p:?} is missing from its cell");
                assert!(!contains(&cells[1 - nearer], p), "{p:?} is in two cells");
            }
        }
    }
}
