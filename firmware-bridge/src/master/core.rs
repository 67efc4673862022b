//! Master control without IO: commands and messages in, messages and reports out.
//!
//! Deliberately absent: sockets and clocks. The time is set from outside before each call.

use solver::agv::{Node, Task, Traffic};

use super::car::{Car, Pending, Purpose, Touch};
use super::jobs::Jobs;
use super::plan::{self, Plan};
use crate::api::{BridgeConfig, Command, ConfigError, Mission, Report};
use crate::vda5050::{
    Action, BlockingType, Connection, ConnectionState, Dialect, Header, InstantActions, Kind, iso_timestamp,
};

/// An unreflected order or unsettled instant action is sent again after this time.
pub(super) const RESEND_MS: i64 = 1_000;
/// A vehicle must send a state every 30 s; twice that and a little is a lost vehicle.
const LOST_MS: i64 = 65_000;
/// After a start, vehicles are heard for so long before missions are given to any of them and
/// unknown orders are cancelled.
const HEARING_MS: i64 = 3_000;
/// Driving speed assumed for the lookahead, in millimetres a second.
const SPEED_MM_S: f64 = 1_500.0;
/// Braking distance and one node of reserve.
const LOOKAHEAD_MM: f64 = 4_000.0;
/// Time from a traversal to the next release taking effect, in wall seconds.
const ROUND_TRIP_S: f64 = 0.12;

/// A message to publish.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub serial: String,
    pub kind: Kind,
    pub payload: Vec<u8>,
}

/// The whole state of master control.
#[derive(Debug)]
pub(super) struct Core {
    pub dialect: Dialect,
    pub manufacturer: String,
    pub plan: Plan,
    pub traffic: Traffic,
    pub cars: Vec<Car>,
    pub jobs: Jobs,
    pub outgoing: Vec<Outgoing>,
    pub reports: Vec<Report>,
    /// Wall milliseconds since start.
    pub now_ms: i64,
    /// Wall milliseconds since 1970, for timestamps only.
    pub epoch_ms: i64,
    /// Distinguishes the ids of this run from those of earlier ones.
    pub run: String,
    /// Something changed that may let a mission be given to a vehicle.
    pub assign_due: bool,
    pub able_before: Vec<bool>,
    /// Until when vehicles are only heard; `None` before the broker is reached.
    hearing_until_ms: Option<i64>,
}

impl Core {
    /// # Errors
    /// [`ConfigError`] when floor and vehicles do not fit together.
    pub fn new(config: &BridgeConfig, epoch_ms: i64) -> Result<Self, ConfigError> {
        let plan = Plan::of(&config.floor)?;
        let roadmap = plan.roadmap(&config.floor)?;
        let homes = plan::check(config, &plan)?;
        let lookahead = LOOKAHEAD_MM + SPEED_MM_S * ROUND_TRIP_S * config.speed;
        let mut traffic = Traffic::new(roadmap, &homes, lookahead as i64).expect("homes were checked to be distinct");
        for edge in config.floor.edges.iter().filter(|edge| edge.closed) {
            if let (Some(from), Some(to)) = (plan.node(&edge.from), plan.node(&edge.to)) {
                traffic.set_closed(from, to, true);
            }
        }
        let specs = config.vehicles.iter().zip(&homes);
        Ok(Self {
            dialect: Dialect::V2_1,
            manufacturer: config.manufacturer.clone(),
            cars: specs.map(|(s, &home)| Car::new(s.serial.clone(), home)).collect(),
            plan,
            traffic,
            jobs: Jobs::default(),
            outgoing: Vec::new(),
            reports: Vec::new(),
            now_ms: 0,
            epoch_ms,
            run: format!("{epoch_ms:x}"),
            assign_due: true,
            able_before: Vec::new(),
            hearing_until_ms: None,
        })
    }

    /// The broker is reached (again): ask everyone for a state.
    pub fn broker_up(&mut self) {
        self.reports.push(Report::BrokerUp);
        self.hearing_until_ms.get_or_insert(self.now_ms + HEARING_MS);
        for car in 0..self.cars.len() {
            self.ask_state(car);
        }
    }

    pub fn broker_down(&mut self) {
        self.reports.push(Report::BrokerDown);
    }

    /// Whether every vehicle was heard, or enough time passed to hear it.
    pub fn heard_out(&self) -> bool {
        let all = self.cars.iter().all(|car| car.touch != Touch::Unheard);
        all || self.hearing_until_ms.is_some_and(|until| self.now_ms >= until)
    }

