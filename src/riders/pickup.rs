//! A shopper collects at a pick-up point with the code of the order. Deliberately
//! absent: bringing parcels there; that is a stop like any other.

use super::{Refusal, handover::next_number, model::*, rows, rows::Proof};
use crate::{
    kernel::*,
    store::{Actor, Db, Tx},
    transport::{self, Parcel},
};

/// Wrong codes allowed at one pick-up point within [`TRIES_MS`].
pub const PICKUP_TRIES: i64 = 10;
/// The time over which wrong codes count.
pub const TRIES_MS: i64 = 10 * 60_000;

/// Spends one try of a code at a pick-up point, for good: in a transaction of
/// its own, because a refused collection undoes its own.
///
/// # Errors
/// [`Refusal::PickupLocked`].
pub async fn spend_pickup_try(db: &Db, site: SiteId) -> Result<ulid::Ulid, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    if rows::pickup_tries(tx.sql(), site, now.plus_ms(-TRIES_MS)).await? >= PICKUP_TRIES {
        return Err(Refusal::PickupLocked.into());
    }
    let mark = tx.id::<kind::Proof>().ulid();
    rows::note_pickup_try(tx.sql(), mark, site, now).await?;
    tx.commit().await?;
    Ok(mark)
}

/// Hands every parcel of the order behind a code to the shopper; `sscc` tells
/// two orders with one code apart. `mark` is the try spent before: a right code
/// gives it back.
///
/// # Errors
/// [`Refusal::PickupUnknown`], [`Refusal::PickupAmbiguous`].
pub async fn collect(
    tx: &mut Tx,
    site: SiteId,
    pin: &str,
    sscc: Option<&str>,
    mark: Option<ulid::Ulid>,
) -> Result<Vec<Parcel>, Stop> {
    let mut waiting = transport::parcels_at_point(tx.sql(), site).await?;
    waiting.retain(|parcel| transport::pin_matches(parcel, pin));
    if let Some(sscc) = sscc {
        let scanned = barcode::read(sscc);
        let label = scanned.sscc.unwrap_or(scanned.text);
        let order = waiting.iter().find(|parcel| parcel.sscc == label).map(|parcel| parcel.order);
        waiting.retain(|parcel| Some(parcel.order) == order);
    }
    let order = waiting.first().ok_or(Refusal::PickupUnknown)?.order;
    if waiting.iter().any(|parcel| parcel.order != order) {
        return Err(Refusal::PickupAmbiguous.into());
    }
    let mut collected = Vec::new();
    for parcel in waiting {
        let stop = parcel.stop.ok_or(transport::Refusal::NoStop)?;
        let (now, by) = (tx.now(), tx.actor().as_str().to_owned());
        let proof =
            Proof { id: tx.id(), stop, kind: ProofKind::Pin, received_by: ReceivedBy::Recipient, at: now, photo: None };
        rows::insert_proof(tx.sql(), &proof).await?;
        let attempt = Attempt {
            id: tx.id(),
            parcel: parcel.id,
            number: next_number(tx, &parcel).await?,
            load: parcel.load.ok_or(transport::Refusal::NoLoad)?,
            stop,
            rider: by.clone(),
            at: now,
            coord: parcel.coord,
            outcome: Outcome::Delivered,
            reason: None,
            proof: Some(proof.id),
            cash_minor: 0,
        };
        rows::insert_attempt(tx.sql(), &attempt).await?;
        collected.push(transport::collected(tx, parcel.id, attempt.id, &by).await?);
    }
    if let Some(mark) = mark {
        rows::forget_pickup_try(tx.sql(), mark).await?;
    }
    Ok(collected)
}
