//! Sourcing: which site ships which line of a basket, and the date that follows.
//! By cost, from sites that have the goods, the service and room in their hours.
//!
//! Deliberately absent: holding anything; orders holds what the plan says, in the
//! same transaction, and asks again if another was faster.

mod ahead;
pub mod api;
mod model;
mod plan;
mod pools;
mod rows;
mod scene;
mod share;

pub use ahead::{ahead, free_ahead, slot_after};
pub use model::*;
pub use plan::{plan, record};
pub use pools::{draws, pools, put_pool, set_draws, shares};
pub use scene::{Drawn, Scene};
pub use share::{Draw, Leave, Shares, SitePool};
