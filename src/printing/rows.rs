//! All SQL of printing.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{label::Label, model::*};
use crate::{
    kernel::*,
    parties,
    store::{Row, Sql},
};

/// What a label keeps of its lines: the text, or only whose they are.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Lines {
    Written(Vec<String>),
    Of(Recipient),
}

fn read(row: &AnyRow) -> Result<(Print, Option<Recipient>), Fault> {
    let label: Label = row.json("label")?;
    let (lines, of) = match row.json("recipient")? {
        Lines::Written(lines) => (lines, None),
        Lines::Of(recipient) => (Vec::new(), Some(recipient)),
    };
    let print = Print {
        id: row.id("id")?,
        site: row.id("site")?,
        station: row.text("station")?,
        kind: row.word("kind")?,
        subject: row.text("subject")?,
        label: Label { lines, ..label },
        printer: row.text("printer")?,
        state: row.word("state")?,
        copies: row.int("copies")?,
        attempts: row.int("attempts")?,
        error: row.opt_text("error")?,
        created_at: row.time("created_at")?,
        touched_at: row.time("touched_at")?,
    };
    Ok((print, of))
}

/// Reads the lines of a recipient where personal data lives; masked.
async fn joined(sql: &mut Sql, (mut print, of): (Print, Option<Recipient>)) -> Result<Print, Fault> {
    if let Some(of) = of {
        let contact = parties::contact(sql, of.contact).await?.map(|contact| contact.masked().name);
        let address = parties::address(sql, of.address).await?.map(|address| address.masked().line());
        print.label.lines = contact.into_iter().chain(address).filter(|line| !line.is_empty()).collect();
    }
    Ok(print)
}

async fn all_joined(sql: &mut Sql, rows: &[AnyRow]) -> Result<Vec<Print>, Fault> {
    let read: Vec<_> = rows.iter().map(read).collect::<Result<_, Fault>>()?;
    let mut prints = Vec::with_capacity(read.len());
    for one in read {
        prints.push(joined(sql, one).await?);
    }
    Ok(prints)
}

pub(super) async fn add(sql: &mut Sql, id: PrintId, new: &NewPrint, printer: &str, now: Time) -> Result<(), Fault> {
    let bare = Label { lines: Vec::new(), ..new.label.clone() };
    let lines = match &new.recipient {
        Some(recipient) => Lines::Of(*recipient),
        None => Lines::Written(new.label.lines.clone()),
    };
    sqlx::query(
        "INSERT INTO prints (id, site, station, kind, subject, label, recipient, printer, state, copies, attempts, \
         error, created_at, touched_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', 0, 0, NULL, $9, $9)",
    )
    .bind(id.to_string())
    .bind(new.site.to_string())
    .bind(&new.station)
    .bind(new.kind.as_str())
    .bind(&new.subject)
    .bind(serde_json::to_string(&bare)?)
    .bind(serde_json::to_string(&lines)?)
    .bind(printer)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(())
}

/// One job.
pub async fn by_id(sql: &mut Sql, id: PrintId) -> Result<Option<Print>, Fault> {
    let row = sqlx::query("SELECT * FROM prints WHERE id = $1").bind(id.to_string()).fetch_optional(&mut *sql).await?;
    match row.as_ref().map(read).transpose()? {
        Some(one) => Ok(Some(joined(sql, one).await?)),
        None => Ok(None),
    }
}

/// The jobs of one parcel, receipt or unit, oldest first.
pub async fn by_subject(sql: &mut Sql, subject: &str) -> Result<Vec<Print>, Fault> {
    let rows = sqlx::query("SELECT * FROM prints WHERE subject = $1 ORDER BY id LIMIT 200")
        .bind(subject)
        .fetch_all(&mut *sql)
        .await?;
    all_joined(sql, &rows).await
}

