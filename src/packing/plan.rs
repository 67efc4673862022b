//! Deciding what goes into which carton, once all totes of a part are in. A change
//! of plan (a cancelled line) is planned anew for what is not packed yet.
//! Deliberately absent: three dimensions; volume and the longest side decide.

use super::{model::*, rows};
use crate::{
    catalog,
    decisions::{self, Candidate, Choice, DecisionKind},
    event::Event,
    kernel::*,
    orders::{self, FulfilmentState},
    picking,
    store::Tx,
    tasks::{self, NewTask, TaskKind},
    units::{self, UnitKind},
};

/// Opens the pack task of a part when everything of it is in: all picked, and no
/// tote on a cart. Ends it when nothing is left to pack, whoever has it in hand.
/// May be called as often as one likes. Facts: `task.ready`, `task.cancelled`.
pub async fn expect(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<(), Stop> {
    let Some(part) = orders::fulfilment(tx.sql(), fulfilment).await? else { return Ok(()) };
    let mut open = tasks::by_subject(tx.sql(), &fulfilment.to_string()).await?;
    open.retain(|task| task.kind == TaskKind::Pack && !task.state.is_over());
    if part.state == FulfilmentState::Cancelled {
        replan(tx, fulfilment).await?;
        return dismiss(tx, &open).await;
    }
    if part.state != FulfilmentState::Picked || picking::has_open_picks(tx.sql(), fulfilment).await? {
        return Ok(());
    }
    let pieces = if open.is_empty() { replan(tx, fulfilment).await? } else { 0 };
    // A box that was opened again has nothing to scan, and yet must be closed.
    let at_work = rows::cartons_of(tx.sql(), fulfilment).await?.iter().any(|carton| carton.state.is_at_work());
    if !at_work {
        dismiss(tx, &open).await?;
        return conclude(tx, fulfilment).await;
    }
    if !open.is_empty() {
        return Ok(());
    }
    let title = match pieces {
        0 => tasks::Title::CloseAgain {},
        1 => tasks::Title::PackOne {},
        _ => tasks::Title::Pack { pieces },
    };
    let new = NewTask {
        kind: TaskKind::Pack,
        site: part.site,
        zone: String::new(),
        priority: 1,
        due_at: part.due_at,
        subject: fulfilment.to_string(),
        title,
        total: pieces.max(1),
        ready: true,
    };
    tasks::add(tx, &new).await?;
    Ok(())
}

/// The plan left a packer with nothing to do: the task leaves the hand it is in.
async fn dismiss(tx: &mut Tx, open: &[tasks::Task]) -> Result<(), Stop> {
    for task in open {
        tasks::cancel(tx, task).await?;
    }
    Ok(())
}

/// No carton of a part is at work: if some are closed, the part is packed.
pub(super) async fn conclude(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<(), Stop> {
    let cartons = rows::cartons_of(tx.sql(), fulfilment).await?;
    if cartons.iter().any(|carton| carton.state == CartonState::Closed) {
        orders::packed(tx, fulfilment, &[], true).await?;
    } else if cartons.iter().any(|carton| carton.state == CartonState::Departed) {
        // What was opened again is empty, and the rest is on the road already.
        orders::packed(tx, fulfilment, &[], true).await?;
        orders::shipped(tx, fulfilment, &[], true).await?;
    }
    Ok(())
}

/// Plans cartons for what is picked and not packed. Returns how many pieces.
pub async fn replan(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<i64, Stop> {
    let Some(part) = orders::fulfilment(tx.sql(), fulfilment).await? else { return Ok(0) };
    let mut cartons = rows::cartons_of(tx.sql(), fulfilment).await?;
    forget_plans(tx, &part, &mut cartons).await?;
    let items = items(tx, fulfilment, &cartons).await?;
    let pieces = items.iter().map(|item| item.quantity).sum();
    let boxes = cartonise(&items);
    let seq = cartons.iter().map(|carton| carton.seq).max().unwrap_or(0);
    for (seq, packed) in (seq + 1..).zip(&boxes) {
        add_carton(tx, &part, seq, packed).await?;
    }
    if !boxes.is_empty() {
        record(tx, &part, &items, &boxes).await?;
    }
    Ok(pieces)
}

/// Takes back plans that hold nothing: planned cartons become void, open ones
/// shrink to what is in them.
async fn forget_plans(tx: &mut Tx, part: &orders::Fulfilment, cartons: &mut [Carton]) -> Result<(), Stop> {
    for carton in cartons {
        if !matches!(carton.state, CartonState::Planned | CartonState::Open) {
            continue;
        }
        let mut inside = 0;
        for mut line in rows::lines(tx.sql(), carton.parcel).await? {
            inside += line.packed;
            line.planned = line.packed;
            rows::save_line(tx.sql(), &line).await?;
        }
        if inside == 0 {
            discard(tx, part, carton).await?;
        }
    }
    Ok(())
}

/// An empty carton is not wanted any more. Fact, if a packer had begun it:
/// `carton.void`.
pub(super) async fn discard(tx: &mut Tx, part: &orders::Fulfilment, carton: &mut Carton) -> Result<(), Stop> {
    let begun = carton.state != CartonState::Planned;
    carton.state = CartonState::Void;
    rows::save(tx.sql(), carton).await?;
    if begun {
        let (order, parcel, site) = (part.order, carton.parcel, part.site);
        tx.emit(Event::CartonVoid { order, fulfilment: part.id, parcel, site });
    }
    Ok(())
}

/// What is picked and in no carton yet.
async fn items(tx: &mut Tx, fulfilment: FulfilmentId, cartons: &[Carton]) -> Result<Vec<Item>, Stop> {
    let mut inside: std::collections::HashMap<LineId, i64> = std::collections::HashMap::new();
    for carton in cartons.iter().filter(|carton| carton.state != CartonState::Void) {
        for line in rows::lines(tx.sql(), carton.parcel).await? {
            *inside.entry(line.line).or_default() += line.packed;
        }
    }
    let mut wanted: std::collections::BTreeMap<LineId, (SkuId, i64)> = std::collections::BTreeMap::new();
    for line in orders::fulfilment_lines(tx.sql(), fulfilment).await? {
        wanted.entry(line.line).or_insert((line.sku, 0)).1 += line.picked;
    }
    let mut items = Vec::new();
    for (line, (sku, picked)) in wanted {
        let quantity = picked - inside.get(&line).copied().unwrap_or(0);
        let article = catalog::by_id(tx.sql(), sku).await?;
        if let Some(article) = article.filter(|_| quantity > 0) {
            items.push(Item {
                line,
                sku,
                temperature: article.temperature,
                volume_ml: article.volume_ml(),
                length_mm: article.length_mm.max(article.width_mm).max(article.height_mm),
                quantity,
            });
        }
    }
    Ok(items)
}

async fn add_carton(tx: &mut Tx, part: &orders::Fulfilment, seq: i64, packed: &Packed) -> Result<(), Stop> {
    let parcel = tx.id::<kind::Parcel>();
    let label = format!("CTN-{}", parcel.ulid());
    let unit = units::add(tx, &label, UnitKind::Carton, part.site, None).await?;
    let carton = Carton {
        parcel,
        unit: unit.id,
        fulfilment: part.id,
        site: part.site,
        seq,
        size: packed.size.code.to_owned(),
        temperature: packed.temperature.to_string(),
        tare_g: packed.size.tare_g,
        volume_ml: packed.size.volume_ml,
        sscc: None,
        state: CartonState::Planned,
        expected_g: packed.size.tare_g,
        measured_g: None,
        load: None,
        print: None,
    };
    rows::add(tx.sql(), &carton).await?;
    for (line, sku, planned) in &packed.items {
        let row = CartonLine { parcel, line: *line, sku: *sku, planned: *planned, packed: 0 };
        rows::save_line(tx.sql(), &row).await?;
    }
    Ok(())
}

async fn record(tx: &mut Tx, part: &orders::Fulfilment, items: &[Item], boxes: &[Packed]) -> Result<(), Stop> {
    let volume: i64 = items.iter().map(|item| item.volume_ml * item.quantity).sum();
    let candidates = SIZES
        .iter()
        .map(|size| {
            let chosen = boxes.iter().any(|packed| packed.size == *size);
            let rejected = (!chosen).then(|| "too small, or larger than needed".to_owned());
            Candidate { name: size.code.to_owned(), cost: Some(size.volume_ml), rejected }
        })
        .collect();
    let chosen: Vec<&str> = boxes.iter().map(|packed| packed.size.code).collect();
    let cost = boxes.iter().map(|packed| packed.size.volume_ml).sum();
    let choice = Choice {
        kind: DecisionKind::Carton,
        subject: part.id.to_string(),
        site: Some(part.site),
        chosen: chosen.join(" + "),
        method: "class by class, the smallest box that fits".to_owned(),
        inputs: decisions::told(
            &serde_json::json!({"unit": "millilitres of box", "goods_ml": volume, "pieces": items.len()}),
        ),
        candidates,
        cost: Some(cost),
        bound: Some(volume),
        took_us: 0,
    };
    decisions::record(tx, &choice).await?;
    Ok(())
}
