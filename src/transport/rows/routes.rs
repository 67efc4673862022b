//! The SQL of vans, loads and stops. Deliberately absent: parcels; see `rows.rs`.

use sqlx::any::AnyRow;

use super::{ms, text};
use crate::{
    kernel::*,
    store::{Row, Sql},
    transport::model::*,
};

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

// vehicles -----------------------------------------------------------------

/// Defines a van or changes it, by its code.
pub(in crate::transport) async fn upsert_vehicle(
    sql: &mut Sql,
    id: VehicleId,
    site: SiteId,
    v: &NewVehicle,
) -> Result<(), Fault> {
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
pub(in crate::transport) async fn seat_driver(
    sql: &mut Sql,
    vehicle: VehicleId,
    driver: UserId,
) -> Result<bool, Fault> {
    let done =
        sqlx::query("UPDATE vehicles SET driver = $2 WHERE id = $1 AND active = 1 AND (driver IS NULL OR driver = $2)")
            .bind(vehicle.to_string())
            .bind(driver.to_string())
            .execute(sql)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a person from every wheel of an empty van.
pub(in crate::transport) async fn unseat_driver(sql: &mut Sql, driver: UserId) -> Result<(), Fault> {
    let query = sqlx::query("UPDATE vehicles SET driver = NULL WHERE driver = $1 AND load_id IS NULL");
    query.bind(driver.to_string()).execute(sql).await?;
    Ok(())
}

/// Takes an empty van for a load; false if it carries another.
pub(in crate::transport) async fn take_vehicle(sql: &mut Sql, vehicle: VehicleId, load: LoadId) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE vehicles SET load_id = $2 WHERE id = $1 AND load_id IS NULL AND active = 1")
        .bind(vehicle.to_string())
        .bind(load.to_string())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Empties the van of a load.
pub(in crate::transport) async fn free_vehicle(sql: &mut Sql, load: LoadId, free_at: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE vehicles SET load_id = NULL, free_at = $2 WHERE load_id = $1")
        .bind(load.to_string())
        .bind(free_at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

// loads --------------------------------------------------------------------

/// Writes a new load.
pub(in crate::transport) async fn insert_load(sql: &mut Sql, l: &Load) -> Result<(), Fault> {
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
pub(in crate::transport) async fn lock_load(sql: &mut Sql, id: LoadId) -> Result<Option<Load>, Fault> {
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
pub(in crate::transport) async fn save_load(sql: &mut Sql, l: &Load) -> Result<(), Fault> {
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
pub(in crate::transport) async fn insert_stop(sql: &mut Sql, s: &RouteStop) -> Result<(), Fault> {
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
pub(in crate::transport) async fn save_stop(sql: &mut Sql, s: &RouteStop) -> Result<(), Fault> {
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
pub(in crate::transport) async fn spend_try(sql: &mut Sql, stop: StopId, most: i64) -> Result<bool, Fault> {
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
