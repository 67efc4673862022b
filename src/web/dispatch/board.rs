//! The dispatch page filled from the plan: jobs, lanes, the panel of one load, the
//! timeline. Deliberately absent: deeds.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    plan::Plan,
    view::{Dispatch, JobRow, LaneRow, OfferRow, Panel, PanelPart, StopRow, TimeRow, TimeStop, Timeline},
};
use crate::{
    decisions::{self, DecisionKind},
    exchange::{Path, Query},
    kernel::{LoadId, Time},
    network::SiteKind,
    orders,
    problem::Problem,
    riders::{self, OfferState, RiderKind},
    store::{Db, Sql},
    transport::{CarriedBy, LoadState, LoadView, Parcel, RouteStop, StopState},
    web::{
        assets::path_part,
        desk::{Tone, reasons, seat::Seat, story},
        format,
        page::{draw, draw_with, go},
    },
};

/// Parcels listed at most; the number of all stands above.
const JOBS: usize = 60;
/// The timeline begins so long before now.
const BACK_MS: i64 = 45 * 60_000;
/// And ends so long after it.
const AHEAD_MS: i64 = 180 * 60_000;

/// What the page may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    load: String,
    done: String,
}

/// The page.
pub async fn show(State(db): State<Db>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let notice = seat.done(&asked.done);
    page(&db, &seat, asked.load.parse().ok(), notice, StatusCode::OK).await
}

