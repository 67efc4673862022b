//! Domain time as the actors see it, and its RFC 3339 spelling.
//!
//! Pure arithmetic: the wall clock is read elsewhere and handed in. There is no
//! calendar beyond UTC.

/// The pace of domain time against the wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Domain milliseconds since the epoch at `wall_start_ms`.
    pub domain_start_ms: i64,
    /// Wall milliseconds of any steady clock.
    pub wall_start_ms: i64,
    /// Domain seconds in one wall second; above zero.
    pub speed: f64,
}

impl Pace {
    /// Domain time at a wall time.
    pub fn domain_at(&self, wall_ms: i64) -> i64 {
        let elapsed = (wall_ms - self.wall_start_ms) as f64 * self.speed;
        self.domain_start_ms + elapsed.round() as i64
    }

    /// How long a domain duration takes on the wall, rounded up; never negative.
    pub fn wall_for(&self, domain_ms: i64) -> i64 {
        (domain_ms.max(0) as f64 / self.speed).ceil() as i64
    }

    /// How long to wait on the wall until a domain moment; 0 if it has passed.
    pub fn wall_until(&self, domain_ms: i64, wall_now_ms: i64) -> i64 {
        self.wall_for(domain_ms - self.domain_at(wall_now_ms))
    }
}

const DAY_MS: i64 = 86_400_000;

/// Reads an RFC 3339 date and time with `Z` or a numeric offset, as
/// milliseconds since the epoch. Finer digits are cut off.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (time, offset_minutes) = split_offset(rest)?;
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let sane = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !sane {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let minutes = hour * 60 + minute - offset_minutes;
    let ms = (minutes * 60 + second) * 1_000 + digits.parse::<i64>().ok()?;
    Some(days_from_civil(year, month, day) * DAY_MS + ms)
}

/// The clock part and the offset from UTC in minutes.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = text.rfind(['+', '-'])?;
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let size = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    let signed = if text[at..].starts_with('-') { -size } else { size };
    Some((&text[..at], signed))
}

/// Writes milliseconds since the epoch as RFC 3339 in UTC.
pub fn format_rfc3339(ms: i64) -> String {
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    let rest = ms.rem_euclid(DAY_MS);
    let (seconds, millis) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The UTC day of a moment as GS1 AI 17 writes it: `YYMMDD`.
pub fn gs1_day(ms: i64) -> String {
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    format!("{:02}{month:02}{day:02}", year.rem_euclid(100))
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar
/// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day number; the inverse of `days_from_civil`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Reads an RFC 3339 text into milliseconds while deserialising.
pub(crate) fn at_ms<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
    parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom(format!("{text} is not an RFC 3339 time")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thirty_times_faster() {
        let pace = Pace { domain_start_ms: 1_000_000, wall_start_ms: 500, speed: 30.0 };
        assert_eq!(pace.domain_at(1_500), 1_030_000);
        assert_eq!(pace.wall_for(60_000), 2_000);
        assert_eq!(pace.wall_until(1_060_000, 1_500), 1_000);
        assert_eq!(pace.wall_until(900_000, 1_500), 0);
    }

    #[test]
    fn days_are_written_as_on_labels() {
        assert_eq!(gs1_day(1_795_136_400_250), "261120");
    }

    #[test]
    fn known_times_read_and_nonsense_does_not() {
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_rfc3339("2026-11-20T01:00:00.250Z"), Some(1_795_136_400_250));
        assert_eq!(parse_rfc3339("2026-11-20T09:00:00+08:00"), parse_rfc3339("2026-11-20T01:00:00Z"));
        for wrong in ["", "2026-11-20", "2026-13-20T01:00:00Z", "2026-11-20T01:00Z", "xTyZ"] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ms in -4_000_000_000_000i64..8_000_000_000_000) {
            prop_assert_eq!(parse_rfc3339(&format_rfc3339(ms)), Some(ms));
        }
    }
}
