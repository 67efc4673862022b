//! The messages themselves: each round-trips, satisfies the official schema, and what vehicles
//! in the field spell differently is understood.

mod common;

use common::schema::validators;
use firmware_bridge::vda5050::{
    Action, ActionParameter, ActionState, ActionStatus, AgvPosition, BatteryState, BlockingType, Connection,
    ConnectionState, Dialect, EStop, Edge, EdgeState, ErrorLevel, ErrorReference, Header, InstantActions, Load, Node,
    NodePosition, NodeState, OperatingMode, Order, SafetyState, State, VehicleError, Velocity, Visualization,
    iso_timestamp,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes the message, reads it back, and holds it against its schema.
fn check<M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(topic: &str, message: &M) {
    let bytes = Dialect::V2_1.encode(message);
    let back: M = Dialect::V2_1.decode(&bytes).unwrap();
    assert_eq!(&back, message);
    if let Some(validators) = validators() {
        let value = serde_json::from_slice(&bytes).unwrap();
        let errors: Vec<String> = validators[topic]
            .iter_errors(&value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{topic}: {errors:?} in {value:#}");
    }
}

fn header(header_id: u64) -> Header {
    Header {
        header_id,
        timestamp: iso_timestamp(1_772_323_199_999),
        version: Dialect::V2_1.version().into(),
        manufacturer: "Acme".into(),
        serial_number: "agv-1".into(),
    }
}

fn action(id: &str, blocking_type: BlockingType) -> Action {
    Action {
        action_type: "pick".into(),
        action_id: id.into(),
        blocking_type,
        action_parameters: vec![ActionParameter { key: "loadId".into(), value: "shelf-7".into() }],
    }
}

fn order(update: u32, count: u32, x: f64, y: f64) -> Order {
    let node = |at: u32| Node {
        node_id: format!("n{at}"),
        sequence_id: 2 * at,
        released: true,
        node_position: at.is_multiple_of(2).then(|| NodePosition {
            x,
            y,
            theta: (at == 0).then_some(1.5),
            allowed_deviation_xy: Some(0.5),
            map_id: "hall".into(),
        }),
        actions: vec![action(&format!("o/{at}"), BlockingType::Hard)],
    };
    let edge = |at: u32| Edge {
        edge_id: format!("e{at}"),
        sequence_id: 2 * at + 1,
        released: true,
        start_node_id: format!("n{at}"),
        end_node_id: format!("n{}", at + 1),
        length: Some(x.abs()),
        actions: vec![action(&format!("e/{at}"), BlockingType::None)],
    };
    Order {
        header: header(1),
        order_id: "mis_1".into(),
        order_update_id: update,
        nodes: (0..=count).map(node).collect(),
        edges: (0..count).map(edge).collect(),
    }
}

fn position(x: f64, y: f64, theta: f64) -> AgvPosition {
    AgvPosition { x, y, theta, map_id: "hall".into(), position_initialized: true }
}

fn state(mode: OperatingMode, status: ActionStatus, battery: f64, x: f64) -> State {
    State {
        header: header(9),
        order_id: "mis_1".into(),
        order_update_id: 3,
        last_node_id: "n2".into(),
        last_node_sequence_id: 4,
        driving: true,
        paused: Some(false),
        new_base_request: Some(false),
        distance_since_last_node: Some(0.5),
        operating_mode: mode,
        node_states: vec![NodeState { node_id: "n3".into(), sequence_id: 6, released: true }],
        edge_states: vec![EdgeState { edge_id: "e2".into(), sequence_id: 5, released: true }],
        agv_position: Some(position(x, -x, 3.0)),
        loads: Some(vec![Load { load_id: Some("shelf-7".into()), load_type: None }]),
        action_states: vec![ActionState {
            action_id: "o/1".into(),
            action_type: Some("pick".into()),
            action_status: status,
            result_description: Some("done".into()),
        }],
        battery_state: BatteryState { battery_charge: battery, charging: false },
        errors: vec![VehicleError {
            error_type: "orderError".into(),
            error_references: vec![ErrorReference { reference_key: "orderId".into(), reference_value: "mis_0".into() }],
            error_description: Some("still active".into()),
            error_level: ErrorLevel::Warning,
        }],
        safety_state: SafetyState { e_stop: EStop::AutoAck, field_violation: false },
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn messages_round_trip_and_satisfy_the_schema(
        update in 0u32..1_000,
        count in 0u32..5,
        x in -200.0f64..200.0,
        y in -200.0f64..200.0,
        battery in 0.0f64..100.0,
    ) {
        check("order", &order(update, count, x, y));
        check("visualization", &Visualization {
            header: header(2),
            agv_position: Some(position(x, y, -3.0)),
            velocity: Some(Velocity { vx: x, vy: y, omega: 0.0 }),
        });
        for status in [
            ActionStatus::Waiting, ActionStatus::Initializing, ActionStatus::Running,
            ActionStatus::Finished, ActionStatus::Failed,
        ] {
            check("state", &state(OperatingMode::Automatic, status, battery, x));
        }
    }
}

#[test]
fn every_word_of_the_enumerations_is_the_standards() {
    for mode in [
        OperatingMode::Automatic,
        OperatingMode::SemiAutomatic,
        OperatingMode::Manual,
        OperatingMode::Service,
        OperatingMode::TeachIn,
    ] {
        check("state", &state(mode, ActionStatus::Running, 50.0, 1.0));
    }
    for e_stop in [EStop::AutoAck, EStop::Manual, EStop::Remote, EStop::None] {
        let mut state = state(OperatingMode::Automatic, ActionStatus::Running, 50.0, 1.0);
        state.safety_state.e_stop = e_stop;
        state.errors[0].error_level = ErrorLevel::Fatal;
        check("state", &state);
    }
    for connection_state in [ConnectionState::Online, ConnectionState::Offline, ConnectionState::Broken] {
        let header = header(3);
        check("connection", &Connection { header, connection_state });
    }
    for blocking in [BlockingType::None, BlockingType::Soft, BlockingType::Hard] {
        let header = header(4);
        let actions = vec![action("x", blocking)];
        check("instantActions", &InstantActions { header, actions });
    }
}

#[test]
fn spellings_of_other_versions_are_understood() {
    let text = r#"{"headerId":1,"timestamp":"2026-02-28T23:59:59Z","version":"2.0.0",
        "manufacturer":"Acme","serialNumber":"x","instantActions":[
        {"actionType":"cancelOrder","actionId":"c","blockingType":"HARD"}]}"#;
    let instant: InstantActions = Dialect::V2_1.decode(text.as_bytes()).unwrap();
    assert_eq!(instant.actions.len(), 1);
    let text = r#"{"x":1.0,"y":2.0,"mapId":"m","allowedDeviationXy":0.4}"#;
    let position: NodePosition = Dialect::V2_1.decode(text.as_bytes()).unwrap();
    assert_eq!(position.allowed_deviation_xy, Some(0.4));
    let text = r#"{"actionId":"a","actionStatus":"PAUSED"}"#;
    let action: ActionState = Dialect::V2_1.decode(text.as_bytes()).unwrap();
    assert_eq!(action.action_status, ActionStatus::Running);
}

#[test]
fn a_state_with_only_what_the_schema_requires_is_understood() {
    let text = r#"{"headerId":7,"timestamp":"2026-02-28T23:59:59.1Z","version":"2.1.0",
        "manufacturer":"Acme","serialNumber":"x","orderId":"","orderUpdateId":0,
        "lastNodeId":"","lastNodeSequenceId":0,"nodeStates":[],"edgeStates":[],
        "driving":false,"actionStates":[],"batteryState":{"batteryCharge":80,"charging":false},
        "operatingMode":"AUTOMATIC","errors":[],
        "safetyState":{"eStop":"NONE","fieldViolation":false},
        "information":[{"infoType":"x","infoLevel":"DEBUG"}],"zoneSetId":"z"}"#;
    let state: State = Dialect::V2_1.decode(text.as_bytes()).unwrap();
    assert!(state.idle() && state.agv_position.is_none() && state.paused.is_none());
}
