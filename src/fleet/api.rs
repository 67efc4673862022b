//! The fleet over HTTP: vehicles as they move, missions, lockout and return.

use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Live, Lockout, Mission, Moving, rows, verbs};
use crate::{
    exchange::{Begun, Command, Path},
    identity::{Caller, Permission},
    kernel::*,
    layout, network,
    problem::Problem,
    store::Db,
};

/// The endpoints of the fleet.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(fleet)).routes(routes!(lock_out)).routes(routes!(release))
}

/// The fleet of a site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Fleet {
    /// Vehicles that were heard.
    vehicles: Vec<Moving>,
    /// The newest missions.
    missions: Vec<Mission>,
    /// Vehicles out of service.
    lockouts: Vec<Lockout>,
}

async fn site_of(db: &Db, code: &str) -> Result<SiteId, Problem> {
    let mut read = db.read().await?;
    Ok(network::site_by_code(read.sql(), code).await?.ok_or_else(|| Problem::not_found("site"))?.id)
}

/// Vehicles, missions and lockouts of a site.
#[utoipa::path(get, path = "/api/v1/sites/{code}/fleet", tag = "fleet", responses((status = 200, body = Fleet)))]
async fn fleet(
    State(db): State<Db>,
    Extension(live): Extension<Live>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<Fleet>, Problem> {
    let site = site_of(&db, &code).await?;
    let may = caller.permit(Permission::WorkDo, Some(site)).is_ok();
    if !may {
        caller.permit(Permission::FleetOperate, Some(site))?;
    }
    let mut read = db.read().await?;
    let missions = rows::missions(read.sql(), site, 100).await?;
    let lockouts = rows::lockouts(read.sql(), site).await?;
    Ok(Json(Fleet { vehicles: live.at(site), missions, lockouts }))
}

/// Why a vehicle is taken out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Why {
    #[serde(default)]
    reason: String,
}

async fn known(db: &Db, caller: &Caller, code: &str, serial: &str) -> Result<SiteId, Problem> {
    let site = site_of(db, code).await?;
    caller.permit(Permission::FleetOperate, Some(site))?;
    let mut read = db.read().await?;
    let agvs = layout::agvs(read.sql(), site).await?;
    if agvs.iter().any(|agv| agv.serial == serial) { Ok(site) } else { Err(Problem::not_found("vehicle")) }
}

/// A person takes a vehicle out of service; it stays out until released.
#[utoipa::path(post, path = "/api/v1/sites/{code}/fleet/{serial}/lockout", tag = "fleet", request_body = Why,
    params(("Idempotency-Key" = String, Header)), responses((status = 200), (status = 404, body = Problem)))]
async fn lock_out(
    State(db): State<Db>,
    caller: Caller,
    Path((code, serial)): Path<(String, String)>,
    command: Command<Why>,
) -> Result<Response, Problem> {
    let site = known(&db, &caller, &code, &serial).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let reason: String = command.body.reason.chars().take(200).collect();
    let outcome = verbs::lock_out(&mut tx, site, &serial, &reason).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// A person gives a vehicle back to work.
#[utoipa::path(post, path = "/api/v1/sites/{code}/fleet/{serial}/release", tag = "fleet", request_body = Why,
    params(("Idempotency-Key" = String, Header)), responses((status = 200), (status = 404, body = Problem)))]
async fn release(
    State(db): State<Db>,
    caller: Caller,
    Path((code, serial)): Path<(String, String)>,
    command: Command<Why>,
) -> Result<Response, Problem> {
    let site = known(&db, &caller, &code, &serial).await?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = verbs::release(&mut tx, site, &serial).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
