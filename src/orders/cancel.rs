//! Cancelling by line and quantity at every stage: the least advanced units go
//! first. What the floor or the road must undo is stated as a fact for each
//! stage. Deliberately absent: money; payments settles what is due afterwards.

use std::collections::{BTreeMap, HashMap};

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
    rows::lock(tx, order.id).await?;
    let state = rows::by_id(tx.sql(), order.id).await?.map_or(order.state, |order| order.state);
    if state.is_over() {
        return Err(Refusal::Over { state }.into());
    }
    let lines = rows::lines(tx.sql(), order.id).await?;
    let mut cut = Cut::of(tx, order.id, reason).await?;
    match wanted {
        None => {
            for line in &lines {
                let left = line.ordered - line.cancelled - line.delivered - line.returned;
                cut.cancel_line(line, left);
            }
        }
        Some(wanted) => {
            let by_id: HashMap<LineId, &Line> = lines.iter().map(|line| (line.id, line)).collect();
            // A line that is named twice is one wish.
            let mut wishes: BTreeMap<LineId, i64> = BTreeMap::new();
            for (id, quantity) in wanted {
                *wishes.entry(*id).or_default() += stock::checked(*quantity)?;
            }
            for (id, wanted) in wishes {
                let line = *by_id.get(&id).ok_or(Refusal::UnknownLine { line: id })?;
                let left = line.ordered - line.cancelled - line.delivered - line.returned;
                if wanted > left {
                    return Err(Refusal::TooMuch { line: id, wanted, available_quantity: left }.into());
                }
                cut.cancel_line(line, wanted);
            }
        }
    }
    let sum = cut.write(tx).await?;
    for part in rows::fulfilments(tx.sql(), order.id).await? {
        settle_fulfilment(tx, part.id).await?;
    }
    settle_order(tx, order.id).await?;
    Ok(sum)
}

/// What is cut off an order, gathered in memory and written in few statements
/// however many lines there are.
struct Cut {
    order: OrderId,
    reason: String,
    /// Shares of each line, oldest first, with the state of their part.
    shares: HashMap<LineId, Vec<(FulfilmentLine, FulfilmentState)>>,
    lines: BTreeMap<LineId, rows::Delta>,
    /// Share, picked, packed, dropped.
    parts: Vec<(FulfilmentLine, [i64; 3])>,
    releases: Vec<(HoldId, i64)>,
    facts: Vec<Event>,
    sum: Cancelled,
}

impl Cut {
    async fn of(tx: &mut Tx, order: OrderId, reason: &str) -> Result<Self, Fault> {
        let mut shares: HashMap<LineId, Vec<(FulfilmentLine, FulfilmentState)>> = HashMap::new();
        for part in rows::fulfilments(tx.sql(), order).await? {
            for share in rows::fulfilment_lines(tx.sql(), part.id).await? {
                shares.entry(share.line).or_default().push((share, part.state));
            }
        }
        let (lines, parts, releases, facts) = Default::default();
        let (reason, sum) = (reason.to_owned(), Cancelled::default());
        Ok(Self { order, reason, shares, lines, parts, releases, facts, sum })
    }

    fn cancel_line(&mut self, line: &Line, quantity: i64) {
        let mut left = quantity;
        let uncovered = line.uncovered().min(left);
        if uncovered > 0 {
            left -= uncovered;
            self.sum.uncovered += uncovered;
            self.lines.entry(line.id).or_default().cancelled += uncovered;
            self.told(line, uncovered, "uncovered");
        }
        let shares = self.shares.remove(&line.id).unwrap_or_default();
        for stage in [Stage::Held, Stage::Released, Stage::Picked, Stage::Packed] {
            for (share, state) in &shares {
                let cut = stage.units(share, *state).min(left);
                if cut > 0 {
                    left -= cut;
                    self.drop_units(line, share, stage, cut);
                    *stage.counter(&mut self.sum) += cut;
                    self.told(line, cut, stage.as_str());
                }
            }
        }
        if left > 0 {
            self.sum.shipped += left;
            self.told(line, left, "shipped");
        }
    }

    fn told(&mut self, line: &Line, quantity: i64, stage: &str) {
        let (stage, reason) = (stage.to_owned(), self.reason.clone());
        self.facts.push(Event::LineCancelled { order: self.order, line: line.id, quantity, stage, reason });
    }

    fn drop_units(&mut self, line: &Line, share: &FulfilmentLine, stage: Stage, cut: i64) {
        let delta = self.lines.entry(line.id).or_default();
        delta.cancelled += cut;
        let moved = match stage {
            Stage::Held | Stage::Released => {
                delta.held -= cut;
                delta.released -= if stage == Stage::Released { cut } else { 0 };
                self.releases.push((share.hold, cut));
                [0, 0, cut]
            }
            Stage::Picked => {
                delta.picked -= cut;
                [-cut, 0, cut]
            }
            Stage::Packed => {
                delta.picked -= cut;
                delta.packed -= cut;
                [-cut, -cut, cut]
            }
        };
        self.parts.push((share.clone(), moved));
    }

    async fn write(self, tx: &mut Tx) -> Result<Cancelled, Stop> {
        stock::release_all(tx, &self.releases, "cancelled").await?;
        rows::shift_parts(tx, &self.parts).await?;
        rows::shift_lines(tx, &self.lines).await?;
        for fact in self.facts {
            tx.emit(fact);
        }
        Ok(self.sum)
    }
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
        use FulfilmentState::{Open, Packed, Picked, Released, Scheduled};
        match (self, state) {
            (Self::Held, Scheduled | Open) | (Self::Released, Released) => part.to_pick(),
            (Self::Picked, Released | Picked | Packed) => part.picked - part.packed,
            (Self::Packed, Released | Picked | Packed) => part.packed,
            _ => 0,
        }
    }
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
    let before_work = matches!(state, Some(FulfilmentState::Scheduled | FulfilmentState::Open));
    let released = if before_work { 0 } else { -cut };
    rows::shift_part(tx.sql(), &part, 0, 0, cut).await?;
    rows::shift_line(tx.sql(), line, rows::Delta { held: -cut, released, ..Default::default() }).await?;
    settle_fulfilment(tx, part.fulfilment).await
}
