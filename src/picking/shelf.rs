//! Goods to person: a shelf is asked for once for all picks on it, and goes home
//! when the last is done. Deliberately absent: which vehicle carries it.

use super::{model::*, plan, rows};
use crate::{
    fleet,
    kernel::*,
    layout::{self, StationKind},
    store::Tx,
    tasks,
    units::{self, Unit},
};

/// Writes the picks of one shelf as a batch at the least busy station, and asks
/// for the shelf if it is free; otherwise the batch is queued until it is home.
pub(super) async fn write(tx: &mut Tx, site: SiteId, wave: WaveId, shelf: &Unit, picks: &[Served]) -> Result<(), Stop> {
    let load = rows::station_load(tx.sql(), site).await?;
    let stations = layout::stations(tx.sql(), site, StationKind::GoodsToPerson).await?;
    let Some(station) = stations.iter().min_by_key(|one| (load.get(&one.code).copied().unwrap_or(0), &one.code)) else {
        return Err(Fault::new("the site has mobile shelves but no goods-to-person station").into());
    };
    let written = plan::write(tx, site, wave, BatchKind::Station, &station.code, picks, Some(shelf.id)).await?;
    if written.is_some() {
        shelf_home(tx, shelf.id).await?;
    }
    Ok(())
}

/// A shelf is at home: the oldest batch that waits for it asks for it.
pub async fn shelf_home(tx: &mut Tx, shelf: UnitId) -> Result<(), Stop> {
    let Some(batch) = rows::queued_for(tx.sql(), shelf).await? else { return Ok(()) };
    let Some(unit) = units::by_id(tx.sql(), shelf).await? else { return Ok(()) };
    let stations = layout::stations(tx.sql(), batch.site, StationKind::GoodsToPerson).await?;
    let Some(station) = stations.into_iter().find(|one| one.code == batch.station) else { return Ok(()) };
    match fleet::request(tx, &unit, &station.code, &station.node, 0).await {
        Ok(mission) => Ok(rows::set_batch(tx.sql(), batch.id, BatchState::Open, Some(mission)).await?),
        Err(stop) if stop.code() == Some("fleet.busy") => Ok(()),
        Err(stop) => Err(stop),
    }
}

/// The shelf stands at the station: its batches may be picked. A mission that was
/// tried again has another id; the batch follows the shelf. False if nothing on it
/// is to be picked any more.
pub async fn shelf_arrived(tx: &mut Tx, mission: MissionId, shelf: UnitId) -> Result<bool, Stop> {
    let mut here = rows::batches_of_mission(tx.sql(), mission).await?;
    if here.is_empty() {
        here = rows::open_of_shelf(tx.sql(), shelf).await?;
        for batch in &here {
            rows::set_batch(tx.sql(), batch.id, batch.state, Some(mission)).await?;
        }
    }
    let mut wanted = false;
    for batch in here.iter().filter(|batch| batch.state == BatchState::Open) {
        wanted = true;
        if let Some(task) = tasks::by_id(tx.sql(), batch.task).await? {
            tasks::ready(tx, &task).await?;
        }
    }
    Ok(wanted)
}
