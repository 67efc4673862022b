//! The ways a basket can come, each quoted by `checkout` without holding anything,
//! and what the shopper filled in as the order it stands for. Deliberately absent:
//! pages.

use serde_json::{Map, Value};

use super::{
    shelf::Shelf,
    view::{Choice, Filled, LineView},
};
use crate::{
    checkout::{self, Delivery, Pay, PlaceOrder, Want, Window},
    kernel::{Coord, Stop},
    network::{NEXT_DAY, SAME_DAY, Site},
    orders::{DeliveryMode, ShortPolicy},
    parties::{Address, Invoice, NewContact},
    payments::{Method, TestCard},
    problem::Problem,
    store::{Actor, Db},
    web::{format, i18n::Words, page::refusal_text},
};

/// The channel of orders from these pages.
pub const CHANNEL: &str = "shop";
/// Pick-up points offered at once.
const POINTS: usize = 2;

/// A choice with what it would cost.
pub struct Quoted {
    /// As shown.
    pub choice: Choice,
    /// Goods.
    pub goods_minor: i64,
    /// Delivery.
    pub shipping_minor: i64,
}

/// Where to and what for.
pub struct Asked<'a> {
    /// What.
    pub wants: &'a [Want],
    /// The door.
    pub door: Coord,
    /// Sites, and now.
    pub shelf: &'a Shelf,
    /// The zone of the visitor's sites.
    pub zone: String,
    /// The basket as shown: a refusal names articles as the shopper knows them.
    pub lines: &'a [LineView],
}

/// Every way, in the order of arrival at the door, then the pick-up points.
pub async fn quote_all(db: &Db, t: Words, asked: &Asked<'_>, chosen: &str) -> Result<Vec<Quoted>, Problem> {
    let mut all = Vec::new();
    for service in [SAME_DAY, NEXT_DAY] {
        all.push(at_door(db, t, asked, service).await?);
    }
    for point in asked.shelf.points().into_iter().take(POINTS) {
        all.push(at_point(db, t, asked, point).await?);
    }
    let wanted = all.iter().position(|one| one.choice.open && one.choice.value == chosen);
    if let Some(at) = wanted.or_else(|| all.iter().position(|one| one.choice.open)) {
        all[at].choice.chosen = true;
    }
    Ok(all)
}

type Answer = Result<(i64, i64, Window), Stop>;

async fn ask(db: &Db, asked: &Asked<'_>, to: Coord, mode: DeliveryMode, service: &str) -> Result<Answer, Problem> {
    let mut tx = db.begin(Actor::named("quote")).await?;
    match checkout::quote(&mut tx, asked.wants, to, mode, CHANNEL, service).await {
        Err(Stop::Fault(fault)) => Err(fault.into()),
        answer => Ok(answer),
    }
}

async fn at_door(db: &Db, t: Words, asked: &Asked<'_>, service: &str) -> Result<Quoted, Problem> {
    let answer = ask(db, asked, asked.door, DeliveryMode::Home, service).await?;
    let name = t.or("mode", service, service);
    Ok(shown(t, asked, answer, format!("home {service}"), &name, |window| window))
}

async fn at_point(db: &Db, t: Words, asked: &Asked<'_>, point: &Site) -> Result<Quoted, Problem> {
    let name = t.put("shop.point", t.name(&point.name.en, &point.name.zh));
    let sub = t.put2("shop.point_way", &name, format::distance(asked.shelf.metres(point)));
    let mut answer = ask(db, asked, point.coord, DeliveryMode::PickupPoint, SAME_DAY).await?;
    let mut service = SAME_DAY;
    if answer.is_err() {
        (answer, service) = (ask(db, asked, point.coord, DeliveryMode::PickupPoint, NEXT_DAY).await?, NEXT_DAY);
    }
    let from = |window: String| window;
    Ok(shown(t, asked, answer, format!("pickup_point {service} {}", point.code), &sub, from))
}

fn shown(
    t: Words,
    asked: &Asked<'_>,
    answer: Answer,
    value: String,
    sub: &str,
    title: impl Fn(String) -> String,
) -> Quoted {
    match answer {
        Ok((goods_minor, shipping_minor, window)) => {
            let when = format::window(t, asked.shelf.now, window.from, window.to, &asked.zone);
            let cost = if shipping_minor == 0 { t.get("shop.free").to_owned() } else { format::money(shipping_minor) };
            let choice = Choice { value, title: title(when), sub: sub.to_owned(), cost, chosen: false, open: true };
            Quoted { choice, goods_minor, shipping_minor }
        }
        Err(stop) => {
            let reason = match &stop {
                Stop::Refused(refusal) => {
                    refused(t, asked.lines, refusal.code(), &refusal.to_string(), &refusal.members())
                }
                Stop::Fault(_) => String::new(),
            };
            let choice = Choice { value, title: sub.to_owned(), sub: reason, ..Choice::default() };
            Quoted { choice, goods_minor: 0, shipping_minor: 0 }
        }
    }
}

