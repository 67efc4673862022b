//! SQL that opens many orders at once, as they stand when their placing is over.

use std::collections::BTreeMap;

use super::Delta;
use crate::{
    kernel::*,
    orders::model::*,
    store::{
        Engine, Tx,
        bulk::{Column, Sheet},
    },
};

const ORDERS: &[Column] = &[
    Column::Text("id"),
    Column::Text("number"),
    Column::Text("channel"),
    Column::Text("external_id"),
    Column::Text("state"),
    Column::Text("hold_reason"),
    Column::Text("contact"),
    Column::Text("address"),
    Column::Real("lat"),
    Column::Real("lon"),
    Column::Text("mode"),
    Column::Text("service"),
    Column::Text("pickup_site"),
    Column::Int("window_from"),
    Column::Int("window_to"),
    Column::Int("promised_by"),
    Column::Text("short_policy"),
    Column::Text("note"),
    Column::Text("currency"),
    Column::Int("shipping_minor"),
    Column::Text("delivery_pin"),
    Column::Text("shopper"),
    Column::Int("placed_at"),
    Column::Int("version"),
];
const LINES: &[Column] = &[
    Column::Text("id"),
    Column::Text("order_id"),
    Column::Int("seq"),
    Column::Text("external_line_id"),
    Column::Text("sku"),
    Column::Int("unit_price_minor"),
    Column::Int("discount_minor"),
    Column::Int("tax_minor"),
    Column::Int("ordered"),
    Column::Int("held"),
    Column::Int("released"),
    Column::Int("picked"),
    Column::Int("packed"),
    Column::Int("shipped"),
    Column::Int("delivered"),
    Column::Int("cancelled"),
    Column::Int("returned"),
    Column::Int("refunded"),
];
const PARTS: &[Column] = &[
    Column::Text("id"),
    Column::Text("order_id"),
    Column::Text("site"),
    Column::Text("state"),
    Column::Int("due_at"),
    Column::Int("created_at"),
];
const SHARES: &[Column] = &[
    Column::Text("fulfilment"),
    Column::Text("line"),
    Column::Text("hold"),
    Column::Text("sku"),
    Column::Int("quantity"),
    Column::Int("picked"),
    Column::Int("packed"),
    Column::Int("dropped"),
];

fn order_row(sheet: &mut Sheet, order: &Order) {
    sheet.plain(order.id).plain(&order.number).text(&order.channel).opt_text(order.external_id.as_deref());
    sheet.plain(order.state.as_str()).opt_text(order.hold_reason.as_deref()).plain(order.contact).plain(order.address);
    sheet.real(order.coord.lat).real(order.coord.lon).plain(order.mode.as_str()).plain(&order.service);
    sheet.opt_plain(order.pickup_site).int(order.window_from.ms()).int(order.window_to.ms());
    sheet.int(order.promised_by.ms()).plain(order.short_policy.as_str()).text(&order.note).plain(&order.currency);
    sheet.int(order.shipping_minor).plain(&order.delivery_pin).opt_plain(order.shopper);
    sheet.int(order.placed_at.ms()).int(order.version);
}

fn line_row(sheet: &mut Sheet, line: &Line) {
    sheet.plain(line.id).plain(line.order).int(line.seq).opt_text(line.external_line_id.as_deref()).plain(line.sku);
    sheet.int(line.unit_price_minor).int(line.discount_minor).int(line.tax_minor).int(line.ordered).int(line.held);
    sheet.int(line.released).int(line.picked).int(line.packed).int(line.shipped).int(line.delivered);
    sheet.int(line.cancelled).int(line.returned).int(line.refunded);
}

/// Adds orders with their lines, parts and shares.
pub async fn add_opened(tx: &mut Tx, opened: &[Opened]) -> Result<(), Fault> {
    let (mut orders, mut lines) = (tx.sheet(ORDERS), tx.sheet(LINES));
    let (mut parts, mut shares) = (tx.sheet(PARTS), tx.sheet(SHARES));
    for one in opened {
        order_row(&mut orders, &one.order);
        for line in &one.lines {
            line_row(&mut lines, line);
        }
        for part in &one.parts {
            parts.plain(part.id).plain(part.order).plain(part.site).plain(part.state.as_str());
            parts.int(part.due_at.ms()).int(part.created_at.ms());
        }
        for share in &one.shares {
            shares.plain(share.fulfilment).plain(share.line).plain(share.hold).plain(share.sku).int(share.quantity);
            shares.int(share.picked).int(share.packed).int(share.dropped);
        }
    }
    tx.insert(orders, "orders").await?;
    tx.insert(lines, "order_lines").await?;
    tx.insert(parts, "fulfilments").await?;
    tx.insert(shares, "fulfilment_lines").await?;
    Ok(())
}

