//! Rows of roads: crossings and pieces of road in one file.

use serde::{Deserialize, Serialize};

use super::model::{Mistakes, Numbered};
use crate::{
    kernel::{Coord, Fault},
    network::{self, RoadEdge, RoadNode},
    store::{Sql, Tx},
    words,
};

words! {
    /// What a row of roads is.
    RoadRecord {
        /// A crossing: `id lat lon`.
        Node = "node",
        /// One direction of a piece of road: all the other fields.
        Edge = "edge",
    }
}

/// A crossing or one direction of a piece of road, added or changed by its id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoadRow {
    /// node or edge.
    pub record: Option<RoadRecord>,
    /// Unique among nodes, and among edges.
    pub id: i64,
    /// WGS-84.
    pub lat: Option<f64>,
    /// WGS-84.
    pub lon: Option<f64>,
    /// Id of the node it leaves.
    pub from: Option<i64>,
    /// Id of the node it reaches.
    pub to: Option<i64>,
    /// Metres.
    pub length_m: Option<i64>,
    /// In free flow.
    pub speed_kmh: Option<i64>,
    /// trunk, primary, secondary, residential ...
    pub class: Option<String>,
    /// English name.
    pub name: Option<String>,
    /// 简体中文.
    pub name_zh: Option<String>,
}

fn node(row: &RoadRow) -> Result<RoadNode, (&'static str, &'static str)> {
    let lat = row.lat.ok_or(("lat", "a node needs it"))?;
    let lon = row.lon.ok_or(("lon", "a node needs it"))?;
    Coord::checked(lat, lon).ok_or(("lat", "use WGS-84 degrees"))?;
    Ok(RoadNode { id: row.id, lat, lon })
}

fn edge(row: RoadRow) -> Result<RoadEdge, (&'static str, &'static str)> {
    let length_m = row.length_m.ok_or(("length_m", "an edge needs it"))?;
    let speed_kmh = row.speed_kmh.ok_or(("speed_kmh", "an edge needs it"))?;
    if !(0..=1_000_000).contains(&length_m) {
        return Err(("length_m", "use 0 to 1000000"));
    }
    if !(1..=300).contains(&speed_kmh) {
        return Err(("speed_kmh", "use 1 to 300"));
    }
    Ok(RoadEdge {
        id: row.id,
        from: row.from.ok_or(("from", "an edge needs it"))?,
        to: row.to.ok_or(("to", "an edge needs it"))?,
        length_m,
        speed_kmh,
        class: row.class.unwrap_or_default(),
        name: row.name.unwrap_or_default(),
        name_zh: row.name_zh.unwrap_or_default(),
        closed: false,
        reason: String::new(),
        slow_permille: 0,
    })
}

pub(super) async fn write(tx: &mut Tx, rows: Vec<Numbered<RoadRow>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    let mut places = Vec::new();
    for Numbered { row, value } in rows {
        let read = match value.record {
            Some(RoadRecord::Node) => node(&value).map(|node| nodes.push(node)),
            Some(RoadRecord::Edge) => edge(value).map(|edge| {
                edges.push(edge);
                places.push(row);
            }),
            None => Err(("record", "say node or edge")),
        };
        if let Err((field, message)) = read {
            mistakes.add(row, field, message);
        }
    }
    let mut known: std::collections::HashSet<i64> =
        network::road_nodes(tx.sql()).await?.iter().map(|node| node.id).collect();
    known.extend(nodes.iter().map(|node| node.id));
    for (edge, row) in edges.iter().zip(&places) {
        for (field, end) in [("from", edge.from), ("to", edge.to)] {
            if !known.contains(&end) {
                mistakes.add(*row, field, format!("there is no node {end}"));
            }
        }
    }
    if mistakes.is_empty() {
        let outcome = network::put_roads(tx, &nodes, &edges).await;
        mistakes.catch(0, outcome)?;
    }
    Ok(())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<RoadRow>, Fault> {
    let node = |node: RoadNode| RoadRow {
        record: Some(RoadRecord::Node),
        id: node.id,
        lat: Some(node.lat),
        lon: Some(node.lon),
        ..RoadRow::default()
    };
    let edge = |edge: RoadEdge| RoadRow {
        record: Some(RoadRecord::Edge),
        id: edge.id,
        from: Some(edge.from),
        to: Some(edge.to),
        length_m: Some(edge.length_m),
        speed_kmh: Some(edge.speed_kmh),
        class: Some(edge.class),
        name: Some(edge.name),
        name_zh: Some(edge.name_zh),
        ..RoadRow::default()
    };
    let mut rows: Vec<RoadRow> = network::road_nodes(sql).await?.into_iter().map(node).collect();
    rows.extend(network::road_edges(sql).await?.into_iter().map(edge));
    Ok(rows)
}
