//! Contacts and addresses: the only home of personal data. Everything else keeps a
//! contact id, and joins the text at read or send time, by permission, masked by
//! default.
//!
//! ```text
//!   contact: known --erase--> erased (id stays, text goes)
//!   address: revision 1 -> 2 -> ...   (a revision never changes)
//! ```
//!
//! Deliberately absent: who may read; callers ask `personal.read` and mask without.

mod model;
mod parse;
mod rows;
mod verbs;

pub use model::*;
pub use parse::parse_line;
pub use rows::{add_all, address, contact};
pub use verbs::{add_contact, erase, revise_address};

#[cfg(test)]
mod tests;
