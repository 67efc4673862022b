//! Addresses on the streets of the city.
//!
//! A house number stands for a door beside the street, not for a parcel of
//! land; two flats may share it.

use super::streets::HOUSE_M;
use super::{City, LatLon, RoadClass};
use crate::seed::Chance;
use crate::world::geo::Point;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// From the middle of the street to a door, metres.
const SETBACK_M: f64 = 13.0;

/// A door in the city, in both languages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    pub street_en: String,
    pub street_zh: String,
    pub number: u32,
    /// Building, floor and flat; empty for a house.
    pub detail_en: String,
    pub detail_zh: String,
    pub district_en: String,
    pub district_zh: String,
    pub city_en: String,
    pub city_zh: String,
    pub postcode: String,
    pub lat: f64,
    pub lon: f64,
    /// The road edge the door opens to.
    pub edge: u32,
    /// The nearer end of that edge.
    pub node: u32,
}

impl Address {
    pub fn place(&self) -> LatLon {
        LatLon { lat: self.lat, lon: self.lon }
    }

    /// One line, as it stands on a label.
    pub fn line_en(&self) -> String {
        let street = format!("{} {}", self.number, self.street_en);
        let detail = prefixed(", ", &self.detail_en);
        format!("{street}{detail}, {}, {} {}", self.district_en, self.city_en, self.postcode)
    }

    /// One line in the Chinese order, from large to small.
    pub fn line_zh(&self) -> String {
        format!("{}{}{}{}号{}", self.city_zh, self.district_zh, self.street_zh, self.number, self.detail_zh)
    }
}

fn prefixed(prefix: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{prefix}{text}") }
}

pub(super) fn draw(city: &City, chance: &mut Chance) -> Address {
    let edge = loop {
        let pick = &city.edges[chance.random_range(0..city.edges.len())];
        let built = pick.first_number > 0 && pick.class != RoadClass::Trunk;
        // Accepting in proportion to length makes doors even along streets.
        if built && chance.random_range(0..400) < pick.length_m {
            break pick;
        }
    };
    let houses = (f64::from(edge.length_m) / HOUSE_M) as u32;
    let house = chance.random_range(0..houses.max(1));
    let right = chance.random_bool(0.5);
    let share = (f64::from(house) + 0.5) / f64::from(houses.max(1));
    let number = edge.first_number + 2 * house + u32::from(right);
    let door = beside(city, edge.from, edge.to, share, right);
    let place = city.plane().to_wgs84(door);
    let district = city.district_at(place);
    let area = city.districts.iter().position(|d| d == district);
    let (detail_en, detail_zh) = flat(chance);
    Address {
        street_en: edge.name.clone(),
        street_zh: edge.name_zh.clone(),
        number,
        detail_en,
        detail_zh,
        district_en: district.name_en.clone(),
        district_zh: district.name_zh.clone(),
        city_en: city.name_en.clone(),
        city_zh: city.name_zh.clone(),
        postcode: format!("9901{:02}", 10 + area.unwrap_or(0)),
        lat: place.lat,
        lon: place.lon,
        edge: edge.id,
        node: if share < 0.5 { edge.from } else { edge.to },
    }
}

/// A point at `share` of the way, set back to one side.
fn beside(city: &City, from: u32, to: u32, share: f64, right: bool) -> Point {
    let plane = city.plane();
    let at = |id: u32| plane.to_point(city.node_place(id));
    let (a, b) = (at(from), at(to));
    let on = a.towards(b, share);
    let length = a.distance(b).max(1.0);
    let side = if right { SETBACK_M } else { -SETBACK_M };
    Point::new(on.x + side * (b.y - a.y) / length, on.y - side * (b.x - a.x) / length)
}

/// Two doors in three are flats.
fn flat(chance: &mut Chance) -> (String, String) {
    if chance.random_range(0..3) == 0 {
        return (String::new(), String::new());
    }
    let building = chance.random_range(1..=6);
    let floor = chance.random_range(1..=12);
    let door = chance.random_range(1..=4);
    (format!("Building {building}, flat {floor}{door:02}"), format!("{building}幢{floor}{door:02}室"))
}
