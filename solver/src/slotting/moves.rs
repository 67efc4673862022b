//! Which articles are worth moving: gain over the horizon against the work.
//!
//! Best net gain first, moves into room and exchanges alike, each priced against
//! the floor as the moves before it leave it; walking by what is fetched together
//! where that is known. Absent on purpose: rings of three and more, which
//! [`super::tours`] finds for a whole floor.

use serde::{Deserialize, Serialize};

use super::detours::{Detours, Together};
use super::{Article, Bin, Score, Weights, score};

/// What a move costs and how long its gain lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRules {
    /// Work of taking one article's stock from one bin to another, in ms.
    pub move_ms: i64,
    /// Days over which a better place pays back.
    pub horizon_days: i64,
    /// Most proposals.
    pub max_moves: usize,
}

/// One article to be moved, or two to be exchanged. Proposals are meant to be
/// carried out in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The article.
    pub article: usize,
    /// Its bin now.
    pub from: usize,
    /// Its bin then.
    pub to: usize,
    /// The article that takes the place left; needs a third move in between.
    pub exchange: Option<usize>,
    /// Work saved over the horizon, in ms.
    pub gain_ms: i64,
    /// Work of the move, in ms; always below the gain.
    pub cost_ms: i64,
}

/// Moves whose gain exceeds their cost, best first, at most
/// [`MoveRules::max_moves`]. `place[i]` is the bin of article i; its stock is
/// counted in that bin's used weight and volume. An article without a bin, or
/// in one that does not fit it, stays out of the reckoning. With `together` a visit
/// costs what it adds to the walks an article was part of, which for an exchange is
/// taken as if the other had not moved; without, the way there and back.
pub fn propose_moves(
    articles: &[Article],
    bins: &[Bin],
    place: &[Option<usize>],
    together: Option<&Together>,
    weights: &Weights,
    rules: &MoveRules,
) -> Vec<Proposal> {
    let mut floor = Floor::new(articles, bins, place, weights, rules);
    floor.detours = together.map(|t| Detours::new(t, articles.len(), &floor.place));
    let mut proposals = Vec::new();
    while proposals.len() < rules.max_moves {
        // A move changes what its neighbours of walks are worth.
        let room = if together.is_some() { 1 } else { rules.max_moves - proposals.len() };
        let mut found: Vec<Proposal> = floor.all();
        found.sort_by_key(|p| (p.cost_ms.saturating_sub(p.gain_ms), p.article, p.to));
        let mut touched = vec![false; bins.len()];
        let before = proposals.len();
        for p in found {
            if proposals.len() - before >= room || touched[p.from] || touched[p.to] {
                continue;
            }
            (touched[p.from], touched[p.to]) = (true, true);
            floor.apply(&p);
            proposals.push(p);
        }
        if proposals.len() == before {
            break;
        }
    }
    proposals
}

struct Floor<'a> {
    articles: &'a [Article],
    bins: Vec<Bin>,
    place: Vec<Option<usize>>,
    weights: &'a Weights,
    rules: &'a MoveRules,
    /// Bins that hold a known article, for exchanges: a bin shared by several
    /// articles can be moved into and out of, not exchanged as a whole.
    alone_in: Vec<Option<usize>>,
    detours: Option<Detours<'a>>,
}

impl<'a> Floor<'a> {
    fn new(
        articles: &'a [Article],
        bins: &[Bin],
        place: &[Option<usize>],
        weights: &'a Weights,
        rules: &'a MoveRules,
    ) -> Self {
        let known = |bin: &usize| *bin < bins.len();
        let mut place: Vec<Option<usize>> = place.iter().map(|p| p.filter(known)).collect();
        place.resize(articles.len(), None);
        let mut floor =
            Self { articles, bins: bins.to_vec(), place, weights, rules, alone_in: Vec::new(), detours: None };
        floor.count();
        floor
    }

    fn count(&mut self) {
        let mut held = vec![(0, None); self.bins.len()];
        for (article, bin) in self.place.iter().enumerate() {
            if let Some(bin) = *bin {
                held[bin] = (held[bin].0 + 1, Some(article));
            }
        }
        let alone = held.into_iter().map(|(n, a)| a.filter(|_| n == 1));
        self.alone_in = alone.collect();
    }

    /// Score of an article in a bin from which some article was taken out.
    fn without(&self, at: usize, out: Option<usize>, article: usize) -> Option<Score> {
        let mut bin = self.bins[at].clone();
        if let Some(ms) = self.detours.as_ref().and_then(|detours| detours.ms(article, at)) {
            bin.travel_ms = ms;
        }
        if let Some(out) = out {
            bin.used_weight_g = bin.used_weight_g.saturating_sub(self.articles[out].weight_g);
            bin.used_ml = bin.used_ml.saturating_sub(self.articles[out].volume_ml);
        }
        score(&bin, &self.articles[article], self.weights).ok()
    }

