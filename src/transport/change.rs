//! A new place or window for a parcel after it was packed: the same route, a new
//! route, an intercept, or a clear refusal. Deliberately absent: whether the
//! shopper may still ask; that is the order's.

use serde::Serialize;

use super::{
    Refusal,
    load::settle,
    model::*,
    plan, points, rows,
    travel::crow,
    withdraw::{hold_parcel, refuse_at_the_door},
};
use crate::{
    event::Chore,
    kernel::*,
    store::{Sql, Tx},
    words,
};

/// A detour up to this keeps a parcel on its route.
pub const MOST_DETOUR_M: i64 = 3_000;

/// Where, and when, it shall go now.
#[derive(Debug, Clone)]
pub struct NewPlace {
    /// The new address revision, for a door.
    pub address: Option<AddressId>,
    /// The door or the pick-up point.
    pub coord: Coord,
    /// The new window.
    pub window: Option<(Time, Time)>,
    /// Promised by.
    pub due: Time,
    /// The pick-up point, if it goes to one.
    pub pickup: Option<SiteId>,
}

words! {
    /// What a change of place comes to.
    Change {
        /// It goes on, or will be planned, with no further step.
        SameRoute = "same_route",
        /// It is taken off its route and planned anew.
        NewRoute = "new_route",
        /// It is called back, and goes out again from its site.
        Intercept = "intercept",
    }
}

/// What the change would come to, without making it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// The way it would be made.
    pub change: Change,
    /// Extra way, as far as it can be told.
    pub detour_m: i64,
}

/// Quotes a change of place.
///
/// # Errors
/// [`Refusal::ParcelState`] when nothing can be changed any more.
pub async fn quote_change(sql: &mut Sql, id: ParcelId, place: &NewPlace) -> Result<Quote, Stop> {
    let parcel = rows::parcel_by_id(sql, id).await?.ok_or(Refusal::NoParcel)?;
    let stops = match parcel.load {
        Some(load) => rows::stops_of(sql, load).await?,
        None => Vec::new(),
    };
    Ok(quote(&parcel, &stops, place)?)
}

fn quote(parcel: &Parcel, stops: &[RouteStop], place: &NewPlace) -> Result<Quote, Refusal> {
    use ParcelState as S;
    // What goes into a pick-up point, or comes from one, keeps no stop of its own.
    let moved_kind = place.pickup.is_some() || parcel.mode == Mode::PickupPoint;
    let detour_m = detour(parcel, stops, place.coord);
    let near = !moved_kind && detour_m <= MOST_DETOUR_M;
    let change = match parcel.state {
        S::Staged | S::Failed | S::Recalled => Change::SameRoute,
        S::Planned | S::Loaded if near => Change::SameRoute,
        S::Planned | S::Loaded => Change::NewRoute,
        S::Out if near => Change::SameRoute,
        S::Out => Change::Intercept,
        S::Waiting | S::Delivered | S::Returning | S::Returned | S::Cancelled => {
            return Err(Refusal::ParcelState { state: parcel.state });
        }
    };
    Ok(Quote { change, detour_m })
}

/// The extra way of the cheapest place in the rest of the route, less what the
/// old stop cost, by the crow: a first answer; the roads give the second.
fn detour(parcel: &Parcel, stops: &[RouteStop], to: Coord) -> i64 {
    let way = |a: Coord, b: Coord| crow(a, b).0;
    let rest: Vec<Coord> =
        stops.iter().filter(|s| s.state.is_open() && Some(s.id) != parcel.stop).map(|s| s.coord).collect();
    let Some(last) = rest.last() else { return way(parcel.coord, to) };
    let between = rest.windows(2).map(|pair| way(pair[0], to) + way(to, pair[1]) - way(pair[0], pair[1]));
    between.chain([way(*last, to)]).min().unwrap_or(0).max(0)
}

/// Changes where a parcel goes.
///
/// # Errors
/// [`Refusal::ParcelState`], [`Refusal::AtTheDoor`]; the network's when the
/// pick-up point is full.
pub async fn change_destination(tx: &mut Tx, id: ParcelId, place: &NewPlace) -> Result<Change, Stop> {
    let (load, mut parcel) = hold_parcel(tx, id).await?;
    let stops = match &load {
        Some(load) => rows::stops_of(tx.sql(), load.id).await?,
        None => Vec::new(),
    };
    let change = quote(&parcel, &stops, place)?.change;
    refuse_at_the_door(tx, &parcel).await?;
    move_place(tx, &mut parcel, place).await?;
    let now = tx.now();
    match (change, parcel.state) {
        (Change::SameRoute, ParcelState::Planned | ParcelState::Loaded | ParcelState::Out) => {
            move_stop(tx, &mut parcel, &stops, place).await?;
        }
        (Change::SameRoute, _) => {
            parcel.hindrance = None;
            if parcel.onward == Some(Onward::Hold) {
                parcel.onward = Some(Onward::Retry);
            }
        }
        (Change::NewRoute, ParcelState::Planned) => parcel.restage(now)?,
        (Change::NewRoute | Change::Intercept, _) => {
            parcel.step(ParcelState::Recalled)?;
            parcel.onward = Some(Onward::Retry);
        }
    }
    rows::save_parcel(tx.sql(), &parcel).await?;
    if parcel.state == ParcelState::Staged {
        tx.later(Chore::PlanLoads, parcel.site, now).await?;
    }
    if let Some(mut load) = load {
        let home = load.state.is_before_departure();
        settle(tx, &mut load, home).await?;
        tx.later(Chore::Reroute, load.id, now).await?;
    }
    Ok(change)
}

async fn move_place(tx: &mut Tx, parcel: &mut Parcel, place: &NewPlace) -> Result<(), Stop> {
    if parcel.pickup != place.pickup {
        points::let_go(tx, parcel).await?;
        if let Some(point) = place.pickup {
            points::reserve(tx, point).await?;
            parcel.compartment = true;
        }
    }
    parcel.mode = if place.pickup.is_some() { Mode::PickupPoint } else { Mode::Home };
    (parcel.pickup, parcel.address, parcel.coord) = (place.pickup, place.address, place.coord);
    (parcel.window_from, parcel.window_to) = (place.window.map(|w| w.0), place.window.map(|w| w.1));
    parcel.due = place.due;
    Ok(())
}

/// Moves the parcel's stop. If others are for the old place, it gets its own.
async fn move_stop(tx: &mut Tx, parcel: &mut Parcel, stops: &[RouteStop], place: &NewPlace) -> Result<(), Stop> {
    let old = stops.iter().find(|stop| Some(stop.id) == parcel.stop).ok_or(Refusal::NoStop)?;
    let others = rows::parcels_of_load(tx.sql(), old.load).await?;
    let shared = others.iter().any(|other| other.id != parcel.id && other.stop == Some(old.id) && other.is_on_route());
    let (leg_m, leg_ms) = crow(old.coord, place.coord);
    let mut stop = old.clone();
    (stop.coord, stop.address) = (place.coord, place.address);
    (stop.window_from, stop.window_to) = (parcel.window_from, parcel.window_to);
    stop.leg_m = old.leg_m + leg_m;
    stop.leg_ms = old.leg_ms + leg_ms;
    stop.eta = old.eta.plus_ms(leg_ms);
    stop.polyline.push([place.coord.lat, place.coord.lon]);
    if shared {
        stop.id = tx.id();
        stop.service_ms = plan::DOOR_SERVICE_MS;
        rows::insert_stop(tx.sql(), &stop).await?;
        parcel.stop = Some(stop.id);
    } else {
        rows::save_stop(tx.sql(), &stop).await?;
    }
    Ok(())
}
