//! Exact walks over parallel aisles where ways are one-way or crowded.
//!
//! The sweep of [`super::grid`], with what a one-way floor asks for instead of
//! parity: at each crossing of the frontier, how many more times the walk has come
//! than gone, and the connected part. A column's balance decides how often each
//! cross-aisle is walked on to the next, so the only choice is how often a stretch
//! is walked up or down. That number is capped, the cap doubled until none was in
//! the way of a shorter walk. Crowded ways cost more for each length unit. Absent on
//! purpose: who else is on the way when, see [`crate::sector`].

use std::collections::BTreeMap;

use super::grid::{Crossing, Grid, GridError, Link, Place, Step, Walk, hops};

/// Most cross-aisles of a floor with one-way ways.
pub const MAX_ONE_WAY_CROSS: usize = 4;

/// How a stretch of aisle or cross-aisle may be walked. Forward is from front to
/// back and from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Either way.
    Both,
    /// To the back, or to the right.
    Forward,
    /// To the front, or to the left.
    Back,
}

/// What holds on a stretch of aisle or cross-aisle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane {
    /// How it may be walked.
    pub direction: Direction,
    /// What a length unit costs here, at least 1; more where it is crowded.
    pub weight: i64,
}

/// What holds on each stretch of a [`Grid`], in lists shaped like the grid's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// `stretch[block][aisle]`.
    pub stretch: Vec<Vec<Lane>>,
    /// `across[cross][aisle]`, on to the next aisle.
    pub across: Vec<Vec<Lane>>,
}

/// A cheapest walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guided {
    /// The walk with its length.
    pub walk: Walk,
    /// Length times weight over all it walks.
    pub cost: i64,
}

impl Direction {
    /// True if it may be walked forward, or back.
    pub fn allows(self, forward: bool) -> bool {
        match self {
            Self::Both => true,
            Self::Forward => forward,
            Self::Back => !forward,
        }
    }
}

impl Traffic {
    /// Every way open in both directions and nowhere crowded.
    pub fn free(grid: &Grid) -> Self {
        let lanes = |rows: &Vec<Vec<i64>>| rows.iter().map(|row| vec![Lane::FREE; row.len()]).collect();
        Self { stretch: lanes(&grid.stretch), across: lanes(&grid.across) }
    }

    fn is_one_way(&self) -> bool {
        let mut lanes = self.stretch.iter().chain(&self.across).flatten();
        lanes.any(|lane| lane.direction != Direction::Both)
    }
}

impl Lane {
    /// Open in both directions, not crowded.
    pub const FREE: Self = Self { direction: Direction::Both, weight: 1 };
}

impl Grid {
    /// The cheapest walk from start through all places to end, as the traffic lets.
    ///
    /// # Errors
    /// [`GridError`] names what is off the floor, or says that there is no way.
    pub fn guided(
        &self,
        traffic: &Traffic,
        start: Crossing,
        end: Crossing,
        places: &[Place],
    ) -> Result<Guided, GridError> {
        let heavy = self.weighted(traffic)?;
        self.validate(&[start, end], places)?;
        let scaled = |p: &Place| Place { along: p.along * traffic.stretch[p.block][p.aisle].weight, ..*p };
        let mut scaled: Vec<Place> = places.iter().map(scaled).collect();
        scaled.sort_unstable();
        scaled.dedup();
        let walk = if traffic.is_one_way() {
            heavy.validate(&[start, end], &scaled)?;
            if heavy.across.len() > MAX_ONE_WAY_CROSS {
                return Err(GridError::Shape);
            }
            Floor::new(&heavy, traffic, [start, end], &scaled).shortest()?
        } else {
            heavy.walk(start, end, &scaled)?
        };
        Ok(self.unscaled(traffic, walk))
    }

    /// The same floor with costs for lengths.
    fn weighted(&self, traffic: &Traffic) -> Result<Self, GridError> {
        let rows = |lengths: &[Vec<i64>], lanes: &[Vec<Lane>]| {
            if lengths.len() != lanes.len() {
                return Err(GridError::Shape);
            }
            let row = |(lengths, lanes): (&Vec<i64>, &Vec<Lane>)| {
                let sane = lengths.len() == lanes.len() && lanes.iter().all(|lane| lane.weight >= 1);
                let cost = |(length, lane): (&i64, &Lane)| length.checked_mul(lane.weight).ok_or(GridError::Shape);
                if sane { lengths.iter().zip(lanes).map(cost).collect() } else { Err(GridError::Shape) }
            };
            lengths.iter().zip(lanes).map(row).collect::<Result<Vec<Vec<i64>>, _>>()
        };
        let stretch = rows(&self.stretch, &traffic.stretch)?;
        Ok(Self { stretch, across: rows(&self.across, &traffic.across)? })
    }

