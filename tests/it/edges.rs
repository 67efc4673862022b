//! Wrong input over HTTP, each time with the proof that nothing changed.

use cartage::{
    identity::Permission,
    kernel::Time,
    network::{self, Hours, NewSite, SiteKind},
    store::Actor,
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{
    counts::Counts,
    house::{Answer, House, Persona, on_both},
};

/// An order that would be taken.
pub fn good_order() -> Value {
    json!({
        "channel": "web",
        "lines": [{"sku": "TEA-1", "quantity": 1}],
        "recipient": {"name": "Ann Lee", "phone": "13812345678"},
        "address": {"street": "12 Mill Row", "lat": 30.11, "lon": 123.41},
        "delivery": {"mode": "home", "service": "same_day"},
        "payment": {"method": "test_card"}
    })
}

/// The same with another value at a JSON pointer.
fn order_with(pointer: &str, value: Value) -> Value {
    let mut order = good_order();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    order.pointer_mut(parent).unwrap()[field] = value;
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_makes_no_sense_is_refused_and_leaves_nothing() {
    on_both(async |house: &House| {
        let shop = house.machine(&[Permission::OrderPlace]).await;
        let before = Counts::of(house).await;
        let line = |quantity: Value| json!([{"sku": "TEA-1", "quantity": quantity}]);
        let many: Vec<Value> = (0..5_001).map(|_| json!({"sku": "TEA-1", "quantity": 1})).collect();
        let far = json!({"from": "2026-03-02T12:00:00Z", "to": "9999-12-30T00:00:00Z"});
        for (pointer, value, status, code) in [
            ("/lines", json!([{"sku": "NO-SUCH", "quantity": 1}]), 422, "article.unknown"),
            ("/lines", line(json!(0)), 422, "order.bad_quantity"),
            ("/lines", line(json!(-1)), 422, "order.bad_quantity"),
            ("/lines", line(json!(10_000)), 422, "order.bad_quantity"),
            ("/lines", line(json!(i64::MAX)), 422, "order.bad_quantity"),
            ("/lines", line(json!(9_223_372_036_854_775_808_u64)), 400, "body.invalid"),
            ("/lines", line(json!(1.5)), 400, "body.invalid"),
            ("/lines", line(json!("1")), 400, "body.invalid"),
            ("/lines", line(json!(6)), 409, "stock.short"),
            ("/lines", json!([{"sku": "TEA-1", "quantity": 3}, {"sku": "TEA-1", "quantity": 3}]), 409, "stock.short"),
            ("/lines", json!([]), 422, "order.bad_lines"),
            ("/lines", json!(many), 422, "order.bad_lines"),
            ("/lines", json!([{"sku": "TEA-1", "quantity": 1, "price": 0}]), 400, "body.invalid"),
            ("/surprise", json!(1), 400, "body.invalid"),
            ("/recipient/name", json!("  "), 422, "contact.no_name"),
            ("/recipient/name", json!("A\u{0}"), 400, "body.invalid"),
            ("/recipient/phone", json!("12"), 422, "contact.bad_phone"),
            ("/address/street", json!(""), 422, "address.no_street"),
            ("/address/lat", json!(90.1), 422, "address.bad_place"),
            ("/address/lon", json!(1e300), 422, "address.bad_place"),
            ("/delivery/service", json!("yesterday"), 422, "service.unknown"),
            ("/delivery/mode", json!("drone"), 400, "body.invalid"),
            ("/delivery/window", far, 422, "order.bad_window"),
            ("/note", json!("x".repeat(501)), 422, "order.too_long"),
            ("/channel", json!("x".repeat(61)), 422, "order.too_long"),
            ("/payment/method", json!("shells"), 400, "body.invalid"),
        ] {
            let answer = shop.tries("/api/v1/orders", &order_with(pointer, value)).await;
            let said = answer.refuses(status, code);
            if code == "stock.short" {
                assert_eq!(said["available_quantity"], 5, "{said}");
            }
        }
        let pickup = json!({"mode": "pickup_point", "service": "same_day", "pickup_point": "NOWHERE"});
        shop.tries("/api/v1/orders", &order_with("/delivery", pickup)).await.refuses(422, "pickup_point.unknown");
        let quote = json!({"lines": line(json!(-5)), "lat": 30.1, "lon": 123.4, "mode": "home", "service": "same_day"});
        shop.tries("/api/v1/quotes", &quote).await.refuses(422, "order.bad_quantity");
        before.still(house, "every order was refused").await;
        // The good one is taken all the same: none of the above was refused for another reason.
        assert_eq!(shop.tries("/api/v1/orders", &good_order()).await.status, StatusCode::CREATED);
    })
    .await;
}

async fn raw(who: &Persona, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    let body = body.into();
    let make =
        |request: RequestBuilder| request.header("idempotency-key", "raw-1").header("content-type", kind).body(body);
    who.send("POST", "/api/v1/orders", make).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_none_is_refused_with_its_place() {
    on_both(async |house: &House| {
        let shop = house.machine(&[Permission::OrderPlace]).await;
        let before = Counts::of(house).await;
        let json_kind = "application/json";
        for body in ["{", "", "nonsense", "{\"channel\":", "[]", "null", "\u{feff}{}", "{\"a\":\"\\ud800\"}"] {
            raw(&shop, json_kind, body).await.refuses(400, "body.invalid");
        }
        let behind = format!("{} {{}}", good_order());
        raw(&shop, json_kind, behind).await.refuses(400, "body.invalid");
        raw(&shop, json_kind, vec![b'{', 0xff, 0xfe, b'}']).await.refuses(400, "body.invalid");
        raw(&shop, json_kind, "[".repeat(100_000)).await.refuses(400, "body.invalid");
        let named = raw(&shop, json_kind, r#"{"channel":"web","lines":[{"sku":"TEA-1","quantity":"two"}]}"#).await;
        assert_eq!(named.refuses(400, "body.invalid")["errors"][0]["pointer"], "/lines/0/quantity");
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""] {
            raw(&shop, kind, good_order().to_string()).await.refuses(415, "body.type");
        }
        let big = json!({"note": "x".repeat(3 << 20)}).to_string();
        raw(&shop, json_kind, big).await.refuses(413, "body.unreadable");
        let keyless = shop.send("POST", "/api/v1/orders", |request| request.json(&good_order())).await;
        keyless.refuses(400, "idempotency.missing");
        let long = shop.send("POST", "/api/v1/orders", |request| {
            request.header("idempotency-key", "k".repeat(201)).json(&good_order())
        });
        long.await.refuses(400, "idempotency.missing");
        before.still(house, "all was refused").await;
        // None of these used the key up.
        assert_eq!(raw(&shop, "application/json; charset=utf-8", good_order().to_string()).await.status, 201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_lead_nowhere_are_problem_documents() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let before = Counts::of(house).await;
        let page = boss.looks("/api/v1/orders?limit=many").await.refuses(400, "query.invalid");
        assert!(page["detail"].as_str().unwrap().contains("limit"), "{page}");
        boss.looks("/api/v1/events?after=x").await.refuses(400, "query.invalid");
        boss.looks("/api/v1/orders?after=%00").await.refuses(400, "query.invalid");
        boss.looks("/api/v1/work").await.refuses(400, "query.invalid");
        boss.looks("/api/v1/loads/ord_01JZZZZZZZZZZZZZZZZZZZZZZZ").await.refuses(400, "path.invalid");
        boss.looks("/api/v1/work/%00").await.refuses(400, "path.invalid");
        boss.looks("/api/v1/articles/%FF").await.refuses(400, "path.invalid");
        boss.looks("/api/v1/articles/NO-SUCH").await.refuses(404, "not_found");
        boss.looks("/api/v1/orders/nonsense").await.refuses(404, "not_found");
        boss.looks("/api/v1/nowhere").await.refuses(404, "not_found");
        boss.looks("/api/v2/orders").await.refuses(404, "not_found");
        let method = boss.send("PATCH", "/api/v1/orders", |request| request).await;
        method.refuses(405, "method.not_allowed");
        let allowed = method.headers["allow"].to_str().unwrap();
        assert!(allowed.contains("POST") && allowed.contains("GET"), "{allowed}");
        // A person who takes a wrong turn gets a page.
        for (method, path, status) in
            [("GET", "/nowhere", 404), ("DELETE", "/basket", 405), ("GET", "/articles/%FF", 400)]
        {
            let page = house.with("").send(method, path, |request| request).await;
            assert_eq!((page.status.as_u16(), &page.kind()[..9]), (status, "text/html"), "{path}: {}", page.text);
        }
        before.still(house, "all was refused").await;
    })
    .await;
}

/// A second site, with nothing in it.
pub async fn second_site(house: &House, code: &str, kind: SiteKind) {
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let north = network::site_by_code(tx.sql(), "NG").await.unwrap().unwrap();
    let site = NewSite {
        code: code.into(),
        name: north.name,
        kind,
        coord: north.coord,
        street: "1 South Road".into(),
        time_zone: "UTC".into(),
        hours: Hours::always(),
        lines_per_hour: 10,
        ship_cost_minor: 1,
        cost_per_km_minor: 1,
        service_radius_m: 1_000,
        area: Vec::new(),
        compartments: 2,
        active: true,
    };
    network::define_site(&mut tx, &site).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_at_one_site_open_no_other() {
    on_both(async |house: &House| {
        second_site(house, "SG", SiteKind::Forward).await;
        let shop = house.machine(&[Permission::OrderPlace]).await;
        let order = shop.done("/api/v1/orders", good_order()).await["id"].as_str().unwrap().to_owned();
        let (north, south) = (house.site("NG").await, house.site("SG").await);
        let there = house.bound(Permission::ALL, |token| token.site = Some(south)).await;
        let here = house.bound(Permission::ALL, |token| token.site = Some(north)).await;
        settled(house).await;
        let before = Counts::of(house).await;
        for path in [
            "/api/v1/work?site=NG".to_owned(),
            format!("/api/v1/stock/bins/M01-1?site={north}"),
            format!("/api/v1/cases?site={north}"),
            format!("/api/v1/prints?site={north}"),
            format!("/api/v1/printers?site={north}"),
            format!("/api/v1/asns?site={north}"),
            format!("/api/v1/receipts?site={north}"),
            "/api/v1/sites/NG/floor".to_owned(),
            "/api/v1/sites/NG/fleet".to_owned(),
            "/api/v1/ledger/pools".to_owned(),
            "/api/v1/events".to_owned(),
            "/api/v1/export/stock".to_owned(),
        ] {
            there.looks(&path).await.refuses(403, "auth.forbidden");
        }
        for (path, body) in [
            ("/api/v1/counts", json!({"site": north, "bin": "M01-1"})),
            ("/api/v1/sites/NG/fleet/agv-1/lockout", json!({"reason": "x"})),
            ("/api/v1/sites/NG/edges/close", json!({"from": "A1", "to": "A2", "reason": "x"})),
            ("/api/v1/dispatch/plan", json!({"site": "NG"})),
            ("/api/v1/import/stock", json!([])),
        ] {
            there.tries(path, &body).await.refuses(403, "auth.forbidden");
        }
        let order = format!("/api/v1/orders/{order}");
        there.looks(&order).await.refuses(404, "not_found");
        there.tries(&format!("{order}/cancel"), &json!({})).await.refuses(404, "not_found");
        for list in ["/api/v1/orders", "/api/v1/loads", "/api/v1/loads?site=NG", "/api/v1/cases", "/api/v1/asns"] {
            assert_eq!(there.get(list).await["items"], json!([]), "{list}");
        }
        assert_eq!(here.get("/api/v1/orders").await["items"].as_array().unwrap().len(), 1);
        assert_eq!(here.looks(&order).await.status, 200);
        before.still(house, "all was refused").await;
    })
    .await;
}

/// Waits until the house has nothing more to do by itself.
pub async fn settled(house: &House) {
    let (mut last, mut calm) = (Counts::of(house).await, 0);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let now = Counts::of(house).await;
        calm = if now == last { calm + 1 } else { 0 };
        if calm == 12 {
            return;
        }
        last = now;
    }
    panic!("the house never comes to rest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reaches_an_order_of_somebody_else() {
    on_both(async |house: &House| {
        let (ann, bob) = (house.person("ann", "shopper").await, house.person("bob", "shopper").await);
        let order = ann.done("/api/v1/orders", good_order()).await;
        let other = bob.done("/api/v1/orders", good_order()).await;
        let mall = house.bound(&[Permission::OrderRead, Permission::OrderChange, Permission::OrderPlace], |token| {
            token.channel = Some("mall".into());
        });
        let mall = mall.await;
        let reader = house.machine(&[Permission::OrderRead]).await;
        settled(house).await;
        let before = Counts::of(house).await;
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
        let number = format!("/api/v1/orders/{}", order["number"].as_str().unwrap());
        // The link is the path of a page with its signature.
        let link = |order: &Value| order["guest_link"].as_str().unwrap().split("g=").last().unwrap().to_owned();
        let (own, foreign) = (link(&order), link(&other));
        let nobody = house.with("");
        let mut forged = own.clone();
        forged.replace_range(forged.len() - 1.., if own.ends_with('A') { "B" } else { "A" });
        for (who, query) in [(&bob, String::new()), (&mall, String::new()), (&nobody, format!("?g={foreign}"))] {
            for place in [&path, &number] {
                who.looks(&format!("{place}{query}")).await.refuses(404, "not_found");
            }
            who.looks(&format!("{path}/story{query}")).await.refuses(404, "not_found");
            let address = json!({"street": "1 Thief Lane", "lat": 30.1, "lon": 123.4});
            for (verb, body) in [("cancel", json!({})), ("address", address), ("payments", json!({}))] {
                who.tries(&format!("{path}/{verb}{query}"), &body).await.refuses(404, "not_found");
            }
        }
        assert_eq!(mall.get("/api/v1/orders").await["items"], json!([]));
        assert!(nobody.looks(&format!("{path}?g={forged}")).await.status.is_client_error());
        mall.tries("/api/v1/orders", &good_order()).await.refuses(403, "auth.channel");
        bob.looks("/api/v1/orders").await.refuses(403, "auth.forbidden");
        // Who only reads may neither cancel nor pay.
        reader.tries(&format!("{path}/cancel"), &json!({})).await.refuses(403, "auth.forbidden");
        reader.tries(&format!("{path}/payments"), &json!({})).await.refuses(403, "auth.forbidden");
        before.still(house, "all was refused").await;
        // The PIN is for the shopper and the link, not for staff.
        assert!(reader.get(&path).await["delivery_pin"].is_null());
        assert!(ann.get(&path).await["delivery_pin"].is_string());
        assert_eq!(nobody.looks(&format!("{path}?g={own}")).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_is_over_opens_nothing() {
    on_both(async |house: &House| {
        let late = house.bound(Permission::ALL, |token| token.expires_at = Some(Time::from_ms(1_000))).await;
        late.looks("/api/v1/me").await.refuses(401, "auth.required");
        for secret in ["x", "ctk_", "Bearer", "\u{e9}", &"a".repeat(10_000)] {
            let answer = house.with(secret).looks("/api/v1/me").await;
            assert!(matches!(answer.status.as_u16(), 401 | 431), "{secret}: {} {}", answer.status, answer.text);
        }
        let basic = house.with("").send("GET", "/api/v1/me", |request| request.basic_auth("admin", Some("x"))).await;
        basic.refuses(401, "auth.required");
        let ann = house.person("ann", "shopper").await;
        assert_eq!(ann.looks("/api/v1/me").await.status, 200);
        assert_eq!(ann.send("DELETE", "/api/v1/sessions/current", |request| request).await.status, 204);
        ann.looks("/api/v1/me").await.refuses(401, "auth.required");
        let boss = house.machine(Permission::ALL).await;
        let minted = boss.done("/api/v1/tokens", json!({"name": "brief", "permissions": ["order.read"]})).await;
        let brief = house.with(minted["token"].as_str().unwrap());
        assert_eq!(brief.looks("/api/v1/orders").await.status, 200);
        let gone = format!("/api/v1/tokens/{}", minted["id"].as_str().unwrap());
        assert_eq!(boss.send("DELETE", &gone, |request| request).await.status, 204);
        brief.looks("/api/v1/orders").await.refuses(401, "auth.required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_alone_changes_nothing() {
    on_both(async |house: &House| {
        house.person("ann", "shopper").await;
        let nobody = house.with("");
        let body = json!({"login": "ann", "password": "a long enough secret"});
        let session = nobody.tries("/api/v1/sessions", &body).await.json();
        let (secret, csrf) = (session["session"].as_str().unwrap(), session["csrf"].as_str().unwrap().to_owned());
        let cookie = format!("cartage_session={secret}");
        let before = Counts::of(house).await;
        let place = async |key: &str, csrf: Option<&str>| {
            nobody
                .send("POST", "/api/v1/orders", |request| {
                    let request = request.header("cookie", &cookie).header("idempotency-key", key).json(&good_order());
                    match csrf {
                        Some(csrf) => request.header("x-csrf", csrf),
                        None => request,
                    }
                })
                .await
        };
        place("one", None).await.refuses(403, "auth.csrf");
        place("one", Some("guessed")).await.refuses(403, "auth.csrf");
        place("one", Some("")).await.refuses(403, "auth.csrf");
        before.still(house, "all was refused").await;
        let read = nobody.send("GET", "/api/v1/me", |request| request.header("cookie", &cookie)).await;
        assert_eq!(read.status, 200, "a cookie may read");
        assert_eq!(place("one", Some(&csrf)).await.status, 201, "{csrf}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_stands_for_one_request_and_one_effect() {
    on_both(async |house: &House| {
        let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead]).await;
        let other = house.machine(&[Permission::OrderPlace]).await;
        let send = async |who: &Persona, key: &str, order: Value| {
            who.send("POST", "/api/v1/orders", |request| request.header("idempotency-key", key).json(&order)).await
        };
        let all: Vec<_> = (0..8).map(|_| send(&shop, "\"same\"", good_order())).collect();
        let mut made = Vec::new();
        for answer in futures_util::future::join_all(all).await {
            match answer.status.as_u16() {
                201 => made.push(answer.json()["id"].clone()),
                _ => assert_eq!(answer.refuses(409, "idempotency.in_flight")["retryable"], true),
            }
        }
        assert!(!made.is_empty() && made.iter().all(|id| *id == made[0]), "{made:?}");
        assert_eq!(shop.get("/api/v1/orders").await["items"].as_array().unwrap().len(), 1);
        // Bare and quoted are the same key; a retry is answered from the store.
        assert_eq!(send(&shop, "same", good_order()).await.json()["id"], made[0]);
        settled(house).await;
        let before = Counts::of(house).await;
        send(&shop, "same", order_with("/note", json!("quick"))).await.refuses(422, "idempotency.reused");
        let path = format!("/api/v1/orders/{}/payments", made[0].as_str().unwrap());
        let elsewhere = shop.send("POST", &path, |request| request.header("idempotency-key", "same").json(&json!({})));
        elsewhere.await.refuses(422, "idempotency.reused");
        // A business "no" is remembered as well.
        let short = order_with("/lines/0/quantity", json!(9));
        send(&shop, "short", short.clone()).await.refuses(409, "stock.short");
        send(&shop, "short", short).await.refuses(409, "stock.short");
        send(&shop, "short", good_order()).await.refuses(422, "idempotency.reused");
        before.still(house, "all was refused").await;
        assert_ne!(send(&other, "same", good_order()).await.json()["id"], made[0], "keys of two callers never meet");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_waits_alone() {
    let house = House::open_with(None, 1.0, |config| config.requests_per_second = 5).await;
    let (loud, quiet) = (house.machine(&[Permission::OrderRead]).await, house.machine(&[Permission::OrderRead]).await);
    let ask = async |who: &Persona| who.send("GET", "/api/v1/orders", |request| request).await;
    let mut refused = 0;
    for _ in 0..60 {
        let answer = ask(&loud).await;
        if answer.status != 200 {
            assert_eq!(answer.refuses(429, "rate.too_often")["retryable"], true);
            let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=4).contains(&wait), "{wait}");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(ask(&quiet).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(ask(&loud).await.status, 200, "he waited as he was told");
    house.close().await;
}
