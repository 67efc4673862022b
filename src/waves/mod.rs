//! What to release when. A site waits a few seconds for company, then releases the
//! most urgent parts of accepted orders together, as many as its queue can take.
//!
//! Deliberately absent: bins and walks; those are picking's.

mod release;
mod rows;

pub use release::{MAX_WAVE, plan};
pub use rows::{Wave, latest};
