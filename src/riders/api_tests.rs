//! The last mile over HTTP, as a phone and a desk ask: one journey, and the "no"s.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::util::ServiceExt as _;

use super::tests::JPEG;
use crate::{
    identity::{self, Grant, NewPerson},
    kernel::*,
    riders::{self, plan, seek},
    store::{Db, on_both_engines},
    transport::{self, testkit::*},
};

struct House {
    app: Router,
    keys: std::cell::Cell<u32>,
}

impl House {
    fn new(db: &Db) -> Self {
        let (app, _) = transport::api::routes().merge(riders::api::routes()).split_for_parts();
        Self { app: app.with_state(db.clone()), keys: std::cell::Cell::new(0) }
    }

    async fn send(&self, method: &str, path: &str, who: &str, key: Option<&str>, body: Value) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if !who.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {who}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str, who: &str) -> (StatusCode, Value) {
        self.send("GET", path, who, None, Value::Null).await
    }

    /// A command with a key of its own.
    async fn post(&self, path: &str, who: &str, body: Value) -> (StatusCode, Value) {
        self.keys.set(self.keys.get() + 1);
        let key = format!("key-{}", self.keys.get());
        self.send("POST", path, who, Some(&key), body).await
    }

    async fn done(&self, path: &str, who: &str, body: Value) -> Value {
        let (status, reply) = self.post(path, who, body).await;
        assert!(status.is_success(), "{path}: {status} {reply}");
        reply
    }

    async fn refused(&self, path: &str, who: &str, body: Value) -> (u16, String) {
        let (status, reply) = self.post(path, who, body).await;
        (status.as_u16(), reply["code"].as_str().unwrap_or_default().to_owned())
    }
}

async fn sign_in(db: &Db, login: &str, role: &str, site: Option<SiteId>) -> String {
    let new = NewPerson {
        login: login.to_owned(),
        name: login.to_owned(),
        password: Some("a long password".to_owned()),
        badge: None,
        pin: None,
        lang: None,
        grants: vec![Grant { role: role.to_owned(), site }],
    };
    let ready = new.prepare(&db.dice).await.unwrap();
    act(db, async |tx| identity::add_person(tx, &ready).await).await.unwrap();
    identity::sign_in(db, login, "a long password", identity::wall_now()).await.unwrap().secret
}

