//! The bar around every desk page, and the meanings its badges are drawn with.
//! Deliberately absent: what a page is about.

use std::fmt;

use askama::{Template, filters::HtmlSafe};

use crate::web::i18n::{Lang, Words};

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
}

/// Marks a key of the catalogue where it is not asked for at once.
const fn key(text: &'static str) -> &'static str {
    text
}

/// Every page of the desk, in the order of the bar.
pub const DOORS: &[Door] = &[
    Door { name: "dispatch", href: "/dispatch", key: key("door.dispatch"), bar: true },
    Door { name: "floor", href: "/floor", key: key("door.floor"), bar: true },
    Door { name: "orders", href: "/desk/orders", key: key("door.orders"), bar: true },
    Door { name: "stock", href: "/desk/stock", key: key("door.stock"), bar: true },
    Door { name: "cases", href: "/desk/cases", key: key("door.cases"), bar: true },
    Door { name: "tasks", href: "/desk/tasks", key: key("door.tasks"), bar: true },
    Door { name: "board", href: "/desk/board", key: key("door.board"), bar: true },
    Door { name: "ledger", href: "/desk/ledger", key: key("door.ledger"), bar: false },
    Door { name: "decisions", href: "/desk/decisions", key: key("door.decisions"), bar: false },
    Door { name: "events", href: "/desk/events", key: key("door.events"), bar: false },
    Door { name: "prints", href: "/desk/prints", key: key("door.prints"), bar: false },
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
        DOORS.iter().map(|door| (*door, t.get(door.key).to_owned(), door.name == self.here)).collect()
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

/// Somebody who may be tried out in the demo.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// What they do, in the reader's language.
    pub role: String,
    /// Their login.
    pub login: String,
    /// Their demo password.
    pub password: String,
}

/// Sign-in for people at a desk.
#[derive(Debug, Template)]
#[template(path = "desk/login.html")]
pub struct Login {
    /// Words.
    pub t: Words,
    /// Frame; only its title and path are used.
    pub frame: Frame,
    /// What was typed, kept after a refusal.
    pub login: String,
    /// Where to go afterwards; a path of this host.
    pub next: String,
    /// Why the last try was refused; empty at first.
    pub problem: String,
    /// In the demo: one button for each persona. Empty in live use.
    pub people: Vec<DemoPerson>,
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
