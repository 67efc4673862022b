//! Pure, seeded algorithms that decide for the warehouse and the road.
//!
//! Absent on purpose: no clock, no randomness but a caller's seed, no IO, no
//! threads, no server types. Work is bounded by counts (iterations, nodes,
//! variables), never by a wall clock, so the same input and the same seed give
//! the same answer, bit for bit. Input that makes no sense comes back as an
//! error that names the conflict; nothing here panics on a caller's data.

pub mod batching;
pub mod check;
pub mod graph;
mod lp;
pub mod matching;
pub mod matrix;
pub mod routing;
pub mod slotting;
pub mod sourcing;
pub mod tour;

pub use matrix::Matrix;
