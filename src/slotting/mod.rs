//! Slotting: which bin for which article. Owns how fast articles turn, the room
//! promised in bins to goods on their way, and the tasks that carry goods between
//! bins: moves to a better place, refills of pick bins from reserve.
//!
//! ```text
//!   carry:  from -> article -> quantity -> to -> done
//!             \-- short: what is not there goes missing, the bin is blocked
//! ```
//!
//! Progress is in the rows, so another worker goes on at the next scan.
//! Deliberately absent: bins on mobile shelves, which people cannot walk to; and
//! exchanges of two articles, which need a third bin.

mod carry;
mod choose;
mod model;
mod picture;
mod propose;
mod replenish;
mod rows;
mod velocity;

pub use carry::{scan, step};
pub use choose::{Placed, choose_bin, place};
pub use model::*;
pub use picture::{Picture, Reach, picture};
pub use propose::propose;
pub use replenish::replenish;
pub use rows::{Claim, claims, open_carries};
pub use velocity::note_pick;

pub(crate) use rows::{claim, unclaim};

#[cfg(test)]
mod tests;
