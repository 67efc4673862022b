//! Cancelling by line and quantity at every stage: the least advanced units go
//! first. What the floor or the road must undo is stated as a fact for each
//! stage. Deliberately absent: money; payments settles what is due afterwards.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    model::*,
    progress::{settle_fulfilment, settle_order},
    rows,
};
use crate::{event::Event, kernel::*, stock, store::Tx};

/// How many units were cancelled at which stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Cancelled {
    /// Never held.
    pub uncovered: i64,
    /// Held, not in work: given back at once.
    pub held: i64,
    /// Being picked: the picker is told.
    pub released: i64,
    /// In a tote: brought back to a bin.
    pub picked: i64,
    /// In a carton: it is opened again.
    pub packed: i64,
    /// Under way: we try to stop the parcel.
    pub shipped: i64,
}

impl Cancelled {
    /// Units that will not be delivered for certain.
    pub fn certain(&self) -> i64 {
        self.uncovered + self.held + self.released + self.picked + self.packed
    }
}

/// Cancels quantities of lines; `None` for all that is left of every line.
/// Guard: no more than is left. Facts: `line.cancelled` for each stage.
pub async fn cancel_lines(
    tx: &mut Tx,
    order: &Order,
    wanted: Option<&[(LineId, i64)]>,
    reason: &str,
) -> Result<Cancelled, Stop> {
    if order.state.is_over() {
        return Err(Refusal::Over { state: order.state }.into());
    }
    let lines = rows::lines(tx.sql(), order.id).await?;
    let mut sum = Cancelled::default();
    match wanted {
        None => {
            for line in &lines {
                let left = line.ordered - line.cancelled - line.delivered - line.returned;
                cancel_line(tx, line, left, reason, &mut sum).await?;
            }
        }
        Some(wanted) => {
            // A line that is named twice is one wish.
            let mut wishes: BTreeMap<LineId, i64> = BTreeMap::new();
            for (id, quantity) in wanted {
                *wishes.entry(*id).or_default() += stock::checked(*quantity)?;
            }
            for (id, wanted) in wishes {
                let line = lines.iter().find(|line| line.id == id).ok_or(Refusal::UnknownLine { line: id })?;
                let left = line.ordered - line.cancelled - line.delivered - line.returned;
                if wanted > left {
                    return Err(Refusal::TooMuch { line: id, wanted, available_quantity: left }.into());
                }
                cancel_line(tx, line, wanted, reason, &mut sum).await?;
            }
        }
    }
    for part in rows::fulfilments(tx.sql(), order.id).await? {
        settle_fulfilment(tx, part.id).await?;
    }
    settle_order(tx, order.id).await?;
    Ok(sum)
}

async fn cancel_line(tx: &mut Tx, line: &Line, quantity: i64, reason: &str, sum: &mut Cancelled) -> Result<(), Stop> {
    let mut left = quantity;
    let uncovered = line.uncovered().min(left);
    if uncovered > 0 {
        left -= uncovered;
        sum.uncovered += uncovered;
        rows::shift_line(tx.sql(), line.id, rows::Delta { cancelled: uncovered, ..Default::default() }).await?;
        told(tx, line, uncovered, "uncovered", reason);
    }
    let parts = with_states(tx, line.id).await?;
    for stage in [Stage::Held, Stage::Released, Stage::Picked, Stage::Packed] {
        for (part, state) in &parts {
            let cut = stage.units(part, *state).min(left);
            if cut > 0 {
                left -= cut;
                drop_units(tx, line, part, stage, cut).await?;
                *stage.counter(sum) += cut;
                told(tx, line, cut, stage.as_str(), reason);
            }
        }
    }
    if left > 0 {
        sum.shipped += left;
        told(tx, line, left, "shipped", reason);
    }
    Ok(())
}

fn told(tx: &mut Tx, line: &Line, quantity: i64, stage: &str, reason: &str) {
    let (stage, reason) = (stage.to_owned(), reason.to_owned());
    tx.emit(Event::LineCancelled { order: line.order, line: line.id, quantity, stage, reason });
}

async fn with_states(tx: &mut Tx, line: LineId) -> Result<Vec<(FulfilmentLine, FulfilmentState)>, Stop> {
    let mut parts = Vec::new();
    for part in rows::parts_of_line(tx.sql(), line).await? {
        if let Some(fulfilment) = rows::fulfilment(tx.sql(), part.fulfilment).await? {
            parts.push((part, fulfilment.state));
        }
    }
    Ok(parts)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Held,
    Released,
    Picked,
    Packed,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
            Self::Picked => "picked",
            Self::Packed => "packed",
        }
    }

    fn counter(self, sum: &mut Cancelled) -> &mut i64 {
        match self {
            Self::Held => &mut sum.held,
            Self::Released => &mut sum.released,
            Self::Picked => &mut sum.picked,
            Self::Packed => &mut sum.packed,
        }
    }

    /// How many units of a part stand at this stage.
    fn units(self, part: &FulfilmentLine, state: FulfilmentState) -> i64 {
        use FulfilmentState::{Open, Packed, Picked, Released};
        match (self, state) {
            (Self::Held, Open) | (Self::Released, Released) => part.to_pick(),
            (Self::Picked, Released | Picked | Packed) => part.picked - part.packed,
            (Self::Packed, Released | Picked | Packed) => part.packed,
            _ => 0,
        }
    }
}

async fn drop_units(tx: &mut Tx, line: &Line, part: &FulfilmentLine, stage: Stage, cut: i64) -> Result<(), Stop> {
    let mut delta = rows::Delta { cancelled: cut, ..Default::default() };
    match stage {
        Stage::Held | Stage::Released => {
            stock::release(tx, part.hold, cut, "cancelled").await?;
            delta.held = -cut;
            delta.released = if stage == Stage::Released { -cut } else { 0 };
            rows::shift_part(tx.sql(), part, 0, 0, cut).await?;
        }
        Stage::Picked => {
            delta.picked = -cut;
            rows::shift_part(tx.sql(), part, -cut, 0, cut).await?;
        }
        Stage::Packed => {
            (delta.picked, delta.packed) = (-cut, -cut);
            rows::shift_part(tx.sql(), part, -cut, -cut, cut).await?;
        }
    }
    Ok(rows::shift_line(tx.sql(), line.id, delta).await?)
}

/// Takes note that goods vanished under a hold, or could not be found for it:
/// the line looks for goods again. Called for the fact `hold.broken`, and by a
/// picker who found no goods.
pub async fn hold_broken(tx: &mut Tx, line: LineId, hold: HoldId, quantity: i64) -> Result<(), Stop> {
    let parts = rows::parts_of_line(tx.sql(), line).await?;
    let Some(part) = parts.into_iter().find(|part| part.hold == hold) else { return Ok(()) };
    let cut = part.to_pick().min(quantity);
    if cut <= 0 {
        return Ok(());
    }
    let state = rows::fulfilment(tx.sql(), part.fulfilment).await?.map(|fulfilment| fulfilment.state);
    let released = if state == Some(FulfilmentState::Open) { 0 } else { -cut };
    rows::shift_part(tx.sql(), &part, 0, 0, cut).await?;
    rows::shift_line(tx.sql(), line, rows::Delta { held: -cut, released, ..Default::default() }).await?;
    settle_fulfilment(tx, part.fulfilment).await
}
