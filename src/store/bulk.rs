//! Many rows in one statement: a sheet of typed columns that both engines can read
//! as a table. SQLite gets one JSON text (`json_each`), PostgreSQL one array a
//! column (`UNNEST`), each bound as text, so that the statement's own text is the
//! same for one row and for ten thousand and stays prepared. Long inserts into SQLite
//! go as bound values, which takes half the time.
//!
//! Deliberately absent: what the rows mean; the sheets are filled in each room's
//! `rows.rs`.

use std::{
    fmt::{Display, Write as _},
    sync::Arc,
};

use serde::de::DeserializeOwned;
use sqlx::{Any, AssertSqlSafe, any::AnyRow, query};

use super::{Engine, Row as _, Sql};
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
    fn family(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Int(_) => "bigint",
            Self::Real(_) => "double precision",
        }
    }
    fn array(self) -> String {
        format!("{}[]", self.family())
    }
}

/// A value of a row.
#[derive(Debug, Clone)]
enum Cell {
    Text(String),
    Int(i64),
    Real(f64),
    Null,
}

/// Rows that one statement of SQLite is given as bound values. Longer statements do
/// not gain any more; what is left of the rows goes as one JSON text, so that each
/// sheet has two texts to keep prepared, whatever its length.
const BOUND_ROWS: usize = 32;

/// Rows on their way into one statement. Fill each row column by column, in the
/// order of the columns.
pub struct Sheet {
    engine: Engine,
    columns: &'static [Column],
    cells: Vec<Cell>,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(engine: Engine, columns: &'static [Column]) -> Self {
        Self { engine, columns, cells: Vec::new() }
    }

    /// True if no row was begun.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are whole.
    pub fn len(&self) -> usize {
        self.cells.len() / self.columns.len()
    }

    fn next(&mut self, cell: Cell) -> &mut Self {
        self.cells.push(cell);
        self
    }

    /// A text, whatever it holds.
    pub fn text(&mut self, value: impl AsRef<str>) -> &mut Self {
        self.next(Cell::Text(value.as_ref().to_owned()))
    }

    /// An id or a word.
    pub fn plain(&mut self, value: impl Display) -> &mut Self {
        self.next(Cell::Text(value.to_string()))
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.next(Cell::Int(value))
    }

    /// A fraction.
    pub fn real(&mut self, value: f64) -> &mut Self {
        self.next(Cell::Real(value))
    }

    /// Nothing.
    pub fn null(&mut self) -> &mut Self {
        self.next(Cell::Null)
    }

    /// A text or nothing.
    pub fn opt_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
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
        self.next(value.map_or(Cell::Null, Cell::Int))
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

    /// The texts that [`Self::table`] reads. SQLite: one of JSON; PostgreSQL: one array
    /// literal a column.
    fn bound(&self) -> Vec<String> {
        debug_assert_eq!(self.cells.len() % self.columns.len(), 0, "a row was left half");
        match self.engine {
            Engine::Sqlite => vec![json(&self.cells, self.columns.len())],
            Engine::Postgres => (0..self.columns.len()).map(|at| self.array(at)).collect(),
        }
    }

    fn array(&self, column: usize) -> String {
        let mut text = String::with_capacity(16 * self.len() + 2);
        text.push('{');
        for (row, cell) in self.cells.iter().skip(column).step_by(self.columns.len()).enumerate() {
            if row > 0 {
                text.push(',');
            }
            match cell {
                Cell::Text(value) => quote_array(&mut text, value),
                cell => number(&mut text, cell, "NULL"),
            }
        }
        text.push('}');
        text
    }

    /// Inserts every row; returns how many there were.
    pub async fn insert(self, sql: &mut Sql, table: &'static str) -> Result<u64, Fault> {
        self.upsert(sql, table, "").await
    }

