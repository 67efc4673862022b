//! Exact walks over parallel aisles with any few cross-aisles.
//!
//! A dynamic programme over the crossings of a column, after Roodbergen and de
//! Koster (EJOR 133, 2001) but with states generated as met: parity of degree
//! and connected part at each crossing. Two cross-aisles give the programme of
//! Ratliff and Rosenthal. Start and end may be different crossings; each stretch
//! of aisle has its own length. Absent on purpose: one-way aisles, whose walks have
//! no parity, and crowded ones; see [`super::traffic`].

use std::collections::BTreeMap;

use thiserror::Error;

/// Most cross-aisles; the states grow about fivefold with each.
pub const MAX_CROSS: usize = 6;

/// Most aisles.
pub const MAX_AISLES: usize = 1_000;

/// A crossing of an aisle and a cross-aisle, both from 0 at the front left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Crossing {
    /// Aisle.
    pub aisle: usize,
    /// Cross-aisle, 0 at the front.
    pub cross: usize,
}

/// A place in an aisle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Aisle.
    pub aisle: usize,
    /// Stretch between cross-aisles `block` and `block + 1`.
    pub block: usize,
    /// Distance from the front end of the stretch, in length units.
    pub along: i64,
}

/// A floor of parallel aisles cut by straight cross-aisles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// `stretch[block][aisle]`: length of the aisle between two cross-aisles.
    pub stretch: Vec<Vec<i64>>,
    /// `across[cross][aisle]`: along a cross-aisle from this aisle to the next.
    pub across: Vec<Vec<i64>>,
}

/// Something a walk passes, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A crossing.
    At(Crossing),
    /// A place asked for, or where the walk turns.
    Pick(Place),
}

/// A shortest walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// From start to end; places may be passed more than once.
    pub steps: Vec<Step>,
    /// Its length in length units.
    pub length: i64,
}

/// Why there is no walk.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GridError {
    /// The lists of the floor do not fit each other or are beyond the limits.
    #[error("the floor's lists do not describe 1..={MAX_AISLES} aisles and 2..={MAX_CROSS} cross-aisles")]
    Shape,
    /// A place or crossing off the floor.
    #[error("aisle {aisle} block {block} is off the floor")]
    Off {
        /// Aisle.
        aisle: usize,
        /// Block or cross-aisle.
        block: usize,
    },
    /// One-way aisles that do not lead everywhere.
    #[error("the one-way aisles leave no way through all places")]
    NoWay,
}

impl Grid {
    /// A floor of equal aisles; `stretch` from front to back.
    pub fn even(aisles: usize, pitch: i64, stretch: &[i64]) -> Self {
        let stretch: Vec<Vec<i64>> = stretch.iter().map(|&s| vec![s; aisles]).collect();
        let across = vec![vec![pitch; aisles.saturating_sub(1)]; stretch.len() + 1];
        Self { stretch, across }
    }

    /// The shortest walk from start through all places to end.
    ///
    /// # Errors
    /// [`GridError`] names what is off the floor.
    pub fn walk(&self, start: Crossing, end: Crossing, places: &[Place]) -> Result<Walk, GridError> {
        self.validate(&[start, end], places)?;
        let mut places = places.to_vec();
        places.sort_unstable();
        places.dedup();
        let table = self.solve(start, end, &places);
        let links = table.links();
        let length = links.iter().map(|l| l.2).sum();
        Ok(Walk { steps: euler(start, end, links), length })
    }

    /// Length of one step along an aisle or on to the next one.
    pub(super) fn between(&self, a: Step, b: Step) -> i64 {
        let along = |step: Step, p: Place| match step {
            Step::Pick(q) => q.along,
            Step::At(c) => {
                if c.cross == p.block {
                    0
                } else {
                    self.stretch[p.block][p.aisle]
                }
            }
        };
        match (a, b) {
            (Step::Pick(p), other) | (other, Step::Pick(p)) => (along(other, p) - p.along).abs(),
            (Step::At(a), Step::At(b)) if a.aisle == b.aisle => self.stretch[a.cross.min(b.cross)][a.aisle],
            (Step::At(a), Step::At(b)) => self.across[a.cross][a.aisle.min(b.aisle)],
        }
    }

    pub(super) fn validate(&self, ends: &[Crossing], places: &[Place]) -> Result<(), GridError> {
        let aisles = self.stretch.first().map_or(0, Vec::len);
        let cross = self.across.len();
        let sane = |row: &Vec<i64>, size: usize| row.len() == size && row.iter().all(|l| (0..1 << 40).contains(l));
        let shape = (1..=MAX_AISLES).contains(&aisles)
            && (2..=MAX_CROSS).contains(&cross)
            && self.stretch.len() + 1 == cross
            && self.stretch.iter().all(|row| sane(row, aisles))
            && self.across.iter().all(|row| sane(row, aisles - 1));
        if !shape {
            return Err(GridError::Shape);
        }
        for e in ends {
            if e.aisle >= aisles || e.cross >= cross {
                return Err(GridError::Off { aisle: e.aisle, block: e.cross });
            }
        }
        for p in places {
            let on = p.aisle < aisles && p.block + 1 < cross && (0..=self.stretch[p.block][p.aisle]).contains(&p.along);
            if !on {
                return Err(GridError::Off { aisle: p.aisle, block: p.block });
            }
        }
        Ok(())
    }

