//! The search behind [`super::tours`]: better places, within a budget of moves.
//!
//! Simulated annealing (Kirkpatrick, Gelatt and Vecchi, Science 220, 1983) over
//! exchanges of two articles, moves to an empty slot and, where few articles may
//! move, chains of two such; only baskets with one of them are walked again, each
//! by its exact length. A budget of moves is a toll at first: a hard limit would
//! freeze the search in the first moves it happens to make.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tours::{Demand, EMPTY, Limits, Pace};

/// Moves between two questions to the pace.
const STRIDE: u64 = 32;

/// First and last temperature as shares of the length of all tours.
const HOT: f64 = 0.000_3;
const COLD: f64 = 0.000_003;

/// Of fewer baskets than these each one counts as more, so that no single basket
/// freezes the search.
const FEW: f64 = 1_000.0;

/// Share of moves that take an article home again where few may be away.
const HOME: f64 = 0.2;

/// Share of moves that take the article put out on to a third slot.
const CHAIN: f64 = 0.3;

/// First, least and greatest toll, as shares of the length of all tours.
const TOLL: (f64, f64, f64) = (5e-4, 1e-6, 1e-1);

/// How fast the toll follows the number of articles away.
const FOLLOW: f64 = 1.005;

/// Share of the search after which the budget is a limit and no toll.
const FIRM: f64 = 0.85;

/// See [`Demand::improve`]; `holds` is the article in each slot.
pub(super) fn improve(
    demand: &Demand,
    start: &[usize],
    holds: Vec<usize>,
    limits: Limits,
    pace: &mut Pace<'_>,
) -> Vec<usize> {
    let mut search = Search::new(demand, start, holds, limits);
    let mut best = (search.now, start.to_vec());
    if start.is_empty() || demand.slots().len() < 2 {
        return best.1;
    }
    let scale = search.scale;
    let mut tried = 0;
    loop {
        let done = pace(tried, best.0);
        if done.is_nan() || done >= 1.0 {
            return best.1;
        }
        search.heat = scale * HOT * (COLD / HOT).powf(done.max(0.0));
        search.toll.follow(search.moved, done, scale);
        for _ in 0..STRIDE {
            if search.step() && search.moved <= limits.max_moved && search.now < best.0 {
                best.0 = search.now;
                best.1.clone_from(&search.place);
            }
        }
        tried += STRIDE;
    }
}

/// What keeps the number of articles away from home within the budget.
struct Toll {
    budget: usize,
    articles: usize,
    rate: f64,
    firm: bool,
}

impl Toll {
    /// Free where all may move.
    fn free(&self) -> bool {
        self.budget >= self.articles
    }

    /// Dearer while more are away than the budget, and some more at first.
    fn follow(&mut self, moved: usize, done: f64, scale: f64) {
        if self.free() {
            return;
        }
        self.firm = done > FIRM;
        let spare = (self.articles - self.budget) as f64 * (0.5 - done).max(0.0);
        let over = moved as f64 > self.budget as f64 + spare;
        if over {
            self.rate *= FOLLOW;
        } else if !self.firm {
            self.rate /= FOLLOW;
        }
        self.rate = self.rate.clamp(TOLL.1 * scale, TOLL.2 * scale);
    }

    /// What it costs to go from so many away to so many; `None`: not at all.
    fn price(&self, before: usize, after: usize) -> Option<f64> {
        let within = self.firm && before <= self.budget;
        if within && after > self.budget {
            return None;
        }
        let pays = !self.free() && !within;
        Some(if pays { self.rate * (after as f64 - before as f64) } else { 0.0 })
    }
}

struct Search<'a> {
    demand: &'a Demand,
    rng: ChaCha8Rng,
    start: Vec<usize>,
    place: Vec<usize>,
    holds: Vec<usize>,
    /// Baskets of each article.
    of: Vec<Vec<usize>>,
    /// Length of each basket's tour.
    lengths: Vec<i64>,
    /// New lengths of the move on trial.
    trial: Vec<(usize, i64)>,
    /// Last trial in which a basket was walked.
    walked: Vec<u64>,
    trials: u64,
    /// Articles away from where they began.
    moved: usize,
    move_cost: i64,
    /// Length of all tours and cost of the moves.
    now: i64,
    heat: f64,
    /// What temperatures and tolls are shares of.
    scale: f64,
    toll: Toll,
}

