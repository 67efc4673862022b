//! Following an order: its page, the part of it that moves, and the stream that
//! says when it did. Deliberately absent: names and numbers of riders.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde::Deserialize;

use super::{
    Carried,
    orders::{KEPT_S, find, zone_of},
    story::{Far, keeps, rail, story},
    view::{LineView, Track, TrackPart},
};
use crate::{
    catalog,
    exchange::{Path, Query},
    identity::{Caller, GUEST_COOKIE, OptionalCaller},
    kernel::{Coord, OrderId, Time},
    network::{self, Site},
    orders::{self, Order, OrderState},
    payments::{self, PaymentState},
    problem::Problem,
    riders::{self, ProofKind, Tracker, rider_by_id},
    stock,
    store::{Db, Read, log},
    transport::{self, LoadState, Parcel, ParcelState, RouteStop, StopState},
    web::{
        assets::path_part,
        format,
        i18n::Words,
        page::{Visit, draw, set_cookie},
        sketch::{self, Mark, Sketch},
    },
};

/// What the page may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    new: String,
}

/// The order's page.
pub async fn show(
    State(db): State<Db>,
    visit: Visit,
    carried: Carried,
    OptionalCaller(caller): OptionalCaller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let t = visit.t;
    let (order, caller, link) = find(&db, &headers, caller, &id).await?;
    let mut read = db.read().await?;
    let (lines, bill, total, pieces) = bill(&mut read, t, &order).await?;
    let payment = payments::of_order(read.sql(), order.id).await?.map(|payment| payment.state);
    let paid = match payment {
        Some(PaymentState::Paid | PaymentState::Collected | PaymentState::Authorised) => t.get("shop.paid"),
        _ => t.get("shop.to_pay"),
    };
    let part = moving(&db, &mut read, t, &order, &caller).await?;
    let about = format!("{}, {}", t.count("cart.count", pieces), format::money(total));
    let total = format::money(total);
    let fresh = !asked.new.is_empty();
    let page = Track { t, top: carried.top(), part, about, lines, bill, paid: paid.to_owned(), total, fresh };
    let mut response = draw(&page)?;
    if let Some(link) = link {
        set_cookie(&mut response, GUEST_COOKIE, &link, KEPT_S, false);
    }
    Ok(response)
}

type Bill = (Vec<LineView>, Vec<(String, String)>, i64, i64);

async fn bill(read: &mut Read, t: Words, order: &Order) -> Result<Bill, Problem> {
    let (mut shown, mut goods, mut pieces, mut any) = (Vec::new(), 0, 0, false);
    for line in orders::lines(read.sql(), order.id).await? {
        let left = line.ordered - line.cancelled - line.returned;
        let article = catalog::by_id(read.sql(), line.sku).await?;
        (goods, pieces, any) = (goods + line.due_minor(), pieces + left, any || left > 0);
        let cut =
            if line.cancelled > 0 { format!(", {}", t.put("shop.cancelled_n", line.cancelled)) } else { String::new() };
        shown.push(LineView {
            name: article.as_ref().map(|one| t.name(&one.name.en, &one.name.zh).to_owned()).unwrap_or_default(),
            image: article.map(|one| one.image).unwrap_or_default(),
            each: format!("{left} × {}{cut}", format::money(line.unit_price_minor)),
            total: format::money(line.due_minor()),
            quantity: left,
            ..LineView::default()
        });
    }
    let shipping = if any { order.shipping_minor } else { 0 };
    let rows = vec![
        (t.get("shop.articles").to_owned(), format::money(goods)),
        (t.get("shop.delivery").to_owned(), format::money(shipping)),
    ];
    Ok((shown, rows, goods + shipping, pieces))
}

/// Only what moves, for a page that is open.
pub async fn part(
    State(db): State<Db>,
    visit: Visit,
    OptionalCaller(caller): OptionalCaller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (order, caller, _) = find(&db, &headers, caller, &id).await?;
    let mut read = db.read().await?;
    draw(&moving(&db, &mut read, visit.t, &order, &caller).await?)
}

/// A parcel under way: its stop, what lies before it, and who brings it.
struct Ride {
    stop: RouteStop,
    before: i64,
    way: Vec<Coord>,
    here: Option<Coord>,
    site: Option<Site>,
}

