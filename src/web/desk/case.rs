//! One exception that awaits a person: what is known, and its ways out. Deliberately
//! absent: blame.

use askama::Template;

use super::{
    frame::{Frame, Tone},
    order::Moment,
    table::Table,
};
use crate::web::i18n::Words;

/// A way out.
#[derive(Debug, Clone, Default)]
pub struct WayOut {
    /// Sent as `resolution`.
    pub code: String,
    /// In the reader's language.
    pub label: String,
    /// Whether it needs a word of reason.
    pub note: bool,
}

/// A case beside the list of cases.
#[derive(Debug, Template)]
#[template(path = "desk/case.html")]
pub struct CasePage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Case id.
    pub id: String,
    /// Stable code.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What to do next.
    pub advice: String,
    /// Severity.
    pub severity: (Tone, String),
    /// `Due 15:06, in 34 min`.
    pub due: (Tone, String),
    /// Where, since when, by whom.
    pub lead: String,
    /// Who owns it; empty for nobody.
    pub owner: String,
    /// True if the reader owns it.
    pub mine: bool,
    /// False once it is closed.
    pub open: bool,
    /// How it ended; empty while it is open.
    pub ended: String,
    /// What it is about: label, text, link.
    pub about: Vec<(String, String, String)>,
    /// Numbers that tell the matter, such as weights.
    pub facts: Option<Table>,
    /// Photos: address and caption.
    pub photos: Vec<(String, String)>,
    /// Ways out, the most usual first.
    pub ways: Vec<WayOut>,
    /// What happened so far.
    pub story: Vec<Moment>,
    /// People it may be given to: id and name.
    pub people: Vec<(String, String)>,
    /// Why the last deed was refused; empty otherwise.
    pub problem: String,
}