    fn all(&self) -> Vec<Proposal> {
        let mut found = Vec::new();
        let placed = self.place.iter().enumerate();
        for (article, from) in placed.filter_map(|(a, p)| Some((a, (*p)?))) {
            let Some(now) = self.without(from, Some(article), article) else {
                continue;
            };
            for to in (0..self.bins.len()).filter(|&t| t != from) {
                found.extend(self.simple(article, from, to, now));
                found.extend(self.exchange(article, from, to, now));
            }
        }
        found
    }

    fn simple(&self, article: usize, from: usize, to: usize, now: Score) -> Option<Proposal> {
        let then = self.without(to, None, article)?;
        let daily = now.total_ms.saturating_sub(then.total_ms);
        self.worth(article, from, to, None, daily)
    }

    fn exchange(&self, article: usize, from: usize, to: usize, now: Score) -> Option<Proposal> {
        let other = self.alone_in[to]?;
        // Each pair once; and a shared bin has no single occupant to exchange.
        if other <= article || self.alone_in[from] != Some(article) {
            return None;
        }
        let other_now = self.without(to, Some(other), other)?;
        let then = self.without(to, Some(other), article)?;
        let other_then = self.without(from, Some(article), other)?;
        let before = now.total_ms.saturating_add(other_now.total_ms);
        let after = then.total_ms.saturating_add(other_then.total_ms);
        self.worth(article, from, to, Some(other), before.saturating_sub(after))
    }

    fn worth(
        &self,
        article: usize,
        from: usize,
        to: usize,
        exchange: Option<usize>,
        daily_ms: i64,
    ) -> Option<Proposal> {
        let gain_ms = daily_ms.saturating_mul(self.rules.horizon_days.max(0));
        let trips = if exchange.is_some() { 3 } else { 1 };
        let cost_ms = self.rules.move_ms.max(0).saturating_mul(trips);
        (gain_ms > cost_ms).then_some(Proposal { article, from, to, exchange, gain_ms, cost_ms })
    }

    fn apply(&mut self, p: &Proposal) {
        self.shift(p.article, p.from, p.to);
        if let Some(other) = p.exchange {
            self.shift(other, p.to, p.from);
        }
        self.count();
        if let Some(detours) = &mut self.detours {
            for article in [Some(p.article), p.exchange].into_iter().flatten() {
                detours.moved(article, &self.place);
            }
        }
    }

    fn shift(&mut self, article: usize, from: usize, to: usize) {
        let stock = &self.articles[article];
        let out = &mut self.bins[from];
        out.used_weight_g = out.used_weight_g.saturating_sub(stock.weight_g);
        out.used_ml = out.used_ml.saturating_sub(stock.volume_ml);
        let into = &mut self.bins[to];
        into.used_weight_g = into.used_weight_g.saturating_add(stock.weight_g);
        into.used_ml = into.used_ml.saturating_add(stock.volume_ml);
        self.place[article] = Some(to);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Class, Temperature};
    use super::*;
    use proptest::prelude::*;

