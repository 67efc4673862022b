//! The JSON of counting: asking for a count, and giving up what stays missing. Deliberately absent: the counting
//! itself; its scans go through the work API.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Cadence, WriteOff, WriteOffReason, add, cadence_of, model::Refusal, set_cadence, write_off};
use crate::{
    catalog,
    exchange::{Begun, Command, Path},
    identity::{Caller, Permission},
    kernel::{SiteId, Stop, TaskId},
    layout,
    network::site_by_code,
    problem::Problem,
    stock::Condition,
    store::{Db, Tx},
};

/// The endpoints of counting.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_count))
        .routes(routes!(post_write_off))
        .routes(routes!(get_cadence, put_cadence))
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

/// Goods to be given up.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveUp {
    /// Where.
    site: SiteId,
    /// The article's code.
    sku: String,
    /// In this bin only.
    #[serde(default)]
    bin: Option<String>,
    /// In which condition the books have them; missing unless told, never sellable.
    #[serde(default)]
    condition: Option<Condition>,
    /// How many; all of them when absent.
    #[serde(default)]
    quantity: Option<i64>,
    /// Why.
    reason: WriteOffReason,
}

/// How many are gone from the books.
#[derive(Serialize, utoipa::ToSchema)]
struct WrittenOff {
    written_off: i64,
}

async fn give_up(tx: &mut Tx, body: &GiveUp) -> Result<WrittenOff, Stop> {
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let Some(article) = catalog::by_code(tx.sql(), &body.sku).await? else {
        return Err(Refusal::NoArticle { sku: short(&body.sku) }.into());
    };
    let bin = match &body.bin {
        None => None,
        Some(code) => match layout::bin_by_code(tx.sql(), body.site, code).await? {
            Some(bin) => Some(bin.id),
            None => return Err(Refusal::NoBin { bin: short(code) }.into()),
        },
    };
    let condition = body.condition.unwrap_or(Condition::Missing);
    let (site, sku, quantity, reason) = (body.site, article.id, body.quantity, body.reason);
    let loss = WriteOff { site, sku, bin, condition, quantity, reason };
    Ok(WrittenOff { written_off: write_off(tx, &loss).await? })
}

/// Write off goods that stay missing or are beyond use; needs `stock.adjust` at their
/// site. Sellable goods are counted instead.
#[utoipa::path(post, path = "/api/v1/stock/write-offs", tag = "counting", request_body = GiveUp,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = WrittenOff), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_write_off(State(db): State<Db>, caller: Caller, command: Command<GiveUp>) -> Result<Response, Problem> {
    caller.permit(Permission::StockAdjust, Some(command.body.site))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = give_up(&mut tx, &command.body).await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// How often the bins of a site are counted without an occasion; needs `stock.read`
/// there.
#[utoipa::path(get, path = "/api/v1/sites/{code}/counts/cadence", tag = "counting", params(("code" = String, Path)),
    responses((status = 200, body = Cadence), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_cadence(State(db): State<Db>, caller: Caller, Path(code): Path<String>) -> Result<Json<Cadence>, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    caller.permit(Permission::StockRead, Some(site.id))?;
    Ok(Json(cadence_of(read.sql(), site.id).await?.unwrap_or_default()))
}

/// Set how often; needs `stock.adjust` at the site.
#[utoipa::path(put, path = "/api/v1/sites/{code}/counts/cadence", tag = "counting", request_body = Cadence,
    params(("code" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Cadence), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn put_cadence(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    command: Command<Cadence>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let site = site_by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("site"))?;
    drop(read);
    caller.permit(Permission::StockAdjust, Some(site.id))?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = set_cadence(&mut tx, site.id, command.body).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
