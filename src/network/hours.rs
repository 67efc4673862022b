//! When a site is open: a readable text, after the opening_hours convention of
//! OpenStreetMap, of which this is the part a warehouse needs:
//! `Mo-Fr 08:00-20:00; Sa,Su 09:00-12:00,13:00-18:00; 2026-10-01 off`, or `24/7`.
//! Pure. Deliberately absent: hours that run past midnight (write two spans).

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::kernel::Time;

const DAY_NAMES: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
/// How far ahead an opening is looked for.
const HORIZON_DAYS: i64 = 60;

/// Minutes of a local day from opening to closing, `0..=1440`.
type Span = (i64, i64);

/// Opening hours, as written and as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    text: String,
    week: [Vec<Span>; 7],
    days: Vec<(Date, Vec<Span>)>,
}

/// A text that is not opening hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not opening hours; write for example: Mo-Fr 08:00-20:00; Sa 09:00-18:00; 2026-10-01 off")]
pub struct NotHours(String);

impl Hours {
    /// Open at all times.
    pub fn always() -> Self {
        "24/7".parse().expect("a constant that is tested")
    }

    /// The text they were read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn on(&self, date: Date) -> &[Span] {
        match self.days.iter().find(|(day, _)| *day == date) {
            Some((_, spans)) => spans,
            None => &self.week[index(date.weekday())],
        }
    }

    /// Open spans that end after `from`, in order, as moments; those of one day
    /// at a time, for [`HORIZON_DAYS`].
    fn spans_from<'a>(&'a self, zone: &'a TimeZone, from: Time) -> impl Iterator<Item = (Time, Time)> + 'a {
        let first = local(zone, from).date();
        (0..HORIZON_DAYS)
            .filter_map(move |ahead| first.checked_add(jiff::Span::new().days(ahead)).ok())
            .flat_map(move |date| {
                self.on(date).iter().map(move |span| (moment(zone, date, span.0), moment(zone, date, span.1)))
            })
            .filter(move |(_, closes)| *closes > from)
    }

    /// The first open moment at or after `from`; `None` if there is none within
    /// 60 days.
    pub fn next_open(&self, zone: &TimeZone, from: Time) -> Option<Time> {
        self.spans_from(zone, from).next().map(|(opens, _)| opens.max(from))
    }

    /// The first open moment on a local day after that of `from`.
    pub fn next_day_open(&self, zone: &TimeZone, from: Time) -> Option<Time> {
        let tomorrow = local(zone, from).date().tomorrow().ok()?;
        self.next_open(zone, moment(zone, tomorrow, 0))
    }

    /// How long the site is open between two moments, milliseconds.
    pub fn open_ms(&self, zone: &TimeZone, from: Time, to: Time) -> i64 {
        self.spans_from(zone, from)
            .take_while(|(opens, _)| *opens < to)
            .map(|(opens, closes)| closes.min(to).since(opens.max(from)).max(0))
            .sum()
    }
}

/// The local time of a moment.
pub(super) fn local(zone: &TimeZone, at: Time) -> jiff::Zoned {
    let stamp = Timestamp::from_millisecond(at.ms()).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(zone.clone())
}

/// A minute of a local day as a moment; one that a clock change skips or doubles
/// is read the way RFC 5545 does.
fn moment(zone: &TimeZone, date: Date, minute: i64) -> Time {
    let midnight = date.at(0, 0, 0, 0);
    let then = midnight.checked_add(jiff::Span::new().minutes(minute)).unwrap_or(midnight);
    let zoned = then.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_millisecond());
    Time::from_ms(zoned.unwrap_or_default())
}

fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

