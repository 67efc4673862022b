//! Counts of work done, from the facts alone.

use super::facts::Fact;
use crate::report::Report;
use std::collections::BTreeMap;

/// Fills in every count of the report that facts can tell; requests, messages
/// and races are the actors' to count.
pub fn fill(report: &mut Report, facts: &[Fact]) {
    let count = |kind: &str| facts.iter().filter(|fact| fact.kind == kind).count() as u64;
    report.orders_placed = count("order.placed");
    report.orders_delivered = count("order.delivered");
    report.orders_cancelled = count("order.cancelled");
    report.missions_completed = count("mission.done");
    report.picks_scanned = count("line.picked");
    report.wrong_scans_refused = count("scan.refused");
    report.cartons = count("carton.closed");
    report.loads = count("load.departed");
    report.proofs = count("parcel.delivered");
    report.cases_opened = count("case.opened");
    report.cases_closed = count("case.closed");
    let carried = carried_by(facts);
    let by = |who: &[&str]| {
        let handed = facts.iter().filter(|fact| fact.kind == "parcel.delivered");
        handed.filter(|fact| carried.get(fact.text("load")).is_some_and(|by| who.contains(by))).count() as u64
    };
    report.delivered_by_vehicle = by(&["vehicle", "driver", "van"]);
    report.delivered_by_rider = by(&["rider"]);
    report.click_to_door_ms_p50 = median(click_to_door(facts));
}

/// For what each load was planned last: a rider's bag or a vehicle.
fn carried_by(facts: &[Fact]) -> BTreeMap<&str, &str> {
    let planned = facts.iter().filter(|fact| fact.kind == "load.planned");
    planned.map(|fact| (fact.subject.as_str(), fact.text("by"))).collect()
}

/// From order to last door, for each order that was delivered.
fn click_to_door(facts: &[Fact]) -> Vec<i64> {
    let mut clicked: BTreeMap<&str, i64> = BTreeMap::new();
    let mut times = Vec::new();
    for fact in facts {
        match fact.kind.as_str() {
            "order.placed" => {
                clicked.insert(&fact.subject, fact.at_ms);
            }
            "order.delivered" => {
                let placed = clicked.remove(fact.subject.as_str());
                times.extend(placed.map(|at| fact.at_ms - at));
            }
            _ => {}
        }
    }
    times
}

/// The lower median; 0 of nothing.
fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    match values.len() {
        0 => 0,
        count => values[(count - 1) / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_few() {
        assert_eq!(median(vec![]), 0);
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![8, 2]), 2);
    }
}
