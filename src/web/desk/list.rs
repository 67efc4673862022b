//! One page for every list of the desk: heading, tabs, filters, table, what to do
//! when it is empty. Deliberately absent: what is listed.

use askama::Template;

use super::{
    frame::{Frame, Tone},
    table::{Table, grouped},
};
use crate::web::i18n::Words;

/// A saved question: all, mine, late.
#[derive(Debug, Clone, Default)]
pub struct Tab {
    /// In the reader's language.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// How many rows it has, if known.
    pub count: Option<i64>,
    /// True for the one that is shown.
    pub on: bool,
}

/// A filter with a closed set of answers.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Name of the query parameter.
    pub name: &'static str,
    /// In the reader's language.
    pub label: String,
    /// Value, words, chosen. The first is usually "any".
    pub options: Vec<(String, String, bool)>,
}

impl Filter {
    /// A filter that is not shown but kept while others change.
    pub fn kept(name: &'static str, value: &str) -> Self {
        Self { name, label: String::new(), options: vec![(value.to_owned(), String::new(), true)] }
    }
    /// True if it is only kept.
    pub fn is_kept(&self) -> bool {
        self.label.is_empty()
    }
    /// The value it keeps.
    pub fn value(&self) -> &str {
        self.options.first().map_or("", |option| option.0.as_str())
    }
    /// True if another than the first answer is chosen.
    pub fn narrows(&self) -> bool {
        self.options.iter().skip(1).any(|(_, _, chosen)| *chosen)
    }
}

/// A number above a list.
#[derive(Debug, Clone, Default)]
pub struct Tile {
    /// What it counts.
    pub label: String,
    /// The number.
    pub value: String,
    /// A quiet line.
    pub sub: String,
    /// Whether it is the one that matters.
    pub strong: bool,
}

/// A deed above a list.
#[derive(Debug, Clone, Default)]
pub struct Deed {
    /// On the button.
    pub label: String,
    /// Where it posts to.
    pub action: String,
    /// Icon.
    pub icon: &'static str,
    /// The one deed this page is for.
    pub main: bool,
}

/// Nothing to list: what is so, and what to do next.
#[derive(Debug, Clone, Default)]
pub struct Empty {
    /// What is so.
    pub head: String,
    /// Why, since when, what next.
    pub rest: String,
}

/// A list.
#[derive(Debug, Template)]
#[template(path = "desk/list.html")]
pub struct List {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Heading.
    pub head: String,
    /// How many in all; shown and total are both told.
    pub total: Option<i64>,
    /// A quiet line under the heading.
    pub lead: String,
    /// Why the last deed was refused, or what it did.
    pub notice: Option<(Tone, String)>,
    /// Badges beside the heading.
    pub marks: Vec<(Tone, String)>,
    /// Deeds.
    pub deeds: Vec<Deed>,
    /// Numbers above.
    pub tiles: Vec<Tile>,
    /// Saved questions.
    pub tabs: Vec<Tab>,
    /// Where filters lead, without query.
    pub action: String,
    /// Placeholder of the search field; empty for none.
    pub search: String,
    /// What was searched for.
    pub q: String,
    /// Filters.
    pub filters: Vec<Filter>,
    /// The rows.
    pub table: Table,
    /// The next page; empty at the end.
    pub next: String,
    /// The same rows as CSV; empty if not offered.
    pub csv: String,
    /// If there are no rows.
    pub empty: Empty,
    /// The fact that adds a row: `order.placed`, `case.opened`; empty for none.
    pub topic: &'static str,
}

impl List {
    /// How many there are in all, as read.
    pub fn all(&self) -> String {
        self.total.map(grouped).unwrap_or_default()
    }
    /// A list with nothing but its frame and heading.
    pub fn new(t: Words, frame: Frame, head: impl Into<String>, table: Table) -> Self {
        Self {
            t,
            frame,
            head: head.into(),
            total: None,
            lead: String::new(),
            notice: None,
            marks: Vec::new(),
            deeds: Vec::new(),
            tiles: Vec::new(),
            tabs: Vec::new(),
            action: String::new(),
            search: String::new(),
            q: String::new(),
            filters: Vec::new(),
            table,
            next: String::new(),
            csv: String::new(),
            empty: Empty::default(),
            topic: "",
        }
    }
}