impl FromStr for Hours {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, NotHours> {
        let wrong = || NotHours(text.chars().take(80).collect());
        let mut hours = Self { text: text.trim().to_owned(), week: Default::default(), days: Vec::new() };
        if hours.text == "24/7" {
            hours.week = std::array::from_fn(|_| vec![(0, 1440)]);
            return Ok(hours);
        }
        for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
            let (days, spans) = rule.split_once(' ').ok_or_else(wrong)?;
            let spans = read_spans(spans).ok_or_else(wrong)?;
            if let Ok(date) = days.parse::<Date>() {
                hours.days.push((date, spans));
                continue;
            }
            for day in read_days(days).ok_or_else(wrong)? {
                hours.week[day].clone_from(&spans);
            }
        }
        if hours.week.iter().all(Vec::is_empty) && hours.days.iter().all(|(_, spans)| spans.is_empty()) {
            return Err(wrong());
        }
        Ok(hours)
    }
}

fn read_days(text: &str) -> Option<Vec<usize>> {
    let day = |name: &str| DAY_NAMES.iter().position(|known| known.eq_ignore_ascii_case(name));
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                // Sa-Mo wraps around the end of the week.
                days.extend((0..7).map(|step| (first + step) % 7).take((last + 7 - first) % 7 + 1));
            }
            None => days.push(day(part)?),
        }
    }
    Some(days)
}

fn read_spans(text: &str) -> Option<Vec<Span>> {
    if text.trim() == "off" {
        return Some(Vec::new());
    }
    let mut spans: Vec<Span> = Vec::new();
    for part in text.split(',') {
        let (opens, closes) = part.trim().split_once('-')?;
        let span = (read_minute(opens)?, read_minute(closes)?);
        if span.0 >= span.1 || spans.last().is_some_and(|last| last.1 > span.0) {
            return None;
        }
        spans.push(span);
    }
    Some(spans)
}

fn read_minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let whole = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten().map(i64::from);
    let (hour, minute) = (whole(hour)?, whole(minute)?);
    let sum = hour * 60 + minute;
    (minute < 60 && sum <= 1440).then_some(sum)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::from_ms(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn the_next_opening_minds_weekends_holidays_and_lunch() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let hours: Hours = "Mo-Fr 08:00-12:00,13:00-20:00; Sa 09:00-24:00; 2026-03-03 off".parse().unwrap();
        let opens = |from: &str| hours.next_open(&zone, at(from));
        // 2026-03-02 is a Monday; Shanghai is eight hours ahead.
        assert_eq!(opens("2026-03-02T02:00:00Z"), Some(at("2026-03-02T02:00:00Z")));
        assert_eq!(opens("2026-03-02T04:30:00Z"), Some(at("2026-03-02T05:00:00Z")));
        assert_eq!(opens("2026-03-02T12:00:00Z"), Some(at("2026-03-04T00:00:00Z")));
        assert_eq!(opens("2026-03-07T16:00:00Z"), Some(at("2026-03-09T00:00:00Z")));
        assert_eq!(hours.next_day_open(&zone, at("2026-03-05T01:00:00Z")), Some(at("2026-03-06T00:00:00Z")));
        let open = hours.open_ms(&zone, at("2026-03-02T03:30:00Z"), at("2026-03-02T05:15:00Z"));
        assert_eq!(open, 45 * 60_000);
    }

    #[test]
    fn a_clock_change_neither_loses_nor_doubles_an_hour() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = Hours::always();
        let open = |from, to| hours.open_ms(&zone, at(from), at(to)) / 3_600_000;
        assert_eq!(open("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23);
        assert_eq!(open("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in ["", "always", "Mo 8-20", "Mo 20:00-08:00", "Xx 08:00-20:00", "Mo-Su off", "Mo 08:00-25:00", "Mo"] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        let weekend: Hours = "Sa-Mo 10:00-11:00".parse().unwrap();
        assert_eq!(weekend.week.iter().filter(|spans| !spans.is_empty()).count(), 3);
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_hurt(text in "[MoSu0-9:;, -]{0,40}|\\PC{0,40}") {
            if let Ok(hours) = text.parse::<Hours>() {
                hours.next_open(&TimeZone::UTC, Time::from_ms(1_772_442_000_000));
            }
        }
    }
}
