//! SQL of lots.

use super::{Balance, read_balance};
use crate::{
    kernel::*,
    stock::model::*,
    store::{Row, Sql},
};

/// Everything of a lot at sites, in whatever condition.
pub async fn of_lot(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE sku = $1 AND lot = $2 AND site <> '' AND quantity > 0 ORDER BY site, holder, serial, condition",
    )
    .bind(sku.to_string())
    .bind(lot)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// Which orders goods of a lot were picked for, and how many; holds without an order
/// are told by the id they had instead.
pub async fn lot_went_to(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<Vec<(OrderId, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT h.order_id, CAST(SUM(t.quantity) AS BIGINT) AS n FROM transfers t JOIN holds h ON h.id = t.hold \
         WHERE t.sku = $1 AND t.lot = $2 AND t.kind = 'post' AND t.kind <> 'pending' GROUP BY h.order_id ORDER BY h.order_id",
    )
    .bind(sku.to_string())
    .bind(lot)
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("order_id")?, row.int("n")?))).collect()
}

/// What came of a lot from suppliers, and what a counter sold of it, each with its
/// reference (a receipt, a till's number).
pub async fn lot_moved(sql: &mut Sql, sku: SkuId, lot: &str, reason: &str) -> Result<Vec<(String, Time, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT reference, MIN(at) AS at, CAST(SUM(quantity) AS BIGINT) AS n FROM transfers \
         WHERE sku = $1 AND lot = $2 AND kind = 'move' AND kind <> 'pending' AND reason = $3 GROUP BY reference ORDER BY MIN(at)",
    )
    .bind(sku.to_string())
    .bind(lot)
    .bind(reason)
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.text("reference")?, row.time("at")?, row.int("n")?))).collect()
}

/// What goods of a lot become wherever they would be sellable, if it is stopped.
pub async fn lot_block(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<Option<Condition>, Fault> {
    let row = sqlx::query("SELECT condition FROM lot_blocks WHERE sku = $1 AND lot = $2")
        .bind(sku.to_string())
        .bind(lot)
        .fetch_optional(sql)
        .await?;
    row.map(|row| row.word("condition")).transpose()
}

pub(in crate::stock) async fn block_lot(sql: &mut Sql, sku: SkuId, lot: &str, to: Condition) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO lot_blocks (sku, lot, condition) VALUES ($1, $2, $3) \
         ON CONFLICT (sku, lot) DO UPDATE SET condition = excluded.condition",
    )
    .bind(sku.to_string())
    .bind(lot)
    .bind(to.as_str())
    .execute(sql)
    .await?;
    Ok(())
}

pub(in crate::stock) async fn unblock_lot(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<(), Fault> {
    sqlx::query("DELETE FROM lot_blocks WHERE sku = $1 AND lot = $2")
        .bind(sku.to_string())
        .bind(lot)
        .execute(sql)
        .await?;
    Ok(())
}

pub(in crate::stock) async fn least_days(sql: &mut Sql, sku: SkuId) -> Result<i64, Fault> {
    let row = sqlx::query("SELECT least_days FROM shelf_lives WHERE sku = $1")
        .bind(sku.to_string())
        .fetch_optional(sql)
        .await?;
    row.map_or(Ok(0), |row| row.int("least_days"))
}

pub(in crate::stock) async fn set_least_days(sql: &mut Sql, sku: SkuId, days: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO shelf_lives (sku, least_days) VALUES ($1, $2) \
         ON CONFLICT (sku) DO UPDATE SET least_days = excluded.least_days",
    )
    .bind(sku.to_string())
    .bind(days)
    .execute(sql)
    .await?;
    Ok(())
}

/// Sellable goods with a date, and the days they must last.
pub(in crate::stock) async fn dated(sql: &mut Sql) -> Result<Vec<(Balance, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT b.site, b.holder, b.sku, b.lot, b.serial, b.condition, b.expiry, b.pooled, b.quantity, \
         COALESCE(s.least_days, 0) AS least_days FROM balances b LEFT JOIN shelf_lives s ON s.sku = b.sku \
         WHERE b.expiry <> '' AND b.condition = 'sellable' AND b.pooled = 1 AND b.quantity > 0 \
         ORDER BY b.site, b.sku, b.holder, b.lot, b.serial",
    )
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((read_balance(row)?, row.int("least_days")?))).collect()
}

/// What lies at each site of an article, by condition, and whether it is bound to
/// orders already: site, condition, bound, how many.
pub async fn states(sql: &mut Sql, sku: SkuId) -> Result<Vec<(SiteId, Condition, bool, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT site, condition, pooled, CAST(SUM(quantity) AS BIGINT) AS n FROM balances \
         WHERE sku = $1 AND site <> '' AND quantity > 0 GROUP BY site, condition, pooled",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("site")?, row.word("condition")?, !row.flag("pooled")?, row.int("n")?))).collect()
}

/// What is reserved of an article at each site without an order: carts, live rooms.
pub async fn reserved(sql: &mut Sql, sku: SkuId) -> Result<Vec<(SiteId, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT site, CAST(SUM(quantity - posted - released - pledged) AS BIGINT) AS n FROM holds \
         WHERE sku = $1 AND state = 'open' AND purpose <> 'order' GROUP BY site",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("site")?, row.int("n")?))).collect()
}
