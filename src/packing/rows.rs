//! All SQL of packing.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Carton, Fault> {
    Ok(Carton {
        parcel: row.id("parcel")?,
        unit: row.id("unit")?,
        fulfilment: row.id("fulfilment")?,
        site: row.id("site")?,
        seq: row.int("seq")?,
        size: row.text("size")?,
        temperature: row.text("temperature")?,
        tare_g: row.int("tare_g")?,
        volume_ml: row.int("volume_ml")?,
        sscc: row.opt_text("sscc")?,
        state: row.word("state")?,
        expected_g: row.int("expected_g")?,
        measured_g: row.opt_int("measured_g")?,
        load: row.opt_word("load")?,
        print: row.opt_word("print")?,
    })
}

pub(super) async fn add(sql: &mut Sql, carton: &Carton) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO cartons (parcel, unit, fulfilment, site, seq, size, temperature, tare_g, volume_ml, sscc, state, \
         expected_g, measured_g, load, print) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, $11, NULL, NULL, NULL)",
    )
    .bind(carton.parcel.to_string())
    .bind(carton.unit.to_string())
    .bind(carton.fulfilment.to_string())
    .bind(carton.site.to_string())
    .bind(carton.seq)
    .bind(&carton.size)
    .bind(&carton.temperature)
    .bind(carton.tare_g)
    .bind(carton.volume_ml)
    .bind(carton.state.as_str())
    .bind(carton.expected_g)
    .execute(sql)
    .await?;
    Ok(())
}

/// One carton.
pub async fn carton(sql: &mut Sql, parcel: ParcelId) -> Result<Option<Carton>, Fault> {
    let row =
        sqlx::query("SELECT * FROM cartons WHERE parcel = $1").bind(parcel.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// By its label.
pub async fn by_sscc(sql: &mut Sql, sscc: &str) -> Result<Option<Carton>, Fault> {
    let row = sqlx::query("SELECT * FROM cartons WHERE sscc = $1").bind(sscc).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// The carton that a handling unit is.
pub async fn by_unit(sql: &mut Sql, unit: UnitId) -> Result<Option<Carton>, Fault> {
    let row = sqlx::query("SELECT * FROM cartons WHERE unit = $1").bind(unit.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// The cartons of a part that are not void, in order.
pub async fn cartons_of(sql: &mut Sql, fulfilment: FulfilmentId) -> Result<Vec<Carton>, Fault> {
    let rows = sqlx::query("SELECT * FROM cartons WHERE fulfilment = $1 AND state <> 'void' ORDER BY seq, parcel")
        .bind(fulfilment.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}

/// Writes where a carton stands.
pub(super) async fn save(sql: &mut Sql, carton: &Carton) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE cartons SET size = $2, tare_g = $3, volume_ml = $4, sscc = $5, state = $6, expected_g = $7, \
         measured_g = $8, load = $9, print = $10 WHERE parcel = $1",
    )
    .bind(carton.parcel.to_string())
    .bind(&carton.size)
    .bind(carton.tare_g)
    .bind(carton.volume_ml)
    .bind(carton.sscc.as_deref())
    .bind(carton.state.as_str())
    .bind(carton.expected_g)
    .bind(carton.measured_g)
    .bind(carton.load.map(|load| load.to_string()))
    .bind(carton.print.map(|print| print.to_string()))
    .execute(sql)
    .await?;
    Ok(())
}

/// Steps a carton; false if it was not in `from`.
pub(super) async fn step(
    sql: &mut Sql,
    parcel: ParcelId,
    from: CartonState,
    to: CartonState,
    load: Option<LoadId>,
) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE cartons SET state = $3, load = COALESCE($4, load) WHERE parcel = $1 AND state = $2")
        .bind(parcel.to_string())
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(load.map(|load| load.to_string()))
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn lines(sql: &mut Sql, parcel: ParcelId) -> Result<Vec<CartonLine>, Fault> {
    let rows = sqlx::query("SELECT * FROM carton_lines WHERE parcel = $1 AND planned > 0 ORDER BY line")
        .bind(parcel.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(CartonLine {
                parcel: row.id("parcel")?,
                line: row.id("line")?,
                sku: row.id("sku")?,
                planned: row.int("planned")?,
                packed: row.int("packed")?,
            })
        })
        .collect()
}

/// How many pieces are in a carton.
pub async fn pieces(sql: &mut Sql, parcel: ParcelId) -> Result<i64, Fault> {
    Ok(lines(sql, parcel).await?.iter().map(|line| line.packed).sum())
}

pub(super) async fn save_line(sql: &mut Sql, line: &CartonLine) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO carton_lines (parcel, line, sku, planned, packed) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (parcel, line) DO UPDATE SET planned = excluded.planned, packed = excluded.packed",
    )
    .bind(line.parcel.to_string())
    .bind(line.line.to_string())
    .bind(line.sku.to_string())
    .bind(line.planned)
    .bind(line.packed)
    .execute(sql)
    .await?;
    Ok(())
}

/// The next serial of a company prefix; never given twice, also not after a
/// rollback that the caller did not see.
pub(super) async fn next_serial(sql: &mut Sql, prefix: &str) -> Result<i64, Fault> {
    let row = sqlx::query(
        "INSERT INTO sscc_counters (prefix, next) VALUES ($1, 2) \
         ON CONFLICT (prefix) DO UPDATE SET next = sscc_counters.next + 1 RETURNING next - 1 AS serial",
    )
    .bind(prefix)
    .fetch_one(sql)
    .await?;
    row.int("serial")
}

/// Leaves so many serials of a company prefix out.
pub(super) async fn leap(sql: &mut Sql, prefix: &str, by: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO sscc_counters (prefix, next) VALUES ($1, 1 + $2) \
         ON CONFLICT (prefix) DO UPDATE SET next = sscc_counters.next + $2",
    )
    .bind(prefix)
    .bind(by)
    .execute(sql)
    .await?;
    Ok(())
}
