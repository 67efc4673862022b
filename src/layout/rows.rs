//! The SQL of the layout.

use sqlx::any::AnyRow;

use super::model::{
    Agv, Aisle, Bin, BinKind, Edge, Floor, Lane, NewBin, NewStation, Node, Shelf, Station, StationKind, Zone,
};
use crate::{
    kernel::{BinId, Fault, SiteId},
    store::{Row, Sql},
};

// Bins.

fn read_bin(row: &AnyRow) -> Result<Bin, Fault> {
    Ok(Bin {
        id: row.id("id")?,
        site: row.id("site")?,
        code: row.text("code")?,
        zone: row.text("zone")?,
        kind: row.word("kind")?,
        node: row.text("node")?,
        x_mm: row.int("x_mm")?,
        y_mm: row.int("y_mm")?,
        level: row.int("level")?,
        temperature: row.word("temperature")?,
        max_weight_g: row.int("max_weight_g")?,
        max_volume_ml: row.int("max_volume_ml")?,
        shelf: row.opt_text("shelf")?,
        blocked: row.flag("blocked")?,
        reason: row.text("reason")?,
    })
}

/// A bin by id.
pub async fn bin(sql: &mut Sql, id: BinId) -> Result<Option<Bin>, Fault> {
    let row = sqlx::query("SELECT * FROM bins WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_bin).transpose()
}

/// A bin by its label, in any case.
pub async fn bin_by_code(sql: &mut Sql, site: SiteId, code: &str) -> Result<Option<Bin>, Fault> {
    let row = sqlx::query("SELECT * FROM bins WHERE site = $1 AND code = $2")
        .bind(site.to_string())
        .bind(code.trim().to_uppercase())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_bin).transpose()
}

/// Every bin of a site, by code.
pub async fn bins(sql: &mut Sql, site: SiteId) -> Result<Vec<Bin>, Fault> {
    let rows =
        sqlx::query("SELECT * FROM bins WHERE site = $1 ORDER BY code").bind(site.to_string()).fetch_all(sql).await?;
    rows.iter().map(read_bin).collect()
}

/// The bins of one kind at a site, by code.
pub async fn bins_of(sql: &mut Sql, site: SiteId, kind: BinKind) -> Result<Vec<Bin>, Fault> {
    let rows = sqlx::query("SELECT * FROM bins WHERE site = $1 AND kind = $2 ORDER BY code")
        .bind(site.to_string())
        .bind(kind.as_str())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_bin).collect()
}

/// The compartments of a mobile shelf by its label, by code.
pub async fn bins_of_shelf(sql: &mut Sql, site: SiteId, shelf: &str) -> Result<Vec<Bin>, Fault> {
    let rows = sqlx::query("SELECT * FROM bins WHERE site = $1 AND shelf = $2 ORDER BY code")
        .bind(site.to_string())
        .bind(shelf)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_bin).collect()
}

