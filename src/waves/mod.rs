//! What to release when. A few seconds after acceptance a part is released, while the
//! queue of pick tasks has room; when every picker has work enough, parts wait for
//! company on their cart until there is room or they become urgent.
//!
//! Deliberately absent: bins and walks; those are picking's.

mod release;
mod rows;
#[cfg(test)]
mod tests;

pub use release::{MAX_WAVE, plan};
pub use rows::{Wave, latest};
