//! How far and how long between places: over the roads where they are laid, else
//! as the crow flies with a detour. Deliberately absent: the roads; the network
//! keeps them.

use std::sync::Arc;

use solver::Matrix;

use crate::{
    kernel::*,
    network::{self, Roads},
    store::Db,
};

/// The way by road is this much longer than the crow's, in per mille (the
/// circuity of European and Chinese cities lies between 1.2 and 1.4).
const DETOUR_PERMILLE: i64 = 1300;
/// Metres a second where no road says better: 25 km/h, a city by day.
const CROW_M_PER_S: i64 = 7;

/// Travel between some places, all to all. A missing cell: no open road leads there.
#[derive(Debug, Clone)]
pub struct Travel {
    /// Milliseconds.
    pub durations: Matrix,
    /// Metres.
    pub distances: Matrix,
    places: Vec<Coord>,
    roads: Arc<Roads>,
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
    // No two places on earth are further apart than 2 * 10^7 metres.
    #[allow(clippy::cast_possible_truncation)]
    let metres = from.metres_to(to).round() as i64 * DETOUR_PERMILLE / 1000;
    (metres, metres * 1000 / CROW_M_PER_S)
}

/// Travel between every two of `places`, with the roads as they are now.
///
/// # Errors
/// A fault of the store; more places than a matrix holds.
pub async fn travel(db: &Db, places: &[Coord]) -> Result<Travel, Fault> {
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    drop(read);
    let places = places.to_vec();
    let work = move || {
        let (durations, distances) = if roads.is_empty() { by_crow(&places)? } else { roads.matrix(&places)? };
        Ok(Travel { durations, distances, places, roads })
    };
    // Many shortest paths: not on a thread that answers requests.
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Fault::new(format!("the travel matrix ended early: {error}")))?
}

fn by_crow(places: &[Coord]) -> Result<(Matrix, Matrix), Fault> {
    let table = |pick: fn((i64, i64)) -> i64| {
        let cell = |from: usize, to: usize| Some(if from == to { 0 } else { pick(crow(places[from], places[to])) });
        Matrix::from_fn(places.len(), cell).map_err(|error| Fault::new(format!("the travel matrix: {error}")))
    };
    Ok((table(|way| way.1)?, table(|way| way.0)?))
}

impl Travel {
    /// The way between two of the places, by their index.
    pub fn leg(&self, from: usize, to: usize) -> Leg {
        let (a, b) = (self.places[from], self.places[to]);
        let line = self.roads.travel(a, b).map_or_else(|| vec![a, b], |way| way.line);
        Leg {
            distance_m: self.distances.get(from, to).unwrap_or(0),
            travel_ms: self.durations.get(from, to).unwrap_or(0),
            polyline: line.iter().map(|at| [at.lat, at.lon]).collect(),
        }
    }
}
