//! The words of sourcing: problem, plan, reasons, and a view that has done the sums.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One line of the basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Wanted base units, 0 or more.
    pub quantity: i64,
}

/// A site that might ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Base units it can promise, by line; a negative number counts as none.
    pub available: Vec<i64>,
    /// Paid once when anything ships from here.
    pub fixed_cost: i64,
    /// Paid for each line (or part of one) that ships from here.
    pub line_cost: i64,
    /// Paid for each base unit that ships from here.
    pub unit_cost: i64,
    /// Time until the parcel from here arrives, in ms.
    pub eta_ms: i64,
    /// Lines of this basket the site can still take; `None` for any number.
    pub line_capacity: Option<i64>,
}

/// A basket and the sites that might serve it. Costs share one unit, the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The basket.
    pub lines: Vec<Line>,
    /// The sites.
    pub sites: Vec<Site>,
    /// A parcel that takes longer than this is late.
    pub late_after_ms: Option<i64>,
    /// Paid for each late parcel.
    pub late_cost: i64,
    /// Most sites that may ship.
    pub max_sites: usize,
    /// Whether one line may ship from several sites, or in part.
    pub divisible: bool,
}

/// Bounds on the work; all are counts, so that runs repeat exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Up to this many useful sites, all subsets are tried (never above 16).
    pub max_subset_sites: usize,
    /// Larger integer programs are not attempted.
    pub max_variables: usize,
    /// Branch-and-bound nodes of one integer program.
    pub max_nodes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_subset_sites: 10, max_variables: 400, max_nodes: 2_000 }
    }
}

/// So many units of a line from a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// Index into the basket.
    pub line: usize,
    /// Index into the sites.
    pub site: usize,
    /// Base units, above 0.
    pub quantity: i64,
}

/// Units of a line that no allowed choice of sites can ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// Index into the basket.
    pub line: usize,
    /// Base units, above 0.
    pub quantity: i64,
}

/// How the plan was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One site serves all, and a bound shows that nothing is cheaper.
    Single,
    /// Enumeration or an integer program, proven best.
    Exact,
    /// A good plan without proof.
    Greedy,
}

/// Why a site ships nothing in this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Reason {
    /// It holds no line (of an indivisible basket: no line in full).
    NothingAvailable,
    /// It can take no line today.
    NoCapacity,
    /// It can serve only some lines, and joining it in does not pay.
    PartOnly {
        /// Lines it could serve in full.
        served: usize,
    },
    /// It could serve all alone, for more.
    Dearer {
        /// Extra cost against the plan.
        by: i64,
    },
    /// It could serve all alone for no more than the plan costs; a tie went to another.
    NotNeeded,
}

/// One site as it was weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Index into the sites.
    pub site: usize,
    /// Cost of serving the whole basket from here alone, where that is possible.
    pub cost: Option<i64>,
    /// Why it is not in the plan; `None` when it is.
    pub rejected: Option<Reason>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What ships from where, ordered by line, then site.
    pub parts: Vec<Part>,
    /// What does not ship, ordered by line.
    pub unserved: Vec<Unserved>,
    /// Cost of the parts.
    pub cost: i64,
    /// No plan that serves as much costs less; equal to `cost` when proven best.
    pub bound: Option<i64>,
    /// How it was found.
    pub method: Method,
    /// Every site, in the order of the problem.
    pub candidates: Vec<Candidate>,
}

/// What is wrong with a problem.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourcingError {
    /// A line asks for fewer than no units.
    #[error("line {line} asks for {quantity} units")]
    Quantity {
        /// The line.
        line: usize,
        /// What it asks for.
        quantity: i64,
    },
    /// A site does not state its stock line by line.
    #[error("site {site} states stock for {found} lines, the basket has {expected}")]
    Shape {
        /// The site.
        site: usize,
        /// Lines it states.
        found: usize,
        /// Lines of the basket.
        expected: usize,
    },
    /// A negative cost.
    #[error("{field} of site {site} is {value}, below 0")]
    NegativeCost {
        /// The site; for the late cost, the number of sites.
        site: usize,
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// Quantities and costs multiply beyond what the arithmetic can hold.
    #[error("quantities and costs are too large to be summed")]
    TooLarge,
}

