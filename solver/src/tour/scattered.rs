//! Scattered storage: which of an article's places to visit, chosen with the tour.
//!
//! Ruin and recreate (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, Journal of
//! Computational Physics 159, 2000): some articles give up their places, all in an
//! aisle or a few at random, and take those that lengthen the exact tour least; a
//! worse choice is kept with a chance that cools down. Every length is the exact
//! one of [`super::aisles`]. Absent on purpose: a proof, see [`super::bound`] for
//! tours without a choice, and any clock; the caller's pace ends the search.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::aisles::{Block, Open, Rest, Spot, Visit};

/// Rounds between two questions to the pace.
const STRIDE: u64 = 16;

/// First and last temperature as shares of the first tour.
const HOT: f64 = 0.02;
const COLD: f64 = 0.000_5;

/// Share of places a recreation overlooks, so that it does not always end alike.
const BLINK: f64 = 0.03;

/// The same for a start from nothing.
const FRESH_BLINK: f64 = 0.3;

/// Shares of ruins that touch a few articles, all of one aisle, all that one
/// aisle offers; the others touch a range of aisles.
const FEW: f64 = 0.35;
const AISLE: f64 = 0.3;
const LURE: f64 = 0.25;

/// Rounds of one cooling at least; a pace that allows more begins anew from the
/// best.
const COOLING: u64 = 3_000;

/// What is wanted of one article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Units to collect.
    pub units: u64,
    /// Places with the units that lie there.
    pub offers: Vec<(Spot, u64)>,
}

/// Places chosen and the length of the shortest tour through them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// For each article the indices of its offers, ascending.
    pub picks: Vec<Vec<usize>>,
    /// Length of the tour in length units.
    pub length: i64,
}

/// Says how much of the search is over, from 0 to 1, given rounds done and the
/// shortest length so far.
pub type Pace<'a> = dyn FnMut(u64, i64) -> f64 + 'a;

