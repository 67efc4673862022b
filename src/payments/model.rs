//! The words of payment. Pure.

use serde::{Deserialize, Serialize};

use crate::{kernel::*, refusals, words};

words! {
    /// How the shopper pays.
    Method {
        /// The test provider's card.
        TestCard = "test_card",
        /// Cash at the door.
        CashOnDelivery = "cash_on_delivery",
    }
}

words! {
    /// Where a payment stands.
    PaymentState {
        /// Nothing came yet.
        Unpaid = "unpaid",
        /// The provider said no.
        Declined = "declined",
        /// Set aside for us.
        Authorised = "authorised",
        /// Ours.
        Paid = "paid",
        /// Some went back.
        PartRefunded = "part_refunded",
        /// All went back.
        Refunded = "refunded",
        /// Given up before it was taken.
        Voided = "voided",
        /// Cash, to be taken.
        Due = "due",
        /// Cash, taken.
        Collected = "collected",
    }
}

/// A payment of an order.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Payment {
    /// Id.
    pub id: PaymentId,
    /// For which order.
    pub order: OrderId,
    /// How.
    pub method: Method,
    /// Where it stands.
    pub state: PaymentState,
    /// The provider's reference.
    pub reference: String,
    /// Set aside.
    pub authorised_minor: i64,
    /// Taken.
    pub captured_minor: i64,
    /// Paid back.
    pub refunded_minor: i64,
    /// Cash taken at the door.
    pub collected_minor: i64,
}

impl Payment {
    /// What we hold of the shopper's money.
    pub fn kept_minor(&self) -> i64 {
        self.captured_minor + self.collected_minor - self.refunded_minor
    }
}

/// How the test card behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// Pays at once.
    #[default]
    Ok,
    /// Is declined.
    Declined,
    /// Pays by a later call.
    Later,
}

/// What [`super::settle`] should do, from what is due and what was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing.
    Even,
    /// Take so much of the authorised money.
    Capture(i64),
    /// Pay so much back.
    Refund(i64),
    /// Let the authorisation or the cash go: nothing is due.
    Void,
}

/// Decides the next step: money is taken once goods have left, and goes back as
/// soon as less is due than we hold.
pub fn settlement(payment: &Payment, due_minor: i64, goods_left: bool) -> Settlement {
    use PaymentState::{Authorised, Due};
    match payment.state {
        Authorised if due_minor == 0 => Settlement::Void,
        Due if due_minor == 0 && payment.collected_minor == 0 => Settlement::Void,
        Authorised if goods_left => Settlement::Capture(due_minor.min(payment.authorised_minor)),
        _ if payment.kept_minor() > due_minor => Settlement::Refund(payment.kept_minor() - due_minor),
        _ => Settlement::Even,
    }
}

refusals! {
    /// Why money cannot move.
    Refusal {
        /// The provider said no.
        Declined { reason: String } => "payment.declined", 402, "The payment was declined ({reason}); choose another way to pay.";
        /// Nothing to pay any more.
        NotOpen { state: PaymentState } => "payment.not_open", 409, "The payment is {state}; nothing is to be paid.";
        /// The wrong amount of cash.
        WrongCash { due_minor: i64, given_minor: i64 } => "payment.wrong_cash", 422, "{due_minor} is due in cash, not {given_minor}.";
        /// More cannot be added to it.
        Closed { state: PaymentState } => "payment.closed", 409, "The payment is {state} already; place another order for more.";
        /// The order has no payment.
        None { order: OrderId } => "payment.none", 404, "The order has no payment.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn payment(state: PaymentState, authorised: i64, captured: i64, refunded: i64) -> Payment {
        Payment {
            id: PaymentId::new(Ulid::nil()),
            order: OrderId::new(Ulid::nil()),
            method: Method::TestCard,
            state,
            reference: String::new(),
            authorised_minor: authorised,
            captured_minor: captured,
            refunded_minor: refunded,
            collected_minor: 0,
        }
    }

    #[test]
    fn money_is_taken_when_goods_leave_and_goes_back_when_less_is_due() {
        let authorised = payment(PaymentState::Authorised, 100, 0, 0);
        assert_eq!(settlement(&authorised, 100, false), Settlement::Even);
        assert_eq!(settlement(&authorised, 70, true), Settlement::Capture(70));
        assert_eq!(settlement(&authorised, 0, false), Settlement::Void);
        let paid = payment(PaymentState::PartRefunded, 100, 100, 30);
        assert_eq!(settlement(&paid, 70, true), Settlement::Even);
        assert_eq!(settlement(&paid, 0, true), Settlement::Refund(70));
    }
}
