//! All SQL of waves.

use serde::Serialize;

use crate::{
    kernel::*,
    store::{Row, Sql},
};

/// Parts of orders released together.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Wave {
    /// Id.
    pub id: WaveId,
    /// Where.
    pub site: SiteId,
    /// How many parts.
    pub fulfilments: i64,
    /// Why now.
    pub reason: String,
    /// When.
    pub released_at: Time,
}

pub(super) async fn add(
    sql: &mut Sql,
    id: WaveId,
    site: SiteId,
    parts: i64,
    reason: &str,
    at: Time,
) -> Result<(), Fault> {
    sqlx::query("INSERT INTO waves (id, site, fulfilments, reason, released_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id.to_string())
        .bind(site.to_string())
        .bind(parts)
        .bind(reason)
        .bind(at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// The newest waves of a site.
pub async fn latest(sql: &mut Sql, site: SiteId, limit: i64) -> Result<Vec<Wave>, Fault> {
    let rows = sqlx::query("SELECT * FROM waves WHERE site = $1 ORDER BY id DESC LIMIT $2")
        .bind(site.to_string())
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Wave {
                id: row.id("id")?,
                site: row.id("site")?,
                fulfilments: row.int("fulfilments")?,
                reason: row.text("reason")?,
                released_at: row.time("released_at")?,
            })
        })
        .collect()
}