    fn floor() -> impl Strategy<Value = (Vec<Article>, Vec<Bin>, Vec<Option<usize>>)> {
        let climate = prop_oneof![4 => Just(Temperature::Ambient), 1 => Just(Temperature::Frozen)];
        let class = prop_oneof![Just(Class::A), Just(Class::B), Just(Class::C)];
        let bin = (0..40_000_i64, class.clone(), 0..4_u8, climate.clone());
        let bins = proptest::collection::vec(bin, 1..9);
        let article = (0.0..60.0_f64, class, 0..900_i64, 0..1500_i64, climate);
        let articles = proptest::collection::vec((article, proptest::option::of(0..9_usize)), 0..8);
        (articles, bins).prop_map(|(articles, bins)| {
            let mut bins: Vec<Bin> = bins
                .into_iter()
                .map(|(travel_ms, class, level, t)| Bin {
                    travel_ms,
                    class,
                    level,
                    temperature: t,
                    max_weight_g: 1500,
                    used_weight_g: 0,
                    capacity_ml: 2000,
                    used_ml: 0,
                })
                .collect();
            let mut place = Vec::new();
            let articles = articles
                .into_iter()
                .map(|((p, class, g, ml, t), at)| {
                    let article = Article {
                        picks_per_day: p,
                        class,
                        unit_weight_g: g / 4,
                        weight_g: g,
                        volume_ml: ml,
                        temperature: t,
                    };
                    let fits =
                        |b: &usize| bins.get(*b).is_some_and(|b| score(b, &article, &Weights::default()).is_ok());
                    let at = at.filter(fits);
                    if let Some(at) = at {
                        bins[at].used_weight_g += g;
                        bins[at].used_ml += ml;
                    }
                    place.push(at);
                    article
                })
                .collect();
            (articles, bins, place)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn every_move_fits_and_pays((articles, mut bins, mut place) in floor(), move_ms in 0..200_000_i64, max in 0..9_usize) {
            let rules = MoveRules { move_ms, horizon_days: 10, max_moves: max };
            let weights = Weights::default();
            let moves = propose_moves(&articles, &bins, &place, None, &weights, &rules);
            prop_assert!(moves.len() <= max);
            for m in moves {
                prop_assert_eq!(place[m.article], Some(m.from));
                let mut going = vec![(m.article, m.from, m.to)];
                going.extend(m.exchange.map(|o| (o, m.to, m.from)));
                let (mut before, mut after) = (0, 0);
                for &(a, from, _) in &going {
                    bins[from].used_weight_g -= articles[a].weight_g;
                    bins[from].used_ml -= articles[a].volume_ml;
                    before += score(&bins[from], &articles[a], &weights).unwrap().total_ms;
                }
                for &(a, _, to) in &going {
                    let s = score(&bins[to], &articles[a], &weights);
                    prop_assert!(s.is_ok(), "{:?} does not fit: {:?}", m, s);
                    after += s.unwrap().total_ms;
                    bins[to].used_weight_g += articles[a].weight_g;
                    bins[to].used_ml += articles[a].volume_ml;
                    place[a] = Some(to);
                }
                prop_assert_eq!(m.gain_ms, (before - after) * 10);
                prop_assert_eq!(m.cost_ms, move_ms * if m.exchange.is_some() { 3 } else { 1 });
                prop_assert!(m.gain_ms > m.cost_ms);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn any_numbers_will_do(
            (mut articles, mut bins, place) in floor(),
            numbers in proptest::collection::vec(prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)], 12),
            picks in any::<f64>(),
        ) {
            for (i, a) in articles.iter_mut().enumerate().filter(|(i, _)| i % 2 == 0) {
                a.picks_per_day = picks;
                a.weight_g = numbers[i % 12];
                a.unit_weight_g = numbers[(i + 5) % 12];
            }
            for (i, b) in bins.iter_mut().enumerate() {
                b.travel_ms = numbers[(i + 1) % 12];
                b.capacity_ml = numbers[(i + 2) % 12];
                b.max_weight_g = numbers[(i + 3) % 12];
            }
            let weights = Weights { class_step_ms: numbers[0], empty_ms: numbers[1], lift_ms: numbers[2] };
            let rules = MoveRules { move_ms: numbers[3], horizon_days: numbers[4], max_moves: 9 };
            for m in propose_moves(&articles, &bins, &place, None, &weights, &rules) {
                prop_assert!(m.gain_ms > m.cost_ms);
            }
        }
    }

    #[test]
    fn a_fast_article_at_the_back_changes_places_with_a_slow_one_in_front() {
        let bin = |travel_ms, class| Bin {
            travel_ms,
            class,
            level: 0,
            max_weight_g: 10,
            used_weight_g: 5,
            capacity_ml: 10,
            used_ml: 5,
            temperature: Temperature::Ambient,
        };
        let article = |picks_per_day, class| Article {
            picks_per_day,
            class,
            unit_weight_g: 1,
            weight_g: 5,
            volume_ml: 5,
            temperature: Temperature::Ambient,
        };
        let articles = [article(1.0, Class::C), article(40.0, Class::A)];
        let bins = [bin(1_000, Class::A), bin(9_000, Class::C)];
        let mut full = bins.clone();
        for b in &mut full {
            b.max_weight_g = 5;
        }
        let rules = |horizon_days| MoveRules { move_ms: 120_000, horizon_days, max_moves: 5 };
        let place = [Some(0), Some(1)];
        let run = |days| propose_moves(&articles, &full, &place, None, &Weights::default(), &rules(days));
        let moves = run(30);
        assert_eq!((moves.len(), moves[0].exchange), (1, Some(1)));
        // 39 picks x 8 s and four class steps of 5 s, over thirty days.
        assert_eq!(moves[0].gain_ms, (39 * 8_000 + 20_000) * 30);
        assert!(run(1).is_empty());
    }
}
