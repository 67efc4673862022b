//! A living city.
