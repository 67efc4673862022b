//! All SQL of AGV missions.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Mission, Fault> {
    Ok(Mission {
        id: row.id("id")?,
        site: row.id("site")?,
        shelf: row.id("shelf")?,
        shelf_code: row.text("shelf_code")?,
        home: row.text("home")?,
        station: row.text("station")?,
        station_node: row.text("station_node")?,
        state: row.word("state")?,
        vehicle: row.opt_text("vehicle")?,
        done_steps: row.int("done_steps")?,
        priority: row.int("priority")?,
        attempt: row.int("attempt")?,
        reason: row.opt_text("reason")?,
        created_at: row.time("created_at")?,
        touched_at: row.time("touched_at")?,
    })
}

pub(super) async fn add(sql: &mut Sql, mission: &Mission) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO missions (id, site, shelf, shelf_code, home, station, station_node, state, vehicle, done_steps, \
         priority, attempt, reason, created_at, touched_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 0, $9, $10, NULL, $11, $11)",
    )
    .bind(mission.id.to_string())
    .bind(mission.site.to_string())
    .bind(mission.shelf.to_string())
    .bind(&mission.shelf_code)
    .bind(&mission.home)
    .bind(&mission.station)
    .bind(&mission.station_node)
    .bind(mission.state.as_str())
    .bind(mission.priority)
    .bind(mission.attempt)
    .bind(mission.created_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// One mission.
pub async fn by_id(sql: &mut Sql, id: MissionId) -> Result<Option<Mission>, Fault> {
    let row = sqlx::query("SELECT * FROM missions WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// The mission that has a shelf, if any.
pub(super) async fn open_of_shelf(sql: &mut Sql, shelf: UnitId) -> Result<Option<Mission>, Fault> {
    let row =
        sqlx::query("SELECT * FROM missions WHERE shelf = $1 AND state NOT IN ('done', 'failed', 'cancelled') LIMIT 1")
            .bind(shelf.to_string())
            .fetch_optional(sql)
            .await?;
    row.as_ref().map(read).transpose()
}

/// Missions of a site that are not over, and those cancelled of late, which the
/// bridge must hear of: the most urgent first.
pub async fn open_at_site(sql: &mut Sql, site: SiteId) -> Result<Vec<Mission>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM missions WHERE site = $1 AND state NOT IN ('done', 'failed', 'cancelled') \
         ORDER BY priority DESC, id",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// The newest missions of a site.
pub async fn missions(sql: &mut Sql, site: SiteId, limit: i64) -> Result<Vec<Mission>, Fault> {
    let rows = sqlx::query("SELECT * FROM missions WHERE site = $1 ORDER BY id DESC LIMIT $2")
        .bind(site.to_string())
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn step(
    sql: &mut Sql,
    id: MissionId,
    from: MissionState,
    to: MissionState,
    now: Time,
) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE missions SET state = $3, touched_at = $4 WHERE id = $1 AND state = $2")
        .bind(id.to_string())
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn assign(sql: &mut Sql, id: MissionId, vehicle: &str, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE missions SET state = 'assigned', vehicle = $2, touched_at = $3 WHERE id = $1 AND state = 'requested'",
    )
    .bind(id.to_string())
    .bind(vehicle)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_done_steps(sql: &mut Sql, id: MissionId, done: i64) -> Result<(), Fault> {
    sqlx::query("UPDATE missions SET done_steps = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(done)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn fail(sql: &mut Sql, id: MissionId, reason: &str, now: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE missions SET state = 'failed', reason = $2, touched_at = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(reason)
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn lock_out(
    sql: &mut Sql,
    site: SiteId,
    vehicle: &str,
    reason: &str,
    by: &str,
    now: Time,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO lockouts (site, vehicle, reason, by_whom, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (site, vehicle) DO NOTHING",
    )
    .bind(site.to_string())
    .bind(vehicle)
    .bind(reason)
    .bind(by)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn release(sql: &mut Sql, site: SiteId, vehicle: &str) -> Result<bool, Fault> {
    let done = sqlx::query("DELETE FROM lockouts WHERE site = $1 AND vehicle = $2")
        .bind(site.to_string())
        .bind(vehicle)
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The vehicles of a site that are out of service.
pub async fn lockouts(sql: &mut Sql, site: SiteId) -> Result<Vec<Lockout>, Fault> {
    let rows = sqlx::query("SELECT vehicle, reason, by_whom, at FROM lockouts WHERE site = $1 ORDER BY vehicle")
        .bind(site.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Lockout {
                vehicle: row.text("vehicle")?,
                reason: row.text("reason")?,
                by_whom: row.text("by_whom")?,
                at: row.time("at")?,
            })
        })
        .collect()
}
