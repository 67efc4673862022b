//! Rows of floors: zones, nodes, edges, aisles, shelves, bins, stations and
//! vehicles in one file, in any order, told apart by `record`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    model::{Mistakes, Numbered},
    sites::SiteCodes,
};
use crate::{
    catalog::Temperature,
    kernel::{Fault, SiteId},
    layout::{self, Agv, Aisle, Edge, Floor, NewBin, NewStation, Node, Part, Shelf, Zone},
    network,
    store::{Sql, Tx},
    units::{self, UnitKind},
    words,
};

words! {
    /// What a row of floors is.
    FloorRecord {
        /// `code name_en name_zh kind temperature x_mm y_mm width_mm height_mm`.
        Zone = "zone",
        /// `code x_mm y_mm kind lane`.
        Node = "node",
        /// `from to length_mm lane`.
        Edge = "edge",
        /// `code zone from to one_way`.
        Aisle = "aisle",
        /// `code node`; becomes a mobile shelf that is scanned by its code.
        Shelf = "shelf",
        /// `code zone kind node x_mm y_mm level temperature max_weight_g max_volume_ml shelf`.
        Bin = "bin",
        /// `code kind node agv_node bin`.
        Station = "station",
        /// `code` (its serial) `manufacturer node` (its home).
        Agv = "agv",
    }
}

/// One piece of a floor, added or changed by site, record and code; which fields
/// it needs stands at `FloorRecord`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct FloorRow {
    pub record: Option<FloorRecord>,
    pub site: String,
    pub code: Option<String>,
    pub zone: Option<String>,
    /// A kind of zone, node, bin or station.
    pub kind: Option<String>,
    pub node: Option<String>,
    pub agv_node: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// people or agv.
    pub lane: Option<String>,
    pub length_mm: Option<i64>,
    pub one_way: Option<bool>,
    pub x_mm: Option<i64>,
    pub y_mm: Option<i64>,
    pub width_mm: Option<i64>,
    pub height_mm: Option<i64>,
    pub level: Option<i64>,
    pub temperature: Option<Temperature>,
    pub max_weight_g: Option<i64>,
    pub max_volume_ml: Option<i64>,
    pub shelf: Option<String>,
    pub bin: Option<String>,
    pub manufacturer: Option<String>,
    pub name_en: Option<String>,
    pub name_zh: Option<String>,
}

