//! The roll: what was decided and is durable, kept in words until it is posted to its
//! tables, in transactions of their own. In a rush nobody waits for rows that only the
//! warehouse reads, so they are written when the rush is over.
//!
//! ```text
//!   Slip --keep_all, commit--> a row of the roll --post, once--> tables, log, chores
//! ```
//!
//! A row of the roll goes in the transaction that posts it: whatever dies in between,
//! each is posted exactly once. What guards something (goods, hours, limits) is never put
//! aside, and the keys of a row are spoken for while it waits (`unposted.rs`).
//! Deliberately absent: when to post, which the tills know; and what the words say, which
//! a [`Poster`] knows.

use std::{collections::BTreeSet, fmt::Display, pin::Pin, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use sqlx::any::AnyRow;

use super::{Actor, Db, Row as _, Sql, Tx, command::Marked, unposted};
use crate::kernel::{Fault, SiteId, SkuId, id::kind::Fact};

/// How words begin that this version wrote.
const FORMAT: &str = "2:";

/// Who writes what the words of a row say. The room that puts rows onto the roll is one.
pub trait Poster: Send + Sync {
    /// Writes it with a transaction, which may be about other things as well.
    fn post<'a>(&'a self, tx: &'a mut Tx, words: &'a [u8]) -> Posted<'a>;
}

/// How [`Poster::post`] answers.
pub type Posted<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

/// What a row of the roll is about.
#[derive(Debug, Default)]
pub struct About {
    /// How many orders are on it.
    pub orders: usize,
    /// Ids and numbers they are asked for by.
    pub subjects: String,
    /// Goods they hold: site, article, quantity. The pools count them already.
    pub goods: Vec<(SiteId, SkuId, i64)>,
    /// Keys that no other command may use from now on; their replies are among the rows.
    pub keys: Vec<Marked>,
}

/// What waits on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Rows of the roll.
    pub rows: i64,
    /// Orders on them.
    pub orders: i64,
    /// Rows that could not be posted, and are tried again.
    pub failed: i64,
}

/// Words on their way onto the roll.
pub struct Slip {
    id: String,
    about: About,
    /// [`About::goods`] and [`About::keys`] in words.
    goods: String,
    keys: String,
    rows: String,
}

impl Slip {
    /// Packs words.
    pub fn new(db: &Db, about: About, words: &[u8]) -> Result<Self, Fault> {
        // Most of it are names of fields and ids that stand there many times: a fraction
        // is left to be synced.
        let mut rows = FORMAT.to_owned();
        BASE64.encode_string(lz4_flex::compress_prepend_size(words), &mut rows);
        let keys: Vec<_> = about.keys.iter().map(|mark| (&mark.caller, &mark.key)).collect();
        let (goods, keys) = (serde_json::to_string(&about.goods)?, serde_json::to_string(&keys)?);
        Ok(Self { id: db.id::<Fact>().to_string(), about, goods, keys, rows })
    }
}

impl Db {
    /// Says who posts the roll; once is enough.
    pub fn post_with(&self, poster: &'static dyn Poster) {
        let _ = self.poster.set(poster);
    }
}

impl Tx {
    /// Puts slips onto the roll. False if one of their keys was used before: the caller
    /// drops the transaction.
    pub async fn keep_all(&mut self, slips: Vec<Slip>) -> Result<bool, Fault> {
        let claims = slips.iter().flat_map(|slip| slip.about.keys.iter().map(|mark| (slip.id.as_str(), mark)));
        let claims: Vec<_> = claims.collect();
        if !unposted::claim(self, &claims).await? {
            return Ok(false);
        }
        for Slip { id, about, goods, keys, rows } in slips {
            let insert = sqlx::query(
                "INSERT INTO till_roll (id, orders, failed, subjects, goods, keys, rows) \
                 VALUES ($1, $2, 0, $3, $4, $5, $6)",
            );
            insert
                .bind(id)
                .bind(i64::try_from(about.orders).unwrap_or(i64::MAX))
                .bind(about.subjects)
                .bind(goods)
                .bind(keys)
                .bind(rows)
                .execute(self.sql())
                .await?;
        }
        Ok(true)
    }
}

/// The last row of the roll, if there is one.
pub async fn last(sql: &mut Sql) -> Result<Option<String>, Fault> {
    sqlx::query("SELECT MAX(id) AS id FROM till_roll").fetch_one(sql).await?.opt_text("id")
}

/// The articles that rows of the roll behind `after` hold goods of.
pub async fn promised_since(sql: &mut Sql, after: &str) -> Result<BTreeSet<SkuId>, Fault> {
    let rows = sqlx::query("SELECT goods FROM till_roll WHERE id > $1").bind(after).fetch_all(sql).await?;
    let mut skus = BTreeSet::new();
    for row in &rows {
        let goods: Vec<(SiteId, SkuId, i64)> = row.json("goods")?;
        skus.extend(goods.into_iter().map(|(_, sku, _)| sku));
    }
    Ok(skus)
}

