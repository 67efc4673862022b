//! Roads as stored: laid, closed, opened, slowed; and the graph kept in memory
//! as long as nothing changes. Deliberately absent: what a closed road does to
//! loads under way; the fact tells `transport`.

use std::sync::{Arc, LazyLock, Mutex};

use sha2::{Digest, Sha256};

use super::{
    model::{Refusal, invalid},
    roads::{RoadEdge, RoadNode, Roads},
    rows,
};
use crate::{
    event::Event,
    kernel::{Coord, Fault, Stop},
    store::{Sql, Tx},
};

/// Graphs built lately, newest last. The version says what is in them, so two
/// databases may share the list.
static BUILT: LazyLock<Mutex<Vec<Built>>> = LazyLock::new(Mutex::default);
/// A version and its graph.
type Built = (String, Arc<Roads>);
const KEPT: usize = 4;

/// The road graph as it is now.
pub async fn roads(sql: &mut Sql) -> Result<Arc<Roads>, Fault> {
    let version = rows::road_version(sql).await?;
    let known = |list: &[Built]| list.iter().find(|(built, _)| *built == version).map(|(_, roads)| Arc::clone(roads));
    if let Some(roads) = known(&BUILT.lock().expect("no panic holds the list")) {
        return Ok(roads);
    }
    let (nodes, edges) = (rows::road_nodes(sql).await?, rows::road_edges(sql).await?);
    let roads = Arc::new(Roads::new(nodes, edges)?);
    // A change between the two looks would file a graph under the wrong version.
    if rows::road_version(sql).await? == version {
        let mut list = BUILT.lock().expect("no panic holds the list");
        if list.len() >= KEPT {
            list.remove(0);
        }
        list.push((version, Arc::clone(&roads)));
    }
    Ok(roads)
}

/// The version after a change: a digest of the one before and the change, so
/// that equal versions mean equal roads.
pub(super) fn next_version(before: &str, change: &str) -> String {
    let digest = Sha256::new().chain_update(before).chain_update([0]).chain_update(change).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lays roads: adds or changes nodes and edges by id. An edge must join nodes
/// that are laid; what is closed stays closed.
pub async fn put_roads(tx: &mut Tx, nodes: &[RoadNode], edges: &[RoadEdge]) -> Result<(), Stop> {
    let before = rows::lock_road_version(tx.sql()).await?;
    for (index, node) in nodes.iter().enumerate() {
        check_node(node).map_err(|refusal| at_row("nodes", index, refusal))?;
        rows::put_node(tx.sql(), node).await?;
    }
    let known: std::collections::HashSet<i64> = rows::road_nodes(tx.sql()).await?.iter().map(|node| node.id).collect();
    for (index, edge) in edges.iter().enumerate() {
        check_edge(edge).map_err(|refusal| at_row("edges", index, refusal))?;
        if !known.contains(&edge.from) || !known.contains(&edge.to) {
            return Err(at_row("edges", index, invalid("from", "joins a node that is not there")).into());
        }
        rows::put_edge(tx.sql(), edge).await?;
    }
    let change = serde_json::to_string(&(nodes, edges)).map_err(Fault::from)?;
    Ok(rows::set_road_version(tx.sql(), &next_version(&before, &change)).await?)
}

fn at_row(list: &str, index: usize, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { field, reason } => Refusal::Invalid { field: format!("{list}/{index}/{field}"), reason },
        other => other,
    }
}

fn check_node(node: &RoadNode) -> Result<(), Refusal> {
    match Coord::checked(node.lat, node.lon) {
        Some(_) => Ok(()),
        None => Err(invalid("lat", "use WGS-84 degrees")),
    }
}

fn check_edge(edge: &RoadEdge) -> Result<(), Refusal> {
    if !(0..=1_000_000).contains(&edge.length_m) {
        return Err(invalid("length_m", "use 0 to 1000000"));
    }
    if !(1..=300).contains(&edge.speed_kmh) {
        return Err(invalid("speed_kmh", "use 1 to 300"));
    }
    check_slow(edge.slow_permille)
}

fn check_slow(slow_permille: i64) -> Result<(), Refusal> {
    if (0..=20_000).contains(&slow_permille) { Ok(()) } else { Err(invalid("slow_permille", "use 0 to 20000")) }
}

/// The edge, and the one in the other direction if there is one.
async fn both_ways(tx: &mut Tx, road: i64) -> Result<(RoadEdge, Vec<i64>), Stop> {
    let unknown = || Refusal::UnknownRoad { road: road.to_string() };
    let edge = rows::road_edge(tx.sql(), road).await?.ok_or_else(unknown)?;
    let mut ids = vec![edge.id];
    ids.extend(rows::edges_between(tx.sql(), edge.to, edge.from).await?);
    Ok((edge, ids))
}

/// Closes a road in both directions. Closing a closed one changes nothing.
pub async fn close_road(tx: &mut Tx, road: i64, reason: &str) -> Result<RoadEdge, Stop> {
    let reason = reason.trim();
    if !(1..=200).contains(&reason.chars().count()) {
        return Err(invalid("reason", "say why in 1 to 200 characters").into());
    }
    let before = rows::lock_road_version(tx.sql()).await?;
    let (edge, ids) = both_ways(tx, road).await?;
    let mut changed = false;
    for id in ids {
        changed |= rows::set_closed(tx.sql(), id, true, reason).await?;
    }
    if changed {
        let version = next_version(&before, &format!("close {road} {reason}"));
        rows::set_road_version(tx.sql(), &version).await?;
        tx.emit(Event::RoadClosed { road: road.to_string(), reason: reason.to_owned() });
    }
    Ok(RoadEdge { closed: true, reason: if changed { reason.to_owned() } else { edge.reason.clone() }, ..edge })
}

/// Opens a road in both directions. Opening an open one changes nothing.
pub async fn open_road(tx: &mut Tx, road: i64) -> Result<RoadEdge, Stop> {
    let before = rows::lock_road_version(tx.sql()).await?;
    let (edge, ids) = both_ways(tx, road).await?;
    let mut changed = false;
    for id in ids {
        changed |= rows::set_closed(tx.sql(), id, false, "").await?;
    }
    if changed {
        let version = next_version(&before, &format!("open {road}"));
        rows::set_road_version(tx.sql(), &version).await?;
        tx.emit(Event::RoadOpened { road: road.to_string() });
    }
    Ok(RoadEdge { closed: false, reason: String::new(), ..edge })
}

/// Slows one direction of a road by traffic; 0 is free flow. No fact: traffic
/// changes too often, and loads under way go on as they are.
pub async fn slow_road(tx: &mut Tx, road: i64, slow_permille: i64) -> Result<(), Stop> {
    check_slow(slow_permille)?;
    let before = rows::lock_road_version(tx.sql()).await?;
    if !rows::set_slow(tx.sql(), road, slow_permille).await? {
        return Err(Refusal::UnknownRoad { road: road.to_string() }.into());
    }
    let version = next_version(&before, &format!("slow {road} {slow_permille}"));
    Ok(rows::set_road_version(tx.sql(), &version).await?)
}
