//! Several vehicles on one floor, on the embedded broker and on Mosquitto.

mod common;

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::schema::Listener;
use common::{Folder, Process, World, about, broker, shelf_mission};
use firmware_bridge::{BrokerAddr, Command, Mission, Report};

fn missions(count: usize, aisles: usize) -> Vec<Mission> {
    (0..count)
        .map(|n| {
            let shelf = format!("s{}_{}", n * 5 % aisles, n / aisles % 4);
            shelf_mission(&format!("mis_{n}"), &shelf, &format!("p{}", n % 2))
        })
        .collect()
}

/// Runs the missions and checks on the wire that no two vehicles ever had a node in common.
async fn run(world: &World, missions: Vec<Mission>) -> Duration {
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    let started = Instant::now();
    let ids: Vec<String> = missions.iter().map(|m| m.id.clone()).collect();
    for mission in missions {
        desk.send(Command::Run(mission)).await;
    }
    desk.work_off(&ids).await;
    let took = started.elapsed();
    for id in &ids {
        assert_eq!(desk.steps_done(id), vec![0, 1, 2], "{id}");
    }
    let assigned = desk.seen.iter().filter(|r| about(r).0 == "assigned");
    assert_eq!(assigned.count(), ids.len(), "each mission assigned once");
    for spec in &world.vehicles {
        let home = spec.home_node.clone();
        let serial = spec.serial.as_str();
        desk.until_status(serial, "home", |s| s.last_node == home).await;
    }
    world.stop.cancel();
    fleet.join().await;
    listener.assert_valid(&["order", "state", "connection"]);
    assert_nobody_shared(&listener);
    took
}

/// Goes through the states in the order in which the broker passed them on. What a vehicle
/// occupies is the node it stands on; nobody else may report standing there.
fn assert_nobody_shared(listener: &Listener) {
    let heard = listener.heard.lock().unwrap();
    let mut stands = std::collections::HashMap::new();
    for state in &heard.states {
        let serial = state["serialNumber"].as_str().unwrap().to_owned();
        let node = state["lastNodeId"].as_str().unwrap().to_owned();
        stands.insert(serial.clone(), node.clone());
        let here = stands.iter().filter(|(_, at)| **at == node);
        let here: HashSet<_> = here.map(|(serial, _)| serial).collect();
        assert_eq!(here.len(), 1, "{here:?} all at {node}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_vehicles_do_thirty_shelf_missions() {
    let world = World::new(broker(), 6, 50.0);
    let took = run(&world, missions(30, 6)).await;
    eprintln!("30 missions with 6 vehicles at speed 50: {took:?}");
}

/// A Mosquitto of our own; its configuration lies in the folder.
struct Mosquitto {
    program: std::path::PathBuf,
    file: std::path::PathBuf,
    port: u16,
    _folder: Folder,
}

impl Mosquitto {
    /// `None`, and a loud message, where it is not installed.
    fn prepare(name: &str) -> Option<Self> {
        let Some(program) = mosquitto() else {
            eprintln!("SKIPPED: mosquitto is not installed; only the embedded broker was tested");
            return None;
        };
        let folder = Folder::new(name);
        let port = free_port();
        let settings = format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n");
        let file = folder.0.join("mosquitto.conf");
        std::fs::write(&file, settings).unwrap();
        Some(Self { program, file, port, _folder: folder })
    }

    async fn start(&self) -> Process {
        let process = Process::start(&self.program, &["-c", self.file.to_str().unwrap()]);
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(Instant::now() < deadline, "mosquitto does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mosquitto_serves_as_well() {
    let Some(mosquitto) = Mosquitto::prepare("mosquitto") else {
        return;
    };
    let _process = mosquitto.start().await;
    let world = World::new(BrokerAddr::new("127.0.0.1", mosquitto.port), 3, 50.0);
    run(&world, missions(6, 3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_restarts_only_delays() {
    let Some(mosquitto) = Mosquitto::prepare("restart") else {
        return;
    };
    let process = mosquitto.start().await;
    let world = World::new(BrokerAddr::new("127.0.0.1", mosquitto.port), 2, 20.0);
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    for mission in missions(2, 2) {
        desk.send(Command::Run(mission)).await;
    }
    desk.until("work", |r| about(r).0 == "step").await;
    drop(process);
    desk.until("fall", |r| matches!(r, Report::BrokerDown)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let _process = mosquitto.start().await;
    desk.until("rise", |r| matches!(r, Report::BrokerUp)).await;
    desk.work_off(&["mis_0".into(), "mis_1".into()]).await;
    world.stop.cancel();
    fleet.join().await;
}

/// A port that was free a moment ago: the listener is gone when this returns.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn mosquitto() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder| folder.join("mosquitto"));
    programs.find(|program| program.is_file())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_more_urgent_mission_goes_first_and_impossible_ones_fail() {
    let world = World::new(broker(), 1, 50.0);
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    for (id, priority) in [("mis_late", 1), ("mis_soon", 5)] {
        let mission = shelf_mission(id, "s0_3", "p0");
        desk.send(Command::Run(Mission { priority, ..mission })).await;
    }
    desk.send(Command::Run(shelf_mission("mis_lost", "nowhere", "p0"))).await;
    let failed = desk.until("refusal", |r| about(r).0 == "failed").await;
    assert!(matches!(failed, Report::Failed { serial: None, ref reason, .. }
        if reason == "unknown node nowhere"));
    let first = desk.until("assignment", |r| about(r).0 == "assigned").await;
    assert_eq!(about(&first).1, "mis_soon");
    desk.work_off(&["mis_late".into(), "mis_soon".into()]).await;
    world.stop.cancel();
    fleet.join().await;
}
