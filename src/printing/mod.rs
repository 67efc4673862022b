//! Labels and their way to paper. Owns printers and print jobs; a jam loses
//! nothing, and a reprint is the same label, counted.
//!
//! ```text
//!   queued --send--> sending --ok--> done --reprint--> queued
//!     ^  ^              |
//!     |  +--- again ----+ (a few tries, then)
//!     +---- retry ---- failed
//!   queued | failed --confirm (browser)--> done      any --void--> void
//! ```
//!
//! A job without a network printer waits for the browser's print dialog; the page
//! confirms it. Deliberately absent: what a label means; callers compose it and
//! mask the names on it.

pub mod api;
pub mod code128;
mod label;
mod model;
mod pdf;
mod queue;
mod rows;
mod send;
mod zpl;

pub use label::{Label, LabelCode};
pub use model::*;
pub use queue::{confirm, forget, forget_old, print, reprint, retry, set_printer, void};
pub use rows::{by_id, by_subject, list, printers};
pub use send::send;

/// A label as PDF; `None` if its code cannot be drawn.
pub fn to_pdf(label: &Label) -> Option<Vec<u8>> {
    pdf::render(label)
}

/// A label as ZPL for a printer with the given font (empty: its own).
pub fn to_zpl(label: &Label, font: &str) -> Option<String> {
    zpl::render(label, font)
}

#[cfg(test)]
mod tests;
