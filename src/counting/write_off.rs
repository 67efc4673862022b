//! Giving goods up: what is missing and was not found, what is damaged beyond use.
//! Deliberately absent: sellable goods; they are counted, and a count books what is
//! gone by itself.

use super::model::*;
use crate::{
    kernel::*,
    stock::{self, Account, Condition},
    store::Tx,
};

/// Books goods of one article and condition at a site as lost for good; who does it
/// stands beside the transfer. Returns how many that was. Guard: not sellable, and
/// as many there as asked for. Fact: `stock.adjusted`.
pub async fn write_off(tx: &mut Tx, loss: &WriteOff) -> Result<i64, Stop> {
    let WriteOff { site, sku, bin, condition, quantity, reason } = loss;
    if *condition == Condition::Sellable {
        return Err(Refusal::CountInstead.into());
    }
    let wanted = quantity.map(stock::checked).transpose()?;
    let mut there = stock::in_condition(tx.sql(), *site, *sku, *condition).await?;
    there.retain(|balance| match balance.holder.parse::<BinId>() {
        Ok(holder) => bin.is_none_or(|bin| bin == holder),
        Err(_) => false,
    });
    let known: i64 = there.iter().map(|balance| balance.quantity).sum();
    let wanted = wanted.unwrap_or(known);
    if known == 0 || wanted > known {
        return Err(Refusal::NotSoMany { condition: *condition, known, wanted }.into());
    }
    let mut left = wanted;
    for balance in there {
        let (gone, Ok(holder)) = (balance.quantity.min(left), balance.holder.parse::<BinId>()) else { continue };
        if gone > 0 {
            let at = Account::bin(*site, holder);
            stock::count(tx, &balance.goods, at, balance.quantity - gone, reason.as_str(), String::new()).await?;
            left -= gone;
        }
    }
    Ok(wanted)
}
