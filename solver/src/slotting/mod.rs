//! Slotting: which bin for which article, and which articles are worth moving.
//!
//! Everything is priced in one unit, milliseconds of work a day, so that a
//! score, a gain over a horizon and the cost of a move compare directly: travel
//! times picks (the frequency rule behind Heskett's cube-per-order index,
//! Transportation & Distribution Management 3, 1963), the class of the zone, a
//! half-empty bin, and lifting weight to a height. Temperature and capacity are
//! not priced; they must fit. Which articles are ordered together is the matter of
//! [`tours`]. Absent on purpose: where the stock of one article is split over bins.

mod abc;
mod anneal;
mod detours;
mod moves;
pub mod tours;

pub use abc::{Class, abc};
pub use detours::{Together, Visit};
pub use moves::{MoveRules, Proposal, propose_moves};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Storage climate. An article goes only where its own is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temperature {
    /// No cooling.
    Ambient,
    /// Cooled.
    Chilled,
    /// Frozen.
    Frozen,
}

/// An article that needs a bin, with the stock to be put there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Visits to its bin a day, expected; anything not finite counts as 0.
    pub picks_per_day: f64,
    /// Its class.
    pub class: Class,
    /// Weight of one base unit in grams.
    pub unit_weight_g: i64,
    /// Weight of the stock to be placed in grams.
    pub weight_g: i64,
    /// Volume of the stock to be placed in millilitres.
    pub volume_ml: i64,
    /// Climate it needs.
    pub temperature: Temperature,
}

/// A bin that might take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// Extra walking time for one visit, there and back, in ms.
    pub travel_ms: i64,
    /// Class its zone is meant for.
    pub class: Class,
    /// Shelf level; 0 is the easiest to reach, higher is worse.
    pub level: u8,
    /// Most weight in grams.
    pub max_weight_g: i64,
    /// Weight already in it in grams.
    pub used_weight_g: i64,
    /// Most volume in millilitres.
    pub capacity_ml: i64,
    /// Volume already in it in millilitres.
    pub used_ml: i64,
    /// Climate it is kept at.
    pub temperature: Temperature,
}

/// What the parts of a score cost, all in ms of work a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// For each step between the article's class and the zone's.
    pub class_step_ms: i64,
    /// For a bin that stays entirely empty; part of it for a part.
    pub empty_ms: i64,
    /// For each pick, level and kilogram of unit weight.
    pub lift_ms: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { class_step_ms: 5_000, empty_ms: 2_000, lift_ms: 150 }
    }
}

/// A bin's score for an article in ms of work a day; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Sum of the parts.
    pub total_ms: i64,
    /// Walking.
    pub travel_ms: i64,
    /// Zone meant for another class.
    pub class_ms: i64,
    /// Space left unused.
    pub fill_ms: i64,
    /// Lifting to or from the level.
    pub lift_ms: i64,
}

/// Why a bin cannot take an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Misfit {
    /// Kept at another climate.
    #[error("the bin is {bin:?}, the article needs {article:?}")]
    Temperature {
        /// The bin's.
        bin: Temperature,
        /// The article's.
        article: Temperature,
    },
    /// Too heavy.
    #[error("{over_g} g too heavy")]
    Weight {
        /// Grams above what the bin still takes.
        over_g: i64,
    },
    /// Too bulky.
    #[error("{over_ml} ml too bulky")]
    Volume {
        /// Millilitres above what the bin still takes.
        over_ml: i64,
    },
    /// A weight or volume below 0.
    #[error("a weight or volume is negative")]
    Negative,
}

/// Prices a bin for an article, part by part.
///
/// # Errors
/// [`Misfit`] says what does not fit.
pub fn score(bin: &Bin, article: &Article, weights: &Weights) -> Result<Score, Misfit> {
    fit(bin, article)?;
    let picks = picks(article);
    let travel_ms = times(picks, bin.travel_ms.max(0) as f64);
    let steps = bin.class.rank().abs_diff(article.class.rank()) as i64;
    let class_ms = steps.saturating_mul(weights.class_step_ms);
    let left = bin.capacity_ml - bin.used_ml - article.volume_ml;
    let empty = left as f64 / bin.capacity_ml.max(1) as f64;
    let fill_ms = times(empty, weights.empty_ms as f64);
    let kilos = article.unit_weight_g as f64 / 1000.0;
    let lift = kilos * f64::from(bin.level) * weights.lift_ms as f64;
    let lift_ms = times(picks, lift);
    let parts = [travel_ms, class_ms, fill_ms, lift_ms];
    Ok(Score { total_ms: parts.into_iter().fold(0, i64::saturating_add), travel_ms, class_ms, fill_ms, lift_ms })
}