#[tokio::test]
async fn a_parcel_goes_from_the_offer_to_the_door_over_http() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let house = House::new(&db);
        let rider = sign_in(&db, "rosa", "rider", Some(site)).await;
        let other = sign_in(&db, "otto", "rider", Some(site)).await;
        let desk = sign_in(&db, "dora", "dispatcher", Some(site)).await;
        let (_, before) = house.get("/api/v1/rider", &rider).await;
        assert_eq!(
            (&before["shift"]["on"], &before["offer"], &before["load"]),
            (&json!(false), &json!(null), &json!(null))
        );
        let here = json!({"on": true, "lat": DEPOT.lat, "lon": DEPOT.lon});
        assert_eq!(house.done("/api/v1/rider/shift", &rider, here).await["on"], true);
        let new = transport::NewParcel { cash_minor: 990, ..new_parcel(&db, site, 1, at(900.0, 0.0)).await };
        stage(&db, new).await;
        house.done("/api/v1/dispatch/plan", &desk, json!({"site": "fw1"})).await;
        let id = plan(&db, site).await.unwrap().loads[0];
        seek(&db, id).await.unwrap();

        let (_, seen) = house.get("/api/v1/rider", &rider).await;
        let offer = &seen["offer"];
        assert!(offer["pay_minor"].as_i64().unwrap() > 500 && offer["pickup"]["code"] == "FW1", "{offer}");
        let accept = format!("/api/v1/offers/{}/accept", offer["id"].as_str().unwrap());
        assert_eq!(house.refused(&accept, &other, json!({})).await, (404, "offer.unknown".to_owned()));
        let load = house.done(&accept, &rider, json!({})).await;
        assert_eq!(load["parcels"][0]["scanned"], false);
        let path = format!("/api/v1/loads/{id}");
        assert_eq!(house.get(&path, &other).await.0, 403);
        assert_eq!(house.get(&path, &desk).await.1["state"], "assigned");
        assert_eq!(house.refused(&format!("{path}/depart"), &rider, json!({})).await.1, "load.empty");
        let scan = json!({"sscc": label(1)});
        assert_eq!(house.refused(&format!("{path}/scan"), &other, scan.clone()).await.1, "load.not_yours");
        assert_eq!(house.done(&format!("{path}/scan"), &rider, scan).await["left"], 0);
        house.done(&format!("{path}/depart"), &rider, json!({})).await;

        let (_, seen) = house.get("/api/v1/rider", &rider).await;
        let stop = &seen["load"]["stops"][0];
        assert_eq!((&stop["needs"], &stop["cash_minor"], &stop["attempt"]), (&json!("pin"), &json!(990), &json!(1)));
        let path = format!("/api/v1/stops/{}", stop["id"].as_str().unwrap());
        assert_eq!(house.done(&format!("{path}/arrive"), &rider, json!({})).await["state"], "arrived");
        let deliver = format!("{path}/deliver");
        for _ in 0..2 {
            let (status, no) = house.post(&deliver, &rider, json!({"pin": "0000", "cash_minor": 990})).await;
            assert_eq!((status.as_u16(), no["code"].as_str()), (422, Some("pin.wrong")));
        }
        let (_, no) = house.post(&deliver, &rider, json!({"pin": "0000", "cash_minor": 990})).await;
        assert_eq!(no["tries_left"], 2, "tries count though the hand-over was refused");
        assert_eq!(house.refused(&deliver, &rider, json!({"pin": "1001"})).await.1, "cash.wrong");
        let right = json!({"pin": "1001", "cash_minor": 990});
        let (status, first) = house.send("POST", &deliver, &rider, Some("the-one"), right.clone()).await;
        assert_eq!((status.as_u16(), first["state"].as_str()), (200, Some("done")), "{first}");
        let again = house.send("POST", &deliver, &rider, Some("the-one"), right).await;
        assert_eq!(again, (StatusCode::OK, first));
        let (_, seen) = house.get("/api/v1/rider", &rider).await;
        assert_eq!((&seen["load"], &seen["shift"]["cash_minor"]), (&json!(null), &json!(990)));
        let (_, told) = house.get(&format!("/api/v1/parcels/{}", label(1)), &desk).await;
        assert_eq!((&told["state"], &told["attempts"][0]["number"]), (&json!("delivered"), &json!(1)));
        assert!(told.get("pin").is_none() && told.get("pin_hash").is_none(), "{told}");
    })
    .await;
}

