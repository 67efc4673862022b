//! Finds a typed street on our own road map. Pure. Deliberately absent: a real
//! geocoder and its host; what the map does not know, a person looks at.

use crate::{
    kernel::Coord,
    network::{RoadEdge, Roads},
};

/// House numbers are thought to stand this far apart along a street.
const NUMBER_M: i64 = 5;

/// A street that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// About where.
    pub coord: Coord,
    /// 0 to 100.
    pub confidence: i64,
}

/// A street line taken apart: its name in small letters, and the house number.
fn apart(street: &str) -> (String, i64) {
    let text = street.to_lowercase();
    let first = text.find(|c: char| c.is_ascii_digit());
    let number: String = match first {
        Some(at) => text[at..].chars().take_while(char::is_ascii_digit).take(6).collect(),
        None => String::new(),
    };
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() || matches!(c, '号' | ',' | '，' | '.' | '#' | '-') { ' ' } else { c })
        .collect();
    (name.split_whitespace().collect::<Vec<_>>().join(" "), number.parse().unwrap_or(0))
}

/// How well a road carries `name`: 2 for exactly, 1 for in part, 0 for not.
fn likeness(edge: &RoadEdge, name: &str) -> i64 {
    let names = [edge.name.to_lowercase(), edge.name_zh.to_lowercase()];
    if names.iter().any(|own| own == name) {
        return 2;
    }
    let part = |own: &String| own.chars().count() >= 2 && (name.contains(own.as_str()) || own.contains(name));
    i64::from(name.chars().count() >= 2 && names.iter().any(part))
}

/// The place of a street line on the map, if its street is there.
pub fn find(roads: &Roads, street: &str) -> Option<Found> {
    let (name, number) = apart(street);
    if name.is_empty() {
        return None;
    }
    let alike = roads.edges().iter().map(|edge| (likeness(edge, &name), edge)).filter(|(likeness, _)| *likeness > 0);
    let best = alike.clone().map(|(likeness, _)| likeness).max()?;
    let chosen = alike.clone().find(|(likeness, _)| *likeness == best)?.1.name.clone();
    let mut pieces: Vec<&RoadEdge> =
        alike.filter(|(likeness, edge)| *likeness == best && edge.name == chosen).map(|(_, edge)| edge).collect();
    // One direction of each piece is enough to measure along.
    pieces.sort_by_key(|edge| edge.id);
    pieces.retain(|edge| edge.from < edge.to);
    let coord = along(roads, &pieces, number * NUMBER_M)?;
    let confidence = match (best, number) {
        (2, 1..) => 95,
        (2, _) => 80,
        (_, 1..) => 70,
        _ => 62,
    };
    Some(Found { coord, confidence })
}

/// The point `metres` along the pieces of a street, at its end if it is shorter.
fn along(roads: &Roads, pieces: &[&RoadEdge], metres: i64) -> Option<Coord> {
    let mut left = metres.max(0);
    for edge in pieces {
        if left <= edge.length_m {
            let (from, to) = (roads.node(edge.from)?.coord(), roads.node(edge.to)?.coord());
            // Street lengths are far below 2^52.
            #[allow(clippy::cast_precision_loss)]
            let share = left as f64 / edge.length_m.max(1) as f64;
            let between = |a: f64, b: f64| a + (b - a) * share;
            return Some(Coord { lat: between(from.lat, to.lat), lon: between(from.lon, to.lon) });
        }
        left -= edge.length_m;
    }
    roads.node(pieces.last()?.to).map(crate::network::RoadNode::coord)
}

/// Every street's name once, for suggestions while typing.
pub fn streets(roads: &Roads, zh: bool) -> Vec<String> {
    let own = |edge: &RoadEdge| if zh && !edge.name_zh.is_empty() { edge.name_zh.clone() } else { edge.name.clone() };
    let mut names: Vec<String> = roads.edges().iter().map(own).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::RoadNode;

    fn roads() -> Roads {
        let node = |id, lat, lon| RoadNode { id, lat, lon };
        let edge = |id, from, to, name: &str, name_zh: &str| RoadEdge {
            id,
            from,
            to,
            length_m: 1000,
            speed_kmh: 30,
            class: "residential".to_owned(),
            name: name.to_owned(),
            name_zh: name_zh.to_owned(),
            closed: false,
            reason: String::new(),
            slow_permille: 0,
        };
        let nodes = vec![node(1, 30.0, 120.0), node(2, 30.0, 120.01), node(3, 30.01, 120.01)];
        let edges = vec![
            edge(1, 1, 2, "Mill Lane", "磨坊路"),
            edge(2, 2, 1, "Mill Lane", "磨坊路"),
            edge(3, 2, 3, "River Road", "河滨路"),
        ];
        Roads::new(nodes, edges).unwrap()
    }

    #[test]
    fn a_number_lies_along_its_street() {
        let found = find(&roads(), "100 Mill Lane").unwrap();
        assert_eq!(found.confidence, 95);
        assert!((found.coord.lon - 120.005).abs() < 1e-9, "{found:?}");
        let zh = find(&roads(), "磨坊路100号").unwrap();
        assert_eq!(zh, found);
    }

    #[test]
    fn a_part_is_doubted_and_nonsense_not_found() {
        assert!(find(&roads(), "12 River").unwrap().confidence < 80);
        assert_eq!(find(&roads(), "Nowhere 7"), None);
        assert_eq!(find(&roads(), "42"), None);
        assert_eq!(streets(&roads(), false), ["Mill Lane", "River Road"]);
    }
}
