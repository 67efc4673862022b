//! Cartons, labels, SSCC: totes come together, articles are scanned into cartons,
//! weighed, labelled, and leave as parcels.
//!
//! ```text
//!   carton:  planned -> open -> weighed -> closed -> departed -> delivered
//!               \---------- void (nothing left to pack)   \--> returned
//!                                 closed --reopen--> open (its label is void)
//! ```
//!
//! A fulfilment may span many totes and cartons; temperature classes never share a
//! carton. Deliberately absent: the road; transport takes closed parcels on.

mod goods;
mod label;
mod model;
mod plan;
mod reopen;
mod rows;
mod scan;
mod step;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;

pub use goods::{bring_back, contents, depart, hand_over, take_over};
pub use model::*;
pub use plan::{expect, replan};
pub use reopen::reopen;
pub use rows::{by_sscc, by_unit, carton, cartons_of, pieces};
pub use scan::{accept_weight, number_apart, scan};
pub use step::step;
