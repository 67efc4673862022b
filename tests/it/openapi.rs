//! The OpenAPI document is what is served: committed, complete, and without two
//! things of one name.

use std::collections::{BTreeMap, BTreeSet};

use cartage::http;
use serde_json::Value;

use crate::{
    house::{House, Persona},
    journey::{click_to_proof, order},
    sources,
};

fn document() -> Value {
    serde_json::to_value(http::openapi()).unwrap()
}

/// Every operation: method, path, what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let made = http::openapi().to_pretty_json().unwrap() + "\n";
    let file = sources::root().join("openapi.json");
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(made == committed, "openapi.json is out of date; renew it: cargo run -- openapi --out openapi.json");
}

#[test]
fn every_endpoint_in_the_source_is_in_the_document() {
    let mut written = BTreeSet::new();
    for (file, text) in sources::files("src") {
        for part in text.split("#[utoipa::path(").skip(1) {
            let method = part.trim_start().split(',').next().unwrap().trim().to_owned();
            let path = part.split("path = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            assert!(written.insert((method.clone(), path.clone())), "{file}: {method} {path} stands twice");
        }
        let bare = text.split(".route(\"/api/").count() - 1;
        assert_eq!(bare, 0, "{file}: routes below /api are made with routes!, so that they are described");
    }
    let described: BTreeSet<_> = operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(written, described);
    assert!(written.len() > 90, "the sources were not read: {}", written.len());
}

#[test]
fn every_operation_says_what_a_caller_must_know() {
    let document = document();
    let mut names = BTreeMap::new();
    let mut wrong = Vec::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        let mut check = |good: bool, reason: &str| {
            if !good {
                wrong.push(format!("{what}: {reason}"));
            }
        };
        check(operation["summary"].as_str().is_some_and(|text| text.len() > 5 && !text.contains('\n')), "no summary");
        check(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "no tag");
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        check(names.insert(id, ()).is_none(), "its operationId stands twice");
        let responses = operation["responses"].as_object().unwrap();
        check(responses.keys().any(|status| status.starts_with('2')), "no success");
        for status in ["400", "default"] {
            let kind = &operation["responses"][status]["content"]["application/problem+json"]["schema"]["$ref"];
            check(kind == "#/components/schemas/Problem", &format!("{status} is no problem document"));
        }
        let public = http::PUBLIC.contains(&(method.as_str(), path.as_str()));
        check(public == (operation["security"] == serde_json::json!([])), "public, and the document says otherwise");
        check(public || responses.contains_key("401"), "no 401");
        let named = |place: &str| -> BTreeSet<&str> {
            let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            all.iter().filter(|one| one["in"] == place).filter_map(|one| one["name"].as_str()).collect()
        };
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        check(named("path") == in_path, "its path parameters are not described");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for scheme in ["bearer", "session", "guest"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object(), "no {scheme}");
        assert!(document["security"].to_string().contains(scheme));
    }
}

/// Mutating calls that need no key, each with the reason.
const KEYLESS: &[(&str, &str)] = &[
    ("/api/v1/sessions", "signing in"),
    ("/api/v1/sessions/badge", "signing in"),
    ("/api/v1/positions/{token}", "keyed by device and time"),
    ("/api/v1/rider/position", "a newer fix replaces an older one"),
    ("/api/v1/rider/tracker", "a new token ends the old"),
    ("/api/v1/quotes", "changes nothing"),
    ("/api/v1/orders/check", "changes nothing"),
    ("/api/v1/work/next", "answers with the same task until it is done"),
    ("/api/v1/work/{task}/leave", "a task is put down once"),
];

