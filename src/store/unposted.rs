//! Keys of commands whose replies are on the roll and not yet among the commands.
//! A key that many new ones stand around in no order costs a page of the log each, so
//! in a rush SQLite's one process keeps them in memory and on the row of the roll that
//! has the reply; PostgreSQL, where replicas must hear of each other, gets a short row.
//! Deliberately absent: the replies; whoever meets such a key posts its row.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Engine, Row as _, Tx,
    command::{self, Marked},
    roll,
};
use crate::kernel::Fault;

/// Row of the roll by caller and key.
type Known = HashMap<(String, String), String>;

/// What this process knows; always empty on PostgreSQL.
#[derive(Default)]
pub(super) struct Unposted(Mutex<Option<Known>>);

impl Unposted {
    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        // Every change is whole in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets keys of a row that was posted and committed, or never was.
    pub(super) fn forget(&self, roll_row: &str, keys: impl Iterator<Item = (String, String)>) {
        if let Some(known) = self.known().as_mut() {
            for key in keys {
                if known.get(&key).is_some_and(|row| row == roll_row) {
                    known.remove(&key);
                }
            }
        }
    }

    /// Forgets all: within a transaction of SQLite's one writer that saw an empty roll.
    pub(super) fn forget_all(&self) {
        if let Some(known) = self.known().as_mut() {
            known.clear();
        }
    }
}

/// Reads what another process left, once.
async fn learn(tx: &mut Tx) -> Result<(), Fault> {
    if tx.db.unposted.known().is_some() {
        return Ok(());
    }
    let rows = sqlx::query("SELECT id, keys FROM till_roll").fetch_all(tx.sql()).await?;
    let mut known = Known::new();
    for row in &rows {
        let (id, keys): (String, Vec<(String, String)>) = (row.text("id")?, row.json("keys")?);
        known.extend(keys.into_iter().map(|key| (key, id.clone())));
    }
    tx.db.unposted.known().get_or_insert(known);
    Ok(())
}

/// Posts, within this transaction, the rows of the roll that have the replies to these
/// keys, as far as memory tells.
pub(super) async fn post_for(tx: &mut Tx, keys: &[(&str, &str)]) -> Result<(), Fault> {
    if tx.engine() == Engine::Postgres {
        return Ok(());
    }
    learn(tx).await?;
    for (row, keys) in rows_of(tx, keys) {
        if !roll::post_row(tx, &row).await? {
            // Posted before, or its transaction failed: nobody else writes now.
            tx.db.unposted.forget(&row, keys.into_iter());
        }
    }
    Ok(())
}

/// Keys by the row of the roll that speaks for them.
fn rows_of(tx: &Tx, keys: &[(&str, &str)]) -> BTreeMap<String, Vec<(String, String)>> {
    let mut rows: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let known = tx.db.unposted.known();
    let Some(known) = known.as_ref().filter(|known| !known.is_empty()) else { return rows };
    for (caller, key) in keys {
        let key = ((*caller).to_owned(), (*key).to_owned());
        if let Some(row) = known.get(&key) {
            rows.entry(row.clone()).or_default().push(key);
        }
    }
    rows
}

/// Speaks for keys until their rows of the roll are posted. False if one of them was
/// used before: the caller drops the transaction. On PostgreSQL a replica that was
/// faster is told by the fault of a duplicate.
pub(super) async fn claim(tx: &mut Tx, keys: &[(&str, &Marked)]) -> Result<bool, Fault> {
    if keys.is_empty() {
        return Ok(true);
    }
    if tx.engine() == Engine::Postgres {
        command::hold_places(tx, keys).await?;
        return Ok(true);
    }
    learn(tx).await?;
    if command::any_known(tx, keys.iter().map(|(_, mark)| *mark)).await? {
        return Ok(false);
    }
    let mut known = tx.db.unposted.known();
    let known = known.get_or_insert_default();
    let pair = |mark: &Marked| (mark.caller.clone(), mark.key.clone());
    if keys.iter().any(|(_, mark)| known.contains_key(&pair(mark))) {
        return Ok(false);
    }
    // Should the transaction fail, whoever comes with the key finds no such row and
    // forgets it.
    known.extend(keys.iter().map(|(row, mark)| (pair(mark), (*row).to_owned())));
    Ok(true)
}
