//! All SQL of human work.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Task, Fault> {
    Ok(Task {
        id: row.id("id")?,
        kind: row.word("kind")?,
        site: row.id("site")?,
        zone: row.text("zone")?,
        priority: row.int("priority")?,
        due_at: row.time("due_at")?,
        subject: row.text("subject")?,
        title: Title::read(&row.text("title")?),
        state: row.word("state")?,
        assignee: row.opt_word("assignee")?,
        device: row.opt_text("device")?,
        done: row.int("done")?,
        total: row.int("total")?,
        reason: row.opt_text("reason")?,
        created_at: row.time("created_at")?,
        touched_at: row.time("touched_at")?,
    })
}

pub(super) async fn add(sql: &mut Sql, id: TaskId, new: &NewTask, now: Time) -> Result<(), Fault> {
    let state = if new.ready { TaskState::Ready } else { TaskState::Waiting };
    sqlx::query(
        "INSERT INTO tasks (id, kind, site, zone, priority, due_at, subject, title, state, assignee, device, done, \
         total, reason, created_at, touched_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, 0, $10, NULL, $11, $11)",
    )
    .bind(id.to_string())
    .bind(new.kind.as_str())
    .bind(new.site.to_string())
    .bind(&new.zone)
    .bind(new.priority)
    .bind(new.due_at.ms())
    .bind(&new.subject)
    .bind(new.title.stored())
    .bind(state.as_str())
    .bind(new.total)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn set_due(sql: &mut Sql, id: TaskId, due_at: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE tasks SET due_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(due_at.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// By its id.
pub async fn by_id(sql: &mut Sql, id: TaskId) -> Result<Option<Task>, Fault> {
    let row = sqlx::query("SELECT * FROM tasks WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// The tasks about one thing, oldest first.
pub async fn by_subject(sql: &mut Sql, subject: &str) -> Result<Vec<Task>, Fault> {
    let rows = sqlx::query("SELECT * FROM tasks WHERE subject = $1 ORDER BY id").bind(subject).fetch_all(sql).await?;
    rows.iter().map(read).collect()
}

/// Open tasks of a site, most urgent first.
pub async fn at_site(sql: &mut Sql, site: SiteId, limit: i64) -> Result<Vec<Task>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM tasks WHERE site = $1 AND state IN ('waiting', 'ready', 'taken') \
         ORDER BY priority DESC, due_at, id LIMIT $2",
    )
    .bind(site.to_string())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// Which tasks a desk asks for; what is empty or `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// At this site.
    pub site: Option<SiteId>,
    /// A state; `open` stands for waiting, ready and taken.
    pub state: String,
    /// Of this kind.
    pub kind: Option<TaskKind>,
}

/// Tasks that a desk asks for: the open ones most urgent first, then the newest.
pub async fn list(sql: &mut Sql, filter: &Filter, limit: i64) -> Result<Vec<Task>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM tasks WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2 \
         OR ($2 = 'open' AND state IN ('waiting', 'ready', 'taken'))) AND ($3 = '' OR kind = $3) \
         ORDER BY CASE WHEN state IN ('waiting', 'ready', 'taken') THEN 0 ELSE 1 END, \
         CASE WHEN state IN ('waiting', 'ready', 'taken') THEN -priority ELSE -touched_at END, due_at, id LIMIT $4",
    )
    .bind(filter.site.map_or_else(String::new, |site| site.to_string()))
    .bind(&filter.state)
    .bind(filter.kind.map_or("", TaskKind::as_str))
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// How many tasks are in each state, of a site or of all.
pub async fn state_counts(sql: &mut Sql, site: Option<SiteId>) -> Result<Vec<(TaskState, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT state, COUNT(*) AS n FROM tasks WHERE ($1 = '' OR site = $1) \
         AND state IN ('waiting', 'ready', 'taken') GROUP BY state",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.word("state")?, row.int("n")?))).collect()
}

pub(super) async fn most_urgent(sql: &mut Sql, site: SiteId) -> Result<Vec<Task>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM tasks WHERE site = $1 AND state = 'ready' ORDER BY priority DESC, due_at, id LIMIT 50",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// The task a person has.
pub async fn of_user(sql: &mut Sql, user: UserId) -> Result<Option<Task>, Fault> {
    let row = sqlx::query("SELECT * FROM tasks WHERE assignee = $1 AND state = 'taken' ORDER BY touched_at LIMIT 1")
        .bind(user.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

/// How many ready tasks of each kind a site has.
pub async fn open_counts(sql: &mut Sql, site: SiteId) -> Result<Vec<(TaskKind, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT kind, COUNT(*) AS n FROM tasks WHERE site = $1 AND state = 'ready' GROUP BY kind ORDER BY kind",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.word("kind")?, row.int("n")?))).collect()
}

pub(super) async fn take(
    sql: &mut Sql,
    id: TaskId,
    user: UserId,
    device: Option<&str>,
    now: Time,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE tasks SET state = 'taken', assignee = $2, device = $3, reason = NULL, touched_at = $4 \
         WHERE id = $1 AND state = 'ready'",
    )
    .bind(id.to_string())
    .bind(user.to_string())
    .bind(device)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn give_back(sql: &mut Sql, id: TaskId, reason: &str, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE tasks SET state = 'ready', assignee = NULL, device = NULL, reason = $2, touched_at = $3 \
         WHERE id = $1 AND state = 'taken'",
    )
    .bind(id.to_string())
    .bind(reason)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Steps from one of `from` to `to`; false if the task is in none of them.
pub(super) async fn step(
    sql: &mut Sql,
    id: TaskId,
    from: &[TaskState],
    to: TaskState,
    now: Time,
) -> Result<bool, Fault> {
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let done = sqlx::query(
        "UPDATE tasks SET state = $2, touched_at = $3 WHERE id = $1 AND (state = $4 OR state = $5 OR state = $6)",
    )
    .bind(id.to_string())
    .bind(to.as_str())
    .bind(now.ms())
    .bind(*from.first().unwrap_or(&""))
    .bind(*from.get(1).unwrap_or(&""))
    .bind(*from.get(2).unwrap_or(&""))
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn progress(sql: &mut Sql, id: TaskId, done: i64, total: i64, now: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE tasks SET done = $2, total = $3, touched_at = $4 WHERE id = $1")
        .bind(id.to_string())
        .bind(done)
        .bind(total)
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(())
}
