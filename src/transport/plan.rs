//! Puts the staged parcels of a site on routes of vans and riders: read, solve
//! outside of any transaction, write each route under a guard. Deliberately
//! absent: which rider takes which load; riders are asked later.

use solver::routing::{self, Budget, Explanation, Job, Problem, Reason, Solution};

use super::{Refusal, load, model::*, points, record, rows, travel::Travel, travel::travel};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::{Actor, Db, Tx},
};

/// Time at a door.
pub const DOOR_SERVICE_MS: i64 = 3 * 60_000;
/// Time at a pick-up point.
pub const POINT_SERVICE_MS: i64 = 5 * 60_000;
/// What could not be planned is tried again after this.
pub const AGAIN_MS: i64 = 5 * 60_000;
/// How long a rider is sought before the load goes to a van.
pub const SEARCH_MS: i64 = 20 * 60_000;
/// A parcel this close to its due time without a carrier calls for a person.
pub const ALARM_MS: i64 = 30 * 60_000;
/// The longest route of a van from its site and back.
const VAN_SHIFT_MS: i64 = 9 * 3_600_000;
/// A parcel is planned when its window opens within this.
const LEAD_MS: i64 = 45 * 60_000;
/// A driver's wage in thousandths of a minor unit for each ms: 36.00 an hour.
const WAGE_MILLI_PER_MS: i64 = 1;
/// The most parcels of one planning run; the rest follows at once.
const MOST_PARCELS: i64 = 200;
/// Cold goods need a vehicle with this bit.
const COLD: u64 = 1;
/// Loads that no rider wanted need a van.
const VAN: u64 = 2;

/// What a free rider could take, as the riders' room tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiderCapacity {
    /// Payload.
    pub max_weight_g: i64,
    /// Room.
    pub max_volume_ml: i64,
    /// Doors in one load.
    pub max_stops: i64,
    /// True with a cold box.
    pub cold: bool,
    /// Longest route.
    pub route_ms: i64,
    /// Paid for any load.
    pub base_minor: i64,
    /// Paid for a kilometre.
    pub per_km_minor: i64,
}

/// What a planning run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned {
    /// New loads.
    pub loads: Vec<LoadId>,
    /// Parcels left over, each with the reason.
    pub left: Vec<(ParcelId, String)>,
}

/// Parcels that one halt serves.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub parcels: Vec<Parcel>,
}

impl Call {
    fn first(&self) -> &Parcel {
        &self.parcels[0]
    }
    fn is_point(&self) -> bool {
        self.first().mode == Mode::PickupPoint
    }
    pub(super) fn service_ms(&self) -> i64 {
        if self.is_point() { POINT_SERVICE_MS } else { DOOR_SERVICE_MS }
    }
    /// The window to be kept, unless it is past: then the sooner the better.
    fn window(&self, now: Time) -> Option<(i64, i64)> {
        let from = self.parcels.iter().filter_map(|parcel| parcel.window_from).max();
        let to = self.parcels.iter().map(|parcel| parcel.window_to.unwrap_or(parcel.due)).min()?;
        (to > now).then(|| (from.map_or(now.ms(), |from| from.ms().min(to.ms())), to.ms()))
    }
    fn sum(&self, of: fn(&Parcel) -> i64) -> i64 {
        // What is fetched from a pick-up point takes no room on the way there.
        self.parcels.iter().filter(|parcel| parcel.state == ParcelState::Staged).map(of).sum()
    }
    fn skills(&self) -> u64 {
        let cold = self.parcels.iter().any(Parcel::is_cold);
        let van = self.parcels.iter().any(|parcel| parcel.van_only || parcel.state == ParcelState::Returning);
        u64::from(cold) * COLD + u64::from(van) * VAN
    }
}

/// What the planner read.
pub(super) struct Situation {
    pub now: Time,
    pub site: SiteId,
    pub depot: Coord,
    pub calls: Vec<Call>,
    pub vans: Vec<Vehicle>,
    pub riders: Vec<RiderCapacity>,
    /// When the first parcel comes due that is too early now.
    pub next: Option<Time>,
}

