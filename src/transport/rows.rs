//! The SQL of parcels, vehicles, loads and stops. Deliberately absent: any
//! decision; who calls has taken it. `lock_*` raises a row's version first, which
//! holds it against other writers until the transaction ends, on both engines.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

macro_rules! parcels {
    ($tail:literal) => {
        concat!(
            "SELECT id, order_id, fulfilment, site, sscc, weight_g, volume_ml, temperature, address, lat, lon, \
             window_from, window_to, due, service, mode, pickup, compartment, needs, pin_salt, pin_hash, cash_minor, \
             state, load_id, stop_id, aboard, failures, onward, hindrance, van_only, waits_until, version, staged_at \
             FROM parcels ",
            $tail
        )
    };
}
macro_rules! loads {
    ($tail:literal) => {
        concat!(
            "SELECT id, site, carried_by, state, vehicle, driver, weight_g, volume_ml, cold, distance_m, duration_ms, \
             back_ms, search_until, planned_at, departed_at, finished_at, version, decision FROM loads ",
            $tail
        )
    };
}
macro_rules! stops {
    ($tail:literal) => {
        concat!(
            "SELECT id, load_id, seq, kind, lat, lon, address, site, window_from, window_to, eta, service_ms, state, \
             arrived_at, done_at, pin_tries, leg_m, leg_ms, polyline FROM stops ",
            $tail
        )
    };
}
macro_rules! vehicles {
    ($tail:literal) => {
        concat!(
            "SELECT id, code, site, max_weight_g, max_volume_ml, max_stops, cold, fixed_cost_minor, \
             cost_per_km_minor, active, driver, load_id, free_at FROM vehicles ",
            $tail
        )
    };
}

fn parcel(row: &AnyRow) -> Result<Parcel, Fault> {
    Ok(Parcel {
        id: row.id("id")?,
        order: row.id("order_id")?,
        fulfilment: row.id("fulfilment")?,
        site: row.id("site")?,
        sscc: row.text("sscc")?,
        weight_g: row.int("weight_g")?,
        volume_ml: row.int("volume_ml")?,
        temperature: row.word("temperature")?,
        address: row.opt_word("address")?,
        coord: row.coord()?,
        window_from: row.opt_time("window_from")?,
        window_to: row.opt_time("window_to")?,
        due: row.time("due")?,
        service: row.text("service")?,
        mode: row.word("mode")?,
        pickup: row.opt_word("pickup")?,
        compartment: row.flag("compartment")?,
        needs: row.word("needs")?,
        pin: row.opt_text("pin_salt")?.zip(row.opt_text("pin_hash")?),
        cash_minor: row.int("cash_minor")?,
        state: row.word("state")?,
        load: row.opt_word("load_id")?,
        stop: row.opt_word("stop_id")?,
        aboard: row.flag("aboard")?,
        failures: row.int("failures")?,
        onward: row.opt_word("onward")?,
        hindrance: row.opt_text("hindrance")?,
        van_only: row.flag("van_only")?,
        waits_until: row.opt_time("waits_until")?,
        version: row.int("version")?,
        staged_at: row.time("staged_at")?,
    })
}

fn load(row: &AnyRow) -> Result<Load, Fault> {
    Ok(Load {
        id: row.id("id")?,
        site: row.id("site")?,
        by: row.word("carried_by")?,
        state: row.word("state")?,
        vehicle: row.opt_word("vehicle")?,
        driver: row.opt_word("driver")?,
        weight_g: row.int("weight_g")?,
        volume_ml: row.int("volume_ml")?,
        cold: row.flag("cold")?,
        distance_m: row.int("distance_m")?,
        duration_ms: row.int("duration_ms")?,
        back_ms: row.int("back_ms")?,
        search_until: row.opt_time("search_until")?,
        planned_at: row.time("planned_at")?,
        departed_at: row.opt_time("departed_at")?,
        finished_at: row.opt_time("finished_at")?,
        version: row.int("version")?,
        decision: row.opt_word("decision")?,
    })
}