    /// Inserts every row, in their order; `conflict` is an `ON CONFLICT` clause.
    /// Returns how many rows were touched.
    pub async fn upsert(mut self, sql: &mut Sql, table: &'static str, conflict: &'static str) -> Result<u64, Fault> {
        let mut done = 0;
        if self.engine == Engine::Sqlite && self.len() >= BOUND_ROWS {
            done = self.upsert_bound(sql, table, conflict).await?;
        }
        let names = self.names();
        // `WHERE` keeps SQLite's parser from reading ON CONFLICT as a join's ON.
        let text = format!("INSERT INTO {table} ({names}) SELECT {names} FROM {} WHERE 1 = 1 {conflict}", self.table());
        Ok(done + self.execute(sql, text).await?)
    }

    /// Inserts as many whole statements of bound values as there are, and leaves the
    /// last few rows: half the time of reading them out of a JSON text.
    async fn upsert_bound(&mut self, sql: &mut Sql, table: &str, conflict: &str) -> Result<u64, Fault> {
        let width = self.columns.len();
        let mut text = format!("INSERT INTO {table} ({}) VALUES ", self.names());
        for row in 0..BOUND_ROWS {
            for column in 0..width {
                // Without a number: SQLite looks numbers up one by one.
                text.push_str(if column > 0 { ", ?" } else { [", (?", "(?"][usize::from(row == 0)] });
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(conflict);
        let text = Arc::new(text);
        let mut done = 0;
        let whole = self.len() / BOUND_ROWS * BOUND_ROWS * width;
        let mut cells = self.cells.drain(..whole);
        for _ in 0..whole / (BOUND_ROWS * width) {
            let mut statement = query::<Any>(AssertSqlSafe(Arc::clone(&text)));
            for cell in cells.by_ref().take(BOUND_ROWS * width) {
                statement = match cell {
                    Cell::Text(value) => statement.bind(value),
                    Cell::Int(value) => statement.bind(value),
                    Cell::Real(value) => statement.bind(value),
                    Cell::Null => statement.bind(None::<String>),
                };
            }
            done += statement.execute(&mut *sql).await?.rows_affected();
        }
        Ok(done)
    }

    /// Runs a statement in which `{x}` stands for the sheet; returns how many rows
    /// were touched.
    pub async fn run(self, sql: &mut Sql, statement: &'static str) -> Result<u64, Fault> {
        let text = statement.replace("{x}", &self.table());
        self.execute(sql, text).await
    }

    async fn execute(self, sql: &mut Sql, text: String) -> Result<u64, Fault> {
        if self.is_empty() {
            return Ok(0);
        }
        let mut statement = query::<Any>(AssertSqlSafe(text));
        for bound in self.bound() {
            statement = statement.bind(bound);
        }
        Ok(statement.execute(sql).await?.rows_affected())
    }

    /// Reads tuples with a `SELECT` in which `{x}` stands for the sheet. They come as
    /// one row of JSON: SQLite hands each row from thread to thread, which costs more
    /// than reading it.
    pub async fn gather<T: DeserializeOwned>(self, sql: &mut Sql, select: &'static str) -> Result<Vec<T>, Fault> {
        let (fields, from) = select.trim_start_matches("SELECT ").split_once(" FROM ").unwrap_or((select, ""));
        let text = match self.engine {
            Engine::Sqlite => format!("SELECT json_group_array(json_array({fields})) AS x FROM {from}"),
            Engine::Postgres => {
                format!("SELECT CAST(COALESCE(json_agg(json_build_array({fields})), '[]') AS TEXT) AS x FROM {from}")
            }
        };
        let rows = self.fetch_text(sql, text).await?;
        rows.first().map_or(Ok(Vec::new()), |row| row.json("x"))
    }

    /// Reads with a statement in which `{x}` stands for the sheet.
    pub async fn fetch(self, sql: &mut Sql, statement: &'static str) -> Result<Vec<AnyRow>, Fault> {
        self.fetch_text(sql, statement.to_owned()).await
    }

    /// Changes rows and reads `fields` of those that were changed; `{x}` stands for the
    /// sheet.
    pub async fn returning(self, sql: &mut Sql, change: &'static str, fields: &str) -> Result<Vec<AnyRow>, Fault> {
        self.fetch_text(sql, format!("{change} RETURNING {fields}")).await
    }

    async fn fetch_text(self, sql: &mut Sql, statement: String) -> Result<Vec<AnyRow>, Fault> {
        if self.is_empty() {
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

/// A number, or the word for nothing.
fn number(out: &mut String, cell: &Cell, nothing: &str) {
    // Writing into a string cannot fail.
    let _ = match cell {
        Cell::Text(value) => out.write_str(value),
        Cell::Int(value) => write!(out, "{value}"),
        Cell::Real(value) => write!(out, "{value:?}"),
        Cell::Null => out.write_str(nothing),
    };
}

/// Rows as an array of arrays.
fn json(cells: &[Cell], width: usize) -> String {
    let mut text = String::with_capacity(24 * cells.len() + 2);
    text.push('[');
    for (at, cell) in cells.iter().enumerate() {
        text.push_str(match (at % width == 0, at == 0) {
            (true, true) => "[",
            (true, false) => "],[",
            (false, _) => ",",
        });
        match cell {
            Cell::Text(value) => quote(&mut text, value),
            cell => number(&mut text, cell, "null"),
        }
    }
    text.push_str(if cells.is_empty() { "]" } else { "]]" });
    text
}

/// Writes a JSON string.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    inside(out, text);
    out.push('"');
}

/// Looking at every byte is faster than stopping at the first: many at once.
fn needs_escapes(text: &str) -> bool {
    let is_special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    text.bytes().fold(false, |found, byte| found | is_special(byte))
}

/// What stands between the quotes.
fn inside(out: &mut String, text: &str) {
    if !needs_escapes(text) {
        return out.push_str(text);
    }
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
    use crate::store::Actor;

    const COLUMNS: &[Column] = &[Column::Text("name"), Column::Text("value")];

    /// More rows than one bound statement takes, and some that are left over.
    #[tokio::test]
    async fn texts_of_any_kind_arrive_as_they_were() {
        on_both_engines(async |db, _| {
            let kinds = ["", "a \"b\" \\ {c},d", "line\nline\ttab\u{1f}", "NULL", "null", "茶 ☕", "{}", "[1]", "1e3"];
            let texts: Vec<&str> = kinds.into_iter().cycle().take(2 * BOUND_ROWS + 9).collect();
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let (mut sheet, mut asked) = (Sheet::new(db.engine(), COLUMNS), Sheet::new(db.engine(), COLUMNS));
            for (at, text) in texts.iter().enumerate() {
                sheet.plain(format!("k_{at:03}")).text(*text);
                asked.plain(format!("k_{at:03}")).null();
            }
            assert_eq!((sheet.len(), sheet.is_empty()), (texts.len(), false));
            assert_eq!(sheet.insert(tx.sql(), "settings").await.unwrap(), texts.len() as u64);
            let text = "SELECT s.name, s.value FROM {x} JOIN settings s ON s.name = x.name WHERE x.value IS NULL";
            let mut read: Vec<(String, String)> = asked.gather(tx.sql(), text).await.unwrap();
            read.sort();
            assert_eq!(read.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), texts);
        })
        .await;
    }

    #[tokio::test]
    async fn rows_that_were_changed_are_told() {
        on_both_engines(async |db, _| {
            let mut tx = db.begin(Actor::house()).await.unwrap();
            let mut sheet = Sheet::new(db.engine(), COLUMNS);
            sheet.text("one").text("1").text("two").text("2");
            sheet.insert(tx.sql(), "settings").await.unwrap();
            let mut changes = Sheet::new(db.engine(), COLUMNS);
            changes.text("two").text("zwei").text("three").text("drei");
            let text = "UPDATE settings SET value = x.value FROM {x} WHERE settings.name = x.name";
            let rows = changes.returning(tx.sql(), text, "settings.name").await.unwrap();
            assert_eq!(rows.iter().map(|row| row.text("name").unwrap()).collect::<Vec<_>>(), ["two"]);
            let none: Vec<(String,)> =
                Sheet::new(db.engine(), COLUMNS).gather(tx.sql(), "SELECT x.name FROM {x}").await.unwrap();
            assert!(none.is_empty());
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
