//! What becomes of parcels at a stop and after it: handed over, left at a
//! pick-up point, failed, brought back. Deliberately absent: the proof and the
//! record of the attempt; those are the riders'.

use super::{Acting, Refusal, goods, load::find_on, load::hold_load, load::settle, model::*, points, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::{Actor, Db, Tx},
};

/// Wrong codes allowed at one stop.
pub const PIN_TRIES: i64 = 5;
/// How long a pick-up point keeps a parcel: three days.
pub const KEPT_MS: i64 = 3 * 24 * 3_600_000;

/// A stop that the transaction holds, with its load and the parcels for it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its load.
    pub load: Load,
    /// The stop.
    pub stop: RouteStop,
    /// What is still to be handed over there.
    pub parcels: Vec<Parcel>,
    /// What is to be fetched there, to go back.
    pub fetched: Vec<Parcel>,
}

/// Holds a stop's load against other writers and reads what is due at the stop.
///
/// # Errors
/// [`Refusal::NoStop`], [`Refusal::NotYours`], [`Refusal::NotOut`].
pub async fn hold_stop(tx: &mut Tx, id: StopId, acting: Acting) -> Result<Held, Stop> {
    let seen = rows::stop_by_id(tx.sql(), id).await?.ok_or(Refusal::NoStop)?;
    let load = hold_load(tx, seen.load, acting).await?;
    if load.state.is_before_departure() {
        return Err(Refusal::NotOut.into());
    }
    // Read again: the load is held only now.
    let stop = rows::stop_by_id(tx.sql(), id).await?.ok_or(Refusal::NoStop)?;
    let mut parcels = rows::parcels_of_load(tx.sql(), load.id).await?;
    parcels.retain(|parcel| parcel.stop == Some(id));
    let (fetched, mut parcels): (Vec<_>, Vec<_>) = parcels.into_iter().partition(Parcel::is_to_fetch);
    parcels.retain(|parcel| parcel.state == ParcelState::Out);
    Ok(Held { load, stop, parcels, fetched })
}

/// The driver stands at the stop. Twice is as once.
///
/// # Errors
/// As [`hold_stop`]; [`Refusal::StopState`] for a stop that was cancelled.
pub async fn arrive(tx: &mut Tx, id: StopId, acting: Acting) -> Result<RouteStop, Stop> {
    let mut held = hold_stop(tx, id, acting).await?;
    match held.stop.state {
        StopState::Planned => {}
        StopState::Cancelled => return Err(Refusal::StopState { state: held.stop.state }.into()),
        _ => return Ok(held.stop),
    }
    let now = tx.now();
    held.stop.state = StopState::Arrived;
    held.stop.arrived_at = Some(now);
    held.stop.eta = now;
    rows::save_stop(tx.sql(), &held.stop).await?;
    settle(tx, &mut held.load, false).await?;
    Ok(held.stop)
}

/// Spends one try of a code, for good: in a transaction of its own, because a
/// refused hand-over undoes its own.
///
/// # Errors
/// [`Refusal::PinLocked`] when [`PIN_TRIES`] are spent.
pub async fn spend_try(db: &Db, id: StopId) -> Result<(), Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    if !rows::spend_try(tx.sql(), id, PIN_TRIES).await? {
        return Err(Refusal::PinLocked.into());
    }
    Ok(tx.commit().await?)
}

async fn close_stop(tx: &mut Tx, held: &mut Held, state: StopState) -> Result<(), Stop> {
    let now = tx.now();
    held.stop.state = state;
    held.stop.arrived_at.get_or_insert(now);
    held.stop.done_at = Some(now);
    rows::save_stop(tx.sql(), &held.stop).await?;
    settle(tx, &mut held.load, false).await
}

/// The parcels of a door are with the shopper: `attempts` names the attempt of
/// each parcel of the stop, in their order.
pub async fn delivered(tx: &mut Tx, held: &mut Held, attempts: &[AttemptId], by: UserId) -> Result<(), Stop> {
    for (parcel, attempt) in held.parcels.iter_mut().zip(attempts) {
        goods::hand_over(tx, parcel, held.load.id).await?;
        parcel.step(ParcelState::Delivered)?;
        parcel.aboard = false;
        rows::save_parcel(tx.sql(), parcel).await?;
        tx.emit(Event::ParcelDelivered {
            order: parcel.order,
            parcel: parcel.id,
            attempt: *attempt,
            load: held.load.id,
            by: by.to_string(),
        });
    }
    close_stop(tx, held, StopState::Done).await
}