/// Places for every article with a short tour from the block's depot. `None`
/// when an article's places do not hold what is wanted of it.
pub fn choose(block: &Block, wants: &[Want], seed: u64, pace: &mut Pace<'_>) -> Option<Choice> {
    let short = |w: &Want| w.offers.iter().fold(0_u64, |sum, o| sum.saturating_add(o.1)) < w.units;
    if wants.iter().any(short) {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut floor = Floor::new(block, wants);
    let mut all: Vec<usize> = (0..wants.len()).collect();
    // The articles with the least choice first.
    all.sort_by_key(|&w| (wants[w].offers.len(), w));
    for &want in &all {
        floor.supply(want, 0.0, &mut rng);
    }
    let free = wants.iter().any(|w| w.offers.len() > 1);
    if free {
        search(&mut floor, &mut rng, pace);
    }
    let length = floor.length();
    Some(Choice { picks: floor.sorted(), length })
}

/// Ruins and recreates until the pace ends, and leaves the best in `floor`.
fn search(floor: &mut Floor<'_>, rng: &mut ChaCha8Rng, pace: &mut Pace<'_>) {
    let mut now = floor.length();
    let (mut best, mut least) = (floor.picks.clone(), now);
    let scale = now as f64;
    let (mut round, mut from) = (0_u64, 0_u64);
    let (mut heat, mut begun) = (scale * HOT, 0.0);
    loop {
        if round.is_multiple_of(STRIDE) {
            let done = pace(round, least);
            if done.is_nan() || done >= 1.0 {
                break;
            }
            // A cooling takes as many rounds as it must; the rest is for others.
            let part = (round - from) as f64 / COOLING as f64;
            if part >= 1.0 {
                (from, begun) = (round, done);
                if rng.random() {
                    floor.restore(&best);
                } else {
                    floor.begin_anew(rng);
                }
                now = floor.length();
            }
            let part = part.max((done - begun) / (1.0 - begun).max(1e-9)).fract();
            heat = scale * HOT * (COLD / HOT).powf(part);
        }
        round += 1;
        let before = floor.ruin(rng);
        let then = floor.length();
        let worse = (then - now) as f64;
        if worse > 0.0 && rng.random::<f64>() >= (-worse / heat.max(1e-9)).exp() {
            for (want, picks) in before {
                floor.replace(want, picks);
            }
            continue;
        }
        now = then;
        if now < least {
            least = now;
            best.clone_from(&floor.picks);
        }
    }
    floor.restore(&best);
}

/// Where the picks of one aisle are, as far as its visits ask: the ends, the widest gap
/// and how wide the next one is, so that one more pick is priced without a look at the
/// others.
#[derive(Clone, Copy)]
struct Reach {
    low: u32,
    high: u32,
    /// The widest gap, from one pick to the next.
    gap: (u32, u32),
    /// Width of the widest but one.
    second: u32,
}

impl Reach {
    fn at(along: u32) -> Self {
        Self { low: along, high: along, gap: (along, along), second: 0 }
    }

    fn wide(&self) -> u32 {
        self.gap.1 - self.gap.0
    }

    /// With a gap more, which no other is part of.
    fn gaping(mut self, gap: (u32, u32)) -> Self {
        let wide = gap.1 - gap.0;
        if wide > self.wide() {
            (self.second, self.gap) = (self.wide(), gap);
        } else {
            self.second = self.second.max(wide);
        }
        self
    }

    /// With a pick behind all others.
    fn and_behind(self, along: u32) -> Self {
        Self { high: along, ..self.gaping((self.high, along)) }
    }

    /// With a pick anywhere. The width of the gap but one is not kept up.
    fn and(self, along: u32) -> Self {
        if along > self.high {
            return self.and_behind(along);
        }
        if along < self.low {
            return Self { low: along, ..self.gaping((along, self.low)) };
        }
        let (from, to) = self.gap;
        if along <= from || along >= to {
            return self;
        }
        // The widest gap is parted; what is widest now only has to have that width.
        let wide = self.second.max(along - from).max(to - along);
        Self { gap: (from, from + wide), ..self }
    }

    fn visit(&self, length: u32) -> Visit {
        Visit::new(length, self.low, self.high, self.wide())
    }
}

/// Places in use and what each aisle's visits cost.
struct Floor<'a> {
    block: &'a Block,
    wants: &'a [Want],
    /// All places, sorted by aisle and distance, and how many picks use each.
    /// The depot is one that is always in use.
    spots: Vec<Spot>,
    uses: Vec<u32>,
    /// First place of each aisle that has any, with the aisle; one more at the end.
    aisles: Vec<(u32, usize)>,
    /// Where each of these aisles has picks, if it has any, and the ways to visit them.
    reach: Vec<Option<Reach>>,
    visits: Vec<Option<Visit>>,
    /// The walk left of each aisle, with the last one used there, and the rest
    /// right of it, with the first one used there.
    before: Vec<Option<(u32, Open)>>,
    after: Vec<Option<(u32, Rest)>>,
    /// `before` is right up to and with the first of these, `after` from the second on.
    known: (usize, usize),
    /// Aisles that nothing may be picked in for now.
    barred: Vec<bool>,
    /// For each offer its place and its row in `aisles`.
    index: Vec<Vec<(usize, usize)>>,
    /// Offers chosen for each article.
    picks: Vec<Vec<usize>>,
}

impl<'a> Floor<'a> {
    fn new(block: &'a Block, wants: &'a [Want]) -> Self {
        let home = Spot::new(block.depot, 0);
        let mut spots: Vec<Spot> = wants.iter().flat_map(|w| w.offers.iter().map(|o| o.0)).chain([home]).collect();
        spots.sort_unstable();
        spots.dedup();
        let mut aisles: Vec<(u32, usize)> = Vec::new();
        let mut rows = Vec::with_capacity(spots.len());
        for (at, spot) in spots.iter().enumerate() {
            if aisles.last().is_none_or(|a| a.0 != spot.aisle()) {
                aisles.push((spot.aisle(), at));
            }
            rows.push(aisles.len() - 1);
        }
        let place = |spot: &Spot| spots.binary_search(spot).unwrap_or_else(|at| at);
        let offer = |o: &(Spot, u64)| (place(&o.0), rows[place(&o.0)]);
        let index = wants.iter().map(|w| w.offers.iter().map(offer).collect()).collect();
        let (depot, count) = (place(&home), aisles.len());
        let row = rows[depot];
        aisles.push((u32::MAX, spots.len()));
        let mut floor = Self {
            block,
            wants,
            uses: vec![0; spots.len()],
            spots,
            aisles,
            reach: vec![None; count],
            visits: vec![None; count],
            before: vec![None; count],
            after: vec![None; count],
            known: (0, count - 1),
            barred: vec![false; count],
            index,
            picks: vec![vec![]; wants.len()],
        };
        floor.uses[depot] = 1;
        floor.refresh(row);
        floor
    }

