//! The roll: rows that were decided and are durable, kept in words until they are
//! posted to their tables, in transactions of their own. In a rush nobody waits for
//! rows that only the warehouse reads, so they are written when the rush is over.
//!
//! ```text
//!   draft .. insert, emit, later .. tear --keep, commit--> a row of the roll
//!                                                              | post, once
//!                                                 tables, log, chores
//! ```
//!
//! A row of the roll goes in the transaction that posts it: whatever dies in between,
//! each is posted exactly once. What guards something (goods, hours, limits) is never put
//! aside, and the keys of a row are spoken for while it waits (`unposted.rs`).
//! Deliberately absent: when to post; the tills know what waits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Display, Write as _},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::Deserialize;
use sqlx::any::AnyRow;

use super::{
    Actor, Db, Row as _, Sql, Tx,
    bulk::{Column, Sheet},
    claim,
    command::{self, Marked},
    log, unposted,
    words::Words,
};
use crate::kernel::{Fault, SiteId, SkuId, id::kind::Fact};

/// What was put aside and not torn off yet.
#[derive(Default)]
pub(super) struct Aside {
    /// `["table",{..}]` with commas between them.
    sheets: String,
}

/// The rows of one row of the roll.
#[derive(Deserialize)]
struct Torn<'a> {
    #[serde(borrow)]
    sheets: Vec<(String, Words<'a>)>,
    #[serde(borrow)]
    facts: Option<Words<'a>>,
    #[serde(borrow)]
    chores: Option<Words<'a>>,
}

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

/// A piece that was torn off, on its way onto the roll.
pub struct Slip {
    id: String,
    about: About,
    rows: String,
}

impl Db {
    /// A draft of rows for the roll; see [`Tx::draft`].
    pub fn draft(&self, actor: Actor) -> Tx {
        let (facts, chores, aside) = (Vec::new(), BTreeMap::new(), Some(Aside::default()));
        Tx { db: self.clone(), sql: None, facts, chores, aside, rings: false, actor }
    }
}

impl Tx {
    /// A draft of rows for the roll, made while statements of this transaction run:
    /// what it is given to insert, to state and to ask for is put aside. It runs no
    /// statement itself, and leaves nothing but its slips.
    pub fn draft(&self) -> Self {
        self.db.draft(self.actor.clone())
    }

    /// An empty sheet for [`Self::insert`].
    pub fn sheet(&self, columns: &'static [Column]) -> Sheet {
        match &self.aside {
            Some(_) => Sheet::told(self.engine(), columns),
            None => Sheet::new(self.engine(), columns),
        }
    }

    /// Inserts the rows of a sheet: now, or when the roll is posted.
    pub async fn insert(&mut self, sheet: Sheet, table: &'static str) -> Result<(), Fault> {
        match &mut self.aside {
            Some(_) if sheet.is_empty() => {}
            Some(Aside { sheets }) => {
                let comma = if sheets.is_empty() { "" } else { "," };
                // Writing into a string cannot fail.
                let _ = write!(sheets, "{comma}[\"{table}\",{}]", sheet.into_words());
            }
            None => {
                sheet.insert(self.sql(), table).await?;
            }
        }
        Ok(())
    }

    /// Tears off what was put aside, stated and asked for until now; `None` if that is
    /// nothing.
    pub fn tear(&mut self, about: About) -> Result<Option<Slip>, Fault> {
        let (now, engine) = (self.now(), self.engine());
        let sheets = self.aside.as_mut().map(|aside| std::mem::take(&mut aside.sheets)).unwrap_or_default();
        let facts = self.take_facts();
        let chores = std::mem::take(&mut self.chores);
        if sheets.is_empty() && facts.is_empty() && chores.is_empty() {
            return Ok(None);
        }
        let facts = log::in_words(engine, now, &self.actor, &facts)?;
        let chores = claim::in_words(engine, &chores);
        let torn = format!("{{\"sheets\":[{sheets}],\"facts\":{facts},\"chores\":{chores}}}");
        // Most of it are ids that stand there many times: a tenth is left to be synced.
        let rows = BASE64.encode(lz4_flex::compress_prepend_size(torn.as_bytes()));
        Ok(Some(Slip { id: self.id::<Fact>().to_string(), about, rows }))
    }

