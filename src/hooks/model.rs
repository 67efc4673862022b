//! Hooks, messages, the catalogue of what is told, signatures and patience. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{identity::hmac_sha256, kernel::*, refusals, words};

words! {
    /// Whether a hook is told anything.
    HookState {
        /// It is.
        Active = "active",
        /// Messages gather and wait.
        Paused = "paused",
        /// It said that it is gone for good; nothing gathers.
        Disabled = "disabled",
    }
}

words! {
    /// What became of a message.
    MessageState {
        /// To be sent, for the first time or again.
        Waiting = "waiting",
        /// Taken by the other side.
        Sent = "sent",
        /// Given up.
        Failed = "failed",
    }
}

/// The facts that leave the house; the committed catalogue.
pub const CATALOGUE: &[&str] = &[
    "order.accepted",
    "order.on_hold",
    "order.resumed",
    "order.promise_changed",
    "order.cancelled",
    "order.delivered",
    "line.short",
    "line.cancelled",
    "fulfilment.released",
    "fulfilment.packed",
    "fulfilment.shipped",
    "parcel.out_for_delivery",
    "parcel.attempt_failed",
    "parcel.ready_for_pickup",
    "parcel.delivered",
    "parcel.returning",
    "return.received",
    "return.graded",
    "refund.due",
    "payment.refunded",
    "invoice.requested",
    "inventory.changed",
    "case.opened",
    "case.closed",
];

/// The kind of the message that tries a hook out.
pub const TEST: &str = "hook.test";

/// An address outside that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Hook {
    /// Its id.
    pub id: HookId,
    /// Where messages are posted.
    pub url: String,
    /// Kinds of facts, or their beginnings (`parcel.`); empty: the whole catalogue.
    pub kinds: Vec<String>,
    /// Only facts about orders of this channel.
    pub channel: Option<String>,
    /// Whether it is told.
    pub state: HookState,
    /// Why it is not.
    pub reason: Option<String>,
    /// Which secret of its line is in use, from 1.
    #[serde(skip)]
    pub generation: i64,
    /// Until when the secret before signs as well.
    pub old_secret_until: Option<Time>,
    /// Since when.
    pub created_at: Time,
}

impl Hook {
    /// True if facts of this kind are told.
    pub fn wants(&self, kind: &str) -> bool {
        let named = |one: &String| one == kind || (one.ends_with('.') && kind.starts_with(one.as_str()));
        CATALOGUE.contains(&kind) && (self.kinds.is_empty() || self.kinds.iter().any(named))
    }
}

/// One fact on its way to one hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Message {
    /// The `webhook-id`: the same for every try.
    pub id: MessageId,
    /// To whom.
    pub hook: HookId,
    /// The kind of the fact.
    pub kind: String,
    /// What it is about; messages of one subject go one after another.
    pub subject: String,
    /// Its place in the log; 0 for a test.
    pub position: i64,
    /// What is posted.
    pub body: String,
    /// What became of it.
    pub state: MessageState,
    /// Tries so far.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Time,
    /// The last answer's status; 0 if there was none.
    pub status: i64,
    /// The beginning of the last answer, or why there was none.
    pub reply: String,
    /// How long the last try took.
    pub took_ms: i64,
    /// Since when.
    pub created_at: Time,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 0 if nobody answered.
    pub status: u16,
    /// The beginning of the body, or why nobody answered.
    pub reply: String,
    /// How long it took.
    pub took_ms: i64,
}

impl Answer {
    /// True if the message was taken.
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// True if nothing is ever to be sent there again.
    pub fn is_gone(&self) -> bool {
        self.status == 410
    }
}

/// Seconds before the second try, the third, and so on: nearly four days in all, so
/// that a weekend's outage loses nothing.
const PATIENCE_S: &[i64] = &[5, 30, 120, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 86_400, 86_400];

/// How long to wait after a failed try, in ms; `None` when it was the last.
/// `chance` (0 to 999) spreads the tries by a fifth, so that a house that comes back
/// is not overrun.
pub fn patience_ms(attempts: i64, chance: i64) -> Option<i64> {
    let at = usize::try_from(attempts - 1).ok()?;
    PATIENCE_S.get(at).map(|seconds| seconds * 900 + seconds * 200 * chance.clamp(0, 999) / 1000)
}

