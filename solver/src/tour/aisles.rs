//! The shortest walk's length through one block of parallel aisles, exact.
//!
//! The dynamic programme of Ratliff and Rosenthal (Operations Research 31, 1983)
//! from left to right; a partial walk is known by the parity of its degree at
//! both ends of the aisle and by its connection. It reads positions that are
//! sorted already and neither allocates nor keeps the path. Absent on purpose:
//! the path and more cross-aisles, see [`super::grid`].

use serde::{Deserialize, Serialize};

/// More than any walk; twice this still fits.
const FAR: i64 = i64::MAX / 4;

/// Aisle and distance from the front cross-aisle in one word, so that the plain
/// order of spots is the order in which the floor is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Spot(u64);

impl Spot {
    /// A place `along` length units behind the front cross-aisle.
    pub fn new(aisle: u32, along: u32) -> Self {
        Self(u64::from(aisle) << 32 | u64::from(along))
    }

    /// Its aisle, 0 at the left.
    pub fn aisle(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Its distance from the front cross-aisle in length units.
    pub fn along(self) -> u32 {
        self.0 as u32
    }
}

/// One block: aisles of equal length at equal distances, a depot at the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// From one aisle to the next, in length units.
    pub pitch: u32,
    /// From the front cross-aisle to the back one, in length units.
    pub length: u32,
    /// The walk begins and ends at the front of this aisle.
    pub depot: u32,
}

/// Least lengths of partial walks by what they leave open.
#[derive(Clone, Copy)]
pub(crate) struct Open {
    /// Odd at both ends, connected.
    odd: i64,
    /// Even, at the front only.
    front: i64,
    /// Even, at the back only.
    back: i64,
    /// Even at both ends, connected.
    one: i64,
    /// Even at both ends, in two parts.
    two: i64,
}

impl Open {
    /// All there is after the first aisle.
    pub(crate) fn first(visit: Visit) -> Self {
        Self { odd: visit.pass, front: visit.front, back: visit.back, one: 2 * visit.pass, two: visit.gap }
    }

    /// Goes on to an aisle `across` length units away.
    pub(crate) fn across(self, across: i64) -> Self {
        let two = 2 * across;
        Self {
            odd: self.odd + two,
            front: self.front.min(self.one) + two,
            back: self.back.min(self.one) + two,
            one: self.one + 2 * two,
            two: self.two + 2 * two,
        }
    }

    /// Visits all spots of an aisle.
    pub(crate) fn visit(self, v: Visit) -> Self {
        let least = v.front.min(v.back).min(v.gap);
        let both = self.front.min(self.back).min(self.two);
        Self {
            odd: (self.odd + least).min(both.min(self.one) + v.pass),
            front: self.front + v.front,
            back: self.back + v.back,
            one: (self.odd + v.pass).min(both + 2 * v.pass).min(self.one + least),
            two: (self.two + least).min(self.front + v.back.min(v.gap)).min(self.back + v.front.min(v.gap)),
        }
    }

    /// The least closed walk that goes on with the rest.
    pub(crate) fn join(self, rest: Rest) -> i64 {
        let ends = (self.odd + rest.odd).min(self.one + rest.one).min(self.two + rest.two);
        ends.min(self.front + rest.front).min(self.back + rest.back)
    }

    /// The least closed walk.
    pub(crate) fn closed(self) -> i64 {
        self.front.min(self.back).min(self.one)
    }
}

/// Least lengths of what closes a walk, by what it has left open: the same
/// programme from right to left.
#[derive(Clone, Copy)]
pub(crate) struct Rest {
    odd: i64,
    front: i64,
    back: i64,
    one: i64,
    two: i64,
}

impl Rest {
    /// Nothing follows.
    pub(crate) const END: Self = Self { odd: FAR, front: 0, back: 0, one: 0, two: FAR };

    /// A whole walk: nothing is left open before it.
    pub(crate) fn alone(self) -> i64 {
        self.front.min(self.back)
    }

