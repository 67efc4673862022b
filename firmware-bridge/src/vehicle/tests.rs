//! The vehicle in its own time, without a wire: what it accepts, refuses and does.

use std::sync::Arc;

use super::machine::{Chart, Machine, Memory, Timing};
use crate::api::{Floor, FloorEdge, FloorNode, NodeKind};
use crate::vda5050::{Action, ActionStatus, BlockingType, Edge, ErrorLevel, Header, Node, Order, State};

/// Nodes a-b-c-d in a line, 3 m apart; a is a charger.
fn machine() -> Machine {
    let node = |(at, id): (usize, &str)| FloorNode {
        id: id.into(),
        x_mm: at as i64 * 3_000,
        y_mm: 0,
        kind: if at == 0 { NodeKind::Charger } else { NodeKind::Aisle },
    };
    let edge = |(from, to): (&str, &str)| FloorEdge { from: from.into(), to: to.into(), closed: false };
    let pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "c"), ("c", "b"), ("b", "a")];
    let floor = Floor {
        map_id: "m".into(),
        nodes: ["a", "b", "c", "d"].into_iter().enumerate().map(node).collect(),
        edges: pairs.into_iter().map(edge).collect(),
    };
    Machine::new(Arc::new(Chart::of(&floor)), Timing::default(), "a")
}

/// An order over these nodes from a sequence id on, everything released.
fn order(id: &str, update: u32, first_sequence: u32, path: &[&str]) -> Order {
    let sequence = |at: usize| first_sequence + 2 * at as u32;
    let node = |(at, id): (usize, &&str)| Node {
        node_id: (*id).to_owned(),
        sequence_id: sequence(at),
        released: true,
        node_position: None,
        actions: Vec::new(),
    };
    let edge = |(at, pair): (usize, &[&str])| Edge {
        edge_id: pair.join("-"),
        sequence_id: sequence(at) + 1,
        released: true,
        start_node_id: pair[0].to_owned(),
        end_node_id: pair[1].to_owned(),
        length: None,
        actions: Vec::new(),
    };
    Order {
        header: Header::default(),
        order_id: id.to_owned(),
        order_update_id: update,
        nodes: path.iter().enumerate().map(node).collect(),
        edges: path.windows(2).enumerate().map(edge).collect(),
    }
}

fn action(kind: &str, id: &str) -> Action {
    Action {
        action_type: kind.to_owned(),
        action_id: id.to_owned(),
        blocking_type: BlockingType::Hard,
        action_parameters: Vec::new(),
    }
}

fn state(machine: &Machine) -> State {
    machine.state(Header::default())
}

/// The type of the one error reported.
fn error(machine: &Machine) -> String {
    let errors = state(machine).errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].error_level, ErrorLevel::Warning);
    errors[0].error_type.clone()
}

#[test]
fn an_order_is_driven_and_its_actions_done() {
    let mut machine = machine();
    let mut first = order("o", 0, 0, &["a", "b", "c"]);
    first.nodes[2].actions.push(action("pick", "p"));
    machine.order(first);
    machine.advance(1_000);
    let early = state(&machine);
    assert!(early.driving && early.last_node_id == "a");
    assert_eq!((early.node_states.len(), early.edge_states.len()), (2, 2));
    assert_eq!(early.distance_since_last_node, Some(1.5));
    machine.advance(4_000);
    let there = state(&machine);
    assert_eq!((there.last_node_id.as_str(), there.last_node_sequence_id), ("c", 4));
    assert_eq!(there.action("p"), Some(ActionStatus::Running));
    assert!(!there.idle());
    assert_eq!(machine.next_event_ms(), Some(8_000));
    machine.advance(12_000);
    assert!(state(&machine).idle());
    assert_eq!(machine.memory.load.as_deref(), Some("unknown"));
}

#[test]
fn an_update_must_begin_where_the_base_ends() {
    let mut machine = machine();
    machine.order(order("o", 0, 0, &["a", "b"]));
    machine.order(order("o", 1, 0, &["a", "b"]));
    assert_eq!(error(&machine), "orderUpdateError");
    assert_eq!(state(&machine).order_update_id, 0);
    machine.order(order("o", 1, 2, &["b", "c"]));
    assert_eq!(state(&machine).errors, vec![], "cleared by what is accepted");
    machine.order(order("o", 0, 0, &["a", "b"]));
    assert_eq!(error(&machine), "orderUpdateError");
    machine.advance(4_000);
    assert_eq!(state(&machine).last_node_id, "c");
}

#[test]
fn the_same_update_again_is_ignored() {
    let mut machine = machine();
    machine.order(order("o", 0, 0, &["a", "b"]));
    machine.advance(500);
    machine.order(order("o", 0, 0, &["a", "b"]));
    machine.advance(2_000);
    let state = state(&machine);
    assert!(state.idle() && state.errors.is_empty() && state.last_node_id == "b");
}