/// Jobs of a site (`None`: of all) in a state (`None`: any), newest first,
/// before a cursor (empty: from the newest).
pub async fn list(
    sql: &mut Sql,
    site: Option<SiteId>,
    state: Option<PrintState>,
    before: &str,
    limit: i64,
) -> Result<Vec<Print>, Fault> {
    let rows = sqlx::query(
        "SELECT * FROM prints WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .bind(state.map_or("", PrintState::as_str))
    .bind(before)
    .bind(limit)
    .fetch_all(&mut *sql)
    .await?;
    all_joined(sql, &rows).await
}

/// Takes a job for the wire; one left on it by a process that died is taken again.
pub(super) async fn claim(sql: &mut Sql, id: PrintId, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE prints SET state = 'sending', touched_at = $2 \
         WHERE id = $1 AND printer <> '' AND state IN ('queued', 'sending')",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a copy; false if the job is in none of these states.
pub(super) async fn done(sql: &mut Sql, id: PrintId, from: &[PrintState], now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE prints SET state = 'done', copies = copies + 1, attempts = 0, error = NULL, touched_at = $2 \
         WHERE id = $1 AND (state = $3 OR state = $4)",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .bind(from.first().map_or("", |state| state.as_str()))
    .bind(from.get(1).map_or("", |state| state.as_str()))
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn fail(sql: &mut Sql, id: PrintId, to: PrintState, error: &str, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE prints SET state = $2, attempts = attempts + 1, error = $3, touched_at = $4 \
         WHERE id = $1 AND state = 'sending'",
    )
    .bind(id.to_string())
    .bind(to.as_str())
    .bind(error)
    .bind(now.ms())
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn requeue(
    sql: &mut Sql,
    id: PrintId,
    from: &[PrintState],
    printer: &str,
    now: Time,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE prints SET state = 'queued', attempts = 0, printer = $2, touched_at = $3 \
         WHERE id = $1 AND (state = $4 OR state = $5)",
    )
    .bind(id.to_string())
    .bind(printer)
    .bind(now.ms())
    .bind(from.first().map_or("", |state| state.as_str()))
    .bind(from.get(1).map_or("", |state| state.as_str()))
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Queues every failed job of a printer again, because it printed; their ids.
pub(super) async fn revive(sql: &mut Sql, site: SiteId, printer: &str, now: Time) -> Result<Vec<PrintId>, Fault> {
    let rows = sqlx::query(
        "UPDATE prints SET state = 'queued', attempts = 0, touched_at = $3 \
         WHERE site = $1 AND printer = $2 AND state = 'failed' RETURNING id",
    )
    .bind(site.to_string())
    .bind(printer)
    .bind(now.ms())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// The jobs that were still of use, with their sites.
pub(super) async fn void(sql: &mut Sql, subject: &str, now: Time) -> Result<Vec<(PrintId, SiteId)>, Fault> {
    let rows = sqlx::query(
        "UPDATE prints SET state = 'void', recipient = '[]', touched_at = $2
         WHERE subject = $1 AND state <> 'void' RETURNING id, site",
    )
    .bind(subject)
    .bind(now.ms())
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.id("site")?))).collect()
}

pub(super) async fn forget(sql: &mut Sql, subject: &str) -> Result<(), Fault> {
    sqlx::query("UPDATE prints SET recipient = '[]' WHERE subject = $1").bind(subject).execute(sql).await?;
    Ok(())
}

pub(super) async fn forget_old(sql: &mut Sql, before: Time) -> Result<(), Fault> {
    sqlx::query("UPDATE prints SET recipient = '[]' WHERE touched_at < $1 AND state = 'done' AND recipient <> '[]'")
        .bind(before.ms())
        .execute(sql)
        .await?;
    Ok(())
}

/// The printers of a site, by name.
pub async fn printers(sql: &mut Sql, site: SiteId) -> Result<Vec<Printer>, Fault> {
    let rows = sqlx::query(
        "SELECT site, name, station, address, font, asks_status FROM printers WHERE site = $1 ORDER BY name",
    )
    .bind(site.to_string())
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Printer {
                site: row.id("site")?,
                name: row.text("name")?,
                station: row.text("station")?,
                address: row.text("address")?,
                font: row.text("font")?,
                asks_status: row.flag("asks_status")?,
            })
        })
        .collect()
}

pub(super) async fn set_printer(sql: &mut Sql, printer: &Printer) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO printers (site, name, station, address, font, asks_status) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (site, name) DO UPDATE SET station = excluded.station, address = excluded.address, \
         font = excluded.font, asks_status = excluded.asks_status",
    )
    .bind(printer.site.to_string())
    .bind(&printer.name)
    .bind(&printer.station)
    .bind(&printer.address)
    .bind(&printer.font)
    .bind(i64::from(printer.asks_status))
    .execute(sql)
    .await?;
    Ok(())
}
