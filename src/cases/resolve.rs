//! What a person's answer sets going: the resolution of a case calls the ordinary
//! verb of the room it is about. Deliberately absent: what the house does by itself
//! (another attempt, a count, a new search for goods); there the answer is a word.

use super::model::{Case, CaseCode, Resolution};
use crate::{
    inbound,
    kernel::*,
    orders::{self, Order},
    packing, payments,
    printing::{self, PrintState},
    store::Tx,
    transport,
};

/// Does what `resolution` means for the subject of a case; nothing, if it is done
/// already. A refusal of the room keeps the case open.
pub(super) async fn act(tx: &mut Tx, case: &Case, resolution: Resolution) -> Result<(), Stop> {
    use {CaseCode as C, Resolution as R};
    match (case.code, resolution) {
        (C::WeightMismatch, R::Accepted) => match case.about.parse() {
            Ok(parcel) => packing::accept_weight(tx, parcel).await,
            Err(_) => Ok(()),
        },
        (C::PrinterFailed, R::Reprinted) => print_again(tx, case).await,
        (C::GoodsOver, R::Accepted | R::SentBack) => decide_waiting(tx, case, resolution == R::Accepted).await,
        (C::DeliveryFailed, R::Returned) => match case.about.parse() {
            Ok(parcel) => transport::withdraw(tx, parcel, "case").await.map(drop),
            Err(_) => Ok(()),
        },
        (C::AddressDoubtful | C::OrderShort | C::PaymentLate | C::RefundDue, _) => match order_of(tx, case).await? {
            Some(order) => settle_order(tx, case.code, resolution, &order).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The open order a case is about.
async fn order_of(tx: &mut Tx, case: &Case) -> Result<Option<Order>, Fault> {
    match case.about.parse() {
        Ok(order) => orders::by_id(tx.sql(), order).await,
        Err(_) => Ok(None),
    }
}

async fn settle_order(tx: &mut Tx, code: CaseCode, resolution: Resolution, order: &Order) -> Result<(), Stop> {
    use {CaseCode as C, Resolution as R};
    let open = !order.state.is_over();
    match (code, resolution) {
        (C::AddressDoubtful, R::AddressConfirmed) if open => orders::resume_order(tx, order.id).await,
        (C::AddressDoubtful | C::OrderShort, R::Cancelled) if open => {
            orders::cancel_lines(tx, order, None, "case").await?;
            payments::settle(tx, order.id, "cancelled").await
        }
        (C::OrderShort, R::Found) if open => orders::look_again(tx, order.id).await.map(drop),
        (C::OrderShort, R::Waits) if open => orders::hold_order(tx, order.id, orders::WAITS_FOR_GOODS).await,
        (C::OrderShort, R::ShippedPart) if open => {
            orders::drop_uncovered(tx, order).await?;
            payments::settle(tx, order.id, "short").await
        }
        (C::PaymentLate | C::RefundDue, R::Refunded) => payments::settle(tx, order.id, "case").await,
        _ => Ok(()),
    }
}

/// A job that came out, or is not wanted, is left alone.
async fn print_again(tx: &mut Tx, case: &Case) -> Result<(), Stop> {
    let Ok(id) = case.about.parse() else { return Ok(()) };
    match printing::by_id(tx.sql(), id).await? {
        Some(print) if print.state == PrintState::Failed => printing::retry(tx, id, None).await,
        _ => Ok(()),
    }
}

/// Takes the goods in that wait for a word, or has them sent back.
async fn decide_waiting(tx: &mut Tx, case: &Case, accept: bool) -> Result<(), Stop> {
    let Ok(receipt) = case.about.parse() else { return Ok(()) };
    for line in inbound::lines(tx.sql(), receipt).await? {
        if line.state == inbound::LineState::Waiting {
            inbound::approve(tx, receipt, &line.id, accept).await?;
        }
    }
    Ok(())
}
