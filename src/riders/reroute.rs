//! Plans routes under way again from where their drivers are now. Deliberately
//! absent: the planning itself; that is transport's.

use super::{Tracker, rows};
use crate::{
    kernel::*,
    store::Db,
    transport::{self, Load},
};

/// Plans every load that is not finished again, after roads were closed, opened or
/// slowed; returns those whose way changed.
///
/// # Errors
/// A fault.
pub async fn replan_open(db: &Db, reason: &str) -> Result<Vec<LoadId>, Stop> {
    let mut read = db.read().await?;
    let loads = transport::loads_out(read.sql()).await?;
    drop(read);
    let mut changed = Vec::new();
    for load in loads {
        if replan_from_here(db, &load, reason).await? {
            changed.push(load.id);
        }
    }
    Ok(changed)
}

/// Plans the rest of one load again: the chore `load.reroute`.
///
/// # Errors
/// A fault.
pub async fn replan(db: &Db, id: LoadId, reason: &str) -> Result<bool, Stop> {
    let mut read = db.read().await?;
    let load = transport::load_by_id(read.sql(), id).await?;
    drop(read);
    match load {
        Some(load) => replan_from_here(db, &load, reason).await,
        None => Ok(false),
    }
}

async fn replan_from_here(db: &Db, load: &Load, reason: &str) -> Result<bool, Stop> {
    transport::replan_load(db, load.id, whereabouts(db, load).await?, reason).await
}

/// Where the driver is, if he was seen since the last stop or departure: an older
/// place would send him back.
async fn whereabouts(db: &Db, load: &Load) -> Result<Option<Coord>, Stop> {
    let (Some(driver), Some(departed_at)) = (load.driver, load.departed_at) else { return Ok(None) };
    let mut read = db.read().await?;
    let stops = transport::stops_of(read.sql(), load.id).await?;
    let since = stops.iter().filter_map(|stop| stop.done_at).max().unwrap_or(departed_at).max(departed_at);
    let written = rows::rider_by_id(read.sql(), driver).await?.map(|rider| (rider.seen_at, rider.coord));
    let live = Tracker::shared().everybody().into_iter().find(|position| position.rider == driver);
    let newest = live.map(|position| (position.at, position.coord)).into_iter().chain(written);
    Ok(newest.filter(|(at, _)| *at > since).max_by_key(|(at, _)| *at).map(|(_, coord)| coord))
}
