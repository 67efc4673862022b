//! The house as a whole, over its real faces: HTTP, MQTT, both databases.

mod browser;
mod eyes;
mod house;
mod journey;
mod pages;
