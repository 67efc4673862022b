//! Kinds of files, and mistakes by row and field. Pure. Deliberately absent: the
//! rows themselves; each kind has its own.

use serde_json::Value;

use crate::{
    kernel::{Fault, Refuse, Stop},
    problem::FieldError,
    refusals, words,
};

words! {
    /// What a file holds.
    Kind {
        /// Sites.
        Sites = "sites",
        /// Promises of sites.
        Services = "services",
        /// Road nodes and edges.
        Roads = "roads",
        /// Articles with their labels.
        Articles = "articles",
        /// Floors of sites, piece by piece.
        Floors = "floors",
        /// Totes and pallets.
        Units = "units",
        /// People with their roles.
        People = "people",
        /// Own vans.
        Vehicles = "vehicles",
        /// What lies in the bins before Cartage comes.
        Stock = "stock",
        /// What was counted in bins, whatever was believed before.
        Counts = "counts",
    }
}

words! {
    /// How a file is written.
    Format {
        /// RFC 4180, with a header line.
        Csv = "csv",
        /// An array of objects.
        Json = "json",
    }
}

refusals! {
    /// Why a file is not taken.
    Refusal {
        /// Some rows are wrong.
        Rows { errors: Vec<FieldError>, more: bool } => "import.rows", 422, "Nothing was imported, since some rows are wrong; mend them and send the file again.";
        /// It is no such file at all.
        Unreadable { reason: String } => "import.unreadable", 400, "The file cannot be read: {reason}";
        /// No such kind.
        UnknownKind { kind: String } => "import.unknown_kind", 404, "There is no import of {kind}.";
        /// Neither CSV nor JSON.
        UnknownFormat => "import.unknown_format", 415, "Send application/json with an array of rows, or text/csv with a header line.";
    }
}

/// A row with its number in the file; the first row of data is 1.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    /// Its number.
    pub row: usize,
    /// What it says.
    pub value: T,
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Mistakes {
    errors: Vec<FieldError>,
    more: bool,
}

/// Mistakes told at most.
const TOLD: usize = 100;

impl Mistakes {
    /// Notes a mistake; `field` may be empty when the row as a whole is wrong.
    pub fn add(&mut self, row: usize, field: &str, message: impl Into<String>) {
        if self.errors.len() >= TOLD {
            self.more = true;
            return;
        }
        let pointer = if field.is_empty() { format!("row {row}") } else { format!("row {row}/{field}") };
        self.errors.push(FieldError { pointer, message: message.into() });
    }

    /// Notes a verb's refusal as a mistake of its row and gives nothing; a fault
    /// ends the import.
    pub fn catch<T>(&mut self, row: usize, outcome: Result<T, Stop>) -> Result<Option<T>, Fault> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Refused(refusal)) => {
                self.refused(row, &*refusal);
                Ok(None)
            }
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    fn refused(&mut self, row: usize, refusal: &dyn Refuse) {
        let members = refusal.members();
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        match (text("field"), text("reason")) {
            (Some(field), Some(reason)) => self.add(row, field, reason),
            _ => self.add(row, "", refusal.to_string()),
        }
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Refuses if anything is wrong.
    pub fn settle(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Rows { errors: self.errors, more: self.more }) }
    }
}
