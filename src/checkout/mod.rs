//! From a basket to an order: prices, promise, payment, in one transaction. The
//! storefront's and the machines' way in.
//!
//! ```text
//!   quote (holds nothing)      place: contact, order, sites, holds, payment
//!                              amend, cancel, change the address, pay later
//! ```
//!
//! Deliberately absent: carts of shoppers who only look; the page keeps those.

mod amend;
pub mod api;
mod batch;
mod model;
mod place;
mod view;

pub use amend::amend;
pub use batch::{Answer, Till, Wish, place_alone};
pub use model::*;
pub use place::{change_address, place, quote};
pub use view::{OrderView, view};
