//! Slotting by tours: places for articles that keep the tours of real baskets short.
//!
//! Articles that are bought together should lie together, which no figure of one
//! article alone can say. Simulated annealing (Kirkpatrick, Gelatt and Vecchi,
//! Science 220, 1983) over exchanges of two articles and moves to an empty slot;
//! only baskets with one of the two are walked again, each by its exact length.
//! Absent on purpose: weight, climate and capacity, which [`super::score`] prices
//! for one article; and any clock, the caller's pace ends the search.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use crate::tour::aisles::{Block, Spot};

/// Moves between two questions to the pace.
const STRIDE: u64 = 32;

/// First and last temperature as shares of the length of all tours.
const HOT: f64 = 0.000_3;
const COLD: f64 = 0.000_003;

/// Share of moves that take an article home again when no more may be moved.
const HOME: f64 = 0.2;

/// Draws until a move that the limits allow.
const DRAWS: usize = 40;

/// Most articles of one basket; more are cut off, as such a basket visits all.
const MAX_BASKET: usize = 256;

/// No article in a slot.
const EMPTY: usize = usize::MAX;

/// The question: where on the floor, and what is bought together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    block: Block,
    slots: Vec<Spot>,
    articles: usize,
    /// Different sets of articles and how often each is bought.
    baskets: Vec<(Vec<usize>, i64)>,
}

/// What is wrong with the question or a placement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Fewer slots than articles.
    #[error("{articles} articles do not go into {slots} slots")]
    Crowded {
        /// Articles.
        articles: usize,
        /// Slots.
        slots: usize,
    },
    /// A slot behind the back cross-aisle.
    #[error("slot {slot} is off the floor")]
    Off {
        /// The slot.
        slot: usize,
    },
    /// A basket names an article that is not there.
    #[error("basket {basket} names article {article} of {articles}")]
    Unknown {
        /// The basket.
        basket: usize,
        /// The article.
        article: usize,
        /// How many there are.
        articles: usize,
    },
    /// A placement puts two articles in a slot, or one in none.
    #[error("article {article} has no slot of its own")]
    Slotless {
        /// The article.
        article: usize,
    },
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most articles that end in another slot than they began.
    pub max_moved: usize,
    /// Chance.
    pub seed: u64,
}

/// Says how much of the search is over, from 0 to 1, given moves tried and the
/// shortest total so far.
pub type Pace<'a> = dyn FnMut(u64, i64) -> f64 + 'a;

impl Demand {
    /// Baskets over articles `0..articles`; repeats within a basket count once.
    ///
    /// # Errors
    /// [`Refusal`] names what makes no sense.
    pub fn new(block: Block, slots: Vec<Spot>, articles: usize, baskets: &[Vec<usize>]) -> Result<Self, Refusal> {
        if slots.len() < articles {
            return Err(Refusal::Crowded { articles, slots: slots.len() });
        }
        if let Some(slot) = slots.iter().position(|s| s.along() > block.length) {
            return Err(Refusal::Off { slot });
        }
        let mut counted: BTreeMap<Vec<usize>, i64> = BTreeMap::new();
        for (basket, all) in baskets.iter().enumerate() {
            let mut set = all.clone();
            set.sort_unstable();
            set.dedup();
            set.truncate(MAX_BASKET);
            if let Some(&article) = set.iter().find(|&&a| a >= articles) {
                return Err(Refusal::Unknown { basket, article, articles });
            }
            if !set.is_empty() {
                *counted.entry(set).or_default() += 1;
            }
        }
        Ok(Self { block, slots, articles, baskets: counted.into_iter().collect() })
    }

    /// Baskets that are not empty, repeats counted.
    pub fn count(&self) -> i64 {
        self.baskets.iter().map(|b| b.1).sum()
    }

    /// The floor.
    pub fn block(&self) -> Block {
        self.block
    }

    /// The slots in the order given.
    pub fn slots(&self) -> &[Spot] {
        &self.slots
    }

    /// Different baskets and how often each is bought.
    pub fn baskets(&self) -> &[(Vec<usize>, i64)] {
        &self.baskets
    }

