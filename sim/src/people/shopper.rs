//! Shoppers: each order of the seed is placed at its moment, some at the same
//! moment for the same last units; what is short is replaced or left out.
//!
//! The key of a try is made from seed, order and number of the try, so that a
//! run that is taken up again finds its orders instead of placing them twice.

use super::register::{Placed, Register};
use crate::clock::format_rfc3339;
use crate::demand::{BasketLine, GROUP, Payment, ShopperOrder, shopper_order};
use crate::faults::{Fault, Mishap};
use crate::http::{Caller, Problem};
use crate::oracle::Fact;
use crate::seed::stream;
use crate::seed_world::CHANNEL;
use crate::stage::Stage;
use crate::world::World;
use crate::world::city::Address;
use rand::RngExt;
use serde_json::{Value, json};
use std::sync::Arc;

/// A shopper gives up after so many baskets.
const TRIES: u32 = 8;
const MINUTE_MS: i64 = 60_000;
/// Today, from now on.
const SOON_MS: (i64, i64) = (0, 5 * 60 * MINUTE_MS);

/// Places orders `0..count`, the groups at their moments after `opening_ms`, and
/// returns when every one was answered.
pub async fn open_shop(stage: Arc<Stage>, count: u64, opening_ms: i64) {
    let mut all = tokio::task::JoinSet::new();
    for index in 0..count {
        let order = shopper_order(&stage.world, stage.seed, index);
        all.spawn(shop(Arc::clone(&stage), order, opening_ms));
    }
    while all.join_next().await.is_some() {}
}

/// One shopper: waits for the moment, orders, and follows the order.
async fn shop(stage: Arc<Stage>, order: ShopperOrder, opening_ms: i64) {
    if !stage.until(opening_ms + order.at_ms).await {
        return;
    }
    let shop = stage.shop();
    let late = stage.mishaps.of_order(Mishap::LatePayment, order.index);
    let shopper = Shopper { stage: &stage, shop: &shop, order: &order, opening_ms, pays_late: late.is_some() };
    if let Some(placed) = shopper.place().await {
        let placed = stage.register.add(placed);
        stage.begin_errand();
        tokio::spawn(follow(Arc::clone(&stage), shop, order, placed, late));
    } else if let Some(fault) = late {
        stage.mishaps.put_back(fault);
    }
}

struct Shopper<'a> {
    stage: &'a Stage,
    shop: &'a Caller,
    order: &'a ShopperOrder,
    opening_ms: i64,
    pays_late: bool,
}

