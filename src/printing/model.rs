//! The words of printing. Pure.

use serde::{Deserialize, Serialize};

use super::label::Label;
use crate::{kernel::*, refusals, words};

words! {
    /// What kind of label.
    PrintKind {
        /// On a carton, with its SSCC.
        Parcel = "parcel",
        /// On goods whose own label cannot be read.
        Article = "article",
        /// On a bin, tote or pallet.
        Place = "place",
    }
}

words! {
    /// Where a print job stands.
    PrintState {
        /// Waits for its printer, or for the browser.
        Queued = "queued",
        /// On the wire.
        Sending = "sending",
        /// On paper.
        Done = "done",
        /// Gave up after several tries; a person or the printer's return starts it again.
        Failed = "failed",
        /// No longer wanted.
        Void = "void",
    }
}

/// A printer of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// Where.
    pub site: SiteId,
    /// Its name there.
    pub name: String,
    /// The station it serves; empty for all that have none of their own.
    #[serde(default)]
    pub station: String,
    /// `host:port`; empty prints through the browser.
    #[serde(default)]
    pub address: String,
    /// A font file on the printer for names in other scripts (`E:SIMSUN.TTF`), or empty.
    #[serde(default)]
    pub font: String,
    /// True to ask it for its state before each label (`~HS`).
    #[serde(default)]
    pub asks_status: bool,
}

/// A page and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Print {
    /// Id.
    pub id: PrintId,
    /// Where.
    pub site: SiteId,
    /// The station that asked, or empty.
    pub station: String,
    /// What kind.
    pub kind: PrintKind,
    /// The parcel, receipt or unit it belongs to.
    pub subject: String,
    /// What stands on it.
    pub label: Label,
    /// The printer's name; empty for the browser.
    pub printer: String,
    /// Where it stands.
    pub state: PrintState,
    /// How often it came out.
    pub copies: i64,
    /// Failures since it was last queued.
    pub attempts: i64,
    /// What went wrong last.
    pub error: Option<String>,
    /// Since when.
    pub created_at: Time,
    /// Last change.
    pub touched_at: Time,
}

/// A page to be printed.
#[derive(Debug, Clone)]
pub struct NewPrint {
    /// Where.
    pub site: SiteId,
    /// The station that asks; empty for the site's printer.
    pub station: String,
    /// What kind.
    pub kind: PrintKind,
    /// The parcel, receipt or unit it belongs to.
    pub subject: String,
    /// What stands on it.
    pub label: Label,
    /// Whose name (masked) and street stand on it in place of the label's lines.
    /// Only who it is is kept here; the text stays with the parties.
    pub recipient: Option<Recipient>,
}

/// A contact and one revision of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    pub contact: ContactId,
    /// Where.
    pub address: AddressId,
}

/// Tries before a job is given up and reported.
pub const TRIES: i64 = 4;

/// How long to wait after so many failures, domain ms: 2 s, doubling.
pub fn backoff_ms(failures: i64) -> i64 {
    2_000 << failures.clamp(1, 10).saturating_sub(1)
}

/// The printer for a station: its own, else the site's, else none (browser).
/// Printers come in the order of their names.
pub fn choose<'a>(printers: &'a [Printer], station: &str) -> Option<&'a Printer> {
    let serving = |wanted: &str| printers.iter().find(|printer| printer.station == wanted);
    serving(station).or_else(|| serving("")).filter(|printer| !printer.address.is_empty())
}

refusals! {
    /// Why something is not printed.
    Refusal {
        /// No such job.
        Unknown { print: String } => "print.unknown", 404, "There is no such print job; look at the list.";
        /// Not in this state.
        NotNow { print: PrintId, state: PrintState } => "print.not_now", 409, "This job is {state}; look at the list again.";
        /// The code is too long or has signs that bars cannot carry.
        BadCode { text: String } => "print.bad_code", 422, "{text} cannot be printed as a barcode; use up to 40 letters and digits.";
        /// host:port is wanted.
        BadAddress { address: String } => "printer.bad_address", 422, "{address} is not an address; write host:port, or leave it empty for the browser.";
        /// A field of a printer.
        BadPrinter { field: String } => "printer.bad_field", 422, "{field} is too long or has signs it cannot have.";
        /// No such printer.
        NoPrinter { name: String } => "printer.unknown", 404, "There is no printer {name} here; choose one from the list.";
    }
}

impl Printer {
    /// Checks the fields.
    ///
    /// # Errors
    /// Names the field that cannot be.
    pub fn checked(&self) -> Result<(), Refusal> {
        let plain = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
        for (field, text, most) in [("name", &self.name, 60), ("station", &self.station, 60)] {
            if !plain(text, most) || (field == "name" && text.trim().is_empty()) {
                return Err(Refusal::BadPrinter { field: field.to_owned() });
            }
        }
        if self.font.len() > 40 || !self.font.chars().all(|c| c.is_ascii_alphanumeric() || ":._-".contains(c)) {
            return Err(Refusal::BadPrinter { field: "font".to_owned() });
        }
        let split = self.address.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains(' '));
        let good = split.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        if !self.address.is_empty() && !good {
            return Err(Refusal::BadAddress { address: self.address.chars().take(80).collect() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(name: &str, station: &str, address: &str) -> Printer {
        Printer {
            site: SiteId::new(ulid::Ulid::nil()),
            name: name.into(),
            station: station.into(),
            address: address.into(),
            font: String::new(),
            asks_status: false,
        }
    }

    #[test]
    fn a_station_prints_on_its_own_printer_first() {
        let all = [printer("a", "", "h:1"), printer("b", "P1", "h:2"), printer("c", "P2", "")];
        let name = |station| choose(&all, station).map(|printer| printer.name.as_str());
        assert_eq!((name("P1"), name("P2"), name("P3")), (Some("b"), None, Some("a")));
        assert_eq!(choose(&[], "P1"), None);
    }

    #[test]
    fn addresses_and_names_are_checked() {
        assert!(printer("a", "", "10.0.0.7:9100").checked().is_ok() && printer("a", "", "").checked().is_ok());
        for bad in ["printer", ":9100", "h:0", "h:99999", "a b:1"] {
            assert!(matches!(printer("a", "", bad).checked(), Err(Refusal::BadAddress { .. })), "{bad}");
        }
        assert!(printer(" ", "", "").checked().is_err());
        let fonted = Printer { font: "E:A.TTF^XZ".into(), ..printer("a", "", "") };
        assert!(fonted.checked().is_err());
    }

    #[test]
    fn waits_double() {
        assert_eq!([1, 2, 3].map(backoff_ms), [2_000, 4_000, 8_000]);
        assert!(backoff_ms(i64::MAX) < 3_600_000);
    }
}
