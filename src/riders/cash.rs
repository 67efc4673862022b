//! Cash at the door. Deliberately absent: what an order owes; payments say.

use super::Refusal;
use crate::{
    kernel::*,
    payments::{self, PaymentState},
    store::{Sql, Tx},
    transport::Parcel,
};

/// The cash to take with these parcels of one order: all that the order owes, with
/// the first of its parcels that is handed over, and nothing after that. An order
/// without a payment on record owes what its parcels say.
pub(super) async fn due(sql: &mut Sql, parcels: &[Parcel]) -> Result<i64, Fault> {
    let Some(first) = parcels.first() else { return Ok(0) };
    match payments::of_order(sql, first.order).await? {
        Some(payment) if payment.state == PaymentState::Due => payments::due_of(sql, first.order).await,
        Some(_) => Ok(0),
        None => Ok(parcels.iter().map(|parcel| parcel.cash_minor).sum()),
    }
}

/// Takes the cash; the right amount or none. Returns what was taken.
///
/// # Errors
/// [`Refusal::WrongCash`].
pub(super) async fn take(tx: &mut Tx, parcels: &[Parcel], given_minor: i64) -> Result<i64, Stop> {
    let due_minor = due(tx.sql(), parcels).await?;
    if given_minor != due_minor {
        return Err(Refusal::WrongCash { due_minor, given_minor }.into());
    }
    if let Some(first) = parcels.first()
        && due_minor > 0
        && payments::of_order(tx.sql(), first.order).await?.is_some()
    {
        payments::collect(tx, first.order, given_minor).await?;
    }
    Ok(due_minor)
}
