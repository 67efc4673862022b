//! All SQL of counting.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    layout::Bin,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Count, Fault> {
    Ok(Count {
        id: row.text("id")?,
        site: row.id("site")?,
        bin: row.id("bin")?,
        bin_code: row.text("bin_code")?,
        task: row.id("task")?,
        reason: row.text("reason")?,
        round: row.int("round")?,
        stage: row.word("stage")?,
        sku: row.opt_word("sku")?,
        lot: row.text("lot")?,
        expiry: row.text("expiry")?,
        serial: row.text("serial")?,
        shelf: row.opt_word("shelf")?,
        mission: row.opt_word("mission")?,
        station: row.text("station")?,
    })
}

/// Opens a count; false if the bin has an open one, which is then locked against
/// its end. `task` is set later.
pub(super) async fn open(sql: &mut Sql, id: &str, bin: &Bin, reason: &str, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO counts (id, site, bin, bin_code, task, reason, state, round, stage, sku, lot, expiry, serial, \
         shelf, mission, station, opened_at, closed_at) \
         VALUES ($1, $2, $3, $4, '', $5, 'open', 1, 'bin', NULL, '', '', '', NULL, NULL, '', $6, NULL) \
         ON CONFLICT (bin) WHERE state = 'open' DO NOTHING",
    )
    .bind(id)
    .bind(bin.site.to_string())
    .bind(bin.id.to_string())
    .bind(&bin.code)
    .bind(reason)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The open count of a bin.
pub(super) async fn open_of_bin(sql: &mut Sql, bin: BinId) -> Result<Option<Count>, Fault> {
    let row = sqlx::query("SELECT * FROM counts WHERE bin = $1 AND state = 'open'")
        .bind(bin.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn set_task(
    sql: &mut Sql,
    id: &str,
    task: TaskId,
    shelf: Option<UnitId>,
    station: &str,
) -> Result<(), Fault> {
    sqlx::query("UPDATE counts SET task = $2, shelf = $3, station = $4 WHERE id = $1")
        .bind(id)
        .bind(task.to_string())
        .bind(shelf.map(|shelf| shelf.to_string()))
        .bind(station)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn set_mission(sql: &mut Sql, id: &str, mission: MissionId) -> Result<(), Fault> {
    sqlx::query("UPDATE counts SET mission = $2 WHERE id = $1").bind(id).bind(mission.to_string()).execute(sql).await?;
    Ok(())
}

/// Open counts of the bins of a shelf, oldest first.
pub(super) async fn open_of_shelf(sql: &mut Sql, shelf: UnitId) -> Result<Vec<Count>, Fault> {
    let rows = sqlx::query("SELECT * FROM counts WHERE shelf = $1 AND state = 'open' ORDER BY id")
        .bind(shelf.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}

/// The count behind a task.
pub async fn by_task(sql: &mut Sql, task: TaskId) -> Result<Option<Count>, Fault> {
    let row = sqlx::query("SELECT * FROM counts WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn save(sql: &mut Sql, count: &Count) -> Result<(), Fault> {
    sqlx::query("UPDATE counts SET round = $2, stage = $3, sku = $4, lot = $5, expiry = $6, serial = $7 WHERE id = $1")
        .bind(&count.id)
        .bind(count.round)
        .bind(count.stage.as_str())
        .bind(count.sku.map(|sku| sku.to_string()))
        .bind(&count.lot)
        .bind(&count.expiry)
        .bind(&count.serial)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn close(sql: &mut Sql, id: &str, now: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE counts SET state = 'done', stage = 'done', closed_at = $2 WHERE id = $1")
        .bind(id)
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// Writes down how many there are; a second entry of the same goods replaces the
/// first.
pub(super) async fn note(sql: &mut Sql, count: &Count, piece: &Piece, expiry: &str, n: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO counted (count_id, round, sku, lot, serial, expiry, quantity) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (count_id, round, sku, lot, serial) DO UPDATE SET quantity = excluded.quantity",
    )
    .bind(&count.id)
    .bind(count.round)
    .bind(piece.sku.to_string())
    .bind(&piece.lot)
    .bind(&piece.serial)
    .bind(expiry)
    .bind(n)
    .execute(sql)
    .await?;
    Ok(())
}

/// What was counted in a round, with the expiry read.
pub async fn counted(sql: &mut Sql, count: &str, round: i64) -> Result<BTreeMap<Piece, (i64, String)>, Fault> {
    let rows = sqlx::query("SELECT sku, lot, serial, expiry, quantity FROM counted WHERE count_id = $1 AND round = $2")
        .bind(count)
        .bind(round)
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            let piece = Piece { sku: row.id("sku")?, lot: row.text("lot")?, serial: row.text("serial")? };
            Ok((piece, (row.int("quantity")?, row.text("expiry")?)))
        })
        .collect()
}

/// How often bins of a site are counted, if anybody or the house itself said so.
pub async fn cadence(sql: &mut Sql, site: SiteId) -> Result<Option<Cadence>, Fault> {
    let row =
        sqlx::query("SELECT * FROM count_cadences WHERE site = $1").bind(site.to_string()).fetch_optional(sql).await?;
    let read = |row: AnyRow| {
        Ok(Cadence {
            a_days: row.int("a_days")?,
            b_days: row.int("b_days")?,
            c_days: row.int("c_days")?,
            most_a_day: row.int("most_a_day")?,
            since: row.time("since")?,
        })
    };
    row.map(read).transpose()
}

pub(super) async fn put_cadence(sql: &mut Sql, site: SiteId, rule: &Cadence) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO count_cadences (site, a_days, b_days, c_days, most_a_day, since) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (site) DO UPDATE SET a_days = excluded.a_days, b_days = excluded.b_days, \
         c_days = excluded.c_days, most_a_day = excluded.most_a_day",
    )
    .bind(site.to_string())
    .bind(rule.a_days)
    .bind(rule.b_days)
    .bind(rule.c_days)
    .bind(rule.most_a_day)
    .bind(rule.since.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// When each bin of a site was counted last.
pub(super) async fn last_counted(sql: &mut Sql, site: SiteId) -> Result<HashMap<BinId, Time>, Fault> {
    let rows = sqlx::query(
        "SELECT bin, MAX(closed_at) AS closed_at FROM counts WHERE site = $1 AND closed_at IS NOT NULL GROUP BY bin",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("bin")?, row.time("closed_at")?))).collect()
}

/// Bins of a site whose count is open.
pub(super) async fn open_bins(sql: &mut Sql, site: SiteId) -> Result<HashSet<BinId>, Fault> {
    let rows = sqlx::query("SELECT bin FROM counts WHERE site = $1 AND state = 'open'")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| row.id("bin")).collect()
}
