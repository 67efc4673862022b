//! Accepting and refusing orders, by chapter 6.6 of VDA 5050 2.1.
//!
//! Deliberately absent: a strategy. The vehicle is as strict as the standard allows, so that a
//! lenient master control is found out in tests.

use super::machine::{Chart, Machine, Memory};
use crate::vda5050::{ActionState, ActionStatus, ErrorLevel, Node, Order};

/// Why an order is refused: the error type of the standard, and words.
type Refusal = (&'static str, String);

/// Errors that a newly accepted order clears.
const ORDER_ERRORS: [&str; 5] =
    ["validationError", "noRouteError", "orderError", "orderUpdateError", "noOrderToCancel"];

impl Machine {
    /// Takes an order or an update, or reports why not.
    pub fn order(&mut self, order: Order) {
        let known = order.order_id == self.memory.order_id && !self.memory.order_id.is_empty();
        if known && order.order_update_id == self.memory.update_id {
            return;
        }
        let references = [
            ("headerId", order.header.header_id.to_string()),
            ("orderId", order.order_id.clone()),
            ("orderUpdateId", order.order_update_id.to_string()),
        ];
        let verdict = validate(&order, &self.chart).and_then(|()| match known {
            true => self.update_fits(&order),
            false => self.order_fits(&order),
        });
        match verdict {
            Ok(()) => self.accept(order, known),
            Err((kind, words)) => self.raise(ErrorLevel::Warning, kind, &words, &references),
        }
    }

    /// A new order is taken only when the old one is over, and only from where the vehicle is.
    fn order_fits(&self, order: &Order) -> Result<(), Refusal> {
        let memory = &self.memory;
        if !self.idle() || memory.cancel.is_some() {
            let words = format!("order {} is still active", memory.order_id);
            return Err(("orderError", words));
        }
        if memory.charging {
            return Err(("orderError", "charging".to_owned()));
        }
        let first = &order.nodes[0];
        let near = first.node_id == memory.last_node || self.within_deviation(first);
        if !near {
            let words = format!("{} is not where I stand", first.node_id);
            return Err(("noRouteError", words));
        }
        Ok(())
    }

    fn within_deviation(&self, node: &Node) -> bool {
        let allowed_m = node.node_position.as_ref().and_then(|p| p.allowed_deviation_xy);
        let allowed_mm = (allowed_m.unwrap_or(0.0) * 1_000.0) as i64;
        let place = self.chart.places.get(&node.node_id);
        place.is_some_and(|&(x_mm, y_mm)| self.pose().distance_mm(x_mm, y_mm) <= allowed_mm)
    }

    /// An update must be newer and begin with the last released node.
    fn update_fits(&self, order: &Order) -> Result<(), Refusal> {
        let memory = &self.memory;
        let refuse = |words: String| Err(("orderUpdateError", words));
        if order.order_update_id < memory.update_id {
            return refuse(format!("update {} is known", memory.update_id));
        }
        if memory.cancelled || memory.cancel.is_some() {
            return refuse("the order was cancelled".to_owned());
        }
        if memory.charging {
            return refuse("charging".to_owned());
        }
        let (id, sequence) = base_end(memory);
        let first = &order.nodes[0];
        if first.node_id != id || first.sequence_id != sequence {
            return refuse(format!("base ends with {id} ({sequence}), not {} ({})", first.node_id, first.sequence_id));
        }
        Ok(())
    }

    fn accept(&mut self, order: Order, update: bool) {
        self.touch();
        let memory = &mut self.memory;
        memory.errors.retain(|error| !ORDER_ERRORS.contains(&error.error_type.as_str()));
        memory.update_id = order.order_update_id;
        let (mut nodes, edges) = (order.nodes, order.edges);
        if update {
            nodes.remove(0);
            memory.nodes.retain(|node| node.released);
            memory.edges.retain(|edge| edge.released);
        } else {
            memory.order_id = order.order_id;
            memory.cancelled = false;
            memory.actions.clear();
            memory.queue.clear();
        }
        let actions = nodes.iter().flat_map(|node| &node.actions);
        memory.actions.extend(actions.map(|action| ActionState {
            action_id: action.action_id.clone(),
            action_type: Some(action.action_type.clone()),
            action_status: ActionStatus::Waiting,
            result_description: None,
        }));
        memory.nodes.extend(nodes);
        memory.edges.extend(edges);
        if !update {
            self.stand_on_first();
        }
    }

    /// The first node of a new order counts as reached when the vehicle stands on it.
    fn stand_on_first(&mut self) {
        let memory = &mut self.memory;
        let place = memory.nodes.front().and_then(|n| self.chart.places.get(&n.node_id));
        if place.is_some_and(|&(x_mm, y_mm)| memory.pose.at(x_mm, y_mm))
            && let Some(first) = memory.nodes.pop_front()
        {
            memory.last_node = first.node_id;
            memory.last_sequence = first.sequence_id;
            memory.queue.extend(first.actions);
        }
    }
}

/// The last released node: ahead, or the one last traversed.
fn base_end(memory: &Memory) -> (&str, u32) {
    let ahead = memory.nodes.iter().rev().find(|node| node.released);
    match ahead {
        Some(node) => (&node.node_id, node.sequence_id),
        None => (&memory.last_node, memory.last_sequence),
    }
}

/// What every order must satisfy by itself.
fn validate(order: &Order, chart: &Chart) -> Result<(), Refusal> {
    let invalid = |words: String| Err(("validationError", words));
    if order.nodes.is_empty() || order.edges.len() + 1 != order.nodes.len() {
        return invalid("an order needs nodes, and an edge between each two".to_owned());
    }
    if let Some(lost) = order.nodes.iter().find(|n| !chart.places.contains_key(&n.node_id)) {
        return Err(("noRouteError", format!("unknown node {}", lost.node_id)));
    }
    for (edge, pair) in order.edges.iter().zip(order.nodes.windows(2)) {
        let (from, to) = (&pair[0], &pair[1]);
        if from.sequence_id % 2 != 0
            || edge.sequence_id != from.sequence_id + 1
            || to.sequence_id != from.sequence_id + 2
        {
            return invalid(format!("sequence broken at edge {}", edge.edge_id));
        }
        if edge.start_node_id != from.node_id || edge.end_node_id != to.node_id {
            return invalid(format!("edge {} joins other nodes", edge.edge_id));
        }
        let released_late = (edge.released || to.released) && !from.released;
        if released_late || (edge.released && !to.released) {
            return invalid(format!("edge {} released after a gap", edge.edge_id));
        }
        let known = chart.edges.contains(&(from.node_id.clone(), to.node_id.clone()));
        if !known && from.node_id != to.node_id {
            return Err(("noRouteError", format!("no edge {}", edge.edge_id)));
        }
    }
    Ok(())
}
