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

/// Looks again when another promise took room between the look and the leap.
const LOOKS: usize = 4;

/// Lines of hours that a promise takes.
pub type Taken = Vec<(Time, i64)>;

/// The first hour that has room for all of it; else from the first hour on what each
/// has left, since a large order is worked on for longer than an hour. `None` if all
/// of them together have too little.
fn spread(free: &[(Time, i64)], lines: i64) -> Option<Taken> {
    if let Some((hour, _)) = free.iter().find(|(_, room)| *room >= lines) {
        return Some(vec![(*hour, lines)]);
    }
    let mut left = lines;
    let mut taken = Taken::new();
    for (hour, room) in free.iter().filter(|(_, room)| *room > 0) {
        let some = left.min(*room);
        taken.push((*hour, some));
        left -= some;
        if left == 0 {
            return Some(taken);
        }
    }
    None
}

/// The hours from `from` on that begin before `by`.
fn hours(from: Time, by: Time) -> impl Iterator<Item = Time> {
    let last = (by.ms() - 1).div_euclid(HOUR_MS);
    (from.ms().div_euclid(HOUR_MS)..=last).map(|hour| Time::from_ms(hour * HOUR_MS))
}

/// Takes `lines` of the hours of a site from `from` on that begin before `by`: of one
/// if it has room, else of several. `None` if there is no room: promise later, or
/// from elsewhere. Give them back with [`give_capacity`].
pub async fn take_capacity(tx: &mut Tx, site: &Site, from: Time, by: Time, lines: i64) -> Result<Option<Taken>, Fault> {
    let zone = site.zone();
    for _ in 0..LOOKS {
        let first = Time::from_ms(from.ms().div_euclid(HOUR_MS) * HOUR_MS);
        let used = rows::hours(tx.sql(), site.id, first, by).await?;
        let used = |hour| used.iter().find(|(known, _)| *known == hour).map_or(0, |(_, taken)| *taken);
        let free: Vec<_> = hours(from, by).map(|hour| (hour, site.capacity_of(&zone, hour) - used(hour))).collect();
        let Some(wanted) = spread(&free, lines) else { return Ok(None) };
        if take_all(tx, site, &zone, &wanted).await? {
            return Ok(Some(wanted));
        }
    }
    Ok(None)
}

/// Takes all or nothing; false if another promise was faster.
async fn take_all(tx: &mut Tx, site: &Site, zone: &TimeZone, wanted: &Taken) -> Result<bool, Fault> {
    for (done, (hour, lines)) in wanted.iter().enumerate() {
        let room = site.capacity_of(zone, *hour);
        if !rows::take_hour(tx.sql(), site.id, *hour, *lines, room).await? {
            for (hour, lines) in &wanted[..done] {
                rows::give_hour(tx.sql(), site.id, *hour, *lines).await?;
            }
            return Ok(false);
        }
    }
    Ok(true)
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

    /// The hours that [`take_capacity`] would take.
    pub fn find(&mut self, site: &Site, zone: &TimeZone, from: Time, by: Time, lines: i64) -> Option<Taken> {
        let mut free = Vec::new();
        for hour in hours(from, by) {
            let room = *self.rooms.entry((site.id, hour)).or_insert_with(|| site.capacity_of(zone, hour));
            let left = room - self.taken.get(&(site.id, hour)).copied().unwrap_or(0);
            if left >= lines {
                return Some(vec![(hour, lines)]);
            }
            free.push((hour, left));
        }
        spread(&free, lines)
    }

    /// Takes what [`HourBook::find`] found.
    pub fn take(&mut self, site: SiteId, hour: Time, lines: i64) {
        *self.taken.entry((site, hour)).or_default() += lines;
        *self.new.entry((site, hour)).or_default() += lines;
    }

    /// What was taken since this was last asked.
    pub fn taken(&mut self) -> TakenHours {
        let room = |hour: &(SiteId, Time)| self.rooms.get(hour).copied().unwrap_or(0);
        std::mem::take(&mut self.new).into_iter().map(|(hour, lines)| (hour.0, hour.1, lines, room(&hour))).collect()
    }
}

/// Hours taken at sites, with the room each has: site, hour, lines, room.
pub type TakenHours = Vec<(SiteId, Time, i64, i64)>;

/// Writes what was taken. False if another replica left too little room: the caller
/// drops the transaction.
pub async fn write_hours(tx: &mut Tx, taken: &TakenHours) -> Result<bool, Fault> {
    rows::take_hours(tx, taken).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_order_takes_several_hours_and_a_small_one_the_first_with_room() {
        let at = |hour: i64| Time::from_ms(hour * HOUR_MS);
        let free = [(at(0), 10), (at(1), -3), (at(2), 40), (at(3), 40)];
        assert_eq!(spread(&free, 10), Some(vec![(at(0), 10)]));
        assert_eq!(spread(&free, 11), Some(vec![(at(2), 11)]));
        assert_eq!(spread(&free, 60), Some(vec![(at(0), 10), (at(2), 40), (at(3), 10)]));
        assert_eq!(spread(&free, 90), Some(vec![(at(0), 10), (at(2), 40), (at(3), 40)]));
        assert_eq!(spread(&free, 91), None);
        assert_eq!(hours(at(5).plus_ms(1), at(7)).collect::<Vec<_>>(), [at(5), at(6)]);
    }
}
