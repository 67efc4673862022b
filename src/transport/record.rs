//! The decision record of a route: who could have driven it, at what cost, and
//! why not, also halt by halt. Deliberately absent: deciding.

use serde_json::json;
use solver::routing::{self, Explanation};

use super::plan::{Draft, budget};
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    kernel::*,
    store::Tx,
};

/// Other vehicles told of each halt.
const ALTERNATIVES: usize = 3;

/// Records why this load was made so. Costs are in minor units.
pub(super) async fn route(tx: &mut Tx, draft: &Draft<'_>, load: LoadId) -> Result<DecisionId, Fault> {
    let (route, problem) = (draft.route, draft.problem);
    let names = names(draft);
    let candidates = (0..problem.vehicles.len()).map(|index| candidate(draft, index, &names)).collect();
    let calls: Vec<_> = draft
        .calls()
        .zip(&route.stops)
        .map(|(call, stop)| {
            let labels: Vec<&str> = call.parcels.iter().map(|parcel| parcel.sscc.as_str()).collect();
            let told = draft.told.iter().find(|told| told.job == stop.job);
            json!({
                "parcels": labels,
                "arrive": Time::from_ms(stop.arrive_ms),
                "saved_without": told.and_then(|told| told.without).map(|cost| -cost / 1000),
                "elsewhere": told.map(|told| elsewhere(told, route.vehicle, &names)),
            })
        })
        .collect();
    let choice = Choice {
        kind: DecisionKind::Route,
        subject: load.to_string(),
        site: Some(draft.situation.site),
        chosen: names[route.vehicle].clone(),
        method: "regret insertion, ruin and recreate".to_owned(),
        inputs: decisions::told(&json!({
            "cost": "minor units",
            "at": draft.situation.now,
            "staged_stops": problem.jobs.len(),
            "vans": draft.situation.vans.len(),
            "riders": draft.situation.riders.len(),
            "rounds": budget(problem.jobs.len()).iterations,
            "distance_m": route.distance_m,
            "stops": calls,
        })),
        candidates,
        cost: Some(route.cost / 1000),
        bound: None,
        took_us: draft.took_us,
    };
    decisions::record(tx, &choice).await
}

/// The best other vehicles for one halt, all else as planned: what each would cost
/// more, or what speaks against it.
fn elsewhere(told: &Explanation, own: usize, names: &[String]) -> Vec<serde_json::Value> {
    let others = told.choices.iter().filter(|choice| choice.vehicle != own).take(ALTERNATIVES);
    let shown = others.map(|choice| {
        let breach = &choice.breach;
        let late_ms = breach.late.iter().map(|late| late.late_ms).max();
        let against = [
            (breach.forbidden, "it may not serve it"),
            (breach.unreachable, "there is no way"),
            (late_ms.is_some(), "a stop would be late"),
            (breach.overload.iter().any(|over| *over > 0), "it has no room"),
            (breach.breaks, "no time is left for a break"),
            (breach.excess_m > 0 || breach.excess_ms > 0, "the route would be too long"),
        ];
        let against: Vec<&str> = against.into_iter().filter_map(|(yes, why)| yes.then_some(why)).collect();
        json!({
            "vehicle": names[choice.vehicle],
            "extra": choice.extra.map(|cost| cost / 1000),
            "late_ms": late_ms,
            "against": against,
        })
    });
    shown.collect()
}

fn names(draft: &Draft<'_>) -> Vec<String> {
    let vans = draft.situation.vans.iter().map(|van| van.code.clone());
    vans.chain((1..=draft.situation.riders.len()).map(|number| format!("a rider ({number})"))).collect()
}

/// What this very route would cost with another vehicle, and what speaks against it.
fn candidate(draft: &Draft<'_>, index: usize, names: &[String]) -> Candidate {
    let (route, vehicle) = (draft.route, &draft.problem.vehicles[index]);
    let needed = draft.route.stops.iter().fold(0, |bits, stop| bits | draft.problem.jobs[stop.job].skills);
    let fits = vehicle.capacity.iter().zip(&route.load).all(|(most, load)| load <= most);
    let way_home = vehicle.end.is_some() != draft.problem.vehicles[route.vehicle].end.is_some();
    let impossible = if !fits {
        Some("it does not hold the load")
    } else if vehicle.skills & needed != needed {
        Some("it lacks cold or is no van")
    } else if route.end_ms - route.depart_ms > vehicle.shift.1 - vehicle.shift.0 {
        Some("the route is longer than its shift")
    } else {
        None
    };
    let cost = impossible.is_none().then(|| cost(vehicle, route));
    let rejected = match (index == route.vehicle, impossible, cost) {
        (true, _, _) => None,
        (_, Some(reason), _) => Some(reason.to_owned()),
        (_, None, Some(cost)) if cost > route.cost / 1000 => Some("it is dearer for this route".to_owned()),
        _ if way_home => Some("its way home, or its other route, makes the whole plan dearer".to_owned()),
        _ => Some("the whole plan is no cheaper with it".to_owned()),
    };
    Candidate { name: names[index].clone(), cost, rejected }
}

fn cost(vehicle: &routing::Vehicle, route: &routing::Route) -> i64 {
    let driven = vehicle.cost_per_m.saturating_mul(route.distance_m);
    let paid = vehicle.cost_per_ms.saturating_mul(route.end_ms - route.depart_ms);
    vehicle.fixed_cost.saturating_add(driven).saturating_add(paid) / 1000
}
