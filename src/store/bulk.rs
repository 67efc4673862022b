//! Many rows in one statement: a sheet of typed columns that both engines can read
//! as a table. SQLite gets one JSON text (`json_each`), PostgreSQL one array a
//! column (`UNNEST`), each bound as text, so that the statement's own text is the
//! same for one row and for ten thousand and stays prepared.
//!
//! Deliberately absent: what the rows mean; the sheets are filled in each room's
//! `rows.rs`.

use std::fmt::{Display, Write as _};

use sqlx::{Any, AssertSqlSafe, any::AnyRow, query};

use super::{Engine, Sql};
use crate::kernel::Fault;

/// A column and its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Int(&'static str),
    /// A fraction.
    Real(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Int(name) | Self::Real(name) => name,
        }
    }
    fn array(self) -> &'static str {
        match self {
            Self::Text(_) => "text[]",
            Self::Int(_) => "bigint[]",
            Self::Real(_) => "double precision[]",
        }
    }
}

/// Rows on their way into one statement. Fill each row column by column, in the
/// order of the columns.
pub struct Sheet {
    engine: Engine,
    columns: &'static [Column],
    /// SQLite: the one JSON text. PostgreSQL: one array literal a column.
    texts: Vec<String>,
    at: usize,
    rows: usize,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(engine: Engine, columns: &'static [Column]) -> Self {
        let texts = vec![String::new(); engine.pick(1, columns.len())];
        Self { engine, columns, texts, at: 0, rows: 0 }
    }

    /// True if no row was begun.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.at == 0
    }

    /// How many rows are whole.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Writes what stands before the next value, and says into which text it goes.
    fn cell(&mut self) -> &mut String {
        let (first_row, first) = (self.rows == 0, self.at == 0);
        let slot = self.engine.pick(0, self.at);
        let text = &mut self.texts[slot];
        match self.engine {
            Engine::Sqlite if first => text.push_str(if first_row { "[" } else { ",[" }),
            Engine::Sqlite => text.push(','),
            Engine::Postgres if !first_row => text.push(','),
            Engine::Postgres => {}
        }
        text
    }

    fn next(&mut self) -> &mut Self {
        self.at += 1;
        if self.at == self.columns.len() {
            (self.at, self.rows) = (0, self.rows + 1);
            if self.engine == Engine::Sqlite {
                self.texts[0].push(']');
            }
        }
        self
    }

    /// A text, whatever it holds.
    pub fn text(&mut self, value: &str) -> &mut Self {
        let engine = self.engine;
        let cell = self.cell();
        match engine {
            Engine::Sqlite => quote_json(cell, value),
            Engine::Postgres => quote_array(cell, value),
        }
        self.next()
    }

    /// An id or a word: letters, digits, underscores, which need no care.
    pub fn plain(&mut self, value: impl Display) -> &mut Self {
        let cell = self.cell();
        // Writing into a string cannot fail.
        let _ = write!(cell, "\"{value}\"");
        self.next()
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) -> &mut Self {
        let cell = self.cell();
        let _ = write!(cell, "{value}");
        self.next()
    }

    /// A fraction.
    pub fn real(&mut self, value: f64) -> &mut Self {
        let cell = self.cell();
        let _ = write!(cell, "{value:?}");
        self.next()
    }

    /// Nothing.
    pub fn null(&mut self) -> &mut Self {
        let word = self.engine.pick("null", "NULL");
        self.cell().push_str(word);
        self.next()
    }

    /// A text or nothing.
    pub fn opt_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// An id or nothing.
    pub fn opt_plain(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(value),
            None => self.null(),
        }
    }

    /// A whole number or nothing.
    pub fn opt_int(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.int(value),
            None => self.null(),
        }
    }

    /// The sheet as a table named `x` with its columns by name, for a `FROM`.
    fn table(&self) -> String {
        let mut text = String::with_capacity(64 * self.columns.len());
        match self.engine {
            Engine::Sqlite => {
                text.push_str("(SELECT ");
                for (at, column) in self.columns.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    let _ = write!(text, "{comma}value ->> {at} AS {}", column.name());
                }
                text.push_str(" FROM json_each($1)) AS x");
            }
            Engine::Postgres => {
                text.push_str("UNNEST(");
                for (at, column) in self.columns.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    let _ = write!(text, "{comma}CAST(${} AS {})", at + 1, column.array());
                }
                let _ = write!(text, ") AS x({})", self.names());
            }
        }
        text
    }

    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ")
    }

    /// The bound texts, closed.
    fn bound(&mut self) -> Vec<String> {
        debug_assert_eq!(self.at, 0, "a row was left half");
        let texts = std::mem::take(&mut self.texts);
        let (open, close) = self.engine.pick(("[", "]"), ("{", "}"));
        texts.into_iter().map(|text| format!("{open}{text}{close}")).collect()
    }

    /// Inserts every row; returns how many there were.
    pub async fn insert(self, sql: &mut Sql, table: &'static str) -> Result<u64, Fault> {
        self.upsert(sql, table, "").await
    }

    /// Inserts every row, in their order; `conflict` is an `ON CONFLICT` clause.
    /// Returns how many rows were touched.
    pub async fn upsert(self, sql: &mut Sql, table: &'static str, conflict: &'static str) -> Result<u64, Fault> {
        let names = self.names();
        // `WHERE` keeps SQLite's parser from reading ON CONFLICT as a join's ON.
        let text = format!("INSERT INTO {table} ({names}) SELECT {names} FROM {} WHERE 1 = 1 {conflict}", self.table());
        self.execute(sql, text).await
    }

    /// Runs a statement in which `{x}` stands for the sheet; returns how many rows
    /// were touched.
    pub async fn run(self, sql: &mut Sql, statement: &'static str) -> Result<u64, Fault> {
        let text = statement.replace("{x}", &self.table());
        self.execute(sql, text).await
    }

    async fn execute(mut self, sql: &mut Sql, text: String) -> Result<u64, Fault> {
        if self.rows == 0 {
            return Ok(0);
        }
        let mut statement = query::<Any>(AssertSqlSafe(text));
        for bound in self.bound() {
            statement = statement.bind(bound);
        }
        Ok(statement.execute(sql).await?.rows_affected())
    }

    /// Reads with a statement in which `{x}` stands for the sheet.
    pub async fn fetch(mut self, sql: &mut Sql, statement: &'static str) -> Result<Vec<AnyRow>, Fault> {
        if self.rows == 0 {
            return Ok(Vec::new());
        }
        let text = statement.replace("{x}", &self.table());
        let mut statement = query::<Any>(AssertSqlSafe(text));
        for bound in self.bound() {
            statement = statement.bind(bound);
        }
        Ok(statement.fetch_all(sql).await?)
    }
}

