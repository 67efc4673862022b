//! Goods to person against small worlds whose best answer is known, and against the
//! checker.

use super::fleet::{Floor, Return, errands};
use super::*;
use crate::check;
use proptest::prelude::*;

fn line(article: usize, units: u32) -> Line {
    Line { article, units }
}

#[test]
fn one_shelf_serves_all_who_are_open() {
    let shelf =
        |articles: &[usize], way: i64| Shelf { stock: articles.iter().map(|&a| (a, 9)).collect(), way: vec![way] };
    let job = Job {
        orders: vec![vec![line(0, 1)], vec![line(1, 2)], vec![line(2, 1), line(0, 1)]],
        shelves: vec![shelf(&[0], 1), shelf(&[1], 1), shelf(&[2], 1), shelf(&[0, 1, 2], 50)],
        slots: vec![3],
    };
    let base = job.first_come().unwrap();
    assert_eq!((base.visits(), check::goods::check(&job, &base)), (3, Ok(())));
    let plan = job.solve(1, &mut |tried, _| tried as f64 / 200.0).unwrap();
    assert_eq!((plan.visits(), check::goods::check(&job, &plan)), (1, Ok(())));
    // With room for one order at a time nothing is shared between them.
    let narrow = Job { slots: vec![1], ..job };
    let plan = narrow.solve(1, &mut |tried, _| tried as f64 / 200.0).unwrap();
    assert_eq!((plan.visits(), check::goods::check(&narrow, &plan)), (3, Ok(())));
}

#[test]
fn says_what_is_missing() {
    let mut job = Job {
        orders: vec![vec![line(0, 5)]],
        shelves: vec![Shelf { stock: vec![(0, 4)], way: vec![1] }],
        slots: vec![2],
    };
    assert_eq!(job.first_come(), Err(Refusal::Short { article: 0, wanted: 5, there: 4 }));
    job.orders[0][0].units = 0;
    assert_eq!(job.first_come(), Err(Refusal::Units { order: 0, units: 0 }));
    job.shelves[0].way.clear();
    assert_eq!(job.first_come(), Err(Refusal::NoWay { shelf: 0 }));
    job.slots.clear();
    assert_eq!(job.first_come(), Err(Refusal::NoStation));
}

fn jobs() -> impl Strategy<Value = Job> {
    let stock = proptest::collection::vec((0..6_usize, 1..4_u32), 1..4);
    let shelves = proptest::collection::vec((stock, proptest::collection::vec(0..9_i64, 2)), 1..8);
    let order = proptest::collection::vec((0..6_usize, 1..4_u32), 0..4);
    let orders = proptest::collection::vec(order, 0..7);
    (orders, shelves, proptest::collection::vec(1..4_usize, 1..3)).prop_map(|(orders, shelves, slots)| {
        let shelves = shelves.into_iter().map(|(stock, mut way)| {
            way.truncate(slots.len());
            Shelf { stock, way }
        });
        // A last shelf that has enough of everything.
        let rest = Shelf { stock: (0..6).map(|a| (a, 99)).collect(), way: vec![20; slots.len()] };
        let orders = orders.into_iter().map(|o| o.into_iter().map(|(a, u)| line(a, u)).collect());
        Job { orders: orders.collect(), shelves: shelves.chain([rest]).collect(), slots }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn plans_hold_and_respect_the_bound(job in jobs(), seed in any::<u64>()) {
        let base = job.first_come().unwrap();
        prop_assert_eq!(check::goods::check(&job, &base), Ok(()));
        let plan = job.solve(seed, &mut |tried, _| tried as f64 / 300.0).unwrap();
        prop_assert_eq!(check::goods::check(&job, &plan), Ok(()));
        prop_assert_eq!(&plan, &job.solve(seed, &mut |tried, _| tried as f64 / 300.0).unwrap());
        if let Some(bound) = least_visits(&job, 500) {
            prop_assert!(plan.visits() as f64 >= bound.visits - 1e-6, "{} below {:?}", plan.visits(), bound);
        }
        let floor = Floor {
            stations: vec![(0, 0), (0, 9)][..job.slots.len()].to_vec(),
            places: (0..job.shelves.len() as i64 + 2).map(|p| (p + 1, p % 3)).collect(),
            vehicles: vec![(0, 0), (3, 3)],
        };
        for back in [Return::Home, Return::Popular] {
            let errands = errands(&job, &plan, &floor, back);
            prop_assert_eq!(errands.len(), plan.visits());
            let mut at: Vec<usize> = (0..job.shelves.len()).collect();
            for e in &errands {
                prop_assert_eq!(at[e.shelf], e.places.0);
                at[e.shelf] = e.places.1;
            }
            let distinct: std::collections::BTreeSet<usize> = at.iter().copied().collect();
            prop_assert_eq!(distinct.len(), at.len(), "two shelves in one place");
        }
    }
}
