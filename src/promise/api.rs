//! Pools of sites and channels' draws over HTTP. Deliberately absent: promising; orders
//! and quotes ask for that.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Draw, Refusal, SitePool, draws, pools, put_pool, set_draws};
use crate::{
    catalog::Names,
    exchange::{Body, Path},
    identity::{Caller, Permission},
    network,
    problem::Problem,
    store::{Actor, Db},
};

/// The endpoints of the virtual warehouse.
pub fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new()
        .routes(routes!(get_pools))
        .routes(routes!(define_pool))
        .routes(routes!(get_draws))
        .routes(routes!(define_draws))
}

/// A pool of sites.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PoolShown {
    code: String,
    name: Names,
    /// Codes of its sites.
    sites: Vec<String>,
}

/// Every pool of sites.
#[utoipa::path(get, path = "/api/v1/pools", tag = "pools", responses((status = 200, body = [PoolShown])))]
async fn get_pools(State(db): State<Db>, caller: Caller) -> Result<Json<Vec<PoolShown>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    let sites = network::sites(read.sql()).await?;
    let shown = pools(read.sql()).await?.into_iter().map(|pool| {
        let SitePool { code, name_en: en, name_zh: zh, sites: of } = pool;
        let sites = sites.iter().filter(|site| of.contains(&site.id)).map(|site| site.code.clone()).collect();
        PoolShown { code, name: Names { en, zh }, sites }
    });
    Ok(Json(shown.collect()))
}

/// A pool to define.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DefinePool {
    name: Names,
    /// Codes of warehouses and shops.
    sites: Vec<String>,
}

/// Define a pool of sites; needs `config.edit`.
#[utoipa::path(put, path = "/api/v1/pools/{code}", tag = "pools", params(("code" = String, Path)),
    request_body = DefinePool, responses((status = 204), (status = 422, body = Problem)))]
async fn define_pool(
    State(db): State<Db>,
    caller: Caller,
    Path(code): Path<String>,
    Body(new): Body<DefinePool>,
) -> Result<axum::http::StatusCode, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    let known = network::sites(tx.sql()).await?;
    let mut sites = BTreeSet::new();
    for wanted in &new.sites {
        let site = known.iter().find(|site| site.code == wanted.trim().to_uppercase());
        sites.insert(site.ok_or(Refusal::BadPool { field: "sites" })?.id);
    }
    put_pool(&mut tx, &SitePool { code, name_en: new.name.en, name_zh: new.name.zh, sites }).await?;
    tx.commit().await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// What a channel draws on.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Drawn {
    /// Its pools; none at all: everything, everywhere.
    draws: Vec<Draw>,
}

/// Every channel with draws of its own.
#[utoipa::path(get, path = "/api/v1/channels", tag = "pools",
    responses((status = 200, body = BTreeMap<String, Vec<Draw>>)))]
async fn get_draws(State(db): State<Db>, caller: Caller) -> Result<Json<BTreeMap<String, Vec<Draw>>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let mut read = db.read().await?;
    Ok(Json(draws(read.sql()).await?))
}

/// Say what a channel draws on, from the next promise on; needs `config.edit`.
#[utoipa::path(put, path = "/api/v1/channels/{channel}/draws", tag = "pools", params(("channel" = String, Path)),
    request_body = Drawn, responses((status = 204), (status = 422, body = Problem)))]
async fn define_draws(
    State(db): State<Db>,
    caller: Caller,
    Path(channel): Path<String>,
    Body(new): Body<Drawn>,
) -> Result<axum::http::StatusCode, Problem> {
    caller.permit_house(Permission::ConfigEdit)?;
    let mut tx = db.begin(Actor::named(caller.id())).await?;
    set_draws(&mut tx, &channel, &new.draws).await?;
    tx.commit().await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
