//! Readers of the public file formats for picking.
//!
//! A file that makes no sense comes back with its line and the reason. Absent
//! on purpose: files and names; the caller reads the text.

pub mod foodmart;
pub mod henn;
pub mod rafs;
pub mod sprp;

use thiserror::Error;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct Misread {
    /// Line number from 1; one past the last for what is missing.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl Misread {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

/// A word as a whole number.
fn number<T: std::str::FromStr>(line: usize, what: &str, word: Option<&str>) -> Result<T, Misread> {
    let word = word.ok_or_else(|| Misread::new(line, format!("{what} is missing")))?;
    word.parse().map_err(|_| Misread::new(line, format!("{what} is `{word}`, not a number in range")))
}
