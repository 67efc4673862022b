//! Tours, totes, shorts: which bin serves which line, which picks are walked
//! together, and every scan on the way.
//!
//! ```text
//!   pick:   bin -> article -> quantity -> tote -> done      (stage of an open pick)
//!             \------ short: goods go missing, another bin, another site
//!   batch:  walk:     open --(all picks, then the station)--> done
//!           station:  queued --request shelf--> open --(all picks)--> done, shelf home
//! ```
//!
//! A batch is one task; its progress is in its picks, so another worker goes on at
//! the next scan. Deliberately absent: choosing where goods live (slotting).

mod ahead;
mod kept;
mod lay;
mod model;
mod plan;
mod putback;
mod recount;
mod rows;
mod scan;
mod shelf;
mod short;
mod step;
mod trim;

pub use ahead::{Ahead, Line, ahead};
pub use kept::{PICKED_ANYWAY, kept};
pub use model::*;
pub use plan::plan;
pub use putback::{in_totes, put_back, put_back_scan, put_back_step};
pub use recount::{FOUND_AT_PICK, lot_stopped, recounted};
pub use rows::{batch_of_task, has_open_picks, picks_of, visits};
pub use scan::scan;
pub(crate) use scan::wrong;
pub use shelf::{shelf_arrived, shelf_home};
pub use step::step;
pub(crate) use step::{label_of, shown};
pub use trim::trim;