    /// Puts slips onto the roll. False if one of their keys was used before: the caller
    /// drops the transaction.
    pub async fn keep_all(&mut self, slips: Vec<Slip>) -> Result<bool, Fault> {
        let claims = slips.iter().flat_map(|slip| slip.about.keys.iter().map(|mark| (slip.id.as_str(), mark)));
        let claims: Vec<_> = claims.collect();
        if !unposted::claim(self, &claims).await? {
            return Ok(false);
        }
        for Slip { id, about, rows } in slips {
            let keys: Vec<_> = about.keys.iter().map(|mark| (&mark.caller, &mark.key, &mark.digest)).collect();
            let insert = sqlx::query(
                "INSERT INTO till_roll (id, orders, failed, subjects, goods, keys, rows) \
                 VALUES ($1, $2, 0, $3, $4, $5, $6)",
            );
            insert
                .bind(id)
                .bind(i64::try_from(about.orders).unwrap_or(i64::MAX))
                .bind(about.subjects)
                .bind(serde_json::to_string(&about.goods)?)
                .bind(serde_json::to_string(&keys)?)
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

/// Posts one row of the roll, the oldest that nobody else is posting; returns how many
/// orders were on it. One that cannot be posted goes behind the others.
pub async fn post_next(db: &Db) -> Result<Option<i64>, Fault> {
    let text = db.engine().pick(
        "DELETE FROM till_roll WHERE id = (SELECT id FROM till_roll ORDER BY failed, id LIMIT 1) \
         RETURNING id, orders, keys, rows",
        "DELETE FROM till_roll WHERE id = (SELECT id FROM till_roll ORDER BY failed, id LIMIT 1 \
         FOR UPDATE SKIP LOCKED) RETURNING id, orders, keys, rows",
    );
    let mut tx = db.begin(Actor::house()).await?;
    let found = sqlx::query(text).fetch_optional(tx.sql()).await?;
    match found {
        Some(row) => post(db, tx, &row).await.map(Some),
        None => {
            tx.db.unposted.forget_all();
            Ok(None)
        }
    }
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
        post(db, tx, &row).await?;
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
        match post_next(db).await? {
            Some(n) => orders += n,
            // Somebody else is about to post the last one.
            None => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
    Ok(orders)
}

async fn post(db: &Db, mut tx: Tx, row: &AnyRow) -> Result<i64, Fault> {
    let (id, orders) = (row.text("id")?, row.int("orders")?);
    let posted = match write(&mut tx, row).await {
        Ok(()) => tx.commit().await,
        Err(fault) => {
            drop(tx);
            Err(fault)
        }
    };
    let Err(fault) = posted else {
        let keys: Vec<(String, String, String)> = row.json("keys")?;
        db.unposted.forget(&id, keys.into_iter().map(|(caller, key, _)| (caller, key)));
        return Ok(orders);
    };
    if !fault.retryable {
        let mut tx = db.begin(Actor::house()).await?;
        sqlx::query("UPDATE till_roll SET failed = failed + 1 WHERE id = $1").bind(&id).execute(tx.sql()).await?;
        tx.commit().await?;
    }
    Err(fault)
}

async fn write(tx: &mut Tx, row: &AnyRow) -> Result<(), Fault> {
    let engine = tx.engine();
    let unreadable = |error: &dyn Display| Fault::new(format!("a row of the roll cannot be read: {error}"));
    let rows = BASE64.decode(row.text("rows")?).map_err(|error| unreadable(&error))?;
    let rows = lz4_flex::decompress_size_prepended(&rows).map_err(|error| unreadable(&error))?;
    let torn: Torn<'_> = serde_json::from_slice(&rows)?;
    for (table, words) in &torn.sheets {
        let conflict = if table == command::TABLE { command::TAKE_PLACE } else { "" };
        words.insert(tx.sql(), engine, table, conflict, None).await?;
    }
    // Chores come last, as in every transaction.
    if let Some(facts) = torn.facts.as_ref().filter(|facts| !facts.is_empty()) {
        log::post(tx.sql(), engine, facts).await?;
    }
    if let Some(chores) = torn.chores.as_ref().filter(|chores| !chores.is_empty()) {
        claim::post(tx.sql(), engine, chores).await?;
    }
    tx.rings = true;
    Ok(())
}
