//! Sourcing as an integer program: the way when line capacities couple the
//! lines or sites are many.
//!
//! Full service is tried first, as equations; only if that is impossible is the
//! most that can be served found, and then the cheapest way to serve it. Two
//! small programs keep a large penalty, and the rounding it brings, out of the
//! objective.

use super::model::{Draft, Part, View};
use crate::lp::{Model, Outcome, Sense, Var};

/// Sums above this lose whole numbers in the simplex code's tolerances.
const MOST: i64 = 1 << 30;

/// A plan that whole-number arithmetic confirms.
pub(super) struct Found {
    pub(super) draft: Draft,
    pub(super) proven: bool,
    pub(super) bound: Option<i64>,
}

/// How much must be served.
#[derive(Clone, Copy)]
enum Service {
    /// All of every line.
    Full,
    /// As much as can be: units served are the objective.
    Most,
    /// At least so many units in total.
    AtLeast(i64),
}

/// The program's answer, or `None` when it has none that holds up.
pub(super) fn solve(view: &View<'_>, max_nodes: u64) -> Option<Found> {
    let units: i64 = view.lines.iter().map(|l| l.quantity).sum();
    let dearest = view.useful.iter().map(|&s| view.fixed[s]).sum::<i64>();
    if units > MOST || dearest > MOST {
        return None;
    }
    match attempt(view, Service::Full, max_nodes) {
        Attempt::Found(found) => Some(found),
        Attempt::Nothing => None,
        Attempt::Infeasible => {
            let most = match attempt(view, Service::Most, max_nodes) {
                Attempt::Found(found) if found.proven => units - found.draft.unserved,
                _ => return None,
            };
            match attempt(view, Service::AtLeast(most), max_nodes) {
                Attempt::Found(found) => Some(found),
                _ => None,
            }
        }
    }
}

enum Attempt {
    Found(Found),
    Infeasible,
    Nothing,
}

/// Variables of one line at one site: the line's part in whole, and its units.
struct Cell {
    line: usize,
    site: usize,
    offer: i64,
    part: Var,
    units: Option<Var>,
}

impl Cell {
    /// Units as terms of a row: the unit variable, or the whole line.
    fn term(&self, sign: f64) -> (Var, f64) {
        match self.units {
            Some(units) => (units, sign),
            None => (self.part, sign * self.offer as f64),
        }
    }
}

fn attempt(view: &View<'_>, service: Service, max_nodes: u64) -> Attempt {
    let mut model = Model::default();
    let cells = state(view, service, &mut model);
    let (values, proven, bound) = match model.minimise(max_nodes) {
        Outcome::Point { values, proven, bound } => (values, proven, bound),
        Outcome::Infeasible => return Attempt::Infeasible,
        Outcome::Nothing => return Attempt::Nothing,
    };
    let parts = cells.iter().filter_map(|cell| {
        let used = cell.part.of(&values).round() >= 1.0;
        let units = cell.units.map_or(cell.offer as f64, |u| u.of(&values));
        let quantity = units.round() as i64;
        (used && quantity > 0).then_some(Part { line: cell.line, site: cell.site, quantity })
    });
    let draft = view.draft(parts.collect());
    if !holds(view, &draft, service) {
        return Attempt::Nothing;
    }
    // Round down, with room for the tolerance, so that the bound stays a bound.
    let bound = bound.filter(|b| b.is_finite() && !matches!(service, Service::Most));
    let bound = bound.map(|b| (b - 1e-6 * b.abs().max(1.0)).floor() as i64);
    Attempt::Found(Found { draft, proven, bound })
}

fn state(view: &View<'_>, service: Service, model: &mut Model) -> Vec<Cell> {
    let priced = !matches!(service, Service::Most);
    let price = |cost: i64| if priced { cost as f64 } else { 0.0 };
    let mut cells = Vec::new();
    let mut parcels = Vec::new();
    for &site in &view.useful {
        let s = &view.sites[site];
        let parcel = model.integer(1.0, price(view.fixed[site]));
        parcels.push((parcel, 1.0));
        let mut taken = vec![(parcel, -(view.slots[site] as f64))];
        for line in 0..view.lines.len() {
            let offer = view.offer(line, site);
            if offer == 0 {
                continue;
            }
            let unit = if priced { s.unit_cost as f64 } else { -1.0 };
            let cell = if view.divisible {
                let part = model.integer(1.0, price(s.line_cost));
                let units = model.integer(offer as f64, unit);
                let row = vec![(units, 1.0), (part, -(offer as f64))];
                model.row(row, Sense::AtMost, 0.0);
                (part, Some(units))
            } else {
                let whole = price(s.line_cost) + unit * offer as f64;
                (model.integer(1.0, whole), None)
            };
            taken.push((cell.0, 1.0));
            // Tighter than the capacity row alone: no part without a parcel.
            let row = vec![(cell.0, 1.0), (parcel, -1.0)];
            model.row(row, Sense::AtMost, 0.0);
            cells.push(Cell { line, site, offer, part: cell.0, units: cell.1 });
        }
        model.row(taken, Sense::AtMost, 0.0);
    }
    model.row(parcels, Sense::AtMost, view.max_sites as f64);
    serve(view, service, &cells, model);
    cells
}

fn serve(view: &View<'_>, service: Service, cells: &[Cell], model: &mut Model) {
    for (line, wanted) in view.lines.iter().enumerate() {
        if wanted.quantity == 0 {
            continue;
        }
        let here = cells.iter().filter(|c| c.line == line);
        let terms = here.map(|c| c.term(1.0)).collect();
        let sense = match service {
            Service::Full => Sense::Exactly,
            Service::Most | Service::AtLeast(_) => Sense::AtMost,
        };
        model.row(terms, sense, wanted.quantity as f64);
    }
    if let Service::AtLeast(units) = service {
        let all = cells.iter().map(|c| c.term(1.0)).collect();
        model.row(all, Sense::AtLeast, units as f64);
    }
}

/// Whether rounded parts keep every rule.
fn holds(view: &View<'_>, draft: &Draft, service: Service) -> bool {
    let mut served = vec![0_i64; view.lines.len()];
    let mut lines_at = vec![0_usize; view.sites.len()];
    for part in &draft.parts {
        served[part.line] += part.quantity;
        lines_at[part.site] += 1;
        if part.quantity > view.offer(part.line, part.site) {
            return false;
        }
    }
    let within = served.iter().zip(view.lines).all(|(s, l)| *s <= l.quantity);
    let room = lines_at.iter().zip(&view.slots).all(|(n, most)| n <= most);
    let sites = lines_at.iter().filter(|n| **n > 0).count();
    let total: i64 = served.iter().sum();
    let enough = match service {
        Service::Full => draft.unserved == 0,
        Service::Most => true,
        Service::AtLeast(units) => total >= units,
    };
    within && room && sites <= view.max_sites && enough
}