impl Shopper<'_> {
    /// Tries baskets until the server takes one.
    async fn place(&self) -> Option<Placed> {
        let Stage { world, seed, register, .. } = self.stage;
        let mut basket = self.order.lines.clone();
        // Who names no window takes it as soon as it comes.
        let mut window_ms = self.order.window_ms.or(Some(SOON_MS));
        for attempt in 0..TRIES {
            let key = format!("sim-{seed}-order-{}-{attempt}", self.order.index);
            let body = self.body(&basket, window_ms);
            match self.shop.post("/api/v1/orders", &key, &body).await {
                Ok(reply) => {
                    note_race(world, register, self.order, &basket, None);
                    let placed = Placed::read(self.order.index, self.order.pickup_point.clone(), &reply);
                    if placed.is_none() {
                        self.stage.trouble("sim.order_without_id", &key, reply.to_string());
                    }
                    return placed;
                }
                Err(problem) if problem.stopped() => return None,
                Err(problem) if problem.is("stock.short") => {
                    note_race(world, register, self.order, &basket, Some(&problem));
                    basket = smaller(world, *seed, self.order.index, attempt, &basket, &problem);
                }
                // Nobody can come so soon: any time will do.
                Err(problem) if problem.is("order.bad_window") && window_ms.is_some() => window_ms = None,
                Err(problem) => {
                    self.stage.surprise(&format!("shopper {}", self.order.index), "ordering", &problem);
                    register.give_up(self.order.index, problem.to_string());
                    return None;
                }
            }
        }
        register.give_up(self.order.index, "everything wanted is short".to_owned());
        None
    }

    fn body(&self, basket: &[BasketLine], window_ms: Option<(i64, i64)>) -> Value {
        let order = self.order;
        let lines: Vec<Value> =
            basket.iter().map(|line| json!({ "sku": line.sku, "quantity": line.quantity })).collect();
        let at_ms = self.opening_ms + order.at_ms;
        let mut delivery = match &order.pickup_point {
            Some(point) => json!({ "mode": "pickup_point", "pickup_point": point }),
            None => json!({ "mode": "home" }),
        };
        delivery["service"] = json!("same_day");
        if let Some((from_ms, to_ms)) = window_ms {
            let window = [from_ms, to_ms].map(|offset| format_rfc3339(at_ms + offset));
            delivery["window"] = json!({ "from": window[0], "to": window[1] });
        }
        let card = if self.pays_late { "later" } else { "ok" };
        let payment = match order.payment {
            Payment::TestCard => json!({ "method": "test_card", "card": card }),
            Payment::CashOnDelivery => json!({ "method": "cash_on_delivery" }),
        };
        let mut body = json!({
            "channel": CHANNEL,
            "external_order_id": order.external_order_id,
            "lines": lines,
            "recipient": {
                "name": order.contact.name, "phone": order.contact.phone, "email": order.contact.email,
            },
            "address": address(&order.address, order.contact.lang == "zh"),
            "delivery": delivery,
            "payment": payment,
            "short_policy": order.short_policy,
        });
        if let Some(note) = &order.note {
            body["note"] = json!(note);
        }
        if let Some(invoice) = &order.invoice {
            body["invoice"] = json!({
                "title": invoice.title, "tax_id": invoice.tax_id, "kind": "company", "email": invoice.email,
            });
        }
        body
    }
}

/// An address in the fields of the order API.
pub fn address(door: &Address, chinese: bool) -> Value {
    let pick = |en: &str, zh: &str| if chinese { zh.to_owned() } else { en.to_owned() };
    let street = if chinese {
        format!("{}{}号", door.street_zh, door.number)
    } else {
        format!("{} {}", door.number, door.street_en)
    };
    json!({
        "country": "CN",
        "province": pick(&door.city_en, &door.city_zh),
        "city": pick(&door.city_en, &door.city_zh),
        "district": pick(&door.district_en, &door.district_zh),
        "street": street,
        "detail": pick(&door.detail_en, &door.detail_zh),
        "postcode": door.postcode,
        "lat": door.lat,
        "lon": door.lon,
    })
}

/// Which of the two scarce articles a basket reaches for.
fn scarce_of(world: &World, basket: &[BasketLine]) -> Option<usize> {
    let line = basket.iter().find(|line| line.scarce)?;
    world.catalog.scarce.iter().position(|sku| *sku == line.sku)
}

/// Counts who won and who lost the last units.
fn note_race(world: &World, register: &Register, order: &ShopperOrder, basket: &[BasketLine], lost: Option<&Problem>) {
    if let Some(scarce) = scarce_of(world, basket) {
        register.reached(order.index / GROUP, scarce, lost.is_none());
    }
}

/// What the shopper asks for when something is short: the rest without the
/// scarce article, then fewer of what there is, then something else instead.
fn smaller(
    world: &World,
    seed: u64,
    index: u64,
    attempt: u32,
    basket: &[BasketLine],
    problem: &Problem,
) -> Vec<BasketLine> {
    if basket.iter().any(|line| line.scarce) {
        return basket.iter().filter(|line| !line.scarce).cloned().collect();
    }
    let named =
        ["sku_code", "article", "sku"].into_iter().find_map(|key| problem.body.get(key).and_then(Value::as_str));
    let left = problem.body.get("available_quantity").and_then(Value::as_i64).unwrap_or(0);
    let place = basket.iter().position(|line| Some(line.sku.as_str()) == named);
    // The id of the article may be all that is named: then each line in turn.
    let place = place.unwrap_or(attempt as usize % basket.len().max(1));
    let mut chance = stream(seed, "substitute", index * u64::from(TRIES) + u64::from(attempt));
    let mut next = basket.to_vec();
    let line = &mut next[place];
    if (1..line.quantity).contains(&left) {
        line.quantity = left;
        return next;
    }
    let sku = loop {
        let sku = world.catalog.draw(&mut chance);
        if !basket.iter().any(|line| line.sku == sku.code) {
            break sku.code.clone();
        }
    };
    next[place] = BasketLine { sku, quantity: 1, scarce: false };
    next
}

