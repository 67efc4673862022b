//! One article everywhere: by site, by bin, by lot; who holds it; what moved.
//! Deliberately absent: moving anything.

use askama::Template;

use super::{
    frame::{Frame, Tone},
    list::Tile,
    table::Table,
};
use crate::web::i18n::Words;

/// An article's stock.
#[derive(Debug, Template)]
#[template(path = "desk/stock.html")]
pub struct StockPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Its picture.
    pub image: String,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// What the last deed did, or why it was refused.
    pub notice: Option<(Tone, String)>,
    /// Code, barcode, pack levels, how it is kept.
    pub lead: String,
    /// Its department.
    pub category: String,
    /// On hand, promised, unavailable, available, on the way.
    pub tiles: Vec<Tile>,
    /// One row for each site.
    pub sites: Table,
    /// Whether the pools and the bins agree.
    pub agrees: (Tone, String),
    /// Bins and units that hold it.
    pub places: Table,
    /// What may be given up: value and words.
    pub losses: Vec<(String, String)>,
    /// Why: code and words.
    pub reasons: Vec<(String, String)>,
    /// The newest transfers.
    pub ledger: Table,
    /// Where all transfers of it are listed.
    pub ledger_href: String,
    /// Open holds, the next to lapse first.
    pub holds: Table,
    /// Lots and their dates.
    pub lots: Table,
    /// Decisions about it: id, what, when.
    pub decisions: Vec<(String, String, String)>,
}
