//! The words of labour: what is fair, and sums of steps. Pure.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{kernel::*, refusals, tasks::TaskKind, words};

/// A pass so soon behind somebody else's is a meeting: the aisle was shared.
pub const MEETING_MS: i64 = 20_000;
/// How long steps and traffic are kept.
pub const KEPT_DAYS: i64 = 90;
pub(super) const DAY_MS: i64 = 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

/// What is fair for one kind of work at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Walking with a cart, millimetres a second.
    pub pace_mm_s: i64,
    /// Once for a task: take a cart, read, sign off.
    pub task_ms: i64,
    /// For a line: find the bin, scan, reach.
    pub line_ms: i64,
    /// For a piece in the hand.
    pub piece_ms: i64,
}

impl Standard {
    /// Where nobody set another: a metre a second, and the order of seconds that
    /// time studies give for work with a scanner.
    pub fn usual(kind: TaskKind) -> Self {
        let (task_ms, line_ms, piece_ms) = match kind {
            TaskKind::Pick => (8_000, 9_000, 1_500),
            TaskKind::Pack => (6_000, 14_000, 3_000),
            TaskKind::PutAway | TaskKind::PutBack => (8_000, 10_000, 500),
            TaskKind::Replenish | TaskKind::Move => (8_000, 14_000, 300),
            TaskKind::Count => (5_000, 12_000, 300),
            TaskKind::Receive => (15_000, 10_000, 300),
        };
        Self { pace_mm_s: 1_000, task_ms, line_ms, piece_ms }
    }

    /// The fair time of a step, milliseconds.
    pub fn fair_ms(&self, walk_mm: i64, lines: i64, pieces: i64, first: bool) -> i64 {
        let walk_ms = walk_mm.saturating_mul(1_000) / self.pace_mm_s.max(1);
        let begin_ms = if first { self.task_ms } else { 0 };
        walk_ms
            .saturating_add(begin_ms)
            .saturating_add(lines.saturating_mul(self.line_ms))
            .saturating_add(pieces.saturating_mul(self.piece_ms))
    }

    /// Refuses what no person does.
    pub fn checked(self) -> Result<Self, Refusal> {
        let hour = 0..=HOUR_MS;
        if !(100..=10_000).contains(&self.pace_mm_s) {
            return Err(Refusal::Pace { pace_mm_s: self.pace_mm_s });
        }
        match [self.task_ms, self.line_ms, self.piece_ms].into_iter().find(|ms| !hour.contains(ms)) {
            Some(ms) => Err(Refusal::Seconds { ms }),
            None => Ok(self),
        }
    }
}

words! {
    /// What sums are made for.
    By {
        /// Each person.
        Person = "person",
        /// Each part of the floor.
        Zone = "zone",
        /// Each kind of work.
        Kind = "kind",
    }
}

/// Something a hand did: one line, or the end of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stint {
    /// Position of its fact in the log.
    pub position: i64,
    /// Where.
    pub site: SiteId,
    /// Who.
    pub person: UserId,
    /// In which task.
    pub task: TaskId,
    /// What kind of work.
    pub kind: TaskKind,
    /// Part of the floor, or empty.
    pub zone: String,
    /// The bin's label, or empty.
    pub place: String,
    /// When it was done.
    pub at: Time,
    /// 1, or 0 for the end of a task.
    pub lines: i64,
    /// Pieces in it.
    pub pieces: i64,
    /// The shortest way from the place before.
    pub walk_mm: i64,
    /// Since the step before in this task.
    pub spent_ms: i64,
    /// What would have been fair.
    pub fair_ms: i64,
}

/// Somebody's hands: what they have, and where they were last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hand {
    pub person: UserId,
    pub site: SiteId,
    pub task: Option<TaskId>,
    pub kind: TaskKind,
    pub zone: String,
    pub since: Time,
    pub lines: i64,
    pub node: String,
    pub node_at: Time,
}

