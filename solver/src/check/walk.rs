//! Judges a walk over aisles: step by step along the floor, all places seen.

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::picking_formats::sprp::Errand;
use crate::tour::grid::{Crossing, Grid, Place, Step, Walk};

/// Checks a walk against the floor and the places it was asked for.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(grid: &Grid, start: Crossing, end: Crossing, places: &[Place], walk: &Walk) -> Result<(), Flaw> {
    demand!(walk.steps.first() == Some(&Step::At(start)), "the walk does not begin at {start:?}");
    demand!(walk.steps.last() == Some(&Step::At(end)), "the walk does not end at {end:?}");
    let mut length = 0;
    for pair in walk.steps.windows(2) {
        let Some(step) = between(grid, pair[0], pair[1]) else {
            return Err(Flaw(format!("no straight way from {:?} to {:?}", pair[0], pair[1])));
        };
        length += step;
    }
    demand!(length == walk.length, "length is {length}, said {}", walk.length);
    for place in places {
        demand!(walk.steps.contains(&Step::Pick(*place)), "{place:?} is not visited");
    }
    Ok(())
}

/// Checks that a walk from and to the errand's depot passes enough of all it wants.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn errand(errand: &Errand, walk: &Walk) -> Result<(), Flaw> {
    check(&errand.grid, errand.depot, errand.depot, &[], walk)?;
    let seen: BTreeSet<Step> = walk.steps.iter().copied().collect();
    for (number, (units, at)) in errand.wants.iter().enumerate() {
        let passed = at.iter().filter(|(place, _)| seen.contains(&Step::Pick(*place)));
        let have: u128 = passed.map(|(_, units)| u128::from(*units)).sum();
        demand!(have >= u128::from(*units), "want {number}: {have} of {units} are passed");
    }
    Ok(())
}

