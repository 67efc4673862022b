//! The vans and who sits in them. Deliberately absent: their way; see `load.rs`.

use super::{Refusal, model::*, rows};
use crate::{kernel::*, store::Tx};

/// Defines a van of a site or changes it, by its code.
///
/// # Errors
/// [`Refusal::Senseless`] for a van that can carry nothing.
pub async fn define_vehicle(tx: &mut Tx, site: SiteId, new: &NewVehicle) -> Result<Vehicle, Stop> {
    let senseless =
        |field: &str, reason: &str| Refusal::Senseless { field: field.to_owned(), reason: reason.to_owned() };
    if new.code.trim().is_empty() || new.code.len() > 40 {
        return Err(senseless("code", "1 to 40 characters").into());
    }
    if new.max_weight_g <= 0 || new.max_volume_ml <= 0 || new.max_stops <= 0 {
        return Err(senseless("max_weight_g", "weight, volume and stops must be above zero").into());
    }
    if new.fixed_cost_minor < 0 || new.cost_per_km_minor < 0 {
        return Err(senseless("cost_per_km_minor", "costs cannot be negative").into());
    }
    let id = tx.id();
    rows::upsert_vehicle(tx.sql(), id, site, new).await?;
    rows::vehicle_by_code(tx.sql(), &new.code)
        .await?
        .ok_or_else(|| Refusal::NoVehicle { vehicle: new.code.clone() }.into())
}

/// Puts a person behind the wheel for the shift: of the van `code`, or of the
/// first free one at `site`. `None` if none is free. Twice is as once.
///
/// # Errors
/// [`Refusal::NoVehicle`], [`Refusal::VehicleTaken`].
pub async fn seat_driver(
    tx: &mut Tx,
    driver: UserId,
    site: SiteId,
    code: Option<&str>,
) -> Result<Option<Vehicle>, Stop> {
    if let Some(seated) = rows::vehicle_of(tx.sql(), driver).await? {
        if code.is_none_or(|code| code == seated.code) {
            return Ok(Some(seated));
        }
        if seated.load.is_some() {
            return Err(Refusal::Busy.into());
        }
        rows::unseat_driver(tx.sql(), driver).await?;
    }
    let wanted = match code {
        Some(code) => {
            let found = rows::vehicle_by_code(tx.sql(), code).await?;
            vec![found.ok_or_else(|| Refusal::NoVehicle { vehicle: code.to_owned() })?]
        }
        None => rows::vehicles(tx.sql(), Some(site)).await?,
    };
    for vehicle in wanted.iter().filter(|vehicle| vehicle.active && vehicle.driver.is_none()) {
        if rows::seat_driver(tx.sql(), vehicle.id, driver).await? {
            return Ok(rows::vehicle_of(tx.sql(), driver).await?);
        }
    }
    match code {
        Some(code) => Err(Refusal::VehicleTaken { vehicle: code.to_owned() }.into()),
        None => Ok(None),
    }
}

/// Takes a person from the wheel at the shift's end.
///
/// # Errors
/// [`Refusal::Busy`] while the van still carries a load.
pub async fn unseat_driver(tx: &mut Tx, driver: UserId) -> Result<(), Stop> {
    if rows::vehicle_of(tx.sql(), driver).await?.is_some_and(|vehicle| vehicle.load.is_some()) {
        return Err(Refusal::Busy.into());
    }
    Ok(rows::unseat_driver(tx.sql(), driver).await?)
}
