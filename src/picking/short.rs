//! A bin holds less than it should: the goods are booked missing, the bin is
//! blocked until it is counted, and the line looks elsewhere: another bin, then
//! another site, then the order's policy. Finding the goods reverses it.
//! Deliberately absent: blame.

use std::collections::HashMap;

use super::{model::*, plan, recount::goods_of, rows, scan::go_on};
use crate::{
    event::Event,
    kernel::*,
    layout, orders,
    stock::{self, Account, Condition, Hold},
    store::Tx,
    tasks::{Step, Task},
};

/// Takes note that no more of a pick can be had here. Facts: `pick.short`, and
/// what breaking holds and sourcing again state.
pub(super) async fn short(tx: &mut Tx, task: &Task, batch: &Batch, mut pick: Pick) -> Result<Step, Stop> {
    let missing = pick.left();
    book_missing(tx, &pick, missing).await?;
    layout::set_blocked(tx, pick.bin, true, "short").await?;
    let Pick { order, line, fulfilment, id, site, sku, .. } = pick;
    let bin = pick.bin_code.clone();
    tx.emit(Event::PickShort { order, line, fulfilment, pick: id, site, sku, quantity: missing, bin });
    pick.quantity = pick.picked;
    pick.counted = 0;
    pick.state = if pick.picked > 0 { PickState::Done } else { PickState::Cancelled };
    rows::save_pick(tx.sql(), &pick).await?;
    elsewhere(tx, batch, &pick, missing).await?;
    let step = go_on(tx, task, batch, &pick).await?;
    Ok(step.saying(crate::tasks::Tone::Warn, "pick.short", "Noted as missing. Go on with the next line."))
}

/// Moves what should be here, and is not, to `missing`; promises that are no
/// longer covered break.
async fn book_missing(tx: &mut Tx, pick: &Pick, missing: i64) -> Result<(), Stop> {
    let goods = goods_of(pick);
    let at = Account::bin(pick.site, pick.bin);
    let there = stock::quantity(tx.sql(), at, &goods).await?;
    let gone = there.min(missing);
    if gone > 0 {
        stock::turn(tx, &goods, gone, at, Condition::Missing, "short_pick", pick.id.to_string()).await?;
    }
    Ok(())
}

/// Serves what is still held for the line from other bins; what no bin of the
/// site has is given back and sourced again.
pub(super) async fn elsewhere(tx: &mut Tx, batch: &Batch, pick: &Pick, missing: i64) -> Result<(), Stop> {
    let held = stock::hold_by_id(tx.sql(), pick.hold).await?.map_or(0, |hold: Hold| hold.open());
    let planned_for_it = rows::planned_for_hold(tx.sql(), pick.fulfilment, pick.hold).await?;
    let wanted = missing.min(held - planned_for_it);
    if wanted <= 0 {
        return Ok(());
    }
    let planned = rows::planned(tx.sql(), pick.site).await?;
    let mut free = plan::free_in_bins(tx.sql(), pick.site, pick.sku, &planned).await?;
    // A worker at a station cannot walk to another bin within this visit.
    (free, _) = plan::split_by_life(tx.sql(), pick.sku, pick.hold, free).await?;
    free.retain(|one| batch.kind == BatchKind::Walk && one.shelf.is_none());
    let (taken, rest) = allocate(&mut free, wanted);
    let last = rows::picks_of(tx.sql(), batch.id).await?.iter().map(|pick| pick.seq).max().unwrap_or(0);
    for (seq, (free, quantity)) in (last + 1..).zip(taken) {
        let need = need_of(pick, quantity);
        let new = plan::new_pick(tx, batch.id, pick.site, seq, &Served { need, free, quantity });
        rows::add_pick(tx.sql(), &new).await?;
    }
    if rest > 0 {
        give_up_here(tx, pick, rest).await?;
    }
    Ok(())
}

fn need_of(pick: &Pick, quantity: i64) -> Need {
    Need {
        order: pick.order,
        fulfilment: pick.fulfilment,
        line: pick.line,
        hold: pick.hold,
        sku: pick.sku,
        quantity,
        due_at: Time::default(),
    }
}

/// If bins elsewhere on the site have the goods, the wave plans another visit;
/// else this site cannot serve the line and another is asked.
async fn give_up_here(tx: &mut Tx, pick: &Pick, rest: i64) -> Result<(), Stop> {
    let free = plan::free_in_bins(tx.sql(), pick.site, pick.sku, &HashMap::new()).await?;
    let wave = orders::fulfilment(tx.sql(), pick.fulfilment).await?.and_then(|part| part.wave);
    if let Some(wave) = wave.filter(|_| free.iter().map(|one| one.quantity).sum::<i64>() >= rest) {
        let now = tx.now();
        return Ok(tx.later(crate::event::Chore::PlanPicks, wave, now).await?);
    }
    stock::release(tx, pick.hold, rest, "not_found").await?;
    orders::hold_broken(tx, pick.line, pick.hold, rest).await?;
    orders::resource_line(tx, pick.order, pick.line).await
}
