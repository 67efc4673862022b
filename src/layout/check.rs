//! Checks the pieces of a floor against each other and against what is drawn
//! already, and tells every mistake. Pure. Deliberately absent: whether the
//! floor is wise; the fleet refuses a graph it cannot keep free of deadlock.

use std::collections::{HashMap, HashSet};

use super::model::{BinKind, Floor, Lane, NewBin, NewStation, Part, StationKind};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which piece.
    pub index: usize,
    /// Which field of it.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// What pieces may refer to.
struct Known<'a> {
    nodes: HashMap<&'a str, Lane>,
    zones: HashSet<&'a str>,
    shelves: HashSet<&'a str>,
    bins: HashSet<&'a str>,
}

type Check = Result<(), (&'static str, String)>;

/// Every mistake in `parts`, which are to be drawn on `floor`.
pub fn check(floor: &Floor, parts: &[Part]) -> Vec<Wrong> {
    let known = known(floor, parts);
    let mut seen = HashSet::new();
    let mut wrongs = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let twice = !seen.insert(key(part));
        let once = || if twice { Err(("code", "stands here twice".to_owned())) } else { Ok(()) };
        if let Err((field, reason)) = check_part(&known, part).and_then(|()| once()) {
            wrongs.push(Wrong { index, field, reason });
        }
    }
    wrongs
}

fn known<'a>(floor: &'a Floor, parts: &'a [Part]) -> Known<'a> {
    let mut known = Known {
        nodes: floor.nodes.iter().map(|node| (node.id.as_str(), node.lane)).collect(),
        zones: floor.zones.iter().map(|zone| zone.code.as_str()).collect(),
        shelves: floor.shelves.iter().map(|shelf| shelf.code.as_str()).collect(),
        bins: floor.bins.iter().map(|bin| bin.code.as_str()).collect(),
    };
    for part in parts {
        match part {
            Part::Node(node) => {
                known.nodes.insert(&node.id, node.lane);
            }
            Part::Zone(zone) => {
                known.zones.insert(&zone.code);
            }
            Part::Shelf(shelf) => {
                known.shelves.insert(&shelf.code);
            }
            Part::Bin(bin) => {
                known.bins.insert(&bin.code);
            }
            Part::Edge(_) | Part::Aisle(_) | Part::Station(_) | Part::Agv(_) => {}
        }
    }
    known
}

/// What must be unique.
fn key(part: &Part) -> (u8, &str, &str) {
    match part {
        Part::Zone(zone) => (0, &zone.code, ""),
        Part::Node(node) => (1, &node.id, ""),
        Part::Edge(edge) => (2, &edge.from, &edge.to),
        Part::Aisle(aisle) => (3, &aisle.code, ""),
        Part::Shelf(shelf) => (4, &shelf.code, ""),
        Part::Bin(bin) => (5, &bin.code, ""),
        Part::Station(station) => (6, &station.code, ""),
        Part::Agv(agv) => (7, &agv.serial, ""),
    }
}

fn check_part(known: &Known<'_>, part: &Part) -> Check {
    match part {
        Part::Zone(zone) => {
            label("code", &zone.code)?;
            length("width_mm", zone.width_mm, 1)?;
            length("height_mm", zone.height_mm, 1)
        }
        Part::Node(node) => {
            label("id", &node.id)?;
            length("x_mm", node.x_mm.abs(), 0)?;
            length("y_mm", node.y_mm.abs(), 0)
        }
        Part::Edge(edge) => {
            length("length_mm", edge.length_mm, 1)?;
            on_lane(known, "from", &edge.from, Some(edge.lane))?;
            on_lane(known, "to", &edge.to, Some(edge.lane))
        }
        Part::Aisle(aisle) => {
            label("code", &aisle.code)?;
            in_zone(known, &aisle.zone)?;
            on_lane(known, "from_node", &aisle.from_node, None)?;
            on_lane(known, "to_node", &aisle.to_node, None)
        }
        Part::Shelf(shelf) => {
            label("code", &shelf.code)?;
            on_lane(known, "node", &shelf.node, Some(Lane::Agv))
        }
        Part::Bin(bin) => check_bin(known, bin),
        Part::Station(station) => check_station(known, station),
        Part::Agv(agv) => {
            label("serial", &agv.serial)?;
            label("manufacturer", &agv.manufacturer)?;
            on_lane(known, "home_node", &agv.home_node, Some(Lane::Agv))
        }
    }
}

fn check_bin(known: &Known<'_>, bin: &NewBin) -> Check {
    label("code", &bin.code)?;
    in_zone(known, &bin.zone)?;
    if bin.level < 1 {
        return Err(("level", "count from 1, the ground".to_owned()));
    }
    if bin.max_weight_g < 1 || bin.max_volume_ml < 1 {
        return Err(("max_weight_g", "say in grams and millilitres what it can hold".to_owned()));
    }
    match (bin.kind, bin.shelf.as_deref()) {
        (BinKind::ShelfSlot, Some(shelf)) if known.shelves.contains(shelf) => {
            on_lane(known, "node", &bin.node, Some(Lane::Agv))
        }
        (BinKind::ShelfSlot, Some(shelf)) => Err(("shelf", format!("there is no shelf {shelf}"))),
        (BinKind::ShelfSlot, None) => Err(("shelf", "a shelf_slot stands on a shelf; name it".to_owned())),
        (_, Some(_)) => Err(("shelf", "only a shelf_slot stands on a shelf".to_owned())),
        (_, None) => on_lane(known, "node", &bin.node, Some(Lane::People)),
    }
}

fn check_station(known: &Known<'_>, station: &NewStation) -> Check {
    label("code", &station.code)?;
    on_lane(known, "node", &station.node, Some(Lane::People))?;
    if !known.bins.contains(station.bin.as_str()) {
        return Err(("bin", format!("there is no bin {}", station.bin)));
    }
    match (&station.agv_node, station.kind) {
        (Some(node), StationKind::GoodsToPerson) => on_lane(known, "agv_node", node, Some(Lane::Agv)),
        (None, StationKind::GoodsToPerson) => Err(("agv_node", "say where vehicles present their shelves".to_owned())),
        (Some(_), _) => Err(("agv_node", "only goods-to-person stations have one".to_owned())),
        (None, _) => Ok(()),
    }
}

fn label(field: &'static str, text: &str) -> Check {
    let good = (1..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(()) } else { Err((field, "use 1 to 60 letters, digits or signs, without spaces".to_owned())) }
}

/// Up to ten kilometres.
fn length(field: &'static str, mm: i64, least: i64) -> Check {
    if (least..=10_000_000).contains(&mm) { Ok(()) } else { Err((field, format!("use {least} to 10000000"))) }
}

fn in_zone(known: &Known<'_>, zone: &str) -> Check {
    if known.zones.contains(zone) { Ok(()) } else { Err(("zone", format!("there is no zone {zone}"))) }
}

fn on_lane(known: &Known<'_>, field: &'static str, node: &str, lane: Option<Lane>) -> Check {
    match (known.nodes.get(node), lane) {
        (None, _) => Err((field, format!("there is no node {node}"))),
        (Some(there), Some(lane)) if *there != lane => Err((field, format!("{node} is not on the {lane} lane"))),
        _ => Ok(()),
    }
}
