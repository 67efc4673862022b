//! THE LEDGER: every unit of goods, in an account, at every moment.
//!
//! ```text
//!   @supplier --receive--> bin/pallet --pick (post)--> tote --> carton
//!                            |   ^                        |
//!                    count, damage, loss           depart v
//!                            v   |                 @carrier:load --> @customer
//!                          @loss                       (or back to a bin)
//!
//!   hold:  open --post--> ... --> closed      (posted + released = quantity)
//!            \--release, expire, break-->/
//!          of what is on hand, or of what a delivery brings (`supply.rs`)
//! ```
//!
//! Two layers: the pool of a site (article, channel) guards promises by a
//! database `CHECK`; accounts hold goods. For each site the pooled accounts sum
//! to the pool. Nothing else in Cartage moves goods. Deliberately absent: which
//! bin serves which order; that is picking's choice at release.

pub mod api;
mod audit;
mod bulk;
mod hold;
mod lots;
mod model;
mod movement;
mod rows;
mod supply;

pub use audit::{Audit, audit};
pub use bulk::{count_all, note_holds, release_all, take_all, take_quietly, tell_all};
pub use hold::{expire, extend, free_standing, hand_over, keep, pick, promise_at, release, reserve, sold};
pub use lots::{expire_lots, free_lot, lasts, least_days, set_least_days, stop_lot};
pub use model::*;
pub use movement::{count, opening, receive, relocate, turn};
pub use rows::{
    Balance, Ledger, Question, announced, balances_after, contents, hold_by_id, holds_after, holds_of_article,
    holds_of_line, in_bins, in_condition, ledger, lock_holds_of, lot_block, lot_moved, lot_went_to, moved, of_article,
    of_lot, on_floor, oversold, pledged_at, pledged_of_order, pledges_of, pool, pools_after, pools_among, pools_of,
    pools_of_all, quantity, reserved, returned, states, sums_among, supplies_among, supplies_of, supply,
    transfer_counts, transfers_after, unbalanced,
};
pub use supply::{
    cover_waiting, expect, expect_at, expect_no_more, expect_still, pledge, set_sold_ahead, sold_ahead, take_in,
};

#[cfg(test)]
mod tests;
