//! Judges a goods-to-person plan: every line served, stock and slots kept.

use std::collections::BTreeMap;

use super::{Flaw, demand};
use crate::goods::{Job, Plan};

/// Checks a plan against orders, stock and slots. An order is open from the first
/// visit that serves it to the last, both included, at one station.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(job: &Job, plan: &Plan) -> Result<(), Flaw> {
    demand!(plan.stations.len() == job.slots.len(), "{} stations of {}", plan.stations.len(), job.slots.len());
    let mut short: Vec<Vec<u64>> = job.orders.iter().map(|o| o.iter().map(|l| u64::from(l.units)).collect()).collect();
    let mut stock: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (shelf, s) in job.shelves.iter().enumerate() {
        for &(article, units) in &s.stock {
            *stock.entry((shelf, article)).or_default() += u64::from(units);
        }
    }
    let mut home: BTreeMap<usize, usize> = BTreeMap::new();
    for (station, visits) in plan.stations.iter().enumerate() {
        let mut open: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (number, visit) in visits.iter().enumerate() {
            demand!(visit.shelf < job.shelves.len(), "there is no shelf {}", visit.shelf);
            demand!(!visit.picks.is_empty(), "shelf {} comes to station {station} for nothing", visit.shelf);
            for pick in &visit.picks {
                let line = job.orders.get(pick.order).and_then(|o| o.get(pick.line));
                let Some(line) = line else {
                    return Err(Flaw(format!("there is no line {} of order {}", pick.line, pick.order)));
                };
                let units = u64::from(pick.units);
                demand!(units > 0, "an empty pick for order {}", pick.order);
                let there = stock.entry((visit.shelf, line.article)).or_default();
                demand!(*there >= units, "shelf {} has too little of article {}", visit.shelf, line.article);
                *there -= units;
                let left = &mut short[pick.order][pick.line];
                demand!(*left >= units, "order {} gets more than it asked for", pick.order);
                *left -= units;
                let at = *home.entry(pick.order).or_insert(station);
                demand!(at == station, "order {} is at stations {at} and {station}", pick.order);
                let span = open.entry(pick.order).or_insert((number, number));
                span.1 = number;
            }
        }
        for number in 0..visits.len() {
            let count = open.values().filter(|s| s.0 <= number && number <= s.1).count();
            demand!(count <= job.slots[station], "{count} orders are open at visit {number} of station {station}");
        }
    }
    for (order, lines) in short.iter().enumerate() {
        demand!(lines.iter().all(|&l| l == 0), "order {order} is not complete");
    }
    let most = job.orders.len().div_ceil(job.slots.len().max(1));
    for station in 0..job.slots.len() {
        let count = home.values().filter(|&&s| s == station).count();
        demand!(count <= most, "station {station} has {count} orders, its share is {most}");
    }
    Ok(())
}