#[tokio::test]
async fn five_wrong_codes_lock_the_code_and_a_photo_helps() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let house = House::new(&db);
        let driver = sign_in(&db, "dana", "driver", Some(site)).await;
        let desk = sign_in(&db, "dora", "dispatcher", Some(site)).await;
        let floor = sign_in(&db, "will", "worker", Some(site)).await;
        let van = json!({"site": "FW1", "max_weight_g": 500_000, "max_volume_ml": 4_000_000, "cold": true});
        let (status, _) = house.send("PUT", "/api/v1/vehicles/VAN-7", &desk, None, van.clone()).await;
        assert_eq!(status, 200);
        assert_eq!(house.send("PUT", "/api/v1/vehicles/VAN-8", &driver, None, van).await.0, 403);
        let here = json!({"on": true, "lat": DEPOT.lat, "lon": DEPOT.lon});
        assert_eq!(house.done("/api/v1/rider/shift", &driver, here).await["vehicle"], "VAN-7");
        stage(&db, new_parcel(&db, site, 1, at(900.0, 0.0)).await).await;
        let id = plan(&db, site).await.unwrap().loads[0];
        house.done(&format!("/api/v1/loads/{id}/scan"), &driver, json!({"sscc": label(1)})).await;
        house.done(&format!("/api/v1/loads/{id}/depart"), &driver, json!({})).await;
        let stop = stops(&db, id).await[0].id;
        let deliver = format!("/api/v1/stops/{stop}/deliver");
        for _ in 0..5 {
            assert_eq!(house.refused(&deliver, &driver, json!({"pin": "0000"})).await.1, "pin.wrong");
        }
        assert_eq!(house.refused(&deliver, &driver, json!({"pin": "1001"})).await, (429, "pin.locked".to_owned()));
        assert_eq!(house.refused(&deliver, &driver, json!({"photo": JPEG, "received_by": "me"})).await.0, 400);
        house.done(&deliver, &driver, json!({"photo": JPEG, "received_by": "neighbour"})).await;
        let (_, told) = house.get(&format!("/api/v1/parcels/{}", label(1)), &desk).await;
        let photo = format!("/api/v1/proofs/{}/photo", told["attempts"][0]["proof"].as_str().unwrap());
        assert_eq!(house.get(&photo, &driver).await.0, 200);
        assert_eq!(house.get(&photo, &desk).await.0, 200);
        assert_eq!(house.get(&photo, &floor).await.0, 403);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_is_told_so_and_nothing_changes() {
    on_both_engines(async |db, _| {
        let (site, point) = (depot(&db).await, point(&db, 2).await);
        let house = House::new(&db);
        let rider = sign_in(&db, "rosa", "rider", Some(site)).await;
        let floor = sign_in(&db, "will", "worker", Some(site)).await;
        let clerk = sign_in(&db, "pia", "worker", Some(point)).await;
        let elsewhere = sign_in(&db, "dirk", "dispatcher", Some(point)).await;
        assert_eq!(house.get("/api/v1/rider", "").await.0, 401);
        assert_eq!(house.get("/api/v1/rider", &floor).await.0, 403);
        assert_eq!(house.get("/api/v1/dispatch", &rider).await.0, 403);
        let begin = json!({"on": true, "lat": DEPOT.lat, "lon": DEPOT.lon});
        assert_eq!(house.refused("/api/v1/rider/shift", &rider, json!({"on": true})).await.1, "rider.place");
        let other_site = json!({"on": true, "lat": 31.2, "lon": 121.4, "site": "PP1"});
        assert_eq!(house.refused("/api/v1/rider/shift", &rider, other_site).await.0, 403);
        house.done("/api/v1/rider/shift", &rider, begin).await;
        stage(&db, new_parcel(&db, site, 1, at(900.0, 0.0)).await).await;
        let id = plan(&db, site).await.unwrap().loads[0];
        let rosa = riders::free_riders(db.read().await.unwrap().sql()).await.unwrap()[0].id;
        let assign = format!("/api/v1/loads/{id}/assign");
        let body = json!({"driver": rosa});
        assert_eq!(house.refused(&assign, &elsewhere, body.clone()).await.0, 403);
        assert_eq!(house.refused(&assign, &rider, body).await.0, 403);
        assert_eq!(house.get("/api/v1/dispatch", &elsewhere).await.1["loads"], json!([]));
        assert_eq!(load(&db, id).await.state, transport::LoadState::Planned);
        let nobody = format!("/api/v1/stops/{}/arrive", StopId::new(ulid::Ulid::nil()));
        assert_eq!(house.refused(&nobody, &rider, json!({})).await, (404, "stop.unknown".to_owned()));
        let body = json!({"pin": "1234"});
        assert_eq!(house.refused("/api/v1/pickup/PP1/collect", &floor, body.clone()).await.0, 403);
        assert_eq!(house.refused("/api/v1/pickup/PP1/collect", &clerk, body).await.1, "pickup.pin_wrong");
        let (status, _) = house.send("POST", "/api/v1/rider/shift", &rider, None, json!({"on": false})).await;
        assert_eq!(status, 400, "a command needs a key");
    })
    .await;
}

#[tokio::test]
async fn a_public_gps_client_reports_through_its_token() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let house = House::new(&db);
        let rider = sign_in(&db, "rosa", "rider", Some(site)).await;
        let desk = sign_in(&db, "dora", "dispatcher", Some(site)).await;
        let none = house.send("POST", "/api/v1/rider/tracker", &rider, None, Value::Null).await;
        assert_eq!(none.0, 404, "before the first shift");
        let begin = json!({"on": true, "lat": DEPOT.lat, "lon": DEPOT.lon});
        house.done("/api/v1/rider/shift", &rider, begin).await;
        let (status, made) = house.send("POST", "/api/v1/rider/tracker", &rider, None, Value::Null).await;
        assert_eq!(status, 201);
        let fix = |lat: f64| {
            json!({"location": {"timestamp": "2999-01-01T00:00:00Z",
                "coords": {"latitude": lat, "longitude": 121.4, "accuracy": 4, "speed": 3, "heading": 1}},
                "device_id": "phone"})
        };
        let path = made["path"].as_str().unwrap();
        assert_eq!(house.send("POST", path, "", None, fix(31.25)).await.0, 200);
        assert_eq!(house.send("POST", "/api/v1/positions/guess", "", None, fix(31.25)).await.0, 404);
        assert_eq!(house.send("POST", path, "", None, fix(131.0)).await.0, 422);
        let (_, board) = house.get("/api/v1/dispatch", &desk).await;
        assert_eq!(board["riders"][0]["coord"]["lat"], 31.25);
    })
    .await;
}
