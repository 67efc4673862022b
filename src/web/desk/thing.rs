//! One page for whatever has no drawing of its own: a task, a print job, a receipt.
//! What it is, what may be done, tables, its story. Deliberately absent: what it is.

use askama::Template;

use super::{
    frame::{Frame, Tone},
    order::Moment,
    table::Table,
};
use crate::web::i18n::Words;

/// Something that may be done with it.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// On the button.
    pub label: String,
    /// Where it posts to.
    pub action: String,
    /// Icon; empty for none.
    pub icon: &'static str,
    /// The one deed the page is for.
    pub main: bool,
    /// A choice that goes with it: name, label, value and words; empty name for none.
    pub choice: (&'static str, String, Vec<(String, String)>),
    /// A text that goes with it: name and label; empty name for none.
    pub note: (&'static str, String),
    /// What its consequence is; may be empty.
    pub hint: String,
}

/// Something.
#[derive(Debug, Template)]
#[template(path = "desk/thing.html")]
pub struct Thing {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// The list it belongs to: address and word.
    pub list: (&'static str, String),
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it stands.
    pub state: (Tone, String),
    /// A quiet line.
    pub lead: String,
    /// Why the last deed was refused, or what it did.
    pub notice: Option<(Tone, String)>,
    /// Label, text, link.
    pub facts: Vec<(String, String, String)>,
    /// Heading and rows.
    pub tables: Vec<(String, Table)>,
    /// What happened so far, newest first.
    pub story: Vec<Moment>,
    /// What may be done.
    pub acts: Vec<Act>,
}
