//! Drains the log through `flow`, and does the chores that are due. One leased
//! holder does each, so that several replicas do not do it twice. Deliberately
//! absent: what follows from what; that is `flow`.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    event::Chore,
    flow, hooks,
    kernel::*,
    labour, network,
    store::{Actor, Db, claim, log},
};

/// The name of flow's cursor and lease.
const FLOW: &str = "flow";
/// Facts handled in one transaction.
const BATCH: i64 = 64;
/// Chores looked at in one round.
const CHORES: i64 = 64;
/// Tries before a fact is parked or a chore rests for long.
const TRIES: i64 = 5;

/// Runs until `stop`; `holder` names this process among replicas.
pub async fn run(db: Db, holder: String, stop: CancellationToken) {
    tokio::join!(drain_log(&db, &holder, &stop), do_chores(&db, &holder, &stop));
    if let Err(fault) = claim::release(&db, &holder).await {
        tracing::warn!("the leases could not be given back: {fault}");
    }
}

/// Waits for the bell, but not for long: another replica's bell is not heard, and
/// a chore may come due.
async fn rest(db: &Db, stop: &CancellationToken, longest: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        _ = timeout(longest, db.bell.notified()) => {}
    }
}

async fn drain_log(db: &Db, holder: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let stamped = log::stamp(db, holder).await;
        let handled = match stamped {
            Ok(_) => catch_up(db, holder).await,
            Err(fault) => Err(fault),
        };
        match handled {
            Ok(0) => rest(db, stop, Duration::from_millis(50)).await,
            Ok(_) => {}
            Err(fault) => {
                tracing::error!("the log could not be followed: {fault}");
                rest(db, stop, Duration::from_millis(500)).await;
            }
        }
    }
}

/// Handles the next facts; returns how many there were.
async fn catch_up(db: &Db, holder: &str) -> Result<usize, Fault> {
    let mut read = db.read().await?;
    let at = log::cursor(read.sql(), FLOW).await?;
    let facts = log::tail(read.sql(), at, BATCH).await?;
    drop(read);
    if facts.is_empty() || !claim::lease(db, FLOW, holder, claim::LEASE_MS).await? {
        return Ok(0);
    }
    if let Err(stop) = together(db, &facts).await {
        tracing::debug!("a batch of facts goes one by one: {stop}");
        for fact in &facts {
            alone(db, fact).await?;
        }
    }
    Ok(facts.len())
}

async fn together(db: &Db, facts: &[log::Fact]) -> Result<(), Stop> {
    let mut tx = db.begin(Actor::house()).await?;
    for fact in facts {
        if log::is_parked(tx.sql(), FLOW, &fact.subject).await? {
            log::park(tx.sql(), FLOW, fact, "an earlier fact of the same subject is parked").await?;
            continue;
        }
        flow::follow(&mut tx, &fact.event()?).await?;
    }
    let last = facts.last().map_or(0, |fact| fact.position);
    log::advance(tx.sql(), FLOW, last).await?;
    Ok(tx.commit().await?)
}

