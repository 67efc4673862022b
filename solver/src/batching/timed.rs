//! Batches that are ready in time: short walks, and no order later than it must be.
//!
//! Batches are begun in the order of their earliest due time (Jackson's rule, 1955) by
//! whichever picker is free first, which is what a queue of tasks does. From the
//! shortest batches ([`super::batch`]) and from the most urgent ones, simulated
//! annealing moves and exchanges orders; lateness is priced as walking. Absent on
//! purpose: when to release, which the caller decides, and any clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::walk::{Floor, Group};
use super::{BatchError, Batches, Order, Rules, batch, finish, validate};
use crate::matrix::Matrix;

/// A millisecond that an order is late weighs as much as so many of work.
pub const LATE_WEIGHT: i64 = 10;

/// First and last temperature as shares of the first plan's cost.
const HOT: f64 = 0.02;
const COLD: f64 = 0.000_2;

/// Share of moves that open a batch of its own.
const ALONE: f64 = 0.1;

/// Who picks, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crew {
    /// How many pick at once; 0 counts as 1.
    pub pickers: usize,
    /// Length units of the matrix in a second.
    pub pace: i64,
    /// Once for a batch, ms.
    pub batch_ms: i64,
    /// For each place of each order, ms.
    pub visit_ms: i64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// Batches in the order in which they are to be begun.
    pub batches: Batches,
    /// Sum over the orders of how late they are ready, ms.
    pub late_ms: i64,
    /// Work of the crew, ms.
    pub work_ms: i64,
}

impl Timed {
    /// What the search makes small.
    pub fn cost(&self) -> i64 {
        self.work_ms.saturating_add(self.late_ms.saturating_mul(LATE_WEIGHT))
    }
}

/// Groups orders into tours that end in time. `due_ms[i]` says when order i must be
/// ready, counted from when the crew begins; `rounds` is the work allowed.
///
/// # Errors
/// [`BatchError`] names the order that makes no sense.
pub fn batch_in_time(
    (orders, due_ms): (&[Order], &[i64]),
    rules: &Rules,
    (matrix, depot): (&Matrix, usize),
    crew: &Crew,
    (rounds, seed): (u64, u64),
) -> Result<Timed, BatchError> {
    validate(orders, matrix, depot)?;
    let shortest = batch(orders, rules, matrix, depot, seed)?;
    let floor = Floor { orders, rules, matrix, depot };
    let shop = Shop { floor: &floor, due_ms, crew };
    let start: Vec<Group> = shortest
        .batches
        .iter()
        .map(|one| Group { orders: one.orders.clone(), walk: one.tour.order.clone(), length: one.tour.length })
        .collect();
    let alone: Vec<Group> = start.iter().flat_map(|g| g.orders.iter().filter_map(|&o| floor.alone(o).ok())).collect();
    let mut best = anneal(&shop, start, rounds, seed);
    // Many short batches are in time where few long ones are not.
    if shop.late(&best) > 0 {
        let other = anneal(&shop, alone, rounds, seed);
        if shop.cost(&other) < shop.cost(&best) {
            best = other;
        }
    }
    best.sort_by_key(|group| (shop.due(group), group.orders.clone()));
    let groups: Vec<_> = best.into_iter().map(|group| finish(&floor, group, seed)).collect();
    let done: Vec<Group> = groups
        .iter()
        .map(|one| Group { orders: one.orders.clone(), walk: one.tour.order.clone(), length: one.tour.length })
        .collect();
    let length = groups.iter().map(|one| one.tour.length).sum();
    Ok(Timed {
        late_ms: shop.late(&done),
        work_ms: done.iter().map(|group| shop.work_ms(group)).sum(),
        batches: Batches { batches: groups, unbatched: shortest.unbatched, length },
    })
}

/// The floor with its crew and when orders are due.
struct Shop<'a> {
    floor: &'a Floor<'a>,
    due_ms: &'a [i64],
    crew: &'a Crew,
}

impl Shop<'_> {
    fn work_ms(&self, group: &Group) -> i64 {
        let visits: usize = group.orders.iter().map(|&o| self.floor.orders[o].nodes.len()).sum();
        let visits = i64::try_from(visits).unwrap_or(i64::MAX);
        let walk_ms = group.length.saturating_mul(1_000) / self.crew.pace.max(1);
        walk_ms.saturating_add(self.crew.batch_ms).saturating_add(visits.saturating_mul(self.crew.visit_ms))
    }

    fn due_of(&self, order: usize) -> i64 {
        self.due_ms.get(order).copied().unwrap_or(i64::MAX)
    }

    fn due(&self, group: &Group) -> i64 {
        group.orders.iter().map(|&o| self.due_of(o)).min().unwrap_or(i64::MAX)
    }

    /// How late all orders are, when whoever is free begins the most urgent batch.
    fn late(&self, groups: &[Group]) -> i64 {
        let mut queue: Vec<&Group> = groups.iter().collect();
        queue.sort_by_key(|group| (self.due(group), group.orders.first().copied()));
        let mut free: BinaryHeap<Reverse<i64>> = (0..self.crew.pickers.max(1)).map(|_| Reverse(0)).collect();
        let mut late = 0_i64;
        for group in queue {
            let Some(Reverse(begin)) = free.pop() else { break };
            let end = begin.saturating_add(self.work_ms(group));
            for &order in &group.orders {
                late = late.saturating_add(end.saturating_sub(self.due_of(order)).max(0));
            }
            free.push(Reverse(end));
        }
        late
    }

    fn cost(&self, groups: &[Group]) -> i64 {
        let work: i64 = groups.iter().map(|group| self.work_ms(group)).sum();
        work.saturating_add(self.late(groups).saturating_mul(LATE_WEIGHT))
    }
}

