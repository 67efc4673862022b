//! Booking what came, what a supervisor decides about the rest, closing, and
//! taking lines back. Deliberately absent: the screens; see `step.rs`.

use super::{model::*, put_rows, rows};
use crate::{
    catalog,
    event::{Chore, Event},
    kernel::*,
    slotting,
    stock::{self, Account, Condition, Holder, Movement},
    store::Tx,
    tasks,
};

/// What booking did.
pub(super) struct Booked {
    pub booked: i64,
    pub waiting: i64,
}

/// Books what is in hand in a condition: what the announcement covers goes into
/// stock on the dock, the rest waits. Facts: `receipt.received`,
/// `receipt.discrepancy`.
pub(super) async fn book(tx: &mut Tx, receipt: &Receipt, condition: Condition) -> Result<Booked, Stop> {
    let Some(sku) = receipt.sku else { return Err(Fault::new("a receipt has no article in hand").into()) };
    let quantity = stock::checked(receipt.quantity)?;
    // A lot that may not be sold is not taken in as if it might.
    let block = if receipt.lot.is_empty() || condition != Condition::Sellable {
        None
    } else {
        stock::lot_block(tx.sql(), sku, &receipt.lot).await?
    };
    let condition = block.unwrap_or(condition);
    let (booked, waiting) = match announced(tx, receipt, sku).await? {
        // What was not announced at all was decided on before it was counted.
        Some(announced) if announced > 0 => split(announced, received(tx, receipt.id, sku).await?, quantity),
        _ => (quantity, 0),
    };
    for (part, state) in [(booked, LineState::Booked), (waiting, LineState::Waiting)] {
        if part > 0 {
            let line = new_line(tx, receipt, sku, part, condition, state);
            rows::add_line(tx.sql(), &line).await?;
            if state == LineState::Booked {
                take_in(tx, receipt, &line).await?;
            }
        }
    }
    still_to_come(tx, receipt, sku).await?;
    let name = name_of(tx, sku).await?;
    if waiting > 0 {
        let detail = format!("{name}: {waiting} more than announced wait on {}", receipt.dock_code);
        discrepancy(tx, receipt, Gap { sku: Some(sku), quantity: Some(waiting), ..Gap::new("over", detail) });
    }
    if condition == Condition::Damaged {
        let detail = format!("{name}: {quantity} damaged on {}", receipt.dock_code);
        discrepancy(tx, receipt, Gap { sku: Some(sku), quantity: Some(quantity), ..Gap::new("damaged", detail) });
    }
    Ok(Booked { booked, waiting })
}

/// What differs: its code, its data, and the English sentence beside.
#[derive(Debug, Default)]
pub(super) struct Gap {
    pub code: &'static str,
    pub sku: Option<SkuId>,
    pub quantity: Option<i64>,
    pub label: Option<String>,
    pub detail: String,
}

impl Gap {
    /// A difference without data.
    pub fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail, ..Self::default() }
    }
}

/// States that something differs from what was announced.
pub(super) fn discrepancy(tx: &mut Tx, receipt: &Receipt, gap: Gap) {
    let (receipt, site, Gap { code, sku, quantity, label, detail }) = (receipt.id, receipt.site, gap);
    tx.emit(Event::ReceiptDiscrepancy { receipt, site, code: code.to_owned(), sku, quantity, label, detail });
}

async fn name_of(tx: &mut Tx, sku: SkuId) -> Result<String, Fault> {
    let article = catalog::by_id(tx.sql(), sku).await?;
    Ok(article.map_or_else(|| sku.to_string(), |article| format!("{} {}", article.code, article.name.en)))
}

fn new_line(
    tx: &Tx,
    receipt: &Receipt,
    sku: SkuId,
    quantity: i64,
    condition: Condition,
    state: LineState,
) -> ReceiptLine {
    ReceiptLine {
        id: tx.id::<kind::Receipt>().ulid().to_string(),
        receipt: receipt.id,
        sku,
        quantity,
        lot: receipt.lot.clone(),
        expiry: receipt.expiry.clone(),
        serial: receipt.serial.clone(),
        condition,
        sscc: receipt.sscc.clone(),
        state,
        planned: 0,
        at: tx.now(),
        by: tx.actor().as_str().to_owned(),
    }
}