/// Visits a day, made sane.
fn picks(article: &Article) -> f64 {
    let picks = article.picks_per_day;
    if picks.is_finite() { picks.max(0.0) } else { 0.0 }
}

/// A product rounded to whole milliseconds; the cast saturates.
fn times(a: f64, b: f64) -> i64 {
    (a * b).round() as i64
}

fn fit(bin: &Bin, article: &Article) -> Result<(), Misfit> {
    let amounts = [
        bin.used_weight_g,
        bin.used_ml,
        article.unit_weight_g,
        article.weight_g,
        article.volume_ml,
        bin.max_weight_g,
        bin.capacity_ml,
    ];
    if amounts.iter().any(|&a| a < 0) {
        return Err(Misfit::Negative);
    }
    if bin.temperature != article.temperature {
        return Err(Misfit::Temperature { bin: bin.temperature, article: article.temperature });
    }
    let over = |used: i64, more: i64, most: i64| used.saturating_add(more).saturating_sub(most);
    let over_g = over(bin.used_weight_g, article.weight_g, bin.max_weight_g);
    if over_g > 0 {
        return Err(Misfit::Weight { over_g });
    }
    let over_ml = over(bin.used_ml, article.volume_ml, bin.capacity_ml);
    if over_ml > 0 {
        return Err(Misfit::Volume { over_ml });
    }
    Ok(())
}

/// The choice of a bin with all that was weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Index of the best bin; `None` when none fits.
    pub bin: Option<usize>,
    /// Score or misfit of each bin, in the order given.
    pub candidates: Vec<Result<Score, Misfit>>,
}

/// The bin with the least score; among equals the first.
pub fn best_bin(bins: &[Bin], article: &Article, weights: &Weights) -> Choice {
    let scores = bins.iter().map(|bin| score(bin, article, weights));
    let candidates: Vec<Result<Score, Misfit>> = scores.collect();
    let fitting = candidates.iter().enumerate();
    let bin = fitting.filter_map(|(bin, score)| Some((score.as_ref().ok()?.total_ms, bin))).min().map(|(_, bin)| bin);
    Choice { bin, candidates }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(travel_ms: i64, class: Class) -> Bin {
        Bin {
            travel_ms,
            class,
            level: 0,
            max_weight_g: 50_000,
            used_weight_g: 0,
            capacity_ml: 10_000,
            used_ml: 0,
            temperature: Temperature::Ambient,
        }
    }

    fn article(picks_per_day: f64, class: Class) -> Article {
        Article {
            picks_per_day,
            class,
            unit_weight_g: 2_000,
            weight_g: 20_000,
            volume_ml: 5_000,
            temperature: Temperature::Ambient,
        }
    }

    #[test]
    fn a_score_is_the_sum_of_its_parts() {
        let mut b = bin(10_000, Class::C);
        b.level = 3;
        let s = score(&b, &article(4.0, Class::A), &Weights::default()).unwrap();
        let parts = (s.travel_ms, s.class_ms, s.fill_ms, s.lift_ms);
        assert_eq!(parts, (40_000, 10_000, 1_000, 3_600));
        assert_eq!(s.total_ms, 54_600);
    }

    #[test]
    fn the_fast_go_near_and_the_slow_leave_room_for_them() {
        let bins = [bin(30_000, Class::C), bin(5_000, Class::A)];
        let w = Weights::default();
        assert_eq!(best_bin(&bins, &article(50.0, Class::A), &w).bin, Some(1));
        assert_eq!(best_bin(&bins, &article(0.1, Class::C), &w).bin, Some(0));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let mut bins = [bin(0, Class::A), bin(0, Class::A), bin(0, Class::A)];
        bins[0].temperature = Temperature::Frozen;
        bins[1].used_weight_g = 31_000;
        bins[2].used_ml = 5_001;
        let choice = best_bin(&bins, &article(1.0, Class::A), &Weights::default());
        assert_eq!(choice.bin, None);
        assert!(matches!(choice.candidates[0], Err(Misfit::Temperature { .. })));
        assert_eq!(choice.candidates[1], Err(Misfit::Weight { over_g: 1_000 }));
        assert_eq!(choice.candidates[2], Err(Misfit::Volume { over_ml: 1 }));
    }
}