fn stop(row: &AnyRow) -> Result<RouteStop, Fault> {
    Ok(RouteStop {
        id: row.id("id")?,
        load: row.id("load_id")?,
        seq: row.int("seq")?,
        kind: row.word("kind")?,
        coord: row.coord()?,
        address: row.opt_word("address")?,
        site: row.opt_word("site")?,
        window_from: row.opt_time("window_from")?,
        window_to: row.opt_time("window_to")?,
        eta: row.time("eta")?,
        service_ms: row.int("service_ms")?,
        state: row.word("state")?,
        arrived_at: row.opt_time("arrived_at")?,
        done_at: row.opt_time("done_at")?,
        pin_tries: row.int("pin_tries")?,
        leg_m: row.int("leg_m")?,
        leg_ms: row.int("leg_ms")?,
        polyline: row.json("polyline")?,
    })
}

fn vehicle(row: &AnyRow) -> Result<Vehicle, Fault> {
    Ok(Vehicle {
        id: row.id("id")?,
        code: row.text("code")?,
        site: row.id("site")?,
        max_weight_g: row.int("max_weight_g")?,
        max_volume_ml: row.int("max_volume_ml")?,
        max_stops: row.int("max_stops")?,
        cold: row.flag("cold")?,
        fixed_cost_minor: row.int("fixed_cost_minor")?,
        cost_per_km_minor: row.int("cost_per_km_minor")?,
        active: row.flag("active")?,
        driver: row.opt_word("driver")?,
        load: row.opt_word("load_id")?,
        free_at: row.time("free_at")?,
    })
}