const EXTERNALS: &[Column] = &[Column::Text("of_channel"), Column::Text("of_id")];

/// Which of these numbers of channels are known already.
pub async fn known_externals<'a>(
    tx: &mut Tx,
    asked: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(String, String)>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), EXTERNALS);
    for (channel, id) in asked {
        sheet.text(channel).text(id);
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT o.channel, o.external_id FROM {x} JOIN orders o \
             ON o.channel = x.of_channel AND o.external_id = x.of_id",
        )
        .await?;
    use crate::store::Row as _;
    rows.iter().map(|row| Ok((row.text("channel")?, row.text("external_id")?))).collect()
}

/// Keeps other writers out of an order, its holds and its parts until this
/// transaction ends: cancelling, amending, picking and releasing race with each
/// other, and one of them comes first. (SQLite has one writer.)
pub(in crate::orders) async fn lock(tx: &mut Tx, order: OrderId) -> Result<(), Fault> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    lock_rows(tx, "SELECT 1 AS one FROM orders WHERE id = $1 FOR UPDATE", order).await?;
    crate::stock::lock_holds_of(tx, order).await?;
    lock_rows(tx, "SELECT 1 AS one FROM fulfilments WHERE order_id = $1 ORDER BY id FOR UPDATE", order).await
}

async fn lock_rows(tx: &mut Tx, text: &'static str, order: OrderId) -> Result<(), Fault> {
    sqlx::query(text).bind(order.to_string()).fetch_all(tx.sql()).await?;
    Ok(())
}

const SHIFTS: &[Column] = &[
    Column::Text("of_fulfilment"),
    Column::Text("of_line"),
    Column::Text("of_hold"),
    Column::Int("picked"),
    Column::Int("packed"),
    Column::Int("dropped"),
];

/// Moves quantities of many shares: picked, packed, dropped. One that is named twice
/// moves by the sum.
pub(in crate::orders) async fn shift_parts(tx: &mut Tx, shifts: &[(FulfilmentLine, [i64; 3])]) -> Result<(), Fault> {
    let mut sums: BTreeMap<(FulfilmentId, LineId, HoldId), [i64; 3]> = BTreeMap::new();
    for (share, by) in shifts {
        let sum = sums.entry((share.fulfilment, share.line, share.hold)).or_default();
        sum.iter_mut().zip(by).for_each(|(sum, by)| *sum += by);
    }
    let mut sheet = Sheet::new(tx.engine(), SHIFTS);
    for ((fulfilment, line, hold), [picked, packed, dropped]) in sums {
        sheet.plain(fulfilment).plain(line).plain(hold).int(picked).int(packed).int(dropped);
    }
    let text = "UPDATE fulfilment_lines SET picked = fulfilment_lines.picked + x.picked, \
                packed = fulfilment_lines.packed + x.packed, dropped = fulfilment_lines.dropped + x.dropped \
                FROM {x} WHERE fulfilment_lines.fulfilment = x.of_fulfilment \
                AND fulfilment_lines.line = x.of_line AND fulfilment_lines.hold = x.of_hold";
    sheet.run(tx.sql(), text).await?;
    Ok(())
}

const DELTAS: &[Column] = &[
    Column::Text("of_line"),
    Column::Int("held"),
    Column::Int("released"),
    Column::Int("picked"),
    Column::Int("packed"),
    Column::Int("cancelled"),
];

/// Moves quantities of many lines that are being cancelled.
pub(in crate::orders) async fn shift_lines(tx: &mut Tx, deltas: &BTreeMap<LineId, Delta>) -> Result<(), Fault> {
    let mut sheet = Sheet::new(tx.engine(), DELTAS);
    for (line, delta) in deltas {
        sheet.plain(line).int(delta.held).int(delta.released).int(delta.picked).int(delta.packed);
        sheet.int(delta.cancelled);
    }
    let text = "UPDATE order_lines SET held = order_lines.held + x.held, \
                released = order_lines.released + x.released, picked = order_lines.picked + x.picked, \
                packed = order_lines.packed + x.packed, cancelled = order_lines.cancelled + x.cancelled \
                FROM {x} WHERE order_lines.id = x.of_line";
    sheet.run(tx.sql(), text).await?;
    Ok(())
}
