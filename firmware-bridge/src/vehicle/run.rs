//! One vehicle on the wire: wall time to vehicle time, messages in, messages out.
//!
//! Deliberately absent: ticking. The task sleeps until the vehicle's next event, the next due
//! report, or a message.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::disk::Disk;
use super::machine::Machine;
use crate::api::BrokerAddr;
use crate::mqtt::{Arrival, Link, Will};
use crate::vda5050::{Connection, ConnectionState, Dialect, Header, InstantActions, Kind, Order, iso_timestamp};

/// Without any change the state is sent this often in the vehicle's own time...
const STATE_EVERY_S: f64 = 30.0;
/// ...but not more often than this in wall time.
const STATE_AT_MOST_EVERY: Duration = Duration::from_secs(1);
const VISUALIZATION_EVERY: Duration = Duration::from_secs(1);
/// Sleeping shorter than this is not worth a wake-up; events may come late by as much.
const SLEEP_MIN: Duration = Duration::from_millis(1);

/// Who the vehicle is and where its broker is.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub broker: BrokerAddr,
    pub manufacturer: String,
    pub serial: String,
    pub speed: f64,
}

pub(super) struct Runner {
    identity: Identity,
    dialect: Dialect,
    machine: Machine,
    disk: Option<Disk>,
    started: Instant,
    header_ids: [u64; 3],
    connected: bool,
    state_due: Instant,
    seen_due: Instant,
}

impl Runner {
    pub fn new(identity: Identity, machine: Machine, disk: Option<Disk>) -> Self {
        let now = Instant::now();
        Self {
            identity,
            dialect: Dialect::V2_1,
            machine,
            disk,
            started: now,
            header_ids: [0; 3],
            connected: false,
            state_due: now,
            seen_due: now,
        }
    }

    /// Runs until stopped, then says goodbye.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut link = self.connect();
        loop {
            self.turn(&link);
            let wake = self.wake();
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(wake) => {}
                arrival = link.arrivals.recv() => match arrival {
                    Some(arrival) => self.arrival(arrival, &link),
                    None => break,
                }
            }
        }
        self.turn(&link);
        if self.connected {
            self.say_connection(&link, ConnectionState::Offline);
            link.close().await;
        }
    }

    fn connect(&self) -> Link {
        let will = Connection { header: self.header(0), connection_state: ConnectionState::Broken };
        let will = Will {
            topic: self.topic(Kind::Connection),
            payload: self.dialect.encode(&will),
            qos: self.dialect.qos(Kind::Connection),
        };
        let identity = &self.identity;
        let client_id = format!("agv-{}-{}", identity.manufacturer, identity.serial);
        Link::open(&identity.broker, &client_id, Some(will))
    }

    /// Lets the vehicle live up to now, and tells of what changed.
    fn turn(&mut self, link: &Link) {
        let now = Instant::now();
        let lived = now.duration_since(self.started).as_secs_f64() * self.identity.speed;
        self.machine.advance((lived * 1_000.0) as i64);
        let changed = self.machine.take_changed();
        if changed
            && let Some(disk) = &self.disk
            && let Err(error) = disk.save(&self.machine.memory)
        {
            tracing::error!(%error, serial = self.identity.serial, "vehicle memory not saved");
        }
        if !self.connected {
            return;
        }
        if changed || now >= self.state_due {
            self.say_state(link);
            let every = Duration::from_secs_f64(STATE_EVERY_S / self.identity.speed);
            self.state_due = now + every.max(STATE_AT_MOST_EVERY);
            self.seen_due = now + VISUALIZATION_EVERY;
        } else if self.machine.moving() && now >= self.seen_due {
            self.header_ids[1] += 1;
            let message = self.machine.visualization(self.header(self.header_ids[1]));
            self.send(link, Kind::Visualization, self.dialect.encode(&message));
            self.seen_due = now + VISUALIZATION_EVERY;
        }
    }

    /// When there is something to do next.
    fn wake(&self) -> Instant {
        let now = Instant::now();
        let mut wake = now + Duration::from_secs(30);
        if let Some(event_ms) = self.machine.next_event_ms() {
            let wall = Duration::from_secs_f64(event_ms as f64 / 1_000.0 / self.identity.speed);
            wake = wake.min(now + wall.max(SLEEP_MIN));
        }
        if self.connected {
            wake = wake.min(self.state_due);
            if self.machine.moving() {
                wake = wake.min(self.seen_due);
            }
        }
        wake
    }

    fn arrival(&mut self, arrival: Arrival, link: &Link) {
        match arrival {
            Arrival::Up => {
                self.connected = true;
                let topics = [Kind::Order, Kind::InstantActions].map(|kind| self.topic(kind));
                link.subscribe(topics.map(|topic| (topic, false)));
                self.say_connection(link, ConnectionState::Online);
                self.state_due = Instant::now();
            }
            Arrival::Down => self.connected = false,
            Arrival::Message { topic, payload } => self.message(&topic, &payload),
        }
    }

    fn message(&mut self, topic: &str, payload: &[u8]) {
        let manufacturer = &self.identity.manufacturer;
        let kind = self.dialect.parse_topic(manufacturer, topic);
        let done = match kind.map(|(_, kind)| kind) {
            Some(Kind::Order) => self.dialect.decode(payload).map(|order: Order| {
                self.machine.order(order);
            }),
            Some(Kind::InstantActions) => {
                self.dialect.decode(payload).map(|instant: InstantActions| {
                    for action in &instant.actions {
                        self.machine.instant(action);
                    }
                    // A stateRequest, and any repetition, is answered with a state.
                    self.machine.touch();
                })
            }
            _ => Ok(()),
        };
        if let Err(error) = done {
            let level = crate::vda5050::ErrorLevel::Warning;
            let references = [("topic", topic.to_owned())];
            self.machine.raise(level, "validationError", &error.to_string(), &references);
        }
    }

    fn say_state(&mut self, link: &Link) {
        self.header_ids[0] += 1;
        let message = self.machine.state(self.header(self.header_ids[0]));
        self.send(link, Kind::State, self.dialect.encode(&message));
    }

    fn say_connection(&mut self, link: &Link, connection_state: ConnectionState) {
        self.header_ids[2] += 1;
        let message = Connection { header: self.header(self.header_ids[2]), connection_state };
        self.send(link, Kind::Connection, self.dialect.encode(&message));
    }

    fn send(&self, link: &Link, kind: Kind, payload: Vec<u8>) {
        link.publish(self.topic(kind), self.dialect.qos(kind), payload);
    }

    fn topic(&self, kind: Kind) -> String {
        let identity = &self.identity;
        self.dialect.topic(&identity.manufacturer, &identity.serial, kind)
    }

    fn header(&self, header_id: u64) -> Header {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let epoch_ms = since_epoch.map_or(0, |since| since.as_millis() as i64);
        Header {
            header_id,
            timestamp: iso_timestamp(epoch_ms),
            version: self.dialect.version().to_owned(),
            manufacturer: self.identity.manufacturer.clone(),
            serial_number: self.identity.serial.clone(),
        }
    }
}
