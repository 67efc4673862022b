//! Personal data lives with the parties alone. An order of a shopper with a name
//! that stands nowhere else goes from click to proof; then every column of every
//! table, and every line of the log of the process, is searched for it.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use cartage::{identity::Permission, store::Engine};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    edges::settled,
    house::{House, on_both},
    journey::{click_to_proof, order},
};

/// What may stand with the parties only.
const PERSONAL: &[&str] = &[
    "Ottoline",
    "Quill",
    "13899887766",
    "9988-7766",
    "ottoline.q",
    "Larkspur",
    "Blue door",
    "Foxglove",
    "QUILL-TAX-77",
];
/// The home of personal data.
const HOME: &[&str] = &["contacts", "addresses"];

/// Every line that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Every column of every table, by name.
async fn columns(house: &House) -> Vec<(String, String)> {
    let mut read = house.app.db.read().await.unwrap();
    let text = match house.app.db.engine() {
        Engine::Sqlite => {
            "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows = sqlx::query(text).fetch_all(read.sql()).await.unwrap();
    let all: Vec<_> = rows.iter().map(|row| (row.get("t"), row.get("c"))).collect();
    all.into_iter().filter(|(table, _): &(String, String)| table != "_sqlx_migrations").collect()
}

/// Where a text stands: table, column, and a row of it.
async fn found(house: &House, columns: &[(String, String)], text: &str) -> Vec<(String, String)> {
    let mut read = house.app.db.read().await.unwrap();
    let mut found = Vec::new();
    for (table, column) in columns {
        let query = format!(
            "SELECT CAST(\"{column}\" AS TEXT) AS x FROM \"{table}\" WHERE LOWER(CAST(\"{column}\" AS TEXT)) LIKE $1 LIMIT 1"
        );
        let like = format!("%{}%", text.to_lowercase());
        let row = sqlx::query(AssertSqlSafe(query)).bind(like).fetch_optional(read.sql()).await.unwrap();
        if let Some(row) = row {
            found.push((table.clone(), format!("{column}: {}", row.get::<String, _>("x"))));
        }
    }
    found
}

/// Fails if a text stands anywhere but with the parties, or not even there.
pub async fn stays_home(house: &House, texts: &[&str]) {
    let columns = columns(house).await;
    assert!(columns.iter().any(|(table, _)| table == "commands"), "{columns:?}");
    let mut wrong = Vec::new();
    for text in texts {
        let places = found(house, &columns, text).await;
        let home = places.iter().any(|(table, _)| HOME.contains(&table.as_str()));
        assert!(home, "{text} stands nowhere: the search does not find what is there");
        for (table, place) in places.iter().filter(|(table, _)| !HOME.contains(&table.as_str())) {
            wrong.push(format!("{text} stands in {table}.{place}"));
        }
    }
    assert!(wrong.is_empty(), "only parties may hold personal data:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_stays_with_the_parties() {
    let log = Log::default();
    let filter = EnvFilter::new("debug,cartage=trace,tower_http=trace,sqlx=trace,rumqttd=warn");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).try_init().unwrap();
    on_both(async |house: &House| {
        let rights = [Permission::OrderPlace, Permission::OrderRead, Permission::OrderChange, Permission::EventRead];
        let shop = house.machine(&rights).await;
        let person = json!({"name": "Ottoline Quill", "phone": "13899887766", "email": "ottoline.q@post.example"});
        let invoice = json!({"title": "Quill and Daughters", "tax_id": "QUILL-TAX-77", "kind": "company", "email": "ottoline.q@post.example"});
        let mut wanted = order(2);
        wanted["recipient"] = person.clone();
        wanted["invoice"] = invoice;
        wanted["address"] = json!({"street": "77 Larkspur Row", "detail": "Blue door", "lat": 30.11, "lon": 123.41,
            "raw": "Ottoline Quill 138-9988-7766 77 Larkspur Row"});
        let done = click_to_proof(house, &shop, wanted.clone()).await;
        // A second one moves house, is refused once, and is cancelled.
        let mut second = wanted.clone();
        second["recipient"]["phone"] = json!("1");
        shop.tries("/api/v1/orders", &second).await.refuses(422, "contact.bad_phone");
        second["recipient"] = person;
        let second = shop.done("/api/v1/orders", second).await["id"].as_str().unwrap().to_owned();
        let moved = json!({"street": "3 Foxglove Lane", "lat": 30.1, "lon": 123.4});
        shop.done(&format!("/api/v1/orders/{second}/address"), moved).await;
        shop.done(&format!("/api/v1/orders/{second}/cancel"), json!({"reason": "test"})).await;
        settled(house).await;

        let clerk = house.person("clerk", "admin").await;
        let prints = clerk.get("/api/v1/prints").await;
        assert!(prints.to_string().contains("77 Larkspur Row"), "the label says where to: {prints}");
        let print = prints["items"][0]["id"].as_str().unwrap();
        clerk.done(&format!("/api/v1/prints/{print}/done"), json!({})).await;
        clerk.done(&format!("/api/v1/prints/{print}/reprint"), json!({})).await;
        stays_home(house, PERSONAL).await;
        // What leaves by the fact and order APIs holds none either.
        let id = done["id"].as_str().unwrap();
        let mut said = Vec::new();
        for path in ["/api/v1/events?after=0&limit=1000".to_owned(), format!("/api/v1/orders/{id}"), format!("/api/v1/orders/{id}/story")] {
            said.push(shop.get(&path).await.to_string());
        }
        for text in PERSONAL {
            assert!(said.iter().all(|said| !said.contains(text)), "{text} leaves the house");
        }
    })
    .await;
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("/api/v1/orders"), "the log was not caught");
    for text in PERSONAL {
        let line = logged.lines().find(|line| line.to_lowercase().contains(&text.to_lowercase()));
        assert!(line.is_none(), "{text} is logged: {line:?}");
    }
}
