//! Facts as moments of a story: a head in the reader's language, the particulars
//! that the fact carries, who acted, and the decision behind it. Deliberately
//! absent: facts themselves; the log has them.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    book::{Book, page_of},
    frame::Tone,
    order::Moment,
    seat::Seat,
    table::short,
};
use crate::{
    decisions,
    kernel::{SkuId, Time},
    problem::Problem,
    store::{Sql, log::Fact},
    web::format,
};

/// Where a fact belongs in the filters of a story.
pub fn group(kind: &str) -> &'static str {
    match kind.split('.').next().unwrap_or_default() {
        "payment" | "refund" | "invoice" => "money",
        "parcel" | "load" | "offer" | "return" => "parcel",
        "case" => "case",
        "order" => "main",
        "line" if kind == "line.cancelled" || kind == "line.short" => "main",
        _ => "work",
    }
}

/// What a fact means.
pub fn tone(kind: &str) -> Tone {
    match kind {
        "parcel.delivered" | "order.delivered" | "order.accepted" | "fulfilment.packed" | "payment.captured"
        | "payment.collected" | "task.done" | "mission.done" | "print.done" | "goods.put_away" | "receipt.closed"
        | "case.closed" | "return.graded" | "load.finished" | "road.opened" | "vehicle.released" => Tone::Ok,
        "line.short"
        | "pick.short"
        | "bin.short"
        | "hold.broken"
        | "mission.failed"
        | "print.failed"
        | "parcel.attempt_failed"
        | "payment.declined"
        | "payment.lapsed"
        | "load.unserved"
        | "parcel.unserved"
        | "vehicle.locked_out"
        | "order.cancelled" => Tone::Bad,
        "order.on_hold"
        | "line.cancelled"
        | "fulfilment.cancelled"
        | "refund.due"
        | "scan.refused"
        | "pick.stray"
        | "carton.weight_mismatch"
        | "carton.reopened"
        | "receipt.discrepancy"
        | "road.closed"
        | "task.suspended"
        | "parcel.returning"
        | "case.opened"
        | "load.rerouted"
        | "return.received"
        | "stock.adjusted" => Tone::Warn,
        "order.placed"
        | "order.address_changed"
        | "order.promise_changed"
        | "order.resumed"
        | "payment.authorised"
        | "payment.refunded"
        | "parcel.out_for_delivery"
        | "fulfilment.shipped" => Tone::Info,
        _ => Tone::Plain,
    }
}

/// The particulars of a fact that people want to read.
pub async fn particulars(sql: &mut Sql, book: &mut Book<'_>, seat: &Seat, body: &Value) -> Result<String, Problem> {
    let t = seat.t;
    let text = |field: &str| body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let number = |field: &str| body.get(field).and_then(Value::as_i64);
    let mut parts: Vec<String> = Vec::new();
    let article = match text("sku").and_then(|sku| sku.parse::<SkuId>().ok()) {
        Some(sku) => {
            let (code, name) = book.article(sql, sku).await?;
            Some(if name.is_empty() { code } else { name })
        }
        None => None,
    };
    match (article, number("quantity").or(number("change"))) {
        (Some(article), Some(n)) => parts.push(format!("{n} × {article}")),
        (Some(article), None) => parts.push(article),
        (None, Some(n)) => parts.push(t.count("cart.count", n)),
        (None, None) => {}
    }
    for field in ["bin", "vehicle", "station", "sscc", "channel", "from", "to"] {
        // A star stands for every channel.
        if let Some(value) = text(field).filter(|value| *value != "*") {
            parts.push(moment_or_code(seat, value));
        }
    }
    if let Some(rider) = text("user").or(text("rider")).or(text("carrier")) {
        parts.push(book.person(sql, rider).await?);
    }
    for field in ["amount_minor", "total_minor", "pay_minor"] {
        parts.extend(number(field).map(format::money));
    }
    parts.extend(number("weight_g").or(number("measured_g")).map(format::weight));
    parts.extend(number("number").map(|n| t.put("say.attempt_n", n)));
    for (field, kind) in [
        ("kind", "task"),
        ("condition", "condition"),
        ("answer", "offer"),
        ("service", "service"),
        ("resolution", "resolution"),
        ("stage", "stage"),
        ("reason", "reason"),
    ] {
        parts.extend(text(field).map(|code| coded(seat, kind, code)));
    }
    Ok(parts.join(" · "))
}

