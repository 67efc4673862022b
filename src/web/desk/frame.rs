//! The bar around every desk page, and the meanings its badges are drawn with.
//! Deliberately absent: what a page is about.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::{
    identity::{Caller, Permission, Sites},
    web::i18n::{Lang, Words},
};

/// A meaning: always drawn with colour, shape and word at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// To know.
    Info,
    /// Right, done, on time.
    Ok,
    /// Soon.
    Warn,
    /// Now.
    Bad,
    /// Not begun, or no longer wanted.
    Off,
}

impl Tone {
    /// The class that draws it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain-t",
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }
    /// The icon that says the same in a banner.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Bad => "stop",
            Self::Warn => "warn",
            _ => "check",
        }
    }
    /// A badge with `word`.
    pub fn badge(self, word: &str) -> Mark<'_> {
        Mark { class: "st", tone: self, word }
    }
    /// A dot; `word` is for those who do not see it.
    pub fn dot(self, word: &str) -> Mark<'_> {
        Mark { class: "dot", tone: self, word }
    }
}

/// A drawn meaning; the word in it is escaped.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    class: &'static str,
    tone: Tone,
    word: &'a str,
}

impl HtmlSafe for Mark<'_> {}

impl fmt::Display for Mark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let tone = self.tone.class();
        match self.class {
            "dot" if word.is_empty() => write!(f, "<span class=\"dot {tone}\" aria-hidden=\"true\"></span>"),
            "dot" => write!(f, "<span class=\"dot {tone}\" role=\"img\" aria-label=\"{word}\"></span>"),
            class => write!(f, "<span class=\"{class} {tone}\">{word}</span>"),
        }
    }
}

/// An entry of the main navigation.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// Its name in [`Frame::here`].
    pub name: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Key of its word.
    key: &'static str,
    /// True if it stands in the bar; the rest is found behind "More".
    pub bar: bool,
    /// Any one of these opens it.
    pub opens: &'static [Permission],
}

impl Door {
    /// True if it opens to this person.
    pub fn is_open_to(&self, caller: &Caller) -> bool {
        self.opens.iter().any(|one| caller.sites(*one) != Sites::Only(Vec::new()))
    }
}

/// Marks a key of the catalogue where it is not asked for at once.
const fn key(text: &'static str) -> &'static str {
    text
}

/// Who may see why something was chosen: whoever may see what was chosen.
pub const REASONS: &[Permission] = &[
    Permission::OrderRead,
    Permission::StockRead,
    Permission::WorkSupervise,
    Permission::FleetOperate,
    Permission::DispatchAct,
];
/// Who may see a floor as it moves.
pub const FLOOR: &[Permission] = &[Permission::FleetOperate, Permission::WorkSupervise, Permission::ReportRead];

const fn door(
    name: &'static str,
    href: &'static str,
    key: &'static str,
    bar: bool,
    opens: &'static [Permission],
) -> Door {
    Door { name, href, key, bar, opens }
}

/// Every page of the desk, in the order of the bar.
pub const DOORS: &[Door] = &[
    door("dispatch", "/dispatch", key("door.dispatch"), true, &[Permission::DispatchAct]),
    door("floor", "/floor", key("door.floor"), true, FLOOR),
    door("orders", "/desk/orders", key("door.orders"), true, &[Permission::OrderRead]),
    door("stock", "/desk/stock", key("door.stock"), true, &[Permission::StockRead]),
    door("cases", "/desk/cases", key("door.cases"), true, &[Permission::CaseHandle]),
    door("tasks", "/desk/tasks", key("door.tasks"), true, &[Permission::WorkSupervise]),
    door("board", "/desk/board", key("door.board"), true, &[Permission::ReportRead]),
    door("labour", "/desk/labour", key("door.labour"), false, &[Permission::WorkSupervise, Permission::ReportRead]),
    door("ledger", "/desk/ledger", key("door.ledger"), false, &[Permission::StockRead]),
    door("inbound", "/desk/inbound", key("door.inbound"), false, &[Permission::InboundReceive]),
    door("returns", "/desk/returns", key("door.returns"), false, &[Permission::StockAdjust]),
    door("recalls", "/desk/recalls", key("door.recalls"), false, &[Permission::StockAdjust]),
    door("decisions", "/desk/decisions", key("door.decisions"), false, REASONS),
    door("events", "/desk/events", key("door.events"), false, &[Permission::EventRead]),
    door("prints", "/desk/printing", key("door.prints"), false, &[Permission::WorkDo]),
    door("roads", "/dispatch/roads", key("door.roads"), false, &[Permission::DispatchAct]),
    door(
        "services",
        "/desk/services",
        key("door.services"),
        false,
        &[Permission::WorkSupervise, Permission::DispatchAct],
    ),
    door("hooks", "/desk/hooks", key("door.hooks"), false, &[Permission::ConfigEdit]),
];

/// What the frame around a desk page shows.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Before the product's name in the title bar.
    pub title: String,
    /// Which of [`DOORS`] this is behind.
    pub here: &'static str,
    /// Path and query of this page, without `lang`.
    pub path: String,
    /// The city or house, and the day: `Harbrook · Fri 20 Nov`.
    pub place: String,
    /// The wall clock there.
    pub clock: String,
    /// Who is signed in.
    pub person: String,
    /// The session's form token.
    pub csrf: String,
    /// Where live news comes from (server-sent events); empty for none.
    pub live: String,
    /// Open cases that are due now.
    pub urgent: i64,
    /// Names of the doors that open to this person.
    pub open: Vec<&'static str>,
}

impl Frame {
    /// One or two letters for the round button.
    pub fn initials(&self) -> String {
        let letters: String = self.person.split_whitespace().filter_map(|name| name.chars().next()).take(2).collect();
        let few = if letters.chars().next().is_some_and(|first| first.is_ascii()) { 2 } else { 1 };
        letters.to_uppercase().chars().take(few).collect()
    }
    /// This page in another language.
    pub fn in_lang(&self, code: &str) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={code}", self.path)
    }
    /// The doors with their words, and whether this page is behind them.
    pub fn doors(&self, t: &Words) -> Vec<(Door, String, bool)> {
        let open = DOORS.iter().filter(|door| self.open.contains(&door.name));
        open.map(|door| (*door, t.get(door.key).to_owned(), door.name == self.here)).collect()
    }
    /// True if some open door stands behind "More".
    pub fn has_more(&self) -> bool {
        DOORS.iter().any(|door| !door.bar && self.open.contains(&door.name))
    }
    /// True if this page's door stands behind "More".
    pub fn in_more(&self) -> bool {
        DOORS.iter().any(|door| !door.bar && door.name == self.here)
    }
    /// Code, tag and name of the language that this page is not in.
    pub fn other(t: &Words) -> (&'static str, &'static str, &'static str) {
        let lang = if t.is_zh() { Lang::En } else { Lang::Zh };
        (lang.code(), lang.tag(), if t.is_zh() { "English" } else { "中文" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_escape_what_they_say() {
        assert_eq!(Tone::Ok.badge("a<b").to_string(), "<span class=\"st ok\">a&lt;b</span>");
        assert!(Tone::Bad.dot("\"").to_string().contains("&quot;"));
    }

    #[test]
    fn people_have_initials_in_both_scripts() {
        let initials = |person: &str| Frame { person: person.to_owned(), ..Frame::default() }.initials();
        assert_eq!([initials("Ines Kern"), initials("nora"), initials("林 梅")], ["IK", "N", "林"]);
    }
}
