//! Names and house numbers for the lines of the street plan.
//!
//! A line keeps one name over its whole length; numbers rise from its western
//! or southern end, odd on one side and even on the other.

use super::lattice::{Line, Plan};
use super::names::{self, Pair};
use super::{RoadClass, Street};
use crate::seed::Chance;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;

/// Metres of street for one house on each side.
pub const HOUSE_M: f64 = 14.0;

/// Which street each line is, and the streets in the order of their ids.
pub struct Named {
    pub street_of: BTreeMap<Line, u32>,
    pub streets: Vec<Street>,
}

/// Gives every line of the plan a name that no other line has.
pub fn name_lines(plan: &Plan, chance: &mut Chance) -> Named {
    let mut classes: BTreeMap<Line, RoadClass> = BTreeMap::new();
    for link in &plan.links {
        classes.insert(link.line, link.class);
    }
    let mut roads = shuffled_names(&names::ROADS, chance).into_iter();
    let mut streets = shuffled_names(&names::STREETS, chance).into_iter();
    let mut named = Named { street_of: BTreeMap::new(), streets: Vec::new() };
    for (line, class) in classes {
        let (name_en, name_zh) = match (given_name(line), class) {
            (Some(pair), _) => (pair.0.to_owned(), pair.1.to_owned()),
            (None, RoadClass::Secondary) => roads.next().expect("more road names than lines"),
            (None, _) => streets.next().expect("more street names than lines"),
        };
        let id = named.streets.len() as u32;
        named.street_of.insert(line, id);
        named.streets.push(Street { id, name_en, name_zh, class });
    }
    named
}

/// The ring and the avenues are named by hand.
fn given_name(line: Line) -> Option<Pair> {
    use super::lattice::{AVENUE_COLS, AVENUE_ROW};
    match line {
        Line::Ring => Some(names::RING),
        Line::DiagonalEast => Some(names::AVENUES[4]),
        Line::DiagonalWest => Some(names::AVENUES[5]),
        Line::Row(row, _) if row == AVENUE_ROW => Some(names::AVENUES[3]),
        Line::Column(col, _) => AVENUE_COLS.iter().position(|&avenue| avenue == col).map(|index| names::AVENUES[index]),
        Line::Row(..) => None,
    }
}

/// Every stem with every ending, shuffled.
fn shuffled_names(endings: &[Pair], chance: &mut Chance) -> Vec<(String, String)> {
    let stems = names::stems();
    let mut all: Vec<_> = endings
        .iter()
        .flat_map(|ending| stems.iter().map(move |stem| (stem, ending)))
        .map(|(stem, end)| (format!("{} {}", stem.0, end.0), format!("{}{}", stem.1, end.1)))
        .collect();
    all.shuffle(chance);
    all
}

/// The lowest house number of each link, in the order of `plan.links`.
pub fn number_links(plan: &Plan) -> Vec<u32> {
    let mut along: BTreeMap<Line, Vec<usize>> = BTreeMap::new();
    for (index, link) in plan.links.iter().enumerate() {
        along.entry(link.line).or_default().push(index);
    }
    let mut first = vec![0; plan.links.len()];
    for mut stretch in along.into_values() {
        stretch.sort_by_key(|&index| {
            let link = &plan.links[index];
            (link.from.min(link.to), link.from.max(link.to))
        });
        let mut number = 1;
        for index in stretch {
            let link = &plan.links[index];
            let length = plan.crossings[&link.from].distance(plan.crossings[&link.to]);
            first[index] = number;
            number += 2 * (length / HOUSE_M) as u32 + 2;
        }
    }
    first
}