    /// Whether open missions of an earlier run have had time to be handed over.
    pub fn settled_in(&self) -> bool {
        self.hearing_until_ms.is_some_and(|until| self.now_ms >= until)
    }

    pub fn message(&mut self, topic: &str, payload: &[u8]) {
        let manufacturer = self.manufacturer.clone();
        let Some((serial, kind)) = self.dialect.parse_topic(&manufacturer, topic) else {
            return;
        };
        let Some(car) = self.car(serial) else {
            tracing::debug!(serial, "message of a vehicle that is not ours");
            return;
        };
        let heard = match kind {
            Kind::State => self.dialect.decode(payload).map(|s| self.hear_state(car, s)),
            Kind::Visualization => {
                let decoded = self.dialect.decode(payload);
                decoded.map(|message| self.hear_visualization(car, message))
            }
            Kind::Connection => self.dialect.decode(payload).map(|connection: Connection| {
                self.hear_connection(car, connection.connection_state);
            }),
            Kind::Order | Kind::InstantActions => Ok(()),
        };
        if let Err(error) = heard {
            tracing::warn!(serial, ?kind, %error, "message not understood");
        }
    }

    fn hear_connection(&mut self, car: usize, state: ConnectionState) {
        match state {
            ConnectionState::Online => self.ask_state(car),
            ConnectionState::Offline | ConnectionState::Broken => self.lose(car),
        }
    }

    /// Nothing is heard of the vehicle any more. What it holds stays reserved: it may drive to
    /// the end of its base.
    pub fn lose(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        if vehicle.touch != Touch::Online {
            return;
        }
        vehicle.touch = Touch::Lost;
        vehicle.status_due = true;
        let serial = vehicle.serial.clone();
        tracing::info!(serial, "vehicle lost");
        self.reports.push(Report::Lost { serial });
    }

    pub fn command(&mut self, command: Command) {
        match command {
            Command::Run(mission) => self.run_mission(mission),
            Command::Continue { mission } => {
                if let Some(job) = self.jobs.open.get_mut(&mission) {
                    job.continue_wait();
                }
            }
            Command::Cancel { mission } => self.cancel_mission(&mission),
            Command::Lockout { serial, reason } => self.lock_out(&serial, &reason),
            Command::Release { serial } => self.release(&serial),
            Command::Pause { serial } => self.set_paused(&serial, true),
            Command::Resume { serial } => self.set_paused(&serial, false),
            Command::Charge { serial } => {
                if let Some(car) = self.car(&serial) {
                    self.cars[car].charge_asked = true;
                }
            }
            Command::CloseEdge { from, to } => self.set_edge(&from, &to, true),
            Command::OpenEdge { from, to } => self.set_edge(&from, &to, false),
        }
    }

    /// Takes a mission unless it is known. One that cannot be done by anyone fails at once.
    fn run_mission(&mut self, mission: Mission) {
        if self.jobs.open.contains_key(&mission.id) {
            return;
        }
        if let Some(report) = self.jobs.ended(&mission.id) {
            self.reports.push(report.clone());
            return;
        }
        let id = mission.id.clone();
        let refusal = self.impossible(&mission);
        self.jobs.add(mission);
        self.assign_due = true;
        match refusal {
            Some(reason) => self.fail(&id, &reason),
            None => self.adopt_for(&id),
        }
    }

    fn impossible(&self, mission: &Mission) -> Option<String> {
        if mission.id.is_empty() || mission.id.contains(['~', '/']) {
            return Some("a mission id must not be empty or contain ~ or /".to_owned());
        }
        let fixed = mission.vehicle.as_deref();
        if let Some(serial) = fixed.filter(|serial| self.car(serial).is_none()) {
            return Some(format!("unknown vehicle {serial}"));
        }
        let mut targets = Vec::new();
        for step in &mission.steps {
            match self.plan.node(&step.node) {
                Some(node) => targets.push(node),
                None => return Some(format!("unknown node {}", step.node)),
            }
        }
        let candidate = |&car: &usize| fixed.is_none_or(|s| self.cars[car].serial == s);
        let serves = |car: usize| targets.iter().all(|&node| self.traffic.serves(car, node));
        let served = (0..self.cars.len()).filter(candidate).any(serves);
        (!served).then(|| "no vehicle can drive there and back".to_owned())
    }

