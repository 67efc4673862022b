//! All SQL of labour.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql, Tx},
    tasks::TaskKind,
};

fn hand_of(row: &AnyRow) -> Result<Hand, Fault> {
    Ok(Hand {
        person: row.id("person")?,
        site: row.id("site")?,
        task: row.opt_word("task")?,
        kind: row.word("kind")?,
        zone: row.text("zone")?,
        since: row.time("since")?,
        lines: row.int("lines")?,
        node: row.text("node")?,
        node_at: row.time("node_at")?,
    })
}

/// Somebody's hands.
pub(super) async fn hand(sql: &mut Sql, person: UserId) -> Result<Option<Hand>, Fault> {
    let row = sqlx::query(
        "SELECT person, site, task, kind, zone, since, lines, node, node_at FROM labour_hands WHERE person = $1",
    )
    .bind(person.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(hand_of).transpose()
}

/// The hands that hold a task.
pub(super) async fn holder(sql: &mut Sql, task: TaskId) -> Result<Option<Hand>, Fault> {
    let row = sqlx::query(
        "SELECT person, site, task, kind, zone, since, lines, node, node_at FROM labour_hands WHERE task = $1",
    )
    .bind(task.to_string())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map(hand_of).transpose()
}

pub(super) async fn save_hand(sql: &mut Sql, hand: &Hand) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO labour_hands (person, site, task, kind, zone, since, lines, node, node_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (person) DO UPDATE SET site = excluded.site, task = excluded.task, kind = excluded.kind, \
         zone = excluded.zone, since = excluded.since, lines = excluded.lines, node = excluded.node, \
         node_at = excluded.node_at",
    )
    .bind(hand.person.to_string())
    .bind(hand.site.to_string())
    .bind(hand.task.map(|task| task.to_string()))
    .bind(hand.kind.as_str())
    .bind(&hand.zone)
    .bind(hand.since.ms())
    .bind(hand.lines)
    .bind(&hand.node)
    .bind(hand.node_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// Nobody holds a task any more; where the hands were stays known.
pub(super) async fn put_down(sql: &mut Sql, task: TaskId) -> Result<(), Fault> {
    sqlx::query("UPDATE labour_hands SET task = NULL WHERE task = $1").bind(task.to_string()).execute(sql).await?;
    Ok(())
}

pub(super) async fn add_step(sql: &mut Sql, step: &Stint) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO labour_steps (position, site, person, task, kind, zone, place, at, lines, pieces, walk_mm, \
         spent_ms, fair_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (position) DO NOTHING",
    )
    .bind(step.position)
    .bind(step.site.to_string())
    .bind(step.person.to_string())
    .bind(step.task.to_string())
    .bind(step.kind.as_str())
    .bind(&step.zone)
    .bind(&step.place)
    .bind(step.at.ms())
    .bind(step.lines)
    .bind(step.pieces)
    .bind(step.walk_mm)
    .bind(step.spent_ms)
    .bind(step.fair_ms)
    .execute(sql)
    .await?;
    Ok(())
}

/// Counts one pass over a node, and whether it met somebody.
pub(super) async fn pass(
    sql: &mut Sql,
    (site, day): (SiteId, i64),
    node: &str,
    visits: i64,
    (person, at): (UserId, Time),
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO labour_traffic (site, day, node, passes, visits, meets, last_person, last_at) \
         VALUES ($1, $2, $3, 1, $4, 0, $5, $6) \
         ON CONFLICT (site, day, node) DO UPDATE SET passes = labour_traffic.passes + 1, \
         visits = labour_traffic.visits + excluded.visits, \
         meets = labour_traffic.meets + CASE WHEN labour_traffic.last_person <> excluded.last_person \
           AND excluded.last_at - labour_traffic.last_at < $7 THEN 1 ELSE 0 END, \
         last_person = excluded.last_person, last_at = excluded.last_at",
    )
    .bind(site.to_string())
    .bind(day)
    .bind(node)
    .bind(visits)
    .bind(person.to_string())
    .bind(at.ms())
    .bind(MEETING_MS)
    .execute(sql)
    .await?;
    Ok(())
}