/// The parcels are in compartments of the pick-up point, for `KEPT_MS`; what
/// nobody collected there is in the vehicle.
pub async fn dropped_off(tx: &mut Tx, held: &mut Held) -> Result<(), Stop> {
    let kept_until = tx.now().plus_ms(KEPT_MS);
    let site = held.stop.site.ok_or(Refusal::NoStop)?;
    for parcel in &mut held.parcels {
        parcel.step(ParcelState::Waiting)?;
        parcel.waits_until = Some(kept_until);
        rows::save_parcel(tx.sql(), parcel).await?;
        tx.emit(Event::ParcelReady { order: parcel.order, parcel: parcel.id, site });
    }
    tx.later(Chore::PlanLoads, site, kept_until).await?;
    for parcel in &mut held.fetched {
        parcel.waits_until = None;
        points::let_go(tx, parcel).await?;
        rows::save_parcel(tx.sql(), parcel).await?;
    }
    close_stop(tx, held, StopState::Done).await
}

/// Nothing could be handed over. What follows is one answer for the whole stop,
/// since its parcels are for one door: see [`after_failure`].
pub async fn attempt_failed(
    tx: &mut Tx,
    held: &mut Held,
    attempts: &[AttemptId],
    reason: FailReason,
) -> Result<Onward, Stop> {
    let number = held.parcels.iter().map(|parcel| parcel.failures).max().unwrap_or(0) + 1;
    let (now, retry_until) = (tx.now(), points::retry_until(tx, held.load.site).await?);
    let cash = held.parcels.iter().any(|parcel| parcel.cash_minor > 0);
    let door = held.stop.kind == StopKind::Door && !cash;
    // Ask for room only where a pick-up point can be the answer.
    let mut onward = after_failure(number, reason, now, retry_until, door);
    let mut point = None;
    if onward == Onward::Pickup {
        point = points::reserve_near(tx, held.stop.coord, held.parcels.len()).await?;
        if point.is_none() {
            onward = Onward::Back;
        }
    }
    let next_stop = match &point {
        Some(point) => Some(append_stop(tx, held, point).await?),
        None => None,
    };
    for (parcel, attempt) in held.parcels.iter_mut().zip(attempts) {
        parcel.failures += 1;
        parcel.onward = Some(onward);
        tx.emit(Event::AttemptFailed {
            order: parcel.order,
            parcel: parcel.id,
            attempt: *attempt,
            number: parcel.failures,
            reason: reason.to_string(),
        });
        parcel.step(ParcelState::Failed)?;
        match (onward, &point) {
            (Onward::Pickup, Some(point)) => {
                parcel.step(ParcelState::Out)?;
                (parcel.mode, parcel.pickup, parcel.compartment) = (Mode::PickupPoint, Some(point.site), true);
                (parcel.coord, parcel.window_from, parcel.window_to) = (point.coord, None, None);
                parcel.stop = next_stop;
            }
            (Onward::Back, _) => send_back(tx, parcel, reason.as_str())?,
            _ => {}
        }
        rows::save_parcel(tx.sql(), parcel).await?;
    }
    let load = held.load.id;
    close_stop(tx, held, StopState::Failed).await?;
    if next_stop.is_some() {
        tx.later(Chore::Reroute, load, now).await?;
    }
    Ok(onward)
}

/// The last stop of a route that grows by a pick-up point. Its way is measured
/// by the chore that follows; until then it is guessed.
async fn append_stop(tx: &mut Tx, held: &Held, point: &points::Point) -> Result<StopId, Stop> {
    let stops = rows::stops_of(tx.sql(), held.load.id).await?;
    let last = stops.iter().rfind(|stop| stop.state.is_open()).unwrap_or(&held.stop);
    let (leg_m, leg_ms) = points::guess_leg(last.coord, point.coord);
    let stop = RouteStop {
        id: tx.id(),
        load: held.load.id,
        seq: stops.iter().map(|stop| stop.seq).max().unwrap_or(0) + 1,
        kind: StopKind::PickupPoint,
        coord: point.coord,
        address: None,
        site: Some(point.site),
        window_from: None,
        window_to: None,
        eta: tx.now().plus_ms(leg_ms),
        service_ms: super::plan::POINT_SERVICE_MS,
        state: StopState::Planned,
        arrived_at: None,
        done_at: None,
        pin_tries: 0,
        leg_m,
        leg_ms,
        polyline: vec![[last.coord.lat, last.coord.lon], [point.coord.lat, point.coord.lon]],
    };
    rows::insert_stop(tx.sql(), &stop).await?;
    Ok(stop.id)
}

