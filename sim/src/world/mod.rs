//! The generated world.
pub mod catalog;
pub mod city;
pub mod geo;
