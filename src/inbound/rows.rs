//! All SQL of announcements and receipts.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    stock::Condition,
    store::{Row, Sql},
};

fn read_asn(row: &AnyRow) -> Result<Asn, Fault> {
    Ok(Asn {
        id: row.id("id")?,
        site: row.id("site")?,
        code: row.text("code")?,
        supplier: row.text("supplier")?,
        expected_at: row.time("expected_at")?,
        state: row.word("state")?,
    })
}

/// False if the site has an announcement of this number.
pub(super) async fn add_asn(sql: &mut Sql, id: AsnId, new: &NewAsn, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO asns (id, site, code, supplier, expected_at, state, created_at) \
         VALUES ($1, $2, $3, $4, $5, 'expected', $6) ON CONFLICT (site, code) DO NOTHING",
    )
    .bind(id.to_string())
    .bind(new.site.to_string())
    .bind(&new.code)
    .bind(&new.supplier)
    .bind(new.expected_at.ms())
    .bind(now.ms())
    .execute(&mut *sql)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for (number, line) in (1_i64..).zip(&new.lines) {
        sqlx::query(
            "INSERT INTO asn_lines (asn, number, sku, quantity, lot, expiry, sscc) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(number)
        .bind(line.sku.to_string())
        .bind(line.quantity)
        .bind(&line.lot)
        .bind(&line.expiry)
        .bind(&line.sscc)
        .execute(&mut *sql)
        .await?;
    }
    Ok(true)
}

/// An announcement.
pub async fn asn_by_id(sql: &mut Sql, id: AsnId) -> Result<Option<Asn>, Fault> {
    let row = sqlx::query("SELECT * FROM asns WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read_asn).transpose()
}

/// Announcements, newest first, before a cursor (empty: from the newest).
pub async fn asns(
    sql: &mut Sql,
    site: Option<SiteId>,
    state: Option<AsnState>,
    before: &str,
    limit: i64,
) -> Result<Vec<Asn>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM asns WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(state.map_or("", AsnState::as_str))
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read_asn).collect()
}

/// The lines of an announcement, in order.
pub async fn asn_lines(sql: &mut Sql, asn: AsnId) -> Result<Vec<AsnLine>, Fault> {
    let rows = sqlx::query("SELECT * FROM asn_lines WHERE asn = $1 ORDER BY number")
        .bind(asn.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AsnLine {
                number: row.int("number")?,
                sku: row.id("sku")?,
                quantity: row.int("quantity")?,
                lot: row.text("lot")?,
                expiry: row.text("expiry")?,
                sscc: row.text("sscc")?,
            })
        })
        .collect()
}

