//! Writing orders: a new one from where the vehicle stands, or an update from the end of its
//! base. Everything sent is released; there is no horizon.
//!
//! Deliberately absent: which nodes (traffic control) and what for (`pursue`).

use std::collections::VecDeque;

use solver::agv::Node as Place;

use super::car::{Purpose, Spot, Touch, Track};
use super::core::{Core, RESEND_MS};
use crate::vda5050::{Action, Edge, Kind, Node, NodePosition, Order};

/// How far from its first node a vehicle may stand, in metres.
const FIRST_DEVIATION_M: f64 = 0.5;

impl Core {
    /// Sends the nodes as a new order or as an update; the action is to be done at the last. An
    /// action at a node already reached is put on an appended node at the same place, because an
    /// update cannot change the node it begins with.
    pub(super) fn append(
        &mut self,
        car: usize,
        purpose: Purpose,
        order_id: String,
        nodes: &[Place],
        action: Option<Action>,
    ) {
        let update = self.cars[car].on_errand();
        let (start, update_id) = match self.cars[car].track.as_ref().filter(|_| update) {
            Some(track) => (track.end(), track.update_id + 1),
            None => match self.cars[car].here() {
                Some(node) => (Spot { sequence: 0, node }, 0),
                None => return,
            },
        };
        let appended: &[Place] = match (nodes, update) {
            ([], true) => &[start.node],
            _ => nodes,
        };
        let mut spots = vec![start];
        for (at, &node) in appended.iter().enumerate() {
            let sequence = start.sequence + 2 * (at as u32 + 1);
            spots.push(Spot { sequence, node });
        }
        let mut message = self.write(car, order_id, update_id, &spots);
        if let (Some(action), Some(last)) = (action, message.nodes.last_mut()) {
            last.actions.push(action);
        }
        self.note(car, purpose, update, &message, &spots);
        self.publish_order(car, message);
    }

    fn write(&mut self, car: usize, order_id: String, update: u32, spots: &[Spot]) -> Order {
        let nodes = spots.iter().enumerate();
        let nodes = nodes.map(|(at, &spot)| self.node(car, spot, at == 0 && update == 0));
        let nodes = nodes.collect();
        let edges = spots.windows(2).map(|pair| self.edge(pair[0], pair[1]));
        let edges = edges.collect();
        Order { header: self.header(car, 0), order_id, order_update_id: update, nodes, edges }
    }

    fn node(&self, car: usize, spot: Spot, first: bool) -> Node {
        let (x_mm, y_mm) = self.plan.place(spot.node);
        let tail = self.cars[car].tail.filter(|_| first);
        let behind_m = tail.map_or(0.0, |t| self.plan.length_mm(t, spot.node) as f64 / 1_000.0);
        Node {
            node_id: self.plan.id(spot.node).to_owned(),
            sequence_id: spot.sequence,
            released: true,
            node_position: Some(NodePosition {
                x: x_mm as f64 / 1_000.0,
                y: y_mm as f64 / 1_000.0,
                theta: None,
                allowed_deviation_xy: first.then_some(behind_m + FIRST_DEVIATION_M),
                map_id: self.plan.map_id.clone(),
            }),
            actions: Vec::new(),
        }
    }

    fn edge(&self, from: Spot, to: Spot) -> Edge {
        let (start, end) = (self.plan.id(from.node), self.plan.id(to.node));
        Edge {
            edge_id: format!("{start}-{end}"),
            sequence_id: from.sequence + 1,
            released: true,
            start_node_id: start.to_owned(),
            end_node_id: end.to_owned(),
            length: Some(self.plan.length_mm(from.node, to.node) as f64 / 1_000.0),
            actions: Vec::new(),
        }
    }

    /// Enters the message in the vehicle's books.
    fn note(&mut self, car: usize, purpose: Purpose, update: bool, message: &Order, spots: &[Spot]) {
        let now_ms = self.now_ms;
        let vehicle = &mut self.cars[car];
        match vehicle.track.as_mut().filter(|_| update) {
            Some(track) => {
                track.base.extend(&spots[1..]);
                track.update_id = message.order_update_id;
                track.reflected = false;
                track.sent_ms = now_ms;
                track.message = Some(message.clone());
            }
            None => {
                vehicle.track = Some(Track {
                    purpose,
                    order_id: message.order_id.clone(),
                    update_id: message.order_update_id,
                    base: VecDeque::from(spots.to_vec()),
                    tail: vehicle.tail.take(),
                    message: Some(message.clone()),
                    sent_ms: now_ms,
                    reflected: false,
                    known: false,
                    acknowledged: 0,
                });
                vehicle.stands = None;
            }
        }
        vehicle.status_due = true;
    }

    fn publish_order(&mut self, car: usize, message: Order) {
        let payload = self.dialect.encode(&message);
        self.send(car, Kind::Order, payload);
    }

    /// Sends again what the vehicle has not acknowledged yet: the identical order, and pending
    /// instant actions.
    pub(super) fn resend(&mut self, car: usize) {
        let now_ms = self.now_ms;
        let vehicle = &mut self.cars[car];
        if vehicle.touch != Touch::Online {
            return;
        }
        let due = |sent_ms: i64| now_ms - sent_ms >= RESEND_MS;
        let mut actions = Vec::new();
        for pending in vehicle.pending.iter_mut().filter(|p| due(p.sent_ms)) {
            pending.sent_ms = now_ms;
            actions.push(pending.action.clone());
        }
        let cancelling = vehicle.cancel.is_some();
        let track = vehicle.track.as_mut();
        let unheard = track.filter(|t| !t.reflected && !cancelling && due(t.sent_ms));
        let order = unheard.and_then(|track| {
            track.sent_ms = now_ms;
            track.message.clone()
        });
        for action in actions {
            self.send_instant(car, action);
        }
        if let Some(mut order) = order {
            tracing::debug!(order_id = order.order_id, "order sent again");
            order.header = self.header(car, 0);
            self.publish_order(car, order);
        }
    }
}
