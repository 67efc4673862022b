//! What the server and the bridge say to each other: floor, missions, commands, reports.
//!
//! Deliberately absent: VDA 5050 words. "Order" means a vehicle order and stays inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// The map of one floor: nodes with coordinates, directed edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// The map's name in VDA 5050 node positions.
    pub map_id: String,
    pub nodes: Vec<FloorNode>,
    pub edges: Vec<FloorEdge>,
}

/// A point where a vehicle can stop. Coordinates are millimetres in the floor's own frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorNode {
    pub id: String,
    pub x_mm: i64,
    pub y_mm: i64,
    pub kind: NodeKind,
}

/// What a node is for. Only [`NodeKind::Charger`] changes how the bridge drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Aisle,
    Shelf,
    Station,
    Charger,
    Parking,
}

/// A directed edge, driven straight from one node to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorEdge {
    pub from: String,
    pub to: String,
    /// Not to be driven until it is opened.
    #[serde(default)]
    pub closed: bool,
}

/// Where the MQTT broker listens (plain TCP, MQTT 3.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerAddr {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
}

impl BrokerAddr {
    /// An address without credentials.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, username: None, password: None }
    }
}

/// One vehicle of the fleet. Its home node belongs to it alone: no other vehicle is routed
/// through it, so a home is best a parking bay or charger off the aisles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleSpec {
    pub serial: String,
    pub home_node: String,
}

/// Everything the bridge is told at start.
#[derive(Debug, Clone)]
pub struct BridgeConfig {
    pub broker: BrokerAddr,
    /// MQTT client id; unique at the broker.
    pub client_id: String,
    pub manufacturer: String,
    pub floor: Floor,
    pub vehicles: Vec<VehicleSpec>,
    /// Domain seconds per wall second; scales how far ahead nodes are released. Transport
    /// timeouts (resending, lost vehicles) are wall time.
    pub speed: f64,
}

/// What the server asks of the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Carry out a mission. Idempotent: a mission already known is not started twice.
    Run(Mission),
    /// Ends the [`Deed::Wait`] at which the mission waits (or will wait next).
    Continue {
        mission: String,
    },
    /// Stops a mission; answered by [`Report::Failed`] with reason `cancelled`.
    Cancel {
        mission: String,
    },
    /// A person takes a vehicle out of work: it stops, its mission fails, it stays out.
    Lockout {
        serial: String,
        reason: String,
    },
    /// Ends a lockout.
    Release {
        serial: String,
    },
    /// Stops a vehicle where it is; its mission goes on after [`Command::Resume`].
    Pause {
        serial: String,
    },
    Resume {
        serial: String,
    },
    /// Charge the vehicle as soon as it has no mission.
    Charge {
        serial: String,
    },
    /// Nobody drives the edge any more until it is opened; who was to drive it is rerouted.
    CloseEdge {
        from: String,
        to: String,
    },
    OpenEdge {
        from: String,
        to: String,
    },
}

/// One piece of work for one vehicle: steps in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mission {
    /// Unique; also the VDA 5050 order id. Must not contain `~` or `/`.
    pub id: String,
    pub steps: Vec<Step>,
    /// Steps already done, when a mission is handed over after a restart.
    pub done_steps: usize,
    /// The only vehicle that may do it.
    pub vehicle: Option<String>,
    /// Higher is served first; equals in order of arrival.
    pub priority: i64,
}

/// Go to a node, then do something there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub node: String,
    pub deed: Deed,
}

/// What a vehicle does at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Take up the load with this id.
    Pick { load: String },
    /// Set down the load with this id.
    Drop { load: String },
    /// Stand until [`Command::Continue`].
    Wait,
    /// Drive through.
    Pass,
}

/// A vehicle considered for a mission: serial, cost in millimetres to drive, or why it was
/// rejected.
pub type Candidate = (String, Option<i64>, Option<String>);

/// What the bridge tells the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A vehicle was chosen; every vehicle considered is listed.
    Assigned {
        mission: String,
        serial: String,
        candidates: Vec<Candidate>,
    },
    /// The step with this index is done.
    StepDone {
        mission: String,
        step: usize,
        serial: String,
    },
    /// The vehicle stands at a [`Deed::Wait`] step.
    Waiting {
        mission: String,
        step: usize,
        serial: String,
    },
    /// Every step is done.
    Done {
        mission: String,
        serial: String,
    },
    /// The mission is over without being done. A load still on the vehicle needs a person, or a
    /// new mission for that vehicle.
    Failed {
        mission: String,
        serial: Option<String>,
        reason: String,
        load_on_vehicle: bool,
        at_node: Option<String>,
    },
    /// Where a vehicle is and what it does.
    Vehicle(VehicleStatus),
    /// Nothing heard of the vehicle; it may still drive to the end of its released path, which
    /// stays reserved.
    Lost {
        serial: String,
    },
    Back {
        serial: String,
    },
    /// The vehicle has stopped and is out of work.
    LockedOut {
        serial: String,
    },
    Released {
        serial: String,
    },
    BrokerDown,
    BrokerUp,
}

/// A snapshot of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleStatus {
    pub serial: String,
    pub x_mm: i64,
    pub y_mm: i64,
    pub theta_mrad: i64,
    /// Empty until the vehicle was heard.
    pub last_node: String,
    pub battery_permille: i64,
    pub doing: Doing,
    pub mission: Option<String>,
    pub load: Option<String>,
    /// Released nodes still ahead.
    pub path: Vec<String>,
}

/// What a vehicle is doing, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Idle,
    Driving,
    /// Picking or dropping.
    Working,
    /// For a person, for a free node, or paused.
    Waiting,
    Charging,
    LockedOut,
    Offline,
    /// Reports a fatal error or is not in automatic mode.
    Error,
}

/// Messages on the wire since start.
#[derive(Debug, Default)]
pub struct Counters {
    pub sent: AtomicU64,
    pub received: AtomicU64,
}

impl Counters {
    /// `(sent, received)` so far.
    pub fn read(&self) -> (u64, u64) {
        let sent = self.sent.load(Ordering::Relaxed);
        (sent, self.received.load(Ordering::Relaxed))
    }
}

/// A running master control. It stops when its token is cancelled or `commands` is dropped.
#[derive(Debug)]
pub struct Bridge {
    pub commands: mpsc::Sender<Command>,
    pub reports: mpsc::Receiver<Report>,
    pub counters: Arc<Counters>,
}

/// Why a bridge cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("two nodes are called {0}")]
    DuplicateNode(String),
    #[error("edge {from} -> {to} names an unknown node")]
    UnknownEdgeEnd { from: String, to: String },
    #[error("vehicle {serial} has the unknown home {home}")]
    UnknownHome { serial: String, home: String },
    #[error("two vehicles have the home {0}")]
    SharedHome(String),
    #[error("two vehicles are called {0}")]
    DuplicateVehicle(String),
    #[error("{0:?} cannot be part of an MQTT topic")]
    BadName(String),
    #[error("speed must be above zero")]
    BadSpeed,
}
