//! A small warehouse, a server's view of the bridge, and a listener on the wire that holds every
//! message against the official schemas.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod schema;

use std::collections::HashMap;
use std::time::Duration;

use firmware_bridge::vehicle::{Fleet, FleetConfig, Timing, spawn_fleet};
use firmware_bridge::{
    Bridge, BridgeConfig, BrokerAddr, Command, Deed, Floor, FloorEdge, FloorNode, Mission, NodeKind, Report, Step,
    VehicleSpec, VehicleStatus,
};
use tokio_util::sync::CancellationToken;

pub const MANUFACTURER: &str = "Cartage";

/// Two corridors joined by `aisles` aisles with four shelves each; stations hang off the lower
/// corridor, homes off the upper one; every second home is a charger.
///
/// ```text
/// h0  h1  h2      homes
/// u0--u1--u2      upper corridor
/// s.. s.. s..     shelves s{aisle}_{0..4}
/// l0--l1--l2      lower corridor
/// p0  p1          stations
/// ```
pub fn warehouse(aisles: usize, stations: usize) -> Floor {
    let mut floor = Floor { map_id: "hall-1".into(), nodes: Vec::new(), edges: Vec::new() };
    for aisle in 0..aisles {
        let x_mm = aisle as i64 * 3_000;
        let home = match aisle % 2 {
            0 => NodeKind::Charger,
            _ => NodeKind::Parking,
        };
        add(&mut floor, format!("h{aisle}"), x_mm, 14_000, home);
        add(&mut floor, format!("u{aisle}"), x_mm, 12_000, NodeKind::Aisle);
        add(&mut floor, format!("l{aisle}"), x_mm, 2_000, NodeKind::Aisle);
        let mut last = format!("l{aisle}");
        for place in 0..4 {
            let id = format!("s{aisle}_{place}");
            add(&mut floor, id.clone(), x_mm, 4_000 + place * 2_000, NodeKind::Shelf);
            both(&mut floor, &last, &id);
            last = id;
        }
        both(&mut floor, &last, &format!("u{aisle}"));
        both(&mut floor, &format!("u{aisle}"), &format!("h{aisle}"));
        if aisle > 0 {
            both(&mut floor, &format!("u{}", aisle - 1), &format!("u{aisle}"));
            both(&mut floor, &format!("l{}", aisle - 1), &format!("l{aisle}"));
        }
    }
    for station in 0..stations {
        let x_mm = station as i64 * 3_000;
        add(&mut floor, format!("p{station}"), x_mm, 0, NodeKind::Station);
        both(&mut floor, &format!("l{station}"), &format!("p{station}"));
    }
    floor
}

fn add(floor: &mut Floor, id: String, x_mm: i64, y_mm: i64, kind: NodeKind) {
    floor.nodes.push(FloorNode { id, x_mm, y_mm, kind });
}

fn both(floor: &mut Floor, a: &str, b: &str) {
    for (from, to) in [(a, b), (b, a)] {
        floor.edges.push(FloorEdge { from: from.into(), to: to.into(), closed: false });
    }
}

/// `count` vehicles `agv-0..`, each with the home `h{n}`.
pub fn specs(count: usize) -> Vec<VehicleSpec> {
    (0..count).map(|n| VehicleSpec { serial: format!("agv-{n}"), home_node: format!("h{n}") }).collect()
}

/// The embedded broker on any free port.
pub fn broker() -> BrokerAddr {
    let (port, guard) = firmware_bridge::broker::start_embedded(0).expect("a free port");
    assert!(guard.alive());
    BrokerAddr::new("127.0.0.1", port)
}

/// Fetch a shelf: pick it, show it at a station, wait for the person, put it back.
pub fn shelf_mission(id: &str, shelf: &str, station: &str) -> Mission {
    let load = format!("load-{shelf}");
    let step = |node: &str, deed: Deed| Step { node: node.into(), deed };
    Mission {
        id: id.into(),
        steps: vec![
            step(shelf, Deed::Pick { load: load.clone() }),
            step(station, Deed::Wait),
            step(shelf, Deed::Drop { load }),
        ],
        done_steps: 0,
        vehicle: None,
        priority: 0,
    }
}

/// Everything of one test: a broker address, a floor, vehicles, a speed.
pub struct World {
    pub broker: BrokerAddr,
    pub floor: Floor,
    pub vehicles: Vec<VehicleSpec>,
    pub speed: f64,
    pub timing: Timing,
    pub stop: CancellationToken,
}

