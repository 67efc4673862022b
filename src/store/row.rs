//! Reading columns into the house's own words, so that models stay free of
//! `sqlx`. Deliberately absent: types beyond the three column families and plain bytes.

use std::{fmt::Display, str::FromStr};

use sqlx::{Row as _, any::AnyRow};

use crate::kernel::{Coord, Fault, Id, Time, id::Kind};

/// Columns by name; a stored value that is not what was written is a fault.
pub trait Row {
    /// A whole number.
    fn int(&self, column: &str) -> Result<i64, Fault>;
    /// A whole number or nothing.
    fn opt_int(&self, column: &str) -> Result<Option<i64>, Fault>;
    /// A fraction.
    fn real(&self, column: &str) -> Result<f64, Fault>;
    /// A text.
    fn text(&self, column: &str) -> Result<String, Fault>;
    /// A text or nothing.
    fn opt_text(&self, column: &str) -> Result<Option<String>, Fault>;
    /// A word of a closed set, or an id.
    fn word<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, Fault> {
        parse(column, &self.text(column)?)
    }
    /// A word, an id, or nothing.
    fn opt_word<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>, Fault> {
        self.opt_text(column)?.map(|text| parse(column, &text)).transpose()
    }
    /// An id.
    fn id<K: Kind>(&self, column: &str) -> Result<Id<K>, Fault> {
        self.word(column)
    }
    /// A moment.
    fn time(&self, column: &str) -> Result<Time, Fault> {
        Ok(Time::from_ms(self.int(column)?))
    }
    /// A moment or nothing.
    fn opt_time(&self, column: &str) -> Result<Option<Time>, Fault> {
        Ok(self.opt_int(column)?.map(Time::from_ms))
    }
    /// 0 or 1.
    fn flag(&self, column: &str) -> Result<bool, Fault> {
        Ok(self.int(column)? != 0)
    }
    /// A JSON text.
    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, Fault> {
        Ok(serde_json::from_str(&self.text(column)?)?)
    }
    /// The columns `lat` and `lon`.
    fn coord(&self) -> Result<Coord, Fault> {
        Ok(Coord { lat: self.real("lat")?, lon: self.real("lon")? })
    }
}

fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error| Fault::new(format!("column {column}: {error}")))
}

impl Row for AnyRow {
    fn int(&self, column: &str) -> Result<i64, Fault> {
        Ok(self.try_get(column)?)
    }
    fn opt_int(&self, column: &str) -> Result<Option<i64>, Fault> {
        Ok(self.try_get(column)?)
    }
    fn real(&self, column: &str) -> Result<f64, Fault> {
        Ok(self.try_get(column)?)
    }
    fn text(&self, column: &str) -> Result<String, Fault> {
        Ok(self.try_get(column)?)
    }
    fn opt_text(&self, column: &str) -> Result<Option<String>, Fault> {
        Ok(self.try_get(column)?)
    }
}

/// Texts as a JSON array: how a list is bound where a statement asks for
/// membership (`json_each` on SQLite, `json_array_elements_text` on PostgreSQL).
pub fn json_list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    serde_json::to_string(&texts).expect("texts are always JSON")
}