fn ms(time: Option<Time>) -> Option<i64> {
    time.map(Time::ms)
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

// parcels ------------------------------------------------------------------

/// Writes a new parcel; false if one with this id stands there already.
pub(super) async fn insert_parcel(sql: &mut Sql, p: &Parcel) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO parcels (id, order_id, fulfilment, site, sscc, weight_g, volume_ml, temperature, address, lat, \
         lon, window_from, window_to, due, service, mode, pickup, compartment, needs, pin_salt, pin_hash, cash_minor, \
         state, aboard, failures, van_only, version, staged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
         $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 0, 0, 0, 1, $24) ON CONFLICT (id) DO NOTHING",
    )
    .bind(p.id.to_string())
    .bind(p.order.to_string())
    .bind(p.fulfilment.to_string())
    .bind(p.site.to_string())
    .bind(&p.sscc)
    .bind(p.weight_g)
    .bind(p.volume_ml)
    .bind(p.temperature.as_str())
    .bind(text(p.address))
    .bind(p.coord.lat)
    .bind(p.coord.lon)
    .bind(ms(p.window_from))
    .bind(ms(p.window_to))
    .bind(p.due.ms())
    .bind(&p.service)
    .bind(p.mode.as_str())
    .bind(text(p.pickup))
    .bind(i64::from(p.compartment))
    .bind(p.needs.as_str())
    .bind(p.pin.as_ref().map(|pin| pin.0.clone()))
    .bind(p.pin.as_ref().map(|pin| pin.1.clone()))
    .bind(p.cash_minor)
    .bind(p.state.as_str())
    .bind(p.staged_at.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Holds a parcel against other writers and reads it.
pub(super) async fn lock_parcel(sql: &mut Sql, id: ParcelId) -> Result<Option<Parcel>, Fault> {
    let hold = sqlx::query("UPDATE parcels SET version = version + 1 WHERE id = $1");
    hold.bind(id.to_string()).execute(&mut *sql).await?;
    parcel_by_id(sql, id).await
}

/// One parcel.
pub async fn parcel_by_id(sql: &mut Sql, id: ParcelId) -> Result<Option<Parcel>, Fault> {
    let row = sqlx::query(parcels!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(parcel).transpose()
}

/// The parcel under a label.
pub async fn parcel_by_sscc(sql: &mut Sql, sscc: &str) -> Result<Option<Parcel>, Fault> {
    let row = sqlx::query(parcels!("WHERE sscc = $1")).bind(sscc).fetch_optional(sql).await?;
    row.as_ref().map(parcel).transpose()
}

/// The parcels of an order, oldest first.
pub async fn parcels_of_order(sql: &mut Sql, order: OrderId) -> Result<Vec<Parcel>, Fault> {
    let rows = sqlx::query(parcels!("WHERE order_id = $1 ORDER BY id")).bind(order.to_string()).fetch_all(sql).await?;
    rows.iter().map(parcel).collect()
}

/// The parcels of a load, whatever became of them.
pub async fn parcels_of_load(sql: &mut Sql, load: LoadId) -> Result<Vec<Parcel>, Fault> {
    let rows = sqlx::query(parcels!("WHERE load_id = $1 ORDER BY id")).bind(load.to_string()).fetch_all(sql).await?;
    rows.iter().map(parcel).collect()
}

/// The parcels of a site in a state, the most urgent first.
pub async fn parcels_in(sql: &mut Sql, site: SiteId, state: ParcelState, limit: i64) -> Result<Vec<Parcel>, Fault> {
    let rows = sqlx::query(parcels!("WHERE site = $1 AND state = $2 ORDER BY due, id LIMIT $3"))
        .bind(site.to_string())
        .bind(state.as_str())
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(parcel).collect()
}

/// Every staged parcel, the most urgent first.
pub async fn staged(sql: &mut Sql, limit: i64) -> Result<Vec<Parcel>, Fault> {
    let query = sqlx::query(parcels!("WHERE state = 'staged' ORDER BY due, id LIMIT $1"));
    query.bind(limit).fetch_all(sql).await?.iter().map(parcel).collect()
}

/// The parcels that wait at a pick-up point.
pub async fn parcels_at_point(sql: &mut Sql, site: SiteId) -> Result<Vec<Parcel>, Fault> {
    let rows = sqlx::query(parcels!("WHERE pickup = $1 AND state = 'waiting' ORDER BY id"))
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(parcel).collect()
}

/// Writes what may change of a parcel that the transaction holds.
pub(super) async fn save_parcel(sql: &mut Sql, p: &Parcel) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE parcels SET address = $2, lat = $3, lon = $4, window_from = $5, window_to = $6, due = $7, mode = $8, \
         pickup = $9, compartment = $10, needs = $11, state = $12, load_id = $13, stop_id = $14, aboard = $15, \
         failures = $16, onward = $17, hindrance = $18, van_only = $19, waits_until = $20, staged_at = $21, \
         version = version + 1 WHERE id = $1",
    )
    .bind(p.id.to_string())
    .bind(text(p.address))
    .bind(p.coord.lat)
    .bind(p.coord.lon)
    .bind(ms(p.window_from))
    .bind(ms(p.window_to))
    .bind(p.due.ms())
    .bind(p.mode.as_str())
    .bind(text(p.pickup))
    .bind(i64::from(p.compartment))
    .bind(p.needs.as_str())
    .bind(p.state.as_str())
    .bind(text(p.load))
    .bind(text(p.stop))
    .bind(i64::from(p.aboard))
    .bind(p.failures)
    .bind(text(p.onward))
    .bind(p.hindrance.clone())
    .bind(i64::from(p.van_only))
    .bind(ms(p.waits_until))
    .bind(p.staged_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// Puts a parcel on a route if it is still as the planner read it.
pub(super) async fn take_parcel(sql: &mut Sql, seen: &Parcel, load: LoadId, stop: StopId) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE parcels SET state = 'planned', load_id = $3, stop_id = $4, hindrance = NULL, version = version + 1 \
         WHERE id = $1 AND version = $2 AND state = 'staged'",
    )
    .bind(seen.id.to_string())
    .bind(seen.version)
    .bind(load.to_string())
    .bind(stop.to_string())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Has a parcel fetched from its pick-up point if it still waits for that.
pub(super) async fn fetch_parcel(sql: &mut Sql, seen: &Parcel, load: LoadId, stop: StopId) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE parcels SET load_id = $3, stop_id = $4, version = version + 1 \
         WHERE id = $1 AND version = $2 AND state = 'returning' AND load_id IS NULL",
    )
    .bind(seen.id.to_string())
    .bind(seen.version)
    .bind(load.to_string())
    .bind(stop.to_string())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes why a staged parcel cannot be planned; true if that is news.
