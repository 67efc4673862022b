//! Cases: exceptions that await a person. Owns who cares for each, until when,
//! what was said and seen, and how it ended.
//!
//! ```text
//!   open --(reported again: counted)--> open --close--> closed
//!     assign, note, photo                     (another report opens a new one)
//! ```
//!
//! A person's resolution calls the ordinary verb of the room it is about, in the
//! same transaction. Deliberately absent: mending by itself.

pub mod api;
mod guide;
mod model;
mod resolve;
mod rows;
mod verbs;

pub use guide::{Guide, guide};
pub use model::*;
pub use rows::{Filter, about, by_id, cursor, is_open, list, notes, open_counts, open_severities, photo, photos};
pub use verbs::{add_photo, assign, close, close_if_open, note, open, settle};

#[cfg(test)]
mod tests;
