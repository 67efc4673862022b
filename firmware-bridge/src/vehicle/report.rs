//! What the vehicle says about itself.
//!
//! Deliberately absent: headers, which belong to the connection.

use std::f64::consts::PI;

use super::machine::{FULL_BATTERY, Machine};
use crate::vda5050::{
    AgvPosition, BatteryState, EStop, EdgeState, Header, Load, NodeState, OperatingMode, SafetyState, State, Velocity,
    Visualization,
};

impl Machine {
    /// The whole state, under a given header.
    pub fn state(&self, header: Header) -> State {
        let memory = &self.memory;
        let node = |n: &crate::vda5050::Node| NodeState {
            node_id: n.node_id.clone(),
            sequence_id: n.sequence_id,
            released: n.released,
        };
        let edge = |e: &crate::vda5050::Edge| EdgeState {
            edge_id: e.edge_id.clone(),
            sequence_id: e.sequence_id,
            released: e.released,
        };
        let load = memory.load.as_ref().map(|id| Load { load_id: Some(id.clone()), load_type: None });
        State {
            header,
            order_id: memory.order_id.clone(),
            order_update_id: memory.update_id,
            last_node_id: memory.last_node.clone(),
            last_node_sequence_id: memory.last_sequence,
            driving: self.moving(),
            paused: Some(memory.paused),
            new_base_request: None,
            distance_since_last_node: Some(self.distance_since_last_node_m()),
            operating_mode: OperatingMode::Automatic,
            node_states: memory.nodes.iter().map(node).collect(),
            edge_states: memory.edges.iter().map(edge).collect(),
            agv_position: Some(self.position()),
            loads: Some(load.into_iter().collect()),
            action_states: memory.actions.iter().chain(&memory.instant).cloned().collect(),
            battery_state: BatteryState {
                battery_charge: (memory.battery / (FULL_BATTERY / 1_000)) as f64 / 10.0,
                charging: memory.charging,
            },
            errors: memory.errors.clone(),
            safety_state: SafetyState { e_stop: EStop::None, field_violation: false },
        }
    }

    /// Position and speed only.
    pub fn visualization(&self, header: Header) -> Visualization {
        Visualization { header, agv_position: Some(self.position()), velocity: Some(Velocity::default()) }
    }

    fn position(&self) -> AgvPosition {
        let pose = self.pose();
        AgvPosition {
            x: pose.x_mm as f64 / 1_000.0,
            y: pose.y_mm as f64 / 1_000.0,
            theta: (pose.theta_mrad as f64 / 1_000.0).clamp(-PI, PI),
            map_id: self.chart.map_id.clone(),
            position_initialized: true,
        }
    }

    fn distance_since_last_node_m(&self) -> f64 {
        let place = self.chart.places.get(&self.memory.last_node);
        let pose = self.pose();
        place.map_or(0.0, |&(x_mm, y_mm)| pose.distance_mm(x_mm, y_mm) as f64 / 1_000.0)
    }
}
