//! The floor as it moves: vehicles, shelves, people, stations. Deliberately absent:
//! driving; missions are the fleet's.

mod acts;
mod hall;
pub mod now;
mod people;
pub mod view;

use axum::{
    Router,
    routing::{get, post},
};

use crate::store::Db;

/// The pages of floors.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/floor", get(hall::first))
        .route("/floor/{site}", get(hall::show))
        .route("/floor/{site}/now.json", get(hall::now))
        .route("/floor/{site}/vehicles/{serial}", get(hall::part))
        .route("/floor/{site}/vehicles/{serial}/{word}", post(acts::vehicle))
        .route("/floor/{site}/ways/{word}", post(acts::way))
}