/// What becomes of an order that was taken: paid late, cut short, sent elsewhere.
async fn follow(stage: Arc<Stage>, shop: Caller, order: ShopperOrder, placed: Arc<Placed>, late: Option<Fault>) {
    if late.is_some() {
        pay_late(&stage, &shop, &placed).await;
    } else if heard(&stage, &placed, "fulfilment.picked").await {
        let home = order.pickup_point.is_none();
        if home && stage.mishap_of(Mishap::AddressChangeAfterPick, order.index).is_some() {
            move_house(&stage, &shop, &order, &placed).await;
        }
        let units: i64 = placed.lines.iter().map(|line| line.quantity).sum();
        if units >= 2
            && heard(&stage, &placed, "fulfilment.packed").await
            && let Some(fault) = stage.mishap_of(Mishap::PartialCancelAfterPacking, order.index)
        {
            cancel_part(&stage, &shop, &placed, fault).await;
        }
    }
    stage.end_errand();
}

/// Waits for a fact of the order; false if the order ends without it.
async fn heard(stage: &Stage, placed: &Placed, kind: &str) -> bool {
    let ends = ["order.delivered", "order.cancelled"];
    let wanted =
        |fact: &Fact| fact.subject == placed.order && (fact.kind == kind || ends.contains(&fact.kind.as_str()));
    stage.news.first(&stage.stop, wanted).await.is_some_and(|fact| fact.kind == kind)
}

/// Pays when it is too late.
async fn pay_late(stage: &Stage, shop: &Caller, placed: &Placed) {
    // The order ends when its payment lapses; or its goods were not to be had before.
    let over = |fact: &Fact| {
        fact.subject == placed.order && ["payment.lapsed", "order.cancelled"].contains(&fact.kind.as_str())
    };
    if stage.news.first(&stage.stop, over).await.is_none() || !stage.rest(2 * MINUTE_MS).await {
        return;
    }
    let path = format!("/api/v1/orders/{}/payments", placed.order);
    let key = format!("sim-{}-pay-{}", stage.seed, placed.index);
    if let Err(problem) = shop.post(&path, &key, &json!({ "card": "ok" })).await {
        // "It came too late and goes back" is an honest answer.
        if !matches!(problem.status, 402 | 409) {
            stage.surprise(&format!("shopper {}", placed.index), "paying late", &problem);
        }
    }
}

/// Cancels a part of what is left of the order after it was packed.
async fn cancel_part(stage: &Stage, shop: &Caller, placed: &Placed, fault: Fault) {
    let path = format!("/api/v1/orders/{}", placed.order);
    let left = match shop.get(&path).await {
        Ok(order) => left_of(&order),
        Err(problem) => {
            stage.surprise(&format!("shopper {}", placed.index), "looking at the order", &problem);
            Vec::new()
        }
    };
    let lines = part_of(&left, fault.permille);
    if lines.is_empty() {
        // Too little came of the order; another one will do.
        return stage.mishaps.put_back(fault);
    }
    let path = format!("{path}/cancel");
    let key = format!("sim-{}-cancel-{}", stage.seed, placed.index);
    let body = json!({ "lines": lines, "reason": "changed_mind" });
    if let Err(problem) = shop.post(&path, &key, &body).await {
        stage.surprise(&format!("shopper {}", placed.index), "cancelling a part", &problem);
    }
}

/// What each line of an order may still bring.
fn left_of(order: &Value) -> Vec<(String, i64)> {
    let number = |line: &Value, key: &str| line.get(key).and_then(Value::as_i64).unwrap_or(0);
    let gone = |line: &Value| ["cancelled", "delivered", "returned"].iter().map(|key| number(line, key)).sum::<i64>();
    let lines = order.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let id = |line: &Value| line.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    lines.iter().map(|line| (id(line), number(line, "ordered") - gone(line))).collect()
}

