//! One entry of the packer. Each piece is scanned; the weight must fit the sum;
//! the label is scanned last, so that no carton wears another's. Deliberately
//! absent: printing itself; a job is queued and the label asked for.

use super::{
    model::*,
    rows,
    step::{self, part_of},
};
use crate::{
    catalog,
    event::Event,
    kernel::*,
    orders,
    picking::wrong,
    stock::{self, Account, Condition, Holder, Movement},
    store::Tx,
    tasks::{self, Scan, Step, Task, Tone},
    units,
};

/// Applies one entry and answers with the next screen.
pub async fn scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let fulfilment = part_of(task)?;
    let cartons = rows::cartons_of(tx.sql(), fulfilment).await?;
    let Some(carton) = step::current(&cartons).cloned() else {
        tasks::finish(tx, task).await?;
        super::plan::conclude(tx, fulfilment).await?;
        return step::step(tx, task).await;
    };
    if scan.choice.as_deref() == Some("count_again") {
        return count_again(tx, task, carton).await;
    }
    let lines = rows::lines(tx.sql(), carton.parcel).await?;
    match (carton.state, lines.iter().any(|line| line.packed < line.planned)) {
        (CartonState::Planned, _) => take_box(tx, task, carton, scan).await,
        (CartonState::Open, true) => piece(tx, task, carton, &lines, scan).await,
        (CartonState::Open, false) => weigh(tx, task, carton, scan).await,
        _ => label(tx, task, carton, scan).await,
    }
}

fn code(scan: &Scan) -> String {
    scan.code.as_deref().unwrap_or_default().trim().to_uppercase()
}

async fn take_box(tx: &mut Tx, task: &Task, mut carton: Carton, scan: &Scan) -> Result<Step, Stop> {
    let code = code(scan);
    let size = SIZES.iter().find(|size| code == format!("BOX-{}", size.code));
    let wanted = SIZES.iter().find(|size| size.code == carton.size);
    let screen = step::step(tx, task).await?;
    let Some(size) = size.filter(|size| wanted.is_none_or(|wanted| size.volume_ml >= wanted.volume_ml)) else {
        let text = format!("Take a box {} or larger and scan it.", carton.size);
        return wrong(tx, task, "box.wrong", &text, screen).await;
    };
    (carton.size, carton.tare_g, carton.volume_ml) = (size.code.to_owned(), size.tare_g, size.volume_ml);
    (carton.state, carton.expected_g) = (CartonState::Open, size.tare_g);
    rows::save(tx.sql(), &carton).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Right, "box.right", "Right box. Scan the first piece."))
}

async fn piece(tx: &mut Tx, task: &Task, mut carton: Carton, lines: &[CartonLine], scan: &Scan) -> Result<Step, Stop> {
    let raw = scan.code.as_deref().unwrap_or_default();
    let screen = step::step(tx, task).await?;
    let found = catalog::by_barcode(tx.sql(), raw).await?;
    let Some((article, per_scan)) = found else {
        return wrong(tx, task, "article.unknown", "No article has this label. Scan the piece.", screen).await;
    };
    let line = lines.iter().find(|line| line.sku == article.id && line.packed < line.planned);
    let Some(line) = line else {
        let text = format!("{} does not go into this box.", article.name.en);
        return wrong(tx, task, "article.wrong", &text, screen).await;
    };
    let pieces = scan.quantity.unwrap_or(1).saturating_mul(per_scan);
    if !(1..=line.planned - line.packed).contains(&pieces) {
        let text = format!("Only {} of these go into this box.", line.planned - line.packed);
        return wrong(tx, task, "quantity.wrong", &text, screen).await;
    }
    if !from_totes(tx, &carton, line, pieces).await? {
        return wrong(tx, task, "tote.without", "The totes do not hold this piece. Look for it.", screen).await;
    }
    let row = CartonLine { packed: line.packed + pieces, ..line.clone() };
    rows::save_line(tx.sql(), &row).await?;
    carton.expected_g += article.weight_g * pieces;
    rows::save(tx.sql(), &carton).await?;
    tasks::progress(tx, task.id, (task.done + pieces).min(task.total), task.total).await?;
    let task = Task { done: (task.done + pieces).min(task.total), ..task.clone() };
    Ok(step::step(tx, &task).await?.saying(Tone::Right, "article.right", "In the box. Go on."))
}

