//! The messages both sides exchange, with the field names of VDA 5050 2.1 (chapter 6).
//!
//! Deliberately absent: fields that neither side uses (trajectories, corridors, maps); they are
//! skipped when read. Lengths are metres and angles radians here, because the standard says so;
//! the rest of the crate counts in millimetres.

use serde::{Deserialize, Serialize};

/// Stands at the head of every message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Counts up for each topic of each sender.
    pub header_id: u64,
    /// ISO 8601, UTC.
    pub timestamp: String,
    pub version: String,
    pub manufacturer: String,
    pub serial_number: String,
}

/// Topic `order`: from master control to the vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    #[serde(flatten)]
    pub header: Header,
    pub order_id: String,
    pub order_update_id: u32,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub node_id: String,
    /// Even; nodes and edges share one count over the life of an order.
    pub sequence_id: u32,
    pub released: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_position: Option<NodePosition>,
    #[serde(default)]
    pub actions: Vec<Action>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodePosition {
    pub x: f64,
    pub y: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theta: Option<f64>,
    /// The 2.0 tag spells it `allowedDeviationXy`.
    #[serde(
        default,
        rename = "allowedDeviationXY",
        alias = "allowedDeviationXy",
        skip_serializing_if = "Option::is_none"
    )]
    pub allowed_deviation_xy: Option<f64>,
    pub map_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    pub edge_id: String,
    /// Odd.
    pub sequence_id: u32,
    pub released: bool,
    pub start_node_id: String,
    pub end_node_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
    #[serde(default)]
    pub actions: Vec<Action>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    pub action_type: String,
    pub action_id: String,
    pub blocking_type: BlockingType,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub action_parameters: Vec<ActionParameter>,
}

impl Action {
    /// The parameter `key` when it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        let found = self.action_parameters.iter().find(|p| p.key == key);
        found.and_then(|parameter| parameter.value.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionParameter {
    pub key: String,
    pub value: serde_json::Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BlockingType {
    /// Driving and other actions go on.
    None,
    /// Other actions go on, driving does not.
    Soft,
    /// Nothing else goes on.
    Hard,
}

/// Topic `instantActions`: to be done now, whatever the order says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstantActions {
    #[serde(flatten)]
    pub header: Header,
    /// Implementations of the 1.1 line call it `instantActions`.
    #[serde(default, alias = "instantActions")]
    pub actions: Vec<Action>,
}

/// Topic `state`: from the vehicle, on every change and at least every 30 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    #[serde(flatten)]
    pub header: Header,
    pub order_id: String,
    pub order_update_id: u32,
    pub last_node_id: String,
    pub last_node_sequence_id: u32,
    pub driving: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_base_request: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_since_last_node: Option<f64>,
    pub operating_mode: OperatingMode,
    #[serde(default)]
    pub node_states: Vec<NodeState>,
    #[serde(default)]
    pub edge_states: Vec<EdgeState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agv_position: Option<AgvPosition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loads: Option<Vec<Load>>,
    #[serde(default)]
    pub action_states: Vec<ActionState>,
    pub battery_state: BatteryState,
    #[serde(default)]
    pub errors: Vec<VehicleError>,
    pub safety_state: SafetyState,
}

impl State {
    /// Nothing left to drive and no action under way, so that a new order is acceptable.
    pub fn idle(&self) -> bool {
        let settled = |a: &ActionState| a.action_status.settled();
        self.node_states.is_empty() && self.edge_states.is_empty() && self.action_states.iter().all(settled)
    }

    /// The reported status of one action.
    pub fn action(&self, action_id: &str) -> Option<ActionStatus> {
        let found = self.action_states.iter().find(|a| a.action_id == action_id);
        found.map(|action| action.action_status)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OperatingMode {
    Automatic,
    SemiAutomatic,
    Manual,
    Service,
    TeachIn,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeState {
    pub node_id: String,
    pub sequence_id: u32,
    pub released: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeState {
    pub edge_id: String,
    pub sequence_id: u32,
    pub released: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgvPosition {
    pub x: f64,
    pub y: f64,
    pub theta: f64,
    pub map_id: String,
    pub position_initialized: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Velocity {
    #[serde(default)]
    pub vx: f64,
    #[serde(default)]
    pub vy: f64,
    #[serde(default)]
    pub omega: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionState {
    pub action_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_type: Option<String>,
    pub action_status: ActionStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_description: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ActionStatus {
    Waiting,
    Initializing,
    /// `PAUSED` is in the text of 2.1 but not in its schema.
    #[serde(alias = "PAUSED")]
    Running,
    Finished,
    Failed,
}

impl ActionStatus {
    /// Finished or failed: it will not change again.
    pub fn settled(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatteryState {
    /// Percent.
    pub battery_charge: f64,
    pub charging: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VehicleError {
    pub error_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_references: Vec<ErrorReference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    pub error_level: ErrorLevel,
}

impl VehicleError {
    /// Whether it refers to `value` under `key`.
    pub fn refers_to(&self, key: &str, value: &str) -> bool {
        let same = |r: &ErrorReference| r.reference_key == key && r.reference_value == value;
        self.error_references.iter().any(same)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorReference {
    pub reference_key: String,
    pub reference_value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ErrorLevel {
    /// Work goes on.
    Warning,
    /// Needs a person.
    Fatal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SafetyState {
    pub e_stop: EStop,
    pub field_violation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EStop {
    AutoAck,
    Manual,
    Remote,
    None,
}

/// Topic `visualization`: where the vehicle is, at a higher rate than `state`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visualization {
    #[serde(flatten)]
    pub header: Header,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agv_position: Option<AgvPosition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocity: Option<Velocity>,
}

/// Topic `connection`: retained, and the vehicle's last will.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    #[serde(flatten)]
    pub header: Header,
    pub connection_state: ConnectionState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionState {
    #[serde(rename = "ONLINE")]
    Online,
    #[serde(rename = "OFFLINE")]
    Offline,
    #[serde(rename = "CONNECTIONBROKEN", alias = "CONNECTION_BROKEN")]
    Broken,
}
