//! How far and how long between places: over the roads where they are known,
//! else as the crow flies with a detour. Deliberately absent: the roads; the
//! network keeps them.

use solver::Matrix;

use crate::{kernel::*, store::Db};

/// The way by road is this much longer than the crow's, in per mille (the
/// circuity of European and Chinese cities lies between 1.2 and 1.4).
const DETOUR_PERMILLE: i64 = 1300;
/// Metres a second where no road says better: 25 km/h, a city by day.
const CROW_M_PER_S: i64 = 7;

/// Travel between some places, all to all.
#[derive(Debug, Clone)]
pub struct Travel {
    /// Milliseconds.
    pub durations: Matrix,
    /// Metres.
    pub distances: Matrix,
    places: Vec<Coord>,
}

/// The way between two places.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Its length.
    pub distance_m: i64,
    /// Its time.
    pub travel_ms: i64,
    /// Its shape, `[lat, lon]` pairs.
    pub polyline: Vec<[f64; 2]>,
}

/// Length and time of a way that no road is known for.
pub(super) fn crow(from: Coord, to: Coord) -> (i64, i64) {
    let metres = from.metres_to(to).min(1e9) as i64 * DETOUR_PERMILLE / 1000;
    (metres, metres * 1000 / CROW_M_PER_S)
}

/// Travel between every two of `places`.
///
/// # Errors
/// A fault of the store; more places than a matrix holds.
pub async fn travel(_db: &Db, places: &[Coord]) -> Result<Travel, Fault> {
    let cell = |pick: fn((i64, i64)) -> i64| {
        Matrix::from_fn(places.len(), |from, to| {
            Some(if from == to { 0 } else { pick(crow(places[from], places[to])) })
        })
    };
    let (distances, durations) = (cell(|way| way.0), cell(|way| way.1));
    let broken = |error: solver::matrix::MatrixError| Fault::new(format!("the travel matrix: {error}"));
    Ok(Travel { distances: distances.map_err(broken)?, durations: durations.map_err(broken)?, places: places.to_vec() })
}

impl Travel {
    /// The way between two of the places, by their index.
    pub fn leg(&self, from: usize, to: usize) -> Leg {
        let (a, b) = (self.places[from], self.places[to]);
        Leg {
            distance_m: self.distances.get(from, to).unwrap_or(0),
            travel_ms: self.durations.get(from, to).unwrap_or(0),
            polyline: vec![[a.lat, a.lon], [b.lat, b.lon]],
        }
    }
}