impl Problem {
    /// Checks everything the solver relies on.
    pub(super) fn validate(&self) -> Result<(), SourcingError> {
        for (line, &Line { quantity }) in self.lines.iter().enumerate() {
            if quantity < 0 {
                return Err(SourcingError::Quantity { line, quantity });
            }
        }
        let expected = self.lines.len();
        for (site, s) in self.sites.iter().enumerate() {
            let found = s.available.len();
            if found != expected {
                return Err(SourcingError::Shape { site, found, expected });
            }
            let costs = [("fixed_cost", s.fixed_cost), ("line_cost", s.line_cost), ("unit_cost", s.unit_cost)];
            if let Some(&(field, value)) = costs.iter().find(|c| c.1 < 0) {
                return Err(SourcingError::NegativeCost { site, field, value });
            }
        }
        if self.late_cost < 0 {
            return Err(SourcingError::NegativeCost {
                site: self.sites.len(),
                field: "late_cost",
                value: self.late_cost,
            });
        }
        self.fits().then_some(()).ok_or(SourcingError::TooLarge)
    }

    /// Whether shipping everything from everywhere stays far inside `i64`.
    fn fits(&self) -> bool {
        let units: i128 = self.lines.iter().map(|l| i128::from(l.quantity)).sum();
        let lines = self.lines.len() as i128;
        let worst: Option<i128> = self.sites.iter().try_fold(0_i128, |sum, s| {
            let unit = i128::from(s.unit_cost).checked_mul(units)?;
            let line = i128::from(s.line_cost).checked_mul(lines)?;
            let fixed = i128::from(s.fixed_cost) + i128::from(self.late_cost);
            sum.checked_add(unit)?.checked_add(line)?.checked_add(fixed)
        });
        let most = i128::from(i64::MAX / 4);
        units < most && worst.is_some_and(|w| w < most)
    }
}

/// The problem with the sums done that every method needs.
pub(super) struct View<'a> {
    pub(super) lines: &'a [Line],
    pub(super) sites: &'a [Site],
    pub(super) max_sites: usize,
    pub(super) divisible: bool,
    /// Fixed cost of each site, lateness included.
    pub(super) fixed: Vec<i64>,
    /// Lines each site can take.
    pub(super) slots: Vec<usize>,
    /// Sites that can ship something, earliest arrival first.
    pub(super) useful: Vec<usize>,
}

/// Parts with their sums; [`Draft::rank`] is the objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) parts: Vec<Part>,
    pub(super) unserved: i64,
    pub(super) cost: i64,
}

impl Draft {
    /// Fewer unserved units first, then less cost.
    pub(super) fn rank(&self) -> (i64, i64) {
        (self.unserved, self.cost)
    }
}

