//! SQL of many counts at once.

use std::collections::BTreeMap;

use super::{
    bulk::{lock_pools, told},
    site_text,
};
use crate::{
    kernel::*,
    stock::model::*,
    store::{
        Tx,
        bulk::{Column, Sheet},
    },
};

const PLACES: &[Column] = &[
    Column::Int("n"),
    Column::Text("of_site"),
    Column::Text("of_holder"),
    Column::Text("of_sku"),
    Column::Text("of_lot"),
    Column::Text("of_serial"),
    Column::Text("of_condition"),
];

fn place(sheet: &mut Sheet, n: i64, at: Account, goods: &Goods) {
    sheet.int(n).plain(site_text(at.site)).plain(at.holder).plain(goods.sku).text(&goods.lot).text(&goods.serial);
    sheet.plain(goods.condition.as_str());
}

/// What is believed to be in each of many accounts, in their order.
pub(in crate::stock) async fn quantities(tx: &mut Tx, asked: &[Counted]) -> Result<Vec<i64>, Fault> {
    let mut sheet = Sheet::new(tx.engine(), PLACES);
    for (n, one) in (0..).zip(asked) {
        place(&mut sheet, n, one.at, &one.goods);
    }
    let text = "SELECT CAST(x.n AS BIGINT), b.quantity FROM {x} JOIN balances b ON b.site = x.of_site \
                AND b.holder = x.of_holder AND b.sku = x.of_sku AND b.lot = x.of_lot AND b.serial = x.of_serial \
                AND b.condition = x.of_condition AND b.owner = 'house'";
    let mut found = vec![0; asked.len()];
    for (n, quantity) in sheet.gather::<(usize, i64)>(tx.sql(), text).await? {
        if let Some(slot) = found.get_mut(n) {
            *slot = quantity;
        }
    }
    Ok(found)
}

const BALANCES: &[Column] = &[
    Column::Text("site"),
    Column::Text("holder"),
    Column::Text("sku"),
    Column::Text("lot"),
    Column::Text("serial"),
    Column::Text("condition"),
    Column::Text("owner"),
    Column::Int("pooled"),
    Column::Text("expiry"),
    Column::Int("quantity"),
];
const ADD: &str = "ON CONFLICT (site, holder, sku, lot, serial, condition, owner) DO UPDATE SET \
    quantity = balances.quantity + excluded.quantity, pooled = excluded.pooled";

fn balance(sheet: &mut Sheet, at: Account, goods: &Goods, n: i64) {
    sheet.plain(site_text(at.site)).plain(at.holder).plain(goods.sku).text(&goods.lot).text(&goods.serial);
    sheet.plain(goods.condition.as_str()).plain(HOUSE).int(i64::from(at.pooled)).text(&goods.expiry).int(n);
}

/// Grows and shrinks accounts. The shrinking ones are updated: an upsert would check
/// the row to be inserted, and refuse a negative one.
pub(in crate::stock) async fn shift_balances(tx: &mut Tx, changes: &[(&Counted, i64)]) -> Result<(), Fault> {
    let (mut more, mut less) = (Sheet::new(tx.engine(), BALANCES), Sheet::new(tx.engine(), PLACES));
    for (one, change) in changes {
        if *change > 0 {
            balance(&mut more, one.at, &one.goods, *change);
        } else {
            place(&mut less, -change, one.at, &one.goods);
        }
    }
    let wanted = u64::try_from(less.len()).unwrap_or(u64::MAX);
    let shrink = "UPDATE balances SET quantity = balances.quantity - x.n FROM {x} WHERE balances.site = x.of_site \
                  AND balances.holder = x.of_holder AND balances.sku = x.of_sku AND balances.lot = x.of_lot \
                  AND balances.serial = x.of_serial AND balances.condition = x.of_condition \
                  AND balances.owner = 'house' AND balances.quantity >= x.n";
    if less.run(tx.sql(), shrink).await? != wanted {
        let mut fault = Fault::new("goods moved while they were counted");
        fault.retryable = true;
        return Err(fault);
    }
    more.upsert(tx.sql(), "balances", ADD).await?;
    Ok(())
}

/// The other side of counts: goods that vanished or were found.
pub(in crate::stock) async fn credit_lost(tx: &mut Tx, lost: &BTreeMap<&Goods, i64>) -> Result<(), Fault> {
    let mut sheet = Sheet::new(tx.engine(), BALANCES);
    for (goods, n) in lost.iter().filter(|(_, n)| **n != 0) {
        balance(&mut sheet, Account::outside(Holder::Loss), goods, *n);
    }
    sheet.upsert(tx.sql(), "balances", ADD).await?;
    Ok(())
}

const POOLS: &[Column] = &[
    Column::Text("site"),
    Column::Text("sku"),
    Column::Text("channel"),
    Column::Int("on_hand"),
    Column::Int("held"),
    Column::Int("version"),
];
const KEYS: &[Column] = &[Column::Text("of_site"), Column::Text("of_sku"), Column::Int("n")];

fn keyed(tx: &Tx, pools: &BTreeMap<(SiteId, SkuId), i64>) -> Sheet {
    let mut sheet = Sheet::new(tx.engine(), KEYS);
    for ((site, sku), n) in pools {
        sheet.plain(site).plain(sku).int(*n);
    }
    sheet
}

/// Pools by their keys, kept from other writers until the transaction ends.
pub(in crate::stock) async fn pools_locked(
    tx: &mut Tx,
    pools: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<Vec<Pool>, Fault> {
    lock_pools(tx, pools.keys()).await?;
    read_pools(tx, pools).await
}

async fn read_pools(tx: &mut Tx, pools: &BTreeMap<(SiteId, SkuId), i64>) -> Result<Vec<Pool>, Fault> {
    let text = "SELECT p.site, p.sku, p.on_hand, p.held, p.version FROM {x} JOIN pools p \
                ON p.site = x.of_site AND p.sku = x.of_sku AND p.channel = '*'";
    Ok(keyed(tx, pools).gather(tx.sql(), text).await?.into_iter().map(told).collect())
}

/// Grows or shrinks many pools; those that are not there yet are made.
pub(in crate::stock) async fn grow_pools(
    tx: &mut Tx,
    pools: &BTreeMap<(SiteId, SkuId), i64>,
) -> Result<Vec<Pool>, Fault> {
    let mut fresh = Sheet::new(tx.engine(), POOLS);
    for (site, sku) in pools.keys() {
        fresh.plain(site).plain(sku).plain("*").int(0).int(0).int(0);
    }
    fresh.upsert(tx.sql(), "pools", "ON CONFLICT (site, sku, channel) DO NOTHING").await?;
    let text = "UPDATE pools SET on_hand = pools.on_hand + x.n, version = pools.version + 1 FROM {x} \
                WHERE pools.site = x.of_site AND pools.sku = x.of_sku AND pools.channel = '*'";
    keyed(tx, pools).run(tx.sql(), text).await?;
    read_pools(tx, pools).await
}
