//! Idempotency: the reply of a finished command, stored in the transaction of its
//! effect, so that a retry after a lost reply is answered and not done again.
//! Deliberately absent: HTTP; `http/idempotency.rs` reads the header.

use std::collections::HashMap;

use super::{
    Row, Tx,
    bulk::{Column, Sheet},
};
use crate::{kernel::Fault, refusals};

/// Keys live this long (domain time): seven days.
pub const KEPT_MS: i64 = 7 * 24 * 3_600_000;

refusals! {
    /// Why a key cannot be used.
    Refusal {
        /// A mutating call came without a key.
        Missing => "idempotency.missing", 400, "Send an Idempotency-Key header, the same one for each retry of this request.";
        /// The key was used for another request.
        Reused => "idempotency.reused", 422, "This Idempotency-Key was used for a different request; make a new key.";
        /// The first request with this key is still running.
        InFlight => "idempotency.in_flight", 409, "A request with this Idempotency-Key is still running; wait and send it again.";
    }
}

/// A stored reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body as it was sent.
    pub body: String,
    /// True for `application/problem+json`.
    pub problem: bool,
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never met.
    New,
    /// Finished with this reply.
    Done(Reply),
    /// Used for another request.
    Other,
}

/// Looks a key up; `digest` identifies the request.
pub async fn seen(tx: &mut Tx, caller: &str, key: &str, digest: &str) -> Result<Seen, Fault> {
    let row = sqlx::query("SELECT digest, status, body, problem FROM commands WHERE caller = $1 AND key = $2")
        .bind(caller)
        .bind(key)
        .fetch_optional(tx.sql())
        .await?;
    let Some(row) = row else { return Ok(Seen::New) };
    if row.text("digest")? != digest {
        return Ok(Seen::Other);
    }
    Ok(Seen::Done(Reply {
        status: u16::try_from(row.int("status")?).unwrap_or(500),
        body: row.text("body")?,
        problem: row.flag("problem")?,
    }))
}

/// A key with the digest of its request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Marked {
    /// Who asks: keys of two callers never meet.
    pub caller: String,
    /// The key.
    pub key: String,
    /// What was asked.
    pub digest: String,
}

const KEYS: &[Column] = &[Column::Text("caller"), Column::Text("key")];

/// Looks many keys up; those that are new are left out. The digest tells the
/// caller of this whether it was the same request.
pub async fn seen_all(tx: &mut Tx, marks: &[&Marked]) -> Result<HashMap<(String, String), (String, Reply)>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), KEYS);
    for mark in marks {
        sheet.text(&mark.caller).text(&mark.key);
    }
    let rows = sheet
        .fetch(
            tx.sql(),
            "SELECT c.caller, c.key, c.digest, c.status, c.body, c.problem \
             FROM {x} JOIN commands c ON c.caller = x.caller AND c.key = x.key",
        )
        .await?;
    rows.iter()
        .map(|row| {
            let reply = Reply {
                status: u16::try_from(row.int("status")?).unwrap_or(500),
                body: row.text("body")?,
                problem: row.flag("problem")?,
            };
            Ok(((row.text("caller")?, row.text("key")?), (row.text("digest")?, reply)))
        })
        .collect()
}

const COMMANDS: &[Column] = &[
    Column::Text("caller"),
    Column::Text("key"),
    Column::Text("digest"),
    Column::Int("status"),
    Column::Text("body"),
    Column::Int("problem"),
    Column::Int("at"),
];

/// Stores many replies beside their effects; a duplicate key means that another
/// replica was first.
pub async fn remember_all(tx: &mut Tx, replies: &[(&Marked, &Reply)]) -> Result<(), Fault> {
    let now = tx.now().ms();
    let mut sheet = Sheet::new(tx.engine(), COMMANDS);
    for (mark, reply) in replies {
        sheet.text(&mark.caller).text(&mark.key).plain(&mark.digest).int(i64::from(reply.status));
        sheet.text(&reply.body).int(i64::from(reply.problem)).int(now);
    }
    sheet.insert(tx.sql(), "commands").await?;
    Ok(())
}

/// Claims numbers that channels gave their orders, as keys of the channel: known from
/// the moment of the promise, whenever the order's rows are posted. A duplicate means
/// that another replica was first.
pub async fn claim_all<'a>(tx: &mut Tx, numbers: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Fault> {
    let now = tx.now().ms();
    let mut sheet = Sheet::new(tx.engine(), COMMANDS);
    for (channel, number) in numbers {
        sheet.text(claimer(channel)).text(number).text("").int(0).text("").int(0).int(now);
    }
    sheet.insert(tx.sql(), "commands").await?;
    Ok(())
}

/// Which of these numbers of channels are claimed.
pub async fn claimed<'a>(
    tx: &mut Tx,
    numbers: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(String, String)>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), KEYS);
    let mut channels = HashMap::new();
    for (channel, number) in numbers {
        channels.entry(claimer(channel)).or_insert(channel);
        sheet.text(claimer(channel)).text(number);
    }
    let text = "SELECT c.caller, c.key FROM {x} JOIN commands c ON c.caller = x.caller AND c.key = x.key";
    let rows = sheet.fetch(tx.sql(), text).await?;
    let read = |row: &_| {
        let (caller, key) = (sqlx::any::AnyRow::text(row, "caller")?, sqlx::any::AnyRow::text(row, "key")?);
        Ok((channels.get(&caller).copied().unwrap_or_default().to_owned(), key))
    };
    rows.iter().map(read).collect()
}

/// No caller is named like this.
fn claimer(channel: &str) -> String {
    format!("numbers of {channel}")
}

/// Stores the reply; a duplicate key means that another replica was first.
pub async fn remember(tx: &mut Tx, caller: &str, key: &str, digest: &str, reply: &Reply) -> Result<(), Fault> {
    let now = tx.now().ms();
    sqlx::query(
        "INSERT INTO commands (caller, key, digest, status, body, problem, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(caller)
    .bind(key)
    .bind(digest)
    .bind(i64::from(reply.status))
    .bind(&reply.body)
    .bind(i64::from(reply.problem))
    .bind(now)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Forgets keys older than [`KEPT_MS`].
pub async fn forget_old(tx: &mut Tx) -> Result<(), Fault> {
    let before = tx.now().plus_ms(-KEPT_MS).ms();
    sqlx::query("DELETE FROM commands WHERE at < $1").bind(before).execute(tx.sql()).await?;
    Ok(())
}
