//! All SQL of handling units.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Unit, Fault> {
    Ok(Unit {
        id: row.id("id")?,
        code: row.text("code")?,
        kind: row.word("kind")?,
        site: row.id("site")?,
        node: row.opt_text("node")?,
        home: row.opt_text("home")?,
        parent: row.opt_word("parent")?,
        bound_to: row.opt_word("bound_to")?,
        state: row.word("state")?,
    })
}

pub(super) async fn add(sql: &mut Sql, unit: &Unit) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO units (id, code, kind, site, node, home, parent, bound_to, state) \
         VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, $7)",
    )
    .bind(unit.id.to_string())
    .bind(&unit.code)
    .bind(unit.kind.as_str())
    .bind(unit.site.to_string())
    .bind(unit.node.as_deref())
    .bind(unit.home.as_deref())
    .bind(unit.state.as_str())
    .execute(sql)
    .await?;
    Ok(())
}

/// By its label, in capitals.
pub async fn by_code(sql: &mut Sql, code: &str) -> Result<Option<Unit>, Fault> {
    let row =
        sqlx::query("SELECT id, code, kind, site, node, home, parent, bound_to, state FROM units WHERE code = $1")
            .bind(code)
            .fetch_optional(sql)
            .await?;
    row.as_ref().map(read).transpose()
}

/// By its id.
pub async fn by_id(sql: &mut Sql, id: UnitId) -> Result<Option<Unit>, Fault> {
    let row = sqlx::query("SELECT id, code, kind, site, node, home, parent, bound_to, state FROM units WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The units of one kind at a site, by label.
pub async fn at_site(sql: &mut Sql, site: SiteId, kind: UnitKind) -> Result<Vec<Unit>, Fault> {
    let rows = sqlx::query(
        "SELECT id, code, kind, site, node, home, parent, bound_to, state FROM units \
         WHERE site = $1 AND kind = $2 ORDER BY code LIMIT 5000",
    )
    .bind(site.to_string())
    .bind(kind.as_str())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// The units that carry goods of a fulfilment.
pub async fn bound_to(sql: &mut Sql, fulfilment: FulfilmentId) -> Result<Vec<Unit>, Fault> {
    let rows = sqlx::query(
        "SELECT id, code, kind, site, node, home, parent, bound_to, state FROM units WHERE bound_to = $1 ORDER BY code",
    )
    .bind(fulfilment.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn bind(sql: &mut Sql, unit: UnitId, to: FulfilmentId) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE units SET bound_to = $2, state = 'in_use' WHERE id = $1 AND bound_to IS NULL AND state = 'free'",
    )
    .bind(unit.to_string())
    .bind(to.to_string())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn free(sql: &mut Sql, unit: UnitId) -> Result<(), Fault> {
    sqlx::query("UPDATE units SET bound_to = NULL, state = 'free' WHERE id = $1")
        .bind(unit.to_string())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn mark(sql: &mut Sql, unit: UnitId, state: UnitState) -> Result<(), Fault> {
    sqlx::query("UPDATE units SET state = $2 WHERE id = $1")
        .bind(unit.to_string())
        .bind(state.as_str())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn place(sql: &mut Sql, unit: UnitId, node: Option<&str>) -> Result<(), Fault> {
    sqlx::query("UPDATE units SET node = $2 WHERE id = $1").bind(unit.to_string()).bind(node).execute(sql).await?;
    Ok(())
}

pub(super) async fn attach(sql: &mut Sql, unit: UnitId, to: FulfilmentId) -> Result<(), Fault> {
    sqlx::query("UPDATE units SET bound_to = $2 WHERE id = $1")
        .bind(unit.to_string())
        .bind(to.to_string())
        .execute(sql)
        .await?;
    Ok(())
}
