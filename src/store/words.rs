//! Rows in words: the JSON that a sheet becomes for SQLite, and in which rows are kept
//! until they are posted.

use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::{Any, AssertSqlSafe, query};

use super::{Engine, Sql};
use crate::kernel::Fault;

/// Rows that were kept: `{"columns":[[name, family]..],"rows":[[value..]..]}`.
#[derive(Debug, Deserialize)]
pub(super) struct Words<'a> {
    /// Names and families of the columns.
    columns: Vec<(String, String)>,
    #[serde(borrow)]
    rows: &'a RawValue,
}

impl Words<'_> {
    /// True if there is no row.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.get() == "[]"
    }

    /// Inserts the rows in their order; `conflict` is an `ON CONFLICT` clause, `first` a
    /// column that counts them from a number on.
    pub(super) async fn insert(
        &self,
        sql: &mut Sql,
        engine: Engine,
        table: &str,
        conflict: &str,
        first: Option<(&str, i64)>,
    ) -> Result<(), Fault> {
        let mut names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let value = |(at, (_, family)): (usize, &(String, String))| match engine {
            Engine::Sqlite => format!("x.value ->> {at}"),
            Engine::Postgres => format!("CAST(x.value ->> {at} AS {family})"),
        };
        let mut values: Vec<String> = self.columns.iter().enumerate().map(value).collect();
        if let Some((column, _)) = first {
            names.push(column);
            values.push(engine.pick("$2 + x.key", "$2 + x.key - 1").to_owned());
        }
        let from = engine
            .pick("json_each($1) AS x", "jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS x(value, key)");
        let (names, values) = (names.join(", "), values.join(", "));
        let text = format!("INSERT INTO {table} ({names}) SELECT {values} FROM {from} WHERE 1 = 1 {conflict}");
        let statement = query::<Any>(AssertSqlSafe(text)).bind(self.rows.get().to_owned());
        match first {
            Some((_, first)) => statement.bind(first),
            None => statement,
        }
        .execute(sql)
        .await?;
        Ok(())
    }
}

/// Writes a JSON string.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    inside(out, text);
    out.push('"');
}

/// Writes whatever can be shown as a JSON string: an id comes in three pieces, and is
/// looked at once.
pub(super) fn quote_shown(out: &mut String, value: impl fmt::Display) {
    out.push('"');
    let from = out.len();
    // Writing into a string cannot fail.
    let _ = write!(out, "{value}");
    if needs_escapes(&out[from..]) {
        let shown = out.split_off(from);
        inside(out, &shown);
    }
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
