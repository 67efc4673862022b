//! The house as a whole, over its real faces: HTTP, MQTT, both databases.

mod house;
mod journey;
