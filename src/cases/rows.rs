//! All SQL of cases.

use sqlx::any::AnyRow;

use super::model::*;
use crate::{
    kernel::*,
    store::{Row, Sql},
};

fn read(row: &AnyRow) -> Result<Case, Fault> {
    let rank = row.int("rank")?;
    Ok(Case {
        id: row.id("id")?,
        code: row.word("code")?,
        about: row.text("about")?,
        site: row.opt_word("site")?,
        severity: Severity::of_rank(rank).ok_or_else(|| Fault::new(format!("no severity has rank {rank}")))?,
        state: row.word("state")?,
        owner: row.opt_word("owner")?,
        detail: Detail::read(&row.text("detail")?),
        links: row.json("links")?,
        times: row.int("times")?,
        opened_at: row.time("opened_at")?,
        due_at: row.time("due_at")?,
        touched_at: row.time("touched_at")?,
        closed_at: row.opt_time("closed_at")?,
        closed_by: row.opt_text("closed_by")?,
        resolution: row.opt_word("resolution")?,
    })
}

/// Opens or counts, in one statement, so that two reporters open one case. A
/// report that is worse than the first makes the case more urgent.
pub(super) async fn open(
    sql: &mut Sql,
    id: CaseId,
    new: &NewCase,
    severity: Severity,
    now: Time,
) -> Result<CaseId, Fault> {
    let row = sqlx::query(
        "INSERT INTO cases (id, code, about, site, rank, state, owner, detail, links, times, opened_at, due_at, \
         touched_at, closed_at, closed_by, resolution) \
         VALUES ($1, $2, $3, $4, $5, 'open', NULL, $6, $7, 1, $8, $9, $8, NULL, NULL, NULL) \
         ON CONFLICT (code, about) WHERE state = 'open' DO UPDATE SET \
         times = cases.times + 1, touched_at = excluded.touched_at, detail = excluded.detail, \
         rank = CASE WHEN excluded.rank < cases.rank THEN excluded.rank ELSE cases.rank END, \
         due_at = CASE WHEN excluded.due_at < cases.due_at THEN excluded.due_at ELSE cases.due_at END \
         RETURNING id",
    )
    .bind(id.to_string())
    .bind(new.code.as_str())
    .bind(&new.about)
    .bind(new.site.map(|site| site.to_string()))
    .bind(severity.rank())
    .bind(new.detail.stored())
    .bind(serde_json::to_string(&new.links)?)
    .bind(now.ms())
    .bind(now.plus_ms(severity.due_ms()).ms())
    .fetch_one(sql)
    .await?;
    row.id("id")
}

/// One case.
pub async fn by_id(sql: &mut Sql, id: CaseId) -> Result<Option<Case>, Fault> {
    let row = sqlx::query("SELECT * FROM cases WHERE id = $1").bind(id.to_string()).fetch_optional(sql).await?;
    row.as_ref().map(read).transpose()
}

/// Every case about one thing, oldest first.
pub async fn about(sql: &mut Sql, about: &str) -> Result<Vec<Case>, Fault> {
    let rows =
        sqlx::query("SELECT * FROM cases WHERE about = $1 ORDER BY id LIMIT 200").bind(about).fetch_all(sql).await?;
    rows.iter().map(read).collect()
}

/// True if a case of a code about a subject is open.
pub async fn is_open(sql: &mut Sql, code: CaseCode, about: &str) -> Result<bool, Fault> {
    Ok(open_one(sql, code, about).await?.is_some())
}

/// The open case of a code about a subject.
pub(super) async fn open_one(sql: &mut Sql, code: CaseCode, about: &str) -> Result<Option<CaseId>, Fault> {
    let row = sqlx::query("SELECT id FROM cases WHERE code = $1 AND about = $2 AND state = 'open'")
        .bind(code.as_str())
        .bind(about)
        .fetch_optional(sql)
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Which cases a list shows; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this site.
    pub site: Option<SiteId>,
    /// Open or closed.
    pub state: Option<CaseState>,
    /// Of this severity.
    pub severity: Option<Severity>,
    /// Of this kind.
    pub code: Option<CaseCode>,
    /// Cared for by this person.
    pub owner: Option<UserId>,
    /// Cared for by nobody.
    pub unowned: bool,
}

/// The cursor behind a case in [`list`].
pub fn cursor(case: &Case) -> String {
    format!("{} {} {}", case.severity.rank(), case.due_at.ms(), case.id)
}

