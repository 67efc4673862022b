//! SQL of pools of sites and of channels' draws. Deliberately absent: stock.

use std::collections::{BTreeMap, BTreeSet};

use super::share::{Draw, Leave, Shares, SitePool};
use crate::{
    kernel::*,
    store::{Row, Sql},
};

/// Every channel's draws, by site.
pub(super) async fn shares(sql: &mut Sql) -> Result<Shares, Fault> {
    let rows = sqlx::query(
        "SELECT d.channel, d.safety_stock, d.keep_permille, COALESCE(s.site, '') AS site FROM channel_draws d \
         LEFT JOIN site_pool_sites s ON s.pool = d.pool",
    )
    .fetch_all(sql)
    .await?;
    let mut shares = Shares::default();
    for row in rows {
        let site = row.text("site")?;
        let site = if site.is_empty() { None } else { Some(row.id("site")?) };
        let leave = Leave { safety_stock: row.int("safety_stock")?, keep_permille: row.int("keep_permille")? };
        shares.add(&row.text("channel")?, site, leave);
    }
    Ok(shares)
}

pub(super) async fn pools(sql: &mut Sql) -> Result<Vec<SitePool>, Fault> {
    let rows = sqlx::query(
        "SELECT p.code, p.name_en, p.name_zh, COALESCE(s.site, '') AS site FROM site_pools p \
         LEFT JOIN site_pool_sites s ON s.pool = p.code ORDER BY p.code, s.site",
    )
    .fetch_all(sql)
    .await?;
    let mut pools: Vec<SitePool> = Vec::new();
    for row in rows {
        let code = row.text("code")?;
        if pools.last().is_none_or(|last| last.code != code) {
            let (name_en, name_zh) = (row.text("name_en")?, row.text("name_zh")?);
            pools.push(SitePool { code, name_en, name_zh, sites: BTreeSet::new() });
        }
        if !row.text("site")?.is_empty()
            && let Some(last) = pools.last_mut()
        {
            last.sites.insert(row.id("site")?);
        }
    }
    Ok(pools)
}

pub(super) async fn put_pool(sql: &mut Sql, pool: &SitePool) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO site_pools (code, name_en, name_zh) VALUES ($1, $2, $3) \
         ON CONFLICT (code) DO UPDATE SET name_en = excluded.name_en, name_zh = excluded.name_zh",
    )
    .bind(&pool.code)
    .bind(&pool.name_en)
    .bind(&pool.name_zh)
    .execute(&mut *sql)
    .await?;
    sqlx::query("DELETE FROM site_pool_sites WHERE pool = $1").bind(&pool.code).execute(&mut *sql).await?;
    for site in &pool.sites {
        sqlx::query("INSERT INTO site_pool_sites (pool, site) VALUES ($1, $2)")
            .bind(&pool.code)
            .bind(site.to_string())
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}

pub(super) async fn draws(sql: &mut Sql) -> Result<BTreeMap<String, Vec<Draw>>, Fault> {
    let rows =
        sqlx::query("SELECT channel, pool, safety_stock, keep_permille FROM channel_draws ORDER BY channel, pool")
            .fetch_all(sql)
            .await?;
    let mut draws: BTreeMap<String, Vec<Draw>> = BTreeMap::new();
    for row in rows {
        let (safety_stock, keep_permille) = (row.int("safety_stock")?, row.int("keep_permille")?);
        let draw = Draw { pool: row.text("pool")?, safety_stock, keep_permille };
        draws.entry(row.text("channel")?).or_default().push(draw);
    }
    Ok(draws)
}

pub(super) async fn set_draws(sql: &mut Sql, channel: &str, draws: &[Draw]) -> Result<(), Fault> {
    sqlx::query("DELETE FROM channel_draws WHERE channel = $1").bind(channel).execute(&mut *sql).await?;
    for draw in draws {
        sqlx::query("INSERT INTO channel_draws (channel, pool, safety_stock, keep_permille) VALUES ($1, $2, $3, $4)")
            .bind(channel)
            .bind(&draw.pool)
            .bind(draw.safety_stock)
            .bind(draw.keep_permille)
            .execute(&mut *sql)
            .await?;
    }
    Ok(())
}
