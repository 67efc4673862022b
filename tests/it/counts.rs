//! What there is: rows of every table that a request could change, and the goods
//! in the ledger. Equal before and after: nothing changed.

use std::collections::BTreeMap;

use cartage::store::Engine;
use sqlx::{AssertSqlSafe, Row as _};

use crate::house::House;

/// Tables that live on without anybody asking: timers, leases, sign-ins, replies.
const ALIVE: &[&str] =
    &["chores", "cursors", "leases", "commands", "sessions", "sign_in_attempts", "_sqlx_migrations", "parked"];

/// Rows of each table, and sums of the ledger.
#[derive(Debug, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, i64>);

impl Counts {
    /// As it is now.
    pub async fn of(house: &House) -> Self {
        let mut read = house.app.db.read().await.unwrap();
        let tables = match house.app.db.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
            }
        };
        let tables = sqlx::query(tables).fetch_all(read.sql()).await.unwrap();
        let mut counts = BTreeMap::new();
        for table in tables.iter().map(|row| row.get::<String, _>("name")) {
            if ALIVE.contains(&table.as_str()) {
                continue;
            }
            let row = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM \"{table}\"")));
            counts.insert(table, row.fetch_one(read.sql()).await.unwrap().get("n"));
        }
        for (name, sum) in [
            ("goods", "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS n FROM balances WHERE site <> ''"),
            ("held", "SELECT CAST(COALESCE(SUM(held), 0) AS BIGINT) AS n FROM pools"),
            ("versions", "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) AS n FROM pools"),
        ] {
            counts.insert(format!("({name})"), sqlx::query(sum).fetch_one(read.sql()).await.unwrap().get("n"));
        }
        assert!(counts.contains_key("events") && counts.contains_key("transfers"), "{counts:?}");
        Self(counts)
    }

    /// Fails with what differs now.
    pub async fn still(&self, house: &House, what: &str) {
        self.still_but(house, what, "", 0).await;
    }

    /// Fails with what differs now beside a table that has `more` rows.
    pub async fn still_but(&self, house: &House, what: &str, table: &str, more: i64) {
        let mut now = Self::of(house).await;
        if let Some(n) = now.0.get_mut(table) {
            *n -= more;
        }
        let differing: Vec<String> = self
            .0
            .iter()
            .filter(|(table, n)| now.0.get(*table) != Some(*n))
            .map(|(table, n)| format!("{table}: {n} before, {:?} now", now.0.get(table)))
            .collect();
        assert!(differing.is_empty(), "{what}, and something changed: {}", differing.join(", "));
    }
}