/// Moves pieces from the part's totes into the carton; false, and nothing moved, if
/// the totes do not have them all.
async fn from_totes(tx: &mut Tx, carton: &Carton, line: &CartonLine, pieces: i64) -> Result<bool, Stop> {
    let mut totes = units::bound_to(tx.sql(), carton.fulfilment).await?;
    totes.retain(|tote| tote.kind == units::UnitKind::Tote);
    let mut there = 0;
    for tote in &totes {
        let held = stock::contents(tx.sql(), Holder::Unit(tote.id)).await?;
        there += held.iter().filter(|held| held.goods.sku == line.sku).map(|held| held.quantity).sum::<i64>();
    }
    if there < pieces {
        return Ok(false);
    }
    let mut left = pieces;
    for tote in totes {
        for balance in stock::contents(tx.sql(), Holder::Unit(tote.id)).await? {
            let quantity = balance.quantity.min(left);
            if balance.goods.sku != line.sku || quantity == 0 {
                continue;
            }
            let movement = Movement {
                goods: balance.goods,
                quantity,
                from: Account::bound(carton.site, tote.id),
                to: Account::bound(carton.site, carton.unit),
                becomes: Condition::Sellable,
                reason: "packed",
                reference: line.line.to_string(),
            };
            stock::relocate(tx, &movement).await?;
            left -= quantity;
        }
        if stock::contents(tx.sql(), Holder::Unit(tote.id)).await?.is_empty() {
            units::free(tx, tote.id).await?;
        }
    }
    Ok(true)
}

async fn weigh(tx: &mut Tx, task: &Task, mut carton: Carton, scan: &Scan) -> Result<Step, Stop> {
    let said = scan.quantity.or_else(|| scan.code.as_deref().and_then(|code| code.trim().parse().ok()));
    let screen = step::step(tx, task).await?;
    let Some(measured_g) = said.filter(|grams| (1..=100_000).contains(grams)) else {
        return wrong(tx, task, "weight.missing", "Enter what the scale says, in grams.", screen).await;
    };
    carton.measured_g = Some(measured_g);
    if !weight_matches(carton.expected_g, measured_g) {
        rows::save(tx.sql(), &carton).await?;
        let Carton { fulfilment, parcel, site, expected_g, .. } = carton;
        let order = order_of(tx, fulfilment).await?;
        tx.emit(Event::WeightMismatch { order, fulfilment, parcel, site, expected_g, measured_g });
        let screen = step::step(tx, task).await?;
        let text = format!("{measured_g} g does not fit. Scan every piece again.");
        return Ok(screen.saying(Tone::Wrong, "weight.mismatch", &text));
    }
    seal(tx, &mut carton).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Right, "weight.right", "The weight fits. Put the label on."))
}

/// The box is full and its weight believed: it gets its number and its label.
async fn seal(tx: &mut Tx, carton: &mut Carton) -> Result<(), Stop> {
    let serial = rows::next_serial(tx.sql(), COMPANY_PREFIX).await?;
    carton.sscc = Some(barcode::sscc(0, COMPANY_PREFIX, serial));
    carton.state = CartonState::Weighed;
    carton.print = super::label::queue(tx, carton).await?;
    Ok(rows::save(tx.sql(), carton).await?)
}

/// More cartons than anybody closes between a copy and its being put back; a prefix has
/// room for a thousand such leaps.
const LEAP: i64 = 1_000_000;

/// A copy was put back: its original went on giving numbers to cartons after it was
/// made, so the copy begins far beyond them.
pub async fn number_apart(tx: &mut Tx) -> Result<(), Fault> {
    rows::leap(tx.sql(), COMPANY_PREFIX, LEAP).await
}

