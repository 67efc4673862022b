//! What the map draws, as JSON for its island, beside the roads that it fetches from
//! `/api/v1/roads.geojson`. Deliberately absent: names of shoppers.

use serde::Serialize;

/// A place of ours.
#[derive(Debug, Clone, Serialize)]
pub struct SiteMark {
    /// Code.
    pub code: String,
    /// Name in the reader's language.
    pub name: String,
    /// `central`, `forward`, `shop`, `pickup_point`, `supplier`.
    pub kind: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// A route: where it was driven and where it goes on.
#[derive(Debug, Clone, Serialize)]
pub struct RouteLine {
    /// Load.
    pub load: String,
    /// Lane letter.
    pub letter: String,
    /// Lane colour, 0 to 5.
    pub hue: u8,
    /// Driven, as `[lat, lon]`.
    pub driven: Vec<[f64; 2]>,
    /// To come, as `[lat, lon]`.
    pub ahead: Vec<[f64; 2]>,
    /// Its stops.
    pub stops: Vec<StopMark>,
}

/// A stop.
#[derive(Debug, Clone, Serialize)]
pub struct StopMark {
    /// Place in the route, from 1.
    pub seq: i64,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// `done`, `ok`, `warn`, `bad`.
    pub tone: String,
    /// Read aloud and shown on hover: street and time.
    pub label: String,
}

/// Somebody or something that moves.
#[derive(Debug, Clone, Serialize)]
pub struct Mover {
    /// Rider or vehicle.
    pub id: String,
    /// `van` or `rider`.
    pub kind: String,
    /// Name.
    pub label: String,
    /// Load, if any.
    pub load: String,
    /// Lane letter; empty without a load.
    pub letter: String,
    /// Lane colour, 0 to 5.
    pub hue: u8,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Degrees clockwise from north, if it moves.
    pub heading: Option<f64>,
    /// Seconds since it was heard.
    pub silent_s: i64,
}

/// A parcel on no route.
#[derive(Debug, Clone, Serialize)]
pub struct JobMark {
    /// Parcel.
    pub id: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// `ok`, `warn`, `bad`.
    pub tone: String,
    /// Order number and street.
    pub label: String,
}

/// Everything on the map at one moment.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MapNow {
    /// Places.
    pub sites: Vec<SiteMark>,
    /// Routes.
    pub routes: Vec<RouteLine>,
    /// Vehicles and riders.
    pub movers: Vec<Mover>,
    /// Parcels on no route.
    pub jobs: Vec<JobMark>,
}

/// The letter and colour of the lane at `index`: A, B, ..., Z, A1, B1, ...
pub fn lane(index: usize) -> (String, u8) {
    let letter = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    let hue = u8::try_from(index % 6).unwrap_or(0);
    if index < 26 { (letter.to_string(), hue) } else { (format!("{letter}{}", index / 26), hue) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_told_by_letter_and_by_colour() {
        assert_eq!([lane(0), lane(7), lane(26)], [("A".to_owned(), 0), ("H".to_owned(), 1), ("A1".to_owned(), 2)]);
    }
}
