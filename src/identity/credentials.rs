//! Credentials of machines and handhelds: minted or enrolled, shown once, taken
//! back. Deliberately absent: a second look at a secret.

use serde::Deserialize;

use super::{
    model::{Device, Permissions, Refusal, Token, check_name, invalid},
    rows, secret,
};
use crate::{
    kernel::{DeviceId, Fault, SiteId, Stop, Time, TokenId},
    store::Tx,
};

/// A token to mint.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do; at least one.
    #[schema(value_type = Vec<super::model::Permission>)]
    pub permissions: Permissions,
    /// Where; everywhere when absent.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// The only sales channel it may act for.
    #[serde(default)]
    pub channel: Option<String>,
    /// Until when, wall time; until revoked when absent.
    #[serde(default)]
    pub expires_at: Option<Time>,
}

/// Mints a token; the second of the pair is its secret, `ctk_...`, to be shown once.
pub async fn mint_token(tx: &mut Tx, new: NewToken) -> Result<(Token, String), Stop> {
    check_name("name", &new.name)?;
    if let Some(channel) = &new.channel {
        check_name("channel", channel)?;
    }
    if new.permissions.is_empty() {
        return Err(invalid("permissions", "name at least one").into());
    }
    let secret = secret::fresh(tx.dice(), "ctk_");
    let token = Token {
        id: tx.id(),
        name: new.name,
        permissions: new.permissions,
        site: new.site,
        channel: new.channel,
        expires_at: new.expires_at,
        revoked: false,
    };
    let (by, at) = (tx.actor().as_str().to_owned(), tx.now());
    rows::insert_token(tx.sql(), &token, &secret::digest(&secret), &by, at).await?;
    Ok((token, secret))
}

/// Takes a token back; twice is no harm.
pub async fn revoke_token(tx: &mut Tx, id: TokenId) -> Result<(), Fault> {
    rows::revoke_token(tx.sql(), id).await
}

/// Enrols a handheld; the second of the pair is its secret, `ctd_...`, to be
/// shown once.
pub async fn enrol_device(tx: &mut Tx, name: &str, site: SiteId) -> Result<(Device, String), Stop> {
    check_name("name", name)?;
    let secret = secret::fresh(tx.dice(), "ctd_");
    let device = Device { id: tx.id(), name: name.to_owned(), site, active: true };
    let at = tx.now();
    rows::insert_device(tx.sql(), &device, &secret::digest(&secret), at).await?;
    Ok((device, secret))
}

/// Retires a handheld and ends the sessions on it.
pub async fn retire_device(tx: &mut Tx, id: DeviceId) -> Result<(), Stop> {
    if rows::retire_device(tx.sql(), id).await? {
        return Ok(());
    }
    match rows::find_device(tx.sql(), id).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::Unknown { what: "handheld".to_owned() }.into()),
    }
}
