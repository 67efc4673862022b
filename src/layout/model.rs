//! What a floor is made of. Pure; lengths in millimetres from the south-west
//! corner of the site. Deliberately absent: anything that moves.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Temperature,
    kernel::{BinId, SiteId},
    refusals, words,
};

words! {
    /// What stands or happens at a node of the floor graph.
    NodeKind {
        /// A place to walk or drive through.
        Aisle = "aisle",
        /// Under a mobile shelf.
        Shelf = "shelf",
        /// Where a shelf is presented to a person, or where that person stands.
        Station = "station",
        /// Where vehicles charge.
        Charger = "charger",
        /// The home of one vehicle.
        Parking = "parking",
        /// A gate for goods.
        Dock = "dock",
        /// A pack table.
        Pack = "pack",
    }
}

words! {
    /// Who may use a node or an edge; the two graphs never share a node.
    Lane {
        /// People.
        People = "people",
        /// Vehicles.
        Agv = "agv",
    }
}

words! {
    /// What a zone is for.
    ZoneKind {
        /// Fixed racks.
        Racks = "racks",
        /// Mobile shelves, no people.
        MobileShelves = "mobile_shelves",
        /// Gates.
        Dock = "dock",
        /// Pack tables.
        Pack = "pack",
    }
}

words! {
    /// What a bin is for.
    BinKind {
        /// Picked from by hand.
        Pick = "pick",
        /// Refills pick bins.
        Reserve = "reserve",
        /// A compartment of a mobile shelf.
        ShelfSlot = "shelf_slot",
        /// Arrived goods, not yet put away.
        Dock = "dock",
        /// Packed parcels that wait for a load.
        Staging = "staging",
        /// The table of a goods-to-person station.
        Station = "station",
        /// A pack table.
        Pack = "pack",
        /// Damaged goods.
        Damaged = "damaged",
        /// Goods that came back.
        Return = "return",
    }
}

impl BinKind {
    /// True if orders are picked from it.
    pub fn is_pickable(self) -> bool {
        matches!(self, Self::Pick | Self::ShelfSlot)
    }
    /// True if goods for sale are put away in it.
    pub fn is_storage(self) -> bool {
        matches!(self, Self::Pick | Self::ShelfSlot | Self::Reserve)
    }
}

words! {
    /// What is done at a station.
    StationKind {
        /// Picking from shelves that vehicles bring.
        GoodsToPerson = "goods_to_person",
        /// Packing.
        Pack = "pack",
        /// Receiving.
        Receive = "receive",
        /// Handing parcels to loads.
        Ship = "ship",
    }
}

/// A named rectangle of the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(missing_docs)]
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

/// An aisle between racks, from its front end to its back end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Aisle {
    /// What hangs over it.
    pub code: String,
    /// Its zone.
    pub zone: String,
    /// Its front end.
    pub from_node: String,
    /// Its back end.
    pub to_node: String,
    /// Only from front to back.
    pub one_way: bool,
}

/// A shelf position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Bin {
    /// `bin_...`.
    pub id: BinId,
    /// Where.
    pub site: SiteId,
    /// Unique in its site; what its label says.
    pub code: String,
    /// Its zone.
    pub zone: String,
    /// What it is for.
    pub kind: BinKind,
    /// Where a person stands to reach it; on a mobile shelf, the shelf's home.
    pub node: String,
    /// Its middle.
    pub x_mm: i64,
    /// Its middle.
    pub y_mm: i64,
    /// 1 is the ground.
    pub level: i64,
    /// How goods are kept in it.
    pub temperature: Temperature,
    /// What it carries.
    pub max_weight_g: i64,
    /// What it holds.
    pub max_volume_ml: i64,
    /// The label of the mobile shelf that carries it.
    pub shelf: Option<String>,
    /// True while nobody may pick from it or put into it.
    pub blocked: bool,
    /// Why.
    pub reason: String,
}

/// A bin to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NewBin {
    pub code: String,
    pub zone: String,
    pub kind: BinKind,
    pub node: String,
    pub x_mm: i64,
    pub y_mm: i64,
    pub level: i64,
    pub temperature: Temperature,
    pub max_weight_g: i64,
    pub max_volume_ml: i64,
    pub shelf: Option<String>,
}

/// A place of work with a bin of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Station {
    /// Its label.
    pub code: String,
    /// What is done there.
    pub kind: StationKind,
    /// Where goods come to it: for goods-to-person the vehicles' node, else the
    /// node where the person stands.
    pub node: String,
    /// Where the person stands.
    pub stand: String,
    /// Code of its bin.
    pub bin: String,
}

/// A station to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStation {
    /// Its label.
    pub code: String,
    /// What is done there.
    pub kind: StationKind,
    /// Where the person stands.
    pub node: String,
    /// Where vehicles present shelves; needed for goods-to-person.
    pub agv_node: Option<String>,
    /// Code of its bin.
    pub bin: String,
}

/// A mobile shelf and its home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shelf {
    /// Its label; the code of the unit.
    pub code: String,
    /// Its home node.
    pub node: String,
}

/// A vehicle of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agv {
    /// As in its VDA 5050 topics.
    pub serial: String,
    /// As in its VDA 5050 topics.
    pub manufacturer: String,
    /// Where it parks.
    pub home_node: String,
}

/// A vertex of the floor graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Node {
    /// Unique in its site.
    pub id: String,
    /// East.
    pub x_mm: i64,
    /// North.
    pub y_mm: i64,
    /// What is there.
    pub kind: NodeKind,
    /// Who may be there.
    pub lane: Lane,
}

/// One direction between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Edge {
    /// Node it leaves.
    pub from: String,
    /// Node it reaches.
    pub to: String,
    /// Its length.
    pub length_mm: i64,
    /// Who may use it.
    pub lane: Lane,
    /// True while nobody may.
    pub closed: bool,
    /// Why.
    pub reason: String,
}

/// One piece of a floor, to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Part {
    Zone(Zone),
    Node(Node),
    Edge(Edge),
    Aisle(Aisle),
    Shelf(Shelf),
    Bin(NewBin),
    Station(NewStation),
    Agv(Agv),
}

/// A whole floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[allow(missing_docs)]
pub struct Floor {
    pub site: SiteId,
    pub width_mm: i64,
    pub height_mm: i64,
    pub zones: Vec<Zone>,
    pub aisles: Vec<Aisle>,
    pub bins: Vec<Bin>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub shelves: Vec<Shelf>,
    pub stations: Vec<Station>,
    pub agvs: Vec<Agv>,
}

refusals! {
    /// Why the layout says no.
    Refusal {
        /// No bin of that code here.
        UnknownBin { bin: String } => "bin.unknown", 422, "There is no bin {bin} at this site. Scan the label again.";
        /// No such edge.
        UnknownEdge { from: String, to: String } => "edge.unknown", 404, "There is no way from {from} to {to} on this floor.";
        /// A field that cannot be.
        Invalid { field: String, reason: String } => "layout.invalid", 422, "{field}: {reason}";
    }
}
