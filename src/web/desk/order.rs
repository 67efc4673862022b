//! An order's whole story: lines with their quantities, every fact in order, money,
//! parcels, contact. Deliberately absent: names and numbers in the clear, unless the
//! handler was permitted to put them in.

use askama::Template;

use super::frame::{Frame, Tone};
use crate::web::i18n::Words;

/// A line: it carries quantities, not one status.
#[derive(Debug, Clone, Default)]
pub struct LineRow {
    /// Line id.
    pub id: String,
    /// Article's name.
    pub name: String,
    /// Article's code.
    pub code: String,
    /// The site that ships it.
    pub from: String,
    /// Ordered, held, picked, packed, shipped, delivered, cancelled, returned.
    pub quantities: [i64; 8],
    /// Where it stands, in one word.
    pub state: (Tone, String),
    /// Price of the line; empty for a part of a bundle.
    pub price: String,
    /// True for a part of a bundle.
    pub leaf: bool,
    /// How many may still be cancelled.
    pub cancellable: i64,
}

/// One fact of the story.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// The day, where it differs from the row above; empty otherwise.
    pub day: String,
    /// Clock.
    pub time: String,
    /// The same for machines.
    pub machine: String,
    /// Meaning.
    pub tone: Tone,
    /// What happened.
    pub head: String,
    /// The particulars.
    pub rest: String,
    /// Who or where.
    pub who: String,
    /// `main`, `money`, `parcel`, `case`, `work`.
    pub group: &'static str,
    /// Decision to open: id.
    pub why: String,
    /// Link and its text.
    pub link: (String, String),
}

/// An attempt at a door.
#[derive(Debug, Clone, Default)]
pub struct AttemptRow {
    /// Meaning.
    pub tone: Tone,
    /// `1 · Thu 17:48, nobody at home`.
    pub text: String,
    /// Where the proof is; empty if there is none.
    pub proof: String,
}

/// A parcel.
#[derive(Debug, Clone, Default)]
pub struct ParcelCard {
    /// SSCC as printed.
    pub sscc: String,
    /// Where it stands.
    pub state: (Tone, String),
    /// Site, vehicle, weight.
    pub detail: String,
    /// Attempts in order.
    pub attempts: Vec<AttemptRow>,
    /// Where its load is planned; empty if it has none, or for others.
    pub load: String,
    /// The print job of its label, if it may be printed again; else empty.
    pub label: String,
}

/// Contact and address: masked, unless shown for a while on request.
#[derive(Debug, Clone, Default)]
pub struct ContactCard {
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Address revision.
    pub revision: i64,
    /// The buyer's note.
    pub note: String,
    /// True while shown in the clear.
    pub open: bool,
    /// True if this person may ask to see it.
    pub may_open: bool,
}

/// What may be done now, and why not.
#[derive(Debug, Clone, Default)]
pub struct Deeds {
    /// Lines may be cancelled.
    pub cancel: bool,
    /// The address may be changed.
    pub address: bool,
    /// A payment may be collected or repeated.
    pub pay: bool,
    /// More money is kept than is due.
    pub refund: bool,
    /// It is on hold and may go on.
    pub resume: bool,
    /// Why something is not possible; empty if all is.
    pub why_not: String,
    /// The shopper's own page of this order.
    pub link: String,
}

/// A case about this order.
#[derive(Debug, Clone, Default)]
pub struct CaseRow {
    /// Case id.
    pub id: String,
    /// State or severity.
    pub mark: (Tone, String),
    /// Title.
    pub title: String,
    /// When it is due or was closed.
    pub when: String,
}

/// An order.
#[derive(Debug, Template)]
#[template(path = "desk/order.html")]
pub struct OrderPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Order id.
    pub id: String,
    /// Short number.
    pub number: String,
    /// Where it was sold and the channel's own number.
    pub channel: String,
    /// Where it stands.
    pub state: (Tone, String),
    /// When it was placed, what was promised, from how many sites.
    pub lead: String,
    /// What keeps it from going on; empty if nothing does.
    pub hold: String,
    /// Its lines.
    pub lines: Vec<LineRow>,
    /// Its story, newest first.
    pub story: Vec<Moment>,
    /// Label and sum.
    pub money: Vec<(String, String)>,
    /// The last line of `money`, drawn strong.
    pub total: (String, String),
    /// Where the payment stands.
    pub payment: (Tone, String),
    /// Its parcels.
    pub parcels: Vec<ParcelCard>,
    /// Who and where.
    pub contact: ContactCard,
    /// Cases about it.
    pub cases: Vec<CaseRow>,
    /// What may be done.
    pub deeds: Deeds,
    /// Why the last deed was refused, or what it did.
    pub notice: Option<(Tone, String)>,
}

impl OrderPage {
    /// The filters of the story that would show something: code, word, how many facts.
    pub fn groups(&self) -> Vec<(&'static str, String, usize)> {
        let of = |code: &'static str, word: &str| {
            let count = self.story.iter().filter(|moment| moment.group == code).count();
            (count > 0).then(|| (code, word.to_owned(), count))
        };
        let t = self.t;
        [
            of("main", t.get("ord.g_main")),
            of("work", t.get("ord.g_work")),
            of("money", t.get("ord.g_money")),
            of("parcel", t.get("ord.g_parcel")),
            of("case", t.get("ord.g_case")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
