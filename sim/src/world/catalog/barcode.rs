//! GTIN-13 and GTIN-14 with the GS1 mod-10 check digit.
//!
//! Numbers start with 29, which GS1 keeps for use inside one company, so that
//! no invented article carries a real one's barcode.

/// The GS1 check digit of a string of digits that lacks it: weights 3 and 1 in
/// turn from the right.
pub fn check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// The article's own number; `index` below 100,000 and `brand` below 100,000.
pub fn gtin13(brand: u32, index: u32) -> String {
    let body = format!("29{brand:05}{index:05}");
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// The number of a pack of the article: packaging indicator, the article's
/// number without its check digit, a new check digit.
pub fn gtin14(indicator: u32, gtin13: &str) -> String {
    let body = format!("{indicator}{}", &gtin13[..12]);
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// Whether the last digit checks the others.
pub fn is_valid(digits: &str) -> bool {
    let well_formed = digits.len() > 1 && digits.bytes().all(|b| b.is_ascii_digit());
    well_formed && {
        let (body, check) = digits.split_at(digits.len() - 1);
        check.parse() == Ok(check_digit(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_check() {
        // Examples of the GS1 General Specifications, section 7.9.
        assert_eq!(check_digit("629104150021"), 3);
        assert!(is_valid("6291041500213"));
        assert!(!is_valid("6291041500214"));
        assert!(!is_valid("62910415O0213"));
    }

    #[test]
    fn made_numbers_check_at_both_levels() {
        for index in 0..200 {
            let unit = gtin13(index % 7, index);
            let case = gtin14(1, &unit);
            assert_eq!((unit.len(), case.len()), (13, 14));
            assert!(is_valid(&unit) && is_valid(&case));
        }
    }
}
