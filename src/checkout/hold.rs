//! Holds that are nobody's order yet: a cart, a checkout, a live room, a counter. Each
//! article is held whole or not at all, for a time, under the same limits and quotas
//! as an order; an order takes them over in its own transaction.
//!
//! ```text
//!   take --extend--> ... --post (counter)--> handed over
//!     \--release, expire--> free again
//!     \--an order takes it over--> the order's own holds
//! ```
//!
//! Deliberately absent: a hold without an end, and one of goods that are only announced.

use std::collections::BTreeSet;

use super::{
    buyers::{Bound, Comer},
    model::*,
    place::{self, Basket},
    rows,
    terms::{Buyer, Terms},
};
use crate::{
    kernel::*,
    promise,
    stock::{self, Hold, Purpose},
    store::Tx,
};

/// The longest a hold may last from now.
pub const LONGEST_MS: i64 = 7 * 24 * 3_600_000;
/// A cart gives way before any order does when goods vanish.
const GIVES_WAY_MS: i64 = 3_650 * 24 * 3_600_000;

/// What is to be held.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// For what; not an order.
    pub purpose: Purpose,
    /// Where it is sold.
    pub channel: String,
    /// At this site alone; anywhere the channel draws on unless told.
    pub site: Option<SiteId>,
    /// What, by article codes.
    pub lines: Vec<Want>,
    /// The signed-in shopper.
    pub shopper: Option<UserId>,
    /// The channel's number of its shopper; a limited article needs one of the two.
    pub shopper_ref: Option<String>,
    /// How long.
    pub lasts_ms: i64,
}

/// When a hold of so long a time ends.
pub fn ends_at(now: Time, lasts_ms: i64) -> Result<Time, Refusal> {
    if (1..=LONGEST_MS).contains(&lasts_ms) {
        Ok(now.plus_ms(lasts_ms))
    } else {
        Err(Refusal::BadTerm { field: "seconds" })
    }
}

/// Holds goods, all lines or none. Guards: enough is free for the channel; limits and
/// quotas. Facts: `hold.placed`, `inventory.changed`. Chore: `hold.expire`.
pub async fn take_hold(tx: &mut Tx, new: &NewHold) -> Result<Vec<Hold>, Stop> {
    if new.purpose == Purpose::Order {
        return Err(Refusal::BadTerm { field: "purpose" }.into());
    }
    place::countable(&new.lines)?;
    let expires_at = ends_at(tx.now(), new.lasts_ms)?;
    let basket = Basket { lines: place::articles(tx, &new.lines).await? };
    let comer =
        Comer { channel: &new.channel, shopper: new.shopper, shopper_ref: new.shopper_ref.as_deref(), phone: "" };
    let mut bound = Bound::read(tx, &basket.skus(), &[comer]).await?;
    if !bound.terms.is_empty() && new.shopper.is_none() && new.shopper_ref.is_none() {
        return Err(Refusal::BadTerm { field: "shopper_ref" }.into());
    }
    let buyer = bound.buyer(0);
    allowed(tx, &bound.terms, &buyer, &new.channel, &basket, false).await?;
    let shares = promise::shares(tx.sql()).await?;
    let (order, now) = (tx.id(), tx.now());
    let mut holds = Vec::new();
    for (sku, quantity) in basket.sums() {
        for (site, n) in spread(tx, &shares, new, sku, &basket.code(sku), quantity).await? {
            let promised_by = now.plus_ms(GIVES_WAY_MS);
            let (line, expires_at, purpose) = (tx.id(), Some(expires_at), new.purpose);
            let want = stock::Want { order, line, site, sku, quantity: n, promised_by, expires_at, purpose };
            let hold = stock::reserve(tx, &want).await?;
            let noted = bound.terms.take(&buyer, sku, n, now).map(|one| (hold.to_string(), one));
            rows::add_uses(tx, noted.as_slice(), false).await?;
            holds.extend(stock::hold_by_id(tx.sql(), hold).await?);
        }
    }
    Ok(holds)
}

/// From which sites a quantity is held: one that has all of it, else the fullest first.
async fn spread(
    tx: &mut Tx,
    shares: &promise::Shares,
    new: &NewHold,
    sku: SkuId,
    code: &str,
    quantity: i64,
) -> Result<Vec<(SiteId, i64)>, Stop> {
    let mut free: Vec<(SiteId, i64)> = stock::pools_of(tx.sql(), sku)
        .await?
        .iter()
        .filter(|pool| new.site.is_none_or(|site| site == pool.site))
        .map(|pool| (pool.site, shares.free(&new.channel, pool)))
        .filter(|(_, n)| *n > 0)
        .collect();
    free.sort_by_key(|(site, n)| (std::cmp::Reverse(*n), *site));
    let mut left = quantity;
    let mut parts = Vec::new();
    for (site, n) in &free {
        let n = (*n).min(left);
        if n > 0 {
            left -= n;
            parts.push((*site, n));
        }
    }
    if left > 0 {
        let available_quantity = quantity - left;
        return Err(Refusal::Short { sku: code.to_owned(), wanted: quantity, available_quantity }.into());
    }
    // One order of locking for all transactions.
    parts.sort_by_key(|(site, _)| *site);
    Ok(parts)
}

/// May the buyer have the basket, of what is there and, for an order, of what is
/// announced? Asks the pools only for what a quota concerns.
pub(super) async fn allowed(
    tx: &mut Tx,
    terms: &Terms,
    buyer: &Buyer,
    channel: &str,
    basket: &Basket,
    ahead: bool,
) -> Result<(), Stop> {
    if terms.is_empty() {
        return Ok(());
    }
    let shares = promise::shares(tx.sql()).await?;
    let mut free = std::collections::HashMap::new();
    for sku in basket.skus() {
        let pools = stock::pools_of(tx.sql(), sku).await?;
        let here: i64 = pools.iter().map(|pool| shares.free(channel, pool)).sum();
        let to_come = if ahead { promise::free_ahead(tx.sql(), channel, sku).await? } else { 0 };
        free.insert(sku, here + to_come);
    }
    let free = |sku: SkuId| free.get(&sku).copied().unwrap_or(0);
    Ok(terms.allow_all(buyer, &basket.sums(), |sku| basket.code(sku), free, tx.now())?)
}

/// Gives free-standing holds back, so that the order that names them may have their
/// goods in the same transaction. One that has lapsed gives nothing, and is no harm.
/// Guard: none is an order's.
pub(super) async fn take_over(tx: &mut Tx, holds: &[HoldId]) -> Result<(), Stop> {
    let sorted: BTreeSet<HoldId> = holds.iter().copied().collect();
    for hold in sorted {
        match stock::free_standing(tx, hold).await {
            Ok(held) => drop(stock::release(tx, hold, held.open(), "taken_over").await?),
            Err(stop) if stop.code() == Some("hold.lapsed") => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}