/// What is fair for a kind of work at a site.
pub(super) async fn standard(sql: &mut Sql, site: SiteId, kind: TaskKind) -> Result<Standard, Fault> {
    let row = sqlx::query(
        "SELECT kind, pace_mm_s, task_ms, line_ms, piece_ms FROM labour_standards WHERE site = $1 AND kind = $2",
    )
    .bind(site.to_string())
    .bind(kind.as_str())
    .fetch_optional(sql)
    .await?;
    row.as_ref().map_or_else(|| Ok(Standard::usual(kind)), standard_of)
}

fn standard_of(row: &AnyRow) -> Result<Standard, Fault> {
    Ok(Standard {
        pace_mm_s: row.int("pace_mm_s")?,
        task_ms: row.int("task_ms")?,
        line_ms: row.int("line_ms")?,
        piece_ms: row.int("piece_ms")?,
    })
}

/// What is fair at a site, for every kind of work.
pub async fn standards(sql: &mut Sql, site: SiteId) -> Result<Vec<(TaskKind, Standard)>, Fault> {
    let mut all = Vec::new();
    for kind in TaskKind::ALL {
        all.push((*kind, standard(sql, site, *kind).await?));
    }
    Ok(all)
}

/// Sets what is fair from now on; steps that were counted keep theirs.
pub async fn set_standard(tx: &mut Tx, site: SiteId, kind: TaskKind, standard: Standard) -> Result<(), Stop> {
    let one = standard.checked()?;
    sqlx::query(
        "INSERT INTO labour_standards (site, kind, pace_mm_s, task_ms, line_ms, piece_ms) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (site, kind) DO UPDATE SET pace_mm_s = excluded.pace_mm_s, \
         task_ms = excluded.task_ms, line_ms = excluded.line_ms, piece_ms = excluded.piece_ms",
    )
    .bind(site.to_string())
    .bind(kind.as_str())
    .bind(one.pace_mm_s)
    .bind(one.task_ms)
    .bind(one.line_ms)
    .bind(one.piece_ms)
    .execute(tx.sql())
    .await
    .map_err(Fault::from)?;
    Ok(())
}

fn sum_of(row: &AnyRow) -> Result<Sum, Fault> {
    Ok(Sum {
        lines: row.int("lines")?,
        pieces: row.int("pieces")?,
        walk_mm: row.int("walk_mm")?,
        spent_ms: row.int("spent_ms")?,
        fair_ms: row.int("fair_ms")?,
    })
}

/// Sums for each person, zone or kind of work, from a moment up to before another.
pub async fn sums(
    sql: &mut Sql,
    site: SiteId,
    (from, until): (Time, Time),
    by: By,
) -> Result<Vec<(String, Sum)>, Fault> {
    let rows = sqlx::query(
        "SELECT part, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(pieces) AS BIGINT) AS pieces, \
         CAST(SUM(walk_mm) AS BIGINT) AS walk_mm, CAST(SUM(spent_ms) AS BIGINT) AS spent_ms, \
         CAST(SUM(fair_ms) AS BIGINT) AS fair_ms \
         FROM (SELECT CASE $4 WHEN 'person' THEN person WHEN 'zone' THEN zone ELSE kind END AS part, \
               lines, pieces, walk_mm, spent_ms, fair_ms FROM labour_steps \
               WHERE site = $1 AND at >= $2 AND at < $3) AS parts \
         GROUP BY part ORDER BY part",
    )
    .bind(site.to_string())
    .bind(from.ms())
    .bind(until.ms())
    .bind(by.as_str())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.text("part")?, sum_of(row)?))).collect()
}

