//! Fetches what the oracle is shown: the whole ledger and every order, as the
//! APIs tell them, page by page.

use crate::http::{Caller, Problem};
use crate::news::News;
use crate::oracle::Evidence;
use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

const LIMIT: usize = 500;

/// Reads the log to its end and everything else from its beginning.
///
/// # Errors
/// When an endpoint refuses or answers in an unknown shape.
pub async fn gather(eye: &Caller, news: &News) -> Result<Evidence> {
    while news.read(eye).await.context("reading the event log")? > 0 {}
    Ok(Evidence {
        facts: news.since(0).iter().map(|fact| fact.as_ref().clone()).collect(),
        transfers: list(eye, "/api/v1/ledger/transfers").await?,
        balances: list(eye, "/api/v1/ledger/balances").await?,
        pools: list(eye, "/api/v1/ledger/pools").await?,
        holds: list(eye, "/api/v1/ledger/holds").await?,
        orders: list(eye, "/api/v1/orders").await?,
    })
}

async fn list<T: DeserializeOwned>(eye: &Caller, path: &str) -> Result<Vec<T>> {
    let items = all(eye, path).await.with_context(|| format!("reading {path}"))?;
    items
        .into_iter()
        .map(|item| serde_json::from_value(item.clone()).with_context(|| format!("{path} has {item}")))
        .collect()
}

/// Every item of a list with a cursor.
///
/// # Errors
/// The server's problem document.
pub async fn all(caller: &Caller, path: &str) -> Result<Vec<Value>, Problem> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let mut page = caller.get(&format!("{path}{join}limit={LIMIT}&after={}", encoded(&after))).await?;
        if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
            items.extend(more);
        }
        match page.get("next") {
            Some(Value::String(next)) if *next != after => after.clone_from(next),
            Some(Value::Number(next)) if next.to_string() != after => after = next.to_string(),
            _ => return Ok(items),
        }
    }
}

/// Percent-encodes a query value (RFC 3986: all but unreserved characters).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_address_line() {
        assert_eq!(encoded("sit_1 sku_2 +"), "sit_1%20sku_2%20%2B");
    }
}