pub(super) async fn note_hindrance(sql: &mut Sql, seen: &Parcel, reason: &str) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE parcels SET hindrance = $3 WHERE id = $1 AND version = $2 AND state = 'staged' \
         AND (hindrance IS NULL OR hindrance <> $3)",
    )
    .bind(seen.id.to_string())
    .bind(seen.version)
    .bind(reason)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

// vehicles -----------------------------------------------------------------

/// Defines a van or changes it, by its code.
pub(super) async fn upsert_vehicle(sql: &mut Sql, id: VehicleId, site: SiteId, v: &NewVehicle) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO vehicles (id, code, site, max_weight_g, max_volume_ml, max_stops, cold, fixed_cost_minor, \
         cost_per_km_minor, active, free_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 0) \
         ON CONFLICT (code) DO UPDATE SET site = excluded.site, max_weight_g = excluded.max_weight_g, \
         max_volume_ml = excluded.max_volume_ml, max_stops = excluded.max_stops, cold = excluded.cold, \
         fixed_cost_minor = excluded.fixed_cost_minor, cost_per_km_minor = excluded.cost_per_km_minor, active = 1",
    )
    .bind(id.to_string())
    .bind(&v.code)
    .bind(site.to_string())
    .bind(v.max_weight_g)
    .bind(v.max_volume_ml)
    .bind(v.max_stops)
    .bind(i64::from(v.cold))
    .bind(v.fixed_cost_minor)
    .bind(v.cost_per_km_minor)
    .execute(sql)
    .await?;
    Ok(())
}

/// The van with this number.
pub async fn vehicle_by_code(sql: &mut Sql, code: &str) -> Result<Option<Vehicle>, Fault> {
    let row = sqlx::query(vehicles!("WHERE code = $1")).bind(code).fetch_optional(sql).await?;
    row.as_ref().map(vehicle).transpose()
}