    /// From one aisle to another along a cross-aisle.
    fn way(&self, from: u32, to: u32) -> i64 {
        i64::from(to - from) * i64::from(self.block.pitch)
    }

    /// Sums up the walk from both sides as far as one aisle asks.
    fn know(&mut self, row: usize) {
        while self.known.0 < row {
            let at = self.known.0;
            let (aisle, open) = (self.aisles[at].0, self.before[at]);
            self.before[at + 1] = self.visits[at].map_or(open, |visit| {
                let now =
                    open.map_or_else(|| Open::first(visit), |(last, o)| o.across(self.way(last, aisle)).visit(visit));
                Some((aisle, now))
            });
            self.known.0 += 1;
        }
        while self.known.1 > row {
            let at = self.known.1;
            let (aisle, rest) = (self.aisles[at].0, self.after[at]);
            self.after[at - 1] = self.visits[at].map_or(rest, |visit| {
                let then = rest.map_or(Rest::END, |(next, r)| r.across(self.way(aisle, next)));
                Some((aisle, then.visit(visit)))
            });
            self.known.1 -= 1;
        }
    }

    /// The exact length of the tour if this aisle were visited so.
    fn length_with(&mut self, row: usize, visit: Option<Visit>) -> i64 {
        self.know(row);
        let aisle = self.aisles[row].0;
        let open = match (self.before[row], visit) {
            (None, None) => None,
            (None, Some(visit)) => Some((aisle, Open::first(visit))),
            (Some(before), None) => Some(before),
            (Some((last, open)), Some(visit)) => Some((aisle, open.across(self.way(last, aisle)).visit(visit))),
        };
        match (open, self.after[row]) {
            (None, None) => 0,
            (None, Some((_, rest))) => rest.alone(),
            (Some((_, open)), None) => open.closed(),
            (Some((last, open)), Some((next, rest))) => open.across(self.way(last, next)).join(rest),
        }
    }

    /// The exact length of the tour through all places in use.
    fn length(&mut self) -> i64 {
        // Where least has to be summed up for it.
        let row = self.known.0;
        self.length_with(row, self.visits[row])
    }

    /// Where an aisle's places in use are.
    fn reach(&self, row: usize) -> Option<Reach> {
        let range = self.aisles[row].1..self.aisles[row + 1].1;
        let mut seen: Option<Reach> = None;
        for (spot, &uses) in self.spots[range.clone()].iter().zip(&self.uses[range]) {
            if uses > 0 {
                let along = spot.along();
                seen = Some(seen.map_or_else(|| Reach::at(along), |reach| reach.and_behind(along)));
            }
        }
        seen
    }

    fn refresh(&mut self, row: usize) {
        self.reach[row] = self.reach(row);
        self.visits[row] = self.reach[row].map(|reach| reach.visit(self.block.length));
        self.known = (self.known.0.min(row), self.known.1.max(row));
    }

    fn put(&mut self, want: usize, offer: usize) {
        let (spot, row) = self.index[want][offer];
        self.uses[spot] += 1;
        if self.uses[spot] == 1 {
            self.refresh(row);
        }
    }

    fn take(&mut self, want: usize, offer: usize) {
        let (spot, row) = self.index[want][offer];
        self.uses[spot] -= 1;
        if self.uses[spot] == 0 {
            self.refresh(row);
        }
    }

    /// Replaces an article's places.
    fn replace(&mut self, want: usize, picks: Vec<usize>) -> Vec<usize> {
        let old = std::mem::take(&mut self.picks[want]);
        for &offer in &old {
            self.take(want, offer);
        }
        for &offer in &picks {
            self.put(want, offer);
        }
        self.picks[want] = picks;
        old
    }

