//! The words of handling units. Pure.

use serde::Serialize;

use crate::{kernel::*, refusals, words};

words! {
    /// What kind of handling unit.
    UnitKind {
        /// Comes from a supplier.
        Pallet = "pallet",
        /// Carried by an AGV; its slots are bins.
        Shelf = "shelf",
        /// A reusable box that goods are picked into.
        Tote = "tote",
        /// What the shopper gets.
        Carton = "carton",
    }
}

words! {
    /// What a unit is doing.
    UnitState {
        /// Nothing; a shelf is at its place.
        Free = "free",
        /// Goods of a fulfilment go in.
        InUse = "in_use",
        /// No more goes in.
        Full = "full",
        /// Sealed.
        Closed = "closed",
        /// On an AGV.
        Moving = "moving",
    }
}

/// A handling unit.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Unit {
    /// Id.
    pub id: UnitId,
    /// The label that is scanned.
    pub code: String,
    /// Kind.
    pub kind: UnitKind,
    /// Where it is.
    pub site: SiteId,
    /// On which node of the floor graph it stands, if known.
    pub node: Option<String>,
    /// Where a mobile shelf belongs.
    pub home: Option<String>,
    /// The unit it stands in or on.
    pub parent: Option<UnitId>,
    /// The fulfilment whose goods it carries.
    pub bound_to: Option<FulfilmentId>,
    /// What it is doing.
    pub state: UnitState,
}

refusals! {
    /// Why a unit cannot serve.
    Refusal {
        /// No such label here.
        Unknown { code: String } => "unit.unknown", 404, "There is no unit labelled {code} here; check the label.";
        /// Bound to another order.
        Taken { code: String } => "unit.taken", 409, "{code} is in use for another order; take an empty one.";
        /// Closed or moving.
        NotNow { code: String, state: UnitState } => "unit.not_now", 409, "{code} is {state} and cannot be used now.";
        /// A tote was wanted.
        WrongKind { code: String, wanted: UnitKind } => "unit.wrong_kind", 409, "{code} is not a {wanted}; scan a {wanted}.";
    }
}
