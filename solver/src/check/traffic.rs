//! Judges a walk where ways are one-way or crowded: each step the way it is open.

use super::{Flaw, demand};
use crate::tour::grid::{Crossing, Grid, Place, Step};
use crate::tour::traffic::{Guided, Lane, Traffic};

/// Checks a walk against the floor, its traffic and the places it was asked for.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(
    grid: &Grid,
    traffic: &Traffic,
    start: Crossing,
    end: Crossing,
    places: &[Place],
    guided: &Guided,
) -> Result<(), Flaw> {
    super::walk::check(grid, start, end, places, &guided.walk)?;
    let mut cost = 0;
    for pair in guided.walk.steps.windows(2) {
        let (lane, way) = step(grid, traffic, pair[0], pair[1]);
        demand!(way == 0 || lane.direction.allows(way > 0), "{:?} to {:?} against {lane:?}", pair[0], pair[1]);
        cost += way.abs() * lane.weight;
    }
    demand!(cost == guided.cost, "the cost is {cost}, said {}", guided.cost);
    Ok(())
}

/// The lane of one step and its length, below 0 when it is walked back.
fn step(grid: &Grid, traffic: &Traffic, from: Step, to: Step) -> (Lane, i64) {
    match (from, to) {
        (Step::At(a), Step::At(b)) if a.cross == b.cross => {
            let aisle = a.aisle.min(b.aisle);
            let length = grid.across[a.cross][aisle];
            (traffic.across[a.cross][aisle], if a.aisle < b.aisle { length } else { -length })
        }
        (Step::At(a), Step::At(b)) => {
            let block = a.cross.min(b.cross);
            let length = grid.stretch[block][a.aisle];
            (traffic.stretch[block][a.aisle], if a.cross < b.cross { length } else { -length })
        }
        (Step::Pick(p), _) | (_, Step::Pick(p)) => {
            let along = |step| match step {
                Step::Pick(q) => q.along,
                Step::At(c) if c.cross == p.block => 0,
                Step::At(_) => grid.stretch[p.block][p.aisle],
            };
            (traffic.stretch[p.block][p.aisle], along(to) - along(from))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::grid::GridError;
    use crate::tour::traffic::Direction;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::{BTreeMap, BinaryHeap};

    type Question = (Grid, Traffic, Crossing, Crossing, Vec<Place>);

    /// Every link of the floor, cut at the places, as it may be walked.
    fn links((grid, traffic, .., places): &Question) -> Vec<(Step, Step, i64)> {
        let mut links = Vec::new();
        let mut add = |a, b, length: i64, lane: Lane| {
            let ways = [(a, b, true), (b, a, false)].into_iter().filter(|w| lane.direction.allows(w.2));
            links.extend(ways.map(|(from, to, _)| (from, to, length * lane.weight)));
        };
        for (cross, lengths) in grid.across.iter().enumerate() {
            for (aisle, &length) in lengths.iter().enumerate() {
                let [a, b] = [aisle, aisle + 1].map(|aisle| Step::At(Crossing { aisle, cross }));
                add(a, b, length, traffic.across[cross][aisle]);
            }
        }
        for (block, lengths) in grid.stretch.iter().enumerate() {
            for (aisle, &length) in lengths.iter().enumerate() {
                let mut line: Vec<Place> =
                    places.iter().copied().filter(|p| (p.aisle, p.block) == (aisle, block)).collect();
                line.sort_unstable();
                line.dedup();
                let (mut before, mut along) = (Step::At(Crossing { aisle, cross: block }), 0);
                for place in line {
                    add(before, Step::Pick(place), place.along - along, traffic.stretch[block][aisle]);
                    (before, along) = (Step::Pick(place), place.along);
                }
                let back = Step::At(Crossing { aisle, cross: block + 1 });
                add(before, back, length - along, traffic.stretch[block][aisle]);
            }
        }
        links
    }

    /// The least cost over every state of where one is and what one has seen.
    fn by_states(question: &Question) -> Option<i64> {
        let (_, _, start, end, places) = question;
        let mut out: BTreeMap<Step, Vec<(Step, i64)>> = BTreeMap::new();
        for (from, to, cost) in links(question) {
            out.entry(from).or_default().push((to, cost));
        }
        let seen_at = |step: Step| {
            let here = places.iter().enumerate().filter(|(_, p)| step == Step::Pick(**p));
            here.fold(0_u32, |seen, (bit, _)| seen | 1 << bit)
        };
        let all = (1_u32 << places.len()) - 1;
        let mut known = BTreeMap::new();
        let mut open = BinaryHeap::from([Reverse((0_i64, Step::At(*start), 0_u32))]);
        while let Some(Reverse((cost, at, seen))) = open.pop() {
            if (at, seen) == (Step::At(*end), all) {
                return Some(cost);
            }
            if known.insert((at, seen), cost).is_some() {
                continue;
            }
            for &(to, more) in out.get(&at).into_iter().flatten() {
                open.push(Reverse((cost + more, to, seen | seen_at(to))));
            }
        }
        None
    }

    fn lanes(rows: usize, size: usize, both: u32) -> impl Strategy<Value = Vec<Vec<Lane>>> {
        let direction = prop_oneof![
            both => Just(Direction::Both), 1 => Just(Direction::Forward), 1 => Just(Direction::Back)
        ];
        let lane = (direction, 1..4_i64).prop_map(|(direction, weight)| Lane { direction, weight });
        proptest::collection::vec(proptest::collection::vec(lane, size), rows)
    }

    fn questions() -> impl Strategy<Value = Question> {
        (1..6_usize, 2..5_usize, 1..5_u32).prop_flat_map(|(aisles, cross, both)| {
            let rows = |length: std::ops::Range<i64>, size, rows| {
                proptest::collection::vec(proptest::collection::vec(length, size), rows)
            };
            let end = move || (0..aisles, 0..cross).prop_map(|(aisle, cross)| Crossing { aisle, cross });
            let place = (0..aisles, 0..cross - 1, 0..9_i64);
            let floor = (rows(1..9, aisles, cross - 1), rows(1..6, aisles - 1, cross));
            let traffic = (lanes(cross - 1, aisles, both), lanes(cross, aisles - 1, both + 2));
            (floor, traffic, end(), end(), proptest::collection::vec(place, 0..8)).prop_map(
                |((stretch, across), (lanes, along), start, end, raw)| {
                    let place = |(aisle, block, along): (usize, usize, i64)| {
                        let most: i64 = stretch[block][aisle];
                        Place { aisle, block, along: along.min(most) }
                    };
                    let places = raw.into_iter().map(place).collect();
                    (Grid { stretch, across }, Traffic { stretch: lanes, across: along }, start, end, places)
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn walks_are_as_cheap_as_all_states_say(question in questions()) {
            let (grid, traffic, start, end, places) = &question;
            match grid.guided(traffic, *start, *end, places) {
                Ok(guided) => {
                    prop_assert_eq!(check(grid, traffic, *start, *end, places, &guided), Ok(()));
                    prop_assert_eq!(Some(guided.cost), by_states(&question));
                }
                Err(error) => prop_assert_eq!((error, by_states(&question)), (GridError::NoWay, None)),
            }
        }
    }

    #[test]
    fn one_aisle_back_for_many_there_is_walked_again_and_again() {
        let grid = Grid::even(6, 3, &[10]);
        let mut traffic = Traffic::free(&grid);
        for (aisle, lane) in traffic.stretch[0].iter_mut().enumerate() {
            lane.direction = if aisle == 0 { Direction::Back } else { Direction::Forward };
        }
        let home = Crossing { aisle: 0, cross: 0 };
        let places: Vec<Place> = (1..6).map(|aisle| Place { aisle, block: 0, along: 5 }).collect();
        let guided = grid.guided(&traffic, home, home, &places).unwrap();
        assert_eq!(check(&grid, &traffic, home, home, &places, &guided), Ok(()));
        // Five rounds, each to an aisle, up, back to the first and down.
        assert_eq!(guided.walk.length, 5 * 20 + 2 * 3 * (1 + 2 + 3 + 4 + 5));
        traffic.stretch[0][0].direction = Direction::Forward;
        assert_eq!(grid.guided(&traffic, home, home, &places), Err(GridError::NoWay));
    }

    #[test]
    fn a_crowded_aisle_is_gone_around() {
        let grid = Grid::even(3, 2, &[10]);
        let mut traffic = Traffic::free(&grid);
        let [front, back] = [0, 1].map(|cross| Crossing { aisle: 1, cross });
        let free = grid.guided(&traffic, front, back, &[]).unwrap();
        assert_eq!((free.walk.length, free.cost), (10, 10));
        traffic.stretch[0][1].weight = 2;
        let around = grid.guided(&traffic, front, back, &[]).unwrap();
        assert_eq!((around.walk.length, around.cost), (14, 14));
        assert_eq!(check(&grid, &traffic, front, back, &[], &around), Ok(()));
        assert!(check(&grid, &Traffic::free(&grid), front, front, &[], &around).is_err());
    }
}
