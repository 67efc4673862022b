//! From a credential to a [`Caller`]. Deliberately absent: where in a request
//! the credential stood (`api/extract.rs`).

use super::{
    caller::{Caller, Who},
    guests,
    model::{Granted, Refusal},
    rows, secret,
};
use crate::{
    kernel::{Stop, Time},
    store::Sql,
};

/// The caller of a session secret (`cts_...`) or token secret (`ctk_...`);
/// refused as `auth.required` when unknown, ended, revoked or out of date.
pub async fn by_secret(sql: &mut Sql, text: &str, lang: &str, now: Time) -> Result<Caller, Stop> {
    let digest = secret::digest(text);
    if text.starts_with("ctk_") {
        return by_token(sql, &digest, lang, now).await;
    }
    let Some(live) = rows::session_by_secret(sql, &digest, now).await? else {
        return Err(Refusal::Required.into());
    };
    let grants = rows::granted(sql, live.person).await?;
    Ok(Caller {
        id: live.person.to_string(),
        who: Who::Person {
            user: live.person,
            login: live.login,
            name: live.name,
            session: live.id,
            device: live.device,
        },
        grants,
        lang: live.lang,
        csrf: Some(live.csrf),
    })
}

async fn by_token(sql: &mut Sql, digest: &str, lang: &str, now: Time) -> Result<Caller, Stop> {
    let Some(token) = rows::token_by_secret(sql, digest, now).await? else {
        return Err(Refusal::Required.into());
    };
    let granted = Granted { role: "token".to_owned(), site: token.site, permissions: token.permissions };
    Ok(Caller {
        id: token.id.to_string(),
        who: Who::Token { token: token.id, channel: token.channel },
        grants: vec![granted],
        lang: lang.to_owned(),
        csrf: None,
    })
}

/// The guest of a signed link.
pub async fn by_link(sql: &mut Sql, link: &str, lang: &str) -> Result<Caller, Stop> {
    let Some((order, csrf)) = guests::read_guest(sql, link).await? else {
        return Err(Refusal::BadLink.into());
    };
    Ok(Caller {
        id: format!("guest:{order}"),
        who: Who::Guest { order },
        grants: Vec::new(),
        lang: lang.to_owned(),
        csrf: Some(csrf),
    })
}
