//! VDA 5050 on the wire.
//!
//! Deliberately absent: behaviour of either side. [`Dialect`] is the one seam where a version of
//! the standard shows; everything else works with the messages of `message`.

mod dialect;
mod message;
mod time;

pub use dialect::{Dialect, Kind, Qos};
pub use message::*;
pub use time::iso_timestamp;
