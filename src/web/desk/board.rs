//! Promise against result, for the director: indicators with their target, and what
//! is off. Deliberately absent: how an indicator is computed.

use askama::Template;

use super::{
    frame::{Frame, Tone},
    list::Tab,
    table::Table,
};
use crate::web::i18n::Words;

/// An indicator.
#[derive(Debug, Clone, Default)]
pub struct Indicator {
    /// What it measures.
    pub label: String,
    /// Its value now.
    pub value: String,
    /// Its unit, may be empty.
    pub unit: String,
    /// On target: info; watch: warn; act: bad.
    pub tone: Tone,
    /// `On target`.
    pub word: String,
    /// Its course, oldest first; fewer than two values draw nothing.
    pub course: Vec<f64>,
    /// The target on the same scale, if it is one number.
    pub goal: Option<f64>,
    /// `Target 98 %`; may be empty.
    pub target: String,
    /// Against the day before; may be empty.
    pub change: String,
    /// Where it is explained; empty if nowhere.
    pub href: String,
}

/// A small line chart in a box of 120 by 30: line, goal line, last point.
#[derive(Debug, Clone, PartialEq)]
pub struct Spark {
    /// `x,y x,y ...`.
    pub line: String,
    /// Height of the goal, if it is within the box.
    pub goal: Option<f64>,
    /// Where the line ends.
    pub end: f64,
}

impl Indicator {
    /// Its course as a line.
    pub fn spark(&self) -> Option<Spark> {
        let (low, high) = self.course.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        if self.course.len() < 2 || !low.is_finite() || !high.is_finite() {
            return None;
        }
        let span = if high > low { high - low } else { 1.0 };
        let y = |value: f64| 28.0 - (value - low) / span * 26.0;
        let step = 120.0 / f64::from(u32::try_from(self.course.len() - 1).ok()?);
        let mut line = String::new();
        let mut x = 0.0;
        for value in &self.course {
            line.push_str(&format!("{x:.1},{:.1} ", y(*value)));
            x += step;
        }
        let goal = self.goal.map(y).filter(|goal| (0.0..=30.0).contains(goal));
        Some(Spark { line: line.trim_end().to_owned(), goal, end: y(*self.course.last()?) })
    }
}

/// A bar of the promise chart: one hour.
#[derive(Debug, Clone, Default)]
pub struct Hour {
    /// `14:00`.
    pub label: String,
    /// Promised for this hour.
    pub promised: i64,
    /// Of it, kept.
    pub kept: i64,
    /// Of it, late.
    pub late: i64,
}

/// The board.
#[derive(Debug, Template)]
#[template(path = "desk/board.html")]
pub struct BoardPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// What is covered, and until when.
    pub lead: String,
    /// Today, seven days, thirty days.
    pub tabs: Vec<Tab>,
    /// The indicators.
    pub indicators: Vec<Indicator>,
    /// Promised and kept by the hour.
    pub hours: Vec<Hour>,
    /// By site, or by whatever is off.
    pub table: Table,
    /// Heading of the table.
    pub table_head: String,
    /// The daily report as CSV; empty if not offered.
    pub csv: String,
}

impl BoardPage {
    /// How many indicators have this meaning.
    pub fn count(&self, tone: Tone) -> usize {
        self.indicators.iter().filter(|one| one.tone == tone).count()
    }
    /// How many are on target, to watch, to act on; a meaning that none has is left out.
    pub fn marks(&self) -> Vec<(Tone, String)> {
        let (good, watch, act) = (self.count(Tone::Info), self.count(Tone::Warn), self.count(Tone::Bad));
        let marks = [
            (Tone::Info, good, self.t.put("board.on_target", good)),
            (Tone::Warn, watch, self.t.put("board.watch", watch)),
            (Tone::Bad, act, self.t.put("board.act", act)),
        ];
        marks.into_iter().filter(|(_, count, _)| *count > 0).map(|(tone, _, words)| (tone, words)).collect()
    }
    /// Height of a bar in a box of 100: the fullest hour fills it.
    pub fn height(&self, count: &i64) -> i64 {
        let most = self.hours.iter().map(|hour| hour.promised).max().unwrap_or(0).max(1);
        count * 100 / most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_fills_its_box_and_shows_its_goal() {
        let one = Indicator { course: vec![1.0, 3.0, 2.0], goal: Some(2.0), ..Indicator::default() };
        let spark = one.spark().unwrap();
        assert_eq!(spark.line, "0.0,28.0 60.0,2.0 120.0,15.0");
        assert_eq!((spark.goal, spark.end), (Some(15.0), 15.0));
        assert!(Indicator { course: vec![1.0], ..Indicator::default() }.spark().is_none());
        let far = Indicator { goal: Some(99.0), ..one };
        assert_eq!(far.spark().unwrap().goal, None, "a goal outside of the box is not drawn");
    }
}
