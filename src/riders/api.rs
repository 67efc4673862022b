//! The JSON of riders: shift, position, offers, stops. Deliberately absent: the
//! dispatcher's half (`api/dispatch.rs`) and what a rider sees (`api/view.rs`).

mod dispatch;
mod view;

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Begin, Evidence, Offer, Refusal, RiderKind, Tracker, positions, positions::TraccarFix};
use crate::{
    exchange::{Begun, Body, Command, Nothing, Path},
    identity::{Caller, Permission, Sites},
    kernel::*,
    problem::Problem,
    store::{Actor, Db, Sql},
    transport::{
        self, Acting, FailReason, Onward, RouteStop,
        api::{acting_on, site_of},
    },
};

pub use view::{LoadForRider, OfferForRider, RiderView, ShiftView, StopForRider, load_for_rider, rider_view};

/// The endpoints of riders, offers, stops and the board.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_rider))
        .routes(routes!(post_shift))
        .routes(routes!(post_position))
        .routes(routes!(post_tracker))
        .routes(routes!(post_traccar))
        .routes(routes!(post_accept))
        .routes(routes!(post_decline))
        .routes(routes!(post_arrive))
        .routes(routes!(post_deliver))
        .routes(routes!(post_fail))
        .merge(dispatch::routes())
}

/// The person behind a caller who rides.
fn rider(caller: &Caller) -> Result<UserId, Stop> {
    caller.permit(Permission::Ride, None)?;
    caller.user().ok_or_else(|| Refusal::Unknown.into())
}

/// What lies before the rider: shift, offer, load.
#[utoipa::path(get, path = "/api/v1/rider", tag = "last mile",
    responses((status = 200, body = RiderView), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_rider(State(db): State<Db>, caller: Caller) -> Result<Json<RiderView>, Problem> {
    let id = rider(&caller)?;
    Ok(Json(rider_view(&db, id).await?))
}

/// Begin or end a shift.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShiftChange {
    /// True begins, false ends.
    on: bool,
    /// Degrees north; needed to begin.
    #[serde(default)]
    lat: Option<f64>,
    /// Degrees east; needed to begin.
    #[serde(default)]
    lon: Option<f64>,
    /// The code of the site to start from; the rider's own unless told.
    #[serde(default)]
    site: Option<String>,
    /// The van, for a driver; the first free one at the site unless told.
    #[serde(default)]
    vehicle: Option<String>,
    /// True with a cold box.
    #[serde(default)]
    cold: Option<bool>,
}

async fn begin_of(sql: &mut Sql, caller: &Caller, id: UserId, body: &ShiftChange) -> Result<Begin, Stop> {
    let place = body.lat.zip(body.lon).and_then(|(lat, lon)| Coord::checked(lat, lon));
    let coord = place.ok_or(Refusal::BadPlace)?;
    let site = match (&body.site, caller.sites(Permission::Ride)) {
        (Some(code), _) => Some(site_of(sql, code).await?),
        (None, Sites::Only(sites)) => sites.first().copied(),
        (None, Sites::All) => None,
    };
    if let Some(site) = site {
        caller.permit(Permission::Ride, Some(site))?;
    }
    let kind = if caller.roles().contains(&"driver") { RiderKind::Driver } else { RiderKind::Rider };
    Ok(Begin { rider: id, kind, site, coord, vehicle: body.vehicle.clone(), cold: body.cold })
}

/// Begin or end a shift.
#[utoipa::path(post, path = "/api/v1/rider/shift", tag = "last mile", request_body = ShiftChange,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ShiftView), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_shift(State(db): State<Db>, caller: Caller, command: Command<ShiftChange>) -> Result<Response, Problem> {
    let id = rider(&caller)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let rider = if command.body.on {
            let begin = begin_of(tx.sql(), &caller, id, &command.body).await?;
            super::begin_shift(&mut tx, begin).await?
        } else {
            super::end_shift(&mut tx, id).await?
        };
        view::shift_view(tx.sql(), rider).await
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Where the rider is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Here {
    lat: f64,
    lon: f64,
}

