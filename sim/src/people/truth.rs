//! What physically lies in bins where that differs from the books: an empty pick
//! face, a shelf that holds less than was promised.
//!
//! Where nothing is noted the books are right, and a counter finds what they say;
//! so the ledger is read for that, as eyes would read the shelf.

use crate::http::{Caller, Problem};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How a bin differs from its books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Nothing lies there.
    Empty,
    /// One less than is promised of the article at the whole site, so that a
    /// promise must break; settled when somebody counts.
    BelowHeld,
    /// So many lie there.
    Left(i64),
}

/// Gaps by code of the site and label of the bin.
#[derive(Default)]
pub struct Truth {
    gaps: Mutex<HashMap<(String, String), Gap>>,
}

fn key(site: &str, bin: &str) -> (String, String) {
    (site.to_owned(), bin.to_owned())
}

impl Truth {
    pub fn note(&self, site: &str, bin: &str, gap: Gap) {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).insert(key(site, bin), gap);
    }

    pub fn gap(&self, site: &str, bin: &str) -> Option<Gap> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).get(&key(site, bin)).copied()
    }

    /// The bin was counted: the books are right again.
    pub fn settle(&self, site: &str, bin: &str) {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(site, bin));
    }

    /// How many units of an article (by its code) lie in a bin, in all lots or in
    /// one.
    ///
    /// # Errors
    /// The server's problem document, when the books cannot be read.
    pub async fn look(&self, eye: &Caller, place: &Place<'_>, lot: Option<&str>) -> Result<i64, Problem> {
        match self.gap(place.site, place.bin) {
            Some(Gap::Empty) => return Ok(0),
            Some(Gap::Left(units)) => return Ok(units),
            Some(Gap::BelowHeld) | None => {}
        }
        let path = format!("/api/v1/stock/bins/{}?site={}", place.bin, place.site_id);
        let goods = eye.get(&path).await?;
        let (units, sku) = in_books(&goods, place.sku, lot);
        if self.gap(place.site, place.bin) != Some(Gap::BelowHeld) {
            return Ok(units);
        }
        let left = match pool(eye, place.site_id, &sku).await? {
            Some((on_hand, held)) => below_held(units, on_hand, held),
            None => units,
        };
        self.note(place.site, place.bin, Gap::Left(left));
        Ok(left)
    }
}

/// Where somebody looks, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Code of the site.
    pub site: &'a str,
    /// Its id.
    pub site_id: &'a str,
    /// Label of the bin.
    pub bin: &'a str,
    /// Code of the article.
    pub sku: &'a str,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Units of an article among the goods of a bin, and the article's id. Those
/// booked missing count as well: eyes see what was overlooked.
fn in_books(goods: &Value, article: &str, lot: Option<&str>) -> (i64, String) {
    let all = goods.as_array().map(Vec::as_slice).unwrap_or_default();
    let of_article = || all.iter().filter(|one| text(one, "article") == article);
    let of_lot = of_article().filter(|one| lot.is_none_or(|lot| text(one, "lot") == lot));
    let units = of_lot.filter_map(|one| one.get("quantity").and_then(Value::as_i64)).sum();
    (units, of_article().next().map(|one| text(one, "sku").to_owned()).unwrap_or_default())
}

/// On hand and held of an article at a site.
async fn pool(eye: &Caller, site: &str, sku: &str) -> Result<Option<(i64, i64)>, Problem> {
    let before = &sku[..sku.len().saturating_sub(1)];
    let page = eye.get(&format!("/api/v1/ledger/pools?limit=20&after={site}%20{before}")).await?;
    let rows = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = rows.iter().find(|row| text(row, "site") == site && text(row, "sku") == sku);
    let number = |row: &Value, key: &str| row.get(key).and_then(Value::as_i64).unwrap_or(0);
    Ok(row.map(|row| (number(row, "on_hand"), number(row, "held"))))
}

/// How many may lie in a bin so that the site has one less than it promised; all
/// of them when other bins keep every promise.
fn below_held(in_bin: i64, on_hand: i64, held: i64) -> i64 {
    let elsewhere = on_hand - in_bin;
    if held <= elsewhere {
        return in_bin;
    }
    (held - 1 - elsewhere).clamp(0, in_bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_less_than_promised() {
        assert_eq!(below_held(40, 40, 3), 2);
        assert_eq!((below_held(40, 45, 3), below_held(40, 42, 3)), (40, 0));
        assert_eq!(below_held(40, 40, 0), 40);
        assert_eq!(below_held(40, 40, 40), 39);
    }

    #[test]
    fn eyes_see_what_is_booked_missing_and_tell_lots_apart() {
        let one = |article: &str, lot: &str, quantity: i64| serde_json::json!({ "article": article, "sku": format!("sku_{article}"), "lot": lot, "quantity": quantity });
        let goods = serde_json::json!([one("A", "1", 4), one("A", "1", 2), one("A", "2", 1), one("B", "1", 9)]);
        assert_eq!(in_books(&goods, "A", Some("1")), (6, "sku_A".to_owned()));
        assert_eq!(in_books(&goods, "A", None).0, 7);
        assert_eq!(in_books(&Value::Null, "A", None), (0, String::new()));
    }

    #[test]
    fn a_counted_bin_is_as_its_books_say() {
        let truth = Truth::default();
        truth.note("NG", "A01-02-B", Gap::Empty);
        assert_eq!(truth.gap("NG", "A01-02-B"), Some(Gap::Empty));
        assert_eq!(truth.gap("ML", "A01-02-B"), None);
        truth.settle("NG", "A01-02-B");
        assert_eq!(truth.gap("NG", "A01-02-B"), None);
    }
}
