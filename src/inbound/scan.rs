//! One entry at the dock. Deliberately absent: retries; the exchange answers a
//! repeated command with its first reply.

use super::{
    book::{self, Gap, discrepancy},
    model::*,
    rows,
    step::{find, screen},
};
use crate::{
    catalog::{self, Article},
    kernel::*,
    layout::{self, BinKind},
    printing::{self, Label, LabelCode, NewPrint, PrintKind},
    stock::Condition,
    store::Tx,
    tasks::{self, Scan, Step, Task, Tone},
};

/// Applies one entry and answers with the next screen.
pub async fn scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let receipt = find(tx, task).await?;
    if receipt.state == ReceiptState::Closed {
        return screen(tx, task, &receipt).await;
    }
    if scan.chose("back") && !matches!(receipt.stage, Stage::Dock | Stage::Article) {
        let receipt = receipt.empty_handed();
        return go_on(tx, task, &receipt, Tone::Ask, "receive.again", "Start again. Scan the article.").await;
    }
    match receipt.stage {
        Stage::Dock => at_dock(tx, task, receipt, scan).await,
        Stage::Article => at_article(tx, task, receipt, scan).await,
        Stage::Relabel => at_relabel(tx, task, receipt, scan).await,
        Stage::Wrong => at_wrong(tx, task, receipt, scan).await,
        Stage::Lot | Stage::Expiry | Stage::Serial => at_text(tx, task, receipt, scan).await,
        Stage::Quantity => at_quantity(tx, task, receipt, scan).await,
        Stage::Condition => at_condition(tx, task, receipt, scan).await,
        Stage::Done => screen(tx, task, &receipt).await,
    }
}

async fn wrong(tx: &mut Tx, task: &Task, receipt: &Receipt, code: &str, text: &str) -> Result<Step, Stop> {
    let screen = screen(tx, task, receipt).await?;
    Ok(tasks::refuse(tx, task, screen, code, text))
}

async fn go_on(tx: &mut Tx, task: &Task, receipt: &Receipt, tone: Tone, code: &str, text: &str) -> Result<Step, Stop> {
    rows::save(tx.sql(), receipt).await?;
    let short = i64::try_from(book::short(tx, receipt).await?.len()).unwrap_or(0);
    tasks::progress(tx, task.id, (task.total - short).max(0), task.total).await?;
    Ok(screen(tx, task, receipt).await?.saying(tone, code, text))
}

async fn at_dock(tx: &mut Tx, task: &Task, mut receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    let label = scan.label();
    let dock = layout::bin_by_code(tx.sql(), receipt.site, &label).await?;
    // Trucks are sent to another gate than planned every day: any open dock will do.
    let Some(dock) = dock.filter(|bin| bin.kind == BinKind::Dock && !bin.blocked) else {
        let text = format!("{label} is not an open dock. Go to {}.", receipt.dock_code);
        return wrong(tx, task, &receipt, "bin.wrong", &text).await;
    };
    (receipt.dock, receipt.dock_code, receipt.stage) = (dock.id, dock.code, Stage::Article);
    go_on(tx, task, &receipt, Tone::Right, "bin.right", "Right dock. Scan what came.").await
}

async fn at_article(tx: &mut Tx, task: &Task, mut receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    if scan.chose("close") {
        let short = book::close(tx, receipt.id).await?;
        let over = Step::over(task, "Received. Take the next task.");
        return Ok(if short > 0 {
            over.saying(Tone::Warn, "receive.closed_short", "Closed short. A supervisor will ask the supplier.")
        } else {
            over
        });
    }
    if scan.chose("unreadable") {
        let detail = format!("a label on {} cannot be read", receipt.dock_code);
        discrepancy(tx, &receipt, Gap::new("label", detail));
        receipt.stage = Stage::Relabel;
        return go_on(tx, task, &receipt, Tone::Warn, "label.unreadable", "Find the code, a label prints.").await;
    }
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    if let (Some(sscc), None) = (&read.sscc, &read.gtin) {
        return at_pallet(tx, task, receipt, sscc).await;
    }
    let Some((article, per_scan)) = tasks::article(tx.sql(), scan).await? else {
        let label: String = scan.label().chars().take(40).collect();
        if !label.is_empty() {
            let detail = format!("no article has the label {label}");
            discrepancy(tx, &receipt, Gap { label: Some(label), ..Gap::new("label", detail) });
        }
        let text = "No article has this label. Press Label cannot be read.";
        return wrong(tx, task, &receipt, "label.unknown", text).await;
    };
    receipt.per_scan = per_scan;
    receipt.lot = read.lot.filter(|_| article.lot_rule != catalog::LotRule::None).unwrap_or_default();
    receipt.expiry = read.expiry.filter(|_| article.lot_rule == catalog::LotRule::Expiry).unwrap_or_default();
    if let Some(serial) = read.serial.filter(|_| article.serial_tracked) {
        if rows::serial_known(tx.sql(), article.id, &serial).await? {
            return serial_known(tx, task, &receipt.empty_handed(), &serial).await;
        }
        receipt.serial = serial;
    }
    in_hand(tx, task, receipt, &article).await
}