impl<'a> Search<'a> {
    fn new(demand: &'a Demand, start: &[usize], holds: Vec<usize>, limits: Limits) -> Self {
        let baskets = demand.baskets();
        let mut of = vec![Vec::new(); start.len()];
        for (at, (basket, _)) in baskets.iter().enumerate() {
            basket.iter().for_each(|&a| of[a].push(at));
        }
        let lengths: Vec<i64> = baskets.iter().map(|b| demand.walk(&b.0, start)).collect();
        let now = baskets.iter().zip(&lengths).map(|(b, l)| b.1 * l).sum();
        let count = demand.count().max(1) as f64;
        let scale = now as f64 * (FEW / count).max(1.0);
        Self {
            demand,
            rng: ChaCha8Rng::seed_from_u64(limits.seed),
            start: start.to_vec(),
            place: start.to_vec(),
            holds,
            of,
            lengths,
            trial: vec![],
            walked: vec![0; baskets.len()],
            trials: 0,
            moved: 0,
            move_cost: limits.move_cost.max(0),
            now,
            heat: 0.0,
            scale,
            toll: Toll { budget: limits.max_moved, articles: start.len(), rate: scale * TOLL.0, firm: false },
        }
    }

    /// Tries one move; true if it was made.
    fn step(&mut self) -> bool {
        let before = self.moved;
        let Some((here, there)) = self.draw() else { return false };
        self.exchange(here, there);
        let third = self.third(here, there);
        if let Some(third) = third {
            self.exchange(here, third);
        }
        if let Some(price) = self.toll.price(before, self.moved) {
            let moves = self.moved as i64 - before as i64;
            let worse = self.longer([here, there, third.unwrap_or(here)]) + self.move_cost * moves;
            let felt = worse as f64 + price;
            if felt <= 0.0 || self.rng.random::<f64>() < (-felt / self.heat).exp() {
                for &(at, length) in &self.trial {
                    self.lengths[at] = length;
                }
                self.now += worse;
                return true;
            }
        }
        if let Some(third) = third {
            self.exchange(here, third);
        }
        self.exchange(here, there);
        false
    }

    /// The slot of an article, and another for it.
    fn draw(&mut self) -> Option<(usize, usize)> {
        let article = self.rng.random_range(0..self.place.len());
        let home = !self.toll.free() && self.rng.random::<f64>() < HOME;
        let slot = if home { self.start[article] } else { self.rng.random_range(0..self.holds.len()) };
        (slot != self.place[article]).then_some((self.place[article], slot))
    }

    /// Where a chain goes on: a slot that changes with the one just left.
    fn third(&mut self, here: usize, there: usize) -> Option<usize> {
        if self.toll.free() || self.rng.random::<f64>() >= CHAIN {
            return None;
        }
        let out = self.holds[here];
        let home = out != EMPTY && self.rng.random();
        let third = if home { self.start[out] } else { self.rng.random_range(0..self.holds.len()) };
        (third != here && third != there).then_some(third)
    }

    /// By how much all tours got longer after these slots changed what they hold.
    /// The lengths wait to be kept.
    fn longer(&mut self, slots: [usize; 3]) -> i64 {
        self.trial.clear();
        self.trials += 1;
        let mut longer = 0;
        for article in slots.map(|slot| self.holds[slot]).into_iter().filter(|&a| a != EMPTY) {
            for &at in &self.of[article] {
                if std::mem::replace(&mut self.walked[at], self.trials) == self.trials {
                    continue;
                }
                let (basket, times) = &self.demand.baskets()[at];
                let length = self.demand.walk(basket, &self.place);
                longer += times * (length - self.lengths[at]);
                self.trial.push((at, length));
            }
        }
        longer
    }

    /// Two slots change what they hold; done twice, nothing has changed.
    fn exchange(&mut self, one: usize, two: usize) {
        let away = |s: &Self, slot: usize| {
            let article = s.holds[slot];
            usize::from(article != EMPTY && s.start[article] != slot)
        };
        self.moved -= away(self, one) + away(self, two);
        self.holds.swap(one, two);
        self.moved += away(self, one) + away(self, two);
        for slot in [one, two] {
            if self.holds[slot] != EMPTY {
                self.place[self.holds[slot]] = slot;
            }
        }
    }
}
