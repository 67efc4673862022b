//! The JSON of floors. Deliberately absent: drawing; floors are imported.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Edge, Floor, close_edge, floor, open_edge};
use crate::{
    exchange::{Begun, Command, Path},
    identity::{Caller, Permission},
    network::site_by_code,
    problem::Problem,
    store::Db,
};

/// The endpoints of the layout.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(get_floor)).routes(routes!(post_close)).routes(routes!(post_open))
}

/// The floor of a site. Its `ETag` is a digest of the whole.
#[utoipa::path(get, path = "/api/v1/sites/{code}/floor", tag = "layout", params(("code" = String, Path)),
    responses((status = 200, body = Floor), (status = 304), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_floor(
    State(db): State<Db>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    // Whoever works on a floor, or answers for it, may see it.
    let any = [
        Permission::StockRead,
        Permission::FleetOperate,
        Permission::WorkDo,
        Permission::LayoutEdit,
        Permission::ReportRead,
    ];
    any.iter()
        .find_map(|permission| caller.permit(*permission, Some(site.id)).ok())
        .ok_or(crate::identity::Refusal::Forbidden { permission: Permission::StockRead })?;
    let floor = floor(read.sql(), site.id).await?;
    drop(read);
    let body = serde_json::to_string(&floor).map_err(crate::kernel::Fault::from)?;
    let digest: String = Sha256::digest(&body).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hex digits are a header value");
    let fresh = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((StatusCode::OK, fresh, kind, body).into_response())
}

/// A way to close.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClosingEdge {
    from: String,
    to: String,
    reason: String,
}

/// A way to open.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OpeningEdge {
    from: String,
    to: String,
}

/// Close a way on the floor in both directions: nobody walks or drives there.
#[utoipa::path(post, path = "/api/v1/sites/{code}/edges/close", tag = "layout", request_body = ClosingEdge,
    params(("code" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Edge), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_close(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    command: Command<ClosingEdge>,
) -> Result<Response, Problem> {
    let site = site_of(&db, &caller, &code).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let asked = &command.body;
    let outcome = close_edge(&mut tx, site, &asked.from, &asked.to, &asked.reason).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Open a way on the floor in both directions.
#[utoipa::path(post, path = "/api/v1/sites/{code}/edges/open", tag = "layout", request_body = OpeningEdge,
    params(("code" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Edge), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_open(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    command: Command<OpeningEdge>,
) -> Result<Response, Problem> {
    let site = site_of(&db, &caller, &code).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = open_edge(&mut tx, site, &command.body.from, &command.body.to).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// The site, if the caller operates its fleet.
async fn site_of(db: &Db, caller: &Caller, code: &str) -> Result<crate::kernel::SiteId, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), code).await?.ok_or_else(|| Problem::not_found("site"))?;
    caller.permit(Permission::FleetOperate, Some(site.id))?;
    Ok(site.id)
}
