//! Small mixed-integer programs: the one door to the LP library.
//!
//! Models are stated through good_lp with microlp called by name, and microlp's
//! own node budget bounds the search, because a wall-clock limit would make two
//! runs differ. Absent on purpose: good_lp's "default solver" (it changes with
//! any crate's features) and other back ends; a second one goes behind [`Model`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use good_lp::solvers::microlp::{MicroLpProblem, microlp};
use good_lp::{Expression, ProblemVariables, SolverModel, Variable, constraint, variable};

/// Names a variable of one [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Var(usize);

impl Var {
    /// Its value in a point of its own model.
    pub(crate) fn of(self, values: &[f64]) -> f64 {
        values[self.0]
    }
}

/// How a row compares with its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    AtMost,
    AtLeast,
    Exactly,
}

/// Terms, comparison and right side of one row.
struct Row(Vec<(Var, f64)>, Sense, f64);

/// A minimisation being stated.
#[derive(Default)]
pub(crate) struct Model {
    vars: ProblemVariables,
    handles: Vec<Variable>,
    objective: Expression,
    rows: Vec<Row>,
}

/// What a solve came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// A point; `bound` is the least objective any point can have, and
    /// `proven` says that this point has it.
    Point { values: Vec<f64>, proven: bool, bound: Option<f64> },
    /// No point satisfies the rows.
    Infeasible,
    /// The budget ended, or the arithmetic failed, before a point was found.
    Nothing,
}

impl Model {
    /// Adds an integer variable within `0..=most` at `cost` each.
    pub(crate) fn integer(&mut self, most: f64, cost: f64) -> Var {
        let handle = self.vars.add(variable().integer().clamp(0.0, most));
        self.objective.add_mul(cost, handle);
        self.handles.push(handle);
        Var(self.handles.len() - 1)
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, terms: Vec<(Var, f64)>, sense: Sense, right: f64) {
        self.rows.push(Row(terms, sense, right));
    }

    /// Minimises within a budget of branch-and-bound nodes.
    pub(crate) fn minimise(self, max_nodes: u64) -> Outcome {
        let handles = self.handles;
        let mut problem = self.vars.minimise(self.objective).using(microlp);
        for Row(terms, sense, right) in self.rows {
            let mut left = Expression::with_capacity(terms.len());
            for (var, factor) in terms {
                left.add_mul(factor, handles[var.0]);
            }
            problem.add_constraint(match sense {
                Sense::AtMost => constraint::leq(left, right),
                Sense::AtLeast => constraint::geq(left, right),
                Sense::Exactly => constraint::eq(left, right),
            });
        }
        // The simplex code asserts on lost numerical ground. Such a panic may
        // cost the better answer; it must not cost the caller any answer.
        let run = catch_unwind(AssertUnwindSafe(|| run(&problem, max_nodes)));
        run.unwrap_or(Outcome::Nothing)
    }
}

fn run(problem: &MicroLpProblem, max_nodes: u64) -> Outcome {
    let mut options = ::microlp::SolveOptions::default();
    options.node_limit = Some(max_nodes);
    let outcome = match problem.as_inner().solve_with(options) {
        Ok(outcome) => outcome,
        Err(::microlp::Error::Infeasible) => return Outcome::Infeasible,
        Err(_) => return Outcome::Nothing,
    };
    let Some(solution) = outcome.solution() else {
        return Outcome::Nothing;
    };
    Outcome::Point {
        values: solution.iter().map(|(_, value)| value).collect(),
        proven: outcome.is_optimal(),
        bound: solution.stats().best_bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knapsack(cap: f64) -> Model {
        let mut m = Model::default();
        let a = m.integer(1.0, -5.0);
        let b = m.integer(1.0, -4.0);
        let c = m.integer(1.0, -3.0);
        m.row(vec![(a, 2.0), (b, 3.0), (c, 1.0)], Sense::AtMost, cap);
        m.row(vec![(a, 1.0), (b, 1.0), (c, 1.0)], Sense::AtLeast, 1.0);
        m
    }

    #[test]
    fn finds_the_integer_optimum_and_says_so() {
        match knapsack(5.0).minimise(1000) {
            Outcome::Point { values, proven, bound } => {
                assert_eq!((values, proven), (vec![1.0, 1.0, 0.0], true));
                assert!(bound.is_none_or(|b| (b + 9.0).abs() < 1e-6));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(knapsack(0.0).minimise(1000), Outcome::Infeasible);
    }
}