    fn restore(&mut self, picks: &[Vec<usize>]) {
        for (want, picks) in picks.iter().enumerate() {
            if self.picks[want] != *picks {
                self.replace(want, picks.clone());
            }
        }
    }

    /// Length of the tour if this place were used too.
    fn with(&mut self, spot: usize, row: usize) -> i64 {
        let visit = if self.uses[spot] > 0 {
            self.visits[row]
        } else {
            let along = self.spots[spot].along();
            let reach = self.reach[row].map_or_else(|| Reach::at(along), |reach| reach.and(along));
            Some(reach.visit(self.block.length))
        };
        self.length_with(row, visit)
    }

    /// Length of the tour if one pick less used this place.
    fn without(&mut self, spot: usize, row: usize) -> i64 {
        if self.uses[spot] > 1 {
            return self.length_with(row, self.visits[row]);
        }
        let kept = std::mem::take(&mut self.uses[spot]);
        let visit = self.reach(row).map(|reach| reach.visit(self.block.length));
        self.uses[spot] = kept;
        self.length_with(row, visit)
    }

    /// Gives an article without places those that lengthen the tour least.
    fn supply(&mut self, want: usize, blink: f64, rng: &mut ChaCha8Rng) {
        let w = &self.wants[want];
        let mut have = 0_u64;
        while have < w.units {
            let short = w.units - have;
            let now = self.length();
            let mut best: Option<(bool, f64, u64, usize)> = None;
            for offer in 0..w.offers.len() {
                let unseen = blink > 0.0 && w.offers.len() > 1 && rng.random::<f64>() < blink;
                if unseen || w.offers[offer].1 == 0 || self.picks[want].contains(&offer) {
                    continue;
                }
                let (spot, row) = self.index[want][offer];
                let helps = w.offers[offer].1.min(short);
                let price = (self.with(spot, row) - now) as f64 / helps as f64;
                // A barred aisle only serves what no other does.
                let barred = self.barred[row];
                let better = best
                    .is_none_or(|(b, p, h, _)| (barred, price) < (b, p) || (barred == b && price == p && helps > h));
                if better {
                    best = Some((barred, price, helps, offer));
                }
            }
            let Some((_, _, helps, offer)) = best else { continue };
            self.picks[want].push(offer);
            self.put(want, offer);
            have += helps;
        }
        self.prune(want);
    }

    /// Everyone chooses again, in any order and with half an eye closed.
    fn begin_anew(&mut self, rng: &mut ChaCha8Rng) {
        let mut all: Vec<usize> = (0..self.wants.len()).collect();
        all.shuffle(rng);
        for &want in &all {
            self.replace(want, vec![]);
        }
        for want in all {
            self.supply(want, FRESH_BLINK, rng);
        }
    }

    /// Drops places an article can do without, where that helps most first.
    fn prune(&mut self, want: usize) {
        let w = &self.wants[want];
        while self.picks[want].len() > 1 {
            let have: u64 = self.picks[want].iter().fold(0, |sum, &o| sum.saturating_add(w.offers[o].1));
            let spare = have - w.units;
            let mut best: Option<(i64, usize)> = None;
            for at in 0..self.picks[want].len() {
                let offer = self.picks[want][at];
                if w.offers[offer].1 <= spare {
                    let (spot, row) = self.index[want][offer];
                    let length = self.without(spot, row);
                    if best.is_none_or(|b| length < b.0) {
                        best = Some((length, at));
                    }
                }
            }
            let Some((_, at)) = best else { return };
            let offer = self.picks[want].swap_remove(at);
            self.take(want, offer);
        }
    }

    /// Lets some articles choose again; what they had is handed back.
    fn ruin(&mut self, rng: &mut ChaCha8Rng) -> Vec<(usize, Vec<usize>)> {
        let kind = rng.random::<f64>();
        let mut lure = None;
        let mut some = if kind < FEW {
            self.a_few(rng)
        } else if kind < FEW + AISLE {
            let row = self.a_row_in_use(rng);
            self.barred[row] = rng.random();
            self.picked_in(row, row)
        } else if kind < FEW + AISLE + LURE {
            let row = rng.random_range(0..self.visits.len());
            lure = Some(row);
            self.offered_in(row)
        } else {
            let from = rng.random_range(0..self.visits.len());
            let to = (from + rng.random_range(0..=self.visits.len() / 3)).min(self.visits.len() - 1);
            self.barred[from..=to].fill(true);
            self.picked_in(from, to)
        };
        some.shuffle(rng);
        let before: Vec<_> = some.iter().map(|&w| (w, self.replace(w, vec![]))).collect();
        self.lure(lure, true);
        for &want in &some {
            self.supply(want, BLINK, rng);
        }
        self.lure(lure, false);
        self.barred.fill(false);
        before
    }