/// The van a person drives this shift.
pub async fn vehicle_of(sql: &mut Sql, driver: UserId) -> Result<Option<Vehicle>, Fault> {
    let row = sqlx::query(vehicles!("WHERE driver = $1")).bind(driver.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(vehicle).transpose()
}

/// Every van, or those of one site.
pub async fn vehicles(sql: &mut Sql, site: Option<SiteId>) -> Result<Vec<Vehicle>, Fault> {
    let rows = sqlx::query(vehicles!("WHERE $1 = '' OR site = $1 ORDER BY code"))
        .bind(text(site).unwrap_or_default())
        .fetch_all(sql)
        .await?;
    rows.iter().map(vehicle).collect()
}

/// Puts a person behind a free wheel; false if another sits there.
pub(super) async fn seat_driver(sql: &mut Sql, vehicle: VehicleId, driver: UserId) -> Result<bool, Fault> {
    let done =
        sqlx::query("UPDATE vehicles SET driver = $2 WHERE id = $1 AND active = 1 AND (driver IS NULL OR driver = $2)")
            .bind(vehicle.to_string())
            .bind(driver.to_string())
            .execute(sql)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a person from every wheel of an empty van.
pub(super) async fn unseat_driver(sql: &mut Sql, driver: UserId) -> Result<(), Fault> {
    let query = sqlx::query("UPDATE vehicles SET driver = NULL WHERE driver = $1 AND load_id IS NULL");
    query.bind(driver.to_string()).execute(sql).await?;
    Ok(())
}

/// Takes an empty van for a load; false if it carries another.
pub(super) async fn take_vehicle(sql: &mut Sql, vehicle: VehicleId, load: LoadId) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE vehicles SET load_id = $2 WHERE id = $1 AND load_id IS NULL AND active = 1")
        .bind(vehicle.to_string())
        .bind(load.to_string())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Empties the van of a load.
pub(super) async fn free_vehicle(sql: &mut Sql, load: LoadId, free_at: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE vehicles SET load_id = NULL, free_at = $2 WHERE load_id = $1")
        .bind(load.to_string())
        .bind(free_at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

// loads --------------------------------------------------------------------

/// Writes a new load.
pub(super) async fn insert_load(sql: &mut Sql, l: &Load) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO loads (id, site, carried_by, state, vehicle, driver, weight_g, volume_ml, cold, distance_m, \
         duration_ms, back_ms, search_until, planned_at, version, decision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15)",
    )
    .bind(l.id.to_string())
    .bind(l.site.to_string())
    .bind(l.by.as_str())
    .bind(l.state.as_str())
    .bind(text(l.vehicle))
    .bind(text(l.driver))
    .bind(l.weight_g)
    .bind(l.volume_ml)
    .bind(i64::from(l.cold))
    .bind(l.distance_m)
    .bind(l.duration_ms)
    .bind(l.back_ms)
    .bind(ms(l.search_until))
    .bind(l.planned_at.ms())
    .bind(text(l.decision))
    .execute(sql)
    .await?;
    Ok(())
}

/// Holds a load against other writers and reads it.
pub(super) async fn lock_load(sql: &mut Sql, id: LoadId) -> Result<Option<Load>, Fault> {
    let hold = sqlx::query("UPDATE loads SET version = version + 1 WHERE id = $1");
    hold.bind(id.to_string()).execute(&mut *sql).await?;
    load_by_id(sql, id).await
}

/// One load.
pub async fn load_by_id(sql: &mut Sql, id: LoadId) -> Result<Option<Load>, Fault> {
    let row = sqlx::query(loads!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(load).transpose()
}

/// Writes what may change of a load that the transaction holds.
pub(super) async fn save_load(sql: &mut Sql, l: &Load) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE loads SET state = $2, vehicle = $3, driver = $4, weight_g = $5, volume_ml = $6, cold = $7, \
         distance_m = $8, duration_ms = $9, back_ms = $10, search_until = $11, departed_at = $12, finished_at = $13, \
         decision = $14, version = version + 1 WHERE id = $1",
    )
    .bind(l.id.to_string())
    .bind(l.state.as_str())
    .bind(text(l.vehicle))
    .bind(text(l.driver))
    .bind(l.weight_g)
    .bind(l.volume_ml)
    .bind(i64::from(l.cold))
    .bind(l.distance_m)
    .bind(l.duration_ms)
    .bind(l.back_ms)
    .bind(ms(l.search_until))
    .bind(ms(l.departed_at))
    .bind(ms(l.finished_at))
    .bind(text(l.decision))
    .execute(sql)
    .await?;
    Ok(())
}

/// What a person has to drive, if anything.
pub async fn load_of_driver(sql: &mut Sql, driver: UserId) -> Result<Option<Load>, Fault> {
    let row = sqlx::query(loads!(
        "WHERE driver = $1 AND state IN ('assigned', 'loading', 'out') ORDER BY departed_at IS NULL, id LIMIT 1"
    ))
    .bind(driver.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(load).transpose()
}

/// Loads that await a rider at a site, oldest first.
pub async fn loads_without_rider(sql: &mut Sql, site: SiteId) -> Result<Vec<Load>, Fault> {
    let rows = sqlx::query(loads!("WHERE site = $1 AND state = 'planned' AND carried_by = 'rider' ORDER BY id"))
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(load).collect()
}

/// Loads under way, of every site.
pub async fn loads_out(sql: &mut Sql) -> Result<Vec<Load>, Fault> {
    let rows = sqlx::query(loads!("WHERE state IN ('planned', 'offered', 'assigned', 'loading', 'out') ORDER BY id"))
        .fetch_all(sql)
        .await?;
    rows.iter().map(load).collect()
}

/// Loads newest first; `site` and `state` narrow when given.
pub async fn list_loads(
    sql: &mut Sql,
    site: Option<SiteId>,
    state: Option<LoadState>,
    before: &str,
    limit: i64,
) -> Result<Vec<Load>, Fault> {
    let rows = sqlx::query(loads!(
        "WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4"
    ))
    .bind(text(site).unwrap_or_default())
    .bind(text(state).unwrap_or_default())
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(load).collect()
}

// stops --------------------------------------------------------------------

/// Writes a new stop.
pub(super) async fn insert_stop(sql: &mut Sql, s: &RouteStop) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO stops (id, load_id, seq, kind, lat, lon, address, site, window_from, window_to, eta, service_ms, \
         state, pin_tries, leg_m, leg_ms, polyline) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16)",
    )
    .bind(s.id.to_string())
    .bind(s.load.to_string())
    .bind(s.seq)
    .bind(s.kind.as_str())
    .bind(s.coord.lat)
    .bind(s.coord.lon)
    .bind(text(s.address))
    .bind(text(s.site))
    .bind(ms(s.window_from))
    .bind(ms(s.window_to))
    .bind(s.eta.ms())
    .bind(s.service_ms)
    .bind(s.state.as_str())
    .bind(s.leg_m)
    .bind(s.leg_ms)
    .bind(serde_json::to_string(&s.polyline)?)
    .execute(sql)
    .await?;
    Ok(())
}

