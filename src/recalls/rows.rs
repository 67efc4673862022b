//! SQL of recalls.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Recall, Fault> {
    Ok(Recall {
        id: row.id("id")?,
        sku: row.id("sku")?,
        lot: row.text("lot")?,
        condition: row.word("condition")?,
        reason: row.text("reason")?,
        state: row.word("state")?,
        stopped: row.int("stopped")?,
        opened_at: row.time("opened_at")?,
        opened_by: row.text("opened_by")?,
        closed_at: row.opt_time("closed_at")?,
    })
}

/// False if the lot is called back already.
pub(super) async fn add(sql: &mut Sql, recall: &Recall) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO recalls (id, sku, lot, condition, reason, state, stopped, opened_at, opened_by, closed_at) \
         VALUES ($1, $2, $3, $4, $5, 'open', 0, $6, $7, NULL) ON CONFLICT (sku, lot) WHERE state = 'open' DO NOTHING",
    )
    .bind(recall.id.to_string())
    .bind(recall.sku.to_string())
    .bind(&recall.lot)
    .bind(recall.condition.as_str())
    .bind(&recall.reason)
    .bind(recall.opened_at.ms())
    .bind(&recall.opened_by)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_stopped(sql: &mut Sql, id: RecallId, stopped: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE recalls SET stopped = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(stopped)
        .execute(sql)
        .await?;
    Ok(())
}

/// False if it is not open.
pub(super) async fn end(sql: &mut Sql, id: RecallId, to: RecallState, at: Time) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE recalls SET state = $2, closed_at = $3 WHERE id = $1 AND state = 'open'")
        .bind(id.to_string())
        .bind(to.as_str())
        .bind(at.ms())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A recall.
pub async fn by_id(sql: &mut Sql, id: RecallId) -> Result<Option<Recall>, Fault> {
    let row = sqlx::query("SELECT * FROM recalls WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn open_of(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<Option<Recall>, Fault> {
    let row = sqlx::query("SELECT * FROM recalls WHERE sku = $1 AND lot = $2 AND state = 'open'")
        .bind(sku.to_string())
        .bind(lot)
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Recalls, newest first.
pub async fn list(sql: &mut Sql, before: &str, limit: i64) -> Result<Vec<Recall>, Fault> {
    let rows = sqlx::query("SELECT * FROM recalls WHERE ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2")
        .bind(before)
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}
