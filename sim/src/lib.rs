//! A living city.
pub mod seed;
pub mod world;
