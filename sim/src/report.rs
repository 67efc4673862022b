//! What a demo run tells about itself when it is over.
//!
//! The names of the fields are a contract with whoever reads the file. Judging
//! is the oracle's affair, counting the actors'.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    /// A stable word, such as `order.stuck`.
    pub code: String,
    /// The id of what it is about.
    pub about: String,
    /// A sentence with the figures that differ.
    pub detail: String,
}

/// The report of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub orders_placed: u64,
    pub orders_delivered: u64,
    pub orders_cancelled: u64,
    /// Units promised that were not there.
    pub units_oversold: i64,
    /// Units whose promise broke because goods vanished.
    pub units_unpromised: i64,
    /// Units by which accounts differ from the replay of all transfers, and
    /// from zero in sum.
    pub ledger_imbalance: i64,
    pub missions_completed: u64,
    pub mqtt_messages: u64,
    pub picks_scanned: u64,
    pub wrong_scans_refused: u64,
    pub cartons: u64,
    pub loads: u64,
    pub delivered_by_vehicle: u64,
    pub delivered_by_rider: u64,
    pub proofs: u64,
    /// HTTP requests by who made them.
    pub requests_by_persona: BTreeMap<String, u64>,
    /// Times when several shoppers reached for the last units at once.
    pub last_unit_races: u64,
    pub cases_opened: u64,
    pub cases_closed: u64,
    /// Median of domain time from order to door; 0 without deliveries.
    pub click_to_door_ms_p50: i64,
    pub violations: Vec<Violation>,
    /// Times the run was killed and taken up again.
    pub restarts: u64,
    pub seed: u64,
    pub speed: f64,
    pub wall_ms: u64,
    pub database: String,
    pub broker: String,
}

impl Report {
    /// Names of the kinds of work of which nothing was done. A full run of the
    /// city leaves none.
    pub fn idle(&self) -> Vec<&'static str> {
        let counts = [
            ("orders_placed", self.orders_placed),
            ("orders_delivered", self.orders_delivered),
            ("missions_completed", self.missions_completed),
            ("mqtt_messages", self.mqtt_messages),
            ("picks_scanned", self.picks_scanned),
            ("wrong_scans_refused", self.wrong_scans_refused),
            ("cartons", self.cartons),
            ("loads", self.loads),
            ("delivered_by_vehicle", self.delivered_by_vehicle),
            ("delivered_by_rider", self.delivered_by_rider),
            ("proofs", self.proofs),
            ("last_unit_races", self.last_unit_races),
        ];
        counts.into_iter().filter(|&(_, count)| count == 0).map(|(name, _)| name).collect()
    }

    /// Whether every order came to an end and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
            && self.units_oversold == 0
            && self.ledger_imbalance == 0
            && self.orders_placed == self.orders_delivered + self.orders_cancelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_exactly_the_agreed_fields() {
        let value = serde_json::to_value(Report::default()).expect("plain data");
        let mut found: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        found.sort();
        let mut agreed: Vec<_> = "orders_placed orders_delivered orders_cancelled units_oversold \
            units_unpromised ledger_imbalance missions_completed mqtt_messages picks_scanned \
            wrong_scans_refused cartons loads delivered_by_vehicle delivered_by_rider proofs \
            requests_by_persona last_unit_races cases_opened cases_closed click_to_door_ms_p50 \
            violations restarts seed speed wall_ms database broker"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        agreed.sort();
        assert_eq!(found, agreed);
    }

    #[test]
    fn an_unfinished_order_or_an_idle_broker_shows() {
        let mut report = Report { orders_placed: 3, orders_delivered: 2, orders_cancelled: 1, ..Report::default() };
        assert!(report.is_clean());
        assert!(report.idle().contains(&"mqtt_messages"));
        report.orders_cancelled = 0;
        assert!(!report.is_clean());
    }
}
