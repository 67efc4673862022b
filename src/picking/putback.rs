//! Goods that are no longer wanted go from their tote or carton back to a bin.
//! Deliberately absent: choosing the bin; any bin of the site that may hold the
//! article will do, and slotting moves it later if that pays.

use super::{model::*, rows, scan::wrong, step};
use crate::{
    catalog,
    event::Event,
    kernel::*,
    layout, orders,
    stock::{self, Account, Balance, Condition, Holder, Movement},
    store::Tx,
    tasks::{self, ExpectKind, NewTask, Scan, Step, StepQuantity, Task, TaskKind, Tone},
    units::{self, Unit, UnitKind},
};

/// Asks for units of a line to be brought back. Fact: `task.ready`.
pub async fn put_back(
    tx: &mut Tx,
    fulfilment: FulfilmentId,
    line: LineId,
    sku: SkuId,
    quantity: i64,
) -> Result<TaskId, Stop> {
    let part = orders::fulfilment(tx.sql(), fulfilment).await?;
    let Some(part) = part else { return Err(Fault::new("a put-back needs its fulfilment").into()) };
    let now = tx.now();
    let new = NewTask {
        kind: TaskKind::PutBack,
        site: part.site,
        zone: String::new(),
        priority: 0,
        due_at: now.plus_ms(4 * 3_600_000),
        subject: fulfilment.to_string(),
        title: tasks::Title::Back { quantity },
        total: quantity,
        ready: true,
    };
    let task = tasks::add(tx, &new).await?;
    let row = rows::PutBack {
        task,
        site: part.site,
        fulfilment,
        line,
        sku,
        quantity,
        done: 0,
        unit: None,
        lot: String::new(),
        serial: String::new(),
        stage: "unit".to_owned(),
    };
    rows::add_put_back(tx.sql(), &row).await?;
    Ok(task)
}

/// The next screen of a put-back.
pub async fn put_back_step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let row = find(tx, task).await?;
    let article = catalog::by_id(tx.sql(), row.sku).await?;
    let label = step::label_of(article.as_ref());
    let mut screen = match row.stage.as_str() {
        "unit" => {
            let holder = holding(tx, &row).await?.into_iter().next().map(|(unit, _)| unit.code).unwrap_or_default();
            Step::ask(task, "put_back.scan_unit", "Scan the tote with the goods", ExpectKind::Unit, &holder)
        }
        "article" => Step::ask(task, "put_back.scan_article", "Scan the article", ExpectKind::Article, &label),
        _ => {
            let bin = any_bin(tx, &row).await?;
            Step::ask(task, "put_back.scan_bin", "Put them into the bin, scan it", ExpectKind::Bin, &bin)
        }
    };
    screen.article = article.as_ref().map(|article| step::shown(article, &row.lot, ""));
    screen.quantity = Some(StepQuantity { want: row.quantity - row.done, done: row.done, unit: "piece".to_owned() });
    Ok(screen)
}

/// One entry of a put-back.
pub async fn put_back_scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let mut row = find(tx, task).await?;
    let code = scan.code.as_deref().unwrap_or_default().trim().to_uppercase();
    if code.is_empty() {
        return Err(Refusal::NothingScanned.into());
    }
    let screen = put_back_step(tx, task).await?;
    match row.stage.as_str() {
        "unit" => {
            let holding = holding(tx, &row).await?;
            let found = holding.into_iter().find(|(unit, _)| unit.code.to_uppercase() == code);
            let Some((unit, balance)) = found else {
                let text = format!("{code} does not hold these goods. Scan the tote that does.");
                return wrong(tx, task, "unit.wrong", &text, screen).await;
            };
            row.unit = Some(unit.id);
            (row.lot, row.serial) = (balance.goods.lot, balance.goods.serial);
            row.stage = "article".to_owned();
        }
        "article" => {
            let found = catalog::by_barcode(tx.sql(), &code).await?;
            if found.is_none_or(|(article, _)| article.id != row.sku) {
                return wrong(tx, task, "article.wrong", "That is another article. Scan the one shown.", screen).await;
            }
            row.stage = "bin".to_owned();
        }
        _ => return into_bin(tx, task, row, &code, screen).await,
    }
    rows::save_put_back(tx.sql(), &row).await?;
    Ok(put_back_step(tx, task).await?.saying(Tone::Right, "scan.right", "Right. Go on."))
}

