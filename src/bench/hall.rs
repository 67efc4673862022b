//! The hall in which handhelds are measured: one block of aisles, an article in every
//! bin, a person for every handheld, and orders that fill a cart each. Deliberately
//! absent: vehicles.

use super::{server, world};
use crate::{
    catalog::{self, Temperature},
    identity::{self, Grant, NewPerson},
    kernel::*,
    layout::{self, BinKind, Edge, Lane, NewBin, NewStation, Node, NodeKind, Part, StationKind, Zone, ZoneKind},
    network,
    orders::{self, DeliveryMode, NewLine, NewOrder, ShortPolicy},
    stock::{self, Account, Goods},
    store::{self, Actor, Db, Tx},
    units::{self, UnitKind},
};

/// The site's code.
pub const SITE: &str = "S0";
const AISLES: usize = 20;
const CELLS: usize = 30;
/// Lines of an order, each in another aisle.
const LINES: usize = 12;
/// Units of a line: together too heavy for company on the cart.
const UNITS: i64 = 60;
/// Orders for each person.
const ORDERS: usize = 2;
const PASSWORD: &str = "a long enough secret";

/// The label of a tote.
pub fn tote(n: usize) -> String {
    format!("T{n}")
}

/// Furnishes a database; returns what each person signed in with.
pub async fn prepare(url: &str, people: usize) -> anyhow::Result<Vec<String>> {
    let db = server::open(url).await?;
    store::migrate(&db).await?;
    let size = world::Size { sites: 1, articles: AISLES * CELLS, hot: 0, hot_stock: 0, stock: 0 };
    let site = world::furnish(&db, size).await?[0];
    let mut tx = db.begin(Actor::house()).await?;
    layout::draw(&mut tx, site, &drawing()).await?;
    fill(&mut tx, site).await?;
    for n in 0..people * ORDERS {
        units::add(&mut tx, &tote(n), UnitKind::Tote, site, None).await?;
    }
    tx.commit().await?;
    for n in 0..people * ORDERS {
        order(&db, site, n).await?;
    }
    let mut secrets = Vec::new();
    for n in 0..people {
        secrets.push(person(&db, n).await?);
    }
    db.close().await;
    Ok(secrets)
}

fn node_of(aisle: usize, cell: usize) -> String {
    format!("n{aisle}-{cell}")
}

fn bin_of(aisle: usize, cell: usize) -> String {
    format!("A{aisle:02}-{cell:02}")
}

fn mm(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(0) * 1_000
}

fn node(id: String, x: usize, y: usize) -> Part {
    Part::Node(Node { id, x_mm: mm(x), y_mm: mm(y), kind: NodeKind::Aisle, lane: Lane::People })
}

fn ways(a: &str, b: &str, length_mm: i64) -> [Part; 2] {
    [(a, b), (b, a)].map(|(from, to)| {
        let (from, to, reason) = (from.to_owned(), to.to_owned(), String::new());
        Part::Edge(Edge { from, to, length_mm, lane: Lane::People, closed: false, reason })
    })
}

fn bin(code: String, kind: BinKind, node: String, (x, y): (usize, usize)) -> Part {
    Part::Bin(NewBin {
        code,
        zone: "Z".into(),
        kind,
        node,
        x_mm: mm(x),
        y_mm: mm(y),
        level: 1,
        temperature: Temperature::Ambient,
        max_weight_g: 1_000_000_000,
        max_volume_ml: 1_000_000_000,
        shelf: None,
    })
}

