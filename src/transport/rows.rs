//! The SQL of parcels; that of vans, loads and stops is in `rows/routes.rs`.
//! Deliberately absent: any decision; who calls has taken it. `lock_*` raises a
//! row's version first, which holds it against other writers until the transaction
//! ends, on both engines.

mod routes;

use sqlx::any::AnyRow;

pub use self::routes::*;
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

fn ms(time: Option<Time>) -> Option<i64> {
    time.map(Time::ms)
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Writes a new parcel; false if one with this id stands there already.
pub(super) async fn insert_parcel(sql: &mut Sql, p: &Parcel) -> Result<bool, Fault> {
    const TEXT: &str = "INSERT INTO parcels (id, order_id, fulfilment, site, sscc, weight_g, volume_ml, temperature, \
        address, lat, lon, window_from, window_to, due, service, mode, pickup, compartment, needs, pin_salt, \
        pin_hash, cash_minor, state, staged_at, aboard, failures, van_only, version) VALUES ($1, $2, $3, $4, $5, $6, \
        $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 0, 0, 0, 1) \
        ON CONFLICT (id) DO NOTHING";
    write_parcel(sql, TEXT, p).await
}

/// Writes a parcel anew, as if it had never been: its carton was packed again.
pub(super) async fn replace_parcel(sql: &mut Sql, p: &Parcel) -> Result<bool, Fault> {
    const TEXT: &str = "UPDATE parcels SET order_id = $2, fulfilment = $3, site = $4, sscc = $5, weight_g = $6, \
        volume_ml = $7, temperature = $8, address = $9, lat = $10, lon = $11, window_from = $12, window_to = $13, \
        due = $14, service = $15, mode = $16, pickup = $17, compartment = $18, needs = $19, pin_salt = $20, \
        pin_hash = $21, cash_minor = $22, state = $23, staged_at = $24, load_id = NULL, stop_id = NULL, \
        onward = NULL, hindrance = NULL, waits_until = NULL, version = version + 1 WHERE id = $1";
    write_parcel(sql, TEXT, p).await
}

async fn write_parcel(sql: &mut Sql, text_of: &'static str, p: &Parcel) -> Result<bool, Fault> {
    let done = sqlx::query(text_of)
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
