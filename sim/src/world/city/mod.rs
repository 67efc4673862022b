//! The generated city: roads, river, districts and addresses of Harbrook.
//!
//! Plain data in WGS-84 degrees, metres and km/h, ready to be written as JSON.
//! The place is invented and lies in open sea, so that no real address is ever
//! meant. Nothing here drives: that is the business of vehicles and riders.

mod address;
mod lattice;
mod names;
mod river;
mod streets;

pub use super::geo::LatLon;
use super::geo::{Plane, Point, contains, voronoi_cell};
use crate::seed::{Chance, stream};
pub use address::Address;
use lattice::{Cell, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The middle of the city.
pub const CENTRE: LatLon = LatLon { lat: 30.1, lon: 123.4 };

/// What kind of road an edge is; decides its speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadClass {
    Trunk,
    Primary,
    Secondary,
    Residential,
}

impl RoadClass {
    /// Free-flow speed in km/h.
    pub const fn speed_kmh(self) -> u32 {
        match self {
            RoadClass::Trunk => 70,
            RoadClass::Primary => 50,
            RoadClass::Secondary => 40,
            RoadClass::Residential => 30,
        }
    }
}

/// A crossing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoadNode {
    pub id: u32,
    pub lat: f64,
    pub lon: f64,
}

/// One direction of one piece of road. A two-way piece is two edges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoadEdge {
    pub id: u32,
    pub from: u32,
    pub to: u32,
    pub length_m: u32,
    pub speed_kmh: u32,
    pub class: RoadClass,
    pub name: String,
    pub name_zh: String,
    /// Index into `City::streets`.
    pub street: u32,
    pub one_way: bool,
    pub bridge: bool,
    /// The edge in the other direction, if there is one.
    pub twin: Option<u32>,
    /// Lowest house number; 0 where no house stands (bridges, the twin).
    pub first_number: u32,
}

impl RoadEdge {
    /// Free-flow time over the edge.
    pub fn travel_ms(&self) -> i64 {
        i64::from(self.length_m) * 3_600 / i64::from(self.speed_kmh)
    }
}

/// A named street; its edges point to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Street {
    pub id: u32,
    pub name_en: String,
    pub name_zh: String,
    pub class: RoadClass,
}

/// A named polygon: a district, a park, the water.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub name_en: String,
    pub name_zh: String,
    /// Corners in order; the last joins the first.
    pub polygon: Vec<LatLon>,
}

/// A bridge with the edges (both directions) that cross by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bridge {
    pub name_en: String,
    pub name_zh: String,
    pub edges: Vec<u32>,
}

/// The city as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct City {
    pub name_en: String,
    pub name_zh: String,
    pub centre: LatLon,
    /// The built-up area.
    pub outline: Vec<LatLon>,
    pub nodes: Vec<RoadNode>,
    pub edges: Vec<RoadEdge>,
    pub streets: Vec<Street>,
    pub bridges: Vec<Bridge>,
    pub districts: Vec<Area>,
    pub river: Area,
    /// The middle of the water, west to east.
    pub river_line: Vec<LatLon>,
    pub park: Area,
}

impl City {
    /// Builds the city of `seed`.
    pub fn generate(seed: u64) -> Self {
        let mut chance = stream(seed, "city", 0);
        let river = river::River::carve(&mut chance);
        let plan = lattice::draw(&river, &mut chance);
        let plane = Plane::around(CENTRE);
        let degrees = |points: &[Point]| points.iter().map(|&p| plane.to_wgs84(p)).collect();
        let area = |name: names::Pair, points: &[Point]| Area {
            name_en: name.0.to_owned(),
            name_zh: name.1.to_owned(),
            polygon: degrees(points),
        };
        let outline = outline_of(&plan);
        let homes: Vec<_> = names::DISTRICTS.iter().map(|&(_, x, y)| Point::new(x, y)).collect();
        let districts = names::DISTRICTS
            .iter()
            .enumerate()
            .map(|(index, &(name, _, _))| area(name, &voronoi_cell(&homes, index, &outline)))
            .collect();
        let roads = pave(&plan, plane, &mut chance);
        City {
            name_en: names::CITY.0.to_owned(),
            name_zh: names::CITY.1.to_owned(),
            centre: CENTRE,
            outline: degrees(&outline),
            nodes: roads.nodes,
            edges: roads.edges,
            streets: roads.streets,
            bridges: roads.bridges,
            districts,
            river: area(names::RIVER, &river.polygon()),
            river_line: degrees(&river.line()),
            park: area(names::PARK, &plan.park),
        }
    }

    /// The plane on which the city is flat.
    pub fn plane(&self) -> Plane {
        Plane::around(self.centre)
    }

