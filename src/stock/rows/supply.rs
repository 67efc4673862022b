//! SQL of goods that are announced: dated lines of supply, and the holds on them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;

use super::read_hold;
use crate::{
    kernel::*,
    stock::model::*,
    store::{
        Row, Sql, Tx,
        bulk::{Column, Sheet},
    },
};

fn read_supply(row: &AnyRow) -> Result<Supply, Fault> {
    Ok(Supply {
        asn: row.id("asn")?,
        site: row.id("site")?,
        sku: row.id("sku")?,
        not_before: row.time("not_before")?,
        expected: row.int("expected")?,
        pledged: row.int("pledged")?,
    })
}

const SUPPLIES: &[Column] = &[
    Column::Text("asn"),
    Column::Text("sku"),
    Column::Text("site"),
    Column::Int("not_before"),
    Column::Int("expected"),
    Column::Int("pledged"),
];

pub(in crate::stock) async fn add_supplies(
    tx: &mut Tx,
    asn: AsnId,
    site: SiteId,
    not_before: Time,
    wanted: &BTreeMap<SkuId, i64>,
) -> Result<(), Fault> {
    let mut sheet = Sheet::new(tx.engine(), SUPPLIES);
    for (sku, n) in wanted {
        sheet.plain(asn).plain(sku).plain(site).int(not_before.ms()).int(*n).int(0);
    }
    sheet.insert(tx.sql(), "supplies").await?;
    Ok(())
}

/// An article of a delivery; `None` if nobody announced it.
pub async fn supply(sql: &mut Sql, asn: AsnId, sku: SkuId) -> Result<Option<Supply>, Fault> {
    let row = sqlx::query("SELECT * FROM supplies WHERE asn = $1 AND sku = $2")
        .bind(asn.to_string())
        .bind(sku.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_supply).transpose()
}

/// The same, so that nobody sells of it until this transaction ends. (SQLite has one
/// writer.)
pub(in crate::stock) async fn supply_locked(tx: &mut Tx, asn: AsnId, sku: SkuId) -> Result<Option<Supply>, Fault> {
    let text = tx.engine().pick(
        "SELECT * FROM supplies WHERE asn = $1 AND sku = $2",
        "SELECT * FROM supplies WHERE asn = $1 AND sku = $2 FOR UPDATE",
    );
    let row = sqlx::query(text).bind(asn.to_string()).bind(sku.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read_supply).transpose()
}

/// The articles of a delivery.
pub async fn supplies_of(sql: &mut Sql, asn: AsnId) -> Result<Vec<Supply>, Fault> {
    let rows =
        sqlx::query("SELECT * FROM supplies WHERE asn = $1 ORDER BY sku").bind(asn.to_string()).fetch_all(sql).await?;
    rows.iter().map(read_supply).collect()
}

/// What is announced of an article, unsold, and may be sold in a channel; the earliest
/// delivery first.
pub async fn announced(sql: &mut Sql, sku: SkuId, channel: &str) -> Result<Vec<Supply>, Fault> {
    let rows = sqlx::query(
        "SELECT s.* FROM supplies s WHERE s.sku = $1 AND s.expected > 0 AND s.expected > s.pledged AND EXISTS \
         (SELECT 1 FROM sold_ahead a WHERE a.sku = s.sku AND (a.channel = $2 OR a.channel = '*')) \
         ORDER BY s.not_before, s.asn",
    )
    .bind(sku.to_string())
    .bind(channel)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_supply).collect()
}

const SKUS: &[Column] = &[Column::Text("of_sku")];

/// The same of many articles, with each channel that may sell it.
pub async fn supplies_among(tx: &mut Tx, skus: &BTreeSet<SkuId>) -> Result<Vec<(String, Supply)>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let text = "SELECT a.channel, s.asn, s.site, s.sku, s.not_before, s.expected, s.pledged FROM {x} \
                JOIN sold_ahead a ON a.sku = x.of_sku \
                JOIN supplies s ON s.sku = a.sku AND s.expected > 0 AND s.expected > s.pledged";
    let rows = sheet.fetch(tx.sql(), text).await?;
    rows.iter().map(|row| Ok((row.text("channel")?, read_supply(row)?))).collect()
}

/// False if so much of it is not unsold.
pub(in crate::stock) async fn pledge(
    sql: &mut Sql,
    (asn, site, sku): (AsnId, SiteId, SkuId),
    n: i64,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE supplies SET pledged = pledged + $4 \
         WHERE asn = $1 AND site = $2 AND sku = $3 AND expected - pledged >= $4",
    )
    .bind(asn.to_string())
    .bind(site.to_string())
    .bind(sku.to_string())
    .bind(n)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::stock) async fn unpledge(sql: &mut Sql, asn: AsnId, sku: SkuId, n: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE supplies SET pledged = pledged - $3 WHERE asn = $1 AND sku = $2")
        .bind(asn.to_string())
        .bind(sku.to_string())
        .bind(n)
        .execute(sql)
        .await?;
    Ok(())
}

pub(in crate::stock) async fn set_expected(sql: &mut Sql, asn: AsnId, sku: SkuId, expected: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE supplies SET expected = $3 WHERE asn = $1 AND sku = $2")
        .bind(asn.to_string())
        .bind(sku.to_string())
        .bind(expected)
        .execute(sql)
        .await?;
    Ok(())
}