/// Plans a site. With nothing to plan it does nothing; what it cannot place it
/// leaves staged, notes why, and asks for another run.
///
/// # Errors
/// A fault, or a refusal when the site is unknown.
pub async fn plan(db: &Db, site: SiteId, riders: &[RiderCapacity]) -> Result<Planned, Stop> {
    points::lapse_waiting(db, site).await?;
    points::reserve_for_staged(db, site).await?;
    let situation = read(db, site, riders).await?;
    if let Some(next) = situation.next {
        again(db, site, next).await?;
    }
    if situation.calls.is_empty() {
        return Ok(Planned::default());
    }
    let mut places = vec![situation.depot];
    places.extend(situation.calls.iter().map(|call| call.first().coord));
    let travel = travel(db, &places).await?;
    let begin = tokio::time::Instant::now();
    let (problem, solution) = solve(&situation, &travel, db.dice.below(u32::MAX).into()).await?;
    let took_us = i64::try_from(begin.elapsed().as_micros()).unwrap_or(i64::MAX);
    let told = explain(&problem, &solution).await?;
    let mut planned = Planned::default();
    for route in &solution.routes {
        let draft = Draft { situation: &situation, travel: &travel, problem: &problem, route, told: &told, took_us };
        match draft.write(db).await? {
            Some(load) => planned.loads.push(load),
            None => again(db, site, situation.now).await?,
        }
    }
    note_left(db, &situation, &solution, &mut planned).await?;
    if !planned.left.is_empty() {
        again(db, site, situation.now.plus_ms(AGAIN_MS)).await?;
    }
    Ok(planned)
}

async fn again(db: &Db, site: SiteId, at: Time) -> Result<(), Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    tx.later(Chore::PlanLoads, site, at).await?;
    tx.commit().await
}

async fn read(db: &Db, site: SiteId, riders: &[RiderCapacity]) -> Result<Situation, Stop> {
    let now = db.clock.now();
    let mut read = db.read().await?;
    let depot = points::place_of(read.sql(), site).await?;
    let mut parcels = rows::parcels_in(read.sql(), site, ParcelState::Staged, MOST_PARCELS).await?;
    parcels.retain(|parcel| match parcel.hindrance.as_deref() {
        Some(reason) if reason == FailReason::WrongAddress.as_str() => false,
        _ => parcel.mode == Mode::Home || parcel.compartment,
    });
    let back = rows::parcels_in(read.sql(), site, ParcelState::Returning, MOST_PARCELS).await?;
    parcels.extend(back.into_iter().filter(|parcel| parcel.waits_until.is_some() && parcel.load.is_none()));
    let mut vans = rows::vehicles(read.sql(), Some(site)).await?;
    vans.retain(|van| van.active && van.load.is_none() && van.driver.is_some());
    let early = |parcel: &Parcel| parcel.window_from.filter(|from| *from > now.plus_ms(LEAD_MS));
    let next = parcels.iter().filter_map(early).min().map(|from| from.plus_ms(-LEAD_MS));
    parcels.retain(|parcel| early(parcel).is_none());
    let calls = group(parcels);
    // Riders are alike to the solver but for their boxes: no more than could be used.
    let riders = riders.iter().copied().take(calls.len()).collect();
    Ok(Situation { now, site, depot, calls, vans, riders, next })
}

/// One halt for what goes to one pick-up point, and for one order at one door.
fn group(parcels: Vec<Parcel>) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for parcel in parcels {
        let same = |call: &&mut Call| match parcel.mode {
            Mode::PickupPoint => call.is_point() && call.first().pickup == parcel.pickup,
            Mode::Home => {
                let first = call.first();
                !call.is_point() && first.order == parcel.order && first.coord == parcel.coord
            }
        };
        match calls.iter_mut().find(same) {
            Some(call) => call.parcels.push(parcel),
            None => calls.push(Call { parcels: vec![parcel] }),
        }
    }
    calls
}

fn problem(situation: &Situation, travel: &Travel, late: &[usize]) -> Problem {
    let now = situation.now.ms();
    let jobs = situation.calls.iter().enumerate().map(|(index, call)| {
        let due = call.parcels.iter().map(|parcel| parcel.due).min().unwrap_or(situation.now);
        let window = if late.contains(&index) { None } else { call.window(situation.now) };
        Job {
            location: index + 1,
            service_ms: call.service_ms(),
            windows: window.into_iter().collect(),
            demand: [call.sum(|parcel| parcel.weight_g), call.sum(|parcel| parcel.volume_ml), 1, 0],
            release_ms: now,
            // The nearer the promise, the worse to leave it out.
            priority: (routing::MAX_PRIORITY - due.since(situation.now) / 60_000).clamp(0, routing::MAX_PRIORITY),
            skills: call.skills(),
            ..Job::default()
        }
    });
    let vans = situation.vans.iter().map(|van| {
        let start = situation.now.max(van.free_at).ms();
        routing::Vehicle {
            end: Some(0),
            shift: (start, start + VAN_SHIFT_MS),
            capacity: [van.max_weight_g, van.max_volume_ml, van.max_stops, 0],
            fixed_cost: van.fixed_cost_minor * 1000,
            cost_per_m: van.cost_per_km_minor,
            cost_per_ms: WAGE_MILLI_PER_MS,
            skills: VAN + u64::from(van.cold) * COLD,
            ..routing::Vehicle::default()
        }
    });
    let riders = situation.riders.iter().map(|rider| routing::Vehicle {
        end: None,
        shift: (now, now + rider.route_ms),
        capacity: [rider.max_weight_g, rider.max_volume_ml, rider.max_stops, 0],
        fixed_cost: rider.base_minor * 1000,
        cost_per_m: rider.per_km_minor,
        // Paid by the load, but while he is out no other load has him.
        cost_per_ms: WAGE_MILLI_PER_MS,
        skills: u64::from(rider.cold) * COLD,
        ..routing::Vehicle::default()
    });
    Problem {
        durations: travel.durations.clone(),
        distances: travel.distances.clone(),
        jobs: jobs.collect(),
        vehicles: vans.chain(riders).collect(),
        ..Problem::default()
    }
}

