//! The JSON of the dispatcher's board, of pick-up points and of proofs.
//! Deliberately absent: the map; it reads the same board.

use std::collections::HashMap;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    exchange::{Begun, Command, Path},
    identity::{Caller, Permission},
    kernel::*,
    problem::Problem,
    riders::{
        Attempt, Offer, Refusal, Rider, attempts_of, collect, give, offers_of_load, on_shift_now, rows,
        spend_pickup_try,
    },
    store::{Actor, Db, Sql, Tx},
    transport::{
        self, Acting, Board, LoadView, Parcel,
        api::{acting, site_of},
    },
};

pub(super) fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_dispatch))
        .routes(routes!(post_plan))
        .routes(routes!(post_assign))
        .routes(routes!(post_unassign))
        .routes(routes!(get_parcel))
        .routes(routes!(get_photo))
        .routes(routes!(post_collect))
}

/// Everything on the dispatcher's board.
#[derive(Serialize, utoipa::ToSchema)]
struct DispatchBoard {
    /// Parcels on no route, loads, vans.
    #[serde(flatten)]
    board: Board,
    /// Riders and drivers on shift, where they are now.
    riders: Vec<Rider>,
    /// Offers of the loads on the board, by load.
    offers: HashMap<LoadId, Vec<Offer>>,
}

/// The board: unassigned parcels, loads, riders, vehicles.
#[utoipa::path(get, path = "/api/v1/dispatch", tag = "last mile",
    responses((status = 200, body = DispatchBoard), (status = 403, body = Problem)))]
async fn get_dispatch(State(db): State<Db>, caller: Caller) -> Result<Json<DispatchBoard>, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let sites = caller.sites(Permission::DispatchAct);
    let mut read = db.read().await?;
    let sql = read.sql();
    let board = transport::board(sql, |site| sites.holds(site)).await?;
    let mut offers = HashMap::new();
    for view in &board.loads {
        offers.insert(view.load.id, offers_of_load(sql, view.load.id).await?);
    }
    let mut riders = on_shift_now(sql).await?;
    riders.retain(|rider| sites.holds(rider.site));
    Ok(Json(DispatchBoard { board, riders, offers }))
}

/// Which site to plan.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanNow {
    /// The site's code.
    site: String,
}

/// That the plan will be made.
#[derive(Serialize, utoipa::ToSchema)]
struct Planning {
    site: SiteId,
}

/// Plan the staged parcels of a site now, instead of in a minute or two.
#[utoipa::path(post, path = "/api/v1/dispatch/plan", tag = "last mile", request_body = PlanNow,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 202, body = Planning), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_plan(State(db): State<Db>, caller: Caller, command: Command<PlanNow>) -> Result<Response, Problem> {
    caller.permit(Permission::DispatchAct, None)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let site = site_of(tx.sql(), &command.body.site).await?;
        caller.permit(Permission::DispatchAct, Some(site))?;
        let now = tx.now();
        tx.later(crate::event::Chore::PlanLoads, site, now).await?;
        Ok::<_, Stop>(Planning { site })
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::ACCEPTED, outcome).await
}

/// To whom a load is given.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignLoad)]
struct Assign {
    /// The rider or driver.
    driver: UserId,
}

async fn dispatched(tx: &mut Tx, caller: &Caller, id: LoadId) -> Result<(), Stop> {
    let load = transport::load_by_id(tx.sql(), id).await?.ok_or(transport::Refusal::NoLoad)?;
    Ok(caller.permit(Permission::DispatchAct, Some(load.site))?)
}

