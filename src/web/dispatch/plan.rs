//! The plan that every part of the dispatch page shows: loads with their letters,
//! riders where they are, parcels on no route. Read once for a request. Deliberately
//! absent: drawing it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, Mutex},
};

use super::map::lane;
use crate::{
    identity::{Permission, Sites},
    kernel::{AddressId, Coord, LoadId, UserId},
    parties,
    problem::Problem,
    riders::{self, Rider},
    store::Sql,
    transport::{self, Board, LoadView, RouteStop, StopState},
    web::desk::{book::Book, seat::Seat},
};

/// Letters of loads under way: a load keeps its own from its plan to its last stop,
/// so that nothing changes its colour under the hand.
static LETTERS: LazyLock<Mutex<BTreeMap<LoadId, usize>>> = LazyLock::new(Mutex::default);

/// Gives each of `loads` the lowest letter that is free; the others lose theirs.
fn letters(known: &mut BTreeMap<LoadId, usize>, loads: &[LoadId]) {
    known.retain(|load, _| loads.contains(load));
    for load in loads {
        if !known.contains_key(load) {
            let free = (0..).find(|letter| !known.values().any(|taken| taken == letter)).unwrap_or(0);
            known.insert(*load, free);
        }
    }
}

/// The last mile at the sites of one person.
pub struct Plan<'s> {
    /// Who looks.
    pub seat: &'s Seat,
    /// Where the person may act.
    pub sites: Sites,
    /// Parcels on no route, loads, vans.
    pub board: Board,
    /// Everybody on shift.
    pub riders: Vec<Rider>,
    /// Names looked up so far.
    pub book: Book<'s>,
    letters: BTreeMap<LoadId, usize>,
    streets: HashMap<AddressId, String>,
}

impl<'s> Plan<'s> {
    /// Reads it.
    pub async fn read(sql: &mut Sql, seat: &'s Seat) -> Result<Self, Problem> {
        seat.caller.permit(Permission::DispatchAct, None)?;
        let sites = seat.caller.sites(Permission::DispatchAct);
        let all: Vec<LoadId> = transport::loads_out(sql).await?.iter().map(|load| load.id).collect();
        let letters = {
            let mut known = LETTERS.lock().expect("no panic holds the letters");
            letters(&mut known, &all);
            known.clone()
        };
        let board = transport::board(sql, |site| sites.holds(site)).await?;
        let mut riders = riders::on_shift_now(sql).await?;
        riders.retain(|rider| sites.holds(rider.site));
        Ok(Self { seat, sites, board, riders, book: Book::new(seat), letters, streets: HashMap::new() })
    }

    /// Letter and colour of a load.
    pub fn lane(&self, load: LoadId) -> (String, u8) {
        self.letters.get(&load).map(|index| lane(*index)).unwrap_or_default()
    }

    /// A load that is under way at the person's sites.
    pub fn load(&self, id: LoadId) -> Option<&LoadView> {
        self.board.loads.iter().find(|view| view.load.id == id)
    }

    /// Where somebody on shift is.
    pub fn rider(&self, id: UserId) -> Option<&Rider> {
        self.riders.iter().find(|rider| rider.id == id)
    }

    /// The code of a van.
    pub fn van(&self, view: &LoadView) -> Option<&str> {
        let van = self.board.vehicles.iter().find(|van| Some(van.id) == view.load.vehicle)?;
        Some(van.code.as_str())
    }

    /// Who drives a load, or that nobody does yet.
    pub async fn driver(&mut self, sql: &mut Sql, driver: Option<UserId>) -> Result<String, Problem> {
        match driver {
            Some(driver) => self.book.person(sql, &driver.to_string()).await,
            None => Ok(self.seat.t.get("disp.no_driver").to_owned()),
        }
    }

    /// The street of a door, without what would tell the flat; the name of a
    /// pick-up point.
    pub async fn street(&mut self, sql: &mut Sql, address: Option<AddressId>) -> Result<String, Problem> {
        let Some(id) = address else { return Ok(String::new()) };
        if let Some(known) = self.streets.get(&id) {
            return Ok(known.clone());
        }
        let street = parties::address(sql, id).await?.map(|one| one.street).unwrap_or_default();
        self.streets.insert(id, street.clone());
        Ok(street)
    }

    /// What a stop is called.
    pub async fn place(&mut self, sql: &mut Sql, stop: &RouteStop) -> Result<String, Problem> {
        match stop.site {
            Some(site) => Ok(self.seat.site_name(Some(site))),
            None => self.street(sql, stop.address).await,
        }
    }
}

/// The way of a load, split where its driver is: driven, and to come.
pub fn split(stops: &[RouteStop], here: Option<Coord>) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
    let (mut driven, mut ahead) = (Vec::new(), Vec::new());
    let current = stops.iter().position(|stop| stop.state.is_open());
    for (at, stop) in stops.iter().enumerate().filter(|(_, stop)| stop.state != StopState::Cancelled) {
        match (current, here) {
            (Some(current), _) if at > current => ahead.extend(&stop.polyline),
            (Some(current), Some(here)) if at == current => {
                let near = nearest(&stop.polyline, here);
                driven.extend(stop.polyline.iter().take(near));
                driven.push([here.lat, here.lon]);
                ahead.push([here.lat, here.lon]);
                ahead.extend(stop.polyline.iter().skip(near));
            }
            (Some(current), None) if at == current => ahead.extend(&stop.polyline),
            _ => driven.extend(&stop.polyline),
        }
    }
    (driven, ahead)
}

/// Index of the point after the one nearest to `here`.
fn nearest(way: &[[f64; 2]], here: Coord) -> usize {
    let far = |point: &[f64; 2]| here.metres_to(Coord { lat: point[0], lon: point[1] });
    let near = way.iter().enumerate().min_by(|(_, a), (_, b)| far(a).total_cmp(&far(b)));
    near.map_or(0, |(at, _)| at + 1)
}

/// Degrees clockwise from north, from one place to another; `None` if they are the same.
pub fn heading(from: Coord, to: Coord) -> Option<f64> {
    let (north, east) = (to.lat - from.lat, (to.lon - from.lon) * from.lat.to_radians().cos());
    let moves = north.hypot(east) > 1e-6;
    moves.then(|| (east.atan2(north).to_degrees() + 360.0) % 360.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn a_load_keeps_its_letter_and_a_free_one_is_given_again() {
        let load = |n: u64| LoadId::new(Ulid::from_parts(n, 0));
        let mut known = BTreeMap::new();
        letters(&mut known, &[load(1), load(2), load(3)]);
        letters(&mut known, &[load(2), load(3), load(4)]);
        assert_eq!([load(2), load(3), load(4)].map(|load| known[&load]), [1, 2, 0]);
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn headings_are_those_of_a_compass() {
        let at = |lat, lon| Coord { lat, lon };
        let north = heading(at(0.0, 0.0), at(1.0, 0.0)).unwrap();
        let east = heading(at(0.0, 0.0), at(0.0, 1.0)).unwrap();
        let west = heading(at(0.0, 0.0), at(0.0, -1.0)).unwrap();
        assert_eq!([north.round(), east.round(), west.round()], [0.0, 90.0, 270.0]);
        assert!(heading(at(1.0, 1.0), at(1.0, 1.0)).is_none());
        assert_eq!(nearest(&[[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]], at(0.1, 1.1)), 2);
    }
}
