//! Many reservations in few statements, for a batch of orders or one very long one.
//! Deliberately absent: who gets what; that was decided in memory before, and the
//! guard here only notices that the memory was out of date.

use std::collections::BTreeMap;

use super::{hold, model::*, movement::announce, rows};
use crate::{
    event::Event,
    kernel::*,
    store::{Actor, Tx},
};

/// Notes many holds with their pending transfers; [`take_all`] takes the goods. The
/// ids were given before, so that rows and facts elsewhere may name them. The caller
/// states each `hold.placed` in the order of its story, and asks for the chores of
/// those that may lapse.
pub async fn note_holds(tx: &mut Tx, holds: &[(HoldId, Want, Actor)]) -> Result<(), Fault> {
    rows::add_holds(tx, holds).await
}

/// Takes so much of many pools, all or nothing. Guard: every pool has enough, else
/// false, and the caller drops the transaction. Facts: one `inventory.changed` a pool,
/// with its last version.
pub async fn take_all(tx: &mut Tx, wanted: &BTreeMap<(SiteId, SkuId), i64>) -> Result<bool, Fault> {
    let Some(pools) = rows::take_from_pools(tx, wanted).await? else { return Ok(false) };
    for pool in pools {
        announce(tx, pool);
    }
    Ok(true)
}

/// [`take_all`] for now without its facts: [`tell_all`] states them later, as the pools
/// are then.
pub async fn take_quietly(tx: &mut Tx, wanted: &BTreeMap<(SiteId, SkuId), i64>) -> Result<bool, Fault> {
    rows::hold_in_pools(tx, wanted).await
}

/// One `inventory.changed` for each of these pools.
pub async fn tell_all(tx: &mut Tx, pools: impl Iterator<Item = (SiteId, SkuId)>) -> Result<(), Fault> {
    for pool in rows::pools_now(tx, pools).await? {
        announce(tx, pool);
    }
    Ok(())
}

/// Gives parts of many holds back, at most what each still reserves; returns how much
/// that was in all. The same as [`super::release`] of each, in few statements.
/// Facts: `hold.released` for each hold, one `inventory.changed` a pool.
pub async fn release_all(tx: &mut Tx, cuts: &[(HoldId, i64)], reason: &'static str) -> Result<i64, Stop> {
    let ids: Vec<HoldId> = cuts.iter().map(|(id, _)| *id).collect();
    let found: BTreeMap<HoldId, Hold> =
        rows::holds_locked(tx, &ids).await?.into_iter().map(|hold| (hold.id, hold)).collect();
    let mut given: BTreeMap<HoldId, i64> = BTreeMap::new();
    for (id, quantity) in cuts {
        let hold = found.get(id).ok_or(Refusal::NoHold { hold: *id })?;
        let before = given.entry(*id).or_default();
        *before += (hold.open() - *before).min(*quantity).max(0);
    }
    given.retain(|_, n| *n > 0);
    let mut back: Vec<(&Hold, i64, &str)> = Vec::new();
    let mut pools: BTreeMap<(SiteId, SkuId), i64> = BTreeMap::new();
    let mut supplies: BTreeMap<(AsnId, SkuId), i64> = BTreeMap::new();
    for (hold, n) in given.iter().map(|(id, n)| (&found[id], *n)) {
        let pledged = hold.pledged.min(n);
        if let Some(supply) = hold.supply.filter(|_| pledged > 0) {
            *supplies.entry((supply, hold.sku)).or_default() += pledged;
            back.push((hold, pledged, ANNOUNCED));
        }
        if n > pledged {
            back.push((hold, n - pledged, POOL));
            *pools.entry((hold.site, hold.sku)).or_default() += n - pledged;
        }
        let Hold { order, line, id, site, sku, .. } = *hold;
        let reason = reason.to_owned();
        tx.emit(Event::HoldReleased { order, line, hold: id, site, sku, quantity: n, reason });
    }
    rows::add_voids(tx, &back, reason).await?;
    rows::release_holds(tx, &given).await?;
    for ((supply, sku), n) in supplies {
        rows::unpledge(tx.sql(), supply, sku, n).await?;
    }
    for pool in rows::give_to_pools(tx, &pools).await? {
        announce(tx, pool);
    }
    Ok(given.values().sum())
}

/// Books many counts, each account and goods at most once: [`super::count`] of each,
/// in few statements. Returns the changes in their order. Promises that are no longer
/// covered break, the latest first. Facts: `stock.adjusted` for each change, one
/// `inventory.changed` a pool, `hold.broken`.
pub async fn count_all(
    tx: &mut Tx,
    counted: &[Counted],
    reason: &'static str,
    reference: &str,
) -> Result<Vec<i64>, Stop> {
    let believed = rows::quantities(tx, counted).await?;
    let changes: Vec<i64> = counted.iter().zip(&believed).map(|(one, was)| one.counted - was).collect();
    let changed: Vec<(&Counted, i64)> =
        counted.iter().zip(changes.iter().copied()).filter(|(_, change)| *change != 0).collect();
    let mut pools: BTreeMap<(SiteId, SkuId), i64> = BTreeMap::new();
    let mut lost: BTreeMap<&Goods, i64> = BTreeMap::new();
    for (one, change) in &changed {
        let share = one.at.pool_share(one.goods.condition, *change);
        if let Some(site) = one.at.site.filter(|_| share != 0) {
            *pools.entry((site, one.goods.sku)).or_default() += share;
        }
        *lost.entry(&one.goods).or_default() -= change;
    }
    rows::shift_balances(tx, &changed).await?;
    for pool in rows::pools_locked(tx, &pools).await? {
        let excess = pool.held - (pool.on_hand + pools[&(pool.site, pool.sku)]);
        if excess > 0 {
            hold::break_holds(tx, pool.site, pool.sku, excess).await?;
        }
    }
    for pool in rows::grow_pools(tx, &pools).await? {
        announce(tx, pool);
    }
    rows::credit_lost(tx, &lost).await?;
    rows::add_counts(tx, &changed, reason, reference).await?;
    for (one, change) in changed {
        if let Some(site) = one.at.site {
            let (holder, reason) = (one.at.holder.to_string(), reason.to_owned());
            tx.emit(Event::StockAdjusted { sku: one.goods.sku, site, holder, change, reason });
        }
    }
    Ok(changes)
}
