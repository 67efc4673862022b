//! What can be done with a unit. Deliberately absent: goods.

use super::{model::*, rows};
use crate::{kernel::*, store::Tx};

/// Registers a unit, or finds the one that has this label already.
pub async fn add(tx: &mut Tx, code: &str, kind: UnitKind, site: SiteId, node: Option<&str>) -> Result<Unit, Stop> {
    if let Some(unit) = rows::by_code(tx.sql(), code).await? {
        return Ok(unit);
    }
    let home = if kind == UnitKind::Shelf { node } else { None };
    let unit = Unit {
        id: tx.id(),
        code: code.to_owned(),
        kind,
        site,
        node: node.map(str::to_owned),
        home: home.map(str::to_owned),
        parent: None,
        bound_to: None,
        state: UnitState::Free,
    };
    rows::add(tx.sql(), &unit).await?;
    Ok(unit)
}

/// Binds a free tote to a fulfilment; one that is bound to it already and not
/// full stays so. Guard: one conditional update, so a tote serves one order.
pub async fn bind(tx: &mut Tx, site: SiteId, code: &str, to: FulfilmentId) -> Result<Unit, Stop> {
    let unit = rows::by_code(tx.sql(), code).await?.filter(|unit| unit.site == site);
    let Some(unit) = unit else { return Err(Refusal::Unknown { code: code.to_owned() }.into()) };
    if unit.kind != UnitKind::Tote {
        return Err(Refusal::WrongKind { code: unit.code, wanted: UnitKind::Tote }.into());
    }
    if unit.bound_to == Some(to) && unit.state == UnitState::InUse {
        return Ok(unit);
    }
    if unit.bound_to.is_some() {
        return Err(Refusal::Taken { code: unit.code }.into());
    }
    if !rows::bind(tx.sql(), unit.id, to).await? {
        return Err(Refusal::Taken { code: unit.code }.into());
    }
    Ok(Unit { bound_to: Some(to), state: UnitState::InUse, ..unit })
}

/// Lets a tote go: it is empty.
pub async fn free(tx: &mut Tx, unit: UnitId) -> Result<(), Stop> {
    Ok(rows::free(tx.sql(), unit).await?)
}

/// Marks a unit full, closed, moving.
pub async fn mark(tx: &mut Tx, unit: UnitId, state: UnitState) -> Result<(), Stop> {
    Ok(rows::mark(tx.sql(), unit, state).await?)
}

/// Says where a unit stands.
pub async fn place(tx: &mut Tx, unit: UnitId, node: Option<&str>) -> Result<(), Stop> {
    Ok(rows::place(tx.sql(), unit, node).await?)
}

/// Says whose goods a unit carries, whatever it is doing: a reopened carton.
pub async fn attach(tx: &mut Tx, unit: UnitId, to: FulfilmentId) -> Result<(), Stop> {
    Ok(rows::attach(tx.sql(), unit, to).await?)
}
