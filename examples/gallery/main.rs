//! Every page with invented data, to look at: `cargo run --example gallery`, then
//! http://127.0.0.1:4400/. Deliberately absent: a database, and the rooms.

mod desk;
mod desk_lists;
mod handheld;
mod last_mile;
mod rider;
mod shop;

use axum::{
    Router,
    extract::{Path, Query},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use cartage::web::{
    assets,
    i18n::{Lang, Words},
};
use serde::Deserialize;

/// A page by name.
type Page = (&'static str, fn(Words) -> String);

fn pages() -> Vec<Page> {
    [handheld::pages(), shop::pages(), rider::pages(), desk::pages(), last_mile::pages()].concat()
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

async fn show(Path(name): Path<String>, Query(asked): Query<Asked>) -> Response {
    let lang = asked.lang.as_deref().and_then(Lang::parse).unwrap_or_default();
    match pages().into_iter().find(|page| page.0 == name) {
        Some((_, draw)) => Html(draw(Words::of(lang))).into_response(),
        None => axum::http::StatusCode::NOT_FOUND.into_response(),
    }
}

async fn list() -> Html<String> {
    let link = |name: &str| format!("<li>{name} <a href=/page/{name}>en</a> <a href=/page/{name}?lang=zh>zh</a></li>");
    Html(pages().iter().map(|page| link(page.0)).collect())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/", get(list))
        .route("/page/{name}", get(show))
        .merge(assets::routes())
        .merge(last_mile::data());
    let port = std::env::args().nth(1).unwrap_or_else(|| "4400".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}
