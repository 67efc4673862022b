//! Judges a placement: every article a slot of its own, every tour walked again.

use std::collections::BTreeSet;

use super::{Flaw, demand};
use crate::slotting::tours::Demand;
use crate::tour::grid::{Crossing, Grid, Place};

/// Checks that `place` is a placement and that its tours have the length said.
/// The tours come from the grid's programme, not from the one of the search.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(demand: &Demand, place: &[usize], said: i64) -> Result<(), Flaw> {
    let slots = demand.slots();
    let mut used = BTreeSet::new();
    for (article, &slot) in place.iter().enumerate() {
        demand!(slot < slots.len(), "article {article} lies in slot {slot} of {}", slots.len());
        demand!(used.insert(slot), "slot {slot} holds article {article} and another");
    }
    let block = demand.block();
    let width = slots.iter().map(|s| s.aisle()).chain([block.depot]).max().unwrap_or(0) as usize + 1;
    let grid = Grid::even(width, i64::from(block.pitch), &[i64::from(block.length)]);
    let home = Crossing { aisle: block.depot as usize, cross: 0 };
    let mut sum = 0;
    for (basket, times) in demand.baskets() {
        let mut places = Vec::with_capacity(basket.len());
        for &article in basket {
            demand!(article < place.len(), "article {article} has no slot");
            let spot = slots[place[article]];
            places.push(Place { aisle: spot.aisle() as usize, block: 0, along: i64::from(spot.along()) });
        }
        let walk = grid.walk(home, home, &places).map_err(|e| Flaw(e.to_string()))?;
        sum += times * walk.length;
    }
    demand!(sum == said, "the tours are {sum} long, said {said}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slotting::tours::{Limits, Refusal};
    use crate::tour::aisles::{Block, Spot};
    use proptest::prelude::*;

    fn floors() -> impl Strategy<Value = Demand> {
        let baskets = proptest::collection::vec(proptest::collection::vec(0..9_usize, 0..5), 1..20);
        (baskets, 0..4_u32, 0..4_usize).prop_map(|(baskets, depot, spare)| {
            let slots = (0..9 + spare as u32).map(|s| Spot::new(s % 4, 1 + s / 4)).collect();
            Demand::new(Block { pitch: 3, length: 6, depot }, slots, 9, &baskets).unwrap()
        })
    }

    /// The best of every way to move up to two articles.
    fn two_moves(demand: &Demand, start: &[usize], worth: &dyn Fn(&[usize]) -> i64) -> i64 {
        let (articles, slots) = (start.len(), demand.slots().len());
        let mut best = worth(start);
        for (a, b) in (0..articles).flat_map(|a| (0..articles).map(move |b| (a, b))) {
            for (s, t) in (0..slots).flat_map(|s| (0..slots).map(move |t| (s, t))) {
                let mut place = start.to_vec();
                (place[a], place[b]) = (s, t);
                if place.iter().collect::<BTreeSet<_>>().len() == articles {
                    best = best.min(worth(&place));
                }
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn few_moves_are_as_good_as_any_that_few(demand in floors(), seed in any::<u64>(), cost in 0..12_i64) {
            let start = demand.at_random(seed);
            let limits = Limits { max_moved: 2, move_cost: cost, seed };
            let mut pace = |moves: u64, _: i64| moves as f64 / 30_000.0;
            let found = demand.improve(&start, limits, &mut pace).unwrap();
            let worth = |place: &[usize]| {
                let moved = start.iter().zip(place).filter(|(a, b)| a != b).count();
                demand.length(place).unwrap() + cost * moved as i64
            };
            prop_assert_eq!(worth(&found), two_moves(&demand, &start, &worth));
        }

        #[test]
        fn better_places_are_places_and_no_worse(demand in floors(), seed in any::<u64>(), most in 0..10_usize, cost in 0..40_i64) {
            let start = demand.at_random(seed);
            let limits = Limits { max_moved: most, move_cost: cost, seed };
            let mut pace = |moves: u64, _: i64| moves as f64 / 2_000.0;
            let found = demand.improve(&start, limits, &mut pace).unwrap();
            let (before, after) = (demand.length(&start).unwrap(), demand.length(&found).unwrap());
            prop_assert_eq!(check(&demand, &found, after), Ok(()));
            let moved = start.iter().zip(&found).filter(|(a, b)| a != b).count();
            prop_assert!(after + cost * moved as i64 <= before);
            prop_assert!(moved <= most);
            for start in [demand.by_frequency(), demand.by_class(seed), demand.closest_open()] {
                prop_assert_eq!(check(&demand, &start, demand.length(&start).unwrap()), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_bought_together_comes_together() {
        let slots: Vec<Spot> = (0..6).map(|s| Spot::new(s % 3, 2 + 5 * (s / 3))).collect();
        // Twice 0 with 1, twice 2 with 3: two tours into one aisle each.
        let baskets = [vec![0, 1], vec![2, 3], vec![0, 1], vec![2, 3]];
        let demand = Demand::new(Block { pitch: 10, length: 9, depot: 1 }, slots, 4, &baskets).unwrap();
        let limits = Limits { max_moved: 4, move_cost: 0, seed: 1 };
        let mut pace = |moves: u64, _: i64| moves as f64 / 4_000.0;
        let found = demand.improve(&[0, 1, 2, 3], limits, &mut pace).unwrap();
        // One pair in the depot's own aisle, one in a neighbour: 14 and 34 there and back.
        assert_eq!(demand.length(&found), Ok(2 * 14 + 2 * 34));
        assert_eq!(demand.length(&[0, 0, 1, 2]), Err(Refusal::Slotless { article: 1 }));
        assert!(check(&demand, &[0, 1, 2, 2], 0).is_err());
    }
}
