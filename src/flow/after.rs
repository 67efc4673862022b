//! The longer consequences, one function each, so that the match stays a page.
//! Deliberately absent: a second match over facts.

use std::fmt::Display;

use super::parcels;
use crate::{
    cases::{self, CaseCode, Detail, NewCase, Resolution},
    catalog, counting,
    event::Event,
    fleet, inbound,
    kernel::*,
    layout::{self, Bin},
    orders::{self, ShortPolicy},
    packing, payments, picking, stock,
    store::Tx,
    tasks::TaskKind,
    transport,
};

/// Opens a case, or counts another report of the open one.
pub(super) async fn open(
    tx: &mut Tx,
    code: CaseCode,
    about: &impl Display,
    site: Option<SiteId>,
    detail: Detail,
) -> Result<(), Stop> {
    let new = NewCase { code, about: about.to_string(), site, severity: None, detail, links: Vec::new() };
    cases::open(tx, &new).await?;
    Ok(())
}

/// Closes a case whose cause is gone, if one is open.
pub(super) async fn settle(
    tx: &mut Tx,
    code: CaseCode,
    about: &impl Display,
    resolution: Resolution,
) -> Result<(), Stop> {
    cases::close_if_open(tx, code, &about.to_string(), resolution).await?;
    Ok(())
}

/// The plan changed while a hand went on without a network: a case says what lies where.
pub(super) async fn stray(tx: &mut Tx, fact: &Event) -> Result<(), Stop> {
    let Event::PickStray { task, order, pick, site, sku, quantity, bin, tote } = fact else { return Ok(()) };
    let note = format!("{quantity} x {} ({bin}) -> {tote}", code_of(tx, *sku).await?);
    let new = NewCase {
        code: CaseCode::TaskProblem,
        about: pick.to_string(),
        site: Some(*site),
        severity: None,
        detail: Detail::Problem { what: "plan_changed".to_owned(), note: note.chars().take(440).collect() },
        links: vec![task.to_string(), order.to_string()],
    };
    cases::open(tx, &new).await?;
    Ok(())
}

/// What the floor or the road must undo of a cancelled quantity.
pub(super) async fn cancelled(
    tx: &mut Tx,
    order: OrderId,
    line: LineId,
    quantity: i64,
    stage: &str,
) -> Result<(), Stop> {
    match stage {
        "released" => {
            picking::trim(tx, order, line).await?;
            pack_what_is_left(tx, order).await
        }
        "picked" => put_back(tx, order, line, quantity).await,
        "packed" => {
            packing::reopen(tx, order, line, quantity).await?;
            pack_what_is_left(tx, order).await
        }
        "shipped" => call_back(tx, order).await,
        _ => Ok(()),
    }
}

async fn pack_what_is_left(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    for part in orders::fulfilments(tx.sql(), order).await? {
        packing::expect(tx, part.id).await?;
    }
    Ok(())
}

/// Goods in totes, or in a box that is still open: a task brings them back, and
/// cartons are planned without them.
async fn put_back(tx: &mut Tx, order: OrderId, line: LineId, quantity: i64) -> Result<(), Stop> {
    let sku = orders::lines(tx.sql(), order).await?.into_iter().find(|one| one.id == line).map(|one| one.sku);
    let Some(sku) = sku else { return Ok(()) };
    let mut left = quantity;
    for part in orders::fulfilments(tx.sql(), order).await? {
        let n = picking::in_totes(tx, part.id, sku).await?.min(left);
        if n > 0 {
            left -= n;
            picking::put_back(tx, part.id, line, sku, n).await?;
            packing::replan(tx, part.id).await?;
        }
    }
    if left > 0 {
        packing::reopen(tx, order, line, left).await?;
    }
    pack_what_is_left(tx, order).await
}

