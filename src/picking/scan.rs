//! One entry of the picker, checked at the scan: wrong bin, article, lot or
//! quantity changes nothing and says where to go. Deliberately absent: retries;
//! the exchange answers a repeated command with its first reply.

use super::{
    model::*,
    recount::{found_in_hand, goods_of},
    rows, short, step,
};
use crate::{
    catalog,
    event::Event,
    fleet,
    kernel::*,
    orders,
    stock::{self, Account, Condition, Movement},
    store::Tx,
    tasks::{self, Scan, Step, Task, Tone},
    units::{self, UnitState},
};

/// Applies one entry and answers with the next screen.
pub async fn scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let Some(batch) = rows::batch_of_task(tx.sql(), task.id).await? else {
        return Err(Refusal::NoBatch { task: task.id }.into());
    };
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    let Some(pick) = picks.into_iter().find(|pick| pick.state == PickState::Open) else {
        return at_station(tx, task, &batch, scan).await;
    };
    match scan.choice.as_deref() {
        Some("short") => return short::short(tx, task, &batch, pick).await,
        Some("full") => return full(tx, task, &pick).await,
        _ => {}
    }
    match pick.stage {
        Stage::Bin => at_bin(tx, task, pick, scan).await,
        Stage::Article => at_article(tx, task, pick, scan).await,
        Stage::Quantity => at_quantity(tx, task, pick, scan).await,
        Stage::Tote => at_tote(tx, task, &batch, pick, scan).await,
    }
}

fn code(scan: &Scan) -> Result<String, Stop> {
    let code = scan.code.as_deref().unwrap_or_default().trim().to_uppercase();
    if code.is_empty() { Err(Refusal::NothingScanned.into()) } else { Ok(code) }
}

/// The same screen with a red voice; the only trace is the fact `scan.refused`.
pub(crate) async fn wrong(tx: &mut Tx, task: &Task, code: &str, text: &str, step: Step) -> Result<Step, Stop> {
    tx.emit(Event::ScanRefused { task: task.id, site: task.site, code: code.to_owned() });
    Ok(step.saying(Tone::Wrong, code, text))
}

async fn at_bin(tx: &mut Tx, task: &Task, mut pick: Pick, scan: &Scan) -> Result<Step, Stop> {
    let code = code(scan)?;
    if code != pick.bin_code.to_uppercase() {
        let text = format!("That is {code}. Go to {}.", pick.bin_code);
        let screen = step::step(tx, task).await?;
        return wrong(tx, task, "bin.wrong", &text, screen).await;
    }
    pick.stage = Stage::Article;
    rows::save_pick(tx.sql(), &pick).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Right, "bin.right", "Right bin. Scan the article."))
}

async fn at_article(tx: &mut Tx, task: &Task, mut pick: Pick, scan: &Scan) -> Result<Step, Stop> {
    let raw = scan.code.as_deref().unwrap_or_default();
    let code = code(scan)?;
    let found = match catalog::by_barcode(tx.sql(), raw).await? {
        Some(found) => Some(found),
        None => catalog::by_code(tx.sql(), &code).await?.map(|article| (article, 1)),
    };
    let read = barcode::read(raw);
    let screen = step::step(tx, task).await?;
    let Some((article, per_scan)) = found else {
        return wrong(tx, task, "article.unknown", "No article has this label. Scan the article.", screen).await;
    };
    if article.id != pick.sku {
        let text = format!("That is {}. Take the article shown.", article.name.en);
        return wrong(tx, task, "article.wrong", &text, screen).await;
    }
    if let Some(lot) = read.lot.filter(|lot| !pick.lot.is_empty() && *lot != pick.lot) {
        let text = format!("That is lot {lot}. Take lot {}.", pick.lot);
        return wrong(tx, task, "lot.wrong", &text, screen).await;
    }
    if per_scan > pick.left() {
        let text = format!("That is a pack of {per_scan}. Take {} only.", pick.left());
        return wrong(tx, task, "pack.too_large", &text, screen).await;
    }
    if pick.left() == 1 {
        (pick.counted, pick.stage) = (1, Stage::Tote);
    } else {
        pick.stage = Stage::Quantity;
    }
    rows::save_pick(tx.sql(), &pick).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Right, "article.right", "Right article."))
}

async fn at_quantity(tx: &mut Tx, task: &Task, mut pick: Pick, scan: &Scan) -> Result<Step, Stop> {
    let said = scan.quantity.or_else(|| scan.code.as_deref().and_then(|code| code.trim().parse().ok()));
    let screen = step::step(tx, task).await?;
    let Some(quantity) = said else {
        return wrong(tx, task, "quantity.missing", "Enter how many you took.", screen).await;
    };
    if !(1..=pick.left()).contains(&quantity) {
        let text = format!("Take {} here, not {quantity}.", pick.left());
        return wrong(tx, task, "quantity.wrong", &text, screen).await;
    }
    (pick.counted, pick.stage) = (quantity, Stage::Tote);
    rows::save_pick(tx.sql(), &pick).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Right, "quantity.right", "Counted. Scan the tote."))
}