    /// Columns the walk may use: all, unless every column is alike, when the
    /// shortest walk stays between the outermost places.
    fn solve(&self, start: Crossing, end: Crossing, places: &[Place]) -> Table {
        let aisles = self.stretch[0].len();
        let mut table = Table::new(self.across.len());
        let last = places.iter().map(|p| p.aisle).chain([start.aisle, end.aisle]).max().unwrap_or(0);
        let first = places.iter().map(|p| p.aisle).chain([start.aisle, end.aisle]).min().unwrap_or(0);
        let alike = |row: &Vec<i64>| row.windows(2).all(|w| w[0] == w[1]);
        let narrow = self.stretch.iter().chain(&self.across).all(alike);
        let (from, to) = if narrow { (first, last) } else { (0, aisles - 1) };
        for aisle in from..=to {
            for end in [start, end] {
                if end.aisle == aisle {
                    table.terminal(end.cross);
                }
            }
            for block in 0..self.stretch.len() {
                let here: Vec<Place> =
                    places.iter().copied().filter(|p| p.aisle == aisle && p.block == block).collect();
                table.stretch(aisle, block, self.stretch[block][aisle], &here);
            }
            if aisle < to {
                for cross in 0..self.across.len() {
                    table.across(aisle, cross, self.across[cross][aisle], aisle >= last);
                }
            }
        }
        table
    }
}

/// Parity and part of each crossing on the frontier; part 0 is untouched, and
/// part [`DONE`] marks, in every slot, a walk already complete.
type Key = [(bool, u8); MAX_CROSS];

/// Choice, predecessor and length of one state of one stage.
type Entry = (i64, Key, Vec<Link>);

/// A stretch of the walk between two steps with its length.
pub(super) type Link = (Step, Step, i64);

struct Table {
    cross: usize,
    /// Stage by stage: state to (length, predecessor, links added).
    stages: Vec<BTreeMap<Key, Entry>>,
}

impl Table {
    fn new(cross: usize) -> Self {
        let empty = [(false, 0); MAX_CROSS];
        Self { cross, stages: vec![BTreeMap::from([(empty, (0, empty, vec![]))])] }
    }

    /// Replaces every state by those that `options` makes of it.
    fn advance(&mut self, options: impl Fn(Key) -> Vec<(Key, i64, Vec<Link>)>) {
        let last = self.stages.last().expect("there is a first stage");
        let mut next: BTreeMap<Key, Entry> = BTreeMap::new();
        for (&key, &(length, ..)) in last {
            for (to, more, links) in options(key) {
                let to = tidy(to);
                if next.get(&to).is_none_or(|e| length + more < e.0) {
                    next.insert(to, (length + more, key, links));
                }
            }
        }
        self.stages.push(next);
    }

    fn terminal(&mut self, cross: usize) {
        self.advance(|key| {
            let mut to = touched(key, cross);
            to[cross].0 ^= true;
            vec![(to, 0, vec![])]
        });
    }

    fn stretch(&mut self, aisle: usize, block: usize, length: i64, here: &[Place]) {
        let ways = ways(aisle, block, length, here);
        self.advance(|key| {
            let mut all = Vec::with_capacity(ways.len());
            for way in &ways {
                let mut to = key;
                if way.front {
                    to = touched(to, block);
                }
                if way.back {
                    to = touched(to, block + 1);
                }
                if way.joins {
                    to = joined(to, block, block + 1);
                }
                to[block].0 ^= way.odd;
                to[block + 1].0 ^= way.odd;
                all.push((to, way.length, way.links.clone()));
            }
            all
        });
    }

    /// Moves the frontier of one cross-aisle over to the next aisle.
    fn across(&mut self, aisle: usize, cross: usize, length: i64, may_end: bool) {
        let from = Step::At(Crossing { aisle, cross });
        let to = Step::At(Crossing { aisle: aisle + 1, cross });
        let count = self.cross;
        self.advance(|key| {
            let (odd, part) = key[cross];
            if part == 0 {
                return vec![(key, 0, vec![])];
            }
            let mut on = key;
            on[cross].0 = false;
            if odd {
                on[cross].0 = true;
                return vec![(on, length, vec![(from, to, length)])];
            }
            let mut all = vec![(on, 2 * length, vec![(from, to, length); 2])];
            let lives = (0..count).any(|c| c != cross && key[c].1 == part);
            let alone = (0..count).all(|c| c == cross || key[c].1 == 0);
            if lives || (may_end && alone) {
                on[cross] = (false, 0);
                all.push((on, 0, vec![]));
            }
            all
        });
    }

