//! What tests of the floor's rooms share: machines that may do things, and
//! requests in process. Deliberately absent: anything outside of tests.

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::Value;
use tower::util::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    catalog::{self, Article, Category, Level, LotRule, Names, NewArticle, NewBarcode, Temperature},
    identity::{NewToken, Permission, mint_token},
    kernel::*,
    layout::{
        self, Bin, BinKind, Edge, Lane, NewBin, NewStation, Node, NodeKind, Part, Shelf, StationKind, Zone, ZoneKind,
    },
    orders::{self, DeliveryMode, NewLine, NewOrder, Order, ShortPolicy},
    stock::{self, Account, Goods, Want},
    store::{Actor, Db, log},
    tasks::{self, Scan, Task, TaskKind},
};

/// A token's secret with some permissions at a site (`None`: at all).
pub async fn token(db: &Db, permissions: &[Permission], site: Option<SiteId>) -> String {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let new = NewToken {
        name: "test".to_owned(),
        permissions: permissions.iter().copied().collect(),
        site,
        channel: None,
        expires_at: None,
    };
    let (_, secret) = mint_token(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    secret
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends one request to a room's endpoints; `key` is its idempotency key.
pub async fn call(db: &Db, routes: OpenApiRouter<Db>, token: &str, what: &str, key: &str, body: Value) -> Answer {
    let (method, path) = what.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
        .unwrap();
    let (router, _) = routes.split_for_parts();
    let response = router.with_state(db.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap().to_vec();
    Answer { status: parts.status.as_u16(), kind: kind.unwrap_or_default(), bytes }
}

/// A small site: pick bins ever farther from the pack table P-1,
/// reserve, chilled C-1, dock D-1, damaged X-1, a mobile shelf SH-1
/// with slot S-1 and its station G-1.
pub struct House {
    pub site: SiteId,
    /// Ambient, nothing tracked, 100 ml, 100 g, in cases of 12.
    pub tea: Article,
    /// Chilled, lot and expiry.
    pub milk: Article,
    /// Ambient, serial numbers.
    pub phone: Article,
}

fn node(id: &str, x_mm: i64, lane: Lane) -> Part {
    Part::Node(Node { id: id.into(), x_mm, y_mm: 0, kind: NodeKind::Aisle, lane })
}

fn ways(from: &str, to: &str, length_mm: i64, lane: Lane) -> [Part; 2] {
    [(from, to), (to, from)].map(|(from, to)| {
        Part::Edge(Edge { from: from.into(), to: to.into(), length_mm, lane, closed: false, reason: String::new() })
    })
}

fn new_bin(code: &str, kind: BinKind, node: &str, temperature: Temperature, shelf: Option<&str>) -> Part {
    Part::Bin(NewBin {
        code: code.into(),
        zone: "Z".into(),
        kind,
        node: node.into(),
        x_mm: 0,
        y_mm: 0,
        level: 1,
        temperature,
        max_weight_g: 10_000,
        max_volume_ml: 10_000,
        shelf: shelf.map(str::to_owned),
    })
}

fn drawing() -> Vec<Part> {
    let zone = Zone {
        code: "Z".into(),
        name_en: "Hall".into(),
        name_zh: "大厅".into(),
        kind: ZoneKind::Racks,
        temperature: Temperature::Ambient,
        x_mm: 0,
        y_mm: 0,
        width_mm: 90_000,
        height_mm: 9_000,
    };
    let mut parts = vec![Part::Zone(zone)];
    for at in 0..10 {
        parts.push(node(&format!("n{at}"), at * 10_000, Lane::People));
        if at > 0 {
            parts.extend(ways(&format!("n{}", at - 1), &format!("n{at}"), 10_000, Lane::People));
        }
    }
    parts.extend([node("v1", 0, Lane::Agv), node("v2", 9_000, Lane::Agv)]);
    parts.extend(ways("v1", "v2", 9_000, Lane::Agv));
    let ambient = Temperature::Ambient;
    for at in 1..=6 {
        parts.push(new_bin(&format!("A-{at}"), BinKind::Pick, &format!("n{at}"), ambient, None));
    }
    parts.extend([
        new_bin("R-1", BinKind::Reserve, "n7", ambient, None),
        new_bin("R-2", BinKind::Reserve, "n8", ambient, None),
        new_bin("C-1", BinKind::Pick, "n2", Temperature::Chilled, None),
        new_bin("D-1", BinKind::Dock, "n9", ambient, None),
        new_bin("X-1", BinKind::Damaged, "n9", ambient, None),
        new_bin("P-1", BinKind::Pack, "n0", ambient, None),
        new_bin("G-1", BinKind::Station, "n0", ambient, None),
        new_bin("S-1", BinKind::ShelfSlot, "v1", ambient, Some("SH-1")),
        Part::Shelf(Shelf { code: "SH-1".into(), node: "v1".into() }),
    ]);
    let station = |code: &str, kind, agv: Option<&str>| {
        let (code, bin) = (code.to_owned(), code.to_owned());
        Part::Station(NewStation { code, kind, node: "n0".into(), agv_node: agv.map(str::to_owned), bin })
    };
    parts.push(station("P-1", StationKind::Pack, None));
    parts.push(station("G-1", StationKind::GoodsToPerson, Some("v2")));
    parts
}

fn new_article(code: &str, gtin: &str, temperature: Temperature, lot_rule: LotRule, serial: bool) -> NewArticle {
    let case = NewBarcode { code: format!("CASE-{code}"), level: Level::Case, quantity: 12 };
    NewArticle {
        code: code.into(),
        name: Names { en: format!("Fine {code}"), zh: format!("好{code}") },
        category: Category { code: "all".into(), en: "All".into(), zh: "全部".into() },
        gtin: Some(gtin.into()),
        price_minor: 1990,
        length_mm: 100,
        width_mm: 100,
        height_mm: 10,
        weight_g: 100,
        temperature,
        lot_rule,
        serial_tracked: serial,
        image: String::new(),
        active: true,
        popularity: 1,
        barcodes: vec![case],
        parts: Vec::new(),
    }
}

/// Builds the small site.
pub async fn house(db: &Db) -> House {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let site = tx.id();
    layout::draw(&mut tx, site, &drawing()).await.unwrap();
    let ambient = Temperature::Ambient;
    let tea = new_article("TEA", "6291041500213", ambient, LotRule::None, false);
    let milk = new_article("MILK", "4006381333931", Temperature::Chilled, LotRule::Expiry, false);
    let phone = new_article("PHONE", "96385074", ambient, LotRule::None, true);
    let tea = catalog::define(&mut tx, &tea, None).await.unwrap();
    let milk = catalog::define(&mut tx, &milk, None).await.unwrap();
    let phone = catalog::define(&mut tx, &phone, None).await.unwrap();
    tx.commit().await.unwrap();
    House { site, tea, milk, phone }
}

impl House {
    /// A bin by its label.
    pub async fn bin(&self, db: &Db, code: &str) -> Bin {
        let mut read = db.read().await.unwrap();
        layout::bin_by_code(read.sql(), self.site, code).await.unwrap().unwrap()
    }

    /// Books goods into a bin.
    pub async fn stock(&self, db: &Db, code: &str, goods: &Goods, quantity: i64) {
        let bin = self.bin(db, code).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        stock::opening(&mut tx, goods, quantity, Account::bin(self.site, bin.id)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What a bin holds of goods.
    pub async fn held(&self, db: &Db, code: &str, goods: &Goods) -> i64 {
        let bin = self.bin(db, code).await;
        let mut read = db.read().await.unwrap();
        stock::quantity(read.sql(), Account::bin(self.site, bin.id), goods).await.unwrap()
    }

    /// Promises goods to an order.
    pub async fn promise(&self, db: &Db, sku: SkuId, quantity: i64) -> HoldId {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (order, line, promised_by) = (tx.id(), tx.id(), tx.now());
        let want = Want {
            order,
            line,
            site: self.site,
            sku,
            quantity,
            promised_by,
            expires_at: None,
            purpose: stock::Purpose::Order,
        };
        let hold = stock::reserve(&mut tx, &want).await.unwrap();
        tx.commit().await.unwrap();
        hold
    }

    /// An order, accepted, with all goods held here, that must leave in so long.
    pub async fn order(&self, db: &Db, wants: &[(SkuId, i64)], due_in_ms: i64) -> (Order, FulfilmentId, Vec<LineId>) {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let now = tx.now();
        let line = |(sku, quantity): &(SkuId, i64)| NewLine {
            external_line_id: None,
            sku: *sku,
            quantity: *quantity,
            unit_price_minor: 1990,
        };
        let new = NewOrder {
            channel: "shop".into(),
            external_id: None,
            contact: tx.id(),
            address: tx.id(),
            coord: Coord { lat: 30.0, lon: 120.0 },
            mode: DeliveryMode::Home,
            service: "same_day".into(),
            pickup_site: None,
            window: (now, now.plus_ms(due_in_ms)),
            promised_by: now.plus_ms(due_in_ms),
            short_policy: ShortPolicy::ShipPart,
            note: String::new(),
            currency: "CNY".into(),
            shipping_minor: 0,
            shopper: None,
            lines: wants.iter().map(line).collect(),
        };
        let order = orders::open(&mut tx, &new).await.unwrap();
        let lines = orders::lines(tx.sql(), order.id).await.unwrap();
        let wants: Vec<_> = lines.iter().map(|line| (line.id, line.sku, line.ordered)).collect();
        let part = orders::add_part(&mut tx, &order, self.site, order.promised_by, &wants).await.unwrap();
        orders::accept(&mut tx, order.id).await.unwrap();
        tx.commit().await.unwrap();
        (order, part, lines.iter().map(|line| line.id).collect())
    }

    /// The open tasks of a kind, most urgent first.
    pub async fn tasks(&self, db: &Db, kind: TaskKind) -> Vec<Task> {
        let mut read = db.read().await.unwrap();
        let all = tasks::at_site(read.sql(), self.site, 500).await.unwrap();
        all.into_iter().filter(|task| task.kind == kind).collect()
    }
}

/// A worker takes a task; another may hold it later.
pub async fn take(db: &Db, task: TaskId) -> UserId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let user = tx.id();
    tasks::take(&mut tx, task, user, None).await.unwrap();
    tx.commit().await.unwrap();
    user
}

/// A task as it is now.
pub async fn task(db: &Db, id: TaskId) -> Task {
    let mut read = db.read().await.unwrap();
    tasks::by_id(read.sql(), id).await.unwrap().unwrap()
}

/// An entry: `#5` is a quantity, `!done` a button, anything else a label.
pub fn entry(text: &str) -> Scan {
    if let Some(number) = text.strip_prefix('#') {
        return Scan { quantity: Some(number.parse().unwrap()), ..Scan::default() };
    }
    match text.strip_prefix('!') {
        Some(choice) => Scan { choice: Some(choice.into()), ..Scan::default() },
        None => Scan { code: Some(text.into()), ..Scan::default() },
    }
}

/// Every kind of fact about a subject, oldest first.
pub async fn facts(db: &Db, subject: impl ToString) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let facts = log::story(read.sql(), &subject.to_string()).await.unwrap();
    facts.into_iter().map(|fact| fact.kind).collect()
}

/// The ledger adds up.
pub async fn sound(db: &Db) {
    let mut read = db.read().await.unwrap();
    assert_eq!(stock::audit(read.sql()).await.unwrap(), stock::Audit::default());
}

/// Plays entries one by one, each in its own transaction, and checks the voice's
/// code of every answer: `("A-1", "bin.right")`.
#[macro_export]
macro_rules! play {
    (@put_away, $tx:ident, $now:ident, $entry:expr) => {
        $crate::inbound::put_away_scan(&mut $tx, &$now, &$crate::fixtures::entry($entry))
    };
    (@$room:ident, $tx:ident, $now:ident, $entry:expr) => {
        $crate::$room::scan(&mut $tx, &$now, &$crate::fixtures::entry($entry))
    };
    ($db:expr, $room:ident, $task:expr, [$(($entry:expr, $code:expr)),* $(,)?]) => {{
        let mut screens = Vec::new();
        $({
            let mut tx = $db.begin($crate::store::Actor::house()).await.unwrap();
            let now = $crate::tasks::by_id(tx.sql(), $task).await.unwrap().unwrap();
            let step = $crate::play!(@$room, tx, now, $entry).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(step.say.code, $code, "after {}: {}", $entry, step.say.text);
            screens.push(step);
        })*
        screens.pop().expect("at least one entry")
    }};
}
