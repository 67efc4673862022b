//! Reserving, posting and giving back: the two-phase half of the ledger.
//! Deliberately absent: any choice of bin.

use super::{
    model::*,
    movement::{self, announce},
    rows,
};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::{Tx, roll},
};

/// Reserves goods of a site for a line. Guard: enough is available, decided by
/// one conditional update. Effect: pool, hold, pending transfer.
/// Facts: `hold.placed`, `inventory.changed`.
pub async fn reserve(tx: &mut Tx, want: &Want) -> Result<HoldId, Stop> {
    let quantity = checked(want.quantity)?;
    let Some(pool) = rows::take_from_pool(tx.sql(), want.site, want.sku, quantity).await? else {
        let available = rows::pool(tx.sql(), want.site, want.sku).await?.map_or(0, |pool| pool.available());
        return Err(Refusal::Short { sku: want.sku, wanted: quantity, available_quantity: available }.into());
    };
    let hold = tx.id::<kind::Hold>();
    let now = tx.now();
    rows::add_hold(tx.sql(), hold, want, None).await?;
    rows::add_pending(tx, hold, want, POOL, now).await?;
    if let Some(expires_at) = want.expires_at {
        tx.later(Chore::ExpireHold, hold, expires_at).await?;
    }
    let Want { order, line, site, sku, .. } = *want;
    tx.emit(Event::HoldPlaced { order, line, hold, site, sku, quantity });
    announce(tx, pool);
    Ok(hold)
}

/// Posts part of a hold: goods go from a bin into a tote or carton bound to the
/// order. Guard: the hold covers it and the goods are there.
pub async fn pick(tx: &mut Tx, hold: HoldId, movement: &Movement) -> Result<(), Stop> {
    let quantity = checked(movement.quantity)?;
    if !rows::post_hold(tx.sql(), hold, quantity).await? {
        return Err(Refusal::NotHeld { hold, wanted: quantity }.into());
    }
    movement::shift(tx, movement, TransferKind::Post, Some(hold)).await
}

/// Gives part of a hold back: exactly what it still reserves, at most
/// `quantity`; what is not here yet goes first. Returns how much that was. Facts:
/// `hold.released`, `inventory.changed`.
pub async fn release(tx: &mut Tx, hold: HoldId, quantity: i64, reason: &'static str) -> Result<i64, Stop> {
    let Some(held) = rows::holds_locked(tx, &[hold]).await?.into_iter().next() else {
        return Err(Refusal::NoHold { hold }.into());
    };
    let given_back = held.open().min(quantity);
    if given_back <= 0 {
        return Ok(0);
    }
    let pledged = held.pledged.min(given_back);
    give_back(tx, &held, (pledged, given_back - pledged), reason).await?;
    let Hold { order, line, site, sku, .. } = held;
    tx.emit(Event::HoldReleased { order, line, hold, site, sku, quantity: given_back, reason: reason.to_owned() });
    Ok(given_back)
}

/// Lapses a hold whose time has come; one that was kept or closed is left alone.
pub async fn expire(tx: &mut Tx, hold: HoldId) -> Result<i64, Stop> {
    let now = tx.now();
    match rows::hold_by_id(tx.sql(), hold).await? {
        Some(held) if held.expires_at.is_some_and(|at| at <= now) => release(tx, hold, held.open(), "expired").await,
        // Its time was extended: looked at again then.
        Some(Hold { expires_at: Some(at), state: HoldState::Open, .. }) => {
            tx.later(Chore::ExpireHold, hold, at).await?;
            Ok(0)
        }
        _ => Ok(0),
    }
}

/// A hold that is nobody's order and whose time is not over, kept from other writers
/// until this transaction ends.
pub async fn free_standing(tx: &mut Tx, hold: HoldId) -> Result<Hold, Stop> {
    let found = rows::holds_locked(tx, &[hold]).await?.into_iter().next();
    let held = found.ok_or(Refusal::NoHold { hold })?;
    if held.purpose == Purpose::Order {
        return Err(Refusal::OrdersOwn { hold }.into());
    }
    let now = tx.now();
    if held.state == HoldState::Closed || held.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::Lapsed { hold }.into());
    }
    Ok(held)
}

/// Gives a free-standing hold more time. Guard: it has not lapsed.
pub async fn extend(tx: &mut Tx, hold: HoldId, expires_at: Time) -> Result<(), Stop> {
    free_standing(tx, hold).await?;
    rows::set_expiry(tx.sql(), hold, expires_at).await?;
    Ok(tx.later(Chore::ExpireHold, hold, expires_at).await?)
}

