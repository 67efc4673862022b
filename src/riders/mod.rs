//! Who rides: shifts, positions, offers, and the hand-over with its proof.
//!
//! ```text
//! shift:    off <-> on
//! offer:    offered -> accepted            (exactly one answer; the database decides)
//!              \----> declined | expired | withdrawn -> the next rider
//! attempt:  1, 2, ... each delivered or failed, at a place, with a proof or a reason
//! ```
//!
//! When no rider is found in time, the load goes to a van; without a van, a
//! person is called. Deliberately absent: loads, stops and parcels themselves;
//! those are transport's, and this room moves them by its verbs.

mod answer;
pub mod api;
mod cash;
mod give;
mod handover;
mod model;
mod offer;
mod pickup;
pub mod positions;
mod reroute;
mod refusal;
mod rows;
mod shift;

pub use answer::{accept, decline, expire, withdraw_offers};
pub use give::give;
pub use handover::{deliver, fail};
pub use model::*;
pub use offer::{capacity, offer_loads, plan, seek};
pub use pickup::{collect, spend_pickup_try};
pub use positions::{Tracker, on_shift_now};
pub use refusal::Refusal;
pub use reroute::{replan, replan_open};
pub use rows::{
    attempt_by_id, attempts_of, earned, first_attempts, free_riders, has_photo, offer_by_id, offers_of_load, on_shift,
    open_offer_of, proved, rider_by_id, trail,
};
pub use shift::{Begin, begin_shift, end_shift};

#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod tests;
