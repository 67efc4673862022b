//! A small city for tests of the last mile: one warehouse, one pick-up point,
//! parcels. Deliberately absent: anything outside of tests.

use crate::{
    catalog::Names,
    event::Event,
    kernel::*,
    network::{Hours, NewSite, SiteKind, define_site},
    orders::{self, DeliveryMode, NewLine, NewOrder, Order, ShortPolicy},
    packing::{self, Carton, CartonLine, CartonState},
    stock::{self, Account, Condition, Goods, Holder, Movement},
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

/// An order of two units that are picked, packed and in a closed carton of `site`,
/// all by the rooms' own verbs but for the packing itself.
async fn packed(tx: &mut Tx, site: SiteId, number: i64, coord: Coord) -> Result<(Order, Carton), Stop> {
    let (sku, bin, due) = (tx.id(), tx.id(), tx.now().plus_ms(3 * 3_600_000));
    let goods = Goods::plain(sku);
    stock::opening(tx, &goods, 2, Account::bin(site, bin)).await?;
    let order = orders::open(tx, &new_order(tx, sku, coord, due)).await?;
    let line = orders::lines(tx.sql(), order.id).await?[0].id;
    let fulfilment = orders::add_part(tx, &order, site, due, &[(line, sku, 2)]).await?;
    let part = orders::fulfilment(tx.sql(), fulfilment).await?.expect("just opened");
    let wave = tx.id();
    orders::release(tx, &part, wave).await?;
    let hold = orders::fulfilment_lines(tx.sql(), fulfilment).await?[0].hold;
    let unit = tx.id();
    let (from, to, becomes) = (Account::bin(site, bin), Account::bound(site, unit), Condition::Sellable);
    let picked = Movement { goods, quantity: 2, from, to, becomes, reason: "picked", reference: String::new() };
    stock::pick(tx, hold, &picked).await?;
    orders::picked(tx, fulfilment, line, hold, 2).await?;
    let carton = Carton {
        parcel: tx.id(),
        unit,
        fulfilment,
        site,
        seq: 1,
        size: "M".to_owned(),
        temperature: "ambient".to_owned(),
        tare_g: 180,
        volume_ml: 9_000,
        sscc: Some(label(number)),
        state: CartonState::Closed,
        expected_g: 2_000,
        measured_g: Some(2_000),
        load: None,
        print: None,
    };
    let inside = CartonLine { parcel: carton.parcel, line, sku, planned: 2, packed: 2 };
    packing::testkit::closed(tx, &carton, &[inside]).await?;
    orders::packed(tx, fulfilment, &[(line, 2)], true).await?;
    Ok((order, carton))
}

fn new_order(tx: &Tx, sku: SkuId, coord: Coord, due: Time) -> NewOrder {
    NewOrder {
        channel: "shop".to_owned(),
        external_id: None,
        contact: tx.id(),
        address: tx.id(),
        coord,
        mode: DeliveryMode::Home,
        service: "same_day".to_owned(),
        pickup_site: None,
        window: (tx.now(), due),
        promised_by: due,
        short_policy: ShortPolicy::Wait,
        note: String::new(),
        currency: "CNY".to_owned(),
        shipping_minor: 600,
        shopper: None,
        lines: vec![NewLine { external_line_id: None, sku, quantity: 2, unit_price_minor: 500 }],
    }
}

/// A parcel for a door, with its goods packed in an order of its own; `number`
/// makes its label and its code.
pub async fn new_parcel(db: &Db, site: SiteId, number: i64, coord: Coord) -> NewParcel {
    let (order, carton) = act(db, async |tx| packed(tx, site, number, coord).await).await.unwrap();
    NewParcel {
        id: carton.parcel,
        order: order.id,
        fulfilment: carton.fulfilment,
        site,
        sscc: label(number),
        weight_g: 2_000,
        volume_ml: 9_000,
        temperature: Temperature::Ambient,
        address: None,
        coord,
        window: None,
        due: order.promised_by,
        service: order.service,
        mode: Mode::Home,
        pickup: None,
        needs: Needs::Pin,
        pin: Some(format!("{:04}", 1000 + number)),
        cash_minor: 0,
    }
}

/// How many units an account outside of all sites holds.
pub async fn units_with(db: &Db, holder: Holder) -> i64 {
    let mut read = db.read().await.unwrap();
    let held = stock::contents(read.sql(), holder).await.unwrap();
    held.iter().map(|balance| balance.quantity).sum()
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
