//! The floor plan of one warehouse: zones, aisles, bins, walkways and the
//! vehicles' roads, in millimetres from its south-west corner.
//!
//! A bin is named `A07-14-C`: zone A, aisle 07, bay 14 (odd bays on the left of
//! the aisle, even on the right), level C counted from the ground. Mobile
//! shelves are zone M: `M017-02-C` is slot 2 of level C on shelf `SH-017`.
//! People and vehicles have separate graphs that never share a node.

mod agv;
mod plan;
mod racks;

pub use plan::generate;

use super::catalog::Temperature;
use serde::{Deserialize, Serialize};

/// What stands or happens at a node of the floor graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A place to walk or drive through.
    Aisle,
    /// Under a mobile shelf; a dead end.
    Shelf,
    /// Where a mobile shelf is presented to a person, or where that person
    /// stands; a dead end for vehicles.
    Station,
    Charger,
    /// The home of one vehicle; a dead end.
    Parking,
    Dock,
    Pack,
}

/// Who may use a node or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    People,
    Agv,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorNode {
    /// Unique in the whole world: it begins with the code of the site.
    pub id: String,
    pub x_mm: i64,
    pub y_mm: i64,
    pub kind: NodeKind,
    pub lane: Lane,
}

/// One direction between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorEdge {
    pub from: String,
    pub to: String,
    pub length_mm: i64,
    pub lane: Lane,
    pub closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneKind {
    Racks,
    MobileShelves,
    Dock,
    Pack,
}

/// A named rectangle of the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    pub code: String,
    pub name_en: String,
    pub name_zh: String,
    pub kind: ZoneKind,
    pub temperature: Temperature,
    pub x_mm: i64,
    pub y_mm: i64,
    pub width_mm: i64,
    pub height_mm: i64,
}

/// An aisle between two racks, from its front end to its back end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aisle {
    pub code: String,
    pub zone: String,
    pub from_node: String,
    pub to_node: String,
    /// Only from `from_node` to `to_node`.
    pub one_way: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinKind {
    /// Picked from by hand.
    Pick,
    /// Refills pick bins.
    Reserve,
    /// A compartment of a mobile shelf.
    ShelfSlot,
    /// Arrived goods, not yet put away.
    Dock,
    /// Packed parcels, waiting for a load.
    Staging,
    Station,
    Pack,
    Damaged,
    Return,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// Unique in its site; what the label on the bin says.
    pub code: String,
    pub zone: String,
    pub kind: BinKind,
    /// Where a person stands to reach it, or, on a mobile shelf, the shelf's
    /// home node.
    pub node: String,
    pub x_mm: i64,
    pub y_mm: i64,
    /// 1 is the ground.
    pub level: u32,
    pub temperature: Temperature,
    pub max_weight_g: i64,
    pub max_volume_ml: i64,
    /// The mobile shelf that carries it.
    pub shelf: Option<String>,
}

/// A mobile shelf and the node where it stands at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    pub code: String,
    pub node: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StationKind {
    GoodsToPerson,
    Pack,
    Receive,
    Ship,
}

/// A place of work with a bin of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    pub code: String,
    pub kind: StationKind,
    /// Where the person stands.
    pub node: String,
    /// Where the vehicle presents a shelf.
    pub agv_node: Option<String>,
    /// Code of its bin.
    pub bin: String,
}

/// A vehicle of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agv {
    pub serial: String,
    pub manufacturer: String,
    pub home_node: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    pub site: String,
    pub width_mm: i64,
    pub height_mm: i64,
    pub zones: Vec<Zone>,
    pub aisles: Vec<Aisle>,
    pub bins: Vec<Bin>,
    pub nodes: Vec<FloorNode>,
    pub edges: Vec<FloorEdge>,
    pub shelves: Vec<Shelf>,
    pub stations: Vec<Station>,
    pub agvs: Vec<Agv>,
}

/// A floor while it is being drawn.
struct Draft {
    floor: Floor,
    /// Nodes that open onto the south and the north corridor, to be joined
    /// from west to east when all are known.
    south: Vec<usize>,
    north: Vec<usize>,
}

impl Draft {
    fn new(site: &str) -> Self {
        Self {
            floor: Floor {
                site: site.to_owned(),
                width_mm: 0,
                height_mm: 0,
                zones: Vec::new(),
                aisles: Vec::new(),
                bins: Vec::new(),
                nodes: Vec::new(),
                edges: Vec::new(),
                shelves: Vec::new(),
                stations: Vec::new(),
                agvs: Vec::new(),
            },
            south: Vec::new(),
            north: Vec::new(),
        }
    }

    /// Adds a node called `name` within the site and answers its index.
    fn node(&mut self, name: &str, at: (i64, i64), kind: NodeKind, lane: Lane) -> usize {
        let (x_mm, y_mm) = at;
        let id = format!("{}-{name}", self.floor.site);
        self.floor.nodes.push(FloorNode { id, x_mm, y_mm, kind, lane });
        self.floor.nodes.len() - 1
    }

    fn id(&self, node: usize) -> String {
        self.floor.nodes[node].id.clone()
    }

    /// One direction; both ends lie in the same lane.
    fn way(&mut self, from: usize, to: usize) {
        let (a, b) = (&self.floor.nodes[from], &self.floor.nodes[to]);
        let length = ((a.x_mm - b.x_mm) as f64).hypot((a.y_mm - b.y_mm) as f64);
        let edge = FloorEdge {
            from: a.id.clone(),
            to: b.id.clone(),
            length_mm: (length.round() as i64).max(1),
            lane: a.lane,
            closed: false,
        };
        self.floor.edges.push(edge);
    }

    fn both_ways(&mut self, a: usize, b: usize) {
        self.way(a, b);
        self.way(b, a);
    }

    /// Joins the nodes of a corridor from west to east, both ways.
    fn join_corridor(&mut self, mut nodes: Vec<usize>) {
        nodes.sort_by_key(|&node| (self.floor.nodes[node].x_mm, node));
        for pair in nodes.windows(2) {
            self.both_ways(pair[0], pair[1]);
        }
    }
}

#[cfg(test)]
mod tests;