pub(super) async fn put_bin(sql: &mut Sql, site: SiteId, id: BinId, bin: &NewBin) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO bins (id, site, code, zone, kind, node, x_mm, y_mm, level, temperature, max_weight_g, \
           max_volume_ml, shelf, blocked, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, '') \
         ON CONFLICT (site, code) DO UPDATE SET zone = excluded.zone, kind = excluded.kind, node = excluded.node, \
           x_mm = excluded.x_mm, y_mm = excluded.y_mm, level = excluded.level, temperature = excluded.temperature, \
           max_weight_g = excluded.max_weight_g, max_volume_ml = excluded.max_volume_ml, shelf = excluded.shelf",
    )
    .bind(id.to_string())
    .bind(site.to_string())
    .bind(bin.code.to_uppercase())
    .bind(&bin.zone)
    .bind(bin.kind.as_str())
    .bind(&bin.node)
    .bind(bin.x_mm)
    .bind(bin.y_mm)
    .bind(bin.level)
    .bind(bin.temperature.as_str())
    .bind(bin.max_weight_g)
    .bind(bin.max_volume_ml)
    .bind(bin.shelf.as_deref())
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn set_blocked(sql: &mut Sql, id: BinId, blocked: bool, reason: &str) -> Result<(), Fault> {
    sqlx::query("UPDATE bins SET blocked = $2, reason = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(i64::from(blocked))
        .bind(reason)
        .execute(sql)
        .await?;
    Ok(())
}

// Zones, aisles, stations, shelves, vehicles.

/// The zones of a site, by code.
pub async fn zones(sql: &mut Sql, site: SiteId) -> Result<Vec<Zone>, Fault> {
    let rows =
        sqlx::query("SELECT * FROM zones WHERE site = $1 ORDER BY code").bind(site.to_string()).fetch_all(sql).await?;
    let zone = |row: &AnyRow| {
        Ok(Zone {
            code: row.text("code")?,
            name_en: row.text("name_en")?,
            name_zh: row.text("name_zh")?,
            kind: row.word("kind")?,
            temperature: row.word("temperature")?,
            x_mm: row.int("x_mm")?,
            y_mm: row.int("y_mm")?,
            width_mm: row.int("width_mm")?,
            height_mm: row.int("height_mm")?,
        })
    };
    rows.iter().map(zone).collect()
}

pub(super) async fn put_zone(sql: &mut Sql, site: SiteId, zone: &Zone) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO zones (site, code, name_en, name_zh, kind, temperature, x_mm, y_mm, width_mm, height_mm) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (site, code) DO UPDATE \
         SET name_en = excluded.name_en, name_zh = excluded.name_zh, kind = excluded.kind, \
           temperature = excluded.temperature, x_mm = excluded.x_mm, y_mm = excluded.y_mm, \
           width_mm = excluded.width_mm, height_mm = excluded.height_mm",
    )
    .bind(site.to_string())
    .bind(&zone.code)
    .bind(&zone.name_en)
    .bind(&zone.name_zh)
    .bind(zone.kind.as_str())
    .bind(zone.temperature.as_str())
    .bind(zone.x_mm)
    .bind(zone.y_mm)
    .bind(zone.width_mm)
    .bind(zone.height_mm)
    .execute(sql)
    .await?;
    Ok(())
}

/// The aisles of a site, by code.
pub async fn aisles(sql: &mut Sql, site: SiteId) -> Result<Vec<Aisle>, Fault> {
    let rows =
        sqlx::query("SELECT * FROM aisles WHERE site = $1 ORDER BY code").bind(site.to_string()).fetch_all(sql).await?;
    let aisle = |row: &AnyRow| {
        Ok(Aisle {
            code: row.text("code")?,
            zone: row.text("zone")?,
            from_node: row.text("from_node")?,
            to_node: row.text("to_node")?,
            one_way: row.flag("one_way")?,
        })
    };
    rows.iter().map(aisle).collect()
}

pub(super) async fn put_aisle(sql: &mut Sql, site: SiteId, aisle: &Aisle) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO aisles (site, code, zone, from_node, to_node, one_way) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (site, code) DO UPDATE SET zone = excluded.zone, from_node = excluded.from_node, \
           to_node = excluded.to_node, one_way = excluded.one_way",
    )
    .bind(site.to_string())
    .bind(&aisle.code)
    .bind(&aisle.zone)
    .bind(&aisle.from_node)
    .bind(&aisle.to_node)
    .bind(i64::from(aisle.one_way))
    .execute(sql)
    .await?;
    Ok(())
}

fn read_station(row: &AnyRow) -> Result<Station, Fault> {
    Ok(Station {
        code: row.text("code")?,
        kind: row.word("kind")?,
        node: row.text("node")?,
        stand: row.text("stand")?,
        bin: row.text("bin")?,
    })
}

/// The stations of one kind at a site, by code.
pub async fn stations(sql: &mut Sql, site: SiteId, kind: StationKind) -> Result<Vec<Station>, Fault> {
    let rows = sqlx::query("SELECT * FROM stations WHERE site = $1 AND kind = $2 ORDER BY code")
        .bind(site.to_string())
        .bind(kind.as_str())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_station).collect()
}

/// A station by its label.
pub async fn station(sql: &mut Sql, site: SiteId, code: &str) -> Result<Option<Station>, Fault> {
    let row = sqlx::query("SELECT * FROM stations WHERE site = $1 AND code = $2")
        .bind(site.to_string())
        .bind(code.trim().to_uppercase())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_station).transpose()
}

