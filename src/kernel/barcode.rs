//! GS1 codes: check digits, SSCC, and element strings as scanners send them.
//! Deliberately absent: what a code names; the catalogue and the units know that.

/// FNC1 as a keyboard-wedge scanner transmits it (group separator).
pub const FNC1: char = '\u{1d}';

/// The mod-10 check digit of GS1 General Specifications 7.9 for `digits`
/// (without the check digit), or `None` if a character is not a digit.
pub fn check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, char) in digits.chars().rev().enumerate() {
        sum += char.to_digit(10)? * if place % 2 == 0 { 3 } else { 1 };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// True for a GTIN-8, -12, -13 or -14 or an SSCC whose check digit is right.
pub fn is_valid(code: &str) -> bool {
    matches!(code.len(), 8 | 12 | 13 | 14 | 18)
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && code.split_at(code.len() - 1).1.parse::<u8>().ok() == check_digit(&code[..code.len() - 1])
}

/// An 18-digit SSCC: extension digit, company prefix and serial, check digit.
///
/// # Panics
/// If prefix and serial together exceed 16 digits: the counter that feeds it
/// would have to pass ten thousand million cartons.
pub fn sscc(extension: u8, company_prefix: &str, serial: i64) -> String {
    let width = 16 - company_prefix.len();
    let body = format!("{}{company_prefix}{serial:0width$}", extension % 10);
    assert_eq!(body.len(), 17, "SSCC body must have 17 digits");
    let check = check_digit(&body).expect("the body has only digits");
    format!("{body}{check}")
}

/// What one scan says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scanned {
    /// AI 01, or a bare GTIN, without leading zeros beyond 13 digits.
    pub gtin: Option<String>,
    /// AI 00.
    pub sscc: Option<String>,
    /// AI 10.
    pub lot: Option<String>,
    /// AI 17, as `YYMMDD`.
    pub expiry: Option<String>,
    /// AI 21.
    pub serial: Option<String>,
    /// AI 37.
    pub count: Option<i64>,
    /// The text as scanned, trimmed, upper case.
    pub text: String,
}

/// Reads a scan: a GS1 element string (with or without `]C1`, brackets or
/// FNC1), a Digital Link, a bare GTIN or SSCC, or any other label.
pub fn read(scan: &str) -> Scanned {
    let text = scan.trim();
    let text = text.strip_prefix("]C1").or_else(|| text.strip_prefix("]d2")).unwrap_or(text);
    let mut scanned = if let Some((_, path)) = text.split_once("://") {
        read_link(path)
    } else {
        read_elements(text).unwrap_or_default()
    };
    if scanned == Scanned::default() && is_valid(text) {
        match text.len() {
            18 => scanned.sscc = Some(text.to_owned()),
            _ => scanned.gtin = Some(short_gtin(text)),
        }
    }
    scanned.text = text.chars().filter(|c| !c.is_control()).take(120).collect::<String>().to_uppercase();
    scanned
}

/// The shortest of GTIN-8, -12, -13 and -14 that is the same number, so that one
/// article has one label however its GTIN is padded.
fn short_gtin(code: &str) -> String {
    let digits = code.trim_start_matches('0').len();
    let width = [8, 12, 13, 14].into_iter().find(|width| digits <= *width).unwrap_or(code.len());
    code.get(code.len().saturating_sub(width)..).unwrap_or(code).to_owned()
}

fn read_link(path: &str) -> Scanned {
    let mut scanned = Scanned::default();
    let parts: Vec<&str> = path.split(['/', '?', '&', '=']).collect();
    for pair in parts.windows(2) {
        set(&mut scanned, pair[0], pair[1]);
    }
    scanned
}

fn set(scanned: &mut Scanned, ai: &str, value: &str) {
    let value = value.to_owned();
    match ai {
        "00" if is_valid(&value) => scanned.sscc = Some(value),
        "01" if is_valid(&value) => scanned.gtin = Some(short_gtin(&value)),
        "10" => scanned.lot = Some(value),
        "17" => scanned.expiry = Some(value),
        "21" => scanned.serial = Some(value),
        "37" => scanned.count = value.parse().ok(),
        _ => {}
    }
}

/// Element strings in either form; `None` if the text is not one.
fn read_elements(text: &str) -> Option<Scanned> {
    let mut scanned = Scanned::default();
    let mut rest = text.trim_start_matches(FNC1);
    if rest.starts_with('(') {
        for part in rest.split('(').skip(1) {
            let (ai, value) = part.split_once(')')?;
            set(&mut scanned, ai, value.trim_matches(FNC1));
        }
        return (scanned != Scanned::default()).then_some(scanned);
    }
    while !rest.is_empty() {
        let ai = rest.get(..2)?;
        let fixed = match ai {
            "00" => Some(18),
            "01" => Some(14),
            "17" => Some(6),
            "10" | "21" | "37" => None,
            _ => return None,
        };
        let body = rest.get(2..)?;
        let end = match fixed {
            Some(length) => length,
            None => body.find(FNC1).unwrap_or(body.len()),
        };
        let value = body.get(..end)?;
        if fixed.is_some() && !value.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if matches!(ai, "00" | "01") && !is_valid(value) {
            return None;
        }
        set(&mut scanned, ai, value);
        rest = body.get(end..)?.trim_start_matches(FNC1);
    }
    (scanned.gtin.is_some() || scanned.sscc.is_some()).then_some(scanned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_match_the_published_examples() {
        assert_eq!(check_digit("629104150021"), Some(3));
        assert!(is_valid("6291041500213") && !is_valid("6291041500214"));
        let code = sscc(3, "0614141", 123_456_789);
        assert_eq!(code.len(), 18);
        assert!(is_valid(&code));
    }

    #[test]
    fn element_strings_read_in_every_dress() {
        let plain = read("01062910415002131726123110LOT7\u{1d}21S9");
        assert_eq!(plain.gtin.as_deref(), Some("6291041500213"));
        assert_eq!(plain.expiry.as_deref(), Some("261231"));
        assert_eq!((plain.lot.as_deref(), plain.serial.as_deref()), (Some("LOT7"), Some("S9")));
        assert_eq!(read("(01)06291041500213(10)LOT7").lot.as_deref(), Some("LOT7"));
        assert_eq!(read("https://id.example/01/06291041500213/10/LOT7").gtin, plain.gtin);
        assert_eq!(read("6291041500213").gtin, plain.gtin);
        assert_eq!(read("(01)00000096385074").gtin.as_deref(), Some("96385074"));
        assert_eq!(read("0614141123452").gtin, read("614141123452").gtin);
        assert_eq!(read(" a07-14-c ").text, "A07-14-C");
        assert_eq!(read("A07-14-C").gtin, None);
    }

    proptest::proptest! {
        #[test]
        fn no_scan_can_hurt(text in "\\PC{0,60}|[0-9()\u{1d}]{0,60}") { read(&text); }

        #[test]
        fn every_sscc_is_valid(serial in 0_i64..999_999_999) {
            proptest::prop_assert!(is_valid(&sscc(0, "4012345", serial)));
        }
    }
}
