//! The one event log: outbox, audit trail, live feed. Facts enter without a
//! position, so commits are not serialised; one leased stamper gives positions in
//! small batches after commit, so a reader that follows them skips nothing. SQLite
//! serialises its commits anyway: there each fact has its position from the first.
//! Deliberately absent: personal data; facts carry contact ids only.

use serde::Serialize;
use sqlx::Row as _;

use super::{
    Actor, Db, Engine, Row, Sql,
    bulk::{Column, Sheet},
    claim,
};
use crate::{
    event::Event,
    kernel::{FactId, Fault, SiteId, Time},
};

/// A fact as the log tells it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Fact {
    /// Dense and rising; `Last-Event-ID` of the live feed.
    pub position: i64,
    /// Stable id, for consumers outside.
    pub id: FactId,
    /// When it came to be (domain time).
    pub at: Time,
    /// Dotted past-tense name: `order.placed`.
    pub kind: String,
    /// The id of what it is about; facts of one subject are handled in order.
    pub subject: String,
    /// The site, where there is one.
    pub site: Option<SiteId>,
    /// Who acted.
    pub actor: String,
    /// The fields of the fact.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
}

impl Fact {
    /// The typed event.
    pub fn event(&self) -> Result<Event, Fault> {
        Ok(Event::read(&self.kind, self.body.clone())?)
    }
}

/// A fact that is about to enter the log.
pub(super) struct New {
    pub(super) id: FactId,
    /// `None`: who opened the transaction.
    pub(super) actor: Option<Actor>,
    /// `None`: when the transaction commits.
    pub(super) at: Option<Time>,
    pub(super) event: Event,
}

const FACTS: &[Column] = &[
    Column::Int("position"),
    Column::Text("id"),
    Column::Int("at"),
    Column::Text("kind"),
    Column::Text("subject"),
    Column::Text("site"),
    Column::Text("actor"),
    Column::Text("body"),
];

/// Puts facts into the log, in one statement.
pub(super) async fn append(sql: &mut Sql, engine: Engine, at: Time, actor: &Actor, facts: &[New]) -> Result<(), Fault> {
    if facts.is_empty() {
        return Ok(());
    }
    let next = next_position(sql, engine).await?;
    let mut sheet = Sheet::new(engine, FACTS);
    fill(&mut sheet, next, at, actor, facts)?;
    sheet.insert(sql, "events").await?;
    Ok(())
}

/// The position of the next fact, where facts have theirs from the first.
async fn next_position(sql: &mut Sql, engine: Engine) -> Result<Option<i64>, Fault> {
    match engine {
        Engine::Sqlite => Ok(Some(head(sql).await? + 1)),
        Engine::Postgres => Ok(None),
    }
}

/// A row for each fact, with positions from `next` on.
fn fill(sheet: &mut Sheet, mut next: Option<i64>, at: Time, actor: &Actor, facts: &[New]) -> Result<(), Fault> {
    for fact in facts {
        let (event, actor, at) = (&fact.event, fact.actor.as_ref().unwrap_or(actor), fact.at.unwrap_or(at));
        sheet.opt_int(next);
        sheet.plain(fact.id).int(at.ms()).plain(event.kind()).plain(event.subject()).opt_plain(event.site());
        sheet.text(actor.as_str()).text(serde_json::to_string(event)?);
        next = next.map(|position| position + 1);
    }
    Ok(())
}

