//! Pure algorithms.

pub mod agv;
