//! One vehicle as master control knows it: what was heard, what was ordered, what is pending.
//!
//! Deliberately absent: decisions; this file only keeps the books.

use std::collections::VecDeque;

use solver::agv::Node;

use crate::vda5050::{Action, Order, State};

/// What an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Mission(String),
    Home,
    Charge,
    /// An order that is not ours, or no longer: it is cancelled when it does not end by itself.
    Foreign,
}

/// How far charging has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    /// On the way to this node.
    Going(Node),
    /// The action is part of the order.
    Ordered,
    Flowing,
}

/// Whether the vehicle can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    /// No state was received yet.
    Unheard,
    Online,
    Lost,
}

/// A node of the released path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub sequence: u32,
    pub node: Node,
}

/// The order a vehicle carries out, as far as it was sent.
#[derive(Debug)]
pub(super) struct Track {
    pub purpose: Purpose,
    pub order_id: String,
    pub update_id: u32,
    /// The node last traversed, then everything released ahead. Never empty.
    pub base: VecDeque<Spot>,
    /// A node behind the first one on which the vehicle still stands with a part, because its
    /// last order ended between two nodes.
    pub tail: Option<Node>,
    /// The last message, to be sent again until the state reflects it.
    pub message: Option<Order>,
    pub sent_ms: i64,
    /// The state shows the last message.
    pub reflected: bool,
    /// The state has shown this order at all.
    pub known: bool,
    /// The highest sequence id the vehicle has acknowledged.
    pub acknowledged: u32,
}

impl Track {
    /// An order the vehicle already carries out, standing at the end of its base.
    pub fn heard(state: &State, here: Node, now_ms: i64) -> Self {
        let spot = Spot { sequence: state.last_node_sequence_id, node: here };
        Self {
            purpose: Purpose::Foreign,
            order_id: state.order_id.clone(),
            update_id: state.order_update_id,
            base: VecDeque::from([spot]),
            tail: None,
            message: None,
            sent_ms: now_ms,
            reflected: true,
            known: true,
            acknowledged: spot.sequence,
        }
    }

    pub fn end(&self) -> Spot {
        *self.base.back().expect("a base is never empty")
    }

    pub fn here(&self) -> Spot {
        *self.base.front().expect("a base is never empty")
    }

    /// Stands at the end of its path and the vehicle knows it.
    pub fn arrived(&self) -> bool {
        self.reflected && self.base.len() == 1 && self.tail.is_none()
    }

    /// The nodes to be held for it: behind, under, ahead.
    pub fn nodes(&self) -> Vec<Node> {
        let base = self.base.iter().map(|spot| spot.node);
        self.tail.into_iter().chain(base).collect()
    }
}

/// An instant action that is sent again until the vehicle reports it settled.
#[derive(Debug)]
pub(super) struct Pending {
    pub action: Action,
    pub sent_ms: i64,
    /// States received since it was first sent.
    pub states: u32,
}

/// What is to happen when a cancelled order has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// The mission is over, for this reason.
    Fail(String),
    /// The mission goes on with a new order from where the vehicle then stands.
    Again,
    /// The order was nobody's.
    Nothing,
}

/// A vehicle.
#[derive(Debug)]
pub(super) struct Car {
    pub serial: String,
    pub home: Node,
    pub touch: Touch,
    pub heard_ms: i64,
    pub heard: Option<State>,
    /// Its nodes are reserved with traffic control.
    pub placed: bool,
    /// Where it stands while it has no track: an order ended there.
    pub stands: Option<Node>,
    /// See [`Track::tail`]; kept here between two orders.
    pub tail: Option<Node>,
    pub track: Option<Track>,
    /// What the vehicle is to do now; its track may still serve an older purpose.
    pub errand: Option<Purpose>,
    pub pending: Vec<Pending>,
    pub cancel: Option<After>,
    pub locked: bool,
    pub locked_told: bool,
    pub paused: bool,
    pub charge_asked: bool,
    /// Set while the errand is to charge.
    pub charge: Option<Charge>,
    /// Nothing of its own accord before this time (after a refusal).
    pub rest_until_ms: i64,
    /// No charger is looked for before this time.
    pub no_charger_until_ms: i64,
    pub header_ids: [u64; 2],
    pub counter: u64,
    /// The status changed since it was last told.
    pub status_due: bool,
}

impl Car {
    pub fn new(serial: String, home: Node) -> Self {
        Self {
            serial,
            home,
            touch: Touch::Unheard,
            heard_ms: 0,
            heard: None,
            placed: false,
            stands: None,
            tail: None,
            track: None,
            errand: None,
            pending: Vec::new(),
            cancel: None,
            locked: false,
            locked_told: false,
            paused: false,
            charge_asked: false,
            charge: None,
            rest_until_ms: 0,
            no_charger_until_ms: 0,
            header_ids: [0; 2],
            counter: 0,
            status_due: true,
        }
    }

    pub fn mission(&self) -> Option<&str> {
        match &self.errand {
            Some(Purpose::Mission(id)) => Some(id),
            _ => None,
        }
    }

    /// The last node its path reaches.
    pub fn end(&self) -> Option<Node> {
        self.track.as_ref().map(|t| t.end().node).or(self.stands)
    }

    /// The last node it was at.
    pub fn here(&self) -> Option<Node> {
        self.track.as_ref().map(|t| t.here().node).or(self.stands)
    }

    pub fn load(&self) -> Option<&str> {
        let loads = self.heard.as_ref()?.loads.as_ref()?;
        Some(loads.first()?.load_id.as_deref().unwrap_or("unknown"))
    }

    pub fn battery_permille(&self) -> i64 {
        let heard = self.heard.as_ref();
        heard.map_or(0, |s| (s.battery_state.battery_charge * 10.0).round() as i64)
    }

    pub fn charging(&self) -> bool {
        self.heard.as_ref().is_some_and(|s| s.battery_state.charging)
    }

    /// Paused by us, by an earlier run, or by a person at the vehicle. It is never resumed but by
    /// command: there may be a reason.
    pub fn reports_paused(&self) -> bool {
        self.heard.as_ref().is_some_and(|s| s.paused == Some(true))
    }

    pub fn idle(&self) -> bool {
        self.heard.as_ref().is_some_and(State::idle)
    }

    /// The order under way is the one for the present errand.
    pub fn on_errand(&self) -> bool {
        let purpose = self.track.as_ref().map(|track| &track.purpose);
        purpose.is_some() && purpose == self.errand.as_ref()
    }

    /// Nothing is under way or unacknowledged, so that a new order can be given.
    pub fn free_for_new_order(&self) -> bool {
        self.idle() && self.track.as_ref().is_none_or(Track::arrived)
    }
}
