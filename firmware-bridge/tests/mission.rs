//! Missions from end to end on the embedded broker.

mod common;

use common::schema::Listener;
use common::{World, about, broker, shelf_mission};
use firmware_bridge::{Command, Deed, Doing, Mission, Report, Step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_vehicle_does_one_mission_and_goes_home() {
    let world = World::new(broker(), 1, 30.0);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    desk.send(Command::Run(shelf_mission("mis_1", "s2_1", "p1"))).await;
    desk.send(Command::Run(shelf_mission("mis_1", "s2_1", "p1"))).await;
    let assigned = desk.until("assignment", |r| about(r).0 == "assigned").await;
    let Report::Assigned { candidates, .. } = assigned else { unreachable!() };
    assert_eq!(candidates.len(), 1);
    assert!(candidates[0].1.is_some_and(|cost| cost > 5_000));
    desk.until("waiting", |r| about(r).0 == "waiting").await;
    let status = desk.until_status("agv-0", "waiting", |s| s.doing == Doing::Waiting).await;
    assert_eq!(status.load.as_deref(), Some("load-s2_1"));
    assert_eq!(status.last_node, "p1");
    desk.send(Command::Continue { mission: "mis_1".into() }).await;
    desk.until("end", |r| about(r).0 == "done").await;
    assert_eq!(desk.steps_done("mis_1"), vec![0, 1, 2]);
    let home = desk.until_status("agv-0", "home", |s| s.last_node == "h0").await;
    assert_eq!((home.load, home.mission), (None, None));
    let (sent, received) = desk.bridge.counters.read();
    assert!(sent > 5 && received > 10, "{sent} {received}");
    world.stop.cancel();
    fleet.join().await;
    listener.assert_valid(&["order", "state", "connection", "instantActions"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_are_passed_in_order_and_deeds_may_follow_each_other_at_one_node() {
    let world = World::new(broker(), 1, 40.0);
    let listener = Listener::start(&world.broker).await;
    let fleet = world.fleet();
    let mut desk = world.master(&world.stop).await;
    let load = || "load-1".to_owned();
    let steps = [
        ("u2", Deed::Pass),
        ("s1_2", Deed::Pick { load: load() }),
        ("s1_2", Deed::Drop { load: load() }),
        ("s1_2", Deed::Wait),
        ("s1_2", Deed::Pick { load: load() }),
        ("l2", Deed::Pass),
        ("l2", Deed::Pass),
        ("s2_0", Deed::Drop { load: load() }),
        ("u2", Deed::Pass),
    ];
    let step = |(node, deed): (&str, Deed)| Step { node: node.into(), deed };
    let mission = Mission { steps: steps.into_iter().map(step).collect(), ..shelf_mission("mis_1", "s0_0", "p0") };
    desk.send(Command::Run(mission)).await;
    desk.work_off(&["mis_1".into()]).await;
    assert_eq!(desk.steps_done("mis_1"), (0..9).collect::<Vec<_>>());
    world.stop.cancel();
    fleet.join().await;
    listener.assert_valid(&["order", "state"]);
    let heard = listener.heard.lock().unwrap();
    let refused = heard.states.iter().find(|s| s["errors"] != serde_json::json!([]));
    assert!(refused.is_none(), "no order was refused: {refused:#?}");
}
