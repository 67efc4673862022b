//! Did everyone pay for what they got, and for nothing else?
//!
//! What an order is worth is computed here from unit prices, discounts and
//! delivered quantities; shipping is due when anything was delivered.

use super::Verdict;
use super::facts::{Evidence, Order};
use std::collections::BTreeMap;

/// Minor units that flowed for one order.
#[derive(Default)]
struct Flow {
    taken: i64,
    refund_due: i64,
    refunded: i64,
}

pub fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut flows: BTreeMap<&str, Flow> = BTreeMap::new();
    for fact in &evidence.facts {
        let amount = fact.number("amount_minor");
        let flow = flows.entry(&fact.subject).or_default();
        match fact.kind.as_str() {
            "payment.captured" | "payment.collected" => flow.taken += amount,
            "refund.due" => flow.refund_due += amount,
            "payment.refunded" => flow.refunded += amount,
            _ => {}
        }
    }
    for order in &evidence.orders {
        let flow = flows.remove(order.id.as_str()).unwrap_or_default();
        let worth = worth_of(order);
        if flow.taken - flow.refund_due != worth {
            let detail = format!("goods and way are worth {worth}; {} taken, {} due back", flow.taken, flow.refund_due);
            verdict.find("money.differs", &order.id, detail);
        }
        if flow.refunded != flow.refund_due {
            let detail = format!("{} due back, {} given back", flow.refund_due, flow.refunded);
            verdict.find("money.refund_differs", &order.id, detail);
        }
    }
}

/// Price of the delivered part: the whole line in proportion, rounded down, and
/// shipping if anything arrived.
fn worth_of(order: &Order) -> i64 {
    let mut goods = 0;
    let mut arrived = false;
    for line in order.lines.iter().filter(|line| line.ordered > 0) {
        let whole = line.unit_price_minor * line.ordered - line.discount_minor;
        goods += whole * line.delivered / line.ordered;
        arrived |= line.delivered > 0;
    }
    if arrived { goods + order.shipping_minor } else { goods }
}
