//! What the shop's pages are drawn from. Plain structs; the templates lie in
//! `templates/shop/`. Deliberately absent: where it all comes from.

use askama::Template;

use crate::web::{i18n::Words, sketch::Sketch};

/// What stands at the top of every page.
#[derive(Debug, Clone, Default)]
pub struct Top {
    /// Where to deliver; empty if nobody said.
    pub to: String,
    /// Pieces in the basket.
    pub pieces: i64,
    /// What was searched for.
    pub query: String,
    /// This page, to come back to.
    pub here: String,
}

/// When something would come.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// `ok`, `warn`, `ask` or `x`.
    pub k: &'static str,
    /// Icon.
    pub icon: &'static str,
    /// Words.
    pub text: String,
    /// True if it cannot be had.
    pub sold_out: bool,
}

/// An article on the shelf.
#[derive(Debug, Clone, Default)]
pub struct Card {
    /// Code.
    pub code: String,
    /// Code, as part of a path.
    pub path: String,
    /// Name.
    pub name: String,
    /// Picture.
    pub image: String,
    /// Price.
    pub price: String,
    /// Weight.
    pub size: String,
    /// When.
    pub when: When,
}

/// An aisle.
#[derive(Debug, Clone, Default)]
pub struct Aisle {
    /// Code, as a value of a query.
    pub path: String,
    /// Name.
    pub name: String,
    /// Picture of its best seller.
    pub image: String,
    /// True if its articles are shown.
    pub chosen: bool,
}

/// The first page.
#[derive(Template)]
#[template(path = "shop/home.html")]
pub struct Home {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// "Order by 13:40 for this window", or empty.
    pub order_by: String,
    /// The promise in large letters.
    pub headline: String,
    /// What stands behind it.
    pub behind: String,
    /// Aisles.
    pub aisles: Vec<Aisle>,
    /// Best sellers.
    pub cards: Vec<Card>,
}

/// Search and aisles.
#[derive(Template)]
#[template(path = "shop/list.html")]
pub struct List {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// What is shown.
    pub heading: String,
    /// Aisles.
    pub aisles: Vec<Aisle>,
    /// Articles.
    pub cards: Vec<Card>,
    /// Where more of them are, or empty.
    pub next: String,
}

/// More articles, put behind those shown.
#[derive(Template)]
#[template(path = "shop/cards.html")]
pub struct Cards {
    /// Words.
    pub t: Words,
    /// Top, for where to come back to.
    pub top: Top,
    /// Articles.
    pub cards: Vec<Card>,
    /// Where more of them are, or empty.
    pub next: String,
}

/// One way to get an article.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// Icon.
    pub icon: &'static str,
    /// What.
    pub title: String,
    /// More.
    pub sub: String,
    /// Cost.
    pub cost: String,
}

/// An article's page.
#[derive(Template)]
#[template(path = "shop/product.html")]
pub struct Product {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// The article.
    pub card: Card,
    /// Its aisle's name.
    pub aisle: String,
    /// Its aisle, as a value of a query.
    pub aisle_path: String,
    /// How it is kept.
    pub kept: String,
    /// The promise.
    pub headline: String,
    /// What stands behind it.
    pub behind: String,
    /// Ways to get it.
    pub ways: Vec<Way>,
    /// Why this promise?
    pub why: String,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// From the same aisle.
    pub also: Vec<Card>,
}

/// One line of a basket or order.
#[derive(Debug, Clone, Default)]
pub struct LineView {
    /// Code.
    pub code: String,
    /// Code, as part of a path.
    pub path: String,
    /// Name.
    pub name: String,
    /// Picture.
    pub image: String,
    /// Pieces.
    pub quantity: i64,
    /// "2 x ¥12.90".
    pub each: String,
    /// For all of them.
    pub total: String,
    /// When it would come.
    pub when: When,
}

/// The basket.
#[derive(Template)]
#[template(path = "shop/basket.html")]
pub struct BasketPage {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// Lines.
    pub lines: Vec<LineView>,
    /// For all of them.
    pub total: String,
    /// True if all of them can be had.
    pub open: bool,
}

/// Only the basket's mark, after something went in.
#[derive(Template)]
#[template(path = "shop/mark.html")]
pub struct Mark {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
}

