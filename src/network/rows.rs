//! The SQL of the network.

use sqlx::any::AnyRow;

use super::{
    hours::Hours,
    model::{Service, Site},
    roads::{RoadEdge, RoadNode},
    sites::NewService,
};
use crate::{
    catalog::Names,
    kernel::{Fault, SiteId, Time},
    store::{
        Row, Sql, Tx,
        bulk::{Column, Sheet},
    },
};

fn read_site(row: &AnyRow) -> Result<Site, Fault> {
    Ok(Site {
        id: row.id("id")?,
        code: row.text("code")?,
        name: Names { en: row.text("name_en")?, zh: row.text("name_zh")? },
        kind: row.word("kind")?,
        coord: row.coord()?,
        street: row.text("street")?,
        time_zone: row.text("time_zone")?,
        hours: row.word::<Hours>("hours")?,
        lines_per_hour: row.int("lines_per_hour")?,
        ship_cost_minor: row.int("ship_cost_minor")?,
        cost_per_km_minor: row.int("cost_per_km_minor")?,
        service_radius_m: row.int("service_radius_m")?,
        area: row.json("area")?,
        compartments: row.int("compartments")?,
        compartments_taken: row.int("compartments_taken")?,
        active: row.flag("active")?,
    })
}

/// Every site, active or not, by code.
pub async fn sites(sql: &mut Sql) -> Result<Vec<Site>, Fault> {
    let rows = sqlx::query("SELECT * FROM sites ORDER BY code").fetch_all(sql).await?;
    rows.iter().map(read_site).collect()
}

/// A site by id.
pub async fn site(sql: &mut Sql, id: SiteId) -> Result<Option<Site>, Fault> {
    let row = sqlx::query("SELECT * FROM sites WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_site).transpose()
}

/// A site by its code, in any case.
pub async fn site_by_code(sql: &mut Sql, code: &str) -> Result<Option<Site>, Fault> {
    let code = code.trim().to_uppercase();
    let row = sqlx::query("SELECT * FROM sites WHERE code = $1").bind(code).fetch_optional(sql).await?;
    row.as_ref().map(read_site).transpose()
}

pub(super) async fn put_site(sql: &mut Sql, site: &Site) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO sites (id, code, name_en, name_zh, kind, lat, lon, street, time_zone, hours, lines_per_hour, \
           ship_cost_minor, cost_per_km_minor, service_radius_m, area, compartments, compartments_taken, active) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, $17) \
         ON CONFLICT (code) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh, \
           kind = excluded.kind, lat = excluded.lat, lon = excluded.lon, street = excluded.street, \
           time_zone = excluded.time_zone, hours = excluded.hours, lines_per_hour = excluded.lines_per_hour, \
           ship_cost_minor = excluded.ship_cost_minor, cost_per_km_minor = excluded.cost_per_km_minor, \
           service_radius_m = excluded.service_radius_m, area = excluded.area, \
           compartments = excluded.compartments, active = excluded.active",
    )
    .bind(site.id.to_string())
    .bind(&site.code)
    .bind(&site.name.en)
    .bind(&site.name.zh)
    .bind(site.kind.as_str())
    .bind(site.coord.lat)
    .bind(site.coord.lon)
    .bind(&site.street)
    .bind(&site.time_zone)
    .bind(site.hours.as_str())
    .bind(site.lines_per_hour)
    .bind(site.ship_cost_minor)
    .bind(site.cost_per_km_minor)
    .bind(site.service_radius_m)
    .bind(serde_json::to_string(&site.area)?)
    .bind(site.compartments)
    .bind(i64::from(site.active))
    .execute(sql)
    .await?;
    Ok(())
}

// Services.

fn read_service(row: &AnyRow) -> Result<Service, Fault> {
    Ok(Service {
        service: row.text("service")?,
        cutoff_minute: row.int("cutoff_minute")?,
        lead_ms: row.int("lead_ms")?,
        open: row.flag("open")?,
        extra_lead_ms: row.int("extra_lead_ms")?,
        reason: row.text("reason")?,
    })
}

/// The services of a site.
pub async fn services(sql: &mut Sql, site: SiteId) -> Result<Vec<Service>, Fault> {
    let rows = sqlx::query("SELECT * FROM site_services WHERE site = $1 ORDER BY service DESC")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_service).collect()
}

/// The services of every site.
pub async fn all_services(sql: &mut Sql) -> Result<Vec<(SiteId, Service)>, Fault> {
    let rows = sqlx::query("SELECT * FROM site_services ORDER BY site, service DESC").fetch_all(sql).await?;
    rows.iter().map(|row| Ok((row.id("site")?, read_service(row)?))).collect()
}

pub(super) async fn service(sql: &mut Sql, site: SiteId, service: &str) -> Result<Option<Service>, Fault> {
    let row = sqlx::query("SELECT * FROM site_services WHERE site = $1 AND service = $2")
        .bind(site.to_string())
        .bind(service)
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read_service).transpose()
}