fn drawing() -> Vec<Part> {
    let mut parts = vec![Part::Zone(Zone {
        code: "Z".into(),
        name_en: "Hall".into(),
        name_zh: "大厅".into(),
        kind: ZoneKind::Racks,
        temperature: Temperature::Ambient,
        x_mm: 0,
        y_mm: 0,
        width_mm: mm(AISLES * 3),
        height_mm: mm(CELLS + 2),
    })];
    for aisle in 0..AISLES {
        for cell in 0..CELLS {
            let at = (aisle * 3, cell + 1);
            parts.push(node(node_of(aisle, cell), at.0, at.1));
            parts.push(bin(bin_of(aisle, cell), BinKind::Pick, node_of(aisle, cell), at));
            if cell > 0 {
                parts.extend(ways(&node_of(aisle, cell - 1), &node_of(aisle, cell), 1_000));
            }
        }
        // Cross-aisles at both ends.
        if aisle > 0 {
            for cell in [0, CELLS - 1] {
                parts.extend(ways(&node_of(aisle - 1, cell), &node_of(aisle, cell), 3_000));
            }
        }
    }
    parts.push(bin("P-1".into(), BinKind::Pack, node_of(0, 0), (0, 0)));
    let (code, bin) = ("P-1".to_owned(), "P-1".to_owned());
    parts.push(Part::Station(NewStation { code, kind: StationKind::Pack, node: node_of(0, 0), agv_node: None, bin }));
    parts
}

/// An article in every bin.
async fn fill(tx: &mut Tx, site: SiteId) -> anyhow::Result<()> {
    for n in 0..AISLES * CELLS {
        let article = catalog::by_code(tx.sql(), &world::code(n)).await?;
        let bin = layout::bin_by_code(tx.sql(), site, &bin_of(n / CELLS, n % CELLS)).await?;
        if let (Some(article), Some(bin)) = (article, bin) {
            stock::opening(tx, &Goods::plain(article.id), 1_000_000, Account::bin(site, bin.id)).await?;
        }
    }
    Ok(())
}

/// An accepted order with its goods held; released as soon as the house looks.
async fn order(db: &Db, site: SiteId, n: usize) -> anyhow::Result<()> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    let mut lines = Vec::new();
    for line in 0..LINES {
        let (aisle, cell) = ((n + line * 5) % AISLES, (n * 7 + line * 11) % CELLS);
        let article = catalog::by_code(tx.sql(), &world::code(aisle * CELLS + cell)).await?;
        let sku = article.map(|article| article.id).ok_or_else(|| anyhow::anyhow!("an article is missing"))?;
        lines.push(NewLine { external_line_id: None, sku, quantity: UNITS, unit_price_minor: 990 });
    }
    let due = now.plus_ms(30 * 60_000);
    let new = NewOrder {
        channel: "shop".into(),
        external_id: None,
        contact: tx.id(),
        address: tx.id(),
        coord: Coord { lat: 30.1, lon: 123.4 },
        mode: DeliveryMode::Home,
        service: network::SAME_DAY.into(),
        pickup_site: None,
        window: (now, due),
        promised_by: due,
        short_policy: ShortPolicy::ShipPart,
        note: String::new(),
        currency: "CNY".into(),
        shipping_minor: 0,
        shopper: None,
        lines,
    };
    let order = orders::open(&mut tx, &new).await?;
    let lines = orders::lines(tx.sql(), order.id).await?;
    let wants: Vec<_> = lines.iter().map(|line| (line.id, line.sku, line.ordered)).collect();
    orders::add_part(&mut tx, &order, site, due, &wants).await?;
    orders::accept(&mut tx, order.id).await?;
    Ok(tx.commit().await?)
}

/// A worker, signed in.
async fn person(db: &Db, n: usize) -> anyhow::Result<String> {
    let login = format!("hand{n}");
    let new = NewPerson {
        login: login.clone(),
        name: login.clone(),
        password: Some(PASSWORD.into()),
        grants: vec![Grant { role: "worker".into(), site: None }],
        ..NewPerson::default()
    };
    let new = new.prepare(&db.dice).await?;
    let mut tx = db.begin(Actor::house()).await?;
    identity::add_person(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(identity::sign_in(db, &login, PASSWORD, identity::wall_now()).await?.secret)
}