/// Where should it go?
#[derive(Template)]
#[template(path = "shop/place.html")]
pub struct PlacePage {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// As typed.
    pub street: String,
    /// Streets we know.
    pub streets: Vec<String>,
    /// True if it was not found.
    pub wrong: bool,
    /// Where to go on.
    pub back: String,
}

/// What a shopper has filled in.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Filled {
    /// An id, so that the form acts once.
    pub command_id: String,
    /// `parse`, `check` or `order`.
    #[serde(rename = "do")]
    pub act: String,
    /// A pasted line.
    pub paste: String,
    /// Recipient.
    pub name: String,
    /// Recipient's phone.
    pub phone: String,
    /// Province.
    pub province: String,
    /// City.
    pub city: String,
    /// District.
    pub district: String,
    /// Street and number.
    pub street: String,
    /// Building, unit, room.
    pub detail: String,
    /// For the rider.
    pub note: String,
    /// `home same_day`, `home next_day`, `pickup_point CODE`.
    pub way: String,
    /// wait, ship_part or cancel.
    pub short: String,
    /// card or cash.
    pub pay: String,
    /// Invoice title.
    pub title: String,
    /// Tax number.
    pub tax_id: String,
    /// Mail for receipt and invoice.
    pub email: String,
}

/// One delivery choice at checkout.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// When.
    pub title: String,
    /// How.
    pub sub: String,
    /// Cost, or why not.
    pub cost: String,
    /// True if chosen.
    pub chosen: bool,
    /// False if it cannot be had now.
    pub open: bool,
}

/// Checkout: three steps on one page.
#[derive(Template)]
#[template(path = "shop/checkout.html")]
pub struct Checkout {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// What is filled in.
    pub form: Filled,
    /// What is wrong, in words; empty if nothing.
    pub wrong: String,
    /// Which field is wrong: its name, or empty.
    pub wrong_at: &'static str,
    /// Under the pasted line: how much was found.
    pub pasted: String,
    /// Under the street: kind and words; empty words for nothing.
    pub found: (&'static str, String),
    /// Choices of delivery.
    pub choices: Vec<Choice>,
    /// Lines.
    pub lines: Vec<LineView>,
    /// Label and amount.
    pub bill: Vec<(String, String)>,
    /// To pay.
    pub total: String,
    /// The chosen promise.
    pub promise: String,
    /// True if there is a way to get it.
    pub open: bool,
}

/// One step on the way of an order.
#[derive(Debug, Clone, Default)]
pub struct Rail {
    /// Words.
    pub text: String,
    /// `past`, `now` or empty.
    pub class: &'static str,
}

/// Something that happened.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// Icon.
    pub icon: &'static str,
    /// What.
    pub title: String,
    /// More.
    pub sub: String,
    /// When.
    pub at: String,
    /// `now`, `later` or empty.
    pub class: &'static str,
}

/// What moves on an order's page.
#[derive(Template, Debug, Clone, Default)]
#[template(path = "shop/track_part.html")]
pub struct TrackPart {
    /// Words.
    pub t: Words,
    /// Order number.
    pub number: String,
    /// In large letters.
    pub headline: String,
    /// Kind of the chip below.
    pub chip_k: &'static str,
    /// The chip's words.
    pub chip: String,
    /// Progress.
    pub rail: Vec<Rail>,
    /// The map, once something moves.
    pub map: Option<Sketch>,
    /// Said at the door; empty if not wanted any more.
    pub pin: String,
    /// What stands between order and payment; empty if nothing.
    pub pay_again: String,
    /// The story, newest first.
    pub story: Vec<Moment>,
    /// True if it may be cancelled, and what that means.
    pub cancel: String,
    /// True if the address may be changed.
    pub move_house: bool,
    /// True if it is all over.
    pub over: bool,
    /// The proof for forms.
    pub csrf: String,
}

/// An order's page.
#[derive(Template)]
#[template(path = "shop/track.html")]
pub struct Track {
    /// Words.
    pub t: Words,
    /// Top.
    pub top: Top,
    /// What moves.
    pub part: TrackPart,
    /// "3 articles, ¥59.60".
    pub about: String,
    /// Lines.
    pub lines: Vec<LineView>,
    /// Label and amount.
    pub bill: Vec<(String, String)>,
    /// Label of the sum: to pay, paid.
    pub paid: String,
    /// The sum.
    pub total: String,
    /// Said once after ordering.
    pub fresh: bool,
}
