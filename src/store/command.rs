//! Idempotency: the reply of a finished command, stored in the transaction of its
//! effect, so that a retry after a lost reply is answered and not done again.
//! Deliberately absent: HTTP; `http/idempotency.rs` reads the header.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    Row, Tx,
    bulk::{Column, Sheet},
    roll, unposted,
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

/// Looks a key up; `digest` identifies the request. A reply that is on the roll is
/// posted with this transaction.
pub async fn seen(tx: &mut Tx, caller: &str, key: &str, digest: &str) -> Result<Seen, Fault> {
    let mark = Marked { caller: caller.to_owned(), key: key.to_owned(), digest: digest.to_owned() };
    Ok(match seen_all(tx, &[&mark]).await?.remove(&(mark.caller, mark.key)) {
        None => Seen::New,
        Some((known, _)) if known != digest => Seen::Other,
        Some((_, reply)) => Seen::Done(reply),
    })
}

/// A key with the digest of its request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Marked {
    /// Who asks: keys of two callers never meet.
    pub caller: String,
    /// The key.
    pub key: String,
    /// What was asked.
    pub digest: String,
}

const KEYS: &[Column] = &[Column::Text("caller"), Column::Text("key")];

/// Status of a key whose reply is on the roll; its body names the row.
const ON_ROLL: u16 = 0;

/// Status of a number that an order has.
const TAKEN: i64 = 1;

/// What is known of keys: the digest and the reply of each.
pub type Known = HashMap<(String, String), (String, Reply)>;

/// Looks many keys up; those that are new are left out. The digest tells the
/// caller of this whether it was the same request. Replies that are on the roll are
/// posted with this transaction.
pub async fn seen_all(tx: &mut Tx, marks: &[&Marked]) -> Result<Known, Fault> {
    let keys: Vec<_> = marks.iter().map(|mark| (mark.caller.as_str(), mark.key.as_str())).collect();
    unposted::post_for(tx, &keys).await?;
    let known = look_up(tx, marks).await?;
    let waiting: BTreeSet<&str> =
        known.values().filter(|(_, reply)| reply.status == ON_ROLL).map(|(_, reply)| reply.body.as_str()).collect();
    if waiting.is_empty() {
        return Ok(known);
    }
    for row in waiting {
        roll::post_row(tx, row).await?;
    }
    look_up(tx, marks).await
}

async fn look_up(tx: &mut Tx, marks: &[&Marked]) -> Result<Known, Fault> {
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

/// Whether any of these keys has a row.
pub(super) async fn any_known(tx: &mut Tx, keys: impl Iterator<Item = &Marked>) -> Result<bool, Fault> {
    let mut sheet = Sheet::new(tx.engine(), KEYS);
    for mark in keys {
        sheet.text(&mark.caller).text(&mark.key);
    }
    let text = "SELECT 1 AS one FROM {x} JOIN commands c ON c.caller = x.caller AND c.key = x.key LIMIT 1";
    Ok(!sheet.fetch(tx.sql(), text).await?.is_empty())
}

/// Holds the places of replies that are on rows of the roll; a duplicate key means that
/// another replica was first.
pub(super) async fn hold_places(tx: &mut Tx, keys: &[(&str, &Marked)]) -> Result<(), Fault> {
    let now = tx.now().ms();
    let mut sheet = Sheet::new(tx.engine(), COMMANDS);
    for (roll_row, mark) in keys {
        sheet.text(&mark.caller).text(&mark.key).plain(&mark.digest).int(i64::from(ON_ROLL));
        sheet.text(roll_row).int(0).int(now);
    }
    sheet.insert(tx.sql(), TABLE).await?;
    Ok(())
}

/// Where replies are.
const TABLE: &str = "commands";
/// A reply that comes from the roll takes the place that was held for it.
const TAKE_PLACE: &str = "ON CONFLICT (caller, key) DO UPDATE SET status = excluded.status, \
     body = excluded.body, problem = excluded.problem WHERE commands.status = 0";

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
    let sheet = replies_of(tx, replies);
    tx.insert(sheet, TABLE).await
}

/// [`remember_all`] of replies that come from the roll: they take the places that were
/// held for them.
pub async fn take_places(tx: &mut Tx, replies: &[(&Marked, &Reply)]) -> Result<(), Fault> {
    let sheet = replies_of(tx, replies);
    sheet.upsert(tx.sql(), TABLE, TAKE_PLACE).await.map(drop)
}

fn replies_of(tx: &Tx, replies: &[(&Marked, &Reply)]) -> Sheet {
    let now = tx.now().ms();
    let mut sheet = tx.sheet(COMMANDS);
    for (mark, reply) in replies {
        sheet.text(&mark.caller).text(&mark.key).plain(&mark.digest).int(i64::from(reply.status));
        sheet.text(&reply.body).int(i64::from(reply.problem)).int(now);
    }
    sheet
}

/// The key that a number of a channel is: claimed from the moment of the promise,
/// whenever the order's rows are posted.
pub fn number_mark(channel: &str, number: &str) -> Marked {
    Marked { caller: claimer(channel), key: number.to_owned(), digest: String::new() }
}

/// Claims numbers that channels gave their orders, as keys of the channel. A duplicate
/// means that another replica was first.
pub async fn claim_all<'a>(tx: &mut Tx, numbers: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Fault> {
    let sheet = claims_of(tx, numbers);
    tx.insert(sheet, TABLE).await
}

/// [`claim_all`] of orders that come from the roll.
pub async fn take_number_places<'a>(
    tx: &mut Tx,
    numbers: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Fault> {
    let sheet = claims_of(tx, numbers);
    sheet.upsert(tx.sql(), TABLE, TAKE_PLACE).await.map(drop)
}

fn claims_of<'a>(tx: &Tx, numbers: impl Iterator<Item = (&'a str, &'a str)>) -> Sheet {
    let now = tx.now().ms();
    let mut sheet = tx.sheet(COMMANDS);
    for (channel, number) in numbers {
        sheet.text(claimer(channel)).text(number).text("").int(TAKEN).text("").int(0).int(now);
    }
    sheet
}

/// Which of these numbers of channels are claimed.
pub async fn claimed<'a>(
    tx: &mut Tx,
    numbers: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(String, String)>, Fault> {
    let asked: Vec<_> = numbers.map(|pair| (pair, number_mark(pair.0, pair.1))).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let known = seen_all(tx, &asked.iter().map(|(_, mark)| mark).collect::<Vec<_>>()).await?;
    let is_known = |mark: &Marked| known.contains_key(&(mark.caller.clone(), mark.key.clone()));
    let pairs = asked.into_iter().filter(|(_, mark)| is_known(mark));
    Ok(pairs.map(|((channel, number), _)| (channel.to_owned(), number.to_owned())).collect())
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
