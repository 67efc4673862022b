//! The seam between versions of the standard: topics, quality of service, version string, and
//! how the crate's messages are written and read.
//!
//! Deliberately absent: any second version yet; one more variant here is all a version needs.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A version of the standard as spoken with one fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// VDA 5050 2.1.0.
    V2_1,
}

/// The topics in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Order,
    InstantActions,
    State,
    Visualization,
    Connection,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Order, Self::InstantActions, Self::State, Self::Visualization, Self::Connection];

    fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::InstantActions => "instantActions",
            Self::State => "state",
            Self::Visualization => "visualization",
            Self::Connection => "connection",
        }
    }
}

/// How a topic is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qos {
    /// At least once instead of at most once.
    pub acknowledged: bool,
    pub retained: bool,
}

impl Dialect {
    /// The `version` of the header.
    pub fn version(self) -> &'static str {
        match self {
            Self::V2_1 => "2.1.0",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::V2_1 => "uagv/v2",
        }
    }

    /// The topic of one vehicle, or with serial `+` the filter for all.
    pub fn topic(self, manufacturer: &str, serial: &str, kind: Kind) -> String {
        format!("{}/{manufacturer}/{serial}/{}", self.prefix(), kind.name())
    }

    /// The serial and kind of a topic of this manufacturer.
    pub fn parse_topic<'t>(self, manufacturer: &str, topic: &'t str) -> Option<(&'t str, Kind)> {
        let rest = topic.strip_prefix(self.prefix())?.strip_prefix('/')?;
        let rest = rest.strip_prefix(manufacturer)?.strip_prefix('/')?;
        let (serial, name) = rest.split_once('/')?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
        Some((serial, kind))
    }

    /// Chapter 6.2: everything at most once, except `connection`, which is retained.
    pub fn qos(self, kind: Kind) -> Qos {
        let connection = kind == Kind::Connection;
        Qos { acknowledged: connection, retained: connection }
    }

    /// The bytes of a message.
    pub fn encode<M: Serialize>(self, message: &M) -> Vec<u8> {
        match self {
            Self::V2_1 => serde_json::to_vec(message).expect("messages have string keys and finite numbers"),
        }
    }

    /// The message in these bytes.
    ///
    /// # Errors
    /// When they are not JSON or lack a field the crate relies on.
    pub fn decode<M: DeserializeOwned>(self, bytes: &[u8]) -> Result<M, serde_json::Error> {
        match self {
            Self::V2_1 => serde_json::from_slice(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_round_trip() {
        let dialect = Dialect::V2_1;
        for kind in Kind::ALL {
            let topic = dialect.topic("Acme", "agv-1", kind);
            assert_eq!(dialect.parse_topic("Acme", &topic), Some(("agv-1", kind)));
        }
        assert_eq!(dialect.topic("Acme", "+", Kind::State), "uagv/v2/Acme/+/state");
        assert_eq!(dialect.parse_topic("Acme", "uagv/v2/Other/x/state"), None);
        assert_eq!(dialect.parse_topic("Acme", "uagv/v2/Acme/x/factsheet"), None);
    }
}
