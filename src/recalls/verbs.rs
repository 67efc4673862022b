//! Beginning a recall, following a lot forward and back, ending it. Deliberately
//! absent: the goods themselves; the ledger turns them.

use super::{model::*, rows};
use crate::{
    cases::{self, CaseCode, Detail, NewCase, Severity},
    catalog,
    event::Event,
    inbound,
    kernel::*,
    orders, picking,
    stock::{self, Condition, Holder},
    store::{Sql, Tx},
};

/// Calls a lot back, or puts it into quarantine: its goods leave sale at every site,
/// broken promises are sourced anew, open picks of it look elsewhere, and each order
/// that has some in a tote, a carton or on the road is a case. Guards: something of it
/// was once here; no recall of it runs. Facts: `recall.opened`, `hold.broken`,
/// `case.opened`.
pub async fn open(tx: &mut Tx, sku: SkuId, lot: &str, quarantine: bool, reason: &str) -> Result<RecallId, Stop> {
    let (lot, reason) = (lot.trim(), reason.trim());
    if !(1..=200).contains(&reason.chars().count()) {
        return Err(Refusal::NoReason.into());
    }
    let seen = trace(tx.sql(), sku, lot).await?;
    if lot.is_empty() || (seen.places.is_empty() && seen.receivers.is_empty() && seen.origins.is_empty()) {
        return Err(Refusal::NoLot { lot: lot.chars().take(60).collect() }.into());
    }
    let condition = if quarantine { Condition::QualityHold } else { Condition::Recalled };
    let recall = Recall {
        id: tx.id(),
        sku,
        lot: lot.to_owned(),
        condition,
        reason: reason.to_owned(),
        state: RecallState::Open,
        stopped: 0,
        opened_at: tx.now(),
        opened_by: tx.actor().as_str().to_owned(),
        closed_at: None,
    };
    if !rows::add(tx.sql(), &recall).await? {
        let running = rows::open_of(tx.sql(), sku, lot).await?.map_or(recall.id, |one| one.id);
        return Err(Refusal::Running { recall: running }.into());
    }
    let stopped = stock::stop_lot(tx, sku, lot, condition, &recall.id.to_string()).await?;
    for (at, _) in &stopped {
        if let Holder::Bin(bin) = at.holder {
            picking::lot_stopped(tx, bin, sku, lot).await?;
        }
    }
    let units = stopped.iter().map(|(_, n)| n).sum();
    rows::set_stopped(tx.sql(), recall.id, units).await?;
    tx.emit(Event::RecallOpened { recall: recall.id, sku, lot: lot.to_owned(), stopped: units });
    look_after(tx, &recall, &seen).await?;
    Ok(recall.id)
}

/// A case for each order that has goods of the lot in its tote, carton or parcel.
async fn look_after(tx: &mut Tx, recall: &Recall, seen: &Trace) -> Result<(), Stop> {
    let article = catalog::by_id(tx.sql(), recall.sku).await?.map(|article| article.code).unwrap_or_default();
    for one in seen.receivers.iter().filter(|one| !one.number.is_empty()) {
        let (quantity, article, lot) = (one.quantity, article.clone(), recall.lot.clone());
        let new = NewCase {
            code: CaseCode::GoodsRecalled,
            about: one.order.to_string(),
            site: None,
            severity: (recall.condition == Condition::Recalled).then_some(Severity::Urgent),
            detail: Detail::Recalled { quantity, article, lot },
            links: vec![recall.id.to_string()],
        };
        cases::open(tx, &new).await?;
    }
    Ok(())
}

/// Ends a recall. `lift`: it was unfounded, and what is left may be sold again. Fact:
/// `recall.closed`.
pub async fn close(tx: &mut Tx, id: RecallId, lift: bool) -> Result<(), Stop> {
    let recall = rows::by_id(tx.sql(), id).await?.ok_or(Refusal::Unknown { recall: id })?;
    let (to, now) = (if lift { RecallState::Lifted } else { RecallState::Closed }, tx.now());
    if !rows::end(tx.sql(), id, to, now).await? {
        return Err(Refusal::Over { recall: id }.into());
    }
    if lift {
        stock::free_lot(tx, recall.sku, &recall.lot, recall.condition, &id.to_string()).await?;
    }
    let Recall { sku, lot, .. } = recall;
    tx.emit(Event::RecallClosed { recall: id, sku, lot, lifted: lift });
    Ok(())
}

/// The whole way of a lot: where it is, who got some, where it came from.
pub async fn trace(sql: &mut Sql, sku: SkuId, lot: &str) -> Result<Trace, Fault> {
    let mut trace = Trace::default();
    for balance in stock::of_lot(sql, sku, lot).await? {
        let Ok(site) = balance.site.parse() else { continue };
        let (holder, condition, bound, quantity) =
            (balance.holder, balance.goods.condition, !balance.pooled, balance.quantity);
        trace.places.push(Place { site, holder, condition, bound, quantity });
    }
    for (order, quantity) in stock::lot_went_to(sql, sku, lot).await? {
        let number = orders::by_id(sql, order).await?.map(|order| order.number).unwrap_or_default();
        let case_open = cases::is_open(sql, CaseCode::GoodsRecalled, &order.to_string()).await?;
        trace.receivers.push(Receiver { order, number, quantity, case_open });
    }
    for (reference, at, quantity) in stock::lot_moved(sql, sku, lot, "received").await? {
        let supplier = supplier_of(sql, &reference).await?;
        trace.origins.push(Origin { reference, supplier, at, quantity });
    }
    for (reference, at, quantity) in stock::lot_moved(sql, sku, lot, "sold").await? {
        trace.counters.push(Origin { reference, supplier: String::new(), at, quantity });
    }
    Ok(trace)
}

async fn supplier_of(sql: &mut Sql, receipt: &str) -> Result<String, Fault> {
    let Ok(receipt) = receipt.parse() else { return Ok(String::new()) };
    let asn = inbound::by_id(sql, receipt).await?.and_then(|receipt| receipt.asn);
    match asn {
        Some(asn) => Ok(inbound::asn_by_id(sql, asn).await?.map(|asn| asn.supplier).unwrap_or_default()),
        None => Ok(String::new()),
    }
}

/// Lots of an article that lie at any site, for who chooses one.
pub async fn lots_of(sql: &mut Sql, sku: SkuId) -> Result<Vec<String>, Fault> {
    let mut lots: Vec<String> = stock::of_article(sql, sku).await?.into_iter().map(|one| one.goods.lot).collect();
    lots.sort();
    lots.dedup();
    lots.retain(|lot| !lot.is_empty());
    Ok(lots)
}