/// Draws the page with one load in its panel.
pub async fn page(
    db: &Db,
    seat: &Seat,
    chosen: Option<LoadId>,
    notice: Option<(Tone, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let t = seat.t;
    let mut read = db.read().await?;
    let sql = read.sql();
    let mut plan = Plan::read(sql, seat).await?;
    let jobs_total = i64::try_from(plan.board.unassigned.len()).unwrap_or(i64::MAX);
    let at_risk = plan.board.unassigned.iter().filter(|parcel| risk(seat, parcel).0 == Tone::Bad).count();
    let busy = |id| plan.board.loads.iter().any(|view| view.load.driver == Some(id));
    let idle = plan.riders.iter().filter(|rider| rider.kind == RiderKind::Rider && !busy(rider.id)).count();
    let ships: Vec<_> = seat
        .sites
        .iter()
        .filter(|site| {
            site.active && site.lines_per_hour > 0 && site.kind != SiteKind::Supplier && plan.sites.holds(site.id)
        })
        .collect();
    let centre = ships.first().map_or((0.0, 0.0), |site| (site.coord.lat, site.coord.lon));
    let waits = |id| plan.board.unassigned.iter().any(|parcel| parcel.site == id);
    let sites = ships
        .iter()
        .filter(|site| waits(site.id))
        .map(|site| (site.code.clone(), seat.site_name(Some(site.id))))
        .collect();
    let jobs = jobs(sql, &mut plan).await?;
    let lanes = lanes(sql, &mut plan, chosen).await?;
    let timeline = timeline(sql, &mut plan, chosen).await?;
    let panel = match chosen.and_then(|id| plan.load(id)).cloned() {
        Some(view) => Some(panel(sql, &mut plan, &view).await?),
        None => None,
    };
    let view = Dispatch {
        t,
        frame: seat.frame("dispatch", t.get("door.dispatch")),
        jobs,
        jobs_total,
        at_risk: i64::try_from(at_risk).unwrap_or(i64::MAX),
        lanes,
        idle: i64::try_from(idle).unwrap_or(0),
        panel,
        timeline,
        sites,
        centre,
        notice,
    };
    draw_with(status, &view)
}

/// How near the promise of a parcel is that is on no route.
pub fn risk(seat: &Seat, parcel: &Parcel) -> (Tone, &'static str) {
    match parcel.due.since(seat.now) {
        ..900_000 => (Tone::Bad, "disp.urgent"),
        900_000..2_700_000 => (Tone::Warn, "disp.soon"),
        _ => (Tone::Ok, "disp.in_time"),
    }
}

async fn jobs(sql: &mut Sql, plan: &mut Plan<'_>) -> Result<Vec<JobRow>, Problem> {
    let (seat, t) = (plan.seat, plan.seat.t);
    let mut rows = Vec::new();
    for parcel in plan.board.unassigned.iter().take(JOBS).cloned().collect::<Vec<_>>() {
        let number = orders::by_id(sql, parcel.order).await?.map(|order| order.number).unwrap_or_default();
        let place = match parcel.pickup {
            Some(site) => seat.site_name(Some(site)),
            None => plan.street(sql, parcel.address).await?,
        };
        let reason = match &parcel.hindrance {
            Some(why) => story::coded(seat, "hindrance", why),
            None => t.put("disp.ready_since", seat.clock(parcel.staged_at)),
        };
        let (tone, word) = risk(seat, &parcel);
        rows.push(JobRow {
            id: parcel.id.to_string(),
            href: format!("/desk/orders/{}", path_part(&number)),
            number,
            place,
            reason: format!("{} · {reason}", seat.site_name(Some(parcel.site))),
            cold: parcel.is_cold(),
            due: seat.clock(parcel.due),
            left: format::until(t, seat.now, parcel.due),
            tone,
            word: t.get(word).to_owned(),
        });
    }
    Ok(rows)
}

/// How a load stands: its state, or that a stop will be late.
fn state_of(seat: &Seat, view: &LoadView) -> (Tone, String) {
    let late = view
        .stops
        .iter()
        .filter(|stop| stop.state.is_open() && late_min(seat, stop) > 0)
        .map(|stop| late_min(seat, stop))
        .max();
    if let Some(late) = late {
        return (Tone::Bad, seat.t.put("time.late", format::span(seat.t, late)));
    }
    let tone = match view.load.state {
        LoadState::Planned | LoadState::Offered => Tone::Warn,
        LoadState::Assigned | LoadState::Loading => Tone::Info,
        LoadState::Out | LoadState::Finished => Tone::Ok,
        LoadState::Cancelled => Tone::Off,
    };
    (tone, seat.word("load", view.load.state.as_str()))
}

/// Minutes by which an open stop misses its window.
fn late_min(seat: &Seat, stop: &RouteStop) -> i64 {
    stop.window_to.map_or(0, |to| format::minutes_until(to, stop.eta.max(seat.now)).max(0))
}

fn done(view: &LoadView) -> i64 {
    i64::try_from(view.stops.iter().filter(|stop| !stop.state.is_open()).count()).unwrap_or(0)
}

fn all(view: &LoadView) -> i64 {
    i64::try_from(view.stops.len()).unwrap_or(0)
}

/// How full the van or the rider's box is, per cent of its weight.
fn fill(plan: &Plan<'_>, view: &LoadView) -> i64 {
    let van = plan.board.vehicles.iter().find(|van| Some(van.id) == view.load.vehicle).map(|van| van.max_weight_g);
    let box_g = view.load.driver.and_then(|driver| plan.rider(driver)).map(|rider| rider.max_weight_g);
    let most = van.or(box_g).unwrap_or(riders::RIDER_WEIGHT_G).max(1);
    (view.load.weight_g * 100 / most).clamp(2, 100)
}

fn carried(plan: &Plan<'_>, view: &LoadView) -> String {
    match plan.van(view) {
        Some(code) => code.to_owned(),
        None => plan.seat.word("carried", CarriedBy::as_str(view.load.by)),
    }
}

async fn lanes(sql: &mut Sql, plan: &mut Plan<'_>, chosen: Option<LoadId>) -> Result<Vec<LaneRow>, Problem> {
    let mut rows = Vec::new();
    for view in plan.board.loads.clone() {
        let (letter, hue) = plan.lane(view.load.id);
        rows.push(LaneRow {
            id: view.load.id.to_string(),
            letter,
            hue,
            name: plan.driver(sql, view.load.driver).await?,
            detail: format!("{} · {}", carried(plan, &view), plan.seat.site_name(Some(view.load.site))),
            done: done(&view),
            of: all(&view),
            fill: fill(plan, &view),
            state: state_of(plan.seat, &view),
            on: chosen == Some(view.load.id),
        });
    }
    let rank = |tone: Tone| [Tone::Bad, Tone::Warn, Tone::Info].iter().position(|one| *one == tone).unwrap_or(9);
    rows.sort_by(|a, b| (rank(a.state.0), &a.letter).cmp(&(rank(b.state.0), &b.letter)));
    Ok(rows)
}

fn stop_state(seat: &Seat, stop: &RouteStop) -> (Tone, String) {
    let late = late_min(seat, stop);
    match stop.state {
        StopState::Planned if late > 0 => (Tone::Bad, seat.t.put("time.late", format::span(seat.t, late))),
        state => {
            let tone = match state {
                StopState::Planned => Tone::Plain,
                StopState::Arrived => Tone::Info,
                StopState::Done => Tone::Ok,
                StopState::Failed => Tone::Bad,
                StopState::Cancelled => Tone::Off,
            };
            (tone, seat.word("stop", state.as_str()))
        }
    }
}

async fn stop_rows(sql: &mut Sql, plan: &mut Plan<'_>, view: &LoadView) -> Result<Vec<StopRow>, Problem> {
    let mut rows = Vec::new();
    for stop in &view.stops {
        let seat = plan.seat;
        let order = view.parcels.iter().find(|parcel| parcel.stop == Some(stop.id)).map(|parcel| parcel.order);
        let window = stop.window_from.zip(stop.window_to);
        rows.push(StopRow {
            seq: stop.seq,
            place: plan.place(sql, stop).await?,
            href: order.map(|order| format!("/desk/orders/{order}")).unwrap_or_default(),
            window: window.map(|(from, to)| format!("{}–{}", seat.clock(from), seat.clock(to))).unwrap_or_default(),
            eta: seat.clock(stop.done_at.or(stop.arrived_at).unwrap_or(stop.eta)),
            state: stop_state(seat, stop),
            done: !stop.state.is_open(),
        });
    }
    Ok(rows)
}

async fn offer_rows(sql: &mut Sql, plan: &mut Plan<'_>, load: LoadId) -> Result<Vec<OfferRow>, Problem> {
    let (seat, mut rows) = (plan.seat, Vec::new());
    for offer in riders::offers_of_load(sql, load).await?.into_iter().rev() {
        let tone = match offer.state {
            OfferState::Offered => Tone::Warn,
            OfferState::Accepted => Tone::Ok,
            OfferState::Declined | OfferState::Expired => Tone::Bad,
            OfferState::Withdrawn => Tone::Off,
        };
        rows.push(OfferRow {
            name: plan.book.person(sql, &offer.rider.to_string()).await?,
            detail: format!(
                "{} · {} · {}",
                format::money(offer.pay_minor),
                format::distance(offer.approach_m),
                seat.clock(offer.made_at)
            ),
            state: (tone, seat.word("offer", offer.state.as_str())),
        });
    }
    Ok(rows)
}

/// Who may be given a load: free people on shift at its site, riders and drivers.
async fn drivers(sql: &mut Sql, plan: &mut Plan<'_>, view: &LoadView) -> Result<Vec<(String, String)>, Problem> {
    let mut found = Vec::new();
    let busy = |plan: &Plan<'_>, id| plan.board.loads.iter().any(|other| other.load.driver == Some(id));
    let wanted = if view.load.by == CarriedBy::Vehicle { RiderKind::Driver } else { RiderKind::Rider };
    for rider in plan.riders.clone() {
        if rider.kind == wanted && rider.site == view.load.site && !busy(plan, rider.id) {
            found.push((rider.id.to_string(), plan.book.person(sql, &rider.id.to_string()).await?));
        }
    }
    Ok(found)
}

async fn panel(sql: &mut Sql, plan: &mut Plan<'_>, view: &LoadView) -> Result<Panel, Problem> {
    let (seat, t, load) = (plan.seat, plan.seat.t, &view.load);
    let (letter, hue) = plan.lane(load.id);
    let ends = view.stops.iter().filter(|stop| stop.state.is_open()).map(|stop| stop.eta).max();
    let decided = decisions::by_subject(sql, &load.id.to_string()).await?;
    let shown = decided.iter().rev().find(|one| one.kind == DecisionKind::Rider).or(decided.last());
    let why = match shown {
        Some(one) => Some(reasons::view(sql, &mut plan.book, seat, one).await?),
        None => None,
    };
    let other = decided.iter().filter(|one| Some(one.id) != shown.map(|shown| shown.id));
    let more = other.map(|one| {
        (one.id.to_string(), format!("{} {}", seat.word("question", one.kind.as_str()), seat.clock(one.at)))
    });
    let more = more.collect();
    let fact = |key: &str, value: String| (t.get(key).to_owned(), value);
    let note = match load.search_until {
        Some(until) if matches!(load.state, LoadState::Planned | LoadState::Offered) => {
            t.put("disp.search_until", seat.clock(until))
        }
        _ => String::new(),
    };
    let free = matches!(load.state, LoadState::Planned | LoadState::Offered);
    Ok(Panel {
        id: load.id.to_string(),
        letter,
        hue,
        title: plan.driver(sql, load.driver).await?,
        detail: format!(
            "{} · {} · {}",
            carried(plan, view),
            seat.site_name(Some(load.site)),
            crate::web::desk::table::short(&load.id.to_string())
        ),
        state: state_of(seat, view),
        facts: vec![
            fact("disp.done", format!("{}/{}", done(view), all(view))),
            fact("disp.ends", ends.map_or_else(|| "–".to_owned(), |at| seat.clock(at))),
            fact("disp.weight", format::weight(load.weight_g)),
            fact("disp.way", format::distance(load.distance_m)),
        ],
        note,
        stops: stop_rows(sql, plan, view).await?,
        offers: offer_rows(sql, plan, load.id).await?,
        drivers: drivers(sql, plan, view).await?,
        may_assign: free,
        may_unassign: load.state == LoadState::Assigned,
        why,
        more,
    })
}

/// The panel of one load, for the island; a page of its own without it.
pub async fn part(State(db): State<Db>, seat: Seat, Path(id): Path<LoadId>) -> Result<Response, Problem> {
    if !seat.part {
        return Ok(go(&format!("/dispatch?load={id}")));
    }
    let mut read = db.read().await?;
    let mut plan = Plan::read(read.sql(), &seat).await?;
    let view = plan.load(id).cloned().ok_or_else(|| Problem::not_found("load"))?;
    let panel = panel(read.sql(), &mut plan, &view).await?;
    draw(&PanelPart { t: seat.t, csrf: seat.caller.csrf().unwrap_or_default().to_owned(), panel })
}

async fn timeline(sql: &mut Sql, plan: &mut Plan<'_>, chosen: Option<LoadId>) -> Result<Timeline, Problem> {
    let seat = plan.seat;
    let (from, to) = (seat.now.ms() - BACK_MS, seat.now.ms() + AHEAD_MS);
    let at = |time: Time| Timeline::place(time.ms(), from, to);
    let mut rows = Vec::new();
    for view in plan.board.loads.clone() {
        let begin = view
            .load
            .departed_at
            .unwrap_or_else(|| view.stops.first().map_or(seat.now, |stop| stop.eta.plus_ms(-stop.leg_ms)));
        let end = view.stops.iter().map(|stop| stop.done_at.unwrap_or(stop.eta)).max().unwrap_or(begin);
        if end.ms() < from || begin.ms() > to {
            continue;
        }
        let (letter, hue) = plan.lane(view.load.id);
        let mut stops = Vec::new();
        for stop in &view.stops {
            let (tone, word) = stop_state(seat, stop);
            let time = stop.done_at.or(stop.arrived_at).unwrap_or(stop.eta);
            let tone = if tone == Tone::Plain { Tone::Ok } else { tone };
            let label = format!("{} {}, {word}", plan.place(sql, stop).await?, seat.clock(time));
            stops.push(TimeStop { at: at(time), tone, done: !stop.state.is_open(), label });
        }
        rows.push(TimeRow {
            id: view.load.id.to_string(),
            letter,
            hue,
            name: plan.driver(sql, view.load.driver).await?,
            from: at(begin),
            to: at(end),
            stops,
            on: chosen == Some(view.load.id),
        });
    }
    rows.sort_by(|a, b| a.letter.cmp(&b.letter));
    let first = (from / 1_800_000 + 1) * 1_800_000;
    let ticks = (0..8).map(|n| first + n * 1_800_000).filter(|ms| *ms < to);
    let ticks = ticks.map(|ms| (Timeline::place(ms, from, to), seat.clock(Time::from_ms(ms)))).collect();
    Ok(Timeline { ticks, now: at(seat.now), clock: seat.clock(seat.now), rows })
}
