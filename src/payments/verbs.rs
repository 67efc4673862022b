//! Paying, settling, lapsing. Deliberately absent: what the goods are worth; the
//! order's lines say what is due.

use super::{
    model::*,
    provider::{Provider, TestProvider},
    rows,
};
use crate::{
    event::{Chore, Event},
    kernel::*,
    orders,
    store::{Sql, Tx},
};

/// The provider of this installation.
static PROVIDER: TestProvider = TestProvider;

/// Opens a payment for a new order and tries it at once. Cash is accepted with the
/// order; a card when the provider says yes. Facts: `payment.authorised`,
/// `payment.declined`, `order.accepted`.
pub async fn begin(tx: &mut Tx, order: OrderId, method: Method, card: TestCard) -> Result<Payment, Stop> {
    let state = match method {
        Method::TestCard => PaymentState::Unpaid,
        Method::CashOnDelivery => PaymentState::Due,
    };
    let payment = unpaid(tx.id(), order, method, state);
    let now = tx.now();
    rows::add(tx.sql(), &payment, now).await?;
    match (method, card) {
        (Method::CashOnDelivery, _) => {
            orders::accept(tx, order).await?;
            Ok(payment)
        }
        (Method::TestCard, TestCard::Later) => Ok(payment),
        (Method::TestCard, _) => try_card(tx, payment, card).await,
    }
}

/// [`begin`] for an order that is still in memory: the payment as it stands after
/// the first try, the fact of it, and whether the order is accepted with it.
pub fn opened(
    id: PaymentId,
    order: OrderId,
    method: Method,
    card: TestCard,
    amount_minor: i64,
) -> (Payment, Option<Event>, bool) {
    let state = match method {
        Method::TestCard => PaymentState::Unpaid,
        Method::CashOnDelivery => PaymentState::Due,
    };
    let mut payment = unpaid(id, order, method, state);
    match (method, card) {
        (Method::CashOnDelivery, _) => (payment, None, true),
        (Method::TestCard, TestCard::Later) => (payment, None, false),
        (Method::TestCard, _) => match PROVIDER.authorise(&id.to_string(), amount_minor, card) {
            Ok(reference) => {
                (payment.state, payment.reference) = (PaymentState::Authorised, reference);
                payment.authorised_minor = amount_minor;
                (payment, Some(Event::PaymentAuthorised { order, payment: id, amount_minor }), true)
            }
            Err(reason) => {
                payment.state = PaymentState::Declined;
                (payment, Some(Event::PaymentDeclined { order, payment: id, reason }), false)
            }
        },
    }
}

fn unpaid(id: PaymentId, order: OrderId, method: Method, state: PaymentState) -> Payment {
    Payment {
        id,
        order,
        method,
        state,
        reference: String::new(),
        authorised_minor: 0,
        captured_minor: 0,
        refunded_minor: 0,
        collected_minor: 0,
    }
}

async fn try_card(tx: &mut Tx, mut payment: Payment, card: TestCard) -> Result<Payment, Stop> {
    let amount_minor = due_minor(tx, payment.order).await?;
    match PROVIDER.authorise(&payment.id.to_string(), amount_minor, card) {
        Ok(reference) => {
            (payment.state, payment.reference) = (PaymentState::Authorised, reference);
            payment.authorised_minor = amount_minor;
            rows::save(tx.sql(), &payment).await?;
            tx.emit(Event::PaymentAuthorised { order: payment.order, payment: payment.id, amount_minor });
            orders::accept(tx, payment.order).await?;
        }
        Err(reason) => {
            payment.state = PaymentState::Declined;
            rows::save(tx.sql(), &payment).await?;
            tx.emit(Event::PaymentDeclined { order: payment.order, payment: payment.id, reason });
        }
    }
    Ok(payment)
}

