//! Hours and compartments: what a promise consumes at once or not at all.
//! Deliberately absent: workers and shifts; lines an hour stand for them.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;

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

/// The hours of several sites, read once for many promises: what one promise takes
/// the next one sees. Written back in one statement, with the same guard as
/// [`take_capacity`].
#[derive(Default)]
pub struct HourBook {
    taken: HashMap<(SiteId, Time), i64>,
    rooms: HashMap<(SiteId, Time), i64>,
    /// What was taken here and is not written yet, in the order in which every
    /// transaction locks hours.
    new: BTreeMap<(SiteId, Time), i64>,
}

impl HourBook {
    /// Reads the hours of sites, each from a moment on and before another.
    pub async fn read(tx: &mut Tx, spans: &[(SiteId, Time, Time)]) -> Result<Self, Fault> {
        let floor = |at: Time| Time::from_ms(at.ms().div_euclid(HOUR_MS) * HOUR_MS);
        let spans: Vec<_> = spans.iter().map(|(site, from, by)| (*site, floor(*from), *by)).collect();
        let rows = rows::hours_of(tx, &spans).await?;
        let taken = rows.into_iter().map(|(site, hour, taken)| ((site, hour), taken)).collect();
        Ok(Self { taken, ..Self::default() })
    }

    /// The first hour from `from` on that begins before `by` and has room for
    /// `lines`; the same as [`take_capacity`] would take.
    pub fn find(&mut self, site: &Site, zone: &TimeZone, from: Time, by: Time, lines: i64) -> Option<Time> {
        let first = from.ms().div_euclid(HOUR_MS);
        let last = (by.ms() - 1).div_euclid(HOUR_MS);
        (first..=last).map(|hour| Time::from_ms(hour * HOUR_MS)).find(|hour| {
            let room = *self.rooms.entry((site.id, *hour)).or_insert_with(|| site.capacity_of(zone, *hour));
            self.taken.get(&(site.id, *hour)).copied().unwrap_or(0) + lines <= room
        })
    }

    /// Takes what [`HourBook::find`] found.
    pub fn take(&mut self, site: SiteId, hour: Time, lines: i64) {
        *self.taken.entry((site, hour)).or_default() += lines;
        *self.new.entry((site, hour)).or_default() += lines;
    }

    /// Writes what was taken. False if another replica left too little room: the
    /// caller drops the transaction.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<bool, Fault> {
        let wanted: Vec<_> = std::mem::take(&mut self.new)
            .into_iter()
            .map(|((site, hour), lines)| (site, hour, lines, self.rooms.get(&(site, hour)).copied().unwrap_or(0)))
            .collect();
        rows::take_hours(tx, &wanted).await
    }
}