/// False if it is not expected any more.
pub(super) async fn move_asn(sql: &mut Sql, asn: AsnId, expected_at: Time) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE asns SET expected_at = $2 WHERE id = $1 AND state = 'expected'")
        .bind(asn.to_string())
        .bind(expected_at.ms())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn end_asn(sql: &mut Sql, asn: AsnId) -> Result<(), Fault> {
    sqlx::query("UPDATE asns SET state = 'received' WHERE id = $1").bind(asn.to_string()).execute(sql).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Receipt, Fault> {
    let forced = row.text("forced")?;
    Ok(Receipt {
        id: row.id("id")?,
        site: row.id("site")?,
        asn: row.opt_word("asn")?,
        task: row.id("task")?,
        dock: row.id("dock")?,
        dock_code: row.text("dock_code")?,
        state: row.word("state")?,
        stage: row.word("stage")?,
        sku: row.opt_word("sku")?,
        per_scan: row.int("per_scan")?,
        lot: row.text("lot")?,
        expiry: row.text("expiry")?,
        serial: row.text("serial")?,
        sscc: row.text("sscc")?,
        forced: if forced.is_empty() { None } else { Some(row.word("forced")?) },
        quantity: row.int("quantity")?,
        opened_at: row.time("opened_at")?,
        closed_at: row.opt_time("closed_at")?,
    })
}

pub(super) async fn add(sql: &mut Sql, receipt: &Receipt) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO receipts (id, site, asn, task, dock, dock_code, state, stage, sku, per_scan, lot, expiry, serial, \
         sscc, forced, quantity, opened_at, closed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'open', 'dock', NULL, 1, '', '', '', '', '', 0, $7, NULL)",
    )
    .bind(receipt.id.to_string())
    .bind(receipt.site.to_string())
    .bind(receipt.asn.map(|asn| asn.to_string()))
    .bind(receipt.task.to_string())
    .bind(receipt.dock.to_string())
    .bind(&receipt.dock_code)
    .bind(receipt.opened_at.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// One receipt.
pub async fn by_id(sql: &mut Sql, id: ReceiptId) -> Result<Option<Receipt>, Fault> {
    let row = sqlx::query("SELECT * FROM receipts WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// The receipt behind a task.
pub async fn by_task(sql: &mut Sql, task: TaskId) -> Result<Option<Receipt>, Fault> {
    let row = sqlx::query("SELECT * FROM receipts WHERE task = $1").bind(task.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn open_of_asn(sql: &mut Sql, asn: AsnId) -> Result<Option<Receipt>, Fault> {
    let row = sqlx::query("SELECT * FROM receipts WHERE asn = $1 AND state = 'open'")
        .bind(asn.to_string())
        .fetch_optional(sql)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Receipts, newest first, before a cursor (empty: from the newest).
pub async fn list(
    sql: &mut Sql,
    site: Option<SiteId>,
    state: Option<ReceiptState>,
    before: &str,
    limit: i64,
) -> Result<Vec<Receipt>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM receipts WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(state.map_or("", ReceiptState::as_str))
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// What a list says of a receipt beside itself.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The receipt.
    pub receipt: Receipt,
    /// The supplier's number and name; empty for goods that nobody announced.
    pub announced: (String, String),
    /// Lines, units in stock, units that wait.
    pub counts: (i64, i64, i64),
}

/// [`list`], each with its sums.
pub async fn summaries(
    sql: &mut Sql,
    site: Option<SiteId>,
    state: Option<ReceiptState>,
    before: &str,
    limit: i64,
) -> Result<Vec<Summary>, Fault> {
    let rows = sqlx::query(
        "SELECT r.*, COALESCE(a.code, '') AS asn_code, COALESCE(a.supplier, '') AS asn_supplier, \
         (SELECT COUNT(*) FROM receipt_lines l WHERE l.receipt = r.id) AS line_count, \
         (SELECT CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT) FROM receipt_lines l \
         WHERE l.receipt = r.id AND l.state = 'booked') AS booked, \
         (SELECT CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT) FROM receipt_lines l \
         WHERE l.receipt = r.id AND l.state = 'waiting') AS waiting \
         FROM receipts r LEFT JOIN asns a ON a.id = r.asn \
         WHERE ($1 = '' OR r.site = $1) AND ($2 = '' OR r.state = $2) AND ($3 = '' OR r.id < $3) \
         ORDER BY r.id DESC LIMIT $4",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(state.map_or("", ReceiptState::as_str))
    .bind(before)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    let summary = |row: &AnyRow| {
        Ok(Summary {
            receipt: read(row)?,
            announced: (row.text("asn_code")?, row.text("asn_supplier")?),
            counts: (row.int("line_count")?, row.int("booked")?, row.int("waiting")?),
        })
    };
    rows.iter().map(summary).collect()
}

/// Lines and units of each announcement from one id to another, by id.
pub async fn asn_sums(sql: &mut Sql, from: AsnId, to: AsnId) -> Result<Vec<(AsnId, i64, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT asn, COUNT(*) AS line_count, CAST(SUM(quantity) AS BIGINT) AS units FROM asn_lines \
         WHERE asn >= $1 AND asn <= $2 GROUP BY asn",
    )
    .bind(from.to_string())
    .bind(to.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("asn")?, row.int("line_count")?, row.int("units")?))).collect()
}

/// Writes what is in hand and what comes next.
pub(super) async fn save(sql: &mut Sql, receipt: &Receipt) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE receipts SET dock = $2, dock_code = $3, stage = $4, sku = $5, per_scan = $6, lot = $7, expiry = $8, \
         serial = $9, sscc = $10, forced = $11, quantity = $12 WHERE id = $1 AND state = 'open'",
    )
    .bind(receipt.id.to_string())
    .bind(receipt.dock.to_string())
    .bind(&receipt.dock_code)
    .bind(receipt.stage.as_str())
    .bind(receipt.sku.map(|sku| sku.to_string()))
    .bind(receipt.per_scan)
    .bind(&receipt.lot)
    .bind(&receipt.expiry)
    .bind(&receipt.serial)
    .bind(&receipt.sscc)
    .bind(receipt.forced.map_or("", Condition::as_str))
    .bind(receipt.quantity)
    .execute(sql)
    .await?;
    Ok(())
}

/// False if it is closed already.
pub(super) async fn close(sql: &mut Sql, id: ReceiptId, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE receipts SET state = 'closed', stage = 'done', sku = NULL, closed_at = $2 WHERE id = $1 AND state = 'open'",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn read_line(row: &AnyRow) -> Result<ReceiptLine, Fault> {
    Ok(ReceiptLine {
        id: row.text("id")?,
        receipt: row.id("receipt")?,
        sku: row.id("sku")?,
        quantity: row.int("quantity")?,
        lot: row.text("lot")?,
        expiry: row.text("expiry")?,
        serial: row.text("serial")?,
        condition: row.word("condition")?,
        sscc: row.text("sscc")?,
        state: row.word("state")?,
        planned: row.int("planned")?,
        at: row.time("at")?,
        by: row.text("by_whom")?,
    })
}

pub(super) async fn add_line(sql: &mut Sql, line: &ReceiptLine) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO receipt_lines (id, receipt, sku, quantity, lot, expiry, serial, condition, sscc, state, planned, \
         at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)",
    )
    .bind(&line.id)
    .bind(line.receipt.to_string())
    .bind(line.sku.to_string())
    .bind(line.quantity)
    .bind(&line.lot)
    .bind(&line.expiry)
    .bind(&line.serial)
    .bind(line.condition.as_str())
    .bind(&line.sscc)
    .bind(line.state.as_str())
    .bind(line.at.ms())
    .bind(&line.by)
    .execute(sql)
    .await?;
    Ok(())
}

