//! An independent judge: recomputes from raw facts and ledger lines whether
//! every promise was kept, every unit and every cent is accounted for, and
//! every order and case came to an end.
//!
//! It shares no code with the verbs it judges, and it never asks the server
//! for a sum: it makes its own.

mod cases;
mod facts;
mod ledger;
mod money;
mod orders;
mod promises;
mod tally;

pub use facts::{Balance, Evidence, Fact, Hold, Line, Order, Pool, Transfer, TransferKind};
pub use tally::fill as count_work;

use crate::report::{Report, Violation};

/// The oracle's word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    pub units_oversold: i64,
    pub units_unpromised: i64,
    pub ledger_imbalance: i64,
    /// In a stable order.
    pub violations: Vec<Violation>,
}

impl Verdict {
    fn find(&mut self, code: &str, about: &str, detail: String) {
        self.violations.push(Violation { code: code.to_owned(), about: about.to_owned(), detail });
    }

    /// Enters the word into the report, without forgetting what is there.
    pub fn enter(&self, report: &mut Report) {
        report.units_oversold = self.units_oversold;
        report.units_unpromised = self.units_unpromised;
        report.ledger_imbalance = self.ledger_imbalance;
        report.violations.extend(self.violations.iter().cloned());
    }
}

/// Judges a finished run.
pub fn judge(evidence: &Evidence) -> Verdict {
    let mut verdict = Verdict::default();
    ledger::check(evidence, &mut verdict);
    promises::check(evidence, &mut verdict);
    orders::check(evidence, &mut verdict);
    money::check(evidence, &mut verdict);
    cases::check(evidence, &mut verdict);
    verdict.violations.sort();
    verdict
}

#[cfg(test)]
mod tests;
