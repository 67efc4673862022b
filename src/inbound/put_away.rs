//! Bringing goods from the dock to their bin, scan by scan. The worker may choose
//! another bin that may hold them. Deliberately absent: choosing the bin.

use super::{by_shelf, model::*, put_rows};
use crate::{
    catalog::{self, Article},
    event::Event,
    kernel::*,
    layout::{self, Bin, BinKind},
    slotting,
    stock::{self, Account, Condition, Holder, Movement},
    store::Tx,
    tasks::{self, Choice, ExpectKind, Scan, Spot, Step, StepQuantity, Target, Task, Tone},
};

/// The next screen of a put-away.
pub async fn put_away_step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let put = find(tx, task).await?;
    screen(tx, task, &put).await
}

async fn find(tx: &mut Tx, task: &Task) -> Result<PutAway, Stop> {
    match put_rows::by_task(tx.sql(), task.id).await? {
        Some(put) => Ok(put),
        None => Err(Refusal::NoPutAway { task: task.id }.into()),
    }
}

async fn screen(tx: &mut Tx, task: &Task, put: &PutAway) -> Result<Step, Stop> {
    let article = catalog::by_id(tx.sql(), put.goods.sku).await?;
    let left = put.quantity - put.done;
    let mut step = match put.stage {
        PutStage::Article => {
            let label = article.as_ref().map(tasks::label_of).unwrap_or_default();
            Step::ask(task, "put_away.scan_article", "Go to the dock, scan the article", ExpectKind::Article, &label)
        }
        PutStage::Quantity => {
            let text = "Take them and enter how many";
            Step::ask(task, "put_away.enter_quantity", text, ExpectKind::Quantity, &left.to_string())
        }
        PutStage::Bin => {
            let text = "Put them into the bin, scan it";
            Step::ask(task, "put_away.scan_bin", text, ExpectKind::Bin, &put.to_code)
        }
        PutStage::Done => return Ok(Step::over(task, "All put away. Take the next task.")),
    };
    let here = match put.stage {
        // The bin stands where its shelf was brought to.
        PutStage::Bin if !put.station.is_empty() => &put.station,
        PutStage::Bin => &put.to_code,
        _ => &put.from_code,
    };
    step.spot = Some(Spot { label: here.clone(), zone: task.zone.clone(), hint: String::new() });
    step.article = article.as_ref().map(|article| tasks::show(article, &put.goods.lot, &put.goods.expiry));
    let done = if put.stage == PutStage::Bin { put.counted } else { 0 };
    step.quantity = Some(StepQuantity { want: left, done, unit: "piece".to_owned() });
    step.into = Some(Target { label: put.to_code.clone(), hint: put.goods.condition.to_string() });
    if matches!(put.stage, PutStage::Quantity | PutStage::Bin) {
        let label = "Start again with these".to_owned();
        step.choices = vec![Choice { code: "back".to_owned(), label, tone: Tone::Ask }];
    }
    Ok(step)
}

/// One entry of a put-away.
pub async fn put_away_scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let mut put = find(tx, task).await?;
    if scan.chose("back") && put.stage != PutStage::Done {
        (put.stage, put.counted) = (PutStage::Article, 0);
        return go_on(tx, task, &put, Tone::Ask, "put_away.again", "Start again. Scan the article.").await;
    }
    match put.stage {
        PutStage::Article => at_article(tx, task, put, scan).await,
        PutStage::Quantity => at_quantity(tx, task, put, scan).await,
        PutStage::Bin => at_bin(tx, task, put, scan).await,
        PutStage::Done => screen(tx, task, &put).await,
    }
}

async fn go_on(tx: &mut Tx, task: &Task, put: &PutAway, tone: Tone, code: &str, text: &str) -> Result<Step, Stop> {
    put_rows::save(tx.sql(), put).await?;
    tasks::progress(tx, task.id, put.done, put.quantity).await?;
    Ok(screen(tx, task, put).await?.saying(tone, code, text))
}

async fn wrong(tx: &mut Tx, task: &Task, put: &PutAway, code: &str, text: &str) -> Result<Step, Stop> {
    let screen = screen(tx, task, put).await?;
    Ok(tasks::refuse(tx, task, screen, code, text))
}

async fn at_article(tx: &mut Tx, task: &Task, mut put: PutAway, scan: &Scan) -> Result<Step, Stop> {
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    let pallet = read.sscc.is_some() && read.sscc == sscc(tx, &put).await?;
    if !pallet {
        let Some((article, _)) = tasks::article(tx.sql(), scan).await? else {
            return wrong(tx, task, &put, "article.unknown", "No article has this label. Scan the article.").await;
        };
        if article.id != put.goods.sku {
            let text = format!("That is {}. Take the article shown.", article.name.en);
            return wrong(tx, task, &put, "article.wrong", &text).await;
        }
        let lot = &put.goods.lot;
        if let Some(other) = read.lot.filter(|other| !lot.is_empty() && other != lot) {
            let text = format!("That is lot {other}. Take lot {lot}.");
            return wrong(tx, task, &put, "lot.wrong", &text).await;
        }
    }
    put.stage = PutStage::Quantity;
    go_on(tx, task, &put, Tone::Right, "article.right", "Right article. Enter how many.").await
}

