//! Matches loads that await a rider with riders that are free: an assignment
//! problem over the ways to the site. Deliberately absent: the answers.

use serde_json::json;

use super::{answer, model::*, rows};
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    event::{Chore, Event},
    kernel::*,
    store::{Actor, Db, Tx},
    transport::{self, CarriedBy, Load, LoadState, RiderCapacity},
};

/// Doors in one rider's load.
pub const RIDER_STOPS: i64 = 3;
/// The longest route of a rider from the site on, at a car's pace: a bicycle takes
/// about twice as long.
pub const RIDER_ROUTE_MS: i64 = 18 * 60_000;

/// What the free riders around a site could take, for its plan.
pub async fn capacity(db: &Db, site: SiteId) -> Result<Vec<RiderCapacity>, Fault> {
    let mut read = db.read().await?;
    let there = transport::place_of(read.sql(), site).await;
    let riders = rows::free_riders(read.sql()).await?;
    // An unknown site has no riders; the plan itself says that it is unknown.
    let Ok(there) = there else { return Ok(Vec::new()) };
    let near = riders.iter().filter(|rider| rider.coord.metres_to(there) <= MAX_APPROACH_M as f64);
    let capacity = |rider: &Rider| RiderCapacity {
        max_weight_g: rider.max_weight_g,
        max_volume_ml: rider.max_volume_ml,
        max_stops: RIDER_STOPS,
        cold: rider.cold,
        route_ms: RIDER_ROUTE_MS,
        base_minor: PAY_BASE_MINOR,
        per_km_minor: PAY_PER_KM_MINOR,
    };
    Ok(near.map(capacity).collect())
}

/// Plans a site with the riders that are free near it: the chore `load.plan`.
pub async fn plan(db: &Db, site: SiteId) -> Result<transport::Planned, Stop> {
    let riders = capacity(db, site).await?;
    transport::plan(db, site, &riders).await
}

/// The chore `load.offer`: finds a rider for a load, with all others of its site.
/// If nobody is found until the search ends, the load is taken apart for a van;
/// without a van on shift a person is called, and the search goes on.
pub async fn seek(db: &Db, id: LoadId) -> Result<(), Stop> {
    let mut read = db.read().await?;
    let load = transport::load_by_id(read.sql(), id).await?;
    drop(read);
    let Some(load) = load.filter(awaits_rider) else { return Ok(()) };
    offer_loads(db, load.site).await?;
    let mut tx = db.begin(Actor::house()).await?;
    let load = transport::hold_load(&mut tx, id, transport::Acting::Dispatcher).await?;
    if !awaits_rider(&load) {
        return Ok(());
    }
    let now = tx.now();
    if load.search_until.is_none_or(|until| until > now) {
        tx.later(Chore::OfferLoad, id, now.plus_ms(SEARCH_AGAIN_MS)).await?;
    } else {
        give_up(&mut tx, &load).await?;
    }
    Ok(tx.commit().await?)
}

fn awaits_rider(load: &Load) -> bool {
    load.state == LoadState::Planned && load.by == CarriedBy::Rider
}

async fn give_up(tx: &mut Tx, load: &Load) -> Result<(), Stop> {
    let vans = transport::vehicles(tx.sql(), Some(load.site)).await?;
    if vans.iter().any(|van| van.active && van.driver.is_some()) {
        return transport::dissolve(tx, load.id, true).await;
    }
    transport::search_longer(tx, load.id).await?;
    tx.emit(Event::LoadUnserved { load: load.id, site: load.site, reason: "no_rider".to_owned() });
    Ok(())
}

/// One load and one free rider.
struct Pair {
    approach_m: i64,
    /// What the pair costs, or what speaks against it.
    cost: Result<i64, &'static str>,
}

/// Makes an offer for each load of a site that a free rider can be found for;
/// together they cost the least.
///
/// # Errors
/// A fault. Races with other offers are lost quietly: the database decides.
pub async fn offer_loads(db: &Db, site: SiteId) -> Result<Vec<OfferId>, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    answer::sweep_stale(&mut tx).await?;
    tx.commit().await?;
    let now = db.clock.now();
    let mut read = db.read().await?;
    let loads = transport::loads_without_rider(read.sql(), site).await?;
    let riders = rows::free_riders(read.sql()).await?;
    if loads.is_empty() || riders.is_empty() {
        return Ok(Vec::new());
    }
    let there = transport::place_of(read.sql(), site).await?;
    let mut past = Vec::new();
    for load in &loads {
        past.push(rows::offers_of_load(read.sql(), load.id).await?);
    }
    drop(read);
    let mut places = vec![there];
    places.extend(riders.iter().map(|rider| rider.coord));
    let begin = tokio::time::Instant::now();
    let travel = transport::travel(db, &places).await?;
    let pairs: Vec<Vec<Pair>> = loads
        .iter()
        .zip(&past)
        .map(|(load, past)| {
            let way = |index: usize| travel.distances.get(index + 1, 0);
            riders.iter().enumerate().map(|(index, rider)| pair(load, past, rider, way(index), now)).collect()
        })
        .collect();
    let costs: Vec<Vec<Option<i64>>> =
        pairs.iter().map(|row| row.iter().map(|pair| pair.cost.ok()).collect()).collect();
    let matched = solver::matching::assign(&costs);
    let took_us = i64::try_from(begin.elapsed().as_micros()).unwrap_or(i64::MAX);
    let mut offers = Vec::new();
    for ((load, row), chosen) in loads.iter().zip(&pairs).zip(&matched.row_to_col) {
        if let Some(chosen) = *chosen
            && let Some(offer) = make(db, load, &riders, row, chosen, took_us).await?
        {
            offers.push(offer);
        }
    }
    Ok(offers)
}

