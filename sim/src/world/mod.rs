//! The generated world.
pub mod city;
pub mod geo;
