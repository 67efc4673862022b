//! Cartage: from a click to a doorstep. The rooms in reading order; a room uses
//! rooms above it, never below (`tests/tidy.rs` holds them to it).

#[macro_use]
pub mod kernel;
pub mod event;
pub mod store;
pub mod problem;
pub mod exchange;
pub mod identity;
pub mod parties;
pub mod catalog;
pub mod network;
pub mod layout;
pub mod units;
pub mod tasks;
pub mod printing;
pub mod decisions;
pub mod stock;
pub mod promise;
pub mod orders;
pub mod payments;
pub mod checkout;
pub mod fleet;
pub mod slotting;
pub mod inbound;
pub mod counting;
pub mod waves;
pub mod picking;
pub mod packing;
pub mod labour;
pub mod transport;
pub mod riders;
pub mod returns;
pub mod cases;
pub mod recalls;
pub mod hooks;
pub mod handheld;
pub mod importing;
pub mod web;
pub mod flow;
pub mod work;
pub mod http;
pub mod config;
pub mod telemetry;
pub mod app;
pub mod demo;
pub mod bench;
pub mod doctor;
#[cfg(test)]
pub mod fixtures;