    fn set_edge(&mut self, from: &str, to: &str, closed: bool) {
        let (Some(from), Some(to)) = (self.plan.node(from), self.plan.node(to)) else {
            tracing::warn!(from, to, "edge between unknown nodes");
            return;
        };
        self.traffic.set_closed(from, to, closed);
        self.assign_due = true;
        if closed {
            self.turn_back_from(from, to);
        }
    }

    pub fn car(&self, serial: &str) -> Option<usize> {
        self.cars.iter().position(|car| car.serial == serial)
    }

    /// Everything that follows from what was heard and commanded: to be called after both, and
    /// regularly.
    pub fn work(&mut self) {
        for car in 0..self.cars.len() {
            let silent = self.now_ms - self.cars[car].heard_ms > LOST_MS;
            if silent && self.cars[car].touch == Touch::Online {
                self.lose(car);
            }
            self.tell_locked_out(car);
            self.resend(car);
        }
        self.assign();
        for car in 0..self.cars.len() {
            self.pursue(car);
        }
        for grant in self.traffic.pump() {
            self.extend(grant.vehicle, &grant.nodes);
        }
        for car in 0..self.cars.len() {
            if std::mem::take(&mut self.cars[car].status_due) {
                let status = self.status(car);
                self.reports.push(Report::Vehicle(status));
            }
        }
    }

    /// Tells traffic control what the vehicle is about and whether it can take orders.
    pub fn set_task(&mut self, car: usize, task: Task) {
        self.traffic.set_task(car, task);
    }

    /// Reserves exactly these nodes for the vehicle; `false` when another holds one of them.
    pub fn hold(&mut self, car: usize, nodes: &[Node]) -> bool {
        match self.traffic.occupy(car, nodes) {
            Ok(()) => {
                self.cars[car].placed = true;
                true
            }
            Err(conflict) => {
                let serial = &self.cars[car].serial;
                let by = &self.cars[conflict.by].serial;
                let node = self.plan.id(conflict.node);
                // After a restart a vehicle between two nodes still names the one it left,
                // and another was let go there: the next state settles it.
                tracing::warn!(serial, by, node, "waits for a node that another vehicle holds");
                false
            }
        }
    }

    /// The purpose's next order id of this run.
    pub fn own_order_id(&mut self, car: usize, purpose: &Purpose) -> String {
        let vehicle = &mut self.cars[car];
        vehicle.counter += 1;
        let word = match purpose {
            Purpose::Charge => "charge",
            _ => "home",
        };
        format!("{word}~{}~{}", self.run, vehicle.counter)
    }

    /// Sends an instant action and keeps it until it is settled. One of the same type that is
    /// still pending is replaced.
    pub fn instant(&mut self, car: usize, action_type: &str) -> String {
        let vehicle = &mut self.cars[car];
        vehicle.counter += 1;
        let action = Action {
            action_type: action_type.to_owned(),
            action_id: format!("{action_type}~{}~{}", self.run, vehicle.counter),
            blocking_type: BlockingType::Hard,
            action_parameters: Vec::new(),
        };
        let id = action.action_id.clone();
        vehicle.pending.retain(|p| p.action.action_type != action_type);
        vehicle.pending.push(Pending { action: action.clone(), sent_ms: self.now_ms, states: 0 });
        self.send_instant(car, action);
        id
    }

    fn ask_state(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        vehicle.counter += 1;
        let action = Action {
            action_type: "stateRequest".to_owned(),
            action_id: format!("stateRequest~{}~{}", self.run, vehicle.counter),
            blocking_type: BlockingType::None,
            action_parameters: Vec::new(),
        };
        self.send_instant(car, action);
    }

    pub fn send_instant(&mut self, car: usize, action: Action) {
        let message = InstantActions { header: self.header(car, 1), actions: vec![action] };
        let payload = self.dialect.encode(&message);
        self.send(car, Kind::InstantActions, payload);
    }

    pub fn send(&mut self, car: usize, kind: Kind, payload: Vec<u8>) {
        self.outgoing.push(Outgoing { serial: self.cars[car].serial.clone(), kind, payload });
    }

    pub fn header(&mut self, car: usize, topic: usize) -> Header {
        let vehicle = &mut self.cars[car];
        vehicle.header_ids[topic] += 1;
        Header {
            header_id: vehicle.header_ids[topic],
            timestamp: iso_timestamp(self.epoch_ms),
            version: self.dialect.version().to_owned(),
            manufacturer: self.manufacturer.clone(),
            serial_number: vehicle.serial.clone(),
        }
    }
}