/// The way to the site is what differs between riders; the load's own pay does not.
fn pair(load: &Load, past: &[Offer], rider: &Rider, way: Option<i64>, now: Time) -> Pair {
    let asked = |state: OfferState, within_ms: i64| {
        past.iter().any(|offer| {
            let answered = offer.answered_at.unwrap_or(offer.made_at);
            offer.rider == rider.id && offer.state == state && now.since(answered) < within_ms
        })
    };
    let approach_m = way.unwrap_or(i64::MAX);
    let cost = if asked(OfferState::Declined, i64::MAX) {
        Err("declined this load")
    } else if asked(OfferState::Expired, SILENCE_MS) {
        Err("did not answer a moment ago")
    } else if load.weight_g > rider.max_weight_g || load.volume_ml > rider.max_volume_ml {
        Err("the load is too large")
    } else if load.cold && !rider.cold {
        Err("has no cold box")
    } else if approach_m > MAX_APPROACH_M {
        Err("is too far away")
    } else {
        Ok(approach_m * PAY_PER_KM_MINOR / 1000 + pay_minor(load.distance_m))
    };
    Pair { approach_m, cost }
}

/// Writes one offer, or nothing if its load or its rider was taken meanwhile.
async fn make(
    db: &Db,
    load: &Load,
    riders: &[Rider],
    row: &[Pair],
    chosen: usize,
    took_us: i64,
) -> Result<Option<OfferId>, Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    if !transport::mark_offered(&mut tx, load.id, true).await? {
        return Ok(None);
    }
    let now = tx.now();
    let stops = transport::stops_of(tx.sql(), load.id).await?;
    let offer = Offer {
        id: tx.id(),
        load: load.id,
        rider: riders[chosen].id,
        state: OfferState::Offered,
        pay_minor: pay_minor(load.distance_m),
        distance_m: load.distance_m,
        approach_m: row[chosen].approach_m,
        stops: stops.iter().filter(|stop| stop.state.is_open()).count() as i64,
        made_at: now,
        expires_at: now.plus_ms(OFFER_MS),
        answered_at: None,
    };
    if !rows::insert_offer(tx.sql(), &offer).await? {
        return Ok(None);
    }
    record(&mut tx, load, riders, row, chosen, took_us).await?;
    let Offer { id, rider, pay_minor, expires_at, .. } = offer;
    tx.emit(Event::OfferMade { load: load.id, offer: id, rider, pay_minor, expires_at });
    tx.later(Chore::ExpireOffer, id, expires_at).await?;
    tx.commit().await?;
    Ok(Some(id))
}

async fn record(
    tx: &mut Tx,
    load: &Load,
    riders: &[Rider],
    row: &[Pair],
    chosen: usize,
    took_us: i64,
) -> Result<DecisionId, Fault> {
    let candidates = riders.iter().zip(row).enumerate().map(|(index, (rider, pair))| Candidate {
        name: rider.id.to_string(),
        cost: pair.cost.ok(),
        rejected: match pair.cost {
            _ if index == chosen => None,
            Err(reason) => Some(reason.to_owned()),
            Ok(cost) if row[chosen].cost.is_ok_and(|best| cost >= best) => Some("has a longer way".to_owned()),
            Ok(_) => Some("all loads together cost less with him on another".to_owned()),
        },
    });
    let choice = Choice {
        kind: DecisionKind::Rider,
        subject: load.id.to_string(),
        site: Some(load.site),
        chosen: riders[chosen].id.to_string(),
        method: "exact assignment".to_owned(),
        inputs: decisions::told(&json!({
            "cost": "minor units: pay for the route, and the way to the site at the same rate",
            "weight_g": load.weight_g, "volume_ml": load.volume_ml, "cold": load.cold,
            "distance_m": load.distance_m, "free_riders": riders.len(),
        })),
        candidates: candidates.collect(),
        cost: row[chosen].cost.ok(),
        bound: None,
        took_us,
    };
    decisions::record(tx, &choice).await
}
