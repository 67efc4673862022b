//! From a basket to an order: prices, promise, payment, in one transaction. The
//! storefront's and the machines' way in.
//!
//! ```text
//!   quote (holds nothing)      place: contact, order, sites, holds, payment
//!                              amend, cancel, change the address, pay later
//!   hold (cart, live room, counter) --extend, post, release, expire, or an order's-->
//! ```
//!
//! Deliberately absent: carts of shoppers who only look; the page keeps those.

mod amend;
pub mod api;
mod batch;
mod buyers;
mod hold;
mod model;
mod place;
mod rows;
mod terms;
mod view;

#[cfg(test)]
mod tests;

pub use amend::amend;
pub use api::terms::{ArticleTerms, SetAside, set_terms};
pub use batch::{Answer, Till, Wish, place_alone, read_roll};
pub use hold::{LONGEST_MS, NewHold, take_hold};
pub use model::*;
pub use place::{change_address, place, quote};
pub use terms::{Buyer, Limit, Quota, Terms, Use};
pub use view::{LineSupply, LineView, OrderView, view};
