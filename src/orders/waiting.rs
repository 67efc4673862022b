//! Orders that miss goods: they wait for more to come, or go on without.
//! Deliberately absent: where goods are looked for; that is sourcing.

use super::{cancel::cancel_lines, change::resume_order, model::*, place::resource_line, rows};
use crate::{kernel::*, store::Tx};

/// Why an order is on hold that waits for goods.
pub const WAITS_FOR_GOODS: &str = "waits for goods";

impl Order {
    /// True if it is on hold for what it misses, and for nothing else.
    fn waits_for_goods(&self) -> bool {
        self.state == OrderState::OnHold && self.hold_reason.as_deref() == Some(WAITS_FOR_GOODS)
    }
}

/// Looks once more for what an order misses, and lets it go on if nothing is missing
/// any more. True if so. Facts: `hold.placed`, `order.resumed`.
pub async fn look_again(tx: &mut Tx, order: OrderId) -> Result<bool, Stop> {
    for line in rows::lines(tx.sql(), order).await?.iter().filter(|line| line.uncovered() > 0) {
        match resource_line(tx, order, line.id).await {
            // No site may promise now; the next goods that come ask again.
            Ok(()) | Err(Stop::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let waits = rows::by_id(tx.sql(), order).await?.is_some_and(|order| order.waits_for_goods());
    let covered = rows::lines(tx.sql(), order).await?.iter().all(|line| line.uncovered() == 0);
    if covered && waits {
        resume_order(tx, order).await?;
    }
    Ok(covered)
}

/// Goods of an article came in: the orders that wait for it are served, the oldest
/// first. Returns those that miss nothing any more.
pub async fn goods_came(tx: &mut Tx, sku: SkuId) -> Result<Vec<OrderId>, Stop> {
    let mut served = Vec::new();
    for order in rows::waiting_for(tx.sql(), sku, WAITS_FOR_GOODS).await? {
        if look_again(tx, order).await? {
            served.push(order);
        }
    }
    Ok(served)
}

/// Cancels what an order misses, and lets the rest go on. Facts: `line.cancelled`,
/// `order.resumed`.
pub async fn drop_uncovered(tx: &mut Tx, order: &Order) -> Result<(), Stop> {
    let lines = rows::lines(tx.sql(), order.id).await?;
    let missing: Vec<_> = lines.iter().map(|line| (line.id, line.uncovered())).filter(|(_, n)| *n > 0).collect();
    if !missing.is_empty() {
        cancel_lines(tx, order, Some(&missing), "short").await?;
    }
    if order.waits_for_goods() {
        resume_order(tx, order.id).await?;
    }
    Ok(())
}
