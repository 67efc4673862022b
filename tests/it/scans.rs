//! A worker who scans the wrong thing: told so in red, with where to go; the only
//! trace is the fact that a scan was refused.

use std::time::Duration;

use cartage::{
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    identity::Permission,
    layout,
    stock::{self, Account, Condition, Goods},
    store::Actor,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    counts::Counts,
    edges::{good_order, settled},
    house::{House, Persona, on_both},
};

/// Milk that keeps lots: three of lot L1 on the mobile shelf.
async fn milk(house: &House) {
    let names = |en: &str, zh: &str| Names { en: en.into(), zh: zh.into() };
    let article = NewArticle {
        code: "MILK-1".into(),
        name: names("Milk", "牛奶"),
        category: Category { code: "dairy".into(), en: "Dairy".into(), zh: "乳品".into() },
        gtin: Some("4006381333931".into()),
        price_minor: 900,
        length_mm: 70,
        width_mm: 70,
        height_mm: 200,
        weight_g: 1_000,
        temperature: Temperature::Ambient,
        lot_rule: LotRule::Expiry,
        serial_tracked: false,
        image: String::new(),
        active: true,
        popularity: 1,
        barcodes: Vec::new(),
        parts: Vec::new(),
    };
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let article = catalog::define(&mut tx, &article, None).await.unwrap();
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    let goods = Goods {
        sku: article.id,
        lot: "L1".into(),
        serial: String::new(),
        expiry: "270131".into(),
        condition: Condition::Sellable,
    };
    stock::opening(&mut tx, &goods, 3, Account::bin(site, slot.id)).await.unwrap();
    tx.commit().await.unwrap();
}

