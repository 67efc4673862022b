//! What a controller of stock does on an article's page: ask for a count of a bin,
//! give up what stays missing or is beyond use. Deliberately absent: counting; it is
//! work for a handheld.

use axum::{extract::State, response::Response};

use super::{
    acts::{Sent, act, seat_of, settled},
    goods::page,
    seat::Seat,
};
use crate::{
    catalog, counting,
    counting::{WriteOff, WriteOffReason},
    exchange::{Form, Path},
    identity::{FormCaller, Permission},
    kernel::BinId,
    layout::{self, Bin},
    problem::Problem,
    stock::Condition,
    store::Db,
    web::{assets::path_part, page::Visit},
};

/// A bin of a site where the person may adjust stock.
async fn bin_of(db: &Db, seat: &Seat, id: &str) -> Result<Bin, Problem> {
    let id: BinId = id.parse().map_err(|_| Problem::not_found("bin"))?;
    let mut read = db.read().await?;
    let bin = layout::bin(read.sql(), id).await?.ok_or_else(|| Problem::not_found("bin"))?;
    seat.caller.permit(Permission::StockAdjust, Some(bin.site))?;
    Ok(bin)
}

/// Asks for a count of a bin; one that is asked for already stays one.
pub async fn count(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path((code, bin)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/stock/{}", path_part(&code));
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let bin = bin_of(&db, &seat, &bin).await?;
    let about = bin.id.to_string();
    let done = act(&db, &seat, &sent, ("count_asked", &about, &here), async |tx| {
        counting::add_bin(tx, &bin, "by hand").await.map(|_| ())
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, &code, Some(notice), status).await).await
}

/// Gives up goods that are not sellable; `from` names bin and condition.
pub async fn write_off(
    State(db): State<Db>,
    visit: Visit,
    caller: FormCaller,
    Path(code): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let here = format!("/desk/stock/{}", path_part(&code));
    let seat = seat_of(&db, visit, caller, &sent, &here).await?;
    let (bin, condition) = sent.from.split_once(' ').unwrap_or_default();
    let bin = bin_of(&db, &seat, bin).await?;
    let condition: Condition = condition.parse().map_err(|_| Problem::not_found("condition"))?;
    let reason: WriteOffReason = sent.reason.parse().map_err(|_| Problem::not_found("reason"))?;
    let mut read = db.read().await?;
    let article = catalog::by_code(read.sql(), &code).await?.ok_or_else(|| Problem::not_found("article"))?;
    drop(read);
    // What is no number is refused by the verb, as zero is.
    let quantity = Some(sent.quantity.trim().parse().unwrap_or(0));
    let loss = WriteOff { site: bin.site, sku: article.id, bin: Some(bin.id), condition, quantity, reason };
    let done = act(&db, &seat, &sent, ("written_off", &here, &here), async |tx| {
        counting::write_off(tx, &loss).await.map(|_| ())
    })
    .await?;
    settled(&seat, done, async |notice, status| page(&db, &seat, &code, Some(notice), status).await).await
}
