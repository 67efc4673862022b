//! Judges of the answers: each recomputes feasibility and cost from the input.
//!
//! A checker reads the problem and the answer and nothing else. Absent on
//! purpose: any call into the search code, so that a mistake there cannot
//! excuse itself here; only plain input and output types are shared.

pub mod assignment;
pub mod batching;
pub mod goods;
pub mod routing;
pub mod scattered;
pub mod slotting;
pub mod sourcing;
pub mod tour;
pub mod traffic;
pub mod walk;

use thiserror::Error;

/// The first thing found wrong with an answer, said in words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Flaw(pub String);

/// Ends a check with a message unless the condition holds.
macro_rules! demand {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::Flaw(format!($($message)+)));
        }
    };
}
pub(crate) use demand;

/// Generated cases of a test: few in every run, as many as
/// `CARTAGE_ROUTING_CASES` says in a long one.
#[cfg(test)]
pub(crate) fn cases(few: u32) -> proptest::test_runner::Config {
    let many = std::env::var("CARTAGE_ROUTING_CASES").ok().and_then(|n| n.parse().ok());
    proptest::test_runner::Config::with_cases(many.unwrap_or(few))
}
