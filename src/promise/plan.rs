//! Planning a basket. The model is small (a handful of sites and lines), solved in
//! tens of microseconds, so it runs inside the order's transaction and nothing it
//! read can have changed on SQLite; on PostgreSQL the holds check again.

use std::{sync::Arc, time::Instant};

use serde::Serialize;
use serde_json::value::RawValue;
use solver::sourcing;

use super::model::*;
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    kernel::*,
    network, stock,
    store::Tx,
};

/// Chooses sites for a basket and takes hours of their capacity. What no site has
/// is in `short`. Guard: a site whose hours are full is left out and the rest is
/// planned again.
pub async fn plan(tx: &mut Tx, request: &Request) -> Result<Plan, Stop> {
    let started = Instant::now();
    let now = tx.now();
    let mut offers = offers(tx, request, now).await?;
    let mut full: Vec<Candidate> = Vec::new();
    loop {
        if offers.is_empty() {
            return Err(Refusal::NoService { service: request.service.clone() }.into());
        }
        let answer = sourcing::solve(&problem(request, &offers, now))
            .map_err(|error| Refusal::Unsolvable { reason: error.to_string() })?;
        match take_hours(tx, &offers, &answer, now).await? {
            Some(index) => {
                full.push(no_room(&offers.remove(index)));
            }
            None => return Ok(assemble(request, &offers, &answer, full, now, started)),
        }
    }
}

/// Records the choice beside the order that acts on it.
pub async fn record(tx: &mut Tx, subject: &str, plan: &Plan) -> Result<DecisionId, Stop> {
    let choice = Choice { subject: subject.to_owned(), ..plan.choice.clone() };
    Ok(decisions::record(tx, &choice).await?)
}

async fn offers(tx: &mut Tx, request: &Request, now: Time) -> Result<Vec<Offer>, Stop> {
    let mut pools = Vec::new();
    for line in &request.lines {
        pools.push(stock::pools_of(tx.sql(), line.sku).await?);
    }
    let shares = super::shares(tx.sql()).await?;
    let mut offers = Vec::new();
    for site in network::sites(tx.sql()).await? {
        if !site.ships() {
            continue;
        }
        let services = network::services(tx.sql(), site.id).await?;
        let slot = services
            .iter()
            .find(|service| service.service == request.service && service.open)
            .and_then(|service| network::slot(&site, service, now));
        if let Some(slot) = slot {
            let available = available_at(site.id, &pools, &shares, &request.channel);
            offers.push(Offer { site: Arc::new(site), ready_by: slot.ready_by, window: slot.window, available });
        }
    }
    Ok(offers)
}

/// Takes the hours that the plan needs; the index of a site that has no room, or
/// `None` if all have.
async fn take_hours(tx: &mut Tx, offers: &[Offer], answer: &sourcing::Plan, now: Time) -> Result<Option<usize>, Stop> {
    let mut taken: Vec<(usize, Time, i64)> = Vec::new();
    for (index, offer) in offers.iter().enumerate() {
        let parts = answer.parts.iter().filter(|part| part.site == index).count();
        let lines = i64::try_from(parts).unwrap_or(i64::MAX);
        if lines == 0 {
            continue;
        }
        match network::take_capacity(tx, &offer.site, now, offer.ready_by, lines).await? {
            Some(hours) => taken.extend(hours.into_iter().map(|(hour, lines)| (index, hour, lines))),
            None => {
                for (index, hour, lines) in taken {
                    network::give_capacity(tx, &offers[index].site, hour, lines).await?;
                }
                return Ok(Some(index));
            }
        }
    }
    Ok(None)
}

/// A site that is left out because its hours are full.
pub(super) fn no_room(offer: &Offer) -> Candidate {
    let rejected = Some("no room in its hours".to_owned());
    Candidate { name: offer.site.code.clone(), cost: None, rejected }
}

pub(super) fn assemble(
    request: &Request,
    offers: &[Offer],
    answer: &sourcing::Plan,
    full: Vec<Candidate>,
    now: Time,
    started: Instant,
) -> Plan {
    let parts: Vec<Part> = answer
        .parts
        .iter()
        .map(|part| Part {
            line: part.line,
            sku: request.lines[part.line].sku,
            site: offers[part.site].site.id,
            supply: None,
            quantity: part.quantity,
            due_at: offers[part.site].ready_by,
        })
        .collect();
    let used = || answer.parts.iter().map(|part| &offers[part.site]);
    let from = used().map(|offer| offer.window.0).max().unwrap_or(now);
    let to = used().map(|offer| offer.window.1).max().unwrap_or(now);
    let mut candidates: Vec<Candidate> = answer
        .candidates
        .iter()
        .map(|candidate| Candidate {
            name: offers[candidate.site].site.code.clone(),
            cost: candidate.cost,
            rejected: candidate.rejected.as_ref().map(why),
        })
        .collect();
    candidates.extend(full);
    let codes: std::collections::BTreeSet<&str> = used().map(|offer| offer.site.code.as_str()).collect();
    let choice = Choice {
        kind: DecisionKind::Sourcing,
        subject: String::new(),
        site: parts.first().map(|part| part.site),
        chosen: codes.into_iter().collect::<Vec<_>>().join(" + "),
        method: format!("{:?}", answer.method).to_lowercase(),
        inputs: inputs(request, offers, now),
        candidates,
        cost: Some(answer.cost),
        bound: answer.bound,
        took_us: i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX),
    };
    let short = answer.unserved.iter().map(|miss| (request.lines[miss.line].sku, miss.quantity)).collect();
    Plan { parts, short, promised_by: to, window: (from, to), choice }
}

/// What went into a plan, for its record.
#[derive(Serialize)]
struct Inputs<'a> {
    at: Time,
    lines: Vec<InputLine>,
    service: &'a str,
    sites: Vec<InputSite<'a>>,
    unit: &'static str,
}

#[derive(Serialize)]
struct InputLine {
    quantity: i64,
    sku: SkuId,
}

#[derive(Serialize)]
struct InputSite<'a> {
    available: &'a [i64],
    parcel_cost_minor: i64,
    ready_by: Time,
    site: &'a str,
}

fn input_site(offer: &Offer, destination: Coord) -> InputSite<'_> {
    InputSite {
        available: &offer.available,
        parcel_cost_minor: offer.parcel_cost(destination),
        ready_by: offer.ready_by,
        site: &offer.site.code,
    }
}

fn inputs(request: &Request, offers: &[Offer], now: Time) -> Box<RawValue> {
    let line = |line: &Demand| InputLine { quantity: line.quantity, sku: line.sku };
    decisions::told(&Inputs {
        at: now,
        lines: request.lines.iter().map(line).collect(),
        service: &request.service,
        sites: offers.iter().map(|offer| input_site(offer, request.destination)).collect(),
        unit: "minor units of money",
    })
}

/// A solver's reason in words for the decision record.
fn why(reason: &sourcing::Reason) -> String {
    use sourcing::Reason;
    match reason {
        Reason::NothingAvailable => "has none of it".to_owned(),
        Reason::NoCapacity => "no room in its hours".to_owned(),
        Reason::PartOnly { served } => format!("has only {served} of the lines, and a second parcel does not pay"),
        Reason::Dearer { by } => format!("costs {by} more"),
        Reason::NotNeeded => "costs the same; the first was taken".to_owned(),
    }
}
