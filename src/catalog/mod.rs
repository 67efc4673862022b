//! The catalogue: articles as they are stocked, their sizes and rules, what a
//! scanner may read of them at each pack level, and what bundles are made of.
//!
//! ```text
//!   active <-> withdrawn      (withdrawn: not sold, still counted and moved)
//! ```
//!
//! Deliberately absent: stock, suppliers, and prices by channel.

pub mod api;
mod define;
mod model;
mod rows;
#[cfg(test)]
mod tests;

pub use define::{Expected, NewArticle, NewBarcode, NewPart, define};
pub use model::{Article, Barcode, Category, Level, Listing, LotRule, Names, Part, Refusal, Temperature, tidy_code};
pub use rows::{all, barcodes, browse, by_barcode, by_code, by_id, categories, cursor, listings, parts};
