//! The rider's page: a shift, an offer with its terms, the load, the stops, the
//! hand-over. One screen at a time, chosen by what lies before the rider.
//!
//! ```text
//! off -> idle -> offer -> load (scan, go) -> route -> door -> route ... -> idle
//!                  \-> idle                            \-> fail -> route
//! ```
//!
//! Deliberately absent: rules of riding; `riders` and `transport` have them.

mod acts;
mod screens;
pub mod view;

use axum::{
    Router,
    routing::{get, post},
};

use crate::store::Db;

/// The rider's pages.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/rider", get(acts::show))
        .route("/rider/shift", post(acts::shift))
        .route("/rider/logout", post(acts::sign_out))
        .route("/rider/offers/{id}/{word}", post(acts::answer))
        .route("/rider/loads/{id}/scan", post(acts::scan))
        .route("/rider/loads/{id}/depart", post(acts::depart))
        .route("/rider/back", post(acts::back))
        .route("/rider/stops/{id}/arrive", post(acts::arrive))
        .route("/rider/stops/{id}/deliver", post(acts::deliver))
        .route("/rider/stops/{id}/fail", post(acts::fail))
}
