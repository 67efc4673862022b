//! All SQL of hooks.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql, json_list},
};

fn read_hook(row: &AnyRow) -> Result<Hook, Fault> {
    Ok(Hook {
        id: row.id("id")?,
        url: row.text("url")?,
        kinds: row.json("kinds")?,
        channel: row.opt_text("channel")?,
        state: row.word("state")?,
        reason: row.opt_text("reason")?,
        generation: row.int("generation")?,
        old_secret_until: row.opt_time("old_secret_until")?,
        created_at: row.time("created_at")?,
    })
}

fn read_message(row: &AnyRow) -> Result<Message, Fault> {
    Ok(Message {
        id: row.id("id")?,
        hook: row.id("hook")?,
        kind: row.text("kind")?,
        subject: row.text("subject")?,
        position: row.int("position")?,
        body: row.text("body")?,
        state: row.word("state")?,
        attempts: row.int("attempts")?,
        next_at: row.time("next_at")?,
        status: row.int("status")?,
        reply: row.text("reply")?,
        took_ms: row.int("took_ms")?,
        created_at: row.time("created_at")?,
    })
}

pub(super) async fn add(sql: &mut Sql, hook: &Hook) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO hooks (id, url, kinds, channel, state, generation, created_at) VALUES ($1, $2, $3, $4, $5, 1, $6)",
    )
    .bind(hook.id.to_string())
    .bind(&hook.url)
    .bind(json_list(&hook.kinds))
    .bind(hook.channel.as_deref())
    .bind(hook.state.as_str())
    .bind(hook.created_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// Every hook, oldest first; with a channel, those of it alone.
pub async fn list(sql: &mut Sql, channel: Option<&str>) -> Result<Vec<Hook>, Fault> {
    let rows = sqlx::query("SELECT * FROM hooks WHERE $1 = '' OR channel = $1 ORDER BY id LIMIT 200")
        .bind(channel.unwrap_or_default())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_hook).collect()
}

