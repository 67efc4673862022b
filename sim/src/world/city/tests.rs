//! What must hold of the code beside this file.

use super::*;
use crate::seed::stream;

const SEEDS: std::ops::Range<u64> = 0..12;

fn reach(city: &City, start: u32, against: bool, closed: &[u32]) -> usize {
    let mut next = vec![Vec::new(); city.nodes.len()];
    for edge in &city.edges {
        if closed.contains(&edge.id) {
            continue;
        }
        let (from, to) = if against { (edge.to, edge.from) } else { (edge.from, edge.to) };
        next[from as usize].push(to);
    }
    let mut seen = vec![false; city.nodes.len()];
    seen[start as usize] = true;
    let mut open = vec![start];
    let mut count = 0;
    while let Some(node) = open.pop() {
        count += 1;
        for &to in &next[node as usize] {
            if !std::mem::replace(&mut seen[to as usize], true) {
                open.push(to);
            }
        }
    }
    count
}

#[test]
fn every_crossing_reaches_every_other() {
    for seed in SEEDS {
        let city = City::generate(seed);
        assert!((600..=1_500).contains(&city.nodes.len()), "{}", city.nodes.len());
        assert_eq!(reach(&city, 0, false, &[]), city.nodes.len(), "seed {seed}");
        assert_eq!(reach(&city, 0, true, &[]), city.nodes.len(), "seed {seed}");
    }
}

#[test]
fn ids_are_positions_and_twins_mirror() {
    let city = City::generate(7);
    assert!(city.nodes.iter().zip(0..).all(|(node, id)| node.id == id));
    for (edge, id) in city.edges.iter().zip(0..) {
        assert_eq!(edge.id, id);
        assert!((edge.street as usize) < city.streets.len());
        assert!(edge.length_m >= 20 && edge.length_m < 700, "{edge:?}");
        assert_eq!(edge.one_way, edge.twin.is_none());
        if let Some(twin) = edge.twin {
            let twin = &city.edges[twin as usize];
            assert_eq!((twin.from, twin.to, twin.twin), (edge.to, edge.from, Some(id)));
        }
    }
    assert!(city.edges.iter().filter(|edge| edge.one_way).count() > 50);
}

#[test]
fn only_bridges_cross_the_river_and_the_city_lives_without_any_one() {
    for seed in SEEDS {
        let city = City::generate(seed);
        let plane = city.plane();
        let water: Vec<_> = city.river.polygon.iter().map(|&p| plane.to_point(p)).collect();
        for edge in &city.edges {
            let end = |id: u32| plane.to_point(city.node_place(id));
            let (a, b) = (end(edge.from), end(edge.to));
            let wet = (0..=20).any(|k| contains(&water, a.towards(b, f64::from(k) / 20.0)));
            assert_eq!(wet, edge.bridge, "seed {seed}: {} {a:?} {b:?}", edge.name);
        }
        assert_eq!(city.bridges.len(), 5);
        for bridge in &city.bridges {
            assert_eq!(bridge.edges.len(), 2, "seed {seed}: {}", bridge.name_en);
            assert_eq!(reach(&city, 0, false, &bridge.edges), city.nodes.len());
        }
        let all: Vec<_> = city.bridges.iter().flat_map(|b| b.edges.clone()).collect();
        assert!(reach(&city, 0, false, &all) < city.nodes.len());
    }
}

#[test]
fn addresses_are_dry_distinct_and_in_named_districts() {
    let city = City::generate(7);
    let plane = city.plane();
    let water: Vec<_> = city.river.polygon.iter().map(|&p| plane.to_point(p)).collect();
    let mut chance = stream(7, "test", 0);
    let mut districts = std::collections::BTreeSet::new();
    for _ in 0..500 {
        let address = city.random_address(&mut chance);
        assert!(!contains(&water, plane.to_point(address.place())), "{address:?}");
        assert!(address.number > 0 && address.line_en().contains("Harbrook"));
        assert!(address.line_zh().starts_with("哈布鲁克"));
        let edge = &city.edges[address.edge as usize];
        assert!(address.node == edge.from || address.node == edge.to);
        districts.insert(address.district_en);
    }
    assert_eq!(districts.len(), city.districts.len(), "{districts:?}");
}

#[test]
fn street_names_are_unique_in_both_languages() {
    let city = City::generate(7);
    let english: std::collections::BTreeSet<_> = city.streets.iter().map(|s| &s.name_en).collect();
    let chinese: std::collections::BTreeSet<_> = city.streets.iter().map(|s| &s.name_zh).collect();
    assert_eq!(english.len(), city.streets.len());
    assert_eq!(chinese.len(), city.streets.len());
    assert!(city.streets.len() > 200, "{}", city.streets.len());
}
