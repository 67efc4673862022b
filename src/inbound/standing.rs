//! What an article is at a site: on hand, and of that available, committed or
//! unavailable for a reason; and what is on its way. One reading for all that ask.
//!
//! ```text
//!   on_hand = available + committed + reserved + damaged + quality_control + safety_stock
//! ```
//!
//! Deliberately absent: goods that nobody can find; they are told beside.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rows;
use crate::{
    kernel::*,
    promise::Shares,
    stock::{self, Condition, Pool},
    store::Sql,
};

/// Why goods that are there cannot be sold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Unavailable {
    /// Held without an order: carts, live rooms, counters.
    pub reserved: i64,
    /// Broken, or past their day.
    pub damaged: i64,
    /// Waiting for somebody to look: quality hold, recalled, returned.
    pub quality_control: i64,
    /// Left to others by the channel that asks.
    pub safety_stock: i64,
}

/// An article at a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// In the house, in any state.
    pub on_hand: i64,
    /// May be sold.
    pub available: i64,
    /// Promised to orders, or picked for them.
    pub committed: i64,
    /// The rest, by its reason.
    pub unavailable: Unavailable,
    /// Announced and not received.
    pub incoming: i64,
    /// Of it, sold ahead.
    pub pledged: i64,
    /// In the books, and not found.
    pub missing: i64,
}

/// Splits what lies at a site: (condition, bound to an order, how many), the pool, what
/// of it is held without an order, and what the channel may take. Pure.
pub fn split(lying: &[(Condition, bool, i64)], pool: Option<&Pool>, reserved: i64, free: i64) -> Standing {
    let mut standing = Standing::default();
    for (condition, bound, n) in lying {
        match condition {
            Condition::Sellable if *bound => standing.committed += n,
            Condition::Sellable => {}
            Condition::Damaged | Condition::Expired => standing.unavailable.damaged += n,
            Condition::QualityHold | Condition::Recalled | Condition::Returned => {
                standing.unavailable.quality_control += n;
            }
            Condition::Missing => standing.missing += n,
        }
    }
    let (pooled, held, left) = pool.map_or((0, 0, 0), |pool| (pool.on_hand, pool.held, pool.available()));
    standing.unavailable.reserved = reserved.min(held);
    standing.committed += held - standing.unavailable.reserved;
    standing.available = free.clamp(0, left.max(0));
    standing.unavailable.safety_stock = left - standing.available;
    let lost = standing.missing;
    standing.on_hand = pooled
        + lying
            .iter()
            .filter(|(condition, bound, _)| *bound || *condition != Condition::Sellable)
            .map(|(_, _, n)| n)
            .sum::<i64>()
        - lost;
    standing
}

/// An article at every site that has or expects some, as a channel sees it.
pub async fn standing(
    sql: &mut Sql,
    sku: SkuId,
    shares: &Shares,
    channel: &str,
) -> Result<BTreeMap<SiteId, Standing>, Fault> {
    let mut lying: BTreeMap<SiteId, Vec<(Condition, bool, i64)>> = BTreeMap::new();
    for (site, condition, bound, n) in stock::states(sql, sku).await? {
        lying.entry(site).or_default().push((condition, bound, n));
    }
    let pools: BTreeMap<SiteId, Pool> =
        stock::pools_of(sql, sku).await?.into_iter().map(|pool| (pool.site, pool)).collect();
    let reserved: BTreeMap<SiteId, i64> = stock::reserved(sql, sku).await?.into_iter().collect();
    let incoming: BTreeMap<SiteId, i64> = rows::incoming(sql, sku).await?.into_iter().collect();
    let pledged: BTreeMap<SiteId, i64> = stock::pledged_at(sql, sku).await?.into_iter().collect();
    let mut sites: Vec<SiteId> = lying.keys().chain(pools.keys()).chain(incoming.keys()).copied().collect();
    sites.sort_unstable();
    sites.dedup();
    let one = |site: SiteId| {
        let pool = pools.get(&site);
        let free = pool.map_or(0, |pool| shares.free(channel, pool));
        let at = lying.get(&site).map(Vec::as_slice).unwrap_or_default();
        let split = split(at, pool, reserved.get(&site).copied().unwrap_or(0), free);
        let of = |map: &BTreeMap<SiteId, i64>| map.get(&site).copied().unwrap_or(0);
        (site, Standing { incoming: of(&incoming), pledged: of(&pledged), ..split })
    };
    Ok(sites.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    proptest! {
        /// Whatever lies there, every unit on hand is in exactly one state.
        #[test]
        fn every_unit_is_in_one_state(
            counts in proptest::collection::vec(0_i64..50, 14), held in 0_i64..60, reserved in 0_i64..60, free in -5_i64..80,
        ) {
            let mut lying = Vec::new();
            for (at, condition) in Condition::ALL.iter().enumerate() {
                lying.push((*condition, false, counts[at * 2]));
                lying.push((*condition, true, counts[at * 2 + 1]));
            }
            let on_hand = counts[0];
            let held = held.min(on_hand);
            let (site, sku) = (SiteId::new(Ulid::nil()), SkuId::new(Ulid::nil()));
            let pool = Pool { site, sku, on_hand, held, version: 1 };
            let seen = split(&lying, Some(&pool), reserved, free);
            let Unavailable { reserved, damaged, quality_control, safety_stock } = seen.unavailable;
            let parts = [seen.available, seen.committed, reserved, damaged, quality_control, safety_stock];
            prop_assert!(parts.iter().all(|n| *n >= 0));
            prop_assert_eq!(seen.on_hand, parts.iter().sum::<i64>());
            prop_assert_eq!(seen.on_hand + seen.missing, counts.iter().sum::<i64>());
        }
    }
}
