//! Did every order come to one honest end, and did its goods really arrive?

use super::Verdict;
use super::facts::{Evidence, Fact, Order};
use std::collections::{BTreeMap, BTreeSet};

/// What the facts say of one order.
#[derive(Default)]
struct Story<'a> {
    placed: usize,
    delivered: usize,
    cancelled: usize,
    picked_units: i64,
    parcels_delivered: Vec<&'a str>,
    last: Option<&'a Fact>,
}

pub fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let stories = read_stories(&evidence.facts);
    let known: BTreeMap<&str, &Order> = evidence.orders.iter().map(|o| (o.id.as_str(), o)).collect();
    for (id, story) in &stories {
        ends_once(id, story, verdict);
        match known.get(id) {
            Some(order) => agrees(order, story, verdict),
            None => verdict.find("order.lost", id, "facts tell of it, no reader finds it".to_owned()),
        }
        proven_once(id, story, verdict);
    }
    for order in &evidence.orders {
        if !stories.contains_key(order.id.as_str()) {
            verdict.find("order.untold", &order.id, "no fact says that it was placed".to_owned());
        }
        lines_add_up(order, verdict);
    }
    nothing_stays_held(evidence, &known, verdict);
    goods_arrived(evidence, verdict);
}

fn read_stories(facts: &[Fact]) -> BTreeMap<&str, Story<'_>> {
    let mut stories: BTreeMap<&str, Story> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == "order.placed") {
        stories.entry(&fact.subject).or_default().placed += 1;
    }
    for fact in facts {
        let Some(story) = stories.get_mut(fact.subject.as_str()) else {
            continue;
        };
        story.last = Some(fact);
        match fact.kind.as_str() {
            "order.delivered" => story.delivered += 1,
            "order.cancelled" => story.cancelled += 1,
            "line.picked" => story.picked_units += fact.number("quantity"),
            "parcel.delivered" => story.parcels_delivered.push(fact.text("parcel")),
            _ => {}
        }
    }
    stories
}

fn ends_once(id: &str, story: &Story, verdict: &mut Verdict) {
    if story.placed > 1 {
        verdict.find("order.placed_twice", id, format!("{} times", story.placed));
    }
    match story.delivered + story.cancelled {
        0 => {
            let last = story.last.map_or("nothing", |fact| fact.kind.as_str());
            verdict.find("order.stuck", id, format!("stands still since {last}"));
        }
        1 => {}
        ends => verdict.find("order.ended_twice", id, format!("{ends} ends")),
    }
}

/// What a reader sees must be what the facts tell.
fn agrees(order: &Order, story: &Story, verdict: &mut Verdict) {
    let delivered: i64 = order.lines.iter().map(|line| line.delivered).sum();
    let expected = match (story.delivered > 0, story.cancelled > 0) {
        (true, false) => "delivered",
        (false, true) => "cancelled",
        _ => return,
    };
    if order.state != expected {
        let detail = format!("a reader sees {}, the facts say {expected}", order.state);
        verdict.find("order.state_differs", &order.id, detail);
    }
    if (delivered > 0) != (expected == "delivered") {
        let detail = format!("{expected} with {delivered} units at the door");
        verdict.find("order.end_differs", &order.id, detail);
    }
    if delivered > story.picked_units {
        let detail = format!("{delivered} units delivered, {} picked", story.picked_units);
        verdict.find("order.unpicked", &order.id, detail);
    }
    if expected == "delivered" && story.parcels_delivered.is_empty() {
        verdict.find("order.unproven", &order.id, "no parcel was handed over".to_owned());
    }
}

fn proven_once(id: &str, story: &Story, verdict: &mut Verdict) {
    let distinct: BTreeSet<_> = story.parcels_delivered.iter().collect();
    if distinct.len() != story.parcels_delivered.len() {
        let detail = format!("parcels {:?}", story.parcels_delivered);
        verdict.find("parcel.delivered_twice", id, detail);
    }
}

fn lines_add_up(order: &Order, verdict: &mut Verdict) {
    for line in &order.lines {
        let parts = [line.delivered, line.cancelled, line.returned];
        let over = matches!(order.state.as_str(), "delivered" | "cancelled");
        let sum: i64 = parts.iter().sum();
        if parts.iter().any(|&part| part < 0) || sum > line.ordered || (over && sum != line.ordered) {
            let detail = format!("{} ordered, but delivered, cancelled, returned are {parts:?}", line.ordered);
            verdict.find("line.unbalanced", &line.id, detail);
        }
    }
}

fn nothing_stays_held(evidence: &Evidence, known: &BTreeMap<&str, &Order>, verdict: &mut Verdict) {
    for hold in evidence.holds.iter().filter(|hold| hold.open() > 0) {
        let over = known
            .get(hold.order.as_str())
            .is_some_and(|order| matches!(order.state.as_str(), "delivered" | "cancelled"));
        if over {
            let detail = format!("{} of {} for an order that is over", hold.open(), hold.sku);
            verdict.find("hold.left_open", &hold.id, detail);
        }
    }
}

/// Per article: what the ledger moved to customers is what orders say was
/// delivered.
fn goods_arrived(evidence: &Evidence, verdict: &mut Verdict) {
    const CUSTOMER: &str = "@customer";
    let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
    for transfer in evidence.transfers.iter().filter(|t| t.kind.moves_goods()) {
        if transfer.to_holder == CUSTOMER {
            *moved.entry(&transfer.sku).or_default() += transfer.quantity;
        }
        if transfer.from_holder == CUSTOMER {
            *moved.entry(&transfer.sku).or_default() -= transfer.quantity;
        }
    }
    for line in evidence.orders.iter().flat_map(|order| &order.lines) {
        *moved.entry(&line.sku).or_default() -= line.delivered;
    }
    for (sku, difference) in moved {
        if difference != 0 {
            let detail = format!("the ledger gave customers {difference} more than orders say");
            verdict.find("goods.not_at_the_door", sku, detail);
        }
    }
}