pub(in crate::stock) async fn set_not_before(sql: &mut Sql, asn: AsnId, not_before: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE supplies SET not_before = $2 WHERE asn = $1")
        .bind(asn.to_string())
        .bind(not_before.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// Holds of an article at a site that wait for goods, the oldest order first, kept from
/// other writers until this transaction ends.
pub(in crate::stock) async fn pledged_locked(tx: &mut Tx, site: SiteId, sku: SkuId) -> Result<Vec<Hold>, Fault> {
    let text = tx.engine().pick(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, \
         expires_at, purpose, state FROM holds WHERE site = $1 AND sku = $2 AND pledged > 0 ORDER BY order_id, id",
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, \
         expires_at, purpose, state FROM holds WHERE site = $1 AND sku = $2 AND pledged > 0 ORDER BY order_id, id \
         FOR UPDATE",
    );
    let rows = sqlx::query(text).bind(site.to_string()).bind(sku.to_string()).fetch_all(tx.sql()).await?;
    rows.iter().map(read_hold).collect()
}

/// So much of what a hold waited for is here.
pub(in crate::stock) async fn cover_hold(sql: &mut Sql, id: HoldId, n: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE holds SET pledged = pledged - $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(n)
        .execute(sql)
        .await?;
    Ok(())
}

pub(in crate::stock) async fn set_promise(sql: &mut Sql, id: HoldId, promised_by: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE holds SET promised_by = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(promised_by.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// Sites at which holds wait for an article.
pub(in crate::stock) async fn sites_that_wait(sql: &mut Sql, sku: SkuId) -> Result<Vec<SiteId>, Fault> {
    let rows = sqlx::query("SELECT DISTINCT site FROM supplies WHERE sku = $1 AND expected > 0 AND pledged > 0")
        .bind(sku.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| row.id("site")).collect()
}

/// What of an article is sold before it is here, at each site.
pub async fn pledged_at(sql: &mut Sql, sku: SkuId) -> Result<Vec<(SiteId, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT site, CAST(SUM(pledged) AS BIGINT) AS n FROM supplies \
         WHERE sku = $1 AND expected > 0 AND pledged > 0 GROUP BY site",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("site")?, row.int("n")?))).collect()
}

/// What of an order's lines is not here yet: its holds, and the delivery of each.
pub async fn pledged_of_order(sql: &mut Sql, order: OrderId) -> Result<Vec<(Hold, Supply)>, Fault> {
    let rows = sqlx::query(
        "SELECT h.id, h.order_id, h.line_id, h.quantity, h.posted, h.released, h.supply, h.promised_by, h.expires_at, \
         h.purpose, h.state, h.site, h.sku, h.pledged, s.asn, s.not_before, s.expected, s.pledged AS of_supply \
         FROM holds h JOIN supplies s ON s.asn = h.supply AND s.sku = h.sku \
         WHERE h.order_id = $1 AND h.state = 'open' AND h.pledged > 0 ORDER BY h.id",
    )
    .bind(order.to_string())
    .fetch_all(sql)
    .await?;
    let both = |row: &AnyRow| Ok((read_hold(row)?, Supply { pledged: row.int("of_supply")?, ..read_supply(row)? }));
    rows.iter().map(both).collect()
}

/// Holds that wait for a delivery, the oldest order first.
pub async fn pledges_of(sql: &mut Sql, asn: AsnId) -> Result<Vec<Hold>, Fault> {
    let rows = sqlx::query(
        "SELECT h.id, h.order_id, h.line_id, h.site, h.sku, h.quantity, h.posted, h.released, h.pledged, h.supply, \
         h.promised_by, h.expires_at, h.purpose, h.state FROM supplies s \
         JOIN holds h ON h.site = s.site AND h.sku = s.sku AND h.pledged > 0 AND h.supply = s.asn \
         WHERE s.asn = $1 ORDER BY h.order_id, h.id",
    )
    .bind(asn.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_hold).collect()
}

pub(in crate::stock) async fn pledged_differs(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query(
        "SELECT asn || ' ' || sku AS what FROM ( \
         SELECT asn, sku, pledged AS n FROM supplies WHERE pledged <> 0 UNION ALL \
         SELECT supply, sku, -pledged FROM holds WHERE pledged > 0 \
         ) AS both_sides GROUP BY asn, sku HAVING SUM(n) <> 0",
    )
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| row.text("what")).collect()
}

const CHANNELS: &[Column] = &[Column::Text("sku"), Column::Text("channel")];

pub(in crate::stock) async fn set_sold_ahead(
    tx: &mut Tx,
    sku: SkuId,
    channels: &BTreeSet<String>,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sold_ahead WHERE sku = $1").bind(sku.to_string()).execute(tx.sql()).await?;
    let mut sheet = Sheet::new(tx.engine(), CHANNELS);
    for channel in channels {
        sheet.plain(sku).text(channel);
    }
    sheet.insert(tx.sql(), "sold_ahead").await?;
    Ok(())
}

pub(in crate::stock) async fn sold_ahead(sql: &mut Sql, sku: SkuId) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query("SELECT channel FROM sold_ahead WHERE sku = $1 ORDER BY channel")
        .bind(sku.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| row.text("channel")).collect()
}
