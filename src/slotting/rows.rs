//! All SQL of slotting.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

pub(super) async fn note(sql: &mut Sql, site: SiteId, sku: SkuId, day: i64, quantity: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO velocity (site, sku, day, picks, quantity) VALUES ($1, $2, $3, 1, $4) \
         ON CONFLICT (site, sku, day) DO UPDATE SET picks = velocity.picks + 1, \
         quantity = velocity.quantity + excluded.quantity",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(day)
    .bind(quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// What was picked of one article.
pub(super) struct Picked {
    pub sku: SkuId,
    pub first_day: i64,
    pub picks: i64,
    pub quantity: i64,
}

pub(super) async fn picked_since(sql: &mut Sql, site: SiteId, day: i64) -> Result<Vec<Picked>, Fault> {
    let rows = sqlx::query(
        "SELECT sku, MIN(day) AS first_day, CAST(SUM(picks) AS BIGINT) AS picks, \
         CAST(SUM(quantity) AS BIGINT) AS quantity FROM velocity WHERE site = $1 AND day > $2 GROUP BY sku",
    )
    .bind(site.to_string())
    .bind(day)
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Picked {
                sku: row.id("sku")?,
                first_day: row.int("first_day")?,
                picks: row.int("picks")?,
                quantity: row.int("quantity")?,
            })
        })
        .collect()
}

/// Room promised in a bin to goods on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task that brings them.
    pub task: TaskId,
    /// The bin.
    pub bin: BinId,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: i64,
}

/// Promises room in a bin, or moves the promise of a task to another bin.
pub(crate) async fn claim(sql: &mut Sql, site: SiteId, claim: &Claim) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO slot_claims (task, site, bin, sku, quantity) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (task) DO UPDATE SET bin = excluded.bin, quantity = excluded.quantity",
    )
    .bind(claim.task.to_string())
    .bind(site.to_string())
    .bind(claim.bin.to_string())
    .bind(claim.sku.to_string())
    .bind(claim.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// The goods are there, or will not come.
pub(crate) async fn unclaim(sql: &mut Sql, task: TaskId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM slot_claims WHERE task = $1").bind(task.to_string()).execute(sql).await?;
    Ok(())
}

/// Room promised at a site.
pub async fn claims(sql: &mut Sql, site: SiteId) -> Result<Vec<Claim>, Fault> {
    let rows = sqlx::query("SELECT task, bin, sku, quantity FROM slot_claims WHERE site = $1 ORDER BY task")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Claim {
                task: row.id("task")?,
                bin: row.id("bin")?,
                sku: row.id("sku")?,
                quantity: row.int("quantity")?,
            })
        })
        .collect()
}

fn read(row: &AnyRow) -> Result<Carry, Fault> {
    Ok(Carry {
        task: row.id("task")?,
        site: row.id("site")?,
        sku: row.id("sku")?,
        lot: row.text("lot")?,
        serial: row.text("serial")?,
        expiry: row.text("expiry")?,
        quantity: row.int("quantity")?,
        counted: row.int("counted")?,
        from: row.id("from_bin")?,
        from_code: row.text("from_code")?,
        to: row.id("to_bin")?,
        to_code: row.text("to_code")?,
        stage: row.word("stage")?,
        reason: row.text("reason")?,
    })
}

pub(super) async fn add(sql: &mut Sql, carry: &Carry) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO carries (task, site, sku, lot, serial, expiry, quantity, counted, from_bin, from_code, to_bin, \
         to_code, stage, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(carry.task.to_string())
    .bind(carry.site.to_string())
    .bind(carry.sku.to_string())
    .bind(&carry.lot)
    .bind(&carry.serial)
    .bind(&carry.expiry)
    .bind(carry.quantity)
    .bind(carry.counted)
    .bind(carry.from.to_string())
    .bind(&carry.from_code)
    .bind(carry.to.to_string())
    .bind(&carry.to_code)
    .bind(carry.stage.as_str())
    .bind(&carry.reason)
    .execute(sql)
    .await?;
    Ok(())
}

/// The carry behind a task.
pub(super) async fn by_task(sql: &mut Sql, task: TaskId) -> Result<Option<Carry>, Fault> {
    let row = sqlx::query("SELECT * FROM carries WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn save(sql: &mut Sql, carry: &Carry) -> Result<(), Fault> {
    sqlx::query("UPDATE carries SET counted = $2, quantity = $3, stage = $4 WHERE task = $1")
        .bind(carry.task.to_string())
        .bind(carry.counted)
        .bind(carry.quantity)
        .bind(carry.stage.as_str())
        .execute(sql)
        .await?;
    Ok(())
}

/// Goods that are being carried at a site, or will be.
pub async fn open_carries(sql: &mut Sql, site: SiteId) -> Result<Vec<Carry>, Fault> {
    let rows = sqlx::query("SELECT carries.* FROM carries WHERE site = $1 AND stage <> 'done' ORDER BY task")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}
