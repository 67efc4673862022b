//! What goes wrong in a warehouse: restarts, lost vehicles, lockouts, cancelled missions.

mod common;

use std::time::Duration;

use common::schema::Listener;
use common::{Folder, MANUFACTURER, Process, World, about, broker, shelf_mission};
use firmware_bridge::{Command, Doing, Mission, NodeKind, Report};
use tokio_util::sync::CancellationToken;

/// The order ids sent so far, without repetition, in the order of their first appearance.
fn order_ids(listener: &Listener) -> Vec<String> {
    let heard = listener.heard.lock().unwrap();
    let mut ids: Vec<String> = Vec::new();
    for order in &heard.orders {
        let id = order["orderId"].as_str().unwrap().to_owned();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_master_adopts_the_vehicle_in_mid_mission() {
    let world = World::new(broker(), 2, 20.0);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mission = shelf_mission("mis_1", "s1_0", "p1");
    for stage in ["picking", "waiting"] {
        let run = CancellationToken::new();
        let mut desk = world.master(&run).await;
        let done_steps = usize::from(stage == "waiting");
        let vehicle = None;
        desk.send(Command::Run(Mission { done_steps, vehicle, ..mission.clone() })).await;
        match stage {
            "picking" => {
                desk.until("step", |r| about(r).0 == "step").await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            _ => {
                desk.until("waiting", |r| about(r).0 == "waiting").await;
            }
        }
        run.cancel();
        while desk.bridge.reports.recv().await.is_some() {}
    }
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(Mission { done_steps: 1, ..mission })).await;
    desk.work_off(&["mis_1".into()]).await;
    assert_eq!(desk.steps_done("mis_1"), vec![1, 2]);
    let ids = order_ids(&listener);
    let of_mission: Vec<_> = ids.iter().filter(|id| id.starts_with("mis_1")).collect();
    assert_eq!(of_mission, ["mis_1"], "never a second order");
    world.stop.cancel();
    fleet.join().await;
    listener.assert_valid(&["order", "state"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_order_is_cancelled_before_anything_else() {
    let world = World::new(broker(), 1, 10.0);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let run = CancellationToken::new();
    let mut desk = world.master(&run).await;
    desk.send(Command::Run(shelf_mission("mis_old", "s2_0", "p1"))).await;
    desk.until_status("agv-0", "driving", |s| s.doing == Doing::Driving).await;
    let pause = |serial: &str| Command::Pause { serial: serial.into() };
    desk.send(pause("agv-0")).await;
    desk.until_status("agv-0", "paused", |s| s.doing == Doing::Waiting).await;
    run.cancel();
    while desk.bridge.reports.recv().await.is_some() {}
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(shelf_mission("mis_new", "s0_3", "p0"))).await;
    // Nobody but a person resumes a vehicle that was paused.
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert!(!desk.seen.iter().any(|r| about(r).0 == "assigned"));
    desk.send(Command::Resume { serial: "agv-0".into() }).await;
    desk.work_off(&["mis_new".into()]).await;
    {
        let heard = listener.heard.lock().unwrap();
        let kinds = heard.instant.iter().map(|m| &m["actions"][0]["actionType"]);
        assert!(kinds.into_iter().any(|kind| kind == "cancelOrder"));
        let is_new = |message: &&serde_json::Value| message["orderId"] == "mis_new";
        let new_order = heard.orders.iter().find(is_new).expect("an order");
        let finished = heard.states.iter().find(|state| {
            let actions = state["actionStates"].as_array().unwrap().iter();
            actions.clone().any(|a| a["actionType"] == "cancelOrder" && a["actionStatus"] == "FINISHED")
        });
        let finished = finished.expect("the cancelled order ended");
        let (ended, sent) = (&finished["timestamp"], &new_order["timestamp"]);
        assert!(ended.as_str() <= sent.as_str(), "{ended} {sent}");
    }
    world.stop.cancel();
    fleet.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_vehicle_process_goes_on_where_it_was() {
    let world = World::new(broker(), 1, 20.0);
    let folder = Folder::new("vehicle");
    let map = folder.0.join("floor.json");
    let mut text = serde_json::to_value(&world.floor).unwrap();
    text["vehicles"] = serde_json::to_value(&world.vehicles).unwrap();
    std::fs::write(&map, text.to_string()).unwrap();
    let address = format!("127.0.0.1:{}", world.broker.port);
    let args = [
        "vehicle",
        "--count",
        "1",
        "--broker",
        &address,
        "--map",
        map.to_str().unwrap(),
        "--state-dir",
        folder.0.to_str().unwrap(),
        "--speed",
        "20",
        "--manufacturer",
        MANUFACTURER,
    ];
    let program = env!("CARGO_BIN_EXE_firmware-bridge");
    let process = Process::start(program, &args);
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(shelf_mission("mis_1", "s2_2", "p1"))).await;
    desk.until("pick", |r| about(r).0 == "step").await;
    desk.until_status("agv-0", "driving", |s| s.doing == Doing::Driving).await;
    drop(process);
    desk.until("loss", |r| matches!(r, Report::Lost { .. })).await;
    let lost = desk.until_status("agv-0", "offline", |s| s.doing == Doing::Offline).await;
    assert_eq!(lost.load.as_deref(), Some("load-s2_2"), "the goods stay known");
    let _again = Process::start(program, &args);
    desk.until("return", |r| matches!(r, Report::Back { .. })).await;
    desk.work_off(&["mis_1".into()]).await;
    assert_eq!(desk.steps_done("mis_1"), vec![0, 1, 2]);
    world.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_out_vehicle_stops_and_comes_back() {
    let world = World::new(broker(), 2, 8.0);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(Mission { vehicle: Some("agv-0".into()), ..shelf_mission("mis_1", "s0_0", "p0") })).await;
    desk.until("pick", |r| about(r).0 == "step").await;
    desk.until_status("agv-0", "driving", |s| s.doing == Doing::Driving).await;
    desk.send(Command::Lockout { serial: "agv-0".into(), reason: "pallet in the aisle".into() }).await;
    let failed = desk.until("failure", |r| about(r).0 == "failed").await;
    let Report::Failed { reason, load_on_vehicle, at_node, .. } = failed else { unreachable!() };
    assert_eq!(reason, "locked out: pallet in the aisle");
    assert!(load_on_vehicle && at_node.is_some());
    desk.until("lockout", |r| matches!(r, Report::LockedOut { .. })).await;
    let there = desk.until_status("agv-0", "out", |s| s.doing == Doing::LockedOut).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let still = desk.until_status("agv-0", "out", |s| s.doing == Doing::LockedOut).await;
    assert_eq!((there.x_mm, there.y_mm), (still.x_mm, still.y_mm), "it stands");
    desk.send(Command::Release { serial: "agv-0".into() }).await;
    desk.until("release", |r| matches!(r, Report::Released { .. })).await;
    let mut bring_back = shelf_mission("mis_2", "s0_0", "p0");
    bring_back.steps.drain(..2);
    bring_back.vehicle = Some("agv-0".into());
    desk.send(Command::Run(bring_back)).await;
    desk.work_off(&["mis_2".into()]).await;
    let home = desk.until_status("agv-0", "home", |s| s.last_node == "h0").await;
    assert_eq!(home.load, None);
    world.stop.cancel();
    fleet.join().await;
    listener.assert_valid(&["order", "instantActions", "state"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_mission_ends_and_the_vehicle_works_on() {
    let world = World::new(broker(), 1, 20.0);
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    for id in ["mis_1", "mis_2", "mis_3"] {
        desk.send(Command::Run(shelf_mission(id, "s2_2", "p1"))).await;
    }
    desk.until_status("agv-0", "driving", |s| s.doing == Doing::Driving).await;
    for id in ["mis_1", "mis_2"] {
        desk.send(Command::Cancel { mission: id.into() }).await;
        let failed = desk.until("end", |r| about(r).0 == "failed").await;
        let Report::Failed { mission, reason, load_on_vehicle, .. } = failed else { unreachable!() };
        assert_eq!((reason.as_str(), load_on_vehicle), ("cancelled", false));
        assert!(["mis_1", "mis_2"].contains(&mission.as_str()));
    }
    desk.work_off(&["mis_3".into()]).await;
    world.stop.cancel();
    fleet.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_vehicle_waits_and_a_closed_edge_is_driven_round() {
    let world = World::new(broker(), 1, 12.0);
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(shelf_mission("mis_1", "s0_0", "p0"))).await;
    desk.until_status("agv-0", "under way", |s| s.last_node == "u0").await;
    desk.send(Command::Pause { serial: "agv-0".into() }).await;
    desk.until_status("agv-0", "paused", |s| s.doing == Doing::Waiting).await;
    for (from, to) in [("s0_1", "s0_0"), ("s0_2", "s0_1"), ("s0_3", "s0_2")] {
        desk.send(Command::CloseEdge { from: from.into(), to: to.into() }).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    desk.send(Command::Resume { serial: "agv-0".into() }).await;
    let status = desk.until_status("agv-0", "round", |s| s.last_node.starts_with('l')).await;
    assert!(status.load.is_none());
    let came_by = |s: &firmware_bridge::VehicleStatus| s.last_node == "l0";
    desk.until_status("agv-0", "below", came_by).await;
    desk.work_off(&["mis_1".into()]).await;
    world.stop.cancel();
    fleet.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_action_fails_the_mission() {
    let world = World::new(broker(), 1, 50.0);
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    let mut mission = shelf_mission("mis_1", "s0_3", "p0");
    mission.steps.drain(..2);
    desk.send(Command::Run(mission)).await;
    let failed = desk.until("failure", |r| about(r).0 == "failed").await;
    let Report::Failed { reason, at_node, .. } = failed else { unreachable!() };
    assert_eq!(reason, "drop failed: nothing loaded");
    assert_eq!(at_node.as_deref(), Some("s0_3"));
    desk.until_status("agv-0", "home", |s| s.last_node == "h0").await;
    world.stop.cancel();
    fleet.join().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_vehicle_charges_and_then_works_again() {
    let mut world = World::new(broker(), 2, 50.0);
    world.timing.battery_standing_ms = 150_000;
    world.timing.battery_charging_ms = 150_000;
    let kind = |id: &str| world.floor.nodes.iter().find(|n| n.id == id).unwrap().kind;
    assert_eq!((kind("h0"), kind("h1")), (NodeKind::Charger, NodeKind::Parking));
    world.vehicles.truncate(1);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    desk.until_status("agv-0", "charging", |s| s.doing == Doing::Charging).await;
    desk.until_status("agv-0", "full", |s| s.doing == Doing::Idle && s.battery_permille > 850).await;
    desk.send(Command::Charge { serial: "agv-0".into() }).await;
    desk.until_status("agv-0", "charging", |s| s.doing == Doing::Charging).await;
    desk.send(Command::Run(shelf_mission("mis_1", "s0_3", "p0"))).await;
    desk.until("assignment", |r| about(r).0 == "assigned").await;
    desk.until("pick", |r| about(r).0 == "step").await;
    world.stop.cancel();
    fleet.join().await;
    let heard = listener.heard.lock().unwrap();
    let stops = |m: &serde_json::Value| m["actions"][0]["actionType"] == "stopCharging";
    assert!(heard.instant.iter().any(stops));
}
