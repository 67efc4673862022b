//! What must hold of the code beside this file.

use super::*;
use serde_json::{Value, json};

const T0: &str = "2026-11-20T01:00:00.000Z";

fn transfer(id: u32, kind: &str, from: [&str; 2], to: [&str; 2], quantity: i64, hold: Option<&str>) -> Value {
    json!({
        "id": format!("trf_{id}"), "at": format!("2026-11-20T01:{:02}:00.000Z", id * 3), "kind": kind,
        "sku": "sku_1", "lot": "", "serial": "", "condition": "sellable", "quantity": quantity,
        "from_site": from[0], "from_holder": from[1], "to_site": to[0], "to_holder": to[1],
        "to_condition": "sellable", "hold": hold, "reason": "", "reference": "", "actor": "x",
    })
}

fn balance(site: &str, holder: &str, pooled: bool, quantity: i64) -> Value {
    json!({"site": site, "holder": holder, "sku": "sku_1", "condition": "sellable",
        "pooled": pooled, "quantity": quantity})
}

fn fact(position: i64, kind: &str, subject: &str, body: Value) -> Value {
    json!({"position": position, "id": "evt", "at": T0, "kind": kind, "subject": subject,
        "site": null, "actor": "x", "body": body})
}

/// Five lamps came; two were ordered, held, picked, driven to the door, paid.
fn honest() -> Value {
    json!({
        "facts": [
            fact(1, "order.placed", "ord_1", json!({"order": "ord_1"})),
            fact(2, "payment.captured", "ord_1", json!({"amount_minor": 2 * 500 + 300})),
            fact(3, "line.picked", "ord_1", json!({"quantity": 2})),
            fact(4, "case.opened", "cas_1", json!({"code": "weight.mismatch"})),
            fact(5, "case.closed", "cas_1", json!({"code": "weight.mismatch", "resolution": "scanned again"})),
            fact(6, "parcel.delivered", "ord_1", json!({"parcel": "par_1", "load": "lod_1", "by": "usr_7"})),
            fact(7, "order.delivered", "ord_1", json!({})),
        ],
        "transfers": [
            transfer(1, "move", ["", "@supplier"], ["sit_1", "bin_1"], 5, None),
            transfer(2, "pending", ["sit_1", "@pool"], ["", "@customer"], 2, Some("hld_1")),
            transfer(3, "post", ["sit_1", "bin_1"], ["sit_1", "unt_1"], 2, Some("hld_1")),
            transfer(4, "move", ["sit_1", "unt_1"], ["", "@carrier:lod_1"], 2, None),
            transfer(5, "move", ["", "@carrier:lod_1"], ["", "@customer"], 2, None),
        ],
        "balances": [
            balance("", "@supplier", false, -5),
            balance("sit_1", "bin_1", true, 3),
            balance("sit_1", "unt_1", false, 0),
            balance("", "@customer", false, 2),
        ],
        "pools": [{"site": "sit_1", "sku": "sku_1", "on_hand": 3, "held": 0, "version": 4}],
        "holds": [{"id": "hld_1", "order": "ord_1", "line": "lin_1", "site": "sit_1", "sku": "sku_1",
            "quantity": 2, "posted": 2, "released": 0}],
        "orders": [{"id": "ord_1", "status": "delivered", "shipping_minor": 300, "lines": [
            {"id": "lin_1", "sku": "sku_1", "unit_price_minor": 500, "discount_minor": 0,
             "ordered": 2, "delivered": 2, "cancelled": 0, "returned": 0}]}],
    })
}

fn verdict(evidence: Value) -> Verdict {
    judge(&serde_json::from_value(evidence).expect("the shapes of the contract"))
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    let mut codes: Vec<_> = verdict.violations.iter().map(|v| v.code.as_str()).collect();
    codes.dedup();
    codes
}

/// The honest story with one place changed.
fn changed(pointer: &str, value: Value) -> Verdict {
    let mut story = honest();
    *story.pointer_mut(pointer).expect("a place in the story") = value;
    verdict(story)
}

/// The honest story with more facts.
fn with_facts(more: &[(&str, &str, Value)]) -> Verdict {
    let mut story = honest();
    let facts = story["facts"].as_array_mut().expect("facts");
    for (kind, subject, body) in more {
        facts.push(fact(facts.len() as i64 + 1, kind, subject, body.clone()));
    }
    verdict(story)
}

