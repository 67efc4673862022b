//! The roads as one GeoJSON text (RFC 7946). Pure; drawn once for each version
//! of the roads. Deliberately absent: colours and zoom; the map page knows.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::roads::{RoadEdge, Roads};

/// A `FeatureCollection` with one feature for each piece of road.
pub(super) fn draw(roads: &Roads) -> String {
    json!({"type": "FeatureCollection", "features": features(roads)}).to_string()
}

/// One feature for each piece of road; of two directions the one with the lower
/// id is told, with the other as `reverse`.
fn features(roads: &Roads) -> Vec<Value> {
    let by_ends: HashMap<(i64, i64), &RoadEdge> =
        roads.edges().iter().rev().map(|edge| ((edge.from, edge.to), edge)).collect();
    let feature = |edge: &RoadEdge| {
        let reverse = by_ends.get(&(edge.to, edge.from)).map(|reverse| reverse.id);
        if reverse.is_some_and(|reverse| reverse < edge.id) {
            return None;
        }
        let (from, to) = (roads.node(edge.from)?, roads.node(edge.to)?);
        Some(json!({"type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[from.lon, from.lat], [to.lon, to.lat]]},
            "properties": {"id": edge.id, "reverse": reverse, "class": edge.class, "name": edge.name,
                "name_zh": edge.name_zh, "closed": edge.closed, "reason": edge.reason,
                "slow_permille": edge.slow_permille, "length_m": edge.length_m, "speed_kmh": edge.speed_kmh}}))
    };
    roads.edges().iter().filter_map(feature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::roads::tests::square;

    #[test]
    fn both_directions_are_one_line_that_tells_what_is_closed() {
        let (nodes, mut edges) = square();
        edges[0].closed = true;
        edges[0].reason = "flood".to_owned();
        let roads = Roads::new(nodes, edges).unwrap();
        let drawn: Value = serde_json::from_str(roads.geojson()).unwrap();
        let features = drawn["features"].as_array().unwrap();
        // Four sides in both directions, and the one-way short cut.
        let ids: Vec<_> = features.iter().map(|feature| &feature["properties"]["id"]).collect();
        assert_eq!(ids, [10, 12, 14, 16, 18]);
        let first = &features[0];
        assert_eq!(first["geometry"]["coordinates"], json!([[120.0, 30.0], [120.01, 30.0]]));
        let told = &first["properties"];
        assert_eq!((&told["closed"], &told["reason"], &told["reverse"]), (&json!(true), &json!("flood"), &json!(11)));
        assert_eq!(features[4]["properties"]["reverse"], Value::Null);
    }
}
