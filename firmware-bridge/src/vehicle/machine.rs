//! The virtual vehicle itself, on a clock of its own: what it remembers and how time passes.
//!
//! Deliberately absent: MQTT, disks and wall time (see `run`), and anything about the server. It
//! knows only what a real vehicle knows: its map, its order, its own body.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::motion::{Drive, Pose};
use crate::api::{Floor, NodeKind};
use crate::vda5050::{Action, ActionState, ActionStatus, BlockingType, Edge, ErrorLevel, Node, VehicleError};

/// A full battery, in parts such that rates for a millisecond are whole numbers.
pub(super) const FULL_BATTERY: i64 = 1_000_000_000;

/// How long things take and how fast the battery empties, in the vehicle's own time.
#[derive(Debug, Clone)]
pub struct Timing {
    pub pick_ms: i64,
    pub drop_ms: i64,
    /// From reaching a charger until current flows.
    pub dock_ms: i64,
    /// A full battery lasts so long while driving.
    pub battery_driving_ms: i64,
    /// A full battery lasts so long while standing.
    pub battery_standing_ms: i64,
    /// An empty battery is full after so long.
    pub battery_charging_ms: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pick_ms: 8_000,
            drop_ms: 6_000,
            dock_ms: 3_000,
            battery_driving_ms: 6 * 3_600_000,
            battery_standing_ms: 40 * 3_600_000,
            battery_charging_ms: 3_600_000,
        }
    }
}

/// The map as a vehicle holds it.
#[derive(Debug)]
pub(super) struct Chart {
    pub map_id: String,
    pub places: HashMap<String, (i64, i64)>,
    pub chargers: HashSet<String>,
    pub edges: HashSet<(String, String)>,
}

impl Chart {
    pub fn of(floor: &Floor) -> Self {
        let nodes = floor.nodes.iter();
        let chargers = nodes.clone().filter(|n| n.kind == NodeKind::Charger);
        let edges = floor.edges.iter();
        Self {
            map_id: floor.map_id.clone(),
            places: nodes.map(|n| (n.id.clone(), (n.x_mm, n.y_mm))).collect(),
            chargers: chargers.map(|n| n.id.clone()).collect(),
            edges: edges.map(|e| (e.from.clone(), e.to.clone())).collect(),
        }
    }
}

/// An action under way and the time it still needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Running {
    pub action: Action,
    pub left_ms: i64,
}

/// Everything that survives a loss of power.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memory {
    pub pose: Pose,
    pub last_node: String,
    pub last_sequence: u32,
    pub order_id: String,
    pub update_id: u32,
    /// The order was cancelled: no update of it is accepted any more.
    pub cancelled: bool,
    /// Nodes and edges still ahead.
    pub nodes: VecDeque<Node>,
    pub edges: VecDeque<Edge>,
    pub drive: Option<Drive>,
    /// Actions of the order, in the order they were received.
    pub actions: Vec<ActionState>,
    /// Actions of the node reached, not begun yet.
    pub queue: VecDeque<Action>,
    pub running: Vec<Running>,
    /// Instant actions received lately.
    pub instant: VecDeque<ActionState>,
    /// The cancelOrder under way.
    pub cancel: Option<String>,
    pub paused: bool,
    pub charging: bool,
    pub battery: i64,
    pub load: Option<String>,
    pub errors: Vec<VehicleError>,
}

/// A vehicle in its own time.
#[derive(Debug)]
pub(super) struct Machine {
    pub chart: std::sync::Arc<Chart>,
    pub timing: Timing,
    pub memory: Memory,
    /// The vehicle's own time up to which everything has happened.
    now_ms: i64,
    /// Something happened that the next state message is to tell.
    changed: bool,
}

impl Machine {
    /// A vehicle that stands at its home with a full battery.
    pub fn new(chart: std::sync::Arc<Chart>, timing: Timing, home: &str) -> Self {
        let &(x_mm, y_mm) = chart.places.get(home).expect("homes are checked at start");
        let pose = Pose { x_mm, y_mm, theta_mrad: 0 };
        let memory = Memory {
            pose,
            last_node: home.to_owned(),
            last_sequence: 0,
            order_id: String::new(),
            update_id: 0,
            cancelled: false,
            nodes: VecDeque::new(),
            edges: VecDeque::new(),
            drive: None,
            actions: Vec::new(),
            queue: VecDeque::new(),
            running: Vec::new(),
            instant: VecDeque::new(),
            cancel: None,
            paused: false,
            charging: false,
            battery: FULL_BATTERY,
            load: None,
            errors: Vec::new(),
        };
        Self::remembering(chart, timing, memory)
    }

    /// A vehicle that goes on from what it remembers.
    pub fn remembering(chart: std::sync::Arc<Chart>, timing: Timing, memory: Memory) -> Self {
        Self { chart, timing, memory, now_ms: 0, changed: true }
    }