/// Solves; what no vehicle reaches in time is planned without its window, since
/// a late parcel is better than none.
async fn solve(situation: &Situation, travel: &Travel, seed: u64) -> Result<(Problem, Solution), Fault> {
    let first = problem(situation, travel, &[]);
    let (first, solution) = run(first, seed).await?;
    let late: Vec<usize> = solution
        .unserved
        .iter()
        .filter(|unserved| unserved.reason == Reason::Time)
        .map(|unserved| unserved.job)
        .collect();
    if late.is_empty() {
        return Ok((first, solution));
    }
    run(problem(situation, travel, &late), seed).await
}

/// The work grows with the halts, and ends.
pub(super) fn budget(calls: usize) -> Budget {
    Budget { iterations: (100 + 20 * calls as u64).min(1500) }
}

pub(super) async fn run(problem: Problem, seed: u64) -> Result<(Problem, Solution), Fault> {
    let work = move || {
        let solution = routing::solve(&problem, budget(problem.jobs.len()), seed);
        solution.map(|solution| (problem, solution))
    };
    let solved = tokio::task::spawn_blocking(work).await;
    solved
        .map_err(|error| Fault::new(format!("the route planner ended early: {error}")))?
        .map_err(|error| Fault::new(format!("the route planner was asked nonsense: {error}")))
}

/// Why each halt is where it is, and what else could be.
async fn explain(problem: &Problem, solution: &Solution) -> Result<Vec<Explanation>, Fault> {
    let (problem, solution) = (problem.clone(), solution.clone());
    let work = move || {
        let jobs: Vec<usize> = solution.routes.iter().flat_map(|r| r.stops.iter().map(|stop| stop.job)).collect();
        routing::explain(&problem, &solution, &jobs)
    };
    let told = tokio::task::spawn_blocking(work).await;
    let told = told.map_err(|error| Fault::new(format!("the explanation of a plan ended early: {error}")))?;
    // A plan is worth more than its reasons.
    Ok(told.unwrap_or_else(|error| {
        tracing::warn!("a plan that was made cannot be explained: {error}");
        Vec::new()
    }))
}

/// One route on its way into the database.
pub(super) struct Draft<'a> {
    pub situation: &'a Situation,
    pub travel: &'a Travel,
    pub problem: &'a Problem,
    pub route: &'a routing::Route,
    /// Each halt of the whole plan explained.
    pub told: &'a [Explanation],
    pub took_us: i64,
}

