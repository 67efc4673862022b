//! Many reservations in few statements, for a batch of orders or one very long one.
//! Deliberately absent: who gets what; that was decided in memory before, and the
//! guard here only notices that the memory was out of date.

use std::collections::BTreeMap;

use super::{model::*, movement::announce, rows};
use crate::{
    kernel::*,
    store::{Actor, Tx},
};

/// Reserves goods for many lines, all or nothing. The ids were given before, so
/// that rows and facts elsewhere may name them. Guard: every pool has enough, else
/// false, and the caller drops the transaction. Effect: pools, holds, pending
/// transfers. Facts: one `inventory.changed` a pool, with its last version; the
/// caller states each `hold.placed` in the order of its story, and asks for the
/// chores of those that may lapse.
pub async fn reserve_all(tx: &mut Tx, holds: &[(HoldId, Want, Actor)]) -> Result<bool, Fault> {
    let mut wanted: BTreeMap<(SiteId, SkuId), i64> = BTreeMap::new();
    for (_, want, _) in holds {
        *wanted.entry((want.site, want.sku)).or_default() += want.quantity;
    }
    rows::add_holds(tx, holds).await?;
    let Some(pools) = rows::take_from_pools(tx, &wanted).await? else { return Ok(false) };
    for pool in pools {
        announce(tx, pool);
    }
    Ok(true)
}