/// Writes what may change of a stop whose load the transaction holds.
pub(super) async fn save_stop(sql: &mut Sql, s: &RouteStop) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE stops SET seq = $2, lat = $3, lon = $4, address = $5, window_from = $6, window_to = $7, eta = $8, \
         state = $9, arrived_at = $10, done_at = $11, leg_m = $12, leg_ms = $13, polyline = $14 WHERE id = $1",
    )
    .bind(s.id.to_string())
    .bind(s.seq)
    .bind(s.coord.lat)
    .bind(s.coord.lon)
    .bind(text(s.address))
    .bind(ms(s.window_from))
    .bind(ms(s.window_to))
    .bind(s.eta.ms())
    .bind(s.state.as_str())
    .bind(ms(s.arrived_at))
    .bind(ms(s.done_at))
    .bind(s.leg_m)
    .bind(s.leg_ms)
    .bind(serde_json::to_string(&s.polyline)?)
    .execute(sql)
    .await?;
    Ok(())
}

/// Spends one PIN try at a stop; false when `most` are spent.
pub(super) async fn spend_try(sql: &mut Sql, stop: StopId, most: i64) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE stops SET pin_tries = pin_tries + 1 WHERE id = $1 AND pin_tries < $2")
        .bind(stop.to_string())
        .bind(most)
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// One stop.
pub async fn stop_by_id(sql: &mut Sql, id: StopId) -> Result<Option<RouteStop>, Fault> {
    let row = sqlx::query(stops!("WHERE id = $1")).bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(stop).transpose()
}

/// The stops of a load in the order of the route.
pub async fn stops_of(sql: &mut Sql, load: LoadId) -> Result<Vec<RouteStop>, Fault> {
    let rows = sqlx::query(stops!("WHERE load_id = $1 ORDER BY seq, id")).bind(load.to_string()).fetch_all(sql).await?;
    rows.iter().map(stop).collect()
}