/// A code in words; what a person wrote stays as it is.
pub fn coded(seat: &Seat, kind: &str, code: &str) -> String {
    let plain = if code.contains(' ') { code.to_owned() } else { code.replace('_', " ") };
    seat.t.or(&format!("word.{kind}"), &code.replace(' ', "_"), &plain)
}

/// A moment as the reader's clock shows it, else a code, its ids cut short.
fn moment_or_code(seat: &Seat, value: &str) -> String {
    match value.parse::<jiff::Timestamp>() {
        Ok(stamp) => seat.when(Time::from_ms(stamp.as_millisecond())),
        Err(_) => short(value),
    }
}

/// The decision behind a fact: whose id in its body leads to one.
async fn reason(sql: &mut Sql, seen: &mut HashMap<String, String>, fact: &Fact) -> Result<String, Problem> {
    let subject = match fact.kind.as_str() {
        "order.placed" => fact.subject.clone(),
        "fulfilment.released" | "wave.released" => field(fact, "wave"),
        "fulfilment.packed" => field(fact, "fulfilment"),
        "parcel.out_for_delivery" | "offer.made" | "load.planned" | "load.assigned" => field(fact, "load"),
        "mission.assigned" => field(fact, "mission"),
        "batch.planned" => field(fact, "batch"),
        "goods.put_away" => fact.subject.clone(),
        _ => return Ok(String::new()),
    };
    if subject.is_empty() {
        return Ok(String::new());
    }
    if let Some(known) = seen.get(&subject) {
        return Ok(known.clone());
    }
    let found = decisions::by_subject(sql, &subject).await?.last().map(|one| one.id.to_string()).unwrap_or_default();
    seen.insert(subject, found.clone());
    Ok(found)
}

fn field(fact: &Fact, name: &str) -> String {
    fact.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The story that `facts` (oldest first) tell, newest first.
pub async fn moments(sql: &mut Sql, book: &mut Book<'_>, seat: &Seat, facts: &[Fact]) -> Result<Vec<Moment>, Problem> {
    Ok(by_day(seat, told(sql, book, seat, facts).await?))
}

/// What facts (oldest first) tell, each with its time.
pub async fn told(
    sql: &mut Sql,
    book: &mut Book<'_>,
    seat: &Seat,
    facts: &[Fact],
) -> Result<Vec<(Time, Moment)>, Problem> {
    let mut story = Vec::with_capacity(facts.len());
    let mut seen = HashMap::new();
    for fact in facts {
        let mut who = vec![book.person(sql, &fact.actor).await?, seat.site_name(fact.site)];
        who.retain(|one| !one.is_empty());
        let link = page_of(&fact.subject);
        let moment = Moment {
            day: String::new(),
            time: format::clock_s(fact.at, &seat.zone),
            machine: seat.machine(fact.at),
            tone: tone(&fact.kind),
            head: seat.t.or("tell", &fact.kind, &fact.kind),
            rest: particulars(sql, book, seat, &fact.body).await?,
            who: who.join(", "),
            group: group(&fact.kind),
            why: reason(sql, &mut seen, fact).await?,
            link: if fact.kind.starts_with("case.") { (link, short(&fact.subject)) } else { Default::default() },
        };
        story.push((fact.at, moment));
    }
    Ok(story)
}

/// Newest first, with the day above the first moment of each; of the same time, what
/// was told later stands above.
pub fn by_day(seat: &Seat, mut told: Vec<(Time, Moment)>) -> Vec<Moment> {
    told.sort_by_key(|(at, _)| *at);
    let mut last = String::new();
    let name = |(at, mut moment): (Time, Moment)| {
        let day = format::near_day(seat.t, seat.now, at, &seat.zone);
        if day != last {
            moment.day.clone_from(&day);
            last = day;
        }
        moment
    };
    told.into_iter().rev().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    #[test]
    fn every_fact_has_a_place_a_meaning_and_words() {
        use crate::web::i18n::{Lang, Words};
        for kind in Event::KINDS {
            assert!(["main", "work", "money", "parcel", "case"].contains(&group(kind)));
            for lang in [Lang::En, Lang::Zh] {
                assert!(Words::of(lang).find(&format!("tell.{kind}")).is_some(), "no words for {kind}");
            }
        }
        assert_eq!(
            [tone("parcel.delivered"), tone("pick.short"), tone("road.closed")],
            [Tone::Ok, Tone::Bad, Tone::Warn]
        );
        assert_eq!(
            [tone("hold.placed"), tone("road.opened"), tone("case.opened")],
            [Tone::Plain, Tone::Ok, Tone::Warn]
        );
    }
}