pub(super) async fn put_service(sql: &mut Sql, site: SiteId, new: &NewService) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO site_services (site, service, cutoff_minute, lead_ms, open, extra_lead_ms, reason) \
         VALUES ($1, $2, $3, $4, 1, 0, '') ON CONFLICT (site, service) DO UPDATE \
         SET cutoff_minute = excluded.cutoff_minute, lead_ms = excluded.lead_ms",
    )
    .bind(site.to_string())
    .bind(&new.service)
    .bind(new.cutoff_minute)
    .bind(new.lead_ms)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn set_service(sql: &mut Sql, site: SiteId, service: &Service) -> Result<(), Fault> {
    sqlx::query("UPDATE site_services SET open = $3, extra_lead_ms = $4, reason = $5 WHERE site = $1 AND service = $2")
        .bind(site.to_string())
        .bind(&service.service)
        .bind(i64::from(service.open))
        .bind(service.extra_lead_ms)
        .bind(&service.reason)
        .execute(sql)
        .await?;
    Ok(())
}

// Hours and compartments.

/// What is taken of each hour that begins in `from..by`.
pub(super) async fn hours(sql: &mut Sql, site: SiteId, from: Time, by: Time) -> Result<Vec<(Time, i64)>, Fault> {
    let rows = sqlx::query("SELECT hour, taken FROM site_hours WHERE site = $1 AND hour >= $2 AND hour < $3")
        .bind(site.to_string())
        .bind(from.ms())
        .bind(by.ms())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok((row.time("hour")?, row.int("taken")?))).collect()
}

/// False if `room` does not hold `lines` more.
pub(super) async fn take_hour(sql: &mut Sql, site: SiteId, hour: Time, lines: i64, room: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO site_hours (site, hour, taken) VALUES ($1, $2, $3) ON CONFLICT (site, hour) DO UPDATE \
         SET taken = site_hours.taken + excluded.taken WHERE site_hours.taken + excluded.taken <= $4",
    )
    .bind(site.to_string())
    .bind(hour.ms())
    .bind(lines)
    .bind(room)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

const SPANS: &[Column] = &[Column::Text("of_site"), Column::Int("since"), Column::Int("by")];

/// What is taken of the hours of several sites, each from a moment on and before
/// another.
pub(super) async fn hours_of(tx: &mut Tx, spans: &[(SiteId, Time, Time)]) -> Result<Vec<(SiteId, Time, i64)>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), SPANS);
    for (site, from, by) in spans {
        sheet.plain(site).int(from.ms()).int(by.ms());
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT h.site, h.hour, h.taken FROM {x} \
             JOIN site_hours h ON h.site = x.of_site AND h.hour >= x.since AND h.hour < x.by",
        )
        .await?;
    rows.iter().map(|row| Ok((row.id("site")?, row.time("hour")?, row.int("taken")?))).collect()
}

const HOURS: &[Column] = &[Column::Text("site"), Column::Int("hour"), Column::Int("taken")];
const ROOMS: &[Column] = &[Column::Text("of_site"), Column::Int("of_hour"), Column::Int("room")];

/// Takes lines of many hours; each is site, hour, lines, room. False if another
/// transaction left too little room in one of them: then all must be taken back.
pub(super) async fn take_hours(tx: &mut Tx, wanted: &[(SiteId, Time, i64, i64)]) -> Result<bool, Fault> {
    let mut sheet = Sheet::new(tx.engine(), HOURS);
    for (site, hour, lines, _) in wanted {
        sheet.plain(site).int(hour.ms()).int(*lines);
    }
    let add = "ON CONFLICT (site, hour) DO UPDATE SET taken = site_hours.taken + excluded.taken";
    sheet.upsert(tx.sql(), "site_hours", add).await?;
    let mut sheet = Sheet::new(tx.engine(), ROOMS);
    for (site, hour, _, room) in wanted {
        sheet.plain(site).int(hour.ms()).int(*room);
    }
    let full = "SELECT 1 AS one FROM {x} JOIN site_hours h ON h.site = x.of_site AND h.hour = x.of_hour \
                WHERE h.taken > x.room LIMIT 1";
    Ok(sheet.fetch(tx.sql(), full).await?.is_empty())
}

pub(super) async fn give_hour(sql: &mut Sql, site: SiteId, hour: Time, lines: i64) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE site_hours SET taken = CASE WHEN taken > $3 THEN taken - $3 ELSE 0 END WHERE site = $1 AND hour = $2",
    )
    .bind(site.to_string())
    .bind(hour.ms())
    .bind(lines)
    .execute(sql)
    .await?;
    Ok(())
}

/// False if that would leave fewer than none or more than all taken.
pub(super) async fn move_compartments(sql: &mut Sql, site: SiteId, by: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE sites SET compartments_taken = compartments_taken + $2 \
         WHERE id = $1 AND compartments_taken + $2 BETWEEN 0 AND compartments",
    )
    .bind(site.to_string())
    .bind(by)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() > 0)
}