    /// Length of all tours when article i lies in slot `place[i]`.
    ///
    /// # Errors
    /// [`Refusal::Slotless`] when the placement is none.
    pub fn length(&self, place: &[usize]) -> Result<i64, Refusal> {
        self.occupants(place)?;
        Ok(self.baskets.iter().map(|b| b.1 * self.walk(&b.0, place)).sum())
    }

    /// Articles by falling frequency into slots aisle by aisle from the depot.
    pub fn by_frequency(&self) -> Vec<usize> {
        let mut place = vec![0; self.articles];
        for (article, slot) in self.ranked().into_iter().zip(self.near()) {
            place[article] = slot;
        }
        place
    }

    /// Three classes of articles, a fifth, three tenths and the rest by frequency,
    /// each anywhere in its own part of the slots aisle by aisle from the depot.
    pub fn by_class(&self, seed: u64) -> Vec<usize> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (ranked, mut slots) = (self.ranked(), self.near());
        let cut = |share: f64| (self.articles as f64 * share).round() as usize;
        let (a, b) = (cut(0.2), cut(0.5));
        slots[..a].shuffle(&mut rng);
        slots[a..b].shuffle(&mut rng);
        slots[b..].shuffle(&mut rng);
        let mut place = vec![0; self.articles];
        for (article, slot) in ranked.into_iter().zip(slots) {
            place[article] = slot;
        }
        place
    }

    /// Any article anywhere.
    pub fn at_random(&self, seed: u64) -> Vec<usize> {
        let mut slots: Vec<usize> = (0..self.slots.len()).collect();
        slots.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        slots.truncate(self.articles);
        slots
    }

    /// Places with short tours, reached from `start`; the best that was met.
    ///
    /// # Errors
    /// [`Refusal::Slotless`] when the start is no placement.
    pub fn improve(&self, start: &[usize], limits: Limits, pace: &mut Pace<'_>) -> Result<Vec<usize>, Refusal> {
        let mut search = Search::new(self, start, limits)?;
        let mut now: i64 = self.baskets.iter().zip(&search.lengths).map(|(b, l)| b.1 * l).sum();
        let (mut best, mut least) = (search.place.clone(), now);
        let scale = now as f64;
        let mut tried = 0;
        while self.articles > 0 && self.slots.len() > 1 {
            let done = pace(tried, least);
            if done.is_nan() || done >= 1.0 {
                break;
            }
            let heat = scale * HOT * (COLD / HOT).powf(done.max(0.0));
            for _ in 0..STRIDE {
                let Some((article, slot)) = search.propose() else { continue };
                let from = search.place[article];
                let longer = search.exchange(article, slot);
                if longer > 0 && search.rng.random::<f64>() >= (-(longer as f64) / heat).exp() {
                    search.swap(article, from);
                    continue;
                }
                search.keep();
                now += longer;
                if now < least {
                    least = now;
                    best.clone_from(&search.place);
                }
            }
            tried += STRIDE;
        }
        Ok(best)
    }

    /// Which article lies in each slot.
    fn occupants(&self, place: &[usize]) -> Result<Vec<usize>, Refusal> {
        let mut holds = vec![EMPTY; self.slots.len()];
        for article in 0..self.articles {
            match place.get(article).and_then(|&slot| holds.get_mut(slot)) {
                Some(slot) if *slot == EMPTY => *slot = article,
                _ => return Err(Refusal::Slotless { article }),
            }
        }
        Ok(holds)
    }

    fn walk(&self, basket: &[usize], place: &[usize]) -> i64 {
        let mut spots = [Spot::new(0, 0); MAX_BASKET];
        for (spot, &article) in spots.iter_mut().zip(basket) {
            *spot = self.slots[place[article]];
        }
        let spots = &mut spots[..basket.len()];
        spots.sort_unstable();
        self.block.shortest(spots)
    }

    /// Articles by falling frequency.
    fn ranked(&self) -> Vec<usize> {
        let mut visits = vec![0_i64; self.articles];
        for (basket, times) in &self.baskets {
            basket.iter().for_each(|&a| visits[a] += times);
        }
        let mut ranked: Vec<usize> = (0..self.articles).collect();
        ranked.sort_by_key(|&a| (-visits[a], a));
        ranked
    }

    /// Slots by distance of their aisle from the depot, then from the front.
    fn near(&self) -> Vec<usize> {
        let mut slots: Vec<usize> = (0..self.slots.len()).collect();
        slots.sort_by_key(|&s| (self.slots[s].aisle().abs_diff(self.block.depot), self.slots[s], s));
        slots
    }
}

