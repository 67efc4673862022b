//! Who may have how much: limits for a shopper, quantities set aside for a group
//! until a moment. Decided in memory on what was read at the beginning of the
//! transaction, the same for one order and for a batch. Pure.
//!
//! Deliberately absent: how it was read, and who waits for whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::model::Refusal;
use crate::kernel::*;

/// The most of an article that one shopper may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In one order.
    pub per_order: Option<i64>,
    /// In any `period_ms`.
    pub per_period: Option<i64>,
    /// The rolling period.
    pub period_ms: i64,
}

/// A quantity of an article that only a group may buy until a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The group.
    pub group: String,
    /// How many are set aside.
    pub quantity: i64,
    /// From then on they are anybody's.
    pub ends_at: Time,
    /// How many of them the group has bought.
    pub taken: i64,
}

/// Whoever buys: a key that tells nothing, and the groups he is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buyer {
    /// Person, channel's shopper, or keyed digest; empty where nobody asked for it.
    pub key: String,
    /// Groups.
    pub groups: BTreeSet<String>,
}

/// A purchase to be noted: which article, and how much of which quota it draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What.
    pub sku: SkuId,
    /// How much.
    pub quantity: i64,
    /// Who.
    pub buyer: String,
    /// Whose quota; empty for none.
    pub group: String,
    /// How much of it.
    pub group_quantity: i64,
}

/// Every term that concerns the articles at hand, with what is used of them.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Of each article.
    pub limits: HashMap<SkuId, Limit>,
    /// Of each article.
    pub quotas: HashMap<SkuId, Vec<Quota>>,
    /// What a buyer has of an article within its period.
    pub used: HashMap<(SkuId, String), i64>,
}

impl Terms {
    /// True if anything is to be asked about an article.
    pub fn concern(&self, sku: SkuId) -> bool {
        self.limits.contains_key(&sku) || self.quotas.contains_key(&sku)
    }

