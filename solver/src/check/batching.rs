//! Judges batches: every order once, every cart within its rules, every tour sound.

use std::collections::BTreeSet;

use super::{Flaw, demand, tour, walk};
use crate::batching::{Batches, Order, Reason, Rules, aisles};
use crate::matrix::Matrix;
use crate::tour::aisles::Spot;
use crate::tour::grid::{Crossing, Grid, Place};

/// Checks the batches against the orders and rules they answer.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn check(orders: &[Order], rules: &Rules, matrix: &Matrix, depot: usize, answer: &Batches) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    let mut sum = 0;
    for (number, batch) in answer.batches.iter().enumerate() {
        demand!(!batch.orders.is_empty(), "batch {number} is empty");
        for &order in &batch.orders {
            demand!(order < orders.len(), "order {order} does not exist");
            demand!(seen.insert(order), "order {order} is batched twice");
        }
        within(orders, rules, &batch.orders)?;
        let places = batch.orders.iter().flat_map(|&o| &orders[o].nodes);
        let places: Vec<usize> = places.copied().filter(|&p| p != depot).collect();
        tour::check(matrix, depot, depot, &places, &batch.tour)?;
        sum += batch.tour.length;
    }
    demand!(sum == answer.length, "length is {sum}, said {}", answer.length);
    for &(order, reason) in &answer.unbatched {
        demand!(order < orders.len(), "order {order} does not exist");
        demand!(seen.insert(order), "order {order} is batched and refused");
        demand!(
            reason == Reason::Unreachable || within(orders, rules, &[order]).is_err(),
            "order {order} is refused for {reason:?} but fits a cart"
        );
    }
    demand!(seen.len() == orders.len(), "an order is lost");
    Ok(())
}

/// Checks batches on a block of aisles: each order once, every cart within its
/// capacity, every length that of a walk found by the programme for many
/// cross-aisles, which shares no code with the one that was searched with.
///
/// # Errors
/// A [`Flaw`] with the first violation.
pub fn aisles(job: &aisles::Job, batches: &[aisles::Batch]) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    let spots = || job.orders.iter().flat_map(|o| &o.spots);
    let width = spots().map(|s| s.aisle()).chain([job.block.depot]).max().unwrap_or(0) as usize + 1;
    let grid = Grid::even(width, i64::from(job.block.pitch), &[i64::from(job.block.length)]);
    let home = Crossing { aisle: job.block.depot as usize, cross: 0 };
    for (number, batch) in batches.iter().enumerate() {
        demand!(!batch.orders.is_empty(), "batch {number} is empty");
        for &order in &batch.orders {
            demand!(order < job.orders.len(), "order {order} does not exist");
            demand!(seen.insert(order), "order {order} is batched twice");
        }
        for kind in 0..aisles::LOADS {
            let load: i128 = batch.orders.iter().map(|&o| i128::from(job.orders[o].load[kind])).sum();
            demand!(load <= i128::from(job.capacity[kind]), "batch {number} loads {load} of kind {kind}");
        }
        let place = |s: &Spot| Place { aisle: s.aisle() as usize, block: 0, along: i64::from(s.along()) };
        let places: Vec<Place> = batch.orders.iter().flat_map(|&o| job.orders[o].spots.iter().map(place)).collect();
        let walk = grid.walk(home, home, &places).map_err(|e| Flaw(e.to_string()))?;
        walk::check(&grid, home, home, &places, &walk)?;
        demand!(walk.length == batch.length, "batch {number} is {} long, said {}", walk.length, batch.length);
    }
    demand!(seen.len() == job.orders.len(), "an order is lost");
    Ok(())
}

