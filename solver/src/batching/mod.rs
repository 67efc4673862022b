//! Batching: which orders one picker collects together.
//!
//! Savings after Clarke and Wright (Operations Research 12, 1964), recomputed
//! after each merge as in the variant "ii" of Henn, Koch, Doerner, Strauss and
//! Wäscher (BuR 3, 2010), then orders are moved and exchanged between batches
//! while that shortens the walk; ten or fewer are parted by trying every batch.
//! [`timed`] minds due times and who picks. Absent on purpose: release; the caller
//! hands over orders that may be picked now.

pub mod aisles;
mod few;
mod improve;
mod savings;
pub mod timed;
mod walk;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::matrix::Matrix;
use crate::tour::{Tour, tour};
use walk::{Floor, Group};

/// Most orders of one call; the savings grow with the square.
pub const MAX_ORDERS: usize = 1_000;

/// One order as the floor sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Places to visit, as matrix indices; repeats count once.
    pub nodes: Vec<usize>,
    /// Totes it fills.
    pub totes: i64,
    /// Weight in grams.
    pub weight_g: i64,
    /// Volume in millilitres.
    pub volume_ml: i64,
}

/// What one picker's cart holds; `None` for no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Orders.
    pub max_orders: Option<usize>,
    /// Totes.
    pub max_totes: Option<i64>,
    /// Weight in grams.
    pub max_weight_g: Option<i64>,
    /// Volume in millilitres.
    pub max_volume_ml: Option<i64>,
}

/// Orders collected on one tour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Indices of the orders, ascending.
    pub orders: Vec<usize>,
    /// From the depot through all their places and back.
    pub tour: Tour,
}

/// Why an order is in no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Too many totes for any cart.
    Totes,
    /// Too heavy for any cart.
    Weight,
    /// Too bulky for any cart.
    Volume,
    /// A cart may carry no order at all.
    NoOrderAllowed,
    /// One of its places cannot be reached and left again.
    Unreachable,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batches {
    /// Batches, ordered by their first order.
    pub batches: Vec<Batch>,
    /// Orders that fit no cart, with the reason, ascending.
    pub unbatched: Vec<(usize, Reason)>,
    /// Sum of the tours, in the matrix's unit.
    pub length: i64,
}

/// What is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// A place the matrix does not know.
    #[error("place {place} of order {order:?} is beyond the last of {size}")]
    NoSuchPlace {
        /// The order; `None` for the depot.
        order: Option<usize>,
        /// The place.
        place: usize,
        /// Places in the matrix.
        size: usize,
    },
    /// A negative load.
    #[error("order {order} has a negative load")]
    NegativeLoad {
        /// The order.
        order: usize,
    },
    /// More than [`MAX_ORDERS`].
    #[error("{orders} orders are more than {MAX_ORDERS}")]
    TooMany {
        /// Orders given.
        orders: usize,
    },
}

/// Groups orders into short tours from and to `depot`. The seed drives the
/// final tours only.
///
/// # Errors
/// [`BatchError`] names the order that makes no sense. An order that fits no
/// cart is not an error; it comes back in [`Batches::unbatched`].
pub fn batch(orders: &[Order], rules: &Rules, matrix: &Matrix, depot: usize, seed: u64) -> Result<Batches, BatchError> {
    validate(orders, matrix, depot)?;
    let floor = Floor { orders, rules, matrix, depot };
    let mut unbatched = Vec::new();
    let mut groups = Vec::new();
    for order in 0..orders.len() {
        match floor.alone(order) {
            Err(reason) => unbatched.push((order, reason)),
            Ok(group) => groups.push(group),
        }
    }
    let few = few::part(&floor, &groups, seed);
    let groups = savings::merge(&floor, groups);
    let mut groups = improve::exchange(&floor, groups);
    let sum = |groups: &[Group]| groups.iter().map(|g| g.length).sum::<i64>();
    if let Some(few) = few.filter(|few| sum(few) < sum(&groups)) {
        groups = few;
    }
    groups.sort_by(|a, b| a.orders.cmp(&b.orders));
    let batches: Vec<Batch> = groups.into_iter().map(|group| finish(&floor, group, seed)).collect();
    let length = batches.iter().map(|b| b.tour.length).sum();
    Ok(Batches { batches, unbatched, length })
}

