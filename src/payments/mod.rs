//! Money, behind one port: authorise, capture, void, refund; or cash at the door.
//!
//! ```text
//!   card:  unpaid --authorise--> authorised --capture--> paid --refund--> part_refunded, refunded
//!            \--decline--> declined   \--void--> voided
//!   cash:  due --collect--> collected --refund--> part_refunded, refunded
//!            \--nothing left to pay--> voided
//! ```
//!
//! [`settle`] is the one verb that compares what was taken with what is due and
//! does the rest, so any partial refund is exact and nothing is refunded twice.
//! Deliberately absent: card data; a provider's reference is all we keep.

mod model;
mod provider;
mod rows;
mod verbs;

pub use model::*;
pub use provider::{Provider, TestProvider};
pub use rows::{add_all, of_order, of_orders};
pub use verbs::{authorise, begin, collect, due, due_minor, due_of, enlarge, lapse, opened, resume, settle};
