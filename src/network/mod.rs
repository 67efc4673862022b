//! The network: sites with hours, services and capacity; pick-up compartments;
//! the roads between them.
//!
//! ```text
//!   service  open <-> throttled (longer lead) <-> closed   always with a reason
//!   road     open <-> closed, with a reason                slowed by traffic
//!   hour     0 ... taken ... lines_per_hour                consumed atomically
//! ```
//!
//! Deliberately absent: which site ships what (`promise`), and routes of many
//! stops (`transport`).

pub mod api;
mod capacity;
mod drawing;
mod hours;
mod model;
mod near;
mod roads;
mod rows;
mod sites;
#[cfg(test)]
mod tests;
mod traffic;

pub use capacity::{
    HourBook, Taken, TakenHours, free_compartment, give_capacity, reserve_compartment, take_capacity, write_hours,
};
pub use hours::{Hours, NotHours};
pub use model::{HOUR_MS, NEXT_DAY, Refusal, SAME_DAY, Service, Site, SiteKind, Slot, contains, slot};
pub use roads::{Leg, RoadEdge, RoadNode, Roads};
pub use rows::{all_services, road_edges, road_nodes, services, site, site_by_code, sites};
pub use sites::{NewService, NewSite, ServiceChange, define_site, put_service, set_service};
pub use traffic::{close_road, open_road, put_roads, roads, slow_road};
