//! Reading the terms that concern a purchase, for one order or for a batch, and who
//! buys. Guests are known by a keyed digest of their phone: the same phone is the same
//! buyer, and no phone stands in any row.
//!
//! Deliberately absent: the rule itself; see `terms.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    model::{PlaceOrder, Refusal},
    rows,
    terms::*,
};
use crate::{
    identity,
    kernel::*,
    orders::{self, Order},
    promise, stock,
    store::Tx,
};

/// One who buys, as he comes.
pub(super) struct Comer<'a> {
    /// Where.
    pub channel: &'a str,
    /// The signed-in shopper.
    pub shopper: Option<UserId>,
    /// The channel's number of him.
    pub shopper_ref: Option<&'a str>,
    /// His phone.
    pub phone: &'a str,
}

impl<'a> Comer<'a> {
    /// Who places an order.
    pub fn of(new: &'a PlaceOrder, shopper: Option<UserId>) -> Self {
        Self { channel: &new.channel, shopper, shopper_ref: new.shopper_ref.as_deref(), phone: &new.recipient.phone }
    }

    fn key(&self, signer: &identity::Signer) -> String {
        match (self.shopper, self.shopper_ref) {
            (Some(user), _) => user.to_string(),
            (None, Some(number)) => format!("{}:{}", self.channel, signer.mark(number)),
            (None, None) => {
                let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
                signer.mark(&digits)
            }
        }
    }
}

/// Terms, and the buyers in the order of those who came (empty when nothing is to be
/// asked).
#[derive(Default)]
pub(super) struct Bound {
    pub terms: Terms,
    pub buyers: Vec<Buyer>,
}

impl Bound {
    /// Reads what concerns these articles and buyers. One statement when nothing does.
    /// On PostgreSQL whoever serves the same buyer or quota waits until this
    /// transaction ends.
    pub async fn read(tx: &mut Tx, skus: &BTreeSet<SkuId>, comers: &[Comer<'_>]) -> Result<Self, Fault> {
        let mut terms = rows::terms(tx, skus.iter().copied()).await?;
        if terms.is_empty() {
            return Ok(Self::default());
        }
        let signer = identity::signer(tx).await?;
        let mut buyers: Vec<Buyer> = Vec::with_capacity(comers.len());
        for comer in comers {
            buyers.push(Buyer { key: comer.key(&signer), groups: BTreeSet::new() });
        }
        lock_and_sum(tx, &mut terms, &buyers).await?;
        if !terms.quotas.is_empty() {
            let channels: Vec<String> = comers.iter().map(|comer| format!("channel:{}", comer.channel)).collect();
            let members: BTreeSet<&str> =
                buyers.iter().map(|buyer| buyer.key.as_str()).chain(channels.iter().map(String::as_str)).collect();
            let groups: HashMap<String, BTreeSet<String>> = rows::groups(tx, members.into_iter()).await?;
            for (buyer, channel) in buyers.iter_mut().zip(&channels) {
                let of = |member: &String| groups.get(member).cloned().unwrap_or_default();
                buyer.groups = of(&buyer.key).into_iter().chain(of(channel)).collect();
            }
        }
        Ok(Self { terms, buyers })
    }

    /// Those of these articles that any term concerns.
    pub async fn limited(tx: &mut Tx, skus: &BTreeSet<SkuId>) -> Result<Vec<SkuId>, Fault> {
        let terms = rows::terms(tx, skus.iter().copied()).await?;
        Ok(skus.iter().copied().filter(|sku| terms.concern(*sku)).collect())
    }

    /// The buyer at a place.
    pub fn buyer(&self, at: usize) -> Buyer {
        self.buyers.get(at).cloned().unwrap_or_default()
    }
}

/// Keeps others of the same buyers and quotas out, then adds up what is used.
pub(super) async fn lock_and_sum(tx: &mut Tx, terms: &mut Terms, buyers: &[Buyer]) -> Result<(), Fault> {
    let now = tx.now();
    rows::lock_quotas(tx, &terms.quotas.keys().copied().collect()).await?;
    let mut asked: BTreeMap<(SkuId, String), Time> = BTreeMap::new();
    for (sku, limit) in &terms.limits {
        if limit.per_period.is_some() {
            let since = now.plus_ms(-limit.period_ms);
            asked.extend(buyers.iter().map(|buyer| ((*sku, buyer.key.clone()), since)));
        }
    }
    rows::lock_books(tx, &asked.keys().cloned().collect()).await?;
    let asked: Vec<_> = asked.into_iter().map(|((sku, buyer), since)| (sku, buyer, since)).collect();
    terms.used = rows::used(tx, &asked).await?;
    let taken = rows::taken(tx, terms.quotas.keys().copied()).await?;
    for (sku, quotas) in &mut terms.quotas {
        for quota in quotas {
            quota.taken = taken.get(&(*sku, quota.group.clone())).copied().unwrap_or(0);
        }
    }
    Ok(())
}

/// May an order have so much more of articles? The order's buyer is who bought them
/// before, else its shopper. Guards: limits and quotas. Effect: the purchase is noted.
pub(super) async fn may_grow(tx: &mut Tx, order: &Order, more: &BTreeMap<SkuId, (String, i64)>) -> Result<(), Stop> {
    let mut terms = rows::terms(tx, more.keys().copied()).await?;
    let lines = orders::lines(tx.sql(), order.id).await?;
    let now = tx.now();
    for (sku, (code, n)) in more {
        if !terms.concern(*sku) {
            continue;
        }
        let known = rows::buyer_of(tx.sql(), order.id, *sku).await?;
        let fallback = || order.shopper.map_or_else(|| order.id.to_string(), |user| user.to_string());
        let key = known.clone().unwrap_or_else(fallback);
        let channel = format!("channel:{}", order.channel);
        let members = rows::groups(tx, [key.as_str(), channel.as_str()].into_iter()).await?;
        let buyer = Buyer { key, groups: members.into_values().flatten().collect() };
        lock_and_sum(tx, &mut terms, std::slice::from_ref(&buyer)).await?;
        let has: i64 = lines.iter().filter(|line| line.sku == *sku).map(|line| line.ordered - line.cancelled).sum();
        if let Some(most) = terms.limits.get(sku).and_then(|limit| limit.per_order).filter(|most| has + n > *most) {
            return Err(Refusal::LimitOfOrder { sku: code.clone(), available_quantity: most }.into());
        }
        let shares = promise::shares(tx.sql()).await?;
        let pools = stock::pools_of(tx.sql(), *sku).await?;
        let here: i64 = pools.iter().map(|pool| shares.free(&order.channel, pool)).sum();
        let free = here + promise::free_ahead(tx.sql(), &order.channel, *sku).await?;
        terms.allow(&buyer, (*sku, code), *n, free, now)?;
        if known.is_none()
            && let Some(one) = terms.take(&buyer, *sku, *n, now)
        {
            rows::add_uses(tx, &[(order.id.to_string(), one)], false).await?;
        }
    }
    Ok(())
}
