//! The JSON of loads and vans: list, look, scan, depart, bring back. Deliberately
//! absent: offers, stops and the board; those are the riders'.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Acting, Load, LoadState, LoadView, NewVehicle, Parcel, ParcelState, Refusal, Vehicle, bring_back, define_vehicle,
    depart, list_loads, load_by_id, scan_in, vehicle_by_code, vehicles, view,
};
use crate::{
    exchange::{Begun, Body, Command, Listed, Path, Query},
    identity::{Caller, Permission},
    kernel::*,
    network,
    problem::Problem,
    store::{Actor, Db, Sql},
};

/// The endpoints of transport.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_loads))
        .routes(routes!(get_load))
        .routes(routes!(post_scan))
        .routes(routes!(post_depart))
        .routes(routes!(post_return))
        .routes(routes!(get_vehicles))
        .routes(routes!(put_vehicle))
}

/// As whom a caller touches a load: its driver, or a dispatcher of its site.
///
/// # Errors
/// [`Refusal::NotYours`] for anybody else.
pub fn acting(caller: &Caller, load: &Load) -> Result<Acting, Stop> {
    match caller.user() {
        Some(user) if load.driver == Some(user) => {
            caller.permit(Permission::Ride, None)?;
            Ok(Acting::Driver(user))
        }
        _ if caller.permit(Permission::DispatchAct, Some(load.site)).is_ok() => Ok(Acting::Dispatcher),
        _ => {
            caller.permit(Permission::Ride, None)?;
            Err(Refusal::NotYours.into())
        }
    }
}

/// [`acting`] for a load that is yet to be read.
pub async fn acting_on(sql: &mut Sql, caller: &Caller, id: LoadId) -> Result<Acting, Stop> {
    let load = load_by_id(sql, id).await?.ok_or(Refusal::NoLoad)?;
    acting(caller, &load)
}

/// The id of a site by its code.
pub async fn site_of(sql: &mut Sql, code: &str) -> Result<SiteId, Stop> {
    let found = network::site_by_code(sql, &code.trim().to_uppercase()).await?;
    let unknown = || network::Refusal::UnknownSite { site: code.chars().take(60).collect() };
    Ok(found.ok_or_else(unknown)?.id)
}

/// Which loads to list.
#[derive(Deserialize, utoipa::IntoParams)]
struct Wanted {
    /// A site's code.
    #[serde(default)]
    site: Option<String>,
    /// planned, offered, assigned, loading, out, finished, cancelled.
    #[serde(default)]
    state: Option<LoadState>,
    /// The `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 500; 100 unless told.
    #[serde(default)]
    limit: Option<i64>,
}

/// Loads, newest first.
#[utoipa::path(get, path = "/api/v1/loads", tag = "last mile", params(Wanted),
    responses((status = 200, body = Listed<Load>), (status = 403, body = Problem)))]
async fn get_loads(
    State(db): State<Db>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listed<Load>>, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let sites = caller.sites(Permission::DispatchAct);
    let limit = wanted.limit.unwrap_or(100).clamp(1, 500);
    let mut read = db.read().await?;
    let site = match &wanted.site {
        Some(code) => Some(site_of(read.sql(), code).await?),
        None => None,
    };
    let after = wanted.after.as_deref().unwrap_or_default();
    let found = list_loads(read.sql(), site, wanted.state, after, limit).await?;
    let mut listed = Listed::new(found, limit, |load| load.id.to_string());
    listed.items.retain(|load| sites.holds(load.site));
    Ok(Json(listed))
}

