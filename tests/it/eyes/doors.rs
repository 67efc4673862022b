//! What a driver meets beside an open door: cash, a point, a parcel that comes back,
//! an offer that is gone. Deliberately absent: the usual door; `journey` goes there.

use serde_json::{Value, json};

use super::{
    Tab,
    hall::{Hall, card},
    rider, within,
};
use crate::{
    edges::second_site,
    house::Persona,
    journey::{until, work},
};
use cartage::network::SiteKind;

/// An order that is packed: its id and its code.
async fn made_ready(hall: &Hall, worker: &Persona, payment: Value) -> (String, String) {
    let placed = hall.placed(2, payment).await;
    work(worker, "pick").await;
    work(worker, "pack").await;
    (placed["id"].as_str().unwrap().to_owned(), placed["delivery_pin"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cash_is_taken_at_a_door_and_what_comes_back_is_graded() {
    within(cash_and_return()).await;
}

async fn cash_and_return() {
    let hall = Hall::open(30.0).await;
    hall.lay("A-1", 1).await;
    let worker = hall.house.person("wang", "worker").await;
    hall.house.person("lin", "driver").await;
    let (paid, pin) = made_ready(&hall, &worker, json!({"method": "cash_on_delivery"})).await;
    let mut van = hall.eyes.phone("cash").await;
    rider::begin(&mut van, "lin").await;
    rider::fetch(&mut van).await;
    van.press("rider.at_door").await;
    van.sees("input[name=cash]").await;
    van.shot_both("09-cash").await;
    van.fill("#pin", &pin).await;
    // Without the tick that the cash is there, nothing is sent.
    van.press("rider.delivered").await;
    van.sees("#proof").await;
    van.tap("label.mode").await;
    van.press("rider.delivered").await;
    van.until("the next screen", "document.querySelector('#proof') === null").await;
    let seen = until("the cash", async || {
        let seen = hall.all.get(&format!("/api/v1/orders/{paid}")).await;
        (seen["state"] == "delivered").then_some(seen)
    })
    .await;
    assert_eq!(seen["payment"], "collected", "{seen}");
    van.reads("¥31.00").await;
    van.shot_both("12-cash-in-hand").await;

    let (refused, _) = made_ready(&hall, &worker, card()).await;
    rider::fetch(&mut van).await;
    van.press("rider.at_door").await;
    van.sees("#proof").await;
    van.press("rider.not_handed").await;
    van.tap("button[value=refused]").await;
    van.sees("#bk").await;
    van.shot_both("13-bring-back").await;
    let label = van.js("document.querySelector('.note .num').innerText").await;
    van.fill("#bk", label.as_str().unwrap()).await;
    van.key(fantoccini::key::Key::Enter).await;
    van.until("the next screen", "document.querySelector('#bk') === null").await;
    van.shot("14-brought-back").await;
    let seen = until("the goods back", async || {
        let seen = hall.all.get(&format!("/api/v1/orders/{refused}")).await;
        (seen["lines"][0]["returned"] == 2).then_some(seen)
    })
    .await;
    assert_eq!(seen["lines"][0]["delivered"], 0);
    let desk = graded(&hall).await;
    hall.close(vec![van, desk]).await;
}

/// The controller looks at both pieces: one is as new, the other is not.
async fn graded(hall: &Hall) -> Tab {
    let mut desk = hall.seat("ravi", "inventory").await;
    desk.open("/desk/returns").await;
    desk.shot_wide("20-returns").await;
    desk.tap("tbody tr a").await;
    desk.says("ret.how").await;
    desk.shot_wide("21-return").await;
    desk.tap("input[value=sellable]").await;
    desk.choose("select[name=reason]", desk.t.get("word.grade.broken")).await;
    desk.press("ret.go").await;
    desk.sees(".banner.bad").await;
    desk.shot("22-contradicts").await;
    desk.tap("input[value=sellable]").await;
    desk.choose("select[name=reason]", desk.t.get("word.grade.unopened")).await;
    desk.press("ret.go").await;
    desk.says("done.graded").await;
    assert_eq!(hall.lying("A-1", "sellable").await, 2, "beside its like");
    desk.tap("input[value=damaged]").await;
    desk.choose("select[name=reason]", desk.t.get("word.grade.broken")).await;
    desk.press("ret.go").await;
    desk.says("ret.all_graded").await;
    desk.shot_wide("23-all-graded").await;
    assert_eq!(hall.lying("Q-1", "damaged").await, 1);
    assert_eq!(hall.all.get("/api/v1/returns").await["items"], json!([]));
    desk.open("/desk/returns").await;
    desk.says("ret.none").await;
    desk.shot_wide("24-none").await;
    desk.night().await;
    desk.open("/desk/stock/TEA-1").await;
    desk.shot("25-article-night").await;
    desk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_is_left_at_a_point_and_collected_with_its_code() {
    within(point()).await;
}

async fn point() {
    let hall = Hall::open(30.0).await;
    second_site(&hall.house, "LOCKER", SiteKind::PickupPoint).await;
    let worker = hall.house.person("wang", "worker").await;
    hall.house.person("lin", "driver").await;
    let mut wanted = crate::journey::order(2);
    wanted["delivery"] = json!({"mode": "pickup_point", "service": "same_day", "pickup_point": "LOCKER"});
    let placed = hall.all.done("/api/v1/orders", wanted).await;
    let (id, pin) = (placed["id"].as_str().unwrap(), placed["delivery_pin"].as_str().unwrap());
    work(&worker, "pick").await;
    work(&worker, "pack").await;
    let mut van = hall.eyes.phone("point").await;
    rider::begin(&mut van, "lin").await;
    rider::fetch(&mut van).await;
    van.press("rider.at_door").await;
    van.sees("#proof").await;
    van.shot_both("09-door").await;
    rider::photo(&van).await;
    van.press("rider.delivered").await;
    van.until("the next screen", "document.querySelector('#proof') === null").await;
    let counter = "/api/v1/pickup/LOCKER/collect";
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    hall.all.tries(counter, &json!({"pin": wrong})).await.refuses(422, "pickup.pin_wrong");
    hall.all.done(counter, json!({"pin": pin})).await;
    let seen = until("the order to end", async || {
        let seen = hall.all.get(&format!("/api/v1/orders/{id}")).await;
        (seen["state"] == "delivered").then_some(seen)
    })
    .await;
    assert_eq!(seen["lines"][0]["delivered"], 2);
    hall.close(vec![van]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_lapses_under_the_thumb() {
    within(lapsed()).await;
}

async fn lapsed() {
    let hall = Hall::open(20.0).await;
    let worker = hall.house.person("wang", "worker").await;
    hall.house.person("ada", "rider").await;
    let mut bike = hall.eyes.phone("late").await;
    rider::begin(&mut bike, "ada").await;
    made_ready(&hall, &worker, card()).await;
    bike.sees("[data-offer]").await;
    let offer = bike.attribute("[data-offer]", "data-offer").await;
    let left = bike.js("Number(document.querySelector('.ring').dataset.left)").await.as_u64().unwrap();
    assert!(left <= 6_000, "the ring tells the hand's own time: {left} ms");
    // The hand comes down a moment after the house has given up waiting.
    bike.js(
        "(document.querySelector(\"form[action$='/accept']\").id = 'kept') && (window.setTimeout = () => 0) && true",
    )
    .await;
    let state = async || {
        let mut read = hall.house.app.db.read().await.unwrap();
        let row = sqlx::query("SELECT state FROM offers WHERE id = $1").bind(&offer);
        sqlx::Row::get::<String, _>(&row.fetch_one(read.sql()).await.unwrap(), "state")
    };
    until("the offer to lapse", async || (state().await == "expired").then_some(())).await;
    bike.js("document.querySelector(\"form[action$='/accept']\").requestSubmit()").await;
    bike.sees(".say[data-k=bad]").await;
    bike.shot("05-offer-gone").await;
    assert_eq!(state().await, "expired");
    let loads = hall.all.get("/api/v1/loads").await;
    assert!(loads["items"].as_array().unwrap().iter().all(|load| load["driver"].is_null()), "{loads}");
    hall.close(vec![bike]).await;
}
