//! Takes a packed parcel for delivery. Deliberately absent: choosing its route;
//! that happens for the whole site, a little later.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Refusal, model::*, rows};
use crate::{event::Chore, kernel::*, store::Tx};

/// Parcels packed within this time share a planning run.
pub const GATHER_MS: i64 = 2 * 60_000;

/// Stages a parcel and asks for a plan of its site. The same id again changes
/// nothing.
///
/// # Errors
/// [`Refusal::Senseless`] for a parcel without way or weight,
/// [`Refusal::LabelTaken`] for a label that is on another parcel.
pub async fn accept(tx: &mut Tx, new: NewParcel) -> Result<Parcel, Stop> {
    check(&new)?;
    if let Some(found) = rows::parcel_by_sscc(tx.sql(), &new.sscc).await? {
        return if found.id == new.id { Ok(found) } else { Err(Refusal::LabelTaken { sscc: new.sscc }.into()) };
    }
    let parcel = staged(tx, new);
    if !rows::insert_parcel(tx.sql(), &parcel).await? {
        let found = rows::parcel_by_id(tx.sql(), parcel.id).await?;
        return found.ok_or_else(|| Refusal::NoParcel.into());
    }
    let gathered = tx.now().plus_ms(GATHER_MS);
    tx.later(Chore::PlanLoads, parcel.site, gathered).await?;
    Ok(parcel)
}

fn check(new: &NewParcel) -> Result<(), Refusal> {
    let senseless =
        |field: &str, reason: &str| Err(Refusal::Senseless { field: field.to_owned(), reason: reason.to_owned() });
    if new.weight_g <= 0 || new.volume_ml <= 0 {
        return senseless("weight_g", "weight and volume must be above zero");
    }
    if new.cash_minor < 0 {
        return senseless("cash_minor", "cash cannot be negative");
    }
    if Coord::checked(new.coord.lat, new.coord.lon).is_none() {
        return senseless("coord", "the place is not on the globe");
    }
    if new.window.is_some_and(|(from, to)| from >= to) {
        return senseless("window", "the window must end after it begins");
    }
    if (new.mode == Mode::PickupPoint) != new.pickup.is_some() {
        return senseless("pickup", "a pick-up point goes with the mode pickup_point, and only with it");
    }
    if new.needs == Needs::Pin && new.pin.is_none() {
        return senseless("pin", "a hand-over by code needs the code");
    }
    Ok(())
}

fn staged(tx: &Tx, new: NewParcel) -> Parcel {
    let now = tx.now();
    Parcel {
        id: new.id,
        order: new.order,
        fulfilment: new.fulfilment,
        site: new.site,
        sscc: new.sscc,
        weight_g: new.weight_g,
        volume_ml: new.volume_ml,
        temperature: new.temperature,
        address: new.address,
        coord: new.coord,
        window_from: new.window.map(|window| window.0),
        window_to: new.window.map(|window| window.1),
        due: new.due,
        service: new.service,
        mode: new.mode,
        pickup: new.pickup,
        compartment: false,
        needs: new.needs,
        pin: new.pin.map(|pin| {
            let salt = hex(&tx.dice().bytes::<16>());
            let hash = pin_hash(&salt, &pin);
            (salt, hash)
        }),
        cash_minor: new.cash_minor,
        state: ParcelState::Staged,
        load: None,
        stop: None,
        aboard: false,
        failures: 0,
        onward: None,
        hindrance: None,
        van_only: false,
        waits_until: None,
        version: 1,
        staged_at: now,
    }
}

/// True if `pin` is the shopper's code for this parcel.
///
/// A code of a few digits can be guessed from any hash, however slow: the hash
/// only keeps it out of casual sight, the limited tries are what guards it. So
/// it is fast, which lets a pick-up point look for the parcel behind a code.
pub fn pin_matches(parcel: &Parcel, pin: &str) -> bool {
    parcel.pin.as_ref().is_some_and(|(salt, hash)| pin_hash(salt, pin.trim()).as_bytes().ct_eq(hash.as_bytes()).into())
}

fn pin_hash(salt: &str, pin: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update([0]).chain_update(pin).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
