//! Every endpoint of the OpenAPI document, asked wrongly in every way that can be
//! made up without knowing it: by nobody, by somebody with no rights, with ids that
//! are none, with bodies that are not what is meant, with numbers that are too big.
//! The answer is always a problem document, never a fault, and nothing changes.

use std::collections::BTreeMap;

use cartage::{http, identity::Permission};
use serde_json::{Map, Value, json};

use crate::{
    counts::Counts,
    house::{Answer, House, Persona, on_both},
};

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    public: bool,
    /// The JSON schema of its body.
    body: Option<Value>,
    query: Vec<String>,
}

struct Document {
    whole: Value,
    operations: Vec<Operation>,
}

fn document() -> Document {
    let whole = serde_json::to_value(http::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in whole["paths"].as_object().unwrap() {
        for (method, said) in item.as_object().unwrap() {
            let parameters = said["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|one| one["in"] == "query");
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                public: http::PUBLIC.contains(&(method.as_str(), path.as_str())),
                body: said.pointer("/requestBody/content/application~1json/schema").cloned(),
                query: query.map(|one| one["name"].as_str().unwrap().to_owned()).collect(),
            });
        }
    }
    Document { whole, operations }
}

/// Streams do not end by themselves.
fn is_stream(path: &str) -> bool {
    path.ends_with("/stream") || path.starts_with("/api/v1/feeds/")
}

impl Operation {
    fn changes(&self) -> bool {
        self.method != "GET"
    }
    /// The path with something in its places.
    fn at(&self, fill: impl Fn(&str) -> String) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => fill(name),
            None => part.to_owned(),
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
    async fn call(&self, who: &Persona, path: &str, body: Option<&Value>) -> Answer {
        let key = format!("{:016x}", rand::random::<u64>());
        who.send(&self.method, path, |request| {
            let request = if self.changes() { request.header("idempotency-key", key) } else { request };
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        })
        .await
    }
}

/// What a schema could mean, with numbers and texts of the tester's choice.
fn made(document: &Value, schema: &Value, number: &Value, text: &str, depth: usize) -> Value {
    if let Some(to) = schema["$ref"].as_str() {
        return match to.ends_with("/Time") {
            true => json!("9999-12-30T22:00:00Z"),
            false => made(document, document.pointer(&to[1..]).unwrap(), number, text, depth + 1),
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    for many in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[many].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return made(document, first, number, text, depth + 1);
        }
    }
    let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]).as_str().unwrap_or_default();
    match kind {
        "integer" | "number" => number.clone(),
        "boolean" => json!(true),
        "string" => json!(text),
        "array" if depth < 8 => json!([made(document, &schema["items"], number, text, depth + 1)]),
        "array" => json!([]),
        "object" => {
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let value = |field: &Value| made(document, field, number, text, depth + 1);
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), value(field))).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

