//! Importing and exporting: whole files as CSV or JSON, checked row by row, all
//! of it or nothing. It owns no table; it calls the verbs of the rooms that do.
//!
//! ```text
//!   file -> rows -> checked against each other and what is there -> one transaction
//!             \------------ every mistake, by row and field <---------/
//! ```
//!
//! A row has the same fields in CSV (header line) and in JSON (array of objects);
//! an empty CSV cell is an absent field. What each kind's row holds stands at its
//! `...Row` struct. Import in this order: sites, services, roads, articles,
//! floors, units, people, vehicles, stock. Deliberately absent: deleting by import.

pub mod api;
mod articles;
mod batch;
mod floors;
mod model;
mod people;
mod read;
mod roads;
mod sites;
mod stock;
#[cfg(test)]
mod tests;
mod vehicles;

pub use articles::ArticleRow;
pub use batch::{export, import, prepare, write};
pub use floors::FloorRow;
pub use model::{Format, Kind, Mistakes, Numbered, Refusal};
pub use people::PersonRow;
pub use roads::RoadRow;
pub use sites::{ServiceRow, SiteRow};
pub use stock::{StockRow, UnitRow};
pub use vehicles::VehicleRow;
