//! The roll: rows that were decided and are durable, kept in words until they are
//! posted to their tables, in transactions of their own. In a rush nobody waits for
//! rows that only the warehouse reads, so they are written when the rush is over.
//!
//! ```text
//!   put_aside .. insert, emit, later .. tear --commit--> a row of the roll
//!                                                           | post, once
//!                                              tables, log, chores
//! ```
//!
//! A row of the roll goes in the transaction that posts it: whatever dies in between,
//! each is posted exactly once. What guards something (goods, hours, limits, keys) is
//! never put aside. Deliberately absent: when to post; the tills know what waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    Actor, Db, Row as _, Tx,
    bulk::{Sheet, Words},
    claim, log,
};
use crate::kernel::{Fault, SiteId, SkuId, id::kind::Fact};

/// What was put aside and not torn off yet.
#[derive(Default)]
pub(super) struct Aside(Vec<(String, Words)>);

/// One row of the roll.
#[derive(Serialize, Deserialize)]
struct Torn {
    sheets: Vec<(String, Words)>,
    facts: Option<Words>,
    chores: Option<Words>,
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

impl Tx {
    /// From now on rows given to [`Tx::insert`], facts and chores go onto the roll.
    pub fn put_aside(&mut self) {
        self.aside.get_or_insert_default();
    }

    /// Inserts the rows of a sheet: now, or when the roll is posted.
    pub async fn insert(&mut self, sheet: Sheet, table: &'static str) -> Result<(), Fault> {
        match &mut self.aside {
            Some(_) if sheet.is_empty() => {}
            Some(aside) => aside.0.push((table.to_owned(), sheet.in_words()?)),
            None => {
                sheet.insert(self.sql(), table).await?;
            }
        }
        Ok(())
    }

    /// Tears what was put aside off as one row of the roll.
    pub async fn tear(&mut self, about: &About) -> Result<(), Fault> {
        let (now, engine) = (self.now(), self.engine());
        let sheets = self.aside.as_mut().map(|aside| std::mem::take(&mut aside.0)).unwrap_or_default();
        let facts = self.take_facts();
        let facts = (!facts.is_empty()).then(|| log::in_words(engine, now, &self.actor, &facts)).transpose()?;
        let chores = std::mem::take(&mut self.chores);
        let chores = (!chores.is_empty()).then(|| claim::in_words(engine, &chores)).transpose()?;
        if sheets.is_empty() && facts.is_none() && chores.is_none() {
            return Ok(());
        }
        let torn = serde_json::to_string(&Torn { sheets, facts, chores })?;
        let text = "INSERT INTO till_roll (id, orders, failed, subjects, goods, rows) VALUES ($1, $2, 0, $3, $4, $5)";
        sqlx::query(text)
            .bind(self.id::<Fact>().to_string())
            .bind(i64::try_from(about.orders).unwrap_or(i64::MAX))
            .bind(about.subjects.clone())
            .bind(serde_json::to_string(&about.goods)?)
            .bind(torn)
            .execute(self.sql())
            .await?;
        Ok(())
    }
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
         RETURNING id, orders, rows",
        "DELETE FROM till_roll WHERE id = (SELECT id FROM till_roll ORDER BY failed, id LIMIT 1 \
         FOR UPDATE SKIP LOCKED) RETURNING id, orders, rows",
    );
    let mut tx = db.begin(Actor::house()).await?;
    let found = sqlx::query(text).fetch_optional(tx.sql()).await?;
    match found {
        Some(row) => post(db, tx, &row).await.map(Some),
        None => Ok(None),
    }
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
    let row = sqlx::query("DELETE FROM till_roll WHERE id = $1 RETURNING id, orders, rows")
        .bind(row.text("id")?)
        .fetch_optional(tx.sql())
        .await?;
    if let Some(row) = row {
        post(db, tx, &row).await?;
    }
    Ok(true)
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
    let posted = match write(&mut tx, &row.text("rows")?).await {
        Ok(()) => tx.commit().await,
        Err(fault) => {
            drop(tx);
            Err(fault)
        }
    };
    let Err(fault) = posted else { return Ok(orders) };
    if !fault.retryable {
        let mut tx = db.begin(Actor::house()).await?;
        sqlx::query("UPDATE till_roll SET failed = failed + 1 WHERE id = $1").bind(&id).execute(tx.sql()).await?;
        tx.commit().await?;
    }
    Err(fault)
}

async fn write(tx: &mut Tx, rows: &str) -> Result<(), Fault> {
    let engine = tx.engine();
    let torn: Torn = serde_json::from_str(rows)?;
    for (table, words) in &torn.sheets {
        words.insert(tx.sql(), engine, table, "", None).await?;
    }
    // Chores come last, as in every transaction.
    if let Some(facts) = &torn.facts {
        log::post(tx.sql(), engine, facts).await?;
    }
    if let Some(chores) = &torn.chores {
        claim::post(tx.sql(), engine, chores).await?;
    }
    tx.rings = true;
    Ok(())
}
