//! A living city for Cartage: a generated world, shoppers who want things, and
//! an oracle who checks what became of them.
//!
//! In reading order: `seed` (chance), `world` (what is there), `demand` (what is
//! wanted), `faults` (what goes wrong), `clock` (when), `http`, `access` and
//! `seed_world` (the way into a server), `news`, `mishaps` and `stage` (what all
//! share), `people` (who acts), `run` (one run from opening to report), `oracle`
//! and `report` (how it went). The crate does not depend on the server: whoever
//! acts here goes through HTTP and MQTT like everybody else.

pub mod access;
pub mod clock;
pub mod demand;
pub mod evidence;
pub mod faults;
pub mod http;
pub mod mishaps;
pub mod news;
pub mod oracle;
pub mod people;
pub mod report;
pub mod run;
pub mod seed;
pub mod seed_world;
pub mod stage;
pub mod still;
pub mod world;

pub use access::Access;
pub use report::Report;
pub use run::{Progress, RunConfig, Without, prepare, run};
