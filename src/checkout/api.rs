//! The order API: quotes, orders, their story, cancelling, paying, moving house.

mod holds;
pub(super) mod terms;

use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Till, Wish, amend, model::*, place, view};
use crate::{
    exchange::{self, Begun, Body, Command, Listed, Page, Path, Query},
    identity::{Caller, Permission, Sites},
    kernel::*,
    orders::{self, Cancelled, DeliveryMode, Order},
    parties::Address,
    payments::{self, Payment, TestCard},
    problem::Problem,
    store::{Actor, Db, log},
};

/// The endpoints of orders.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(quote))
        .routes(routes!(check_order))
        .routes(routes!(place_order, list_orders))
        .routes(routes!(read_order))
        .routes(routes!(read_story))
        .routes(routes!(amend_order))
        .routes(routes!(cancel_order))
        .routes(routes!(change_address))
        .routes(routes!(pay_order))
        .merge(holds::routes())
        .merge(terms::routes())
}

/// A basket to be quoted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct QuoteRequest {
    lines: Vec<Want>,
    lat: f64,
    lon: f64,
    mode: DeliveryMode,
    service: String,
    /// Where it would be sold.
    #[serde(default)]
    channel: String,
}

/// What it would cost and when it would come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Quoted {
    goods_minor: i64,
    shipping_minor: i64,
    currency: &'static str,
    window: Window,
}

/// Price and promise of a basket, holding nothing.
#[utoipa::path(post, path = "/api/v1/quotes", tag = "orders", request_body = QuoteRequest,
    responses((status = 200, body = Quoted), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn quote(State(db): State<Db>, Body(request): Body<QuoteRequest>) -> Result<Json<Quoted>, Problem> {
    let coord = Coord::checked(request.lat, request.lon).ok_or(crate::parties::Refusal::BadPlace)?;
    let mut tx = db.begin(Actor::named("quote")).await?;
    let (goods_minor, shipping_minor, window) =
        place::quote(&mut tx, &request.lines, coord, request.mode, &request.channel, &request.service).await?;
    Ok(Json(Quoted { goods_minor, shipping_minor, currency: CURRENCY, window }))
}

/// Places an order: goods are held, sites chosen, payment tried.
#[utoipa::path(post, path = "/api/v1/orders", tag = "orders", request_body = PlaceOrder,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = view::OrderView), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn place_order(
    Extension(till): Extension<Till>,
    State(db): State<Db>,
    caller: Caller,
    command: Command<PlaceOrder>,
) -> Result<Response, Problem> {
    caller.permit(Permission::OrderPlace, None)?;
    caller.permit_channel(&command.body.channel)?;
    let (order, mark) = command.into_parts(caller.id());
    let flight = Some(exchange::fly(&mark.caller, &mark.key)?);
    let wish = Wish { order, shopper: caller.user(), mark, flight };
    // What takes holds over reads and gives them back first: its own transaction.
    let alone = !wish.order.from_holds.is_empty();
    let reply = if alone { super::place_alone(&db, &wish).await? } else { till.place(wish).await? };
    Ok(exchange::replay(reply))
}

/// Whether an order reads well: nothing is looked up, nothing is written; needs
/// `order.place`. Also the yardstick for what writing an order costs.
#[utoipa::path(post, path = "/api/v1/orders/check", tag = "orders", request_body = PlaceOrder,
    responses((status = 204, description = "It does")))]
async fn check_order(caller: Caller, Body(order): Body<PlaceOrder>) -> Result<StatusCode, Problem> {
    caller.permit(Permission::OrderPlace, None)?;
    caller.permit_channel(&order.channel)?;
    place::bearable(&order)?;
    place::countable(&order.lines)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which orders.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// placed, accepted, on_hold, delivered, cancelled; all when absent.
    #[serde(default)]
    state: String,
}

/// Orders, newest first; needs `order.read`.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders", params(Which, Page),
    responses((status = 200, body = Listed<view::OrderView>)))]
async fn list_orders(
    State(db): State<Db>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(page): Query<Page>,
) -> Result<Json<Listed<view::OrderView>>, Problem> {
    caller.permit(Permission::OrderRead, None)?;
    let mut read = db.read().await?;
    let mut items = Vec::new();
    let sites = match caller.sites(Permission::OrderRead) {
        Sites::All => None,
        Sites::Only(sites) => Some(sites),
    };
    let (state, sites) = (&which.state, sites.as_deref());
    for order in orders::latest_for(read.sql(), state, caller.channel(), sites, page.after(), page.limit()).await? {
        items.push(view::view(read.sql(), order).await?);
    }
    Ok(Json(Listed::new(items, page.limit(), |one| one.order.id.to_string())))
}

/// The order, if the caller may see it: its shopper, its guest link, or staff of a
/// site that ships a part of it; a token bound to a channel sees that channel's.
pub async fn visible(db: &Db, caller: &Caller, id: &str) -> Result<Order, Problem> {
    let Some(order) = orders::wanted(db, id).await? else { return Err(Problem::not_found("order")) };
    if is_own(caller, &order) {
        return Ok(order);
    }
    let there = match caller.sites(Permission::OrderRead) {
        Sites::All => true,
        Sites::Only(sites) => {
            let parts = orders::fulfilments(db.read().await?.sql(), order.id).await?;
            parts.iter().any(|part| sites.contains(&part.site))
        }
    };
    if there && caller.permit_channel(&order.channel).is_ok() {
        return Ok(order);
    }
    Err(Problem::not_found("order"))
}

