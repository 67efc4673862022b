//! Limits, quotas and groups over HTTP. Deliberately absent: asking them; orders and
//! holds do.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    buyers,
    model::Refusal,
    rows,
    terms::{Limit, Quota},
};
use crate::{
    catalog,
    exchange::{Body, Path},
    identity::{Caller, Permission},
    kernel::*,
    problem::Problem,
    stock,
    store::{Actor, Db, Tx},
};

/// The endpoints of terms.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(get_terms, put_terms)).routes(routes!(get_group, put_group))
}

/// What one shopper may have of an article, and what is set aside for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleTerms {
    /// The most in one order.
    #[serde(default)]
    pub per_order: Option<i64>,
    /// The most in any period.
    #[serde(default)]
    pub per_period: Option<i64>,
    /// The rolling period, hours.
    #[serde(default = "a_day")]
    pub period_hours: i64,
    /// Set aside until a moment, each for a group.
    #[serde(default)]
    pub quotas: Vec<SetAside>,
    /// Channels that may sell it before it is here, of deliveries that are announced; `*`
    /// is every channel. None unless told.
    #[serde(default)]
    pub sold_ahead: Vec<String>,
}

fn a_day() -> i64 {
    24
}

/// A quantity for a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The group.
    pub group: String,
    /// How many.
    pub quantity: i64,
    /// Until when.
    pub ends_at: Time,
    /// How many of them are bought; only told.
    #[serde(default)]
    pub taken: i64,
}

async fn sku_of(tx: &mut Tx, code: &str) -> Result<SkuId, Stop> {
    match catalog::by_code(tx.sql(), code).await? {
        Some(article) => Ok(article.id),
        None => Err(Refusal::UnknownArticle { sku: code.chars().take(60).collect() }.into()),
    }
}

async fn shown(tx: &mut Tx, sku: SkuId) -> Result<ArticleTerms, Stop> {
    let mut terms = rows::terms(tx, std::iter::once(sku)).await?;
    buyers::lock_and_sum(tx, &mut terms, &[]).await?;
    let limit = terms.limits.get(&sku).copied();
    let quotas = terms.quotas.remove(&sku).unwrap_or_default();
    let quotas = quotas.into_iter().map(|one| {
        let Quota { group, quantity, ends_at, taken } = one;
        SetAside { group, quantity, ends_at, taken }
    });
    Ok(ArticleTerms {
        per_order: limit.and_then(|limit| limit.per_order),
        per_period: limit.and_then(|limit| limit.per_period),
        period_hours: limit.map_or(24, |limit| limit.period_ms / 3_600_000),
        quotas: quotas.collect(),
        sold_ahead: stock::sold_ahead(tx.sql(), sku).await?,
    })
}

/// Sets an article's terms; what was set before is gone. They count from the next order.
pub async fn set_terms(tx: &mut Tx, sku: SkuId, new: &ArticleTerms) -> Result<(), Stop> {
    let sane = |most: Option<i64>| most.is_none_or(|most| (0..=1_000_000).contains(&most));
    if !sane(new.per_order) || !sane(new.per_period) {
        return Err(Refusal::BadTerm { field: "per_order or per_period" }.into());
    }
    if !(1..=24 * 366).contains(&new.period_hours) {
        return Err(Refusal::BadTerm { field: "period_hours" }.into());
    }
    let mut quotas: Vec<Quota> = Vec::new();
    for one in &new.quotas {
        let SetAside { group, quantity, ends_at, .. } = one.clone();
        let named = (1..=60).contains(&group.chars().count()) && quotas.iter().all(|other| other.group != group);
        if !named || !(0..=1_000_000).contains(&quantity) {
            return Err(Refusal::BadTerm { field: "quotas" }.into());
        }
        quotas.push(Quota { group, quantity, ends_at, taken: 0 });
    }
    let period_ms = new.period_hours * 3_600_000;
    let limit = Limit { per_order: new.per_order, per_period: new.per_period, period_ms };
    let channels: BTreeSet<String> = new.sold_ahead.iter().cloned().collect();
    if channels.len() > 50 || channels.iter().any(|channel| !(1..=60).contains(&channel.chars().count())) {
        return Err(Refusal::BadTerm { field: "sold_ahead" }.into());
    }
    stock::set_sold_ahead(tx, sku, &channels).await?;
    rows::set_limit(tx.sql(), sku, &limit).await?;
    Ok(rows::set_quotas(tx.sql(), sku, &quotas).await?)
}

/// The terms of an article.
#[utoipa::path(get, path = "/api/v1/articles/{code}/terms", tag = "holds", params(("code" = String, Path)),
    responses((status = 200, body = ArticleTerms), (status = 422, body = Problem)))]
async fn get_terms(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<ArticleTerms>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let sku = sku_of(&mut tx, &code).await?;
    Ok(Json(shown(&mut tx, sku).await?))
}

/// Set the terms of an article; needs `catalog.edit`.
#[utoipa::path(put, path = "/api/v1/articles/{code}/terms", tag = "holds", params(("code" = String, Path)),
    request_body = ArticleTerms, responses((status = 200, body = ArticleTerms), (status = 422, body = Problem)))]
async fn put_terms(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Body(new): Body<ArticleTerms>,
) -> Result<Json<ArticleTerms>, Problem> {
    caller.permit_house(Permission::CatalogEdit)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let sku = sku_of(&mut tx, &code).await?;
    set_terms(&mut tx, sku, &new).await?;
    let now = shown(&mut tx, sku).await?;
    tx.commit().await?;
    Ok(Json(now))
}

/// Who is in a group: ids of signed-in shoppers, or `channel:` and a channel's name for
/// everybody there.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    members: Vec<String>,
}

/// The members of a group.
#[utoipa::path(get, path = "/api/v1/buyer-groups/{group}", tag = "holds", params(("group" = String, Path)),
    responses((status = 200, body = Group)))]
async fn get_group(State(db): State<Db>, caller: Caller, Path(group): Path<String>) -> Result<Json<Group>, Problem> {
    caller.permit_house(Permission::CatalogEdit)?;
    let mut read = db.read().await?;
    Ok(Json(Group { members: rows::members(read.sql(), &group).await? }))
}

/// Say who is in a group; who was in it before and is not named is out.
#[utoipa::path(put, path = "/api/v1/buyer-groups/{group}", tag = "holds", params(("group" = String, Path)),
    request_body = Group, responses((status = 200, body = Group), (status = 422, body = Problem)))]
async fn put_group(
    State(db): State<Db>,
    caller: Caller,
    Path(group): Path<String>,
    Body(new): Body<Group>,
) -> Result<Json<Group>, Problem> {
    caller.permit_house(Permission::CatalogEdit)?;
    let sane = |text: &String| (1..=120).contains(&text.chars().count());
    if !sane(&group) || new.members.len() > 100_000 || !new.members.iter().all(sane) {
        return Err(Refusal::BadTerm { field: "members" }.into());
    }
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let members: BTreeSet<String> = new.members.into_iter().collect();
    rows::set_group(tx.sql(), &group, &members).await?;
    tx.commit().await?;
    Ok(Json(Group { members: members.into_iter().collect() }))
}
