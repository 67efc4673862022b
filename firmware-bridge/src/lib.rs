//! Fleet control over MQTT: missions in, reports out, VDA 5050 between bridge and vehicles.
//!
//! Deliberately absent: everything the server knows (orders, stock, picks, tasks, databases).
//! The crate can run inside the server's process or in its own; nobody else speaks VDA 5050.
//!
//! - [`api`]: floor, missions, commands, reports
//! - [`start`]: master control over one fleet
//! - [`vehicle`]: virtual vehicles that know nothing of the server
//! - [`broker`]: the embedded MQTT broker
//! - [`vda5050`]: the messages on the wire

pub mod api;
pub mod broker;
mod master;
mod mqtt;
pub mod vda5050;
pub mod vehicle;

pub use api::{
    Bridge, BridgeConfig, BrokerAddr, Candidate, Command, ConfigError, Counters, Deed, Doing, Floor, FloorEdge,
    FloorNode, Mission, NodeKind, Report, Step, VehicleSpec, VehicleStatus,
};
pub use master::start;
