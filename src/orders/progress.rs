//! How work on the floor and on the road moves an order on. Each verb is called by
//! the room that did the work, in its transaction. Deliberately absent: goods; the
//! caller moved them in the ledger.

use super::{model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    stock,
    store::Tx,
};

/// Work may begin: it is paid, or will be in cash. Guard: it is placed.
/// Returns false if it was accepted before. Fact: `order.accepted`.
pub async fn accept(tx: &mut Tx, order: OrderId) -> Result<bool, Stop> {
    let from = [OrderState::Placed; 2];
    if !rows::step_order(tx.sql(), order, from, OrderState::Accepted, None, None).await? {
        // Paid while a person still looks at it: its goods no longer lapse.
        if rows::by_id(tx.sql(), order).await?.is_some_and(|order| order.state == OrderState::OnHold) {
            stock::keep(tx, order).await?;
        }
        return Ok(false);
    }
    stock::keep(tx, order).await?;
    let now = tx.now();
    for part in rows::fulfilments(tx.sql(), order).await? {
        tx.later(Chore::PlanWave, part.site, now.plus_ms(super::place::WAVE_PATIENCE_MS)).await?;
    }
    tx.emit(Event::OrderAccepted { order });
    Ok(true)
}

/// Takes a part into a wave. Guard: it is open; false if another wave was first.
/// Fact: `fulfilment.released`.
pub async fn release(tx: &mut Tx, part: &Fulfilment, wave: WaveId) -> Result<bool, Stop> {
    if !rows::step_fulfilment(tx.sql(), part.id, FulfilmentState::Open, FulfilmentState::Released).await? {
        return Ok(false);
    }
    rows::set_wave(tx.sql(), part.id, wave).await?;
    for line in rows::fulfilment_lines(tx.sql(), part.id).await? {
        let delta = rows::Delta { released: line.to_pick(), ..Default::default() };
        rows::shift_line(tx.sql(), line.line, delta).await?;
    }
    tx.emit(Event::FulfilmentReleased { order: part.order, fulfilment: part.id, site: part.site, wave });
    Ok(true)
}

/// Units of a line went into a tote.
pub async fn picked(
    tx: &mut Tx,
    fulfilment: FulfilmentId,
    line: LineId,
    hold: HoldId,
    quantity: i64,
) -> Result<(), Stop> {
    let part = find_part(tx, fulfilment, line, hold).await?;
    rows::shift_part(tx.sql(), &part, quantity, 0, 0).await?;
    let delta = rows::Delta { held: -quantity, released: -quantity, picked: quantity, ..Default::default() };
    rows::shift_line(tx.sql(), line, delta).await?;
    settle_fulfilment(tx, fulfilment).await
}

async fn find_part(tx: &mut Tx, fulfilment: FulfilmentId, line: LineId, hold: HoldId) -> Result<FulfilmentLine, Stop> {
    let parts = rows::fulfilment_lines(tx.sql(), fulfilment).await?;
    let part = parts.into_iter().find(|part| part.line == line && part.hold == hold);
    part.ok_or_else(|| Refusal::UnknownLine { line }.into())
}

/// Advances a part as far as its lines allow: cancelled when nothing is left, open when
/// all it waited for is here, picked when nothing is left to pick.
pub async fn settle_fulfilment(tx: &mut Tx, id: FulfilmentId) -> Result<(), Stop> {
    let Some(part) = rows::fulfilment(tx.sql(), id).await? else { return Ok(()) };
    let lines = rows::fulfilment_lines(tx.sql(), id).await?;
    let left: i64 = lines.iter().map(|line| line.quantity - line.dropped).sum();
    let to_pick: i64 = lines.iter().map(FulfilmentLine::to_pick).sum();
    let Fulfilment { order, site, state, .. } = part;
    let before_road = [
        FulfilmentState::Scheduled,
        FulfilmentState::Open,
        FulfilmentState::Released,
        FulfilmentState::Picked,
        FulfilmentState::Packed,
    ];
    if left == 0 && before_road.contains(&state) {
        if rows::step_fulfilment(tx.sql(), id, state, FulfilmentState::Cancelled).await? {
            tx.emit(Event::FulfilmentCancelled { order, fulfilment: id, site });
        }
    } else if state == FulfilmentState::Scheduled {
        super::scheduled::open_if_here(tx, &part, &lines).await?;
    } else if state == FulfilmentState::Released
        && to_pick == 0
        && rows::step_fulfilment(tx.sql(), id, state, FulfilmentState::Picked).await?
    {
        tx.emit(Event::FulfilmentPicked { order, fulfilment: id, site });
    }
    Ok(())
}

