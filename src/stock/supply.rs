//! Goods that are announced, and sold before they are here. A delivery's article is a
//! dated line of supply; a hold may stand on it until the goods come.
//!
//! ```text
//!   expected --pledge--> pledged --goods come, the oldest order first--> on hand, held
//!                           |---release, expire--> expected
//!                           \---fewer come than were sold: the latest break
//! ```
//!
//! Deliberately absent: when a delivery comes, and how much of it; inbound says so.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    hold,
    model::*,
    movement::{self, announce},
    rows,
};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::{Sql, Tx},
};

/// Takes note of what a delivery brings; nothing of it is sold yet.
pub async fn expect(
    tx: &mut Tx,
    asn: AsnId,
    site: SiteId,
    not_before: Time,
    wanted: &BTreeMap<SkuId, i64>,
) -> Result<(), Stop> {
    Ok(rows::add_supplies(tx, asn, site, not_before, wanted).await?)
}

/// So much of an article is still to come with a delivery. If that is less than was
/// sold of it, the latest promises break. Facts: `hold.broken`.
pub async fn expect_still(tx: &mut Tx, asn: AsnId, sku: SkuId, expected: i64) -> Result<(), Stop> {
    let Some(known) = rows::supply(tx.sql(), asn, sku).await?.filter(|known| known.expected != expected) else {
        return Ok(());
    };
    // Holds first, as whoever cancels; and again, since nothing is sold of it from here on.
    rows::pledged_locked(tx, known.site, sku).await?;
    let Some(known) = rows::supply_locked(tx, asn, sku).await? else { return Ok(()) };
    let held = rows::pledged_locked(tx, known.site, sku).await?;
    let held = held.into_iter().filter(|hold| hold.supply == Some(asn)).collect();
    for (hold, cut) in to_break(held, known.pledged - expected, |hold| hold.pledged) {
        hold::give_back(tx, &hold, (cut, 0), "broken").await?;
        let Hold { order, line, id, site, sku, .. } = hold;
        tx.emit(Event::HoldBroken { order, line, hold: id, site, sku, quantity: cut });
    }
    Ok(rows::set_expected(tx.sql(), asn, sku, expected).await?)
}

/// Nothing more comes with a delivery: whoever waits for it is told. Facts: `hold.broken`.
pub async fn expect_no_more(tx: &mut Tx, asn: AsnId) -> Result<(), Stop> {
    for supply in rows::supplies_of(tx.sql(), asn).await? {
        expect_still(tx, asn, supply.sku, 0).await?;
    }
    Ok(())
}

/// A delivery comes at another time. Its orders are promised anew by whoever follows
/// the fact of it.
pub async fn expect_at(tx: &mut Tx, asn: AsnId, not_before: Time) -> Result<(), Stop> {
    Ok(rows::set_not_before(tx.sql(), asn, not_before).await?)
}

/// Reserves goods that are announced, for a line of an order. Guard: enough of the
/// delivery is unsold, decided by one conditional update. Fact: `hold.placed`.
pub async fn pledge(tx: &mut Tx, want: &Want, asn: AsnId) -> Result<HoldId, Stop> {
    let quantity = checked(want.quantity)?;
    let Want { order, line, site, sku, .. } = *want;
    if !rows::pledge(tx.sql(), (asn, site, sku), quantity).await? {
        let left = rows::supply(tx.sql(), asn, sku).await?.map_or(0, |supply| supply.free());
        return Err(Refusal::Short { sku, wanted: quantity, available_quantity: left }.into());
    }
    let hold = tx.id::<kind::Hold>();
    rows::add_hold(tx.sql(), hold, want, Some(asn)).await?;
    let now = tx.now();
    rows::add_pending(tx, hold, want, ANNOUNCED, now).await?;
    if let Some(expires_at) = want.expires_at {
        tx.later(Chore::ExpireHold, hold, expires_at).await?;
    }
    tx.emit(Event::HoldPlaced { order, line, hold, site, sku, quantity });
    Ok(hold)
}

/// Takes goods in from a supplier, with the delivery they came with if it was announced.
/// What of them may be sold goes to the oldest orders that wait for the article here:
/// first to those that wait for this delivery. Facts: `hold.covered`.
pub async fn take_in(
    tx: &mut Tx,
    (goods, quantity): (&Goods, i64),
    to: Account,
    asn: Option<AsnId>,
    reference: String,
) -> Result<(), Stop> {
    // Before the pool, as whoever cancels.
    let waiting = match to.site {
        Some(site) => rows::pledged_locked(tx, site, goods.sku).await?,
        None => Vec::new(),
    };
    movement::receive(tx, goods, quantity, to, reference).await?;
    let sellable = to.pool_share(goods.condition, quantity);
    cover(tx, waiting, asn, sellable).await
}

/// Goods of an article are free at a site that did not come from a supplier: they go to
/// the oldest orders that wait for it there. Facts: `hold.covered`.
pub async fn cover_waiting(tx: &mut Tx, sku: SkuId) -> Result<(), Stop> {
    let sites: BTreeSet<SiteId> = rows::sites_that_wait(tx.sql(), sku).await?.into_iter().collect();
    for site in sites {
        let waiting = rows::pledged_locked(tx, site, sku).await?;
        cover(tx, waiting, None, MOST).await?;
    }
    Ok(())
}

/// Lets holds stand on at most `most` units that are free at the site. All are of one
/// article and site, oldest order first.
async fn cover(tx: &mut Tx, mut waiting: Vec<Hold>, asn: Option<AsnId>, most: i64) -> Result<(), Stop> {
    let Some(Hold { site, sku, .. }) = waiting.first().cloned() else { return Ok(()) };
    let free = rows::pool_locked(tx, site, sku).await?.map_or(0, |pool| pool.available());
    let mut left = free.min(most);
    // Stable, so that the oldest stay first.
    waiting.sort_by_key(|hold| hold.supply != asn);
    let (mut taken, mut came) = (0, BTreeMap::new());
    for hold in &waiting {
        let n = hold.pledged.min(left);
        let Some(supply) = hold.supply.filter(|_| n > 0) else { continue };
        left -= n;
        taken += n;
        *came.entry(supply).or_default() += n;
        rows::cover_hold(tx.sql(), hold.id, n).await?;
        let Hold { order, line, id, .. } = *hold;
        tx.emit(Event::HoldCovered { order, line, hold: id, site, sku, quantity: n });
    }
    for (supply, n) in came {
        rows::unpledge(tx.sql(), supply, sku, n).await?;
    }
    if taken == 0 {
        return Ok(());
    }
    let pool = rows::take_from_pool(tx.sql(), site, sku, taken).await?;
    announce(tx, pool.ok_or_else(|| Fault::new("free goods were taken while they were locked"))?);
    Ok(())
}

/// Says which channels may sell an article before it is here; `*` is every channel.
pub async fn set_sold_ahead(tx: &mut Tx, sku: SkuId, channels: &BTreeSet<String>) -> Result<(), Stop> {
    Ok(rows::set_sold_ahead(tx, sku, channels).await?)
}

/// Which channels may.
pub async fn sold_ahead(sql: &mut Sql, sku: SkuId) -> Result<Vec<String>, Fault> {
    rows::sold_ahead(sql, sku).await
}
