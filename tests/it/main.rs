//! The house as a whole, over its real faces: HTTP, MQTT, both databases.

mod browser;
mod desk;
mod house;
mod journey;
mod pages;
