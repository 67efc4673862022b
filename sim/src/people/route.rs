//! What a rider's phone shows, as a rider reads it.
//!
//! The shapes are this crate's own; only the names of the JSON fields are shared
//! with the server, and unknown ones are ignored.

use crate::clock;
use crate::world::geo::LatLon;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Offer {
    pub id: String,
    #[serde(rename = "expires_at", deserialize_with = "clock::at_ms")]
    pub expires_at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Place {
    pub coord: LatLon,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Parcel {
    pub id: String,
    pub sscc: String,
    #[serde(default)]
    pub scanned: bool,
    #[serde(default)]
    pub state: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Stop {
    pub id: String,
    pub seq: i64,
    /// door or pickup_point.
    pub kind: String,
    pub coord: LatLon,
    #[serde(default)]
    pub parcels: Vec<Parcel>,
    /// planned, arrived, done, failed, cancelled.
    pub state: String,
    #[serde(default)]
    pub cash_minor: i64,
    /// pin or photo.
    #[serde(default)]
    pub needs: String,
    /// The way from the stop before, `[lat, lon]` pairs.
    #[serde(default)]
    pub polyline: Vec<[f64; 2]>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Load {
    pub id: String,
    /// assigned, loading, out, ...
    pub state: String,
    pub site: Place,
    #[serde(default)]
    pub parcels: Vec<Parcel>,
    #[serde(default)]
    pub stops: Vec<Stop>,
    /// Labels to be scanned at the site: failed, or called back.
    #[serde(default)]
    pub bring_back: Vec<String>,
}

impl Load {
    /// The first stop still to be made.
    pub fn next_stop(&self) -> Option<&Stop> {
        let open = self.stops.iter().filter(|stop| matches!(stop.state.as_str(), "planned" | "arrived"));
        open.min_by_key(|stop| stop.seq)
    }
}

/// Everything at a glance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct View {
    #[serde(default)]
    pub offer: Option<Offer>,
    #[serde(default)]
    pub load: Option<Load>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_next_stop_is_the_first_open_one() {
        let stop = |id: &str, seq: i64, state: &str| {
            json!({ "id": id, "seq": seq, "kind": "door", "coord": {"lat": 30.1, "lon": 123.4}, "state": state,
                "parcels": [], "cash_minor": 0, "needs": "pin", "window": null, "polyline": [[30.1, 123.4]] })
        };
        let view = json!({
            "shift": {"on": true}, "offer": null,
            "load": { "id": "lod_1", "state": "out", "site": {"code": "NG", "coord": {"lat": 30.1, "lon": 123.4}},
                "parcels": [], "bring_back": [],
                "stops": [stop("c", 3, "planned"), stop("a", 1, "done"), stop("b", 2, "planned")] },
        });
        let view: View = serde_json::from_value(view).expect("a view");
        assert_eq!(view.load.as_ref().and_then(Load::next_stop).map(|stop| stop.id.as_str()), Some("b"));
        let idle: View = serde_json::from_value(json!({ "offer": null, "load": null })).expect("a view");
        assert_eq!(idle, View::default());
    }
}
