//! All SQL of orders. Quantities move by deltas; the database's `CHECK`s refuse
//! what cannot be.

mod bulk;
mod desk;

use sqlx::any::AnyRow;

pub use bulk::{add_opened, known_externals};
pub(super) use bulk::{lock, shift_lines, shift_parts};
pub use desk::*;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read_order(row: &AnyRow) -> Result<Order, Fault> {
    Ok(Order {
        id: row.id("id")?,
        number: row.text("number")?,
        channel: row.text("channel")?,
        external_id: row.opt_text("external_id")?,
        state: row.word("state")?,
        hold_reason: row.opt_text("hold_reason")?,
        contact: row.id("contact")?,
        address: row.id("address")?,
        coord: row.coord()?,
        mode: row.word("mode")?,
        service: row.text("service")?,
        pickup_site: row.opt_word("pickup_site")?,
        window_from: row.time("window_from")?,
        window_to: row.time("window_to")?,
        promised_by: row.time("promised_by")?,
        short_policy: row.word("short_policy")?,
        note: row.text("note")?,
        currency: row.text("currency")?,
        shipping_minor: row.int("shipping_minor")?,
        delivery_pin: row.text("delivery_pin")?,
        shopper: row.opt_word("shopper")?,
        placed_at: row.time("placed_at")?,
        ended_at: row.opt_time("ended_at")?,
        version: row.int("version")?,
    })
}

pub(super) async fn add_order(sql: &mut Sql, order: &Order) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO orders (id, number, channel, external_id, state, contact, address, lat, lon, mode, service, \
         pickup_site, window_from, window_to, promised_by, short_policy, note, currency, shipping_minor, \
         delivery_pin, shopper, placed_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1)",
    )
    .bind(order.id.to_string())
    .bind(&order.number)
    .bind(&order.channel)
    .bind(order.external_id.as_deref())
    .bind(order.state.as_str())
    .bind(order.contact.to_string())
    .bind(order.address.to_string())
    .bind(order.coord.lat)
    .bind(order.coord.lon)
    .bind(order.mode.as_str())
    .bind(&order.service)
    .bind(order.pickup_site.map(|site| site.to_string()))
    .bind(order.window_from.ms())
    .bind(order.window_to.ms())
    .bind(order.promised_by.ms())
    .bind(order.short_policy.as_str())
    .bind(&order.note)
    .bind(&order.currency)
    .bind(order.shipping_minor)
    .bind(&order.delivery_pin)
    .bind(order.shopper.map(|user| user.to_string()))
    .bind(order.placed_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// By id.
pub async fn by_id(sql: &mut Sql, id: OrderId) -> Result<Option<Order>, Fault> {
    let row = sqlx::query("SELECT * FROM orders WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_order).transpose()
}

/// By the short number.
pub async fn by_number(sql: &mut Sql, number: &str) -> Result<Option<Order>, Fault> {
    let row = sqlx::query("SELECT * FROM orders WHERE number = $1").bind(number).fetch_optional(sql).await?;
    row.as_ref().map(read_order).transpose()
}

/// By the channel's own number.
pub async fn by_external(sql: &mut Sql, channel: &str, external: &str) -> Result<Option<Order>, Fault> {
    let row = sqlx::query("SELECT * FROM orders WHERE channel = $1 AND external_id = $2")
        .bind(channel)
        .bind(external)
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_order).transpose()
}

/// The newest orders before a cursor (empty: from the newest), of one state or all.
pub async fn latest(sql: &mut Sql, state: &str, before: &str, limit: i64) -> Result<Vec<Order>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM orders WHERE ($1 = '' OR state = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(state)
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_order).collect()
}

/// The same for a reader who may see one channel only (`None`: all), or only orders
/// that one of these sites ships a part of (`None`: all).
pub async fn latest_for(
    sql: &mut Sql,
    state: &str,
    channel: Option<&str>,
    sites: Option<&[SiteId]>,
    before: &str,
    limit: i64,
) -> Result<Vec<Order>, Fault> {
    let named = |sites: &[SiteId]| sites.iter().map(|site| format!(" {site}")).collect::<String>();
    let rows = sqlx::query(
        "SELECT * FROM orders WHERE ($1 = '' OR state = $1) AND ($2 = '' OR id < $2) AND ($4 = '*' OR channel = $5) \
         AND ($6 = '*' OR EXISTS (SELECT 1 FROM fulfilments WHERE fulfilments.order_id = orders.id \
         AND $6 LIKE '% ' || fulfilments.site || '%')) ORDER BY id DESC LIMIT $3",
    )
    .bind(state)
    .bind(before)
    .bind(limit)
    .bind(channel.map_or("*", |_| ""))
    .bind(channel.unwrap_or_default())
    .bind(sites.map_or_else(|| "*".to_owned(), named))
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_order).collect()
}

/// A shopper's own orders, newest first.
pub async fn orders_of_shopper(sql: &mut Sql, shopper: UserId, limit: i64) -> Result<Vec<Order>, Fault> {
    let rows = sqlx::query("SELECT * FROM orders WHERE shopper = $1 ORDER BY id DESC LIMIT $2")
        .bind(shopper.to_string())
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_order).collect()
}

