//! A load before it leaves: given to somebody, scanned in, departed; or taken
//! apart. Deliberately absent: what happens at its stops; see `outcome.rs`.

use super::{Refusal, goods, model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
};

/// Who does something with a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// The person who drives it; may touch his own only.
    Driver(UserId),
    /// A dispatcher, or the house.
    Dispatcher,
}

/// Holds a load against other writers until the transaction ends.
///
/// # Errors
/// [`Refusal::NoLoad`]; [`Refusal::NotYours`] for a driver of another load.
pub async fn hold_load(tx: &mut Tx, id: LoadId, acting: Acting) -> Result<Load, Stop> {
    let load = rows::lock_load(tx.sql(), id).await?.ok_or(Refusal::NoLoad)?;
    match acting {
        Acting::Driver(user) if load.driver != Some(user) => Err(Refusal::NotYours.into()),
        _ => Ok(load),
    }
}

/// Gives a load to a driver, with a van or on his own wheels. To whom it belongs
/// already, it is given again without effect.
///
/// # Errors
/// [`Refusal::LoadState`] once it is being loaded; [`Refusal::Busy`] if the
/// driver has another load; [`Refusal::VehicleBusy`].
pub async fn assign(tx: &mut Tx, id: LoadId, driver: UserId, vehicle: Option<&Vehicle>) -> Result<Load, Stop> {
    let mut load = hold_load(tx, id, Acting::Dispatcher).await?;
    if load.driver == Some(driver) && !matches!(load.state, LoadState::Planned | LoadState::Offered) {
        return Ok(load);
    }
    if load.state == LoadState::Assigned {
        let now = tx.now();
        rows::free_vehicle(tx.sql(), load.id, now).await?;
        load.state = LoadState::Planned;
    }
    load.step(LoadState::Assigned)?;
    if let Some(vehicle) = vehicle
        && vehicle.load != Some(load.id)
        && !rows::take_vehicle(tx.sql(), vehicle.id, load.id).await?
    {
        return Err(Refusal::VehicleBusy { vehicle: vehicle.code.clone() }.into());
    }
    load.driver = Some(driver);
    load.vehicle = vehicle.map(|vehicle| vehicle.id);
    load.by = if vehicle.is_some() { CarriedBy::Vehicle } else { CarriedBy::Rider };
    rows::save_load(tx.sql(), &load).await.map_err(|fault| -> Stop {
        // The unique index over open loads of one driver spoke.
        if fault.duplicate { Refusal::Busy.into() } else { fault.into() }
    })?;
    tx.emit(Event::LoadAssigned { load: load.id, site: load.site, carrier: driver.to_string() });
    Ok(load)
}

/// Says that a rider is asked about a load, or no longer is; false if the load
/// is not in the state before.
pub async fn mark_offered(tx: &mut Tx, id: LoadId, offered: bool) -> Result<bool, Stop> {
    let mut load = hold_load(tx, id, Acting::Dispatcher).await?;
    let (from, to) =
        if offered { (LoadState::Planned, LoadState::Offered) } else { (LoadState::Offered, LoadState::Planned) };
    if load.state != from {
        return Ok(false);
    }
    load.step(to)?;
    rows::save_load(tx.sql(), &load).await?;
    Ok(true)
}

/// Gives the search for a rider another spell.
pub async fn search_longer(tx: &mut Tx, id: LoadId) -> Result<(), Stop> {
    let mut load = hold_load(tx, id, Acting::Dispatcher).await?;
    let now = tx.now();
    load.search_until = Some(now.plus_ms(super::plan::SEARCH_MS));
    rows::save_load(tx.sql(), &load).await?;
    Ok(tx.later(Chore::OfferLoad, id, now.plus_ms(super::plan::AGAIN_MS)).await?)
}

