//! Does the ledger add up? Replays every transfer and compares.

use super::Verdict;
use super::facts::{Balance, Evidence, Transfer, TransferKind};
use std::collections::BTreeMap;

/// Site, holder, article, lot, serial, condition.
type Account<'a> = [&'a str; 6];

pub fn check(evidence: &Evidence, verdict: &mut Verdict) {
    compare_with_replay(evidence, verdict);
    sum_to_zero(&evidence.balances, verdict);
    nothing_below_zero(&evidence.balances, verdict);
    pools_mirror_accounts(evidence, verdict);
    holds_mirror_transfers(evidence, verdict);
}

fn debit(transfer: &Transfer) -> Account<'_> {
    let Transfer { from_site, from_holder, sku, lot, serial, condition, .. } = transfer;
    [from_site, from_holder, sku, lot, serial, condition]
}

fn credit(transfer: &Transfer) -> Account<'_> {
    let Transfer { to_site, to_holder, sku, lot, serial, to_condition, .. } = transfer;
    [to_site, to_holder, sku, lot, serial, to_condition]
}

fn compare_with_replay(evidence: &Evidence, verdict: &mut Verdict) {
    let mut expected: BTreeMap<Account, i64> = BTreeMap::new();
    for transfer in evidence.transfers.iter().filter(|t| t.kind.moves_goods()) {
        *expected.entry(debit(transfer)).or_default() -= transfer.quantity;
        *expected.entry(credit(transfer)).or_default() += transfer.quantity;
    }
    let mut stated: BTreeMap<Account, i64> = BTreeMap::new();
    for balance in &evidence.balances {
        let Balance { site, holder, sku, lot, serial, condition, .. } = balance;
        let account: Account = [site, holder, sku, lot, serial, condition];
        *stated.entry(account).or_default() += balance.quantity;
    }
    let mut accounts: Vec<_> = expected.keys().chain(stated.keys()).copied().collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        let replayed = expected.get(&account).copied().unwrap_or(0);
        let told = stated.get(&account).copied().unwrap_or(0);
        if replayed != told {
            verdict.ledger_imbalance += (replayed - told).abs();
            let detail = format!("{} holds {told} by its balance, {replayed} by the transfers", account.join("/"));
            verdict.find("ledger.replay_differs", account[1], detail);
        }
    }
}

fn sum_to_zero(balances: &[Balance], verdict: &mut Verdict) {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for balance in balances {
        *sums.entry(&balance.sku).or_default() += balance.quantity;
    }
    for (sku, sum) in sums {
        if sum != 0 {
            verdict.ledger_imbalance += sum.abs();
            verdict.find("ledger.unbalanced", sku, format!("all accounts sum to {sum}"));
        }
    }
}

/// Only the outside world may owe goods.
fn nothing_below_zero(balances: &[Balance], verdict: &mut Verdict) {
    for balance in balances {
        if balance.quantity < 0 && !balance.site.is_empty() {
            let detail = format!("{} of {}", balance.quantity, balance.sku);
            verdict.find("ledger.below_zero", &balance.holder, detail);
        }
    }
}

fn pools_mirror_accounts(evidence: &Evidence, verdict: &mut Verdict) {
    let mut on_hand: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for balance in &evidence.balances {
        if balance.pooled && balance.condition == "sellable" {
            *on_hand.entry((&balance.site, &balance.sku)).or_default() += balance.quantity;
        }
    }
    let mut held: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for hold in &evidence.holds {
        *held.entry((&hold.site, &hold.sku)).or_default() += hold.open() - hold.pledged;
    }
    for pool in &evidence.pools {
        let key = (pool.site.as_str(), pool.sku.as_str());
        let goods = on_hand.remove(&key).unwrap_or(0);
        let promised = held.remove(&key).unwrap_or(0);
        if (goods, promised) != (pool.on_hand, pool.held) {
            let detail = format!(
                "{} says {} on hand and {} held; accounts say {goods}, holds say {promised}",
                pool.site, pool.on_hand, pool.held
            );
            verdict.find("ledger.pool_differs", &pool.sku, detail);
        }
    }
    let without_pool = on_hand.into_iter().chain(held).filter(|&(_, quantity)| quantity != 0);
    for ((site, sku), quantity) in without_pool {
        verdict.find("ledger.pool_differs", sku, format!("{site} has {quantity} and no pool"));
    }
}

fn holds_mirror_transfers(evidence: &Evidence, verdict: &mut Verdict) {
    let mut seen: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for transfer in &evidence.transfers {
        let Some(hold) = &transfer.hold else { continue };
        let column = match transfer.kind {
            TransferKind::Pending => 0,
            TransferKind::Post => 1,
            TransferKind::Void => 2,
            TransferKind::Move => continue,
        };
        seen.entry(hold).or_default()[column] += transfer.quantity;
    }
    for hold in &evidence.holds {
        let told = [hold.quantity, hold.posted, hold.released];
        let found = seen.remove(hold.id.as_str()).unwrap_or_default();
        if told != found || hold.open() < 0 {
            let detail = format!("reserved, posted, released: told {told:?}, transfers say {found:?}");
            verdict.find("ledger.hold_differs", &hold.id, detail);
        }
    }
    for (hold, found) in seen {
        verdict.find("ledger.hold_differs", hold, format!("no such hold, but transfers {found:?}"));
    }
}
