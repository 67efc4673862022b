//! An order's facts as its shopper reads them: what has happened, and how far it
//! is. Pure. Deliberately absent: facts that only the house cares about.

use super::view::{Moment, Rail};
use crate::{
    kernel::Time,
    orders::{Line, OrderState},
    store::log::Fact,
    web::{format, i18n::Words},
};

/// The icon of a kind of fact; kinds without one are not told.
fn icon(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "order.placed" => "lock",
        "payment.authorised" | "payment.declined" => "card",
        "payment.collected" | "payment.refunded" | "refund.due" => "cash",
        "order.on_hold" | "order.promise_changed" => "wait",
        "fulfilment.released" => "tote",
        "fulfilment.picked" => "scan",
        "carton.closed" => "box",
        "line.short" => "swap",
        "parcel.out_for_delivery" => "bike",
        "parcel.attempt_failed" | "payment.lapsed" => "warn",
        "parcel.ready_for_pickup" => "store",
        "parcel.delivered" => "check",
        "parcel.returning" | "return.received" => "undo",
        "order.address_changed" => "edit",
        "line.cancelled" | "order.cancelled" => "cross",
        _ => return None,
    })
}

/// One fact in words; `more` names the site where it happened, or how a hand-over
/// was proved.
fn moment(t: Words, fact: &Fact, more: &str, zone: &str) -> Option<Moment> {
    let icon = icon(&fact.kind)?;
    let number = |field: &str| fact.body.get(field).and_then(serde_json::Value::as_i64).unwrap_or_default();
    let text = |field: &str| fact.body.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let sub = match fact.kind.as_str() {
        "carton.closed" => t.put("shop.weighed", format::weight(number("weight_g"))),
        "fulfilment.released" | "fulfilment.picked" | "return.received" if !more.is_empty() => {
            t.put("shop.at_site", more)
        }
        "parcel.delivered" => more.to_owned(),
        "payment.authorised" | "payment.collected" | "payment.refunded" | "refund.due" => {
            format::money(number("amount_minor"))
        }
        "parcel.attempt_failed" => t.or("why", &text("reason"), &text("reason")),
        "line.cancelled" | "line.short" => t.count("cart.count", number("quantity")),
        "order.on_hold" => t.or("why", &text("reason").replace(' ', "_"), &text("reason")),
        _ => String::new(),
    };
    let title = t.or("event", &fact.kind, &fact.kind);
    Some(Moment { icon, title, sub, at: format::clock(fact.at, zone), class: "" })
}

/// The story, newest first; the newest stands out. `more` names the site of a
/// fact, or its proof.
pub fn story(t: Words, facts: &[Fact], zone: &str, more: impl Fn(&Fact) -> String) -> Vec<Moment> {
    let mut told: Vec<Moment> = facts.iter().filter_map(|fact| moment(t, fact, &more(fact), zone)).collect();
    told.dedup_by(|later, earlier| later.title == earlier.title && later.sub == earlier.sub);
    told.reverse();
    if let Some(newest) = told.first_mut() {
        newest.class = "now";
    }
    told
}

/// How far the goods of an order are, as sums over its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Far {
    /// Wanted still.
    pub wanted: i64,
    /// In hand of pickers or beyond.
    pub begun: i64,
    /// In closed cartons or beyond.
    pub packed: i64,
    /// Left the site.
    pub shipped: i64,
    /// Handed over.
    pub delivered: i64,
}

impl Far {
    /// Sums lines.
    pub fn of(lines: &[Line]) -> Self {
        let mut far = Self::default();
        for line in lines {
            far.wanted += line.ordered - line.cancelled;
            far.begun += line.released + line.picked;
            far.packed += line.packed;
            far.shipped += line.shipped;
            far.delivered += line.delivered;
        }
        far
    }
}

/// The rail of four: held, picked, on its way, at the door.
pub fn rail(t: Words, state: OrderState, far: Far, stops_before: Option<i64>) -> Vec<Rail> {
    if state == OrderState::Cancelled {
        return Vec::new();
    }
    let whole = far.wanted > 0;
    let reached = match state {
        OrderState::Placed => 0,
        _ if whole && far.delivered >= far.wanted => 4,
        _ if whole && far.packed >= far.wanted => 2,
        _ => 1,
    };
    let under_way = match stops_before {
        Some(0) => t.get("shop.rail_next").to_owned(),
        Some(n) => t.count("shop.rail_stops", n),
        None => t.get("shop.rail_way").to_owned(),
    };
    let texts = [
        t.get("shop.rail_held").to_owned(),
        t.get("shop.rail_picked").to_owned(),
        under_way,
        t.get("shop.rail_door").to_owned(),
    ];
    let class = |n: usize| match n.cmp(&reached) {
        std::cmp::Ordering::Less => "past",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    texts.into_iter().enumerate().map(|(n, text)| Rail { text, class: class(n) }).collect()
}

/// Whether an expected arrival keeps its window: kind and words of the chip.
pub fn keeps(t: Words, now: Time, eta: Time, window: (Time, Time), zone: &str) -> (&'static str, String) {
    let promised = format::window(t, now, window.0, window.1, zone);
    if eta < window.0 {
        ("ok", t.put("shop.early", promised))
    } else if eta <= window.1 {
        ("ok", t.put("shop.within", promised))
    } else {
        ("warn", t.put2("shop.later", format::span(t, format::minutes_until(window.1, eta)), promised))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::i18n::Lang;

    fn fact(kind: &str, at: i64, body: serde_json::Value) -> Fact {
        Fact {
            position: 0,
            id: crate::kernel::FactId::new(ulid::Ulid::nil()),
            at: Time::from_ms(at),
            kind: kind.to_owned(),
            subject: String::new(),
            site: None,
            actor: String::new(),
            body,
        }
    }

    #[test]
    fn the_story_is_told_newest_first_without_the_houses_own_facts() {
        let facts = [
            fact("order.placed", 0, serde_json::json!({})),
            fact("hold.placed", 1, serde_json::json!({})),
            fact("fulfilment.picked", 60_000, serde_json::json!({})),
            fact("carton.closed", 120_000, serde_json::json!({"weight_g": 2910})),
        ];
        let told = story(Words::of(Lang::En), &facts, "UTC", |_| "Wensan".to_owned());
        assert_eq!(told.len(), 3);
        assert_eq!((told[0].sub.as_str(), told[0].class), ("Weighed: 2.9 kg", "now"));
        assert_eq!(told[2].at, "00:00");
        assert!(told.iter().all(|moment| !moment.title.contains('.')), "{told:?}");
    }

    #[test]
    fn the_rail_follows_the_goods() {
        let t = Words::of(Lang::En);
        let classes = |state, far, stops| rail(t, state, far, stops).iter().map(|step| step.class).collect::<Vec<_>>();
        let far = |packed, delivered| Far { wanted: 3, begun: 3, packed, shipped: packed, delivered };
        assert_eq!(classes(OrderState::Placed, far(0, 0), None), ["now", "", "", ""]);
        assert_eq!(classes(OrderState::Accepted, far(1, 0), None), ["past", "now", "", ""]);
        assert_eq!(classes(OrderState::Accepted, far(3, 0), Some(1)), ["past", "past", "now", ""]);
        assert_eq!(classes(OrderState::Delivered, far(3, 3), None), ["past"; 4]);
        assert!(classes(OrderState::Cancelled, far(0, 0), None).is_empty());
    }
}
