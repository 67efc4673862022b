//! A small house for tests: one site with a mobile shelf, a pick bin, one vehicle,
//! one van; people of each persona; a running server on loopback.

use std::{path::PathBuf, sync::Arc, time::Duration};

use cartage::{
    app::{App, clock::ScaledClock},
    catalog::{self, Category, LotRule, Names, NewArticle, Temperature},
    config::Config,
    fleet,
    identity::{Grant, NewPerson, NewToken, Permission, add_person, mint_token},
    kernel::{Coord, SiteId, Time},
    layout::{
        self, Agv, BinKind, Edge, Lane, NewBin, NewStation, Node, NodeKind, Part, Shelf, StationKind, Zone, ZoneKind,
    },
    network::{self, Hours, NewService, NewSite, SiteKind},
    stock::{self, Account, Goods},
    store::{Actor, Db},
    transport::{self, NewVehicle},
    units::{self, UnitKind},
};
use firmware_bridge::vehicle::{Fleet, FleetConfig, Timing, spawn_fleet};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio_util::sync::CancellationToken;

/// Domain seconds in a wall second.
pub const SPEED: f64 = 60.0;
/// 2026-03-02 09:00 UTC, a Monday.
const MORNING: Time = Time::from_ms(1_772_442_000_000);

/// A running server with its world and its vehicle.
pub struct House {
    pub app: App,
    pub folder: PathBuf,
    pub client: Client,
    stop: CancellationToken,
    _fleet: Fleet,
}

