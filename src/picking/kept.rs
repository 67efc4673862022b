//! Entries that a handheld kept while it had no network. What a hand did is never
//! discarded: where the plan is as the page knew it, the entry goes the ordinary
//! way; else the goods are booked to the tote as found, and a fact says so (`flow`
//! opens a case). Deliberately absent: order and repetition; the page sends entries
//! in order, the exchange does each once.

use super::{
    model::*,
    putback::put_back,
    recount::{found_in_hand, goods_of},
    rows,
    scan::{book, go_on},
    short, step,
};
use crate::{
    event::Event,
    kernel::*,
    stock::{self, Account, Condition, Movement},
    store::Tx,
    tasks::{Kept, Scan, Step, Task, TaskState, Tone},
    units::{self, UnitKind},
};

/// The reason in the books when goods left a bin though no pick wanted them any more.
pub const PICKED_ANYWAY: &str = "picked_offline";

/// Applies an entry that was kept. Facts: `line.picked`, or `pick.stray` for goods that
/// nobody wants any more. `None`: the plan is as the page knew it, and the
/// entry is an ordinary one. `user` is who scanned, who may have lost the task.
pub async fn kept(tx: &mut Tx, task: &Task, user: UserId, scan: &Scan) -> Result<Option<Step>, Stop> {
    let Some(known) = &scan.kept else { return Ok(None) };
    let Some(batch) = rows::batch_of_task(tx.sql(), task.id).await? else {
        return Err(Refusal::NoBatch { task: task.id }.into());
    };
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    let own = task.state == TaskState::Taken && task.assignee == Some(user);
    let first = picks.iter().find(|pick| pick.state == PickState::Open);
    let as_planned = first.is_some_and(|pick| pick.id.to_string() == known.pick && pick.stage.as_str() == known.stage);
    if own && as_planned {
        return Ok(None);
    }
    let Some(pick) = picks.iter().find(|pick| pick.id.to_string() == known.pick).cloned() else {
        return Err(Refusal::NoSuchPick { task: task.id }.into());
    };
    if scan.choice.as_deref() == Some("short") && pick.state == PickState::Open && own {
        return short::short(tx, task, &batch, pick).await.map(Some);
    }
    if known.stage != Stage::Tote.as_str() || scan.choice.is_some() {
        return after(tx, task, own, "kept.noted", "The plan changed. Nothing moved yet.").await.map(Some);
    }
    let code = scan.code.as_deref().unwrap_or_default().trim().to_uppercase();
    if code.is_empty() || !(1..=MOST).contains(&known.took) {
        return Err(Refusal::NothingScanned.into());
    }
    in_tote(tx, task, &batch, pick, known, &code, own).await.map(Some)
}

/// Nobody carries more pieces of an article to a tote at once.
const MOST: i64 = 100_000;

/// The screen after an entry that was not for the screen.
async fn after(tx: &mut Tx, task: &Task, own: bool, code: &str, text: &str) -> Result<Step, Stop> {
    let screen = if own { step::step(tx, task).await? } else { Step::over(task, text) };
    Ok(screen.saying(Tone::Warn, code, text))
}

/// The goods lie in a tote: what is still wanted is picked, the rest is there all
/// the same.
async fn in_tote(
    tx: &mut Tx,
    task: &Task,
    batch: &Batch,
    pick: Pick,
    known: &Kept,
    code: &str,
    own: bool,
) -> Result<Step, Stop> {
    let tote = match units::bind(tx, pick.site, code, pick.fulfilment).await {
        Ok(tote) => tote,
        Err(Stop::Refused(_)) => return elsewhere(tx, task, &pick, known.took, code, own).await,
        Err(fault) => return Err(fault),
    };
    let wanted = if pick.state == PickState::Open { known.took.min(pick.left()) } else { 0 };
    let spare = known.took - wanted;
    if spare > 0 {
        lay(tx, &pick, spare, tote.id).await?;
        put_back(tx, pick.fulfilment, pick.line, pick.sku, spare).await?;
        tell(tx, task, &pick, spare, code);
    }
    let mut next = None;
    if wanted > 0 {
        let hand = Pick { counted: wanted, ..pick };
        book(tx, &hand, tote.id).await?;
        let picked = hand.picked + wanted;
        let state = if picked == hand.quantity { PickState::Done } else { PickState::Open };
        let done = Pick { picked, counted: 0, stage: Stage::Bin, state, ..hand };
        rows::save_pick(tx.sql(), &done).await?;
        next = Some(go_on(tx, task, batch, &done).await?);
    }
    match (spare > 0, next.filter(|_| own)) {
        (false, Some(step)) => Ok(step),
        (true, _) => after(tx, task, own, "kept.case", "The plan changed. Booked as found; somebody decides.").await,
        (false, None) => after(tx, task, own, "kept.booked", "Booked. The task has moved on.").await,
    }
}

/// The tote is another order's, or nobody knows it: the goods are booked where they
/// lie, the line stays open, and a person decides.
async fn elsewhere(tx: &mut Tx, task: &Task, pick: &Pick, took: i64, code: &str, own: bool) -> Result<Step, Stop> {
    let unit = units::by_code(tx.sql(), code).await?;
    if let Some(unit) = unit.filter(|unit| unit.site == pick.site && unit.kind == UnitKind::Tote) {
        lay(tx, pick, took, unit.id).await?;
    }
    tell(tx, task, pick, took, code);
    after(tx, task, own, "kept.case", "The plan changed. Booked as found; somebody decides.").await
}

/// Moves goods from the bin of a pick to a tote without serving anybody's line.
async fn lay(tx: &mut Tx, pick: &Pick, quantity: i64, tote: UnitId) -> Result<(), Stop> {
    let hand = Pick { counted: quantity, ..pick.clone() };
    found_in_hand(tx, &hand).await?;
    let movement = Movement {
        goods: goods_of(pick),
        quantity,
        from: Account::bin(pick.site, pick.bin),
        to: Account::bound(pick.site, tote),
        becomes: Condition::Sellable,
        reason: PICKED_ANYWAY,
        reference: pick.id.to_string(),
    };
    stock::relocate(tx, &movement).await
}

/// States that goods lie where no pick wants them.
fn tell(tx: &mut Tx, task: &Task, pick: &Pick, quantity: i64, tote: &str) {
    let Pick { id, order, site, sku, .. } = *pick;
    let (bin, tote) = (pick.bin_code.clone(), tote.chars().take(60).collect());
    tx.emit(Event::PickStray { task: task.id, order, pick: id, site, sku, quantity, bin, tote });
}
