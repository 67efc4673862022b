//! What the handheld at the dock shows, from what is stored. Deliberately absent:
//! changing anything.

use super::{book, model::*, rows};
use crate::{
    catalog::{self, Article},
    kernel::*,
    stock::Condition,
    store::Tx,
    tasks::{self, Choice, ExpectKind, Spot, Step, StepQuantity, Target, Task, Tone},
};

/// The next screen of a receive task.
pub async fn step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let receipt = find(tx, task).await?;
    screen(tx, task, &receipt).await
}

pub(super) async fn find(tx: &mut Tx, task: &Task) -> Result<Receipt, Stop> {
    match rows::by_task(tx.sql(), task.id).await? {
        Some(receipt) => Ok(receipt),
        None => Err(Refusal::NoReceipt { task: task.id.to_string() }.into()),
    }
}

fn choice(code: &str, label: &str, tone: Tone) -> Choice {
    Choice { code: code.to_owned(), label: label.to_owned(), tone }
}

pub(super) async fn screen(tx: &mut Tx, task: &Task, receipt: &Receipt) -> Result<Step, Stop> {
    if receipt.state == ReceiptState::Closed {
        return Ok(Step::over(task, "Received. Take the next task."));
    }
    let article = match receipt.sku {
        Some(sku) => catalog::by_id(tx.sql(), sku).await?,
        None => None,
    };
    let mut step = match receipt.stage {
        Stage::Article => next_article(tx, task, receipt).await?,
        Stage::Quantity | Stage::Lot | Stage::Expiry => of_line(tx, task, receipt).await?,
        _ => plain(task, receipt),
    };
    step.spot = Some(Spot { label: receipt.dock_code.clone(), zone: task.zone.clone(), hint: String::new() });
    if let Some(article) = &article {
        step.article = Some(tasks::show(article, &receipt.lot, &receipt.expiry));
        step.quantity = Some(counts(tx, receipt, article).await?);
    }
    if !receipt.sscc.is_empty() {
        step.into = Some(Target { label: receipt.sscc.clone(), hint: "pallet in hand".to_owned() });
    }
    if !matches!(receipt.stage, Stage::Dock | Stage::Article | Stage::Wrong) {
        step.choices.push(choice("back", "Start again with this one", Tone::Ask));
    }
    Ok(step)
}

fn plain(task: &Task, receipt: &Receipt) -> Step {
    let ask = |state: &str, text: &str, kind, label: &str| Step::ask(task, state, text, kind, label);
    match receipt.stage {
        Stage::Relabel => ask("receive.relabel", "Enter the article's code", ExpectKind::Label, ""),
        Stage::Wrong => {
            let mut step = ask("receive.wrong", "Not announced. Hold it or set aside", ExpectKind::Choice, "hold");
            step.say.tone = Tone::Warn;
            step.choices = vec![
                choice("hold", "Receive on quality hold", Tone::Warn),
                choice("aside", "Set aside, do not receive", Tone::Ask),
            ];
            step
        }
        Stage::Serial => ask("receive.scan_serial", "Scan the serial number", ExpectKind::Label, ""),
        Stage::Condition => {
            let expected = receipt.forced.unwrap_or(Condition::Sellable);
            let mut step = ask("receive.condition", "How are they?", ExpectKind::Choice, expected.as_str());
            let offered = [
                (Condition::Sellable, "All good", Tone::Right),
                (Condition::Damaged, "Damaged", Tone::Wrong),
                (Condition::QualityHold, "Doubtful, quality hold", Tone::Warn),
            ];
            let allowed =
                offered.into_iter().filter(|(one, ..)| *one != Condition::Sellable || receipt.forced.is_none());
            step.choices = allowed.map(|(one, label, tone)| choice(one.as_str(), label, tone)).collect();
            step
        }
        _ => ask("receive.scan_dock", "Go to the dock and scan it", ExpectKind::Bin, &receipt.dock_code),
    }
}

