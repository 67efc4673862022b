//! The JSON of returns: what waits, and its grade. Deliberately absent: receiving a
//! parcel back; transport does.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Grade, GradeReason, Waiting, grade, model::Refusal, waiting, waiting_in};
use crate::{
    catalog,
    exchange::{Begun, Command, Listed, Path, Query},
    identity::{Caller, Permission},
    kernel::{ParcelId, SiteId, Stop},
    problem::Problem,
    stock::Condition,
    store::{Db, Tx},
};

/// Kinds of goods listed at once.
const ROWS: i64 = 500;

/// The endpoints of returns.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(get_waiting)).routes(routes!(post_grade))
}

/// Which site.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct At {
    /// The site; every site when absent.
    site: Option<SiteId>,
}

/// What came back and waits to be graded.
#[utoipa::path(get, path = "/api/v1/returns", tag = "returns", params(At),
    responses((status = 200, body = Listed<Waiting>), (status = 403, body = Problem)))]
async fn get_waiting(
    State(db): State<Db>,
    caller: Caller,
    Query(at): Query<At>,
) -> Result<Json<Listed<Waiting>>, Problem> {
    let site = caller.scope(Permission::StockRead, at.site)?;
    let mut read = db.read().await?;
    let items = waiting(read.sql(), site, ROWS).await?;
    Ok(Json(Listed::new(items, ROWS, |one| one.parcel.to_string())))
}

/// What was seen of some pieces.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Finding {
    /// The article's code.
    sku: String,
    /// Its lot.
    #[serde(default)]
    lot: String,
    /// Its serial.
    #[serde(default)]
    serial: String,
    /// How many.
    quantity: i64,
    /// sellable, damaged or quality_hold.
    condition: Condition,
    /// Why.
    reason: GradeReason,
    /// The bin's label; the suggested one when absent.
    #[serde(default)]
    bin: String,
}

/// Where the pieces are now.
#[derive(Serialize, utoipa::ToSchema)]
struct Graded {
    bin: String,
}

async fn graded(tx: &mut Tx, parcel: ParcelId, body: &Finding) -> Result<Graded, Stop> {
    let Some(article) = catalog::by_code(tx.sql(), &body.sku).await? else {
        return Err(Refusal::Nothing { parcel }.into());
    };
    let seen = Grade {
        parcel,
        sku: article.id,
        lot: body.lot.clone(),
        serial: body.serial.clone(),
        quantity: body.quantity,
        condition: body.condition,
        reason: body.reason,
        bin: body.bin.clone(),
    };
    Ok(Graded { bin: grade(tx, &seen).await?.code })
}

/// Grade pieces of a parcel that came back; needs `stock.adjust` at its site.
#[utoipa::path(post, path = "/api/v1/returns/{parcel}/grades", tag = "returns", request_body = Finding,
    params(("parcel" = ParcelId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Graded), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_grade(
    State(db): State<Db>,
    caller: Caller,
    Path(parcel): Path<ParcelId>,
    command: Command<Finding>,
) -> Result<Response, Problem> {
    caller.permit(Permission::StockAdjust, None)?;
    let mut read = db.read().await?;
    let site = waiting_in(read.sql(), parcel).await?.first().map(|one| one.site);
    drop(read);
    if let Some(site) = site {
        caller.permit(Permission::StockAdjust, Some(site)).map_err(|_| Problem::not_found("parcel"))?;
    }
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = graded(&mut tx, parcel, &command.body).await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}
