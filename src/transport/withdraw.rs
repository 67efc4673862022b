//! A parcel is no longer wanted. Deliberately absent: its goods; packing opens
//! the carton once it stands at the site.

use super::{Acting, Refusal, load::hold_load, load::settle, model::*, outcome::send_back, points, rows};
use crate::{event::Chore, kernel::*, store::Tx};

/// How a parcel was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It never left, or stood in no vehicle yet: put it back.
    AtSite,
    /// It is in a vehicle at the dock: it is taken out and scanned.
    TakeOut,
    /// It is under way: it comes back as a return.
    Intercepted,
}

/// Withdraws a parcel: cancelled before departure, else called back. Twice is as once.
///
/// # Errors
/// [`Refusal::ParcelState`] once it is delivered; [`Refusal::AtTheDoor`] while
/// the driver stands there with it.
pub async fn withdraw(tx: &mut Tx, id: ParcelId, reason: &str) -> Result<Withdrawn, Stop> {
    let (mut load, mut parcel) = hold_parcel(tx, id).await?;
    let how = match parcel.state {
        ParcelState::Staged | ParcelState::Planned => {
            parcel.step(ParcelState::Cancelled)?;
            points::let_go(tx, &mut parcel).await?;
            Withdrawn::AtSite
        }
        ParcelState::Cancelled => return Ok(Withdrawn::AtSite),
        ParcelState::Returning => {
            return Ok(if parcel.aboard { Withdrawn::Intercepted } else { Withdrawn::TakeOut });
        }
        ParcelState::Returned => return Ok(Withdrawn::Intercepted),
        ParcelState::Loaded => {
            parcel.step(ParcelState::Returning)?;
            parcel.onward = Some(Onward::Back);
            Withdrawn::TakeOut
        }
        ParcelState::Recalled if !parcel.aboard => {
            parcel.step(ParcelState::Returning)?;
            parcel.onward = Some(Onward::Back);
            Withdrawn::TakeOut
        }
        ParcelState::Waiting => {
            send_back(tx, &mut parcel, reason)?;
            // A later load fetches it from the pick-up point.
            (parcel.load, parcel.stop) = (None, None);
            let now = tx.now();
            tx.later(Chore::PlanLoads, parcel.site, now).await?;
            Withdrawn::Intercepted
        }
        ParcelState::Out | ParcelState::Failed | ParcelState::Recalled => {
            refuse_at_the_door(tx, &parcel).await?;
            send_back(tx, &mut parcel, reason)?;
            Withdrawn::Intercepted
        }
        ParcelState::Delivered => return Err(Refusal::ParcelState { state: parcel.state }.into()),
    };
    rows::save_parcel(tx.sql(), &parcel).await?;
    if let Some(load) = &mut load
        && !matches!(load.state, LoadState::Finished | LoadState::Cancelled)
    {
        let now = tx.now();
        settle(tx, load, load.state.is_before_departure()).await?;
        if load.state == LoadState::Out {
            tx.later(Chore::Reroute, load.id, now).await?;
        }
    }
    Ok(how)
}

/// Holds a parcel and, first, the load it is on.
pub(super) async fn hold_parcel(tx: &mut Tx, id: ParcelId) -> Result<(Option<Load>, Parcel), Stop> {
    let seen = rows::parcel_by_id(tx.sql(), id).await?.ok_or(Refusal::NoParcel)?;
    let load = match seen.load {
        Some(load) => Some(hold_load(tx, load, Acting::Dispatcher).await?),
        None => None,
    };
    let parcel = rows::lock_parcel(tx.sql(), id).await?.ok_or(Refusal::NoParcel)?;
    if parcel.load != seen.load {
        let mut moved = Fault::new("the parcel changed its load while it was being held");
        moved.retryable = true;
        return Err(moved.into());
    }
    Ok((load, parcel))
}

/// Nothing is changed under the hands of a driver who stands at the door.
pub(super) async fn refuse_at_the_door(tx: &mut Tx, parcel: &Parcel) -> Result<(), Stop> {
    if parcel.state != ParcelState::Out {
        return Ok(());
    }
    let stop = match parcel.stop {
        Some(stop) => rows::stop_by_id(tx.sql(), stop).await?,
        None => None,
    };
    match stop {
        Some(stop) if stop.state == StopState::Arrived => Err(Refusal::AtTheDoor.into()),
        _ => Ok(()),
    }
}
