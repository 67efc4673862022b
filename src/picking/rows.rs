//! All SQL of picking.

use std::collections::HashMap;

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read_batch(row: &AnyRow) -> Result<Batch, Fault> {
    Ok(Batch {
        id: row.id("id")?,
        site: row.id("site")?,
        kind: row.word("kind")?,
        wave: row.id("wave")?,
        task: row.id("task")?,
        state: row.word("state")?,
        shelf: row.opt_word("shelf")?,
        mission: row.opt_word("mission")?,
        station: row.text("station")?,
    })
}

pub(super) async fn add_batch(sql: &mut Sql, batch: &Batch) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO batches (id, site, kind, wave, task, state, shelf, mission, station) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(batch.id.to_string())
    .bind(batch.site.to_string())
    .bind(batch.kind.as_str())
    .bind(batch.wave.to_string())
    .bind(batch.task.to_string())
    .bind(batch.state.as_str())
    .bind(batch.shelf.map(|unit| unit.to_string()))
    .bind(batch.mission.map(|mission| mission.to_string()))
    .bind(&batch.station)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn batch_by_id(sql: &mut Sql, id: BatchId) -> Result<Option<Batch>, Fault> {
    let row = sqlx::query("SELECT * FROM batches WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_batch).transpose()
}

/// The batch that a task is.
pub async fn batch_of_task(sql: &mut Sql, task: TaskId) -> Result<Option<Batch>, Fault> {
    let row = sqlx::query("SELECT * FROM batches WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_batch).transpose()
}

pub(super) async fn batches_of_mission(sql: &mut Sql, mission: MissionId) -> Result<Vec<Batch>, Fault> {
    let rows = sqlx::query("SELECT * FROM batches WHERE mission = $1 ORDER BY id")
        .bind(mission.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_batch).collect()
}

/// The oldest batch that waits for a shelf.
pub(super) async fn queued_for(sql: &mut Sql, shelf: UnitId) -> Result<Option<Batch>, Fault> {
    let row = sqlx::query("SELECT * FROM batches WHERE shelf = $1 AND state = 'queued' ORDER BY id LIMIT 1")
        .bind(shelf.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_batch).transpose()
}

/// Open batches whose shelf's mission was cut short and has a new try.
pub(super) async fn open_of_shelf(sql: &mut Sql, shelf: UnitId) -> Result<Vec<Batch>, Fault> {
    let rows = sqlx::query("SELECT * FROM batches WHERE shelf = $1 AND state = 'open' ORDER BY id")
        .bind(shelf.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_batch).collect()
}

pub(super) async fn set_batch(
    sql: &mut Sql,
    id: BatchId,
    state: BatchState,
    mission: Option<MissionId>,
) -> Result<(), Fault> {
    sqlx::query("UPDATE batches SET state = $2, mission = COALESCE($3, mission) WHERE id = $1")
        .bind(id.to_string())
        .bind(state.as_str())
        .bind(mission.map(|mission| mission.to_string()))
        .execute(sql)
        .await?;
    Ok(())
}

/// How many batches that are not done each station of a site has.
pub(super) async fn station_load(sql: &mut Sql, site: SiteId) -> Result<HashMap<String, i64>, Fault> {
    let rows =
        sqlx::query("SELECT station, COUNT(*) AS n FROM batches WHERE site = $1 AND state <> 'done' GROUP BY station")
            .bind(site.to_string())
            .fetch_all(sql)
            .await?;
    rows.iter().map(|row| Ok((row.text("station")?, row.int("n")?))).collect()
}

fn read_pick(row: &AnyRow) -> Result<Pick, Fault> {
    Ok(Pick {
        id: row.id("id")?,
        batch: row.id("batch")?,
        site: row.id("site")?,
        seq: row.int("seq")?,
        order: row.id("order_id")?,
        fulfilment: row.id("fulfilment")?,
        line: row.id("line")?,
        hold: row.id("hold")?,
        sku: row.id("sku")?,
        bin: row.id("bin")?,
        bin_code: row.text("bin_code")?,
        lot: row.text("lot")?,
        serial: row.text("serial")?,
        expiry: row.text("expiry")?,
        quantity: row.int("quantity")?,
        picked: row.int("picked")?,
        counted: row.int("counted")?,
        stage: row.word("stage")?,
        state: row.word("state")?,
    })
}

pub(super) async fn add_pick(sql: &mut Sql, pick: &Pick) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO picks (id, batch, site, seq, order_id, fulfilment, line, hold, sku, bin, bin_code, lot, serial, \
         expiry, quantity, picked, counted, stage, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 'bin', 'open')",
    )
    .bind(pick.id.to_string())
    .bind(pick.batch.to_string())
    .bind(pick.site.to_string())
    .bind(pick.seq)
    .bind(pick.order.to_string())
    .bind(pick.fulfilment.to_string())
    .bind(pick.line.to_string())
    .bind(pick.hold.to_string())
    .bind(pick.sku.to_string())
    .bind(pick.bin.to_string())
    .bind(&pick.bin_code)
    .bind(&pick.lot)
    .bind(&pick.serial)
    .bind(&pick.expiry)
    .bind(pick.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// How often each bin of a site was picked from in the newest `picks` picks.
pub async fn visits(sql: &mut Sql, site: SiteId, picks: i64) -> Result<Vec<(String, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT bin_code, COUNT(*) AS n FROM (SELECT bin_code FROM picks WHERE site = $1 AND state = 'done' \
         ORDER BY id DESC LIMIT $2) AS newest GROUP BY bin_code ORDER BY bin_code",
    )
    .bind(site.to_string())
    .bind(picks)
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.text("bin_code")?, row.int("n")?))).collect()
}