/// A refusal in the shopper's words: an article by its name, not by its code.
pub fn refused(t: Words, lines: &[LineView], code: &str, detail: &str, members: &Map<String, Value>) -> String {
    let sku = members.get("sku").and_then(Value::as_str).unwrap_or_default();
    let left = members.get("available_quantity").and_then(Value::as_i64).unwrap_or_default();
    match lines.iter().find(|line| line.code == sku) {
        Some(line) if code == "stock.short" && left < 1 => t.put("shop.gone", &line.name),
        Some(line) if code == "stock.short" => t.put2("shop.less", &line.name, left),
        _ => refusal_text(t, code, detail, members),
    }
}

/// The order that a filled-in form stands for.
pub fn order_of(form: &Filled, wants: Vec<Want>, door: Coord, confidence: i64) -> PlaceOrder {
    let mut way = form.way.split(' ');
    let mode = way.next().and_then(|word| word.parse().ok()).unwrap_or(DeliveryMode::Home);
    let service = way.next().unwrap_or(SAME_DAY).to_owned();
    let pickup_point = way.next().map(str::to_owned);
    let (method, card) = match form.pay.as_str() {
        "cash" => (Method::CashOnDelivery, TestCard::Ok),
        "declined" => (Method::TestCard, TestCard::Declined),
        _ => (Method::TestCard, TestCard::Ok),
    };
    let text = |field: &str| field.trim().to_owned();
    let invoice = (!form.title.trim().is_empty()).then(|| Invoice {
        title: text(&form.title),
        tax_id: text(&form.tax_id),
        kind: if form.tax_id.trim().is_empty() { "personal" } else { "company" }.to_owned(),
        email: text(&form.email),
    });
    PlaceOrder {
        channel: CHANNEL.to_owned(),
        external_order_id: None,
        lines: wants,
        recipient: NewContact { name: text(&form.name), phone: text(&form.phone), email: text(&form.email) },
        address: Address {
            country: "CN".to_owned(),
            province: text(&form.province),
            city: text(&form.city),
            district: text(&form.district),
            street: text(&form.street),
            detail: text(&form.detail),
            postcode: String::new(),
            adcode: String::new(),
            raw: text(&form.paste),
            lat: door.lat,
            lon: door.lon,
            // What goes to a pick-up point needs no door.
            confidence: if mode == DeliveryMode::PickupPoint { 100 } else { confidence },
        },
        delivery: Delivery { mode, service, pickup_point, window: None },
        payment: Pay { method, card },
        short_policy: form.short.parse().unwrap_or(ShortPolicy::ShipPart),
        note: text(&form.note),
        invoice,
        shopper_ref: None,
        from_holds: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_an_order() {
        let form = Filled {
            name: " 陈晓 ".to_owned(),
            phone: "138 0013 8000".to_owned(),
            street: "学院路398号".to_owned(),
            way: "pickup_point next_day LOTUS".to_owned(),
            short: "wait".to_owned(),
            pay: "cash".to_owned(),
            title: "Willow Ltd".to_owned(),
            tax_id: "9133".to_owned(),
            ..Filled::default()
        };
        let order = order_of(&form, Vec::new(), Coord { lat: 30.0, lon: 120.0 }, 30);
        assert_eq!(order.recipient.name, "陈晓");
        assert_eq!((order.delivery.mode, order.delivery.service.as_str()), (DeliveryMode::PickupPoint, NEXT_DAY));
        assert_eq!(order.delivery.pickup_point.as_deref(), Some("LOTUS"));
        assert_eq!((order.payment.method, order.short_policy), (Method::CashOnDelivery, ShortPolicy::Wait));
        assert_eq!(order.address.confidence, 100);
        assert_eq!(order.invoice.unwrap().kind, "company");
        let odd = order_of(
            &Filled { way: "by balloon".to_owned(), ..Filled::default() },
            Vec::new(),
            Coord { lat: 0.0, lon: 0.0 },
            30,
        );
        assert_eq!((odd.delivery.mode, odd.address.confidence), (DeliveryMode::Home, 30));
    }
}