/// The secret as its owner keeps it: `whsec_` and base64 of the key.
pub fn spelled(key: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// One signature of Standard Webhooks: version 1 over `id.timestamp.body`.
pub fn signature(key: &[u8; 32], id: &str, timestamp_s: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp_s}.{body}");
    format!("v1,{}", STANDARD.encode(hmac_sha256(key, signed.as_bytes())))
}

/// What is told of a line beside a fact about its order.
#[derive(Debug, Serialize)]
pub struct LineTold<'a> {
    /// Its id.
    pub line: LineId,
    /// The channel's own number.
    pub external_line_id: Option<&'a str>,
    /// What.
    pub sku: SkuId,
    /// Wanted at first.
    pub ordered: i64,
    /// No longer wanted, or not to be had.
    pub cancelled: i64,
    /// Left the site.
    pub shipped: i64,
    /// Handed over.
    pub delivered: i64,
    /// Came back.
    pub returned: i64,
}

/// What a subscriber asks for.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// Where messages are posted: https, unless private addresses are allowed.
    pub url: String,
    /// Kinds of facts, or beginnings that end in a dot; empty: the whole catalogue.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Only facts about orders of this channel.
    #[serde(default)]
    pub channel: Option<String>,
}

refusals! {
    /// Why hooks say no.
    Refusal {
        /// No such hook.
        Unknown { hook: String } => "hook.unknown", 404, "There is no such webhook.";
        /// No such message.
        NoMessage { message: String } => "hook.no_message", 404, "There is no such message; messages are kept for two weeks.";
        /// Nowhere to post to.
        BadUrl { reason: String } => "hook.bad_url", 422, "Messages cannot be posted there: {reason}.";
        /// Not in the catalogue.
        NoKind { kind: String } => "hook.no_kind", 422, "{kind} is not told outside; the catalogue at /api/v1/hooks/catalogue lists what is.";
        /// It said it is gone.
        Disabled { hook: HookId } => "hook.disabled", 409, "The other side said that it is gone; make a new webhook.";
        /// Enough is enough.
        TooMany => "hook.too_many", 409, "There are 100 webhooks already; remove one first.";
    }
}

/// Checks kinds and channel of a new hook.
pub fn checked(new: &NewHook) -> Result<(), Refusal> {
    let known = |kind: &String| {
        let begins = kind.ends_with('.') && CATALOGUE.iter().any(|one| one.starts_with(kind.as_str()));
        CATALOGUE.contains(&kind.as_str()) || begins
    };
    match new.kinds.iter().find(|kind| !known(kind)) {
        Some(kind) => Err(Refusal::NoKind { kind: kind.chars().take(60).collect() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The example of the specification's reference libraries.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let made = STANDARD.encode(hmac_sha256(&secret, signed.as_bytes()));
        assert_eq!(made, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let key = [7_u8; 32];
        assert!(signature(&key, "msg_1", 1, "{}").starts_with("v1,"));
        assert_ne!(signature(&key, "msg_1", 1, "{}"), signature(&key, "msg_1", 2, "{}"));
        assert!(spelled(&key).starts_with("whsec_"));
    }

    #[test]
    fn patience_lasts_over_a_weekend_and_ends() {
        let all: Vec<i64> = (1..).map_while(|attempts| patience_ms(attempts, 500)).collect();
        assert_eq!(all.len(), 12);
        assert!(all.windows(2).all(|pair| pair[0] <= pair[1]));
        let days = all.iter().sum::<i64>() / 86_400_000;
        assert!((3..=5).contains(&days), "{days}");
        assert_eq!((patience_ms(1, 0), patience_ms(1, 999), patience_ms(0, 0)), (Some(4_500), Some(5_499), None));
    }

    #[test]
    fn every_kind_told_is_a_fact_and_no_other_is_taken() {
        for kind in CATALOGUE {
            assert!(crate::event::Event::KINDS.contains(kind), "{kind}");
        }
        let new = |kinds: &[&str]| NewHook {
            url: "https://x.example".into(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            channel: None,
        };
        assert!(checked(&new(&["parcel.", "order.accepted"])).is_ok() && checked(&new(&[])).is_ok());
        for wrong in ["task.ready", "parcel", "", ".", "scan."] {
            assert!(checked(&new(&[wrong])).is_err(), "{wrong}");
        }
    }
}
