//! The floors of sites: zones, aisles, bins, stations, mobile shelves at home,
//! vehicles at home, and the graphs that people walk and vehicles drive on.
//!
//! ```text
//!   bin   open <-> blocked, with a reason     edge  open <-> closed, with a reason
//! ```
//!
//! Deliberately absent: what lies in a bin (`stock`), where a shelf or a vehicle
//! is right now (`units`, `fleet`).

pub mod api;
mod check;
mod draw;
mod model;
mod rows;
#[cfg(test)]
mod tests;
mod walk;

pub use check::{Wrong, check};
pub use draw::{close_edge, draw, known_bin, open_edge, set_blocked};
pub use model::{
    Agv, Aisle, Bin, BinKind, Edge, Floor, Lane, NewBin, NewStation, Node, NodeKind, Part, Refusal, Shelf, Station,
    StationKind, Zone, ZoneKind,
};
pub use rows::{
    agvs, aisles, bin, bin_by_code, bins, bins_of, bins_of_shelf, closed_edges, edges, floor, nodes, shelves, station,
    stations, zones,
};
pub use walk::{Walk, drive, walk};