/// The honest story without one fact.
fn without_fact(position: usize) -> Verdict {
    let mut story = honest();
    story["facts"].as_array_mut().expect("facts").remove(position - 1);
    verdict(story)
}

#[test]
fn an_honest_story_is_clean() {
    assert_eq!(verdict(honest()), Verdict::default());
}

#[test]
fn a_balance_that_differs_from_its_transfers_is_found() {
    let found = changed("/balances/1/quantity", json!(4));
    assert_eq!(codes(&found), ["ledger.pool_differs", "ledger.replay_differs", "ledger.unbalanced"]);
    assert_eq!(found.ledger_imbalance, 2);
}

#[test]
fn a_transfer_to_nowhere_is_found() {
    let found = changed("/transfers/0/to_holder", json!("bin_2"));
    assert!(codes(&found).contains(&"ledger.replay_differs"));
    assert_eq!(found.ledger_imbalance, 10);
}

#[test]
fn a_negative_bin_is_found() {
    let mut story = honest();
    story["balances"][1]["quantity"] = json!(-1);
    story["balances"][3]["quantity"] = json!(6);
    assert!(codes(&verdict(story)).contains(&"ledger.below_zero"));
}

#[test]
fn a_pool_and_a_hold_that_differ_are_found() {
    assert_eq!(codes(&changed("/pools/0/held", json!(1))), ["ledger.pool_differs"]);
    assert_eq!(codes(&changed("/pools/0/site", json!("sit_2"))), ["ledger.pool_differs"]);
    let found = changed("/holds/0/posted", json!(1));
    assert!(codes(&found).contains(&"ledger.hold_differs"));
    assert!(codes(&found).contains(&"hold.left_open"));
}

#[test]
fn one_unit_promised_twice_is_oversold_even_when_mended_later() {
    let mut story = honest();
    let transfers = story["transfers"].as_array_mut().expect("transfers");
    transfers.push(transfer(6, "pending", ["sit_1", "@pool"], ["", "@customer"], 4, Some("hld_2")));
    transfers.push(transfer(9, "void", ["", "@customer"], ["sit_1", "@pool"], 4, Some("hld_2")));
    story["holds"].as_array_mut().expect("holds").push(json!({"id": "hld_2", "order": "ord_1",
        "site": "sit_1", "sku": "sku_1", "quantity": 4, "posted": 0, "released": 4}));
    let found = verdict(story);
    assert_eq!(codes(&found), ["promise.oversold"]);
    assert_eq!(found.units_oversold, 1);
}

/// Three more are held; then `lost` units vanish and `broken` promises break.
fn with_a_loss(lost: i64, broken: i64) -> Verdict {
    let mut story = honest();
    let transfers = story["transfers"].as_array_mut().expect("transfers");
    transfers.push(transfer(6, "pending", ["sit_1", "@pool"], ["", "@customer"], 3, Some("hld_2")));
    let mut void = transfer(7, "void", ["", "@customer"], ["sit_1", "@pool"], broken, Some("hld_2"));
    void["reason"] = json!("broken");
    transfers.push(void);
    transfers.push(transfer(7, "move", ["sit_1", "bin_1"], ["", "@loss"], lost, None));
    story["balances"][1]["quantity"] = json!(3 - lost);
    story["balances"].as_array_mut().expect("balances").push(balance("", "@loss", false, lost));
    story["pools"][0] = json!({"site": "sit_1", "sku": "sku_1", "on_hand": 3 - lost, "held": 3 - broken});
    story["holds"].as_array_mut().expect("holds").push(json!({"id": "hld_2", "order": "ord_2",
        "site": "sit_1", "sku": "sku_1", "quantity": 3, "posted": 0, "released": broken}));
    let facts = story["facts"].as_array_mut().expect("facts");
    facts.push(fact(8, "hold.broken", "ord_2", json!({"quantity": broken})));
    verdict(story)
}

#[test]
fn goods_that_vanish_under_a_promise_are_unpromised_not_oversold() {
    let found = with_a_loss(2, 2);
    assert_eq!((found.units_oversold, found.units_unpromised), (0, 2));
    assert_eq!(found.violations, []);
}

