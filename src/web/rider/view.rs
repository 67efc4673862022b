//! What the rider's screens are drawn from. Plain structs; the templates lie in
//! `templates/rider/`. Deliberately absent: numbers of shoppers; no page has them.

use askama::Template;

use crate::web::{i18n::Words, sketch::Sketch};

/// What every screen of a rider has.
#[derive(Debug, Clone, Default)]
pub struct Hand {
    /// The session's proof for forms.
    pub csrf: String,
    /// An id for the next command.
    pub command: String,
    /// What did not go, or empty.
    pub wrong: String,
}

/// Not on shift.
#[derive(Template)]
#[template(path = "rider/off.html")]
pub struct Off {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// Who.
    pub name: String,
    /// Sites to start from: code, name, true for the usual one.
    pub sites: Vec<(String, String, bool)>,
    /// True for somebody who drives our vans.
    pub driver: bool,
    /// Earned in the last shift, or empty.
    pub earned: String,
}

/// On shift, nothing to carry.
#[derive(Template)]
#[template(path = "rider/idle.html")]
pub struct Idle {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// Who.
    pub name: String,
    /// Where from.
    pub site: String,
    /// Earned in this shift.
    pub earned: String,
    /// Cash in hand.
    pub cash: String,
    /// The van, or empty.
    pub vehicle: String,
    /// Where he is.
    pub map: Option<Sketch>,
}

/// One leg of an offer.
#[derive(Debug, Clone, Default)]
pub struct Leg {
    /// Icon.
    pub icon: &'static str,
    /// Where.
    pub title: String,
    /// More.
    pub sub: String,
    /// How far.
    pub far: String,
}

/// An offer with its terms before the decision.
#[derive(Template)]
#[template(path = "rider/offer.html")]
pub struct Offer {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// Offer id.
    pub id: String,
    /// "2 parcels, 1 door".
    pub about: String,
    /// Pay, all of it.
    pub pay: String,
    /// How it is made up.
    pub made_of: String,
    /// The ways.
    pub legs: Vec<Leg>,
    /// Kind, icon and words.
    pub chips: Vec<(&'static str, &'static str, String)>,
    /// Milliseconds of the wall's clock that are left.
    pub left_ms: i64,
    /// Of so many.
    pub all_ms: i64,
    /// The whole way.
    pub map: Option<Sketch>,
}

/// One parcel to be scanned.
#[derive(Debug, Clone, Default)]
pub struct ParcelRow {
    /// The last digits of its label.
    pub end: String,
    /// True once scanned.
    pub scanned: bool,
}

/// At the warehouse: scan, then go.
#[derive(Template)]
#[template(path = "rider/load.html")]
pub struct Load {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// Load id.
    pub id: String,
    /// Where.
    pub site: String,
    /// Street.
    pub street: String,
    /// Where it is, for the phone's own navigation.
    pub geo: String,
    /// Scanned.
    pub done: usize,
    /// In all.
    pub of: usize,
    /// Parcels.
    pub parcels: Vec<ParcelRow>,
    /// Labels to be taken out.
    pub take_out: Vec<String>,
    /// The last scan's tone: `ask`, `ok` or `bad`.
    pub tone: &'static str,
}

/// One stop.
#[derive(Debug, Clone, Default)]
pub struct StopView {
    /// Stop id.
    pub id: String,
    /// Place in the route.
    pub seq: i64,
    /// When.
    pub eta: String,
    /// The window, or empty.
    pub window: String,
    /// `ok` or `warn`.
    pub k: &'static str,
    /// Where, line by line.
    pub place: Vec<String>,
    /// For whom.
    pub who: String,
    /// What.
    pub what: String,
    /// From the shopper, or empty.
    pub note: String,
    /// Where it is, for the phone's own navigation.
    pub geo: String,
    /// Cash to take, or empty.
    pub cash: String,
    /// The same in minor units.
    pub cash_minor: i64,
    /// "attempt 1".
    pub attempt: String,
}

/// Under way: the next stop large, the rest in order.
#[derive(Template)]
#[template(path = "rider/route.html")]
pub struct Route {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// "Stop 3 of 6".
    pub heading: String,
    /// Below it.
    pub under: String,
    /// Stops done.
    pub done: usize,
    /// Stops in all.
    pub of: usize,
    /// The next one.
    pub next: Option<StopView>,
    /// Those after.
    pub rest: Vec<StopView>,
    /// Labels to bring back.
    pub back: Vec<String>,
    /// Where to bring them.
    pub site: String,
    /// The way to the next stop.
    pub map: Option<Sketch>,
}

/// At the door: parcels, then code or photo.
#[derive(Template)]
#[template(path = "rider/door.html")]
pub struct Door {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// The stop.
    pub stop: StopView,
    /// Its parcels.
    pub parcels: Vec<ParcelRow>,
    /// True if the code is asked for.
    pub by_pin: bool,
    /// True at a pick-up point.
    pub point: bool,
}

/// Nothing could be handed over.
#[derive(Template)]
#[template(path = "rider/fail.html")]
pub struct Fail {
    /// Words.
    pub t: Words,
    /// Forms.
    pub hand: Hand,
    /// The stop.
    pub stop: StopView,
    /// Code, icon and words.
    pub reasons: Vec<(&'static str, &'static str, String)>,
}
