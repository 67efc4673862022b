//! From the log to steps: a consumer with a cursor of its own, which moves in the
//! transaction that writes the steps, so that each is counted once. Deliberately
//! absent: parking; a fact that tells of nothing known is passed over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::note;
use crate::{
    kernel::*,
    store::{Actor, Db, claim, log},
};

/// The name of the cursor and of the lease.
const LABOUR: &str = "labour";
/// Facts looked at in one go; most tell of no hand.
const WINDOW: i64 = 1_000;
/// A board need not be younger than this.
const REST: Duration = Duration::from_millis(500);

/// Follows until `stop`; `holder` names this process among replicas.
pub async fn run(db: Db, holder: String, stop: CancellationToken) {
    let mut seen = 0;
    while !stop.is_cancelled() {
        let more = match claim::lease(&db, LABOUR, &holder, claim::LEASE_MS).await {
            Ok(true) => follow(&db, &mut seen).await,
            Ok(false) => Ok(0),
            Err(fault) => Err(fault),
        };
        match more {
            Ok(n) if n >= WINDOW => {}
            Ok(_) => rest(&stop, REST).await,
            Err(fault) => {
                tracing::error!("the work of hands could not be counted: {fault}");
                rest(&stop, REST * 10).await;
            }
        }
    }
}

async fn rest(stop: &CancellationToken, long: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(long) => {}
    }
}

/// Counts what the next facts tell; returns how many facts were passed. `seen` is how
/// far this process looked: a sale tells of no hands, and the cursor is not written for
/// it, so that nobody waits for this follower's commits.
pub async fn follow(db: &Db, seen: &mut i64) -> Result<i64, Fault> {
    let mut read = db.read().await?;
    let cursor = log::cursor(read.sql(), LABOUR).await?;
    let at = cursor.max(*seen);
    let until = log::head(read.sql()).await?.min(at + WINDOW);
    if until <= at {
        return Ok(0);
    }
    let facts = log::between(read.sql(), (at, until), note::KINDS).await?;
    drop(read);
    if !facts.is_empty() {
        let mut tx = db.begin(Actor::house()).await?;
        if !log::advance_from(tx.sql(), LABOUR, cursor, until).await? {
            return Ok(0);
        }
        for fact in &facts {
            note::note(&mut tx, fact).await?;
        }
        tx.commit().await?;
    }
    *seen = until;
    Ok(until - at)
}
