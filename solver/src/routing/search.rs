//! The search: ruin, recreate, accept by annealing, descend on each new best.
//!
//! Annealing runs on whole numbers, so that every machine walks the same way.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::instance::Instance;
use super::local::descend;
use super::model::Budget;
use super::plan::{Plan, Tour};
use super::{insert, ruin};

/// One round in so many gives a locked stop another of its windows.
const REWINDOW_ONE_IN: u32 = 4;

/// Runs the budget and returns the best plan seen.
pub(super) fn run(instance: &Instance<'_>, mut plan: Plan, budget: Budget, seed: u64) -> Plan {
    insert::by_regret(instance, &mut plan);
    descend(instance, &mut plan);
    if plan.tours.is_empty() || instance.jobs.is_empty() {
        return plan;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut weight = plan.weight(instance);
    let mut best = (weight, plan.cost, plan.clone());
    let choices = ruin::choices(instance, &plan);
    let mut rest = 0;
    let heat = Heat::new(&plan, budget.iterations);
    for round in 0..budget.iterations {
        let removal = ruin::choose(instance, &plan, &mut rng);
        let mut undo = Undo::new(&plan);
        undo.remember(&plan, removal.keys().copied());
        ruin::apply(instance, &mut plan, &removal);
        if !choices.is_empty() && rng.random_range(0..REWINDOW_ONE_IN) == 0 {
            let choice = choices[rng.random_range(0..choices.len())];
            undo.remember(&plan, std::iter::once(choice.0));
            ruin::rewindow(instance, &mut plan, choice, &mut rng);
        }
        insert::greedily(instance, &mut plan, &mut rng, &mut undo);
        let found = plan.weight(instance);
        let limit = undo.cost.saturating_add(heat.step(round, &mut rng));
        if found > weight || (found == weight && plan.cost >= limit) {
            undo.restore(&mut plan);
            continue;
        }
        weight = found;
        if (weight, plan.cost) < (best.0, best.1) {
            // Bests come in bursts; one descent at the end of a burst will do.
            if round >= rest {
                descend(instance, &mut plan);
                rest = round + instance.jobs.len() as u64;
            }
            best = (weight, plan.cost, plan.clone());
        }
    }
    descend(instance, &mut best.2);
    best.2
}

/// What must be put back when a round is refused.
pub(super) struct Undo {
    cost: i64,
    absent: Vec<usize>,
    tours: Vec<(usize, Tour)>,
}

impl Undo {
    fn new(plan: &Plan) -> Self {
        Self { cost: plan.cost, absent: plan.absent.clone(), tours: Vec::new() }
    }

    /// Keeps the routes as they are before their first change of the round.
    pub(super) fn remember(&mut self, plan: &Plan, routes: impl Iterator<Item = usize>) {
        for route in routes {
            if self.tours.iter().all(|(r, _)| *r != route) {
                self.tours.push((route, plan.tours[route].clone()));
            }
        }
    }

    fn restore(self, plan: &mut Plan) {
        for (route, tour) in self.tours {
            for visit in &tour.visits {
                plan.route_of[visit.job as usize] = Some(route as u32);
            }
            plan.tours[route] = tour;
        }
        for &job in &self.absent {
            plan.route_of[job] = None;
        }
        plan.absent = self.absent;
        plan.cost = self.cost;
    }
}

/// The temperature: from one and a half times the mean cost of a job down to
/// nothing, by the cube of the rounds left. Colder starts were better on short
/// routes and much worse on long ones.
struct Heat {
    begin: i64,
    rounds: u64,
}

impl Heat {
    fn new(plan: &Plan, rounds: u64) -> Self {
        let jobs: usize = plan.tours.iter().map(|t| t.visits.len()).sum();
        let mean = plan.cost / jobs.max(1) as i64;
        Self { begin: mean + mean / 2, rounds }
    }

    /// How much dearer a plan may be in this round: the temperature times an
    /// exponential variate, as in -T ln U with the logarithm drawn by parts.
    fn step(&self, round: u64, rng: &mut ChaCha8Rng) -> i64 {
        let left = (i128::from(self.rounds - round) << 10) / i128::from(self.rounds.max(1));
        let heat = (i128::from(self.begin) * left * left * left) >> 30;
        let draw: u64 = rng.random();
        // U = 2^-(zeros + 1) (1 + f): -log2 U is zeros + 1 - log2(1 + f), and f
        // stands in for log2(1 + f), at most 0.09 away.
        let zeros = i128::from(draw.leading_zeros());
        let shifted = draw.checked_shl(draw.leading_zeros() + 1).unwrap_or(0);
        let fraction = i128::from(shifted >> 48);
        let log2 = ((zeros + 1) << 16) - fraction;
        // 45426 / 65536 is ln 2.
        let step = (heat * log2 * 45_426) >> 32;
        step.min(i128::from(i64::MAX / 4)) as i64
    }
}
