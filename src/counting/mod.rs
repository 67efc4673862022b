//! Counting: what really lies in a bin. Owns count tasks, what was counted, and
//! what follows: within tolerance it posts; outside it is counted once more by the
//! same task, then posts. Goods that were missing and are found again go first.
//!
//! ```text
//!   bin -> article -> [lot] -> [serial] -> quantity --+--> done: compare
//!            ^----------------------------------------+      | differs: round 2
//!            |<----------------------------------------------+ same: post, unblock
//! ```
//!
//! What stays missing, or is beyond use, is written off by who may adjust stock.
//! A count is blind: the screen shows which article to look for, never how many.
//! A bin on a mobile shelf is counted at a station: the task waits until the shelf
//! is there. Besides those that are asked for, every bin comes due in its turn.
//! Deliberately absent: the books of what was found; `stock` keeps them.

mod add;
pub mod api;
mod cadence;
mod model;
mod post;
mod rows;
mod scan;
mod step;
mod write_off;

pub use add::{add, add_bin, given_up, shelf_arrived, shelf_home};
pub use cadence::{cadence, set_cadence};
pub use model::*;
pub use rows::{by_task, cadence as cadence_of, counted};
pub use scan::scan;
pub use step::step;
pub use write_off::write_off;

#[cfg(test)]
mod tests;