/// Collects what was answered as it should not be.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    /// Wants a problem document, not a fault.
    fn want_problem(&mut self, what: &str, answer: &Answer) {
        let status = answer.status.as_u16();
        if status >= 500 || (status >= 400 && answer.kind() != "application/problem+json") {
            self.0.push(format!("{what}: {status} {} {}", answer.kind(), answer.text));
        }
    }
    fn want(&mut self, good: bool, what: &str, answer: &Answer) {
        if !good {
            self.0.push(format!("{what}: {} {}", answer.status, answer.text));
        }
    }
    fn none(self) {
        assert!(self.0.is_empty(), "{} answers are not what they should be:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// Something that exists for a name in a path, so that the call gets further in.
fn real(name: &str) -> String {
    let known = BTreeMap::from([("service", "same_day"), ("serial", "agv-1"), ("kind", "stock"), ("name", "porter")]);
    match name {
        "code" | "site" => "NG".to_owned(),
        _ => known.get(name).map_or_else(|| "x".to_owned(), |text| (*text).to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_and_those_without_rights_get_nowhere() {
    on_both(async |house: &House| {
        let document = document();
        let nobody = house.with("");
        let garbage = house.with("ctk_01JZZZZZZZZZZZZZZZZZZZZZZZ");
        let powerless = house.machine(&[Permission::PersonalRead]).await;
        let before = Counts::of(house).await;
        let mut wrong = Wrong::default();
        for operation in document.operations.iter().filter(|one| !one.public) {
            let body = operation.body.as_ref().map(|body| made(&document.whole, body, &json!(1), "x", 0));
            let path = operation.at(real);
            let what = format!("{} {path}", operation.method);
            let answer = operation.call(&nobody, &path, body.as_ref()).await;
            wrong.want(answer.status == 401, &format!("{what} by nobody"), &answer);
            let answer = operation.call(&garbage, &path, body.as_ref()).await;
            wrong.want(answer.status == 401, &format!("{what} with a made-up token"), &answer);
            let answer = operation.call(&powerless, &path, body.as_ref()).await;
            let harmless = ["/api/v1/me", "/api/v1/sessions/current", "/api/v1/hooks/catalogue"]
                .contains(&operation.path.as_str());
            let refused = answer.status.is_client_error();
            wrong.want(refused || harmless, &format!("{what} without rights"), &answer);
            wrong.want_problem(&what, &answer);
        }
        wrong.none();
        before.still(house, "nobody had the right").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_id_query_or_body_breaks_an_endpoint() {
    on_both(async |house: &House| {
        let document = document();
        let all = house.person("boss", "admin").await;
        let before = Counts::of(house).await;
        let mut wrong = Wrong::default();
        let ids = [
            "%20",
            "x%00y",
            "ord_0000000000000000000000000",
            "lod_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "%E4%BD%A0",
            "9223372036854775808",
            "-1",
        ];
        for operation in document.operations.iter().filter(|one| !is_stream(&one.path) && !skipped(one)) {
            let body = operation.body.as_ref().map(|_| json!({"no_such_field": 1}));
            for id in ids.iter().filter(|_| operation.path.contains('{')) {
                let path = operation.at(|_| (*id).to_owned());
                let answer = operation.call(&all, &path, body.as_ref()).await;
                wrong.want_problem(&format!("{} {path}", operation.method), &answer);
            }
            for name in &operation.query {
                for value in
                    ["x", "%00", "-9223372036854775808", "9223372036854775807", "99999999999999999999", "%FF", ""]
                {
                    let path = format!("{}?{name}={value}", operation.at(real));
                    let answer = operation.call(&all, &path, None).await;
                    wrong.want_problem(&format!("{} {path}", operation.method), &answer);
                }
            }
            if operation.body.is_none() || !operation.changes() {
                continue;
            }
            let path = operation.at(real);
            for body in [json!(null), json!([]), json!("x"), json!(7), json!({"no_such_field": 1}), json!([[[]]])] {
                let answer = operation.call(&all, &path, Some(&body)).await;
                wrong.want_problem(&format!("{} {path} {body}", operation.method), &answer);
                // A file without rows is a file.
                let empty_file = operation.path.contains("/import/") && body == json!([]);
                wrong.want(
                    answer.status.is_client_error() || empty_file,
                    &format!("{} {path} {body}", operation.method),
                    &answer,
                );
            }
        }
        wrong.none();
        before.still(house, "no request made sense").await;
    })
    .await;
}

/// Ends the tester's own session.
fn skipped(operation: &Operation) -> bool {
    operation.method == "DELETE" && operation.path == "/api/v1/sessions/current"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_is_too_big_and_no_text_too_odd() {
    on_both(async |house: &House| {
        let document = document();
        let all = house.machine(Permission::ALL).await;
        let mut wrong = Wrong::default();
        let long = "long ".repeat(4_000);
        let numbers = [json!(i64::MAX), json!(i64::MIN), json!(-1), json!(0), json!(1e300), json!(0.5), json!(1)];
        let texts = ["", " ", "x\u{0}y", "' OR 1=1 --", "\u{202e}\u{1f980}", long.as_str()];
        for operation in document.operations.iter().filter(|one| one.changes() && !skipped(one)) {
            let Some(schema) = &operation.body else { continue };
            let path = operation.at(real);
            let tries = numbers.iter().map(|number| (number, "x")).chain(texts.iter().map(|text| (&numbers[6], *text)));
            for (number, text) in tries {
                let body = made(&document.whole, schema, number, text, 0);
                let answer = operation.call(&all, &path, Some(&body)).await;
                let shown: String = body.to_string().chars().take(300).collect();
                wrong.want_problem(&format!("{} {path} {shown}", operation.method), &answer);
            }
        }
        wrong.none();
        let audit = all.get("/api/v1/ledger/audit").await;
        for (what, differing) in audit.as_object().unwrap() {
            assert_eq!(*differing, json!([]), "{what} after odd requests");
        }
    })
    .await;
}
