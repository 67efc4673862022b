//! Every SQL statement of the rooms prepares on both engines against the migrated
//! schema: a column that was renamed, a word one dialect lacks, fails here and not
//! in a rare branch. The statements are read from the sources.

use std::sync::Arc;

use cartage::{
    kernel::{Time, rng::Dice, time::HandClock},
    store::{Db, Engine, migrate},
};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use crate::{house, sources};

/// A statement and where it stands; `None`: on both engines.
struct Statement {
    place: String,
    only: Option<Engine>,
    text: String,
}

/// Reads a string literal at the start of `rest`, with its escapes undone;
/// answers with what follows.
fn literal(rest: &str) -> Option<(String, &str)> {
    let rest = rest.trim_start();
    if let Some(raw) = rest.strip_prefix("r#\"") {
        let (text, after) = raw.split_once("\"#")?;
        return Some((text.to_owned(), after));
    }
    let mut chars = rest.strip_prefix('"')?.char_indices();
    let (body, mut text) = (&rest[1..], String::new());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, &body[at + 1..])),
            '\\' => match chars.next()?.1 {
                '\n' => {
                    let more = body[at + 2..].len() - body[at + 2..].trim_start().len();
                    for _ in 0..body[at + 2..at + 2 + more].chars().count() {
                        chars.next();
                    }
                }
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    None
}

/// A macro of the file that puts a tail to a common beginning: `loads!("WHERE ...")`.
fn of_macro(file: &str, after: &str) -> Option<String> {
    let (name, rest) = after.split_once('!').filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase()))?;
    let (tail, _) = literal(rest.strip_prefix('(')?)?;
    let body = file.split_once(&format!("macro_rules! {name} "))?.1.split_once("concat!(")?.1;
    Some(literal(body)?.0 + &tail)
}

/// The two dialects of a text that was picked by engine just before.
fn of_fork(before: &str, name: &str) -> Option<(String, String)> {
    let picked = before.rsplit_once(&format!("let {name} = "))?.1.split_once(".pick(")?.1;
    let (sqlite, rest) = literal(picked)?;
    let (postgres, _) = literal(rest.trim_start().strip_prefix(',')?)?;
    Some((sqlite, postgres))
}

/// Every statement of one file.
fn in_file(file: &str, text: &str) -> Vec<Statement> {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let place = |at: usize| format!("{file}:{}", body[..at].lines().count());
    let mut found = Vec::new();
    let mut add = |at, only, text| found.push(Statement { place: place(at), only, text });
    // Constants are statements on their own: some are handed on as arguments.
    for (at, _) in body.match_indices("const ") {
        let value = body[at..].split_once(": &str =").filter(|(name, _)| name.len() < 60);
        let sql = value.and_then(|(_, rest)| literal(rest)).map(|(text, _)| text);
        // Where a sheet stands for a table, whoever fills it prepares the statement.
        let is_whole = |sql: &String| !sql.contains("{x}");
        if let Some(sql) = sql
            .filter(is_whole)
            .filter(|sql| ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb)))
        {
            add(at, None, sql);
        }
    }
    for (at, _) in body.match_indices("sqlx::query") {
        let after = body[at..].split_once('(').unwrap().1.trim_start();
        let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(sql) = literal(after).map(|(text, _)| text).or_else(|| of_macro(body, after)) {
            add(at, None, sql);
        } else if let Some((sqlite, postgres)) = of_fork(&body[..at], &name) {
            add(at, Some(Engine::Sqlite), sqlite);
            add(at, Some(Engine::Postgres), postgres);
        } else {
            let known =
                body.contains(&format!("const {name}: &str =")) || body.contains(&format!("{name}: &'static str"));
            assert!(known, "{}: the text of this statement cannot be read here", place(at));
        }
    }
    found
}

fn statements() -> Vec<Statement> {
    let is_rows = |file: &str| file.ends_with("rows.rs") || file.contains("/rows/") || file.starts_with("src/store/");
    let files = sources::files("src").into_iter().filter(|(file, _)| is_rows(file) && file != "src/store/both.rs");
    files.flat_map(|(file, text)| in_file(&file, &text)).collect()
}

async fn prepare_all(url: &str, statements: &[Statement]) {
    let clock = Arc::new(HandClock::at(Time::from_ms(0)));
    let db = Db::open(url, clock, Arc::new(Dice::seeded([1; 32]))).await.unwrap();
    migrate(&db).await.unwrap();
    let mut read = db.read().await.unwrap();
    let mut wrong = Vec::new();
    for one in statements.iter().filter(|one| one.only.is_none_or(|only| only == db.engine())) {
        let text = AssertSqlSafe(one.text.clone()).into_sql_str();
        if let Err(error) = read.sql().prepare(text).await {
            wrong.push(format!("{}: {error}\n    {}", one.place, one.text));
        }
    }
    drop(read);
    db.close().await;
    assert!(wrong.is_empty(), "on {url}:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_prepares_on_both_engines() {
    let statements = statements();
    assert!(statements.len() > 300, "the sources were not read: {}", statements.len());
    house::on_both_databases(async |url| prepare_all(url, &statements).await).await;
}

#[test]
fn the_reader_of_literals_reads_them() {
    let (text, after) = literal("\n  \"SELECT \\\"a\\\" \\\n     FROM x\", 2").unwrap();
    assert_eq!((text.as_str(), after), ("SELECT \"a\" FROM x", ", 2"));
    let file = r#"
macro_rules! all {
    ($tail:literal) => { concat!("SELECT x FROM t ", $tail) };
}
const ONE: &str = "UPDATE t SET x = 1";
sqlx::query(ONE); sqlx::query(all!("WHERE y = $1"));
let text = engine.pick("SELECT 2", "SELECT 3"); sqlx::query(text)"#;
    let found: Vec<String> = in_file("x", file).into_iter().map(|one| one.text).collect();
    assert_eq!(found, ["UPDATE t SET x = 1", "SELECT x FROM t WHERE y = $1", "SELECT 2", "SELECT 3"]);
}

#[tokio::test]
async fn a_statement_with_a_wrong_column_would_be_found() {
    let folder = tempdir();
    let url = format!("sqlite://{}/x.db", folder.display());
    let clock = Arc::new(HandClock::at(Time::from_ms(0)));
    let db = Db::open(&url, clock, Arc::new(Dice::seeded([1; 32]))).await.unwrap();
    migrate(&db).await.unwrap();
    let mut read = db.read().await.unwrap();
    let text = AssertSqlSafe("SELECT colour FROM orders".to_owned()).into_sql_str();
    assert!(read.sql().prepare(text).await.is_err());
    drop(read);
    db.close().await;
    std::fs::remove_dir_all(folder).ok();
}

fn tempdir() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("cartage-sql-{:016x}", rand::random::<u64>()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