/// The picks of a batch in tour order.
pub async fn picks_of(sql: &mut Sql, batch: BatchId) -> Result<Vec<Pick>, Fault> {
    let rows = sqlx::query("SELECT * FROM picks WHERE batch = $1 ORDER BY seq, id")
        .bind(batch.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_pick).collect()
}

/// Open picks for a line of a part, the last of a tour first.
pub(super) async fn open_picks_of(sql: &mut Sql, fulfilment: FulfilmentId, line: LineId) -> Result<Vec<Pick>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM picks WHERE fulfilment = $1 AND line = $2 AND state = 'open' ORDER BY seq DESC, id DESC",
    )
    .bind(fulfilment.to_string())
    .bind(line.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_pick).collect()
}

/// Open picks of a bin.
pub(super) async fn open_picks_in(sql: &mut Sql, bin: BinId) -> Result<Vec<Pick>, Fault> {
    let rows = sqlx::query("SELECT * FROM picks WHERE bin = $1 AND state = 'open' ORDER BY id")
        .bind(bin.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_pick).collect()
}

/// True while anything of a part is still being fetched, or on a cart.
pub async fn has_open_picks(sql: &mut Sql, fulfilment: FulfilmentId) -> Result<bool, Fault> {
    let row = sqlx::query(
        "SELECT 1 AS one FROM picks p JOIN batches b ON b.id = p.batch \
         WHERE p.fulfilment = $1 AND p.state <> 'cancelled' AND b.state <> 'done' LIMIT 1",
    )
    .bind(fulfilment.to_string())
    .fetch_optional(sql)
    .await?;
    Ok(row.is_some())
}

/// What open picks count on, by bin, article, lot and serial.
pub(super) async fn planned(
    sql: &mut Sql,
    site: SiteId,
) -> Result<HashMap<(BinId, SkuId, String, String), i64>, Fault> {
    let rows = sqlx::query(
        "SELECT bin, sku, lot, serial, CAST(SUM(quantity - picked) AS BIGINT) AS n FROM picks \
         WHERE site = $1 AND state = 'open' GROUP BY bin, sku, lot, serial",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| Ok(((row.id("bin")?, row.id("sku")?, row.text("lot")?, row.text("serial")?), row.int("n")?)))
        .collect()
}

/// How much of a hold its open picks will fetch.
pub(super) async fn planned_for_hold(sql: &mut Sql, fulfilment: FulfilmentId, hold: HoldId) -> Result<i64, Fault> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(quantity - picked), 0) AS BIGINT) AS n FROM picks \
         WHERE fulfilment = $1 AND hold = $2 AND state = 'open'",
    )
    .bind(fulfilment.to_string())
    .bind(hold.to_string())
    .fetch_one(sql)
    .await?;
    row.int("n")
}

/// Writes where a pick stands.
pub(super) async fn save_pick(sql: &mut Sql, pick: &Pick) -> Result<(), Fault> {
    sqlx::query("UPDATE picks SET quantity = $2, picked = $3, counted = $4, stage = $5, state = $6 WHERE id = $1")
        .bind(pick.id.to_string())
        .bind(pick.quantity)
        .bind(pick.picked)
        .bind(pick.counted)
        .bind(pick.stage.as_str())
        .bind(pick.state.as_str())
        .execute(sql)
        .await?;
    Ok(())
}

/// Goods that go from a tote or carton back to a bin.
#[derive(Debug, Clone)]
pub(super) struct PutBack {
    pub task: TaskId,
    pub site: SiteId,
    pub fulfilment: FulfilmentId,
    pub line: LineId,
    pub sku: SkuId,
    pub quantity: i64,
    pub done: i64,
    pub unit: Option<UnitId>,
    pub lot: String,
    pub serial: String,
    pub stage: String,
}

pub(super) async fn add_put_back(sql: &mut Sql, row: &PutBack) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO put_backs (task, site, fulfilment, line, sku, quantity, done, unit, lot, serial, stage) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, '', '', 'unit')",
    )
    .bind(row.task.to_string())
    .bind(row.site.to_string())
    .bind(row.fulfilment.to_string())
    .bind(row.line.to_string())
    .bind(row.sku.to_string())
    .bind(row.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn put_back_by_task(sql: &mut Sql, task: TaskId) -> Result<Option<PutBack>, Fault> {
    let row = sqlx::query("SELECT * FROM put_backs WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.map(|row| {
        Ok(PutBack {
            task: row.id("task")?,
            site: row.id("site")?,
            fulfilment: row.id("fulfilment")?,
            line: row.id("line")?,
            sku: row.id("sku")?,
            quantity: row.int("quantity")?,
            done: row.int("done")?,
            unit: row.opt_word("unit")?,
            lot: row.text("lot")?,
            serial: row.text("serial")?,
            stage: row.text("stage")?,
        })
    })
    .transpose()
}

pub(super) async fn save_put_back(sql: &mut Sql, row: &PutBack) -> Result<(), Fault> {
    sqlx::query("UPDATE put_backs SET done = $2, unit = $3, lot = $4, serial = $5, stage = $6 WHERE task = $1")
        .bind(row.task.to_string())
        .bind(row.done)
        .bind(row.unit.map(|unit| unit.to_string()))
        .bind(&row.lot)
        .bind(&row.serial)
        .bind(&row.stage)
        .execute(sql)
        .await?;
    Ok(())
}
