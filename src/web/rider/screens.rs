//! Which screen lies before a rider, and what stands on it. Deliberately absent:
//! changing anything.

use axum::response::Response;

use super::view::{Door, Fail, Hand, Idle, Leg, Load, Off, Offer, ParcelRow, Route, StopView};
use crate::{
    identity::{Caller, Permission},
    kernel::{Coord, Stop, StopId, Time, UserId},
    network::{self, SiteKind},
    orders, parties,
    problem::Problem,
    riders::{
        self, OFFER_MS, PAY_BASE_MINOR,
        api::{LoadForRider, OfferForRider, RiderView, StopForRider, rider_view},
    },
    store::{Db, Read},
    transport::{self, FailReason, LoadState, Needs, ParcelState, StopKind, StopState},
    web::{
        format,
        i18n::Words,
        page::draw,
        sketch::{self, Mark, Sketch},
    },
};

/// What the rider did last, as far as the screen must say.
#[derive(Debug, Clone, Default)]
pub struct Last {
    /// What did not go.
    pub wrong: String,
    /// True after a right scan.
    pub right: bool,
    /// The stop where nothing can be handed over.
    pub failing: Option<StopId>,
}

/// Draws the one screen that is due.
pub async fn screen(db: &Db, t: Words, caller: &Caller, user: UserId, last: Last) -> Result<Response, Problem> {
    let view = rider_view(db, user).await?;
    let hand = Hand {
        csrf: caller.csrf().unwrap_or_default().to_owned(),
        command: db.dice.ulid(db.clock.now()).to_string(),
        wrong: last.wrong.clone(),
    };
    let mut read = db.read().await?;
    let now = db.clock.now();
    if !view.shift.on {
        return off(&mut read, t, caller, hand, &view).await;
    }
    let Some(load) = &view.load else {
        return match &view.offer {
            Some(offer) => draw(&offered(&mut read, t, hand, offer, now, db.clock.speed(), user).await?),
            None => idle(&mut read, t, caller, hand, &view, user).await,
        };
    };
    if load.state != LoadState::Out {
        return draw(&loading(t, hand, load, last.right));
    }
    let zone = zone_of(&mut read, load).await?;
    let at = At { t, now, zone };
    let failing = last.failing.and_then(|id| load.stops.iter().find(|stop| stop.id == id));
    let arrived = load.stops.iter().find(|stop| stop.state == StopState::Arrived);
    if let Some(stop) = failing {
        let stop_view = stop_view(&mut read, &at, stop).await?;
        return draw(&Fail { t, hand, stop: stop_view, reasons: reasons(t, stop.kind) });
    }
    match arrived {
        Some(stop) => draw(&door(&mut read, &at, hand, stop).await?),
        None => draw(&under_way(&mut read, &at, hand, &view, load, user).await?),
    }
}

async fn zone_of(read: &mut Read, load: &LoadForRider) -> Result<String, Problem> {
    let site = network::site(read.sql(), load.site.id).await?;
    Ok(site.map_or_else(|| "UTC".to_owned(), |site| site.time_zone))
}

/// Language, time and zone of a screen.
struct At {
    t: Words,
    now: Time,
    zone: String,
}

async fn off(read: &mut Read, t: Words, caller: &Caller, hand: Hand, view: &RiderView) -> Result<Response, Problem> {
    let held = caller.sites(Permission::Ride);
    let usual = view.shift.site.as_ref().map(|site| site.id);
    let sites = network::sites(read.sql())
        .await?
        .into_iter()
        .filter(|site| site.active && site.kind != SiteKind::Supplier && site.kind != SiteKind::PickupPoint)
        .filter(|site| held.holds(site.id))
        .map(|site| (site.code.clone(), t.name(&site.name.en, &site.name.zh).to_owned(), Some(site.id) == usual))
        .collect();
    let earned = if view.shift.earned_minor > 0 { format::money(view.shift.earned_minor) } else { String::new() };
    let driver = caller.roles().contains(&"driver");
    draw(&Off { t, hand, name: caller.name().to_owned(), sites, driver, earned })
}