async fn ride(read: &mut Read, parcels: &[Parcel]) -> Result<Option<Ride>, Problem> {
    let out = |parcel: &Parcel| {
        let aboard = Some((parcel.site, parcel.load?, parcel.stop?));
        aboard.filter(|_| parcel.state == ParcelState::Out)
    };
    let Some((site, load, stop)) = parcels.iter().find_map(out) else { return Ok(None) };
    let stops = transport::stops_of(read.sql(), load).await?;
    let Some(own) = stops.iter().find(|other| other.id == stop).cloned() else { return Ok(None) };
    let open =
        |other: &&RouteStop| matches!(other.state, StopState::Planned | StopState::Arrived) && other.seq < own.seq;
    let before = i64::try_from(stops.iter().filter(open).count()).unwrap_or(0);
    // Only the shopper's own leg is shown: other people's doors are not his business.
    let way = own.polyline.iter().map(|[lat, lon]| Coord { lat: *lat, lon: *lon }).collect();
    let found = transport::load_by_id(read.sql(), load).await?.filter(|load| load.state == LoadState::Out);
    let here = match found.and_then(|load| load.driver) {
        Some(driver) => {
            let seen = Tracker::shared().everybody().into_iter().find(|position| position.rider == driver);
            match seen {
                Some(position) => Some(position.coord),
                None => rider_by_id(read.sql(), driver).await?.map(|rider| rider.coord),
            }
        }
        None => None,
    };
    let site = network::site(read.sql(), site).await?;
    Ok(Some(Ride { stop: own, before, way, here, site }))
}

/// How each hand-over among the facts was proved, by the fact's position.
async fn proofs(read: &mut Read, t: Words, facts: &[log::Fact]) -> Result<Vec<(i64, String)>, Problem> {
    let mut told = Vec::new();
    for fact in facts.iter().filter(|fact| fact.kind == "parcel.delivered") {
        let id = fact.body.get("attempt").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        let Some(id) = id else { continue };
        if let Some((kind, by)) = riders::proved(read.sql(), id).await? {
            let how = if kind == ProofKind::Pin { "shop.by_pin" } else { "shop.by_photo" };
            let who = t.or("by", by.as_str(), by.as_str());
            told.push((fact.position, t.put2("shop.taken_by", t.get(how), who)));
        }
    }
    Ok(told)
}

/// Everything on the page that may change.
async fn moving(db: &Db, read: &mut Read, t: Words, order: &Order, caller: &Caller) -> Result<TrackPart, Problem> {
    let now = db.clock.now();
    let zone = zone_of(read, order).await?;
    let lines = orders::lines(read.sql(), order.id).await?;
    let far = Far::of(&lines);
    let parcels = transport::parcels_of_order(read.sql(), order.id).await?;
    let ride = ride(read, &parcels).await?;
    let payment = payments::of_order(read.sql(), order.id).await?.map(|payment| payment.state);
    let unpaid = matches!(payment, Some(PaymentState::Unpaid | PaymentState::Declined)) && !order.state.is_over();
    let sites = network::sites(read.sql()).await?;
    let facts = log::story(read.sql(), &order.id.to_string()).await?;
    let proofs = proofs(read, t, &facts).await?;
    let more = |fact: &log::Fact| {
        if let Some((_, proof)) = proofs.iter().find(|(at, _)| *at == fact.position) {
            return proof.clone();
        }
        let site = sites.iter().find(|site| Some(site.id) == fact.site);
        site.map(|site| t.name(&site.name.en, &site.name.zh).to_owned()).unwrap_or_default()
    };
    let waiting = parcels.iter().any(|parcel| parcel.state == ParcelState::Waiting);
    let point = order.pickup_site.and_then(|id| sites.iter().find(|site| site.id == id));
    let mut head = headline(t, order, now, &zone, ride.as_ref(), unpaid, point.filter(|_| waiting));
    let to_come = stock::pledged_of_order(read.sql(), order.id).await?;
    if let Some(from) = to_come.iter().map(|(_, supply)| supply.not_before.max(now)).max() {
        (head.1, head.2) = ("ask", t.put("shop.ships_from", format::near_day(t, now, from, &zone)));
    }
    let own = caller.guest_order() == Some(order.id) || order.shopper.is_some_and(|one| caller.user() == Some(one));
    let map = match &ride {
        Some(ride) => draw_map(read, t, order, ride).await?,
        None => None,
    };
    Ok(TrackPart {
        t,
        number: path_part(&order.number),
        headline: head.0,
        chip_k: head.1,
        chip: head.2,
        rail: rail(t, order.state, far, ride.as_ref().map(|ride| ride.before)),
        map,
        pin: if own && !unpaid && !order.state.is_over() { order.delivery_pin.clone() } else { String::new() },
        pay_again: if unpaid { t.get("shop.pay_again").to_owned() } else { String::new() },
        story: story(t, &facts, &zone, more),
        cancel: if order.state.is_over() { String::new() } else { cancel_words(t, far) },
        move_house: own && !order.state.is_over() && far.shipped == 0 && order.pickup_site.is_none(),
        over: order.state.is_over(),
        csrf: caller.csrf().unwrap_or_default().to_owned(),
    })
}

