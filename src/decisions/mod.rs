//! Decision records: each automatic choice with its inputs' digest, candidates and
//! scores, what was rejected and why, bound or gap, and the time it took. Every
//! "why?" on a screen opens one. Deliberately absent: deciding.

mod model;
mod rows;

pub use model::*;
pub use rows::{by_id, by_subject, last_among, latest, list, record, record_all};
