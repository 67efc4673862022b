//! What lists share: their addresses, their CSV files, the drawing of either.
//! Deliberately absent: rows.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{list::List, table::Table};
use crate::{
    problem::Problem,
    web::{assets::path_part, page::draw},
};

/// A path with the pairs that say something.
pub fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let told: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", path_part(value)))
        .collect();
    if told.is_empty() { path.to_owned() } else { format!("{path}?{}", told.join("&")) }
}

/// A table as a file for a spreadsheet; the mark at its beginning says UTF-8.
pub fn csv(table: &Table) -> Result<Response, Problem> {
    let name = format!("attachment; filename*=UTF-8''{}.csv", path_part(&table.caption));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or_else(|_| HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, format!("\u{feff}{}", table.csv())).into_response())
}

/// Draws a list.
pub fn draw_list(list: &List) -> Result<Response, Problem> {
    draw(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something_stands_in_an_address() {
        assert_eq!(query("/x", &[("a", ""), ("b", "")]), "/x");
        assert_eq!(query("/x", &[("a", ""), ("q", "é &")]), "/x?q=%C3%A9%20%26");
    }
}
