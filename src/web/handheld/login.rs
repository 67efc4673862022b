//! Signing in at a handheld: the device is enrolled once, then badge and PIN.
//! Deliberately absent: counting tries; identity does.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::view::{Badge, Enrol, Pin};
use crate::{
    exchange::{Form, Query},
    identity::{self, FormCaller, api::extract::cookie, api::session_cookie},
    kernel::Stop,
    problem::Problem,
    store::{Actor, Db},
    web::page::{Visit, draw, draw_with, go, refusal_text, set_cookie},
};

/// The cookie that keeps a device's enrolment secret.
pub const DEVICE_COOKIE: &str = "cartage_device";
/// A handheld stays enrolled for about three years, or until it is retired.
const DEVICE_S: i64 = 3 * 365 * 86_400;

/// What the page may be asked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Not empty if a session ran out in mid-work.
    out: String,
}

/// Badge, or enrolment for a device that nobody knows.
pub async fn show(visit: Visit, headers: HeaderMap, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let out = if asked.out.is_empty() { String::new() } else { visit.t.get("login.out").to_owned() };
    match cookie(&headers, DEVICE_COOKIE) {
        Some(_) => draw(&Badge { t: visit.t, wrong: out }),
        None => draw(&Enrol { t: visit.t, wrong: false }),
    }
}

/// What the enrolment page sends.
#[derive(Deserialize)]
pub struct Secret {
    secret: String,
}

/// Keeps the secret; whether a device has it shows at the first sign-in.
pub async fn enrol(visit: Visit, Form(form): Form<Secret>) -> Result<Response, Problem> {
    let secret = form.secret.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !secret.starts_with("ctd_") || secret.len() > 120 || !secret.chars().all(plain) {
        return draw_with(StatusCode::UNPROCESSABLE_ENTITY, &Enrol { t: visit.t, wrong: true });
    }
    let mut response = go("/handheld/login");
    set_cookie(&mut response, DEVICE_COOKIE, secret, DEVICE_S, false);
    Ok(response)
}

/// What the two halves of signing in send.
#[derive(Deserialize)]
pub struct Half {
    badge: String,
    #[serde(default)]
    pin: String,
}

/// A badge opens the PIN page; badge and PIN open a session.
pub async fn sign_in(
    State(db): State<Db>,
    visit: Visit,
    headers: HeaderMap,
    Form(half): Form<Half>,
) -> Result<Response, Problem> {
    let (t, badge) = (visit.t, half.badge.trim().to_owned());
    let Some(device) = cookie(&headers, DEVICE_COOKIE) else { return draw(&Enrol { t, wrong: false }) };
    if badge.is_empty() {
        return draw(&Badge { t, wrong: String::new() });
    }
    if half.pin.is_empty() {
        return draw(&Pin { t, badge, wrong: String::new() });
    }
    let now = identity::wall_now();
    match identity::sign_in_badge(&db, device, &badge, half.pin.trim(), now).await {
        Ok(opened) => {
            let mut response = go("/handheld");
            let max_age_s = opened.expires_at.since(now) / 1000;
            response.headers_mut().append(header::SET_COOKIE, session_cookie(&headers, &opened.secret, max_age_s));
            Ok(response)
        }
        Err(Stop::Refused(refusal)) if refusal.code() == "auth.device" => {
            draw_with(StatusCode::UNAUTHORIZED, &Enrol { t, wrong: true })
        }
        Err(Stop::Refused(refusal)) => {
            let wrong = refusal_text(t, refusal.code(), &refusal.to_string(), &refusal.members());
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            draw_with(status, &Pin { t, badge, wrong })
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The proof that our page sent a form.
#[derive(Deserialize)]
pub struct Csrf {
    #[serde(default)]
    csrf: String,
}

/// Ends the session; a task in hand stays with its progress until it is reclaimed.
pub async fn sign_out(
    State(db): State<Db>,
    headers: HeaderMap,
    caller: FormCaller,
    Form(form): Form<Csrf>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&form.csrf)?;
    if let Some(session) = caller.session() {
        let mut tx = db.begin(Actor::named(caller.id())).await?;
        if let Some(user) = caller.user()
            && let Some(task) = crate::tasks::of_user(tx.sql(), user).await?
        {
            crate::handheld::leave(&mut tx, task.id, user).await?;
        }
        identity::sign_out(&mut tx, session).await?;
        tx.commit().await?;
    }
    let gone: HeaderValue = session_cookie(&headers, "", 0);
    let mut response = go("/handheld/login").into_response();
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}