#[test]
fn a_promise_that_breaks_without_a_loss_is_oversold() {
    let found = with_a_loss(1, 2);
    assert_eq!((found.units_oversold, found.units_unpromised), (1, 1));
    assert_eq!(codes(&found), ["promise.oversold"]);
}

#[test]
fn a_broken_promise_that_nobody_was_told_of_is_found() {
    let found = with_facts(&[("hold.broken", "ord_1", json!({"quantity": 1}))]);
    assert_eq!(codes(&found), ["promise.broken_untold"]);
}

#[test]
fn an_order_without_an_end_is_stuck_and_names_its_last_fact() {
    let mut story = honest();
    story["facts"].as_array_mut().expect("facts").truncate(5);
    story["orders"][0]["status"] = json!("accepted");
    let found = verdict(story);
    let stuck = found.violations.iter().find(|v| v.code == "order.stuck").expect("found");
    assert_eq!((stuck.about.as_str(), stuck.detail.as_str()), ("ord_1", "stands still since line.picked"));
}

#[test]
fn ends_that_contradict_are_found() {
    let twice = with_facts(&[("order.cancelled", "ord_1", json!({}))]);
    assert_eq!(codes(&twice), ["order.ended_twice"]);
    assert_eq!(codes(&changed("/orders/0/status", json!("accepted"))), ["order.state_differs"]);
    assert_eq!(codes(&changed("/orders", json!([]))), ["goods.not_at_the_door", "order.lost"]);
    assert_eq!(codes(&without_fact(3)), ["order.unpicked"]);
    assert_eq!(codes(&without_fact(6)), ["order.unproven"]);
    let again = with_facts(&[("parcel.delivered", "ord_1", json!({"parcel": "par_1"}))]);
    assert_eq!(codes(&again), ["parcel.delivered_twice"]);
    assert!(codes(&without_fact(1)).contains(&"order.untold"));
}

#[test]
fn units_that_are_neither_here_nor_there_are_found() {
    let found = changed("/orders/0/lines/0/delivered", json!(1));
    assert_eq!(codes(&found), ["goods.not_at_the_door", "line.unbalanced", "money.differs"]);
}

#[test]
fn money_must_match_what_was_delivered() {
    assert_eq!(codes(&without_fact(2)), ["money.differs"]);
    let unpaid = with_facts(&[
        ("payment.collected", "ord_1", json!({"amount_minor": 200})),
        ("refund.due", "ord_1", json!({"amount_minor": 200})),
    ]);
    assert_eq!(codes(&unpaid), ["money.refund_differs"]);
    let settled = with_facts(&[
        ("payment.collected", "ord_1", json!({"amount_minor": 200})),
        ("refund.due", "ord_1", json!({"amount_minor": 200})),
        ("payment.refunded", "ord_1", json!({"amount_minor": 200})),
    ]);
    assert_eq!(settled.violations, []);
}

#[test]
fn a_case_without_an_explanation_is_found() {
    assert_eq!(codes(&without_fact(5)), ["case.unexplained"]);
    let silent = changed("/facts/4/body/resolution", json!(" "));
    assert_eq!(codes(&silent), ["case.unexplained"]);
    let twice = with_facts(&[("case.closed", "cas_1", json!({"resolution": "again"}))]);
    assert_eq!(codes(&twice), ["case.closed_twice"]);
}

#[test]
fn work_is_counted_from_facts() {
    let mut told = honest();
    let planned = fact(20, "load.planned", "lod_1", json!({"by": "rider"}));
    told["facts"].as_array_mut().expect("a list").push(planned);
    let evidence: Evidence = serde_json::from_value(told).expect("the shapes of the contract");
    let mut report = Report::default();
    count_work(&mut report, &evidence.facts);
    judge(&evidence).enter(&mut report);
    assert!(report.is_clean());
    assert_eq!((report.orders_placed, report.orders_delivered), (1, 1));
    assert_eq!((report.proofs, report.delivered_by_rider, report.delivered_by_vehicle), (1, 1, 0));
    assert_eq!((report.cases_opened, report.cases_closed), (1, 1));
}
