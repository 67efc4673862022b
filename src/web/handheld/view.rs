//! What the handheld's screens are drawn from. Plain structs; the templates lie in
//! `templates/handheld/`. Deliberately absent: how a step is read; see `read.rs`.

use askama::Template;

use crate::{
    tasks::{Step, StepArticle},
    web::i18n::Words,
};

/// A device that is not enrolled yet.
#[derive(Template)]
#[template(path = "handheld/enrol.html")]
pub struct Enrol {
    /// Words.
    pub t: Words,
    /// True after a code that no device has.
    pub wrong: bool,
}

/// Sign in, first half.
#[derive(Template)]
#[template(path = "handheld/badge.html")]
pub struct Badge {
    /// Words.
    pub t: Words,
    /// What went wrong before, or empty.
    pub wrong: String,
}

/// Sign in, second half.
#[derive(Template)]
#[template(path = "handheld/pin.html")]
pub struct Pin {
    /// Words.
    pub t: Words,
    /// The badge that was read.
    pub badge: String,
    /// What went wrong before, or empty.
    pub wrong: String,
}

/// One task on the list.
#[derive(Debug, Clone)]
pub struct Job {
    /// Task id.
    pub id: String,
    /// Icon of its kind.
    pub icon: &'static str,
    /// Its kind in words.
    pub title: String,
    /// A few words more.
    pub detail: String,
    /// Zone, or empty.
    pub zone: String,
    /// When it is due, in words.
    pub due: String,
    /// Kind of the due chip: `x`, `warn` or `bad`.
    pub due_k: &'static str,
    /// When it is due, as a clock.
    pub at: String,
    /// Steps done.
    pub done: i64,
    /// Steps in all.
    pub of: i64,
    /// True if this worker has it.
    pub mine: bool,
}

/// The worker's home.
#[derive(Template)]
#[template(path = "handheld/tasks.html")]
pub struct Tasks {
    /// Words.
    pub t: Words,
    /// Who, by id: waiting scans belong to a person.
    pub who: String,
    /// Who.
    pub name: String,
    /// Where.
    pub site: String,
    /// The session's proof for forms.
    pub csrf: String,
    /// Says that work was moved away, or empty.
    pub moved: String,
    /// The one next action.
    pub now: Option<Job>,
    /// What may come after.
    pub later: Vec<Job>,
    /// Open tasks by kind: words and count.
    pub open: Vec<(String, i64)>,
}

/// The voice of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// `ask`, `ok`, `bad` or `warn`.
    pub k: &'static str,
    /// Icon.
    pub icon: &'static str,
    /// At most eight words.
    pub title: String,
    /// What to do next.
    pub sub: String,
}

/// Where to go, taken apart as it is written on the rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The whole label.
    pub label: String,
    /// Heading and text of each part.
    pub parts: Vec<(String, String)>,
    /// Zone.
    pub zone: String,
    /// How to get there.
    pub hint: String,
}

/// Where the goods go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Into {
    /// What kind of thing, with a verb.
    pub lead: String,
    /// Its label.
    pub label: String,
    /// More.
    pub hint: String,
}

/// A button of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What is sent.
    pub code: String,
    /// Icon.
    pub icon: &'static str,
    /// Words.
    pub label: String,
}

/// One screen of a task: what is swapped after each scan.
#[derive(Template)]
#[template(path = "handheld/step_body.html")]
pub struct StepBody {
    /// Words.
    pub t: Words,
    /// The server's step.
    pub step: Step,
    /// Kind and progress.
    pub heading: String,
    /// What the task is.
    pub under: String,
    /// The voice.
    pub band: Band,
    /// Which part is shown largest: `place`, `article`, `take`, `into` or none.
    pub big: &'static str,
    /// Where.
    pub place: Option<Place>,
    /// Into what.
    pub target: Option<Into>,
    /// The base unit in words.
    pub unit: String,
    /// True if single pieces can be drawn as marks.
    pub pips: bool,
    /// True if a number is entered.
    pub enter: bool,
    /// What the number is.
    pub enter_label: String,
    /// On the key that sends it.
    pub enter_go: String,
    /// What stands in the field at first.
    pub suggested: String,
    /// The last digits of the barcode.
    pub label_end: String,
    /// What tells the article from its neighbours.
    pub detail: String,
    /// More to know.
    pub facts: Vec<(String, String)>,
    /// Buttons.
    pub choices: Vec<Key>,
    /// True if choosing is what is asked.
    pub grid: bool,
    /// True if a weight is typed: no keys for one more and one fewer.
    pub weigh: bool,
    /// True if the task is over.
    pub over: bool,
    /// Who works: waiting scans belong to a person.
    pub who: String,
    /// An id for the next command, for a page without scripts.
    pub command: String,
    /// The session's proof for forms.
    pub csrf: String,
}

/// A whole page with a step.
#[derive(Template)]
#[template(path = "handheld/step.html")]
pub struct StepPage {
    /// Words.
    pub t: Words,
    /// The screen.
    pub body: StepBody,
}

/// What is wrong?
#[derive(Template)]
#[template(path = "handheld/problem.html")]
pub struct Problem {
    /// Words.
    pub t: Words,
    /// Task id.
    pub task: String,
    /// Which step.
    pub under: String,
    /// The article at hand.
    pub article: Option<StepArticle>,
    /// The place at hand.
    pub place: String,
    /// Reasons, the likely ones first.
    pub reasons: Vec<Key>,
    /// An id for the command.
    pub command: String,
    /// The session's proof for forms.
    pub csrf: String,
}

/// One thing that happens next.
#[derive(Debug, Clone)]
pub struct What {
    /// Icon.
    pub icon: &'static str,
    /// What.
    pub title: String,
    /// More.
    pub sub: String,
}

/// What happens next, told at once.
#[derive(Template)]
#[template(path = "handheld/noted.html")]
pub struct Noted {
    /// Words.
    pub t: Words,
    /// Heading of the page.
    pub heading: String,
    /// Below it.
    pub under: String,
    /// `ok` or `bad`.
    pub k: &'static str,
    /// The voice.
    pub title: String,
    /// The voice, second line.
    pub sub: String,
    /// What happens, in order.
    pub what: Vec<What>,
    /// The task to go on with, or empty.
    pub task: String,
}