/// What waits.
pub async fn waiting(db: &Db) -> Result<Waiting, Fault> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(orders), 0) AS BIGINT) AS orders, \
         CAST(COALESCE(SUM(CASE WHEN failed > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed FROM till_roll",
    )
    .fetch_one(db.read().await?.sql())
    .await?;
    Ok(Waiting { rows: row.int("n")?, orders: row.int("orders")?, failed: row.int("failed")? })
}

/// Rows of the roll that one transaction posts when nobody is there. Most pages that a row
/// touches the next one touches as well; but whoever comes meanwhile waits for all of them.
pub const AT_ONCE: i64 = 4;

/// Posts the oldest rows of the roll that nobody else is posting, so many at most; returns
/// how many orders were on them. One that cannot be posted goes behind the others.
pub async fn post_next(db: &Db, most: i64) -> Result<Option<i64>, Fault> {
    match post_some(db, most).await {
        // Alone, the one that cannot be posted fails alone.
        Err(fault) if most > 1 && !fault.retryable && !db.is_closed() => post_some(db, 1).await,
        posted => posted,
    }
}

async fn post_some(db: &Db, most: i64) -> Result<Option<i64>, Fault> {
    let text = db.engine().pick(
        "DELETE FROM till_roll WHERE id IN (SELECT id FROM till_roll ORDER BY failed, id LIMIT $1) \
         RETURNING id, orders, keys, rows",
        "DELETE FROM till_roll WHERE id IN (SELECT id FROM till_roll ORDER BY failed, id LIMIT $1 \
         FOR UPDATE SKIP LOCKED) RETURNING id, orders, keys, rows",
    );
    let mut tx = db.begin(Actor::house()).await?;
    let found = sqlx::query(text).bind(most).fetch_all(tx.sql()).await?;
    if found.is_empty() {
        tx.db.unposted.forget_all();
        return Ok(None);
    }
    post(db, tx, &found).await.map(Some)
}

/// Posts a row of the roll within this transaction; false if it is not there (any
/// more).
pub(super) async fn post_row(tx: &mut Tx, id: &str) -> Result<bool, Fault> {
    let found =
        sqlx::query("DELETE FROM till_roll WHERE id = $1 RETURNING rows").bind(id).fetch_optional(tx.sql()).await?;
    if let Some(row) = &found {
        write(tx, row).await?;
    }
    Ok(found.is_some())
}

/// Posts the row of the roll that this id or number is on; false if there is none (any
/// more).
pub async fn post_of(db: &Db, subject: &str) -> Result<bool, Fault> {
    let text = db.engine().pick(
        "SELECT id FROM till_roll WHERE instr(subjects, $1) > 0",
        "SELECT id FROM till_roll WHERE strpos(subjects, $1) > 0",
    );
    let found = sqlx::query(text).bind(subject).fetch_optional(db.read().await?.sql()).await?;
    let Some(row) = found else { return Ok(false) };
    let mut tx = db.begin(Actor::house()).await?;
    // Whoever posts it already is waited for.
    let row = sqlx::query("DELETE FROM till_roll WHERE id = $1 RETURNING id, orders, keys, rows")
        .bind(row.text("id")?)
        .fetch_optional(tx.sql())
        .await?;
    if let Some(row) = row {
        post(db, tx, &[row]).await?;
    }
    Ok(true)
}

/// Posts, within this transaction, every row of the roll that holds goods of an
/// article; false if there was none. For who must see each hold there is.
pub async fn post_within(tx: &mut Tx, sku: SkuId) -> Result<bool, Fault> {
    let text = tx.engine().pick(
        "DELETE FROM till_roll WHERE instr(goods, $1) > 0 RETURNING rows",
        "DELETE FROM till_roll WHERE strpos(goods, $1) > 0 RETURNING rows",
    );
    let found = sqlx::query(text).bind(sku.to_string()).fetch_all(tx.sql()).await?;
    for row in &found {
        write(tx, row).await?;
    }
    Ok(!found.is_empty())
}

/// Posts until nothing is left, beside the tills that do the same; returns how many
/// orders were posted here.
pub async fn post_all(db: &Db) -> Result<i64, Fault> {
    let mut orders = 0;
    while waiting(db).await?.rows > 0 {
        match post_next(db, AT_ONCE).await? {
            Some(n) => orders += n,
            // Somebody else is about to post the last one.
            None => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
    Ok(orders)
}

async fn post(db: &Db, tx: Tx, rows: &[AnyRow]) -> Result<i64, Fault> {
    if let Err(fault) = write_all(tx, rows).await {
        if let ([row], false) = (rows, fault.retryable) {
            let mut tx = db.begin(Actor::house()).await?;
            let failed = sqlx::query("UPDATE till_roll SET failed = failed + 1 WHERE id = $1");
            failed.bind(row.text("id")?).execute(tx.sql()).await?;
            tx.commit().await?;
        }
        return Err(fault);
    }
    let mut orders = 0;
    for row in rows {
        let keys: Vec<(String, String)> = row.json("keys")?;
        db.unposted.forget(&row.text("id")?, keys.into_iter());
        orders += row.int("orders")?;
    }
    Ok(orders)
}

async fn write_all(mut tx: Tx, rows: &[AnyRow]) -> Result<(), Fault> {
    for row in rows {
        write(&mut tx, row).await?;
    }
    tx.commit().await
}

async fn write(tx: &mut Tx, row: &AnyRow) -> Result<(), Fault> {
    let unreadable = |error: &dyn Display| Fault::new(format!("a row of the roll cannot be read: {error}"));
    let rows = row.text("rows")?;
    let rows = rows.strip_prefix(FORMAT).ok_or_else(|| {
        unreadable(&"another version of Cartage wrote it; start that one once more, and it posts its roll")
    })?;
    let rows = BASE64.decode(rows).map_err(|error| unreadable(&error))?;
    let words = lz4_flex::decompress_size_prepended(&rows).map_err(|error| unreadable(&error))?;
    let poster = tx.db.poster.get().copied().ok_or_else(|| unreadable(&"nobody here knows how"))?;
    poster.post(tx, &words).await
}
