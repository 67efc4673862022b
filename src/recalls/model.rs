//! The words of recalls. Pure.

use serde::Serialize;

use crate::{kernel::*, refusals, stock::Condition, words};

words! {
    /// Where a recall stands.
    RecallState {
        /// Goods are being found.
        Open = "open",
        /// Everything was found; the lot stays out of sale.
        Closed = "closed",
        /// It was unfounded; the lot is sold again.
        Lifted = "lifted",
    }
}

/// A recall or quarantine of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Recall {
    /// Id.
    pub id: RecallId,
    /// Which article.
    pub sku: SkuId,
    /// Which lot.
    pub lot: String,
    /// What its goods become: recalled, or quality_hold for a quarantine.
    pub condition: Condition,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: RecallState,
    /// Units that were taken out of sale when it began.
    pub stopped: i64,
    /// When it began.
    pub opened_at: Time,
    /// Who began it.
    pub opened_by: String,
    /// When it ended.
    pub closed_at: Option<Time>,
}

/// Goods of the lot in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Place {
    /// The site.
    pub site: SiteId,
    /// Bin, tote or carton.
    pub holder: String,
    /// As what they lie there.
    pub condition: Condition,
    /// In a tote or carton of an order.
    pub bound: bool,
    /// How many.
    pub quantity: i64,
}

/// Who got goods of the lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receiver {
    /// The order.
    pub order: OrderId,
    /// Its number; empty for a counter's hold.
    pub number: String,
    /// How many were picked for it.
    pub quantity: i64,
    /// Its open case, if somebody still looks after it.
    pub case_open: bool,
}

/// Where goods of the lot came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Origin {
    /// The receipt, or the till's number of what was sold over a counter.
    pub reference: String,
    /// Who sent it; empty when nobody announced it.
    pub supplier: String,
    /// When.
    pub at: Time,
    /// How many.
    pub quantity: i64,
}

/// The whole way of a lot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Trace {
    /// Where goods of it are in the house.
    pub places: Vec<Place>,
    /// Forward.
    pub receivers: Vec<Receiver>,
    /// Sold over counters.
    pub counters: Vec<Origin>,
    /// Back.
    pub origins: Vec<Origin>,
}

impl Trace {
    /// Units in the house that are out of sale.
    pub fn stopped(&self) -> i64 {
        let out = |place: &&Place| !place.bound && place.condition != Condition::Sellable;
        self.places.iter().filter(out).map(|place| place.quantity).sum()
    }
    /// Units that may still be shipped: in totes and cartons of the house.
    pub fn bound(&self) -> i64 {
        self.places.iter().filter(|place| place.bound).map(|place| place.quantity).sum()
    }
    /// Orders that somebody still looks after.
    pub fn open_cases(&self) -> usize {
        self.receivers.iter().filter(|one| one.case_open).count()
    }
}

refusals! {
    /// Why a lot cannot be called back, or let go.
    Refusal {
        /// No such recall.
        Unknown { recall: RecallId } => "recall.unknown", 404, "There is no such recall.";
        /// It has ended.
        Over { recall: RecallId } => "recall.over", 409, "This recall has ended.";
        /// One runs already.
        Running { recall: RecallId } => "recall.running", 409, "This lot is called back already.";
        /// No goods of it were ever here.
        NoLot { lot: String } => "recall.no_lot", 422, "Nothing of lot {lot} was ever here; check the article and the lot.";
        /// No reason.
        NoReason => "recall.no_reason", 422, "Say why, in 1 to 200 characters.";
    }
}
