//! Signing in by name and password, for everybody who has no badge at hand, and
//! out. Each role is led to its own first page.
//! Deliberately absent: counting tries; identity does.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    desk::home_of,
    i18n::Words,
    page::{Visit, draw, draw_with, go, refusal_text},
    shop::back,
};
use crate::{
    exchange::{Form, Query},
    identity::{self, FormCaller, Opened, api::session_cookie},
    kernel::Stop,
    problem::Problem,
    store::{Actor, Db},
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
    Router::new().route("/login", get(show).post(sign_in)).route("/logout", post(sign_out))
}

/// Where to go on, if that was asked for; a path of ours.
fn asked(next: &str) -> String {
    if next.is_empty() { String::new() } else { back(next) }
}

/// The page that was asked for, else the first page of the person's role.
async fn onward(db: &Db, next: &str, opened: &Opened) -> Result<String, Problem> {
    if !next.is_empty() {
        return Ok(back(next));
    }
    let mut read = db.read().await?;
    let caller = identity::by_secret(read.sql(), &opened.secret, "en", identity::wall_now()).await?;
    Ok(home_of(&caller).to_owned())
}

/// What signing out carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Leaving {
    csrf: String,
}

async fn sign_out(
    State(db): State<Db>,
    headers: HeaderMap,
    caller: FormCaller,
    Form(sent): Form<Leaving>,
) -> Result<Response, Problem> {
    let caller = caller.checked(&sent.csrf)?;
    if let Some(session) = caller.session() {
        let mut tx = db.begin(Actor::named(caller.id())).await?;
        identity::sign_out(&mut tx, session).await?;
        tx.commit().await?;
    }
    let mut response = go("/login");
    response.headers_mut().append(header::SET_COOKIE, session_cookie(&headers, "", 0));
    Ok(response)
}

async fn show(visit: Visit, Query(sent): Query<Sent>) -> Result<Response, Problem> {
    let wrong = if sent.out.is_empty() { String::new() } else { visit.t.get("login.out").to_owned() };
    draw(&Login { t: visit.t, login: String::new(), next: asked(&sent.next), wrong })
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
            let mut response = go(&onward(&db, &sent.next, &opened).await?);
            let max_age_s = opened.expires_at.since(now) / 1000;
            let cookie = session_cookie(&headers, &opened.secret, max_age_s);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(Stop::Refused(refusal)) => {
            let wrong = refusal_text(visit.t, refusal.code(), &refusal.to_string(), &refusal.members());
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            draw_with(status, &Login { t: visit.t, login: sent.login, next: asked(&sent.next), wrong })
        }
        Err(fault) => Err(fault.into()),
    }
}
