//! Hearing a vehicle: its state is the only acknowledgement there is.
//!
//! Deliberately absent: what follows for missions (see `pursue`).

use super::car::{After, Spot, Touch, Track};
use super::core::Core;
use crate::api::Report;
use crate::vda5050::{ActionStatus, ErrorLevel, State, VehicleError, Visualization};

/// A vehicle further than this from the node it last traversed stands between two nodes, in
/// metres.
const BETWEEN_M: f64 = 0.3;
/// A vehicle that does not report an instant action in so many states has forgotten it.
const FORGOTTEN_AFTER: u32 = 4;

impl Core {
    pub(super) fn hear_visualization(&mut self, car: usize, message: Visualization) {
        let vehicle = &mut self.cars[car];
        if let Some(heard) = &mut vehicle.heard
            && message.agv_position.is_some()
        {
            heard.agv_position = message.agv_position;
            vehicle.status_due = true;
        }
    }

    pub(super) fn hear_state(&mut self, car: usize, state: State) {
        let vehicle = &mut self.cars[car];
        vehicle.heard_ms = self.now_ms;
        vehicle.status_due = true;
        vehicle.heard = Some(state);
        let before = std::mem::replace(&mut vehicle.touch, Touch::Online);
        if before == Touch::Lost {
            let serial = vehicle.serial.clone();
            self.reports.push(Report::Back { serial });
        }
        if !self.cars[car].placed {
            self.settle_in(car);
            return;
        }
        self.follow(car);
        self.settle_instants(car);
    }

    /// Moves the track along with the state and frees what was traversed.
    fn follow(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        let (Some(track), Some(state)) = (&mut vehicle.track, &vehicle.heard) else {
            // An order is under way that is not on the books, such as a late duplicate.
            if !vehicle.idle() && vehicle.cancel.is_none() {
                self.settle_in(car);
            }
            return;
        };
        if state.order_id != track.order_id {
            if track.known {
                self.derailed(car);
            } else if let Some(error) = refusal(track, state) {
                self.refused(car, &error);
            }
            return;
        }
        track.known = true;
        if state.order_update_id == track.update_id && !track.reflected {
            track.reflected = true;
            track.acknowledged = track.end().sequence;
        }
        // What is ahead is listed; a cancelled order lists nothing, so the last node must match.
        let reached = |spot: &Spot| {
            let mut ahead = state.node_states.iter();
            spot.sequence == state.last_node_sequence_id
                && spot.sequence <= track.acknowledged
                && self.plan.id(spot.node) == state.last_node_id
                && !ahead.any(|node| node.sequence_id == spot.sequence)
        };
        let at = track.base.iter().position(reached);
        if let Some(passed) = at.filter(|&at| at > 0 || track.tail.is_some())
            && (passed > 0 || vehicle.cancel.is_none())
        {
            track.tail = None;
            track.base.drain(..passed);
            let nodes = track.nodes();
            self.hold(car, &nodes);
        }
        let vehicle = &self.cars[car];
        if let (Some(track), Some(state)) = (&vehicle.track, &vehicle.heard)
            && let Some(error) = refusal(track, state)
        {
            self.refused(car, &error);
        }
    }

    /// Takes settled instant actions off the list; a settled cancel has consequences.
    fn settle_instants(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        let Some(state) = &vehicle.heard else {
            return;
        };
        let mut cancel_over = false;
        vehicle.pending.retain_mut(|pending| {
            pending.states += 1;
            let status = state.action(&pending.action.action_id);
            let forgotten = status.is_none() && pending.states >= FORGOTTEN_AFTER;
            let settled = status.is_some_and(ActionStatus::settled);
            let shown = match pending.action.action_type.as_str() {
                "startPause" => state.paused == Some(true),
                "stopPause" => state.paused == Some(false),
                "stopCharging" => !state.battery_state.charging,
                // A vehicle may refuse only because there is nothing to cancel.
                _ => forgotten && state.idle(),
            };
            let over = settled || shown;
            cancel_over |= over && pending.action.action_type == "cancelOrder";
            !over
        });
        if cancel_over && vehicle.cancel.is_some() {
            self.cancelled(car);
        }
    }