    /// A walk over the weighted floor as one over this floor.
    fn unscaled(&self, traffic: &Traffic, walk: Walk) -> Guided {
        let plain = |step: Step| match step {
            Step::At(_) => step,
            Step::Pick(p) => Step::Pick(Place { along: p.along / traffic.stretch[p.block][p.aisle].weight, ..p }),
        };
        let steps: Vec<Step> = walk.steps.into_iter().map(plain).collect();
        let length = steps.windows(2).map(|pair| self.between(pair[0], pair[1])).sum();
        Guided { walk: Walk { steps, length }, cost: walk.length }
    }
}

/// Times more come than gone, and part, of each crossing on the frontier; part 0 is
/// untouched.
type Key = [(i16, u8); MAX_ONE_WAY_CROSS];

/// Least cost of a state, the state before, and what was walked in between.
type Entry = (i64, Key, Way);

/// One thing that is decided on the way from left to right.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// The walk begins (true) or ends at a crossing.
    Terminal(Crossing, bool),
    /// A stretch of aisle.
    Stretch { aisle: usize, block: usize },
    /// A cross-aisle, on to the next aisle.
    Across { aisle: usize, cross: usize },
}

/// One way to deal with a stretch or cross-aisle.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Not at all.
    Unused,
    /// So often forward or, below 0, back.
    Through(i16),
    /// There and back over all its hops but this; over all if there is no such hop.
    But(usize),
}

struct Floor<'a> {
    grid: &'a Grid,
    traffic: &'a Traffic,
    places: &'a [Place],
    start: Crossing,
    stages: Vec<Stage>,
    /// Least cost of what is still to be visited after so many stages.
    rest: Vec<i64>,
    /// First aisle right of which nothing is asked for.
    last: usize,
}

/// Where a way leads and what it costs.
type Branch = (Key, i64, Way);

impl<'a> Floor<'a> {
    fn new(grid: &'a Grid, traffic: &'a Traffic, [start, end]: [Crossing; 2], places: &'a [Place]) -> Self {
        let (aisles, cross) = (grid.stretch[0].len(), grid.across.len());
        let mut stages = Vec::new();
        for aisle in 0..aisles {
            let ends = [(start, true), (end, false)].into_iter().filter(|(at, _)| at.aisle == aisle);
            stages.extend(ends.map(|(at, begins)| Stage::Terminal(at, begins)));
            stages.extend((0..cross - 1).map(|block| Stage::Stretch { aisle, block }));
            if aisle + 1 < aisles {
                stages.extend((0..cross).map(|cross| Stage::Across { aisle, cross }));
            }
        }
        let last = places.iter().map(|p| p.aisle).chain([start.aisle, end.aisle]).max().unwrap_or(0);
        let mut floor = Self { grid, traffic, places, start, stages, rest: vec![0], last };
        for &stage in floor.stages.clone().iter().rev() {
            let before = floor.rest[floor.rest.len() - 1];
            floor.rest.push(before + floor.least(stage));
        }
        floor.rest.reverse();
        floor
    }

    /// The cheapest walk, with caps doubled until none is in the way.
    fn shortest(&self) -> Result<Walk, GridError> {
        // Between two of its visits a shortest walk uses no stretch twice, and it
        // visits a stretch at most from both its ends.
        let mut asked: Vec<(usize, usize)> = self.places.iter().map(|p| (p.aisle, p.block)).collect();
        asked.dedup();
        let most = i16::try_from(2 * asked.len() + 2).unwrap_or(i16::MAX / 4);
        let mut best: Option<(i64, Vec<Link>)> = None;
        let mut cap = 2.min(most);
        loop {
            let below = best.as_ref().map_or(i64::MAX, |b| b.0);
            let (found, clipped) = self.sweep(cap, below);
            best = found.or(best);
            if !clipped || cap == most {
                break;
            }
            cap = (2 * cap).min(most);
        }
        let (length, links) = best.ok_or(GridError::NoWay)?;
        Ok(Walk { steps: directed(Step::At(self.start), &links), length })
    }

