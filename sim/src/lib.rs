//! A living city for Cartage: a generated world, shoppers who want things, and
//! an oracle who checks what became of them.
//!
//! In reading order: `seed` (chance), `world` (what is there), `demand` (what is
//! wanted), `faults` (what goes wrong), `clock` (when), `oracle` and `report`
//! (how it went). The crate does not depend on the server: whoever acts here
//! goes through HTTP and MQTT like everybody else.

pub mod clock;
pub mod demand;
pub mod faults;
pub mod http;
pub mod oracle;
pub mod report;
pub mod seed;
pub mod world;
