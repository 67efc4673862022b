//! The ledger over HTTP, for desks and auditors. Deliberately absent: writing;
//! goods move through the rooms that move them.

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Audit, Balance, Hold, Holder, Ledger, Pool, audit, rows};
use crate::{
    catalog,
    exchange::{Listed, Page, Path, Query},
    identity::{Caller, Permission},
    kernel::SiteId,
    layout,
    problem::Problem,
    store::Db,
};

/// The endpoints of the ledger.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(transfers))
        .routes(routes!(balances))
        .routes(routes!(bin_contents))
        .routes(routes!(pools))
        .routes(routes!(holds))
        .routes(routes!(audit_ledger))
}

/// Every movement, oldest first.
#[utoipa::path(get, path = "/api/v1/ledger/transfers", tag = "ledger", params(Page),
    responses((status = 200, body = Listed<Ledger>)))]
async fn transfers(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Ledger>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let items = rows::transfers_after(read.sql(), page.after(), page.limit()).await?;
    Ok(Json(Listed::new(items, page.limit(), |one| one.id.to_string())))
}

/// Every account that is not empty.
#[utoipa::path(get, path = "/api/v1/ledger/balances", tag = "ledger", params(Page),
    responses((status = 200, body = Listed<Balance>)))]
async fn balances(
    State(db): State<Db>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Listed<Balance>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let items = rows::balances_after(read.sql(), page.after(), page.limit()).await?;
    let cursor = |one: &Balance| {
        let goods = &one.goods;
        format!("{} {} {} {} {} {}", one.site, one.holder, goods.sku, goods.lot, goods.serial, goods.condition)
    };
    Ok(Json(Listed::new(items, page.limit(), cursor)))
}

/// At which site.
#[derive(serde::Deserialize, utoipa::IntoParams)]
struct AtSite {
    /// The site.
    site: SiteId,
}

/// Goods of a bin with the code of their article.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Lying {
    /// The article's code.
    article: String,
    #[serde(flatten)]
    balance: Balance,
}

/// What the books say lies in a bin.
#[utoipa::path(get, path = "/api/v1/stock/bins/{code}", tag = "ledger",
    params(("code" = String, Path), AtSite),
    responses((status = 200, body = [Lying]), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn bin_contents(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Query(at): Query<AtSite>,
) -> Result<Json<Vec<Lying>>, Problem> {
    caller.permit(Permission::StockRead, Some(at.site))?;
    let mut read = db.read().await?;
    let bin = layout::bin_by_code(read.sql(), at.site, &code).await?;
    let bin = bin.ok_or_else(|| Problem::not_found("bin"))?;
    let mut lying = Vec::new();
    for balance in rows::contents(read.sql(), Holder::Bin(bin.id)).await? {
        let article = catalog::by_id(read.sql(), balance.goods.sku).await?;
        lying.push(Lying { article: article.map(|article| article.code).unwrap_or_default(), balance });
    }
    Ok(Json(lying))
}

/// What each site can promise of each article.
#[utoipa::path(get, path = "/api/v1/ledger/pools", tag = "ledger", params(Page),
    responses((status = 200, body = Listed<Pool>)))]
async fn pools(State(db): State<Db>, caller: Caller, Query(page): Query<Page>) -> Result<Json<Listed<Pool>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let items = rows::pools_after(read.sql(), page.after(), page.limit()).await?;
    Ok(Json(Listed::new(items, page.limit(), |one| format!("{} {}", one.site, one.sku))))
}

/// Every reservation, oldest first.
#[utoipa::path(get, path = "/api/v1/ledger/holds", tag = "ledger", params(Page),
    responses((status = 200, body = Listed<Hold>)))]
async fn holds(State(db): State<Db>, caller: Caller, Query(page): Query<Page>) -> Result<Json<Listed<Hold>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let items = rows::holds_after(read.sql(), page.after(), page.limit()).await?;
    Ok(Json(Listed::new(items, page.limit(), |one| one.id.to_string())))
}

/// Compares accounts, pools, holds and transfers with each other.
#[utoipa::path(get, path = "/api/v1/ledger/audit", tag = "ledger", responses((status = 200, body = Audit)))]
async fn audit_ledger(State(db): State<Db>, caller: Caller) -> Result<Json<Audit>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    Ok(Json(audit::audit(read.sql()).await?))
}
