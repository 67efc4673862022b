//! The house as a whole, over its real faces: HTTP, MQTT, both databases.

mod answers;
mod browser;
mod changes;
mod contract;
mod counts;
mod edges;
mod feeds;
mod files;
mod eyes;
mod desk;
mod disk;
mod hands;
mod house;
mod journey;
mod lists;
mod kept;
mod openapi;
mod pages;
mod privacy;
mod scans;
mod sources;
mod sql;
mod sweep;