async fn all_stations(sql: &mut Sql, site: SiteId) -> Result<Vec<Station>, Fault> {
    let rows = sqlx::query("SELECT * FROM stations WHERE site = $1 ORDER BY code")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_station).collect()
}

pub(super) async fn put_station(sql: &mut Sql, site: SiteId, station: &NewStation) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO stations (site, code, kind, node, stand, bin) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (site, code) DO UPDATE SET kind = excluded.kind, node = excluded.node, \
           stand = excluded.stand, bin = excluded.bin",
    )
    .bind(site.to_string())
    .bind(station.code.to_uppercase())
    .bind(station.kind.as_str())
    .bind(station.agv_node.as_ref().unwrap_or(&station.node))
    .bind(&station.node)
    .bind(&station.bin)
    .execute(sql)
    .await?;
    Ok(())
}

/// The mobile shelves of a site with their homes, by code.
pub async fn shelves(sql: &mut Sql, site: SiteId) -> Result<Vec<Shelf>, Fault> {
    let rows = sqlx::query("SELECT code, node FROM shelves WHERE site = $1 ORDER BY code")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok(Shelf { code: row.text("code")?, node: row.text("node")? })).collect()
}

pub(super) async fn put_shelf(sql: &mut Sql, site: SiteId, shelf: &Shelf) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO shelves (site, code, node) VALUES ($1, $2, $3) \
         ON CONFLICT (site, code) DO UPDATE SET node = excluded.node",
    )
    .bind(site.to_string())
    .bind(&shelf.code)
    .bind(&shelf.node)
    .execute(sql)
    .await?;
    Ok(())
}

/// The vehicles of a site, by serial.
pub async fn agvs(sql: &mut Sql, site: SiteId) -> Result<Vec<Agv>, Fault> {
    let rows = sqlx::query("SELECT serial, manufacturer, home_node FROM agvs WHERE site = $1 ORDER BY serial")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    let agv = |row: &AnyRow| {
        Ok(Agv {
            serial: row.text("serial")?,
            manufacturer: row.text("manufacturer")?,
            home_node: row.text("home_node")?,
        })
    };
    rows.iter().map(agv).collect()
}

pub(super) async fn put_agv(sql: &mut Sql, site: SiteId, agv: &Agv) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO agvs (site, serial, manufacturer, home_node) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (site, serial) DO UPDATE SET manufacturer = excluded.manufacturer, home_node = excluded.home_node",
    )
    .bind(site.to_string())
    .bind(&agv.serial)
    .bind(&agv.manufacturer)
    .bind(&agv.home_node)
    .execute(sql)
    .await?;
    Ok(())
}

// The graph.

/// The nodes of a site, both lanes, by id.
pub async fn nodes(sql: &mut Sql, site: SiteId) -> Result<Vec<Node>, Fault> {
    let rows = sqlx::query("SELECT id, x_mm, y_mm, kind, lane FROM floor_nodes WHERE site = $1 ORDER BY id")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    let node = |row: &AnyRow| {
        Ok(Node {
            id: row.text("id")?,
            x_mm: row.int("x_mm")?,
            y_mm: row.int("y_mm")?,
            kind: row.word("kind")?,
            lane: row.word("lane")?,
        })
    };
    rows.iter().map(node).collect()
}

pub(super) async fn put_node(sql: &mut Sql, site: SiteId, node: &Node) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO floor_nodes (site, id, x_mm, y_mm, kind, lane) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (site, id) DO UPDATE SET x_mm = excluded.x_mm, y_mm = excluded.y_mm, \
           kind = excluded.kind, lane = excluded.lane",
    )
    .bind(site.to_string())
    .bind(&node.id)
    .bind(node.x_mm)
    .bind(node.y_mm)
    .bind(node.kind.as_str())
    .bind(node.lane.as_str())
    .execute(sql)
    .await?;
    Ok(())
}

fn read_edge(row: &AnyRow) -> Result<Edge, Fault> {
    Ok(Edge {
        from: row.text("from_node")?,
        to: row.text("to_node")?,
        length_mm: row.int("length_mm")?,
        lane: row.word("lane")?,
        closed: row.flag("closed")?,
        reason: row.text("reason")?,
    })
}

