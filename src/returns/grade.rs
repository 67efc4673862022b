//! Looking at what came back: where it waits, where it may go, and the grade itself.
//! Deliberately absent: choosing by work a day, as put-away does; a piece or two goes
//! beside its like.

use super::model::*;
use crate::{
    catalog::{self, Article},
    event::Event,
    kernel::*,
    layout::{self, Bin, BinKind},
    orders,
    packing::{self, Carton},
    stock::{self, Account, Balance, Condition, Holder, Movement},
    store::{Sql, Tx},
};

/// What waits at a site, or at all, parcel by parcel; at most `limit` kinds of goods.
pub async fn waiting(sql: &mut Sql, site: Option<SiteId>, limit: i64) -> Result<Vec<Waiting>, Fault> {
    let mut found: Vec<Waiting> = Vec::new();
    let mut last: Option<(Carton, OrderId)> = None;
    for balance in stock::returned(sql, site, limit).await? {
        let Ok(unit) = balance.holder.parse::<UnitId>() else { continue };
        if last.as_ref().is_none_or(|(carton, _)| carton.unit != unit) {
            last = match packing::by_unit(sql, unit).await? {
                Some(carton) => order_of(sql, &carton).await?.map(|order| (carton, order)),
                None => None,
            };
        }
        if let Some((carton, order)) = &last {
            found.extend(row(carton, *order, balance));
        }
    }
    Ok(found)
}

/// What waits of one parcel.
pub async fn waiting_in(sql: &mut Sql, parcel: ParcelId) -> Result<Vec<Waiting>, Fault> {
    let Some(carton) = packing::carton(sql, parcel).await? else { return Ok(Vec::new()) };
    let Some(order) = order_of(sql, &carton).await? else { return Ok(Vec::new()) };
    let there = stock::contents(sql, Holder::Unit(carton.unit)).await?;
    Ok(there.into_iter().filter_map(|balance| row(&carton, order, balance)).collect())
}

async fn order_of(sql: &mut Sql, carton: &Carton) -> Result<Option<OrderId>, Fault> {
    Ok(orders::fulfilment(sql, carton.fulfilment).await?.map(|part| part.order))
}

fn row(carton: &Carton, order: OrderId, balance: Balance) -> Option<Waiting> {
    let site = balance.site.parse().ok().filter(|_| balance.goods.condition == Condition::Returned)?;
    let sscc = carton.sscc.clone().unwrap_or_default();
    Some(Waiting { parcel: carton.parcel, sscc, order, site, goods: balance.goods, quantity: balance.quantity })
}

/// Where pieces would go: beside their like, else into an empty bin of their climate;
/// doubtful ones into quarantine. `None` if the site has no such place.
pub async fn suggest(
    sql: &mut Sql,
    site: SiteId,
    article: &Article,
    condition: Condition,
) -> Result<Option<Bin>, Fault> {
    if condition != Condition::Sellable {
        let quarantine = layout::bins_of(sql, site, BinKind::Damaged).await?;
        return Ok(quarantine.into_iter().find(|bin| takes(bin, article, condition)));
    }
    for balance in stock::in_bins(sql, site, article.id).await? {
        if let Ok(id) = balance.holder.parse::<BinId>()
            && let Some(bin) = layout::bin(sql, id).await?.filter(|bin| takes(bin, article, condition))
        {
            return Ok(Some(bin));
        }
    }
    for kind in [BinKind::Pick, BinKind::Reserve] {
        for bin in layout::bins_of(sql, site, kind).await? {
            if takes(&bin, article, condition) && stock::contents(sql, Holder::Bin(bin.id)).await?.is_empty() {
                return Ok(Some(bin));
            }
        }
    }
    Ok(None)
}

/// True if a person may put such goods there.
fn takes(bin: &Bin, article: &Article, condition: Condition) -> bool {
    let storage = matches!(bin.kind, BinKind::Pick | BinKind::Reserve) && bin.shelf.is_none();
    !bin.blocked
        && match condition {
            Condition::Sellable => storage && bin.temperature == article.temperature,
            _ => bin.kind == BinKind::Damaged,
        }
}

/// Books pieces of a parcel that came back as what they are now, in a bin. Returns
/// where. Guard: they wait, the reason fits the grade, the bin takes them. Fact:
/// `return.graded`.
pub async fn grade(tx: &mut Tx, grade: &Grade) -> Result<Bin, Stop> {
    let Grade { parcel, condition, reason, .. } = *grade;
    let quantity = stock::checked(grade.quantity)?;
    if !GRADES.contains(&condition) {
        return Err(Refusal::NoGrade { condition }.into());
    }
    if condition == Condition::Sellable && !reason.sells() {
        return Err(Refusal::Contradicts { reason }.into());
    }
    let waits = waiting_in(tx.sql(), parcel).await?;
    let is_it =
        |one: &&Waiting| one.goods.sku == grade.sku && one.goods.lot == grade.lot && one.goods.serial == grade.serial;
    let Some(found) = waits.iter().find(is_it) else { return Err(Refusal::Nothing { parcel }.into()) };
    if found.quantity < quantity {
        return Err(Refusal::NotSoMany { known: found.quantity, wanted: quantity }.into());
    }
    let (Some(article), Some(carton)) =
        (catalog::by_id(tx.sql(), grade.sku).await?, packing::carton(tx.sql(), parcel).await?)
    else {
        return Err(Refusal::Nothing { parcel }.into());
    };
    let bin = place(tx, found.site, &article, grade).await?;
    let movement = Movement {
        goods: found.goods.clone(),
        quantity,
        from: Account::unit(found.site, carton.unit),
        to: Account::bin(found.site, bin.id),
        becomes: condition,
        reason: "graded",
        reference: parcel.to_string(),
    };
    stock::relocate(tx, &movement).await?;
    let (order, site, sku) = (found.order, found.site, grade.sku);
    let (condition, reason) = (condition.to_string(), reason.to_string());
    tx.emit(Event::ReturnGraded { order, parcel, site, sku, quantity, condition, reason, bin: bin.code.clone() });
    Ok(bin)
}

async fn place(tx: &mut Tx, site: SiteId, article: &Article, grade: &Grade) -> Result<Bin, Stop> {
    let (label, condition) = (grade.bin.trim().to_uppercase(), grade.condition);
    if label.is_empty() {
        let found = suggest(tx.sql(), site, article, condition).await?;
        return Ok(found.ok_or(Refusal::NoPlace { condition })?);
    }
    let bin = label.chars().take(60).collect::<String>();
    let Some(found) = layout::bin_by_code(tx.sql(), site, &bin).await? else {
        return Err(Refusal::NoBin { bin }.into());
    };
    if takes(&found, article, condition) { Ok(found) } else { Err(Refusal::Unfit { bin }.into()) }
}
