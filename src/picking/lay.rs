//! Grouping parts into carts, and the order of visits: short walks that end in time.
//! Pure; it may think for some tens of milliseconds. Deliberately absent: bins, which
//! are chosen before, and writing.

use std::collections::BTreeMap;

use solver::batching::{self, timed};

use super::model::Served;
use crate::{kernel::*, layout::Walk};

/// What one cart carries.
const CART: batching::Rules =
    batching::Rules { max_orders: Some(6), max_totes: Some(6), max_weight_g: Some(60_000), max_volume_ml: None };
/// What one tote takes, millilitres.
const TOTE_ML: i64 = 40_000;
/// From the last pick until a part may leave: waiting for a table, packing, carrying.
const AFTER_PICK_MS: i64 = 15 * 60_000;
/// Walking with a cart, millimetres a second.
const PACE_MM_S: i64 = 1_000;
/// Once for a cart, and for each line.
const CART_MS: i64 = 20_000;
const LINE_MS: i64 = 14_000;
/// Work of the search: some tens of milliseconds for a full wave.
const ROUNDS: u64 = 2_000;

/// What is to be laid.
pub(super) struct Asked {
    /// The floor.
    pub walk: Walk,
    /// Where carts start and end, a node.
    pub depot: String,
    /// What is picked from where.
    pub served: Vec<Served>,
    /// Weight and volume of each part.
    pub loads: BTreeMap<FulfilmentId, (i64, i64)>,
    /// How many pick at once.
    pub pickers: usize,
    /// Now.
    pub now: Time,
}

/// One cart's walk: picks in tour order, its length in millimetres and a bound.
pub(super) struct Laid {
    pub picks: Vec<Served>,
    pub length_mm: i64,
    pub bound_mm: Option<i64>,
    pub alone_mm: i64,
    /// It is to be begun as this one of so many, and all parts together are so late.
    pub place: usize,
    pub of: usize,
    pub late_ms: i64,
}

impl Asked {
    fn of_part(&self, part: FulfilmentId) -> impl Iterator<Item = &Served> {
        self.served.iter().filter(move |one| one.need.fulfilment == part)
    }

    /// From now until the last pick of a part must be done.
    fn due_ms(&self, part: FulfilmentId) -> i64 {
        let due = self.of_part(part).map(|one| one.need.due_at).min().unwrap_or(self.now);
        due.since(self.now) - AFTER_PICK_MS
    }
}

/// Groups parts into carts and orders the visits, the most urgent cart first.
pub(super) fn lay(asked: &Asked) -> Result<Vec<Laid>, Stop> {
    if asked.served.is_empty() {
        return Ok(Vec::new());
    }
    let mut nodes: Vec<&str> = vec![&asked.depot];
    nodes.extend(asked.served.iter().map(|one| one.free.node.as_str()));
    nodes[1..].sort_unstable();
    nodes.dedup();
    let place = |node: &str| nodes.iter().position(|known| *known == node).unwrap_or(0);
    let matrix = asked.walk.matrix(&nodes);
    let parts: Vec<FulfilmentId> = asked.loads.keys().copied().collect();
    let orders: Vec<batching::Order> = parts
        .iter()
        .map(|part| {
            let (weight_g, volume_ml) = asked.loads[part];
            let nodes = asked.of_part(*part).map(|one| place(&one.free.node)).collect();
            batching::Order { nodes, totes: 1 + volume_ml / TOTE_ML, weight_g, volume_ml }
        })
        .collect();
    let due_ms: Vec<i64> = parts.iter().map(|part| asked.due_ms(*part)).collect();
    let crew = timed::Crew { pickers: asked.pickers, pace: PACE_MM_S, batch_ms: CART_MS, visit_ms: LINE_MS };
    let answer = timed::batch_in_time((&orders, &due_ms), &CART, (&matrix, 0), &crew, (ROUNDS, 1))
        .map_err(|error| Fault::new(format!("the wave could not be batched: {error}")))?;
    let (of, late_ms) = (answer.batches.batches.len() + answer.batches.unbatched.len(), answer.late_ms);
    let mut laid: Vec<Laid> = Vec::new();
    for batch in &answer.batches.batches {
        let alone_mm = batch.orders.iter().map(|order| alone(&matrix, &orders[*order])).sum();
        let mut picks: Vec<Served> =
            batch.orders.iter().flat_map(|order| asked.of_part(parts[*order]).cloned().collect::<Vec<_>>()).collect();
        let rank = |node: &str| batch.tour.order.iter().position(|stop| *stop == place(node)).unwrap_or(0);
        picks.sort_by_key(|one| (rank(&one.free.node), one.free.code.clone(), one.need.line));
        let (length_mm, bound_mm, place) = (batch.tour.length, batch.tour.bound, laid.len() + 1);
        laid.push(Laid { picks, length_mm, bound_mm, alone_mm, place, of, late_ms });
    }
    // A part that fits no cart is walked alone: it must go out all the same.
    for (order, _) in &answer.batches.unbatched {
        let picks: Vec<Served> = asked.of_part(parts[*order]).cloned().collect();
        let place = laid.len() + 1;
        laid.push(Laid { picks, length_mm: 0, bound_mm: None, alone_mm: 0, place, of, late_ms });
    }
    Ok(laid)
}

/// The walk for one order alone, for comparison in the decision record.
fn alone(matrix: &solver::Matrix, order: &batching::Order) -> i64 {
    solver::tour::tour(matrix, 0, 0, &order.nodes, 1).map_or(0, |tour| tour.length)
}
