//! Changes that people ask for on the way: an address of an order that goes to a
//! pick-up point, goods given up for good.

use cartage::{
    identity::Permission,
    layout,
    network::SiteKind,
    stock::{self, Account, Condition, Goods},
    store::Actor,
};
use serde_json::json;

use crate::{
    counts::Counts,
    edges::{second_site, settled},
    house::{House, on_both},
    journey::{order, work},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_address_leaves_a_pick_up_order_at_its_point() {
    on_both(async |house: &House| {
        second_site(house, "LOCKER", SiteKind::PickupPoint).await;
        let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead, Permission::OrderChange]).await;
        let boss = house.machine(Permission::ALL).await;
        let worker = house.person("wang", "worker").await;
        let mut wanted = order(2);
        wanted["delivery"] = json!({"mode": "pickup_point", "service": "same_day", "pickup_point": "LOCKER"});
        let placed = shop.done("/api/v1/orders", wanted).await;
        let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
        let address = json!({"street": "9 Far Road", "lat": 30.2, "lon": 123.5});
        let place = |order: &serde_json::Value| (order["lat"].as_f64().unwrap(), order["lon"].as_f64().unwrap());
        let moved = shop.done(&format!("{path}/address"), address.clone()).await;
        assert_eq!((&moved["mode"], place(&moved)), (&json!("pickup_point"), place(&placed)), "{moved}");
        assert_ne!(moved["address"], placed["address"], "the letter goes elsewhere");
        work(&worker, "pick").await;
        work(&worker, "pack").await;
        settled(house).await;
        shop.done(&format!("{path}/address"), address).await;
        settled(house).await;
        let prints = boss.get("/api/v1/prints").await;
        let parcel = boss.get(&format!("/api/v1/parcels/{}", prints["items"][0]["subject"].as_str().unwrap())).await;
        assert_eq!(parcel["mode"], "pickup_point", "{parcel}");
        assert_eq!(parcel["pickup"], json!(house.site("LOCKER").await), "{parcel}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_missing_is_written_off_with_reason_and_person() {
    on_both(async |house: &House| {
        let site = house.site("NG").await;
        let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
        let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
        let article = cartage::catalog::by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
        let (tea, at) = (Goods::plain(article.id), Account::bin(site, slot.id));
        stock::turn(&mut tx, &tea, 2, at, Condition::Missing, "short_pick", String::new()).await.unwrap();
        tx.commit().await.unwrap();
        let clerk = house.machine(&[Permission::StockAdjust, Permission::StockRead]).await;
        let reader = house.machine(&[Permission::StockRead]).await;
        settled(house).await;
        let before = Counts::of(house).await;
        let path = "/api/v1/stock/write-offs";
        let body = |more: serde_json::Value| {
            let mut body = json!({"site": site, "sku": "TEA-1", "bin": "M01-1", "reason": "stolen"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        reader.tries(path, &body(json!({}))).await.refuses(403, "auth.forbidden");
        for (more, status, code) in [
            (json!({"quantity": 0}), 422, "stock.bad_quantity"),
            (json!({"quantity": -1}), 422, "stock.bad_quantity"),
            (json!({"quantity": i64::MAX}), 422, "stock.bad_quantity"),
            (json!({"quantity": 3}), 409, "write_off.not_there"),
            (json!({"condition": "sellable"}), 422, "write_off.sellable"),
            (json!({"condition": "damaged"}), 409, "write_off.not_there"),
            (json!({"bin": "PACK-1"}), 409, "write_off.not_there"),
            (json!({"bin": "NOWHERE"}), 422, "bin.unknown"),
            (json!({"sku": "NO-SUCH"}), 422, "article.unknown"),
            (json!({"reason": "because"}), 400, "body.invalid"),
        ] {
            clerk.tries(path, &body(more)).await.refuses(status, code);
        }
        before.still(house, "nothing could be written off").await;
        assert_eq!(clerk.done(path, body(json!({"quantity": 1}))).await["written_off"], 1);
        assert_eq!(clerk.done(path, body(json!({}))).await["written_off"], 1);
        let transfers = clerk.get("/api/v1/ledger/transfers?limit=500").await;
        let last = transfers["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["reason"], &last["to_holder"]), (&json!("stolen"), &json!("@loss")), "{last}");
        assert!(last["actor"].as_str().unwrap().starts_with("tok_"), "{last}");
        let mut read = house.app.db.read().await.unwrap();
        let audit = stock::audit(read.sql()).await.unwrap();
        assert!(audit.is_clean(), "{audit:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_takes_no_more_than_there_is() {
    on_both(async |house: &House| {
        let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead, Permission::OrderChange]).await;
        let placed = shop.done("/api/v1/orders", order(3)).await;
        let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
        let (cancel, line) = (format!("{path}/cancel"), placed["lines"][0]["id"].clone());
        settled(house).await;
        let before = Counts::of(house).await;
        let of = |quantities: &[i64]| -> serde_json::Value {
            quantities.iter().map(|quantity| json!({"line": line, "quantity": quantity})).collect()
        };
        for (lines, status, code) in [
            (of(&[0]), 422, "stock.bad_quantity"),
            (of(&[-1]), 422, "stock.bad_quantity"),
            (of(&[i64::MAX]), 422, "stock.bad_quantity"),
            (of(&[4]), 409, "order.too_much"),
            (of(&[2, 2]), 409, "order.too_much"),
            (json!([{"line": "lin_01JZZZZZZZZZZZZZZZZZZZZZZZ", "quantity": 1}]), 404, "order.unknown_line"),
        ] {
            shop.tries(&cancel, &json!({"lines": lines})).await.refuses(status, code);
        }
        before.still(house, "no such quantity can be cancelled").await;
        let done = shop.done(&cancel, json!({"lines": of(&[1, 1]), "reason": "two of three"})).await;
        let gone: i64 =
            ["uncovered", "held", "released", "picked", "packed"].map(|at| done[at].as_i64().unwrap()).iter().sum();
        assert_eq!((gone, done["shipped"].as_i64()), (2, Some(0)), "{done}");
        assert_eq!(shop.get(&path).await["lines"][0]["cancelled"], 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_grows_and_shrinks_while_it_is_picked() {
    on_both(async |house: &House| {
        let shop = house.machine(&[Permission::OrderPlace, Permission::OrderRead, Permission::OrderChange]).await;
        let reader = house.machine(&[Permission::OrderRead]).await;
        let worker = house.person("wang", "worker").await;
        let placed = shop.done("/api/v1/orders", order(2)).await;
        let (id, line) = (placed["id"].as_str().unwrap(), placed["lines"][0]["id"].clone());
        let path = format!("/api/v1/orders/{id}/amend");
        let to = |quantity: i64| json!({"lines": [{"line": line, "quantity": quantity}]});
        settled(house).await;
        let before = Counts::of(house).await;
        reader.tries(&path, &to(3)).await.refuses(403, "auth.forbidden");
        let nowhere = json!({"lines": [{"line": "lin_01KJPWDB2GR6EP6Q869MM0C2VT", "quantity": 1}]});
        for (change, status, code) in [
            (json!({}), 422, "order.bad_lines"),
            (to(-1), 422, "order.bad_quantity"),
            (to(i64::MAX), 422, "order.bad_quantity"),
            (to(6), 409, "stock.short"),
            (nowhere, 404, "order.unknown_line"),
            (json!({"add": [{"sku": "NO-SUCH", "quantity": 1}]}), 422, "article.unknown"),
            (json!({"add": [{"sku": "TEA-1", "quantity": 0}]}), 422, "order.bad_quantity"),
        ] {
            shop.tries(&path, &change).await.refuses(status, code);
        }
        before.still(house, "nothing could be changed").await;

        let grown = shop.done(&path, to(3)).await;
        assert_eq!((&grown["lines"][0]["ordered"], &grown["lines"][0]["held"]), (&json!(3), &json!(3)), "{grown}");
        let price = |order: &serde_json::Value| order["total_minor"].as_i64().unwrap();
        assert!(price(&grown) > price(&placed));
        work(&worker, "pick").await;
        settled(house).await;
        // What comes on top of picked goods is a part of its own.
        let more = shop.done(&path, json!({"add": [{"sku": "TEA-1", "quantity": 1}]})).await;
        assert_eq!((more["lines"].as_array().unwrap().len(), &more["lines"][0]["ordered"]), (1, &json!(4)), "{more}");
        assert!(more["fulfilments"].as_array().unwrap().len() > 1, "{more}");
        let fewer = shop.done(&path, to(2)).await;
        assert_eq!((&fewer["lines"][0]["cancelled"], price(&fewer)), (&json!(2), price(&placed)), "{fewer}");
        let story = shop.get(&format!("/api/v1/orders/{id}/story")).await;
        let kinds: Vec<_> = story.as_array().unwrap().iter().map(|fact| fact["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "order.amended").count(), 2, "{kinds:?}");
        shop.done(&path, to(0)).await;
        let ended = shop.get(&format!("/api/v1/orders/{id}")).await;
        assert_eq!(ended["state"], "cancelled", "{ended}");
        shop.tries(&path, &to(1)).await.refuses(409, "order.over");
    })
    .await;
}
