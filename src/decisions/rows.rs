//! All SQL of decision records.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Engine, Row, Sql, Tx, bulk::Column, json_list},
};

const COLUMNS: &[Column] = &[
    Column::Text("id"),
    Column::Int("at"),
    Column::Text("kind"),
    Column::Text("subject"),
    Column::Text("site"),
    Column::Text("chosen"),
    Column::Text("method"),
    Column::Text("digest"),
    Column::Text("inputs"),
    Column::Text("candidates"),
    Column::Int("cost"),
    Column::Int("bound"),
    Column::Int("took_us"),
];

/// Records choices in the transaction that acts on them.
pub async fn record_all<'a>(tx: &mut Tx, choices: impl Iterator<Item = &'a Choice>) -> Result<(), Fault> {
    let now = tx.now();
    let mut sheet = tx.sheet(COLUMNS);
    for choice in choices {
        let inputs = choice.inputs.get();
        sheet.plain(tx.id::<kind::Decision>()).int(now.ms()).plain(choice.kind.as_str()).text(&choice.subject);
        sheet.opt_plain(choice.site).text(&choice.chosen).text(&choice.method).plain(digest_of(inputs));
        sheet.text(inputs).text(&serde_json::to_string(&choice.candidates)?);
        sheet.opt_int(choice.cost).opt_int(choice.bound).int(choice.took_us);
    }
    tx.insert(sheet, "decisions").await?;
    Ok(())
}

/// Records a choice in the transaction that acts on it.
pub async fn record(tx: &mut Tx, choice: &Choice) -> Result<DecisionId, Fault> {
    let (id, now) = (tx.id::<kind::Decision>(), tx.now());
    sqlx::query(
        "INSERT INTO decisions (id, at, kind, subject, site, chosen, method, digest, inputs, candidates, cost, \
         bound, took_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .bind(choice.kind.as_str())
    .bind(&choice.subject)
    .bind(choice.site.map(|site| site.to_string()))
    .bind(&choice.chosen)
    .bind(&choice.method)
    .bind(digest_of(choice.inputs.get()))
    .bind(choice.inputs.get())
    .bind(serde_json::to_string(&choice.candidates)?)
    .bind(choice.cost)
    .bind(choice.bound)
    .bind(choice.took_us)
    .execute(tx.sql())
    .await?;
    Ok(id)
}

fn read(row: &AnyRow) -> Result<Decision, Fault> {
    Ok(Decision {
        id: row.id("id")?,
        at: row.time("at")?,
        kind: row.word("kind")?,
        subject: row.text("subject")?,
        site: row.opt_word("site")?,
        chosen: row.text("chosen")?,
        method: row.text("method")?,
        digest: row.text("digest")?,
        inputs: row.json("inputs")?,
        candidates: row.json("candidates")?,
        cost: row.opt_int("cost")?,
        bound: row.opt_int("bound")?,
        took_us: row.int("took_us")?,
    })
}

/// One record.
pub async fn by_id(sql: &mut Sql, id: DecisionId) -> Result<Option<Decision>, Fault> {
    let row = sqlx::query("SELECT * FROM decisions WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// What was decided about one thing, oldest first.
pub async fn by_subject(sql: &mut Sql, subject: &str) -> Result<Vec<Decision>, Fault> {
    let rows = sqlx::query("SELECT * FROM decisions WHERE subject = $1 ORDER BY id LIMIT 200")
        .bind(subject)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}

/// The newest record about each of many subjects that has one.
pub async fn last_among(
    sql: &mut Sql,
    engine: Engine,
    subjects: &[String],
) -> Result<Vec<(String, DecisionId)>, Fault> {
    let text = engine.pick(
        "SELECT subject, MAX(id) AS id FROM decisions WHERE subject IN (SELECT value FROM json_each($1)) GROUP BY subject",
        "SELECT subject, MAX(id) AS id FROM decisions WHERE subject IN (SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON))) GROUP BY subject",
    );
    let rows = sqlx::query(text).bind(json_list(subjects)).fetch_all(sql).await?;
    rows.iter().map(|row| Ok((row.text("subject")?, row.id("id")?))).collect()
}

/// The newest records before a cursor (empty: from the newest).
pub async fn latest(sql: &mut Sql, before: &str, limit: i64) -> Result<Vec<Decision>, Fault> {
    let rows = sqlx::query("SELECT * FROM decisions WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2")
        .bind(before)
        .bind(limit)
        .fetch_all(sql)
        .await?;
    rows.iter().map(read).collect()
}

/// The newest records of a kind, a site, about one thing; what is empty narrows nothing.
pub async fn list(
    sql: &mut Sql,
    kind: Option<DecisionKind>,
    site: Option<SiteId>,
    subject: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<Decision>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM decisions WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR site = $2) \
         AND ($3 = '' OR subject = $3 OR chosen = $3) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5",
    )
    .bind(kind.map_or("", DecisionKind::as_str))
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(subject)
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}
