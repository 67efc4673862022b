//! Where goods wait in the city: the central warehouse, four forward
//! warehouses and three pick-up points.
//!
//! Floors and stock have files of their own; a site here is what the network
//! knows of it.

use super::Scale;
use super::city::{City, LatLon};
use super::geo::{Point, voronoi_cell};
use serde::{Deserialize, Serialize};

/// IANA name; the city keeps China Standard Time.
pub const TIME_ZONE: &str = "Asia/Shanghai";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    Central,
    Forward,
    PickupPoint,
}

/// Opening hours that are the same every day; minutes after local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub opens_minute: u32,
    /// 1440 is midnight.
    pub closes_minute: u32,
}

/// A promise the site can keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// `same_day` or `next_day`.
    pub service: String,
    /// Last minute of the local day at which an order still counts for today.
    pub cutoff_minute: u32,
    /// From order to door at the earliest.
    pub lead_ms: i64,
    pub open: bool,
}

/// A site as the network knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    pub code: String,
    pub name_en: String,
    pub name_zh: String,
    pub kind: SiteKind,
    pub lat: f64,
    pub lon: f64,
    /// Road node at the gate.
    pub node: u32,
    pub street_en: String,
    pub street_zh: String,
    pub number: u32,
    pub district_en: String,
    pub district_zh: String,
    pub time_zone: String,
    pub hours: Hours,
    pub services: Vec<Service>,
    /// Order lines the site can ship in an hour; 0 for pick-up points.
    pub lines_per_hour: u32,
    /// Cost of one parcel before it moves, minor units.
    pub ship_cost_minor: i64,
    pub cost_per_km_minor: i64,
    /// Doors it serves; empty for pick-up points.
    pub service_area: Vec<LatLon>,
    /// Parcels a pick-up point can keep; 0 elsewhere.
    pub compartments: u32,
}

impl Site {
    pub fn place(&self) -> LatLon {
        LatLon { lat: self.lat, lon: self.lon }
    }
}

struct Plan {
    code: &'static str,
    en: &'static str,
    zh: &'static str,
    kind: SiteKind,
    /// Metres east and north of the middle of the city; the nearest crossing
    /// is taken.
    at: Point,
}

const fn plan(code: &'static str, en: &'static str, zh: &'static str, kind: SiteKind, x: f64, y: f64) -> Plan {
    let at = Point::new(x, y);
    Plan { code, en, zh, kind, at }
}

/// Forward warehouses lie where nobody is more than two kilometres from one;
/// two of them stand south of the river, so that a closed bridge is felt but
/// cuts nobody off.
const PLANS: [Plan; 8] = [
    plan("NG", "Northgate central", "北门中心仓", SiteKind::Central, 420.0, 2_150.0),
    plan("ML", "Mill Lane forward", "磨坊里前置仓", SiteKind::Forward, -1_850.0, 350.0),
    plan("EF", "Eastfield forward", "东田前置仓", SiteKind::Forward, 2_250.0, 750.0),
    plan("QS", "Quayside forward", "河岸前置仓", SiteKind::Forward, -1_150.0, -1_850.0),
    plan("HB", "Harbour forward", "港区前置仓", SiteKind::Forward, 1_500.0, -1_950.0),
    plan("PL", "Lotus Corner pick-up", "荷花角自提点", SiteKind::PickupPoint, 100.0, 200.0),
    plan("PC", "College Green pick-up", "学院绿地自提点", SiteKind::PickupPoint, -1_900.0, 1_500.0),
    plan("PD", "Dock Gate pick-up", "码头门自提点", SiteKind::PickupPoint, 1_900.0, -1_350.0),
];

/// The sites of the city, or the central one alone.
pub fn generate(city: &City, scale: Scale) -> Vec<Site> {
    let count = match scale {
        Scale::Tiny => 1,
        Scale::City => PLANS.len(),
    };
    let forwards: Vec<Point> = PLANS.iter().filter(|plan| plan.kind == SiteKind::Forward).map(|plan| plan.at).collect();
    let plane = city.plane();
    let outline: Vec<Point> = city.outline.iter().map(|&p| plane.to_point(p)).collect();
    PLANS[..count]
        .iter()
        .map(|plan| {
            let area = match plan.kind {
                SiteKind::Central => outline.clone(),
                SiteKind::Forward => {
                    let own = forwards.iter().position(|&home| home == plan.at);
                    voronoi_cell(&forwards, own.unwrap_or(0), &outline)
                }
                SiteKind::PickupPoint => Vec::new(),
            };
            let area = area.into_iter().map(|p| plane.to_wgs84(p)).collect();
            build(city, plan, area)
        })
        .collect()
}