    /// All links of the least walk that is connected and even everywhere.
    fn links(&self) -> Vec<Link> {
        let ends = self.stages.last().expect("there is a first stage");
        let whole = |key: &Key| key.iter().all(|&(odd, part)| !odd && part <= 1);
        let best = ends.iter().filter(|(k, _)| whole(k)).min_by_key(|(k, e)| (e.0, **k));
        let mut key = *best.expect("walking every aisle twice is always allowed").0;
        let mut links = Vec::new();
        for stage in self.stages.iter().skip(1).rev() {
            let (_, before, added) = &stage[&key];
            links.extend_from_slice(added);
            key = *before;
        }
        links
    }
}

/// One way to deal with a stretch of aisle.
struct Way {
    front: bool,
    back: bool,
    joins: bool,
    odd: bool,
    length: i64,
    links: Vec<Link>,
}

/// The links of a stretch from front to back, cut at the places on it.
pub(super) fn hops(aisle: usize, block: usize, length: i64, here: &[Place]) -> Vec<Link> {
    let at = |cross| Step::At(Crossing { aisle, cross });
    let mut line = vec![(at(block), 0)];
    line.extend(here.iter().map(|p| (Step::Pick(*p), p.along)));
    line.push((at(block + 1), length));
    line.windows(2).map(|pair| (pair[0].0, pair[1].0, pair[1].1 - pair[0].1)).collect()
}

fn ways(aisle: usize, block: usize, length: i64, here: &[Place]) -> Vec<Way> {
    let once = hops(aisle, block, length, here);
    let hop = |i: usize| once[i];
    let hops = once.len();
    let way = |front, back, joins, odd, links: Vec<Link>| Way {
        front,
        back,
        joins,
        odd,
        length: links.iter().map(|l| l.2).sum(),
        links,
    };
    // Twice over all links but the one left out.
    let but = |gap: usize| {
        let kept = (0..hops).filter(|&i| i != gap).flat_map(|i| [hop(i); 2]);
        way(gap > 0, gap + 1 < hops, false, false, kept.collect())
    };
    let twice = once.iter().flat_map(|&l| [l; 2]).collect();
    let mut ways = vec![way(true, true, true, true, once.clone()), way(true, true, true, false, twice)];
    ways.extend([0, hops - 1].into_iter().take(hops.min(2)).map(but));
    if hops > 2 {
        let widest = (1..hops - 1).max_by_key(|&i| (hop(i).2, i));
        ways.extend(widest.map(but));
    }
    ways
}

fn touched(mut key: Key, cross: usize) -> Key {
    if key[cross].1 == 0 {
        key[cross].1 = 1 + key.iter().map(|k| k.1).max().unwrap_or(0);
    }
    key
}

fn joined(mut key: Key, a: usize, b: usize) -> Key {
    let (keep, drop) = (key[a].1, key[b].1);
    for slot in &mut key {
        if slot.1 == drop {
            slot.1 = keep;
        }
    }
    key
}

/// Numbers the parts in the order met, so that equal states are equal keys.
fn tidy(mut key: Key) -> Key {
    let mut names = [0_u8; 2 * MAX_CROSS + 4];
    let mut next = 0;
    for slot in &mut key {
        if slot.1 > 0 {
            let name = &mut names[usize::from(slot.1)];
            if *name == 0 {
                next += 1;
                *name = next;
            }
            slot.1 = *name;
        }
    }
    key
}

/// One walk over all links, each used once (Hierholzer 1873).
fn euler(start: Crossing, end: Crossing, links: Vec<Link>) -> Vec<Step> {
    let mut near: BTreeMap<Step, Vec<usize>> = BTreeMap::new();
    for (i, (a, b, _)) in links.iter().enumerate() {
        near.entry(*a).or_default().push(i);
        near.entry(*b).or_default().push(i);
    }
    let mut used = vec![false; links.len()];
    let (mut stack, mut steps) = (vec![Step::At(end)], Vec::new());
    while let Some(&here) = stack.last() {
        let link = near.get_mut(&here).and_then(|open| {
            while open.last().is_some_and(|&l| used[l]) {
                open.pop();
            }
            open.pop()
        });
        match link {
            Some(l) => {
                used[l] = true;
                let (a, b, _) = links[l];
                stack.push(if a == here { b } else { a });
            }
            None => steps.extend(stack.pop()),
        }
    }
    debug_assert_eq!(steps.first(), Some(&Step::At(start)));
    steps
}