    /// The cheapest walk below a cost that walks no stretch more often than `cap`
    /// one way; and whether the cap was in the way of any.
    fn sweep(&self, cap: i16, below: i64) -> (Option<(i64, Vec<Link>)>, bool) {
        let empty: Key = [(0, 0); MAX_ONE_WAY_CROSS];
        let mut layers = vec![BTreeMap::from([(empty, (0, empty, Way::Unused))])];
        let mut clipped = false;
        let mut branches = Vec::new();
        for (at, &stage) in self.stages.iter().enumerate() {
            let mut next: BTreeMap<Key, Entry> = BTreeMap::new();
            let ways = self.ways(stage, cap);
            for (&key, &(cost, ..)) in &layers[at] {
                branches.clear();
                let dearest = below.saturating_sub(self.rest[at + 1]).saturating_sub(cost);
                clipped |= self.branch(stage, key, &ways, (cap, dearest), &mut branches);
                for &(to, more, way) in branches.iter().filter(|b| b.1 < dearest) {
                    let to = tidy(to);
                    if next.get(&to).is_none_or(|e| cost + more < e.0) {
                        next.insert(to, (cost + more, key, way));
                    }
                }
            }
            layers.push(next);
        }
        let whole = |key: &Key| key.iter().all(|&(net, part)| net == 0 && part <= 1);
        let ends = layers[self.stages.len()].iter().filter(|(key, _)| whole(key));
        let found = ends.min_by_key(|(key, e)| (e.0, **key)).map(|(key, e)| (e.0, self.links(&layers, *key)));
        (found, clipped)
    }

    /// What may follow a state; true if the cap forbade something cheap enough.
    fn branch(
        &self,
        stage: Stage,
        key: Key,
        ways: &[(Way, i64)],
        (cap, dearest): (i16, i64),
        all: &mut Vec<Branch>,
    ) -> bool {
        match stage {
            Stage::Terminal(at, begins) => {
                let mut to = touched(key, at.cross);
                to[at.cross].0 += if begins { 1 } else { -1 };
                all.push((to, 0, Way::Unused));
                false
            }
            Stage::Stretch { aisle, block } => {
                let hops = self.hops(aisle, block).len();
                all.extend(ways.iter().map(|&(way, cost)| (apply(key, block, way, hops), cost, way)));
                i64::from(cap + 1).saturating_mul(self.grid.stretch[block][aisle]) < dearest
            }
            Stage::Across { aisle, cross } => self.on(aisle, cross, key, (cap, dearest), all),
        }
    }

    /// The frontier of one cross-aisle moves on; what came too often goes on too.
    fn on(&self, aisle: usize, cross: usize, key: Key, (cap, dearest): (i16, i64), all: &mut Vec<Branch>) -> bool {
        let (net, part) = key[cross];
        let (length, lane) = (self.grid.across[cross][aisle], self.traffic.across[cross][aisle].direction);
        if part == 0 {
            all.push((key, 0, Way::Unused));
        } else if net != 0 {
            let cost = i64::from(net.abs()) * length;
            if net.abs() > cap {
                return cost < dearest;
            }
            if lane.allows(net > 0) {
                all.push((key, cost, Way::Through(net)));
            }
        } else {
            if lane == Direction::Both {
                all.push((key, 2 * length, Way::But(1)));
            }
            let lives = (0..key.len()).any(|c| c != cross && key[c].1 == part);
            let alone = (0..key.len()).all(|c| c == cross || key[c].1 == 0);
            if lives || (aisle >= self.last && alone) {
                let mut to = key;
                to[cross] = (0, 0);
                all.push((to, 0, Way::Unused));
            }
        }
        false
    }

    fn hops(&self, aisle: usize, block: usize) -> Vec<Link> {
        let here = self.places.iter().copied().filter(|p| (p.aisle, p.block) == (aisle, block));
        hops(aisle, block, self.grid.stretch[block][aisle], &here.collect::<Vec<_>>())
    }