/// One hook.
pub async fn by_id(sql: &mut Sql, id: HookId) -> Result<Option<Hook>, Fault> {
    let row = sqlx::query("SELECT * FROM hooks WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_hook).transpose()
}

pub(super) async fn set_state(sql: &mut Sql, id: HookId, state: HookState, reason: Option<&str>) -> Result<(), Fault> {
    sqlx::query("UPDATE hooks SET state = $2, reason = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(state.as_str())
        .bind(reason)
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn next_generation(sql: &mut Sql, id: HookId, old_until: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE hooks SET generation = generation + 1, old_secret_until = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(old_until.ms())
        .execute(sql)
        .await?;
    Ok(())
}

pub(super) async fn remove(sql: &mut Sql, id: HookId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM hook_messages WHERE hook = $1").bind(id.to_string()).execute(&mut *sql).await?;
    sqlx::query("DELETE FROM hooks WHERE id = $1").bind(id.to_string()).execute(&mut *sql).await?;
    Ok(())
}

/// Writes a message; one of the same fact to the same hook is sent again instead.
pub(super) async fn put(sql: &mut Sql, message: &Message, fact: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO hook_messages (id, hook, fact, kind, subject, position, body, state, attempts, next_at, status, \
         reply, took_ms, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, 0, '', 0, $9) \
         ON CONFLICT (hook, fact) DO UPDATE SET state = 'waiting', attempts = 0, next_at = excluded.next_at",
    )
    .bind(message.id.to_string())
    .bind(message.hook.to_string())
    .bind(fact)
    .bind(&message.kind)
    .bind(&message.subject)
    .bind(message.position)
    .bind(&message.body)
    .bind(message.next_at.ms())
    .bind(message.created_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// An older value that nobody tried to send yet is not worth sending.
pub(super) async fn supersede(sql: &mut Sql, by: &Message) -> Result<(), Fault> {
    sqlx::query(
        "DELETE FROM hook_messages WHERE hook = $1 AND subject = $2 AND kind = $3 AND state = 'waiting' \
         AND attempts = 0 AND position < $4",
    )
    .bind(by.hook.to_string())
    .bind(&by.subject)
    .bind(&by.kind)
    .bind(by.position)
    .execute(sql)
    .await?;
    Ok(())
}

/// One message.
pub async fn message(sql: &mut Sql, id: MessageId) -> Result<Option<Message>, Fault> {
    let row = sqlx::query("SELECT * FROM hook_messages WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_message).transpose()
}

/// The log of a hook, newest first, before a message (empty: from the newest), of one
/// state (empty: of all).
pub async fn messages(
    sql: &mut Sql,
    hook: HookId,
    state: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<Message>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM hook_messages WHERE hook = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4",
    )
    .bind(hook.to_string())
    .bind(state)
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_message).collect()
}

/// How many messages of each hook wait.
pub async fn count_waiting(sql: &mut Sql) -> Result<Vec<(HookId, i64)>, Fault> {
    let rows = sqlx::query("SELECT hook, COUNT(*) AS n FROM hook_messages WHERE state = 'waiting' GROUP BY hook")
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok((row.id("hook")?, row.int("n")?))).collect()
}

/// What may be tried now: of each subject of each active hook the first alone.
pub(super) async fn due(sql: &mut Sql, now: Time, limit: i64) -> Result<Vec<Message>, Fault> {
    let rows = sqlx::query(
        "SELECT m.* FROM hook_messages m JOIN hooks h ON h.id = m.hook \
         WHERE m.state = 'waiting' AND m.next_at <= $1 AND h.state = 'active' \
         AND NOT EXISTS (SELECT 1 FROM hook_messages e WHERE e.hook = m.hook AND e.subject = m.subject \
                         AND e.state = 'waiting' AND e.position < m.position) \
         ORDER BY m.next_at, m.id LIMIT $2",
    )
    .bind(now.ms())
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_message).collect()
}

/// Notes how a try ended.
pub(super) async fn note(
    sql: &mut Sql,
    id: MessageId,
    state: MessageState,
    next_at: Time,
    answer: &Answer,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE hook_messages SET state = $2, attempts = attempts + 1, next_at = $3, status = $4, reply = $5, \
         took_ms = $6 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(state.as_str())
    .bind(next_at.ms())
    .bind(i64::from(answer.status))
    .bind(&answer.reply)
    .bind(answer.took_ms)
    .execute(sql)
    .await?;
    Ok(())
}

/// Makes messages wait again: one, or those of a hook behind a position.
pub(super) async fn again(sql: &mut Sql, id: MessageId, now: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE hook_messages SET state = 'waiting', attempts = 0, next_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// Everything that waits for a hook may be tried at once.
pub(super) async fn hurry(sql: &mut Sql, hook: HookId, now: Time) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE hook_messages SET state = 'waiting', attempts = 0, next_at = $2 WHERE hook = $1 AND state <> 'sent'",
    )
    .bind(hook.to_string())
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn forget_before(sql: &mut Sql, before: Time) -> Result<(), Fault> {
    sqlx::query("DELETE FROM hook_messages WHERE created_at < $1").bind(before.ms()).execute(sql).await?;
    Ok(())
}

pub(super) async fn setting(sql: &mut Sql, name: &str) -> Result<Option<String>, Fault> {
    let row = sqlx::query("SELECT value FROM settings WHERE name = $1").bind(name).fetch_optional(sql).await?;
    row.as_ref().map(|row| row.text("value")).transpose()
}

pub(super) async fn put_setting(sql: &mut Sql, name: &str, value: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(sql)
    .await?;
    Ok(())
}

pub(super) async fn drop_setting(sql: &mut Sql, name: &str) -> Result<(), Fault> {
    sqlx::query("DELETE FROM settings WHERE name = $1").bind(name).execute(sql).await?;
    Ok(())
}