/// Sums for each hour since 1970 in which something was done.
pub async fn by_hour(sql: &mut Sql, site: SiteId, (from, until): (Time, Time)) -> Result<Vec<(i64, Sum)>, Fault> {
    let rows = sqlx::query(
        "SELECT at / 3600000 AS hour, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(pieces) AS BIGINT) AS pieces, \
         CAST(SUM(walk_mm) AS BIGINT) AS walk_mm, CAST(SUM(spent_ms) AS BIGINT) AS spent_ms, \
         CAST(SUM(fair_ms) AS BIGINT) AS fair_ms FROM labour_steps WHERE site = $1 AND at >= $2 AND at < $3 \
         GROUP BY at / 3600000 ORDER BY at / 3600000",
    )
    .bind(site.to_string())
    .bind(from.ms())
    .bind(until.ms())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.int("hour")?, sum_of(row)?))).collect()
}

/// Which steps are asked for; what is `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whose.
    pub person: Option<UserId>,
    /// In which part of the floor.
    pub zone: Option<String>,
    /// Of which kind of work.
    pub kind: Option<TaskKind>,
    /// Before which position; 0 for the newest.
    pub before: i64,
}

/// The steps themselves, newest first.
pub async fn steps(
    sql: &mut Sql,
    site: SiteId,
    (from, until): (Time, Time),
    asked: &Asked,
    limit: i64,
) -> Result<Vec<Stint>, Fault> {
    let rows = sqlx::query(
        "SELECT position, site, person, task, kind, zone, place, at, lines, pieces, walk_mm, spent_ms, fair_ms \
         FROM labour_steps WHERE site = $1 AND at >= $2 AND at < $3 AND ($4 = '' OR person = $4) \
         AND ($5 = 0 OR zone = $6) AND ($7 = '' OR kind = $7) AND ($8 = 0 OR position < $8) \
         ORDER BY position DESC LIMIT $9",
    )
    .bind(site.to_string())
    .bind(from.ms())
    .bind(until.ms())
    .bind(asked.person.map_or_else(String::new, |person| person.to_string()))
    .bind(i64::from(asked.zone.is_some()))
    .bind(asked.zone.clone().unwrap_or_default())
    .bind(asked.kind.map_or("", |kind| kind.as_str()))
    .bind(asked.before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(step_of).collect()
}

fn step_of(row: &AnyRow) -> Result<Stint, Fault> {
    Ok(Stint {
        position: row.int("position")?,
        site: row.id("site")?,
        person: row.id("person")?,
        task: row.id("task")?,
        kind: row.word("kind")?,
        zone: row.text("zone")?,
        place: row.text("place")?,
        at: row.time("at")?,
        lines: row.int("lines")?,
        pieces: row.int("pieces")?,
        walk_mm: row.int("walk_mm")?,
        spent_ms: row.int("spent_ms")?,
        fair_ms: row.int("fair_ms")?,
    })
}

/// Who passed where on some days, both included.
pub async fn traffic(sql: &mut Sql, site: SiteId, (first, last): (i64, i64)) -> Result<Vec<Traffic>, Fault> {
    let rows = sqlx::query(
        "SELECT node, CAST(SUM(passes) AS BIGINT) AS passes, CAST(SUM(visits) AS BIGINT) AS visits, \
         CAST(SUM(meets) AS BIGINT) AS meets FROM labour_traffic WHERE site = $1 AND day >= $2 AND day <= $3 \
         GROUP BY node ORDER BY node",
    )
    .bind(site.to_string())
    .bind(first)
    .bind(last)
    .fetch_all(sql)
    .await?;
    let read = |row: &AnyRow| {
        Ok(Traffic {
            node: row.text("node")?,
            passes: row.int("passes")?,
            visits: row.int("visits")?,
            meets: row.int("meets")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Forgets steps and traffic that nobody compares with any more.
pub async fn forget_old(tx: &mut Tx) -> Result<(), Fault> {
    let before = tx.now().plus_ms(-KEPT_DAYS * DAY_MS);
    sqlx::query("DELETE FROM labour_steps WHERE at < $1").bind(before.ms()).execute(tx.sql()).await?;
    let day = before.ms().div_euclid(DAY_MS);
    sqlx::query("DELETE FROM labour_traffic WHERE day < $1").bind(day).execute(tx.sql()).await?;
    Ok(())
}