/// What is counted, its limit, and how much one order adds.
type Row = (&'static str, Option<i128>, fn(&Order) -> i64);

fn within(orders: &[Order], rules: &Rules, group: &[usize]) -> Result<(), Flaw> {
    let most = rules.max_orders.map(|m| m as i128);
    let rows: [Row; 4] = [
        ("orders", most, |_| 1),
        ("totes", rules.max_totes.map(i128::from), |o| o.totes),
        ("grams", rules.max_weight_g.map(i128::from), |o| o.weight_g),
        ("millilitres", rules.max_volume_ml.map(i128::from), |o| o.volume_ml),
    ];
    for (what, limit, of) in rows {
        let load: i128 = group.iter().map(|&o| i128::from(of(&orders[o]))).sum();
        demand!(limit.is_none_or(|most| load <= most), "orders {group:?} load {load} {what} of {limit:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batching::batch;
    use proptest::prelude::*;

    fn orders(places: usize) -> impl Strategy<Value = Vec<Order>> {
        let nodes = proptest::collection::vec(0..places, 0..5);
        let grams = prop_oneof![9 => 0..2000_i64, 1 => Just(i64::MAX)];
        let order = (nodes, 0..4_i64, grams, 0..3000_i64);
        let order = order.prop_map(|(nodes, totes, weight_g, volume_ml)| Order { nodes, totes, weight_g, volume_ml });
        proptest::collection::vec(order, 0..14)
    }

    fn rules() -> impl Strategy<Value = Rules> {
        let o = proptest::option::of::<std::ops::Range<i64>>;
        let orders = proptest::option::of(0..6_usize);
        (orders, o(0..10), o(500..6000), o(500..9000)).prop_map(|(n, t, w, v)| Rules {
            max_orders: n,
            max_totes: t,
            max_weight_g: w,
            max_volume_ml: v,
        })
    }

    fn floor(points: &[(i64, i64)], holes: &[bool]) -> Matrix {
        let way = |i: usize, j: usize| {
            let ((a, b), (c, d)) = (points[i], points[j]);
            let hole = holes[(i * 7 + j) % holes.len()] && i != j;
            (!hole).then_some((a - c).abs() + (b - d).abs())
        };
        Matrix::from_fn(points.len(), way).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]
        #[test]
        fn every_order_once_and_every_cart_within_its_rules(
            points in proptest::collection::vec((0..50_i64, 0..20_i64), 12..13),
            orders in orders(12),
            rules in rules(),
        ) {
            let matrix = floor(&points, &[false]);
            let answer = batch(&orders, &rules, &matrix, 0, 1).unwrap();
            prop_assert_eq!(check(&orders, &rules, &matrix, 0, &answer), Ok(()));
            let alone = Rules { max_orders: Some(1), ..rules };
            if rules.max_orders != Some(0) {
                let alone = batch(&orders, &alone, &matrix, 0, 1).unwrap();
                prop_assert!(answer.length <= alone.length);
            }
        }

        #[test]
        fn a_floor_with_holes_does_not_confuse_it(
            points in proptest::collection::vec((0..50_i64, 0..20_i64), 12..13),
            holes in proptest::collection::vec(proptest::bool::weighted(0.1), 17..18),
            orders in orders(12),
            rules in rules(),
        ) {
            let matrix = floor(&points, &holes);
            if let Ok(answer) = batch(&orders, &rules, &matrix, 0, 1) {
                prop_assert_eq!(check(&orders, &rules, &matrix, 0, &answer), Ok(()));
            }
        }
    }

    fn jobs() -> impl Strategy<Value = aisles::Job> {
        let spot = (0..4_u32, 0..=12_u32).prop_map(|(a, y)| Spot::new(a, y));
        let order = (proptest::collection::vec(spot, 0..5), 1..4_i64);
        let order = order.prop_map(|(spots, n)| aisles::Order { spots, load: [n, 0, 0, 0] });
        let orders = proptest::collection::vec(order, 0..7);
        (orders, 3..9_i64, 0..4_u32).prop_map(|(orders, most, depot)| aisles::Job {
            block: crate::tour::aisles::Block { pitch: 3, length: 12, depot },
            orders,
            capacity: [most, i64::MAX, i64::MAX, i64::MAX],
        })
    }

    /// Least total over all ways to part the orders.
    fn least(job: &aisles::Job, from: usize, groups: &mut Vec<Vec<usize>>) -> i64 {
        if from == job.orders.len() {
            let length = |g: &Vec<usize>| {
                let mut spots: Vec<Spot> = g.iter().flat_map(|&o| job.orders[o].spots.clone()).collect();
                spots.sort_unstable();
                job.block.shortest(&spots)
            };
            return groups.iter().map(length).sum();
        }
        let mut best = i64::MAX;
        for at in 0..=groups.len() {
            if at == groups.len() {
                groups.push(vec![]);
            }
            groups[at].push(from);
            if groups[at].iter().map(|&o| job.orders[o].load[0]).sum::<i64>() <= job.capacity[0] {
                best = best.min(least(job, from + 1, groups));
            }
            groups[at].pop();
            groups.retain(|g| !g.is_empty());
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn a_few_orders_on_aisles_are_parted_best(job in jobs(), seed in any::<u64>()) {
            let mut pace = |moves: u64, _: i64| moves as f64 / 40_000.0;
            let found = job.solve(seed, &mut pace).unwrap();
            prop_assert_eq!(aisles(&job, &found), Ok(()));
            let total: i64 = found.iter().map(|b| b.length).sum();
            prop_assert_eq!(total, least(&job, 0, &mut vec![]));
            let mut pace = |moves: u64, _: i64| moves as f64 / 40_000.0;
            prop_assert_eq!(job.solve(seed, &mut pace).unwrap(), found);
        }
    }
}