/// What is not here of an announced article may still be sold ahead; what came in another
/// condition, or too little, may not.
async fn still_to_come(tx: &mut Tx, receipt: &Receipt, sku: SkuId) -> Result<(), Stop> {
    let Some(asn) = receipt.asn.filter(|_| receipt.state == ReceiptState::Open) else { return Ok(()) };
    let announced = announced(tx, receipt, sku).await?.unwrap_or(0);
    let left = announced - received(tx, receipt.id, sku).await?;
    stock::expect_still(tx, asn, sku, left.max(0)).await
}

/// Goods enter the ledger on the dock, those who wait for them are served, and a bin is
/// looked for.
async fn take_in(tx: &mut Tx, receipt: &Receipt, line: &ReceiptLine) -> Result<(), Stop> {
    let dock = Account::bin(receipt.site, receipt.dock);
    stock::take_in(tx, (&line.goods(), line.quantity), dock, receipt.asn, receipt.id.to_string()).await?;
    told(tx, receipt, line, line.quantity);
    let now = tx.now();
    Ok(tx.later(Chore::PlanPutAway, receipt.id, now).await?)
}

fn told(tx: &mut Tx, receipt: &Receipt, line: &ReceiptLine, quantity: i64) {
    let (condition, sku) = (line.condition.to_string(), line.sku);
    tx.emit(Event::GoodsReceived { receipt: receipt.id, site: receipt.site, sku, quantity, condition });
}

/// How many of an article were announced; `None` for a blind receipt.
pub(super) async fn announced(tx: &mut Tx, receipt: &Receipt, sku: SkuId) -> Result<Option<i64>, Fault> {
    let Some(asn) = receipt.asn else { return Ok(None) };
    let lines = rows::asn_lines(tx.sql(), asn).await?;
    Ok(Some(lines.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum()))
}

/// How many of an article came so far, in whatever condition, waiting ones too.
pub(super) async fn received(tx: &mut Tx, receipt: ReceiptId, sku: SkuId) -> Result<i64, Fault> {
    let lines = rows::lines(tx.sql(), receipt).await?;
    let counts = |line: &&ReceiptLine| line.sku == sku && matches!(line.state, LineState::Booked | LineState::Waiting);
    Ok(lines.iter().filter(counts).map(|line| line.quantity).sum())
}

/// Articles of which fewer came than were announced, with how many are missing.
pub(super) async fn short(tx: &mut Tx, receipt: &Receipt) -> Result<Vec<(SkuId, i64)>, Fault> {
    let Some(asn) = receipt.asn else { return Ok(Vec::new()) };
    let mut skus: Vec<SkuId> = Vec::new();
    for line in rows::asn_lines(tx.sql(), asn).await? {
        if !skus.contains(&line.sku) {
            skus.push(line.sku);
        }
    }
    let mut short = Vec::new();
    for sku in skus {
        let missing = announced(tx, receipt, sku).await?.unwrap_or(0) - received(tx, receipt.id, sku).await?;
        if missing > 0 {
            short.push((sku, missing));
        }
    }
    Ok(short)
}