/// Turns a parcel round for good and says so.
pub(super) fn send_back(tx: &mut Tx, parcel: &mut Parcel, reason: &str) -> Result<(), Refusal> {
    parcel.step(ParcelState::Returning)?;
    parcel.onward = Some(Onward::Back);
    tx.emit(Event::ParcelReturning { order: parcel.order, parcel: parcel.id, reason: reason.to_owned() });
    Ok(())
}

/// A parcel that failed or was called back is scanned in at its site: staged for
/// the next attempt, kept for a better address, or back for good. Twice is as once.
///
/// # Errors
/// [`Refusal::NotOnLoad`]; [`Refusal::ParcelState`] for one still to be delivered.
pub async fn bring_back(tx: &mut Tx, id: LoadId, label: &str, acting: Acting) -> Result<Parcel, Stop> {
    let mut load = hold_load(tx, id, acting).await?;
    let mut parcel = match find_on(tx, &load, label).await {
        Ok(parcel) => parcel,
        // A second scan of one that was staged again: it is on no load, or the next.
        Err(stop) => return already_staged(tx, &load, label).await?.ok_or(stop),
    };
    let now = tx.now();
    match (parcel.state, parcel.onward) {
        (ParcelState::Returned | ParcelState::Cancelled, _) => return Ok(parcel),
        (ParcelState::Failed | ParcelState::Recalled, onward) => {
            parcel.restage(now)?;
            if onward == Some(Onward::Hold) {
                parcel.hindrance = Some(FailReason::WrongAddress.to_string());
            }
            tx.later(Chore::PlanLoads, load.site, now).await?;
        }
        (ParcelState::Returning, _) if parcel.aboard => {
            receive_back(tx, &mut parcel).await?;
        }
        (ParcelState::Returning, _) => {
            // Taken out before it ever left: its goods stand at the site all along.
            parcel.step(ParcelState::Cancelled)?;
            points::let_go(tx, &mut parcel).await?;
        }
        (state, _) => return Err(Refusal::ParcelState { state }.into()),
    }
    rows::save_parcel(tx.sql(), &parcel).await?;
    settle(tx, &mut load, true).await?;
    Ok(parcel)
}

/// A parcel that had left is at its site for good: its goods wait to be graded.
pub(super) async fn receive_back(tx: &mut Tx, parcel: &mut Parcel) -> Result<(), Stop> {
    goods::bring_back(tx, parcel, parcel.site).await?;
    parcel.step(ParcelState::Returned)?;
    parcel.aboard = false;
    points::let_go(tx, parcel).await?;
    tx.emit(Event::ReturnReceived { order: parcel.order, parcel: parcel.id, site: parcel.site });
    Ok(())
}

async fn already_staged(tx: &mut Tx, load: &Load, label: &str) -> Result<Option<Parcel>, Stop> {
    let scanned = barcode::read(label);
    let parcel = rows::parcel_by_sscc(tx.sql(), &scanned.sscc.unwrap_or(scanned.text)).await?;
    Ok(parcel.filter(|parcel| parcel.site == load.site && parcel.state == ParcelState::Staged && parcel.failures > 0))
}

/// The shopper took a parcel out of its compartment.
///
/// # Errors
/// [`Refusal::ParcelState`] unless it waits there.
pub async fn collected(tx: &mut Tx, id: ParcelId, attempt: AttemptId, by: &str) -> Result<Parcel, Stop> {
    let mut parcel = rows::lock_parcel(tx.sql(), id).await?.ok_or(Refusal::NoParcel)?;
    if parcel.state != ParcelState::Waiting {
        return Err(Refusal::ParcelState { state: parcel.state }.into());
    }
    let load = parcel.load.ok_or(Refusal::NoLoad)?;
    goods::hand_over(tx, &parcel, load).await?;
    parcel.step(ParcelState::Delivered)?;
    parcel.aboard = false;
    points::let_go(tx, &mut parcel).await?;
    rows::save_parcel(tx.sql(), &parcel).await?;
    let delivered = Event::ParcelDelivered { order: parcel.order, parcel: parcel.id, attempt, load, by: by.to_owned() };
    tx.emit(delivered);
    Ok(parcel)
}
