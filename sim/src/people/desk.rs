//! Those who settle exceptions: supervisors at their sites, customer service for
//! what belongs to none. Each does what the case's advice says, by ordinary
//! requests, and closes it with how it ended.
//!
//! A case of a kind that nobody here understands is left open on purpose; the
//! oracle will ask why.

use crate::access::Login;
use crate::http::Caller;
use crate::oracle::Fact;
use crate::stage::Stage;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
/// Domain time from the opening of a case to the first look at it.
const FIRST_LOOK_MS: i64 = MINUTE_MS;
/// Domain time to the next look, when nothing can be done yet.
const NEXT_LOOK_MS: i64 = MINUTE_MS;

/// A case as its facts tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Case {
    id: String,
    code: String,
    about: String,
    site: String,
    position: i64,
    opened_ms: i64,
}

/// What is to be done about a case now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    /// Look again later.
    Wait,
    /// Close it with this resolution.
    Close(&'static str),
    /// Close it with a word.
    Settle(&'static str),
    /// Load labels and start the page again.
    Reprint,
    /// Take in what waits at the dock, then close with this resolution.
    TakeIn(&'static str),
}

/// Handles the cases of `site` (its id), or those of no site, until the run is
/// over.
pub async fn live(stage: Arc<Stage>, persona: &'static str, login: Login) {
    let site = match &login.site {
        Some(code) => stage.sites.get(code).cloned().unwrap_or_default(),
        None => String::new(),
    };
    let Some((caller, _)) = stage.sign_in(persona, &login, None).await else { return };
    let mut open: BTreeMap<String, (i64, Case)> = BTreeMap::new();
    let mut known = 0;
    loop {
        let fresh = stage.news.since(known);
        known += fresh.len();
        for fact in &fresh {
            match fact.kind.as_str() {
                "case.opened" if fact.text("site") == site => {
                    let case = case_of(fact);
                    open.insert(case.id.clone(), (stage.now_ms() + FIRST_LOOK_MS, case));
                }
                "case.closed" => drop(open.remove(&fact.subject)),
                _ => {}
            }
        }
        let now_ms = stage.now_ms();
        let due: Vec<Case> =
            open.values().filter(|(at_ms, _)| *at_ms <= now_ms).map(|(_, case)| case.clone()).collect();
        for case in due {
            handle(&stage, &caller, &login.login, &case).await;
            if let Some((at_ms, _)) = open.get_mut(&case.id) {
                *at_ms = stage.now_ms() + NEXT_LOOK_MS;
            }
        }
        let next_ms = open.values().map(|(at_ms, _)| *at_ms).min().map(|at_ms| (at_ms - stage.now_ms()).max(1_000));
        tokio::select! {
            goes_on = stage.news.more_than(known, &stage.stop) => if !goes_on { return },
            goes_on = stage.rest(next_ms.unwrap_or(10 * MINUTE_MS)) => if !goes_on { return },
        }
    }
}

fn case_of(fact: &Fact) -> Case {
    Case {
        id: fact.subject.clone(),
        code: fact.text("code").to_owned(),
        about: fact.text("about").to_owned(),
        site: fact.text("site").to_owned(),
        position: fact.position,
        opened_ms: fact.at_ms,
    }
}

async fn handle(stage: &Stage, caller: &Caller, who: &str, case: &Case) {
    let facts = stage.news.since(0);
    let body = match advised(case, &facts, stage.now_ms()) {
        Deed::Wait => return,
        Deed::Reprint => {
            stage.printers.mend(&case.site);
            let path = format!("/api/v1/prints/{}/retry", case.about);
            let done = caller.post(&path, &stage.key(who), &json!({})).await;
            // It may be printing again already.
            if let Err(problem) = done
                && problem.status != 409
            {
                stage.surprise(who, &format!("printing {} again", case.about), &problem);
            }
            return;
        }
        Deed::TakeIn(resolution) => {
            if !take_in(stage, caller, who, &case.about).await {
                return;
            }
            json!({ "resolution": resolution })
        }
        Deed::Close(resolution) => json!({ "resolution": resolution }),
        Deed::Settle(note) => json!({ "resolution": "settled", "note": note }),
    };
    let path = format!("/api/v1/cases/{}/close", case.id);
    if let Err(problem) = caller.post(&path, &stage.key(who), &body).await {
        // It may have corrected itself a moment ago.
        if problem.status != 409 {
            stage.surprise(who, &format!("closing a case of {}", case.code), &problem);
        }
    }
}

/// Approves every line of a receipt that waits; false if it must be tried again.
async fn take_in(stage: &Stage, caller: &Caller, who: &str, receipt: &str) -> bool {
    let found = match caller.get(&format!("/api/v1/receipts/{receipt}")).await {
        Ok(found) => found,
        Err(problem) => {
            stage.surprise(who, "looking at a receipt", &problem);
            return false;
        }
    };
    let text = |line: &Value, key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let lines = found.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    for line in lines.iter().filter(|line| text(line, "state") == "waiting") {
        let path = format!("/api/v1/receipts/{receipt}/lines/{}/approve", text(line, "id"));
        if let Err(problem) = caller.post(&path, &stage.key(who), &json!({ "accept": true })).await {
            stage.surprise(who, "taking in what waits", &problem);
            return false;
        }
    }
    true
}

/// What the advice of a case comes to, after what has happened since. Pure.
fn advised(case: &Case, facts: &[Arc<Fact>], now_ms: i64) -> Deed {
    let since = || facts.iter().filter(|fact| fact.position > case.position);
    let about_parcel = |kind: &str| facts.iter().any(|fact| fact.kind == kind && fact.text("parcel") == case.about);
    let about_order = |kind: &str| facts.iter().any(|fact| fact.kind == kind && fact.subject == case.about);
    let aged = |minutes: i64| now_ms - case.opened_ms >= minutes * MINUTE_MS;
    match case.code.as_str() {
        "goods.damaged" | "goods.short" | "goods.wrong" => Deed::Close("accepted"),
        "goods.over" => Deed::TakeIn("accepted"),
        "label.unknown" => Deed::Close("relabelled"),
        "bin.empty" => {
            let counted = |fact: &Fact| fact.kind == "task.done" && fact.text("kind") == "count";
            let here = since().any(|fact| counted(fact) && fact.text("site") == case.site);
            if here { Deed::Close("recounted") } else { Deed::Wait }
        }
        "count.below_held" => Deed::Settle("Broken promises were sourced again, or given back as each order wished."),
        "tote.full" | "worker.gone" => Deed::Close("reassigned"),
        "weight.mismatch" => {
            if about_parcel("carton.closed") && aged(2) {
                Deed::Close("reweighed")
            } else {
                Deed::Wait
            }
        }
        "printer.failed" => Deed::Reprint,
        "order.short" if about_order("order.cancelled") => Deed::Close("cancelled"),
        "order.short" if about_order("order.delivered") || aged(3) => Deed::Close("shipped_part"),
        "order.cancelled_packed" => {
            let back = since().any(|fact| fact.kind == "task.done" && fact.text("kind") == "put_back");
            if back || aged(10) { Deed::Close("returned") } else { Deed::Wait }
        }
        "address.changed" => Deed::Close("address_confirmed"),
        "delivery.failed" if about_parcel("parcel.ready_for_pickup") => Deed::Close("held_for_pickup"),
        "delivery.failed" if about_parcel("parcel.returning") => Deed::Close("returned"),
        "delivery.failed" if aged(2) => Deed::Close("redelivery"),
        "payment.late" if about_order("payment.refunded") => Deed::Close("refunded"),
        "payment.late" if about_order("order.accepted") => Deed::Close("held_again"),
        "refund.due" if about_order("payment.refunded") => Deed::Close("refunded"),
        "mission.failed" => {
            let home = since().any(|fact| fact.kind == "mission.done" && fact.text("shelf") == case.about);
            if home { Deed::Close("retried") } else { Deed::Wait }
        }
        "task.problem" => Deed::Close("retried"),
        _ => Deed::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(code: &str, about: &str) -> Case {
        let (id, site) = ("cas_1".to_owned(), "sit_1".to_owned());
        Case { id, code: code.to_owned(), about: about.to_owned(), site, position: 10, opened_ms: 0 }
    }

    fn fact(position: i64, kind: &str, subject: &str, body: Value) -> Arc<Fact> {
        Arc::new(Fact { position, at_ms: 0, kind: kind.to_owned(), subject: subject.to_owned(), body })
    }

    #[test]
    fn a_case_waits_for_what_its_advice_says() {
        let empty = case("bin.empty", "A01-02-B");
        let before = fact(4, "task.done", "tsk_1", json!({ "kind": "count", "site": "sit_1" }));
        let after = fact(14, "task.done", "tsk_2", json!({ "kind": "count", "site": "sit_1" }));
        assert_eq!(advised(&empty, std::slice::from_ref(&before), 0), Deed::Wait);
        assert_eq!(advised(&empty, &[before, after], 0), Deed::Close("recounted"));
        let late = case("payment.late", "ord_1");
        assert_eq!(advised(&late, &[], 0), Deed::Wait);
        assert_eq!(advised(&late, &[fact(20, "payment.refunded", "ord_1", json!({}))], 0), Deed::Close("refunded"));
    }

    #[test]
    fn a_parcel_that_came_back_is_not_tried_again() {
        let failed = case("delivery.failed", "par_1");
        assert_eq!(advised(&failed, &[], 0), Deed::Wait);
        assert_eq!(advised(&failed, &[], 3 * MINUTE_MS), Deed::Close("redelivery"));
        let back = fact(20, "parcel.returning", "ord_1", json!({ "parcel": "par_1" }));
        assert_eq!(advised(&failed, &[back], 3 * MINUTE_MS), Deed::Close("returned"));
    }

    #[test]
    fn a_parked_fact_is_nobodys_to_explain_away() {
        assert_eq!(advised(&case("fact.parked", "ord_1"), &[], 99 * MINUTE_MS), Deed::Wait);
    }
}