/// The best plan met from `groups` on.
fn anneal(shop: &Shop<'_>, mut groups: Vec<Group>, rounds: u64, seed: u64) -> Vec<Group> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut now = shop.cost(&groups);
    let (mut best, mut least) = (groups.clone(), now);
    let scale = now as f64;
    for round in 0..rounds {
        if groups.iter().map(|group| group.orders.len()).sum::<usize>() < 2 {
            break;
        }
        let heat = scale * HOT * (COLD / HOT).powf(round as f64 / rounds as f64);
        let Some(other) = neighbour(shop.floor, &groups, &mut rng) else { continue };
        let cost = shop.cost(&other);
        let worse = (cost - now) as f64;
        if worse > 0.0 && rng.random::<f64>() >= (-worse / heat.max(1e-9)).exp() {
            continue;
        }
        (groups, now) = (other, cost);
        if now < least {
            least = now;
            best.clone_from(&groups);
        }
    }
    best
}

/// The plan with one order elsewhere, or two exchanged; `None` where that does not fit.
fn neighbour(floor: &Floor<'_>, groups: &[Group], rng: &mut ChaCha8Rng) -> Option<Vec<Group>> {
    let a = rng.random_range(0..groups.len());
    let one = groups[a].orders[rng.random_range(0..groups[a].orders.len())];
    let mut next = groups.to_vec();
    if groups.len() == 1 || rng.random::<f64>() < ALONE {
        next[a] = floor.altered(&groups[a], Some(one), None)?;
        next.push(floor.alone(one).ok()?);
    } else {
        let b = (a + rng.random_range(1..groups.len())) % groups.len();
        let exchange = rng.random::<bool>();
        let two = exchange.then(|| groups[b].orders[rng.random_range(0..groups[b].orders.len())]);
        next[a] = floor.polished(floor.altered(&groups[a], Some(one), two)?);
        next[b] = floor.polished(floor.altered(&groups[b], two, Some(one))?);
    }
    next.retain(|group| !group.orders.is_empty());
    Some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CREW: Crew = Crew { pickers: 1, pace: 1, batch_ms: 1_000, visit_ms: 500 };
    const ROUNDS: u64 = 800;

    fn order(nodes: &[usize]) -> Order {
        Order { nodes: nodes.to_vec(), totes: 1, ..Order::default() }
    }

    fn line(size: usize) -> Matrix {
        Matrix::from_fn(size, |i, j| Some(i.abs_diff(j) as i64)).unwrap()
    }

    #[test]
    fn an_urgent_order_does_not_wait_for_company() {
        // Together 40 s of walking; the near one alone is ready after 4.
        let (orders, matrix) = ([order(&[2]), order(&[20])], line(21));
        let rules = Rules::default();
        let plan = |due: [i64; 2]| {
            let asked = (&orders[..], &due[..]);
            batch_in_time(asked, &rules, (&matrix, 0), &CREW, (ROUNDS, 1)).unwrap()
        };
        let calm = plan([1_000_000, 1_000_000]);
        assert_eq!((calm.batches.batches.len(), calm.late_ms), (1, 0));
        let urgent = plan([6_000, 1_000_000]);
        let groups: Vec<_> = urgent.batches.batches.iter().map(|one| one.orders.clone()).collect();
        assert_eq!((groups, urgent.late_ms), (vec![vec![0], vec![1]], 0));
    }

    /// Every way to part the orders, the crew told by hand.
    fn least(shop: &Shop<'_>, from: usize, parts: &mut Vec<Vec<usize>>) -> i64 {
        if from == shop.due_ms.len() {
            let walked = |part: &Vec<usize>| {
                let mut group = shop.floor.alone(part[0]).ok()?;
                for &order in &part[1..] {
                    group = shop.floor.altered(&group, None, Some(order))?;
                }
                let found = crate::tour::tour(shop.floor.matrix, 0, 0, &group.walk, 1).ok()?;
                Some(Group { length: found.length, ..group })
            };
            let groups: Option<Vec<Group>> = parts.iter().map(walked).collect();
            return groups.map_or(i64::MAX, |groups| shop.cost(&groups));
        }
        let mut best = i64::MAX;
        for at in 0..=parts.len() {
            if at == parts.len() {
                parts.push(Vec::new());
            }
            parts[at].push(from);
            best = best.min(least(shop, from + 1, parts));
            parts[at].pop();
            parts.retain(|part| !part.is_empty());
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn everything_is_picked_once_and_little_is_left_to_gain(
            wanted in prop::collection::vec((prop::collection::vec(1..12_usize, 1..4), 0..60_000_i64), 1..6),
            pickers in 1..3_usize,
        ) {
            let matrix = line(12);
            let (orders, due): (Vec<Order>, Vec<i64>) =
                wanted.iter().map(|(nodes, due)| (order(nodes), *due)).unzip();
            let rules = Rules { max_orders: Some(3), ..Rules::default() };
            let crew = Crew { pickers, ..CREW };
            let plan = batch_in_time((&orders, &due), &rules, (&matrix, 0), &crew, (ROUNDS, 1)).unwrap();
            let mut seen: Vec<usize> = plan.batches.batches.iter().flat_map(|one| one.orders.clone()).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..orders.len()).collect::<Vec<_>>());
            prop_assert!(plan.batches.batches.iter().all(|one| one.orders.len() <= 3));
            let floor = Floor { orders: &orders, rules: &rules, matrix: &matrix, depot: 0 };
            let best = least(&Shop { floor: &floor, due_ms: &due, crew: &crew }, 0, &mut Vec::new());
            prop_assert!(plan.cost() >= best);
            prop_assert!(plan.cost() <= best + best / 20, "{} and {best}", plan.cost());
        }
    }
}
