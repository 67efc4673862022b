//! What is driven to whom: parcels from the packing table to the door, the vans,
//! and the loads with their routes.
//!
//! ```text
//! parcel: staged -> planned -> loaded -> out -> delivered
//!           ^         |          |        |-> waiting (pick-up point) -> delivered
//!           |         v          v        |-> failed --retry, hold--> staged
//!           |     cancelled   recalled <--|              \--back--> returning -> returned
//!           +--------------------/
//!
//! load:   planned <-> offered -> assigned -> loading -> out -> finished
//!            \-----------\----------\----------> cancelled
//!
//! stop:   planned -> arrived -> done | failed          (or cancelled)
//! ```
//!
//! Parcels keep their goods in the account of the load that took them out until
//! they are handed over or scanned back in. Deliberately absent: who rides, what
//! a rider earns and how a hand-over is proved; that is the room `riders`.

mod accept;
pub mod api;
mod board;
mod change;
mod goods;
mod load;
mod model;
mod outcome;
mod plan;
mod points;
mod record;
mod refusal;
mod reroute;
mod rows;
mod travel;
mod vehicles;
mod withdraw;

pub use accept::{accept, pin_matches};
pub use board::{Board, LoadView, board, view};
pub use change::{Change, NewPlace, Quote, change_destination, quote_change};
pub use load::{Acting, assign, depart, dissolve, hold_load, mark_offered, scan_in, search_longer, unassign};
pub use model::*;
pub use outcome::{
    Held, PIN_TRIES, arrive, attempt_failed, bring_back, collected, delivered, dropped_off, hold_stop, spend_try,
};
pub use plan::{Planned, RiderCapacity, plan};
pub use points::place_of;
pub use refusal::Refusal;
pub use reroute::{replan_load, replan_open};
pub use rows::{
    list_loads, load_by_id, load_of_driver, loads_out, loads_without_rider, parcel_by_id, parcel_by_sscc,
    parcels_at_point, parcels_in, parcels_of_load, parcels_of_order, stop_by_id, stops_of, vehicle_by_code, vehicle_of,
    vehicles,
};
pub use travel::{Travel, travel};
pub use vehicles::{define_vehicle, seat_driver, unseat_driver};
pub use withdraw::{Withdrawn, withdraw};

#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;