/// Hands goods of a free-standing hold over a counter: from the site's bins to the
/// customer, first expired first. Guards: the hold has not lapsed and covers it; the
/// bins have it.
pub async fn hand_over(tx: &mut Tx, hold: HoldId, quantity: i64, reference: &str) -> Result<(), Stop> {
    let held = free_standing(tx, hold).await?;
    let quantity = checked(quantity)?;
    if held.open() < quantity {
        return Err(Refusal::NotHeld { hold, wanted: quantity }.into());
    }
    for movement in over_the_counter(tx, held.site, held.sku, quantity, reference).await? {
        pick(tx, hold, &movement).await?;
    }
    Ok(())
}

/// Books what a shop's till sold without asking: it is gone, so it always posts, and
/// the latest promises that it took the goods from break. Guard: the books know of
/// so many at the site.
pub async fn sold(tx: &mut Tx, site: SiteId, sku: SkuId, quantity: i64, reference: &str) -> Result<(), Stop> {
    for movement in over_the_counter(tx, site, sku, checked(quantity)?, reference).await? {
        movement::relocate(tx, &movement).await?;
    }
    Ok(())
}

/// From which bins goods go to the customer, first expired first.
async fn over_the_counter(
    tx: &mut Tx,
    site: SiteId,
    sku: SkuId,
    quantity: i64,
    reference: &str,
) -> Result<Vec<Movement>, Stop> {
    let mut left = quantity;
    let mut movements = Vec::new();
    for balance in rows::in_bins(tx.sql(), site, sku).await? {
        let (n, Ok(bin)) = (balance.quantity.min(left), balance.holder.parse::<BinId>()) else { continue };
        if n > 0 {
            left -= n;
            let (from, to) = (Account::bin(site, bin), Account::outside(Holder::Customer));
            let (becomes, reference) = (Condition::Sellable, reference.to_owned());
            movements.push(Movement {
                goods: balance.goods,
                quantity: n,
                from,
                to,
                becomes,
                reason: "sold",
                reference,
            });
        }
    }
    if left > 0 {
        return Err(Refusal::NotThere { holder: site.to_string(), sku, wanted: quantity }.into());
    }
    Ok(movements)
}

/// The promise that a hold serves moved.
pub async fn promise_at(tx: &mut Tx, hold: HoldId, promised_by: Time) -> Result<(), Fault> {
    rows::set_promise(tx.sql(), hold, promised_by).await
}

/// Takes the expiry off the holds of an order: it is accepted.
pub async fn keep(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    Ok(rows::keep_holds(tx.sql(), order).await?)
}

/// Breaks as many promises as goods are missing: `excess` more are held than
/// will be on hand. The latest promise goes first. Facts: `hold.broken`.
pub(super) async fn break_holds(tx: &mut Tx, site: SiteId, sku: SkuId, excess: i64) -> Result<(), Stop> {
    // The latest promises may still be on the roll.
    roll::post_within(tx, sku).await?;
    let open = rows::open_holds(tx.sql(), site, sku).await?;
    for (hold, cut) in to_break(open, excess, Hold::covered) {
        give_back(tx, &hold, (0, cut), "broken").await?;
        let Hold { order, line, id, site, sku, .. } = hold;
        tx.emit(Event::HoldBroken { order, line, hold: id, site, sku, quantity: cut });
    }
    Ok(())
}

/// Gives back so much of what is not here yet, and so much of what is on hand.
pub(super) async fn give_back(
    tx: &mut Tx,
    hold: &Hold,
    (pledged, covered): (i64, i64),
    reason: &'static str,
) -> Result<(), Stop> {
    if !rows::release_hold(tx.sql(), hold.id, pledged, covered).await? {
        return Err(Refusal::NotHeld { hold: hold.id, wanted: pledged + covered }.into());
    }
    let now = tx.now();
    if let Some(supply) = hold.supply.filter(|_| pledged > 0) {
        rows::unpledge(tx.sql(), supply, hold.sku, pledged).await?;
        rows::add_void(tx, hold, pledged, (ANNOUNCED, reason), now).await?;
    }
    if covered == 0 {
        return Ok(());
    }
    let pool = rows::give_to_pool(tx.sql(), hold.site, hold.sku, covered).await?;
    rows::add_void(tx, hold, covered, (POOL, reason), now).await?;
    announce(tx, pool);
    Ok(())
}
