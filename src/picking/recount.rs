//! A bin holds less than its open picks were promised, though other bins of the
//! site cover it; or more than the books say, since a picker has the goods in hand.
//! Deliberately absent: promises; the ledger broke those that nothing covers.

use std::collections::BTreeMap;

use super::{model::*, rows, scan::end_empty, short::elsewhere};
use crate::{
    event::Event,
    kernel::*,
    stock::{self, Account, Condition, Goods},
    store::Tx,
};

/// The reason in the books when a hand took what was not there.
pub const FOUND_AT_PICK: &str = "found_at_pick";

/// The goods a pick is for.
pub(super) fn goods_of(pick: &Pick) -> Goods {
    Goods {
        sku: pick.sku,
        lot: pick.lot.clone(),
        serial: pick.serial.clone(),
        expiry: pick.expiry.clone(),
        condition: Condition::Sellable,
    }
}

/// A bin was counted and less was found: picks it no longer covers are served from
/// elsewhere. What somebody has in hand already stays his, then the oldest picks.
pub async fn recounted(tx: &mut Tx, bin: BinId) -> Result<(), Stop> {
    let mut picks = rows::open_picks_in(tx.sql(), bin).await?;
    picks.sort_by_key(|pick| (pick.counted == 0, pick.id));
    let mut there: BTreeMap<Goods, i64> = BTreeMap::new();
    for pick in picks {
        let goods = goods_of(&pick);
        if !there.contains_key(&goods) {
            let quantity = stock::quantity(tx.sql(), Account::bin(pick.site, bin), &goods).await?;
            there.insert(goods.clone(), quantity);
        }
        let left = there.entry(goods).or_default();
        let kept = pick.left().min((*left).max(pick.counted));
        *left -= kept;
        if kept < pick.left() {
            move_on(tx, pick, kept).await?;
        }
    }
    Ok(())
}

/// A lot may not be sold any more: open picks of it in a bin, also one in hand, are
/// served from elsewhere, and a task that has nothing left to do ends.
pub async fn lot_stopped(tx: &mut Tx, bin: BinId, sku: SkuId, lot: &str) -> Result<(), Stop> {
    for mut pick in rows::open_picks_in(tx.sql(), bin).await? {
        if pick.sku == sku && pick.lot == lot {
            pick.counted = 0;
            move_on(tx, pick, 0).await?;
        }
    }
    Ok(())
}

/// Leaves `kept` of a pick where it is, and serves the rest from elsewhere.
async fn move_on(tx: &mut Tx, mut pick: Pick, kept: i64) -> Result<(), Stop> {
    let gone = pick.left() - kept;
    pick.quantity -= gone;
    if pick.left() == 0 {
        pick.state = if pick.picked > 0 { PickState::Done } else { PickState::Cancelled };
    }
    rows::save_pick(tx.sql(), &pick).await?;
    let Some(batch) = rows::batch_by_id(tx.sql(), pick.batch).await? else { return Ok(()) };
    elsewhere(tx, &batch, &pick, gone).await?;
    end_empty(tx, &batch).await
}

/// A picker holds what the bin should not have: the goods are found, first among
/// those missing from this bin. Fact, if so: `stock.adjusted`.
pub(super) async fn found_in_hand(tx: &mut Tx, pick: &Pick) -> Result<(), Stop> {
    let (goods, at) = (goods_of(pick), Account::bin(pick.site, pick.bin));
    let there = stock::quantity(tx.sql(), at, &goods).await?;
    let lacking = pick.counted - there;
    if lacking <= 0 {
        return Ok(());
    }
    let lost = goods.turned(Condition::Missing);
    let back = stock::quantity(tx.sql(), at, &lost).await?.min(lacking);
    if back > 0 {
        stock::turn(tx, &lost, back, at, Condition::Sellable, FOUND_AT_PICK, pick.id.to_string()).await?;
        let (sku, site, holder) = (pick.sku, pick.site, pick.bin.to_string());
        tx.emit(Event::StockAdjusted { sku, site, holder, change: back, reason: FOUND_AT_PICK.to_owned() });
    }
    if lacking > back {
        stock::count(tx, &goods, at, pick.counted, FOUND_AT_PICK, pick.id.to_string()).await?;
    }
    Ok(())
}
