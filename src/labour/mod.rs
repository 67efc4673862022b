//! What hands did, beside the time that is fair for it. A follower of the log with a
//! cursor of its own: nothing waits for it, and it can be built again from the log.
//!
//! ```text
//!   task.taken -> in hand --line.picked, goods.put_away, ...--> a step: walk + handling
//!                         --task.done-------------------------> a last step: the way to its end
//!                         --suspended, cancelled--------------> no step
//! ```
//!
//! A step's fair time is that of its way at the site's pace along the shortest walk,
//! and of its lines and pieces; so a person is not blamed for a far bin. Deliberately
//! absent: pay, rank, and any rule that acts on a person.

pub mod api;
mod follow;
mod model;
mod note;
mod rows;
#[cfg(test)]
mod tests;

pub use follow::{follow, run};
pub use model::*;
pub use rows::{Asked, by_hour, forget_old, set_standard, standards, steps, sums, traffic};
