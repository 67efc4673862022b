//! The shop: look, choose, check out in three steps, follow the order to the door.
//! A visitor needs no account; an order opens by its signed link.
//!
//! ```text
//! home -> aisle, search -> article -> basket -> checkout -> order (live)
//!   \-> place: promises are made for it
//! ```
//!
//! Deliberately absent: prices, promises and stock of its own; it asks the rooms.

pub mod basket;
mod browse;
mod cart;
mod checkout;
mod choices;
mod orders;
mod shelf;
pub mod story;
mod track;
pub mod view;

use std::convert::Infallible;

use axum::{
    Router,
    extract::FromRequestParts,
    http::{Uri, request::Parts},
    routing::{get, post},
};

use self::basket::{BASKET_COOKIE, Basket, PLACE_COOKIE, Place};
use crate::{identity::api::extract::cookie, store::Db};

/// The shop's pages.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/", get(browse::home))
        .route("/search", get(browse::list))
        .route("/articles/{code}", get(browse::product))
        .route("/place", get(browse::place).post(browse::set_place))
        .route("/basket", get(cart::show))
        .route("/basket/add", post(cart::add))
        .route("/basket/set", post(cart::set))
        .route("/checkout", get(checkout::show).post(checkout::send))
        .route("/orders", get(orders::list))
        .route("/orders/{id}", get(track::show))
        .route("/orders/{id}/part", get(track::part))
        .route("/orders/{id}/pay", post(orders::pay))
        .route("/orders/{id}/cancel", post(orders::cancel))
        .route("/orders/{id}/address", post(orders::change_address))
}

/// What stays open: an order's page listens here.
pub fn streams() -> Router<Db> {
    Router::new().route("/orders/{id}/live", get(track::live))
}

/// What a visitor carries with him.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The basket.
    pub basket: Basket,
    /// Where to deliver, if he said.
    pub place: Option<Place>,
    /// Path and query of this page.
    pub here: String,
}

impl Carried {
    /// The top of a page.
    pub fn top(&self) -> view::Top {
        view::Top {
            to: self.place.as_ref().map(|place| place.label.clone()).unwrap_or_default(),
            pieces: self.basket.pieces(),
            query: String::new(),
            here: self.here.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Carried {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            basket: cookie(&parts.headers, BASKET_COOKIE).map(Basket::read).unwrap_or_default(),
            place: cookie(&parts.headers, PLACE_COOKIE).and_then(Place::read),
            here: here(&parts.uri),
        })
    }
}

/// Path and query, without the secret of a signed link.
fn here(uri: &Uri) -> String {
    match uri.query() {
        Some(query) if !query.contains("g=") => format!("{}?{query}", uri.path()),
        _ => uri.path().to_owned(),
    }
}

/// Where to go on after a form: a path of ours, else the first page.
pub fn back(asked: &str) -> String {
    let plain = asked.starts_with('/') && !asked.starts_with("//") && !asked.contains(['\\', '\r', '\n']);
    if plain { asked.to_owned() } else { "/".to_owned() }
}