/// A load with its route and its parcels.
#[utoipa::path(get, path = "/api/v1/loads/{id}", tag = "last mile", params(("id" = LoadId, Path)),
    responses((status = 200, body = LoadView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_load(State(db): State<Db>, caller: Caller, Path(id): Path<LoadId>) -> Result<Json<LoadView>, Problem> {
    let mut read = db.read().await?;
    let load = load_by_id(read.sql(), id).await?.ok_or(Refusal::NoLoad)?;
    acting(&caller, &load)?;
    Ok(Json(view(read.sql(), load).await?))
}

/// A scanned label.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScanParcel)]
struct Scan {
    /// The SSCC on the parcel, as scanned.
    sscc: String,
}

/// What a scan came to.
#[derive(Serialize, utoipa::ToSchema)]
struct Scanned {
    id: ParcelId,
    sscc: String,
    state: ParcelState,
    /// Parcels of the load still to be scanned.
    left: i64,
}

async fn scanned(sql: &mut Sql, load: LoadId, parcel: Parcel) -> Result<Scanned, Stop> {
    let parcels = super::parcels_of_load(sql, load).await?;
    let left = parcels.iter().filter(|parcel| parcel.state == ParcelState::Planned).count();
    let left = i64::try_from(left).unwrap_or(i64::MAX);
    Ok(Scanned { id: parcel.id, sscc: parcel.sscc, state: parcel.state, left })
}

/// Scan a parcel into its vehicle.
#[utoipa::path(post, path = "/api/v1/loads/{id}/scan", tag = "last mile", request_body = Scan,
    params(("id" = LoadId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Scanned), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_scan(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<LoadId>,
    command: Command<Scan>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let who = acting_on(tx.sql(), &caller, id).await?;
        let parcel = scan_in(&mut tx, id, &command.body.sscc, who).await?;
        scanned(tx.sql(), id, parcel).await
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Whether to leave without what was not scanned.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Depart {
    /// True stages parcels that were not scanned again, and leaves.
    #[serde(default)]
    leave_behind: bool,
}

/// Leave the site with a load.
#[utoipa::path(post, path = "/api/v1/loads/{id}/depart", tag = "last mile", request_body = Depart,
    params(("id" = LoadId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = LoadView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_depart(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<LoadId>,
    command: Command<Depart>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let who = acting_on(tx.sql(), &caller, id).await?;
        let load = depart(&mut tx, id, command.body.leave_behind, who).await?;
        Ok::<_, Stop>(view(tx.sql(), load).await?)
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Scan a parcel back in at the site: it failed, or was called back.
#[utoipa::path(post, path = "/api/v1/loads/{id}/return", tag = "last mile", request_body = Scan,
    params(("id" = LoadId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Scanned), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_return(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<LoadId>,
    command: Command<Scan>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let who = acting_on(tx.sql(), &caller, id).await?;
        let parcel = bring_back(&mut tx, id, &command.body.sscc, who).await?;
        scanned(tx.sql(), id, parcel).await
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// The vans.
#[utoipa::path(get, path = "/api/v1/vehicles", tag = "last mile",
    responses((status = 200, body = [Vehicle]), (status = 403, body = Problem)))]
async fn get_vehicles(State(db): State<Db>, caller: Caller) -> Result<Json<Vec<Vehicle>>, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let sites = caller.sites(Permission::DispatchAct);
    let mut read = db.read().await?;
    let mut found = vehicles(read.sql(), None).await?;
    found.retain(|vehicle| sites.holds(vehicle.site));
    Ok(Json(found))
}

/// A van of a site.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutVehicle {
    /// The code of its home site.
    site: String,
    /// Payload, grams.
    max_weight_g: i64,
    /// Room, millilitres.
    max_volume_ml: i64,
    /// Halts in one route; 40 unless told.
    #[serde(default)]
    max_stops: Option<i64>,
    /// True if it cools.
    #[serde(default)]
    cold: bool,
    /// Cost of sending it out at all.
    #[serde(default)]
    fixed_cost_minor: i64,
    /// Cost of a kilometre.
    #[serde(default)]
    cost_per_km_minor: i64,
}

/// Add a van, or change it.
#[utoipa::path(put, path = "/api/v1/vehicles/{code}", tag = "last mile", request_body = PutVehicle,
    params(("code" = String, Path)),
    responses((status = 200, body = Vehicle), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn put_vehicle(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<PutVehicle>,
) -> Result<Json<Vehicle>, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let site = site_of(tx.sql(), &body.site).await?;
    caller.permit(Permission::DispatchAct, Some(site))?;
    // A van is not taken from a site where the caller has no say.
    if let Some(before) = vehicle_by_code(tx.sql(), &code).await? {
        caller.permit(Permission::DispatchAct, Some(before.site))?;
    }
    let new = NewVehicle {
        code,
        max_weight_g: body.max_weight_g,
        max_volume_ml: body.max_volume_ml,
        max_stops: body.max_stops.unwrap_or(NewVehicle::MAX_STOPS),
        cold: body.cold,
        fixed_cost_minor: body.fixed_cost_minor,
        cost_per_km_minor: body.cost_per_km_minor,
    };
    let vehicle = define_vehicle(&mut tx, site, &new).await?;
    tx.commit().await?;
    Ok(Json(vehicle))
}