/// Pays an order that is still unpaid. A payment that comes after the order lapsed
/// is taken note of and goes back: `refund.due`. Guard: the payment is open.
pub async fn authorise(tx: &mut Tx, order: OrderId, card: TestCard) -> Result<Payment, Stop> {
    let Some(payment) = rows::of_order_locked(tx, order).await? else { return Err(Refusal::None { order }.into()) };
    let open = [PaymentState::Unpaid, PaymentState::Declined];
    if payment.state == PaymentState::Voided && payment.authorised_minor == 0 {
        return late(tx, payment, card).await;
    }
    if !open.contains(&payment.state) {
        return Err(Refusal::NotOpen { state: payment.state }.into());
    }
    let payment = try_card(tx, payment, card).await?;
    match payment.state {
        PaymentState::Declined => Err(Refusal::Declined { reason: "the provider refused the card".to_owned() }.into()),
        _ => Ok(payment),
    }
}

/// An order that was on hold goes on: it is accepted if its money is certain, else
/// it may still be paid, or lapse. Fact: `order.accepted`.
pub async fn resume(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    match rows::of_order(tx.sql(), order).await?.map(|payment| payment.state) {
        Some(PaymentState::Unpaid | PaymentState::Declined) => {
            let by = tx.now().plus_ms(orders::PAYMENT_TERM_MS);
            Ok(tx.later(Chore::LapseOrder, order, by).await?)
        }
        _ => orders::accept(tx, order).await.map(drop),
    }
}

/// Money for an order that lapsed: taken and owed back in one breath.
async fn late(tx: &mut Tx, mut payment: Payment, card: TestCard) -> Result<Payment, Stop> {
    let amount_minor = rows::lapsed_value(tx.sql(), payment.order).await?;
    let reference = PROVIDER
        .authorise(&payment.id.to_string(), amount_minor, card)
        .map_err(|reason| Refusal::Declined { reason })?;
    (payment.reference, payment.state) = (reference, PaymentState::Paid);
    (payment.authorised_minor, payment.captured_minor) = (amount_minor, amount_minor);
    rows::save(tx.sql(), &payment).await?;
    tx.emit(Event::PaymentCaptured { order: payment.order, payment: payment.id, amount_minor });
    refund(tx, &mut payment, amount_minor, "paid_after_lapse").await?;
    Ok(payment)
}

/// What an order owes in all: lines less what was cancelled or came back, and
/// shipping unless nothing of it goes out.
pub async fn due_minor(tx: &mut Tx, order: OrderId) -> Result<i64, Stop> {
    Ok(due_of(tx.sql(), order).await?)
}

/// [`due_minor`] for who only reads.
pub async fn due_of(sql: &mut Sql, order: OrderId) -> Result<i64, Fault> {
    let Some(found) = orders::by_id(sql, order).await? else { return Ok(0) };
    Ok(due(&found, &orders::lines(sql, order).await?))
}

/// What is to be paid for an order with these lines: the goods that are neither
/// cancelled nor returned, and their way.
pub fn due<'l>(order: &orders::Order, lines: impl IntoIterator<Item = &'l orders::Line>) -> i64 {
    let (mut goods, mut anything) = (0, false);
    for line in lines {
        goods += line.due_minor();
        anything |= line.ordered > line.cancelled + line.returned;
    }
    goods + if anything { order.shipping_minor } else { 0 }
}

/// Brings money in line with what is due: captures once goods have left, voids
/// what is no longer needed, pays back what is too much. Does nothing if all is
/// even, so it may be called as often as one likes. Facts: `payment.captured`,
/// `refund.due`, `payment.refunded`.
pub async fn settle(tx: &mut Tx, order: OrderId, reason: &str) -> Result<(), Stop> {
    let Some(mut payment) = rows::of_order_locked(tx, order).await? else { return Ok(()) };
    let due = due_minor(tx, order).await?;
    let goods_left = orders::lines(tx.sql(), order).await?.iter().any(|line| line.shipped > 0);
    match settlement(&payment, due, goods_left) {
        Settlement::Even => Ok(()),
        Settlement::Void => {
            if payment.state == PaymentState::Authorised {
                PROVIDER.void(&payment.reference).map_err(Fault::new)?;
            }
            payment.state = PaymentState::Voided;
            Ok(rows::save(tx.sql(), &payment).await?)
        }
        Settlement::Capture(amount_minor) => {
            PROVIDER.capture(&payment.reference, amount_minor).map_err(Fault::new)?;
            payment.state = PaymentState::Paid;
            payment.captured_minor += amount_minor;
            rows::save(tx.sql(), &payment).await?;
            tx.emit(Event::PaymentCaptured { order, payment: payment.id, amount_minor });
            Ok(())
        }
        Settlement::Refund(amount_minor) => refund(tx, &mut payment, amount_minor, reason).await,
    }
}