impl<'a> View<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        let late = |s: &Site| problem.late_after_ms.is_some_and(|limit| s.eta_ms > limit);
        let fixed = |s: &Site| s.fixed_cost + if late(s) { problem.late_cost } else { 0 };
        let lines = problem.lines.len();
        let slots = |s: &Site| match s.line_capacity {
            None => lines,
            Some(n) => usize::try_from(n).unwrap_or(0).min(lines),
        };
        let mut view = Self {
            lines: &problem.lines,
            sites: &problem.sites,
            max_sites: problem.max_sites,
            divisible: problem.divisible,
            fixed: problem.sites.iter().map(fixed).collect(),
            slots: problem.sites.iter().map(slots).collect(),
            useful: Vec::new(),
        };
        let useful = |&s: &usize| view.slots[s] > 0 && (0..lines).any(|l| view.offer(l, s) > 0);
        let mut sites: Vec<usize> = (0..problem.sites.len()).filter(useful).collect();
        sites.sort_by_key(|&s| (problem.sites[s].eta_ms, s));
        view.useful = sites;
        view
    }

    /// Units of a line a site could ship: at most those wanted, all or none of
    /// an indivisible line.
    pub(super) fn offer(&self, line: usize, site: usize) -> i64 {
        let wanted = self.lines[line].quantity;
        let offer = self.sites[site].available[line].clamp(0, wanted);
        if self.divisible || offer == wanted { offer } else { 0 }
    }

    /// Cost of shipping some units of a line from a site whose parcel is paid.
    pub(super) fn part_cost(&self, site: usize, quantity: i64) -> i64 {
        self.sites[site].line_cost + self.sites[site].unit_cost * quantity
    }

    /// Cost of the whole basket from one site, if it can.
    pub(super) fn alone_cost(&self, site: usize) -> Option<i64> {
        let wanted = || (0..self.lines.len()).filter(|&l| self.lines[l].quantity > 0);
        let able = |l| self.offer(l, site) == self.lines[l].quantity;
        if wanted().count() > self.slots[site] || !wanted().all(able) {
            return None;
        }
        let parts = wanted().map(|l| self.part_cost(site, self.lines[l].quantity));
        Some(self.fixed[site] + parts.sum::<i64>())
    }

    /// A lower bound on what one fully served line adds to the parcels.
    pub(super) fn least_cost(&self, line: usize) -> i64 {
        let quantity = self.lines[line].quantity;
        let able = || self.useful.iter().filter(|&&s| self.offer(line, s) > 0);
        let by_line = able().map(|&s| self.sites[s].line_cost).min();
        let by_unit = able().map(|&s| self.sites[s].unit_cost).min();
        match (quantity, by_line, by_unit) {
            (1.., Some(by_line), Some(by_unit)) => by_line + by_unit * quantity,
            _ => 0,
        }
    }

    /// Variables an integer program would need.
    pub(super) fn variables(&self) -> usize {
        let pairs = |&s: &usize| (0..self.lines.len()).filter(move |&l| self.offer(l, s) > 0);
        let pairs: usize = self.useful.iter().map(|s| pairs(s).count()).sum();
        self.useful.len() + pairs * if self.divisible { 2 } else { 1 }
    }

    /// Sorts parts and adds them up.
    pub(super) fn draft(&self, mut parts: Vec<Part>) -> Draft {
        parts.sort_unstable();
        let wanted: i64 = self.lines.iter().map(|l| l.quantity).sum();
        let served: i64 = parts.iter().map(|p| p.quantity).sum();
        let mut sites: Vec<usize> = parts.iter().map(|p| p.site).collect();
        sites.sort_unstable();
        sites.dedup();
        let parcels: i64 = sites.iter().map(|&s| self.fixed[s]).sum();
        let moved: i64 = parts.iter().map(|p| self.part_cost(p.site, p.quantity)).sum();
        Draft { parts, unserved: wanted - served, cost: parcels + moved }
    }

    /// Why a site is left out of a plan of the given cost.
    pub(super) fn reason(&self, site: usize, plan_cost: i64) -> Reason {
        let lines = 0..self.lines.len();
        if lines.clone().all(|l| self.offer(l, site) == 0) {
            return Reason::NothingAvailable;
        }
        if self.slots[site] == 0 {
            return Reason::NoCapacity;
        }
        match self.alone_cost(site) {
            Some(cost) if cost > plan_cost => Reason::Dearer { by: cost - plan_cost },
            Some(_) => Reason::NotNeeded,
            None => {
                let whole = |&l: &usize| {
                    let wanted = self.lines[l].quantity;
                    wanted > 0 && self.offer(l, site) == wanted
                };
                let served = lines.filter(whole).count().min(self.slots[site]);
                Reason::PartOnly { served }
            }
        }
    }
}