async fn idle(
    read: &mut Read,
    t: Words,
    caller: &Caller,
    hand: Hand,
    view: &RiderView,
    user: UserId,
) -> Result<Response, Problem> {
    let site = view.shift.site.as_ref();
    let mut marks: Vec<Mark> =
        site.map(|site| Mark { coord: site.coord, kind: "site", label: String::new() }).into_iter().collect();
    if let Some(here) = here(read, user).await? {
        marks.push(Mark { coord: here, kind: "here", label: t.get("rider.you").to_owned() });
    }
    let roads = network::roads(read.sql()).await?;
    draw(&Idle {
        t,
        hand,
        name: caller.name().to_owned(),
        site: site.map(|site| t.name(&site.name_en, &site.name_zh).to_owned()).unwrap_or_default(),
        earned: format::money(view.shift.earned_minor),
        cash: format::money(view.shift.cash_minor),
        vehicle: view.shift.vehicle.clone().unwrap_or_default(),
        map: sketch::draw(&roads, &[], &marks, t.get("rider.map")),
    })
}

async fn here(read: &mut Read, user: UserId) -> Result<Option<Coord>, Problem> {
    Ok(riders::rider_by_id(read.sql(), user).await?.map(|rider| rider.coord))
}

/// A street without its number: before a load is taken, nobody's door is shown.
fn street_only(street: &str) -> String {
    let name: String = street.chars().filter(|c| !c.is_ascii_digit() && *c != '号').collect();
    name.trim().to_owned()
}

async fn offered(
    read: &mut Read,
    t: Words,
    hand: Hand,
    offer: &OfferForRider,
    now: Time,
    speed: f64,
    user: UserId,
) -> Result<Offer, Problem> {
    let stops = transport::stops_of(read.sql(), offer.load).await?;
    let mut legs = vec![Leg {
        icon: "store",
        title: t.name(&offer.pickup.name_en, &offer.pickup.name_zh).to_owned(),
        sub: offer.pickup.street.clone(),
        far: format::distance(offer.approach_m),
    }];
    let mut marks = vec![Mark { coord: offer.pickup.coord, kind: "site", label: t.get("rider.pickup").to_owned() }];
    for stop in stops.iter().take(4) {
        let address = match stop.address {
            Some(id) => parties::address(read.sql(), id).await?,
            None => None,
        };
        let title = address.map_or_else(|| t.get("rider.point").to_owned(), |address| street_only(&address.street));
        let sub = window(t, now, stop.window_from, stop.window_to, "UTC", read, offer).await?;
        legs.push(Leg { icon: "door", title, sub, far: format::distance(stop.leg_m) });
        marks.push(Mark { coord: stop.coord, kind: "door", label: String::new() });
    }
    if let Some(here) = here(read, user).await? {
        marks.push(Mark { coord: here, kind: "here", label: t.get("rider.you").to_owned() });
    }
    let way: Vec<Coord> = stops.iter().flat_map(|stop| line(&stop.polyline)).collect();
    let roads = network::roads(read.sql()).await?;
    let left_ms = wall(offer.expires_at.since(now).max(0), speed);
    Ok(Offer {
        t,
        hand,
        id: offer.id.to_string(),
        about: t.put2("rider.about", t.count("rider.parcels", offer.parcels), t.count("rider.doors", offer.stops)),
        pay: format::money(offer.pay_minor),
        made_of: t.put3(
            "rider.made_of",
            format::money(PAY_BASE_MINOR),
            format::money(offer.pay_minor - PAY_BASE_MINOR),
            format::distance(offer.distance_m),
        ),
        legs,
        chips: chips(t, offer),
        left_ms,
        all_ms: wall(OFFER_MS, speed).max(1),
        map: sketch::draw(&roads, &way, &marks, t.get("rider.map")),
    })
}

/// Domain milliseconds as the wall's.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn wall(ms: i64, speed: f64) -> i64 {
    // Offers last minutes; far below 2^52.
    (ms as f64 / speed.max(0.001)).round() as i64
}

fn line(polyline: &[[f64; 2]]) -> Vec<Coord> {
    polyline.iter().map(|[lat, lon]| Coord { lat: *lat, lon: *lon }).collect()
}

