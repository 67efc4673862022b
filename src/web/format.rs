//! Numbers as people read them: money, times in a site's zone, weights.
//! Deliberately absent: words; where a number needs one, it asks the catalogue.

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::i18n::{Lang, Words};
use crate::kernel::Time;

/// The currency the house keeps its prices in, two minor digits.
pub const CURRENCY_SIGN: &str = "¥";

/// Minor units as `¥12.50`; a whole amount keeps its two digits, so columns align.
pub fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, part) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    format!("{sign}{CURRENCY_SIGN}{whole}.{part:02}")
}

/// A moment in a time zone (IANA name; UTC if it is none).
pub fn zoned(time: Time, zone: &str) -> Zoned {
    let stamp = Timestamp::from_millisecond(time.ms()).unwrap_or_default();
    stamp.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
}

/// `14:10`.
pub fn clock(time: Time, zone: &str) -> String {
    zoned(time, zone).strftime("%H:%M").to_string()
}

/// `14:10:07`.
pub fn clock_s(time: Time, zone: &str) -> String {
    zoned(time, zone).strftime("%H:%M:%S").to_string()
}

/// `Sun 22 November`, `11月22日 周日`.
pub fn day(words: Words, time: Time, zone: &str) -> String {
    let at = zoned(time, zone);
    match words.lang() {
        Lang::En => at.strftime("%a %-d %B").to_string(),
        Lang::Zh => {
            let name = ["一", "二", "三", "四", "五", "六", "日"];
            let week = name[usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or_default()];
            format!("{}月{}日 周{week}", at.month(), at.day())
        }
    }
}

/// How far apart two moments lie in local days: 0 for the same day, 1 for tomorrow.
pub fn days_ahead(now: Time, then: Time, zone: &str) -> i32 {
    let (now, then) = (zoned(now, zone).date(), zoned(then, zone).date());
    now.until(then).map(|span| span.get_days()).unwrap_or_default()
}

/// `Today`, `Tomorrow` or the day's name.
pub fn near_day(words: Words, now: Time, then: Time, zone: &str) -> String {
    match days_ahead(now, then, zone) {
        0 => words.get("time.today").to_owned(),
        1 => words.get("time.tomorrow").to_owned(),
        _ => day(words, then, zone),
    }
}

/// `Today, 14:10`.
pub fn near(words: Words, now: Time, then: Time, zone: &str) -> String {
    words.put2("time.day_clock", near_day(words, now, then, zone), clock(then, zone))
}

/// `Today from 14:10`.
pub fn near_from(words: Words, now: Time, from: Time, zone: &str) -> String {
    words.put2("time.day_from", near_day(words, now, from, zone), clock(from, zone))
}

/// `14:10 to 14:40` with its day.
pub fn window(words: Words, now: Time, from: Time, to: Time, zone: &str) -> String {
    words.put3("time.day_window", near_day(words, now, from, zone), clock(from, zone), clock(to, zone))
}

/// Whole minutes from `now` to `then`, rounded up; negative when past.
pub fn minutes_until(now: Time, then: Time) -> i64 {
    let ms = then.since(now);
    if ms >= 0 { (ms + 59_999) / 60_000 } else { -(-ms / 60_000) }
}

/// `in 38 min`, `12 min late`, `in 3 h`.
pub fn until(words: Words, now: Time, then: Time) -> String {
    match minutes_until(now, then) {
        late @ i64::MIN..0 => words.put("time.late", span(words, -late)),
        min => words.put("time.in", span(words, min)),
    }
}

/// `38 min` or `3 h 20 min`.
pub fn span(words: Words, minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, min) => words.put("time.min", min),
        (hours, 0) => words.put("time.h", hours),
        (hours, min) => words.put2("time.h_min", hours, min),
    }
}

/// `350 g`, `1.2 kg`.
pub fn weight(grams: i64) -> String {
    if grams < 1000 { format!("{grams} g") } else { format!("{}.{} kg", grams / 1000, grams % 1000 / 100) }
}

/// `240 m`, `1.4 km`.
pub fn distance(metres: i64) -> String {
    if metres < 1000 { format!("{metres} m") } else { format!("{}.{} km", metres / 1000, metres % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time::from_ms(1_795_320_000_000); // 2026-11-22 04:00 UTC, noon in Shanghai

    #[test]
    fn money_and_weights() {
        assert_eq!([money(1250), money(5), money(-99)], ["¥12.50", "¥0.05", "-¥0.99"]);
        assert_eq!([weight(350), weight(1250), distance(999), distance(1400)], ["350 g", "1.2 kg", "999 m", "1.4 km"]);
    }

    #[test]
    fn times_are_the_sites_own() {
        let (en, zh) = (Words::of(Lang::En), Words::of(Lang::Zh));
        assert_eq!(clock(NOON, "Asia/Shanghai"), "12:00");
        assert_eq!(day(en, NOON, "Asia/Shanghai"), "Sun 22 November");
        assert_eq!(day(zh, NOON, "Asia/Shanghai"), "11月22日 周日");
        let evening = NOON.plus_ms(13 * 3_600_000);
        assert_eq!(near(en, NOON, evening, "Asia/Shanghai"), "Tomorrow, 01:00");
        assert_eq!(near(en, NOON, evening, "UTC"), "Today, 17:00");
        assert_eq!(until(en, NOON, NOON.plus_ms(61_000)), "in 2 min");
        assert_eq!(until(en, NOON, NOON.plus_ms(-200 * 60_000)), "3 h 20 min late");
    }
}
