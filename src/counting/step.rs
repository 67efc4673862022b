//! What the counter's handheld shows. It names the article to look for next and
//! never how many there should be. Deliberately absent: changing anything.

use std::collections::BTreeMap;

use super::{model::*, rows};
use crate::{
    catalog::{self, Article, LotRule},
    kernel::*,
    stock::{self, Condition, Goods, Holder},
    store::{Sql, Tx},
    tasks::{self, Choice, ExpectKind, Spot, Step, Task, Tone},
};

/// The next screen of a count.
pub async fn step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let count = find(tx, task).await?;
    screen(tx, task, &count).await
}

pub(super) async fn find(tx: &mut Tx, task: &Task) -> Result<Count, Stop> {
    match rows::by_task(tx.sql(), task.id).await? {
        Some(count) => Ok(count),
        None => Err(Refusal::NoCount { task: task.id }.into()),
    }
}

pub(super) async fn screen(tx: &mut Tx, task: &Task, count: &Count) -> Result<Step, Stop> {
    let article = match count.sku {
        Some(sku) => catalog::by_id(tx.sql(), sku).await?,
        None => None,
    };
    let mut step = match count.stage {
        Stage::Bin => Step::ask(task, "count.scan_bin", "Go to the bin and scan it", ExpectKind::Bin, &count.bin_code),
        Stage::Article => return next_article(tx, task, count).await,
        Stage::Lot => {
            let label = next_piece(tx, count, count.sku).await?.map(|piece| piece.lot).unwrap_or_default();
            Step::ask(task, "count.enter_lot", "Scan or enter the lot", ExpectKind::Label, &label)
        }
        Stage::Serial => Step::ask(task, "count.scan_serial", "Scan the serial number", ExpectKind::Label, ""),
        Stage::Quantity => {
            Step::ask(task, "count.enter_quantity", "Count them, enter how many", ExpectKind::Quantity, "")
        }
        Stage::Done => return Ok(Step::over(task, "Counted. Take the next task.")),
    };
    step.spot = Some(spot(task, count));
    step.article = article.as_ref().map(|article| tasks::show(article, &count.lot, &count.expiry));
    if !count.lot.is_empty() {
        step.facts = vec![("lot".to_owned(), count.lot.clone())];
    }
    Ok(step)
}

fn spot(task: &Task, count: &Count) -> Spot {
    Spot { label: count.bin_code.clone(), zone: task.zone.clone(), hint: count.station.clone() }
}

async fn next_article(tx: &mut Tx, task: &Task, count: &Count) -> Result<Step, Stop> {
    let done = rows::counted(tx.sql(), &count.id, count.round).await?;
    let next = next_piece(tx, count, None).await?;
    let article = match &next {
        Some(piece) => catalog::by_id(tx.sql(), piece.sku).await?,
        None => None,
    };
    let label = article.as_ref().map(tasks::label_of).unwrap_or_default();
    let (code, button) = if done.is_empty() { ("empty", "Bin is empty") } else { ("done", "All counted") };
    let mut step = if label.is_empty() {
        Step::ask(task, "count.scan_article", "Scan any other article, or finish", ExpectKind::Choice, code)
    } else {
        Step::ask(task, "count.scan_article", "Scan an article in the bin", ExpectKind::Article, &label)
    };
    step.spot = Some(spot(task, count));
    step.article = article.as_ref().map(|article| tasks::show(article, "", ""));
    step.facts = vec![("counted".to_owned(), done.len().to_string())];
    step.choices = vec![Choice { code: code.to_owned(), label: button.to_owned(), tone: Tone::Ask }];
    Ok(step)
}

/// What is to be looked for next, of one article or of any.
async fn next_piece(tx: &mut Tx, count: &Count, sku: Option<SkuId>) -> Result<Option<Piece>, Fault> {
    let done = rows::counted(tx.sql(), &count.id, count.round).await?;
    let mut open = to_find(tx.sql(), count).await?.into_iter().filter(|piece| !done.contains_key(piece));
    Ok(open.find(|piece| sku.is_none_or(|sku| piece.sku == sku)))
}

/// What should be looked for in this round, in the order of articles: all that is
/// believed here, or in the second round what differed in the first.
async fn to_find(sql: &mut Sql, count: &Count) -> Result<Vec<Piece>, Fault> {
    let believed = believed(sql, count.bin).await?;
    if count.round == 1 {
        return Ok(believed.into_keys().collect());
    }
    let first = quantities(rows::counted(sql, &count.id, 1).await?);
    Ok(differences(&believed, &first).into_keys().collect())
}

pub(super) fn quantities(counted: BTreeMap<Piece, (i64, String)>) -> BTreeMap<Piece, i64> {
    counted.into_iter().map(|(piece, (quantity, _))| (piece, quantity)).collect()
}

/// What the books say lies in a bin, in whatever condition but missing.
pub(super) async fn believed(sql: &mut Sql, bin: BinId) -> Result<BTreeMap<Piece, i64>, Fault> {
    let mut believed = BTreeMap::new();
    for (goods, quantity) in lying(sql, bin).await? {
        *believed.entry(Piece::of(&goods)).or_default() += quantity;
    }
    Ok(believed)
}

/// The same, condition by condition.
pub(super) async fn lying(sql: &mut Sql, bin: BinId) -> Result<Vec<(Goods, i64)>, Fault> {
    let contents = stock::contents(sql, Holder::Bin(bin)).await?;
    let here = contents.into_iter().filter(|balance| balance.goods.condition != Condition::Missing);
    Ok(here.map(|balance| (balance.goods, balance.quantity)).collect())
}

/// The lot and expiry of the article in hand, if only one is believed here: then
/// nobody need type it.
pub(super) async fn only_lot(sql: &mut Sql, count: &Count) -> Result<Option<(String, String)>, Fault> {
    let mut lots: Vec<(String, String)> = lying(sql, count.bin)
        .await?
        .into_iter()
        .filter(|(goods, _)| Some(goods.sku) == count.sku)
        .map(|(goods, _)| (goods.lot, goods.expiry))
        .collect();
    lots.sort();
    lots.dedup();
    Ok(if lots.len() == 1 { lots.pop() } else { None })
}

/// What must be known of the article in hand before it is counted.
pub(super) fn next_stage(article: &Article, count: &Count) -> Stage {
    if article.lot_rule != LotRule::None && count.lot.is_empty() {
        Stage::Lot
    } else if article.serial_tracked && count.serial.is_empty() {
        Stage::Serial
    } else {
        Stage::Quantity
    }
}