/// A supervisor looked and believes the scale: the box goes on as it is. Does
/// nothing if its weight is not in question any more.
pub async fn accept_weight(tx: &mut Tx, parcel: ParcelId) -> Result<(), Stop> {
    let Some(mut carton) = rows::carton(tx.sql(), parcel).await? else { return Ok(()) };
    let full = rows::lines(tx.sql(), parcel).await?.iter().all(|line| line.packed == line.planned);
    if carton.state == CartonState::Open && carton.measured_g.is_some() && full {
        seal(tx, &mut carton).await?;
    }
    Ok(())
}

/// Takes everything out of the box and back to the totes, to be scanned again.
async fn count_again(tx: &mut Tx, task: &Task, mut carton: Carton) -> Result<Step, Stop> {
    if carton.state != CartonState::Open {
        return Err(Refusal::NotNow { state: carton.state }.into());
    }
    let totes = units::at_site(tx.sql(), carton.site, units::UnitKind::Tote).await?;
    let bound = totes.iter().find(|tote| tote.bound_to == Some(carton.fulfilment));
    let free = totes.iter().find(|tote| tote.bound_to.is_none() && tote.state == units::UnitState::Free);
    let Some(tote) = bound.or(free).map(|tote| tote.code.clone()) else {
        return Err(units::Refusal::Unknown { code: "an empty tote".to_owned() }.into());
    };
    let tote = match bound {
        Some(bound) => bound.id,
        None => units::bind(tx, carton.site, &tote, carton.fulfilment).await?.id,
    };
    for balance in stock::contents(tx.sql(), Holder::Unit(carton.unit)).await? {
        let movement = Movement {
            goods: balance.goods,
            quantity: balance.quantity,
            from: Account::bound(carton.site, carton.unit),
            to: Account::bound(carton.site, tote),
            becomes: Condition::Sellable,
            reason: "counted_again",
            reference: carton.parcel.to_string(),
        };
        stock::relocate(tx, &movement).await?;
    }
    for line in rows::lines(tx.sql(), carton.parcel).await? {
        rows::save_line(tx.sql(), &CartonLine { packed: 0, ..line }).await?;
    }
    (carton.expected_g, carton.measured_g) = (carton.tare_g, None);
    rows::save(tx.sql(), &carton).await?;
    tasks::progress(tx, task.id, 0, task.total).await?;
    Ok(step::step(tx, task).await?.saying(Tone::Ask, "pack.again", "Scan every piece into the box again."))
}

async fn order_of(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<OrderId, Stop> {
    match orders::fulfilment(tx.sql(), fulfilment).await? {
        Some(part) => Ok(part.order),
        None => Err(Fault::new("a carton without its fulfilment").into()),
    }
}

async fn label(tx: &mut Tx, task: &Task, mut carton: Carton, scan: &Scan) -> Result<Step, Stop> {
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    let screen = step::step(tx, task).await?;
    if carton.sscc.is_none() || read.sscc != carton.sscc {
        return wrong(tx, task, "label.wrong", "That is another label. Scan the one on this box.", screen).await;
    }
    carton.state = CartonState::Closed;
    rows::save(tx.sql(), &carton).await?;
    let left = rows::cartons_of(tx.sql(), carton.fulfilment).await?;
    let last = step::current(&left).is_none();
    let units: Vec<(LineId, i64)> =
        rows::lines(tx.sql(), carton.parcel).await?.iter().map(|line| (line.line, line.packed)).collect();
    let Carton { fulfilment, parcel, site, .. } = carton;
    let (sscc, weight_g) = (carton.sscc.clone().unwrap_or_default(), carton.measured_g.unwrap_or(0));
    let order = order_of(tx, fulfilment).await?;
    tx.emit(Event::CartonClosed { order, fulfilment, parcel, site, sscc, weight_g });
    orders::packed(tx, fulfilment, &units, last).await?;
    if last {
        tasks::finish(tx, task).await?;
        return Ok(Step::over(task, "All packed. Take the next task."));
    }
    Ok(step::step(tx, task).await?.saying(Tone::Right, "label.right", "Closed. Take the next box."))
}
