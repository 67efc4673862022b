//! Lists that are read while others write, and answers that their reader knows already.
//! On both databases. Deliberately absent: what the lists hold.

use cartage::identity::Permission;
use serde_json::{Value, json};

use crate::{
    house::{House, Persona, on_both},
    journey::order,
};

/// Puts so many more teas on the shelf.
async fn fill(house: &House, quantity: i64) {
    use cartage::{
        catalog, layout,
        stock::{self, Account, Goods},
        store::Actor,
    };
    let site = house.site("NG").await;
    let mut tx = house.app.db.begin(Actor::house()).await.unwrap();
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    let tea = catalog::by_code(tx.sql(), "TEA-1").await.unwrap().unwrap();
    stock::opening(&mut tx, &Goods::plain(tea.id), quantity, Account::bin(site, slot.id)).await.unwrap();
    tx.commit().await.unwrap();
}

/// What tells one item from another, whatever is changed about it.
fn name(item: &Value) -> String {
    match item["id"].as_str() {
        Some(id) => id.to_owned(),
        None => ["site", "holder", "sku", "position", "condition"].map(|key| item[key].to_string()).join(" "),
    }
}

/// Every item of a list, by pages of two; `meanwhile` happens after each page.
async fn walked(boss: &Persona, path: &str, limit: usize, meanwhile: impl AsyncFn(usize)) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), String::new());
    for page in 0..400 {
        let after_it = if after.is_empty() { String::new() } else { format!("&after={}", after.replace(' ', "%20")) };
        let answer = boss.get(&format!("{path}?limit={limit}{after_it}")).await;
        let items = answer["items"].as_array().unwrap();
        seen.extend(items.iter().map(name));
        meanwhile(page).await;
        after = match &answer["next"] {
            _ if items.is_empty() => return seen,
            Value::String(next) => next.clone(),
            Value::Number(next) => next.to_string(),
            _ => return seen,
        };
    }
    panic!("{path} has no end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_walked_whole_while_others_write() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        fill(house, 200).await;
        for _ in 0..7 {
            boss.done("/api/v1/orders", order(1)).await;
        }
        let lists = [
            "/api/v1/orders",
            "/api/v1/ledger/transfers",
            "/api/v1/ledger/holds",
            "/api/v1/ledger/pools",
            "/api/v1/events",
            "/api/v1/articles",
        ];
        for path in lists {
            let before = walked(&boss, path, 500, async |_| {}).await;
            let seen = walked(&boss, path, 2, async |page| {
                if page < 4 {
                    let placed = boss.done("/api/v1/orders", order(1)).await;
                    let cancel = format!("/api/v1/orders/{}/cancel", placed["id"].as_str().unwrap());
                    if page % 2 == 0 {
                        boss.done(&cancel, json!({})).await;
                    }
                }
            })
            .await;
            let mut once = seen.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{path} shows something twice: {seen:?}");
            let missed: Vec<_> = before.iter().filter(|item| !seen.contains(item)).collect();
            assert!(!before.is_empty() && missed.is_empty(), "{path} leaves out {missed:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reader_knows_is_not_sent_again() {
    on_both(async |house: &House| {
        let boss = house.machine(Permission::ALL).await;
        let stocked = "/api/v1/availability?sku=TEA-1&channel=web";
        let paths = ["/api/v1/orders", "/api/v1/articles", "/api/v1/articles/TEA-1", stocked, "/api/v1/ledger/pools"];
        let known = async |path: &str, tag: &str| {
            boss.send("GET", path, |request| request.header("if-none-match", format!("\"other\", {tag}"))).await
        };
        let mut tags = Vec::new();
        for path in paths {
            let answer = boss.looks(path).await;
            let tag = answer.headers["etag"].to_str().unwrap().to_owned();
            let again = known(path, &tag).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
            assert_eq!(again.headers["etag"], tag.as_str());
            assert_eq!(known(path, "W/\"0\"").await.text, answer.text, "{path}");
            tags.push(tag);
        }
        let placed = boss.done("/api/v1/orders", order(1)).await;
        for (path, tag) in paths.iter().zip(&tags) {
            let is_same = path.starts_with("/api/v1/articles");
            assert_eq!(known(path, tag).await.status, if is_same { 304 } else { 200 }, "{path}");
        }
        // An order's own tag follows it, and a refusal has none.
        let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
        let tag = boss.looks(&path).await.headers["etag"].to_str().unwrap().to_owned();
        boss.done(&format!("{path}/cancel"), json!({})).await;
        assert_eq!(known(&path, &tag).await.status, 200);
        assert!(!boss.looks("/api/v1/orders/nonsense").await.headers.contains_key("etag"));
    })
    .await;
}
