//! All SQL of payments.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Engine, Row, Sql, Tx, bulk::Column, json_list},
};

const COLUMNS: &[Column] = &[
    Column::Text("id"),
    Column::Text("order_id"),
    Column::Text("method"),
    Column::Text("state"),
    Column::Text("reference"),
    Column::Int("authorised_minor"),
    Column::Int("captured_minor"),
    Column::Int("refunded_minor"),
    Column::Int("collected_minor"),
    Column::Int("created_at"),
];

/// Adds payments that were tried already.
pub async fn add_all<'a>(tx: &mut Tx, payments: impl Iterator<Item = &'a Payment>) -> Result<(), Fault> {
    let now = tx.now().ms();
    let mut sheet = tx.sheet(COLUMNS);
    for one in payments {
        sheet.plain(one.id).plain(one.order).plain(one.method.as_str()).plain(one.state.as_str());
        sheet.text(&one.reference).int(one.authorised_minor).int(one.captured_minor);
        sheet.int(one.refunded_minor).int(one.collected_minor).int(now);
    }
    tx.insert(sheet, "payments").await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Payment, Fault> {
    Ok(Payment {
        id: row.id("id")?,
        order: row.id("order_id")?,
        method: row.word("method")?,
        state: row.word("state")?,
        reference: row.text("reference")?,
        authorised_minor: row.int("authorised_minor")?,
        captured_minor: row.int("captured_minor")?,
        refunded_minor: row.int("refunded_minor")?,
        collected_minor: row.int("collected_minor")?,
    })
}

pub(super) async fn add(sql: &mut Sql, payment: &Payment, now: Time) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO payments (id, order_id, method, state, reference, authorised_minor, captured_minor, \
         refunded_minor, collected_minor, created_at) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6)",
    )
    .bind(payment.id.to_string())
    .bind(payment.order.to_string())
    .bind(payment.method.as_str())
    .bind(payment.state.as_str())
    .bind(&payment.reference)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn save(sql: &mut Sql, payment: &Payment) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE payments SET state = $2, reference = $3, authorised_minor = $4, captured_minor = $5, \
         refunded_minor = $6, collected_minor = $7 WHERE id = $1",
    )
    .bind(payment.id.to_string())
    .bind(payment.state.as_str())
    .bind(&payment.reference)
    .bind(payment.authorised_minor)
    .bind(payment.captured_minor)
    .bind(payment.refunded_minor)
    .bind(payment.collected_minor)
    .execute(sql)
    .await?;
    Ok(())
}

/// The payment of an order.
pub async fn of_order(sql: &mut Sql, order: OrderId) -> Result<Option<Payment>, Fault> {
    let row = sqlx::query("SELECT * FROM payments WHERE order_id = $1 ORDER BY id DESC LIMIT 1")
        .bind(order.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The payments of many orders, oldest first.
pub async fn of_orders(sql: &mut Sql, engine: Engine, orders: &[OrderId]) -> Result<Vec<Payment>, Fault> {
    let text = engine.pick(
        "SELECT * FROM payments WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY id",
        "SELECT * FROM payments WHERE order_id IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) ORDER BY id",
    );
    let rows = sqlx::query(text).bind(json_list(orders)).fetch_all(sql).await?;
    rows.iter().map(read).collect()
}

/// [`of_order`], keeping other writers out until this transaction ends.
pub(super) async fn of_order_locked(tx: &mut Tx, order: OrderId) -> Result<Option<Payment>, Fault> {
    let text = tx.engine().pick(
        "SELECT * FROM payments WHERE order_id = $1 ORDER BY id DESC LIMIT 1",
        "SELECT * FROM payments WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR UPDATE",
    );
    let row = sqlx::query(text).bind(order.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// What an order was worth before it lapsed.
pub(super) async fn lapsed_value(sql: &mut Sql, order: OrderId) -> Result<i64, Fault> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(unit_price_minor * ordered - discount_minor), 0) AS BIGINT) + \
         (SELECT shipping_minor FROM orders WHERE id = $1) AS worth FROM order_lines WHERE order_id = $1",
    )
    .bind(order.to_string())
    .fetch_one(sql)
    .await?;
    row.int("worth")
}
