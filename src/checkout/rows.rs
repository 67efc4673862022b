//! SQL of the terms of purchase. Deliberately absent: what they mean.

use std::collections::{BTreeSet, HashMap};

use super::terms::{Limit, Quota, Terms, Use};
use crate::{
    kernel::*,
    store::{
        Engine, Row, Sql, Tx,
        bulk::{Column, Sheet},
    },
};

const SKUS: &[Column] = &[Column::Text("of_sku")];

/// Limits and quotas of articles; nothing is used yet.
pub(super) async fn terms(tx: &mut Tx, skus: impl Iterator<Item = SkuId>) -> Result<Terms, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT l.sku, '' AS grp, l.per_order AS a, l.per_period AS b, l.period_ms AS c FROM {x} \
             JOIN purchase_limits l ON l.sku = x.of_sku UNION ALL \
             SELECT q.sku, q.grp, q.quantity, 0, q.ends_at FROM {x} JOIN quotas q ON q.sku = x.of_sku",
        )
        .await?;
    let mut terms = Terms::default();
    for row in rows {
        let (sku, group) = (row.id("sku")?, row.text("grp")?);
        if group.is_empty() {
            let (per_order, per_period) = (row.opt_int("a")?, row.opt_int("b")?);
            terms.limits.insert(sku, Limit { per_order, per_period, period_ms: row.int("c")? });
        } else {
            let quota = Quota { group, quantity: row.int("a")?, ends_at: row.time("c")?, taken: 0 };
            terms.quotas.entry(sku).or_default().push(quota);
        }
    }
    Ok(terms)
}

/// PostgreSQL: whoever serves an article with quotas waits for the one before.
pub(super) async fn lock_quotas(tx: &mut Tx, skus: &BTreeSet<SkuId>) -> Result<(), Fault> {
    if tx.engine() == Engine::Sqlite || skus.is_empty() {
        return Ok(());
    }
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let lock = "SELECT 1 AS one FROM {x} JOIN quotas q ON q.sku = x.of_sku ORDER BY q.sku, q.grp FOR UPDATE OF q";
    sheet.fetch(tx.sql(), lock).await?;
    Ok(())
}

const BOOKS: &[Column] = &[Column::Text("sku"), Column::Text("buyer"), Column::Int("version")];

/// PostgreSQL: whoever serves a buyer of a limited article waits for the one before.
pub(super) async fn lock_books(tx: &mut Tx, books: &BTreeSet<(SkuId, String)>) -> Result<(), Fault> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let mut sheet = Sheet::new(tx.engine(), BOOKS);
    for (sku, buyer) in books {
        sheet.plain(sku).text(buyer).int(1);
    }
    let conflict = "ON CONFLICT (sku, buyer) DO UPDATE SET version = purchase_books.version + 1";
    sheet.upsert(tx.sql(), "purchase_books", conflict).await?;
    Ok(())
}

const ASKED: &[Column] = &[Column::Text("of_sku"), Column::Text("of_buyer"), Column::Int("since")];

/// What buyers have of articles since a moment each: what their orders still want or
/// got, and what their holds still keep or handed over.
pub(super) async fn used(tx: &mut Tx, asked: &[(SkuId, String, Time)]) -> Result<HashMap<(SkuId, String), i64>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), ASKED);
    for (sku, buyer, since) in asked {
        sheet.plain(sku).text(buyer).int(since.ms());
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT t.sku, t.buyer, CAST(SUM(t.n) AS BIGINT) AS n FROM ( \
             SELECT u.sku, u.buyer, COALESCE(l.ordered - l.cancelled, u.unposted) AS n FROM {x} \
             JOIN purchase_uses u ON u.sku = x.of_sku AND u.buyer = x.of_buyer AND u.at > x.since \
             LEFT JOIN order_lines l ON l.order_id = u.reference AND l.sku = u.sku UNION ALL \
             SELECT u.sku, u.buyer, h.quantity - h.released FROM {x} \
             JOIN purchase_uses u ON u.sku = x.of_sku AND u.buyer = x.of_buyer AND u.at > x.since \
             JOIN holds h ON h.id = u.reference) t GROUP BY t.sku, t.buyer",
        )
        .await?;
    rows.iter().map(|row| Ok(((row.id("sku")?, row.text("buyer")?), row.int("n")?))).collect()
}

