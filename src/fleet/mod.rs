//! AGV missions: a shelf to a station and home again. The only user of
//! `firmware-bridge`; knows shelves and stations, not picks.
//!
//! ```text
//!   requested --assigned--> assigned --lifted--> carrying --at station--> waiting
//!       ^                       |                    |                       | send_back
//!       +------ retry ------ failed <----------------+                   returning
//!                                                                            | dropped
//!                                                                           done
//! ```
//!
//! Rows say what is wanted; [`link`] tells the bridge and writes back what it
//! hears, so that a restart goes on where it stopped. Deliberately absent: VDA 5050
//! and MQTT; those live behind the bridge.

pub mod api;
pub mod link;
mod live;
mod model;
mod report;
mod rows;
mod verbs;

pub use live::{Live, Moving};
pub use model::*;
pub use report::heard;
pub use rows::{by_id, lockouts, missions, open_at_site};
pub use verbs::{lock_out, release, request, retry, send_back, withdraw};