    /// True if nothing is to be asked at all.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.quotas.is_empty()
    }

    /// Set aside for groups that the buyer is not in.
    fn for_others(&self, buyer: &Buyer, sku: SkuId, now: Time) -> i64 {
        let of = self.quotas.get(&sku).map(Vec::as_slice).unwrap_or_default();
        of.iter()
            .filter(|quota| quota.ends_at > now && !buyer.groups.contains(&quota.group))
            .map(|quota| (quota.quantity - quota.taken).max(0))
            .sum()
    }

    /// May the buyer have `wanted` of an article, of which `free` are to be had in
    /// all? `code` names it in the refusal.
    pub fn allow(
        &self,
        buyer: &Buyer,
        (sku, code): (SkuId, &str),
        wanted: i64,
        free: i64,
        now: Time,
    ) -> Result<(), Refusal> {
        let name = || code.to_owned();
        if let Some(limit) = self.limits.get(&sku) {
            if let Some(most) = limit.per_order.filter(|most| wanted > *most) {
                return Err(Refusal::LimitOfOrder { sku: name(), available_quantity: most });
            }
            let used = self.used.get(&(sku, buyer.key.clone())).copied().unwrap_or(0);
            if let Some(most) = limit.per_period.filter(|most| used + wanted > *most) {
                return Err(Refusal::LimitOfShopper { sku: name(), available_quantity: (most - used).max(0) });
            }
        }
        let open = (free - self.for_others(buyer, sku, now)).max(0);
        // What is short for everybody is told by whoever plans.
        if wanted > open && open < free {
            return Err(Refusal::SetAside { sku: name(), wanted, available_quantity: open });
        }
        Ok(())
    }

    /// Notes that the buyer has it; what must be written, if anything.
    pub fn take(&mut self, buyer: &Buyer, sku: SkuId, quantity: i64, now: Time) -> Option<Use> {
        if !self.concern(sku) {
            return None;
        }
        *self.used.entry((sku, buyer.key.clone())).or_default() += quantity;
        let quotas = self.quotas.get_mut(&sku).map(Vec::as_mut_slice).unwrap_or_default();
        let own = quotas
            .iter_mut()
            .find(|quota| quota.ends_at > now && buyer.groups.contains(&quota.group) && quota.taken < quota.quantity);
        let (group, group_quantity) = match own {
            Some(quota) => {
                let n = quantity.min(quota.quantity - quota.taken);
                quota.taken += n;
                (quota.group.clone(), n)
            }
            None => (String::new(), 0),
        };
        Some(Use { sku, quantity, buyer: buyer.key.clone(), group, group_quantity })
    }

    /// A whole basket, each article once: allowed or refused, nothing noted.
    pub fn allow_all(
        &self,
        buyer: &Buyer,
        wanted: &BTreeMap<SkuId, i64>,
        code: impl Fn(SkuId) -> String,
        free: impl Fn(SkuId) -> i64,
        now: Time,
    ) -> Result<(), Refusal> {
        for (sku, quantity) in wanted.iter().filter(|(sku, _)| self.concern(**sku)) {
            self.allow(buyer, (*sku, &code(*sku)), *quantity, free(*sku), now)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    const NOW: Time = Time::from_ms(1_000);

    fn sku() -> SkuId {
        SkuId::new(Ulid::from_parts(1, 1))
    }

    fn buyer(key: &str, groups: &[&str]) -> Buyer {
        Buyer { key: key.to_owned(), groups: groups.iter().map(|group| (*group).to_owned()).collect() }
    }

    fn terms(quota: i64, per_period: Option<i64>) -> Terms {
        let limit = Limit { per_order: Some(5), per_period, period_ms: 1 };
        let quota = Quota { group: "early".to_owned(), quantity: quota, ends_at: Time::from_ms(2_000), taken: 0 };
        let mut terms = Terms::default();
        terms.limits.insert(sku(), limit);
        terms.quotas.insert(sku(), vec![quota]);
        terms
    }

    #[test]
    fn an_order_and_a_shopper_have_their_most() {
        let mut terms = terms(0, Some(6));
        let ann = buyer("ann", &[]);
        assert_eq!(terms.allow(&ann, (sku(), "A"), 6, 99, NOW).unwrap_err().code(), "limit.order");
        terms.take(&ann, sku(), 4, NOW);
        terms.allow(&ann, (sku(), "A"), 2, 99, NOW).unwrap();
        let no = terms.allow(&ann, (sku(), "A"), 3, 99, NOW).unwrap_err();
        assert_eq!(no, Refusal::LimitOfShopper { sku: "A".to_owned(), available_quantity: 2 });
        terms.allow(&buyer("bob", &[]), (sku(), "A"), 5, 99, NOW).unwrap();
    }

    #[test]
    fn what_is_set_aside_is_the_groups_until_its_end() {
        let mut terms = terms(3, None);
        let (ann, bob) = (buyer("ann", &["early"]), buyer("bob", &[]));
        assert_eq!(terms.allow(&bob, (sku(), "A"), 2, 4, NOW).unwrap_err().code(), "stock.set_aside");
        terms.allow(&bob, (sku(), "A"), 1, 4, NOW).unwrap();
        terms.allow(&ann, (sku(), "A"), 4, 4, NOW).unwrap();
        assert_eq!(terms.take(&ann, sku(), 2, NOW).unwrap().group_quantity, 2);
        terms.allow(&bob, (sku(), "A"), 1, 2, NOW).unwrap();
        terms.allow(&bob, (sku(), "A"), 2, 2, Time::from_ms(2_000)).unwrap();
    }

    proptest! {
        /// However they come, outsiders never touch what is set aside, and nobody
        /// has more than his most.
        #[test]
        fn nobody_has_more_than_his_own(
            wishes in proptest::collection::vec((0_usize..4, 1_i64..6), 1..40),
            stock in 1_i64..40, quota in 0_i64..20, most in 1_i64..12,
        ) {
            let mut terms = terms(quota, Some(most));
            let people = [buyer("a", &["early"]), buyer("b", &["early"]), buyer("c", &[]), buyer("d", &[])];
            let (mut left, mut had, mut outside) = (stock, [0_i64; 4], 0);
            for (who, wanted) in wishes {
                if terms.allow(&people[who], (sku(), "A"), wanted, left, NOW).is_err() || wanted > left {
                    continue;
                }
                terms.take(&people[who], sku(), wanted, NOW);
                left -= wanted;
                had[who] += wanted;
                outside += if who >= 2 { wanted } else { 0 };
            }
            prop_assert!(had.iter().all(|n| *n <= most));
            prop_assert!(outside <= (stock - quota).max(0));
        }
    }
}