    /// Whether something happened since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub fn touch(&mut self) {
        self.changed = true;
    }

    pub fn pose(&self) -> Pose {
        let memory = &self.memory;
        memory.drive.as_ref().map_or(memory.pose, Drive::pose)
    }

    pub fn moving(&self) -> bool {
        self.memory.drive.is_some() && !self.memory.paused
    }

    /// Nothing to drive and no action of the order unsettled.
    pub fn idle(&self) -> bool {
        let memory = &self.memory;
        memory.nodes.is_empty() && memory.edges.is_empty() && memory.actions.iter().all(|a| a.action_status.settled())
    }

    /// Time until something happens by itself.
    pub fn next_event_ms(&self) -> Option<i64> {
        let drive = self.memory.drive.as_ref().filter(|_| self.moving());
        let running = self.memory.running.iter().map(|r| r.left_ms);
        running.chain(drive.map(Drive::left_ms)).min()
    }

    /// Lets time pass up to `now_ms` of the vehicle's own time.
    pub fn advance(&mut self, now_ms: i64) {
        self.proceed();
        loop {
            let left_ms = now_ms - self.now_ms;
            match self.next_event_ms().filter(|&event_ms| event_ms <= left_ms) {
                Some(event_ms) => {
                    self.pass(event_ms);
                    self.finish_due();
                    self.proceed();
                }
                None => {
                    self.pass(left_ms.max(0));
                    return;
                }
            }
        }
    }

    /// Time passes in which nothing is completed before its end.
    fn pass(&mut self, ms: i64) {
        let moving = self.moving();
        let timing = &self.timing;
        let memory = &mut self.memory;
        let rate = if memory.charging {
            FULL_BATTERY / timing.battery_charging_ms
        } else if moving {
            -FULL_BATTERY / timing.battery_driving_ms
        } else {
            -FULL_BATTERY / timing.battery_standing_ms
        };
        memory.battery = (memory.battery + rate * ms).clamp(0, FULL_BATTERY);
        for running in &mut memory.running {
            running.left_ms -= ms;
        }
        if let Some(drive) = memory.drive.as_mut().filter(|_| moving) {
            drive.go_on(ms);
        }
        self.now_ms += ms;
    }

    fn finish_due(&mut self) {
        let due = |running: &Running| running.left_ms <= 0;
        while let Some(at) = self.memory.running.iter().position(due) {
            let running = self.memory.running.remove(at);
            self.complete(&running.action);
        }
        let moving = self.moving();
        if moving && self.memory.drive.as_ref().is_some_and(|d| d.left_ms() <= 0) {
            self.arrive();
        }
    }

    /// The end of a drive: the next node is traversed.
    fn arrive(&mut self) {
        self.changed = true;
        let memory = &mut self.memory;
        memory.pose = memory.drive.take().map_or(memory.pose, |d| d.pose());
        let Some(node) = memory.nodes.pop_front() else {
            return;
        };
        if memory.edges.front().is_some_and(|edge| edge.sequence_id < node.sequence_id) {
            memory.edges.pop_front();
        }
        memory.last_node = node.node_id;
        memory.last_sequence = node.sequence_id;
        if memory.cancel.is_none() {
            memory.queue.extend(node.actions);
        }
    }

    /// Begins whatever can begin now.
    fn proceed(&mut self) {
        if self.memory.cancel.is_some() {
            self.proceed_cancel();
        }
        self.begin_actions();
        if self.may_drive() {
            self.begin_drive();
        }
    }

    fn begin_actions(&mut self) {
        while let Some(next) = self.memory.queue.front() {
            let hard = next.blocking_type == BlockingType::Hard;
            let busy_hard = |r: &Running| r.action.blocking_type == BlockingType::Hard;
            let running = &self.memory.running;
            if (hard && !running.is_empty()) || running.iter().any(busy_hard) {
                return;
            }
            let action = self.memory.queue.pop_front().expect("front was there");
            self.begin(action);
        }
    }

    fn may_drive(&mut self) -> bool {
        let memory = &self.memory;
        let blocked = |r: &Running| r.action.blocking_type != BlockingType::None;
        let ready = memory.drive.is_none()
            && !memory.paused
            && !memory.charging
            && memory.cancel.is_none()
            && memory.queue.is_empty()
            && !memory.running.iter().any(blocked)
            && memory.nodes.front().is_some_and(|node| node.released);
        if ready && memory.battery == 0 {
            self.raise(ErrorLevel::Fatal, "batteryEmpty", "no charge left", &[]);
            return false;
        }
        ready
    }

    fn begin_drive(&mut self) {
        let memory = &mut self.memory;
        let Some(node) = memory.nodes.front() else {
            return;
        };
        let Some(&(x_mm, y_mm)) = self.chart.places.get(&node.node_id) else {
            return;
        };
        memory.drive = Some(Drive::new(memory.pose, x_mm, y_mm));
        self.changed = true;
    }

    /// Ends the order when nothing uninterruptible is under way. A vehicle on an edge drives on
    /// to the next node first, unless it is paused: then it stays where it is.
    fn proceed_cancel(&mut self) {
        let memory = &mut self.memory;
        let between = memory.drive.is_some() && !memory.paused;
        if between || !memory.running.is_empty() {
            return;
        }
        if let Some(drive) = memory.drive.take() {
            memory.pose = drive.pose();
        }
        memory.nodes.clear();
        memory.edges.clear();
        memory.cancelled = true;
        if let Some(id) = memory.cancel.take() {
            self.settle_instant(&id, ActionStatus::Finished, None);
        }
    }

    /// Reports an error; an error of the same type replaces the older one.
    pub fn raise(&mut self, level: ErrorLevel, kind: &str, description: &str, references: &[(&str, String)]) {
        let reference = |(key, value): &(&str, String)| crate::vda5050::ErrorReference {
            reference_key: (*key).to_owned(),
            reference_value: value.clone(),
        };
        let error = VehicleError {
            error_type: kind.to_owned(),
            error_references: references.iter().map(reference).collect(),
            error_description: Some(description.to_owned()),
            error_level: level,
        };
        if !self.memory.errors.contains(&error) {
            self.memory.errors.retain(|e| e.error_type != kind);
            self.memory.errors.push(error);
            self.changed = true;
        }
    }
}
