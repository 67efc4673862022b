//! The router: every room's endpoints, the facts, health, the OpenAPI document, and
//! the manners all of them share. Deliberately absent: what any endpoint does.

mod facts;

use std::time::Duration;

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    routing::get,
};
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer, trace::TraceLayer,
};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    cases, catalog, checkout, counting, fleet, handheld, identity, importing, inbound, layout, network, printing,
    problem::Problem, riders, stock, store::Db, transport, web,
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
        .merge(checkout::api::routes())
        .merge(handheld::api::routes())
        .merge(fleet::api::routes())
        .merge(transport::api::routes())
        .merge(riders::api::routes())
        .merge(cases::api::routes())
        .merge(counting::api::routes())
        .merge(importing::api::routes())
        .merge(facts::routes())
}

/// The OpenAPI 3.1 document, from the code.
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Cartage")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("From a click to a doorstep: orders, stock, work on the floor, the last mile."))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    document.merge(rooms().into_openapi());
    document
}

/// Everything that is served.
pub fn router(db: Db, live: fleet::Live) -> Router {
    let (api, _) = rooms().split_for_parts();
    Router::new()
        .merge(api)
        .merge(web::routes())
        .route("/api/v1/openapi.json", get(|| async { Json(openapi()) }))
        .route("/health", get(health))
        .fallback(|| async { Problem::not_found("page or endpoint") })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .merge(facts::streams())
        .merge(web::streams())
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        .layer(TraceLayer::new_for_http())
        .layer(Extension(live))
        .with_state(db)
}

/// Whether the database answers and how far the log is followed.
async fn health(State(db): State<Db>) -> Result<Json<serde_json::Value>, Problem> {
    let mut read = db.read().await?;
    let head = crate::store::log::head(read.sql()).await?;
    let flow = crate::store::log::cursor(read.sql(), "flow").await?;
    let (parked, _) = crate::store::log::parked(read.sql()).await?;
    Ok(Json(json!({"status": "ok", "database": db.engine().as_str(), "log": head, "behind": head - flow,
        "parked": parked, "now": db.clock.now()})))
}
