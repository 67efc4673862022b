//! Finds the crossing nearest to a door without looking at all of them: a grid
//! over the network, searched in rings. Pure, and exact: the answer is the one a
//! look at every crossing gives. Deliberately absent: grids that are changed; a
//! new version of the roads gets a new one.

use crate::kernel::Coord;

/// Cells are made so that this many crossings share one on average.
const PER_CELL: f64 = 2.0;
/// No grid has more rows or columns than this, however long and thin it is.
const MOST_STEPS: f64 = 1000.0;
/// The least side of a cell in degrees, about a metre.
const LEAST_STEP: f64 = 1e-5;
/// Metres to a degree on a great circle of the mean earth.
const DEGREE_M: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;

/// Places in cells of equal degrees.
#[derive(Debug)]
pub(super) struct Grid {
    places: Vec<Coord>,
    south: f64,
    west: f64,
    east: f64,
    step_lat: f64,
    step_lon: f64,
    rows: i64,
    columns: i64,
    cells: Vec<Vec<usize>>,
}

/// A place by its number, and how far it is in metres.
type Found = Option<(usize, f64)>;

impl Grid {
    /// A grid over `places`, which are numbered from 0.
    pub fn new(places: Vec<Coord>) -> Self {
        let ends = |pick: fn(&Coord) -> f64| {
            let low = places.iter().map(pick).fold(f64::INFINITY, f64::min);
            let high = places.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
            if places.is_empty() { (0.0, 0.0) } else { (low, high) }
        };
        let ((south, north), (west, east)) = (ends(|at| at.lat), ends(|at| at.lon));
        // A degree of longitude is shorter than one of latitude.
        let squeeze = f64::midpoint(south, north).to_radians().cos().max(0.01);
        let (high, wide) = (north - south, (east - west) * squeeze);
        // Only sizes a vector can have are counted here.
        #[allow(clippy::cast_precision_loss)]
        let fair = (high * wide * PER_CELL / places.len().max(1) as f64).sqrt();
        let step_lat = fair.max(high.max(wide) / MOST_STEPS).max(LEAST_STEP);
        let step_lon = step_lat / squeeze;
        let (rows, columns) = (steps(high, step_lat) + 1, steps(east - west, step_lon) + 1);
        let mut grid = Self { places, south, west, east, step_lat, step_lon, rows, columns, cells: Vec::new() };
        grid.cells = vec![Vec::new(); usize::try_from(rows * columns).unwrap_or(0)];
        for (number, place) in grid.places.iter().enumerate() {
            let (row, column) = grid.cell_of(*place);
            let index = usize::try_from(row * columns + column).expect("the grid spans its own places");
            grid.cells[index].push(number);
        }
        grid
    }

    /// The nearest place; among equally near ones the first. `None` if there are none.
    pub fn nearest(&self, from: Coord) -> Found {
        if from.lon - self.west > 180.0 || self.east - from.lon > 180.0 {
            // Across the date line degrees do not tell what is near.
            return self.nearer(from, None, 0..self.places.len());
        }
        let (row, column) = self.cell_of(from);
        let outside = |at: i64, count: i64| (-at).max(at - count + 1).max(0);
        let farthest = |at: i64, count: i64| at.abs().max((count - 1 - at).abs());
        let first = outside(row, self.rows).max(outside(column, self.columns));
        let last = farthest(row, self.rows).max(farthest(column, self.columns));
        let mut best = None;
        for ring in first..=last {
            if best.is_some_and(|(_, metres)| metres < self.least_m(from, ring)) {
                break;
            }
            for index in self.ring(row, column, ring) {
                best = self.nearer(from, best, self.cells[index].iter().copied());
            }
        }
        best
    }

    fn nearer(&self, from: Coord, best: Found, numbers: impl Iterator<Item = usize>) -> Found {
        let far = |number: usize| (number, self.places[number].metres_to(from));
        let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
        numbers.map(far).chain(best).min_by(order)
    }

    fn cell_of(&self, place: Coord) -> (i64, i64) {
        (steps(place.lat - self.south, self.step_lat), steps(place.lon - self.west, self.step_lon))
    }