    /// Makes everything in an aisle free, as if it were passed anyway, or ends that.
    fn lure(&mut self, row: Option<usize>, on: bool) {
        let Some(row) = row else { return };
        for uses in &mut self.uses[self.aisles[row].1..self.aisles[row + 1].1] {
            *uses = if on { *uses + 1 } else { *uses - 1 };
        }
        self.refresh(row);
    }

    /// The aisle of an article drawn at random.
    fn a_row_in_use(&self, rng: &mut ChaCha8Rng) -> usize {
        let want = rng.random_range(0..self.wants.len());
        let at = self.picks[want].first();
        at.map_or_else(|| rng.random_range(0..self.visits.len()), |&offer| self.index[want][offer].1)
    }

    /// Articles picked between two aisles.
    fn picked_in(&self, from: usize, to: usize) -> Vec<usize> {
        let here = |&w: &usize| self.picks[w].iter().any(|&o| (from..=to).contains(&self.index[w][o].1));
        (0..self.wants.len()).filter(here).collect()
    }

    /// Articles that could be picked in an aisle.
    fn offered_in(&self, row: usize) -> Vec<usize> {
        let here = |&w: &usize| self.index[w].iter().any(|o| o.1 == row);
        (0..self.wants.len()).filter(here).collect()
    }

    /// One to five articles anywhere.
    fn a_few(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let count = rng.random_range(1..=5.min(self.wants.len()));
        let mut all: Vec<usize> = (0..count).map(|_| rng.random_range(0..self.wants.len())).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn sorted(&self) -> Vec<Vec<usize>> {
        let sort = |picks: &Vec<usize>| {
            let mut picks = picks.clone();
            picks.sort_unstable();
            picks
        };
        self.picks.iter().map(sort).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ends and widest gap of some places, one by one.
    fn plain(mut places: Vec<u32>) -> (u32, u32, u32) {
        places.sort_unstable();
        let gap = places.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        (places[0], places[places.len() - 1], gap)
    }

    proptest! {
        #[test]
        fn one_more_pick_is_priced_without_a_look_at_the_others(
            mut places in prop::collection::btree_set(0_u32..90, 1..12),
            more in 0_u32..90,
        ) {
            let mut seen = places.iter().copied();
            let first = Reach::at(seen.next().unwrap_or(0));
            let reach = seen.fold(first, |reach, along| reach.and_behind(along)).and(more);
            places.insert(more);
            prop_assert_eq!((reach.low, reach.high, reach.wide()), plain(places.into_iter().collect()));
        }

        #[test]
        fn what_is_remembered_of_a_walk_is_its_length(
            offers in prop::collection::vec(prop::collection::vec((0_u32..9, 0_u32..20), 1..5), 1..9),
            seed: u64,
        ) {
            let block = Block { pitch: 3, length: 21, depot: 4 };
            let at = |&(aisle, along): &(u32, u32)| (Spot::new(aisle, along + 1), 1);
            let wants: Vec<Want> =
                offers.iter().map(|all| Want { units: 1, offers: all.iter().map(at).collect() }).collect();
            let mut pace = |rounds: u64, _: i64| if rounds >= 64 { 1.0 } else { rounds as f64 / 64.0 };
            let choice = choose(&block, &wants, seed, &mut pace).unwrap();
            let picked = choice.picks.iter().zip(&wants).flat_map(|(picks, want)| picks.iter().map(|&o| want.offers[o].0));
            let mut spots: Vec<Spot> = picked.collect();
            spots.sort_unstable();
            prop_assert_eq!(choice.length, block.shortest(&spots));
        }
    }
}