/// Lines that make up about `permille` of the units, at least one and not all;
/// none if there are not two.
fn part_of(lines: &[(String, i64)], permille: u32) -> Vec<Value> {
    let units: i64 = lines.iter().map(|line| line.1).sum();
    if units < 2 {
        return Vec::new();
    }
    let mut left = (units * i64::from(permille) / 1_000).clamp(1, units - 1);
    let mut part = Vec::new();
    for (line, available) in lines {
        let quantity = left.min(*available);
        if quantity > 0 {
            part.push(json!({ "line": line, "quantity": quantity }));
            left -= quantity;
        }
    }
    part
}

/// Wants the order at another door after it was picked.
async fn move_house(stage: &Stage, shop: &Caller, order: &ShopperOrder, placed: &Placed) {
    let mut chance = stream(stage.seed, "new door", order.index);
    let wait_ms = chance.random_range(0..4) * MINUTE_MS;
    let door = stage.world.city.random_address(&mut chance);
    if !stage.rest(wait_ms).await {
        return;
    }
    let path = format!("/api/v1/orders/{}/address", placed.order);
    let key = format!("sim-{}-move-{}", stage.seed, placed.index);
    let body = address(&door, order.contact.lang == "zh");
    if let Err(problem) = shop.post(&path, &key, &body).await {
        // Too late for another door is an honest answer.
        if problem.status != 409 {
            stage.surprise(&format!("shopper {}", placed.index), "changing the address", &problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scale;

    fn short(body: Value) -> Problem {
        Problem { status: 409, code: "stock.short".to_owned(), detail: String::new(), body }
    }

    #[test]
    fn a_short_basket_shrinks_and_changes_the_same_way_each_time() {
        let world = World::generate(7, Scale::City);
        let order = (0..40)
            .map(|index| shopper_order(&world, 7, index))
            .find(|order| order.lines.iter().any(|line| line.scarce))
            .expect("a scarce wish");
        let without = smaller(&world, 7, order.index, 0, &order.lines, &short(json!({})));
        assert_eq!(without.len(), order.lines.len() - 1);
        assert!(without.iter().all(|line| !line.scarce));
        let mut many = without.clone();
        many[0].quantity = 5;
        let fewer = short(json!({ "sku": many[0].sku, "available_quantity": 2 }));
        assert_eq!(smaller(&world, 7, 1, 1, &many, &fewer)[0].quantity, 2);
        let none = short(json!({ "sku": "sku_01", "available_quantity": 0 }));
        let other = smaller(&world, 7, 1, 2, &many, &none);
        assert_ne!(other, many);
        assert_eq!(other, smaller(&world, 7, 1, 2, &many, &none));
        assert_eq!(other.len(), many.len());
    }

    #[test]
    fn a_part_is_never_all_of_it() {
        let line = |id: &str, ordered| json!({ "id": id, "ordered": ordered + 1, "cancelled": 1 });
        for permille in [150, 500, 700, 999] {
            for lines in [vec![line("a", 2)], vec![line("a", 1), line("b", 1)], vec![line("a", 3), line("b", 4)]] {
                let left = left_of(&json!({ "lines": lines }));
                let units: i64 = left.iter().map(|line| line.1).sum();
                let part = part_of(&left, permille);
                let taken: i64 = part.iter().filter_map(|line| line["quantity"].as_i64()).sum();
                assert!((1..units).contains(&taken), "{part:?}");
            }
        }
        assert!(part_of(&left_of(&json!({ "lines": [line("a", 1)] })), 500).is_empty());
    }

    #[test]
    fn addresses_are_told_in_the_language_of_the_shopper() {
        let world = World::generate(7, Scale::Tiny);
        let door = shopper_order(&world, 7, 0).address;
        assert!(address(&door, true)["street"].as_str().is_some_and(|street| street.ends_with('号')));
        assert!(address(&door, false)["street"].as_str().is_some_and(str::is_ascii));
    }
}
