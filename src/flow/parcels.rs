//! A packed part becomes parcels of the road: what packing, the order, the parties
//! and the payment know is brought together here, since transport leans on none of
//! the last two. Deliberately absent: routes.

use crate::{
    event::Chore,
    kernel::*,
    network,
    orders::{self, DeliveryMode, Order},
    packing::{self, Carton, CartonState},
    payments,
    store::Tx,
    transport::{self, Mode, Needs, NewParcel, NewPlace, ParcelState},
};

/// Parcels wait so long for company before a site plans its loads.
const LOAD_PATIENCE_MS: i64 = 60_000;

/// Hands every closed carton of a part to transport and asks for loads.
pub async fn accept_packed(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<(), Stop> {
    let Some(part) = orders::fulfilment(tx.sql(), fulfilment).await? else { return Ok(()) };
    let Some(order) = orders::by_id(tx.sql(), part.order).await? else { return Ok(()) };
    let mut cash = cash_due(tx, &order).await?;
    for carton in packing::cartons_of(tx.sql(), fulfilment).await? {
        if carton.state == CartonState::Closed {
            let parcel = compose(tx, &order, &carton, std::mem::take(&mut cash)).await?;
            transport::accept(tx, parcel).await?;
        }
    }
    let now = tx.now();
    Ok(tx.later(Chore::PlanLoads, part.site, now.plus_ms(LOAD_PATIENCE_MS)).await?)
}

/// Cash for the whole order is asked for with the first of its parcels.
async fn cash_due(tx: &mut Tx, order: &Order) -> Result<i64, Stop> {
    let payment = payments::of_order(tx.sql(), order.id).await?;
    let asked = transport::parcels_of_order(tx.sql(), order.id).await?.iter().any(|parcel| parcel.cash_minor > 0);
    match payment {
        Some(payment) if payment.state == payments::PaymentState::Due && !asked => {
            payments::due_minor(tx, order.id).await
        }
        _ => Ok(0),
    }
}

async fn compose(tx: &mut Tx, order: &Order, carton: &Carton, cash_minor: i64) -> Result<NewParcel, Stop> {
    let to_point = order.mode == DeliveryMode::PickupPoint;
    let coord = match order.pickup_site.filter(|_| to_point) {
        Some(site) => transport::place_of(tx.sql(), site).await?,
        None => order.coord,
    };
    Ok(NewParcel {
        id: carton.parcel,
        order: order.id,
        fulfilment: carton.fulfilment,
        site: carton.site,
        sscc: carton.sscc.clone().unwrap_or_default(),
        weight_g: carton.measured_g.unwrap_or(carton.expected_g),
        volume_ml: carton.volume_ml,
        temperature: carton.temperature.parse().map_err(|_| Fault::new("a carton of no known class"))?,
        address: (!to_point).then_some(order.address),
        coord,
        window: Some(window(order)),
        due: order.promised_by,
        service: order.service.clone(),
        mode: if to_point { Mode::PickupPoint } else { Mode::Home },
        pickup: order.pickup_site.filter(|_| to_point),
        needs: Needs::Pin,
        pin: Some(order.delivery_pin.clone()),
        cash_minor,
    })
}

/// When the road may bring it: same-day goods come as soon as they can, so only the
/// end of their window binds.
fn window(order: &Order) -> (Time, Time) {
    let from = if order.service == network::SAME_DAY { order.placed_at } else { order.window_from };
    (from.min(order.window_from), order.window_to)
}

/// The order's address changed: parcels that are packed already follow, as far as
/// the road allows; what cannot is told to a person. What goes to a pick-up point
/// still goes there.
pub async fn follow_address(tx: &mut Tx, order: OrderId) -> Result<Vec<ParcelId>, Stop> {
    let Some(order) = orders::by_id(tx.sql(), order).await? else { return Ok(Vec::new()) };
    if order.mode == DeliveryMode::PickupPoint {
        return Ok(Vec::new());
    }
    let mut stuck = Vec::new();
    for parcel in transport::parcels_of_order(tx.sql(), order.id).await? {
        let over = matches!(parcel.state, ParcelState::Delivered | ParcelState::Returned | ParcelState::Cancelled);
        if over || parcel.address == Some(order.address) {
            continue;
        }
        let place = NewPlace {
            address: Some(order.address),
            coord: order.coord,
            window: Some(window(&order)),
            due: order.promised_by,
            pickup: None,
        };
        match transport::change_destination(tx, parcel.id, &place).await {
            Ok(_) => {}
            Err(Stop::Refused(_)) => stuck.push(parcel.id),
            Err(fault) => return Err(fault),
        }
    }
    Ok(stuck)
}
