//! Returns: goods that came back are looked at piece by piece, and go to a bin as
//! what they are now.
//!
//! ```text
//!   carton (returned) --grade--> pick bin        sellable: promised again at once
//!                        \-----> quarantine bin  damaged, or on quality hold
//! ```
//!
//! The money went back when the parcel came in; a grade changes goods alone.
//! Deliberately absent: bringing parcels back, which is `transport`; what becomes of
//! doubtful goods, which is counted or written off.

pub mod api;
mod grade;
mod model;

pub use grade::{grade, suggest, waiting, waiting_in};
pub use model::*;

#[cfg(test)]
mod tests;
