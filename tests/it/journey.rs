//! One order from click to proof: one site, one article, one vehicle.

use std::time::Duration;

use cartage::{identity::Permission, stock};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, Persona};

/// An order of Ann Lee.
pub fn order(quantity: i64) -> Value {
    json!({
        "channel": "web",
        "lines": [{"sku": "TEA-1", "quantity": quantity}],
        "recipient": {"name": "Ann Lee", "phone": "13812345678"},
        "address": {"street": "12 Mill Row", "lat": 30.11, "lon": 123.41},
        "delivery": {"mode": "home", "service": "same_day"},
        "payment": {"method": "test_card"}
    })
}

/// Asks until the answer is there; panics when it never comes.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited 20 s for {what}");
}

/// Does what each step asks until the task is over; returns the states seen.
pub async fn work(worker: &Persona, kind: &str) -> Vec<String> {
    let mut step = until(&format!("a {kind} task"), async || {
        let (status, step) = worker.post("/api/v1/work/next", json!({"site": "NG", "kinds": [kind]})).await;
        (status == StatusCode::OK).then_some(step)
    })
    .await;
    let mut states = Vec::new();
    while step["expect"]["kind"] != "none" {
        states.push(step["state"].as_str().unwrap().to_owned());
        let label = step["expect"]["label"].as_str().unwrap();
        let entry = match step["expect"]["kind"].as_str().unwrap() {
            "quantity" => json!({"quantity": label.parse::<i64>().unwrap()}),
            "weight" => json!({"quantity": 90 + 2 * 210}),
            "tote" if label.is_empty() => json!({"code": "T-1"}),
            _ => json!({"code": label}),
        };
        let path = format!("/api/v1/work/{}/scan", step["task"]["id"].as_str().unwrap());
        step = worker.done(&path, entry).await;
        assert_ne!(step["say"]["tone"], "wrong", "{step}");
    }
    states
}

/// Brings an order for two teas from the click to the door; answers with the order
/// as it is in the end.
pub async fn click_to_proof(house: &House, shop: &Persona, order: Value) -> Value {
    let worker = house.person("wang", "worker").await;
    let driver = house.person("lin", "driver").await;

    let placed = shop.done("/api/v1/orders", order).await;
    assert_eq!((placed["state"].as_str(), placed["total_minor"].as_i64()), (Some("accepted"), Some(3_100)));
    let id = placed["id"].as_str().unwrap().to_owned();
    let pin = placed["delivery_pin"].as_str().unwrap().to_owned();

    let picked = work(&worker, "pick").await;
    assert_eq!(picked, ["pick.scan_bin", "pick.scan_article", "pick.enter_quantity", "pick.scan_tote"]);
    let packed = work(&worker, "pack").await;
    assert_eq!(packed.first().map(String::as_str), Some("pack.take_box"));
    assert_eq!(packed.last().map(String::as_str), Some("pack.scan_label"));

    driver
        .done("/api/v1/rider/shift", json!({"on": true, "lat": 30.1, "lon": 123.4, "site": "NG", "vehicle": "VAN-1"}))
        .await;
    let view = until("a load for the van", async || {
        let view = driver.get("/api/v1/rider").await;
        view["load"]["id"].is_string().then_some(view)
    })
    .await;
    let load = view["load"]["id"].as_str().unwrap().to_owned();
    for parcel in view["load"]["parcels"].as_array().unwrap() {
        driver.done(&format!("/api/v1/loads/{load}/scan"), json!({"sscc": parcel["sscc"]})).await;
    }
    driver.done(&format!("/api/v1/loads/{load}/depart"), json!({})).await;
    let stop = view["load"]["stops"][0]["id"].as_str().unwrap().to_owned();
    driver.done(&format!("/api/v1/stops/{stop}/arrive"), json!({})).await;
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let (status, _) = driver.post(&format!("/api/v1/stops/{stop}/deliver"), json!({"pin": wrong})).await;
    assert!(status.is_client_error());
    driver.done(&format!("/api/v1/stops/{stop}/deliver"), json!({"pin": pin})).await;

    until("the order to end", async || {
        let seen = shop.get(&format!("/api/v1/orders/{id}")).await;
        (seen["state"] == "delivered" && seen["payment"] == "paid").then_some(seen)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_from_click_to_proof() {
    let house = House::open(None).await;
    let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead, Permission::EventRead]).await;
    let done = click_to_proof(&house, &shop, order(2)).await;
    assert_eq!(done["lines"][0]["delivered"], 2);
    // A fact is read when it has its position, a moment after its commit.
    let facts = until("the last fact", async || {
        let facts = shop.get("/api/v1/events?after=0&limit=1000").await;
        let over = facts["items"].as_array().unwrap().iter().any(|fact| fact["kind"] == "order.delivered");
        over.then_some(facts)
    })
    .await;
    let kinds: Vec<&str> = facts["items"].as_array().unwrap().iter().filter_map(|fact| fact["kind"].as_str()).collect();
    for wanted in [
        "hold.placed",
        "wave.released",
        "mission.assigned",
        "shelf.arrived",
        "line.picked",
        "carton.closed",
        "load.planned",
        "parcel.out_for_delivery",
        "parcel.delivered",
        "payment.captured",
        "order.delivered",
    ] {
        assert!(kinds.contains(&wanted), "no {wanted} in {kinds:?}");
    }
    let mut read = house.app.db.read().await.unwrap();
    let audit = stock::audit(read.sql()).await.unwrap();
    assert!(audit.is_clean(), "{audit:?}");
    drop(read);
    house.close().await;
}
