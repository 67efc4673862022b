//! The embedded MQTT broker, so that nothing has to be installed for a first run.
//!
//! Deliberately absent: persistence (a restart forgets retained messages), TLS, listening on
//! anything but loopback. A site in earnest runs its own broker; the bridge does not notice.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rumqttd::{Broker, Config, ConnectionSettings, RouterConfig, ServerSettings};

/// Log directive that keeps the broker and the MQTT clients quiet; they report every lost
/// connection as an error although that is ordinary.
pub const QUIET: &str = "rumqttd=off,rumqttc=off";

/// Largest message, in bytes; an order over a long path is some tens of kilobytes.
const MAX_PAYLOAD_BYTES: usize = 1 << 20;
/// With the default of 200, a subscriber gets only the first 200 retained messages.
const MAX_OUTGOING_PACKETS: u64 = 20_000;
/// What a slow reader may lag behind on one filter before messages are dropped: three of the
/// four segments. It is also the memory such a filter can take.
const SEGMENT_BYTES: usize = 16 << 20;
const SEGMENTS: usize = 4;
/// How many ports after the wanted one are tried.
const PORTS_TRIED: u16 = 200;
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the embedded broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("no free port from {0} on")]
    NoFreePort(u16),
    #[error("the broker's thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Keeps the broker's thread. The broker ends with the process: it has no stop.
#[derive(Debug)]
pub struct BrokerGuard {
    thread: JoinHandle<()>,
}

impl BrokerGuard {
    /// Whether the broker still serves.
    pub fn alive(&self) -> bool {
        !self.thread.is_finished()
    }
}

/// Starts a broker on `127.0.0.1:port_wanted` or the next free port; 0 takes any free one.
/// Blocks until it accepts connections.
///
/// # Errors
/// [`BrokerError`] when no port is free or no thread can be started.
pub fn start_embedded(port_wanted: u16) -> Result<(u16, BrokerGuard), BrokerError> {
    for step in 0..PORTS_TRIED {
        let candidate = match port_wanted {
            0 => 0,
            wanted => wanted.checked_add(step).ok_or(BrokerError::NoFreePort(wanted))?,
        };
        let Some(port) = free_port(candidate) else {
            continue;
        };
        let mut broker = Broker::new(config(port));
        let thread = std::thread::Builder::new().name("mqtt-broker".into()).spawn(move || {
            if let Err(error) = broker.start() {
                tracing::error!(%error, "embedded broker ended");
            }
        })?;
        if accepts(port, &thread) {
            return Ok((port, BrokerGuard { thread }));
        }
    }
    Err(BrokerError::NoFreePort(port_wanted))
}

fn free_port(candidate: u16) -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)).ok()?;
    Some(listener.local_addr().ok()?.port())
}

/// Waits until the broker accepts; `false` when its thread ended, as when another process took
/// the port in between.
fn accepts(port: u16, thread: &JoinHandle<()>) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline && !thread.is_finished() {
        if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
            return !thread.is_finished();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn config(port: u16) -> Config {
    let connections = ConnectionSettings {
        connection_timeout_ms: 60_000,
        max_payload_size: MAX_PAYLOAD_BYTES,
        max_inflight_count: 1_000,
        auth: None,
        external_auth: None,
        dynamic_filters: true,
    };
    let server = ServerSettings {
        name: "mqtt".into(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        tls: None,
        next_connection_delay_ms: 1,
        connections,
    };
    Config {
        router: RouterConfig {
            max_connections: 10_010,
            max_outgoing_packet_count: MAX_OUTGOING_PACKETS,
            max_segment_size: SEGMENT_BYTES,
            max_segment_count: SEGMENTS,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("1".to_owned(), server)])),
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_skipped() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let (got, guard) = start_embedded(port).unwrap();
        assert!(got > port && guard.alive());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, got)).is_ok());
    }
}
