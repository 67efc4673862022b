//! A floor with its traffic, as shapes to draw: ways by how often they are walked,
//! places by how often something is done there, and where people met. Deliberately
//! absent: what moves now; that is the floor page.

use std::collections::HashMap;

use crate::{
    labour::Traffic,
    layout::{Floor, Lane},
};

/// Steps of heat.
const LEVELS: i64 = 5;
/// Round a floor, millimetres.
const MARGIN_MM: i64 = 1_500;

/// What the heat is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Walks that led over a place.
    Walks,
    /// Lines done at it.
    Visits,
    /// Passes shortly behind somebody else's.
    Meets,
}

impl Layer {
    /// By its name in the address; walks unless told.
    pub fn named(name: &str) -> Self {
        match name {
            "visits" => Self::Visits,
            "meets" => Self::Meets,
            _ => Self::Walks,
        }
    }
    /// How much of it a place has.
    pub fn of(self, traffic: &Traffic) -> i64 {
        match self {
            Self::Walks => traffic.passes,
            Self::Visits => traffic.visits,
            Self::Meets => traffic.meets,
        }
    }
}

/// A rectangle: left, top, width, height.
type Box = (i64, i64, i64, i64);

/// The shapes, in millimetres from the north-west.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heat {
    /// What is seen.
    pub view: Box,
    /// The floor itself.
    pub wall: (i64, i64),
    /// Zones with their class.
    pub zones: Vec<(Box, String)>,
    /// Bins, as one path.
    pub bins: String,
    /// Ways as one path for each level, coolest first; those nobody walked are level 0.
    pub ways: Vec<(i64, String)>,
    /// Places: x, y, radius, level, and what hovers over them.
    pub places: Vec<(i64, i64, i64, i64, String)>,
    /// Stations: x, y, label.
    pub stations: Vec<(i64, i64, String)>,
    /// Height of letters.
    pub letter: i64,
}

/// Five equal steps up to the busiest; 0 where nothing was.
fn level(count: i64, most: i64) -> i64 {
    if count <= 0 || most <= 0 { 0 } else { (count * LEVELS + most - 1) / most }
}

/// Draws a floor with what passed on it; `named` says what a place is called.
pub fn draw(floor: &Floor, traffic: &[Traffic], layer: Layer, named: &HashMap<String, String>) -> Heat {
    let counts: HashMap<&str, i64> = traffic.iter().map(|one| (one.node.as_str(), layer.of(one))).collect();
    let most = counts.values().copied().max().unwrap_or(0);
    let count = |node: &str| counts.get(node).copied().unwrap_or(0);
    let north = |y: i64| floor.height_mm - y;
    let unit = (floor.width_mm.max(floor.height_mm) / 60).max(1);
    let places_at: HashMap<&str, (i64, i64)> = floor
        .nodes
        .iter()
        .filter(|node| node.lane == Lane::People)
        .map(|node| (node.id.as_str(), (node.x_mm, north(node.y_mm))))
        .collect();
    let places = floor
        .nodes
        .iter()
        .filter(|node| node.lane == Lane::People && count(&node.id) > 0)
        .map(|node| {
            let level = level(count(&node.id), most);
            let name = named.get(&node.id).unwrap_or(&node.id);
            (node.x_mm, north(node.y_mm), unit * (5 + level) / 20, level, format!("{name}: {}", count(&node.id)))
        })
        .collect();
    Heat {
        view: (-MARGIN_MM, -MARGIN_MM, floor.width_mm + 2 * MARGIN_MM, floor.height_mm + 2 * MARGIN_MM),
        wall: (floor.width_mm, floor.height_mm),
        zones: floor
            .zones
            .iter()
            .map(|zone| {
                let top = north(zone.y_mm + zone.height_mm);
                ((zone.x_mm, top, zone.width_mm, zone.height_mm), zone.kind.to_string())
            })
            .collect(),
        bins: bins(floor, unit),
        ways: ways(floor, &places_at, |from, to| level(count(from).min(count(to)), most)),
        places,
        stations: floor
            .stations
            .iter()
            .filter_map(|one| places_at.get(one.stand.as_str()).map(|(x, y)| (*x, *y - unit / 2, one.code.clone())))
            .collect(),
        letter: unit * 4 / 5,
    }
}

/// Bins of one column stand above each other; one square shows them all.
fn bins(floor: &Floor, unit: i64) -> String {
    let mut at: Vec<(i64, i64)> = floor.bins.iter().map(|bin| (bin.x_mm, floor.height_mm - bin.y_mm)).collect();
    at.sort_unstable();
    at.dedup();
    let half = unit / 4;
    at.iter().map(|(x, y)| format!("M{} {}h{w}v{w}h-{w}z", x - half, y - half, w = 2 * half)).collect()
}

/// Every way between two places once, by its level.
fn ways(floor: &Floor, at: &HashMap<&str, (i64, i64)>, level: impl Fn(&str, &str) -> i64) -> Vec<(i64, String)> {
    let mut paths = vec![String::new(); usize::try_from(LEVELS).unwrap_or(0) + 1];
    let mut seen = std::collections::HashSet::new();
    for edge in floor.edges.iter().filter(|edge| edge.lane == Lane::People) {
        let (a, b) = (edge.from.as_str(), edge.to.as_str());
        let (Some((x1, y1)), Some((x2, y2))) = (at.get(a), at.get(b)) else { continue };
        if seen.insert((a.min(b), a.max(b))) {
            let path = &mut paths[usize::try_from(level(a, b)).unwrap_or(0)];
            path.push_str(&format!("M{x1} {y1}L{x2} {y2}"));
        }
    }
    (0..).zip(paths).filter(|(_, path)| !path.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_has_five_steps_and_cold_is_none() {
        assert_eq!([0, 1, 20, 21, 99, 100].map(|count| level(count, 100)), [0, 1, 1, 2, 5, 5]);
        assert_eq!(level(3, 0), 0);
    }
}
