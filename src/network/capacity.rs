//! Hours and compartments: what a promise consumes at once or not at all.
//! Deliberately absent: workers and shifts; lines an hour stand for them.

use super::{
    model::{HOUR_MS, Refusal, Site},
    rows,
};
use crate::{
    kernel::{Fault, SiteId, Stop, Time},
    store::Tx,
};

/// Takes `lines` of one hour of a site: the first hour from `from` on that
/// begins before `by` and has room. `None` if there is none: promise later, or
/// from elsewhere. Give them back with [`give_capacity`].
pub async fn take_capacity(tx: &mut Tx, site: &Site, from: Time, by: Time, lines: i64) -> Result<Option<Time>, Fault> {
    let zone = site.zone();
    let first = from.ms().div_euclid(HOUR_MS);
    let last = (by.ms() - 1).div_euclid(HOUR_MS);
    let taken = rows::hours(tx.sql(), site.id, Time::from_ms(first * HOUR_MS), by).await?;
    for hour in (first..=last).map(|hour| Time::from_ms(hour * HOUR_MS)) {
        let before = taken.iter().find(|(known, _)| *known == hour).map_or(0, |(_, taken)| *taken);
        let room = site.capacity_of(&zone, hour);
        // Another promise may take the room between the look and the leap:
        // then the guard in the statement says so, and the next hour is tried.
        if before + lines <= room && rows::take_hour(tx.sql(), site.id, hour, lines, room).await? {
            return Ok(Some(hour));
        }
    }
    Ok(None)
}

/// Gives lines of an hour back.
pub async fn give_capacity(tx: &mut Tx, site: &Site, hour: Time, lines: i64) -> Result<(), Fault> {
    rows::give_hour(tx.sql(), site.id, hour, lines).await
}

/// Takes one compartment of a pick-up point.
pub async fn reserve_compartment(tx: &mut Tx, site: SiteId) -> Result<(), Stop> {
    if rows::move_compartments(tx.sql(), site, 1).await? {
        return Ok(());
    }
    match rows::site(tx.sql(), site).await? {
        Some(site) => Err(Refusal::NoCompartment { site: site.code }.into()),
        None => Err(Refusal::UnknownSite { site: site.to_string() }.into()),
    }
}

/// Gives one compartment back.
pub async fn free_compartment(tx: &mut Tx, site: SiteId) -> Result<(), Fault> {
    rows::move_compartments(tx.sql(), site, -1).await.map(|_| ())
}
