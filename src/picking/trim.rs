//! Work that shrinks under the picker: a line was cancelled, or its promise broke.
//! Deliberately absent: goods already in a tote; those are put back.

use super::{model::*, rows, scan::end_empty};
use crate::{kernel::*, orders, store::Tx};

/// Brings the open picks of a line down to what its part still wants; the end of
/// the tour shrinks first. A batch with nothing left ends.
pub async fn trim(tx: &mut Tx, order: OrderId, line: LineId) -> Result<(), Stop> {
    for part in orders::fulfilments(tx.sql(), order).await? {
        for wanted in orders::fulfilment_lines(tx.sql(), part.id).await? {
            if wanted.line == line {
                let planned = rows::planned_for_hold(tx.sql(), part.id, wanted.hold).await?;
                cut(tx, part.id, line, wanted.hold, planned - wanted.to_pick()).await?;
            }
        }
    }
    Ok(())
}

async fn cut(tx: &mut Tx, part: FulfilmentId, line: LineId, hold: HoldId, excess: i64) -> Result<(), Stop> {
    let mut excess = excess;
    for mut pick in rows::open_picks_of(tx.sql(), part, line).await? {
        if excess <= 0 {
            break;
        }
        if pick.hold != hold {
            continue;
        }
        let less = pick.left().min(excess);
        excess -= less;
        pick.quantity -= less;
        if pick.left() < pick.counted || pick.left() == 0 {
            // What is in hand goes back on the shelf: it was never booked.
            (pick.counted, pick.stage) = (0, Stage::Bin);
        }
        if pick.left() == 0 {
            pick.state = if pick.picked > 0 { PickState::Done } else { PickState::Cancelled };
        }
        rows::save_pick(tx.sql(), &pick).await?;
        if let Some(batch) = rows::batch_by_id(tx.sql(), pick.batch).await? {
            end_empty(tx, &batch).await?;
        }
    }
    Ok(())
}
