//! The answer to an offer: a thumb, the clock, or the house. Exactly one counts.
//! Deliberately absent: making offers; see `offer.rs`.

use super::{Refusal, model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
    transport::{self, Load},
};

/// The rider takes the load. Twice is as once.
///
/// # Errors
/// [`Refusal::NoOffer`] for another's offer; [`Refusal::OfferGone`] when it was
/// too late, or the load is no longer to be had.
pub async fn accept(tx: &mut Tx, id: OfferId, rider: UserId) -> Result<Load, Stop> {
    let offer = own(tx, id, rider).await?;
    if !rows::rider_by_id(tx.sql(), rider).await?.is_some_and(|rider| rider.on_shift) {
        return Err(Refusal::OffShift.into());
    }
    if offer.state == OfferState::Accepted {
        let load = transport::load_by_id(tx.sql(), offer.load).await?;
        return load.ok_or_else(|| Refusal::NoOffer.into());
    }
    // The load first, then the offer: the order in which every verb takes them.
    let load = transport::hold_load(tx, offer.load, transport::Acting::Dispatcher).await?;
    if load.state != transport::LoadState::Offered {
        return Err(gone(tx, id).await?);
    }
    if !close(tx, &offer, OfferState::Accepted).await? {
        return Err(gone(tx, id).await?);
    }
    transport::assign(tx, offer.load, rider, None).await
}

/// The rider does not want the load; the next one is asked. Twice is as once.
///
/// # Errors
/// [`Refusal::NoOffer`]; [`Refusal::OfferGone`] after he accepted it.
pub async fn decline(tx: &mut Tx, id: OfferId, rider: UserId) -> Result<Offer, Stop> {
    let offer = own(tx, id, rider).await?;
    match offer.state {
        OfferState::Offered => release(tx, &offer, OfferState::Declined).await?,
        OfferState::Accepted => return Err(Refusal::OfferGone { state: offer.state }.into()),
        _ => {}
    }
    Ok(rows::offer_by_id(tx.sql(), id).await?.unwrap_or(offer))
}

/// The deadline passed; the next rider is asked. Does nothing to an offer that
/// was answered.
pub async fn expire(tx: &mut Tx, id: OfferId) -> Result<(), Stop> {
    let Some(offer) = rows::offer_by_id(tx.sql(), id).await? else { return Ok(()) };
    release(tx, &offer, OfferState::Expired).await
}

/// The house takes back what is open for a load, before it gives it to another.
pub async fn withdraw_offers(tx: &mut Tx, load: LoadId) -> Result<(), Stop> {
    for offer in rows::offers_of_load(tx.sql(), load).await? {
        if offer.state == OfferState::Offered {
            release(tx, &offer, OfferState::Withdrawn).await?;
        }
    }
    Ok(())
}

/// Closes offers whose load was taken apart, so that their riders are free.
pub(super) async fn sweep_stale(tx: &mut Tx) -> Result<(), Stop> {
    for offer in rows::stale_offers(tx.sql()).await? {
        close(tx, &offer, OfferState::Withdrawn).await?;
    }
    Ok(())
}

async fn own(tx: &mut Tx, id: OfferId, rider: UserId) -> Result<Offer, Stop> {
    let offer = rows::offer_by_id(tx.sql(), id).await?;
    offer.filter(|offer| offer.rider == rider).ok_or_else(|| Refusal::NoOffer.into())
}

async fn gone(tx: &mut Tx, id: OfferId) -> Result<Stop, Stop> {
    let now = tx.now();
    let found = rows::offer_by_id(tx.sql(), id).await?;
    let state = match found {
        Some(offer) if offer.state == OfferState::Offered && offer.expires_at > now => OfferState::Withdrawn,
        Some(offer) if offer.state == OfferState::Offered => OfferState::Expired,
        Some(offer) => offer.state,
        None => OfferState::Withdrawn,
    };
    Ok(Refusal::OfferGone { state }.into())
}

/// Writes the one answer; false if another was first.
async fn close(tx: &mut Tx, offer: &Offer, answer: OfferState) -> Result<bool, Stop> {
    let now = tx.now();
    if !rows::answer_offer(tx.sql(), offer.id, answer, now).await? {
        return Ok(false);
    }
    let (load, rider, answer) = (offer.load, offer.rider, answer.to_string());
    tx.emit(Event::OfferAnswered { load, offer: offer.id, rider, answer });
    Ok(true)
}

/// Closes an offer without a taker: its load awaits the next rider.
async fn release(tx: &mut Tx, offer: &Offer, answer: OfferState) -> Result<(), Stop> {
    transport::hold_load(tx, offer.load, transport::Acting::Dispatcher).await?;
    if close(tx, offer, answer).await? && transport::mark_offered(tx, offer.load, false).await? {
        let now = tx.now();
        tx.later(Chore::OfferLoad, offer.load, now).await?;
    }
    Ok(())
}
