//! Choosing bins for what stands on the dock: the chore `inbound.put_away`. Reads
//! and chooses outside of any transaction, writes with guards. Deliberately
//! absent: how a bin is weighed; slotting knows.

use super::{by_shelf, model::*, put_rows, rows};
use crate::{
    decisions::{self, Choice as Decision},
    event::Chore,
    kernel::*,
    layout::{self, Bin, BinKind},
    slotting::{self, Claim},
    stock::Condition,
    store::{Actor, Db, Tx},
    tasks::{self, NewTask, TaskKind, Title},
};

/// Put-aways should be done within so long.
const DUE_MS: i64 = 2 * 3_600_000;
/// What found no room is looked at again after so long.
const AGAIN_MS: i64 = 10 * 60_000;

/// A part of a line with its bin.
struct Planned {
    line: ReceiptLine,
    quantity: i64,
    to: Bin,
    decision: Option<Decision>,
}

/// Makes put-away tasks for what was booked on a receipt and has none. Facts:
/// `task.ready`.
pub async fn plan_put_away(db: &Db, id: ReceiptId) -> Result<(), Stop> {
    let now = db.clock.now();
    let mut read = db.read().await?;
    let Some(receipt) = rows::by_id(read.sql(), id).await? else { return Ok(()) };
    let open: Vec<ReceiptLine> = rows::lines(read.sql(), id)
        .await?
        .into_iter()
        .filter(|line| line.state == LineState::Booked && line.planned < line.quantity)
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut floor = slotting::picture(read.sql(), receipt.site, now, slotting::Reach::Shelves).await?;
    let quarantine = layout::bins_of(read.sql(), receipt.site, BinKind::Damaged).await?;
    drop(read);
    let mut planned = Vec::new();
    let mut no_room = false;
    for line in open {
        let wanted = line.quantity - line.planned;
        if line.condition != Condition::Sellable {
            // Without a place for doubtful goods they stay on the dock.
            let to = quarantine.iter().find(|bin| !bin.blocked).cloned();
            planned.extend(to.map(|to| Planned { line, quantity: wanted, to, decision: None }));
            continue;
        }
        let Some(article) = floor.articles.get(&line.sku).cloned() else { continue };
        let (placed, left) = slotting::place(&mut floor, &article, wanted, "");
        no_room |= left > 0;
        planned.extend(placed.into_iter().map(|one| Planned {
            line: line.clone(),
            quantity: one.quantity,
            to: one.bin,
            decision: Some(one.choice),
        }));
    }
    let mut tx = db.begin(Actor::house()).await?;
    for one in planned {
        write(&mut tx, &receipt, one).await?;
    }
    if no_room {
        tracing::warn!(receipt = %id, "no bin has room for what stands on the dock");
        tx.later(Chore::PlanPutAway, id, now.plus_ms(AGAIN_MS)).await?;
    }
    Ok(tx.commit().await?)
}

async fn write(tx: &mut Tx, receipt: &Receipt, planned: Planned) -> Result<(), Stop> {
    let Planned { line, quantity, to, decision } = planned;
    if !rows::plan_line(tx.sql(), &line.id, quantity).await? {
        return Ok(());
    }
    let now = tx.now();
    let trip = by_shelf::trip(tx.sql(), &to).await?;
    let new = NewTask {
        kind: TaskKind::PutAway,
        site: receipt.site,
        zone: to.zone.clone(),
        priority: 0,
        due_at: now.plus_ms(DUE_MS),
        subject: receipt.id.to_string(),
        title: Title::Carry { from: receipt.dock_code.clone(), to: to.code.clone() },
        total: quantity,
        ready: trip.is_none(),
    };
    let task = tasks::add(tx, &new).await?;
    let put = PutAway {
        task,
        site: receipt.site,
        receipt: receipt.id,
        line: line.id.clone(),
        goods: line.goods(),
        quantity,
        done: 0,
        counted: 0,
        from: receipt.dock,
        from_code: receipt.dock_code.clone(),
        to: to.id,
        to_code: to.code,
        shelf: trip.as_ref().map(|(shelf, _)| shelf.id),
        mission: None,
        station: trip.map(|(_, station)| station.code).unwrap_or_default(),
        stage: PutStage::Article,
    };
    put_rows::add(tx.sql(), &put).await?;
    slotting::claim(tx.sql(), receipt.site, &Claim { task, bin: to.id, sku: line.sku, quantity }).await?;
    if let Some(decision) = decision {
        decisions::record(tx, &Decision { subject: task.to_string(), ..decision }).await?;
    }
    if let Some(shelf) = put.shelf {
        by_shelf::shelf_home(tx, shelf).await?;
    }
    Ok(())
}
