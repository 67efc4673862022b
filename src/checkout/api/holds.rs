//! Holds over HTTP: taking, extending, handing over, giving back; and what a shop's
//! till sold. Deliberately absent: an order's own holds; the order's verbs change them.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    hold::{self, NewHold},
    model::*,
};
use crate::{
    catalog,
    exchange::{self, Command, Path, Together},
    identity::{Caller, Permission},
    kernel::*,
    network,
    problem::Problem,
    stock::{self, Hold, Purpose},
    store::{Db, Tx},
};

/// The endpoints of holds.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(post_hold))
        .routes(routes!(get_hold))
        .routes(routes!(extend_hold))
        .routes(routes!(release_hold))
        .routes(routes!(hand_over))
        .routes(routes!(post_sale))
}

/// What to hold.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeHold {
    /// cart, checkout, live_room or counter.
    purpose: Purpose,
    /// Where it is sold.
    channel: String,
    /// The code of the only site to hold at.
    #[serde(default)]
    site: Option<String>,
    /// What; all of it or nothing.
    lines: Vec<Want>,
    /// The channel's own number of its shopper; needed for articles with limits.
    #[serde(default)]
    shopper_ref: Option<String>,
    /// How long, up to a week.
    seconds: i64,
}

/// Holds that were taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Taken {
    holds: Vec<Hold>,
}

async fn site_of(tx: &mut Tx, code: &str) -> Result<SiteId, Stop> {
    match network::site_by_code(tx.sql(), code).await? {
        Some(site) => Ok(site.id),
        None => Err(Refusal::NotKnown { what: "site", code: code.chars().take(60).collect() }.into()),
    }
}

async fn take(tx: &mut Tx, body: &TakeHold, shopper: Option<UserId>) -> Result<Taken, Stop> {
    let site = match &body.site {
        Some(code) => Some(site_of(tx, code).await?),
        None => None,
    };
    let new = NewHold {
        purpose: body.purpose,
        channel: body.channel.clone(),
        site,
        lines: body.lines.clone(),
        shopper,
        shopper_ref: body.shopper_ref.clone(),
        lasts_ms: body.seconds.saturating_mul(1000),
    };
    Ok(Taken { holds: hold::take_hold(tx, &new).await? })
}

/// Hold goods for a cart, a checkout, a live room or a counter; they are free again when
/// the time is over.
#[utoipa::path(post, path = "/api/v1/holds", tag = "holds", request_body = TakeHold,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Taken), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn post_hold(
    Extension(together): Extension<Together>,
    caller: Caller,
    command: Command<TakeHold>,
) -> Result<Response, Problem> {
    caller.permit(Permission::OrderPlace, None)?;
    caller.permit_channel(&command.body.channel)?;
    let user = caller.user();
    let parts = command.into_parts(caller.id());
    together
        .run(parts, StatusCode::CREATED, move |tx, body| async move { take(tx, &body, user).await }.boxed())
        .await
        .map(exchange::replay)
}

/// One hold.
#[utoipa::path(get, path = "/api/v1/holds/{id}", tag = "holds", params(("id" = HoldId, Path)),
    responses((status = 200, body = Hold), (status = 404, body = Problem)))]
async fn get_hold(State(db): State<Db>, caller: Caller, Path(id): Path<HoldId>) -> Result<Json<Hold>, Problem> {
    caller.permit(Permission::OrderChange, None)?;
    let mut read = db.read().await?;
    let found = stock::hold_by_id(read.sql(), id).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("hold"))?))
}

/// How much longer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Extend {
    /// From now, up to a week.
    seconds: i64,
}

async fn now_is(tx: &mut Tx, id: HoldId) -> Result<Hold, Stop> {
    match stock::hold_by_id(tx.sql(), id).await? {
        Some(hold) => Ok(hold),
        None => Err(stock::Refusal::NoHold { hold: id }.into()),
    }
}

async fn extend(tx: &mut Tx, id: HoldId, body: Arc<Extend>) -> Result<Hold, Stop> {
    let until = hold::ends_at(tx.now(), body.seconds.saturating_mul(1000))?;
    stock::extend(tx, id, until).await?;
    now_is(tx, id).await
}

/// Give a hold more time, unless it has lapsed.
#[utoipa::path(post, path = "/api/v1/holds/{id}/extend", tag = "holds", request_body = Extend,
    params(("id" = HoldId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Hold), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)))]