/// Gives positions to the facts committed since the last call without one; returns
/// how many (none on SQLite).
/// Only the holder of the lease `stamper` does so.
pub async fn stamp(db: &Db, holder: &str) -> Result<u64, Fault> {
    let mut look = db.read().await?;
    let waiting =
        sqlx::query("SELECT 1 AS one FROM events WHERE position IS NULL LIMIT 1").fetch_optional(look.sql()).await?;
    drop(look);
    if waiting.is_none() || !claim::lease(db, "stamper", holder, claim::LEASE_MS).await? {
        return Ok(0);
    }
    let mut tx = db.begin(Actor::house()).await?;
    let done = sqlx::query(
        "UPDATE events SET position = (SELECT COALESCE(MAX(position), 0) FROM events) + waiting.n \
         FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM events \
               WHERE position IS NULL ORDER BY id LIMIT 512) AS waiting \
         WHERE events.id = waiting.id",
    )
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// Stamped facts behind `after`, at most `limit`, in order.
pub async fn tail(sql: &mut Sql, after: i64, limit: i64) -> Result<Vec<Fact>, Fault> {
    let rows = sqlx::query(
        "SELECT position, id, at, kind, subject, site, actor, body FROM events \
         WHERE position > $1 ORDER BY position LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(fact).collect()
}

/// Stamped facts of some kinds behind `after`, up to and with `until`, in order.
pub async fn between(sql: &mut Sql, (after, until): (i64, i64), kinds: &[&str]) -> Result<Vec<Fact>, Fault> {
    let rows = sqlx::query(
        "SELECT position, id, at, kind, subject, site, actor, body FROM events \
         WHERE position > $1 AND position <= $2 AND $3 LIKE '%;' || kind || ';%' ORDER BY position",
    )
    .bind(after)
    .bind(until)
    .bind(format!(";{};", kinds.join(";")))
    .fetch_all(sql)
    .await?;
    rows.iter().map(fact).collect()
}

/// The facts about one subject, oldest first, stamped or not.
pub async fn story(sql: &mut Sql, subject: &str) -> Result<Vec<Fact>, Fault> {
    let rows = sqlx::query(
        "SELECT COALESCE(position, 0) AS position, id, at, kind, subject, site, actor, body FROM events \
         WHERE subject = $1 ORDER BY id LIMIT 1000",
    )
    .bind(subject)
    .fetch_all(sql)
    .await?;
    rows.iter().map(fact).collect()
}

/// Which facts a desk asks for; what is empty narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Seek {
    /// The beginning of its name: `parcel.` or `parcel.delivered`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Where.
    pub site: Option<SiteId>,
}

/// Stamped facts, newest first, before a position (0: from the newest).
pub async fn recent(sql: &mut Sql, seek: &Seek, before: i64, limit: i64) -> Result<Vec<Fact>, Fault> {
    let plain: String = seek.kind.chars().filter(|c| c.is_ascii_lowercase() || matches!(c, '.' | '_')).collect();
    let rows = sqlx::query(
        "SELECT position, id, at, kind, subject, site, actor, body FROM events WHERE position IS NOT NULL \
         AND ($1 = 0 OR position < $1) AND ($2 = '' OR SUBSTR(kind, 1, LENGTH($2)) = $2) \
         AND ($3 = '' OR subject = $3) AND ($4 = '' OR site = $4) ORDER BY position DESC LIMIT $5",
    )
    .bind(before)
    .bind(plain)
    .bind(&seek.subject)
    .bind(seek.site.map_or_else(String::new, |site| site.to_string()))
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(fact).collect()
}

/// How many facts of each kind there are since a moment, of a site or of all.
pub async fn counts(sql: &mut Sql, since: Time, site: Option<SiteId>) -> Result<Vec<(String, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT kind, COUNT(*) AS n FROM events WHERE at >= $1 AND ($2 = '' OR site = $2) GROUP BY kind ORDER BY kind",
    )
    .bind(since.ms())
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.text("kind")?, row.int("n")?))).collect()
}

/// The last position given, 0 if none.
pub async fn head(sql: &mut Sql) -> Result<i64, Fault> {
    let row = sqlx::query("SELECT COALESCE(MAX(position), 0) AS head FROM events").fetch_one(sql).await?;
    row.int("head")
}

fn fact(row: &sqlx::any::AnyRow) -> Result<Fact, Fault> {
    Ok(Fact {
        position: row.try_get("position").map_err(Fault::from)?,
        id: row.id("id")?,
        at: row.time("at")?,
        kind: row.text("kind")?,
        subject: row.text("subject")?,
        site: row.opt_word("site")?,
        actor: row.text("actor")?,
        body: row.json("body")?,
    })
}

/// Where a consumer stands.
pub async fn cursor(sql: &mut Sql, name: &str) -> Result<i64, Fault> {
    let row = sqlx::query("SELECT position FROM cursors WHERE name = $1").bind(name).fetch_optional(sql).await?;
    row.map_or(Ok(0), |row| row.int("position"))
}

/// Moves a consumer's cursor, in the transaction of its effect.
pub async fn advance(sql: &mut Sql, name: &str, position: i64) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO cursors (name, position) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET position = excluded.position",
    )
    .bind(name)
    .bind(position)
    .execute(sql)
    .await?;
    Ok(())
}

/// The same, if nobody else moved it from where it was; in the transaction of the effect,
/// before it, so that an effect happens once whoever held the lease.
pub async fn advance_from(sql: &mut Sql, name: &str, from: i64, to: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO cursors (name, position) VALUES ($1, $3) \
         ON CONFLICT (name) DO UPDATE SET position = excluded.position WHERE cursors.position = $2",
    )
    .bind(name)
    .bind(from)
    .bind(to)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets a fact aside that a consumer cannot handle, with the reason.
pub async fn park(sql: &mut Sql, consumer: &str, fact: &Fact, reason: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO parked (consumer, fact, position, subject, reason) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (consumer, fact) DO NOTHING",
    )
    .bind(consumer)
    .bind(fact.id.to_string())
    .bind(fact.position)
    .bind(&fact.subject)
    .bind(reason)
    .execute(sql)
    .await?;
    Ok(())
}

/// True if an earlier fact of this subject is parked: the later ones must wait.
pub async fn is_parked(sql: &mut Sql, consumer: &str, subject: &str) -> Result<bool, Fault> {
    let row = sqlx::query("SELECT 1 AS one FROM parked WHERE consumer = $1 AND subject = $2 LIMIT 1")
        .bind(consumer)
        .bind(subject)
        .fetch_optional(sql)
        .await?;
    Ok(row.is_some())
}

/// How many facts are parked, and the newest reason.
pub async fn parked(sql: &mut Sql) -> Result<(i64, Option<String>), Fault> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, (SELECT reason FROM parked ORDER BY position DESC LIMIT 1) AS reason FROM parked",
    )
    .fetch_one(sql)
    .await?;
    Ok((row.int("n")?, row.opt_text("reason")?))
}
