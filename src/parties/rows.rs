//! All SQL of contacts and addresses.

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql, Tx, bulk::Column},
};

const CONTACTS: &[Column] =
    &[Column::Text("id"), Column::Text("name"), Column::Text("phone"), Column::Text("email"), Column::Text("invoice")];
const ADDRESSES: &[Column] = &[
    Column::Text("id"),
    Column::Text("contact"),
    Column::Int("revision"),
    Column::Text("fields"),
    Column::Real("lat"),
    Column::Real("lon"),
];

/// Recipients nobody knew before, each with the first revision of an address that
/// was checked.
pub async fn add_all(tx: &mut Tx, new: &[Newcomer<'_>]) -> Result<(), Fault> {
    let (mut contacts, mut addresses) = (tx.sheet(CONTACTS), tx.sheet(ADDRESSES));
    for one in new {
        let invoice = one.invoice.map(serde_json::to_string).transpose()?;
        contacts.plain(one.contact_id).text(one.contact.name.trim()).text(&one.contact.phone);
        contacts.text(&one.contact.email).opt_text(invoice.as_deref());
        addresses.plain(one.address_id).plain(one.contact_id).int(1).text(&serde_json::to_string(one.address)?);
        addresses.real(one.address.lat).real(one.address.lon);
    }
    tx.insert(contacts, "contacts").await?;
    tx.insert(addresses, "addresses").await?;
    Ok(())
}

pub(super) async fn add_contact(
    sql: &mut Sql,
    id: ContactId,
    contact: &NewContact,
    invoice: Option<&Invoice>,
) -> Result<(), Fault> {
    let invoice = invoice.map(serde_json::to_string).transpose()?;
    sqlx::query("INSERT INTO contacts (id, name, phone, email, invoice) VALUES ($1, $2, $3, $4, $5)")
        .bind(id.to_string())
        .bind(contact.name.trim())
        .bind(&contact.phone)
        .bind(&contact.email)
        .bind(invoice)
        .execute(sql)
        .await?;
    Ok(())
}

/// A contact in clear.
pub async fn contact(sql: &mut Sql, id: ContactId) -> Result<Option<Contact>, Fault> {
    let row = sqlx::query("SELECT id, name, phone, email, erased_at FROM contacts WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    row.map(|row| {
        Ok(Contact {
            id: row.id("id")?,
            name: row.text("name")?,
            phone: row.text("phone")?,
            email: row.text("email")?,
            erased_at: row.opt_time("erased_at")?,
        })
    })
    .transpose()
}

pub(super) async fn add_address(
    sql: &mut Sql,
    id: AddressId,
    contact: ContactId,
    address: &Address,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO addresses (id, contact, revision, fields, lat, lon) VALUES ($1, $2, \
         (SELECT COALESCE(MAX(revision), 0) + 1 FROM addresses WHERE contact = $2), $3, $4, $5)",
    )
    .bind(id.to_string())
    .bind(contact.to_string())
    .bind(serde_json::to_string(address)?)
    .bind(address.lat)
    .bind(address.lon)
    .execute(sql)
    .await?;
    Ok(())
}

/// One revision of an address, in clear.
pub async fn address(sql: &mut Sql, id: AddressId) -> Result<Option<Address>, Fault> {
    let row =
        sqlx::query("SELECT fields FROM addresses WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.map(|row| row.json("fields")).transpose()
}

pub(super) async fn erase(sql: &mut Sql, contact: ContactId, now: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE contacts SET name = '', phone = '', email = '', invoice = NULL, erased_at = $2 WHERE id = $1")
        .bind(contact.to_string())
        .bind(now.ms())
        .execute(&mut *sql)
        .await?;
    sqlx::query(
        "UPDATE addresses SET fields = '{\"street\":\"\",\"lat\":0,\"lon\":0}', lat = 0, lon = 0 WHERE contact = $1",
    )
    .bind(contact.to_string())
    .execute(sql)
    .await?;
    Ok(())
}
