//! SQL that asks what lies where.

use super::{Balance, read_balance};
use crate::{kernel::*, stock::model::*, store::Sql};

/// What a bin or unit holds.
pub async fn contents(sql: &mut Sql, holder: Holder) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE holder = $1 AND quantity > 0 ORDER BY sku, lot, serial",
    )
    .bind(holder.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// What moved for one reference and reason, in the condition it arrived in.
pub async fn moved(sql: &mut Sql, reference: &str, reason: &str) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT to_site AS site, to_holder AS holder, sku, lot, serial, to_condition AS condition, \
         '' AS expiry, 0 AS pooled, CAST(SUM(quantity) AS BIGINT) AS quantity FROM transfers \
         WHERE reference = $1 AND reason = $2 AND kind <> 'pending' GROUP BY to_site, to_holder, sku, lot, serial, to_condition \
         ORDER BY sku, lot, serial",
    )
    .bind(reference)
    .bind(reason)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// Everything that lies in bins of a site.
pub async fn on_floor(sql: &mut Sql, site: SiteId) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE site = $1 AND holder LIKE 'bin_%' AND quantity > 0 ORDER BY holder, sku, lot, serial, condition",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// Where goods of an article are booked in a condition at a site, oldest bin first.
pub async fn in_condition(
    sql: &mut Sql,
    site: SiteId,
    sku: SkuId,
    condition: Condition,
) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE site = $1 AND sku = $2 AND condition = $3 AND quantity > 0 ORDER BY holder, lot, serial",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(condition.as_str())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// Goods that came back and stand in handling units of a site, or of all, unit by
/// unit.
pub async fn returned(sql: &mut Sql, site: Option<SiteId>, limit: i64) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE condition = 'returned' AND ($1 = '' OR site = $1) AND site <> '' AND holder LIKE 'unt_%' \
         AND quantity > 0 ORDER BY holder, sku, lot, serial LIMIT $2",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// Where sellable goods of an article lie at a site, first expired first.
pub async fn in_bins(sql: &mut Sql, site: SiteId, sku: SkuId) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE site = $1 AND sku = $2 AND condition = 'sellable' AND pooled = 1 AND quantity > 0 \
         AND holder LIKE 'bin_%' \
         ORDER BY CASE WHEN expiry = '' THEN 1 ELSE 0 END, expiry, holder, lot, serial",
    )
    .bind(site.to_string())
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}
