//! Rows of sites and of their services.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::model::{Mistakes, Numbered};
use crate::{
    catalog::Names,
    kernel::{Coord, Fault, SiteId},
    network::{self, Hours, NewService, NewSite, SiteKind},
    store::{Sql, Tx},
};

fn yes() -> bool {
    true
}

/// A site, added or changed by its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteRow {
    /// 1 to 12 letters, digits, dashes.
    pub code: String,
    /// English name.
    pub name_en: String,
    /// 简体中文.
    pub name_zh: String,
    /// supplier, central, forward, shop, pickup_point.
    pub kind: SiteKind,
    /// WGS-84.
    pub lat: f64,
    /// WGS-84.
    pub lon: f64,
    /// Street and number.
    #[serde(default)]
    pub street: String,
    /// IANA name.
    pub time_zone: String,
    /// `Mo-Su 06:00-24:00`; see [`Hours`].
    pub hours: Hours,
    /// 0 if it ships nothing.
    #[serde(default)]
    pub lines_per_hour: i64,
    /// Minor units.
    #[serde(default)]
    pub ship_cost_minor: i64,
    /// Minor units.
    #[serde(default)]
    pub cost_per_km_minor: i64,
    /// 0 for any distance.
    #[serde(default)]
    pub service_radius_m: i64,
    /// Corners `lat lon, lat lon, ...`; empty for no such limit.
    #[serde(default)]
    pub area: String,
    /// Of a pick-up point.
    #[serde(default)]
    pub compartments: i64,
    /// Whether it is used.
    #[serde(default = "yes")]
    pub active: bool,
}

fn read_area(text: &str) -> Option<Vec<Coord>> {
    let corner = |corner: &str| {
        let (lat, lon) = corner.trim().split_once(' ')?;
        Coord::checked(lat.trim().parse().ok()?, lon.trim().parse().ok()?)
    };
    if text.trim().is_empty() { Some(Vec::new()) } else { text.split(',').map(corner).collect() }
}

pub(super) async fn write_sites(
    tx: &mut Tx,
    rows: Vec<Numbered<SiteRow>>,
    mistakes: &mut Mistakes,
) -> Result<(), Fault> {
    for Numbered { row, value } in rows {
        let Some(area) = read_area(&value.area) else {
            mistakes.add(row, "area", "write corners as: lat lon, lat lon, lat lon");
            continue;
        };
        let new = NewSite {
            code: value.code,
            name: Names { en: value.name_en, zh: value.name_zh },
            kind: value.kind,
            coord: Coord { lat: value.lat, lon: value.lon },
            street: value.street,
            time_zone: value.time_zone,
            hours: value.hours,
            lines_per_hour: value.lines_per_hour,
            ship_cost_minor: value.ship_cost_minor,
            cost_per_km_minor: value.cost_per_km_minor,
            service_radius_m: value.service_radius_m,
            area,
            compartments: value.compartments,
            active: value.active,
        };
        let outcome = network::define_site(tx, &new).await;
        mistakes.catch(row, outcome)?;
    }
    Ok(())
}

pub(super) async fn all_sites(sql: &mut Sql) -> Result<Vec<SiteRow>, Fault> {
    let corner = |at: &Coord| format!("{} {}", at.lat, at.lon);
    let row = |site: network::Site| SiteRow {
        code: site.code,
        name_en: site.name.en,
        name_zh: site.name.zh,
        kind: site.kind,
        lat: site.coord.lat,
        lon: site.coord.lon,
        street: site.street,
        time_zone: site.time_zone,
        hours: site.hours,
        lines_per_hour: site.lines_per_hour,
        ship_cost_minor: site.ship_cost_minor,
        cost_per_km_minor: site.cost_per_km_minor,
        service_radius_m: site.service_radius_m,
        area: site.area.iter().map(corner).collect::<Vec<_>>().join(", "),
        compartments: site.compartments,
        active: site.active,
    };
    Ok(network::sites(sql).await?.into_iter().map(row).collect())
}

/// A promise of a site, added or changed by site and service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRow {
    /// Code of the site.
    pub site: String,
    /// same_day, next_day.
    pub service: String,
    /// Last minute of the local day that counts for today.
    pub cutoff_minute: i64,
    /// From the beginning of work to the door.
    pub lead_ms: i64,
}

pub(super) async fn write_services(
    tx: &mut Tx,
    rows: Vec<Numbered<ServiceRow>>,
    mistakes: &mut Mistakes,
) -> Result<(), Fault> {
    let sites = SiteCodes::load(tx.sql()).await?;
    for Numbered { row, value } in rows {
        let Some(site) = sites.known(row, &value.site, mistakes) else { continue };
        let ServiceRow { service, cutoff_minute, lead_ms, .. } = value;
        let outcome = network::put_service(tx, site, &NewService { service, cutoff_minute, lead_ms }).await;
        mistakes.catch(row, outcome)?;
    }
    Ok(())
}

pub(super) async fn all_services(sql: &mut Sql) -> Result<Vec<ServiceRow>, Fault> {
    let mut rows = Vec::new();
    for site in network::sites(sql).await? {
        for service in network::services(sql, site.id).await? {
            rows.push(ServiceRow {
                site: site.code.clone(),
                service: service.service,
                cutoff_minute: service.cutoff_minute,
                lead_ms: service.lead_ms,
            });
        }
    }
    Ok(rows)
}

/// Sites by code, for rows that name one.
pub(super) struct SiteCodes(HashMap<String, SiteId>);

impl SiteCodes {
    pub(super) async fn load(sql: &mut Sql) -> Result<Self, Fault> {
        let sites = network::sites(sql).await?;
        Ok(Self(sites.into_iter().map(|site| (site.code, site.id)).collect()))
    }

    /// The site of a code, or a mistake in the field `site`.
    pub(super) fn known(&self, row: usize, code: &str, mistakes: &mut Mistakes) -> Option<SiteId> {
        let found = self.0.get(&code.trim().to_uppercase()).copied();
        if found.is_none() {
            mistakes.add(row, "site", format!("there is no site {code}"));
        }
        found
    }
}
