//! What people answer is done: a case that is closed calls the verb it means, and
//! an order on hold goes on when its cause is gone.

use cartage::{
    identity::Permission,
    kernel::OrderId,
    layout,
    stock::{self, Account, Goods},
    store::Actor,
};
use serde_json::{Value, json};

use crate::{
    house::{House, Persona, on_both},
    journey::{order, until},
};

async fn in_state(boss: &Persona, id: &str, state: &str) -> Value {
    let path = format!("/api/v1/orders/{id}");
    until(&format!("an order that is {state}"), async || {
        let order = boss.get(&path).await;
        (order["state"] == state).then_some(order)
    })
    .await
}

/// The open case of a code about something.
async fn case(boss: &Persona, code: &str, about: &str) -> String {
    until(&format!("a case {code}"), async || {
        let cases = boss.get("/api/v1/cases?limit=100").await;
        let mut items = cases["items"].as_array().unwrap().clone().into_iter();
        let found = items.find(|case| case["code"] == code && case["about"] == about && case["state"] == "open")?;
        Some(found["id"].as_str().unwrap().to_owned())
    })
    .await
}

async fn close(boss: &Persona, case: &str, resolution: &str) {
    boss.done(&format!("/api/v1/cases/{case}/close"), json!({"resolution": resolution})).await;
}

/// Books what somebody counted of the tea on the mobile shelf.
async fn counted(house: &House, quantity: i64) {
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let bin = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    let tea = cartage::catalog::by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
    let at = Account::bin(site, bin.id);
    stock::count(&mut tx, &Goods::plain(tea.id), at, quantity, "counted", String::new()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Holds of an order that lapse by themselves.
async fn lapsing(house: &House, id: &str) -> usize {
    let mut read = house.app.db.read().await.unwrap();
    let order: OrderId = id.parse().unwrap();
    let mut lapsing = 0;
    for line in cartage::orders::lines(read.sql(), order).await.unwrap() {
        let holds = stock::holds_of_line(read.sql(), line.id).await.unwrap();
        lapsing += holds.iter().filter(|hold| hold.open() > 0 && hold.expires_at.is_some()).count();
    }
    lapsing
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_with_a_doubtful_address_keeps_its_goods_and_goes_on_when_confirmed() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let doubtful = |card: &str| {
            let mut wanted = order(1);
            wanted["address"]["confidence"] = json!(30);
            wanted["payment"]["card"] = json!(card);
            wanted
        };
        let paid = boss.done("/api/v1/orders", doubtful("ok")).await;
        let id = paid["id"].as_str().unwrap();
        assert_eq!(paid["state"], "on_hold", "{paid}");
        assert_eq!(lapsing(house, id).await, 0, "it is paid: nothing of it lapses");
        close(&boss, &case(&boss, "address.doubtful", id).await, "address_confirmed").await;
        in_state(&boss, id, "accepted").await;

        let unpaid = boss.done("/api/v1/orders", doubtful("later")).await;
        let id = unpaid["id"].as_str().unwrap();
        assert_eq!(lapsing(house, id).await, 1);
        close(&boss, &case(&boss, "address.doubtful", id).await, "address_confirmed").await;
        in_state(&boss, id, "placed").await;
        boss.done(&format!("/api/v1/orders/{id}/payments"), json!({"card": "ok"})).await;
        in_state(&boss, id, "accepted").await;
        assert_eq!(lapsing(house, id).await, 0);

        let refused = boss.done("/api/v1/orders", doubtful("ok")).await;
        let id = refused["id"].as_str().unwrap();
        close(&boss, &case(&boss, "address.doubtful", id).await, "cancelled").await;
        let ended = in_state(&boss, id, "cancelled").await;
        assert_eq!(ended["lines"][0]["cancelled"], 1, "{ended}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_waits_is_served_first_when_goods_come() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let mut wanted = order(4);
        wanted["short_policy"] = json!("wait");
        let placed = boss.done("/api/v1/orders", wanted).await;
        let id = placed["id"].as_str().unwrap();
        counted(house, 2).await;
        in_state(&boss, id, "on_hold").await;
        let short = case(&boss, "order.short", id).await;
        let doubts = boss.get("/api/v1/cases?limit=100").await;
        let doubts = doubts["items"].as_array().unwrap().iter().filter(|case| case["code"] == "address.doubtful");
        assert_eq!(doubts.count(), 0, "nobody doubts the address");
        counted(house, 3).await;
        counted(house, 9).await;
        let served = in_state(&boss, id, "accepted").await;
        assert_eq!(served["lines"][0]["cancelled"], 0, "{served}");
        let path = format!("/api/v1/cases/{short}");
        let closed = until("the end of the case", async || {
            let case = boss.get(&path).await;
            (case["state"] == "closed").then_some(case)
        })
        .await;
        assert_eq!(closed["resolution"], "found", "{closed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shopper_who_takes_a_part_gets_it_and_the_rest_is_cancelled() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let mut wanted = order(4);
        wanted["short_policy"] = json!("wait");
        let placed = boss.done("/api/v1/orders", wanted).await;
        let id = placed["id"].as_str().unwrap();
        counted(house, 3).await;
        close(&boss, &case(&boss, "order.short", id).await, "shipped_part").await;
        let goes_on = in_state(&boss, id, "accepted").await;
        assert_eq!(goes_on["lines"][0]["cancelled"], 1, "{goes_on}");
    })
    .await;
}
