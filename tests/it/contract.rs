//! The running server against its own OpenAPI document: Schemathesis makes up some
//! thousand requests from the document, right ones and wrong ones, and compares each
//! answer with what is promised. What it leaves out, and why, stands in
//! `tests/schemathesis.toml`. Deliberately absent: wrong input made up by hand, which
//! `edges.rs` and `sweep.rs` send on both databases.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use cartage::identity::Permission;
use serde_json::{Value, json};

use crate::{
    house::{House, Persona},
    journey::{click_to_proof, order},
    sources,
};

/// Fewer requests than this would prove little.
const CASES: u64 = 2_000;

/// Where `tools/setup.sh` puts the program; a loud word when it could not.
fn program() -> Option<PathBuf> {
    let own = sources::root().join("target/schemathesis/bin/schemathesis");
    let named = std::env::var_os("CARTAGE_SCHEMATHESIS").map(PathBuf::from);
    let found = named.or_else(|| own.exists().then_some(own));
    if found.is_none() {
        eprintln!("LEFT OUT: Schemathesis; it is not here and could not be installed (tools/setup.sh)");
    }
    found
}

/// Things that requests may name: every id that lists show, some more made for it.
async fn seeds(house: &House, boss: &Persona) -> Value {
    let line = |quantity: i64| json!([{"sku": "TEA-1", "quantity": quantity}]);
    let hold = json!({"site": "NG", "channel": "web", "purpose": "cart", "seconds": 3_000, "lines": line(1)});
    let hold = boss.done("/api/v1/holds", hold).await;
    let hook = json!({"url": "https://shop.example/told", "kinds": ["order.accepted"]});
    let hook = boss.done("/api/v1/hooks", hook).await;
    let token = boss.done("/api/v1/tokens", json!({"name": "other", "permissions": ["order.read"]})).await;
    let mut ids: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut places: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (kind, list) in [
        ("OrderId", "/api/v1/orders"),
        ("LoadId", "/api/v1/loads"),
        ("CaseId", "/api/v1/cases"),
        ("PrintId", "/api/v1/prints"),
        ("AsnId", "/api/v1/asns"),
        ("ReceiptId", "/api/v1/receipts"),
        ("RecallId", "/api/v1/recalls"),
    ] {
        let all = boss.get(list).await["items"].as_array().cloned().unwrap_or_default();
        let known: Vec<Value> = all.iter().filter(|one| one["id"].is_string()).map(|one| one["id"].clone()).collect();
        ids.insert(kind, known.clone());
        places.insert(list, known);
    }
    ids.insert("SiteId", vec![json!(house.site("NG").await.to_string())]);
    ids.insert("HoldId", vec![hold["holds"][0]["id"].clone()]);
    ids.insert("HookId", vec![hook["id"].clone()]);
    places.insert("/api/v1/tokens", vec![token["id"].clone()]);
    places.insert("/api/v1/articles", vec![json!("TEA-1")]);
    places.insert("/api/v1/sites", vec![json!("NG")]);
    let words = json!({
        "sku": ["TEA-1"], "site": ["NG"], "channel": ["web"], "bin": ["M01-1"], "service": ["same_day"],
        "supplier": ["leaf"], "vehicle": ["VAN-1"], "code": ["TEA-1", "M01-1", "T-1"]
    });
    json!({"ids": ids, "places": places, "words": words})
}

/// `5323` of `5323 generated, 89 found 89 unique failures`.
fn generated(said: &str) -> u64 {
    let number = said.split(" generated").next().and_then(|before| before.split_whitespace().last());
    number.and_then(|number| number.replace(',', "").parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_keeps_what_its_document_promises() {
    let Some(program) = program() else { return };
    let house = House::open_with(None, 60.0, |config| config.requests_at_once = 0).await;
    let boss = house.machine(Permission::ALL).await;
    click_to_proof(&house, &boss, order(2)).await;
    let file = house.folder.join("seeds.json");
    std::fs::write(&file, seeds(&house, &boss).await.to_string()).unwrap();
    let mut ask = Command::new(program);
    ask.current_dir(sources::root()).env("CARTAGE_SEEDS", &file).env("PYTHONDONTWRITEBYTECODE", "1");
    ask.args(["--config-file", "tests/schemathesis.toml", "run"]);
    ask.arg(format!("{}/api/v1/openapi.json", boss.base()));
    ask.args(["--header", &format!("Authorization: {}", boss.bearer())]);
    let answer = tokio::task::spawn_blocking(move || ask.output().expect("Schemathesis starts")).await.unwrap();
    let said = String::from_utf8_lossy(&answer.stdout).into_owned() + &String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{said}");
    assert!(generated(&said) >= CASES, "{said}");
    house.close().await;
}

#[test]
fn the_number_of_requests_is_read_from_what_it_says() {
    assert_eq!(generated("Test cases:\n  5,323 generated, 89 found"), 5_323);
    assert_eq!(generated("nothing"), 0);
}