/// Parcels on the road come back as returns, as far as they can be stopped.
async fn call_back(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    for parcel in transport::parcels_of_order(tx.sql(), order).await? {
        match transport::withdraw(tx, parcel.id, "cancelled").await {
            Ok(_) | Err(Stop::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// A carton was opened again: its parcel is no longer on the road's list.
pub(super) async fn reopened(tx: &mut Tx, parcel: ParcelId) -> Result<(), Stop> {
    match transport::withdraw(tx, parcel, "reopened").await {
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Goods are nowhere to be had: the order's policy decides, and a case explains.
pub(super) async fn short(tx: &mut Tx, order: OrderId, line: LineId, sku: SkuId, quantity: i64) -> Result<(), Stop> {
    let Some(found) = orders::by_id(tx.sql(), order).await? else { return Ok(()) };
    // Goods may have come since.
    let lines = orders::lines(tx.sql(), order).await?;
    let missing = lines.iter().find(|one| one.id == line).map_or(0, orders::Line::uncovered);
    let quantity = quantity.min(missing);
    if quantity <= 0 && !found.state.is_over() {
        return Ok(());
    }
    let (article, policy) = (code_of(tx, sku).await?, found.short_policy.to_string());
    open(tx, CaseCode::OrderShort, &order, None, Detail::OrderShort { quantity, article, policy }).await?;
    if found.state.is_over() {
        return settle(tx, CaseCode::OrderShort, &order, Resolution::CorrectedItself).await;
    }
    match found.short_policy {
        ShortPolicy::Wait => return orders::hold_order(tx, order, orders::WAITS_FOR_GOODS).await,
        ShortPolicy::ShipPart => {
            orders::cancel_lines(tx, &found, Some(&[(line, quantity)]), "short").await?;
        }
        ShortPolicy::Cancel => {
            orders::cancel_lines(tx, &found, None, "short").await?;
        }
    }
    payments::settle(tx, order, "short").await?;
    settle(tx, CaseCode::OrderShort, &order, Resolution::CorrectedItself).await
}

/// Orders that waited for an article get what came: those that were promised it first.
pub(super) async fn goods_came(tx: &mut Tx, sku: SkuId) -> Result<(), Stop> {
    stock::cover_waiting(tx, sku).await?;
    for order in orders::goods_came(tx, sku).await? {
        settle(tx, CaseCode::OrderShort, &order, Resolution::Found).await?;
    }
    Ok(())
}

/// A delivery is announced: orders that wait for what may be sold ahead are promised it.
pub(super) async fn announced(tx: &mut Tx, asn: AsnId) -> Result<(), Stop> {
    for supply in stock::supplies_of(tx.sql(), asn).await? {
        if !stock::sold_ahead(tx.sql(), supply.sku).await?.is_empty() {
            goods_came(tx, supply.sku).await?;
        }
    }
    Ok(())
}

/// The address changed: parcels follow, or a person is told which cannot.
pub(super) async fn address_changed(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    let stuck = parcels::follow_address(tx, order).await?;
    let code = CaseCode::AddressChanged;
    open(tx, code, &order, None, Detail::AddressFollows {}).await?;
    if stuck.is_empty() {
        return settle(tx, code, &order, Resolution::CorrectedItself).await;
    }
    open(tx, code, &order, None, Detail::AddressStuck {}).await
}

/// A bin held less than it should: it is counted, and a case explains.
pub(super) async fn bin_short(tx: &mut Tx, bin: Option<Bin>, quantity: i64) -> Result<(), Stop> {
    let Some(bin) = bin else { return Ok(()) };
    counting::add_bin(tx, &bin, "short").await?;
    let detail = Detail::BinShort { quantity, bin: bin.code.clone() };
    open(tx, CaseCode::BinEmpty, &bin.id, Some(bin.site), detail).await
}

/// The books of a place changed without a movement. Less: its picks look elsewhere,
/// and if the ledger broke promises (each is looked after for itself), a case says
/// so. More, found by a picker: the bin is doubtful and is counted.
pub(super) async fn adjusted(tx: &mut Tx, site: SiteId, holder: &str, change: i64, reason: &str) -> Result<(), Stop> {
    if reason == "counted_below_held" {
        open(tx, CaseCode::CountBelowHeld, &holder, Some(site), Detail::BelowHeld { fewer: -change }).await?;
    }
    let Ok(bin) = holder.parse::<BinId>() else { return Ok(()) };
    if change < 0 {
        return picking::recounted(tx, bin).await;
    }
    match layout::bin(tx.sql(), bin).await?.filter(|_| reason == picking::FOUND_AT_PICK) {
        Some(bin) => counting::add_bin(tx, &bin, reason).await.map(drop),
        None => Ok(()),
    }
}

/// A shelf stands at a station: for picks, for a count, or for goods to be put onto
/// it, each on a trip of its own. If all of it was cancelled on the way, the shelf
/// goes home.
pub(super) async fn shelf_arrived(tx: &mut Tx, mission: MissionId, shelf: UnitId) -> Result<(), Stop> {
    let wanted = picking::shelf_arrived(tx, mission, shelf).await?
        || counting::shelf_arrived(tx, mission, shelf).await?
        || inbound::shelf_arrived(tx, mission, shelf).await?;
    if wanted {
        return Ok(());
    }
    fleet::send_back(tx, mission).await
}

/// A shelf is home: a count that waits for it goes first, since its bin is closed
/// to picks until then.
pub(super) async fn shelf_home(tx: &mut Tx, shelf: UnitId) -> Result<(), Stop> {
    if counting::shelf_home(tx, shelf).await? || inbound::shelf_home(tx, shelf).await? {
        return Ok(());
    }
    picking::shelf_home(tx, shelf).await
}

/// A task ended: a counted bin is explained; totes may be complete at the packing
/// table.
pub(super) async fn task_done(tx: &mut Tx, task: TaskId, kind: &str) -> Result<(), Stop> {
    if kind == TaskKind::Count.as_str()
        && let Some(count) = counting::by_task(tx.sql(), task).await?
    {
        return settle(tx, CaseCode::BinEmpty, &count.bin, Resolution::Recounted).await;
    }
    if kind != TaskKind::Pick.as_str() {
        return Ok(());
    }
    let Some(batch) = picking::batch_of_task(tx.sql(), task).await? else { return Ok(()) };
    let mut parts: Vec<FulfilmentId> =
        picking::picks_of(tx.sql(), batch.id).await?.iter().map(|pick| pick.fulfilment).collect();
    parts.sort_unstable();
    parts.dedup();
    for part in parts {
        packing::expect(tx, part).await?;
    }
    Ok(())
}

/// What people call an article: its code.
async fn code_of(tx: &mut Tx, sku: SkuId) -> Result<String, Fault> {
    let article = catalog::by_id(tx.sql(), sku).await?;
    Ok(article.map_or_else(|| sku.to_string(), |article| article.code))
}

/// What came differs from what was announced: a case, by what it is.
pub(super) async fn differs(tx: &mut Tx, fact: &Event) -> Result<(), Stop> {
    let Event::ReceiptDiscrepancy { receipt, site, code, sku, quantity, label, detail } = fact else { return Ok(()) };
    let article = match sku {
        Some(sku) => Some(code_of(tx, *sku).await?),
        None => None,
    };
    let (case, told) = match (code.as_str(), article, *quantity) {
        ("over", Some(article), Some(quantity)) => (CaseCode::GoodsOver, Detail::DockOver { quantity, article }),
        ("damaged", Some(article), Some(quantity)) => {
            (CaseCode::GoodsDamaged, Detail::DockDamaged { quantity, article })
        }
        ("short", Some(article), Some(quantity)) => (CaseCode::GoodsShort, Detail::DockShort { quantity, article }),
        ("short", None, Some(quantity)) => (CaseCode::GoodsShort, Detail::DockShortMany { quantity }),
        ("wrong", Some(article), _) => (CaseCode::GoodsWrong, Detail::DockWrong { article }),
        ("label", ..) => match label.clone() {
            Some(label) => (CaseCode::LabelUnknown, Detail::LabelUnknown { label }),
            None => (CaseCode::LabelUnknown, Detail::LabelUnreadable {}),
        },
        // A fact of older days, or a code of newer ones.
        _ => (CaseCode::GoodsWrong, Detail::free(detail)),
    };
    open(tx, case, receipt, Some(*site), told).await
}