/// An order grew: the card is asked for all that is due now, and what was set aside
/// before goes back. Cash and unpaid orders just owe more. Guard: no money was taken
/// yet. Fact: `payment.authorised`.
pub async fn enlarge(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    let Some(mut payment) = rows::of_order_locked(tx, order).await? else { return Ok(()) };
    match payment.state {
        PaymentState::Unpaid | PaymentState::Declined | PaymentState::Due => return Ok(()),
        PaymentState::Authorised => {}
        state => return Err(Refusal::Closed { state }.into()),
    }
    let amount_minor = due_minor(tx, order).await?;
    if amount_minor <= payment.authorised_minor {
        return Ok(());
    }
    let reference = PROVIDER
        .authorise(&payment.id.to_string(), amount_minor, TestCard::Ok)
        .map_err(|reason| Refusal::Declined { reason })?;
    if reference != payment.reference {
        PROVIDER.void(&payment.reference).map_err(Fault::new)?;
    }
    (payment.reference, payment.authorised_minor) = (reference, amount_minor);
    rows::save(tx.sql(), &payment).await?;
    tx.emit(Event::PaymentAuthorised { order, payment: payment.id, amount_minor });
    Ok(())
}

async fn refund(tx: &mut Tx, payment: &mut Payment, amount_minor: i64, reason: &str) -> Result<(), Stop> {
    let (order, id) = (payment.order, payment.id);
    tx.emit(Event::RefundDue { order, payment: id, amount_minor, reason: reason.to_owned() });
    if payment.method == Method::TestCard {
        PROVIDER.refund(&payment.reference, amount_minor).map_err(Fault::new)?;
    }
    payment.refunded_minor += amount_minor;
    payment.state = if payment.kept_minor() == 0 { PaymentState::Refunded } else { PaymentState::PartRefunded };
    rows::save(tx.sql(), payment).await?;
    tx.emit(Event::PaymentRefunded { order, payment: id, amount_minor });
    Ok(())
}

/// Cash at the door. Guard: the right amount, once. Fact: `payment.collected`.
pub async fn collect(tx: &mut Tx, order: OrderId, given_minor: i64) -> Result<(), Stop> {
    let Some(mut payment) = rows::of_order_locked(tx, order).await? else { return Err(Refusal::None { order }.into()) };
    if payment.state != PaymentState::Due {
        return Err(Refusal::NotOpen { state: payment.state }.into());
    }
    let due_minor = due_minor(tx, order).await?;
    if given_minor != due_minor {
        return Err(Refusal::WrongCash { due_minor, given_minor }.into());
    }
    (payment.state, payment.collected_minor) = (PaymentState::Collected, given_minor);
    rows::save(tx.sql(), &payment).await?;
    tx.emit(Event::CashCollected { order, payment: payment.id, amount_minor: given_minor });
    Ok(())
}

/// Lapses an order whose payment did not come: cancels what is left of it.
/// Does nothing if it was accepted. Fact: `payment.lapsed`.
pub async fn lapse(tx: &mut Tx, order: OrderId) -> Result<(), Stop> {
    let Some(found) = orders::by_id(tx.sql(), order).await? else { return Ok(()) };
    if found.state != orders::OrderState::Placed {
        return Ok(());
    }
    tx.emit(Event::PaymentLapsed { order });
    orders::cancel_lines(tx, &found, None, "payment_lapsed").await?;
    if let Some(mut payment) = rows::of_order_locked(tx, order).await? {
        payment.state = PaymentState::Voided;
        rows::save(tx.sql(), &payment).await?;
    }
    Ok(())
}