/// True for the shopper, and for the holder of the order's link.
fn is_own(caller: &Caller, order: &Order) -> bool {
    caller.guest_order() == Some(order.id) || (order.shopper.is_some() && order.shopper == caller.user())
}

/// One order, whole.
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "orders",
    responses((status = 200, body = view::OrderView), (status = 404, body = Problem)))]
async fn read_order(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<view::OrderView>, Problem> {
    let order = visible(&db, &caller, &id).await?;
    let own = is_own(&caller, &order);
    let mut read = db.read().await?;
    let pin = order.delivery_pin.clone();
    let mut shown = view::view(read.sql(), order).await?;
    shown.delivery_pin = own.then_some(pin);
    Ok(Json(shown))
}

/// Every fact about an order, oldest first.
#[utoipa::path(get, path = "/api/v1/orders/{id}/story", tag = "orders",
    responses((status = 200, body = Vec<log::Fact>), (status = 404, body = Problem)))]
async fn read_story(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<log::Fact>>, Problem> {
    let order = visible(&db, &caller, &id).await?;
    let mut read = db.read().await?;
    Ok(Json(log::story(read.sql(), &order.id.to_string()).await?))
}

/// What to cancel; everything that is left when no lines are named.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Cancel {
    #[serde(default)]
    lines: Option<Vec<CancelLine>>,
    #[serde(default)]
    reason: String,
}

/// Part of a line.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelLine {
    line: LineId,
    quantity: i64,
}

/// True if the caller may change this order: staff, its shopper, its guest link,
/// or the machine that placed it.
fn may_change(caller: &Caller, order: &Order) -> Result<(), Problem> {
    if is_own(caller, order) { Ok(()) } else { Ok(caller.permit(Permission::OrderChange, None)?) }
}

/// Cancels by line and quantity, at every stage.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "orders", request_body = Cancel,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Cancelled), (status = 409, body = Problem)))]
async fn cancel_order(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Cancel>,
) -> Result<Response, Problem> {
    let order = visible(&db, &caller, &id).await?;
    may_change(&caller, &order)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let wanted: Option<Vec<(LineId, i64)>> =
        command.body.lines.as_ref().map(|lines| lines.iter().map(|one| (one.line, one.quantity)).collect());
    let outcome = async {
        let order = orders::by_id(tx.sql(), order.id).await?.unwrap_or(order);
        let reason = command.body.reason.chars().take(200).collect::<String>();
        let cancelled = orders::cancel_lines(&mut tx, &order, wanted.as_deref(), &reason).await?;
        payments::settle(&mut tx, order.id, "cancelled").await?;
        Ok(cancelled)
    }
    .await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// More, fewer or other articles, at any stage before the order has ended. What is
/// added is promised and paid like the first of it; all of the change or nothing.
#[utoipa::path(post, path = "/api/v1/orders/{id}/amend", tag = "orders", request_body = Amend,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = view::OrderView), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn amend_order(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Amend>,
) -> Result<Response, Problem> {
    let order = visible(&db, &caller, &id).await?;
    may_change(&caller, &order)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        let order = orders::by_id(tx.sql(), order.id).await?.unwrap_or(order);
        amend::amend(&mut tx, &order, &command.body).await?;
        let order = orders::by_id(tx.sql(), order.id).await?.unwrap_or(order);
        Ok(view::view(tx.sql(), order).await?)
    }
    .await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// A new address, at any stage before the door.
#[utoipa::path(post, path = "/api/v1/orders/{id}/address", tag = "orders", request_body = Address,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = view::OrderView), (status = 409, body = Problem)))]
async fn change_address(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<Address>,
) -> Result<Response, Problem> {
    let order = visible(&db, &caller, &id).await?;
    may_change(&caller, &order)?;
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = async {
        place::change_address(&mut tx, &order, &command.body).await?;
        let order = orders::by_id(tx.sql(), order.id).await?.unwrap_or(order);
        Ok(view::view(tx.sql(), order).await?)
    }
    .await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}

/// A payment for an order that waits for one.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PayOrder {
    #[serde(default)]
    card: TestCard,
}

/// Pays an order that is unpaid; a payment that comes too late goes back.
#[utoipa::path(post, path = "/api/v1/orders/{id}/payments", tag = "orders", request_body = PayOrder,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Payment), (status = 402, body = Problem), (status = 409, body = Problem)))]
async fn pay_order(
    State(db): State<Db>,
    caller: Caller,
    Path(id): Path<String>,
    command: Command<PayOrder>,
) -> Result<Response, Problem> {
    let order = visible(&db, &caller, &id).await?;
    // Who placed it may pay it; who only reads orders may not.
    let may_pay = [Permission::PaymentAct, Permission::OrderPlace].map(|one| caller.permit(one, None).is_ok());
    if !is_own(&caller, &order) && may_pay == [false, false] {
        caller.permit(Permission::PaymentAct, None)?;
    }
    let (mut tx, _flight) = match command.begin(&db, caller.id()).await? {
        Begun::Fresh(tx, flight) => (tx, flight),
        Begun::Again(reply) => return Ok(reply),
    };
    let outcome = payments::authorise(&mut tx, order.id, command.body.card).await;
    command.finish(tx, caller.id(), StatusCode::OK, outcome).await
}
