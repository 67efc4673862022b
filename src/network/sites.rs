//! Defines sites, and opens, throttles or closes their services. Deliberately
//! absent: deleting; a site that is no longer used is not active.

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    hours::Hours,
    model::{NEXT_DAY, Refusal, SAME_DAY, Service, Site, SiteKind, invalid},
    rows,
};
use crate::{
    catalog::Names,
    event::Event,
    kernel::{Coord, SiteId, Stop},
    store::Tx,
};

/// A site to define.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// Short; kept in capitals.
    pub code: String,
    /// What people call it.
    pub name: Names,
    /// What it is to us.
    pub kind: SiteKind,
    /// Its gate.
    pub coord: Coord,
    /// Street and number.
    pub street: String,
    /// IANA name.
    pub time_zone: String,
    /// When people work there.
    pub hours: Hours,
    /// 0 if it ships nothing.
    pub lines_per_hour: i64,
    /// Minor units.
    pub ship_cost_minor: i64,
    /// Minor units.
    pub cost_per_km_minor: i64,
    /// 0 for any distance.
    pub service_radius_m: i64,
    /// Empty for no such limit.
    pub area: Vec<Coord>,
    /// 0 unless it is a pick-up point.
    pub compartments: i64,
    /// Whether it is used.
    pub active: bool,
}

/// Adds a site, or changes it in every field, by its code.
pub async fn define_site(tx: &mut Tx, new: &NewSite) -> Result<Site, Stop> {
    check(new)?;
    let code = new.code.trim().to_uppercase();
    let before = rows::site_by_code(tx.sql(), &code).await?;
    let site = Site {
        id: before.as_ref().map_or_else(|| tx.id(), |before| before.id),
        code,
        name: new.name.clone(),
        kind: new.kind,
        coord: new.coord,
        street: new.street.clone(),
        time_zone: new.time_zone.clone(),
        hours: new.hours.clone(),
        lines_per_hour: new.lines_per_hour,
        ship_cost_minor: new.ship_cost_minor,
        cost_per_km_minor: new.cost_per_km_minor,
        service_radius_m: new.service_radius_m,
        area: new.area.clone(),
        compartments: new.compartments,
        compartments_taken: before.as_ref().map_or(0, |before| before.compartments_taken),
        active: new.active,
    };
    if site.compartments < site.compartments_taken {
        let reason = format!("{} are taken now", site.compartments_taken);
        return Err(invalid("compartments", reason).into());
    }
    rows::put_site(tx.sql(), &site).await?;
    Ok(site)
}

fn check(new: &NewSite) -> Result<(), Refusal> {
    let sized = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
    let code = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !sized(&new.code, 12) || !new.code.trim().chars().all(code) {
        return Err(invalid("code", "use 1 to 12 letters, digits or dashes"));
    }
    if !sized(&new.name.en, 120) || !sized(&new.name.zh, 120) {
        return Err(invalid("name", "use 1 to 120 characters in both languages"));
    }
    if TimeZone::get(&new.time_zone).is_err() {
        return Err(invalid("time_zone", "use an IANA name such as Asia/Shanghai"));
    }
    if Coord::checked(new.coord.lat, new.coord.lon).is_none() {
        return Err(invalid("lat", "use WGS-84 degrees"));
    }
    if (1..3).contains(&new.area.len()) || new.area.iter().any(|at| Coord::checked(at.lat, at.lon).is_none()) {
        return Err(invalid("area", "use at least three corners in WGS-84 degrees, or none"));
    }
    for (field, value, most) in [
        ("lines_per_hour", new.lines_per_hour, 1_000_000),
        ("ship_cost_minor", new.ship_cost_minor, 1_000_000_000),
        ("cost_per_km_minor", new.cost_per_km_minor, 1_000_000_000),
        ("service_radius_m", new.service_radius_m, 20_000_000),
        ("compartments", new.compartments, 100_000),
    ] {
        if !(0..=most).contains(&value) {
            return Err(invalid(field, format!("use 0 to {most}")));
        }
    }
    Ok(())
}

/// A service to define; it is open, without throttle.
#[derive(Debug, Clone)]
pub struct NewService {
    /// `same_day` or `next_day`.
    pub service: String,
    /// Minutes after local midnight.
    pub cutoff_minute: i64,
    /// Milliseconds.
    pub lead_ms: i64,
}

/// Adds a service to a site, or changes its cut-off and lead time; what a
/// supervisor closed stays closed.
pub async fn put_service(tx: &mut Tx, site: SiteId, new: &NewService) -> Result<(), Stop> {
    if ![SAME_DAY, NEXT_DAY].contains(&new.service.as_str()) {
        return Err(invalid("service", "use same_day or next_day").into());
    }
    if !(0..1440).contains(&new.cutoff_minute) {
        return Err(invalid("cutoff_minute", "use 0 to 1439").into());
    }
    if !(0..=30 * 86_400_000).contains(&new.lead_ms) {
        return Err(invalid("lead_ms", "use 0 to 30 days").into());
    }
    Ok(rows::put_service(tx.sql(), site, new).await?)
}

/// What a supervisor changes about a service.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceChange {
    /// False closes it for new orders.
    pub open: bool,
    /// Promise this much later than usual: the throttle.
    #[serde(default)]
    pub extra_lead_ms: i64,
    /// Why; may be empty only when all is as usual.
    #[serde(default)]
    pub reason: String,
}

/// Opens, throttles or closes a service of a site. Saying the same twice states
/// one fact.
pub async fn set_service(tx: &mut Tx, site: SiteId, service: &str, change: &ServiceChange) -> Result<Service, Stop> {
    let usual = change.open && change.extra_lead_ms == 0;
    let reason = if usual { "" } else { change.reason.trim() };
    if !usual && !(1..=200).contains(&reason.chars().count()) {
        return Err(invalid("reason", "say why in 1 to 200 characters").into());
    }
    if !(0..=7 * 86_400_000).contains(&change.extra_lead_ms) {
        return Err(invalid("extra_lead_ms", "use 0 to 7 days").into());
    }
    let unknown = || Refusal::UnknownService { service: service.chars().take(60).collect() };
    let before = rows::service(tx.sql(), site, service).await?.ok_or_else(unknown)?;
    let after =
        Service { open: change.open, extra_lead_ms: change.extra_lead_ms, reason: reason.to_owned(), ..before.clone() };
    if after != before {
        rows::set_service(tx.sql(), site, &after).await?;
        let reason = after.reason.clone();
        tx.emit(Event::ServiceChanged { site, service: after.service.clone(), open: after.open, reason });
    }
    Ok(after)
}
