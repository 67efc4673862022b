//! SQL that a desk and the director's board ask: orders by question, and what
//! became of promises.

use std::collections::HashMap;

use sqlx::any::AnyRow;

use super::{read_fulfilment, read_line, read_order};
use crate::{
    kernel::*,
    orders::model::*,
    store::{Engine, Row, Sql, json_list},
};

/// Which orders a desk asks for; what is empty or `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A state; `open` and `ended` stand for those that go on and those that do not.
    pub state: String,
    /// Of which this site ships a part.
    pub site: Option<SiteId>,
    /// Sold there.
    pub channel: String,
    /// The beginning of its number, or of the channel's own number.
    pub text: String,
    /// That has this article.
    pub sku: Option<SkuId>,
    /// Promised by then or earlier.
    pub promised_by: Option<Time>,
}

macro_rules! wanted {
    ($what:literal, $tail:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM orders o WHERE ($1 = '' OR o.state = $1 \
             OR ($1 = 'open' AND o.state IN ('placed', 'accepted', 'on_hold')) \
             OR ($1 = 'ended' AND o.state IN ('delivered', 'cancelled'))) \
             AND ($2 = '' OR EXISTS (SELECT 1 FROM fulfilments f WHERE f.order_id = o.id AND f.site = $2)) \
             AND ($3 = '' OR o.channel = $3) \
             AND ($4 = '' OR UPPER(o.number) LIKE $4 ESCAPE '!' OR UPPER(o.external_id) LIKE $4 ESCAPE '!' \
             OR UPPER(o.id) LIKE $4 ESCAPE '!' \
             OR EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.sku = $5)) \
             AND ($6 < 0 OR o.promised_by <= $6) ",
            $tail
        )
    };
}

fn bound(text: &'static str, filter: &Filter) -> sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments> {
    let plain: String = filter.text.trim().to_uppercase().chars().filter(|c| !matches!(c, '%' | '_' | '!')).collect();
    let like = if plain.is_empty() { plain } else { format!("{plain}%") };
    sqlx::query(text)
        .bind(filter.state.clone())
        .bind(filter.site.map_or_else(String::new, |site| site.to_string()))
        .bind(filter.channel.clone())
        .bind(like)
        .bind(filter.sku.map_or_else(String::new, |sku| sku.to_string()))
        .bind(filter.promised_by.map_or(-1, Time::ms))
}

/// The newest orders that a desk asks for, before a cursor (empty: from the newest).
pub async fn search(sql: &mut Sql, filter: &Filter, before: &str, limit: i64) -> Result<Vec<Order>, Fault> {
    let text = wanted!("o.*", "AND ($7 = '' OR o.id < $7) ORDER BY o.id DESC LIMIT $8");
    let rows = bound(text, filter).bind(before).bind(limit).fetch_all(sql).await?;
    rows.iter().map(read_order).collect()
}

/// How many there are.
pub async fn count(sql: &mut Sql, filter: &Filter) -> Result<i64, Fault> {
    bound(wanted!("COUNT(*) AS n", ""), filter).fetch_one(sql).await?.int("n")
}

/// What became of promises: one row for each hour in which some end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Begin of the hour.
    pub hour: Time,
    /// Promised for it, and not cancelled.
    pub promised: i64,
    /// Delivered in time.
    pub kept: i64,
    /// Delivered late, or not delivered and past its promise.
    pub late: i64,
}

/// What became of the promises that end from `from` until `to`, of the orders that a
/// site ships a part of, or of all.
pub async fn kept(
    sql: &mut Sql,
    site: Option<SiteId>,
    (from, to): (Time, Time),
    now: Time,
) -> Result<Vec<Kept>, Fault> {
    let rows = sqlx::query(
        "SELECT o.promised_by / 3600000 AS hour, COUNT(*) AS promised, \
         CAST(SUM(CASE WHEN o.state = 'delivered' AND o.ended_at <= o.promised_by THEN 1 ELSE 0 END) AS BIGINT) AS kept, \
         CAST(SUM(CASE WHEN COALESCE(o.ended_at, $4) > o.promised_by THEN 1 ELSE 0 END) AS BIGINT) AS late \
         FROM orders o WHERE o.promised_by >= $1 AND o.promised_by < $2 AND o.state <> 'cancelled' \
         AND ($3 = '' OR EXISTS (SELECT 1 FROM fulfilments f WHERE f.order_id = o.id AND f.site = $3)) \
         GROUP BY o.promised_by / 3600000 ORDER BY hour",
    )
    .bind(from.ms())
    .bind(to.ms())
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(now.ms())
    .fetch_all(sql)
    .await?;
    let read = |row: &AnyRow| {
        Ok(Kept {
            hour: Time::from_ms(row.int("hour")? * 3_600_000),
            promised: row.int("promised")?,
            kept: row.int("kept")?,
            late: row.int("late")?,
        })
    };
    rows.iter().map(read).collect()
}

