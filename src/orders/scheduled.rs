//! Parts whose goods are announced: they open when the goods are here, and are promised
//! anew when a delivery comes later. Deliberately absent: what came; stock says that.

use std::collections::BTreeMap;

use super::{model::*, progress::settle_fulfilment, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    promise, stock,
    store::Tx,
};

/// Goods that a hold waited for are here. When nothing is missing of its part, it may be
/// released. Called for the fact `hold.covered`.
pub async fn goods_here(tx: &mut Tx, line: LineId, hold: HoldId) -> Result<(), Stop> {
    let shares = rows::parts_of_line(tx.sql(), line).await?;
    match shares.iter().find(|share| share.hold == hold) {
        Some(share) => settle_fulfilment(tx, share.fulfilment).await,
        None => Ok(()),
    }
}

/// Opens a scheduled part of which everything is here.
pub(super) async fn open_if_here(tx: &mut Tx, part: &Fulfilment, shares: &[FulfilmentLine]) -> Result<(), Stop> {
    for share in shares {
        if stock::hold_by_id(tx.sql(), share.hold).await?.is_some_and(|hold| hold.pledged > 0) {
            return Ok(());
        }
    }
    if rows::step_fulfilment(tx.sql(), part.id, FulfilmentState::Scheduled, FulfilmentState::Open).await? {
        let now = tx.now();
        tx.later(Chore::PlanWave, part.site, now.plus_ms(super::place::WAVE_PATIENCE_MS)).await?;
    }
    Ok(())
}

/// A delivery comes at another time: each order that waits for it is promised anew. One
/// that can be kept earlier keeps the promise it has. Fact: `order.promise_changed`.
pub async fn supply_moved(tx: &mut Tx, asn: AsnId) -> Result<(), Stop> {
    let mut waiting: BTreeMap<OrderId, Vec<stock::Hold>> = BTreeMap::new();
    for hold in stock::pledges_of(tx.sql(), asn).await? {
        waiting.entry(hold.order).or_default().push(hold);
    }
    for (order, holds) in waiting {
        rows::lock(tx, order).await?;
        if let Some(order) = rows::by_id(tx.sql(), order).await?.filter(|order| !order.state.is_over()) {
            promise_anew(tx, &order, &holds).await?;
        }
    }
    Ok(())
}

fn is_among(shares: &[FulfilmentLine], hold: &stock::Hold) -> bool {
    shares.iter().any(|share| share.hold == hold.id)
}

async fn promise_anew(tx: &mut Tx, order: &Order, holds: &[stock::Hold]) -> Result<(), Stop> {
    let parts = rows::fulfilments(tx.sql(), order.id).await?;
    let mut window = (order.window_from, order.window_to);
    for part in parts.iter().filter(|part| part.state == FulfilmentState::Scheduled) {
        let shares = rows::fulfilment_lines(tx.sql(), part.id).await?;
        let lines = holds.iter().filter(|hold| is_among(&shares, hold)).count();
        if lines == 0 {
            continue;
        }
        // A part that waits for several deliveries leaves with the last of them.
        let supplies = stock::pledged_of_order(tx.sql(), order.id).await?;
        let of_part = supplies.iter().filter(|(hold, _)| is_among(&shares, hold));
        let Some(not_before) = of_part.map(|(_, supply)| supply.not_before).max() else { continue };
        let lines = i64::try_from(lines).unwrap_or(i64::MAX);
        let slot = promise::slot_after(tx, part.site, &order.service, not_before, lines).await?;
        if let Some(slot) = slot {
            rows::set_due(tx.sql(), part.id, slot.ready_by).await?;
            window = (window.0.max(slot.window.0), window.1.max(slot.window.1));
        }
    }
    let over = [FulfilmentState::Scheduled, FulfilmentState::Cancelled];
    if !parts.iter().all(|part| over.contains(&part.state)) {
        // What is here is not kept back for the rest.
        window.0 = order.window_from;
    }
    let to = order.promised_by.max(window.1);
    if to <= order.promised_by {
        return Ok(());
    }
    rows::set_window(tx.sql(), order.id, window, to).await?;
    for hold in holds {
        stock::promise_at(tx, hold.id, to).await?;
    }
    let (order, from, reason) = (order.id, order.promised_by, "supply_moved".to_owned());
    tx.emit(Event::PromiseChanged { order, from, to, reason });
    Ok(())
}
