//! The port to a payment provider, and the provider for tests and the demo.
//! Deliberately absent: card numbers. A real provider's calls leave the process,
//! so they carry the payment's id as their idempotency key.

use super::model::TestCard;

/// What a provider can do. Each call names the payment, so that the same call made
/// twice moves money once.
pub trait Provider: Send + Sync {
    /// Sets money aside; the provider's reference, or why not.
    fn authorise(&self, payment: &str, amount_minor: i64, card: TestCard) -> Result<String, String>;
    /// Takes money that was set aside.
    fn capture(&self, reference: &str, amount_minor: i64) -> Result<(), String>;
    /// Lets money go that was set aside.
    fn void(&self, reference: &str) -> Result<(), String>;
    /// Pays money back.
    fn refund(&self, reference: &str, amount_minor: i64) -> Result<(), String>;
}

/// A provider that keeps no money: it answers from the reference alone.
#[derive(Debug, Default)]
pub struct TestProvider;

impl Provider for TestProvider {
    fn authorise(&self, payment: &str, amount_minor: i64, card: TestCard) -> Result<String, String> {
        match card {
            TestCard::Ok if amount_minor > 0 => Ok(format!("test-{payment}")),
            TestCard::Ok => Err("nothing to pay".to_owned()),
            TestCard::Declined => Err("card declined".to_owned()),
            TestCard::Later => Err("not paid yet".to_owned()),
        }
    }
    fn capture(&self, reference: &str, _: i64) -> Result<(), String> {
        known(reference)
    }
    fn void(&self, reference: &str) -> Result<(), String> {
        known(reference)
    }
    fn refund(&self, reference: &str, _: i64) -> Result<(), String> {
        known(reference)
    }
}

fn known(reference: &str) -> Result<(), String> {
    if reference.starts_with("test-") { Ok(()) } else { Err("unknown reference".to_owned()) }
}
