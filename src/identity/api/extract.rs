//! Finds the credential in a request: bearer, signed link, or cookie. Mutating
//! requests that carry only a cookie must prove that our own page sent them.
//! Deliberately absent: what the caller may do; handlers ask [`Caller::permit`].

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, Method, header, request::Parts},
};

use crate::{
    identity::{Refusal, authenticate, caller::Caller, secret, sessions::wall_now},
    kernel::Stop,
    problem::Problem,
    store::Db,
};

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "cartage_session";
/// The cookie of a guest's link.
pub const GUEST_COOKIE: &str = "cartage_guest";

/// A caller, or nobody: for public pages. A cookie that is out of date is
/// nobody; a bearer or link that is wrong is refused all the same.
#[derive(Debug, Clone)]
pub struct OptionalCaller(pub Option<Caller>);

/// A caller of a page form, whose CSRF token stands in the form: the handler
/// gets the caller only by showing it.
#[derive(Debug, Clone)]
pub struct FormCaller {
    caller: Caller,
    proven: bool,
}

impl FormCaller {
    /// The caller, if `csrf` is the one our page was given.
    pub fn checked(self, csrf: &str) -> Result<Caller, Refusal> {
        let right = self.caller.csrf().is_some_and(|own| secret::same(own, csrf));
        if self.proven || right { Ok(self.caller) } else { Err(Refusal::Csrf) }
    }
}

/// The language a browser asks for: `zh` if Chinese stands before English.
pub fn asked_lang(headers: &HeaderMap) -> &'static str {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = wanted.split(',').map(str::trim).find(|lang| lang.starts_with("zh") || lang.starts_with("en"));
    if first.is_some_and(|lang| lang.starts_with("zh")) { "zh" } else { "en" }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

fn link(parts: &Parts) -> Option<&str> {
    parts.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("g="))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

/// A caller, and whether a third party's page could have sent the request.
struct Found {
    caller: Caller,
    by_cookie: bool,
}

async fn find(parts: &Parts, db: &Db) -> Result<Option<Found>, Stop> {
    let (headers, lang, now) = (&parts.headers, asked_lang(&parts.headers), wall_now());
    let found = |caller, by_cookie| Ok(Some(Found { caller, by_cookie }));
    if headers.contains_key(header::AUTHORIZATION) {
        let secret = bearer(headers).ok_or(Refusal::Required)?;
        let mut read = db.read().await?;
        return found(authenticate::by_secret(read.sql(), secret, lang, now).await?, false);
    }
    if let Some(link) = link(parts) {
        let mut read = db.read().await?;
        return found(authenticate::by_link(read.sql(), link, lang).await?, false);
    }
    // A cookie of yesterday is no offence: the next one may do, or nobody.
    if let Some(secret) = cookie(headers, SESSION_COOKIE) {
        let mut read = db.read().await?;
        match authenticate::by_secret(read.sql(), secret, lang, now).await {
            Ok(caller) => return found(caller, true),
            Err(Stop::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    if let Some(link) = cookie(headers, GUEST_COOKIE) {
        let mut read = db.read().await?;
        match authenticate::by_link(read.sql(), link, lang).await {
            Ok(caller) => return found(caller, true),
            Err(Stop::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

/// True if nobody else's page can have caused the request.
fn is_proven(parts: &Parts, found: &Found) -> bool {
    let harmless = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let shown = parts.headers.get("x-csrf").and_then(|value| value.to_str().ok());
    let right = || found.caller.csrf().zip(shown).is_some_and(|(own, shown)| secret::same(own, shown));
    !found.by_cookie || harmless || right()
}

impl<S: Send + Sync> FromRequestParts<S> for OptionalCaller
where
    Db: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match find(parts, &Db::from_ref(state)).await? {
            Some(found) if !is_proven(parts, &found) => Err(Refusal::Csrf.into()),
            found => Ok(Self(found.map(|found| found.caller))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Db: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let OptionalCaller(caller) = OptionalCaller::from_request_parts(parts, state).await?;
        caller.ok_or_else(|| Refusal::Required.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FormCaller
where
    Db: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(found) = find(parts, &Db::from_ref(state)).await? else { return Err(Refusal::Required.into()) };
        let proven = is_proven(parts, &found);
        Ok(Self { caller: found.caller, proven })
    }
}
