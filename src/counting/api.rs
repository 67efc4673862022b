//! The JSON of counting: asking for a count. Deliberately absent: the counting
//! itself; its scans go through the work API.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::add;
use crate::{
    exchange::{Begun, Command},
    identity::{Caller, Permission},
    kernel::{SiteId, TaskId},
    problem::Problem,
    store::Db,
};

/// The endpoints of counting.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(post_count))
}

/// A bin to be counted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Where.
    site: SiteId,
    /// The bin's label.
    bin: String,
    /// Why, in a word or two.
    #[serde(default)]
    reason: String,
}

/// The task that was made, or that was open already.
#[derive(Serialize, utoipa::ToSchema)]
struct Asked {
    task: TaskId,
}

/// Ask for a count of a bin; needs `stock.adjust` at its site.
#[utoipa::path(post, path = "/api/v1/counts", tag = "counting", request_body = Ask,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Asked), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_count(State(db): State<Db>, caller: Caller, command: Command<Ask>) -> Result<Response, Problem> {
    caller.permit(Permission::StockAdjust, Some(command.body.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let Ask { site, bin, reason } = &command.body;
    let reason: String = reason.chars().take(60).collect();
    let outcome = add(&mut tx, *site, bin, &reason).await.map(|task| Asked { task });
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}