#[test]
fn every_command_carries_a_key_or_is_known_not_to() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let keyed = operation["parameters"].to_string().contains("\"Idempotency-Key\"");
        let exempt = KEYLESS.iter().any(|(one, _)| *one == path);
        assert!(method != "post" || keyed != exempt, "POST {path}: keyed {keyed}, listed as exempt {exempt}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_no_name_stands_for_two_things() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    found.insert(to.clone());
                }
                members.values().for_each(|one| references(one, found));
            }
            Value::Array(items) => items.iter().for_each(|one| references(one, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let lost: Vec<_> = found.iter().filter(|to| document.pointer(&to[1..]).is_none()).collect();
    assert!(lost.is_empty(), "these lead nowhere: {lost:?}");

    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources::files("src") {
        for part in text.split("ToSchema").skip(1) {
            let derived = part.split_once(")]").filter(|(list, _)| !list.contains('\n'));
            let Some((_, rest)) = derived else { continue };
            let head = rest.split(['{', ';']).next().unwrap_or_default();
            let renamed = head.split("schema(as = ").nth(1).and_then(|rest| rest.split(')').next());
            let mut words = head.split_whitespace().skip_while(|word| !["struct", "enum"].contains(word)).skip(1);
            let Some(name) = renamed.or_else(|| words.next()) else { continue };
            homes.entry(name.split('<').next().unwrap().to_owned()).or_default().push(file.clone());
        }
    }
    homes.retain(|_, files| files.len() > 1);
    assert!(homes.is_empty(), "one overwrites the other in the document; use #[schema(as = ...)]: {homes:#?}");
}

#[test]
fn words_are_documented_as_they_are_sent() {
    let words = &document()["components"]["schemas"]["DeliveryMode"]["enum"];
    assert_eq!(*words, serde_json::json!(["home", "pickup_point"]));
}

/// Where a GET of the document leads in a house where an order was delivered.
async fn places(house: &House, boss: &Persona, order: &Value) -> BTreeMap<String, String> {
    let first = async |list: &str| boss.get(list).await["items"][0]["id"].as_str().unwrap_or_default().to_owned();
    let north = house.site("NG").await;
    let (load, print) = (first("/api/v1/loads").await, first("/api/v1/prints").await);
    let parcel = boss.get(&format!("/api/v1/loads/{load}")).await["parcels"][0]["id"].as_str().unwrap().to_owned();
    let mut places = BTreeMap::new();
    let mut put = |path: &str, at: String| places.insert(path.to_owned(), at);
    put("/api/v1/articles/{code}", "/api/v1/articles/TEA-1".into());
    put("/api/v1/availability", "/api/v1/availability?sku=TEA-1".into());
    put("/api/v1/loads/{id}", format!("/api/v1/loads/{load}"));
    put("/api/v1/orders/{id}", format!("/api/v1/orders/{}", order["id"].as_str().unwrap()));
    put("/api/v1/orders/{id}/story", format!("/api/v1/orders/{}/story", order["id"].as_str().unwrap()));
    put("/api/v1/parcels/{id}", format!("/api/v1/parcels/{parcel}"));
    put("/api/v1/printers", format!("/api/v1/printers?site={north}"));
    put("/api/v1/prints/{file}", format!("/api/v1/prints/{print}"));
    put("/api/v1/sites/{code}", "/api/v1/sites/NG".into());
    put("/api/v1/sites/{code}/fleet", "/api/v1/sites/NG/fleet".into());
    put("/api/v1/sites/{code}/floor", "/api/v1/sites/NG/floor".into());
    put("/api/v1/stock/bins/{code}", format!("/api/v1/stock/bins/M01-1?site={north}"));
    put("/api/v1/work", "/api/v1/work?site=NG".into());
    places
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_is_what_is_documented() {
    let house = House::open(None).await;
    let boss = house.person("boss", "admin").await;
    let order = click_to_proof(&house, &boss, order(2)).await;
    boss.done("/api/v1/tokens", serde_json::json!({"name": "x", "permissions": ["order.read"]})).await;
    let document = document();
    let places = places(&house, &boss, &order).await;
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (_, path, operation) in operations(&document).into_iter().filter(|(method, ..)| method == "get") {
        let at = match places.get(&path) {
            Some(at) => at.as_str(),
            None if path.contains('{') || path.ends_with("/stream") => continue,
            None => path.as_str(),
        };
        let Some(schema) = operation.pointer("/responses/200/content/application~1json/schema") else { continue };
        let answer = boss.looks(at).await;
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
        let whole = serde_json::json!({"allOf": [schema], "components": document["components"]});
        let validator = jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{path}: {error}"));
        let sent = answer.json();
        for error in validator.iter_errors(&sent).take(3) {
            wrong.push(format!("GET {at}: {} {error}", error.instance_path()));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "only {checked} answers were looked at");
    house.close().await;
}