/// Takes a load from its driver before he began to load it; a rider is sought anew.
///
/// # Errors
/// [`Refusal::LoadState`] unless it is assigned and untouched.
pub async fn unassign(tx: &mut Tx, id: LoadId) -> Result<Load, Stop> {
    let mut load = hold_load(tx, id, Acting::Dispatcher).await?;
    load.step(LoadState::Planned)?;
    let now = tx.now();
    rows::free_vehicle(tx.sql(), load.id, now).await?;
    (load.driver, load.vehicle) = (None, None);
    rows::save_load(tx.sql(), &load).await?;
    tx.later(Chore::OfferLoad, load.id, now).await?;
    Ok(load)
}

/// Takes a load apart before anything of it is scanned in: its parcels are
/// staged again and planned anew, by van only if no rider wanted them.
///
/// # Errors
/// [`Refusal::LoadState`] once it is being loaded.
pub async fn dissolve(tx: &mut Tx, id: LoadId, van_only: bool) -> Result<(), Stop> {
    let mut load = hold_load(tx, id, Acting::Dispatcher).await?;
    if load.state == LoadState::Cancelled {
        return Ok(());
    }
    if !matches!(load.state, LoadState::Planned | LoadState::Offered | LoadState::Assigned) {
        return Err(Refusal::LoadState { state: load.state }.into());
    }
    let now = tx.now();
    for mut parcel in rows::parcels_of_load(tx.sql(), id).await? {
        if parcel.state == ParcelState::Planned {
            parcel.restage(now)?;
            parcel.van_only |= van_only;
        } else if parcel.is_to_fetch() {
            (parcel.load, parcel.stop) = (None, None);
        } else {
            continue;
        }
        rows::save_parcel(tx.sql(), &parcel).await?;
    }
    settle(tx, &mut load, true).await?;
    tx.later(Chore::PlanLoads, load.site, now).await?;
    Ok(())
}

/// Scans a parcel into its vehicle. The same parcel twice is as once.
///
/// # Errors
/// [`Refusal::NotOnLoad`] for a parcel of another load, [`Refusal::ParcelState`]
/// for one that was called back, [`Refusal::LoadState`] before the load is
/// assigned or after it left.
pub async fn scan_in(tx: &mut Tx, id: LoadId, label: &str, acting: Acting) -> Result<Parcel, Stop> {
    let mut load = hold_load(tx, id, acting).await?;
    let mut parcel = find_on(tx, &load, label).await?;
    if parcel.state == ParcelState::Loaded || (parcel.state == ParcelState::Out && load.state == LoadState::Out) {
        return Ok(parcel);
    }
    if load.state == LoadState::Assigned {
        load.step(LoadState::Loading)?;
        rows::save_load(tx.sql(), &load).await?;
    }
    if load.state != LoadState::Loading {
        return Err(Refusal::LoadState { state: load.state }.into());
    }
    parcel.step(ParcelState::Loaded)?;
    rows::save_parcel(tx.sql(), &parcel).await?;
    Ok(parcel)
}

/// The parcel of a load that a scan names.
pub(super) async fn find_on(tx: &mut Tx, load: &Load, label: &str) -> Result<Parcel, Stop> {
    let scanned = barcode::read(label);
    let sscc = scanned.sscc.unwrap_or(scanned.text);
    let parcel = rows::parcel_by_sscc(tx.sql(), &sscc).await?.ok_or(Refusal::NoParcel)?;
    if parcel.load != Some(load.id) {
        return Err(Refusal::NotOnLoad { sscc }.into());
    }
    Ok(parcel)
}