/// The pallet that the line came on.
async fn sscc(tx: &mut Tx, put: &PutAway) -> Result<Option<String>, Fault> {
    let line = super::rows::line(tx.sql(), &put.line).await?;
    Ok(line.map(|line| line.sscc).filter(|sscc| !sscc.is_empty()))
}

async fn at_quantity(tx: &mut Tx, task: &Task, mut put: PutAway, scan: &Scan) -> Result<Step, Stop> {
    let (quantity, left) = (scan.number().unwrap_or(0), put.quantity - put.done);
    if !(1..=left).contains(&quantity) {
        let text = format!("Take 1 to {left}, not {quantity}.");
        return wrong(tx, task, &put, "quantity.wrong", &text).await;
    }
    (put.counted, put.stage) = (quantity, PutStage::Bin);
    go_on(tx, task, &put, Tone::Right, "quantity.right", "Counted. Bring them to the bin.").await
}

async fn at_bin(tx: &mut Tx, task: &Task, mut put: PutAway, scan: &Scan) -> Result<Step, Stop> {
    let label = scan.label();
    let Some(bin) = layout::bin_by_code(tx.sql(), put.site, &label).await? else {
        let text = format!("{label} is not a bin. Go to {}.", put.to_code);
        return wrong(tx, task, &put, "bin.unknown", &text).await;
    };
    let other = bin.id != put.to;
    if other && let Some(why) = unfit(tx, &put, &bin).await? {
        let text = format!("{} {why}. Go to {}.", bin.code, put.to_code);
        return wrong(tx, task, &put, "bin.wrong", &text).await;
    }
    let from = Account::bin(put.site, put.from);
    let movement = Movement {
        goods: put.goods.clone(),
        quantity: put.counted,
        from,
        to: Account::bin(put.site, bin.id),
        becomes: put.goods.condition,
        reason: "put_away",
        reference: put.receipt.to_string(),
    };
    stock::relocate(tx, &movement).await?;
    let (site, sku, quantity) = (put.site, put.goods.sku, put.counted);
    tx.emit(Event::PutAway { task: task.id, site, sku, quantity, bin: bin.code.clone() });
    (put.done, put.counted) = (put.done + put.counted, 0);
    if put.done < put.quantity {
        put.stage = PutStage::Article;
        let claim = slotting::Claim { task: task.id, bin: put.to, sku, quantity: put.quantity - put.done };
        slotting::claim(tx.sql(), site, &claim).await?;
        return go_on(tx, task, &put, Tone::Right, "put_away.part", "Booked. Fetch the rest.").await;
    }
    put.stage = PutStage::Done;
    put_rows::save(tx.sql(), &put).await?;
    slotting::unclaim(tx.sql(), task.id).await?;
    tasks::progress(tx, task.id, put.done, put.quantity).await?;
    tasks::finish(tx, task).await?;
    by_shelf::leave(tx, &put).await?;
    let over = Step::over(task, "All put away. Take the next task.");
    let text = format!("Booked in {}. Take the next task.", bin.code);
    Ok(if other { over.saying(Tone::Warn, "bin.other", &text) } else { over })
}

/// Why a bin that slotting did not choose cannot take the goods.
async fn unfit(tx: &mut Tx, put: &PutAway, bin: &Bin) -> Result<Option<&'static str>, Fault> {
    let Some(article) = catalog::by_id(tx.sql(), put.goods.sku).await? else { return Ok(Some("is for other goods")) };
    let storage = matches!(bin.kind, BinKind::Pick | BinKind::Reserve) && bin.shelf.is_none();
    let allowed = if put.goods.condition == Condition::Sellable { storage } else { bin.kind == BinKind::Damaged };
    Ok(if !allowed {
        Some("is for other goods")
    } else if bin.blocked {
        Some("is blocked")
    } else if bin.temperature != article.temperature && put.goods.condition == Condition::Sellable {
        Some("has another climate")
    } else if !has_room(tx, put, bin, &article).await? {
        Some("has no room for them")
    } else {
        None
    })
}

async fn has_room(tx: &mut Tx, put: &PutAway, bin: &Bin, article: &Article) -> Result<bool, Fault> {
    let mut weight_g = article.weight_g.saturating_mul(put.counted);
    let mut volume_ml = article.volume_ml().saturating_mul(put.counted);
    for balance in stock::contents(tx.sql(), Holder::Bin(bin.id)).await? {
        if let Some(other) = catalog::by_id(tx.sql(), balance.goods.sku).await? {
            weight_g = weight_g.saturating_add(other.weight_g.saturating_mul(balance.quantity));
            volume_ml = volume_ml.saturating_add(other.volume_ml().saturating_mul(balance.quantity));
        }
    }
    Ok(weight_g <= bin.max_weight_g && volume_ml <= bin.max_volume_ml)
}
