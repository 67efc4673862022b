//! A line was cancelled after its goods were packed: a closed carton is opened,
//! its label void, and the goods go back to a bin. Deliberately absent: parcels
//! that have left; transport stops those.

use super::{model::*, plan, rows};
use crate::{event::Event, kernel::*, orders, picking, printing, store::Tx};

/// Takes `quantity` of a line out of the cartons of an order that are still here:
/// a put-back task for the goods, and what is left is packed and labelled again.
/// Returns how many units were found. Fact: `carton.reopened`.
pub async fn reopen(tx: &mut Tx, order: OrderId, line: LineId, quantity: i64) -> Result<i64, Stop> {
    let mut left = quantity;
    for part in orders::fulfilments(tx.sql(), order).await? {
        let mut touched = 0;
        for carton in rows::cartons_of(tx.sql(), part.id).await? {
            let here = matches!(carton.state, CartonState::Open | CartonState::Weighed | CartonState::Closed);
            let lines = rows::lines(tx.sql(), carton.parcel).await?;
            let Some(inside) = lines.iter().find(|one| one.line == line && one.packed > 0).filter(|_| here) else {
                continue;
            };
            let out = inside.packed.min(left);
            if out == 0 {
                continue;
            }
            left -= out;
            touched += out;
            take_out(tx, &part, carton, inside, out).await?;
        }
        if touched > 0 {
            let sku = orders::lines(tx.sql(), order).await?.into_iter().find(|one| one.id == line).map(|one| one.sku);
            if let Some(sku) = sku {
                picking::put_back(tx, part.id, line, sku, touched).await?;
            }
            plan::expect(tx, part.id).await?;
        }
    }
    Ok(quantity - left)
}

async fn take_out(
    tx: &mut Tx,
    part: &orders::Fulfilment,
    mut carton: Carton,
    inside: &CartonLine,
    out: i64,
) -> Result<(), Stop> {
    let others: Vec<(LineId, i64)> = rows::lines(tx.sql(), carton.parcel)
        .await?
        .iter()
        .map(|one| (one.line, if one.line == inside.line { one.packed - out } else { one.packed }))
        .filter(|(_, packed)| *packed > 0)
        .collect();
    let was_closed = carton.state == CartonState::Closed;
    let row = CartonLine { packed: inside.packed - out, planned: inside.packed - out, ..inside.clone() };
    rows::save_line(tx.sql(), &row).await?;
    // The unit stays bound to the part, so that the put-back finds its goods.
    crate::units::attach(tx, carton.unit, part.id).await?;
    let weight = crate::catalog::by_id(tx.sql(), inside.sku).await?.map_or(0, |article| article.weight_g);
    carton.expected_g -= weight * out;
    printing::void(tx, &carton.parcel.to_string()).await?;
    (carton.sscc, carton.measured_g, carton.print) = (None, None, None);
    if others.is_empty() {
        plan::discard(tx, part, &mut carton).await?;
    } else {
        carton.state = CartonState::Open;
        rows::save(tx.sql(), &carton).await?;
    }
    if was_closed {
        orders::unpacked(tx, part.id, &others).await?;
        let (fulfilment, parcel, site) = (part.id, carton.parcel, part.site);
        tx.emit(Event::CartonReopened { order: part.order, fulfilment, parcel, site });
    }
    Ok(())
}
