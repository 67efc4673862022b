//! The page for the time when the server is away, in both languages at once
//! because it is fetched before anybody knows who will read it, and the script that
//! keeps it. Deliberately absent: keeping any other page.

use askama::Template;
use axum::{
    Router,
    extract::RawQuery,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
    routing::get,
};

use super::{
    assets,
    i18n::{Lang, Words},
    page::draw,
};
use crate::problem::Problem;

/// The page.
#[derive(Template)]
#[template(path = "away.html")]
struct Away {
    t: Words,
    en: Words,
    zh: Words,
}

/// The page and its keeper; a keeper rules only what lies below its own path.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/away", get(show)).route("/sw.js", get(keeper))
}

async fn show() -> Result<Response, Problem> {
    let (en, zh) = (Words::of(Lang::En), Words::of(Lang::Zh));
    draw(&Away { t: en, en, zh })
}

async fn keeper(headers: HeaderMap) -> Response {
    let mut response = assets::serve("sw.js", RawQuery(None), &headers);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