    /// The vehicle has left our order for another one: it was reset, or somebody else commands
    /// it. What it reports is the truth now.
    fn derailed(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        let serial = vehicle.serial.as_str();
        let order = vehicle.heard.as_ref().map(|s| s.order_id.as_str());
        tracing::warn!(serial, ?order, "vehicle has left its order");
        vehicle.track = None;
        vehicle.placed = false;
        let after = vehicle.cancel.take();
        vehicle.pending.retain(|p| p.action.action_type != "cancelOrder");
        if let Some(mission) = vehicle.mission().map(str::to_owned) {
            match after {
                Some(After::Fail(reason)) => self.fail(&mission, &reason),
                _ => self.again(&mission),
            }
        }
        self.settle_in(car);
    }

    /// First contact: reserve where the vehicle is, and take up the order it carries out.
    pub(super) fn settle_in(&mut self, car: usize) {
        let Some(state) = self.cars[car].heard.clone() else {
            return;
        };
        let Some(base) = self.reported_base(&state) else {
            tracing::warn!(serial = self.cars[car].serial, "vehicle is not on the floor");
            return;
        };
        let nodes: Vec<_> = base.iter().map(|spot| spot.node).collect();
        if !self.hold(car, &nodes) {
            return;
        }
        let here = base[0].node;
        let vehicle = &mut self.cars[car];
        vehicle.stands = Some(here);
        vehicle.tail = None;
        if !state.idle() {
            let mut track = Track::heard(&state, here, self.now_ms);
            track.base = base.into();
            track.acknowledged = track.end().sequence;
            vehicle.track = Some(track);
        }
        self.adopt_by_state(car);
    }

    /// The last node and the released nodes ahead; `None` when one is not on our floor.
    pub(super) fn reported_base(&self, state: &State) -> Option<Vec<Spot>> {
        let position = state.agv_position.as_ref();
        let by_position = || {
            let position = position?;
            let mm = |metres: f64| (metres * 1_000.0).round() as i64;
            self.plan.nearest(mm(position.x), mm(position.y))
        };
        let here = self.plan.node(&state.last_node_id).or_else(by_position)?;
        let mut base = vec![Spot { sequence: state.last_node_sequence_id, node: here }];
        let mut ahead: Vec<_> = state.node_states.iter().filter(|n| n.released).collect();
        ahead.sort_by_key(|node| node.sequence_id);
        for node in ahead {
            base.push(Spot { sequence: node.sequence_id, node: self.plan.node(&node.node_id)? });
        }
        Some(base)
    }

    /// Whether the vehicle stands away from the node it last traversed.
    pub(super) fn between_nodes(&self, car: usize) -> bool {
        let vehicle = &self.cars[car];
        let (Some(state), Some(here)) = (&vehicle.heard, vehicle.here()) else {
            return false;
        };
        match &state.agv_position {
            Some(position) => {
                let (x, y) = (position.x * 1_000.0, position.y * 1_000.0);
                let off_mm = self.plan.distance_mm(here, x as i64, y as i64);
                off_mm as f64 > BETWEEN_M * 1_000.0
            }
            None => state.distance_since_last_node.is_some_and(|m| m > BETWEEN_M),
        }
    }
}

/// The error with which the vehicle refuses the order last sent, if it does.
fn refusal(track: &Track, state: &State) -> Option<VehicleError> {
    if track.reflected {
        return None;
    }
    let update = track.update_id.to_string();
    let ours = |error: &&VehicleError| {
        error.error_level == ErrorLevel::Warning
            && error.refers_to("orderId", &track.order_id)
            && error.refers_to("orderUpdateId", &update)
    };
    state.errors.iter().find(ours).cloned()
}
