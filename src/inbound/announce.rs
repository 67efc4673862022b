//! Announcing a delivery, saying that it is here, and receipts without any
//! announcement. Deliberately absent: counting what came.

use std::collections::BTreeMap;

use super::{model::*, rows};
use crate::{
    event::{Chore, Event},
    kernel::*,
    layout::{self, Bin, BinKind},
    stock,
    store::Tx,
    tasks::{self, NewTask, TaskKind, TaskState, Title},
};

/// Most lines of one delivery.
const LINES: usize = 2_000;
/// A delivery without a time should be received within four hours.
const DUE_MS: i64 = 4 * 3_600_000;
/// One that is late without a word is thought to come so much later.
const LATE_MS: i64 = 24 * 3_600_000;

/// Announces a delivery and opens its receipt; the work is ready at once unless
/// the delivery is still ahead. Facts: `asn.expected`, `task.ready`.
pub async fn announce(tx: &mut Tx, new: &NewAsn) -> Result<AsnId, Stop> {
    let new = checked(new)?;
    let (id, now) = (tx.id(), tx.now());
    if !rows::add_asn(tx.sql(), id, &new, now).await? {
        return Err(Refusal::Taken { number: new.code }.into());
    }
    let mut wanted: BTreeMap<SkuId, i64> = BTreeMap::new();
    for line in &new.lines {
        *wanted.entry(line.sku).or_default() += line.quantity;
    }
    stock::expect(tx, id, new.site, new.expected_at, &wanted).await?;
    tx.later(Chore::AsnOverdue, id, new.expected_at.max(now).plus_ms(DUE_MS)).await?;
    tx.emit(Event::AsnExpected { asn: id, site: new.site });
    let dock = first_dock(tx, new.site).await?;
    let total = i64::try_from(new.lines.len()).unwrap_or(1);
    let ready = new.expected_at <= now;
    let due_at = if ready { now.plus_ms(DUE_MS) } else { new.expected_at.plus_ms(DUE_MS) };
    let title = Title::Receive { asn: new.code.clone(), supplier: new.supplier.clone() };
    open(tx, dock, Some(id), Work { title, total, ready, due_at }).await?;
    Ok(id)
}

fn checked(new: &NewAsn) -> Result<NewAsn, Refusal> {
    let invalid = |field: &str, reason: &str| Refusal::Invalid { field: field.to_owned(), reason: reason.to_owned() };
    let code = new.code.trim().to_uppercase();
    if !(1..=40).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("code", "use 1 to 40 letters, digits or signs, without spaces"));
    }
    if new.supplier.trim().is_empty() || new.supplier.chars().count() > 120 {
        return Err(invalid("supplier", "use 1 to 120 characters"));
    }
    if !(1..=LINES).contains(&new.lines.len()) {
        return Err(invalid("lines", "announce 1 to 2000 lines"));
    }
    let mut lines = new.lines.clone();
    for (at, line) in lines.iter_mut().enumerate() {
        let field = |name: &str| format!("lines/{at}/{name}");
        if stock::checked(line.quantity).is_err() {
            return Err(invalid(&field("quantity"), "use 1 to 1000000"));
        }
        let sscc_is_good = line.sscc.is_empty() || (line.sscc.len() == 18 && barcode::is_valid(&line.sscc));
        if !sscc_is_good {
            return Err(invalid(&field("sscc"), "use 18 digits with their check digit, or leave it out"));
        }
        if !line.lot.is_empty() {
            line.lot = printed(&line.lot).ok_or_else(|| invalid(&field("lot"), "use 1 to 20 characters"))?;
        }
        if !line.expiry.is_empty() {
            line.expiry = date(&line.expiry).ok_or_else(|| invalid(&field("expiry"), "write YYMMDD"))?;
        }
    }
    Ok(NewAsn { code, supplier: new.supplier.trim().to_owned(), lines, ..new.clone() })
}

async fn first_dock(tx: &mut Tx, site: SiteId) -> Result<Bin, Stop> {
    let docks = layout::bins_of(tx.sql(), site, BinKind::Dock).await?;
    match docks.into_iter().find(|dock| !dock.blocked) {
        Some(dock) => Ok(dock),
        None => Err(Refusal::NoDock { site }.into()),
    }
}

struct Work {
    title: Title,
    total: i64,
    ready: bool,
    due_at: Time,
}

