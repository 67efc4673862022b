//! The generated world.
pub mod catalog;
pub mod city;
pub mod floor;
pub mod geo;
pub mod sites;
/// Tiny or city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Tiny,
    City,
}
