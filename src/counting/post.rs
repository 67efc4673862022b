//! What a count changes: found goods come back from missing, the rest goes to or
//! from loss, the bin is open again. A count always posts; promises that are no
//! longer covered break inside the ledger. Deliberately absent: judging why.

use std::collections::BTreeMap;

use super::{
    model::*,
    rows,
    step::{believed, lying, quantities},
};
use crate::{
    event::Event,
    fleet,
    kernel::*,
    layout,
    stock::{self, Account, Condition, Goods, Movement},
    store::Tx,
    tasks::{self, Step, Task, Tone},
};

/// Blocks that a count lifts; a bin that a person closed for another reason stays
/// closed.
const LIFTED: [&str; 3] = ["short", "count", ""];

/// Posts what was counted and ends the task. Facts: `stock.adjusted`, and what
/// the ledger states about promises.
pub(super) async fn post(
    tx: &mut Tx,
    task: &Task,
    count: &Count,
    counted: &BTreeMap<Piece, (i64, String)>,
) -> Result<Step, Stop> {
    let believed = believed(tx.sql(), count.bin).await?;
    let differing = differences(&believed, &quantities(counted.clone()));
    for (piece, difference) in &differing {
        let expiry = counted.get(piece).map(|(_, expiry)| expiry.clone()).unwrap_or_default();
        if *difference > 0 {
            more(tx, count, piece, &expiry, *difference).await?;
        } else {
            less(tx, count, piece, -*difference).await?;
        }
    }
    let bin = layout::bin(tx.sql(), count.bin).await?;
    if bin.is_some_and(|bin| bin.blocked && LIFTED.contains(&bin.reason.as_str())) {
        layout::set_blocked(tx, count.bin, false, "").await?;
    }
    let now = tx.now();
    rows::close(tx.sql(), &count.id, now).await?;
    tasks::progress(tx, task.id, task.total.max(1), task.total.max(1)).await?;
    tasks::finish(tx, task).await?;
    shelf_home(tx, count).await?;
    if differing.is_empty() {
        return Ok(Step::over(task, "All as booked. Take the next task."));
    }
    Ok(Step::over(task, "Counted and booked. Take the next task.").saying(
        Tone::Warn,
        "count.booked",
        "Booked as counted. Take the next task.",
    ))
}

/// Sends the shelf home when nothing else on it waits to be counted.
async fn shelf_home(tx: &mut Tx, count: &Count) -> Result<(), Stop> {
    let (Some(shelf), Some(mission)) = (count.shelf, count.mission) else { return Ok(()) };
    let others = rows::open_of_shelf(tx.sql(), shelf).await?;
    if others.iter().all(|other| other.mission != Some(mission)) {
        fleet::send_back(tx, mission).await?;
    }
    Ok(())
}

/// More lies there than booked: what is missing at this site is found first, in
/// this bin before others; the rest is new.
async fn more(tx: &mut Tx, count: &Count, piece: &Piece, expiry: &str, more: i64) -> Result<(), Stop> {
    let here = count.bin.to_string();
    let mut lost = stock::in_condition(tx.sql(), count.site, piece.sku, Condition::Missing).await?;
    lost.retain(|balance| Piece::of(&balance.goods) == *piece);
    lost.sort_by_key(|balance| balance.holder != here);
    let mut left = more;
    for balance in lost {
        let (found, Ok(from)) = (balance.quantity.min(left), balance.holder.parse::<BinId>()) else { continue };
        if found > 0 {
            find(tx, count, balance.goods, found, from).await?;
            left -= found;
        }
    }
    if left > 0 {
        let at = Account::bin(count.site, count.bin);
        let goods = known(tx, count, piece, expiry).await?;
        let booked = stock::quantity(tx.sql(), at, &goods).await?;
        stock::count(tx, &goods, at, booked + left, "counted", count.id.clone()).await?;
    }
    Ok(())
}

/// Goods that were booked missing lie here: they may be sold again.
async fn find(tx: &mut Tx, count: &Count, goods: Goods, quantity: i64, from: BinId) -> Result<(), Stop> {
    let sku = goods.sku;
    let movement = Movement {
        goods,
        quantity,
        from: Account::bin(count.site, from),
        to: Account::bin(count.site, count.bin),
        becomes: Condition::Sellable,
        reason: "found",
        reference: count.id.clone(),
    };
    stock::relocate(tx, &movement).await?;
    let (site, holder) = (count.site, count.bin.to_string());
    tx.emit(Event::StockAdjusted { sku, site, holder, change: quantity, reason: "found".to_owned() });
    Ok(())
}

/// Sellable goods of a piece; the expiry that the books know of its lot, else the
/// one that was read.
async fn known(tx: &mut Tx, count: &Count, piece: &Piece, expiry: &str) -> Result<Goods, Fault> {
    let there = stock::in_condition(tx.sql(), count.site, piece.sku, Condition::Sellable).await?;
    let same = there.into_iter().find(|balance| !piece.lot.is_empty() && balance.goods.lot == piece.lot);
    let expiry = same.map_or_else(|| expiry.to_owned(), |balance| balance.goods.expiry);
    let Piece { sku, lot, serial } = piece.clone();
    Ok(Goods { sku, lot, serial, expiry, condition: Condition::Sellable })
}

/// Less lies there than booked: sellable goods go first. The reason says whether
/// promises are no longer covered.
async fn less(tx: &mut Tx, count: &Count, piece: &Piece, less: i64) -> Result<(), Stop> {
    let at = Account::bin(count.site, count.bin);
    let mut there = lying(tx.sql(), count.bin).await?;
    there.retain(|(goods, _)| Piece::of(goods) == *piece);
    there.sort_by_key(|(goods, _)| goods.condition);
    let mut left = less;
    for (goods, quantity) in there {
        let gone = quantity.min(left);
        if gone <= 0 {
            continue;
        }
        let pool = stock::pool(tx.sql(), count.site, piece.sku).await?;
        let covered = pool.is_none_or(|pool| goods.condition != Condition::Sellable || pool.available() >= gone);
        let reason = if covered { "counted" } else { "counted_below_held" };
        stock::count(tx, &goods, at, quantity - gone, reason, count.id.clone()).await?;
        left -= gone;
    }
    Ok(())
}
