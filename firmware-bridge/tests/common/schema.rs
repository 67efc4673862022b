//! Listens on the wire and validates every VDA 5050 message against the official schema.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firmware_bridge::BrokerAddr;
use jsonschema::Validator;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use tokio::task::JoinHandle;

/// The schemas of the topics in use; `None` (and a loud message) where they are absent.
pub fn validators() -> Option<BTreeMap<&'static str, Validator>> {
    let shared = std::env::var_os("CARTAGE_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = shared.unwrap_or(beside).join("vda5050/2.1.0");
    let mut validators = BTreeMap::new();
    for topic in ["connection", "instantActions", "order", "state", "visualization"] {
        let path = folder.join(format!("{topic}.schema"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("SKIPPED: no schema {}; messages are not validated", path.display());
            return None;
        };
        let schema: Value = serde_json::from_str(&text).expect("the 2.1.0 schemas are JSON");
        let validator =
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema");
        validators.insert(topic, validator);
    }
    Some(validators)
}

/// What was heard: messages by topic kind, and what was wrong with them.
#[derive(Debug, Default)]
pub struct Heard {
    pub count: BTreeMap<String, usize>,
    pub wrong: Vec<String>,
    pub orders: Vec<Value>,
    pub instant: Vec<Value>,
    pub states: Vec<Value>,
}

/// A listener for everything a fleet and its master control say.
pub struct Listener {
    pub heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Listener {
    pub async fn start(broker: &BrokerAddr) -> Self {
        let mut options = MqttOptions::new("listener", broker.host.clone(), broker.port);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut events) = AsyncClient::new(options, 16);
        client.subscribe("uagv/v2/#", QoS::AtMostOnce).await.expect("queued");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let notes = Arc::clone(&heard);
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let validators = validators();
            let mut ready = Some(ready);
            let _client = client;
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let kind = message.topic.rsplit('/').next().unwrap_or_default();
                        let validator = validators.as_ref().and_then(|v| v.get(kind));
                        let mut heard = notes.lock().expect("no panic while held");
                        note(&mut heard, kind, &message.payload, validator);
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        if let Some(ready) = ready.take() {
                            let _ = ready.send(());
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        let patience = Duration::from_secs(20);
        let subscribed = tokio::time::timeout(patience, subscribed).await;
        subscribed.expect("a broker that answers").expect("subscribed");
        Self { heard, task }
    }

    /// Asserts that messages were heard on every topic and that each satisfied its schema.
    pub fn assert_valid(&self, topics: &[&str]) {
        let heard = self.heard.lock().expect("no panic while held");
        assert!(heard.wrong.is_empty(), "{:#?}", heard.wrong);
        for topic in topics {
            let count = heard.count.get(*topic).copied().unwrap_or(0);
            assert!(count > 0, "no {topic} heard: {:?}", heard.count);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn note(heard: &mut Heard, kind: &str, payload: &[u8], validator: Option<&Validator>) {
    *heard.count.entry(kind.to_owned()).or_default() += 1;
    let value: Value = match serde_json::from_slice(payload) {
        Ok(value) => value,
        Err(error) => {
            heard.wrong.push(format!("{kind}: {error}"));
            return;
        }
    };
    if let Some(validator) = validator {
        for error in validator.iter_errors(&value) {
            heard.wrong.push(format!("{kind}: {error} at {}", error.instance_path()));
        }
    }
    match kind {
        "order" => heard.orders.push(value),
        "instantActions" => heard.instant.push(value),
        "state" => heard.states.push(value),
        _ => {}
    }
}
