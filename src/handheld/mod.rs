//! One face for all human work: a task of any kind answers a scan with its next
//! step. The handheld page and the JSON API are both drawn from here.
//!
//! Deliberately absent: what a scan means; each kind's room knows.

pub mod api;
mod dispatch;

pub use dispatch::{ahead, leave, next, problem, scan, step};
