//! What the picker's handheld shows, from what is stored. Deliberately absent:
//! changing anything.

use super::{model::*, rows};
use crate::{
    catalog::{self, Article},
    kernel::*,
    layout,
    store::Tx,
    tasks::{Choice, ExpectKind, Spot, Step, StepArticle, StepQuantity, Target, Task, Tone},
    units,
};

/// The next screen of a pick task.
pub async fn step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let Some(batch) = rows::batch_of_task(tx.sql(), task.id).await? else {
        return Err(Refusal::NoBatch { task: task.id }.into());
    };
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    match picks.iter().find(|pick| pick.state == PickState::Open) {
        Some(pick) => of_pick(tx, task, &batch, pick).await,
        None if batch.state == BatchState::Done => Ok(Step::over(task, "All picked. Take the next task.")),
        None => Ok(bring(task, &batch)),
    }
}

fn bring(task: &Task, batch: &Batch) -> Step {
    let mut step =
        Step::ask(task, "pick.scan_station", "Bring the totes, scan the station", ExpectKind::Station, &batch.station);
    step.spot = Some(Spot { label: batch.station.clone(), zone: String::new(), hint: String::new() });
    step
}

async fn of_pick(tx: &mut Tx, task: &Task, batch: &Batch, pick: &Pick) -> Result<Step, Stop> {
    let article = catalog::by_id(tx.sql(), pick.sku).await?;
    let (state, text, kind, label) = match pick.stage {
        Stage::Bin => ("pick.scan_bin", "Go to the bin and scan it", ExpectKind::Bin, pick.bin_code.clone()),
        Stage::Article => ("pick.scan_article", "Scan the article", ExpectKind::Article, label_of(article.as_ref())),
        Stage::Quantity => {
            ("pick.enter_quantity", "Take them and enter how many", ExpectKind::Quantity, pick.left().to_string())
        }
        Stage::Tote => ("pick.scan_tote", "Put them into the tote and scan it", ExpectKind::Tote, String::new()),
    };
    let mut step = Step::ask(task, state, text, kind, &label);
    let zone = layout::bin(tx.sql(), pick.bin).await?.map(|bin| bin.zone).unwrap_or_default();
    let hint = if batch.kind == BatchKind::Station { batch.station.clone() } else { String::new() };
    step.spot = Some(Spot { label: pick.bin_code.clone(), zone, hint });
    step.article = article.as_ref().map(|article| shown(article, &pick.lot, &pick.expiry));
    step.quantity = Some(StepQuantity { want: pick.left(), done: pick.counted, unit: "piece".to_owned() });
    let totes = units::bound_to(tx.sql(), pick.fulfilment).await?;
    let open = totes.iter().find(|unit| unit.state == units::UnitState::InUse);
    if let Some(tote) = open {
        step.into = Some(Target { label: tote.code.clone(), hint: String::new() });
        if pick.stage == Stage::Tote {
            step.expect.label.clone_from(&tote.code);
        }
    } else {
        step.into = Some(Target { label: String::new(), hint: "an empty tote".to_owned() });
    }
    step.choices = choices(pick, open.is_some());
    Ok(step)
}

fn choices(pick: &Pick, has_tote: bool) -> Vec<Choice> {
    let short = Choice { code: "short".to_owned(), label: "Not enough here".to_owned(), tone: Tone::Warn };
    let full = Choice { code: "full".to_owned(), label: "Tote is full".to_owned(), tone: Tone::Warn };
    match pick.stage {
        Stage::Tote if has_tote => vec![full],
        Stage::Tote => Vec::new(),
        _ => vec![short],
    }
}

/// What a worker would scan of an article: its barcode, else its code.
pub(crate) fn label_of(article: Option<&Article>) -> String {
    article.map(|article| article.gtin.clone().unwrap_or_else(|| article.code.clone())).unwrap_or_default()
}

/// An article as a handheld shows it.
pub(crate) fn shown(article: &Article, lot: &str, expiry: &str) -> StepArticle {
    let mut detail = vec![format!("{} g", article.weight_g)];
    if article.temperature.as_str() != "ambient" {
        detail.push(article.temperature.to_string());
    }
    if !lot.is_empty() {
        detail.push(format!("lot {lot}"));
    }
    if !expiry.is_empty() {
        detail.push(format!("exp {expiry}"));
    }
    StepArticle {
        name: article.name.en.clone(),
        name_zh: article.name.zh.clone(),
        code: article.code.clone(),
        gtin: label_of(Some(article)),
        image: article.image.clone(),
        detail: detail.join(", "),
    }
}