#[allow(clippy::too_many_arguments)]
async fn window(
    t: Words,
    now: Time,
    from: Option<Time>,
    to: Option<Time>,
    fallback: &str,
    read: &mut Read,
    offer: &OfferForRider,
) -> Result<String, Problem> {
    let site = network::site(read.sql(), offer.pickup.id).await?;
    let zone = site.map_or_else(|| fallback.to_owned(), |site| site.time_zone);
    Ok(match (from, to) {
        (Some(from), Some(to)) => format::window(t, now, from, to, &zone),
        (_, Some(to)) => t.put("rider.by", format::clock(to, &zone)),
        _ => String::new(),
    })
}

fn chips(t: Words, offer: &OfferForRider) -> Vec<(&'static str, &'static str, String)> {
    let minutes = (offer.duration_ms + 59_999) / 60_000;
    let mut chips = vec![
        ("x", "wait", t.put("rider.about_min", format::span(t, minutes))),
        ("x", "scale", format::weight(offer.weight_g)),
    ];
    if offer.cold {
        chips.push(("ask", "snow", t.get("rider.has_cold").to_owned()));
    }
    chips
}

/// The last digits of a label, enough to tell parcels apart.
fn end_of(sscc: &str) -> String {
    let tail = sscc.chars().count().saturating_sub(5);
    sscc.chars().skip(tail).collect()
}

fn geo(coord: Coord) -> String {
    format!("geo:{:.6},{:.6}", coord.lat, coord.lon)
}

fn loading(t: Words, hand: Hand, load: &LoadForRider, right: bool) -> Load {
    let rows: Vec<ParcelRow> =
        load.parcels.iter().map(|parcel| ParcelRow { end: end_of(&parcel.sscc), scanned: parcel.scanned }).collect();
    Load {
        t,
        id: load.id.to_string(),
        site: t.name(&load.site.name_en, &load.site.name_zh).to_owned(),
        street: load.site.street.clone(),
        geo: geo(load.site.coord),
        done: rows.iter().filter(|row| row.scanned).count(),
        of: rows.len(),
        parcels: rows,
        take_out: load.bring_back.clone(),
        tone: if !hand.wrong.is_empty() {
            "bad"
        } else if right {
            "ok"
        } else {
            "ask"
        },
        hand,
    }
}

async fn stop_view(read: &mut Read, at: &At, stop: &StopForRider) -> Result<StopView, Problem> {
    let t = at.t;
    let mut view = StopView {
        id: stop.id.to_string(),
        seq: stop.seq,
        eta: format::clock(stop.eta, &at.zone),
        k: "x",
        what: t.count("rider.parcels", stop.parcels.len()),
        geo: geo(stop.coord),
        attempt: t.put("rider.attempt", stop.attempt),
        cash_minor: stop.cash_minor,
        ..StopView::default()
    };
    if stop.cash_minor > 0 {
        view.cash = format::money(stop.cash_minor);
    }
    if let Some(to) = stop.window.and_then(|window| window.to) {
        view.window = t.put("rider.by", format::clock(to, &at.zone));
        view.k = if stop.eta > to { "warn" } else { "ok" };
    }
    match &stop.point {
        Some(point) => {
            view.place = vec![t.name(&point.name_en, &point.name_zh).to_owned(), point.street.clone()];
        }
        None => to_door(read, stop, &mut view).await?,
    }
    Ok(view)
}

/// Name, door and note, as long as the parcel is not handed over.
async fn to_door(read: &mut Read, stop: &StopForRider, view: &mut StopView) -> Result<(), Problem> {
    if let Some(id) = stop.address_id
        && let Some(address) = parties::address(read.sql(), id).await?
    {
        view.place =
            [address.street, address.detail, address.district].into_iter().filter(|line| !line.is_empty()).collect();
    }
    let Some(first) = stop.parcels.first() else { return Ok(()) };
    let Some(parcel) = transport::parcel_by_id(read.sql(), first.id).await? else { return Ok(()) };
    if let Some(order) = orders::by_id(read.sql(), parcel.order).await? {
        view.note = order.note;
        view.who = parties::contact(read.sql(), order.contact).await?.map(|contact| contact.name).unwrap_or_default();
    }
    Ok(())
}