    /// All ways to deal with a stretch, with their costs.
    fn ways(&self, stage: Stage, cap: i16) -> Vec<(Way, i64)> {
        let Stage::Stretch { aisle, block } = stage else { return vec![] };
        let length = self.grid.stretch[block][aisle];
        let lane = self.traffic.stretch[block][aisle].direction;
        let hops = self.hops(aisle, block);
        let mut ways = Vec::new();
        for times in 1..=cap {
            let both = [times, -times].into_iter().filter(|&t| lane.allows(t > 0));
            ways.extend(both.map(|t| (Way::Through(t), i64::from(times) * length)));
        }
        if hops.len() == 1 {
            ways.push((Way::Unused, 0));
        }
        if lane == Direction::Both {
            ways.push((Way::But(hops.len()), 2 * length));
            let ends = [0, hops.len() - 1].into_iter().filter(|_| hops.len() > 1);
            let inner = (1..hops.len().saturating_sub(1)).max_by_key(|&i| (hops[i].2, i));
            ways.extend(ends.chain(inner).map(|gap| (Way::But(gap), 2 * (length - hops[gap].2))));
        }
        ways
    }

    /// The least a stage costs, whatever the state.
    fn least(&self, stage: Stage) -> i64 {
        self.ways(stage, 1).iter().map(|way| way.1).min().unwrap_or(0)
    }

    /// All that is walked on the way to a state, each link in its direction.
    fn links(&self, layers: &[BTreeMap<Key, Entry>], mut key: Key) -> Vec<Link> {
        let mut links = Vec::new();
        for (at, &stage) in self.stages.iter().enumerate().rev() {
            let (_, before, way) = layers[at + 1][&key];
            let hops = match stage {
                Stage::Terminal(..) => vec![],
                Stage::Stretch { aisle, block } => self.hops(aisle, block),
                Stage::Across { aisle, cross } => {
                    let [from, to] = [aisle, aisle + 1].map(|aisle| Step::At(Crossing { aisle, cross }));
                    vec![(from, to, self.grid.across[cross][aisle])]
                }
            };
            for (hop, &(a, b, length)) in hops.iter().enumerate() {
                let (forward, back) = match way {
                    Way::Unused => (0, 0),
                    Way::Through(times) => (times.max(0), (-times).max(0)),
                    Way::But(gap) => (i16::from(hop != gap), i16::from(hop != gap)),
                };
                links.extend((0..forward).map(|_| (a, b, length)));
                links.extend((0..back).map(|_| (b, a, length)));
            }
            key = before;
        }
        links
    }
}

/// The frontier after a stretch was walked.
fn apply(key: Key, block: usize, way: Way, hops: usize) -> Key {
    let mut to = key;
    let (front, back, joins) = match way {
        Way::Unused => (false, false, false),
        Way::Through(_) => (true, true, true),
        Way::But(gap) => (gap > 0, gap + 1 != hops, gap >= hops),
    };
    if front {
        to = touched(to, block);
    }
    if back {
        to = touched(to, block + 1);
    }
    if joins {
        let (keep, drop) = (to[block].1, to[block + 1].1);
        to.iter_mut().filter(|slot| slot.1 == drop).for_each(|slot| slot.1 = keep);
    }
    if let Way::Through(times) = way {
        to[block].0 -= times;
        to[block + 1].0 += times;
    }
    to
}

fn touched(mut key: Key, cross: usize) -> Key {
    if key[cross].1 == 0 {
        key[cross].1 = 1 + key.iter().map(|k| k.1).max().unwrap_or(0);
    }
    key
}

/// Numbers the parts in the order met, so that equal states are equal keys.
fn tidy(mut key: Key) -> Key {
    let mut names = [0_u8; 2 * MAX_ONE_WAY_CROSS + 2];
    let mut next = 0;
    for slot in key.iter_mut().filter(|slot| slot.1 > 0) {
        let name = &mut names[usize::from(slot.1)];
        if *name == 0 {
            next += 1;
            *name = next;
        }
        slot.1 = *name;
    }
    key
}

/// One walk over all links, each used once in its direction (Hierholzer 1873).
fn directed(start: Step, links: &[Link]) -> Vec<Step> {
    let mut out: BTreeMap<Step, Vec<Step>> = BTreeMap::new();
    for &(from, to, _) in links {
        out.entry(from).or_default().push(to);
    }
    let (mut stack, mut steps) = (vec![start], Vec::new());
    while let Some(here) = stack.last() {
        match out.get_mut(here).and_then(Vec::pop) {
            Some(next) => stack.push(next),
            None => steps.extend(stack.pop()),
        }
    }
    steps.reverse();
    steps
}