/// Cases, the most urgent and soonest due first, behind a cursor.
pub async fn list(sql: &mut Sql, filter: &Filter, after: &str, limit: i64) -> Result<Vec<Case>, Fault> {
    let mut parts = after.splitn(3, ' ');
    let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok()).unwrap_or(-1);
    let (rank, due) = (number(), number());
    let id = parts.next().unwrap_or_default();
    let rows = sqlx::query(
        "SELECT * FROM cases WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 < 0 OR rank = $3) \
         AND ($4 = '' OR code = $4) AND ($9 = '' OR owner = $9) AND ($10 = 0 OR owner IS NULL) \
         AND (rank > $5 OR (rank = $5 AND due_at > $6) OR (rank = $5 AND due_at = $6 AND id > $7)) \
         ORDER BY rank, due_at, id LIMIT $8",
    )
    .bind(filter.site.map_or_else(String::new, |site| site.to_string()))
    .bind(filter.state.map_or("", CaseState::as_str))
    .bind(filter.severity.map_or(-1, Severity::rank))
    .bind(filter.code.map_or("", CaseCode::as_str))
    .bind(rank)
    .bind(due)
    .bind(id)
    .bind(limit)
    .bind(filter.owner.map_or_else(String::new, |owner| owner.to_string()))
    .bind(i64::from(filter.unowned))
    .fetch_all(sql)
    .await?;
    rows.iter().map(read).collect()
}

/// How many cases are open, by site and severity.
pub async fn open_severities(sql: &mut Sql) -> Result<Vec<(Option<SiteId>, Severity, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT site, rank, COUNT(*) AS n FROM cases WHERE state = 'open' GROUP BY site, rank ORDER BY rank, site",
    )
    .fetch_all(sql)
    .await?;
    let severity = |rank| Severity::of_rank(rank).ok_or_else(|| Fault::new(format!("no severity has rank {rank}")));
    rows.iter().map(|row| Ok((row.opt_word("site")?, severity(row.int("rank")?)?, row.int("n")?))).collect()
}

/// How many cases are open, by kind; of a site, or of all.
pub async fn open_counts(sql: &mut Sql, site: Option<SiteId>) -> Result<Vec<(CaseCode, i64)>, Fault> {
    let rows = sqlx::query(
        "SELECT code, COUNT(*) AS n FROM cases WHERE state = 'open' AND ($1 = '' OR site = $1) \
         GROUP BY code ORDER BY code",
    )
    .bind(site.map_or_else(String::new, |site| site.to_string()))
    .fetch_all(sql)
    .await?;
    rows.iter().map(|row| Ok((row.word("code")?, row.int("n")?))).collect()
}

pub(super) async fn assign(sql: &mut Sql, id: CaseId, owner: Option<UserId>, now: Time) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE cases SET owner = $2, touched_at = $3 WHERE id = $1 AND state = 'open'")
        .bind(id.to_string())
        .bind(owner.map(|owner| owner.to_string()))
        .bind(now.ms())
        .execute(sql)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn close(
    sql: &mut Sql,
    id: CaseId,
    resolution: Resolution,
    now: Time,
    by: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE cases SET state = 'closed', resolution = $2, closed_at = $3, touched_at = $3, closed_by = $4 \
         WHERE id = $1 AND state = 'open'",
    )
    .bind(id.to_string())
    .bind(resolution.as_str())
    .bind(now.ms())
    .bind(by)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn add_note(sql: &mut Sql, id: CaseId, now: Time, by: &str, text: &str) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO case_notes (case_id, number, at, by_whom, text) \
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4 FROM case_notes WHERE case_id = $1",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .bind(by)
    .bind(text)
    .execute(sql)
    .await?;
    Ok(())
}

/// What was said, oldest first.
pub async fn notes(sql: &mut Sql, id: CaseId) -> Result<Vec<Note>, Fault> {
    let rows = sqlx::query("SELECT number, at, by_whom, text FROM case_notes WHERE case_id = $1 ORDER BY number")
        .bind(id.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Note {
                number: row.int("number")?,
                at: row.time("at")?,
                by: row.text("by_whom")?,
                text: row.text("text")?,
            })
        })
        .collect()
}

/// False if there are enough.
pub(super) async fn add_photo(
    sql: &mut Sql,
    id: CaseId,
    now: Time,
    by: &str,
    kind: &str,
    data: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO case_photos (case_id, number, at, by_whom, kind, data) \
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM case_photos WHERE case_id = $1 \
         HAVING COUNT(*) < $6",
    )
    .bind(id.to_string())
    .bind(now.ms())
    .bind(by)
    .bind(kind)
    .bind(data)
    .bind(PHOTOS)
    .execute(sql)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which photos there are.
pub async fn photos(sql: &mut Sql, id: CaseId) -> Result<Vec<PhotoOf>, Fault> {
    let rows = sqlx::query("SELECT number, at, by_whom, kind FROM case_photos WHERE case_id = $1 ORDER BY number")
        .bind(id.to_string())
        .fetch_all(sql)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PhotoOf {
                number: row.int("number")?,
                at: row.time("at")?,
                by: row.text("by_whom")?,
                kind: row.text("kind")?,
            })
        })
        .collect()
}

/// One photo: its media type and its bytes in base64.
pub async fn photo(sql: &mut Sql, id: CaseId, number: i64) -> Result<Option<(String, String)>, Fault> {
    let row = sqlx::query("SELECT kind, data FROM case_photos WHERE case_id = $1 AND number = $2")
        .bind(id.to_string())
        .bind(number)
        .fetch_optional(sql)
        .await?;
    row.map(|row| Ok((row.text("kind")?, row.text("data")?))).transpose()
}
