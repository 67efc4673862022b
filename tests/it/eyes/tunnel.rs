//! A batch of twenty lines through a dead spot: the page goes on by the plan it
//! knows, also after its tab was closed, and the books are right in the end.
//! Deliberately absent: short dead spots; `trouble` has them.

use cartage::{
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    identity::Permission,
    layout,
    stock::{self, Account, Goods, Holder},
    store::Actor,
    units,
};
use serde_json::{Value, json};

use super::{
    Eyes, Tab,
    gate::Gate,
    within,
    worker::{self, asked},
};
use crate::{house::House, pages};

const LINES: usize = 20;

/// Twenty articles, one piece of each in the bin.
async fn shelve(house: &House) {
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    for n in 1..=LINES {
        let names = |en: String, zh: String| Names { en, zh };
        let article = NewArticle {
            code: format!("CUP-{n:02}"),
            name: names(format!("Cup {n}"), format!("杯子 {n}")),
            category: Category { code: "cups".into(), en: "Cups".into(), zh: "杯子".into() },
            gtin: None,
            price_minor: 900,
            length_mm: 60,
            width_mm: 60,
            height_mm: 60,
            weight_g: 90,
            temperature: Temperature::Ambient,
            lot_rule: LotRule::None,
            serial_tracked: false,
            image: String::new(),
            active: true,
            popularity: 1,
            barcodes: Vec::new(),
            parts: Vec::new(),
        };
        let article = catalog::define(&mut tx, &article, None).await.unwrap();
        stock::opening(&mut tx, &Goods::plain(article.id), 1, Account::bin(site, slot.id)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn order() -> Value {
    let lines: Vec<Value> = (1..=LINES).map(|n| json!({"sku": format!("CUP-{n:02}"), "quantity": 1})).collect();
    let mut order = crate::journey::order(1);
    order["lines"] = json!(lines);
    order
}

/// Does what the page asks, `lines` times, without waiting for a server.
async fn alone(tab: &Tab, lines: usize) {
    for _ in 0..lines {
        let at = tab.js("document.querySelector('progress').value").await.as_i64().unwrap();
        while tab.js("document.querySelector('progress').value").await.as_i64() == Some(at) {
            let (expect, label) = asked(tab).await;
            tab.scan(if expect == "tote" && label.is_empty() { "T-1" } else { &label }).await;
            let moved = format!(
                "document.querySelector('main').dataset.expect !== '{expect}' || document.querySelector('progress').value !== {at}"
            );
            tab.until("the page's own next step", &moved).await;
        }
    }
}

/// What the tote holds, by the books.
async fn in_tote(house: &House) -> i64 {
    let mut sql = house.app.db.read().await.unwrap();
    let tote = units::by_code(sql.sql(), "T-1").await.unwrap().unwrap();
    let goods = stock::contents(sql.sql(), Holder::Unit(tote.id)).await.unwrap();
    goods.iter().map(|one| one.quantity).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_lines_are_picked_through_a_dead_spot_and_a_closed_tab() {
    within(through()).await;
}

async fn through() {
    let house = House::open_at(None, 30.0).await;
    pages::roads(&house).await;
    shelve(&house).await;
    let gate = Gate::before(&house.app.base_url()).await;
    let eyes = Eyes::open(gate.base());
    let secret = pages::handheld(&house).await;
    house.machine(&[Permission::OrderPlace]).await.done("/api/v1/orders", order()).await;
    let tab = eyes.phone("worker").await;
    worker::enter(&tab, &secret).await;
    worker::begin(&tab, "pick").await;
    tab.until("the keeper", "navigator.serviceWorker.controller !== null").await;
    tab.until("the plan", "document.querySelector('main').dataset.ahead !== undefined").await;
    alone(&tab, 4).await;
    tab.until("an answer to each", "document.querySelector('#waiting').hidden").await;

    gate.shut().await;
    tab.network(false).await;
    tab.until("the device to know", "document.querySelector('#net').dataset.k === 'warn'").await;
    alone(&tab, 6).await;
    tab.reads(&tab.t.put2("hh.of", 11, LINES)).await;
    tab.shot("40-tunnel").await;
    tab.scan("CUP-01").await;
    tab.says("hh.mismatch_title").await;
    tab.shot("41-tunnel-wrong").await;
    assert_eq!(in_tote(&house).await, 4, "nothing went out");

    // The tab is closed and opened again, still without a network.
    tab.open("/handheld").await;
    tab.sees("[data-screen=step]").await;
    let done = "document.querySelector('progress').value === 10";
    tab.until("the ten lines that are done", done).await;
    alone(&tab, LINES - 10).await;
    tab.says("hh.all_kept").await;
    tab.shot("42-tunnel-all-kept").await;

    tab.network(true).await;
    gate.open_again();
    tab.says("hh.next_task").await;
    assert_eq!(in_tote(&house).await, i64::try_from(LINES).unwrap(), "each line once");
    let mut sql = house.app.db.read().await.unwrap();
    assert!(stock::audit(sql.sql()).await.unwrap().is_clean());
    drop(sql);
    tab.client.close().await.unwrap();
    eyes.close();
    house.close().await;
}