/// A carton with these units was closed; when all cartons are, so is the part:
/// `last` says so. Fact: `fulfilment.packed`.
pub async fn packed(tx: &mut Tx, id: FulfilmentId, units: &[(LineId, i64)], last: bool) -> Result<(), Stop> {
    pack_by(tx, id, units, 1).await?;
    let Some(part) = rows::fulfilment(tx.sql(), id).await? else { return Ok(()) };
    if last && rows::step_fulfilment(tx.sql(), id, FulfilmentState::Picked, FulfilmentState::Packed).await? {
        tx.emit(Event::FulfilmentPacked { order: part.order, fulfilment: id, site: part.site });
    }
    Ok(())
}

/// A closed carton was opened again: the part goes back to picked.
pub async fn unpacked(tx: &mut Tx, id: FulfilmentId, units: &[(LineId, i64)]) -> Result<(), Stop> {
    pack_by(tx, id, units, -1).await?;
    rows::step_fulfilment(tx.sql(), id, FulfilmentState::Packed, FulfilmentState::Picked).await?;
    Ok(())
}

/// Spreads packed units over the part's holds of each line.
async fn pack_by(tx: &mut Tx, id: FulfilmentId, units: &[(LineId, i64)], sign: i64) -> Result<(), Stop> {
    let parts = rows::fulfilment_lines(tx.sql(), id).await?;
    for (line, quantity) in units {
        let mut left = *quantity;
        for part in parts.iter().filter(|part| part.line == *line) {
            let room = if sign > 0 { part.picked - part.packed } else { part.packed };
            let n = room.min(left);
            left -= n;
            rows::shift_part(tx.sql(), part, 0, sign * n, 0).await?;
        }
        let delta = rows::Delta { packed: sign * (quantity - left), ..Default::default() };
        rows::shift_line(tx.sql(), *line, delta).await?;
    }
    Ok(())
}

/// A carton with these units left the site; `last` when it was the part's last.
/// Fact: `fulfilment.shipped`.
pub async fn shipped(tx: &mut Tx, id: FulfilmentId, units: &[(LineId, i64)], last: bool) -> Result<(), Stop> {
    for (line, quantity) in units {
        rows::shift_line(tx.sql(), *line, rows::Delta { shipped: *quantity, ..Default::default() }).await?;
    }
    let Some(part) = rows::fulfilment(tx.sql(), id).await? else { return Ok(()) };
    if last && rows::step_fulfilment(tx.sql(), id, FulfilmentState::Packed, FulfilmentState::Shipped).await? {
        tx.emit(Event::FulfilmentShipped { order: part.order, fulfilment: id, site: part.site });
    }
    Ok(())
}

/// Units were handed over.
pub async fn delivered(tx: &mut Tx, order: OrderId, units: &[(LineId, i64)]) -> Result<(), Stop> {
    for (line, quantity) in units {
        rows::shift_line(tx.sql(), *line, rows::Delta { delivered: *quantity, ..Default::default() }).await?;
    }
    settle_order(tx, order).await
}

/// Units came back undelivered.
pub async fn returned(tx: &mut Tx, order: OrderId, units: &[(LineId, i64)]) -> Result<(), Stop> {
    for (line, quantity) in units {
        rows::shift_line(tx.sql(), *line, rows::Delta { returned: *quantity, ..Default::default() }).await?;
    }
    settle_order(tx, order).await
}

/// Ends an order when every unit of every line has ended. Facts:
/// `order.delivered` if anything arrived, else `order.cancelled`.
pub(super) async fn settle_order(tx: &mut Tx, id: OrderId) -> Result<(), Stop> {
    let lines = rows::lines(tx.sql(), id).await?;
    if !lines.iter().all(Line::is_over) {
        return Ok(());
    }
    let arrived = lines.iter().any(|line| line.delivered > 0);
    let to = if arrived { OrderState::Delivered } else { OrderState::Cancelled };
    let now = tx.now();
    for from in [OrderState::Placed, OrderState::Accepted, OrderState::OnHold] {
        if rows::step_order(tx.sql(), id, [from; 2], to, None, Some(now)).await? {
            tx.emit(if arrived {
                Event::OrderDelivered { order: id }
            } else {
                Event::OrderCancelled { order: id, reason: "nothing_left".to_owned() }
            });
        }
    }
    Ok(())
}
