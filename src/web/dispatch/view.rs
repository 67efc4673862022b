//! What the dispatch page is drawn from: board, lanes, panel, timeline.
//! Deliberately absent: the map's marks; its island fetches them.

use askama::Template;

use crate::web::{
    desk::{Frame, Tone, why::Decision},
    i18n::Words,
};

/// A parcel on no route.
#[derive(Debug, Clone, Default)]
pub struct JobRow {
    /// Parcel.
    pub id: String,
    /// Short order number.
    pub number: String,
    /// The order's page.
    pub href: String,
    /// Street, without the number.
    pub place: String,
    /// Why it is on no route: `ready 14:40`, `no rider in reach`.
    pub reason: String,
    /// True if it must be kept cold.
    pub cold: bool,
    /// Promised by.
    pub due: String,
    /// How long that is.
    pub left: String,
    /// How near.
    pub tone: Tone,
    /// The same in a word.
    pub word: String,
}

/// A load and who drives it.
#[derive(Debug, Clone, Default)]
pub struct LaneRow {
    /// Load.
    pub id: String,
    /// Lane letter.
    pub letter: String,
    /// Lane colour, 0 to 5.
    pub hue: u8,
    /// Driver or `No driver yet`.
    pub name: String,
    /// Van, bike, rider.
    pub detail: String,
    /// Stops done.
    pub done: i64,
    /// Stops in all.
    pub of: i64,
    /// How full, per cent.
    pub fill: i64,
    /// How it stands.
    pub state: (Tone, String),
    /// True for the one in the panel.
    pub on: bool,
}

/// A stop in the panel.
#[derive(Debug, Clone, Default)]
pub struct StopRow {
    /// Place in the route.
    pub seq: i64,
    /// Street.
    pub place: String,
    /// The order's page.
    pub href: String,
    /// Promised window.
    pub window: String,
    /// Expected or actual arrival.
    pub eta: String,
    /// How it stands.
    pub state: (Tone, String),
    /// True once it is over.
    pub done: bool,
}

/// An offer that was made for a load.
#[derive(Debug, Clone, Default)]
pub struct OfferRow {
    /// To whom.
    pub name: String,
    /// Pay and way.
    pub detail: String,
    /// Answer.
    pub state: (Tone, String),
}

/// One load, beside the map.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Load.
    pub id: String,
    /// Lane letter.
    pub letter: String,
    /// Lane colour.
    pub hue: u8,
    /// Driver or `No driver yet`.
    pub title: String,
    /// Short id, vehicle, site.
    pub detail: String,
    /// How it stands.
    pub state: (Tone, String),
    /// Label and value: done, ends, load, way.
    pub facts: Vec<(String, String)>,
    /// What is unusual; empty if nothing is.
    pub note: String,
    /// Its stops.
    pub stops: Vec<StopRow>,
    /// Offers, newest first.
    pub offers: Vec<OfferRow>,
    /// Who may be given the load: id and name.
    pub drivers: Vec<(String, String)>,
    /// True if it may be given to somebody.
    pub may_assign: bool,
    /// True if it may be taken back.
    pub may_unassign: bool,
    /// The decision shown below: why this rider, else why this route.
    pub why: Option<Decision>,
    /// More decisions: id and question.
    pub more: Vec<(String, String)>,
}

/// A stop on the timeline.
#[derive(Debug, Clone, Default)]
pub struct TimeStop {
    /// Per cent of the width.
    pub at: f64,
    /// How it stands.
    pub tone: Tone,
    /// True once it is over.
    pub done: bool,
    /// Read aloud and shown on hover.
    pub label: String,
}

/// A lane of the timeline.
#[derive(Debug, Clone, Default)]
pub struct TimeRow {
    /// Load.
    pub id: String,
    /// Lane letter.
    pub letter: String,
    /// Lane colour.
    pub hue: u8,
    /// Driver.
    pub name: String,
    /// Where it begins, per cent of the width.
    pub from: f64,
    /// Where it ends, per cent of the width.
    pub to: f64,
    /// Stops.
    pub stops: Vec<TimeStop>,
    /// True for the one in the panel.
    pub on: bool,
}

/// The hours around now.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// Per cent of the width and clock.
    pub ticks: Vec<(f64, String)>,
    /// Where now is, per cent of the width.
    pub now: f64,
    /// The clock.
    pub clock: String,
    /// Lanes.
    pub rows: Vec<TimeRow>,
}

impl Timeline {
    /// Where `ms` lies between `from` and `to`, in per cent, kept within the box.
    pub fn place(ms: i64, from: i64, to: i64) -> f64 {
        let width = (to - from).max(1);
        // A day in milliseconds is far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let share = (ms - from) as f64 * 100.0 / width as f64;
        (share.clamp(0.0, 100.0) * 10.0).round() / 10.0
    }
    /// How much of a lane lies behind now, per cent of the width.
    pub fn driven(&self, row: &TimeRow) -> f64 {
        (self.now.min(row.to) - row.from).max(0.0)
    }
    /// How wide a lane is, per cent of the width.
    pub fn wide(&self, row: &TimeRow) -> f64 {
        (row.to - row.from).max(0.5)
    }
}

/// The dispatch page.
#[derive(Debug, Template)]
#[template(path = "dispatch/page.html")]
pub struct Dispatch {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Parcels on no route, the nearest promise first.
    pub jobs: Vec<JobRow>,
    /// How many there are in all.
    pub jobs_total: i64,
    /// How many of them are at risk.
    pub at_risk: i64,
    /// Loads, the riskiest first.
    pub lanes: Vec<LaneRow>,
    /// Riders on shift without a load.
    pub idle: i64,
    /// The chosen load.
    pub panel: Option<Panel>,
    /// The hours around now.
    pub timeline: Timeline,
    /// Sites that can be planned at once: code and name.
    pub sites: Vec<(String, String)>,
    /// Where the map begins: degrees north and east.
    pub centre: (f64, f64),
    /// Why the last deed was refused, or what it did.
    pub notice: Option<(Tone, String)>,
}

/// The panel alone.
#[derive(Debug, Template)]
#[template(path = "dispatch/_panel.html")]
pub struct PanelPart {
    /// Words.
    pub t: Words,
    /// The session's form token.
    pub csrf: String,
    /// The load.
    pub panel: Panel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeline_keeps_everything_within_its_box() {
        assert_eq!(Timeline::place(5, 0, 10), 50.0);
        assert_eq!([Timeline::place(-5, 0, 10), Timeline::place(50, 0, 10)], [0.0, 100.0]);
        let line = Timeline { now: 40.0, ..Timeline::default() };
        let row = TimeRow { from: 30.0, to: 90.0, ..TimeRow::default() };
        assert_eq!((line.driven(&row), line.wide(&row)), (10.0, 60.0));
        assert_eq!(line.driven(&TimeRow { from: 50.0, to: 60.0, ..TimeRow::default() }), 0.0);
    }
}
