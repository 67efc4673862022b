//! Taking note of people and forgetting them. Deliberately absent: facts; the log
//! holds no personal data, not even that it changed.

use super::{model::*, rows};
use crate::{kernel::*, store::Tx};

/// Takes a recipient with the first revision of an address, and what an invoice
/// should say. Guard: a name, a phone, a street, a place on the globe.
pub async fn add_contact(
    tx: &mut Tx,
    contact: &NewContact,
    address: &Address,
    invoice: Option<&Invoice>,
) -> Result<(ContactId, AddressId), Stop> {
    checked(contact)?;
    let id = tx.id();
    rows::add_contact(tx.sql(), id, contact, invoice).await?;
    let address = revise_address(tx, id, address).await?;
    Ok((id, address))
}

/// Adds the next revision of a contact's address.
pub async fn revise_address(tx: &mut Tx, contact: ContactId, address: &Address) -> Result<AddressId, Stop> {
    checked_address(address)?;
    let id = tx.id();
    rows::add_address(tx.sql(), id, contact, address).await?;
    Ok(id)
}

/// Erases a contact's text and addresses; ids stay, so orders stay whole.
pub async fn erase(tx: &mut Tx, contact: ContactId) -> Result<(), Stop> {
    let now = tx.now();
    Ok(rows::erase(tx.sql(), contact, now).await?)
}
