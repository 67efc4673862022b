//! The JSON of sites and roads: anyone may see where we are and which roads are
//! closed; costs and capacity are for the house. Deliberately absent: defining
//! sites; they are imported.

use std::collections::HashMap;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Refusal, RoadEdge, Service, ServiceChange, Site, SiteKind, all_services, close_road, open_road, roads,
    rows::road_version, services, set_service, site_by_code, sites,
};
use crate::{
    catalog::Names,
    exchange::{Begun, Body, Command, Path},
    identity::{Caller, OptionalCaller, Permission},
    kernel::{Coord, SiteId},
    problem::Problem,
    store::{Actor, Db},
};

/// The endpoints of the network.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_sites))
        .routes(routes!(get_site))
        .routes(routes!(put_service))
        .routes(routes!(get_roads))
        .routes(routes!(post_close))
        .routes(routes!(post_open))
}

/// A site as anyone may see it.
#[derive(Serialize, utoipa::ToSchema)]
struct SiteView {
    id: SiteId,
    code: String,
    name: Names,
    kind: SiteKind,
    coord: Coord,
    street: String,
    time_zone: String,
    /// After the opening_hours convention of OpenStreetMap.
    hours: String,
    services: Vec<Service>,
    /// Doors it serves; empty for no limit.
    area: Vec<Coord>,
    /// Metres; 0 for no limit.
    service_radius_m: i64,
    /// Compartments free for parcels.
    compartments_free: i64,
    active: bool,
    /// For the house only.
    #[serde(skip_serializing_if = "Option::is_none")]
    house: Option<SiteHouse>,
}

/// What only the house may see of a site.
#[derive(Serialize, utoipa::ToSchema)]
struct SiteHouse {
    lines_per_hour: i64,
    ship_cost_minor: i64,
    cost_per_km_minor: i64,
    compartments: i64,
}

fn view(site: Site, services: Vec<Service>, inside: bool) -> SiteView {
    let house = inside.then_some(SiteHouse {
        lines_per_hour: site.lines_per_hour,
        ship_cost_minor: site.ship_cost_minor,
        cost_per_km_minor: site.cost_per_km_minor,
        compartments: site.compartments,
    });
    SiteView {
        id: site.id,
        code: site.code,
        name: site.name,
        kind: site.kind,
        coord: site.coord,
        street: site.street,
        time_zone: site.time_zone,
        hours: site.hours.to_string(),
        services,
        area: site.area,
        service_radius_m: site.service_radius_m,
        compartments_free: site.compartments - site.compartments_taken,
        active: site.active,
        house,
    }
}

/// True for people and machines of the house, not for shoppers.
fn is_inside(caller: Option<&Caller>) -> bool {
    caller.is_some_and(|caller| caller.permit(Permission::OrderRead, None).is_ok())
}

/// Every site.
#[utoipa::path(get, path = "/api/v1/sites", tag = "network", 
    responses((status = 200, body = [SiteView]), (status = 401, body = Problem)))]
async fn get_sites(
    State(db): State<Db>,
    OptionalCaller(caller): OptionalCaller,
) -> Result<Json<Vec<SiteView>>, Problem> {
    let inside = is_inside(caller.as_ref());
    let mut read = db.read().await?;
    let mut by_site: HashMap<SiteId, Vec<Service>> = HashMap::new();
    for (site, service) in all_services(read.sql()).await? {
        by_site.entry(site).or_default().push(service);
    }
    let all = sites(read.sql()).await?.into_iter();
    let views = all.map(|site| {
        let services = by_site.remove(&site.id).unwrap_or_default();
        view(site, services, inside)
    });
    Ok(Json(views.collect()))
}

/// One site.
#[utoipa::path(get, path = "/api/v1/sites/{code}", tag = "network", params(("code" = String, Path)),
    responses((status = 200, body = SiteView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_site(
    State(db): State<Db>,
    OptionalCaller(caller): OptionalCaller,
    Path(code): Path<String>,
) -> Result<Json<SiteView>, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    let services = services(read.sql(), site.id).await?;
    Ok(Json(view(site, services, is_inside(caller.as_ref()))))
}

/// Open, throttle or close a service of a site, with a reason.
#[utoipa::path(put, path = "/api/v1/sites/{code}/services/{service}", tag = "network", request_body = ServiceChange,
    params(("code" = String, Path), ("service" = String, Path)),
    responses((status = 200, body = Service), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn put_service(
    State(db): State<Db>,
    caller: Caller,
    Path((code, service)): Path<(String, String)>,
    Body(change): Body<ServiceChange>,
) -> Result<Json<Service>, Problem> {
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let site = site_by_code(tx.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    caller
        .permit(Permission::NetworkEdit, Some(site.id))
        .or_else(|_| caller.permit(Permission::WorkSupervise, Some(site.id)))?;
    let service = set_service(&mut tx, site.id, &service, &change).await?;
    tx.commit().await?;
    Ok(Json(service))
}

/// The roads as GeoJSON (RFC 7946), both directions of a piece as one line; the
/// `ETag` changes when a road is closed, opened or slowed.
#[utoipa::path(get, path = "/api/v1/roads.geojson", tag = "network", responses((status = 200), (status = 304)))]
async fn get_roads(State(db): State<Db>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let version = road_version(read.sql()).await?;
    let etag = HeaderValue::from_str(&format!("\"{version}\"")).expect("hex digits are a header value");
    let fresh = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    let roads = roads(read.sql()).await?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/geo+json"))];
    Ok((StatusCode::OK, fresh, kind, roads.geojson().to_owned()).into_response())
}

/// Why a road is closed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    reason: String,
}

/// Nothing more to say.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Opening {}

/// The state of a road.
#[derive(Serialize, utoipa::ToSchema)]
struct RoadView {
    id: i64,
    name: String,
    name_zh: String,
    closed: bool,
    reason: String,
}

impl From<RoadEdge> for RoadView {
    fn from(edge: RoadEdge) -> Self {
        Self { id: edge.id, name: edge.name, name_zh: edge.name_zh, closed: edge.closed, reason: edge.reason }
    }
}

fn road_id(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::UnknownRoad { road: text.chars().take(20).collect() })
}

/// Close a road in both directions; loads under way are planned again.
#[utoipa::path(post, path = "/api/v1/roads/{id}/close", tag = "network", request_body = Closing,
    params(("id" = i64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RoadView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_close(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Closing>,
) -> Result<Response, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let id = road_id(&id)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = close_road(&mut tx, id, &command.body.reason).await.map(RoadView::from);
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Open a road in both directions.
#[utoipa::path(post, path = "/api/v1/roads/{id}/open", tag = "network", request_body = Opening,
    params(("id" = i64, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RoadView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_open(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Opening>,
) -> Result<Response, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let id = road_id(&id)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = open_road(&mut tx, id).await.map(RoadView::from);
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
