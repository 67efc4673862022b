//! Leases and chores: who may run a cursor, and what is to be done when.
//! Leases are wall time (they guard against a dead process); chores are domain
//! time. Deliberately absent: what a chore does; `work.rs` knows.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    Actor, Db, Engine, Row, Sql,
    bulk::{Column, Sheet},
};
use crate::{
    event::Chore,
    kernel::{Fault, Time},
};

/// How long a lease holds unless renewed, wall milliseconds.
pub const LEASE_MS: i64 = 10_000;

/// Wall time for leases and sessions: the one place that asks the system, because
/// these guard against dead processes and thieves, whatever domain time says.
pub fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Takes or renews the lease `name` for `holder`; false if another holds it.
/// A lease that has more than half its time left is not written again.
pub async fn lease(db: &Db, name: &str, holder: &str, ms: i64) -> Result<bool, Fault> {
    let now = wall_ms();
    let mut look = db.read().await?;
    let row = sqlx::query("SELECT holder, until_ms FROM leases WHERE name = $1")
        .bind(name)
        .fetch_optional(look.sql())
        .await?;
    drop(look);
    if let Some(row) = row {
        let (by, until) = (row.text("holder")?, row.int("until_ms")?);
        if by == holder && until > now + ms / 2 {
            return Ok(true);
        }
        if by != holder && until > now {
            return Ok(false);
        }
    }
    let mut tx = db.begin(Actor::house()).await?;
    let done = sqlx::query(
        "INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms \
         WHERE leases.holder = excluded.holder OR leases.until_ms < $4",
    )
    .bind(name)
    .bind(holder)
    .bind(now + ms)
    .bind(now)
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected() > 0)
}

/// Lets go of every lease of a holder, so that a successor need not wait.
pub async fn release(db: &Db, holder: &str) -> Result<(), Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    sqlx::query("DELETE FROM leases WHERE holder = $1").bind(holder).execute(tx.sql()).await?;
    tx.commit().await
}

/// A chore that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// What to do.
    pub chore: Chore,
    /// To what.
    pub subject: String,
    /// Rises with each request, so that one made while the chore runs stands.
    pub version: i64,
    /// Failures so far.
    pub attempts: i64,
}

const CHORES: &[Column] = &[
    Column::Text("kind"),
    Column::Text("subject"),
    Column::Int("run_at"),
    Column::Int("version"),
    Column::Int("attempts"),
];

/// Asks for chores, in the order of the map: one order for all transactions.
pub(super) async fn schedule(
    sql: &mut Sql,
    engine: Engine,
    chores: &BTreeMap<(Chore, String), Time>,
) -> Result<(), Fault> {
    let mut sheet = Sheet::new(engine, CHORES);
    for ((chore, subject), run_at) in chores {
        sheet.plain(chore.as_str()).text(subject).int(run_at.ms()).int(1).int(0);
    }
    sheet.upsert(sql, "chores", ONCE).await?;
    Ok(())
}

/// The same chore stands once; the earlier time wins.
const ONCE: &str = "ON CONFLICT (kind, subject) DO UPDATE SET version = chores.version + 1, \
     run_at = CASE WHEN excluded.run_at < chores.run_at THEN excluded.run_at ELSE chores.run_at END";

/// A chore that was taken up is due again after so long (domain time), should the
/// process die over it.
const TAKEN_MS: i64 = 60_000;

/// Takes up the chores due at `now`, oldest first. A request for the same chore
/// that comes while it runs stands, with its own time.
pub async fn take_due(db: &Db, now: Time, limit: i64) -> Result<Vec<Due>, Fault> {
    let mut look = db.read().await?;
    let waiting = sqlx::query("SELECT 1 AS one FROM chores WHERE run_at <= $1 LIMIT 1")
        .bind(now.ms())
        .fetch_optional(look.sql())
        .await?;
    drop(look);
    if waiting.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin(Actor::house()).await?;
    let due = due(tx.sql(), now, limit).await?;
    for one in &due {
        sqlx::query("UPDATE chores SET run_at = $3 WHERE kind = $1 AND subject = $2")
            .bind(one.chore.as_str())
            .bind(&one.subject)
            .bind(now.plus_ms(TAKEN_MS).ms())
            .execute(tx.sql())
            .await?;
    }
    tx.commit().await?;
    Ok(due)
}

/// Chores due at `now`, oldest first.
pub async fn due(sql: &mut Sql, now: Time, limit: i64) -> Result<Vec<Due>, Fault> {
    let rows =
        sqlx::query("SELECT kind, subject, version, attempts FROM chores WHERE run_at <= $1 ORDER BY run_at LIMIT $2")
            .bind(now.ms())
            .bind(limit)
            .fetch_all(sql)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                chore: row.word("kind")?,
                subject: row.text("subject")?,
                version: row.int("version")?,
                attempts: row.int("attempts")?,
            })
        })
        .collect()
}

/// Ends a chore, in the transaction of its effect; one asked for again while it
/// ran stands.
pub async fn done(sql: &mut Sql, due: &Due) -> Result<(), Fault> {
    sqlx::query("DELETE FROM chores WHERE kind = $1 AND subject = $2 AND version = $3")
        .bind(due.chore.as_str())
        .bind(&due.subject)
        .bind(due.version)
        .execute(sql)
        .await?;
    Ok(())
}

/// Puts a chore that failed back for later.
pub async fn postpone(sql: &mut Sql, due: &Due, run_at: Time) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE chores SET attempts = attempts + 1, run_at = $3, version = version + 1 \
         WHERE kind = $1 AND subject = $2",
    )
    .bind(due.chore.as_str())
    .bind(&due.subject)
    .bind(run_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}
