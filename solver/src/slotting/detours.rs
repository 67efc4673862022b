//! What a visit to a bin adds to the walks that an article is part of.
//!
//! An article beside what is fetched with it is nearly on the way, however far both
//! are from the pack table. For each walk of an article: the shortest round through
//! the others, and the cheapest way to put each bin into it. Where few are fetched
//! at once these rounds are exact, so that no gain is overstated. Absent on purpose:
//! who is fetched together, which the caller knows.

use crate::matrix::Matrix;
use crate::tour;

/// Walks of one article that are looked at, the first ones named.
const MAX_WALKS: usize = 40;

/// Others fetched on a walk that are looked at.
const MAX_OTHERS: usize = 12;

/// Something fetched on a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visit {
    /// One of the articles in question, wherever it lies.
    Article(usize),
    /// A place on the floor.
    Place(usize),
}

/// What was fetched together, and the ways on the floor.
#[derive(Debug, Clone)]
pub struct Together {
    /// Work of walking between places in ms, one-way or not.
    pub ways: Matrix,
    /// The place where walks begin and end.
    pub home: usize,
    /// The place of each bin.
    pub at: Vec<usize>,
    /// What was fetched on one walk each.
    pub walks: Vec<Vec<Visit>>,
}

/// The work that a visit adds, by article and place.
pub(super) struct Detours<'a> {
    together: &'a Together,
    /// Walks of each article.
    of: Vec<Vec<usize>>,
    /// For each article its work by place; `None` when nothing is known of it.
    work: Vec<Option<Vec<i64>>>,
}

impl<'a> Detours<'a> {
    pub(super) fn new(together: &'a Together, articles: usize, place: &[Option<usize>]) -> Self {
        let mut of = vec![Vec::new(); articles];
        for (at, walk) in together.walks.iter().enumerate() {
            for stop in walk {
                if let Visit::Article(article) = *stop
                    && article < articles
                    && of[article].len() < MAX_WALKS
                    && of[article].last() != Some(&at)
                {
                    of[article].push(at);
                }
            }
        }
        let mut detours = Self { together, of, work: vec![None; articles] };
        for article in 0..articles {
            detours.work[article] = detours.of_article(article, place);
        }
        detours
    }

    /// Work that a visit to a bin adds to the walks of an article, if known.
    pub(super) fn ms(&self, article: usize, bin: usize) -> Option<i64> {
        let place = *self.together.at.get(bin)?;
        self.work[article].as_ref()?.get(place).copied()
    }

    /// Looks again at all that is fetched with an article that was moved.
    pub(super) fn moved(&mut self, article: usize, place: &[Option<usize>]) {
        let walks = self.of[article].iter().flat_map(|&walk| &self.together.walks[walk]);
        let mut with: Vec<usize> = walks
            .filter_map(|stop| match *stop {
                Visit::Article(other) => (other < self.work.len()).then_some(other),
                Visit::Place(_) => None,
            })
            .collect();
        with.sort_unstable();
        with.dedup();
        for other in with {
            self.work[other] = self.of_article(other, place);
        }
    }

    /// Mean over the walks of an article; `None` when it has none, or some place
    /// cannot be walked to.
    fn of_article(&self, article: usize, place: &[Option<usize>]) -> Option<Vec<i64>> {
        let own = self.place(Visit::Article(article), place)?;
        let mut sum = vec![0_i64; self.together.ways.size()];
        let walks = &self.of[article];
        for &walk in walks {
            let stops = &self.together.walks[walk];
            let others = stops.iter().filter(|&&stop| stop != Visit::Article(article));
            let others: Vec<usize> = others.filter_map(|&stop| self.place(stop, place)).take(MAX_OTHERS).collect();
            let (round, length) = self.round(others.clone())?;
            let added = (0..sum.len()).map(|to| self.added(&round, to).unwrap_or(crate::matrix::MAX_LENGTH));
            let mut added: Vec<i64> = added.collect();
            // What the article adds now is known better: it may lie where the round
            // with it is another than the round without it.
            let with = others.into_iter().chain([own]).collect();
            added[own] = self.round(with)?.1 - length;
            sum.iter_mut().zip(added).for_each(|(sum, more)| *sum += more);
        }
        let count = i64::try_from(walks.len()).unwrap_or(i64::MAX);
        (count > 0).then(|| sum.into_iter().map(|sum| sum / count).collect())
    }

    fn place(&self, stop: Visit, place: &[Option<usize>]) -> Option<usize> {
        let at = match stop {
            Visit::Article(article) => *self.together.at.get((*place.get(article)?)?)?,
            Visit::Place(at) => at,
        };
        (at < self.together.ways.size()).then_some(at)
    }

    /// A short round from home through some places, home at both ends.
    fn round(&self, mut through: Vec<usize>) -> Option<(Vec<usize>, i64)> {
        through.sort_unstable();
        through.dedup();
        through.retain(|&at| at != self.together.home);
        let (mut round, length) = tour::polish(&self.together.ways, self.together.home, through)?;
        round.insert(0, self.together.home);
        round.push(self.together.home);
        Some((round, length))
    }

