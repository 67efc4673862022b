//! Dispatch: what is on no route, who drives what, the map and the day as one plan.
//! Deliberately absent: routing; a choice is explained by its decision record.
//!
//! ```text
//! plan.rs   what all parts show     board.rs  the page, its panel, the timeline
//! live.rs   the map as it moves     acts.rs   what a dispatcher does
//! ```

mod acts;
mod board;
mod live;
pub mod map;
mod plan;
pub mod view;

use axum::{
    Router,
    routing::{get, post},
};

use crate::store::Db;

/// The dispatcher's pages.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/dispatch", get(board::show))
        .route("/dispatch/map.json", get(live::map))
        .route("/dispatch/plan", post(acts::plan))
        .route("/dispatch/loads/{id}", get(board::part))
        .route("/dispatch/loads/{id}/assign", post(acts::assign))
        .route("/dispatch/loads/{id}/unassign", post(acts::unassign))
        .route("/dispatch/roads", get(acts::roads))
        .route("/dispatch/roads/{id}", get(acts::road))
        .route("/dispatch/roads/{id}/{word}", post(acts::change_road))
}