/// Steps summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sum {
    /// Lines done.
    pub lines: i64,
    /// Pieces in them.
    pub pieces: i64,
    /// Shortest ways between them.
    pub walk_mm: i64,
    /// Time with a task in hand.
    pub spent_ms: i64,
    /// What would have been fair for it.
    pub fair_ms: i64,
}

impl Sum {
    /// Lines in an hour with a task in hand; `None` before there is any.
    pub fn lines_per_hour(&self) -> Option<i64> {
        (self.spent_ms > 0).then(|| self.lines.saturating_mul(HOUR_MS) / self.spent_ms)
    }
    /// Lines that would have been fair in an hour of this very work.
    pub fn fair_lines_per_hour(&self) -> Option<i64> {
        (self.fair_ms > 0).then(|| self.lines.saturating_mul(HOUR_MS) / self.fair_ms)
    }
    /// Fair time by time spent: 100 is as fast as fair.
    pub fn pace_percent(&self) -> Option<i64> {
        (self.spent_ms > 0).then(|| self.fair_ms.saturating_mul(100) / self.spent_ms)
    }
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lines: self.lines + other.lines,
            pieces: self.pieces + other.pieces,
            walk_mm: self.walk_mm + other.walk_mm,
            spent_ms: self.spent_ms + other.spent_ms,
            fair_ms: self.fair_ms + other.fair_ms,
        }
    }
}

/// How often a node of the floor was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Traffic {
    /// The node.
    pub node: String,
    /// Walks that led over it.
    pub passes: i64,
    /// Steps that were done there.
    pub visits: i64,
    /// Passes shortly behind somebody else's.
    pub meets: i64,
}

/// Days since 1970 on the calendar of a place.
pub fn day_of(at: Time, zone: &TimeZone) -> i64 {
    let offset_s = jiff::Timestamp::from_millisecond(at.ms()).map_or(0, |at| zone.to_offset(at).seconds());
    at.ms().saturating_add(i64::from(offset_s) * 1_000).div_euclid(DAY_MS)
}

refusals! {
    /// Why a standard is no standard.
    Refusal {
        /// Nobody walks like that.
        Pace { pace_mm_s: i64 } => "labour.pace", 422, "A pace of {pace_mm_s} mm a second is not one of a person; give 100 to 10000.";
        /// Not a time of handling.
        Seconds { ms: i64 } => "labour.seconds", 422, "{ms} ms is no time for handling; give 0 to 3600000.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_bin_is_fair_time() {
        let one = Standard { pace_mm_s: 1_250, task_ms: 20_000, line_ms: 10_000, piece_ms: 2_000 };
        assert_eq!(one.fair_ms(50_000, 1, 3, false), 40_000 + 10_000 + 6_000);
        assert_eq!(one.fair_ms(0, 1, 1, true), 32_000);
        assert_eq!(one.fair_ms(25_000, 0, 0, false), 20_000, "the way back counts, and is no line");
    }

    #[test]
    fn sums_say_nothing_before_there_is_something() {
        assert_eq!((Sum::default().lines_per_hour(), Sum::default().pace_percent()), (None, None));
        let sum = Sum { lines: 30, spent_ms: 1_800_000, fair_ms: 1_200_000, ..Sum::default() };
        assert_eq!(sum.lines_per_hour(), Some(60));
        assert_eq!(sum.fair_lines_per_hour(), Some(90));
        assert_eq!(sum.pace_percent(), Some(66));
    }

    #[test]
    fn days_begin_where_the_site_is() {
        let evening = Time::from_ms(17 * 3_600_000);
        let there = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!((day_of(evening, &there), day_of(evening, &TimeZone::UTC)), (1, 0));
    }

    #[test]
    fn no_standard_is_beyond_a_person() {
        let usual = Standard::usual(TaskKind::Pick);
        assert!(usual.checked().is_ok());
        assert!(Standard { pace_mm_s: 0, ..usual }.checked().is_err());
        assert!(Standard { line_ms: -1, ..usual }.checked().is_err());
    }
}
