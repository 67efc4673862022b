//! Slotting by tours: places for articles that keep the tours of real baskets short.
//!
//! Articles that are bought together should lie together, which no figure of one
//! article alone can say. Here is the question, simple answers to it, and the
//! length of any; the search is a file of its own. Absent on purpose: weight,
//! climate and capacity, which [`super::score`] prices for one article; and any
//! clock, the caller's pace ends the search.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use crate::tour::aisles::{Block, Spot};

/// Most articles of one basket; more are cut off, as such a basket visits all.
const MAX_BASKET: usize = 256;

/// No article in a slot.
pub(super) const EMPTY: usize = usize::MAX;

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
    /// What taking one article to another slot costs, in length units set against
    /// the length of all tours; not below 0.
    pub move_cost: i64,
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

    /// Articles in their own order into the slots nearest to the depot, as they fill
    /// up when each new article takes the closest open place.
    pub fn closest_open(&self) -> Vec<usize> {
        let way = |s: &usize| {
            let aisles = self.slots[*s].aisle().abs_diff(self.block.depot);
            u64::from(aisles) * u64::from(self.block.pitch) + u64::from(self.slots[*s].along())
        };
        let mut slots: Vec<usize> = (0..self.slots.len()).collect();
        slots.sort_by_key(|s| (way(s), *s));
        slots.truncate(self.articles);
        slots
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

    /// Places with short tours, reached from `start`; the best that was met: the
    /// least length of all tours and cost of the moves together.
    ///
    /// # Errors
    /// [`Refusal::Slotless`] when the start is no placement.
    pub fn improve(&self, start: &[usize], limits: Limits, pace: &mut Pace<'_>) -> Result<Vec<usize>, Refusal> {
        let holds = self.occupants(start)?;
        Ok(super::anneal::improve(self, &start[..self.articles], holds, limits, pace))
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

    pub(super) fn walk(&self, basket: &[usize], place: &[usize]) -> i64 {
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
