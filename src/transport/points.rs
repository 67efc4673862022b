//! What transport asks of the network: where a site is, until when a door is
//! tried today, and room at pick-up points. Deliberately absent: the sites.

use super::{model::*, outcome::send_back, rows, travel::crow};
use crate::{
    event::Chore,
    kernel::*,
    network::{self, Site, SiteKind},
    store::{Actor, Db, Sql, Tx},
};

/// A pick-up point with room kept for what goes there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub site: SiteId,
    pub coord: Coord,
}

/// A parcel goes to a pick-up point instead of a door only within this distance.
const NEAR_M: f64 = 6_000.0;
/// The local hour until which a door is tried.
const LAST_HOUR: i8 = 21;

/// Where a site stands.
///
/// # Errors
/// The network's refusal for a site that does not exist.
pub async fn place_of(sql: &mut Sql, site: SiteId) -> Result<Coord, Stop> {
    Ok(find(sql, site).await?.coord)
}

async fn find(sql: &mut Sql, site: SiteId) -> Result<Site, Stop> {
    let found = network::site(sql, site).await?;
    found.ok_or_else(|| network::Refusal::UnknownSite { site: site.to_string() }.into())
}

/// The last moment of today, at the site, at which a door may be tried again.
pub(super) async fn retry_until(tx: &mut Tx, site: SiteId) -> Result<Time, Stop> {
    let (now, zone) = (tx.now(), find(tx.sql(), site).await?.zone());
    let local = jiff::Timestamp::from_millisecond(now.ms()).unwrap_or_default().to_zoned(zone.clone());
    let end = local.date().at(LAST_HOUR, 0, 0, 0).to_zoned(zone);
    Ok(end.map_or(now, |end| Time::from_ms(end.timestamp().as_millisecond())))
}

/// The way to a point that is yet to be measured.
pub(super) fn guess_leg(from: Coord, to: Coord) -> (i64, i64) {
    crow(from, to)
}

/// Keeps room for one parcel at a pick-up point.
///
/// # Errors
/// The network's refusal when it is full.
pub(super) async fn reserve(tx: &mut Tx, point: SiteId) -> Result<(), Stop> {
    network::reserve_compartment(tx, point).await
}

/// Keeps room for `count` parcels at the nearest pick-up point that has it.
pub(super) async fn reserve_near(tx: &mut Tx, near: Coord, count: usize) -> Result<Option<Point>, Stop> {
    let mut points = network::sites(tx.sql()).await?;
    let away = |site: &Site| site.coord.metres_to(near);
    points.retain(|site| site.active && site.kind == SiteKind::PickupPoint && away(site) <= NEAR_M);
    points.sort_by(|a, b| away(a).total_cmp(&away(b)));
    for site in points {
        if reserve_all(tx, site.id, count).await? {
            return Ok(Some(Point { site: site.id, coord: site.coord }));
        }
    }
    Ok(None)
}

/// All of `count` compartments or none.
async fn reserve_all(tx: &mut Tx, point: SiteId, count: usize) -> Result<bool, Stop> {
    for kept in 0..count {
        match reserve(tx, point).await {
            Ok(()) => {}
            Err(Stop::Refused(_)) => {
                for _ in 0..kept {
                    network::free_compartment(tx, point).await?;
                }
                return Ok(false);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(true)
}

/// Gives the room kept for a parcel back.
pub(super) async fn let_go(tx: &mut Tx, parcel: &mut Parcel) -> Result<(), Stop> {
    if std::mem::take(&mut parcel.compartment)
        && let Some(point) = parcel.pickup
    {
        network::free_compartment(tx, point).await?;
    }
    Ok(())
}

/// Keeps room for staged parcels that go to a pick-up point; what finds none
/// stays staged, with the reason.
pub(super) async fn reserve_for_staged(db: &Db, site: SiteId) -> Result<(), Stop> {
    let mut read = db.read().await?;
    let mut staged = rows::parcels_in(read.sql(), site, ParcelState::Staged, 1000).await?;
    drop(read);
    staged.retain(|parcel| parcel.mode == Mode::PickupPoint && !parcel.compartment);
    for seen in staged {
        let Some(point) = seen.pickup else { continue };
        let mut tx = db.begin(Actor::house()).await?;
        let Some(mut parcel) = rows::lock_parcel(tx.sql(), seen.id).await? else { continue };
        if parcel.compartment || parcel.state != ParcelState::Staged || parcel.pickup != Some(point) {
            continue;
        }
        match reserve(&mut tx, point).await {
            Ok(()) => parcel.compartment = true,
            Err(Stop::Refused(_)) => parcel.hindrance = Some("point_full".to_owned()),
            Err(fault) => return Err(fault),
        }
        rows::save_parcel(tx.sql(), &parcel).await?;
        if !parcel.compartment {
            let again = tx.now().plus_ms(super::plan::AGAIN_MS);
            tx.later(Chore::PlanLoads, site, again).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Sends back what nobody collected at a pick-up point in time.
pub(super) async fn lapse_waiting(db: &Db, site: SiteId) -> Result<(), Stop> {
    let now = db.clock.now();
    let mut read = db.read().await?;
    let mut waiting = rows::parcels_at_point(read.sql(), site).await?;
    drop(read);
    waiting.retain(|parcel| parcel.waits_until.is_some_and(|until| until <= now));
    for seen in waiting {
        let mut tx = db.begin(Actor::house()).await?;
        let Some(mut parcel) = rows::lock_parcel(tx.sql(), seen.id).await? else { continue };
        if parcel.state != ParcelState::Waiting {
            continue;
        }
        send_back(&mut tx, &mut parcel, "not_collected")?;
        (parcel.load, parcel.stop) = (None, None);
        rows::save_parcel(tx.sql(), &parcel).await?;
        tx.later(Chore::PlanLoads, parcel.site, now).await?;
        tx.commit().await?;
    }
    Ok(())
}
