//! One queue of human work: receive, put away, pick, replenish, move, count,
//! pack. Owns who does what next; the work itself belongs to other rooms.
//!
//! ```text
//!   waiting --ready--> ready --take--> taken --finish--> done
//!                        ^               | suspend, leave, reclaim
//!                        +---------------+
//!   waiting | ready | taken --cancel--> cancelled
//! ```
//!
//! A task that is given back keeps its progress; the next worker goes on at the
//! next scan. Deliberately absent: what a scan means; see `picking`, `packing`.

mod entry;
mod model;
mod queue;
mod rows;
mod step;

pub use entry::{article, label_of, refuse, show};
pub use model::*;
pub use queue::{
    add, assign, cancel, finish, leave, mine, progress, ready, reclaim, set_due, suspend, take, take_next,
};
pub use rows::{Filter, at_site, by_id, by_subject, list, of_user, open_counts, state_counts};
pub use step::{
    Choice, Expect, ExpectKind, Kept, Say, Scan, Spot, Step, StepArticle, StepQuantity, StepTask, Target, Tone,
};