/// How much of each quota is taken.
pub(super) async fn taken(
    tx: &mut Tx,
    skus: impl Iterator<Item = SkuId>,
) -> Result<HashMap<(SkuId, String), i64>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SKUS);
    for sku in skus {
        sheet.plain(sku);
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT t.sku, t.grp, CAST(SUM(CASE WHEN t.n < t.most THEN t.n ELSE t.most END) AS BIGINT) AS n FROM ( \
             SELECT u.sku, u.grp, SUM(COALESCE(l.ordered - l.cancelled, u.unposted)) AS n, u.grp_quantity AS most \
             FROM {x} JOIN purchase_uses u ON u.sku = x.of_sku AND u.grp <> '' \
             LEFT JOIN order_lines l ON l.order_id = u.reference AND l.sku = u.sku \
             GROUP BY u.sku, u.grp, u.reference, u.buyer, u.grp_quantity UNION ALL \
             SELECT u.sku, u.grp, h.quantity - h.released, u.grp_quantity FROM {x} \
             JOIN purchase_uses u ON u.sku = x.of_sku AND u.grp <> '' \
             JOIN holds h ON h.id = u.reference) t GROUP BY t.sku, t.grp",
        )
        .await?;
    rows.iter().map(|row| Ok(((row.id("sku")?, row.text("grp")?), row.int("n")?))).collect()
}

const MEMBERS: &[Column] = &[Column::Text("of_member")];

/// Groups of members.
pub(super) async fn groups(
    tx: &mut Tx,
    members: impl Iterator<Item = &str>,
) -> Result<HashMap<String, BTreeSet<String>>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), MEMBERS);
    for member in members {
        sheet.text(member);
    }
    let text = "SELECT DISTINCT g.member, g.grp FROM {x} JOIN buyer_groups g ON g.member = x.of_member";
    let mut groups: HashMap<String, BTreeSet<String>> = HashMap::new();
    for row in sheet.fetch(tx.sql(), text).await? {
        groups.entry(row.text("member")?).or_default().insert(row.text("grp")?);
    }
    Ok(groups)
}

const USES: &[Column] = &[
    Column::Text("reference"),
    Column::Text("sku"),
    Column::Text("buyer"),
    Column::Text("grp"),
    Column::Int("grp_quantity"),
    Column::Int("unposted"),
    Column::Int("at"),
];

/// Notes purchases, each under its order or hold; `on_roll` if the lines of the order
/// that tell how much it is come later.
pub(super) async fn add_uses(tx: &mut Tx, uses: &[(String, Use)], on_roll: bool) -> Result<(), Fault> {
    let now = tx.now().ms();
    let mut sheet = Sheet::new(tx.engine(), USES);
    for (reference, one) in uses {
        sheet.plain(reference).plain(one.sku).text(&one.buyer).text(&one.group).int(one.group_quantity);
        sheet.int(if on_roll { one.quantity } else { 0 }).int(now);
    }
    sheet.insert(tx.sql(), "purchase_uses").await?;
    Ok(())
}

/// Who bought an article with an order; `None` if no term concerned it then.
pub(super) async fn buyer_of(sql: &mut Sql, order: OrderId, sku: SkuId) -> Result<Option<String>, Fault> {
    let row = sqlx::query("SELECT buyer FROM purchase_uses WHERE reference = $1 AND sku = $2")
        .bind(order.to_string())
        .bind(sku.to_string())
        .fetch_optional(sql)
        .await?;
    row.map(|row| row.text("buyer")).transpose()
}

pub(super) async fn set_limit(sql: &mut Sql, sku: SkuId, limit: &Limit) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO purchase_limits (sku, per_order, per_period, period_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (sku) DO UPDATE SET per_order = excluded.per_order, per_period = excluded.per_period, \
         period_ms = excluded.period_ms",
    )
    .bind(sku.to_string())
    .bind(limit.per_order)
    .bind(limit.per_period)
    .bind(limit.period_ms)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn set_quotas(sql: &mut Sql, sku: SkuId, quotas: &[Quota]) -> Result<(), Fault> {
    sqlx::query("DELETE FROM quotas WHERE sku = $1").bind(sku.to_string()).execute(&mut *sql).await?;
    for quota in quotas {
        sqlx::query("INSERT INTO quotas (sku, grp, quantity, ends_at) VALUES ($1, $2, $3, $4)")
            .bind(sku.to_string())
            .bind(&quota.group)
            .bind(quota.quantity)
            .bind(quota.ends_at.ms())
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}

pub(super) async fn set_group(sql: &mut Sql, group: &str, members: &BTreeSet<String>) -> Result<(), Fault> {
    sqlx::query("DELETE FROM buyer_groups WHERE grp = $1").bind(group).execute(&mut *sql).await?;
    for member in members {
        sqlx::query("INSERT INTO buyer_groups (grp, member) VALUES ($1, $2)")
            .bind(group)
            .bind(member)
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}

pub(super) async fn members(sql: &mut Sql, group: &str) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query("SELECT member FROM buyer_groups WHERE grp = $1 ORDER BY member")
        .bind(group)
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| row.text("member")).collect()
}