/// From click to door of the orders delivered since a moment, in ms, shortest first.
pub async fn click_to_door(sql: &mut Sql, site: Option<SiteId>, since: Time) -> Result<Vec<i64>, Fault> {
    let rows = sqlx::query(
        "SELECT o.ended_at - o.placed_at AS took FROM orders o WHERE o.state = 'delivered' AND o.ended_at >= $1 \
         AND ($2 = '' OR EXISTS (SELECT 1 FROM fulfilments f WHERE f.order_id = o.id AND f.site = $2)) \
         ORDER BY took LIMIT 100000",
    )
    .bind(since.ms())
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| row.int("took")).collect()
}

/// Orders placed in each hour since a moment: begin of the hour and count.
pub async fn placed_by_hour(sql: &mut Sql, site: Option<SiteId>, since: Time) -> Result<Vec<(Time, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT o.placed_at / 3600000 AS hour, COUNT(*) AS n FROM orders o WHERE o.placed_at >= $1 \
         AND ($2 = '' OR EXISTS (SELECT 1 FROM fulfilments f WHERE f.order_id = o.id AND f.site = $2)) \
         GROUP BY o.placed_at / 3600000 ORDER BY hour",
    )
    .bind(since.ms())
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((Time::from_ms(row.int("hour")? * 3_600_000), row.int("n")?))).collect()
}

/// Where orders were sold, each channel once.
pub async fn channels(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query("SELECT DISTINCT channel FROM orders ORDER BY channel LIMIT 50").fetch_all(sql).await?;
    rows.iter().map(|row| row.text("channel")).collect()
}

/// The order of a line: its id and number.
pub async fn order_of_line(sql: &mut Sql, line: LineId) -> Result<Option<(OrderId, String)>, Fault> {
    let row =
        sqlx::query("SELECT o.id, o.number FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.id = $1")
            .bind(line.to_string())
            .fetch_optional(sql)
            .await?;
    row.map(|row| Ok((row.id("id")?, row.text("number")?))).transpose()
}

/// The channels of many orders.
pub async fn channels_among(
    sql: &mut Sql,
    engine: Engine,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, String>, Fault> {
    let text = engine.pick(
        "SELECT id, channel FROM orders WHERE id IN (SELECT value FROM json_each($1))",
        "SELECT id, channel FROM orders WHERE id IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)))",
    );
    let rows = sqlx::query(text).bind(json_list(orders)).fetch_all(sql).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.text("channel")?))).collect()
}

/// The lines of many orders, in the order of each.
pub async fn lines_among(sql: &mut Sql, engine: Engine, orders: &[OrderId]) -> Result<Vec<Line>, Fault> {
    let text = engine.pick(
        "SELECT * FROM order_lines WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, seq",
        "SELECT * FROM order_lines WHERE order_id IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) ORDER BY order_id, seq",
    );
    let rows = sqlx::query(text).bind(json_list(orders)).fetch_all(sql).await?;
    rows.iter().map(read_line).collect()
}

/// The parts of many orders, in the order of each.
pub async fn fulfilments_among(sql: &mut Sql, engine: Engine, orders: &[OrderId]) -> Result<Vec<Fulfilment>, Fault> {
    let text = engine.pick(
        "SELECT * FROM fulfilments WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, id",
        "SELECT * FROM fulfilments WHERE order_id IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) ORDER BY order_id, id",
    );
    let rows = sqlx::query(text).bind(json_list(orders)).fetch_all(sql).await?;
    rows.iter().map(read_fulfilment).collect()
}

/// Articles that a site shipped together, or will, in orders due after `since`: the
/// latest parts, at most `limit` of them.
pub async fn baskets(sql: &mut Sql, site: SiteId, since: Time, limit: i64) -> Result<Vec<Vec<SkuId>>, Fault> {
    let rows = sqlx::query(
        "SELECT l.fulfilment, l.sku FROM fulfilment_lines l JOIN (SELECT id FROM fulfilments WHERE site = $1 \
         AND state IN ('open', 'released', 'picked', 'packed', 'shipped', 'closed') AND due_at > $2 \
         ORDER BY due_at DESC, id LIMIT $3) f ON f.id = l.fulfilment \
         WHERE l.quantity > l.dropped ORDER BY l.fulfilment, l.sku",
    )
    .bind(site.to_string())
    .bind(since.ms())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    let mut baskets: Vec<(FulfilmentId, Vec<SkuId>)> = Vec::new();
    for row in &rows {
        let (part, sku) = (row.id("fulfilment")?, row.id("sku")?);
        match baskets.last_mut() {
            Some((same, basket)) if *same == part => basket.push(sku),
            _ => baskets.push((part, vec![sku])),
        }
    }
    Ok(baskets.into_iter().map(|(_, basket)| basket).collect())
}