/// Report a position. Needs no idempotency key: a newer fix replaces an older one.
#[utoipa::path(post, path = "/api/v1/rider/position", tag = "last mile", request_body = Here,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn post_position(State(db): State<Db>, caller: Caller, Body(here): Body<Here>) -> Result<StatusCode, Problem> {
    let id = rider(&caller)?;
    positions::report(&db, Tracker::shared(), id, here.lat, here.lon, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A token for a GPS client.
#[derive(Serialize, utoipa::ToSchema)]
struct TrackerToken {
    /// The path to send positions to; the secret in it is shown once.
    path: String,
}

/// Make a token for a phone's GPS client (Traccar); a new one ends the old.
#[utoipa::path(post, path = "/api/v1/rider/tracker", tag = "last mile",
    responses((status = 201, body = TrackerToken), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn post_tracker(State(db): State<Db>, caller: Caller) -> Result<(StatusCode, Json<TrackerToken>), Problem> {
    let id = rider(&caller)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let secret = positions::make_tracker(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(TrackerToken { path: format!("/api/v1/positions/{secret}") })))
}

/// A position as the Traccar Client sends it. The token in the path is the
/// credential; a fix not newer than the last is dropped.
#[utoipa::path(post, path = "/api/v1/positions/{token}", tag = "last mile", request_body = TraccarFix,
    params(("token" = String, Path)),
    responses((status = 200), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn post_traccar(
    State(db): State<Db>,
    Path(token): Path<String>,
    Body(fix): Body<TraccarFix>,
) -> Result<StatusCode, Problem> {
    let mut read = db.read().await?;
    let id = positions::rider_of(read.sql(), &token).await?.ok_or_else(|| Problem::not_found("tracker"))?;
    drop(read);
    let coords = fix.location.coords;
    let stamp_ms = fix.location.timestamp.ms();
    positions::report(&db, Tracker::shared(), id, coords.latitude, coords.longitude, Some(stamp_ms)).await?;
    Ok(StatusCode::OK)
}

/// Take a load.
#[utoipa::path(post, path = "/api/v1/offers/{id}/accept", tag = "last mile", request_body = Nothing,
    params(("id" = OfferId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = LoadForRider), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_accept(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<OfferId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let who = rider(&caller)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let load = super::accept(&mut tx, id, who).await?;
        load_for_rider(tx.sql(), load).await
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Leave a load to others.
#[utoipa::path(post, path = "/api/v1/offers/{id}/decline", tag = "last mile", request_body = Nothing,
    params(("id" = OfferId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Offer), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_decline(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<OfferId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let who = rider(&caller)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = super::decline(&mut tx, id, who).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

async fn acting_at(sql: &mut Sql, caller: &Caller, id: StopId) -> Result<Acting, Stop> {
    let stop = transport::stop_by_id(sql, id).await?.ok_or(transport::Refusal::NoStop)?;
    acting_on(sql, caller, stop.load).await
}

/// Say that the stop is reached.
#[utoipa::path(post, path = "/api/v1/stops/{id}/arrive", tag = "last mile", request_body = Nothing,
    params(("id" = StopId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RouteStop), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_arrive(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<StopId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let who = acting_at(tx.sql(), &caller, id).await?;
        transport::arrive(&mut tx, id, who).await
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Hand over what is due at a stop, with proof.
#[utoipa::path(post, path = "/api/v1/stops/{id}/deliver", tag = "last mile", request_body = Evidence,
    params(("id" = StopId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RouteStop), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn post_deliver(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<StopId>,
    command: Command<Evidence>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let who = match acting_at(tx.sql(), &caller, id).await {
        Ok(who) => who,
        Err(stop) => return command.finish::<RouteStop>(tx, caller.id(), StatusCode::OK, Err(stop)).await,
    };
    // A try is spent before the code is looked at, in a transaction of its own:
    // guesses sent side by side, and guesses that are undone, all count.
    if command.body.pin.is_some() {
        drop(tx);
        let spent = transport::spend_try(&db, id).await;
        tx = db.begin(Actor::named(caller.id())).await?;
        if let Err(stop) = spent {
            return command.finish::<RouteStop>(tx, caller.id(), StatusCode::OK, Err(stop)).await;
        }
    }
    let outcome = super::deliver(&mut tx, id, &command.body, who).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// Why nothing could be handed over.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Failure {
    reason: FailReason,
}

/// What a failed attempt leads to.
#[derive(Serialize, utoipa::ToSchema)]
struct Failed {
    /// The stop.
    stop: RouteStop,
    /// retry, hold, pickup, back; absent when it had failed before.
    onward: Option<Onward>,
}

/// Say that nothing could be handed over at a stop.
#[utoipa::path(post, path = "/api/v1/stops/{id}/fail", tag = "last mile", request_body = Failure,
    params(("id" = StopId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Failed), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn post_fail(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<StopId>,
    command: Command<Failure>,
) -> Result<Response, Problem> {
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let who = acting_at(tx.sql(), &caller, id).await?;
        let (stop, onward) = super::fail(&mut tx, id, command.body.reason, who).await?;
        Ok::<_, Stop>(Failed { stop, onward })
    };
    let outcome = outcome.await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