async fn at_pallet(tx: &mut Tx, task: &Task, mut receipt: Receipt, sscc: &str) -> Result<Step, Stop> {
    let known = match receipt.asn {
        Some(asn) => rows::asn_lines(tx.sql(), asn).await?.iter().any(|line| line.sscc == sscc),
        None => true,
    };
    if !known {
        let text = format!("Pallet ..{} is not announced here. Scan its articles.", &sscc[14..]);
        return wrong(tx, task, &receipt, "pallet.unknown", &text).await;
    }
    receipt.sscc = sscc.to_owned();
    go_on(tx, task, &receipt, Tone::Right, "pallet.right", "Right pallet. Scan its articles.").await
}

/// An article is in hand; one that was not announced waits for a word first.
async fn in_hand(tx: &mut Tx, task: &Task, mut receipt: Receipt, article: &Article) -> Result<Step, Stop> {
    receipt.sku = Some(article.id);
    if article.serial_tracked {
        receipt.quantity = 1;
    }
    if book::announced(tx, &receipt, article.id).await? == Some(0) && receipt.forced.is_none() {
        let detail = format!("{} {} was not announced", article.code, article.name.en);
        discrepancy(tx, &receipt, Gap { sku: Some(article.id), ..Gap::new("wrong", detail) });
        receipt.stage = Stage::Wrong;
        let text = "Not announced. Hold it or set it aside.";
        return go_on(tx, task, &receipt, Tone::Warn, "article.not_announced", text).await;
    }
    receipt.stage = receipt.next_stage(article);
    go_on(tx, task, &receipt, Tone::Right, "article.right", "Article read. Go on.").await
}

async fn article_in_hand(tx: &mut Tx, receipt: &Receipt) -> Result<Article, Stop> {
    let article = match receipt.sku {
        Some(sku) => catalog::by_id(tx.sql(), sku).await?,
        None => None,
    };
    article.ok_or_else(|| Fault::new("a receipt lost the article in hand").into())
}

/// The worker found out which article it is: it gets a label, and goes on.
async fn at_relabel(tx: &mut Tx, task: &Task, receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    let Some((article, _)) = tasks::article(tx.sql(), scan).await? else {
        let text = "No article has this code. Look it up.";
        return wrong(tx, task, &receipt, "article.unknown", text).await;
    };
    let code = match &article.gtin {
        Some(gtin) => LabelCode::Article { gtin: gtin.clone(), lot: String::new(), expiry: String::new() },
        None => LabelCode::Plain { text: article.code.clone() },
    };
    let label = Label {
        heading: article.name.en.clone(),
        lines: vec![article.name.zh.clone(), article.code.clone()],
        code,
        site: receipt.dock_code.clone(),
        sequence: None,
        note: "Relabelled at receipt".to_owned(),
    };
    let (site, subject) = (receipt.site, receipt.id.to_string());
    let station = receipt.dock_code.clone();
    let new = NewPrint { site, station, kind: PrintKind::Article, subject, label, recipient: None };
    printing::print(tx, &new).await?;
    let step = in_hand(tx, task, receipt, &article).await?;
    Ok(if step.say.tone == Tone::Right {
        step.saying(Tone::Right, "label.printed", "A label prints. Stick it on, go on.")
    } else {
        step
    })
}