/// Sends a load on its way. Parcels that were not scanned stop it, unless they
/// are left behind: then they are staged again. Twice is as once.
///
/// # Errors
/// [`Refusal::Incomplete`], [`Refusal::TakeOut`], [`Refusal::Empty`],
/// [`Refusal::LoadState`].
pub async fn depart(tx: &mut Tx, id: LoadId, leave_behind: bool, acting: Acting) -> Result<Load, Stop> {
    let mut load = hold_load(tx, id, acting).await?;
    if load.state == LoadState::Out {
        return Ok(load);
    }
    if !matches!(load.state, LoadState::Assigned | LoadState::Loading) {
        return Err(Refusal::LoadState { state: load.state }.into());
    }
    let parcels = rows::parcels_of_load(tx.sql(), id).await?;
    let labels = |state: &[ParcelState]| -> Vec<String> {
        parcels.iter().filter(|parcel| state.contains(&parcel.state)).map(|parcel| parcel.sscc.clone()).collect()
    };
    let called_back: Vec<String> = parcels
        .iter()
        .filter(|parcel| parcel.is_in_vehicle() && parcel.state != ParcelState::Loaded)
        .map(|parcel| parcel.sscc.clone())
        .collect();
    if !called_back.is_empty() {
        return Err(Refusal::TakeOut { sscc: called_back }.into());
    }
    if labels(&[ParcelState::Loaded]).is_empty() && !parcels.iter().any(Parcel::is_to_fetch) {
        return Err(Refusal::Empty.into());
    }
    let missing = labels(&[ParcelState::Planned]);
    if !missing.is_empty() && !leave_behind {
        return Err(Refusal::Incomplete { missing }.into());
    }
    leave(tx, &mut load, parcels).await?;
    Ok(load)
}

async fn leave(tx: &mut Tx, load: &mut Load, parcels: Vec<Parcel>) -> Result<(), Stop> {
    let now = tx.now();
    load.step(LoadState::Out)?;
    load.departed_at = Some(now);
    tx.emit(Event::LoadDeparted { load: load.id, site: load.site });
    for mut parcel in parcels {
        match parcel.state {
            ParcelState::Loaded => {
                goods::depart(tx, &parcel, load.id).await?;
                parcel.step(ParcelState::Out)?;
                parcel.aboard = true;
                tx.emit(Event::ParcelOut { order: parcel.order, parcel: parcel.id, load: load.id });
            }
            ParcelState::Planned => {
                parcel.restage(now)?;
                tx.later(Chore::PlanLoads, load.site, now).await?;
            }
            _ => continue,
        }
        rows::save_parcel(tx.sql(), &parcel).await?;
    }
    settle(tx, load, false).await
}

/// Brings a held load in line with its parcels: stops without one are cancelled,
/// the times are chained anew, and a load with nothing left to do ends. `home`
/// says that the vehicle stands at the site, so that it need not drive there.
pub(super) async fn settle(tx: &mut Tx, load: &mut Load, home: bool) -> Result<(), Stop> {
    let now = tx.now();
    let parcels = rows::parcels_of_load(tx.sql(), load.id).await?;
    let mut stops = rows::stops_of(tx.sql(), load.id).await?;
    for stop in stops.iter_mut().filter(|stop| stop.state.is_open()) {
        if !parcels.iter().any(|parcel| parcel.stop == Some(stop.id) && parcel.is_on_route()) {
            stop.state = StopState::Cancelled;
            stop.done_at = Some(now);
            rows::save_stop(tx.sql(), stop).await?;
        }
    }
    if load.state == LoadState::Out {
        chain_etas(&mut stops, now);
        for stop in stops.iter().filter(|stop| stop.state.is_open()) {
            rows::save_stop(tx.sql(), stop).await?;
        }
    }
    load.weigh(&parcels);
    let busy = parcels.iter().any(|parcel| parcel.is_on_route() || parcel.is_in_vehicle());
    if !busy && load.state == LoadState::Out {
        load.step(LoadState::Finished)?;
        load.finished_at = Some(now);
        rows::free_vehicle(tx.sql(), load.id, if home { now } else { now.plus_ms(load.back_ms) }).await?;
        tx.emit(Event::LoadFinished { load: load.id, site: load.site });
    } else if !busy && load.state.is_before_departure() {
        load.step(LoadState::Cancelled)?;
        load.finished_at = Some(now);
        rows::free_vehicle(tx.sql(), load.id, now).await?;
    }
    rows::save_load(tx.sql(), load).await?;
    Ok(())
}
