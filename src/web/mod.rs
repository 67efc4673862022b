//! The screens, by persona: shop, handheld, rider, and the desks behind them. A
//! page is a template over plain view structs; a handler asks the rooms, fills the
//! struct and draws it. The server decides the next screen.
//!
//! ```text
//! assets.rs     bundled files, icons, pictures      page.rs    visit, drawing, problem pages
//! i18n.rs       words in two languages              format.rs  money, times, weights
//! away.rs       for the time without a server
//! handheld/     badge, tasks, steps, problems       shop/      browse, basket, checkout, tracking
//! rider/        shift, offers, stops, proof
//! ```
//!
//! Deliberately absent: rules. What may be done, and what comes next, is said by
//! the rooms.

pub mod assets;
mod away;
pub mod format;
pub mod forms;
pub mod i18n;
pub mod login;
pub mod page;
pub mod desk;
pub mod dispatch;
pub mod floor;
pub mod geo;
pub mod rider;

pub mod handheld;
pub mod shop;
pub mod sketch;
pub mod telling;

use axum::{Router, middleware::from_fn};

use crate::store::Db;

/// Every page, with the layer that speaks to people.
pub fn routes() -> Router<Db> {
    Router::new()
        .merge(assets::routes())
        .merge(away::routes())
        .merge(handheld::routes())
        .merge(shop::routes())
        .merge(rider::routes())
        .merge(desk::routes())
        .merge(dispatch::routes())
        .merge(floor::routes())
        .merge(login::routes())
        .layer(from_fn(page::face))
}

/// Streams, which stay open longer than any page may take.
pub fn streams() -> Router<Db> {
    shop::streams().merge(desk::streams())
}
