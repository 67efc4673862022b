//! Judges a choice among scattered places: enough of everything, the length right.

use super::{Flaw, demand};
use crate::tour::aisles::Block;
use crate::tour::grid::{Crossing, Grid, Place};
use crate::tour::scattered::{Choice, Want};

/// Checks a choice of places against what is wanted; the tour is walked again by
/// the grid's programme.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(block: &Block, wants: &[Want], choice: &Choice) -> Result<(), Flaw> {
    demand!(choice.picks.len() == wants.len(), "{} articles of {}", choice.picks.len(), wants.len());
    let mut places = Vec::new();
    for (number, (want, picks)) in wants.iter().zip(&choice.picks).enumerate() {
        demand!(picks.windows(2).all(|w| w[0] < w[1]), "article {number} names places twice or out of order");
        let mut units = 0_u128;
        for &pick in picks {
            demand!(pick < want.offers.len(), "article {number} has no place {pick}");
            let (spot, there) = want.offers[pick];
            units += u128::from(there);
            places.push(Place { aisle: spot.aisle() as usize, block: 0, along: i64::from(spot.along()) });
        }
        demand!(units >= u128::from(want.units), "article {number}: {units} of {}", want.units);
    }
    let width = places.iter().map(|p| p.aisle).max().unwrap_or(0).max(block.depot as usize) + 1;
    let grid = Grid::even(width, i64::from(block.pitch), &[i64::from(block.length)]);
    let home = Crossing { aisle: block.depot as usize, cross: 0 };
    let walk = grid.walk(home, home, &places).map_err(|e| Flaw(e.to_string()))?;
    demand!(walk.length == choice.length, "the tour is {} long, said {}", walk.length, choice.length);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::aisles::Spot;
    use crate::tour::scattered::choose;
    use proptest::prelude::*;

    fn errands() -> impl Strategy<Value = (Block, Vec<Want>)> {
        let offer = (0..5_u32, 0..=9_u32, 1..4_u64).prop_map(|(a, y, n)| (Spot::new(a, y), n));
        let want = (proptest::collection::vec(offer, 1..5), 1..4_u64).prop_map(|(offers, units)| {
            let most = offers.iter().map(|o| o.1).sum();
            Want { units: units.min(most), offers }
        });
        let wants = proptest::collection::vec(want, 0..5);
        (wants, 0..5_u32, 1..6_u32).prop_map(|(wants, depot, pitch)| (Block { pitch, length: 10, depot }, wants))
    }

    /// The least length over all choices.
    fn least(block: &Block, wants: &[Want], spots: &mut Vec<Spot>) -> i64 {
        let Some((want, rest)) = wants.split_first() else {
            let mut spots = spots.clone();
            spots.sort_unstable();
            return block.shortest(&spots);
        };
        let mut best = i64::MAX;
        for set in 0..1_u32 << want.offers.len() {
            let chosen = || want.offers.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1).map(|(_, o)| o);
            if chosen().map(|o| o.1).sum::<u64>() >= want.units {
                let kept = spots.len();
                spots.extend(chosen().map(|o| o.0));
                best = best.min(least(block, rest, spots));
                spots.truncate(kept);
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]
        #[test]
        fn small_errands_are_chosen_best((block, wants) in errands(), seed in any::<u64>()) {
            let mut pace = |rounds: u64, _: i64| rounds as f64 / 6_000.0;
            let choice = choose(&block, &wants, seed, &mut pace).unwrap();
            prop_assert_eq!(check(&block, &wants, &choice), Ok(()));
            prop_assert_eq!(choice.length, least(&block, &wants, &mut vec![]));
        }
    }

    #[test]
    fn too_little_in_stock_is_no_choice() {
        let block = Block { pitch: 3, length: 10, depot: 0 };
        let mut wants = [Want { units: 3, offers: vec![(Spot::new(1, 4), 2)] }];
        assert_eq!(choose(&block, &wants, 1, &mut |_, _| 1.0), None);
        wants[0].units = 2;
        let mut choice = choose(&block, &wants, 1, &mut |_, _| 1.0).unwrap();
        assert_eq!((choice.length, check(&block, &wants, &choice)), (14, Ok(())));
        choice.picks[0].clear();
        assert!(check(&block, &wants, &choice).is_err());
    }
}
