//! Stretches of a route that join in constant time, for problems with every rule.
//!
//! The time-window segments of Vidal, Crainic, Gendreau and Prins (Computers &
//! Operations Research 40, 2013), without time warp: a stretch that cannot be
//! driven in time is no stretch. Release times ride along as in Vidal's later
//! work: they bind the departure of the whole route, so their maximum is enough.
//! Loads keep three sums, as for simultaneous delivery and pickup.

use super::model::DIMENSIONS;

/// A time no shift reaches; with both signs, the window of "any time".
pub(super) const ANY: i64 = 1 << 47;

/// A sequence of services as seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Least time from the start of the first service to the end of the last.
    pub(super) duration: i64,
    /// Earliest start that attains that least time.
    pub(super) early: i64,
    /// Latest start that is feasible at all.
    pub(super) late: i64,
    /// Latest release among the jobs.
    pub(super) release: i64,
    /// Metres between first and last.
    pub(super) distance: i64,
    /// Load on board when it begins, for delivery within.
    pub(super) begin: [i64; DIMENSIONS],
    /// Load on board when it ends, collected within.
    pub(super) end: [i64; DIMENSIONS],
    /// Most load on board within.
    pub(super) most: [i64; DIMENSIONS],
}

impl Segment {
    pub(super) fn bare(early: i64, late: i64) -> Self {
        let none = [0; DIMENSIONS];
        Self { duration: 0, early, late, release: -ANY, distance: 0, begin: none, end: none, most: none }
    }

    /// What cannot be driven; nothing joins it.
    pub(super) fn impossible() -> Self {
        Self::bare(ANY << 1, -(ANY << 1))
    }

    /// This stretch, then a link, then the other; `None` when the other cannot
    /// be reached in time.
    #[inline]
    pub(super) fn then(&self, duration: i64, distance: i64, other: &Segment) -> Option<Segment> {
        let reach = self.duration + duration;
        if self.early + reach > other.late {
            return None;
        }
        let wait = (other.early - reach - self.late).max(0);
        let mut joint = Segment {
            duration: reach + other.duration + wait,
            early: (other.early - reach).max(self.early) - wait,
            late: (other.late - reach).min(self.late),
            distance: self.distance + distance + other.distance,
            release: self.release.max(other.release),
            begin: self.begin,
            end: self.end,
            most: self.most,
        };
        for d in 0..DIMENSIONS {
            joint.begin[d] += other.begin[d];
            joint.end[d] += other.end[d];
            joint.most[d] = (self.most[d] + other.begin[d]).max(self.end[d] + other.most[d]);
        }
        Some(joint)
    }
}
