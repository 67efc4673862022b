//! Recalls and quarantines by lot: goods of it leave sale everywhere at once, promises
//! and picks on it are served anew, and whoever has some already is a case.
//!
//! ```text
//!   open --(goods found)--> closed     the lot stays out of sale
//!      \--- lift ---------> lifted     what is left may be sold again
//!
//!   forward: lot -> picks -> orders        back: lot -> receipts -> suppliers
//! ```
//!
//! Deliberately absent: calling shoppers, which a person does from the cases; moving
//! stopped goods, which are written off or sent back like any others.

pub mod api;
mod model;
mod rows;
mod verbs;

pub use model::*;
pub use rows::{by_id, list};
pub use verbs::{close, lots_of, open, trace};

#[cfg(test)]
mod tests;
