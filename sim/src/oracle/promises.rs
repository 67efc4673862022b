//! Was more promised than was there?
//!
//! For each site and article two running sums are made from the transfers
//! alone: goods that may be promised, and promises that are open. Transfers of
//! one moment, and of moments close together, may stand in any order; what
//! counts is a deficit that lasts.

use super::Verdict;
use super::facts::{Evidence, Transfer, TransferKind};
use std::collections::{BTreeMap, BTreeSet};

/// A deficit that lasts longer than this is real (domain time); shorter ones
/// are clocks of concurrent transactions.
const SETTLE_MS: i64 = 60_000;

/// Running sums of one article at one site.
#[derive(Default)]
struct Stand {
    /// Moment, change of goods, change of promises.
    changes: Vec<(i64, i64, i64)>,
    /// Goods that left otherwise than by a kept promise.
    vanished: i64,
    /// Promises that were broken.
    broken: i64,
}

pub fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let pooled: BTreeSet<(&str, &str)> = evidence
        .balances
        .iter()
        .filter(|balance| balance.pooled)
        .map(|balance| (balance.site.as_str(), balance.holder.as_str()))
        .collect();
    let mut stands: BTreeMap<(&str, &str), Stand> = BTreeMap::new();
    for transfer in &evidence.transfers {
        enter(transfer, &pooled, &mut stands);
    }
    let mut broken = 0;
    for ((site, sku), stand) in &mut stands {
        broken += stand.broken;
        let lasting = lasting_deficit(&mut stand.changes);
        let unfounded = (stand.broken - stand.vanished).max(0);
        let oversold = lasting + unfounded;
        if oversold > 0 {
            verdict.units_oversold += oversold;
            let detail = format!(
                "{site} promised {lasting} more than it had, and broke {} promises while {} units vanished",
                stand.broken, stand.vanished
            );
            verdict.find("promise.oversold", sku, detail);
        }
        verdict.units_unpromised += stand.broken - unfounded;
    }
    let told: i64 =
        evidence.facts.iter().filter(|fact| fact.kind == "hold.broken").map(|fact| fact.number("quantity")).sum();
    if told != broken {
        let detail = format!("facts tell of {told} broken units, the ledger of {broken}");
        verdict.find("promise.broken_untold", "hold.broken", detail);
    }
}

fn enter<'a>(
    transfer: &'a Transfer,
    pooled: &BTreeSet<(&str, &str)>,
    stands: &mut BTreeMap<(&'a str, &'a str), Stand>,
) {
    let Transfer { sku, quantity, at_ms, .. } = transfer;
    let counts = |site: &str, holder: &str, condition: &str| {
        let in_pool = holder.starts_with("bin_") || pooled.contains(&(site, holder));
        !site.is_empty() && condition == "sellable" && in_pool
    };
    let mut change = |site: &'a str, goods: i64, promises: i64| {
        let stand = stands.entry((site, sku)).or_default();
        stand.changes.push((*at_ms, goods, promises));
    };
    match transfer.kind {
        TransferKind::Pending => change(&transfer.from_site, 0, *quantity),
        TransferKind::Void => {
            change(&transfer.to_site, 0, -quantity);
            if transfer.reason == "broken" {
                stands.entry((&transfer.to_site, sku)).or_default().broken += quantity;
            }
        }
        TransferKind::Post | TransferKind::Move => {
            let post = transfer.kind == TransferKind::Post;
            let leaves = counts(&transfer.from_site, &transfer.from_holder, &transfer.condition);
            let comes = counts(&transfer.to_site, &transfer.to_holder, &transfer.to_condition);
            let same_site = transfer.from_site == transfer.to_site;
            if leaves {
                change(&transfer.from_site, -quantity, 0);
            }
            if comes {
                change(&transfer.to_site, *quantity, 0);
            }
            if post {
                change(&transfer.from_site, 0, -quantity);
            } else if leaves && !(comes && same_site) {
                stands.entry((&transfer.from_site, sku)).or_default().vanished += quantity;
            }
        }
    }
}

/// The largest excess of promises over goods that stood longer than
/// `SETTLE_MS`, or stands at the end.
fn lasting_deficit(changes: &mut [(i64, i64, i64)]) -> i64 {
    changes.sort_unstable();
    let (mut goods, mut promises, mut worst) = (0, 0, 0);
    // Moments at which the deficit rose above a level, lowest level first.
    let mut open: Vec<(i64, i64)> = Vec::new();
    let mut index = 0;
    while index < changes.len() {
        let moment = changes[index].0;
        while index < changes.len() && changes[index].0 == moment {
            goods += changes[index].1;
            promises += changes[index].2;
            index += 1;
        }
        let deficit: i64 = promises - goods;
        let floor = deficit.max(0);
        while let Some(&(since, level)) = open.last() {
            if level <= floor {
                break;
            }
            if moment - since > SETTLE_MS {
                worst = worst.max(level);
            }
            open.pop();
            let below = open.last().map_or(0, |&(_, level)| level);
            if below < floor {
                open.push((since, floor));
            }
        }
        if floor > open.last().map_or(0, |&(_, level)| level) {
            open.push((moment, floor));
        }
    }
    worst.max(open.last().map_or(0, |&(_, level)| level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_deficit_is_a_matter_of_clocks_a_long_one_is_not() {
        let hold_before_goods = |goods_at| vec![(0, 0, 3), (goods_at, 5, 0)];
        assert_eq!(lasting_deficit(&mut hold_before_goods(500)), 0);
        assert_eq!(lasting_deficit(&mut hold_before_goods(SETTLE_MS + 1)), 3);
        assert_eq!(lasting_deficit(&mut [(0, 5, 0), (1, 0, 7)]), 2);
    }

    #[test]
    fn only_the_level_that_lasts_is_counted() {
        // 3 too many for a moment, 1 too many for long, then mended.
        let mut changes = [(0, 0, 3), (1_000, 2, 0), (SETTLE_MS * 3, 1, 0)];
        assert_eq!(lasting_deficit(&mut changes), 1);
        let mut never = [(0, 4, 0), (0, 0, 4), (9, -1, -1), (SETTLE_MS * 9, -3, -3)];
        assert_eq!(lasting_deficit(&mut never), 0);
    }
}