async fn at_wrong(tx: &mut Tx, task: &Task, mut receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    if scan.chose("aside") {
        let receipt = receipt.empty_handed();
        return go_on(tx, task, &receipt, Tone::Ask, "receive.aside", "Set it aside. Scan the next.").await;
    }
    if !scan.chose("hold") {
        return wrong(tx, task, &receipt, "choice.missing", "Choose hold or set aside.").await;
    }
    let article = article_in_hand(tx, &receipt).await?;
    receipt.forced = Some(Condition::QualityHold);
    receipt.stage = receipt.next_stage(&article);
    go_on(tx, task, &receipt, Tone::Warn, "receive.hold", "On quality hold. Go on.").await
}

async fn serial_known(tx: &mut Tx, task: &Task, receipt: &Receipt, serial: &str) -> Result<Step, Stop> {
    let text = format!("Serial {serial} is in stock already. Scan another.");
    wrong(tx, task, receipt, "serial.known", &text).await
}

async fn at_text(tx: &mut Tx, task: &Task, mut receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    let raw = scan.code.as_deref().unwrap_or_default();
    let read = barcode::read(raw);
    let article = article_in_hand(tx, &receipt).await?;
    match receipt.stage {
        Stage::Lot => match read.lot.clone().or_else(|| printed(raw)) {
            Some(lot) => receipt.lot = lot,
            None => return wrong(tx, task, &receipt, "lot.missing", "Enter the lot as printed.").await,
        },
        Stage::Expiry => match read.expiry.clone().or_else(|| date(raw)) {
            Some(expiry) => receipt.expiry = expiry,
            None => return wrong(tx, task, &receipt, "expiry.wrong", "Enter the date as YYMMDD.").await,
        },
        _ => match read.serial.clone().or_else(|| printed(raw)) {
            Some(serial) if rows::serial_known(tx.sql(), article.id, &serial).await? => {
                return serial_known(tx, task, &receipt, &serial).await;
            }
            Some(serial) => receipt.serial = serial,
            None => return wrong(tx, task, &receipt, "serial.missing", "Scan the serial as printed.").await,
        },
    }
    if let Some(expiry) = read.expiry.filter(|_| article.lot_rule == catalog::LotRule::Expiry) {
        receipt.expiry = expiry;
    }
    receipt.stage = receipt.next_stage(&article);
    if !receipt.expiry.is_empty() && is_expired(&receipt.expiry, tx.now()) && receipt.forced.is_none() {
        receipt.forced = Some(Condition::QualityHold);
        return go_on(tx, task, &receipt, Tone::Warn, "expiry.past", "Expired. They go on quality hold.").await;
    }
    go_on(tx, task, &receipt, Tone::Right, "label.right", "Read. Go on.").await
}

async fn at_quantity(tx: &mut Tx, task: &Task, mut receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    match scan.quantity.or_else(|| scan.number()) {
        Some(quantity) if crate::stock::checked(quantity).is_ok() => receipt.quantity = quantity,
        _ => return wrong(tx, task, &receipt, "quantity.wrong", "Enter how many pieces came.").await,
    }
    if !receipt.expiry.is_empty() && is_expired(&receipt.expiry, tx.now()) {
        receipt.forced = receipt.forced.or(Some(Condition::QualityHold));
    }
    receipt.stage = Stage::Condition;
    go_on(tx, task, &receipt, Tone::Right, "quantity.right", "Counted. How are they?").await
}

async fn at_condition(tx: &mut Tx, task: &Task, receipt: Receipt, scan: &Scan) -> Result<Step, Stop> {
    let chosen = scan.choice.as_deref().and_then(|choice| choice.parse::<Condition>().ok());
    let offered = [Condition::Sellable, Condition::Damaged, Condition::QualityHold];
    let Some(condition) = chosen.filter(|one| offered.contains(one)) else {
        return wrong(tx, task, &receipt, "choice.missing", "Choose how they are.").await;
    };
    if condition == Condition::Sellable && receipt.forced.is_some() {
        return wrong(tx, task, &receipt, "condition.forced", "These cannot be sold yet. Choose another.").await;
    }
    let booked = book::book(tx, &receipt, condition).await?;
    let receipt = receipt.empty_handed();
    if booked.waiting > 0 {
        let text = format!("{} booked, {} wait for a supervisor.", booked.booked, booked.waiting);
        return go_on(tx, task, &receipt, Tone::Warn, "receive.over", &text).await;
    }
    let text = format!("{} booked. Scan the next.", booked.booked);
    go_on(tx, task, &receipt, Tone::Right, "receive.booked", &text).await
}
