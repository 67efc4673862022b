//! A dispatcher gives a load to a person by hand. Deliberately absent: asking; a
//! load that is offered asks by itself.

use super::{Refusal, answer::withdraw_offers, rows};
use crate::{
    kernel::*,
    store::Tx,
    transport::{self, Load},
};

/// Gives a load to a person on shift: an open offer is withdrawn; a driver takes it
/// in the van of the shift. Fact: `load.assigned`.
///
/// # Errors
/// [`Refusal::Unknown`], [`Refusal::OffShift`]; transport's if the load cannot be given.
pub async fn give(tx: &mut Tx, id: LoadId, driver: UserId) -> Result<Load, Stop> {
    let rider = rows::rider_by_id(tx.sql(), driver).await?.ok_or(Refusal::Unknown)?;
    if !rider.on_shift {
        return Err(Refusal::OffShift.into());
    }
    withdraw_offers(tx, id).await?;
    let van = transport::vehicle_of(tx.sql(), driver).await?;
    transport::assign(tx, id, driver, van.as_ref()).await
}