/// What was received, in order.
pub async fn lines(sql: &mut Sql, receipt: ReceiptId) -> Result<Vec<ReceiptLine>, Fault> {
    let rows = sqlx::query("SELECT * FROM receipt_lines WHERE receipt = $1 ORDER BY id")
        .bind(receipt.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter().map(read_line).collect()
}

pub(super) async fn line(sql: &mut Sql, id: &str) -> Result<Option<ReceiptLine>, Fault> {
    let row = sqlx::query("SELECT * FROM receipt_lines WHERE id = $1").bind(id).fetch_optional(sql).await?;
    row.as_ref().map(read_line).transpose()
}

/// True if a unit of this serial is in stock by an earlier receipt.
pub(super) async fn serial_known(sql: &mut Sql, sku: SkuId, serial: &str) -> Result<bool, Fault> {
    let row = sqlx::query(
        "SELECT 1 AS one FROM receipt_lines WHERE sku = $1 AND serial = $2 AND state IN ('booked', 'waiting')",
    )
    .bind(sku.to_string())
    .bind(serial)
    .fetch_optional(sql)
    .await?;
    Ok(row.is_some())
}

/// Steps a line; false if it is not in `from`.
pub(super) async fn step_line(sql: &mut Sql, id: &str, from: LineState, to: LineState) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE receipt_lines SET state = $3 WHERE id = $1 AND state = $2")
        .bind(id)
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that `n` more of a line have a put-away task; false if there are not so
/// many left, or the line is no longer in stock.
pub(super) async fn plan_line(sql: &mut Sql, id: &str, n: i64) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE receipt_lines SET planned = planned + $2 \
         WHERE id = $1 AND state = 'booked' AND planned + $2 <= quantity",
    )
    .bind(id)
    .bind(n)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is announced of an article and has not come, at each site.
pub(super) async fn incoming(sql: &mut Sql, sku: SkuId) -> Result<Vec<(SiteId, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT t.site, CAST(SUM(CASE WHEN t.n > 0 THEN t.n ELSE 0 END) AS BIGINT) AS n FROM ( \
         SELECT a.id, a.site, SUM(l.quantity) - COALESCE((SELECT SUM(r.quantity) FROM receipt_lines r \
         JOIN receipts c ON c.id = r.receipt WHERE c.asn = a.id AND r.sku = $1 \
         AND r.state IN ('booked', 'waiting')), 0) AS n FROM asns a JOIN asn_lines l ON l.asn = a.id AND l.sku = $1 \
         WHERE a.state = 'expected' GROUP BY a.id, a.site) t GROUP BY t.site",
    )
    .bind(sku.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("site")?, row.int("n")?))).collect()
}