impl Draft<'_> {
    pub(super) fn van(&self) -> Option<&Vehicle> {
        self.situation.vans.get(self.route.vehicle)
    }

    /// Writes the route, or nothing if a parcel or the van changed meanwhile.
    async fn write(&self, db: &Db) -> Result<Option<LoadId>, Stop> {
        let mut tx = db.begin(Actor::house()).await?;
        let id = tx.id();
        let mut parcels = Vec::new();
        for (index, stop) in self.stops(&tx, id).into_iter().enumerate() {
            let call = &self.situation.calls[self.route.stops[index].job];
            for parcel in &call.parcels {
                let taken = match parcel.state {
                    ParcelState::Staged => rows::take_parcel(tx.sql(), parcel, id, stop.id).await?,
                    _ => rows::fetch_parcel(tx.sql(), parcel, id, stop.id).await?,
                };
                if !taken {
                    return Ok(None);
                }
                parcels.push(parcel.id);
            }
            rows::insert_stop(tx.sql(), &stop).await?;
        }
        let mut load = self.load(id);
        load.decision = Some(record::route(&mut tx, self, id).await?);
        rows::insert_load(tx.sql(), &load).await?;
        tx.emit(Event::LoadPlanned { load: id, site: load.site, by: load.by.to_string(), parcels });
        match self.give(&mut tx, id).await {
            Ok(()) => {}
            Err(Stop::Refused(refusal)) => {
                tracing::info!(code = refusal.code(), "a route was not written: {refusal}");
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        }
        tx.commit().await?;
        Ok(Some(id))
    }

    async fn give(&self, tx: &mut Tx, id: LoadId) -> Result<(), Stop> {
        let now = tx.now();
        match self.van().map(|van| (van, van.driver)) {
            Some((van, Some(driver))) => {
                load::assign(tx, id, driver, Some(van)).await?;
            }
            Some((van, None)) => return Err(Refusal::NoVehicle { vehicle: van.code.clone() }.into()),
            None => tx.later(Chore::OfferLoad, id, now).await?,
        }
        Ok(())
    }

    fn load(&self, id: LoadId) -> Load {
        let by = if self.van().is_some() { CarriedBy::Vehicle } else { CarriedBy::Rider };
        let last = self.route.stops.last().map_or(0, |stop| stop.job + 1);
        let cold = self.calls().any(|call| call.skills() & COLD > 0);
        Load {
            id,
            site: self.situation.site,
            by,
            state: LoadState::Planned,
            vehicle: None,
            driver: None,
            weight_g: self.route.load[0],
            volume_ml: self.route.load[1],
            cold,
            distance_m: self.route.distance_m,
            duration_ms: self.route.end_ms - self.route.depart_ms,
            back_ms: self.travel.durations.get(last, 0).unwrap_or(0),
            search_until: (by == CarriedBy::Rider).then(|| self.situation.now.plus_ms(SEARCH_MS)),
            planned_at: self.situation.now,
            departed_at: None,
            finished_at: None,
            version: 1,
            decision: None,
        }
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.route.stops.iter().map(|stop| &self.situation.calls[stop.job])
    }

    fn stops(&self, tx: &Tx, load: LoadId) -> Vec<RouteStop> {
        let mut from = 0;
        let legs = self.route.stops.iter().map(|stop| {
            let leg = self.travel.leg(from, stop.job + 1);
            from = stop.job + 1;
            (leg, stop.arrive_ms)
        });
        let stops = legs.zip(self.calls()).zip(1_i64..).map(|(((leg, arrive_ms), call), seq)| {
            let first = call.first();
            RouteStop {
                id: tx.id(),
                load,
                seq,
                kind: if call.is_point() { StopKind::PickupPoint } else { StopKind::Door },
                coord: first.coord,
                address: first.address,
                site: first.pickup,
                window_from: first.window_from,
                window_to: first.window_to,
                eta: Time::from_ms(arrive_ms),
                service_ms: call.service_ms(),
                state: StopState::Planned,
                arrived_at: None,
                done_at: None,
                pin_tries: 0,
                leg_m: leg.distance_m,
                leg_ms: leg.travel_ms,
                polyline: leg.polyline,
            }
        });
        stops.collect()
    }
}

/// Notes at each parcel that is on no route why; a reason that only a person can
/// mend, or that makes it late, is stated once as a fact.
async fn note_left(db: &Db, s: &Situation, solution: &Solution, planned: &mut Planned) -> Result<(), Stop> {
    if solution.unserved.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin(Actor::house()).await?;
    for unserved in &solution.unserved {
        for parcel in &s.calls[unserved.job].parcels {
            let (reason, alarm) = reason_of(unserved.reason, parcel.due.since(s.now) < ALARM_MS, s.vans.is_empty());
            if rows::note_hindrance(tx.sql(), parcel, reason).await? && alarm {
                let (order, site, reason) = (parcel.order, s.site, reason.to_owned());
                tx.emit(Event::ParcelUnserved { order, parcel: parcel.id, site, reason });
            }
            planned.left.push((parcel.id, reason.to_owned()));
        }
    }
    Ok(tx.commit().await?)
}

fn reason_of(reason: Reason, urgent: bool, no_van: bool) -> (&'static str, bool) {
    match reason {
        Reason::Unreachable => ("unreachable", true),
        // Without a van on shift, too large or too cold for a rider is a matter of time.
        Reason::Capacity | Reason::NoVehicle if !no_van => ("no_vehicle_fits", true),
        _ if urgent => ("no_carrier_late", true),
        _ => ("no_carrier", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_raised_when_time_runs_out_or_nothing_would_help() {
        assert_eq!(reason_of(Reason::NoRoom, false, false), ("no_carrier", false));
        assert_eq!(reason_of(Reason::NoRoom, true, false), ("no_carrier_late", true));
        assert_eq!(reason_of(Reason::Capacity, false, true), ("no_carrier", false));
        assert_eq!(reason_of(Reason::Capacity, false, false), ("no_vehicle_fits", true));
        assert_eq!(reason_of(Reason::Unreachable, false, true), ("unreachable", true));
    }
}