/// A JSON string.
fn quote_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// An element of a PostgreSQL array literal.
fn quote_array(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{super::on_both_engines, *};
    use crate::store::{Actor, Row as _};

    const COLUMNS: &[Column] = &[Column::Text("name"), Column::Text("value")];

    #[tokio::test]
    async fn texts_of_any_kind_arrive_as_they_were() {
        on_both_engines(async |db, _| {
            let texts = ["", "a \"b\" \\ {c},d", "line\nline\ttab\u{1f}", "NULL", "null", "茶 ☕", "{}", "[1]", "1e3"];
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let mut sheet = Sheet::new(db.engine(), COLUMNS);
            for (at, text) in texts.iter().enumerate() {
                sheet.plain(format!("k_{at}")).text(text);
            }
            assert_eq!((sheet.len(), sheet.is_empty()), (texts.len(), false));
            assert_eq!(sheet.insert(tx.sql(), "settings").await.unwrap(), 9);
            let mut asked = Sheet::new(db.engine(), COLUMNS);
            for at in 0..texts.len() {
                asked.plain(format!("k_{at}")).null();
            }
            let rows = asked
                .fetch(
                    tx.sql(),
                    "SELECT s.name, s.value FROM {x} JOIN settings s ON s.name = x.name WHERE x.value IS NULL ORDER BY s.name",
                )
                .await
                .unwrap();
            let read: Vec<String> = rows.iter().map(|row| row.text("value").unwrap()).collect();
            assert_eq!(read, texts);
        })
        .await;
    }

    #[tokio::test]
    async fn numbers_and_nothing_arrive_as_they_were() {
        const NUMBERS: &[Column] = &[Column::Int("id"), Column::Real("lat"), Column::Real("lon")];
        on_both_engines(async |db, _| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let places = [(1, 30.123_456_7, -0.1), (i64::MAX, 1e-7, 179.999_999_9), (-4, 0.0, 60.0)];
            let mut sheet = Sheet::new(db.engine(), NUMBERS);
            for (id, lat, lon) in places {
                sheet.int(id).real(lat).real(lon);
            }
            sheet.insert(tx.sql(), "road_nodes").await.unwrap();
            let nodes = crate::network::road_nodes(tx.sql()).await.unwrap();
            let mut read: Vec<_> = nodes.iter().map(|node| (node.id, node.lat, node.lon)).collect();
            read.sort_by_key(|(id, ..)| places.iter().position(|place| place.0 == *id));
            assert_eq!(read, places);
            assert_eq!(Sheet::new(db.engine(), NUMBERS).insert(tx.sql(), "road_nodes").await.unwrap(), 0);
        })
        .await;
    }
}
