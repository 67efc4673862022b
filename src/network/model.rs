//! Sites, their services, and when a promise they make begins and ends. Pure.
//! Deliberately absent: stock, and which site is chosen.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::hours::{Hours, local};
use crate::{
    catalog::Names,
    kernel::{Coord, SiteId, Time},
    refusals, words,
};

words! {
    /// What a site is to us.
    SiteKind {
        /// Sends us goods.
        Supplier = "supplier",
        /// Keeps everything.
        Central = "central",
        /// Keeps the best sellers near the doors.
        Forward = "forward",
        /// Sells on the spot, and ships.
        Shop = "shop",
        /// Keeps parcels for shoppers.
        PickupPoint = "pickup_point",
    }
}

/// A site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Site {
    /// `sit_...`.
    pub id: SiteId,
    /// Short, in capitals.
    pub code: String,
    /// What people call it.
    pub name: Names,
    /// What it is to us.
    pub kind: SiteKind,
    /// Its gate.
    pub coord: Coord,
    /// Street and number, for people.
    pub street: String,
    /// IANA name.
    pub time_zone: String,
    /// When people work there.
    pub hours: Hours,
    /// Order lines it can ship in an hour.
    pub lines_per_hour: i64,
    /// Cost of one parcel before it moves.
    pub ship_cost_minor: i64,
    /// Cost of a parcel for each kilometre.
    pub cost_per_km_minor: i64,
    /// Doors it serves, as the crow flies; 0 for any distance.
    pub service_radius_m: i64,
    /// Doors it serves, as a polygon; empty for no such limit.
    pub area: Vec<Coord>,
    /// Parcels it can keep for shoppers.
    pub compartments: i64,
    /// How many of these are taken.
    pub compartments_taken: i64,
    /// False once closed for good.
    pub active: bool,
}

/// A promise that a site can keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Service {
    /// `same_day` or `next_day`.
    pub service: String,
    /// The last minute of the local day at which an order counts for today.
    pub cutoff_minute: i64,
    /// From the beginning of work to the door.
    pub lead_ms: i64,
    /// Whether it is offered now.
    pub open: bool,
    /// What a supervisor adds to the lead time to throttle it.
    pub extra_lead_ms: i64,
    /// Why it is closed or throttled.
    pub reason: String,
}

/// When an order of a service would leave a site and arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When goods must leave the site.
    pub ready_by: Time,
    /// When they arrive.
    pub window: (Time, Time),
}

/// The service whose orders arrive on the next open day.
pub const NEXT_DAY: &str = "next_day";
/// The service whose orders arrive as soon as they can.
pub const SAME_DAY: &str = "same_day";

const MINUTE_MS: i64 = 60_000;
/// Windows begin on a quarter of an hour.
const STEP_MS: i64 = 15 * MINUTE_MS;
const SAME_DAY_WINDOW_MS: i64 = 120 * MINUTE_MS;
const NEXT_DAY_WINDOW_MS: i64 = 240 * MINUTE_MS;
/// The way to the door takes a third of the lead time, but no more than this.
const LONGEST_WAY_MS: i64 = 45 * MINUTE_MS;

refusals! {
    /// Why the network says no.
    Refusal {
        /// No site of that code.
        UnknownSite { site: String } => "site.unknown", 422, "There is no site {site}. Check its code.";
        /// The site has no such service.
        UnknownService { service: String } => "service.unknown", 422, "This site has no service {service}.";
        /// A field that cannot be.
        Invalid { field: String, reason: String } => "network.invalid", 422, "{field}: {reason}";
        /// Every compartment is taken.
        NoCompartment { site: String } => "pickup.full", 409, "The pick-up point {site} is full; choose another one, or the door.";
        /// No road of that id.
        UnknownRoad { road: String } => "road.unknown", 404, "There is no road {road}. Click it on the map again.";
    }
}

/// A refusal of one field.
pub(super) fn invalid(field: &str, reason: impl Into<String>) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), reason: reason.into() }
}

impl Site {
    /// True if it ships orders.
    pub fn ships(&self) -> bool {
        let kind = matches!(self.kind, SiteKind::Central | SiteKind::Forward | SiteKind::Shop);
        self.active && kind && self.lines_per_hour > 0
    }

    /// True if a door lies where this site delivers.
    pub fn serves(&self, door: Coord) -> bool {
        // A radius is far below 2^52 metres.
        #[allow(clippy::cast_precision_loss)]
        let near = self.service_radius_m == 0 || self.coord.metres_to(door) <= self.service_radius_m as f64;
        near && (self.area.is_empty() || contains(&self.area, door))
    }

