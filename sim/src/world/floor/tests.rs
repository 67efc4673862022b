//! What must hold of the code beside this file.

use super::*;
use crate::world::Scale;
use crate::world::city::City;
use crate::world::sites;
use std::collections::{BTreeMap, BTreeSet};

fn floors(scale: Scale) -> Vec<Floor> {
    let city = City::generate(7);
    sites::generate(&city, scale).iter().filter_map(|site| generate(site, scale)).collect()
}

fn reach<'a>(floor: &'a Floor, lane: Lane, start: &'a str, against: bool) -> BTreeSet<&'a str> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in floor.edges.iter().filter(|edge| edge.lane == lane) {
        let (from, to) = if against { (&edge.to, &edge.from) } else { (&edge.from, &edge.to) };
        next.entry(from).or_default().push(to);
    }
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for &to in next.get(node).into_iter().flatten() {
            if seen.insert(to) {
                open.push(to);
            }
        }
    }
    seen
}

#[test]
fn in_each_lane_every_node_reaches_every_other() {
    for floor in floors(Scale::City).iter().chain(&floors(Scale::Tiny)) {
        for lane in [Lane::People, Lane::Agv] {
            let own: Vec<_> = floor.nodes.iter().filter(|node| node.lane == lane).collect();
            let Some(first) = own.first() else {
                assert_ne!(floor.site, "NG", "the central warehouse has both lanes");
                continue;
            };
            assert_eq!(reach(floor, lane, &first.id, false).len(), own.len(), "{}", floor.site);
            assert_eq!(reach(floor, lane, &first.id, true).len(), own.len(), "{}", floor.site);
        }
    }
}

#[test]
fn names_are_unique_and_everything_stands_inside() {
    let all = floors(Scale::City);
    assert_eq!(all.len(), 5);
    let mut nodes = BTreeSet::new();
    for floor in &all {
        let bins: BTreeSet<_> = floor.bins.iter().map(|bin| &bin.code).collect();
        assert_eq!(bins.len(), floor.bins.len());
        for node in &floor.nodes {
            assert!(nodes.insert(node.id.clone()), "{} twice", node.id);
            assert!((0..=floor.width_mm).contains(&node.x_mm), "{node:?} {}", floor.width_mm);
            assert!((0..=floor.height_mm).contains(&node.y_mm), "{node:?} {}", floor.height_mm);
        }
        for bin in &floor.bins {
            assert!(nodes.contains(&bin.node), "{bin:?}");
            assert!(floor.zones.iter().any(|zone| zone.code == bin.zone), "{bin:?}");
        }
        for edge in &floor.edges {
            assert!(nodes.contains(&edge.from) && nodes.contains(&edge.to));
        }
    }
    let codes: Vec<_> = all[0].bins.iter().map(|bin| bin.code.as_str()).collect();
    assert!(codes.contains(&"A07-14-C") && codes.contains(&"M017-02-C"));
}

#[test]
fn vehicles_wait_only_on_spurs_and_roads_between_are_one_way() {
    for floor in floors(Scale::City).iter().chain(&floors(Scale::Tiny)) {
        let kind: BTreeMap<_, _> = floor.nodes.iter().map(|node| (&node.id, node.kind)).collect();
        let roads: BTreeSet<_> =
            floor.edges.iter().filter(|edge| edge.lane == Lane::Agv).map(|edge| (&edge.from, &edge.to)).collect();
        for &(from, to) in &roads {
            let through = kind[from] == NodeKind::Aisle && kind[to] == NodeKind::Aisle;
            assert_ne!(through, roads.contains(&(to, from)), "{from} {to}");
        }
        for node in floor.nodes.iter().filter(|node| node.lane == Lane::Agv) {
            let degree = roads.iter().filter(|road| road.0 == &node.id).count();
            if node.kind != NodeKind::Aisle {
                assert_eq!(degree, 1, "{node:?} is no dead end");
            }
        }
        let homes: BTreeSet<_> = floor.agvs.iter().map(|agv| &agv.home_node).collect();
        assert_eq!(homes.len(), floor.agvs.len());
        assert!(homes.iter().all(|home| kind[home] == NodeKind::Parking));
    }
}

#[test]
fn no_two_nodes_of_the_vehicles_lie_closer_than_a_shelf() {
    for floor in floors(Scale::City) {
        let own: Vec<_> = floor.nodes.iter().filter(|n| n.lane == Lane::Agv).collect();
        for (index, a) in own.iter().enumerate() {
            for b in &own[index + 1..] {
                let apart = (a.x_mm - b.x_mm).abs().max((a.y_mm - b.y_mm).abs());
                assert!(apart >= 1_000, "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn the_tiny_warehouse_has_one_of_each() {
    let floor = floors(Scale::Tiny).remove(0);
    assert_eq!(floor.agvs.len(), 1);
    for kind in [StationKind::GoodsToPerson, StationKind::Pack, StationKind::Receive, StationKind::Ship] {
        assert_eq!(floor.stations.iter().filter(|s| s.kind == kind).count(), 1, "{kind:?}");
    }
}
