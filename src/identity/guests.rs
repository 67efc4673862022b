//! Signed links: a guest reaches one order, and nothing else. Deliberately
//! absent: an end of life; a link lives as long as its order.

use super::{rows, secret};
use crate::{
    kernel::{Fault, OrderId},
    store::{Actor, Db, Sql, Tx},
};

/// The house's own signing key, made on first need.
pub(super) async fn key(tx: &mut Tx) -> Result<String, Fault> {
    if let Some(key) = rows::key(tx.sql()).await? {
        return Ok(key);
    }
    let fresh = secret::fresh(tx.dice(), "key_");
    rows::put_key(tx.sql(), &fresh).await?;
    // Another replica may have been first; then its key stands.
    rows::key(tx.sql()).await?.ok_or_else(|| Fault::new("the signing key was not kept"))
}

/// The value of `?g=` that opens `order` to whoever holds it.
pub async fn sign_guest(tx: &mut Tx, order: OrderId) -> Result<String, Fault> {
    let key = key(tx).await?;
    Ok(sign(&key, order))
}

/// Signs links without asking the database again.
#[derive(Clone)]
pub struct Signer(String);

impl Signer {
    /// A key for another purpose, which tells nothing about the house's own.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        secret::hmac_sha256(self.0.as_bytes(), purpose.as_bytes())
    }

    /// [`sign_guest`] of an order that may not be in the database yet.
    pub fn sign(&self, order: OrderId) -> String {
        sign(&self.0, order)
    }
    /// A text that stands for a person's without telling it: the same for the same
    /// text, and nobody without the key finds the text.
    pub fn mark(&self, text: &str) -> String {
        secret::seal(&self.0, &format!("buyer {text}"))
    }
}

/// The house's own hand, for many links.
pub async fn signer(tx: &mut Tx) -> Result<Signer, Fault> {
    Ok(Signer(key(tx).await?))
}

/// [`signer`] for who has no transaction of his own to keep a new key in.
pub async fn house_signer(db: &Db) -> Result<Signer, Fault> {
    if let Some(key) = rows::key(db.read().await?.sql()).await? {
        return Ok(Signer(key));
    }
    let mut tx = db.begin(Actor::house()).await?;
    let signer = signer(&mut tx).await?;
    tx.commit().await?;
    Ok(signer)
}

fn sign(key: &str, order: OrderId) -> String {
    format!("{order}.{}", secret::seal(key, &format!("guest {order}")))
}

/// The order that a link opens and the CSRF token of its pages; `None` if we
/// did not sign it.
pub(super) async fn read_guest(sql: &mut Sql, link: &str) -> Result<Option<(OrderId, String)>, Fault> {
    let Some(order) = link.split_once('.').and_then(|(order, _)| order.parse::<OrderId>().ok()) else {
        return Ok(None);
    };
    let Some(key) = rows::key(sql).await? else { return Ok(None) };
    let csrf = secret::seal(&key, &format!("csrf {order}"));
    Ok(secret::same(&sign(&key, order), link).then_some((order, csrf)))
}
