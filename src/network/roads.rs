//! The road graph in memory: travel times, distances and lines to draw. Pure.
//! A door joins the road at its nearest node. Deliberately absent: turns, lights
//! and traffic by the hour of the day; an edge is slowed as a whole.

use std::{collections::HashMap, sync::OnceLock};

use serde::{Deserialize, Serialize};
use solver::{
    graph::{EdgeId, Graph, GraphError},
    matrix::Matrix,
};

use super::{drawing, near::Grid};
use crate::kernel::{Coord, Fault};

/// A crossing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RoadNode {
    /// Unique among nodes.
    pub id: i64,
    /// WGS-84.
    pub lat: f64,
    /// WGS-84.
    pub lon: f64,
}

impl RoadNode {
    /// Its place.
    pub fn coord(&self) -> Coord {
        Coord { lat: self.lat, lon: self.lon }
    }
}

/// One direction of one piece of road.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoadEdge {
    /// Unique among edges.
    pub id: i64,
    /// Node it leaves.
    pub from: i64,
    /// Node it reaches.
    pub to: i64,
    /// Its length.
    pub length_m: i64,
    /// In free flow.
    pub speed_kmh: i64,
    /// trunk, primary, secondary, residential ...
    pub class: String,
    /// English.
    pub name: String,
    /// 简体中文.
    pub name_zh: String,
    /// True if nobody may use it.
    pub closed: bool,
    /// Why.
    pub reason: String,
    /// Added to its travel time by traffic, in thousandths.
    pub slow_permille: i64,
}

impl RoadEdge {
    /// Time over the edge as traffic is now.
    pub fn travel_ms(&self) -> i64 {
        let free = self.length_m * 3600 / self.speed_kmh.max(1);
        free + free * self.slow_permille / 1000
    }
}

/// The way from one place to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leg {
    /// Length of the way.
    pub distance_m: i64,
    /// Time on the way.
    pub travel_ms: i64,
    /// The line to draw, both places included.
    pub line: Vec<Coord>,
}

/// How long it takes off the road, from a door to its nearest crossing.
const OFF_ROAD_KMH: i64 = 15;

/// A road network as of one version.
#[derive(Debug)]
pub struct Roads {
    graph: Graph,
    nodes: Vec<RoadNode>,
    edges: Vec<RoadEdge>,
    places: HashMap<i64, usize>,
    near: Grid,
    drawn: OnceLock<String>,
}

/// A place joined to the network.
#[derive(Debug, Clone, Copy)]
struct Snap {
    node: usize,
    off_m: i64,
}

impl Snap {
    fn off_ms(self) -> i64 {
        self.off_m * 3600 / OFF_ROAD_KMH
    }
}

impl Roads {
    /// Builds the graph; an edge between unknown nodes is a fault of what was
    /// stored, since [`super::put_roads`] refuses it.
    pub fn new(nodes: Vec<RoadNode>, edges: Vec<RoadEdge>) -> Result<Self, Fault> {
        let places: HashMap<i64, usize> = nodes.iter().enumerate().map(|(index, node)| (node.id, index)).collect();
        let mut graph = Graph::new(nodes.len());
        let broken = |error: GraphError| Fault::new(format!("the stored roads are no graph: {error}"));
        for (index, edge) in edges.iter().enumerate() {
            let end = |id: i64| places.get(&id).copied().unwrap_or(usize::MAX);
            let made = graph.add_edge(end(edge.from), end(edge.to), edge.travel_ms()).map_err(broken)?;
            debug_assert_eq!(made.0 as usize, index, "edges are numbered in order");
            if edge.closed {
                graph.close(made).map_err(broken)?;
            }
        }
        let near = Grid::new(nodes.iter().map(RoadNode::coord).collect());
        Ok(Self { graph, nodes, edges, places, near, drawn: OnceLock::new() })
    }

    /// The pieces of road.
    pub fn edges(&self) -> &[RoadEdge] {
        &self.edges
    }

    /// The roads as GeoJSON text; drawn when first asked for.
    pub fn geojson(&self) -> &str {
        self.drawn.get_or_init(|| drawing::draw(self))
    }

    /// A node by its id.
    pub fn node(&self, id: i64) -> Option<&RoadNode> {
        self.places.get(&id).map(|index| &self.nodes[*index])
    }