/// One fact in its own transaction; what fails repeatedly is parked and blocks
/// only its own subject.
async fn alone(db: &Db, fact: &log::Fact) -> Result<(), Fault> {
    for attempt in 1..=TRIES {
        match together(db, std::slice::from_ref(fact)).await {
            Ok(()) => return Ok(()),
            Err(stop) if attempt < TRIES => {
                tracing::debug!(attempt, "fact {} {} failed: {stop}", fact.kind, fact.subject);
                tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
            }
            Err(stop) => {
                tracing::error!("fact {} ({} of {}) is parked: {stop}", fact.id, fact.kind, fact.subject);
                let mut tx = db.begin(Actor::house()).await?;
                log::park(tx.sql(), FLOW, fact, &stop.to_string()).await?;
                log::advance(tx.sql(), FLOW, fact.position).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(())
}

async fn do_chores(db: &Db, holder: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match due_chores(db, holder).await {
            Ok(0) => rest(db, stop, Duration::from_millis(25)).await,
            Ok(_) => {}
            Err(fault) => {
                tracing::error!("the chores could not be done: {fault}");
                rest(db, stop, Duration::from_millis(500)).await;
            }
        }
    }
}

async fn due_chores(db: &Db, holder: &str) -> Result<usize, Fault> {
    if !claim::lease(db, "chores", holder, claim::LEASE_MS).await? {
        return Ok(0);
    }
    let due = claim::take_due(db, db.clock.now(), CHORES).await?;
    for one in &due {
        if let Err(stop) = do_chore(db, one).await {
            let wait_ms = 1_000_i64 << one.attempts.clamp(0, 8);
            if one.attempts >= TRIES {
                tracing::error!("chore {} of {} failed again: {stop}", one.chore, one.subject);
            } else {
                tracing::debug!("chore {} of {} failed: {stop}", one.chore, one.subject);
            }
            let mut tx = db.begin(Actor::house()).await?;
            let later = tx.now().plus_ms(wait_ms);
            claim::postpone(tx.sql(), one, later).await?;
            tx.commit().await?;
        }
    }
    Ok(due.len())
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(due: &claim::Due) -> Result<T, Fault> {
    due.subject.parse().map_err(|error| Fault::new(format!("chore {}: {error}", due.chore)))
}

/// Does one chore. Chores that plan read, solve and write in transactions of their
/// own and are ended after; the others end in the transaction of their effect.
async fn do_chore(db: &Db, due: &claim::Due) -> Result<(), Stop> {
    use crate::{
        counting, fleet, identity, inbound, payments, picking, printing, riders, slotting, stock, store, tasks, waves,
    };
    let mut again = None;
    match due.chore {
        Chore::PlanWave => waves::plan(db, id(due)?).await?,
        Chore::PlanPicks => picking::plan(db, id(due)?).await?,
        Chore::Print => again = printing::send(db, id(due)?).await?,
        Chore::PlanPutAway => inbound::plan_put_away(db, id(due)?).await?,
        Chore::Replenish => slotting::replenish(db, id(due)?).await?,
        Chore::ProposeMoves => slotting::propose(db, id(due)?).await?,
        Chore::CountCadence => counting::cadence(db, id(due)?).await?,
        Chore::PlanLoads => drop(riders::plan(db, id(due)?).await?),
        Chore::OfferLoad => riders::seek(db, id(due)?).await?,
        Chore::Reroute if due.subject == "roads" => drop(riders::replan_open(db, "roads changed").await?),
        Chore::Reroute => drop(riders::replan(db, id(due)?, "changed").await?),
        _ => {}
    }
    let mut tx = db.begin(Actor::house()).await?;
    match due.chore {
        Chore::ExpireHold => {
            stock::expire(&mut tx, id(due)?).await?;
        }
        Chore::LapseOrder => payments::lapse(&mut tx, id(due)?).await?,
        Chore::RetryMission => {
            fleet::retry(&mut tx, id(due)?).await?;
        }
        Chore::ExpireOffer => riders::expire(&mut tx, id(due)?).await?,
        Chore::AsnOverdue => inbound::overdue(&mut tx, id(due)?).await?,
        Chore::ReclaimTask => tasks::reclaim(&mut tx, id(due)?).await?,
        Chore::Sweep => {
            store::command::forget_old(&mut tx).await?;
            stock::expire_lots(&mut tx).await?;
            printing::forget_old(&mut tx).await?;
            riders::positions::prune(&mut tx).await?;
            hooks::sweep(&mut tx).await?;
            labour::forget_old(&mut tx).await?;
            let wall = identity::wall_now();
            identity::sweep(&mut tx, wall).await?;
            for site in network::sites(tx.sql()).await?.iter().filter(|site| site.active) {
                let now = tx.now();
                tx.later(Chore::CountCadence, site.id, now).await?;
            }
            let tomorrow = tx.now().plus_ms(24 * 3_600_000);
            tx.later(Chore::Sweep, "house", tomorrow).await?;
        }
        _ => {}
    }
    match again {
        Some(at) => claim::postpone(tx.sql(), due, at).await?,
        None => claim::done(tx.sql(), due).await?,
    }
    Ok(tx.commit().await?)
}
