//! Releasing a wave. Deliberately absent: any look at bins.

use super::rows;
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    event::{Chore, Event},
    kernel::*,
    orders::{self, Fulfilment},
    store::{Actor, Db},
    tasks::{self, TaskKind},
};

/// At most so many parts in one wave: larger ones save little walking and make
/// the first order wait for the last.
pub const MAX_WAVE: i64 = 24;
/// With so many pick tasks waiting, releasing more only ages them.
const FULL_QUEUE: i64 = 40;
/// How long a full site waits before it looks again.
const PATIENCE_MS: i64 = 30_000;

/// Releases the most urgent open parts of a site, if its queue has room.
/// Facts: `fulfilment.released` for each, `wave.released`.
pub async fn plan(db: &Db, site: SiteId) -> Result<(), Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    let waiting = pick_tasks(&mut tx, site).await?;
    let open = orders::open_at_site(tx.sql(), site, MAX_WAVE).await?;
    if open.is_empty() {
        return Ok(());
    }
    if waiting >= FULL_QUEUE {
        tx.later(Chore::PlanWave, site, now.plus_ms(PATIENCE_MS)).await?;
        return Ok(tx.commit().await?);
    }
    let wave = tx.id::<kind::Wave>();
    let mut released: Vec<Fulfilment> = Vec::new();
    for part in open {
        if orders::release(&mut tx, &part, wave).await? {
            released.push(part);
        }
    }
    let reason = format!("{} parts, {waiting} pick tasks waiting", released.len());
    rows::add(tx.sql(), wave, site, i64::try_from(released.len()).unwrap_or(i64::MAX), &reason, now).await?;
    let candidates = released
        .iter()
        .map(|part| Candidate { name: part.id.to_string(), cost: Some(part.due_at.since(now)), rejected: None })
        .collect();
    let choice = Choice {
        kind: DecisionKind::Wave,
        subject: wave.to_string(),
        site: Some(site),
        chosen: reason,
        method: "earliest due first".to_owned(),
        inputs: serde_json::json!({"unit": "milliseconds until due", "waiting_tasks": waiting, "at": now}),
        candidates,
        cost: None,
        bound: None,
        took_us: 0,
    };
    decisions::record(&mut tx, &choice).await?;
    let full = i64::try_from(released.len()).is_ok_and(|count| count >= MAX_WAVE);
    if full {
        tx.later(Chore::PlanWave, site, now.plus_ms(1)).await?;
    }
    tx.emit(Event::WaveReleased { wave, site, fulfilments: released.iter().map(|part| part.id).collect() });
    Ok(tx.commit().await?)
}

async fn pick_tasks(tx: &mut crate::store::Tx, site: SiteId) -> Result<i64, Fault> {
    let counts = tasks::open_counts(tx.sql(), site).await?;
    Ok(counts.iter().find(|(kind, _)| *kind == TaskKind::Pick).map_or(0, |(_, count)| *count))
}
