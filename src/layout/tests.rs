//! The layout on both engines.

use super::*;
use crate::{
    catalog::Temperature,
    event::Event,
    kernel::{SiteId, Stop},
    store::{Actor, Db, log, on_both_engines},
};

fn node(id: &str, x_mm: i64, kind: NodeKind, lane: Lane) -> Part {
    Part::Node(Node { id: id.to_owned(), x_mm, y_mm: 0, kind, lane })
}

fn edge(from: &str, to: &str, lane: Lane) -> Part {
    let (from, to) = (from.to_owned(), to.to_owned());
    Part::Edge(Edge { from, to, length_mm: 1000, lane, closed: false, reason: String::new() })
}

fn new_bin(code: &str, kind: BinKind, node: &str, shelf: Option<&str>) -> Part {
    Part::Bin(NewBin {
        code: code.to_owned(),
        zone: "A".to_owned(),
        kind,
        node: node.to_owned(),
        x_mm: 0,
        y_mm: 0,
        level: 1,
        temperature: Temperature::Ambient,
        max_weight_g: 20_000,
        max_volume_ml: 50_000,
        shelf: shelf.map(str::to_owned),
    })
}

/// A one-way loop p1 -> p2 -> p3 -> p1 for people, v1 <-> v2 for vehicles.
fn sample() -> Vec<Part> {
    let zone = Zone {
        code: "A".to_owned(),
        name_en: "Racks".to_owned(),
        name_zh: "货架".to_owned(),
        kind: ZoneKind::Racks,
        temperature: Temperature::Ambient,
        x_mm: 0,
        y_mm: 0,
        width_mm: 9000,
        height_mm: 4000,
    };
    let station = NewStation {
        code: "G-1".to_owned(),
        kind: StationKind::GoodsToPerson,
        node: "p3".to_owned(),
        agv_node: Some("v2".to_owned()),
        bin: "G-1".to_owned(),
    };
    let agv = Agv { serial: "007".to_owned(), manufacturer: "acme".to_owned(), home_node: "v1".to_owned() };
    // In no useful order, as files come.
    vec![
        new_bin("A01-02-B", BinKind::Pick, "p2", None),
        new_bin("M001-01-A", BinKind::ShelfSlot, "v1", Some("SH-001")),
        new_bin("G-1", BinKind::Station, "p3", None),
        Part::Station(station),
        Part::Shelf(Shelf { code: "SH-001".to_owned(), node: "v1".to_owned() }),
        Part::Agv(agv),
        edge("p1", "p2", Lane::People),
        edge("p2", "p3", Lane::People),
        edge("p3", "p1", Lane::People),
        edge("v1", "v2", Lane::Agv),
        edge("v2", "v1", Lane::Agv),
        node("p1", 0, NodeKind::Aisle, Lane::People),
        node("p2", 1000, NodeKind::Aisle, Lane::People),
        node("p3", 2000, NodeKind::Station, Lane::People),
        node("v1", 5000, NodeKind::Parking, Lane::Agv),
        node("v2", 6000, NodeKind::Station, Lane::Agv),
        Part::Zone(zone),
    ]
}

async fn drawn(db: &Db) -> SiteId {
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let site = tx.id();
    draw(&mut tx, site, &sample()).await.unwrap();
    tx.commit().await.unwrap();
    site
}

#[tokio::test]
async fn a_floor_reads_back_as_it_was_drawn() {
    on_both_engines(async |db, _| {
        let site = drawn(&db).await;
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let first = bin_by_code(tx.sql(), site, "a01-02-b ").await.unwrap().unwrap();
        set_blocked(&mut tx, first.id, true, "short").await.unwrap();
        draw(&mut tx, site, &sample()).await.unwrap();
        let again = bin(tx.sql(), first.id).await.unwrap().unwrap();
        assert!(again.blocked && again.reason == "short", "drawing again keeps id and block");
        let floor = floor(tx.sql(), site).await.unwrap();
        assert_eq!((floor.width_mm, floor.height_mm), (9000, 4000));
        assert_eq!((floor.bins.len(), floor.nodes.len(), floor.edges.len(), floor.agvs.len()), (3, 5, 5, 1));
        let station = station(tx.sql(), site, "g-1").await.unwrap().unwrap();
        assert_eq!((station.node.as_str(), station.stand.as_str()), ("v2", "p3"));
        assert_eq!(stations(tx.sql(), site, StationKind::GoodsToPerson).await.unwrap(), [station]);
        assert_eq!(bins_of(tx.sql(), site, BinKind::ShelfSlot).await.unwrap()[0].shelf.as_deref(), Some("SH-001"));
        let slots = bins_of_shelf(tx.sql(), site, "SH-001").await.unwrap();
        assert_eq!(slots.iter().map(|bin| bin.code.as_str()).collect::<Vec<_>>(), ["M001-01-A"]);
        assert_eq!(bins_of_shelf(tx.sql(), site, "SH-002").await.unwrap(), []);
        let missing = known_bin(&mut tx, site, "Z99").await.unwrap_err();
        assert_eq!(missing.code(), Some("bin.unknown"));
    })
    .await;
}

