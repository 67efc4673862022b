//! Plans the rest of a route again: a road was closed, a stop was added or taken
//! away. What is driven stays, and so does the stop where the driver stands.
//! Deliberately absent: moving parcels to another load.

use solver::routing::{self, Job, Problem};

use super::{Acting, hold_load, model::*, plan, points, rows, travel::Travel, travel::travel};
use crate::{
    event::Event,
    kernel::*,
    store::{Actor, Db},
};

/// An arrival that moves by more than this is news.
const NEWS_MS: i64 = 90_000;
/// Longest rest of a route.
const REST_MS: i64 = 24 * 3_600_000;

/// What is known of a route before it is planned again.
struct Rest {
    load: Load,
    /// Where the vehicle is, or starts.
    from: Coord,
    /// True if that is a place between two stops.
    on_the_road: bool,
    /// When it goes on from there.
    start: Time,
    /// The stop where the driver stands.
    here: Option<RouteStop>,
    /// The stops to come.
    stops: Vec<RouteStop>,
    /// The last number given to a stop that is over.
    done: i64,
    depot: Coord,
}

/// Plans the rest of one load again, from `at` (the driver's last position) or
/// else from its last stop. True if order or way changed.
///
/// # Errors
/// A fault; nothing is changed if the load moved on meanwhile.
pub async fn replan_load(db: &Db, id: LoadId, at: Option<Coord>, reason: &str) -> Result<bool, Stop> {
    let Some(rest) = read(db, id, at).await? else { return Ok(false) };
    let mut places = vec![rest.from, rest.depot];
    places.extend(rest.stops.iter().map(|stop| stop.coord));
    let travel = travel(db, &places).await?;
    let seed = db.dice.below(u32::MAX).into();
    let (_, mut solution) = plan::run(problem(&rest, &travel, true), seed).await?;
    if !solution.unserved.is_empty() {
        // Late is better than never: the windows give way.
        (_, solution) = plan::run(problem(&rest, &travel, false), seed).await?;
    }
    let Some(route) = solution.routes.first().filter(|_| solution.unserved.is_empty()) else {
        // An island behind the closed road: the old way stays on record, the driver decides.
        tracing::warn!(load = %id, "the rest of this route cannot be reached by any open road");
        return Ok(false);
    };
    write(db, &rest, &travel, route, reason).await
}

async fn read(db: &Db, id: LoadId, at: Option<Coord>) -> Result<Option<Rest>, Stop> {
    let mut read = db.read().await?;
    let Some(load) = rows::load_by_id(read.sql(), id).await? else { return Ok(None) };
    let depot = points::place_of(read.sql(), load.site).await?;
    let (over, open): (Vec<_>, Vec<_>) =
        rows::stops_of(read.sql(), id).await?.into_iter().partition(|stop| !stop.state.is_open());
    let (mut here, stops): (Vec<_>, Vec<_>) = open.into_iter().partition(|stop| stop.state == StopState::Arrived);
    let here = here.pop();
    if stops.is_empty() || matches!(load.state, LoadState::Finished | LoadState::Cancelled) {
        return Ok(None);
    }
    let now = db.clock.now();
    let last = over.iter().filter(|stop| stop.arrived_at.is_some()).max_by_key(|stop| stop.done_at);
    let from = match (&here, load.state) {
        (Some(here), _) => here.coord,
        (None, LoadState::Out) => at.or(last.map(|stop| stop.coord)).unwrap_or(depot),
        _ => depot,
    };
    let start = here.as_ref().map_or(now, |here| now.max(here.eta.plus_ms(here.service_ms)));
    let done = over.iter().chain(here.as_ref()).map(|stop| stop.seq).max().unwrap_or(0);
    let on_the_road = here.is_none() && load.state == LoadState::Out && at.is_some();
    Ok(Some(Rest { load, from, on_the_road, start, here, stops, done, depot }))
}

fn problem(rest: &Rest, travel: &Travel, windows: bool) -> Problem {
    let start = rest.start.ms();
    let jobs = rest.stops.iter().enumerate().map(|(index, stop)| Job {
        location: index + 2,
        service_ms: stop.service_ms,
        windows: match (stop.window_from, stop.window_to) {
            (from, Some(to)) if windows => vec![(from.map_or(start, Time::ms).min(to.ms()), to.ms())],
            _ => Vec::new(),
        },
        release_ms: start,
        ..Job::default()
    });
    let vehicle = routing::Vehicle {
        start: 0,
        end: (rest.load.by == CarriedBy::Vehicle).then_some(1),
        shift: (start, start + REST_MS),
        cost_per_m: 100,
        cost_per_ms: 1,
        ..routing::Vehicle::default()
    };
    Problem {
        durations: travel.durations.clone(),
        distances: travel.distances.clone(),
        jobs: jobs.collect(),
        vehicles: vec![vehicle],
        ..Problem::default()
    }
}

async fn write(db: &Db, rest: &Rest, travel: &Travel, route: &routing::Route, reason: &str) -> Result<bool, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let mut load = hold_load(&mut tx, rest.load.id, Acting::Dispatcher).await?;
    // Holding it raised the version by one; anything more is somebody else's change.
    if load.version != rest.load.version + 1 {
        return Ok(false);
    }
    let (mut from, mut changed) = (0, false);
    for (planned, seq) in route.stops.iter().zip(rest.done + 1..) {
        let mut stop = rest.stops[planned.job].clone();
        let leg = travel.leg(from, planned.job + 2);
        from = planned.job + 2;
        let way = stop.leg_m != leg.distance_m || stop.polyline != leg.polyline;
        // Seen from the road, the rest of the first leg is always another line: there
        // the time tells whether the way is another.
        let later_ms = Time::from_ms(planned.arrive_ms).since(stop.eta).abs();
        let news = if seq == rest.done + 1 && rest.on_the_road { later_ms > NEWS_MS } else { way };
        changed |= stop.seq != seq || news;
        stop.seq = seq;
        stop.eta = Time::from_ms(planned.arrive_ms);
        (stop.leg_m, stop.leg_ms, stop.polyline) = (leg.distance_m, leg.travel_ms, leg.polyline);
        rows::save_stop(tx.sql(), &stop).await?;
    }
    load.back_ms = travel.durations.get(from, 1).unwrap_or(load.back_ms);
    let before = rows::stops_of(tx.sql(), load.id).await?;
    load.distance_m = before.iter().filter(|stop| stop.state != StopState::Cancelled).map(|stop| stop.leg_m).sum();
    load.duration_ms = route.end_ms - load.departed_at.unwrap_or(rest.start).ms();
    rows::save_load(tx.sql(), &load).await?;
    if changed {
        tx.emit(Event::LoadRerouted { load: load.id, site: load.site, reason: reason.to_owned() });
    }
    debug_assert!(rest.here.as_ref().is_none_or(|here| here.seq <= rest.done));
    tx.commit().await?;
    Ok(changed)
}
