//! A parcel's goods on their way: from the site to a carrier's account, on to the
//! shopper, or back. Called by the last mile in its own transactions. Deliberately
//! absent: proof and attempts.

use super::{model::*, rows};
use crate::{
    kernel::*,
    orders,
    stock::{self, Account, Balance, Condition, Holder, Movement},
    store::{Sql, Tx},
};

/// What is in a parcel, wherever it is now.
pub async fn contents(sql: &mut Sql, parcel: ParcelId) -> Result<Vec<CartonLine>, Fault> {
    rows::lines(sql, parcel).await
}

async fn find(tx: &mut Tx, parcel: ParcelId) -> Result<Carton, Stop> {
    match rows::carton(tx.sql(), parcel).await? {
        Some(carton) => Ok(carton),
        None => Err(Refusal::Unknown { parcel }.into()),
    }
}

async fn units_of(tx: &mut Tx, parcel: ParcelId) -> Result<Vec<(LineId, i64)>, Stop> {
    Ok(rows::lines(tx.sql(), parcel).await?.iter().map(|line| (line.line, line.packed)).collect())
}

/// The parcel leaves with a load: its goods go to the carrier's account. Guard: it
/// is closed, and leaves once. When it is the part's last, the part is shipped.
pub async fn depart(tx: &mut Tx, parcel: ParcelId, load: LoadId) -> Result<(), Stop> {
    let carton = find(tx, parcel).await?;
    if !rows::step(tx.sql(), parcel, CartonState::Closed, CartonState::Departed, Some(load)).await? {
        return Err(Refusal::NotNow { state: carton.state }.into());
    }
    let from = Account::bound(carton.site, carton.unit);
    let to = Account::outside(Holder::Carrier(load));
    for balance in stock::contents(tx.sql(), Holder::Unit(carton.unit)).await? {
        shift(tx, balance, from, to, Condition::Sellable, "departed", parcel).await?;
    }
    let left = rows::cartons_of(tx.sql(), carton.fulfilment).await?;
    let last = left.iter().all(|one| {
        !matches!(one.state, CartonState::Planned | CartonState::Open | CartonState::Weighed | CartonState::Closed)
    });
    let units = units_of(tx, parcel).await?;
    orders::shipped(tx, carton.fulfilment, &units, last).await
}

async fn shift(
    tx: &mut Tx,
    balance: Balance,
    from: Account,
    to: Account,
    becomes: Condition,
    reason: &'static str,
    parcel: ParcelId,
) -> Result<(), Stop> {
    let (goods, quantity) = (balance.goods, balance.quantity);
    let movement = Movement { goods, quantity, from, to, becomes, reason, reference: parcel.to_string() };
    stock::relocate(tx, &movement).await
}

/// What a parcel took along, by the ledger: a carrier's account holds the goods of
/// all its parcels, so the transfers of departure tell whose they are.
async fn taken(tx: &mut Tx, carton: &Carton) -> Result<Vec<Balance>, Stop> {
    Ok(stock::moved(tx.sql(), &carton.parcel.to_string(), "departed").await?)
}

/// Handed over at the door or counter: the goods are the shopper's. Guard: once.
pub async fn hand_over(tx: &mut Tx, parcel: ParcelId, load: LoadId) -> Result<(), Stop> {
    let carton = find(tx, parcel).await?;
    if !rows::step(tx.sql(), parcel, CartonState::Departed, CartonState::Delivered, None).await? {
        return Err(Refusal::NotNow { state: carton.state }.into());
    }
    let from = Account::outside(Holder::Carrier(carton.load.unwrap_or(load)));
    let to = Account::outside(Holder::Customer);
    for balance in taken(tx, &carton).await? {
        shift(tx, balance, from, to, Condition::Sellable, "delivered", parcel).await?;
    }
    let units = units_of(tx, parcel).await?;
    let order = part_order(tx, carton.fulfilment).await?;
    orders::delivered(tx, order, &units).await
}

/// The parcel is back at a site undelivered: its goods stand there, waiting to be
/// graded. Guard: once.
pub async fn bring_back(tx: &mut Tx, parcel: ParcelId, site: SiteId) -> Result<(), Stop> {
    let carton = find(tx, parcel).await?;
    let Some(load) = carton.load else { return Err(Refusal::NotNow { state: carton.state }.into()) };
    if !rows::step(tx.sql(), parcel, CartonState::Departed, CartonState::Returned, None).await? {
        return Err(Refusal::NotNow { state: carton.state }.into());
    }
    let from = Account::outside(Holder::Carrier(load));
    let to = Account::unit(site, carton.unit);
    for balance in taken(tx, &carton).await? {
        shift(tx, balance, from, to, Condition::Returned, "returned", parcel).await?;
    }
    let units = units_of(tx, parcel).await?;
    let order = part_order(tx, carton.fulfilment).await?;
    orders::returned(tx, order, &units).await
}

async fn part_order(tx: &mut Tx, fulfilment: FulfilmentId) -> Result<OrderId, Stop> {
    match orders::fulfilment(tx.sql(), fulfilment).await? {
        Some(part) => Ok(part.order),
        None => Err(Fault::new("a parcel without its fulfilment").into()),
    }
}