#[test]
fn bad_orders_are_refused_with_references() {
    let mut machine = machine();
    let mut broken = order("o", 0, 0, &["a", "b"]);
    broken.edges[0].sequence_id = 7;
    machine.order(broken);
    assert_eq!(error(&machine), "validationError");
    let state = state(&machine);
    assert!(state.errors[0].refers_to("orderId", "o"));
    assert!(state.errors[0].refers_to("orderUpdateId", "0"));
    assert!(state.errors[0].refers_to("headerId", "0"));
    for path in [&["b", "c"][..], &["a", "c"], &["a", "x"]] {
        let mut machine = self::machine();
        machine.order(order("o", 0, 0, path));
        assert_eq!(error(&machine), "noRouteError", "{path:?}");
        assert!(state_is_untouched(&machine));
    }
}

fn state_is_untouched(machine: &Machine) -> bool {
    let state = state(machine);
    state.order_id.is_empty() && state.idle() && state.last_node_id == "a"
}

#[test]
fn a_second_order_waits_for_the_first_to_end() {
    let mut machine = machine();
    machine.order(order("one", 0, 0, &["a", "b"]));
    machine.order(order("two", 0, 0, &["b", "c"]));
    assert_eq!(error(&machine), "orderError");
    machine.advance(2_000);
    machine.order(order("two", 0, 0, &["b", "c"]));
    assert_eq!(state(&machine).order_id, "two");
}

#[test]
fn a_cancelled_order_ends_at_the_next_node() {
    let mut machine = machine();
    let mut long = order("o", 0, 0, &["a", "b", "c", "d"]);
    long.nodes[1].actions.push(action("pick", "p"));
    machine.order(long);
    machine.advance(500);
    machine.instant(&action("cancelOrder", "x"));
    machine.advance(600);
    assert_eq!(state(&machine).action("x"), Some(ActionStatus::Running));
    assert_eq!(state(&machine).action("p"), Some(ActionStatus::Failed));
    machine.advance(2_000);
    let over = state(&machine);
    assert_eq!(over.action("x"), Some(ActionStatus::Finished));
    assert!(over.idle() && over.last_node_id == "b" && over.order_id == "o");
    machine.order(order("o", 1, 2, &["b", "c"]));
    assert_eq!(error(&machine), "orderUpdateError");
    machine.instant(&action("cancelOrder", "y"));
    assert_eq!(state(&machine).action("y"), Some(ActionStatus::Failed));
    assert!(state(&machine).errors.iter().any(|e| e.error_type == "noOrderToCancel"));
}

#[test]
fn a_paused_vehicle_stands_and_can_be_cancelled_between_nodes() {
    let mut machine = machine();
    machine.order(order("o", 0, 0, &["a", "b"]));
    machine.advance(1_000);
    machine.instant(&action("startPause", "x"));
    machine.advance(60_000);
    let paused = state(&machine);
    assert!(!paused.driving && paused.paused == Some(true));
    assert_eq!(paused.distance_since_last_node, Some(1.5));
    machine.instant(&action("cancelOrder", "y"));
    machine.advance(60_001);
    assert_eq!(state(&machine).action("y"), Some(ActionStatus::Finished));
    machine.instant(&action("stopPause", "z"));
    machine.order(order("back", 0, 0, &["a", "b", "c"]));
    machine.advance(60_002);
    let back = state(&machine);
    assert_eq!(back.node_states.len(), 3, "the first node is not reached yet");
    machine.advance(75_000);
    assert_eq!(state(&machine).last_node_id, "c");
}

#[test]
fn it_charges_at_a_charger_only_and_takes_no_order_meanwhile() {
    let mut machine = machine();
    machine.memory.battery = 0;
    machine.instant(&action("startCharging", "x"));
    assert!(state(&machine).battery_state.charging);
    machine.advance(1_800_000);
    let half = state(&machine).battery_state.battery_charge;
    assert!((49.0..51.0).contains(&half), "{half}");
    machine.order(order("o", 0, 0, &["a", "b"]));
    assert_eq!(error(&machine), "orderError");
    machine.instant(&action("stopCharging", "y"));
    machine.order(order("o", 0, 0, &["a", "b"]));
    machine.advance(1_900_000);
    machine.instant(&action("startCharging", "z"));
    assert_eq!(state(&machine).action("z"), Some(ActionStatus::Failed));
}

#[test]
fn what_it_remembers_survives_a_round_trip() {
    let mut machine = machine();
    let mut loaded = order("o", 0, 0, &["a", "b", "c"]);
    loaded.nodes[0].actions.push(action("pick", "p"));
    machine.order(loaded);
    machine.advance(9_000);
    let bytes = serde_json::to_vec(&machine.memory).unwrap();
    let memory: Memory = serde_json::from_slice(&bytes).unwrap();
    let chart = Arc::clone(&machine.chart);
    let mut again = Machine::remembering(chart, Timing::default(), memory);
    assert_eq!(state(&again), state(&machine));
    again.advance(4_000);
    let state = state(&again);
    assert!(state.idle() && state.last_node_id == "c");
    assert_eq!(again.memory.load.as_deref(), Some("unknown"));
}
