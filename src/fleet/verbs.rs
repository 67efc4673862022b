//! Asking for shelves and sending them home; locking vehicles out. Deliberately
//! absent: choosing a vehicle; the bridge does, and reports why.

use super::{model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
    units::{self, Unit, UnitState},
};

/// How long a failed mission rests before it is tried again.
pub const RETRY_MS: i64 = 20_000;

/// Asks for a shelf at a station. Guard: the shelf is at home and free.
/// Fact: `mission.requested`.
pub async fn request(
    tx: &mut Tx,
    shelf: &Unit,
    station: &str,
    station_node: &str,
    priority: i64,
) -> Result<MissionId, Stop> {
    let Some(home) = shelf.home.clone() else { return Err(Refusal::NoHome { code: shelf.code.clone() }.into()) };
    if rows::open_of_shelf(tx.sql(), shelf.id).await?.is_some() {
        return Err(Refusal::Busy { code: shelf.code.clone() }.into());
    }
    let now = tx.now();
    let mission = Mission {
        id: tx.id(),
        site: shelf.site,
        shelf: shelf.id,
        shelf_code: shelf.code.clone(),
        home,
        station: station.to_owned(),
        station_node: station_node.to_owned(),
        state: MissionState::Requested,
        vehicle: None,
        done_steps: 0,
        priority,
        attempt: 1,
        reason: None,
        created_at: now,
        touched_at: now,
    };
    rows::add(tx.sql(), &mission).await?;
    let Mission { id, site, station, .. } = mission;
    tx.emit(Event::MissionRequested { mission: id, site, shelf: shelf.id, station });
    Ok(id)
}

/// The work at the station is done: the shelf goes home. Does nothing if it is on
/// its way home already.
pub async fn send_back(tx: &mut Tx, mission: MissionId) -> Result<(), Stop> {
    let now = tx.now();
    rows::step(tx.sql(), mission, MissionState::Waiting, MissionState::Returning, now).await?;
    Ok(())
}

/// The shelf is no longer wanted: before it was lifted the mission ends, after
/// that the shelf just goes home. Fact: `mission.cancelled`.
pub async fn withdraw(tx: &mut Tx, mission: MissionId) -> Result<(), Stop> {
    let now = tx.now();
    for from in [MissionState::Requested, MissionState::Assigned] {
        if rows::step(tx.sql(), mission, from, MissionState::Cancelled, now).await? {
            if let Some(Mission { site, shelf, .. }) = rows::by_id(tx.sql(), mission).await? {
                tx.emit(Event::MissionCancelled { mission, site, shelf });
            }
            return Ok(());
        }
    }
    for from in [MissionState::Carrying, MissionState::Waiting] {
        rows::step(tx.sql(), mission, from, MissionState::Returning, now).await?;
    }
    Ok(())
}

/// Asks again for a shelf whose vehicle gave up: a new try under a new id, since
/// VDA 5050 never takes an order id twice.
pub async fn retry(tx: &mut Tx, failed: MissionId) -> Result<Option<MissionId>, Stop> {
    let Some(mission) = rows::by_id(tx.sql(), failed).await? else { return Ok(None) };
    if mission.state != MissionState::Failed || rows::open_of_shelf(tx.sql(), mission.shelf).await?.is_some() {
        return Ok(None);
    }
    let now = tx.now();
    let again = Mission {
        id: tx.id(),
        state: MissionState::Requested,
        vehicle: None,
        done_steps: 0,
        attempt: mission.attempt + 1,
        priority: mission.priority + 1,
        reason: None,
        created_at: now,
        touched_at: now,
        ..mission
    };
    rows::add(tx.sql(), &again).await?;
    let Mission { id, site, shelf, station, .. } = again;
    tx.emit(Event::MissionRequested { mission: id, site, shelf, station });
    Ok(Some(id))
}

/// Ends a mission that its vehicle gave up, and plans another try.
/// Fact: `mission.failed`.
pub(super) async fn give_up(tx: &mut Tx, mission: &Mission, reason: &str) -> Result<(), Stop> {
    if mission.state.is_over() {
        return Ok(());
    }
    let now = tx.now();
    rows::fail(tx.sql(), mission.id, reason, now).await?;
    units::mark(tx, mission.shelf, UnitState::Free).await?;
    tx.later(Chore::RetryMission, mission.id, now.plus_ms(RETRY_MS)).await?;
    let Mission { id, site, shelf, .. } = *mission;
    tx.emit(Event::MissionFailed { mission: id, site, shelf, reason: reason.to_owned() });
    Ok(())
}

/// A person takes a vehicle out of service; it stays out until released, also
/// over a restart. Fact: `vehicle.locked_out`.
pub async fn lock_out(tx: &mut Tx, site: SiteId, vehicle: &str, reason: &str) -> Result<(), Stop> {
    let (by, now) = (tx.actor().as_str().to_owned(), tx.now());
    if rows::lock_out(tx.sql(), site, vehicle, reason, &by, now).await? {
        tx.emit(Event::VehicleLockedOut { vehicle: vehicle.to_owned(), site, reason: reason.to_owned() });
    }
    Ok(())
}

/// A person gives a vehicle back. Fact: `vehicle.released`.
pub async fn release(tx: &mut Tx, site: SiteId, vehicle: &str) -> Result<(), Stop> {
    if rows::release(tx.sql(), site, vehicle).await? {
        tx.emit(Event::VehicleReleased { vehicle: vehicle.to_owned(), site });
    }
    Ok(())
}