    /// Where a crossing lies.
    pub fn node_place(&self, id: u32) -> LatLon {
        let RoadNode { lat, lon, .. } = self.nodes[id as usize];
        LatLon { lat, lon }
    }

    /// The crossing nearest to a position. The city is never empty.
    pub fn nearest_node(&self, place: LatLon) -> u32 {
        let plane = self.plane();
        let here = plane.to_point(place);
        let away = |node: &RoadNode| here.distance(plane.to_point(self.node_place(node.id)));
        self.nodes.iter().min_by(|a, b| away(a).total_cmp(&away(b))).expect("a city has crossings").id
    }

    /// The district whose polygon holds the position, else the first.
    pub fn district_at(&self, place: LatLon) -> &Area {
        let plane = self.plane();
        let here = plane.to_point(place);
        self.districts
            .iter()
            .find(|area| {
                let corners: Vec<_> = area.polygon.iter().map(|&p| plane.to_point(p)).collect();
                contains(&corners, here)
            })
            .unwrap_or(&self.districts[0])
    }

    /// A random address on a street with houses, even by length of street.
    pub fn random_address(&self, chance: &mut Chance) -> Address {
        address::draw(self, chance)
    }
}

/// The convex hull of the crossings, 120 m outwards from the centre
/// (Andrew's monotone chain).
fn outline_of(plan: &Plan) -> Vec<Point> {
    let mut points: Vec<_> = plan.crossings.values().copied().collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut hull: Vec<Point> = Vec::new();
        for p in points {
            while let [.., a, b] = hull[..] {
                if (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0.0 {
                    break;
                }
                hull.pop();
            }
            hull.push(p);
        }
        hull.pop();
        hull
    };
    let lower = half(&mut points.iter().copied());
    let upper = half(&mut points.iter().rev().copied());
    let grown = |p: Point| {
        let reach = p.x.hypot(p.y).max(1.0);
        Point::new(p.x, p.y).towards(Point::new(0.0, 0.0), -120.0 / reach)
    };
    lower.into_iter().chain(upper).map(grown).collect()
}

struct Roads {
    nodes: Vec<RoadNode>,
    edges: Vec<RoadEdge>,
    streets: Vec<Street>,
    bridges: Vec<Bridge>,
}

/// Turns the plan into nodes and directed edges with names and numbers.
fn pave(plan: &Plan, plane: Plane, chance: &mut Chance) -> Roads {
    let ids: BTreeMap<Cell, u32> = plan.crossings.keys().copied().zip(0..).collect();
    let nodes = plan
        .crossings
        .iter()
        .map(|(cell, &point)| {
            let LatLon { lat, lon } = plane.to_wgs84(point);
            let id = ids[cell];
            RoadNode { id, lat, lon }
        })
        .collect();
    let named = streets::name_lines(plan, chance);
    let numbers = streets::number_links(plan);
    let mut roads = Roads {
        nodes,
        edges: Vec::with_capacity(plan.links.len() * 2),
        streets: named.streets,
        bridges: names::BRIDGES
            .iter()
            .map(|pair| Bridge { name_en: pair.0.to_owned(), name_zh: pair.1.to_owned(), edges: Vec::new() })
            .collect(),
    };
    for (link, number) in plan.links.iter().zip(numbers) {
        let street = named.street_of[&link.line];
        let id = roads.edges.len() as u32;
        let length = plan.crossings[&link.from].distance(plan.crossings[&link.to]);
        let mut edge = RoadEdge {
            id,
            from: ids[&link.from],
            to: ids[&link.to],
            length_m: length.round().max(1.0) as u32,
            speed_kmh: link.class.speed_kmh(),
            class: link.class,
            name: roads.streets[street as usize].name_en.clone(),
            name_zh: roads.streets[street as usize].name_zh.clone(),
            street,
            one_way: link.one_way,
            bridge: link.bridge.is_some(),
            twin: (!link.one_way).then_some(id + 1),
            first_number: if link.bridge.is_some() { 0 } else { number },
        };
        if let Some(bridge) = link.bridge {
            let bridge = &mut roads.bridges[bridge];
            edge.name.clone_from(&bridge.name_en);
            edge.name_zh.clone_from(&bridge.name_zh);
            bridge.edges.push(id);
            bridge.edges.extend(edge.twin);
        }
        let twin = edge.twin.map(|twin| RoadEdge {
            id: twin,
            from: edge.to,
            to: edge.from,
            twin: Some(id),
            first_number: 0,
            ..edge.clone()
        });
        roads.edges.push(edge);
        roads.edges.extend(twin);
    }
    roads
}

#[cfg(test)]
mod tests;