async fn at_tote(tx: &mut Tx, task: &Task, batch: &Batch, pick: Pick, scan: &Scan) -> Result<Step, Stop> {
    let code = code(scan)?;
    let screen = step::step(tx, task).await?;
    let tote = match units::bind(tx, pick.site, &code, pick.fulfilment).await {
        Ok(tote) => tote,
        Err(Stop::Refused(refusal)) => {
            let text = refusal.to_string();
            return wrong(tx, task, refusal.code(), &text, screen).await;
        }
        Err(fault) => return Err(fault),
    };
    book(tx, &pick, tote.id).await?;
    let (picked, stage) = (pick.picked + pick.counted, Stage::Bin);
    let state = if picked == pick.quantity { PickState::Done } else { PickState::Open };
    let after = Pick { picked, counted: 0, stage, state, ..pick };
    rows::save_pick(tx.sql(), &after).await?;
    go_on(tx, task, batch, &after).await
}

/// Books what is in hand: hold posted, goods from bin to tote, line picked.
pub(super) async fn book(tx: &mut Tx, pick: &Pick, tote: UnitId) -> Result<(), Stop> {
    // The hand is right and the books are not: what was taken is never refused.
    found_in_hand(tx, pick).await?;
    let movement = Movement {
        goods: goods_of(pick),
        quantity: pick.counted,
        from: Account::bin(pick.site, pick.bin),
        to: Account::bound(pick.site, tote),
        becomes: Condition::Sellable,
        reason: "picked",
        reference: pick.line.to_string(),
    };
    stock::pick(tx, pick.hold, &movement).await?;
    let Pick { order, line, fulfilment, id, site, sku, counted: quantity, .. } = *pick;
    let bin = pick.bin_code.clone();
    tx.emit(Event::LinePicked { order, line, fulfilment, pick: id, site, sku, quantity, bin, tote });
    orders::picked(tx, fulfilment, line, pick.hold, quantity).await
}

/// The next screen after a pick ended; the next pick in the same bin needs no
/// second scan of it. Ends a station batch with its last pick.
pub(super) async fn go_on(tx: &mut Tx, task: &Task, batch: &Batch, ended: &Pick) -> Result<Step, Stop> {
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    let over = picks.iter().filter(|pick| pick.state != PickState::Open).count();
    let (done, total) = (count(over), count(picks.len()));
    tasks::progress(tx, task.id, done, total).await?;
    let task = Task { done, total, ..task.clone() };
    match picks.into_iter().find(|pick| pick.state == PickState::Open) {
        Some(mut next) => {
            if next.bin == ended.bin && next.stage == Stage::Bin {
                next.stage = Stage::Article;
                rows::save_pick(tx.sql(), &next).await?;
            }
            Ok(step::step(tx, &task).await?.saying(Tone::Right, "pick.booked", "Booked. Next line."))
        }
        None if batch.kind == BatchKind::Station => end(tx, &task, batch).await,
        None => Ok(step::step(tx, &task).await?.saying(Tone::Right, "pick.all_booked", "All lines picked.")),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

async fn end(tx: &mut Tx, task: &Task, batch: &Batch) -> Result<Step, Stop> {
    rows::set_batch(tx.sql(), batch.id, BatchState::Done, None).await?;
    if let Some(mission) = batch.mission {
        fleet::send_back(tx, mission).await?;
    }
    tasks::finish(tx, task).await?;
    Ok(Step::over(task, "All picked. Take the next task."))
}

/// Ends a batch that has nothing left to pick because it was all cancelled.
pub(super) async fn end_empty(tx: &mut Tx, batch: &Batch) -> Result<(), Stop> {
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    let nothing_in_totes = picks.iter().all(|pick| pick.state == PickState::Cancelled && pick.picked == 0);
    let open = picks.iter().any(|pick| pick.state == PickState::Open);
    if open || (batch.kind == BatchKind::Walk && !nothing_in_totes) {
        return Ok(());
    }
    if let Some(task) = tasks::by_id(tx.sql(), batch.task).await?.filter(|task| !task.state.is_over()) {
        rows::set_batch(tx.sql(), batch.id, BatchState::Done, None).await?;
        if let Some(mission) = batch.mission {
            fleet::withdraw(tx, mission).await?;
        }
        if nothing_in_totes { tasks::cancel(tx, &task).await? } else { tasks::finish(tx, &task).await? }
    }
    Ok(())
}

async fn at_station(tx: &mut Tx, task: &Task, batch: &Batch, scan: &Scan) -> Result<Step, Stop> {
    let code = code(scan)?;
    if code != batch.station.to_uppercase() {
        let text = format!("That is {code}. Bring the totes to {}.", batch.station);
        let screen = step::step(tx, task).await?;
        return wrong(tx, task, "station.wrong", &text, screen).await;
    }
    end(tx, task, batch).await
}

async fn full(tx: &mut Tx, task: &Task, pick: &Pick) -> Result<Step, Stop> {
    let totes = units::bound_to(tx.sql(), pick.fulfilment).await?;
    for tote in totes.iter().filter(|unit| unit.state == UnitState::InUse) {
        units::mark(tx, tote.id, UnitState::Full).await?;
        tx.emit(Event::ToteFilled { batch: pick.batch, site: pick.site, tote: tote.id });
    }
    Ok(step::step(tx, task).await?.saying(Tone::Ask, "tote.next", "Take an empty tote and scan it."))
}
