//! Begin and end of a shift. Deliberately absent: who may ride; identity says.

use super::{Refusal, answer, model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
    transport,
};

/// What a shift begins with.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Who.
    pub rider: UserId,
    /// On what.
    pub kind: RiderKind,
    /// From which site; the one of the last shift unless told.
    pub site: Option<SiteId>,
    /// Where the rider is now.
    pub coord: Coord,
    /// The van, for a driver; the first free one at the site unless told.
    pub vehicle: Option<String>,
    /// True with a cold box; as last time unless told.
    pub cold: Option<bool>,
}

/// Begins a shift. Twice is as once.
///
/// # Errors
/// [`Refusal::NoSite`] at the first shift without a site; transport's refusals
/// for a van that is taken.
pub async fn begin_shift(tx: &mut Tx, begin: Begin) -> Result<Rider, Stop> {
    let now = tx.now();
    let before = rows::rider_by_id(tx.sql(), begin.rider).await?;
    let site = begin.site.or(before.as_ref().map(|rider| rider.site)).ok_or(Refusal::NoSite)?;
    let was_on = before.as_ref().is_some_and(|rider| rider.on_shift);
    let rider = Rider {
        id: begin.rider,
        kind: begin.kind,
        site,
        max_weight_g: before.as_ref().map_or(RIDER_WEIGHT_G, |rider| rider.max_weight_g),
        max_volume_ml: before.as_ref().map_or(RIDER_VOLUME_ML, |rider| rider.max_volume_ml),
        cold: begin.cold.unwrap_or(before.as_ref().is_none_or(|rider| rider.cold)),
        on_shift: true,
        since: before.as_ref().filter(|_| was_on).map_or(now, |rider| rider.since),
        coord: begin.coord,
        seen_at: now,
    };
    rows::save_rider(tx.sql(), &rider).await?;
    if rider.kind == RiderKind::Driver {
        transport::seat_driver(tx, rider.id, site, begin.vehicle.as_deref()).await?;
    }
    if !was_on {
        tx.emit(Event::RiderShift { rider: rider.id, on: true });
    }
    // Parcels may have waited for somebody to come.
    tx.later(Chore::PlanLoads, site, now).await?;
    Ok(rider)
}

/// Ends a shift: an open offer is declined, a load not yet touched goes to
/// somebody else. Twice is as once.
///
/// # Errors
/// [`Refusal::StillCarrying`] with a load at hand.
pub async fn end_shift(tx: &mut Tx, id: UserId) -> Result<Rider, Stop> {
    let mut rider = rows::rider_by_id(tx.sql(), id).await?.ok_or(Refusal::Unknown)?;
    if let Some(load) = transport::load_of_driver(tx.sql(), id).await? {
        if load.state != transport::LoadState::Assigned {
            return Err(Refusal::StillCarrying.into());
        }
        match load.by {
            transport::CarriedBy::Rider => {
                transport::unassign(tx, load.id).await?;
            }
            transport::CarriedBy::Vehicle => transport::dissolve(tx, load.id, false).await?,
        }
    }
    if let Some(offer) = rows::open_offer_of(tx.sql(), id).await? {
        answer::decline(tx, offer.id, id).await?;
    }
    transport::unseat_driver(tx, id).await?;
    if rider.on_shift {
        (rider.on_shift, rider.since) = (false, tx.now());
        rows::save_rider(tx.sql(), &rider).await?;
        tx.emit(Event::RiderShift { rider: id, on: false });
    }
    Ok(rider)
}
