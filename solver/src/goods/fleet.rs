//! Which vehicle fetches which shelf, and where the shelf goes afterwards.
//!
//! As many shelves are under way as there are vehicles: each station's next ones in
//! turn, each fetched by the vehicle that keeps the sum of the ways least (the
//! assignment of [`crate::matching`]). A shelf goes back to a free place: the more
//! lines it could still serve, the nearer to a station. Absent on purpose: time,
//! charge and other traffic, see [`crate::agv`].

use super::{Job, Plan};
use crate::matching::assign;

/// A point of the floor in length units.
pub type Point = (i64, i64);

/// Where everything stands; ways are along the two axes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Floor {
    /// Stations.
    pub stations: Vec<Point>,
    /// The place of each shelf, and free places after these.
    pub places: Vec<Point>,
    /// Vehicles.
    pub vehicles: Vec<Point>,
}

/// One errand of a vehicle: to a shelf, to a station, to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errand {
    /// The vehicle.
    pub vehicle: usize,
    /// The station.
    pub station: usize,
    /// Number of the visit there.
    pub visit: usize,
    /// The shelf.
    pub shelf: usize,
    /// Where it was picked up and put back, as places.
    pub places: (usize, usize),
    /// Length of the three ways.
    pub way: i64,
}

/// How shelves are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// To the place it came from.
    Home,
    /// To a free place near or far as its lines still to come deserve.
    Popular,
}

fn way(a: Point, b: Point) -> i64 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// All errands of a plan in the order they are given out.
pub fn errands(job: &Job, plan: &Plan, floor: &Floor, back: Return) -> Vec<Errand> {
    let mut at: Vec<usize> = (0..job.shelves.len()).collect();
    let mut free: Vec<usize> = (job.shelves.len()..floor.places.len()).collect();
    let mut vehicles = floor.vehicles.clone();
    let mut next = vec![0_usize; plan.stations.len()];
    let mut done = Vec::new();
    // Visits of a shelf still to come are what returning it nearby is worth.
    let mut coming = vec![0_usize; job.shelves.len()];
    plan.stations.iter().flatten().for_each(|v| coming[v.shelf] += 1);
    loop {
        let round = round(plan, &mut next, vehicles.len());
        if round.is_empty() {
            return done;
        }
        let cost = |&(station, visit): &(usize, usize), v: Point| {
            Some(way(v, floor.places[at[plan.stations[station][visit].shelf]]))
        };
        let costs: Vec<Vec<Option<i64>>> =
            round.iter().map(|job| vehicles.iter().map(|&v| cost(job, v)).collect()).collect();
        let chosen = assign(&costs).row_to_col;
        for &(station, visit) in &round {
            let shelf = plan.stations[station][visit].shelf;
            free.push(at[shelf]);
            coming[shelf] -= 1;
        }
        for (row, &(station, visit)) in round.iter().enumerate() {
            let Some(vehicle) = chosen[row] else { continue };
            let shelf = plan.stations[station][visit].shelf;
            let from = at[shelf];
            let to = place(floor, &free, station, from, coming[shelf], back);
            free.retain(|&p| p != to);
            at[shelf] = to;
            let (here, stop) = (floor.places[from], floor.stations[station]);
            let length = way(vehicles[vehicle], here) + way(here, stop) + way(stop, floor.places[to]);
            vehicles[vehicle] = floor.places[to];
            done.push(Errand { vehicle, station, visit, shelf, places: (from, to), way: length });
        }
    }
}

/// The next visits, station by station in turn, no shelf twice.
fn round(plan: &Plan, next: &mut [usize], most: usize) -> Vec<(usize, usize)> {
    let mut round: Vec<(usize, usize)> = Vec::new();
    let mut shelves = std::collections::BTreeSet::new();
    let mut blocked = vec![false; next.len()];
    while round.len() < most {
        let before = round.len();
        for station in 0..next.len() {
            let Some(visit) = plan.stations[station].get(next[station]) else { continue };
            // A shelf another station has now is waited for: the sequence stays.
            if blocked[station] || round.len() == most {
                continue;
            }
            if !shelves.insert(visit.shelf) {
                blocked[station] = true;
                continue;
            }
            round.push((station, next[station]));
            next[station] += 1;
        }
        if round.len() == before {
            break;
        }
    }
    round
}

/// Where a shelf goes from a station.
fn place(floor: &Floor, free: &[usize], station: usize, from: usize, coming: usize, back: Return) -> usize {
    if back == Return::Home {
        return from;
    }
    let stop = floor.stations[station];
    let near = free.iter().copied().min_by_key(|&p| (way(stop, floor.places[p]), p));
    // A shelf that is not needed again leaves the near places to those that are.
    let far = || {
        let beyond = |&p: &usize| way(stop, floor.places[p]) >= way(stop, floor.places[from]);
        free.iter().copied().filter(beyond).min_by_key(|&p| (way(stop, floor.places[p]), p))
    };
    if coming > 0 { near.unwrap_or(from) } else { far().unwrap_or(from) }
}
