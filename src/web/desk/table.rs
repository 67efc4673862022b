//! A list as the desk shows it: columns, rows of cells, and the same as CSV.
//! Deliberately absent: reading the rows; a handler does.

use super::frame::Tone;

/// A column.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Stable name, the head of the CSV column.
    pub code: &'static str,
    /// Head in the reader's language.
    pub head: String,
    /// Numbers: aligned right, with digits of one width.
    pub num: bool,
    /// Dropped on narrow screens.
    pub extra: bool,
}

impl Column {
    /// A column of texts.
    pub fn text(code: &'static str, head: impl Into<String>) -> Self {
        Self { code, head: head.into(), ..Self::default() }
    }
    /// A column of numbers.
    pub fn num(code: &'static str, head: impl Into<String>) -> Self {
        Self { num: true, ..Self::text(code, head) }
    }
    /// The same, dropped on narrow screens.
    #[must_use]
    pub fn extra(mut self) -> Self {
        self.extra = true;
        self
    }
}

/// One field of a row.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What is read.
    pub text: String,
    /// A second, quiet line.
    pub sub: String,
    /// The second line is a code, the same in every language.
    pub sub_code: bool,
    /// Where it leads; empty if nowhere.
    pub href: String,
    /// Drawn as a badge with this meaning.
    pub badge: Option<Tone>,
    /// Opens the decision at `href` beside the page.
    pub why: bool,
    /// An id or code: letters of one width.
    pub mono: bool,
    /// Quiet.
    pub mute: bool,
    /// What the column is sorted by, if not by its text.
    pub key: String,
    /// What the CSV says, if not the text.
    pub csv: String,
    /// Drawn as a button that posts there.
    pub action: String,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
    /// A quiet text.
    pub fn mute(text: impl Into<String>) -> Self {
        Self { mute: true, ..Self::text(text) }
    }
    /// A code or id.
    pub fn code(text: impl Into<String>) -> Self {
        Self { mono: true, ..Self::text(text) }
    }
    /// A whole number; zero is pale.
    pub fn num(value: i64) -> Self {
        let text = grouped(value);
        Self { text, mute: value == 0, key: value.to_string(), csv: value.to_string(), ..Self::default() }
    }
    /// A number that is shown as `text` and sorted as `value`.
    pub fn shown(text: impl Into<String>, value: i64) -> Self {
        Self { key: value.to_string(), ..Self::text(text) }
    }
    /// A link.
    pub fn link(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), ..Self::text(text) }
    }
    /// A badge.
    pub fn badge(tone: Tone, text: impl Into<String>) -> Self {
        Self { badge: Some(tone), ..Self::text(text) }
    }
    /// A "why?" that opens decision `id`.
    pub fn why(id: &str, text: impl Into<String>) -> Self {
        Self { href: format!("/desk/decisions/{id}"), why: true, ..Self::text(text) }
    }
    /// A button that does a deed: where it posts to, and its word.
    pub fn act(action: impl Into<String>, text: impl Into<String>) -> Self {
        Self { action: action.into(), csv: " ".to_owned(), ..Self::text(text) }
    }
    /// The same with a second line.
    #[must_use]
    pub fn under(mut self, sub: impl Into<String>) -> Self {
        self.sub = sub.into();
        self
    }
    /// The same with a code as second line.
    #[must_use]
    pub fn over(self, code: impl Into<String>) -> Self {
        Self { sub_code: true, ..self.under(code) }
    }
    /// The same, sorted by `key`.
    #[must_use]
    pub fn by(mut self, key: impl ToString) -> Self {
        self.key = key.to_string();
        self
    }
    /// The same, in letters of one width.
    #[must_use]
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }
    /// What goes into the CSV.
    pub fn plain(&self) -> &str {
        if self.csv.is_empty() { &self.text } else { &self.csv }
    }
}

/// A row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Where Enter leads; empty if nowhere.
    pub href: String,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// Columns and rows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// For those who hear it; also the name of the CSV file.
    pub caption: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Row>,
    /// Sums under some columns; empty for none.
    pub foot: Vec<Cell>,
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { caption: caption.into(), columns, ..Self::default() }
    }
    /// Adds a row; `cells` has one for each column.
    pub fn push(&mut self, href: impl Into<String>, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a row has one cell for each column");
        self.rows.push(Row { href: href.into(), cells });
    }
    /// The column of a cell, or one without a head.
    pub fn column(&self, at: &usize) -> Column {
        self.columns.get(*at).cloned().unwrap_or_default()
    }
    /// The table as CSV (RFC 4180). A text that a spreadsheet would run as a formula
    /// gets a quote in front.
    pub fn csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        // Writing into memory cannot fail.
        let _ = out.write_record(self.columns.iter().map(|column| column.code));
        for row in &self.rows {
            let _ = out.write_record(row.cells.iter().map(|cell| inert(cell.plain())));
        }
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }
}

fn inert(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '@', '\t']) || (text.starts_with('-') && text.parse::<f64>().is_err());
    if risky { format!("'{text}") } else { text.to_owned() }
}

/// `12,406`; a minus of the width of a digit.
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The end of a long id: `ord_…KH31`.
pub fn short(id: &str) -> String {
    let Some((prefix, rest)) = id.split_once('_').filter(|(_, rest)| rest.len() >= 20) else { return id.to_owned() };
    let tail: String = rest.chars().skip(rest.chars().count().saturating_sub(4)).collect();
    format!("{prefix}_…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_read_well() {
        assert_eq!([grouped(0), grouped(-1_846), grouped(1_234_567)], ["0", "−1,846", "1,234,567"]);
        assert_eq!([short("ord_01KYF7Q2M8T5N4RB3X0CKH31"), short("R-214")], ["ord_…KH31", "R-214"]);
    }

    #[test]
    fn the_csv_holds_whole_numbers_and_nothing_that_runs() {
        let mut table = Table::new("x", vec![Column::text("name", "Name"), Column::num("units", "Units")]);
        table.push("", vec![Cell::text("=1+1, \"a\""), Cell::num(-1_846)]);
        assert_eq!(table.csv(), "name,units\n\"'=1+1, \"\"a\"\"\",-1846\n");
    }
}
