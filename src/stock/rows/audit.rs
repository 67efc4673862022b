//! SQL that compares the ledger with itself: each statement names what differs.

use sqlx::any::AnyRow;

use crate::{
    kernel::Fault,
    store::{Engine, Row, Sql},
};

fn texts(rows: &[AnyRow]) -> Result<Vec<String>, Fault> {
    rows.iter().map(|row| row.text("what")).collect()
}

pub async fn unbalanced(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query(
        "SELECT sku || ' ' || CAST(SUM(quantity) AS TEXT) AS what FROM balances GROUP BY sku HAVING SUM(quantity) <> 0",
    )
    .fetch_all(sql)
    .await?;
    texts(&rows)
}

pub(in crate::stock) async fn pool_differs(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query(
        "SELECT p.site || ' ' || p.sku AS what FROM pools p LEFT JOIN \
         (SELECT site, sku, SUM(quantity) AS n FROM balances WHERE pooled = 1 AND condition = 'sellable' \
          GROUP BY site, sku) b ON b.site = p.site AND b.sku = p.sku \
         WHERE p.on_hand <> COALESCE(b.n, 0)",
    )
    .fetch_all(sql)
    .await?;
    texts(&rows)
}

/// Orders that wait on the roll hold goods as well.
pub(in crate::stock) async fn held_differs(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let text = Engine::of_connection(sql).pick(
        "SELECT p.site || ' ' || p.sku AS what FROM pools p LEFT JOIN \
         (SELECT site, sku, SUM(n) AS n FROM ( \
            SELECT site, sku, quantity - posted - released - pledged AS n FROM holds WHERE state = 'open' \
            UNION ALL \
            SELECT g.value ->> 0, g.value ->> 1, g.value ->> 2 FROM till_roll, json_each(till_roll.goods) AS g \
          ) AS held GROUP BY site, sku) h ON h.site = p.site AND h.sku = p.sku \
         WHERE p.held <> COALESCE(h.n, 0)",
        "SELECT p.site || ' ' || p.sku AS what FROM pools p LEFT JOIN \
         (SELECT site, sku, SUM(n) AS n FROM ( \
            SELECT site, sku, quantity - posted - released - pledged AS n FROM holds WHERE state = 'open' \
            UNION ALL \
            SELECT g.value ->> 0, g.value ->> 1, CAST(g.value ->> 2 AS BIGINT) \
            FROM till_roll, jsonb_array_elements(CAST(till_roll.goods AS JSONB)) AS g(value) \
          ) AS held GROUP BY site, sku) h ON h.site = p.site AND h.sku = p.sku \
         WHERE p.held <> COALESCE(h.n, 0)",
    );
    let rows = sqlx::query(text).fetch_all(sql).await?;
    texts(&rows)
}

/// Replays every posted transfer and compares with the accounts.
pub(in crate::stock) async fn replay_differs(sql: &mut Sql) -> Result<Vec<String>, Fault> {
    let rows = sqlx::query(
        "SELECT site || ' ' || holder || ' ' || sku AS what FROM ( \
           SELECT site, holder, sku, lot, serial, condition, owner, quantity AS n FROM balances \
           UNION ALL \
           SELECT from_site, from_holder, sku, lot, serial, from_condition, owner, quantity FROM transfers \
             WHERE kind IN ('post', 'move') \
           UNION ALL \
           SELECT to_site, to_holder, sku, lot, serial, to_condition, owner, -quantity FROM transfers \
             WHERE kind IN ('post', 'move') \
         ) AS replay GROUP BY site, holder, sku, lot, serial, condition, owner HAVING SUM(n) <> 0",
    )
    .fetch_all(sql)
    .await?;
    texts(&rows)
}

/// Units that are promised and not there; the database's `CHECK` keeps this at 0.
pub async fn oversold(sql: &mut Sql) -> Result<i64, Fault> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(h.n - p.on_hand), 0) AS BIGINT) AS n FROM pools p JOIN \
         (SELECT site, sku, SUM(quantity - posted - released - pledged) AS n FROM holds WHERE state = 'open' \
          GROUP BY site, sku) h ON h.site = p.site AND h.sku = p.sku WHERE h.n > p.on_hand",
    )
    .fetch_one(sql)
    .await?;
    row.int("n")
}
