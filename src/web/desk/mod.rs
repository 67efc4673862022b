//! The desk: orders and their story, stock, ledger, cases, tasks, facts, decisions,
//! printing and the director's board. Views are plain structs; a handler fills them
//! from the rooms. Deliberately absent: any rule of the house.
//!
//! ```text
//! frame.rs   the bar around every desk page      table.rs   lists that sort, filter and export
//! list.rs    one page for every list             order.rs   an order's whole story
//! stock.rs   one article everywhere              case.rs    one exception and its ways out
//! why.rs     one decision, opened by "why?"      board.rs   promise against result
//! seat.rs    who sits there                      book.rs    names for ids
//! ```
//!
//! The rest are handlers, named after what they are asked for.

pub(super) mod acts;
pub mod board;
pub mod book;
pub mod case;
mod cases;
mod director;
mod facts;
mod find;
pub mod frame;
mod goods;
mod goods_acts;
pub mod heat;
mod hooks;
mod inbound;
mod labour;
mod ledger;
pub mod list;
mod live;
pub mod order;
mod order_acts;
mod order_show;
mod orders;
mod prints;
pub(super) mod reasons;
mod recalls;
mod returns;
pub mod seat;
mod services;
pub(super) mod sheet;
pub mod stock;
pub(super) mod story;
pub mod table;
mod tasks;
pub mod thing;
pub mod why;

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};

pub use frame::{Frame, Tone};

use crate::{
    identity::{Caller, Permission},
    problem::Problem,
    store::Db,
    web::page::go,
};

/// The desk's pages.
pub fn routes() -> Router<Db> {
    Router::new()
        .route("/desk", get(first))
        .route("/desk/orders", get(orders::list))
        .route("/desk/orders/{id}", get(order_show::show))
        .route("/desk/orders/{id}/cancel", post(order_acts::cancel))
        .route("/desk/orders/{id}/address", post(order_acts::change_address))
        .route("/desk/orders/{id}/{word}", post(order_acts::plain))
        .route("/desk/orders/{id}/contact", post(order_acts::contact))
        .route("/desk/orders/{id}/labels/{print}", post(order_acts::reprint))
        .route("/desk/cases", get(cases::list))
        .route("/desk/cases/{id}", get(cases::show))
        .route("/desk/cases/{id}/take", post(cases::take))
        .route("/desk/cases/{id}/assign", post(cases::assign))
        .route("/desk/cases/{id}/notes", post(cases::note))
        .route("/desk/cases/{id}/close", post(cases::close))
        .route("/desk/stock", get(goods::list))
        .route("/desk/stock/{code}", get(goods::show))
        .route("/desk/stock/{code}/count/{bin}", post(goods_acts::count))
        .route("/desk/stock/{code}/write-off", post(goods_acts::write_off))
        .route("/desk/returns", get(returns::list))
        .route("/desk/returns/{parcel}", get(returns::show))
        .route("/desk/returns/{parcel}/grade", post(returns::grade))
        .route("/desk/recalls", get(recalls::list))
        .route("/desk/recalls/of/{code}", get(recalls::of_article))
        .route("/desk/recalls/of/{code}/{word}", post(recalls::begin))
        .route("/desk/recalls/{id}", get(recalls::show))
        .route("/desk/recalls/{id}/{word}", post(recalls::end))
        .route("/desk/ledger", get(ledger::list))
        .route("/desk/tasks", get(tasks::list))
        .route("/desk/tasks/{id}", get(tasks::show))
        .route("/desk/tasks/{id}/assign", post(tasks::assign))
        .route("/desk/tasks/{id}/suspend", post(tasks::suspend))
        .route("/desk/printing", get(prints::list))
        .route("/desk/printing/{id}/{deed}", post(prints::deed))
        .route("/desk/events", get(facts::list))
        .route("/desk/inbound", get(inbound::list))
        .route("/desk/inbound/{id}", get(inbound::show))
        .route("/desk/inbound/{id}/lines/{line}/{word}", post(inbound::decide))
        .route("/desk/services", get(services::list))
        .route("/desk/services/{site}/{service}", get(services::show))
        .route("/desk/services/{site}/{service}/{word}", post(services::change))
        .route("/desk/hooks", get(hooks::list))
        .route("/desk/hooks/release", post(hooks::release))
        .route("/desk/hooks/{id}", get(hooks::show))
        .route("/desk/hooks/{id}/{deed}", post(hooks::deed))
        .route("/desk/hooks/{id}/again/{message}", post(hooks::again))
        .route("/desk/board", get(director::show))
        .route("/desk/labour", get(labour::show))
        .route("/desk/labour/steps", get(labour::steps))
        .route("/desk/find", get(find::find))
        .route("/desk/decisions", get(reasons::list))
        .route("/desk/decisions/{id}", get(reasons::show))
}

/// What stays open: every desk page listens here.
pub fn streams() -> Router<Db> {
    Router::new().route(seat::LIVE, get(live::stream))
}

/// The page a person of the house begins with; empty for who has none here.
pub fn home_of(caller: &Caller) -> &'static str {
    let held = |permission| caller.permit(permission, None).is_ok();
    // Whoever rides or picks has his own small screen; the desk is for the others.
    let own = [
        (Permission::DispatchAct, "/dispatch"),
        (Permission::OrderChange, "/desk/orders"),
        (Permission::StockAdjust, "/desk/stock"),
        (Permission::ReportRead, "/desk/board"),
        (Permission::FleetOperate, "/floor"),
        (Permission::CaseHandle, "/desk/cases"),
        (Permission::Ride, "/rider"),
        (Permission::WorkDo, "/handheld"),
    ];
    if held(Permission::ConfigEdit) {
        return "/desk/board";
    }
    if held(Permission::WorkSupervise) && !held(Permission::OrderChange) {
        return "/desk/tasks";
    }
    own.into_iter().find(|(permission, _)| held(*permission)).map_or("/", |(_, page)| page)
}

async fn first(State(_): State<Db>, caller: Caller) -> Result<Response, Problem> {
    Ok(go(home_of(&caller)))
}
