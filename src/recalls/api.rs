//! Recalls over HTTP. Deliberately absent: the cases; they have their own endpoints.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Recall, Refusal, Trace, by_id, close, list, open, trace};
use crate::{
    catalog,
    checkout::Refusal as Unsold,
    exchange::{Begun, Body, Command, Listed, Page, Path, Query},
    identity::{Caller, Permission},
    kernel::*,
    problem::Problem,
    stock,
    store::{Actor, Db, Sql, Tx},
};

/// The endpoints of recalls.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_recall, get_recalls))
        .routes(routes!(get_recall))
        .routes(routes!(close_recall))
        .routes(routes!(get_life, put_life))
}

/// A lot to be called back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CallBack {
    /// The article's code.
    sku: String,
    /// The lot.
    lot: String,
    /// Only until somebody has looked: goods wait on quality hold.
    #[serde(default)]
    quarantine: bool,
    /// Why.
    reason: String,
}

/// A recall with the whole way of its lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecallSeen {
    #[serde(flatten)]
    recall: Recall,
    trace: Trace,
}

async fn seen(sql: &mut Sql, id: RecallId) -> Result<RecallSeen, Stop> {
    let recall = by_id(sql, id).await?.ok_or(Refusal::Unknown { recall: id })?;
    let trace = trace(sql, recall.sku, &recall.lot).await?;
    Ok(RecallSeen { recall, trace })
}

async fn sku_of(tx: &mut Tx, code: &str) -> Result<SkuId, Stop> {
    match catalog::by_code(tx.sql(), code).await? {
        Some(article) => Ok(article.id),
        None => Err(Unsold::UnknownArticle { sku: code.chars().take(60).collect() }.into()),
    }
}

/// Call a lot back everywhere; needs `stock.adjust` for the house.
#[utoipa::path(post, path = "/api/v1/recalls", tag = "recalls", request_body = CallBack,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RecallSeen), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn post_recall(State(db): State<Db>, caller: Caller, command: Command<CallBack>) -> Result<Response, Problem> {
    caller.permit_house(Permission::StockAdjust)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let CallBack { sku, lot, quarantine, reason } = &command.body;
        let sku = sku_of(&mut tx, sku).await?;
        let id = open(&mut tx, sku, lot, *quarantine, reason).await?;
        seen(tx.sql(), id).await
    }
    .await;
    command.finish(tx, caller.id(), StatusCode::CREATED, outcome).await
}

/// Recalls, newest first.
#[utoipa::path(get, path = "/api/v1/recalls", tag = "recalls", params(Page),
    responses((status = 200, body = Listed<Recall>)))]
async fn get_recalls(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Recall>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let found = list(read.sql(), page.after(), page.limit()).await?;
    Ok(Json(Listed::new(found, page.limit(), |one| one.id.to_string())))
}

/// One recall: where its goods are, who got some, where they came from.
#[utoipa::path(get, path = "/api/v1/recalls/{id}", tag = "recalls", params(("id" = RecallId, Path)),
    responses((status = 200, body = RecallSeen), (status = 404, body = Problem)))]
async fn get_recall(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<RecallId>,
) -> Result<Json<RecallSeen>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    Ok(Json(seen(read.sql(), id).await?))
}

/// How a recall ends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EndRecall {
    /// It was unfounded: what is left may be sold again.
    #[serde(default)]
    lift: bool,
}

/// End a recall.
#[utoipa::path(post, path = "/api/v1/recalls/{id}/close", tag = "recalls", request_body = EndRecall,
    params(("id" = RecallId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RecallSeen), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn close_recall(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<RecallId>,
    command: Command<EndRecall>,
) -> Result<Response, Problem> {
    caller.permit_house(Permission::StockAdjust)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        close(&mut tx, id, command.body.lift).await?;
        seen(tx.sql(), id).await
    }
    .await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// How long goods must last.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShelfLife {
    /// Days behind the promised delivery.
    least_days: i64,
}

/// How long goods of an article last at least when they are delivered.
#[utoipa::path(get, path = "/api/v1/articles/{code}/shelf-life", tag = "recalls",
    params(("code" = String, Path)), responses((status = 200, body = ShelfLife), (status = 422, body = Problem)))]
async fn get_life(State(db): State<Db>, caller: Caller, Path(code): Path<String>) -> Result<Json<ShelfLife>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let sku = sku_of(&mut tx, &code).await?;
    Ok(Json(ShelfLife { least_days: stock::least_days(tx.sql(), sku).await? }))
}

/// Say how long goods of an article last at least when they are delivered.
#[utoipa::path(put, path = "/api/v1/articles/{code}/shelf-life", tag = "recalls",
    params(("code" = String, Path)), request_body = ShelfLife,
    responses((status = 200, body = ShelfLife), (status = 422, body = Problem)))]
async fn put_life(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Body(new): Body<ShelfLife>,
) -> Result<Json<ShelfLife>, Problem> {
    caller.permit_house(Permission::CatalogEdit)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let sku = sku_of(&mut tx, &code).await?;
    stock::set_least_days(&mut tx, sku, new.least_days).await?;
    tx.commit().await?;
    Ok(Json(new))
}