/// Give a load to a rider or driver.
#[utoipa::path(post, path = "/api/v1/loads/{id}/assign", tag = "last mile", request_body = Assign,
    params(("id" = LoadId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = LoadView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_assign(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<LoadId>,
    command: Command<Assign>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        dispatched(&mut tx, &caller, id).await?;
        let load = give(&mut tx, id, command.body.driver).await?;
        Ok::<_, Stop>(transport::view(tx.sql(), load).await?)
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Nothing beside the address of the request.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Unassign {}

/// Take a load from its driver, who has not begun to load it: the undo of a match.
#[utoipa::path(post, path = "/api/v1/loads/{id}/unassign", tag = "last mile", request_body = Unassign,
    params(("id" = LoadId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = LoadView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_unassign(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<LoadId>,
    command: Command<Unassign>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        dispatched(&mut tx, &caller, id).await?;
        let load = transport::unassign(&mut tx, id).await?;
        Ok::<_, Stop>(transport::view(tx.sql(), load).await?)
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// A parcel with its attempts.
#[derive(Serialize, utoipa::ToSchema)]
struct ParcelView {
    #[serde(flatten)]
    parcel: Parcel,
    attempts: Vec<Attempt>,
}

/// A parcel by its id or its label.
#[utoipa::path(get, path = "/api/v1/parcels/{id}", tag = "last mile", params(("id" = String, Path)),
    responses((status = 200, body = ParcelView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_parcel(State(db): State<Db>, caller: Caller, Path(id): Path<String>) -> Result<Json<ParcelView>, Problem> {
    caller.permit(Permission::OrderRead, None)?;
    let mut read = db.read().await?;
    let found = match id.parse::<ParcelId>() {
        Ok(id) => transport::parcel_by_id(read.sql(), id).await?,
        Err(_) => transport::parcel_by_sscc(read.sql(), &id).await?,
    };
    let parcel = found.ok_or(transport::Refusal::NoParcel)?;
    caller.permit(Permission::OrderRead, Some(parcel.site))?;
    let attempts = attempts_of(read.sql(), parcel.id).await?;
    Ok(Json(ParcelView { parcel, attempts }))
}

/// The photo of a hand-over.
#[utoipa::path(get, path = "/api/v1/proofs/{id}/photo", tag = "last mile", params(("id" = ProofId, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_photo(State(db): State<Db>, caller: Caller, Path(id): Path<ProofId>) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let (media, photo) = photo(read.sql(), &caller, id).await?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(photo);
    let bytes = bytes.map_err(|_| Fault::new("a stored photo is not base64"))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// A photo may show a person or a door: who drove the load may look, and who may
/// see personal data.
async fn photo(sql: &mut Sql, caller: &Caller, id: ProofId) -> Result<(&'static str, String), Stop> {
    let proof = rows::proof_by_id(sql, id).await?.ok_or(Refusal::NoProofFound)?;
    let stop = transport::stop_by_id(sql, proof.stop).await?.ok_or(transport::Refusal::NoStop)?;
    let load = transport::load_by_id(sql, stop.load).await?.ok_or(transport::Refusal::NoLoad)?;
    if !matches!(acting(caller, &load), Ok(Acting::Driver(_))) {
        caller.permit(Permission::PersonalRead, Some(load.site))?;
    }
    let (media, photo) = proof.photo.ok_or(Refusal::NoProofFound)?;
    Ok((if media == "image/png" { "image/png" } else { "image/jpeg" }, photo))
}

/// The code a shopper shows.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Collect {
    /// The code of the order.
    pin: String,
    /// Cash taken at the counter.
    #[serde(default)]
    cash_minor: i64,
    /// The label on a parcel, if the code fits more than one order.
    #[serde(default)]
    sscc: Option<String>,
}

/// What the shopper got.
#[derive(Serialize, utoipa::ToSchema)]
struct Collected {
    order: Option<OrderId>,
    parcels: Vec<ParcelId>,
}

/// Hand the parcels behind a code to the shopper, at a pick-up point.
#[utoipa::path(post, path = "/api/v1/pickup/{site}/collect", tag = "last mile", request_body = Collect,
    params(("site" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Collected), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn post_collect(
    State(db): State<Db>,
    caller: Caller,
    Path(site): Path<String>,
    command: Command<Collect>,
) -> Result<Response, Problem> {
    caller.permit(Permission::WorkDo, None)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let found = async {
        let site = site_of(tx.sql(), &site).await?;
        caller.permit(Permission::WorkDo, Some(site))?;
        Ok::<_, Stop>(site)
    };
    let site = match found.await {
        Ok(site) => site,
        Err(stop) => return command.finish::<Collected>(tx, caller.id(), StatusCode::OK, Err(stop)).await,
    };
    // As at a door: the try is spent first, for good; a right code gives it back.
    drop(tx);
    let spent = spend_pickup_try(&db, site).await;
    tx = db.begin(Actor::named(caller.id())).await?;
    let outcome = async {
        let mark = spent?;
        let (pin, sscc) = (&command.body.pin, command.body.sscc.as_deref());
        let parcels = collect(&mut tx, site, pin, sscc, command.body.cash_minor, Some(mark)).await?;
        let order = parcels.first().map(|parcel| parcel.order);
        Ok::<_, Stop>(Collected { order, parcels: parcels.iter().map(|parcel| parcel.id).collect() })
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
