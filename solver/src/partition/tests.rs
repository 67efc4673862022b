//! Covers against trying every choice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A pool of sets as bits; singles make sure that a cover exists, and are named.
fn filled(n: usize, columns: &[(u32, i64)]) -> (Pool, Vec<u64>, BTreeMap<u32, i64>) {
    let mut pool = Pool::new(n, 1_000);
    let mut by: BTreeMap<u32, i64> = (0..n).map(|e| (1 << e, 40)).collect();
    for &(set, cost) in columns {
        by.entry(set).and_modify(|c| *c = cost.min(*c)).or_insert(cost);
    }
    for (&set, &cost) in &by {
        pool.add(u64::from(set), (0..n).filter(|e| set >> e & 1 == 1), cost);
    }
    (pool, (0..n).map(|e| 1 << e).collect(), by)
}

/// Least cost of covering what is left, by trying all.
fn least(left: u32, columns: &BTreeMap<u32, i64>) -> Option<i64> {
    if left == 0 {
        return Some(0);
    }
    let first = left & left.wrapping_neg();
    let fitting = columns.iter().filter(|(set, _)| **set & first != 0 && **set & !left == 0);
    fitting.filter_map(|(&set, &cost)| Some(cost + least(left & !set, columns)?)).min()
}

/// Pools of up to seven elements.
fn pools() -> impl Strategy<Value = (usize, Vec<(u32, i64)>)> {
    (1..8_usize).prop_flat_map(|n| (Just(n), proptest::collection::vec((1..1_u32 << n, 0..60_i64), 0..40)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_cover_is_the_cheapest((n, columns) in pools()) {
        let (pool, start, columns) = filled(n, &columns);
        let prices = pool.prices(&start).unwrap();
        let cover = pool.cover(&start, &prices, &mut || false).unwrap();
        let best = least((1 << n) - 1, &columns).unwrap();
        prop_assert_eq!((cover.cost, cover.proven), (best, true));
        prop_assert!(prices.bound() <= best as f64 + 1e-6, "{} above {best}", prices.bound());
        let keys: Vec<u64> = cover.columns.iter().map(|&c| pool.column(c).key).collect();
        prop_assert_eq!(pool.start(&keys), Some((cover.columns.clone(), best)));
        // An optimal start stays, and one that is stopped at once stays as it was.
        let prices = pool.prices(&keys).unwrap();
        prop_assert_eq!(pool.cover(&keys, &prices, &mut || false).unwrap().columns, cover.columns);
        let stopped = pool.cover(&start, &prices, &mut || true).unwrap();
        prop_assert!(stopped.cost >= best && (stopped.cost == best || !stopped.proven));
    }
}

#[test]
fn what_is_no_cover_begins_nothing() {
    let mut pool = Pool::new(2, 10);
    pool.add(1, [0], 5);
    pool.add(3, [0, 1], 9);
    // One element missing, one twice, an unknown name.
    for named in [&[1][..], &[1, 3], &[9]] {
        assert_eq!(pool.prices(named), None);
    }
    let prices = pool.prices(&[3]).unwrap();
    assert_eq!(pool.cover(&[3], &prices, &mut || false).map(|c| c.cost), Some(9));
}

#[test]
fn a_full_pool_takes_no_more() {
    let mut pool = Pool::new(2, 2);
    pool.add(1, [0], 5);
    pool.add(1, [0], 4);
    assert_eq!((pool.len(), pool.column(0).cost), (1, 5));
    pool.add(2, [1], 5);
    pool.add(3, [0, 1], 1);
    assert_eq!(pool.len(), 2);
}

#[test]
fn a_full_pool_refuses_until_it_is_widened() {
    let mut pool = Pool::new(2, 1);
    pool.add(1, [0], 5);
    pool.add(2, [1], 5);
    assert!(pool.len() == 1 && pool.prices(&[1, 2]).is_none());
    pool.widen(1);
    pool.add(2, [1], 5);
    assert!(pool.len() == 2 && pool.prices(&[1, 2]).is_some());
}