/// Closes a receipt and its announcement; what did not come is told. Facts:
/// `receipt.discrepancy` if short, `hold.broken` for what was sold of it, `receipt.closed`,
/// `task.done`.
pub async fn close(tx: &mut Tx, id: ReceiptId) -> Result<i64, Stop> {
    let receipt = find(tx, id).await?;
    let short = short(tx, &receipt).await?;
    let now = tx.now();
    if !rows::close(tx.sql(), id, now).await? {
        return Err(Refusal::Closed { receipt: id }.into());
    }
    if !short.is_empty() {
        let mut told = Vec::new();
        for (sku, missing) in short.iter().take(20) {
            told.push(format!("{}: {missing} did not come", name_of(tx, *sku).await?));
        }
        let sku = short.first().filter(|_| short.len() == 1).map(|(sku, _)| *sku);
        let quantity = Some(short.iter().map(|(_, missing)| missing).sum());
        discrepancy(tx, &receipt, Gap { sku, quantity, ..Gap::new("short", told.join("; ")) });
    }
    if let Some(asn) = receipt.asn {
        rows::end_asn(tx.sql(), asn).await?;
        stock::expect_no_more(tx, asn).await?;
    }
    tx.emit(Event::ReceiptClosed { receipt: id, site: receipt.site });
    if let Some(task) = tasks::by_id(tx.sql(), receipt.task).await? {
        tasks::finish(tx, &task).await?;
    }
    Ok(short.iter().map(|(_, missing)| missing).sum())
}

/// A supervisor decides about goods that wait: they are taken in, or not. Fact:
/// `receipt.received` when taken.
pub async fn approve(tx: &mut Tx, id: ReceiptId, line: &str, accept: bool) -> Result<(), Stop> {
    let (receipt, found) = (find(tx, id).await?, find_line(tx, id, line).await?);
    let to = if accept { LineState::Booked } else { LineState::Rejected };
    if !rows::step_line(tx.sql(), line, LineState::Waiting, to).await? {
        return Err(Refusal::LineNotNow { line: line.to_owned(), state: found.state }.into());
    }
    if accept { take_in(tx, &receipt, &found).await } else { Ok(()) }
}

/// Takes a booked line back out of stock, as if it had never come: from the dock,
/// or from the bin it was put into. Open put-aways of it are cancelled. Fact:
/// `receipt.received` with a negative quantity.
pub async fn reverse(tx: &mut Tx, id: ReceiptId, line: &str) -> Result<(), Stop> {
    let (receipt, found) = (find(tx, id).await?, find_line(tx, id, line).await?);
    if !rows::step_line(tx.sql(), line, LineState::Booked, LineState::Reversed).await? {
        return Err(Refusal::LineNotNow { line: line.to_owned(), state: found.state }.into());
    }
    let mut left = found.quantity;
    let mut places = vec![receipt.dock];
    for mut put in put_rows::put_aways(tx.sql(), id).await?.into_iter().filter(|put| put.line == line) {
        places.extend([put.from, put.to]);
        if put.stage != PutStage::Done {
            put.stage = PutStage::Done;
            put_rows::save(tx.sql(), &put).await?;
            slotting::unclaim(tx.sql(), put.task).await?;
            if let Some(task) = tasks::by_id(tx.sql(), put.task).await? {
                tasks::cancel(tx, &task).await?;
            }
        }
    }
    for place in places {
        let from = Account::bin(receipt.site, place);
        let quantity = stock::quantity(tx.sql(), from, &found.goods()).await?.min(left);
        if quantity > 0 {
            let goods = found.goods();
            let (to, becomes) = (Account::outside(Holder::Supplier), goods.condition);
            let (reason, reference) = ("receipt_reversed", id.to_string());
            let movement = Movement { goods, quantity, from, to, becomes, reason, reference };
            stock::relocate(tx, &movement).await?;
            left -= quantity;
        }
    }
    if left > 0 {
        return Err(Refusal::GoodsMoved { line: line.to_owned() }.into());
    }
    still_to_come(tx, &receipt, found.sku).await?;
    told(tx, &receipt, &found, -found.quantity);
    Ok(())
}

async fn find(tx: &mut Tx, id: ReceiptId) -> Result<Receipt, Stop> {
    match rows::by_id(tx.sql(), id).await? {
        Some(receipt) => Ok(receipt),
        None => Err(Refusal::NoReceipt { task: id.to_string() }.into()),
    }
}

async fn find_line(tx: &mut Tx, receipt: ReceiptId, line: &str) -> Result<ReceiptLine, Stop> {
    match rows::line(tx.sql(), line).await?.filter(|found| found.receipt == receipt) {
        Some(found) => Ok(found),
        None => Err(Refusal::NoLine { line: line.chars().take(60).collect() }.into()),
    }
}