/// The edges of a site, both lanes, by their ends.
pub async fn edges(sql: &mut Sql, site: SiteId) -> Result<Vec<Edge>, Fault> {
    let rows = sqlx::query("SELECT * FROM floor_edges WHERE site = $1 ORDER BY from_node, to_node")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_edge).collect()
}

/// The closed edges of one lane.
pub async fn closed_edges(sql: &mut Sql, site: SiteId, lane: Lane) -> Result<Vec<Edge>, Fault> {
    let rows = sqlx::query("SELECT * FROM floor_edges WHERE site = $1 AND lane = $2 AND closed = 1")
        .bind(site.to_string())
        .bind(lane.as_str())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_edge).collect()
}

pub(super) async fn edge(sql: &mut Sql, site: SiteId, from: &str, to: &str) -> Result<Option<Edge>, Fault> {
    let row = sqlx::query("SELECT * FROM floor_edges WHERE site = $1 AND from_node = $2 AND to_node = $3")
        .bind(site.to_string())
        .bind(from)
        .bind(to)
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_edge).transpose()
}

pub(super) async fn put_edge(sql: &mut Sql, site: SiteId, edge: &Edge) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO floor_edges (site, from_node, to_node, length_mm, lane, closed, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (site, from_node, to_node) DO UPDATE \
         SET length_mm = excluded.length_mm, lane = excluded.lane",
    )
    .bind(site.to_string())
    .bind(&edge.from)
    .bind(&edge.to)
    .bind(edge.length_mm)
    .bind(edge.lane.as_str())
    .bind(i64::from(edge.closed))
    .bind(&edge.reason)
    .execute(sql)
    .await?;
    Ok(())
}

/// False if there is no such edge, or it is so already.
pub(super) async fn set_closed(
    sql: &mut Sql,
    site: SiteId,
    from: &str,
    to: &str,
    closed: bool,
    reason: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE floor_edges SET closed = $4, reason = $5 \
         WHERE site = $1 AND from_node = $2 AND to_node = $3 AND closed <> $4",
    )
    .bind(site.to_string())
    .bind(from)
    .bind(to)
    .bind(i64::from(closed))
    .bind(reason)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The version of a site's graph, kept from change by others until the
/// transaction ends: changes of one floor stand in line here.
pub(super) async fn lock_version(sql: &mut Sql, site: SiteId) -> Result<String, Fault> {
    let row = sqlx::query(
        "INSERT INTO floor_versions (site, version) VALUES ($1, '') \
         ON CONFLICT (site) DO UPDATE SET version = floor_versions.version RETURNING version",
    )
    .bind(site.to_string())
    .fetch_one(sql)
    .await?;
    row.text("version")
}

/// The version of a site's graph; empty before it is drawn.
pub(super) async fn version(sql: &mut Sql, site: SiteId) -> Result<String, Fault> {
    let row = sqlx::query("SELECT version FROM floor_versions WHERE site = $1")
        .bind(site.to_string())
        .fetch_optional(sql)
        .await?;
    row.map_or(Ok(String::new()), |row| row.text("version"))
}

pub(super) async fn set_version(sql: &mut Sql, site: SiteId, version: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO floor_versions (site, version) VALUES ($1, $2) \
         ON CONFLICT (site) DO UPDATE SET version = excluded.version",
    )
    .bind(site.to_string())
    .bind(version)
    .execute(sql)
    .await?;
    Ok(())
}

/// The whole floor of a site; empty before it is drawn.
pub async fn floor(sql: &mut Sql, site: SiteId) -> Result<Floor, Fault> {
    let (zones, nodes) = (zones(sql, site).await?, nodes(sql, site).await?);
    let east = zones.iter().map(|zone| zone.x_mm + zone.width_mm).chain(nodes.iter().map(|node| node.x_mm)).max();
    let north = zones.iter().map(|zone| zone.y_mm + zone.height_mm).chain(nodes.iter().map(|node| node.y_mm)).max();
    Ok(Floor {
        site,
        width_mm: east.unwrap_or(0),
        height_mm: north.unwrap_or(0),
        zones,
        aisles: aisles(sql, site).await?,
        bins: bins(sql, site).await?,
        nodes,
        edges: edges(sql, site).await?,
        shelves: shelves(sql, site).await?,
        stations: all_stations(sql, site).await?,
        agvs: agvs(sql, site).await?,
    })
}