async fn extend_hold(
    Extension(together): Extension<Together>,
    caller: Caller,
    Path(id): Path<HoldId>,
    command: Command<Extend>,
) -> Result<Response, Problem> {
    caller.permit(Permission::OrderChange, None)?;
    let parts = command.into_parts(caller.id());
    together.run(parts, StatusCode::OK, move |tx, body| extend(tx, id, body).boxed()).await.map(exchange::replay)
}

/// A part of a hold, or all that is left of it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PartOf {
    /// How many; all that is left unless told.
    #[serde(default)]
    quantity: Option<i64>,
}

async fn release(tx: &mut Tx, id: HoldId, body: Arc<PartOf>) -> Result<Hold, Stop> {
    let held = stock::free_standing(tx, id).await?;
    let quantity = stock::checked(body.quantity.unwrap_or(held.open()))?;
    stock::release(tx, id, quantity, "released").await?;
    now_is(tx, id).await
}

/// Give a hold back, in part or whole; never more than it still reserves.
#[utoipa::path(post, path = "/api/v1/holds/{id}/release", tag = "holds", request_body = PartOf,
    params(("id" = HoldId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Hold), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)))]
async fn release_hold(
    Extension(together): Extension<Together>,
    caller: Caller,
    Path(id): Path<HoldId>,
    command: Command<PartOf>,
) -> Result<Response, Problem> {
    caller.permit(Permission::OrderChange, None)?;
    let parts = command.into_parts(caller.id());
    together.run(parts, StatusCode::OK, move |tx, body| release(tx, id, body).boxed()).await.map(exchange::replay)
}

async fn post(tx: &mut Tx, id: HoldId, body: Arc<PartOf>) -> Result<Hold, Stop> {
    let held = stock::free_standing(tx, id).await?;
    let quantity = body.quantity.unwrap_or(held.open());
    stock::hand_over(tx, id, quantity, &id.to_string()).await?;
    now_is(tx, id).await
}

/// Hand held goods over a counter, in part or whole: they leave the bins of the hold's
/// site, first expired first. Needs `stock.adjust` there.
#[utoipa::path(post, path = "/api/v1/holds/{id}/post", tag = "holds", request_body = PartOf,
    params(("id" = HoldId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Hold), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)))]
async fn hand_over(
    Extension(together): Extension<Together>,
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<HoldId>,
    command: Command<PartOf>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let known = stock::hold_by_id(read.sql(), id).await?.ok_or_else(|| Problem::not_found("hold"))?;
    drop(read);
    caller.permit(Permission::StockAdjust, Some(known.site))?;
    let parts = command.into_parts(caller.id());
    together.run(parts, StatusCode::OK, move |tx, body| post(tx, id, body).boxed()).await.map(exchange::replay)
}

/// What a shop's till sold.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Sale {
    /// The shop's code.
    site: String,
    /// What, by article codes.
    lines: Vec<Want>,
    /// The till's receipt number.
    receipt: String,
}

/// How many left.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Sold {
    sold: i64,
}

async fn sell(tx: &mut Tx, site: SiteId, sale: &Sale) -> Result<Sold, Stop> {
    super::super::place::countable(&sale.lines)?;
    let mut sums: std::collections::BTreeMap<SkuId, i64> = std::collections::BTreeMap::new();
    for line in &sale.lines {
        let Some(article) = catalog::by_code(tx.sql(), &line.sku).await? else {
            return Err(Refusal::UnknownArticle { sku: line.sku.chars().take(60).collect() }.into());
        };
        *sums.entry(article.id).or_default() += stock::checked(line.quantity)?;
    }
    let receipt: String = sale.receipt.chars().take(60).collect();
    for (sku, quantity) in &sums {
        stock::sold(tx, site, *sku, *quantity, &receipt).await?;
    }
    Ok(Sold { sold: sums.values().sum() })
}

/// Book what a shop's till sold: it is gone, so promises that stood on it move. Needs
/// `stock.adjust` at the shop. The key makes a repeated post count once.
#[utoipa::path(post, path = "/api/v1/sales", tag = "holds", request_body = Sale,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Sold), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn post_sale(
    Extension(together): Extension<Together>,
    State(db): State<Db>,
    caller: Caller,
    command: Command<Sale>,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let site = network::site_by_code(read.sql(), &command.body.site).await?;
    drop(read);
    let site = site.ok_or_else(|| Problem::not_found("site"))?.id;
    caller.permit(Permission::StockAdjust, Some(site))?;
    let parts = command.into_parts(caller.id());
    together
        .run(parts, StatusCode::CREATED, move |tx, body| async move { sell(tx, site, &body).await }.boxed())
        .await
        .map(exchange::replay)
}
