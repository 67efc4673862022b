//! Signing in by name and password, for everybody who has no badge at hand.
//! Deliberately absent: counting tries; identity does.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use serde::Deserialize;

use super::{
    i18n::Words,
    page::{Visit, draw, draw_with, go, refusal_text},
    shop::back,
};
use crate::{
    exchange::{Form, Query},
    identity::{self, api::session_cookie},
    kernel::Stop,
    problem::Problem,
    store::Db,
};

/// The page.
#[derive(Template)]
#[template(path = "login.html")]
pub struct Login {
    /// Words.
    pub t: Words,
    /// As typed.
    pub login: String,
    /// Where to go on.
    pub next: String,
    /// What went wrong, or empty.
    pub wrong: String,
}

/// What is sent, and where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    login: String,
    password: String,
    next: String,
    out: String,
}

/// The page of signing in.
pub fn routes() -> Router<Db> {
    Router::new().route("/login", get(show).post(sign_in))
}

async fn show(visit: Visit, Query(sent): Query<Sent>) -> Result<Response, Problem> {
    let wrong = if sent.out.is_empty() { String::new() } else { visit.t.get("login.out").to_owned() };
    draw(&Login { t: visit.t, login: String::new(), next: back(&sent.next), wrong })
}

async fn sign_in(
    State(db): State<Db>,
    visit: Visit,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let now = identity::wall_now();
    match identity::sign_in(&db, &sent.login, &sent.password, now).await {
        Ok(opened) => {
            let mut response = go(&back(&sent.next));
            let max_age_s = opened.expires_at.since(now) / 1000;
            let cookie = session_cookie(&headers, &opened.secret, max_age_s);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(Stop::Refused(refusal)) => {
            let wrong = refusal_text(visit.t, refusal.code(), &refusal.to_string(), &refusal.members());
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            draw_with(status, &Login { t: visit.t, login: sent.login, next: back(&sent.next), wrong })
        }
        Err(fault) => Err(fault.into()),
    }
}