async fn open(tx: &mut Tx, dock: Bin, asn: Option<AsnId>, work: Work) -> Result<ReceiptId, Stop> {
    let (id, now) = (tx.id::<kind::Receipt>(), tx.now());
    let new = NewTask {
        kind: TaskKind::Receive,
        site: dock.site,
        zone: dock.zone,
        priority: 0,
        due_at: work.due_at,
        subject: id.to_string(),
        title: work.title,
        total: work.total,
        ready: work.ready,
    };
    let task = tasks::add(tx, &new).await?;
    let receipt = Receipt {
        id,
        site: dock.site,
        asn,
        task,
        dock: dock.id,
        dock_code: dock.code,
        state: ReceiptState::Open,
        stage: Stage::Dock,
        sku: None,
        per_scan: 1,
        lot: String::new(),
        expiry: String::new(),
        serial: String::new(),
        sscc: String::new(),
        forced: None,
        quantity: 0,
        opened_at: now,
        closed_at: None,
    };
    rows::add(tx.sql(), &receipt).await?;
    Ok(id)
}

/// The delivery comes at another time than was said: what was sold of it is promised
/// anew. Guard: it is still expected. Fact: `asn.moved`.
pub async fn reschedule(tx: &mut Tx, asn: &Asn, expected_at: Time) -> Result<(), Stop> {
    if !rows::move_asn(tx.sql(), asn.id, expected_at).await? {
        return Err(Refusal::Over { asn: asn.code.clone() }.into());
    }
    if expected_at == asn.expected_at {
        return Ok(());
    }
    stock::expect_at(tx, asn.id, expected_at).await?;
    let now = tx.now();
    tx.later(Chore::AsnOverdue, asn.id, expected_at.max(now).plus_ms(DUE_MS)).await?;
    if let Some(receipt) = rows::open_of_asn(tx.sql(), asn.id).await? {
        tasks::set_due(tx, receipt.task, expected_at.plus_ms(DUE_MS)).await?;
    }
    tx.emit(Event::AsnMoved { asn: asn.id, site: asn.site, from: asn.expected_at, to: expected_at });
    Ok(())
}

/// Looks after a delivery that should be here. If nothing of it is, and some of it was
/// sold, it is thought to come a day from now, so that shoppers hear of it. Fact:
/// `asn.moved`.
pub async fn overdue(tx: &mut Tx, id: AsnId) -> Result<(), Stop> {
    let Some(asn) = rows::asn_by_id(tx.sql(), id).await?.filter(|asn| asn.state == AsnState::Expected) else {
        return Ok(());
    };
    let Some(receipt) = rows::open_of_asn(tx.sql(), id).await? else { return Ok(()) };
    if !rows::lines(tx.sql(), receipt.id).await?.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let late_at = asn.expected_at.plus_ms(DUE_MS);
    if now < late_at {
        return Ok(tx.later(Chore::AsnOverdue, id, late_at).await?);
    }
    if stock::supplies_of(tx.sql(), id).await?.iter().all(|supply| supply.pledged == 0) {
        // Nobody need be told; who buys of it now is promised no earlier either.
        stock::expect_at(tx, id, now.plus_ms(LATE_MS)).await?;
        return Ok(tx.later(Chore::AsnOverdue, id, now.plus_ms(LATE_MS + DUE_MS)).await?);
    }
    reschedule(tx, &asn, now.plus_ms(LATE_MS)).await
}

/// The delivery is at the dock: its work is ready. Twice is no harm. Fact:
/// `task.ready`.
pub async fn arrive(tx: &mut Tx, asn: AsnId) -> Result<ReceiptId, Stop> {
    let Some(receipt) = rows::open_of_asn(tx.sql(), asn).await? else {
        return Err(Refusal::UnknownAsn { asn: asn.to_string() }.into());
    };
    let task = tasks::by_id(tx.sql(), receipt.task).await?.filter(|task| task.state == TaskState::Waiting);
    if let Some(task) = task {
        tasks::ready(tx, &task).await?;
    }
    Ok(receipt.id)
}

/// Opens a receipt for goods that nobody announced. Fact: `task.ready`.
pub async fn open_blind(tx: &mut Tx, site: SiteId, supplier: &str) -> Result<ReceiptId, Stop> {
    let supplier: String = supplier.trim().chars().take(60).collect();
    let dock = first_dock(tx, site).await?;
    let title = if supplier.is_empty() { Title::ReceiveBlind {} } else { Title::ReceiveFrom { supplier } };
    let due_at = tx.now().plus_ms(DUE_MS);
    open(tx, dock, None, Work { title, total: 1, ready: true, due_at }).await
}
