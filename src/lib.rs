//! Cartage: from a click to a doorstep. The rooms in reading order; a room uses
//! rooms above it, never below (`tests/tidy.rs` holds them to it).

#[macro_use]
pub mod kernel;
pub mod event;
pub mod exchange;
pub mod identity;
pub mod problem;
pub mod store;
