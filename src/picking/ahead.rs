//! The rest of a tour, for a page that may lose its network: every line that is
//! still to be fetched, with all labels that are right for it. Deliberately absent:
//! promises that it stays so; `kept` judges what comes back.

use std::collections::{HashMap, hash_map::Entry};

use serde::Serialize;

use super::{model::*, rows, step};
use crate::{catalog, kernel::*, layout, store::Tx, tasks::Task, units};

/// What is still to be done for a pick task, in order.
#[derive(Debug, Clone, Serialize)]
pub struct Ahead {
    /// The task.
    pub task: TaskId,
    /// Lines that are over.
    pub done: i64,
    /// Lines in all.
    pub of: i64,
    /// The label that ends the task; empty if the shelf came to the worker.
    pub station: String,
    /// The lines, first to last.
    pub lines: Vec<Line>,
}

/// One visit to one bin.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The pick, by id.
    pub pick: PickId,
    /// Whose tote it goes to: lines of one part share totes.
    pub part: FulfilmentId,
    /// The tote in use for this part, or empty.
    pub tote: String,
    /// Label of the bin.
    pub bin: String,
    /// Its zone.
    pub zone: String,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// What is shown of the label.
    pub label: String,
    /// Every label that is right, and the pieces it stands for.
    pub codes: Vec<(String, i64)>,
    /// The lot, or empty.
    pub lot: String,
    /// Still to be fetched, in pieces.
    pub want: i64,
    /// In hand, in pieces.
    pub took: i64,
    /// What is asked for next.
    pub stage: Stage,
}

/// The rest of a pick task; `None` without picks.
pub async fn ahead(tx: &mut Tx, task: &Task) -> Result<Option<Ahead>, Stop> {
    let Some(batch) = rows::batch_of_task(tx.sql(), task.id).await? else { return Ok(None) };
    let (mut lines, mut totes) = (Vec::new(), HashMap::<_, String>::new());
    let picks = rows::picks_of(tx.sql(), batch.id).await?;
    let of = i64::try_from(picks.len()).unwrap_or(i64::MAX);
    for pick in picks.into_iter().filter(|pick| pick.state == PickState::Open) {
        let tote = match totes.entry(pick.fulfilment) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => unknown.insert(tote_of(tx, pick.fulfilment).await?).clone(),
        };
        lines.push(line(tx, pick, tote).await?);
    }
    let done = of - i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let station = if batch.kind == BatchKind::Walk { batch.station } else { String::new() };
    Ok(Some(Ahead { task: task.id, done, of, station, lines }))
}

/// The tote in use for a part, or nothing.
async fn tote_of(tx: &mut Tx, part: FulfilmentId) -> Result<String, Stop> {
    let bound = units::bound_to(tx.sql(), part).await?;
    let open = bound.into_iter().find(|unit| unit.state == units::UnitState::InUse);
    Ok(open.map(|unit| unit.code).unwrap_or_default())
}

async fn line(tx: &mut Tx, pick: Pick, tote: String) -> Result<Line, Stop> {
    let article = catalog::by_id(tx.sql(), pick.sku).await?;
    let zone = layout::bin(tx.sql(), pick.bin).await?.map(|bin| bin.zone).unwrap_or_default();
    let mut codes: Vec<(String, i64)> =
        catalog::barcodes(tx.sql(), pick.sku).await?.into_iter().map(|one| (one.code, one.quantity)).collect();
    codes.extend(article.as_ref().map(|article| (article.code.clone(), 1)));
    Ok(Line {
        pick: pick.id,
        part: pick.fulfilment,
        tote,
        zone,
        label: step::label_of(article.as_ref()),
        name: article.as_ref().map(|article| article.name.en.clone()).unwrap_or_default(),
        name_zh: article.map(|article| article.name.zh).unwrap_or_default(),
        codes,
        want: pick.left(),
        took: pick.counted,
        stage: pick.stage,
        bin: pick.bin_code,
        lot: pick.lot,
    })
}
