//! More or fewer of an order that is under way: what falls away is cancelled stage
//! by stage, what comes on top is promised, held and paid like the first of it, as
//! a part of its own. Deliberately absent: goods that are on their way already;
//! they stay in their parcels.

use std::collections::BTreeMap;

use super::{buyers, model::*, place};
use crate::{
    kernel::*,
    orders::{self, Line, NewLine, Order},
    payments,
    store::Tx,
};

/// Changes what is wanted; all of it or nothing. Guards: the order has not ended;
/// what is added can be promised, and no money was taken yet. Facts: `line.cancelled`,
/// `order.amended`, `hold.placed`, `payment.authorised`.
pub async fn amend(tx: &mut Tx, order: &Order, change: &Amend) -> Result<(), Stop> {
    if change.lines.is_empty() && change.add.is_empty() {
        return Err(Refusal::BadLines { lines: 0 }.into());
    }
    let lines = orders::lines(tx.sql(), order.id).await?;
    let (mut fewer, mut more) = (Vec::new(), Vec::new());
    for wanted in &change.lines {
        let line = lines.iter().find(|line| line.id == wanted.line);
        let line = line.ok_or(orders::Refusal::UnknownLine { line: wanted.line })?;
        if !(0..=MOST_OF_A_LINE).contains(&wanted.quantity) {
            return Err(Refusal::BadQuantity { sku: line.sku.to_string(), quantity: wanted.quantity }.into());
        }
        match wanted.quantity - (line.ordered - line.cancelled) {
            0 => {}
            less if less < 0 => fewer.push((line.id, -less)),
            on_top => more.push(again(line, on_top)),
        }
    }
    if !fewer.is_empty() {
        orders::cancel_lines(tx, order, Some(&fewer), "amended").await?;
    }
    for (article, want) in place::articles(tx, &change.add).await? {
        more.push(NewLine {
            external_line_id: want.external_line_id,
            sku: article.id,
            quantity: want.quantity,
            unit_price_minor: article.price_minor,
        });
    }
    if more.is_empty() {
        return payments::settle(tx, order.id, "amended").await;
    }
    let mut sums: BTreeMap<SkuId, (String, i64)> = BTreeMap::new();
    for new in &more {
        let code = crate::catalog::by_id(tx.sql(), new.sku).await?.map(|article| article.code).unwrap_or_default();
        sums.entry(new.sku).or_insert((code, 0)).1 += new.quantity;
    }
    buyers::may_grow(tx, order, &sums).await?;
    for new in &more {
        let line = orders::raise(tx, order, new).await?;
        orders::resource_line(tx, order.id, line).await?;
        promised(tx, order.id, line, new).await?;
    }
    payments::enlarge(tx, order.id).await
}

/// More of a line, at the price it was sold for.
fn again(line: &Line, quantity: i64) -> NewLine {
    let Line { external_line_id, sku, unit_price_minor, .. } = line.clone();
    NewLine { external_line_id, sku, quantity, unit_price_minor }
}

/// Refuses what could not be held; the caller's transaction takes all back.
async fn promised(tx: &mut Tx, order: OrderId, line: LineId, new: &NewLine) -> Result<(), Stop> {
    let lines = orders::lines(tx.sql(), order).await?;
    let missing = lines.iter().find(|one| one.id == line).map_or(0, Line::uncovered);
    if missing == 0 {
        return Ok(());
    }
    let article = crate::catalog::by_id(tx.sql(), new.sku).await?;
    let sku = article.map_or_else(|| new.sku.to_string(), |article| article.code);
    let available_quantity = (new.quantity - missing).max(0);
    Err(Refusal::Short { sku, wanted: new.quantity, available_quantity }.into())
}
