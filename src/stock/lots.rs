//! Lots: which may not be sold, where goods of one lie, where they came from and who
//! got them; and how long goods must last after their delivery. Deliberately absent:
//! why a lot is stopped, and what follows for orders; recalls say that.

use super::{model::*, movement, rows};
use crate::{kernel::*, store::Tx};

/// Stops a lot: what is sellable or on hold of it in bins becomes `condition`, and so
/// does whatever would become sellable later. Promises that are no longer covered
/// break. Returns the places with how many. Facts: `inventory.changed`, `hold.broken`.
pub async fn stop_lot(
    tx: &mut Tx,
    sku: SkuId,
    lot: &str,
    condition: Condition,
    reference: &str,
) -> Result<Vec<(Account, i64)>, Stop> {
    rows::block_lot(tx.sql(), sku, lot, condition).await?;
    turn_lot(tx, sku, lot, |was| was == Condition::Sellable, condition, ("lot_stopped", reference)).await
}

/// Lets a lot go on: what was stopped of it may be sold again.
pub async fn free_lot(
    tx: &mut Tx,
    sku: SkuId,
    lot: &str,
    condition: Condition,
    reference: &str,
) -> Result<Vec<(Account, i64)>, Stop> {
    rows::unblock_lot(tx.sql(), sku, lot).await?;
    turn_lot(tx, sku, lot, |was| was == condition, Condition::Sellable, ("lot_freed", reference)).await
}

async fn turn_lot(
    tx: &mut Tx,
    sku: SkuId,
    lot: &str,
    which: impl Fn(Condition) -> bool,
    becomes: Condition,
    (reason, reference): (&'static str, &str),
) -> Result<Vec<(Account, i64)>, Stop> {
    let mut turned = Vec::new();
    for balance in rows::of_lot(tx.sql(), sku, lot).await? {
        // Goods in totes and boxes of orders are looked after one by one.
        if !which(balance.goods.condition) || !balance.pooled {
            continue;
        }
        let (Ok(site), Ok(holder)) = (balance.site.parse(), balance.holder.parse()) else { continue };
        let at = Account { site: Some(site), holder, pooled: true };
        movement::turn(tx, &balance.goods, balance.quantity, at, becomes, reason, reference.to_owned()).await?;
        turned.push((at, balance.quantity));
    }
    Ok(turned)
}

/// `YYMMDD` of a moment, UTC.
pub fn yymmdd(at: Time) -> String {
    let day = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default();
    day.strftime("%y%m%d").to_string()
}

/// True if goods of a lot still last so many days after a moment; a lot without a date
/// always does.
pub fn lasts(expiry: &str, from: Time, days: i64) -> bool {
    expiry.is_empty() || expiry >= yymmdd(from.plus_ms(days * DAY_MS)).as_str()
}

const DAY_MS: i64 = 24 * 3_600_000;

/// How many days goods of an article must last after their promise.
pub async fn least_days(sql: &mut crate::store::Sql, sku: SkuId) -> Result<i64, Fault> {
    rows::least_days(sql, sku).await
}

/// Says how many days goods of an article must last after their promise.
pub async fn set_least_days(tx: &mut Tx, sku: SkuId, days: i64) -> Result<(), Stop> {
    if !(0..=3_650).contains(&days) {
        return Err(Refusal::BadDays { days }.into());
    }
    Ok(rows::set_least_days(tx.sql(), sku, days).await?)
}

/// Takes goods out of sale that would not last long enough even if they were delivered
/// today: they are promised to nobody, and who was promised them is served anew.
/// Returns how many. Facts: `inventory.changed`, `hold.broken`.
pub async fn expire_lots(tx: &mut Tx) -> Result<i64, Stop> {
    let now = tx.now();
    let mut gone = 0;
    for (balance, days) in rows::dated(tx.sql()).await? {
        if lasts(&balance.goods.expiry, now, days) {
            continue;
        }
        let (Ok(site), Ok(holder)) = (balance.site.parse(), balance.holder.parse()) else { continue };
        let at = Account { site: Some(site), holder, pooled: true };
        let becomes = Condition::Expired;
        movement::turn(tx, &balance.goods, balance.quantity, at, becomes, "short_dated", String::new()).await?;
        gone += balance.quantity;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_lasts_until_its_day_and_the_days_promised() {
        let noon = Time::from_ms(1_795_435_200_000);
        assert_eq!(yymmdd(noon), "261123");
        assert!(lasts("261123", noon, 0) && lasts("", noon, 99));
        assert!(!lasts("261122", noon, 0) && !lasts("261125", noon, 3) && lasts("261126", noon, 3));
    }
}
