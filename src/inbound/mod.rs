//! Inbound: announced deliveries, receipts line by line, and put-away.
//!
//! ```text
//!   asn:      expected --arrive--> expected (work is ready) --receipt closed--> received
//!                \--reschedule--> expected at another time
//!   receipt:  dock -> article -> [lot] -> [expiry] -> [serial] -> quantity -> condition
//!                       ^  \-- unknown label: relabel      |          |
//!                       |  \-- not announced: hold or back |   booked or waiting
//!                       +----------------------------------+----------+   --close--> closed
//!   line:     booked --reverse--> reversed      waiting --approve--> booked | rejected
//!   put-away: article -> quantity -> bin -> (until all is done) done
//! ```
//!
//! Received goods stand in the dock's bin: sellable ones are on hand at once and
//! may be promised, but pickers reach them only when they are put away. For a bin on
//! a mobile shelf the task waits until the shelf stands at a station. Damaged
//! goods and goods on quality hold are never sellable. A closed receipt is
//! corrected by reversal only. What comes goes first to orders that were sold it while it
//! was only announced, in the same transaction. Deliberately absent: ordering from suppliers.

mod announce;
pub mod api;
mod book;
mod by_shelf;
mod model;
mod place;
mod put_away;
mod put_rows;
mod rows;
mod scan;
pub mod standing;
mod step;

pub use announce::{announce, arrive, open_blind, overdue, reschedule};
pub use book::{approve, close, reverse};
pub use by_shelf::{given_up, shelf_arrived, shelf_home};
pub use model::*;
pub use place::plan_put_away;
pub use put_away::{put_away_scan, put_away_step};
pub use put_rows::put_aways;
pub use rows::{Summary, asn_by_id, asn_lines, asn_sums, asns, by_id, by_task, lines, list, summaries};
pub use scan::scan;
pub use standing::{Standing, standing};
pub use step::step;

#[cfg(test)]
mod presale_tests;
#[cfg(test)]
mod tests;
