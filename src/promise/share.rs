//! The virtual warehouse: pools of sites, and which of them a channel draws on. The
//! goods are never divided: each channel sees what is free now, less what it must
//! leave. So a share grows and shrinks with every movement, and a unit that a counter
//! sold is gone for everybody in the same moment. Pure.
//!
//! Deliberately absent: stock of a channel's own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{kernel::*, stock::Pool};

/// A named set of sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePool {
    /// Its code.
    pub code: String,
    /// English name.
    pub name_en: String,
    /// Chinese name.
    pub name_zh: String,
    /// Warehouses and shops in it.
    pub sites: BTreeSet<SiteId>,
}

/// What a channel may take from a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The pool's code.
    pub pool: String,
    /// Units of each article at each site that the channel leaves untouched.
    #[serde(default)]
    pub safety_stock: i64,
    /// Per mille of what is on hand that it leaves to the others.
    #[serde(default)]
    pub keep_permille: i64,
}

/// What a channel leaves at a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leave {
    /// Units of each article.
    pub safety_stock: i64,
    /// Per mille of what is on hand.
    pub keep_permille: i64,
}

impl Leave {
    /// Of a pool.
    pub fn of(self, on_hand: i64) -> i64 {
        // Rounded up: what is kept is kept whole.
        let share = (on_hand.max(0) * self.keep_permille + 999) / 1000;
        self.safety_stock + share
    }
}

/// Every channel's draws, by site. A channel without draws takes from every site all
/// that is free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares(BTreeMap<String, BTreeMap<SiteId, Leave>>);

impl Shares {
    /// Notes a draw of a channel on a site; of two pools that hold the site, the one
    /// that leaves less stands.
    pub fn add(&mut self, channel: &str, site: Option<SiteId>, leave: Leave) {
        let of = self.0.entry(channel.to_owned()).or_default();
        let Some(site) = site else { return };
        let stands = of.get(&site).is_some_and(|known| known.of(1000) <= leave.of(1000));
        if !stands {
            of.insert(site, leave);
        }
    }

    /// What a channel may take of a pool now.
    pub fn free(&self, channel: &str, pool: &Pool) -> i64 {
        self.free_of(channel, pool.site, pool.on_hand, pool.available())
    }

    /// The same from numbers.
    pub fn free_of(&self, channel: &str, site: SiteId, on_hand: i64, available: i64) -> i64 {
        let leave = match self.0.get(channel) {
            None => Leave::default(),
            Some(of) => match of.get(&site) {
                Some(leave) => *leave,
                None => return 0,
            },
        };
        (available - leave.of(on_hand)).max(0)
    }

    /// Channels with draws of their own.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    fn site(n: u128) -> SiteId {
        SiteId::new(Ulid::from_parts(1, n))
    }

    fn pool(n: u128, on_hand: i64, held: i64) -> Pool {
        Pool { site: site(n), sku: SkuId::new(Ulid::nil()), on_hand, held, version: 1 }
    }

    #[test]
    fn a_channel_sees_its_pools_less_what_it_leaves() {
        let mut shares = Shares::default();
        shares.add("web", Some(site(1)), Leave { safety_stock: 2, keep_permille: 100 });
        shares.add("live", None, Leave::default());
        assert_eq!(shares.free("web", &pool(1, 25, 10)), 15 - 2 - 3);
        assert_eq!(shares.free("web", &pool(2, 25, 0)), 0);
        assert_eq!(shares.free("shop", &pool(2, 25, 5)), 20);
        assert_eq!(shares.free("live", &pool(1, 25, 0)), 0);
        shares.add("web", Some(site(1)), Leave { safety_stock: 1, keep_permille: 0 });
        assert_eq!(shares.free("web", &pool(1, 25, 10)), 14);
    }

    proptest! {
        /// Whatever channels take one after the other, nothing is taken twice, and
        /// what a channel must leave is there when it is done.
        #[test]
        fn channels_sell_each_unit_once(
            on_hand in 0_i64..200, safety in 0_i64..20, keep in 0_i64..1000,
            wishes in proptest::collection::vec((0_usize..2, 1_i64..9), 1..60),
        ) {
            let mut shares = Shares::default();
            let leave = Leave { safety_stock: safety, keep_permille: keep };
            shares.add("web", Some(site(1)), leave);
            let (mut held, mut after_web) = (0, None);
            for (channel, wanted) in wishes {
                let name = ["web", "counter"][channel];
                let free = shares.free(name, &pool(1, on_hand, held));
                prop_assert!(free <= on_hand - held);
                if wanted <= free {
                    held += wanted;
                    if name == "web" {
                        after_web = Some(on_hand - held);
                    }
                }
            }
            prop_assert!(held <= on_hand);
            prop_assert!(after_web.is_none_or(|left| left >= leave.of(on_hand)));
        }
    }
}