/// Length of one step along an aisle or along a cross-aisle to the next aisle.
fn between(grid: &Grid, a: Step, b: Step) -> Option<i64> {
    let along = |step: Step, aisle: usize, block: usize| match step {
        Step::Pick(p) => (p.aisle == aisle && p.block == block).then_some(p.along),
        Step::At(c) if c.aisle != aisle => None,
        Step::At(c) if c.cross == block => Some(0),
        Step::At(c) => (c.cross == block + 1).then(|| grid.stretch[block][aisle]),
    };
    match (a, b) {
        (Step::At(a), Step::At(b)) if a.cross == b.cross => {
            (a.aisle.abs_diff(b.aisle) == 1).then(|| grid.across[a.cross][a.aisle.min(b.aisle)])
        }
        (Step::At(c), Step::At(d)) => {
            (c.aisle == d.aisle && c.cross.abs_diff(d.cross) == 1).then(|| grid.stretch[c.cross.min(d.cross)][c.aisle])
        }
        (Step::Pick(p), other) | (other, Step::Pick(p)) => Some((along(other, p.aisle, p.block)? - p.along).abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::tour::aisles::{Block, Spot};
    use crate::{graph::Graph, tour};
    use proptest::prelude::*;

    /// The floor as a graph of crossings and places, and the places' nodes.
    fn graph(grid: &Grid, ends: [Crossing; 2], places: &[Place]) -> Matrix {
        let (cross, aisles) = (grid.across.len(), grid.stretch[0].len());
        let node = |c: Crossing| c.aisle * cross + c.cross;
        let mut graph = Graph::new(aisles * cross + places.len());
        for (row, lengths) in grid.across.iter().enumerate() {
            for (aisle, &length) in lengths.iter().enumerate() {
                let left = Crossing { aisle, cross: row };
                graph.add_both(node(left), node(Crossing { aisle: aisle + 1, cross: row }), length).unwrap();
            }
        }
        for (block, lengths) in grid.stretch.iter().enumerate() {
            for (aisle, &length) in lengths.iter().enumerate() {
                let foot = node(Crossing { aisle, cross: block });
                graph.add_both(foot, foot + 1, length).unwrap();
                let here: Vec<usize> =
                    (0..places.len()).filter(|&p| places[p].aisle == aisle && places[p].block == block).collect();
                for &p in &here {
                    let at = aisles * cross + p;
                    graph.add_both(foot, at, places[p].along).unwrap();
                    graph.add_both(at, foot + 1, length - places[p].along).unwrap();
                    for &q in &here {
                        let way = (places[p].along - places[q].along).abs();
                        graph.add_edge(at, aisles * cross + q, way).unwrap();
                    }
                }
            }
        }
        let mut nodes: Vec<usize> = (0..places.len()).map(|p| aisles * cross + p).collect();
        nodes.extend(ends.map(node));
        graph.matrix(&nodes).unwrap()
    }

    fn floors() -> impl Strategy<Value = (Grid, Crossing, Crossing, Vec<Place>)> {
        (1..6_usize, 2..5_usize, any::<bool>()).prop_flat_map(|(aisles, cross, even)| {
            let stretch = if even { 7..8_i64 } else { 1..9_i64 };
            let across = if even { 3..4_i64 } else { 1..6_i64 };
            let stretch = proptest::collection::vec(proptest::collection::vec(stretch, aisles), cross - 1);
            let across = proptest::collection::vec(proptest::collection::vec(across, aisles - 1), cross);
            let end = move || (0..aisles, 0..cross).prop_map(|(aisle, cross)| Crossing { aisle, cross });
            let place = (0..aisles, 0..cross - 1, 0..9_i64);
            (stretch, across, end(), end(), proptest::collection::vec(place, 0..9)).prop_map(
                |(stretch, across, start, end, raw)| {
                    let place = |(aisle, block, along): (usize, usize, i64)| {
                        let most: i64 = stretch[block][aisle];
                        Place { aisle, block, along: along.min(most) }
                    };
                    let places = raw.into_iter().map(place).collect();
                    (Grid { stretch, across }, start, end, places)
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(800))]
        #[test]
        fn walks_are_as_short_as_subsets_say((grid, start, end, mut places) in floors()) {
            let walk = grid.walk(start, end, &places).unwrap();
            prop_assert_eq!(check(&grid, start, end, &places, &walk), Ok(()));
            places.sort_unstable();
            places.dedup();
            let matrix = graph(&grid, [start, end], &places);
            let stops: Vec<usize> = (0..places.len()).collect();
            let best = tour::tour(&matrix, places.len(), places.len() + 1, &stops, 1).unwrap();
            prop_assert_eq!(walk.length, best.length);
        }

        #[test]
        fn lengths_without_a_path_agree(
            aisles in 1..8_u32, pitch in 1..8_u32, length in 1..40_u32, depot in 0..8_u32,
            raw in proptest::collection::vec((0..8_u32, 0..=40_u32), 0..25),
        ) {
            let block = Block { pitch, length, depot: depot % aisles };
            let mut spots: Vec<Spot> =
                raw.iter().map(|&(a, y)| Spot::new(a % aisles, y.min(length))).collect();
            spots.sort_unstable();
            let grid = Grid::even(aisles as usize, i64::from(pitch), &[i64::from(length)]);
            let home = Crossing { aisle: block.depot as usize, cross: 0 };
            let place = |s: &Spot| Place { aisle: s.aisle() as usize, block: 0, along: i64::from(s.along()) };
            let places: Vec<Place> = spots.iter().map(place).collect();
            let walk = grid.walk(home, home, &places).unwrap();
            prop_assert_eq!(check(&grid, home, home, &places, &walk), Ok(()));
            prop_assert_eq!(walk.length, block.shortest(&spots));
        }
    }

    #[test]
    fn a_walk_through_a_shelf_is_seen() {
        let grid = Grid::even(2, 3, &[10]);
        let at = |aisle, cross| Crossing { aisle, cross };
        let steps = vec![Step::At(at(0, 0)), Step::At(at(1, 1))];
        let walk = Walk { steps, length: 13 };
        assert!(check(&grid, at(0, 0), at(1, 1), &[], &walk).is_err());
    }

    #[test]
    fn off_the_floor_is_an_error() {
        let grid = Grid::even(2, 3, &[10]);
        let home = Crossing { aisle: 0, cross: 0 };
        assert!(grid.walk(home, home, &[Place { aisle: 2, block: 0, along: 1 }]).is_err());
        assert!(grid.walk(home, home, &[Place { aisle: 0, block: 0, along: 11 }]).is_err());
        assert!(Grid::even(0, 3, &[10]).walk(home, home, &[]).is_err());
    }
}