    /// The least that a round grows by when it also goes to a place.
    fn added(&self, round: &[usize], to: usize) -> Option<i64> {
        let ways = &self.together.ways;
        if round.contains(&to) {
            return Some(0);
        }
        let between = |pair: &[usize]| {
            let through = ways.get(pair[0], to)? + ways.get(to, pair[1])?;
            let straight = if pair[0] == pair[1] { 0 } else { ways.get(pair[0], pair[1])? };
            Some(through - straight)
        };
        round.windows(2).filter_map(between).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Article, Bin, Class, MoveRules, Temperature, Weights, propose_moves};
    use super::*;
    use crate::check::tour::brute_force;
    use proptest::prelude::*;

    const FREE: Weights = Weights { class_step_ms: 0, empty_ms: 0, lift_ms: 0 };

    fn bin() -> Bin {
        Bin {
            travel_ms: 0,
            class: Class::A,
            level: 0,
            max_weight_g: 1,
            used_weight_g: 0,
            capacity_ml: 1,
            used_ml: 0,
            temperature: Temperature::Ambient,
        }
    }

    fn article(picks_per_day: f64) -> Article {
        Article {
            picks_per_day,
            class: Class::A,
            unit_weight_g: 1,
            weight_g: 1,
            volume_ml: 1,
            temperature: Temperature::Ambient,
        }
    }

    fn walked(together: &Together, place: &[Option<usize>]) -> i64 {
        let round = |walk: &Vec<Visit>| {
            let mut stops: Vec<usize> = walk
                .iter()
                .map(|stop| match *stop {
                    Visit::Article(a) => together.at[place[a].unwrap()],
                    Visit::Place(at) => at,
                })
                .filter(|&at| at != together.home)
                .collect();
            stops.sort_unstable();
            stops.dedup();
            if stops.is_empty() {
                0
            } else {
                brute_force(&together.ways, together.home, together.home, &stops).unwrap()
            }
        };
        together.walks.iter().map(round).sum()
    }

    fn floors() -> impl Strategy<Value = (Together, usize)> {
        let stop = prop_oneof![4 => (0..3_usize).prop_map(Visit::Article), 1 => (0..8_usize).prop_map(Visit::Place)];
        let walks = proptest::collection::vec(proptest::collection::vec(stop, 1..5), 1..8);
        let cells = proptest::collection::vec(1..40_i64, 64);
        (walks, cells).prop_map(|(walks, cells)| {
            let way = |i: usize, j: usize| Some(if i == j { 0 } else { cells[8 * i + j] * 100 });
            let ways = Matrix::from_fn(8, way).unwrap();
            (Together { ways, home: 0, at: (1..8).collect(), walks }, 3)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn moves_save_at_least_what_they_say((together, articles) in floors()) {
            let mut place: Vec<Option<usize>> = (0..articles).map(Some).collect();
            let of = |a: usize| together.walks.iter().filter(|w| w.contains(&Visit::Article(a))).count();
            let goods: Vec<Article> = (0..articles).map(|a| article(of(a) as f64)).collect();
            let mut bins = vec![bin(); 7];
            for bin in &mut bins[..articles] {
                (bin.used_weight_g, bin.used_ml) = (1, 1);
            }
            let rules = MoveRules { move_ms: 20, horizon_days: 1, max_moves: 9 };
            for m in propose_moves(&goods, &bins, &place, Some(&together), &FREE, &rules) {
                if m.exchange.is_some() {
                    break;
                }
                let before = walked(&together, &place);
                place[m.article] = Some(m.to);
                // Means are cut to whole milliseconds.
                let slack = 2 * of(m.article) as i64;
                prop_assert!(before - walked(&together, &place) + slack >= m.gain_ms, "{m:?}");
            }
        }
    }

    #[test]
    fn an_article_goes_to_what_it_is_fetched_with_and_not_near_the_pack_table() {
        // A line of places, 1 s apart, home at 0; a partner lies at its far end.
        let ways = Matrix::from_fn(10, |i, j| Some(1_000 * i.abs_diff(j) as i64)).unwrap();
        let walks = vec![vec![Visit::Article(0), Visit::Place(9)], vec![Visit::Place(2)]];
        let together = Together { ways, home: 0, at: vec![9, 4], walks };
        let rules = MoveRules { move_ms: 1, horizon_days: 30, max_moves: 3 };
        let mut bins = [bin(), bin()];
        for (bin, far) in bins.iter_mut().zip([18_000, 8_000]) {
            bin.travel_ms = far;
        }
        bins[0].used_weight_g = 1;
        bins[0].used_ml = 1;
        let run = |together| propose_moves(&[article(5.0)], &bins, &[Some(0)], together, &FREE, &rules);
        assert_eq!(run(None).iter().map(|m| (m.to, m.gain_ms)).collect::<Vec<_>>(), [(1, 5 * 10_000 * 30)]);
        assert!(run(Some(&together)).is_empty());
    }
}
