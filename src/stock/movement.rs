//! Moving goods between accounts, and what follows for the pool. Deliberately
//! absent: permission; the caller of a verb has asked for it.

use super::{hold, model::*, rows};
use crate::{event::Event, kernel::*, store::Tx};

/// Moves goods at once. Guard: they are there. If the pool shrinks below what is
/// held, promises break in this same transaction.
pub async fn relocate(tx: &mut Tx, movement: &Movement) -> Result<(), Stop> {
    checked(movement.quantity)?;
    shift(tx, movement, TransferKind::Move, None).await
}

/// Takes goods in from a supplier.
pub async fn receive(tx: &mut Tx, goods: &Goods, quantity: i64, to: Account, reference: String) -> Result<(), Stop> {
    let from = Account::outside(Holder::Supplier);
    let movement =
        Movement { goods: goods.clone(), quantity, from, to, becomes: goods.condition, reason: "received", reference };
    relocate(tx, &movement).await
}

/// Books what a site had before Cartage came.
pub async fn opening(tx: &mut Tx, goods: &Goods, quantity: i64, to: Account) -> Result<(), Stop> {
    let from = Account::outside(Holder::Supplier);
    let movement = Movement {
        goods: goods.clone(),
        quantity,
        from,
        to,
        becomes: goods.condition,
        reason: "opening",
        reference: String::new(),
    };
    relocate(tx, &movement).await
}

/// Changes the condition of goods in their place.
pub async fn turn(
    tx: &mut Tx,
    goods: &Goods,
    quantity: i64,
    at: Account,
    becomes: Condition,
    reason: &'static str,
    reference: String,
) -> Result<(), Stop> {
    let movement = Movement { goods: goods.clone(), quantity, from: at, to: at, becomes, reason, reference };
    relocate(tx, &movement).await
}

/// Books what a person counted in an account, whatever was believed before: a
/// count always posts. Returns the change. Fact: `stock.adjusted`.
pub async fn count(
    tx: &mut Tx,
    goods: &Goods,
    at: Account,
    counted: i64,
    reason: &'static str,
    reference: String,
) -> Result<i64, Stop> {
    let believed = rows::quantity(tx.sql(), at, goods).await?;
    let change = counted - believed;
    if change == 0 {
        return Ok(0);
    }
    let loss = Account::outside(Holder::Loss);
    let (from, to) = if change > 0 { (loss, at) } else { (at, loss) };
    let movement = Movement {
        goods: goods.clone(),
        quantity: change.abs(),
        from,
        to,
        becomes: goods.condition,
        reason,
        reference,
    };
    relocate(tx, &movement).await?;
    if let Some(site) = at.site {
        let holder = at.holder.to_string();
        tx.emit(Event::StockAdjusted { sku: goods.sku, site, holder, change, reason: reason.to_owned() });
    }
    Ok(change)
}

/// A movement that would make goods of a stopped lot sellable: the same, but they
/// stay out of sale. Goods in totes and boxes of orders are looked after one by one.
async fn stopped(tx: &mut Tx, movement: &Movement) -> Result<Option<Movement>, Stop> {
    let Movement { goods, to, becomes, .. } = movement;
    if goods.lot.is_empty() || *becomes != Condition::Sellable || !to.pooled {
        return Ok(None);
    }
    let block = rows::lot_block(tx.sql(), goods.sku, &goods.lot).await?;
    Ok(block.map(|becomes| Movement { becomes, ..movement.clone() }))
}

/// The one place where goods change accounts: debit, credit, pool, transfer.
pub(super) async fn shift(
    tx: &mut Tx,
    movement: &Movement,
    kind: TransferKind,
    hold: Option<HoldId>,
) -> Result<(), Stop> {
    let stopped = stopped(tx, movement).await?;
    let movement = stopped.as_ref().unwrap_or(movement);
    let Movement { goods, quantity, from, to, becomes, .. } = movement;
    if !rows::debit(tx.sql(), *from, goods, *quantity).await? {
        let holder = from.holder.to_string();
        return Err(Refusal::NotThere { holder, sku: goods.sku, wanted: *quantity }.into());
    }
    let leaving = from.pool_share(goods.condition, *quantity);
    let arriving = to.pool_share(*becomes, *quantity);
    match (from.site, to.site) {
        (Some(site), there) if Some(site) == there => {
            pool_change(tx, site, goods.sku, arriving - leaving, hold).await?
        }
        (from_site, to_site) => {
            if let Some(site) = from_site {
                pool_change(tx, site, goods.sku, -leaving, hold).await?;
            }
            if let Some(site) = to_site {
                pool_change(tx, site, goods.sku, arriving, None).await?;
            }
        }
    }
    rows::credit(tx.sql(), *to, &goods.turned(*becomes), *quantity).await?;
    let (id, now) = (tx.id(), tx.now());
    rows::add_transfer(tx, id, now, movement, kind, hold).await?;
    Ok(())
}

/// Grows or shrinks a pool. A posted hold takes its reservation along; without
/// one, promises that are no longer covered break first.
async fn pool_change(tx: &mut Tx, site: SiteId, sku: SkuId, change: i64, hold: Option<HoldId>) -> Result<(), Stop> {
    if change == 0 {
        return Ok(());
    }
    if change < 0 && hold.is_some() {
        rows::post_from_pool(tx.sql(), site, sku, -change).await?;
        return Ok(());
    }
    if change < 0 {
        let pool = rows::pool_locked(tx, site, sku).await?;
        let excess = pool.map_or(0, |pool| pool.held - (pool.on_hand + change));
        if excess > 0 {
            hold::break_holds(tx, site, sku, excess).await?;
        }
    }
    let pool = rows::grow_pool(tx.sql(), site, sku, change).await?;
    announce(tx, pool);
    Ok(())
}

/// States what may be promised now.
pub(super) fn announce(tx: &mut Tx, pool: Pool) {
    let Pool { site, sku, version, .. } = pool;
    let channel = SHARED_POOL.to_owned();
    tx.emit(Event::InventoryChanged { sku, site, channel, available: pool.available(), version });
}