fn build(city: &City, plan: &Plan, service_area: Vec<LatLon>) -> Site {
    let node = city.nearest_node(city.plane().to_wgs84(plan.at));
    let place = city.node_place(node);
    let street = city
        .edges
        .iter()
        .find(|edge| edge.from == node && edge.first_number > 0)
        .or_else(|| city.edges.iter().find(|edge| edge.from == node))
        .expect("every crossing has a road");
    let district = city.district_at(place);
    Site {
        code: plan.code.to_owned(),
        name_en: plan.en.to_owned(),
        name_zh: plan.zh.to_owned(),
        kind: plan.kind,
        lat: place.lat,
        lon: place.lon,
        node,
        street_en: street.name.clone(),
        street_zh: street.name_zh.clone(),
        number: street.first_number.max(1),
        district_en: district.name_en.clone(),
        district_zh: district.name_zh.clone(),
        time_zone: TIME_ZONE.to_owned(),
        hours: hours(plan.kind),
        services: services(plan.kind),
        lines_per_hour: match plan.kind {
            SiteKind::Central => 900,
            SiteKind::Forward => 260,
            SiteKind::PickupPoint => 0,
        },
        ship_cost_minor: match plan.kind {
            SiteKind::Central => 380,
            SiteKind::Forward => 240,
            SiteKind::PickupPoint => 0,
        },
        cost_per_km_minor: match plan.kind {
            SiteKind::Central => 90,
            SiteKind::Forward => 140,
            SiteKind::PickupPoint => 0,
        },
        service_area,
        compartments: match plan.kind {
            SiteKind::PickupPoint => 48,
            SiteKind::Central | SiteKind::Forward => 0,
        },
    }
}

fn hours(kind: SiteKind) -> Hours {
    let (opens_minute, closes_minute) = match kind {
        SiteKind::Central => (0, 1_440),
        SiteKind::Forward => (6 * 60, 1_440),
        SiteKind::PickupPoint => (7 * 60, 23 * 60),
    };
    Hours { opens_minute, closes_minute }
}

fn services(kind: SiteKind) -> Vec<Service> {
    let service = |service: &str, cutoff_minute, lead_minutes: i64| Service {
        service: service.to_owned(),
        cutoff_minute,
        lead_ms: lead_minutes * 60_000,
        open: true,
    };
    match kind {
        SiteKind::Central => vec![service("same_day", 20 * 60, 90), service("next_day", 23 * 60, 10 * 60)],
        SiteKind::Forward => vec![service("same_day", 22 * 60, 45), service("next_day", 23 * 60, 8 * 60)],
        SiteKind::PickupPoint => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::geo::contains;
    use super::*;
    use crate::seed::stream;

    #[test]
    fn eight_sites_stand_apart_on_the_road() {
        let city = City::generate(7);
        let sites = generate(&city, Scale::City);
        let kinds = |kind| sites.iter().filter(|site| site.kind == kind).count();
        assert_eq!(kinds(SiteKind::Central), 1);
        assert_eq!(kinds(SiteKind::Forward), 4);
        assert_eq!(kinds(SiteKind::PickupPoint), 3);
        let nodes: std::collections::BTreeSet<_> = sites.iter().map(|site| site.node).collect();
        assert_eq!(nodes.len(), sites.len());
        assert_eq!(generate(&city, Scale::Tiny), sites[..1]);
    }

    #[test]
    fn every_door_has_the_central_and_one_forward_warehouse() {
        let city = City::generate(7);
        let plane = city.plane();
        let sites = generate(&city, Scale::City);
        let mut chance = stream(7, "test", 1);
        for _ in 0..300 {
            let door = city.random_address(&mut chance);
            let serving: Vec<_> = sites
                .iter()
                .filter(|site| {
                    let area: Vec<_> = site.service_area.iter().map(|&p| plane.to_point(p)).collect();
                    contains(&area, plane.to_point(door.place()))
                })
                .map(|site| site.kind)
                .collect();
            assert_eq!(serving, [SiteKind::Central, SiteKind::Forward], "{door:?}");
        }
    }
}
