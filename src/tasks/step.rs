//! What a handheld shows next. The server answers each scan with a step; the page
//! only draws it. Deliberately absent: words; texts are codes with parameters that
//! the web room translates, with the English sentence beside.

use serde::{Deserialize, Serialize};

use super::model::*;
use crate::{kernel::*, words};

words! {
    /// How the band speaks: colour, shape and sound say the same.
    Tone {
        /// What to do.
        Ask = "ask",
        /// The scan was right.
        Right = "right",
        /// The scan was wrong; nothing changed.
        Wrong = "wrong",
        /// Right, but look.
        Warn = "warn",
    }
}

words! {
    /// What kind of label or entry comes next.
    ExpectKind {
        /// A bin label.
        Bin = "bin",
        /// An article's barcode.
        Article = "article",
        /// A tote label.
        Tote = "tote",
        /// A number.
        Quantity = "quantity",
        /// A handling unit.
        Unit = "unit",
        /// A station.
        Station = "station",
        /// A carton label (SSCC) or size.
        Carton = "carton",
        /// Grams from the scale.
        Weight = "weight",
        /// A printed text: a carton's label, a lot, a date, a serial.
        Label = "label",
        /// One of the choices.
        Choice = "choice",
        /// Nothing: the task is over.
        None = "none",
    }
}

/// The voice of the screen: what the last scan did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Say {
    /// Tone.
    pub tone: Tone,
    /// Stable code for the translation.
    pub code: String,
    /// The sentence in English.
    pub text: String,
}

/// Which task the step belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepTask {
    /// Id.
    pub id: TaskId,
    /// Kind.
    pub kind: TaskKind,
    /// Site.
    pub site: SiteId,
    /// A few words in English.
    pub title: String,
    /// The same as code and data, for other languages.
    #[serde(default)]
    pub about: Title,
    /// Steps done.
    pub done: i64,
    /// Steps in all.
    pub of: i64,
}

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Spot {
    /// The big label: bin or station.
    pub label: String,
    /// Zone.
    pub zone: String,
    /// How to get there in a few words.
    pub hint: String,
}

/// Which article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepArticle {
    /// Name in English.
    pub name: String,
    /// Name in 简体中文.
    pub name_zh: String,
    /// The code on the shelf label.
    pub code: String,
    /// Barcode as printed.
    pub gtin: String,
    /// Inline picture, may be empty.
    pub image: String,
    /// Lot, size, temperature: what tells it from its neighbours.
    pub detail: String,
}

/// How many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepQuantity {
    /// Wanted here.
    pub want: i64,
    /// Done of it.
    pub done: i64,
    /// Base unit.
    pub unit: String,
}

/// Target what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Target {
    /// Tote or carton label.
    pub label: String,
    /// Position on the cart, or what to take.
    pub hint: String,
}

/// What a correct next entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Expect {
    /// Kind.
    pub kind: ExpectKind,
    /// The label as printed; empty where any of the kind will do.
    pub label: String,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Choice {
    /// Sent as `choice`.
    pub code: String,
    /// On the button, in English.
    pub label: String,
    /// Tone of the button.
    pub tone: Tone,
}

/// One screen of a handheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    /// The task.
    pub task: StepTask,
    /// Dotted name of the state, such as `pick.scan_bin`.
    pub state: String,
    /// What was said last and what is asked.
    pub say: Say,
    /// Where to go.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
    /// Which article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<StepArticle>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<StepQuantity>,
    /// Target what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<Target>,
    /// What comes next.
    pub expect: Expect,
    /// More to know: label and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    /// Buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

impl Step {
    /// A step that asks for something.
    pub fn ask(task: &Task, state: &str, text: &str, kind: ExpectKind, label: &str) -> Self {
        Self {
            task: StepTask {
                id: task.id,
                kind: task.kind,
                site: task.site,
                title: task.title.to_string(),
                about: task.title.clone(),
                done: task.done,
                of: task.total,
            },
            state: state.to_owned(),
            say: Say { tone: Tone::Ask, code: state.to_owned(), text: text.to_owned() },
            spot: None,
            article: None,
            quantity: None,
            into: None,
            expect: Expect { kind, label: label.to_owned() },
            facts: Vec::new(),
            choices: Vec::new(),
        }
    }

    /// The last step of a task.
    pub fn over(task: &Task, text: &str) -> Self {
        let mut step = Self::ask(task, "task.done", text, ExpectKind::None, "");
        step.say.tone = Tone::Right;
        step
    }

    /// The same step with another voice: a right, wrong or doubtful scan.
    #[must_use]
    pub fn saying(mut self, tone: Tone, code: &str, text: &str) -> Self {
        self.say = Say { tone, code: code.to_owned(), text: text.to_owned() };
        self
    }

    /// True if the task is over.
    pub fn is_over(&self) -> bool {
        self.expect.kind == ExpectKind::None
    }
}

/// One entry of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// A scanned or typed label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A number: pieces, or grams from the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// A button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// What the page took this entry for when it could not ask the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// What an entry was for, as the page knew it beforehand: a worker went on without
/// a network, and the plan may have changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The pick, by id.
    pub pick: String,
    /// What was asked for: `bin`, `article`, `quantity` or `tote`.
    pub stage: String,
    /// How many were in hand, in pieces; 0 before they were counted.
    pub took: i64,
}