/// The next task of a kind, as soon as there is one.
async fn next(worker: &Persona, kind: &str) -> Value {
    for _ in 0..400 {
        let (status, step) = worker.post("/api/v1/work/next", json!({"site": "NG", "kinds": [kind]})).await;
        if status == StatusCode::OK {
            return step;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {kind} task came in 20 s");
}

/// Sends entries that are wrong here; each must be refused by its code, on the
/// same screen, with nothing changed but the fact.
async fn refused(house: &House, worker: &Persona, step: &Value, entries: &[(Value, &str)]) {
    let path = format!("/api/v1/work/{}/scan", step["task"]["id"].as_str().unwrap());
    for (entry, code) in entries {
        let before = Counts::of(house).await;
        let answer = worker.tries(&path, entry).await;
        let said = answer.json();
        let what = format!("{entry} at {}", step["state"]);
        if answer.status == StatusCode::OK {
            assert_eq!(
                (said["say"]["tone"].as_str(), said["say"]["code"].as_str()),
                (Some("wrong"), Some(*code)),
                "{what}: {said}"
            );
            assert_eq!((&said["state"], &said["expect"]), (&step["state"], &step["expect"]), "{what} moved the screen");
            before.still_but(house, &what, "events", 1).await;
        } else {
            answer.refuses(answer.status.as_u16(), code);
            before.still(house, &what).await;
        }
    }
}

/// The right entry.
async fn right(worker: &Persona, step: &Value, entry: Value) -> Value {
    let path = format!("/api/v1/work/{}/scan", step["task"]["id"].as_str().unwrap());
    let next = worker.done(&path, entry).await;
    assert_ne!(next["say"]["tone"], "wrong", "{next}");
    next
}

async fn pick(house: &House, worker: &Persona) {
    let step = next(worker, "pick").await;
    settled(house).await;
    let wrong_bin = [
        (json!({"code": "PACK-1"}), "bin.wrong"),
        (json!({"code": "4006381333931"}), "bin.wrong"),
        (json!({"code": "  "}), "scan.empty"),
        (json!({}), "scan.empty"),
        (json!({"quantity": 2}), "scan.empty"),
    ];
    refused(house, worker, &step, &wrong_bin).await;
    let step = right(worker, &step, json!({"code": step["expect"]["label"]})).await;
    let wrong_article = [
        (json!({"code": "NO-SUCH"}), "article.unknown"),
        (json!({"code": "6291041500213"}), "article.wrong"),
        (json!({"code": "M01-1"}), "article.unknown"),
        (json!({"code": "(01)04006381333931(10)L2"}), "lot.wrong"),
    ];
    refused(house, worker, &step, &wrong_article).await;
    let step = right(worker, &step, json!({"code": "(01)04006381333931(10)L1"})).await;
    let wrong_quantity =
        [0, -1, 3, i64::MAX, i64::MIN].map(|quantity| (json!({"quantity": quantity}), "quantity.wrong"));
    refused(house, worker, &step, &wrong_quantity).await;
    refused(house, worker, &step, &[(json!({"code": "T-1"}), "quantity.missing")]).await;
    let step = right(worker, &step, json!({"quantity": 2})).await;
    let wrong_tote = [
        (json!({"code": "T-99"}), "unit.unknown"),
        (json!({"code": "SH-1"}), "unit.wrong_kind"),
        (json!({"code": "M01-1"}), "unit.unknown"),
    ];
    refused(house, worker, &step, &wrong_tote).await;
    let mut step = right(worker, &step, json!({"code": "T-1"})).await;
    while step["expect"]["kind"] != "none" {
        step = right(worker, &step, json!({"code": step["expect"]["label"]})).await;
    }
}

async fn pack(house: &House, worker: &Persona) {
    let step = next(worker, "pack").await;
    settled(house).await;
    refused(
        house,
        worker,
        &step,
        &[(json!({"code": "BOX-XXS"}), "box.wrong"), (json!({"code": "T-1"}), "box.wrong"), (json!({}), "box.wrong")],
    )
    .await;
    let mut step = step.clone();
    step = right(worker, &step, json!({"code": step["expect"]["label"]})).await;
    let piece = json!({"code": "4006381333931"});
    let odd = |quantity: i64| (json!({"code": "4006381333931", "quantity": quantity}), "quantity.wrong");
    let wrong_piece = [
        (json!({"code": "NO-SUCH"}), "article.unknown"),
        (json!({"code": "6291041500213"}), "article.wrong"),
        odd(0),
        odd(-1),
        odd(3),
        odd(i64::MAX),
    ];
    refused(house, worker, &step, &wrong_piece).await;
    while step["expect"]["kind"] != "weight" {
        step = right(worker, &step, piece.clone()).await;
    }
    let wrong_weight =
        [json!({"quantity": 0}), json!({"quantity": -5}), json!({"quantity": i64::MAX}), json!({"code": "heavy"})];
    refused(house, worker, &step, &wrong_weight.map(|entry| (entry, "weight.missing"))).await;
    let step = right(worker, &step, json!({"quantity": 2_090})).await;
    let wrong_label = [(json!({"code": "00999999900000000012"}), "label.wrong"), (json!({"code": ""}), "label.wrong")];
    refused(house, worker, &step, &wrong_label).await;
    right(worker, &step, json!({"code": step["expect"]["label"]})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_scan_says_so_and_changes_nothing() {
    on_both(async |house: &House| {
        milk(house).await;
        let shop = house.machine(&[Permission::OrderPlace]).await;
        let (worker, other) = (house.person("wang", "worker").await, house.person("zhou", "worker").await);
        let mut order = good_order();
        order["lines"] = json!([{"sku": "MILK-1", "quantity": 2}]);
        shop.done("/api/v1/orders", order).await;
        let mine = next(&worker, "pick").await;
        settled(house).await;
        let before = Counts::of(house).await;
        let path = format!("/api/v1/work/{}", mine["task"]["id"].as_str().unwrap());
        let scan = json!({"code": mine["expect"]["label"]});
        other.tries(&format!("{path}/scan"), &scan).await.refuses(409, "task.not_yours");
        other.tries(&format!("{path}/problem"), &json!({"code": "other"})).await.refuses(409, "task.not_yours");
        shop.tries(&format!("{path}/scan"), &scan).await.refuses(403, "auth.forbidden");
        let unknown = "/api/v1/work/tsk_01JZZZZZZZZZZZZZZZZZZZZZZZ/scan";
        worker.tries(unknown, &scan).await.refuses(404, "not_found");
        before.still(house, "the task is somebody else's").await;
        pick(house, &worker).await;
        pack(house, &worker).await;
        let mut read = house.app.db.read().await.unwrap();
        let audit = stock::audit(read.sql()).await.unwrap();
        assert!(audit.is_clean(), "{audit:?}");
    })
    .await;
}
