//! Handling units: pallets, mobile shelves, totes, cartons. Owns their labels,
//! where they stand, and which fulfilment they are bound to.
//!
//! ```text
//!   tote:    free --bind--> in_use --fill--> full --free--> free
//!   carton:  in_use --close--> closed --reopen--> in_use
//!   shelf:   free (at home) --lift--> moving --drop--> free
//! ```
//!
//! Deliberately absent: what a unit holds; the ledger knows.

mod model;
mod rows;
mod verbs;

pub use model::*;
pub use rows::{at_site, bound_to, by_code, by_id};
pub use verbs::{add, attach, bind, free, mark, place};