    /// True if there are none: a house that has imported no roads yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn snap(&self, place: Coord) -> Option<Snap> {
        let (node, metres) = self.near.nearest(place)?;
        Some(Snap { node, off_m: whole_metres(metres) })
    }

    /// The quickest way; `None` if closed roads cut one place off from the other.
    pub fn travel(&self, from: Coord, to: Coord) -> Option<Leg> {
        let (start, end) = (self.snap(from)?, self.snap(to)?);
        let path = self.graph.path(start.node, end.node)?;
        let road_m: i64 = path.edges.iter().map(|edge| self.edge(*edge).length_m).sum();
        let mut line = vec![from];
        line.extend(path.nodes.iter().map(|node| self.nodes[*node].coord()));
        line.push(to);
        Some(Leg {
            distance_m: road_m + start.off_m + end.off_m,
            travel_ms: path.length + start.off_ms() + end.off_ms(),
            line,
        })
    }

    fn edge(&self, id: EdgeId) -> &RoadEdge {
        &self.edges[id.0 as usize]
    }

    /// Times (milliseconds) and lengths (metres) of the quickest ways between all
    /// `places`; row and column k stand for `places[k]`.
    pub fn matrix(&self, places: &[Coord]) -> Result<(Matrix, Matrix), Fault> {
        let snaps: Vec<Option<Snap>> = places.iter().map(|place| self.snap(*place)).collect();
        let mut times = Vec::with_capacity(places.len());
        let mut lengths = Vec::with_capacity(places.len());
        for (row, from) in snaps.iter().enumerate() {
            let cell = |(column, to): (usize, &Option<Snap>)| {
                if row == column {
                    return (Some(0), Some(0));
                }
                let (Some(from), Some(to)) = (from, to) else { return (None, None) };
                match self.quickest(from.node, to.node) {
                    Some((ms, m)) => (Some(ms + from.off_ms() + to.off_ms()), Some(m + from.off_m + to.off_m)),
                    None => (None, None),
                }
            };
            let (ms, m): (Vec<_>, Vec<_>) = snaps.iter().enumerate().map(cell).unzip();
            times.push(ms);
            lengths.push(m);
        }
        let broken = |error| Fault::new(format!("the travel matrix: {error}"));
        Ok((Matrix::from_rows(&times).map_err(broken)?, Matrix::from_rows(&lengths).map_err(broken)?))
    }

    /// Time and length of the quickest way between two nodes.
    fn quickest(&self, from: usize, to: usize) -> Option<(i64, i64)> {
        let path = self.graph.path(from, to)?;
        Some((path.length, path.edges.iter().map(|edge| self.edge(*edge).length_m).sum()))
    }
}

fn whole_metres(metres: f64) -> i64 {
    // Places on one earth are at most 20 million metres apart.
    #[allow(clippy::cast_possible_truncation)]
    let whole = metres.round() as i64;
    whole
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A square 1 -> 2 -> 3 -> 4 with both directions, and a slow short cut 1 -> 3.
    pub fn square() -> (Vec<RoadNode>, Vec<RoadEdge>) {
        let node = |id, lat, lon| RoadNode { id, lat, lon };
        let nodes = vec![node(1, 30.0, 120.0), node(2, 30.0, 120.01), node(3, 30.01, 120.01), node(4, 30.01, 120.0)];
        let mut edges = Vec::new();
        let ends = [(1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 1), (1, 4), (1, 3)];
        for (id, (from, to)) in (10..).zip(ends) {
            edges.push(RoadEdge {
                id,
                from,
                to,
                length_m: if (from, to) == (1, 3) { 1400 } else { 1000 },
                speed_kmh: if (from, to) == (1, 3) { 20 } else { 50 },
                class: "primary".to_owned(),
                name: "Ring".to_owned(),
                name_zh: "环路".to_owned(),
                closed: false,
                reason: String::new(),
                slow_permille: 0,
            });
        }
        (nodes, edges)
    }

    #[test]
    fn the_quickest_way_is_taken_and_its_length_told() {
        let (nodes, edges) = square();
        let roads = Roads::new(nodes.clone(), edges).unwrap();
        let leg = roads.travel(nodes[0].coord(), nodes[2].coord()).unwrap();
        assert_eq!((leg.distance_m, leg.travel_ms), (2000, 144_000));
        assert_eq!(leg.line.len(), 5);
        let here = roads.travel(nodes[0].coord(), nodes[0].coord()).unwrap();
        assert_eq!((here.distance_m, here.travel_ms), (0, 0));
        let door = Coord { lat: 30.000_9, lon: 120.0 };
        let leg = roads.travel(door, nodes[1].coord()).unwrap();
        assert_eq!((leg.distance_m, leg.travel_ms), (1100, 72_000 + 24_000));
    }

    #[test]
    fn closing_and_slowing_change_the_way() {
        let (nodes, mut edges) = square();
        edges[0].closed = true;
        edges[7].slow_permille = 2000;
        let roads = Roads::new(nodes.clone(), edges.clone()).unwrap();
        let leg = roads.travel(nodes[0].coord(), nodes[2].coord()).unwrap();
        assert_eq!((leg.distance_m, leg.travel_ms), (1400, 252_000));
        edges[7].closed = true;
        edges[8].closed = true;
        let roads = Roads::new(nodes.clone(), edges).unwrap();
        assert_eq!(roads.travel(nodes[0].coord(), nodes[2].coord()), None);
        assert!(roads.travel(nodes[2].coord(), nodes[0].coord()).is_some());
    }

    #[test]
    fn the_matrix_agrees_with_each_way() {
        let (nodes, mut edges) = square();
        edges[2].closed = true;
        let roads = Roads::new(nodes.clone(), edges).unwrap();
        let mut places: Vec<Coord> = nodes.iter().map(RoadNode::coord).collect();
        places.push(Coord { lat: 30.004, lon: 120.002 });
        let (times, lengths) = roads.matrix(&places).unwrap();
        for (row, from) in places.iter().enumerate() {
            for (column, to) in places.iter().enumerate().filter(|(column, _)| *column != row) {
                let leg = roads.travel(*from, *to);
                assert_eq!(times.get(row, column), leg.as_ref().map(|leg| leg.travel_ms));
                assert_eq!(lengths.get(row, column), leg.map(|leg| leg.distance_m));
            }
        }
    }
}