// Roads.

/// Every crossing, by id.
pub async fn road_nodes(sql: &mut Sql) -> Result<Vec<RoadNode>, Fault> {
    let rows = sqlx::query("SELECT id, lat, lon FROM road_nodes ORDER BY id").fetch_all(sql).await?;
    rows.iter().map(|row| Ok(RoadNode { id: row.int("id")?, lat: row.real("lat")?, lon: row.real("lon")? })).collect()
}

fn read_edge(row: &AnyRow) -> Result<RoadEdge, Fault> {
    Ok(RoadEdge {
        id: row.int("id")?,
        from: row.int("from_node")?,
        to: row.int("to_node")?,
        length_m: row.int("length_m")?,
        speed_kmh: row.int("speed_kmh")?,
        class: row.text("class")?,
        name: row.text("name")?,
        name_zh: row.text("name_zh")?,
        closed: row.flag("closed")?,
        reason: row.text("reason")?,
        slow_permille: row.int("slow_permille")?,
    })
}

/// Every piece of road, by id.
pub async fn road_edges(sql: &mut Sql) -> Result<Vec<RoadEdge>, Fault> {
    let rows = sqlx::query("SELECT * FROM road_edges ORDER BY id").fetch_all(sql).await?;
    rows.iter().map(read_edge).collect()
}

pub(super) async fn road_edge(sql: &mut Sql, id: i64) -> Result<Option<RoadEdge>, Fault> {
    let row = sqlx::query("SELECT * FROM road_edges WHERE id = $1").bind(id).fetch_optional(sql).await?;
    row.as_ref().map(read_edge).transpose()
}

pub(super) async fn edges_between(sql: &mut Sql, from: i64, to: i64) -> Result<Vec<i64>, Fault> {
    let rows = sqlx::query("SELECT id FROM road_edges WHERE from_node = $1 AND to_node = $2 ORDER BY id")
        .bind(from)
        .bind(to)
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| row.int("id")).collect()
}

pub(super) async fn put_node(sql: &mut Sql, node: &RoadNode) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO road_nodes (id, lat, lon) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET lat = excluded.lat, lon = excluded.lon",
    )
    .bind(node.id)
    .bind(node.lat)
    .bind(node.lon)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn put_edge(sql: &mut Sql, edge: &RoadEdge) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO road_edges (id, from_node, to_node, length_m, speed_kmh, class, name, name_zh, \
           closed, reason, slow_permille) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (id) DO UPDATE SET from_node = excluded.from_node, to_node = excluded.to_node, \
           length_m = excluded.length_m, speed_kmh = excluded.speed_kmh, class = excluded.class, \
           name = excluded.name, name_zh = excluded.name_zh",
    )
    .bind(edge.id)
    .bind(edge.from)
    .bind(edge.to)
    .bind(edge.length_m)
    .bind(edge.speed_kmh)
    .bind(&edge.class)
    .bind(&edge.name)
    .bind(&edge.name_zh)
    .bind(i64::from(edge.closed))
    .bind(&edge.reason)
    .bind(edge.slow_permille)
    .execute(sql)
    .await?;
    Ok(())
}

/// False if it is so already.
pub(super) async fn set_closed(sql: &mut Sql, id: i64, closed: bool, reason: &str) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE road_edges SET closed = $2, reason = $3 WHERE id = $1 AND closed <> $2")
        .bind(id)
        .bind(i64::from(closed))
        .bind(reason)
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// False if there is no such road.
pub(super) async fn set_slow(sql: &mut Sql, id: i64, slow_permille: i64) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE road_edges SET slow_permille = $2 WHERE id = $1")
        .bind(id)
        .bind(slow_permille)
        .execute(sql)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The version of the roads; empty before the first were laid.
pub async fn road_version(sql: &mut Sql) -> Result<String, Fault> {
    let row = sqlx::query("SELECT version FROM road_versions WHERE name = 'roads'").fetch_optional(sql).await?;
    row.map_or(Ok(String::new()), |row| row.text("version"))
}

/// The version, kept from change by others until the transaction ends: road
/// changes stand in line here, so that each builds on the one before.
pub(super) async fn lock_road_version(sql: &mut Sql) -> Result<String, Fault> {
    let row = sqlx::query(
        "INSERT INTO road_versions (name, version) VALUES ('roads', '') \
         ON CONFLICT (name) DO UPDATE SET version = road_versions.version RETURNING version",
    )
    .fetch_one(sql)
    .await?;
    row.text("version")
}

pub(super) async fn set_road_version(sql: &mut Sql, version: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO road_versions (name, version) VALUES ('roads', $1) \
         ON CONFLICT (name) DO UPDATE SET version = excluded.version",
    )
    .bind(version)
    .execute(sql)
    .await?;
    Ok(())
}
