//! What the map's island asks for: sites, routes, everybody who moves, parcels on
//! no route. Deliberately absent: the roads, which it fetches once.

use axum::{Json, extract::State};

use super::{
    board::risk,
    map::{JobMark, MapNow, Mover, RouteLine, SiteMark, StopMark},
    plan::{Plan, heading, split},
};
use crate::{
    kernel::Coord,
    network::SiteKind,
    problem::Problem,
    riders::RiderKind,
    store::{Db, Sql},
    transport::{LoadState, LoadView, RouteStop, StopState},
    web::desk::{Tone, seat::Seat},
};

/// Parcels shown on the map at most; the board says how many there are.
const JOBS: usize = 400;

/// Everything on the map.
pub async fn map(State(db): State<Db>, seat: Seat) -> Result<Json<MapNow>, Problem> {
    let speed = db.clock.speed();
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut plan = Plan::read(sql, &seat).await?;
    let shown = |kind: SiteKind| kind != SiteKind::Supplier;
    let sites = seat.sites.iter().filter(|site| site.active && shown(site.kind)).map(|site| SiteMark {
        code: site.code.clone(),
        name: seat.site_name(Some(site.id)),
        kind: site.kind.to_string(),
        lat: site.coord.lat,
        lon: site.coord.lon,
    });
    let sites = sites.collect();
    let loads = plan.board.loads.clone();
    let mut routes = Vec::new();
    for view in &loads {
        routes.push(route(sql, &mut plan, view).await?);
    }
    let movers = movers(sql, &mut plan, &loads, speed).await?;
    let jobs = jobs(sql, &mut plan).await?;
    Ok(Json(MapNow { sites, routes, movers, jobs }))
}

/// What a stop's place in time means for the map.
pub fn stop_tone(seat: &Seat, stop: &RouteStop) -> &'static str {
    match stop.state {
        StopState::Done => "done",
        StopState::Failed | StopState::Cancelled => "bad",
        StopState::Planned | StopState::Arrived => match stop.window_to {
            Some(to) if stop.eta.max(seat.now) > to => "bad",
            Some(to) if to.since(stop.eta.max(seat.now)) < 10 * 60_000 => "warn",
            _ => "ok",
        },
    }
}

async fn route(sql: &mut Sql, plan: &mut Plan<'_>, view: &LoadView) -> Result<RouteLine, Problem> {
    let here = view.load.driver.filter(|_| view.load.state == LoadState::Out);
    let here = here.and_then(|driver| plan.rider(driver)).map(|rider| rider.coord);
    let (driven, ahead) = split(&view.stops, here);
    let (letter, hue) = plan.lane(view.load.id);
    let mut stops = Vec::new();
    for stop in &view.stops {
        let place = plan.place(sql, stop).await?;
        stops.push(StopMark {
            seq: stop.seq,
            lat: stop.coord.lat,
            lon: stop.coord.lon,
            tone: stop_tone(plan.seat, stop).to_owned(),
            label: format!("{place}, {}", plan.seat.clock(stop.done_at.or(stop.arrived_at).unwrap_or(stop.eta))),
        });
    }
    Ok(RouteLine { load: view.load.id.to_string(), letter, hue, driven, ahead, stops })
}

async fn movers(sql: &mut Sql, plan: &mut Plan<'_>, loads: &[LoadView], speed: f64) -> Result<Vec<Mover>, Problem> {
    let mut movers = Vec::new();
    for rider in plan.riders.clone() {
        let load = loads.iter().find(|view| view.load.driver == Some(rider.id));
        let (letter, hue) = load.map(|view| plan.lane(view.load.id)).unwrap_or_default();
        let out = load.filter(|view| view.load.state == LoadState::Out);
        let next = out.and_then(|view| split(&view.stops, Some(rider.coord)).1.get(1).copied());
        // Silence is told in the reader's seconds, not in those of the house's clock.
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let silent_s = (plan.seat.now.since(rider.seen_at).max(0) as f64 / 1000.0 / speed.max(0.001)) as i64;
        movers.push(Mover {
            id: rider.id.to_string(),
            kind: if rider.kind == RiderKind::Driver { "van" } else { "rider" }.to_owned(),
            label: plan.book.person(sql, &rider.id.to_string()).await?,
            load: load.map(|view| view.load.id.to_string()).unwrap_or_default(),
            letter,
            hue,
            lat: rider.coord.lat,
            lon: rider.coord.lon,
            heading: next.and_then(|to| heading(rider.coord, Coord { lat: to[0], lon: to[1] })),
            silent_s,
        });
    }
    Ok(movers)
}

async fn jobs(sql: &mut Sql, plan: &mut Plan<'_>) -> Result<Vec<JobMark>, Problem> {
    let mut jobs = Vec::new();
    for parcel in plan.board.unassigned.iter().take(JOBS).cloned().collect::<Vec<_>>() {
        let tone = match risk(plan.seat, &parcel).0 {
            Tone::Bad => "bad",
            Tone::Warn => "warn",
            _ => "ok",
        };
        let street = plan.street(sql, parcel.address).await?;
        jobs.push(JobMark {
            id: parcel.id.to_string(),
            lat: parcel.coord.lat,
            lon: parcel.coord.lon,
            tone: tone.to_owned(),
            label: format!("{street}, {}", plan.seat.clock(parcel.due)),
        });
    }
    Ok(jobs)
}