/// A client that keeps no connection: one that the server closed after refusing a
/// long body must not fail the next request.
fn client() -> Client {
    Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

/// Runs a test with the URL of an empty database of each engine; a loud word when
/// PostgreSQL is left out.
pub async fn on_both_databases(test: impl AsyncFn(&str)) {
    let folder = std::env::temp_dir().join(format!("cartage-db-{:016x}", rand::random::<u64>()));
    std::fs::create_dir_all(&folder).unwrap();
    test(&format!("sqlite://{}/test.db", folder.display())).await;
    std::fs::remove_dir_all(&folder).ok();
    let Ok(server) = std::env::var("CARTAGE_TEST_POSTGRES") else {
        eprintln!("LEFT OUT: PostgreSQL; set CARTAGE_TEST_POSTGRES (make test does)");
        return;
    };
    let name = format!("cartage_it_{:016x}", rand::random::<u64>());
    admin(&server, &format!("CREATE DATABASE {name}")).await;
    let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base);
    test(&format!("{base}/{name}")).await;
    admin(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Runs a test in a house on each engine.
pub async fn on_both(test: impl AsyncFn(&House)) {
    on_both_databases(async |url| {
        let house = House::open(Some(url.to_owned())).await;
        test(&house).await;
        house.close().await;
    })
    .await;
}

async fn admin(server: &str, statement: &str) {
    sqlx::any::install_default_drivers();
    let mut sql = sqlx::AnyConnection::connect(server).await.expect("the PostgreSQL server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut sql).await.expect("the statement runs");
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
    /// The media type.
    pub fn kind(&self) -> &str {
        self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
    /// Fails unless it is a problem document of this status and code.
    pub fn refuses(&self, status: u16, code: &str) -> Value {
        let said = self.json();
        assert_eq!(
            (self.status.as_u16(), self.kind(), said["code"].as_str(), said["status"].as_u64()),
            (status, "application/problem+json", Some(code), Some(u64::from(status))),
            "{}",
            self.text
        );
        for member in ["type", "title", "detail", "instance"] {
            assert!(said[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {said}");
        }
        said
    }
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Persona {
    base: String,
    secret: String,
    client: Client,
}

impl House {
    /// Opens the house on a database of its own; `None` for the embedded one.
    pub async fn open(database: Option<String>) -> Self {
        Self::open_at(database, SPEED).await
    }

    /// [`House::open`] with another number of domain seconds in a wall second.
    pub async fn open_at(database: Option<String>, speed: f64) -> Self {
        Self::open_with(database, speed, |_| {}).await
    }

    /// The same with a configuration of its own.
    pub async fn open_with(database: Option<String>, speed: f64, set: impl FnOnce(&mut Config)) -> Self {
        let folder = std::env::temp_dir().join(format!("cartage-it-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&folder).unwrap();
        let listen = ([127, 0, 0, 1], 0).into();
        // Testers are many people on one address.
        let mut config = Config { data: folder.clone(), listen, database, requests_per_second: 0, ..Config::default() };
        set(&mut config);
        let clock = ScaledClock::anchored(&folder.join("clock.json"), MORNING, speed).unwrap();
        let app = App::start(&config, Arc::new(clock), false).await.unwrap();
        let site = furnish(&app.db).await;
        let stop = CancellationToken::new();
        let fleet = vehicles(&app, site, &folder, &stop, speed).await;
        Self { app, folder, client: client(), stop, _fleet: fleet }
    }

    /// A machine with these permissions everywhere.
    pub async fn machine(&self, permissions: &[Permission]) -> Persona {
        self.bound(permissions, |_| {}).await
    }

    /// A machine whose token is bound to a site, a channel, a time.
    pub async fn bound(&self, permissions: &[Permission], bind: impl FnOnce(&mut NewToken)) -> Persona {
        let mut tx = self.app.db.begin(Actor::house()).await.unwrap();
        let permissions = permissions.iter().copied().collect();
        let mut new = NewToken { name: "test".into(), permissions, site: None, channel: None, expires_at: None };
        bind(&mut new);
        let (_, secret) = mint_token(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        self.with(&secret)
    }

    /// Whoever holds this secret; empty for nobody.
    pub fn with(&self, secret: &str) -> Persona {
        Persona { base: self.app.base_url(), secret: secret.into(), client: self.client.clone() }
    }

    /// The site's id.
    pub async fn site(&self, code: &str) -> SiteId {
        let mut read = self.app.db.read().await.unwrap();
        network::site_by_code(read.sql(), code).await.unwrap().unwrap().id
    }

    /// A person, signed in with a password.
    pub async fn person(&self, login: &str, role: &str) -> Persona {
        let new = NewPerson {
            login: login.into(),
            name: login.into(),
            password: Some("a long enough secret".into()),
            grants: vec![Grant { role: role.into(), site: None }],
            ..NewPerson::default()
        };
        let new = new.prepare(&self.app.db.dice).await.unwrap();
        let mut tx = self.app.db.begin(Actor::house()).await.unwrap();
        add_person(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let nobody = self.with("");
        let body = json!({"login": login, "password": "a long enough secret"});
        let (status, reply) = nobody.call(Method::POST, "/api/v1/sessions", "", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{reply}");
        self.with(reply["session"].as_str().unwrap())
    }

    /// Ends everything and removes what it left.
    pub async fn close(self) {
        self.stop.cancel();
        self.app.stop().await;
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl Persona {
    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The credential as a header says it.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.secret)
    }

    async fn call(&self, method: Method, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.secret.is_empty() {
            request = request.bearer_auth(&self.secret);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.timeout(Duration::from_secs(30)).send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Sends whatever the test makes of a request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        make: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Answer {
        let mut request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        if !self.secret.is_empty() {
            request = request.bearer_auth(&self.secret);
        }
        let response = make(request).timeout(Duration::from_secs(30)).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap_or_default() }
    }

    /// Sends a command under a key of its own; the answer whole.
    pub async fn tries(&self, path: &str, body: &Value) -> Answer {
        let key = format!("{:016x}", rand::random::<u64>());
        self.send("POST", path, |request| request.header("idempotency-key", key).json(body)).await
    }

    /// Reads; the answer whole.
    pub async fn looks(&self, path: &str) -> Answer {
        self.send("GET", path, |request| request).await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, "", &Value::Null).await;
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    /// Sends a command under a key of its own.
    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let key = format!("{:016x}", rand::random::<u64>());
        self.call(Method::POST, path, &key, &body).await
    }

    /// Sends a command that must succeed.
    pub async fn done(&self, path: &str, body: Value) -> Value {
        let (status, reply) = self.post(path, body).await;
        assert!(status.is_success(), "POST {path}: {status} {reply}");
        reply
    }
}

async fn furnish(db: &Db) -> SiteId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let names = |en: &str, zh: &str| Names { en: en.into(), zh: zh.into() };
    let site = NewSite {
        code: "NG".into(),
        name: names("North Gate", "北门仓"),
        kind: SiteKind::Central,
        coord: Coord { lat: 30.1, lon: 123.4 },
        street: "1 Gate Road".into(),
        time_zone: "UTC".into(),
        hours: Hours::always(),
        lines_per_hour: 500,
        ship_cost_minor: 300,
        cost_per_km_minor: 50,
        service_radius_m: 50_000,
        area: Vec::new(),
        compartments: 0,
        active: true,
    };
    let site = network::define_site(&mut tx, &site).await.unwrap().id;
    let service = NewService { service: "same_day".into(), cutoff_minute: 22 * 60, lead_ms: 3 * 3_600_000 };
    network::put_service(&mut tx, site, &service).await.unwrap();
    let article = NewArticle {
        code: "TEA-1".into(),
        name: names("Green tea", "绿茶"),
        category: Category { code: "tea".into(), en: "Tea".into(), zh: "茶".into() },
        gtin: Some("6291041500213".into()),
        price_minor: 1_250,
        length_mm: 100,
        width_mm: 80,
        height_mm: 60,
        weight_g: 210,
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
    layout::draw(&mut tx, site, &floor()).await.unwrap();
    units::add(&mut tx, "SH-1", UnitKind::Shelf, site, Some("S1")).await.unwrap();
    for code in ["T-1", "T-2", "T-3"] {
        units::add(&mut tx, code, UnitKind::Tote, site, None).await.unwrap();
    }
    let slot = layout::bin_by_code(tx.sql(), site, "M01-1").await.unwrap().unwrap();
    stock::opening(&mut tx, &Goods::plain(article.id), 5, Account::bin(site, slot.id)).await.unwrap();
    let van = NewVehicle {
        code: "VAN-1".into(),
        max_weight_g: 500_000,
        max_volume_ml: 4_000_000,
        max_stops: 30,
        cold: false,
        fixed_cost_minor: 1_000,
        cost_per_km_minor: 80,
    };
    transport::define_vehicle(&mut tx, site, &van).await.unwrap();
    tx.commit().await.unwrap();
    site
}

/// A lane of five nodes with spurs for shelf, station, charger and parking; a
/// pack table; one shelf slot.
fn floor() -> Vec<Part> {
    let node = |id: &str, x: i64, y: i64, kind, lane| Part::Node(Node { id: id.into(), x_mm: x, y_mm: y, kind, lane });
    let both = |a: &str, b: &str, lane| {
        let edge = |from: &str, to: &str| {
            let (from, to, reason) = (from.into(), to.into(), String::new());
            Part::Edge(Edge { from, to, length_mm: 2_000, lane, closed: false, reason })
        };
        [edge(a, b), edge(b, a)]
    };
    let zone = |code: &str, kind| {
        let (code, name_en, name_zh) = (code.into(), code.into(), code.into());
        let temperature = Temperature::Ambient;
        Part::Zone(Zone {
            code,
            name_en,
            name_zh,
            kind,
            temperature,
            x_mm: 0,
            y_mm: 0,
            width_mm: 9_000,
            height_mm: 9_000,
        })
    };
    let bin = |code: &str, zone: &str, kind, node: &str, shelf: Option<&str>| {
        Part::Bin(NewBin {
            code: code.into(),
            zone: zone.into(),
            kind,
            node: node.into(),
            x_mm: 0,
            y_mm: 0,
            level: 1,
            temperature: Temperature::Ambient,
            max_weight_g: 100_000,
            max_volume_ml: 100_000,
            shelf: shelf.map(Into::into),
        })
    };
    let station = |code: &str, kind, node: &str, agv: Option<&str>, bin: &str| {
        let (code, node, agv_node, bin) = (code.into(), node.into(), agv.map(Into::into), bin.into());
        Part::Station(NewStation { code, kind, node, agv_node, bin })
    };
    let (agv, people) = (Lane::Agv, Lane::People);
    let mut parts = vec![
        zone("M", ZoneKind::MobileShelves),
        zone("P", ZoneKind::Pack),
        node("A1", 0, 0, NodeKind::Aisle, agv),
        node("A2", 2_000, 0, NodeKind::Aisle, agv),
        node("A3", 4_000, 0, NodeKind::Aisle, agv),
        node("S1", 0, 2_000, NodeKind::Shelf, agv),
        node("G1", 4_000, 2_000, NodeKind::Station, agv),
        node("C1", 2_000, 2_000, NodeKind::Charger, agv),
        node("P1", 2_000, -2_000, NodeKind::Parking, agv),
        node("W1", 4_000, 4_000, NodeKind::Aisle, people),
        node("W2", 6_000, 4_000, NodeKind::Pack, people),
    ];
    for (a, b, lane) in [
        ("A1", "A2", agv),
        ("A2", "A3", agv),
        ("A1", "S1", agv),
        ("A3", "G1", agv),
        ("A2", "C1", agv),
        ("A2", "P1", agv),
        ("W1", "W2", people),
    ] {
        parts.extend(both(a, b, lane));
    }
    parts.push(Part::Shelf(Shelf { code: "SH-1".into(), node: "S1".into() }));
    parts.extend([
        bin("M01-1", "M", BinKind::ShelfSlot, "S1", Some("SH-1")),
        bin("G1-T", "P", BinKind::Station, "W1", None),
        bin("PACK-1", "P", BinKind::Pack, "W2", None),
        station("G1", StationKind::GoodsToPerson, "W1", Some("G1"), "G1-T"),
        station("PACK-1", StationKind::Pack, "W2", None, "PACK-1"),
        Part::Agv(Agv { serial: "agv-1".into(), manufacturer: "cartage".into(), home_node: "P1".into() }),
    ]);
    parts
}

async fn vehicles(app: &App, site: SiteId, folder: &std::path::Path, stop: &CancellationToken, speed: f64) -> Fleet {
    let mut read = app.db.read().await.unwrap();
    let floor = layout::floor(read.sql(), site).await.unwrap();
    let bridge = fleet::link::config(&floor, "NG", app.broker.clone(), speed).unwrap();
    let config = FleetConfig {
        broker: bridge.broker,
        manufacturer: bridge.manufacturer,
        floor: bridge.floor,
        vehicles: bridge.vehicles,
        speed,
        state_dir: Some(folder.join("vehicles")),
        timing: Timing::default(),
    };
    spawn_fleet(config, stop).unwrap()
}
