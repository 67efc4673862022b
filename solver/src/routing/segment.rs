//! Stretches of a route that join in constant time.
//!
//! The time-window segments of Vidal, Crainic, Gendreau and Prins (Computers &
//! Operations Research 40, 2013), without time warp: a stretch that cannot be
//! driven in time is no stretch. Release times ride along as in Vidal's later
//! work: they bind the departure of the whole route, so their maximum is enough.

use super::model::DIMENSIONS;

/// A sequence of services as seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Node of the first and of the last service.
    pub(super) first: u32,
    pub(super) last: u32,
    /// Least time from the start of the first service to the end of the last.
    pub(super) duration: i64,
    /// Earliest start that attains that least time.
    pub(super) early: i64,
    /// Latest start that is feasible at all.
    pub(super) late: i64,
    /// Metres between first and last.
    pub(super) distance: i64,
    /// Latest release among the jobs.
    pub(super) release: i64,
    /// Load delivered.
    pub(super) load: [i64; DIMENSIONS],
}

/// Travel between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// In ms; beyond every shift when there is no way.
    pub(super) duration: i64,
    /// In metres.
    pub(super) distance: i64,
}

impl Segment {
    /// This stretch, then a link, then the other; `None` when the other cannot
    /// be reached in time.
    #[inline]
    pub(super) fn then(&self, link: Link, other: &Segment) -> Option<Segment> {
        let reach = self.duration + link.duration;
        if self.early + reach > other.late {
            return None;
        }
        let wait = (other.early - reach - self.late).max(0);
        let mut load = self.load;
        for (sum, more) in load.iter_mut().zip(other.load) {
            *sum += more;
        }
        Some(Segment {
            first: self.first,
            last: other.last,
            duration: reach + other.duration + wait,
            early: (other.early - reach).max(self.early) - wait,
            late: (other.late - reach).min(self.late),
            distance: self.distance + link.distance + other.distance,
            release: self.release.max(other.release),
            load,
        })
    }
}
