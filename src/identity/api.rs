//! The JSON of signing in and out. Deliberately absent: idempotency keys on
//! sign-in, which stores nothing that a retry could double.

mod credentials;
pub mod extract;
mod people;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Caller, Opened, Permission, Sites, Who, by_secret, hash_password, rows,
    secret::{self, Strength},
    set_password, sign_in, sign_in_badge, sign_out, wall_now,
};
use crate::{
    exchange::Body,
    kernel::{SiteId, Time},
    problem::Problem,
    store::{Actor, Db},
};

/// The endpoints of identity.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_session))
        .routes(routes!(post_badge_session))
        .routes(routes!(delete_session))
        .routes(routes!(get_me))
        .routes(routes!(put_password))
        .merge(people::routes())
        .merge(credentials::routes())
}

/// Sign in at a desk.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    login: String,
    password: String,
}

/// Sign in at a handheld.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BadgeSignIn {
    /// The handheld's enrolment secret.
    device: String,
    /// What the badge says.
    badge: String,
    /// 4 to 8 digits.
    pin: String,
}

/// A fresh session. The cookie `cartage_session` is set as well.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionView {
    /// For `Authorization: Bearer`.
    session: String,
    /// For the `x-csrf` header of mutating requests that carry the cookie.
    csrf: String,
    /// When the session ends, wall time.
    expires_at: Time,
    /// Who signed in.
    user: Me,
}

/// Who asks.
#[derive(Serialize, utoipa::ToSchema)]
struct Me {
    /// `usr_...`, `tok_...` or `guest:ord_...`.
    id: String,
    /// What they typed to sign in; empty for tokens and guests.
    login: String,
    /// What colleagues call them.
    name: String,
    /// `en` or `zh`.
    lang: String,
    /// Role names, each once.
    roles: Vec<String>,
    /// Where any role holds; null means everywhere.
    sites: Option<Vec<SiteId>>,
    /// What the caller may do somewhere.
    permissions: Vec<Permission>,
    /// The site of the handheld.
    device_site: Option<SiteId>,
    /// The only channel a token may act for.
    channel: Option<String>,
}

fn me(caller: &Caller) -> Me {
    let login = match caller.who() {
        Who::Person { login, .. } => login.clone(),
        _ => String::new(),
    };
    let mut sites: Option<Vec<SiteId>> = Some(Vec::new());
    let held = |permission: &Permission| caller.sites(*permission) != Sites::Only(Vec::new());
    let permissions: Vec<Permission> = Permission::ALL.iter().copied().filter(held).collect();
    for permission in &permissions {
        match (caller.sites(*permission), &mut sites) {
            (Sites::All, _) => sites = None,
            (Sites::Only(more), Some(sites)) => sites.extend(more),
            (Sites::Only(_), None) => {}
        }
    }
    if let Some(sites) = &mut sites {
        sites.sort_unstable();
        sites.dedup();
    }
    Me {
        id: caller.id().to_owned(),
        login,
        name: caller.name().to_owned(),
        lang: caller.lang().to_owned(),
        roles: caller.roles().into_iter().map(str::to_owned).collect(),
        sites,
        permissions,
        device_site: caller.device_site(),
        channel: caller.channel().map(str::to_owned),
    }
}

/// The `Set-Cookie` of a session; `Secure` when a proxy says that it speaks TLS.
pub fn session_cookie(headers: &HeaderMap, secret: &str, max_age_s: i64) -> HeaderValue {
    let tls = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let secure = if tls { "; Secure" } else { "" };
    let name = extract::SESSION_COOKIE;
    let text = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&text).expect("a base64 secret is a header value")
}

async fn reply(db: &Db, headers: &HeaderMap, opened: Opened) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let caller = by_secret(read.sql(), &opened.secret, &opened.person.lang, wall_now()).await?;
    let max_age_s = opened.expires_at.since(wall_now()) / 1000;
    let cookie = session_cookie(headers, &opened.secret, max_age_s);
    let user = me(&caller);
    let view = SessionView { session: opened.secret, csrf: opened.csrf, expires_at: opened.expires_at, user };
    let private = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie), private], Json(view)).into_response())
}

/// Sign in with login and password.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "identity", request_body = SignIn,
    responses((status = 201, body = SessionView), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn post_session(State(db): State<Db>, headers: HeaderMap, Body(body): Body<SignIn>) -> Result<Response, Problem> {
    let opened = sign_in(&db, &body.login, &body.password, wall_now()).await?;
    reply(&db, &headers, opened).await
}

/// Sign in with badge and PIN on an enrolled handheld.
#[utoipa::path(post, path = "/api/v1/sessions/badge", tag = "identity", request_body = BadgeSignIn,
    responses((status = 201, body = SessionView), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn post_badge_session(
    State(db): State<Db>,
    headers: HeaderMap,
    Body(body): Body<BadgeSignIn>,
) -> Result<Response, Problem> {
    let opened = sign_in_badge(&db, &body.device, &body.badge, &body.pin, wall_now()).await?;
    reply(&db, &headers, opened).await
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "identity",
    responses((status = 204), (status = 401, body = Problem)))]
async fn delete_session(State(db): State<Db>, headers: HeaderMap, caller: Caller) -> Result<Response, Problem> {
    if let Some(session) = caller.session() {
        let mut tx = db.begin(Actor::named(caller.id())).await?;
        sign_out(&mut tx, session).await?;
        tx.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session_cookie(&headers, "", 0))]).into_response())
}

/// Who am I, and what may I do?
#[utoipa::path(get, path = "/api/v1/me", tag = "identity",
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn get_me(caller: Caller) -> Json<Me> {
    Json(me(&caller))
}

/// A new password for oneself.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    old: String,
    new: String,
}

/// Change one's own password; every session of it ends.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "identity", request_body = NewPassword,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn put_password(
    State(db): State<Db>,
    caller: Caller,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let Some(user) = caller.user() else { return Err(super::Refusal::Required.into()) };
    let mut read = db.read().await?;
    let stored = rows::by_id(read.sql(), user).await?.and_then(|known| known.password);
    drop(read);
    if !secret::matches(body.old, stored, Strength::Password).await? {
        return Err(super::Refusal::WrongSecret.into());
    }
    let hashed = hash_password(&db.dice, body.new).await?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    set_password(&mut tx, user, &hashed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