async fn door(read: &mut Read, at: &At, hand: Hand, stop: &StopForRider) -> Result<Door, Problem> {
    let out = |state| matches!(state, ParcelState::Out | ParcelState::Loaded);
    let due = stop.parcels.iter().filter(|parcel| out(parcel.state));
    let parcels = due.map(|parcel| ParcelRow { end: end_of(&parcel.sscc), scanned: true }).collect();
    let point = stop.kind == StopKind::PickupPoint;
    let stop_shown = stop_view(read, at, stop).await?;
    Ok(Door { t: at.t, hand, stop: stop_shown, parcels, by_pin: !point && stop.needs == Needs::Pin, point })
}

fn reasons(t: Words, kind: StopKind) -> Vec<(&'static str, &'static str, String)> {
    let all: &[(FailReason, &str)] = match kind {
        StopKind::Door => &[
            (FailReason::NobodyHome, "door"),
            (FailReason::NoAccess, "stop"),
            (FailReason::WrongAddress, "pin"),
            (FailReason::Refused, "cross"),
            (FailReason::Damaged, "crack"),
            (FailReason::NoCash, "cash"),
        ],
        StopKind::PickupPoint => &[
            (FailReason::PointClosed, "lock"),
            (FailReason::NoAccess, "stop"),
            (FailReason::Damaged, "crack"),
            (FailReason::WrongAddress, "pin"),
        ],
    };
    all.iter().map(|(reason, icon)| (reason.as_str(), *icon, t.or("why", reason.as_str(), reason.as_str()))).collect()
}

async fn under_way(
    read: &mut Read,
    at: &At,
    hand: Hand,
    view: &RiderView,
    load: &LoadForRider,
    user: UserId,
) -> Result<Route, Problem> {
    let t = at.t;
    let open: Vec<&StopForRider> = load.stops.iter().filter(|stop| stop.state == StopState::Planned).collect();
    let (of, done) = (load.stops.len(), load.stops.len() - open.len());
    let mut rest = Vec::new();
    for stop in open.iter().skip(1) {
        rest.push(stop_view(read, at, stop).await?);
    }
    let next = match open.first() {
        Some(stop) => Some(stop_view(read, at, stop).await?),
        None => None,
    };
    let map = match open.first() {
        Some(stop) => Some(way_to(read, t, stop, user).await?),
        None => None,
    };
    let heading = match open.first() {
        Some(_) => t.put2("rider.stop_of", done + 1, of),
        None => t.get("rider.all_done").to_owned(),
    };
    Ok(Route {
        t,
        hand,
        heading,
        under: t.put("rider.so_far", format::money(view.shift.earned_minor)),
        done,
        of: of.max(1),
        next,
        rest,
        back: load.bring_back.clone(),
        site: t.name(&load.site.name_en, &load.site.name_zh).to_owned(),
        map: map.flatten(),
    })
}

async fn way_to(read: &mut Read, t: Words, stop: &StopForRider, user: UserId) -> Result<Option<Sketch>, Problem> {
    let mut marks = vec![Mark { coord: stop.coord, kind: "door", label: String::new() }];
    if let Some(here) = here(read, user).await? {
        marks.push(Mark { coord: here, kind: "here", label: t.get("rider.you").to_owned() });
    }
    let roads = network::roads(read.sql()).await?;
    Ok(sketch::draw(&roads, &line(&stop.polyline), &marks, t.get("rider.map")))
}

/// A refusal as this page says it; a fault stays one.
pub fn said(t: Words, stop: Stop) -> Result<String, Problem> {
    match stop {
        Stop::Refused(refusal) => {
            Ok(crate::web::page::refusal_text(t, refusal.code(), &refusal.to_string(), &refusal.members()))
        }
        Stop::Fault(fault) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_number_is_shown_before_a_load_is_taken() {
        assert_eq!(street_only("398 Xueyuan Road"), "Xueyuan Road");
        assert_eq!(street_only("学院路398号"), "学院路");
        assert_eq!(end_of("006000000000001235"), "01235");
        assert_eq!(wall(120_000, 60.0), 2000);
    }
}
