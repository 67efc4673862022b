//! SQL that a desk asks: one article everywhere, its holds, the ledger by question.

use sqlx::any::AnyRow;

use super::{Balance, Ledger, read_balance, read_hold, read_ledger, read_pool};
use crate::{
    kernel::*,
    stock::model::*,
    store::{Engine, Row, Sql, json_list},
};

/// Everything there is of an article at sites, place by place.
pub async fn of_article(sql: &mut Sql, sku: SkuId) -> Result<Vec<Balance>, Fault> {
    let rows = sqlx::query(
        "SELECT site, holder, sku, lot, serial, condition, expiry, pooled, quantity FROM balances \
         WHERE sku = $1 AND site <> '' AND quantity > 0 ORDER BY site, condition, expiry, holder, lot, serial LIMIT 2000",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_balance).collect()
}

/// The pools of many articles.
pub async fn pools_among(sql: &mut Sql, engine: Engine, skus: &[SkuId]) -> Result<Vec<Pool>, Fault> {
    let text = engine.pick(
        "SELECT site, sku, on_hand, held, version FROM pools WHERE sku IN (SELECT value FROM json_each($1)) AND channel = '*' ORDER BY sku, site",
        "SELECT site, sku, on_hand, held, version FROM pools WHERE sku IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) AND channel = '*' ORDER BY sku, site",
    );
    let rows = sqlx::query(text).bind(json_list(skus)).fetch_all(sql).await?;
    rows.iter().map(read_pool).collect()
}

/// How much of many articles each site has in each condition, whoever holds it.
pub async fn sums_among(sql: &mut Sql, engine: Engine, skus: &[SkuId]) -> Result<Vec<Balance>, Fault> {
    let text = engine.pick(
        "SELECT site, '' AS holder, sku, '' AS lot, '' AS serial, condition, '' AS expiry, pooled, \
         CAST(SUM(quantity) AS BIGINT) AS quantity FROM balances \
         WHERE sku IN (SELECT value FROM json_each($1)) AND site <> '' AND quantity > 0 \
         GROUP BY site, sku, condition, pooled",
        "SELECT site, '' AS holder, sku, '' AS lot, '' AS serial, condition, '' AS expiry, pooled, \
         CAST(SUM(quantity) AS BIGINT) AS quantity FROM balances \
         WHERE sku IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) AND site <> '' AND quantity > 0 \
         GROUP BY site, sku, condition, pooled",
    );
    let rows = sqlx::query(text).bind(json_list(skus)).fetch_all(sql).await?;
    rows.iter().map(read_balance).collect()
}

/// Open holds of an article, the next to lapse first.
pub async fn holds_of_article(sql: &mut Sql, sku: SkuId, limit: i64) -> Result<Vec<Hold>, Fault> {
    let rows = sqlx::query(
        "SELECT id, order_id, line_id, site, sku, quantity, posted, released, pledged, supply, promised_by, expires_at, \
         purpose, state FROM holds WHERE sku = $1 AND state = 'open' \
         ORDER BY CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, promised_by, id LIMIT $2",
    )
    .bind(sku.to_string())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_hold).collect()
}

/// Which transfers a desk asks for; what is empty or `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Of this article.
    pub sku: Option<SkuId>,
    /// From or to this site.
    pub site: Option<SiteId>,
    /// Of this kind.
    pub kind: Option<TransferKind>,
    /// From or to this account, or on behalf of it.
    pub about: String,
}

/// Transfers that a desk asks for, newest first, before a cursor.
pub async fn ledger(sql: &mut Sql, asked: &Question, before: &str, limit: i64) -> Result<Vec<Ledger>, Fault> {
    let rows = sqlx::query(
        "SELECT id, at, kind, sku, lot, serial, quantity, from_site, from_holder, from_condition, to_site, \
         to_holder, to_condition, hold, reason, reference, actor FROM transfers \
         WHERE ($1 = '' OR sku = $1) AND ($2 = '' OR from_site = $2 OR to_site = $2) AND ($3 = '' OR kind = $3) \
         AND ($4 = '' OR from_holder = $4 OR to_holder = $4 OR reference = $4 OR hold = $4) \
         AND ($5 = '' OR id < $5) ORDER BY id DESC LIMIT $6",
    )
    .bind(asked.sku.map_or_else(String::new, |sku| sku.to_string()))
    .bind(asked.site.map_or_else(String::new, |site| site.to_string()))
    .bind(asked.kind.map_or("", TransferKind::as_str))
    .bind(&asked.about)
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_ledger).collect()
}

/// How many transfers of each kind there are since a moment.
pub async fn transfer_counts(sql: &mut Sql, since: Time) -> Result<Vec<(TransferKind, i64)>, Fault> {
    let rows = sqlx::query("SELECT kind, COUNT(*) AS n FROM transfers WHERE at >= $1 GROUP BY kind ORDER BY kind")
        .bind(since.ms())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row: &AnyRow| Ok((row.word("kind")?, row.int("n")?))).collect()
}
