//! The shape of a decision record. Pure.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{kernel::*, words};

words! {
    /// What was decided.
    DecisionKind {
        /// Which site ships which line.
        Sourcing = "sourcing",
        /// Which bin a line is picked from, which picks go together, in which order.
        Picking = "picking",
        /// Which bin goods are put into.
        Slotting = "slotting",
        /// Which orders are released together.
        Wave = "wave",
        /// Which AGV fetches a shelf.
        Agv = "agv",
        /// Which parcels share a route, in which order.
        Route = "route",
        /// Which rider is offered a load.
        Rider = "rider",
        /// Which carton.
        Carton = "carton",
    }
}

/// One thing that could have been chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Candidate {
    /// Its name for people: a site's code, a bin, a rider's id.
    pub name: String,
    /// Lower is better, in the unit that `inputs` names; `None` if impossible.
    pub cost: Option<i64>,
    /// Why it was not chosen; `None` for the chosen.
    pub rejected: Option<String>,
}

/// A choice to be recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Choice {
    /// What kind.
    pub kind: DecisionKind,
    /// What it is about: order, batch, load.
    pub subject: String,
    /// Where.
    pub site: Option<SiteId>,
    /// What was chosen.
    pub chosen: String,
    /// How: exact, greedy, nearest.
    pub method: String,
    /// What went in, small enough to read; as it is stored. See [`told`].
    pub inputs: Box<RawValue>,
    /// What was weighed.
    pub candidates: Vec<Candidate>,
    /// Cost of the choice.
    pub cost: Option<i64>,
    /// No choice can cost less than this.
    pub bound: Option<i64>,
    /// How long it took.
    pub took_us: i64,
}

/// A recorded choice.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Decision {
    /// Id.
    pub id: DecisionId,
    /// When.
    pub at: Time,
    /// What kind.
    pub kind: DecisionKind,
    /// What it is about.
    pub subject: String,
    /// Where.
    pub site: Option<SiteId>,
    /// What was chosen.
    pub chosen: String,
    /// How.
    pub method: String,
    /// SHA-256 of the inputs: two decisions on the same facts show it.
    pub digest: String,
    /// What went in.
    #[schema(value_type = Object)]
    pub inputs: serde_json::Value,
    /// What was weighed.
    pub candidates: Vec<Candidate>,
    /// Cost of the choice.
    pub cost: Option<i64>,
    /// Lower bound.
    pub bound: Option<i64>,
    /// Microseconds it took.
    pub took_us: i64,
}

impl Decision {
    /// How far the choice may be from the best, in per mille; `None` if unknown.
    pub fn gap_permille(&self) -> Option<i64> {
        let (cost, bound) = (self.cost?, self.bound?);
        (bound > 0).then(|| (cost - bound) * 1000 / bound)
    }
}

/// Inputs in words.
pub fn told(inputs: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(inputs).expect("inputs are plain data with names for keys")
}

/// The digest of inputs.
pub fn digest_of(inputs: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let hash = Sha256::digest(inputs.as_bytes());
    let nibbles = hash.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(HEX[usize::from(nibble)])).collect()
}
