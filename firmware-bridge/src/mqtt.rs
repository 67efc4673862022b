//! One MQTT connection: reconnects by itself, hands in what arrives, never blocks on sending.
//!
//! Deliberately absent: delivery guarantees. What must arrive is sent again by its sender until
//! its effect shows (VDA 5050 travels at most once anyway).

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, QoS, SubscribeFilter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::api::BrokerAddr;
use crate::vda5050::Qos;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const MAX_PACKET_BYTES: usize = 1 << 20;
const REQUESTS: usize = 4_096;
const ARRIVALS: usize = 1_024;
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

/// What a connection hands in.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Connected (again): subscriptions are to be made.
    Up,
    Down,
    Message {
        topic: String,
        payload: Vec<u8>,
    },
}

/// A message the broker publishes when this connection breaks.
#[derive(Debug, Clone)]
pub(crate) struct Will {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: Qos,
}

/// A connection; dropping it breaks the TCP connection without a farewell.
#[derive(Debug)]
pub(crate) struct Link {
    client: AsyncClient,
    task: JoinHandle<()>,
    pub arrivals: mpsc::Receiver<Arrival>,
}

impl Link {
    pub fn open(broker: &BrokerAddr, client_id: &str, will: Option<Will>) -> Self {
        let mut options = MqttOptions::new(client_id, broker.host.clone(), broker.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_max_packet_size(MAX_PACKET_BYTES, MAX_PACKET_BYTES);
        if let Some(username) = &broker.username {
            options.set_credentials(username, broker.password.clone().unwrap_or_default());
        }
        if let Some(will) = will {
            let qos = level(will.qos);
            options.set_last_will(LastWill::new(will.topic, will.payload, qos, will.qos.retained));
        }
        let (client, mut events) = AsyncClient::new(options, REQUESTS);
        let mut network = events.network_options();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let (sender, arrivals) = mpsc::channel(ARRIVALS);
        let task = tokio::spawn(pump(events, sender));
        Self { client, task, arrivals }
    }

    /// Queues a message; `false` when it is dropped because the queue is full (broker away).
    pub fn publish(&self, topic: String, qos: Qos, payload: Vec<u8>) -> bool {
        let sent = self.client.try_publish(topic, level(qos), qos.retained, payload);
        sent.is_ok()
    }

    /// Subscribes to `(filter, at least once)` pairs.
    pub fn subscribe(&self, filters: impl IntoIterator<Item = (String, bool)>) {
        let filters = filters.into_iter().map(|(path, acknowledged)| {
            let qos = if acknowledged { QoS::AtLeastOnce } else { QoS::AtMostOnce };
            SubscribeFilter { path, qos }
        });
        if let Err(error) = self.client.try_subscribe_many(filters) {
            tracing::warn!(%error, "subscription not queued");
        }
    }

    /// Says goodbye, so that the will is not published, and waits until it is sent.
    pub async fn close(mut self) {
        if self.client.try_disconnect().is_ok() {
            let farewell = async { while self.arrivals.recv().await.is_some() {} };
            // A broker that is away must not hold up the end of the process.
            let _ = tokio::time::timeout(Duration::from_secs(2), farewell).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn level(qos: Qos) -> QoS {
    if qos.acknowledged { QoS::AtLeastOnce } else { QoS::AtMostOnce }
}

/// Polls the connection until its owner is gone or it was closed on purpose.
async fn pump(mut events: EventLoop, sender: mpsc::Sender<Arrival>) {
    let mut retry = RETRY_FIRST;
    let mut up = None;
    loop {
        let arrival = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                retry = RETRY_FIRST;
                up = Some(true);
                Arrival::Up
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                Arrival::Message { topic: message.topic, payload: message.payload.to_vec() }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => continue,
            Err(error) => {
                tracing::debug!(%error, "broker connection");
                let told = up.replace(false) == Some(false);
                if !told && sender.send(Arrival::Down).await.is_err() {
                    return;
                }
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(RETRY_MAX);
                continue;
            }
        };
        if sender.send(arrival).await.is_err() {
            return;
        }
    }
}
