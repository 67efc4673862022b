//! The router: every room's endpoints, the facts, health, the OpenAPI document, and
//! the manners all of them share. Deliberately absent: what any endpoint does.

mod facts;
mod feeds;
mod head;
mod limits;
mod manners;
mod openapi;
mod tags;

use std::time::Duration;

pub use limits::{Allowed, Limits};
pub use openapi::{PUBLIC, openapi};

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
};
use serde::Serialize;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer, trace::TraceLayer,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cases, catalog, checkout, counting, fleet, handheld, hooks, identity, importing, inbound, kernel::Time, labour,
    layout, network, printing, problem::Problem, promise, recalls, returns, riders, stock, store::Db, transport, web,
};

/// Largest body of an ordinary request; imports have their own limit.
const BODY_BYTES: usize = 2 * 1024 * 1024;
/// Longest an ordinary request may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn rooms() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .merge(identity::api::routes())
        .merge(catalog::api::routes())
        .merge(network::api::routes())
        .merge(layout::api::routes())
        .merge(printing::api::routes())
        .merge(stock::api::routes())
        .merge(inbound::api::routes())
        .merge(promise::api::routes())
        .merge(checkout::api::routes())
        .merge(handheld::api::routes())
        .merge(fleet::api::routes())
        .merge(transport::api::routes())
        .merge(riders::api::routes())
        .merge(returns::api::routes())
        .merge(cases::api::routes())
        .merge(hooks::api::routes())
        .merge(recalls::api::routes())
        .merge(counting::api::routes())
        .merge(labour::api::routes())
        .merge(importing::api::routes())
        .merge(facts::routes())
}

/// Every endpoint that the OpenAPI document describes.
fn described() -> OpenApiRouter<Db> {
    rooms().merge(facts::streams()).merge(feeds::streams()).routes(routes!(read_openapi)).routes(routes!(health))
}

/// Everything that is served.
pub fn router(db: Db, live: fleet::Live, allowed: Allowed) -> Router {
    Router::new()
        .merge(Router::from(rooms().routes(routes!(read_openapi)).routes(routes!(health))))
        .merge(web::routes())
        .fallback(|| async { Problem::not_found("page or endpoint") })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(from_fn(tags::tagged))
        .layer(from_fn_with_state(Limits::new(allowed), limits::limited))
        .merge(Router::from(facts::streams().merge(feeds::streams())).layer(Extension(feeds::Feeds::of(db.clone()))))
        .merge(web::streams())
        .layer(CatchPanicLayer::custom(manners::panicked))
        .layer(from_fn(manners::problems))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        .layer(TraceLayer::new_for_http())
        .layer(Extension(live))
        .layer(Extension(checkout::Till::open(db.clone())))
        .layer(Extension(crate::exchange::Together::open(db.clone())))
        .with_state(db)
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "house", responses((status = 200, body = serde_json::Value)))]
async fn read_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi())
}

/// How the house is.
#[derive(Serialize, utoipa::ToSchema)]
struct Health {
    /// `ok`; anything worse is an error.
    status: &'static str,
    /// sqlite or postgres.
    database: &'static str,
    /// The position of the last fact.
    log: i64,
    /// Facts that nothing has followed from yet.
    behind: i64,
    /// Facts that failed and wait for a person.
    parked: i64,
    /// Domain time.
    now: Time,
}

/// Whether the database answers and how far the log is followed.
#[utoipa::path(get, path = "/health", tag = "house",
    responses((status = 200, body = Health), (status = 503, body = Problem)))]
async fn health(State(db): State<Db>) -> Result<Json<Health>, Problem> {
    let mut read = db.read().await?;
    let log = crate::store::log::head(read.sql()).await?;
    let flow = crate::store::log::cursor(read.sql(), "flow").await?;
    let (parked, _) = crate::store::log::parked(read.sql()).await?;
    let (database, now) = (db.engine().as_str(), db.clock.now());
    Ok(Json(Health { status: "ok", database, log, behind: log - flow, parked, now }))
}
