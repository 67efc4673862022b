//! How few shelf visits any plan needs: a mixed-integer programme.

use super::Job;
use crate::lp::{Model, Outcome, Sense};

/// What the programme came to. It knows stations and their share of the orders,
/// neither slots nor units, so no plan has fewer visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Fewest visits, as far as is known.
    pub visits: f64,
    /// Whether the programme was solved to its end.
    pub solved: bool,
}

/// Each order at one station, each of its lines with a shelf there that has the
/// article; within a budget of branch-and-bound nodes. `None` when nothing came
/// of it.
pub fn least_visits(job: &Job, max_nodes: u64) -> Option<Bound> {
    let stations = job.slots.len();
    let mut model = Model::default();
    let articles: std::collections::BTreeSet<usize> = job.orders.iter().flatten().map(|l| l.article).collect();
    let of = |article: usize| {
        let has = |s: &super::Shelf| s.stock.iter().any(|&(a, units)| a == article && units > 0);
        (0..job.shelves.len()).filter(|&s| has(&job.shelves[s])).collect::<Vec<usize>>()
    };
    let offers: std::collections::BTreeMap<usize, Vec<usize>> = articles.iter().map(|&a| (a, of(a))).collect();
    let used: std::collections::BTreeSet<usize> = offers.values().flatten().copied().collect();
    let brought: Vec<std::collections::BTreeMap<usize, crate::lp::Var>> =
        (0..stations).map(|_| used.iter().map(|&s| (s, model.integer(1.0, 1.0))).collect()).collect();
    let at: Vec<Vec<crate::lp::Var>> =
        job.orders.iter().map(|_| (0..stations).map(|_| model.integer(1.0, 0.0)).collect()).collect();
    for (lines, at) in job.orders.iter().zip(&at) {
        model.row(at.iter().map(|&v| (v, 1.0)).collect(), Sense::Exactly, 1.0);
        for line in lines {
            for station in 0..stations {
                let shelves = offers[&line.article].iter().map(|s| (brought[station][s], 1.0));
                let row = shelves.chain([(at[station], -1.0)]).collect();
                model.row(row, Sense::AtLeast, 0.0);
            }
        }
    }
    for station in 0..stations {
        let row = at.iter().map(|at| (at[station], 1.0)).collect();
        model.row(row, Sense::AtMost, job.share() as f64);
    }
    match model.minimise(max_nodes) {
        Outcome::Point { values, proven, bound } => {
            let sum: f64 = brought.iter().flat_map(|b| b.values()).map(|v| v.of(&values)).sum();
            let visits = if proven { sum.round() } else { bound.map_or(0.0, |b| (b - 1e-6).ceil().max(0.0)) };
            Some(Bound { visits, solved: proven })
        }
        Outcome::Infeasible | Outcome::Nothing => None,
    }
}
