//! A small city for tests of the last mile: one warehouse, one pick-up point,
//! parcels. Deliberately absent: anything outside of tests.

use crate::{
    catalog::Names,
    event::Event,
    kernel::*,
    network::{Hours, NewSite, SiteKind, define_site},
    store::{Actor, Db, Tx, log},
    transport::*,
};

/// Where the warehouse stands.
pub const DEPOT: Coord = Coord { lat: 31.20, lon: 121.40 };

/// A place so many metres east and north of the warehouse.
pub fn at(east_m: f64, north_m: f64) -> Coord {
    Coord { lat: DEPOT.lat + north_m / 111_195.0, lon: DEPOT.lon + east_m / 95_100.0 }
}

/// Runs a verb in a transaction of its own.
pub async fn act<T>(db: &Db, verb: impl AsyncFnOnce(&mut Tx) -> Result<T, Stop>) -> Result<T, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let value = verb(&mut tx).await?;
    tx.commit().await?;
    Ok(value)
}

/// A site.
pub async fn site(db: &Db, code: &str, kind: SiteKind, coord: Coord, compartments: i64) -> SiteId {
    let new = NewSite {
        code: code.to_owned(),
        name: Names { en: code.to_owned(), zh: code.to_owned() },
        kind,
        coord,
        street: "1 Mill Lane".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        hours: Hours::always(),
        lines_per_hour: if kind == SiteKind::PickupPoint { 0 } else { 100 },
        ship_cost_minor: 100,
        cost_per_km_minor: 100,
        service_radius_m: 0,
        area: Vec::new(),
        compartments,
        active: true,
    };
    act(db, async |tx| define_site(tx, &new).await).await.unwrap().id
}

/// The warehouse.
pub async fn depot(db: &Db) -> SiteId {
    site(db, "FW1", SiteKind::Forward, DEPOT, 0).await
}

/// A pick-up point a kilometre to the north.
pub async fn point(db: &Db, compartments: i64) -> SiteId {
    site(db, "PP1", SiteKind::PickupPoint, at(0.0, 1000.0), compartments).await
}

/// A valid label.
pub fn label(number: i64) -> String {
    barcode::sscc(0, "4012345", number)
}

/// A parcel for a door; `number` makes its label, each in an order of its own.
pub async fn new_parcel(db: &Db, site: SiteId, number: i64, coord: Coord) -> NewParcel {
    let tx = db.begin(Actor::house()).await.unwrap();
    NewParcel {
        id: tx.id(),
        order: tx.id(),
        fulfilment: tx.id(),
        site,
        sscc: label(number),
        weight_g: 2_000,
        volume_ml: 9_000,
        temperature: Temperature::Ambient,
        address: None,
        coord,
        window: None,
        due: db.clock.now().plus_ms(3 * 3_600_000),
        service: "same_day".to_owned(),
        mode: Mode::Home,
        pickup: None,
        needs: Needs::Pin,
        pin: Some(format!("{:04}", 1000 + number)),
        cash_minor: 0,
    }
}

/// Stages a parcel.
pub async fn stage(db: &Db, new: NewParcel) -> Parcel {
    act(db, async |tx| accept(tx, new).await).await.unwrap()
}

/// A van of the site with its driver.
pub async fn van(db: &Db, site: SiteId, code: &str) -> UserId {
    let new = NewVehicle {
        code: code.to_owned(),
        max_weight_g: 500_000,
        max_volume_ml: 4_000_000,
        max_stops: 40,
        cold: true,
        fixed_cost_minor: 0,
        cost_per_km_minor: 60,
    };
    act(db, async |tx| {
        define_vehicle(tx, site, &new).await?;
        let driver = tx.id();
        seat_driver(tx, driver, site, Some(code)).await?;
        Ok(driver)
    })
    .await
    .unwrap()
}

/// What a free rider could take.
pub fn rider_capacity() -> RiderCapacity {
    RiderCapacity {
        max_weight_g: 15_000,
        max_volume_ml: 80_000,
        max_stops: 4,
        cold: true,
        route_ms: 75 * 60_000,
        base_minor: 500,
        per_km_minor: 120,
    }
}

/// A parcel as it is now.
pub async fn parcel(db: &Db, id: ParcelId) -> Parcel {
    parcel_by_id(db.read().await.unwrap().sql(), id).await.unwrap().unwrap()
}

/// A load as it is now.
pub async fn load(db: &Db, id: LoadId) -> Load {
    load_by_id(db.read().await.unwrap().sql(), id).await.unwrap().unwrap()
}

/// The stops of a load.
pub async fn stops(db: &Db, id: LoadId) -> Vec<RouteStop> {
    stops_of(db.read().await.unwrap().sql(), id).await.unwrap()
}

/// Every fact so far.
pub async fn facts(db: &Db) -> Vec<Event> {
    while log::stamp(db, "test").await.unwrap() > 0 {}
    let mut read = db.read().await.unwrap();
    let facts = log::tail(read.sql(), 0, 10_000).await.unwrap();
    facts.iter().map(|fact| fact.event().unwrap()).collect()
}

/// How often a kind of fact was stated.
pub async fn count(db: &Db, kind: &str) -> usize {
    facts(db).await.iter().filter(|fact| fact.kind() == kind).count()
}

/// Scans every parcel of a load in and departs.
pub async fn send_off(db: &Db, id: LoadId) {
    act(db, async |tx| {
        for parcel in parcels_of_load(tx.sql(), id).await? {
            if parcel.state == ParcelState::Planned {
                scan_in(tx, id, &parcel.sscc, Acting::Dispatcher).await?;
            }
        }
        depart(tx, id, false, Acting::Dispatcher).await
    })
    .await
    .unwrap();
}