    /// Its time zone; UTC if the system no longer knows the name, which
    /// [`super::define_site`] refuses.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Lines it can ship in the hour that begins at `hour`: less when it opens
    /// or closes within.
    pub fn capacity_of(&self, zone: &TimeZone, hour: Time) -> i64 {
        let open_ms = self.hours.open_ms(zone, hour, hour.plus_ms(HOUR_MS));
        self.lines_per_hour.saturating_mul(open_ms) / HOUR_MS
    }
}

/// An hour of capacity.
pub const HOUR_MS: i64 = 3_600_000;

/// True if `point` lies inside `polygon` (even-odd rule, in degrees: areas are
/// small and do not cross the date line).
pub fn contains(polygon: &[Coord], point: Coord) -> bool {
    let mut inside = false;
    let ends = polygon.iter().zip(polygon.iter().cycle().skip(1));
    for (a, b) in ends {
        let crosses = (a.lat > point.lat) != (b.lat > point.lat);
        if crosses && point.lon < (b.lon - a.lon) * (point.lat - a.lat) / (b.lat - a.lat) + a.lon {
            inside = !inside;
        }
    }
    inside
}

/// When an order placed now would leave and arrive: work begins when the site is
/// open, and on the next open day when the cut-off has passed. `None` when the
/// service is closed, or the site has no open day ahead.
pub fn slot(site: &Site, service: &Service, now: Time) -> Option<Slot> {
    if !service.open {
        return None;
    }
    let zone = site.zone();
    let time = local(&zone, now).time();
    let minute = i64::from(time.hour()) * 60 + i64::from(time.minute());
    let begin = if minute <= service.cutoff_minute {
        site.hours.next_open(&zone, now)?
    } else {
        site.hours.next_day_open(&zone, now)?
    };
    let lead_ms = service.lead_ms + service.extra_lead_ms;
    let (earliest, width_ms) = if service.service == NEXT_DAY {
        let morning = site.hours.next_day_open(&zone, begin)?;
        (morning.max(begin.plus_ms(lead_ms)), NEXT_DAY_WINDOW_MS)
    } else {
        (begin.plus_ms(lead_ms), SAME_DAY_WINDOW_MS)
    };
    let from = Time::from_ms((earliest.ms() + STEP_MS - 1).div_euclid(STEP_MS) * STEP_MS);
    let ready_by = from.plus_ms(-(service.lead_ms / 3).min(LONGEST_WAY_MS));
    Some(Slot { ready_by, window: (from, from.plus_ms(width_ms)) })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn site(code: &str, hours: &str) -> Site {
        Site {
            id: SiteId::new(ulid::Ulid::nil()),
            code: code.to_owned(),
            name: Names { en: code.to_owned(), zh: code.to_owned() },
            kind: SiteKind::Forward,
            coord: Coord { lat: 30.1, lon: 123.4 },
            street: "1 Mill Lane".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            hours: hours.parse().unwrap(),
            lines_per_hour: 60,
            ship_cost_minor: 240,
            cost_per_km_minor: 140,
            service_radius_m: 0,
            area: Vec::new(),
            compartments: 2,
            compartments_taken: 0,
            active: true,
        }
    }

    pub fn service(name: &str, lead_minutes: i64) -> Service {
        Service {
            service: name.to_owned(),
            cutoff_minute: 22 * 60,
            lead_ms: lead_minutes * MINUTE_MS,
            open: true,
            extra_lead_ms: 0,
            reason: String::new(),
        }
    }

    fn at(text: &str) -> Time {
        Time::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_slot_minds_cut_off_opening_and_throttle() {
        let site = site("ML", "Mo-Su 06:00-24:00");
        let same = service(SAME_DAY, 45);
        let from = |service: &Service, now: &str| slot(&site, service, at(now)).unwrap().window.0;
        // 10:05 in Shanghai, then 22:01, then 03:00.
        assert_eq!(from(&same, "2026-03-02T02:05:00Z"), at("2026-03-02T03:00:00Z"));
        assert_eq!(from(&same, "2026-03-02T14:01:00Z"), at("2026-03-02T22:45:00Z"));
        assert_eq!(from(&same, "2026-03-01T19:00:00Z"), at("2026-03-01T22:45:00Z"));
        let slow = Service { extra_lead_ms: 60 * MINUTE_MS, ..same.clone() };
        assert_eq!(from(&slow, "2026-03-02T02:05:00Z"), at("2026-03-02T04:00:00Z"));
        assert_eq!(slot(&site, &Service { open: false, ..same }, at("2026-03-02T02:05:00Z")), None);
        let next = service(NEXT_DAY, 8 * 60);
        assert_eq!(from(&next, "2026-03-02T02:05:00Z"), at("2026-03-02T22:00:00Z"));
        assert_eq!(from(&next, "2026-03-02T13:50:00Z"), at("2026-03-02T22:00:00Z"));
        let told = slot(&site, &next, at("2026-03-02T02:05:00Z")).unwrap();
        assert_eq!(told.ready_by, at("2026-03-02T21:15:00Z"));
    }

    #[test]
    fn a_slot_minds_clock_changes_and_closing_days() {
        let mut site = site("BE", "Mo-Sa 06:00-22:00; 2026-04-03 off; 2026-03-29 06:00-22:00; 2026-10-25 06:00-22:00");
        site.time_zone = "Europe/Berlin".to_owned();
        let same = Service { cutoff_minute: 20 * 60, ..service(SAME_DAY, 45) };
        let next = Service { cutoff_minute: 20 * 60, ..service(NEXT_DAY, 8 * 60) };
        let from = |service: &Service, now: &str| slot(&site, service, at(now)).unwrap().window.0;
        // Ordered on the evening before: the morning comes an hour sooner in
        // March, an hour later in October.
        assert_eq!(from(&same, "2026-03-28T20:00:00Z"), at("2026-03-29T04:45:00Z"));
        assert_eq!(from(&same, "2026-10-24T19:00:00Z"), at("2026-10-25T05:45:00Z"));
        assert_eq!(from(&next, "2026-03-28T09:00:00Z"), at("2026-03-29T04:00:00Z"));
        assert_eq!(from(&next, "2026-10-24T09:00:00Z"), at("2026-10-25T05:00:00Z"));
        // The cut-off is 20:00 on the wall, before the change and after it.
        assert_eq!(from(&same, "2026-03-27T19:00:00Z"), at("2026-03-27T19:45:00Z"));
        assert_eq!(from(&same, "2026-03-27T19:01:00Z"), at("2026-03-28T05:45:00Z"));
        assert_eq!(from(&same, "2026-03-30T18:00:00Z"), at("2026-03-30T18:45:00Z"));
        assert_eq!(from(&same, "2026-03-30T18:01:00Z"), at("2026-03-31T04:45:00Z"));
        // Good Friday is a closing day by its date, Sunday by the week.
        assert_eq!(from(&same, "2026-04-02T19:00:00Z"), at("2026-04-04T04:45:00Z"));
        assert_eq!(from(&same, "2026-04-03T08:00:00Z"), at("2026-04-04T04:45:00Z"));
        assert_eq!(from(&next, "2026-04-02T08:00:00Z"), at("2026-04-04T04:00:00Z"));
        assert_eq!(from(&next, "2026-04-02T19:00:00Z"), at("2026-04-06T04:00:00Z"));
    }

    #[test]
    fn an_opening_that_the_clock_skips_comes_an_hour_later() {
        let mut site = site("BE", "Mo-Su 02:30-05:00");
        site.time_zone = "Europe/Berlin".to_owned();
        let told = slot(&site, &service(SAME_DAY, 30), at("2026-03-29T00:00:00Z")).unwrap();
        // 02:30 does not exist; it is read as 03:30 summer time, 01:30 UTC.
        assert_eq!(told.window.0, at("2026-03-29T02:00:00Z"));
        let (from, to) = (at("2026-03-29T00:00:00Z"), at("2026-03-29T12:00:00Z"));
        assert_eq!(site.hours.open_ms(&site.zone(), from, to), 90 * MINUTE_MS);
    }

    #[test]
    fn doors_are_served_by_radius_and_area() {
        let door = Coord { lat: 30.11, lon: 123.4 };
        let mut site = site("ML", "24/7");
        assert!(site.serves(door));
        site.service_radius_m = 1000;
        assert!(!site.serves(door));
        site.service_radius_m = 1200;
        assert!(site.serves(door));
        let corner = |lat, lon| Coord { lat, lon };
        site.area = vec![corner(30.0, 123.3), corner(30.2, 123.3), corner(30.105, 123.5), corner(30.0, 123.5)];
        assert!(site.serves(door));
        site.area = vec![corner(30.0, 123.0), corner(30.2, 123.0), corner(30.2, 123.3)];
        assert!(!site.serves(door));
    }
}
