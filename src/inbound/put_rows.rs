//! All SQL of put-away.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    stock::Goods,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<PutAway, Fault> {
    Ok(PutAway {
        task: row.id("task")?,
        site: row.id("site")?,
        receipt: row.id("receipt")?,
        line: row.text("line")?,
        goods: Goods {
            sku: row.id("sku")?,
            lot: row.text("lot")?,
            serial: row.text("serial")?,
            expiry: row.text("expiry")?,
            condition: row.word("condition")?,
        },
        quantity: row.int("quantity")?,
        done: row.int("done")?,
        counted: row.int("counted")?,
        from: row.id("from_bin")?,
        from_code: row.text("from_code")?,
        to: row.id("to_bin")?,
        to_code: row.text("to_code")?,
        shelf: row.opt_word("shelf")?,
        mission: row.opt_word("mission")?,
        station: row.text("station")?,
        stage: row.word("stage")?,
    })
}

pub(super) async fn add(sql: &mut Sql, put: &PutAway) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO put_aways (task, site, receipt, line, sku, lot, serial, expiry, condition, quantity, done, counted, \
         from_bin, from_code, to_bin, to_code, shelf, station, stage) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $12, $13, $14, $15, $16, 'article')",
    )
    .bind(put.task.to_string())
    .bind(put.site.to_string())
    .bind(put.receipt.to_string())
    .bind(&put.line)
    .bind(put.goods.sku.to_string())
    .bind(&put.goods.lot)
    .bind(&put.goods.serial)
    .bind(&put.goods.expiry)
    .bind(put.goods.condition.as_str())
    .bind(put.quantity)
    .bind(put.from.to_string())
    .bind(&put.from_code)
    .bind(put.to.to_string())
    .bind(&put.to_code)
    .bind(put.shelf.map(|shelf| shelf.to_string()))
    .bind(&put.station)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn by_task(sql: &mut Sql, task: TaskId) -> Result<Option<PutAway>, Fault> {
    let row = sqlx::query("SELECT * FROM put_aways WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn save(sql: &mut Sql, put: &PutAway) -> Result<(), Fault> {
    sqlx::query("UPDATE put_aways SET quantity = $2, done = $3, counted = $4, stage = $5 WHERE task = $1")
        .bind(put.task.to_string())
        .bind(put.quantity)
        .bind(put.done)
        .bind(put.counted)
        .bind(put.stage.as_str())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn set_mission(sql: &mut Sql, task: TaskId, mission: MissionId) -> Result<(), Fault> {
    sqlx::query("UPDATE put_aways SET mission = $2 WHERE task = $1")
        .bind(task.to_string())
        .bind(mission.to_string())
        .execute(sql)
        .await?;
    Ok(())
}

/// What is still to be put onto a mobile shelf, oldest first.
pub(super) async fn open_of_shelf(sql: &mut Sql, shelf: UnitId) -> Result<Vec<PutAway>, Fault> {
    let rows = sqlx::query(
        "SELECT put_aways.* FROM put_aways JOIN tasks ON tasks.id = put_aways.task \
         WHERE put_aways.shelf = $1 AND tasks.state NOT IN ('done', 'cancelled') ORDER BY put_aways.task",
    )
    .bind(shelf.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// The put-aways of a receipt, oldest first.
pub async fn put_aways(sql: &mut Sql, receipt: ReceiptId) -> Result<Vec<PutAway>, Fault> {
    let rows = sqlx::query("SELECT * FROM put_aways WHERE receipt = $1 ORDER BY task")
        .bind(receipt.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}