/// Steps an order from one of two states to another; false if it is in neither.
pub(super) async fn step_order(
    sql: &mut Sql,
    id: OrderId,
    from: [OrderState; 2],
    to: OrderState,
    reason: Option<&str>,
    ended_at: Option<Time>,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE orders SET state = $2, hold_reason = $3, ended_at = $4, version = version + 1 \
         WHERE id = $1 AND (state = $5 OR state = $6)",
    )
    .bind(id.to_string())
    .bind(to.as_str())
    .bind(reason)
    .bind(ended_at.map(Time::ms))
    .bind(from[0].as_str())
    .bind(from[1].as_str())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_address(sql: &mut Sql, id: OrderId, address: AddressId, coord: Coord) -> Result<(), Fault> {
    sqlx::query("UPDATE orders SET address = $2, lat = $3, lon = $4, version = version + 1 WHERE id = $1")
        .bind(id.to_string())
        .bind(address.to_string())
        .bind(coord.lat)
        .bind(coord.lon)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn set_promise(sql: &mut Sql, id: OrderId, promised_by: Time) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE orders SET promised_by = $2, window_to = CASE WHEN window_to < $2 THEN $2 ELSE window_to END, \
         version = version + 1 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(promised_by.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// Another window, and another promise.
pub(super) async fn set_window(sql: &mut Sql, id: OrderId, window: (Time, Time), by: Time) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE orders SET window_from = $2, window_to = $3, promised_by = $4, version = version + 1 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(window.0.ms())
    .bind(window.1.ms())
    .bind(by.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// When a part must leave.
pub(super) async fn set_due(sql: &mut Sql, id: FulfilmentId, due_at: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE fulfilments SET due_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(due_at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

fn read_line(row: &AnyRow) -> Result<Line, Fault> {
    Ok(Line {
        id: row.id("id")?,
        order: row.id("order_id")?,
        seq: row.int("seq")?,
        external_line_id: row.opt_text("external_line_id")?,
        parent_line: row.opt_word("parent_line")?,
        sku: row.id("sku")?,
        unit_price_minor: row.int("unit_price_minor")?,
        discount_minor: row.int("discount_minor")?,
        tax_minor: row.int("tax_minor")?,
        ordered: row.int("ordered")?,
        held: row.int("held")?,
        released: row.int("released")?,
        picked: row.int("picked")?,
        packed: row.int("packed")?,
        shipped: row.int("shipped")?,
        delivered: row.int("delivered")?,
        cancelled: row.int("cancelled")?,
        returned: row.int("returned")?,
        refunded: row.int("refunded")?,
    })
}

pub(super) async fn add_line(sql: &mut Sql, id: LineId, order: OrderId, seq: i64, line: &NewLine) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO order_lines (id, order_id, seq, external_line_id, parent_line, sku, unit_price_minor, \
         discount_minor, tax_minor, ordered, held, released, picked, packed, shipped, delivered, cancelled, \
         returned, refunded) VALUES ($1, $2, $3, $4, NULL, $5, $6, 0, 0, $7, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
    )
    .bind(id.to_string())
    .bind(order.to_string())
    .bind(seq)
    .bind(line.external_line_id.as_deref())
    .bind(line.sku.to_string())
    .bind(line.unit_price_minor)
    .bind(line.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// The lines of an order, in its order.
pub async fn lines(sql: &mut Sql, order: OrderId) -> Result<Vec<Line>, Fault> {
    let rows = sqlx::query("SELECT * FROM order_lines WHERE order_id = $1 ORDER BY seq")
        .bind(order.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_line).collect()
}

/// Changes of a line's quantities.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delta {
    pub held: i64,
    pub released: i64,
    pub picked: i64,
    pub packed: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub cancelled: i64,
    pub returned: i64,
}

/// Wants more of a line.
pub(super) async fn raise_line(sql: &mut Sql, line: LineId, more: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE order_lines SET ordered = ordered + $2 WHERE id = $1")
        .bind(line.to_string())
        .bind(more)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn shift_line(sql: &mut Sql, line: LineId, delta: Delta) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE order_lines SET held = held + $2, released = released + $3, picked = picked + $4, \
         packed = packed + $5, shipped = shipped + $6, delivered = delivered + $7, cancelled = cancelled + $8, \
         returned = returned + $9 WHERE id = $1",
    )
    .bind(line.to_string())
    .bind(delta.held)
    .bind(delta.released)
    .bind(delta.picked)
    .bind(delta.packed)
    .bind(delta.shipped)
    .bind(delta.delivered)
    .bind(delta.cancelled)
    .bind(delta.returned)
    .execute(sql)
    .await?;
    Ok(())
}

fn read_fulfilment(row: &AnyRow) -> Result<Fulfilment, Fault> {
    Ok(Fulfilment {
        id: row.id("id")?,
        order: row.id("order_id")?,
        site: row.id("site")?,
        state: row.word("state")?,
        due_at: row.time("due_at")?,
        wave: row.opt_word("wave")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn add_fulfilment(sql: &mut Sql, new: &Fulfilment) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO fulfilments (id, order_id, site, state, due_at, wave, created_at) \
         VALUES ($1, $2, $3, $4, $5, NULL, $6)",
    )
    .bind(new.id.to_string())
    .bind(new.order.to_string())
    .bind(new.site.to_string())
    .bind(new.state.as_str())
    .bind(new.due_at.ms())
    .bind(new.created_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// One fulfilment.
pub async fn fulfilment(sql: &mut Sql, id: FulfilmentId) -> Result<Option<Fulfilment>, Fault> {
    let row = sqlx::query("SELECT * FROM fulfilments WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_fulfilment).transpose()
}

/// The parts of an order.
pub async fn fulfilments(sql: &mut Sql, order: OrderId) -> Result<Vec<Fulfilment>, Fault> {
    let rows = sqlx::query("SELECT * FROM fulfilments WHERE order_id = $1 ORDER BY id")
        .bind(order.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_fulfilment).collect()
}

/// Orders on hold for `reason` that want an article, the oldest first.
pub(super) async fn waiting_for(sql: &mut Sql, sku: SkuId, reason: &str) -> Result<Vec<OrderId>, Fault> {
    let rows = sqlx::query(
        "SELECT o.id FROM orders o WHERE o.state = 'on_hold' AND o.hold_reason = $1 AND EXISTS \
         (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.sku = $2) ORDER BY o.id",
    )
    .bind(reason)
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Parts of accepted orders that a site may release, the most urgent first.
pub async fn open_at_site(sql: &mut Sql, site: SiteId, limit: i64) -> Result<Vec<Fulfilment>, Fault> {
    let rows = sqlx::query(
        "SELECT f.* FROM fulfilments f JOIN orders o ON o.id = f.order_id \
         WHERE f.site = $1 AND f.state = 'open' AND o.state = 'accepted' ORDER BY f.due_at, f.id LIMIT $2",
    )
    .bind(site.to_string())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_fulfilment).collect()
}

/// Parts of a wave that are being picked.
pub async fn in_wave(sql: &mut Sql, wave: WaveId) -> Result<Vec<Fulfilment>, Fault> {
    let rows = sqlx::query("SELECT * FROM fulfilments WHERE wave = $1 AND state = 'released' ORDER BY due_at, id")
        .bind(wave.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_fulfilment).collect()
}

/// Steps a fulfilment; false if it was not in `from`.
pub(super) async fn step_fulfilment(
    sql: &mut Sql,
    id: FulfilmentId,
    from: FulfilmentState,
    to: FulfilmentState,
) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE fulfilments SET state = $3 WHERE id = $1 AND state = $2")
        .bind(id.to_string())
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_wave(sql: &mut Sql, id: FulfilmentId, wave: WaveId) -> Result<(), Fault> {
    sqlx::query("UPDATE fulfilments SET wave = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(wave.to_string())
        .execute(sql)
        .await?;
    Ok(())
}

fn read_part(row: &AnyRow) -> Result<FulfilmentLine, Fault> {
    Ok(FulfilmentLine {
        fulfilment: row.id("fulfilment")?,
        line: row.id("line")?,
        hold: row.id("hold")?,
        sku: row.id("sku")?,
        quantity: row.int("quantity")?,
        picked: row.int("picked")?,
        packed: row.int("packed")?,
        dropped: row.int("dropped")?,
    })
}

pub(super) async fn add_part(sql: &mut Sql, part: &FulfilmentLine) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO fulfilment_lines (fulfilment, line, hold, sku, quantity, picked, packed, dropped) \
         VALUES ($1, $2, $3, $4, $5, 0, 0, 0)",
    )
    .bind(part.fulfilment.to_string())
    .bind(part.line.to_string())
    .bind(part.hold.to_string())
    .bind(part.sku.to_string())
    .bind(part.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// The lines of a fulfilment.
pub async fn fulfilment_lines(sql: &mut Sql, id: FulfilmentId) -> Result<Vec<FulfilmentLine>, Fault> {
    let rows = sqlx::query("SELECT * FROM fulfilment_lines WHERE fulfilment = $1 ORDER BY line, hold")
        .bind(id.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_part).collect()
}

/// The shares that sites have in a line, oldest first.
pub(super) async fn parts_of_line(sql: &mut Sql, line: LineId) -> Result<Vec<FulfilmentLine>, Fault> {
    let rows = sqlx::query("SELECT * FROM fulfilment_lines WHERE line = $1 ORDER BY fulfilment, hold")
        .bind(line.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_part).collect()
}

pub(super) async fn shift_part(
    sql: &mut Sql,
    part: &FulfilmentLine,
    picked: i64,
    packed: i64,
    dropped: i64,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE fulfilment_lines SET picked = picked + $4, packed = packed + $5, dropped = dropped + $6 \
         WHERE fulfilment = $1 AND line = $2 AND hold = $3",
    )
    .bind(part.fulfilment.to_string())
    .bind(part.line.to_string())
    .bind(part.hold.to_string())
    .bind(picked)
    .bind(packed)
    .bind(dropped)
    .execute(sql)
    .await?;
    Ok(())
}