    /// The cells of the grid that are `ring` steps from a cell, in either direction.
    fn ring(&self, row: i64, column: i64, ring: i64) -> impl Iterator<Item = usize> + '_ {
        let (left, right) = ((column - ring).max(0), (column + ring).min(self.columns - 1));
        ((row - ring).max(0)..=(row + ring).min(self.rows - 1)).flat_map(move |at| {
            let edge = (at - row).abs() == ring;
            let step = if edge { 1 } else { usize::try_from(2 * ring).unwrap_or(usize::MAX) };
            // The top and the bottom whole, of the rows between both ends only.
            let from = if edge { left } else { column - ring };
            let to = if edge { right } else { column + ring };
            let inside = move |column: &i64| (left..=right).contains(column);
            (from..=to)
                .step_by(step.max(1))
                .filter(inside)
                .filter_map(move |to| usize::try_from(at * self.columns + to).ok())
        })
    }

    /// No place in this ring or beyond is nearer than this: it is at least so many
    /// whole cells away along a meridian or across meridians (the distance from a
    /// point to a meridian: Napier's rule). A little less, for rounding.
    fn least_m(&self, from: Coord, ring: i64) -> f64 {
        // Rings are counted in thousands at most, or lie far outside.
        #[allow(clippy::cast_precision_loss)]
        let whole = (ring - 1).max(0) as f64;
        let up_m = whole * self.step_lat * DEGREE_M;
        let turn = (whole * self.step_lon).min(90.0).to_radians();
        let across_m = (from.lat.to_radians().cos() * turn.sin()).asin().to_degrees() * DEGREE_M;
        up_m.min(across_m) * 0.999_999
    }
}

fn steps(degrees: f64, step: f64) -> i64 {
    // At most 360 degrees in steps of a hundred-thousandth.
    #[allow(clippy::cast_possible_truncation)]
    let whole = (degrees / step).floor() as i64;
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: look at every place.
    fn by_looking(places: &[Coord], from: Coord) -> Found {
        let far = |(number, at): (usize, &Coord)| (number, at.metres_to(from));
        places.iter().enumerate().map(far).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn check(places: &[Coord], doors: impl IntoIterator<Item = Coord>) {
        let grid = Grid::new(places.to_vec());
        for door in doors {
            assert_eq!(grid.nearest(door), by_looking(places, door), "{door:?} among {places:?}");
        }
    }

    #[test]
    fn every_door_of_a_city_finds_its_crossing() {
        let city = sim::world::city::City::generate(1);
        let places: Vec<Coord> = city.nodes.iter().map(|node| Coord { lat: node.lat, lon: node.lon }).collect();
        // Over the city and a good way out of it.
        let south = places.iter().map(|at| at.lat).fold(f64::INFINITY, f64::min) - 0.05;
        let west = places.iter().map(|at| at.lon).fold(f64::INFINITY, f64::min) - 0.05;
        let door = |i: u32| Coord { lat: south + f64::from(i % 29) * 0.01, lon: west + f64::from(i / 29) * 0.01 };
        check(&places, (0..29 * 29).map(door));
    }

    #[test]
    fn odd_networks_are_searched_too() {
        let at = |lat, lon| Coord { lat, lon };
        check(&[], [at(0.0, 0.0)]);
        check(&[at(30.0, 120.0)], [at(30.0, 120.0), at(-30.0, -60.0), at(90.0, 0.0)]);
        // One street: a grid of one row; and the same place twice: the first wins.
        let street = [at(30.0, 120.0), at(30.0, 120.5), at(30.0, 120.1), at(30.0, 120.1)];
        check(&street, [at(30.0, 120.11), at(31.0, 120.4), at(30.0, 119.0)]);
        // Both sides of the date line.
        check(&[at(-17.0, 179.9), at(-17.0, -179.8), at(-17.0, 178.0)], [at(-17.0, -179.99), at(-17.0, 179.0)]);
    }

    proptest! {
        #[test]
        fn the_grid_agrees_with_looking_at_all(
            places in proptest::collection::vec((-70.0..80.0_f64, 100.0..140.0_f64), 1..60),
            doors in proptest::collection::vec((-90.0..90.0_f64, -180.0..180.0_f64), 1..10),
            shrink in prop::sample::select(vec![1.0, 0.1, 0.001]),
        ) {
            let near = |(lat, lon): (f64, f64)| Coord { lat: 30.0 + lat * shrink, lon: 120.0 + (lon - 120.0) * shrink };
            let places: Vec<Coord> = places.into_iter().map(near).filter(|at| at.lat.abs() < 90.0).collect();
            let far = doors.iter().map(|(lat, lon)| Coord { lat: *lat, lon: *lon });
            check(&places, far.chain(doors.iter().map(|door| near(*door)).filter(|at| at.lat.abs() <= 90.0)));
        }
    }
}
