//! The handheld: badge and PIN, one next task, one screen for each step of it.
//! The page shows what `tasks::Step` says.
//!
//! ```text
//! enrol -> badge -> PIN -> my work -> step <-> step ... -> over -> next
//!                             ^         \-> problem -> noted --+
//!                             +--------------------------------+
//! ```
//!
//! Deliberately absent: rules of work; `crate::handheld` asks the rooms.

mod login;
pub mod read;
pub mod view;
mod work;

use axum::{
    Router,
    routing::{get, post},
};

use crate::store::Db;

/// The handheld's pages.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/handheld", get(work::list))
        .route("/handheld/next", post(work::next))
        .route("/handheld/tasks/{task}", get(work::step))
        .route("/handheld/tasks/{task}/ahead", get(work::ahead))
        .route("/handheld/tasks/{task}/scan", post(work::scan))
        .route("/handheld/tasks/{task}/problem", get(work::problem).post(work::report))
        .route("/handheld/login", get(login::show).post(login::sign_in))
        .route("/handheld/enrol", post(login::enrol))
        .route("/handheld/logout", post(login::sign_out))
}
