//! Releasing a wave. Deliberately absent: any look at bins.

use super::rows;
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    event::{Chore, Event},
    kernel::*,
    orders::{self, Fulfilment},
    store::{Actor, Db, Tx},
    tasks::{self, TaskKind, TaskState},
};

/// At most so many parts in one wave: larger ones save little walking and make
/// the first order wait for the last.
pub const MAX_WAVE: i64 = 24;
/// With so many pick tasks waiting for each person at work, what is not urgent waits:
/// a part released later finds more company on its cart, and nobody is idle for it.
const TASKS_A_PERSON: i64 = 2;
/// The same where nobody is at work yet.
const TASKS_AT_LEAST: i64 = 12;
/// What is due within so long is released however full the queue is.
const URGENT_MS: i64 = 45 * 60_000;
/// How long a full site waits before it looks again.
const PATIENCE_MS: i64 = 10_000;
/// Why a part stays open, in the decision.
const COMPANY: &str = "waits for company";

/// Releases open parts of a site: all while its queue has room, else the urgent ones.
/// Facts: `fulfilment.released` for each, `wave.released`.
pub async fn plan(db: &Db, site: SiteId) -> Result<(), Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    let (waiting, people) = queue(&mut tx, site).await?;
    let open = orders::open_at_site(tx.sql(), site, MAX_WAVE).await?;
    let room = waiting < TASKS_AT_LEAST.max(people * TASKS_A_PERSON);
    let full = i64::try_from(open.len()).is_ok_and(|count| count >= MAX_WAVE);
    let (chosen, held): (Vec<Fulfilment>, Vec<Fulfilment>) =
        open.into_iter().partition(|part| room || part.due_at.since(now) <= URGENT_MS);
    if !held.is_empty() {
        tx.later(Chore::PlanWave, site, now.plus_ms(PATIENCE_MS)).await?;
    }
    if chosen.is_empty() {
        return Ok(tx.commit().await?);
    }
    let wave = tx.id::<kind::Wave>();
    let mut released: Vec<Fulfilment> = Vec::new();
    for part in chosen {
        if orders::release(&mut tx, &part, wave).await? {
            released.push(part);
        }
    }
    let reason = format!("{} parts, {waiting} pick tasks waiting", released.len());
    rows::add(tx.sql(), wave, site, i64::try_from(released.len()).unwrap_or(i64::MAX), &reason, now).await?;
    let weighed = |part: &Fulfilment, rejected: Option<&str>| Candidate {
        name: part.id.to_string(),
        cost: Some(part.due_at.since(now)),
        rejected: rejected.map(str::to_owned),
    };
    let candidates =
        released.iter().map(|part| weighed(part, None)).chain(held.iter().map(|part| weighed(part, Some(COMPANY))));
    let choice = Choice {
        kind: DecisionKind::Wave,
        subject: wave.to_string(),
        site: Some(site),
        chosen: reason,
        method: "urgent first, the rest while the queue has room".to_owned(),
        inputs: decisions::told(&serde_json::json!({
            "unit": "milliseconds until due", "waiting_tasks": waiting, "people_at_work": people, "at": now,
        })),
        candidates: candidates.collect(),
        cost: None,
        bound: None,
        took_us: 0,
    };
    decisions::record(&mut tx, &choice).await?;
    if full && held.is_empty() {
        tx.later(Chore::PlanWave, site, now.plus_ms(1)).await?;
    }
    tx.emit(Event::WaveReleased { wave, site, fulfilments: released.iter().map(|part| part.id).collect() });
    Ok(tx.commit().await?)
}

/// Pick tasks that wait, and people at work.
async fn queue(tx: &mut Tx, site: SiteId) -> Result<(i64, i64), Fault> {
    let kinds = tasks::open_counts(tx.sql(), site).await?;
    let waiting = kinds.iter().find(|(kind, _)| *kind == TaskKind::Pick).map_or(0, |(_, count)| *count);
    let states = tasks::state_counts(tx.sql(), Some(site)).await?;
    let people = states.iter().find(|(state, _)| *state == TaskState::Taken).map_or(0, |(_, count)| *count);
    Ok((waiting, people))
}
