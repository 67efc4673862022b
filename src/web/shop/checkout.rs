//! Checkout: where to, when and how, pay. One page, one form; a pasted address is
//! sorted into its fields, and every choice carries its own promise. Deliberately
//! absent: the rules of placing an order.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};

use super::{
    Carried,
    basket::{BASKET_COOKIE, PLACE_COOKIE, Place},
    cart,
    choices::{self, Asked},
    orders::{self, remember},
    shelf::Shelf,
    view::{Checkout, Filled},
};
use crate::{
    checkout::{self, Want},
    exchange::Form,
    identity::{self, GUEST_COOKIE},
    kernel::Coord,
    network::{self, Roads},
    parties,
    problem::Problem,
    store::Db,
    web::{
        assets::path_part,
        format,
        forms::once,
        geo,
        i18n::Words,
        page::{Visit, draw_with, go, set_cookie},
    },
};

/// Orders that name no account are all of one caller.
const CALLER: &str = "shop";
/// An address that the map does not know: a person looks first.
const UNKNOWN: i64 = 30;

/// The empty form, with what is known already.
pub async fn show(State(db): State<Db>, visit: Visit, carried: Carried) -> Result<Response, Problem> {
    let form = Filled {
        street: carried.place.as_ref().map(|place| place.label.clone()).unwrap_or_default(),
        short: "ship_part".to_owned(),
        pay: "card".to_owned(),
        way: "home same_day".to_owned(),
        ..Filled::default()
    };
    page(&db, visit.t, &carried, form, Said::default()).await
}

/// What the page has to say beside the form.
#[derive(Default)]
struct Said {
    wrong: String,
    refused: Option<Problem>,
    wrong_at: &'static str,
    pasted: String,
    status: StatusCode,
}

/// Sorts a pasted line, asks again for promises, or orders.
pub async fn send(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    headers: axum::http::HeaderMap,
    Form(mut form): Form<Filled>,
) -> Result<Response, Problem> {
    match form.act.as_str() {
        "order" => order(&db, visit.t, &carried, &headers, form).await,
        "parse" => {
            let found = sort(&mut form);
            let pasted = if found == 0 { String::new() } else { visit.t.count("shop.pasted", found) };
            let wrong = if found == 0 { visit.t.get("shop.paste_none").to_owned() } else { String::new() };
            page(&db, visit.t, &carried, form, Said { pasted, wrong, ..Said::default() }).await
        }
        _ => page(&db, visit.t, &carried, form, Said::default()).await,
    }
}

/// Puts the parts of a pasted line into their fields; returns how many there were.
fn sort(form: &mut Filled) -> usize {
    let parsed = parties::parse_line(&form.paste);
    let fields = [
        (parsed.name, &mut form.name),
        (parsed.phone, &mut form.phone),
        (parsed.province, &mut form.province),
        (parsed.city, &mut form.city),
        (parsed.district, &mut form.district),
        (parsed.street, &mut form.street),
        (parsed.detail, &mut form.detail),
    ];
    let mut found = 0;
    for (part, field) in fields {
        if !part.is_empty() {
            *field = part;
            found += 1;
        }
    }
    found
}

/// Where the street is: on the map, else about where the visitor said he is.
fn door(roads: &Roads, form: &Filled, shelf: &Shelf) -> (Coord, i64) {
    match geo::find(roads, &form.street) {
        Some(found) => (found.coord, found.confidence),
        None => (shelf.place.coord, UNKNOWN),
    }
}

fn wants(carried: &Carried) -> Vec<Want> {
    let want = |(sku, quantity): &(String, i64)| Want { sku: sku.clone(), quantity: *quantity, external_line_id: None };
    carried.basket.lines.iter().map(want).collect()
}