/// What cancelling means now.
fn cancel_words(t: Words, far: Far) -> String {
    let key = match far {
        Far { shipped: 1.., .. } => "shop.cancel_shipped",
        Far { begun: 1.., .. } => "shop.cancel_begun",
        _ => "shop.cancel_held",
    };
    t.get(key).to_owned()
}

/// The large words, and the chip below them.
fn headline(
    t: Words,
    order: &Order,
    now: Time,
    zone: &str,
    ride: Option<&Ride>,
    unpaid: bool,
    waits_at: Option<&Site>,
) -> (String, &'static str, String) {
    let window = (order.window_from, order.window_to);
    let promised = || format::window(t, now, window.0, window.1, zone);
    match (order.state, ride, waits_at) {
        (OrderState::Cancelled, ..) => (t.get("shop.is_cancelled").to_owned(), "x", t.get("shop.no_charge").to_owned()),
        (OrderState::Delivered, ..) => {
            let at = order.ended_at.unwrap_or(now);
            let (k, chip) = keeps(t, now, at, window, zone);
            (t.put("shop.is_delivered", format::near(t, now, at, zone)), k, chip)
        }
        (_, _, Some(point)) => {
            (t.put("shop.waits_at", t.name(&point.name.en, &point.name.zh)), "ok", point.street.clone())
        }
        (_, Some(ride), _) => {
            let eta = ride.stop.eta.max(now);
            let (k, chip) = keeps(t, now, eta, window, zone);
            (t.put("shop.here_at", format::clock(eta, zone)), k, chip)
        }
        (OrderState::OnHold, ..) => (t.get("shop.is_held").to_owned(), "warn", t.put("shop.planned", promised())),
        _ if unpaid => (t.get("shop.is_unpaid").to_owned(), "warn", t.put("shop.planned", promised())),
        _ => (promised(), "ok", t.get("shop.as_promised").to_owned()),
    }
}

async fn draw_map(read: &mut Read, t: Words, order: &Order, ride: &Ride) -> Result<Option<Sketch>, Problem> {
    let roads = network::roads(read.sql()).await?;
    let mut marks = vec![Mark { coord: order.coord, kind: "door", label: t.get("shop.you").to_owned() }];
    if let Some(here) = ride.here {
        marks.push(Mark { coord: here, kind: "here", label: t.get("shop.rider").to_owned() });
    }
    if let Some(site) = &ride.site {
        marks.push(Mark { coord: site.coord, kind: "site", label: t.get("shop.warehouse").to_owned() });
    }
    let way = if ride.before == 0 { ride.way.as_slice() } else { &[] };
    Ok(sketch::draw(&roads, way, &marks, t.get("shop.map")))
}

/// What a stream watches: new facts of one order, and the rider's moving.
struct Watch {
    db: Db,
    order: OrderId,
    seen: usize,
    ticks: u32,
}

/// Between two looks.
const LOOK: Duration = Duration::from_millis(700);
/// Looks after which the page draws itself anew while a parcel is under way.
const MOVES: u32 = 8;

/// Says when the page should look again.
pub async fn live(
    State(db): State<Db>,
    OptionalCaller(caller): OptionalCaller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let (order, ..) = find(&db, &headers, caller, &id).await?;
    let mut read = db.read().await?;
    let seen = log::story(read.sql(), &order.id.to_string()).await?.len();
    drop(read);
    let watch = Watch { db, order: order.id, seen, ticks: 0 };
    let events = stream::unfold(watch, |mut watch| async move {
        loop {
            tokio::time::sleep(LOOK).await;
            watch.ticks += 1;
            if let Some(seen) = look(&watch).await {
                watch.seen = seen;
                return Some((Ok(Event::default().event("changed").data(seen.to_string())), watch));
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The number of facts, if there are more than before or the rider moved.
async fn look(watch: &Watch) -> Option<usize> {
    let mut read = watch.db.read().await.ok()?;
    let facts = log::story(read.sql(), &watch.order.to_string()).await.ok()?;
    let under_way = facts.last().is_some_and(|fact| fact.kind == "parcel.out_for_delivery");
    let moved = under_way && watch.ticks.is_multiple_of(MOVES);
    (facts.len() != watch.seen || moved).then_some(facts.len())
}