#[tokio::test]
async fn every_mistake_is_told_and_nothing_is_drawn() {
    on_both_engines(async |db, _| {
        let mut parts = sample();
        parts[0] = new_bin("A01-02-B", BinKind::Pick, "nowhere", None);
        parts[1] = new_bin("M001-01-A", BinKind::ShelfSlot, "v1", None);
        parts[6] = edge("p1", "v1", Lane::People);
        parts.push(node("p1", 7, NodeKind::Aisle, Lane::People));
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let site = tx.id();
        let empty = floor(tx.sql(), site).await.unwrap();
        let wrongs: Vec<_> = check(&empty, &parts).into_iter().map(|wrong| (wrong.index, wrong.field)).collect();
        assert_eq!(wrongs, [(0, "node"), (1, "shelf"), (6, "to"), (17, "code")]);
        assert_eq!(draw(&mut tx, site, &parts).await.unwrap_err().code(), Some("layout.invalid"));
        assert_eq!(floor(tx.sql(), site).await.unwrap(), empty);
    })
    .await;
}

#[tokio::test]
async fn ways_follow_the_lanes_and_what_is_closed() {
    on_both_engines(async |db, _| {
        let site = drawn(&db).await;
        let mut read = db.read().await.unwrap();
        let people = walk(read.sql(), site).await.unwrap();
        assert_eq!(people.distance_mm("p1", "p3"), Some(2000));
        assert_eq!(people.distance_mm("p3", "p2"), Some(2000));
        assert_eq!(people.path("p3", "p2"), Some(vec!["p3".to_owned(), "p1".to_owned(), "p2".to_owned()]));
        assert_eq!(people.distance_mm("p1", "v1"), None);
        let matrix = people.matrix(&["p1", "p3", "gone"]);
        assert_eq!((matrix.get(0, 1), matrix.get(1, 0), matrix.get(0, 2)), (Some(2000), Some(1000), None));
        let vehicles = drive(read.sql(), site).await.unwrap();
        assert_eq!(vehicles.distance_mm("v1", "v2"), Some(1000));
        drop(read);

        let mut tx = db.begin(Actor::house()).await.unwrap();
        for _ in 0..2 {
            assert!(close_edge(&mut tx, site, "v1", "v2", "spill").await.unwrap().closed);
        }
        assert_eq!(close_edge(&mut tx, site, "v1", "p1", "spill").await.unwrap_err().code(), Some("edge.unknown"));
        assert_eq!(close_edge(&mut tx, site, "v1", "v2", " ").await.unwrap_err().code(), Some("layout.invalid"));
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(drive(read.sql(), site).await.unwrap().distance_mm("v2", "v1"), None);
        drop(read);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let opened: Result<Edge, Stop> = open_edge(&mut tx, site, "v2", "v1").await;
        assert!(!opened.unwrap().closed);
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(drive(read.sql(), site).await.unwrap().distance_mm("v1", "v2"), Some(1000));
        drop(read);
        log::stamp(&db, "test").await.unwrap();
        let mut read = db.read().await.unwrap();
        let facts = log::tail(read.sql(), 0, 9).await.unwrap();
        let open = |fact: &log::Fact| match fact.event().unwrap() {
            Event::FloorChanged { open, .. } => open,
            other => panic!("{other:?}"),
        };
        assert_eq!(facts.iter().map(open).collect::<Vec<_>>(), [false, false, true, true]);
    })
    .await;
}

#[tokio::test]
async fn changes_of_a_floor_at_the_same_time_build_on_each_other() {
    on_both_engines(async |db, _| {
        let site = drawn(&db).await;
        let mut read = db.read().await.unwrap();
        let start = rows::version(read.sql(), site).await.unwrap();
        drop(read);
        let mut first = db.begin(Actor::house()).await.unwrap();
        close_edge(&mut first, site, "p1", "p2", "spill").await.unwrap();
        let other = db.clone();
        let second = tokio::spawn(async move {
            let mut second = other.begin(Actor::house()).await.unwrap();
            close_edge(&mut second, site, "p2", "p3", "spill").await.unwrap();
            second.commit().await.unwrap();
        });
        // Long enough for the second to have read a version, were it let.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!second.is_finished());
        first.commit().await.unwrap();
        second.await.unwrap();
        let mut read = db.read().await.unwrap();
        let both = draw::next_version(&draw::next_version(&start, "p1 p2 true"), "p2 p3 true");
        assert_eq!(rows::version(read.sql(), site).await.unwrap(), both);
        drop(read);

        let close = async |ends: (&str, &str)| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            close_edge(&mut tx, site, ends.0, ends.1, "spill").await.unwrap();
            tx.commit().await.unwrap();
        };
        // Either direction first: no two wait for each other.
        futures_util::future::join_all([("v1", "v2"), ("v2", "v1"), ("v1", "v2"), ("v2", "v1")].map(close)).await;
    })
    .await;
}
