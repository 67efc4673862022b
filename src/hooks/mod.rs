//! Webhooks out: what happens here is told to the systems of others, signed, in order
//! for each order, again and again until they take it (Standard Webhooks 1.0).
//!
//! ```text
//!   hook:     active <-> paused (given up, or by hand)      active -> disabled (410 Gone)
//!   message:  waiting --2xx--> sent
//!             waiting --else--> waiting (later)  --after the last try--> failed, hook paused
//!             sent, failed --again, replay--> waiting (the same id, so that a repeat is known)
//! ```
//!
//! The gatherer follows the log with a cursor of its own and writes messages in the
//! transaction that moves it; the sender tries what is due. Both run in the one
//! process that holds the lease. Deliberately absent: personal data, since facts
//! have none; stored secrets, since each is derived from the house's own key.

pub mod api;
mod gather;
mod model;
mod reach;
mod rows;
mod send;
#[cfg(test)]
mod tests;
mod verbs;

pub use gather::gather;
pub use model::*;
pub use reach::Reach;
pub use rows::{by_id, count_waiting, list, message, messages};
pub use send::{Sender, run};
pub use verbs::{add, again, hold_all, is_held, release_all, remove, replay, resume, rotate, secret, sweep, test};
