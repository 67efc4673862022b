//! A shopper's orders: those whose links this browser keeps; paying again,
//! cancelling, another door. Deliberately absent: what each of them leads to.

use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;

use super::{Carried, view::Top};
use crate::{
    checkout::{self, api::visible},
    exchange::{Form, Path},
    identity::{self, Caller, FormCaller, api::extract::cookie},
    network,
    orders::{self, Order},
    parties,
    payments::{self, TestCard},
    problem::Problem,
    store::Db,
    web::{
        format,
        forms::once,
        geo,
        i18n::Words,
        page::{Visit, draw, go, set_cookie},
    },
};

/// The cookie of the links of earlier orders.
pub const ORDERS_COOKIE: &str = "cartage_orders";
/// A link is kept this long.
pub const KEPT_S: i64 = 90 * 86_400;
/// Links kept.
const MOST: usize = 8;

fn links(headers: &HeaderMap) -> Vec<&str> {
    cookie(headers, ORDERS_COOKIE).unwrap_or_default().split('~').filter(|link| !link.is_empty()).collect()
}

/// Keeps one more link in this browser, the newest first.
pub fn remember(response: &mut Response, headers: &HeaderMap, link: &str) {
    let mut all = vec![link];
    all.extend(links(headers).into_iter().filter(|other| *other != link).take(MOST - 1));
    set_cookie(response, ORDERS_COOKIE, &all.join("~"), KEPT_S, false);
}

/// Who may see an order, and by which link if by one that this browser keeps.
pub async fn find(
    db: &Db,
    headers: &HeaderMap,
    caller: Option<Caller>,
    id: &str,
) -> Result<(Order, Caller, Option<String>), Problem> {
    if let Some(caller) = caller
        && let Ok(order) = visible(db, &caller, id).await
    {
        return Ok((order, caller, None));
    }
    for link in links(headers) {
        let mut read = db.read().await?;
        let Ok(caller) = identity::by_link(read.sql(), link, "en").await else { continue };
        drop(read);
        if let Ok(order) = visible(db, &caller, id).await {
            return Ok((order, caller, Some(link.to_owned())));
        }
    }
    Err(Problem::not_found("order"))
}

/// The orders of this browser.
#[derive(Template)]
#[template(path = "shop/orders.html")]
pub struct OrdersPage {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// Number, number in words, and when it comes.
    pub orders: Vec<(String, String, String)>,
}

/// The list.
pub async fn list(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (t, now) = (visit.t, db.clock.now());
    let mut read = db.read().await?;
    let mut found = Vec::new();
    for link in links(&headers) {
        let Ok(caller) = identity::by_link(read.sql(), link, "en").await else { continue };
        let Some(id) = caller.guest_order() else { continue };
        if let Some(order) = orders::by_id(read.sql(), id).await? {
            let zone = zone_of(&mut read, &order).await?;
            let when = format::window(t, now, order.window_from, order.window_to, &zone);
            let state = t.or("status", order.state.as_str(), order.state.as_str());
            found.push((order.number.clone(), t.put("shop.order_n", &order.number), format!("{state} · {when}")));
        }
    }
    draw(&OrdersPage { t, top: carried.top(), orders: found })
}

/// The zone of the site that ships the first part of an order.
pub async fn zone_of(read: &mut crate::store::Read, order: &Order) -> Result<String, Problem> {
    let parts = orders::fulfilments(read.sql(), order.id).await?;
    let site = match parts.first() {
        Some(part) => network::site(read.sql(), part.site).await?,
        None => network::sites(read.sql()).await?.into_iter().next(),
    };
    Ok(site.map_or_else(|| "UTC".to_owned(), |site| site.time_zone))
}

/// What these forms carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    csrf: String,
    street: String,
    detail: String,
}

async fn own(db: &Db, caller: FormCaller, csrf: &str, id: &str) -> Result<(Order, Caller), Problem> {
    let caller = caller.checked(csrf)?;
    let order = visible(db, &caller, id).await?;
    let own = caller.guest_order() == Some(order.id) || (order.shopper.is_some() && order.shopper == caller.user());
    if !own {
        caller.permit(identity::Permission::OrderChange, None)?;
    }
    Ok((order, caller))
}

/// Pays an order whose payment did not go.
pub async fn pay(
    State(db): State<Db>,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (order, caller) = own(&db, caller, &sent.csrf, &id).await?;
    let mut tx = db.begin(crate::store::Actor::named(caller.id())).await?;
    payments::authorise(&mut tx, order.id, TestCard::Ok).await?;
    tx.commit().await?;
    Ok(go(&format!("/orders/{}", order.number)))
}

/// Cancels what is left of an order, at whatever stage it is.
pub async fn cancel(
    State(db): State<Db>,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (order, caller) = own(&db, caller, &sent.csrf, &id).await?;
    let mut tx = db.begin(crate::store::Actor::named(caller.id())).await?;
    orders::cancel_lines(&mut tx, &order, None, "by the shopper").await?;
    payments::settle(&mut tx, order.id, "cancelled").await?;
    tx.commit().await?;
    Ok(go(&format!("/orders/{}", order.number)))
}

/// Another door. What the map does not know is refused, since goods may be under way.
pub async fn change_address(
    State(db): State<Db>,
    caller: FormCaller,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (order, caller) = own(&db, caller, &sent.csrf, &id).await?;
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let before = parties::address(read.sql(), order.address).await?;
    drop(read);
    let found = geo::find(&roads, &sent.street).ok_or_else(|| Problem::from(parties::Refusal::BadPlace))?;
    let mut address = before.ok_or_else(|| Problem::not_found("address"))?;
    (address.lat, address.lon, address.confidence) = (found.coord.lat, found.coord.lon, found.confidence);
    address.street = sent.street.trim().chars().take(200).collect();
    address.detail = sent.detail.trim().chars().take(200).collect();
    address.raw = String::new();
    let body = format!("address {} {} {}", order.id, address.street, address.detail);
    once::<(), _>(&db, caller.id(), "", &body, async |tx| {
        checkout::change_address(tx, &order, &address).await?;
        Ok(())
    })
    .await?;
    Ok(go(&format!("/orders/{}", order.number)))
}
