//! Saying which sites form a pool, and which pools a channel draws on. Deliberately
//! absent: moving goods; a share is read from the stock there is, at every promise.

use super::{model::Refusal, rows, share::*};
use crate::{kernel::*, store::Sql, store::Tx};

/// Every channel's draws, for whoever promises.
pub async fn shares(sql: &mut Sql) -> Result<Shares, Fault> {
    rows::shares(sql).await
}

/// Every pool of sites, by code.
pub async fn pools(sql: &mut Sql) -> Result<Vec<SitePool>, Fault> {
    rows::pools(sql).await
}

/// Every channel with draws of its own.
pub async fn draws(sql: &mut Sql) -> Result<std::collections::BTreeMap<String, Vec<Draw>>, Fault> {
    rows::draws(sql).await
}

/// Adds a pool or changes it; it counts from the next promise on.
pub async fn put_pool(tx: &mut Tx, pool: &SitePool) -> Result<(), Stop> {
    let named = |text: &str| (1..=80).contains(&text.trim().chars().count());
    if !named(&pool.code) || !named(&pool.name_en) || !named(&pool.name_zh) {
        return Err(Refusal::BadPool { field: "code or name" }.into());
    }
    Ok(rows::put_pool(tx.sql(), pool).await?)
}

/// Says what a channel draws on; none at all: everything, everywhere.
pub async fn set_draws(tx: &mut Tx, channel: &str, draws: &[Draw]) -> Result<(), Stop> {
    let known = rows::pools(tx.sql()).await?;
    for (at, draw) in draws.iter().enumerate() {
        if !known.iter().any(|pool| pool.code == draw.pool) {
            return Err(Refusal::NoPool { pool: draw.pool.chars().take(60).collect() }.into());
        }
        if draws[..at].iter().any(|other| other.pool == draw.pool) {
            return Err(Refusal::BadPool { field: "pool" }.into());
        }
        if !(0..=1_000_000).contains(&draw.safety_stock) || !(0..=1000).contains(&draw.keep_permille) {
            return Err(Refusal::BadPool { field: "safety_stock or keep_permille" }.into());
        }
    }
    if !(1..=60).contains(&channel.chars().count()) {
        return Err(Refusal::BadPool { field: "channel" }.into());
    }
    Ok(rows::set_draws(tx.sql(), channel, draws).await?)
}