    /// This rest, with an aisle to be visited before it.
    pub(crate) fn visit(self, v: Visit) -> Self {
        let least = v.front.min(v.back).min(v.gap);
        let pass = (self.odd + v.pass).min(self.one + 2 * v.pass);
        Self {
            odd: (self.odd + least).min(self.one + v.pass),
            front: pass.min(self.front + v.front).min(self.two + v.back.min(v.gap)),
            back: pass.min(self.back + v.back).min(self.two + v.front.min(v.gap)),
            one: (self.odd + v.pass).min(self.one + least),
            two: pass.min(self.two + least),
        }
    }

    /// This rest, `across` length units away.
    pub(crate) fn across(self, across: i64) -> Self {
        let two = 2 * across;
        Self {
            odd: self.odd + two,
            front: self.front + two,
            back: self.back + two,
            one: (self.front.min(self.back) + two).min(self.one + 2 * two),
            two: self.two + 2 * two,
        }
    }
}

/// What the ways to visit one aisle's spots cost.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    pass: i64,
    front: i64,
    back: i64,
    gap: i64,
}

impl Visit {
    /// From the lowest and highest spot and the widest gap between two of them.
    pub(crate) fn new(length: u32, low: u32, high: u32, gap: u32) -> Self {
        let length = i64::from(length);
        Self {
            pass: length,
            front: 2 * i64::from(high),
            back: 2 * (length - i64::from(low)),
            gap: 2 * (length - i64::from(gap)),
        }
    }
}

/// Collects aisles from left to right; the depot is put in where it belongs.
pub(crate) struct Sweep {
    block: Block,
    open: Option<(u32, Open)>,
    home: bool,
}

impl Sweep {
    pub(crate) fn new(block: Block) -> Self {
        Self { block, open: None, home: false }
    }

    /// The lowest place of an aisle is the depot if it lies there.
    pub(crate) fn holds_depot(&self, aisle: u32) -> bool {
        aisle == self.block.depot
    }

    /// Adds an aisle right of all before.
    #[inline]
    pub(crate) fn add(&mut self, aisle: u32, visit: Visit) {
        if aisle >= self.block.depot && !self.home {
            self.home = true;
            if aisle > self.block.depot {
                self.put(self.block.depot, Visit::new(self.block.length, 0, 0, 0));
            }
        }
        self.put(aisle, visit);
    }

    #[inline]
    fn put(&mut self, aisle: u32, visit: Visit) {
        let open = match self.open {
            None => Open::first(visit),
            Some((last, open)) => open.across(i64::from(aisle - last) * i64::from(self.block.pitch)).visit(visit),
        };
        self.open = Some((aisle, open));
    }

    /// The least length of a closed walk through the depot and all spots.
    pub(crate) fn close(mut self) -> i64 {
        if self.open.is_some() && !self.home {
            self.put(self.block.depot, Visit::new(self.block.length, 0, 0, 0));
        }
        self.open.map_or(0, |(_, open)| open.closed().min(FAR))
    }
}

impl Block {
    /// Length of the shortest closed walk from the depot through `spots`, which
    /// must ascend (repeats allowed) and lie within the aisles.
    pub fn shortest(&self, spots: &[Spot]) -> i64 {
        debug_assert!(spots.is_sorted());
        let mut sweep = Sweep::new(*self);
        let mut at = 0;
        while at < spots.len() {
            let aisle = spots[at].aisle();
            let low = if sweep.holds_depot(aisle) { 0 } else { spots[at].along() };
            let (mut last, mut gap) = (low, 0);
            while at < spots.len() && spots[at].aisle() == aisle {
                let along = spots[at].along();
                gap = gap.max(along - last);
                last = along;
                at += 1;
            }
            sweep.add(aisle, Visit::new(self.length, low, last, gap));
        }
        sweep.close()
    }
}
