//! At the door: handed over with proof, or not. Deliberately absent: what a
//! failure leads to; transport's policy says.

use super::{Refusal, model::*, positions, rows, rows::Proof};
use crate::{
    kernel::*,
    store::Tx,
    transport::{self, Acting, FailReason, Held, Needs, Onward, Parcel, RouteStop, StopKind, StopState},
};

/// Hands over what is due at a stop. At a stop that is done it changes nothing.
///
/// A PIN is checked here, but its try is to be spent before, with
/// [`transport::spend_try`], because a refusal undoes this transaction.
///
/// # Errors
/// [`Refusal::WrongPin`], [`Refusal::NoProof`], [`Refusal::PhotoNeeded`],
/// [`Refusal::BadPhoto`], [`Refusal::WrongCash`], [`Refusal::NothingHere`];
/// transport's refusals for a stop that is another's or not under way.
pub async fn deliver(tx: &mut Tx, id: StopId, evidence: &Evidence, acting: Acting) -> Result<RouteStop, Stop> {
    let mut held = transport::hold_stop(tx, id, acting).await?;
    match held.stop.state {
        StopState::Done => return Ok(held.stop),
        StopState::Planned | StopState::Arrived => {}
        state => return Err(transport::Refusal::StopState { state }.into()),
    }
    if held.parcels.is_empty() && held.fetched.is_empty() {
        return Err(Refusal::NothingHere.into());
    }
    let kind = prove(&held, evidence)?;
    let due_minor: i64 = held.parcels.iter().map(|parcel| parcel.cash_minor).sum();
    let given_minor = evidence.cash_minor.unwrap_or(0);
    let at_door = held.stop.kind == StopKind::Door;
    if at_door && given_minor != due_minor {
        return Err(Refusal::WrongCash { due_minor, given_minor }.into());
    }
    let proof = keep_proof(tx, &held, kind, evidence).await?;
    if at_door {
        let by = held.load.driver.ok_or(Refusal::Unknown)?;
        let attempts = note_attempts(tx, &held, Outcome::Delivered, None, Some(proof)).await?;
        transport::delivered(tx, &mut held, &attempts, by).await?;
    } else {
        transport::dropped_off(tx, &mut held).await?;
    }
    Ok(held.stop)
}

/// Which proof stands, if one does. A photo may stand for a code that nobody has
/// at hand, if the rider says who took the parcel.
fn prove(held: &Held, evidence: &Evidence) -> Result<ProofKind, Refusal> {
    if evidence.photo.as_ref().is_some_and(|photo| media_type(photo).is_none()) {
        return Err(Refusal::BadPhoto);
    }
    if let Some(pin) = &evidence.pin {
        if held.parcels.iter().any(|parcel| transport::pin_matches(parcel, pin)) {
            return Ok(ProofKind::Pin);
        }
        let tries_left = (transport::PIN_TRIES - held.stop.pin_tries).max(0);
        return Err(Refusal::WrongPin { tries_left });
    }
    let by_pin = held.stop.kind == StopKind::Door && held.parcels.iter().any(|parcel| parcel.needs == Needs::Pin);
    match (&evidence.photo, by_pin) {
        (Some(_), false) => Ok(ProofKind::Photo),
        (Some(_), true) if evidence.received_by.is_some() => Ok(ProofKind::Photo),
        (None, false) => Err(Refusal::PhotoNeeded),
        (_, true) => Err(Refusal::NoProof),
    }
}

async fn keep_proof(tx: &mut Tx, held: &Held, kind: ProofKind, evidence: &Evidence) -> Result<ProofId, Stop> {
    let photo = evidence.photo.as_ref().and_then(|photo| {
        let photo = photo.trim();
        media_type(photo).map(|media| (media.to_owned(), photo.to_owned()))
    });
    let usual = if held.stop.kind == StopKind::Door { ReceivedBy::Recipient } else { ReceivedBy::Point };
    let received_by = evidence.received_by.unwrap_or(usual);
    let proof = Proof { id: tx.id(), stop: held.stop.id, kind, received_by, at: tx.now(), photo };
    rows::insert_proof(tx.sql(), &proof).await?;
    Ok(proof.id)
}

/// Notes an attempt at each parcel of the stop, in their order.
async fn note_attempts(
    tx: &mut Tx,
    held: &Held,
    outcome: Outcome,
    reason: Option<FailReason>,
    proof: Option<ProofId>,
) -> Result<Vec<AttemptId>, Stop> {
    let rider = held.load.driver.map_or_else(|| tx.actor().as_str().to_owned(), |driver| driver.to_string());
    let coord = match held.load.driver {
        Some(driver) => positions::last_of(tx.sql(), driver).await?.unwrap_or(held.stop.coord),
        None => held.stop.coord,
    };
    let mut ids = Vec::new();
    for parcel in &held.parcels {
        let attempt = Attempt {
            id: tx.id(),
            parcel: parcel.id,
            number: next_number(tx, parcel).await?,
            load: held.load.id,
            stop: held.stop.id,
            rider: rider.clone(),
            at: tx.now(),
            coord,
            outcome,
            reason,
            proof,
            cash_minor: if outcome == Outcome::Delivered { parcel.cash_minor } else { 0 },
        };
        rows::insert_attempt(tx.sql(), &attempt).await?;
        ids.push(attempt.id);
    }
    Ok(ids)
}

pub(super) async fn next_number(tx: &mut Tx, parcel: &Parcel) -> Result<i64, Stop> {
    Ok(rows::attempts_of(tx.sql(), parcel.id).await?.last().map_or(1, |attempt| attempt.number + 1))
}

/// Nothing could be handed over at a stop. At a stop that failed already it
/// changes nothing; the answer says what becomes of the parcels.
///
/// # Errors
/// Transport's refusals for a stop that is another's, done or not under way.
pub async fn fail(
    tx: &mut Tx,
    id: StopId,
    reason: FailReason,
    acting: Acting,
) -> Result<(RouteStop, Option<Onward>), Stop> {
    let mut held = transport::hold_stop(tx, id, acting).await?;
    match held.stop.state {
        StopState::Failed => return Ok((held.stop, None)),
        StopState::Planned | StopState::Arrived => {}
        state => return Err(transport::Refusal::StopState { state }.into()),
    }
    if held.parcels.is_empty() && held.fetched.is_empty() {
        return Err(Refusal::NothingHere.into());
    }
    let attempts = note_attempts(tx, &held, Outcome::Failed, Some(reason), None).await?;
    let onward = transport::attempt_failed(tx, &mut held, &attempts, reason).await?;
    Ok((held.stop, Some(onward)))
}