struct Search<'a> {
    demand: &'a Demand,
    limits: Limits,
    rng: ChaCha8Rng,
    start: Vec<usize>,
    place: Vec<usize>,
    holds: Vec<usize>,
    /// Baskets of each article, ascending.
    of: Vec<Vec<usize>>,
    /// Length of each basket's tour.
    lengths: Vec<i64>,
    /// New lengths of the move on trial.
    trial: Vec<(usize, i64)>,
    /// Articles away from where they began.
    moved: usize,
}

impl<'a> Search<'a> {
    fn new(demand: &'a Demand, start: &[usize], limits: Limits) -> Result<Self, Refusal> {
        let holds = demand.occupants(start)?;
        let mut of = vec![Vec::new(); demand.articles];
        for (at, (basket, _)) in demand.baskets.iter().enumerate() {
            basket.iter().for_each(|&a| of[a].push(at));
        }
        let place = start[..demand.articles].to_vec();
        let lengths = demand.baskets.iter().map(|b| demand.walk(&b.0, &place)).collect();
        let rng = ChaCha8Rng::seed_from_u64(limits.seed);
        Ok(Self { demand, limits, rng, start: place.clone(), place, holds, of, lengths, trial: vec![], moved: 0 })
    }

    /// An article and another slot for it that the limits allow.
    fn propose(&mut self) -> Option<(usize, usize)> {
        // With the limit reached few moves are left that keep it; a draw is nothing
        // beside walking the baskets again.
        (0..DRAWS).find_map(|_| self.draw())
    }

    fn draw(&mut self) -> Option<(usize, usize)> {
        let full = self.moved + 2 > self.limits.max_moved;
        let article = self.rng.random_range(0..self.place.len());
        let home = full && self.rng.random::<f64>() < HOME;
        let slot = if home { self.start[article] } else { self.rng.random_range(0..self.holds.len()) };
        let other = self.holds[slot];
        let away = |a: usize, slot: usize| usize::from(a != EMPTY && self.start[a] != slot);
        let here = self.place[article];
        if slot == here {
            return None;
        }
        let before = away(article, here) + away(other, slot);
        let after = away(article, slot) + away(other, here);
        (self.moved + after - before <= self.limits.max_moved).then_some((article, slot))
    }

    /// Puts an article in a slot and what was there in its old one; by how much
    /// all tours get longer. The lengths wait for [`Self::keep`].
    fn exchange(&mut self, article: usize, slot: usize) -> i64 {
        let other = self.swap(article, slot);
        self.trial.clear();
        let mut longer = 0;
        let none = Vec::new();
        let (one, two) = (&self.of[article], if other == EMPTY { &none } else { &self.of[other] });
        let (mut i, mut j) = (0, 0);
        while i < one.len() || j < two.len() {
            let (a, b) = (one.get(i).copied().unwrap_or(EMPTY), two.get(j).copied().unwrap_or(EMPTY));
            i += usize::from(a <= b);
            j += usize::from(b <= a);
            // A basket with both visits the same slots as before.
            if a != b {
                let at = a.min(b);
                let (basket, times) = &self.demand.baskets[at];
                let length = self.demand.walk(basket, &self.place);
                longer += times * (length - self.lengths[at]);
                self.trial.push((at, length));
            }
        }
        longer
    }

    fn keep(&mut self) {
        for &(at, length) in &self.trial {
            self.lengths[at] = length;
        }
    }

    fn swap(&mut self, article: usize, slot: usize) -> usize {
        let (here, other) = (self.place[article], self.holds[slot]);
        let away = |a: usize, slot: usize| usize::from(a != EMPTY && self.start[a] != slot);
        self.moved += away(article, slot) + away(other, here);
        self.moved -= away(article, here) + away(other, slot);
        self.place[article] = slot;
        self.holds[slot] = article;
        self.holds[here] = other;
        if other != EMPTY {
            self.place[other] = here;
        }
        other
    }
}
