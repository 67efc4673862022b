//! The clerk of a pick-up point: hands parcels to shoppers who come with their
//! code, some minutes after they were told that the parcel is there.
//!
//! Which parcels wait is read from the facts; the clerk knows no orders.

use crate::access::Login;
use crate::http::Caller;
use crate::oracle::Fact;
use crate::stage::Stage;
use rand::RngExt;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
/// Domain time to find a parcel and hand it over.
const COUNTER_MS: i64 = 20_000;
/// How often the clerk looks whether a hand-over is in the news.
const NEWS_LOOKS: usize = 30;

/// Serves one pick-up point until the run is over.
pub async fn live(stage: Arc<Stage>, login: Login) {
    let Some(code) = login.site.clone() else { return };
    let Some(site) = stage.sites.get(&code).cloned() else { return };
    let Some((caller, _)) = stage.sign_in("clerk", &login, Some(&code)).await else { return };
    let mut chance = stage.chance(&format!("clerk {}", login.login));
    // Moment and order of shoppers on their way.
    let mut coming: BTreeSet<(i64, String)> = BTreeSet::new();
    let mut known = 0;
    loop {
        let fresh = stage.news.since(known);
        known += fresh.len();
        for fact in fresh.iter().filter(|fact| is_here(fact, &site)) {
            let at_ms = stage.now_ms() + chance.random_range(1..4) * MINUTE_MS;
            coming.insert((at_ms, fact.subject.clone()));
        }
        while let Some((at_ms, order)) = coming.pop_first() {
            if at_ms > stage.now_ms() {
                coming.insert((at_ms, order));
                break;
            }
            if !all_collected(&stage, &site, &order) {
                hand_over(&stage, &caller, (&code, &site), &order).await;
            }
        }
        let next_ms = coming.first().map_or(MINUTE_MS, |(at_ms, _)| at_ms - stage.now_ms());
        tokio::select! {
            goes_on = stage.news.more_than(known, &stage.stop) => if !goes_on { return },
            goes_on = stage.rest(next_ms.max(1_000)) => if !goes_on { return },
        }
    }
}

fn is_here(fact: &Fact, site: &str) -> bool {
    fact.kind == "parcel.ready_for_pickup" && fact.text("site") == site
}

/// Whether every parcel of the order that came here was handed over; a code that
/// fits nothing would count as a wrong try.
fn all_collected(stage: &Stage, site: &str, order: &str) -> bool {
    let facts = stage.news.since(0);
    let of_order = || facts.iter().filter(|fact| fact.subject == order);
    let delivered = |parcel: &str| {
        let ends = ["parcel.delivered", "parcel.returning"];
        of_order().any(|fact| ends.contains(&fact.kind.as_str()) && fact.text("parcel") == parcel)
    };
    of_order().filter(|fact| is_here(fact, site)).all(|fact| delivered(fact.text("parcel")))
}

async fn hand_over(stage: &Stage, caller: &Caller, (code, site): (&str, &str), order: &str) {
    // An order that a person placed is collected by that person.
    let Some(placed) = stage.register.find(order) else { return };
    stage.pass(COUNTER_MS).await;
    let path = format!("/api/v1/pickup/{code}/collect");
    let key = stage.key("clerk");
    if let Err(problem) = caller.post(&path, &key, &json!({ "pin": placed.pin })).await {
        return stage.surprise("clerk", &format!("handing over {order}"), &problem);
    }
    // The whole order was handed over; its other parcels are crossed off the list
    // only when the news of it is in.
    for _ in 0..NEWS_LOOKS {
        if all_collected(stage, site, order) || !stage.rest(COUNTER_MS / 10).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_at_this_counter_counts() {
        let fact = |kind: &str, site: &str| Fact {
            position: 1,
            at_ms: 0,
            kind: kind.to_owned(),
            subject: "ord_1".to_owned(),
            body: json!({ "site": site }),
        };
        assert!(is_here(&fact("parcel.ready_for_pickup", "sit_1"), "sit_1"));
        assert!(!is_here(&fact("parcel.ready_for_pickup", "sit_2"), "sit_1"));
        assert!(!is_here(&fact("parcel.delivered", "sit_1"), "sit_1"));
    }
}