impl World {
    pub fn new(broker: BrokerAddr, vehicles: usize, speed: f64) -> Self {
        Self {
            broker,
            floor: warehouse(vehicles.max(3), 2),
            vehicles: specs(vehicles),
            speed,
            timing: Timing::default(),
            stop: CancellationToken::new(),
        }
    }

    pub fn fleet(&self) -> Fleet {
        let config = FleetConfig {
            broker: self.broker.clone(),
            manufacturer: MANUFACTURER.into(),
            floor: self.floor.clone(),
            vehicles: self.vehicles.clone(),
            speed: self.speed,
            state_dir: None,
            timing: self.timing.clone(),
        };
        spawn_fleet(config, &self.stop).expect("a fleet")
    }

    pub async fn master(&self, stop: &CancellationToken) -> Desk {
        let config = BridgeConfig {
            broker: self.broker.clone(),
            client_id: "master".into(),
            manufacturer: MANUFACTURER.into(),
            floor: self.floor.clone(),
            vehicles: self.vehicles.clone(),
            speed: self.speed,
        };
        let bridge = firmware_bridge::start(config, stop.clone()).await;
        Desk { bridge: bridge.expect("a bridge"), seen: Vec::new(), status: HashMap::new() }
    }
}

/// The server's side of the bridge: sends commands, keeps what was reported.
pub struct Desk {
    pub bridge: Bridge,
    /// Every report but the statuses.
    pub seen: Vec<Report>,
    pub status: HashMap<String, VehicleStatus>,
}

impl Desk {
    pub async fn send(&self, command: Command) {
        self.bridge.commands.send(command).await.expect("bridge runs");
    }

    /// Waits for a report (statuses apart) that satisfies `wanted`.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Report) -> bool) -> Report {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
        loop {
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(report) if wanted(&report) => return report,
                Ok(_) => {}
                Err(_) => panic!("no {what}; seen {:#?}; status {:#?}", self.seen, self.status),
            }
        }
    }

    /// Waits until the status of a vehicle satisfies `wanted`.
    pub async fn until_status(
        &mut self,
        serial: &str,
        what: &str,
        wanted: impl Fn(&VehicleStatus) -> bool,
    ) -> VehicleStatus {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.status.get(serial).filter(|s| wanted(s)) {
                return status.clone();
            }
            if tokio::time::timeout_at(deadline, self.next()).await.is_err() {
                panic!("{serial} never {what}; seen {:#?}; {:#?}", self.seen, self.status);
            }
        }
    }

    pub async fn next(&mut self) -> Report {
        let report = self.bridge.reports.recv().await.expect("bridge runs");
        match &report {
            Report::Vehicle(status) => {
                self.status.insert(status.serial.clone(), status.clone());
            }
            other => self.seen.push(other.clone()),
        }
        report
    }

    /// Plays the person at the stations until every mission named has ended.
    pub async fn work_off(&mut self, missions: &[String]) {
        let mut open: Vec<&String> = missions.iter().collect();
        while !open.is_empty() {
            let what = format!("end of {} missions", open.len());
            let report = self.until(&what, |r| matches!(about(r).0, "waiting" | "done" | "failed"));
            match report.await {
                Report::Waiting { mission, .. } => self.send(Command::Continue { mission }).await,
                Report::Done { mission, .. } => open.retain(|id| **id != mission),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Steps of a mission reported done, in order.
    pub fn steps_done(&self, mission: &str) -> Vec<usize> {
        let step = |report: &Report| match report {
            Report::StepDone { mission: m, step, .. } if m == mission => Some(*step),
            _ => None,
        };
        self.seen.iter().filter_map(step).collect()
    }
}

/// A folder of its own for one test, removed with it.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let unique = format!("firmware-bridge-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A child process that does not outlive the test.
pub struct Process(pub std::process::Child);

impl Process {
    pub fn start(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Self {
        let mut command = std::process::Command::new(program);
        command.args(args).stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The mission a report is about, with the kind of report.
pub fn about(report: &Report) -> (&str, &str) {
    match report {
        Report::Assigned { mission, .. } => ("assigned", mission),
        Report::StepDone { mission, .. } => ("step", mission),
        Report::Waiting { mission, .. } => ("waiting", mission),
        Report::Done { mission, .. } => ("done", mission),
        Report::Failed { mission, .. } => ("failed", mission),
        _ => ("", ""),
    }
}