type Wrong = (&'static str, String);

fn need<T>(field: &'static str, value: Option<T>) -> Result<T, Wrong> {
    value.ok_or_else(|| (field, "this record needs it".to_owned()))
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(field: &'static str, text: Option<String>) -> Result<T, Wrong> {
    need(field, text)?.parse().map_err(|error| (field, format!("{error}")))
}

fn part(row: FloorRow) -> Result<Part, Wrong> {
    let record = need("record", row.record)?;
    if record == FloorRecord::Edge {
        return Ok(Part::Edge(Edge {
            from: need("from", row.from)?,
            to: need("to", row.to)?,
            length_mm: need("length_mm", row.length_mm)?,
            lane: word("lane", row.lane)?,
            closed: false,
            reason: String::new(),
        }));
    }
    let code = need("code", row.code)?;
    Ok(match record {
        FloorRecord::Zone => Part::Zone(Zone {
            code,
            name_en: need("name_en", row.name_en)?,
            name_zh: need("name_zh", row.name_zh)?,
            kind: word("kind", row.kind)?,
            temperature: need("temperature", row.temperature)?,
            x_mm: need("x_mm", row.x_mm)?,
            y_mm: need("y_mm", row.y_mm)?,
            width_mm: need("width_mm", row.width_mm)?,
            height_mm: need("height_mm", row.height_mm)?,
        }),
        FloorRecord::Node => Part::Node(Node {
            id: code,
            x_mm: need("x_mm", row.x_mm)?,
            y_mm: need("y_mm", row.y_mm)?,
            kind: word("kind", row.kind)?,
            lane: word("lane", row.lane)?,
        }),
        FloorRecord::Aisle => Part::Aisle(Aisle {
            code,
            zone: need("zone", row.zone)?,
            from_node: need("from", row.from)?,
            to_node: need("to", row.to)?,
            one_way: need("one_way", row.one_way)?,
        }),
        FloorRecord::Shelf => Part::Shelf(Shelf { code: code.to_uppercase(), node: need("node", row.node)? }),
        FloorRecord::Bin => Part::Bin(NewBin {
            code: code.to_uppercase(),
            zone: need("zone", row.zone)?,
            kind: word("kind", row.kind)?,
            node: need("node", row.node)?,
            x_mm: need("x_mm", row.x_mm)?,
            y_mm: need("y_mm", row.y_mm)?,
            level: need("level", row.level)?,
            temperature: need("temperature", row.temperature)?,
            max_weight_g: need("max_weight_g", row.max_weight_g)?,
            max_volume_ml: need("max_volume_ml", row.max_volume_ml)?,
            shelf: row.shelf.map(|shelf| shelf.to_uppercase()),
        }),
        FloorRecord::Station => Part::Station(NewStation {
            code: code.to_uppercase(),
            kind: word("kind", row.kind)?,
            node: need("node", row.node)?,
            agv_node: row.agv_node,
            bin: need("bin", row.bin)?.to_uppercase(),
        }),
        FloorRecord::Agv => Part::Agv(Agv {
            serial: code,
            manufacturer: need("manufacturer", row.manufacturer)?,
            home_node: need("node", row.node)?,
        }),
        FloorRecord::Edge => unreachable!("edges have no code and were read above"),
    })
}

pub(super) async fn write(tx: &mut Tx, rows: Vec<Numbered<FloorRow>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    let sites = SiteCodes::load(tx.sql()).await?;
    let mut floors: BTreeMap<SiteId, (Vec<usize>, Vec<Part>)> = BTreeMap::new();
    for Numbered { row, value } in rows {
        let Some(site) = sites.known(row, &value.site, mistakes) else { continue };
        match part(value) {
            Ok(part) => {
                let (numbers, parts) = floors.entry(site).or_default();
                numbers.push(row);
                parts.push(part);
            }
            Err((field, message)) => mistakes.add(row, field, message),
        }
    }
    for (site, (numbers, parts)) in floors {
        let wrongs = layout::check(&layout::floor(tx.sql(), site).await?, &parts);
        for wrong in &wrongs {
            mistakes.add(numbers[wrong.index], file_field(wrong.field), &wrong.reason);
        }
        if mistakes.is_empty() {
            let outcome = layout::draw(tx, site, &parts).await;
            mistakes.catch(numbers[0], outcome)?;
            stand_shelves(tx, site, &numbers, &parts, mistakes).await?;
        }
    }
    Ok(())
}

/// The field of a row that holds a field of a part.
fn file_field(field: &'static str) -> &'static str {
    match field {
        "id" | "serial" => "code",
        "from_node" => "from",
        "to_node" => "to",
        "home_node" => "node",
        other => other,
    }
}

/// Registers mobile shelves as units that stand at home.
async fn stand_shelves(
    tx: &mut Tx,
    site: SiteId,
    numbers: &[usize],
    parts: &[Part],
    mistakes: &mut Mistakes,
) -> Result<(), Fault> {
    for (row, part) in numbers.iter().zip(parts) {
        let Part::Shelf(shelf) = part else { continue };
        let outcome = units::add(tx, &shelf.code, UnitKind::Shelf, site, Some(&shelf.node)).await;
        let unit = mistakes.catch(*row, outcome)?;
        if unit.is_some_and(|unit| unit.site != site || unit.kind != UnitKind::Shelf) {
            mistakes.add(*row, "code", "another unit has this label; labels are unique in the whole house");
        }
    }
    Ok(())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<FloorRow>, Fault> {
    let mut rows = Vec::new();
    for site in network::sites(sql).await? {
        rows.extend(floor_rows(&site.code, layout::floor(sql, site.id).await?));
    }
    Ok(rows)
}

fn floor_rows(site: &str, floor: Floor) -> Vec<FloorRow> {
    let blank = |record| FloorRow { record: Some(record), site: site.to_owned(), ..FloorRow::default() };
    let mut rows = graph_rows(&blank, floor.nodes, floor.edges);
    rows.extend(floor.zones.into_iter().map(|zone| FloorRow {
        code: Some(zone.code),
        name_en: Some(zone.name_en),
        name_zh: Some(zone.name_zh),
        kind: Some(zone.kind.to_string()),
        temperature: Some(zone.temperature),
        x_mm: Some(zone.x_mm),
        y_mm: Some(zone.y_mm),
        width_mm: Some(zone.width_mm),
        height_mm: Some(zone.height_mm),
        ..blank(FloorRecord::Zone)
    }));
    rows.extend(floor.aisles.into_iter().map(|aisle| FloorRow {
        code: Some(aisle.code),
        zone: Some(aisle.zone),
        from: Some(aisle.from_node),
        to: Some(aisle.to_node),
        one_way: Some(aisle.one_way),
        ..blank(FloorRecord::Aisle)
    }));
    rows.extend(floor.shelves.into_iter().map(|shelf| FloorRow {
        code: Some(shelf.code),
        node: Some(shelf.node),
        ..blank(FloorRecord::Shelf)
    }));
    rows.extend(floor.bins.into_iter().map(|bin| FloorRow {
        code: Some(bin.code),
        zone: Some(bin.zone),
        kind: Some(bin.kind.to_string()),
        node: Some(bin.node),
        x_mm: Some(bin.x_mm),
        y_mm: Some(bin.y_mm),
        level: Some(bin.level),
        temperature: Some(bin.temperature),
        max_weight_g: Some(bin.max_weight_g),
        max_volume_ml: Some(bin.max_volume_ml),
        shelf: bin.shelf,
        ..blank(FloorRecord::Bin)
    }));
    rows.extend(floor.stations.into_iter().map(|station| FloorRow {
        code: Some(station.code),
        kind: Some(station.kind.to_string()),
        agv_node: (station.node != station.stand).then_some(station.node),
        node: Some(station.stand),
        bin: Some(station.bin),
        ..blank(FloorRecord::Station)
    }));
    rows.extend(floor.agvs.into_iter().map(|agv| FloorRow {
        code: Some(agv.serial),
        manufacturer: Some(agv.manufacturer),
        node: Some(agv.home_node),
        ..blank(FloorRecord::Agv)
    }));
    rows
}

fn graph_rows(blank: &impl Fn(FloorRecord) -> FloorRow, nodes: Vec<Node>, edges: Vec<Edge>) -> Vec<FloorRow> {
    let mut rows = Vec::with_capacity(nodes.len() + edges.len());
    rows.extend(nodes.into_iter().map(|node| FloorRow {
        code: Some(node.id),
        x_mm: Some(node.x_mm),
        y_mm: Some(node.y_mm),
        kind: Some(node.kind.to_string()),
        lane: Some(node.lane.to_string()),
        ..blank(FloorRecord::Node)
    }));
    rows.extend(edges.into_iter().map(|edge| FloorRow {
        from: Some(edge.from),
        to: Some(edge.to),
        length_mm: Some(edge.length_mm),
        lane: Some(edge.lane.to_string()),
        ..blank(FloorRecord::Edge)
    }));
    rows
}