/// The full search for a tour, or the walk at hand when that is shorter.
fn finish(floor: &Floor<'_>, group: Group, seed: u64) -> Batch {
    let searched = tour(floor.matrix, floor.depot, floor.depot, &group.walk, seed);
    let at_hand = Tour { bound: searched.as_ref().ok().and_then(|t| t.bound), order: group.walk, length: group.length };
    Batch {
        orders: group.orders,
        tour: match searched {
            Ok(tour) if tour.length <= at_hand.length => tour,
            _ => at_hand,
        },
    }
}

fn validate(orders: &[Order], matrix: &Matrix, depot: usize) -> Result<(), BatchError> {
    let size = matrix.size();
    if orders.len() > MAX_ORDERS {
        let orders = orders.len();
        return Err(BatchError::TooMany { orders });
    }
    let known = |order, place| {
        let missing = BatchError::NoSuchPlace { order, place, size };
        (place < size).then_some(()).ok_or(missing)
    };
    known(None, depot)?;
    for (order, o) in orders.iter().enumerate() {
        for &place in &o.nodes {
            known(Some(order), place)?;
        }
        if o.totes < 0 || o.weight_g < 0 || o.volume_ml < 0 {
            return Err(BatchError::NegativeLoad { order });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(size: usize) -> Matrix {
        Matrix::from_fn(size, |i, j| Some(i.abs_diff(j) as i64)).unwrap()
    }

    fn order(nodes: &[usize], totes: i64) -> Order {
        Order { nodes: nodes.to_vec(), totes, ..Order::default() }
    }

    #[test]
    fn neighbours_travel_together() {
        // A star of two lines: 0 is the depot, 1..=3 one arm, 4..=6 the other.
        let depth = |i: usize| if i > 3 { i - 3 } else { i } as i64;
        let way = |i: usize, j: usize| {
            let same = (i > 3) == (j > 3) || i == 0 || j == 0;
            Some(if same { (depth(i) - depth(j)).abs() } else { depth(i) + depth(j) })
        };
        let m = Matrix::from_fn(7, way).unwrap();
        let orders = [order(&[3], 1), order(&[6], 1), order(&[2], 1), order(&[5], 1)];
        let rules = Rules { max_totes: Some(2), ..Rules::default() };
        let b = batch(&orders, &rules, &m, 0, 1).unwrap();
        let groups: Vec<_> = b.batches.iter().map(|b| b.orders.clone()).collect();
        assert_eq!((groups, b.length), (vec![vec![0, 2], vec![1, 3]], 12));
    }

    #[test]
    fn says_why_an_order_fits_no_cart() {
        let mut m = line(4);
        m.set(3, 0, None).unwrap();
        m.set(3, 1, None).unwrap();
        m.set(3, 2, None).unwrap();
        let orders = [order(&[1], 9), order(&[3], 1), order(&[2], 1)];
        let rules = Rules { max_totes: Some(4), ..Rules::default() };
        let b = batch(&orders, &rules, &m, 0, 1).unwrap();
        assert_eq!(b.unbatched, vec![(0, Reason::Totes), (1, Reason::Unreachable)]);
        assert_eq!(b.length, 4);
    }

    #[test]
    fn refuses_nonsense() {
        assert!(matches!(
            batch(&[order(&[9], 1)], &Rules::default(), &line(3), 0, 1),
            Err(BatchError::NoSuchPlace { order: Some(0), place: 9, .. })
        ));
        assert!(matches!(
            batch(&[order(&[1], -1)], &Rules::default(), &line(3), 0, 1),
            Err(BatchError::NegativeLoad { order: 0 })
        ));
    }
}