async fn page(db: &Db, t: Words, carried: &Carried, mut form: Filled, said: Said) -> Result<Response, Problem> {
    if carried.basket.lines.is_empty() {
        return Ok(go("/basket"));
    }
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let mut shelf = Shelf::load(read.sql(), carried.place.clone(), db.clock.now()).await?;
    let (door, confidence) = door(&roads, &form, &shelf);
    shelf.place.coord = door;
    let (lines, goods) = cart::lines(read.sql(), t, &shelf, &carried.basket).await?;
    drop(read);
    let nearest = shelf.soonest();
    let zone = nearest.as_ref().map_or_else(|| "UTC".to_owned(), |best| best.site.time_zone.clone());
    let found = match (form.street.trim().is_empty(), confidence < parties::DOUBTFUL_BELOW, &nearest) {
        (true, _, _) => ("x", String::new()),
        (_, true, _) => ("warn", t.get("shop.not_on_map").to_owned()),
        (_, _, Some(best)) => ("ok", t.put("shop.on_map", format::distance(shelf.metres(&best.site)))),
        _ => ("ok", t.get("shop.on_map_only").to_owned()),
    };
    let wants = wants(carried);
    let asked = Asked { wants: &wants, door, shelf: &shelf, zone, lines: &lines };
    let quoted = choices::quote_all(db, t, &asked, &form.way).await?;
    let wrong = match &said.refused {
        Some(problem) => choices::refused(t, &lines, &problem.code, &problem.detail, &problem.members),
        None => said.wrong,
    };
    let chosen = quoted.iter().find(|one| one.choice.chosen);
    let shipping = chosen.map_or(0, |one| one.shipping_minor);
    let goods = chosen.map_or(goods, |one| one.goods_minor);
    form.command_id = db.dice.ulid(db.clock.now()).to_string();
    let page = Checkout {
        t,
        top: carried.top(),
        wrong,
        wrong_at: said.wrong_at,
        pasted: said.pasted,
        found,
        lines,
        bill: vec![
            (t.get("shop.articles").to_owned(), format::money(goods)),
            (t.get("shop.delivery").to_owned(), format::money(shipping)),
        ],
        total: format::money(goods + shipping),
        open: chosen.is_some(),
        promise: chosen.map(|one| t.put("shop.promised", &one.choice.title)).unwrap_or_default(),
        choices: quoted.into_iter().map(|one| one.choice).collect(),
        form,
    };
    draw_with(said.status, &page)
}

/// What is kept of a placed order, so that a form sent twice leads to one order.
#[derive(Serialize, Deserialize)]
struct Placed {
    number: String,
    link: String,
}

async fn order(
    db: &Db,
    t: Words,
    carried: &Carried,
    headers: &axum::http::HeaderMap,
    form: Filled,
) -> Result<Response, Problem> {
    let mut read = db.read().await?;
    let roads = network::roads(read.sql()).await?;
    let shelf = Shelf::load(read.sql(), carried.place.clone(), db.clock.now()).await?;
    drop(read);
    let (door, confidence) = door(&roads, &form, &shelf);
    let new = choices::order_of(&form, wants(carried), door, confidence);
    let body = serde_json::to_string(&new).map_err(crate::kernel::Fault::from)?;
    let placed: Result<Placed, Problem> = once(db, CALLER, &form.command_id, &body, async |tx| {
        let order = checkout::place(tx, &new, None).await?;
        let link = identity::sign_guest(tx, order.id).await?;
        Ok(Placed { number: order.number, link })
    })
    .await;
    match placed {
        Ok(placed) => Ok(done(headers, &form, door, &placed)),
        Err(problem) if problem.status < 500 => {
            let said = Said {
                wrong_at: field_of(&problem.code),
                status: StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT),
                refused: Some(problem),
                ..Said::default()
            };
            page(db, t, carried, form, said).await
        }
        Err(problem) => Err(problem),
    }
}

/// The field that a refusal is about.
fn field_of(code: &str) -> &'static str {
    match code {
        "contact.no_name" => "name",
        "contact.bad_phone" => "phone",
        "address.no_street" | "address.bad_place" => "street",
        _ => "",
    }
}

/// To the order's page; the basket is empty, the link is kept in this browser.
fn done(headers: &axum::http::HeaderMap, form: &Filled, door: Coord, placed: &Placed) -> Response {
    let mut response = go(&format!("/orders/{}?new=1&g={}", path_part(&placed.number), placed.link));
    set_cookie(&mut response, BASKET_COOKIE, "", 0, false);
    set_cookie(&mut response, GUEST_COOKIE, &placed.link, orders::KEPT_S, false);
    let place = Place { coord: door, label: form.street.trim().to_owned() };
    set_cookie(&mut response, PLACE_COOKIE, &place.write(), orders::KEPT_S, false);
    remember(&mut response, headers, &placed.link);
    response
}
