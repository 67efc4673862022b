//! Everybody who acts: each persona has a file and acts only through HTTP.
//!
//! What is physically true (what lies in a box, which tote is at hand) lives
//! here and nowhere else; the server knows only what it is told.

pub mod clerk;
pub mod controller;
pub mod deliveries;
pub mod desk;
pub mod hands;
pub mod printer;
pub mod register;
pub mod rider;
pub mod road;
pub mod route;
pub mod scale;
pub mod screen;
pub mod shopper;
pub mod totes;
pub mod truth;
pub mod worker;