/// The line that is next: announced, on the pallet in hand if there is one, and
/// not all here yet.
async fn next_line(tx: &mut Tx, receipt: &Receipt) -> Result<Option<AsnLine>, Fault> {
    let Some(asn) = receipt.asn else { return Ok(None) };
    let lines = rows::asn_lines(tx.sql(), asn).await?;
    let came = rows::lines(tx.sql(), receipt.id).await?;
    let mut left: Vec<(SkuId, i64)> = Vec::new();
    for line in came.iter().filter(|line| matches!(line.state, LineState::Booked | LineState::Waiting)) {
        left.push((line.sku, line.quantity));
    }
    // Lines of one article are filled one after the other.
    let mut open = Vec::new();
    for line in lines {
        let mut missing = line.quantity;
        for (_, quantity) in left.iter_mut().filter(|(sku, _)| *sku == line.sku) {
            let taken = missing.min(*quantity);
            missing -= taken;
            *quantity -= taken;
        }
        if missing > 0 {
            open.push(AsnLine { quantity: missing, ..line });
        }
    }
    let wanted = |line: &&AsnLine| receipt.sku.is_none_or(|sku| line.sku == sku);
    let on_pallet = open.iter().filter(wanted).find(|line| !receipt.sscc.is_empty() && line.sscc == receipt.sscc);
    Ok(on_pallet.or_else(|| open.iter().find(wanted)).cloned())
}

async fn next_article(tx: &mut Tx, task: &Task, receipt: &Receipt) -> Result<Step, Stop> {
    let next = next_line(tx, receipt).await?;
    let article = match &next {
        Some(line) => catalog::by_id(tx.sql(), line.sku).await?,
        None => None,
    };
    let pallet = next.as_ref().map(|line| line.sscc.clone()).filter(|sscc| !sscc.is_empty() && *sscc != receipt.sscc);
    let mut step = match (&pallet, &article) {
        (Some(sscc), _) => Step::ask(task, "receive.scan_pallet", "Scan the pallet", ExpectKind::Unit, sscc),
        (None, Some(article)) => {
            let label = tasks::label_of(article);
            Step::ask(task, "receive.scan_article", "Scan the article", ExpectKind::Article, &label)
        }
        (None, None) if receipt.asn.is_some() => {
            Step::ask(task, "receive.all_here", "All here. Close, or scan more", ExpectKind::Choice, "close")
        }
        (None, None) => Step::ask(task, "receive.scan_article", "Scan an article, or close", ExpectKind::Article, ""),
    };
    if let Some(article) = &article {
        step.article = Some(tasks::show(article, "", ""));
    }
    let short: i64 = book::short(tx, receipt).await?.iter().map(|(_, missing)| missing).sum();
    let label = if short > 0 { format!("Close, {short} short") } else { "Close".to_owned() };
    step.choices = vec![
        choice("close", &label, if short > 0 { Tone::Warn } else { Tone::Right }),
        choice("unreadable", "Label cannot be read", Tone::Warn),
    ];
    Ok(step)
}

/// Stages whose answer the announcement may know: what a worker would find on the
/// label, shown so that it is checked and not typed.
async fn of_line(tx: &mut Tx, task: &Task, receipt: &Receipt) -> Result<Step, Stop> {
    let line = next_line(tx, receipt).await?;
    let known = |value: fn(&AsnLine) -> String| line.as_ref().map(value).unwrap_or_default();
    Ok(match receipt.stage {
        Stage::Lot => {
            let lot = known(|line| line.lot.clone());
            Step::ask(task, "receive.enter_lot", "Scan or enter the lot", ExpectKind::Label, &lot)
        }
        Stage::Expiry => {
            let expiry = known(|line| line.expiry.clone());
            Step::ask(task, "receive.enter_expiry", "Enter the date as YYMMDD", ExpectKind::Label, &expiry)
        }
        _ => {
            let open = known(|line| line.quantity.to_string());
            Step::ask(task, "receive.enter_quantity", "Count them, enter how many", ExpectKind::Quantity, &open)
        }
    })
}

async fn counts(tx: &mut Tx, receipt: &Receipt, article: &Article) -> Result<StepQuantity, Fault> {
    let want = book::announced(tx, receipt, article.id).await?.unwrap_or(0);
    let done = book::received(tx, receipt.id, article.id).await?;
    Ok(StepQuantity { want, done, unit: "piece".to_owned() })
}