async fn into_bin(tx: &mut Tx, task: &Task, mut row: rows::PutBack, code: &str, screen: Step) -> Result<Step, Stop> {
    let bin = layout::bin_by_code(tx.sql(), row.site, code).await?;
    let Some(bin) = bin.filter(|bin| bin.kind.is_pickable() && !bin.blocked) else {
        let text = format!("{code} cannot take goods. Scan another bin.");
        return wrong(tx, task, "bin.wrong", &text, screen).await;
    };
    let source = holding(tx, &row).await?.into_iter().find(|(unit, _)| row.unit == Some(unit.id));
    let Some((Unit { id: unit, .. }, here)) = source else {
        // A packer emptied the box, or filled it anew, in the meantime.
        (row.stage, row.unit) = ("unit".to_owned(), None);
        rows::save_put_back(tx.sql(), &row).await?;
        let again = put_back_step(tx, task).await?;
        return Ok(again.saying(
            Tone::Warn,
            "unit.changed",
            "The goods are elsewhere now. Scan the tote that holds them.",
        ));
    };
    let quantity = here.quantity.min(row.quantity - row.done);
    let movement = Movement {
        goods: here.goods,
        quantity,
        from: Account::bound(row.site, unit),
        to: Account::bin(row.site, bin.id),
        becomes: Condition::Sellable,
        reason: "put_back",
        reference: row.line.to_string(),
    };
    stock::relocate(tx, &movement).await?;
    row.done += quantity;
    tx.emit(Event::PutAway { task: task.id, site: row.site, sku: row.sku, quantity, bin: bin.code });
    if stock::contents(tx.sql(), Holder::Unit(unit)).await?.is_empty() {
        units::free(tx, unit).await?;
    }
    tasks::progress(tx, task.id, row.done, row.quantity).await?;
    if row.done >= row.quantity {
        rows::save_put_back(tx.sql(), &row).await?;
        tasks::finish(tx, task).await?;
        return Ok(Step::over(task, "All back in the bin."));
    }
    (row.stage, row.unit) = ("unit".to_owned(), None);
    rows::save_put_back(tx.sql(), &row).await?;
    Ok(put_back_step(tx, task).await?.saying(Tone::Right, "scan.right", "Booked. Go on."))
}

/// How many units of an article lie in the totes of a part.
pub async fn in_totes(tx: &mut Tx, fulfilment: FulfilmentId, sku: SkuId) -> Result<i64, Stop> {
    let mut sum = 0;
    for unit in units::bound_to(tx.sql(), fulfilment).await? {
        if unit.kind == UnitKind::Tote {
            let goods = stock::contents(tx.sql(), Holder::Unit(unit.id)).await?;
            sum += goods.iter().filter(|one| one.goods.sku == sku).map(|one| one.quantity).sum::<i64>();
        }
    }
    Ok(sum)
}

async fn find(tx: &mut Tx, task: &Task) -> Result<rows::PutBack, Stop> {
    match rows::put_back_by_task(tx.sql(), task.id).await? {
        Some(row) => Ok(row),
        None => Err(Refusal::NoBatch { task: task.id }.into()),
    }
}

/// The totes of the part that hold the goods; its cartons only when no tote does,
/// since what is in a carton beside a tote is meant for the shopper.
async fn holding(tx: &mut Tx, row: &rows::PutBack) -> Result<Vec<(Unit, Balance)>, Stop> {
    let (mut totes, mut cartons) = (Vec::new(), Vec::new());
    for unit in units::bound_to(tx.sql(), row.fulfilment).await? {
        let goods = stock::contents(tx.sql(), Holder::Unit(unit.id)).await?;
        let Some(balance) = goods.into_iter().find(|balance| balance.goods.sku == row.sku) else { continue };
        if unit.kind == UnitKind::Tote { &mut totes } else { &mut cartons }.push((unit, balance));
    }
    Ok(if totes.is_empty() { cartons } else { totes })
}

/// A bin that has the article already, else one it was picked from.
async fn any_bin(tx: &mut Tx, row: &rows::PutBack) -> Result<String, Stop> {
    for balance in stock::in_bins(tx.sql(), row.site, row.sku).await? {
        if let Ok(bin) = balance.holder.parse::<BinId>()
            && let Some(bin) = layout::bin(tx.sql(), bin).await?
            && bin.kind.is_pickable()
            && bin.shelf.is_none()
            && !bin.blocked
        {
            return Ok(bin.code);
        }
    }
    let bins = layout::bins(tx.sql(), row.site).await?;
    let free = bins.into_iter().find(|bin| bin.kind.is_pickable() && bin.shelf.is_none() && !bin.blocked);
    Ok(free.map(|bin| bin.code).unwrap_or_default())
}
