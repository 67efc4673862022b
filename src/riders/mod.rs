//! riders
mod model;
mod rows;
pub use model::*;
