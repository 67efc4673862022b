//! Prefixed ULIDs (`ord_01J...`), all kinds from one registry, so that an id says
//! what it names and two kinds cannot be confused. Deliberately absent: minting;
//! ids are made by [`crate::store::Tx::id`], from the injected clock and dice.

use std::{fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

/// The kind of thing an [`Id`] names.
pub trait Kind: 'static {
    /// Three or four lower-case letters before the underscore.
    const PREFIX: &'static str;
    /// What such an id is called in documents.
    const NAME: &'static str;
}

/// An identifier of one kind of thing; ordered by the moment it was minted.
pub struct Id<K> {
    ulid: Ulid,
    kind: PhantomData<fn() -> K>,
}

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not an id that begins with {prefix}_")]
pub struct NotAnId {
    text: String,
    prefix: &'static str,
}

impl<K: Kind> Id<K> {
    /// Wraps a minted ULID.
    pub const fn new(ulid: Ulid) -> Self {
        Self { ulid, kind: PhantomData }
    }

    /// The ULID without its prefix.
    pub const fn ulid(self) -> Ulid {
        self.ulid
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.ulid)
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| Ulid::from_string(rest).ok())
            .map(Self::new)
            .ok_or_else(|| NotAnId { text: text.chars().take(60).collect(), prefix: K::PREFIX })
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K: Kind> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        // A ULID: 26 letters of Crockford's alphabet, 128 bits in 130 (github.com/ulid/spec).
        let pattern = format!("^{}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$", K::PREFIX);
        let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        text.pattern(Some(pattern)).into()
    }
}
impl<K: Kind> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        K::NAME.into()
    }
}

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident, $alias:ident = $prefix:literal;)*) => {
        /// The kinds of things that have ids.
        pub mod kind {
            $($(#[$doc])* pub enum $name {}
            impl super::Kind for $name {
                const PREFIX: &'static str = $prefix;
                const NAME: &'static str = stringify!($alias);
            })*
        }
        $($(#[$doc])* pub type $alias = Id<kind::$name>;)*
        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

registry! {
    /// A fact in the event log.
    Fact, FactId = "evt";
    /// A unit of background work.
    Job, JobId = "job";
    /// A person who signs in.
    User, UserId = "usr";
    /// An enrolled handheld.
    Device, DeviceId = "dev";
    /// A machine's credential.
    Token, TokenId = "tok";
    /// A signed-in session.
    Session, SessionId = "ses";
    /// A person outside the house: shopper, recipient, supplier's clerk.
    Contact, ContactId = "con";
    /// One revision of an address.
    Address, AddressId = "adr";
    /// An article as it is stocked.
    Sku, SkuId = "sku";
    /// A supplier, warehouse, shop or pick-up point.
    Site, SiteId = "sit";
    /// A part of a site's floor.
    Zone, ZoneId = "zon";
    /// A shelf position.
    Bin, BinId = "bin";
    /// A handling unit: pallet, mobile shelf, tote, carton.
    Unit, UnitId = "unt";
    /// One row of human work.
    Task, TaskId = "tsk";
    /// A page for a printer.
    Print, PrintId = "prt";
    /// A recorded automatic choice.
    Decision, DecisionId = "dec";
    /// A movement in the stock ledger.
    Transfer, TransferId = "trf";
    /// A reserved quantity.
    Hold, HoldId = "hld";
    /// A shopper's basket before checkout.
    Cart, CartId = "crt";
    /// Customer demand.
    Order, OrderId = "ord";
    /// One article of an order.
    Line, LineId = "lin";
    /// The part of an order that one site ships.
    Fulfilment, FulfilmentId = "ful";
    /// A payment for an order.
    Payment, PaymentId = "pay";
    /// An address outside that is told what happens.
    Hook, HookId = "whk";
    /// One fact on its way to it.
    Message, MessageId = "msg";
    /// AGV work.
    Mission, MissionId = "mis";
    /// An announced delivery.
    Asn, AsnId = "asn";
    /// A delivery as received.
    Receipt, ReceiptId = "rcp";
    /// A recall of a lot.
    Recall, RecallId = "rcl";
    /// Work released together.
    Wave, WaveId = "wav";
    /// Picks walked together.
    Batch, BatchId = "bat";
    /// One visit to one bin for one line.
    Pick, PickId = "pik";
    /// A packed carton on its way to a door.
    Parcel, ParcelId = "pcl";
    /// What one vehicle or rider carries on one route.
    Load, LoadId = "lod";
    /// One halt of a route.
    Stop, StopId = "stp";
    /// An own vehicle.
    Vehicle, VehicleId = "veh";
    /// A proposal to a rider.
    Offer, OfferId = "off";
    /// One try at a door.
    Attempt, AttemptId = "att";
    /// Evidence of a delivery.
    Proof, ProofId = "prf";
    /// An exception that awaits a person.
    Case, CaseId = "cas";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_refuses_another_kind() {
        let id = OrderId::new(Ulid::from_parts(1_700_000_000_000, 7));
        assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
        assert!(id.to_string().parse::<LineId>().is_err());
        assert!("ord_".parse::<OrderId>().is_err());
    }

    #[test]
    fn prefixes_are_unique() {
        let mut seen = std::collections::HashSet::new();
        assert!(PREFIXES.iter().all(|prefix| seen.insert(*prefix)));
    }
}
