//! The words of returns. Pure.

use serde::Serialize;

use crate::{
    kernel::*,
    refusals,
    stock::{Condition, Goods},
    words,
};

words! {
    /// What was seen; stands in the fact.
    GradeReason {
        /// Sealed, as it left.
        Unopened = "unopened",
        /// Opened and whole.
        Opened = "opened",
        /// Broken.
        Broken = "broken",
        /// Wet, dirty, torn.
        Soiled = "soiled",
        /// A part is missing.
        Incomplete = "incomplete",
        /// Too warm, or past its day.
        Spoiled = "spoiled",
        /// Somebody else has to look.
        Unsure = "unsure",
    }
}

impl GradeReason {
    /// True if goods that look so may be sold again.
    pub fn sells(self) -> bool {
        matches!(self, Self::Unopened | Self::Opened)
    }
}

/// What a piece may become.
pub const GRADES: [Condition; 3] = [Condition::Sellable, Condition::QualityHold, Condition::Damaged];

/// Goods of a parcel that wait to be looked at.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// The parcel that brought them.
    pub parcel: ParcelId,
    /// Its label.
    pub sscc: String,
    /// Of which order.
    pub order: OrderId,
    /// The site where it stands.
    pub site: SiteId,
    /// What.
    #[serde(flatten)]
    pub goods: Goods,
    /// How many.
    pub quantity: i64,
}

/// What somebody saw of some pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// In which parcel.
    pub parcel: ParcelId,
    /// Which article.
    pub sku: SkuId,
    /// Its lot, or empty.
    pub lot: String,
    /// Its serial, or empty.
    pub serial: String,
    /// How many are so.
    pub quantity: i64,
    /// What they are now: one of [`GRADES`].
    pub condition: Condition,
    /// Why.
    pub reason: GradeReason,
    /// The label of the bin they are put into; empty for the suggested one.
    pub bin: String,
}

refusals! {
    /// Why goods that came back cannot be graded so.
    Refusal {
        /// No such parcel, or nothing in it waits.
        Nothing { parcel: ParcelId } => "return.nothing", 404, "Nothing of this parcel waits to be graded.";
        /// Fewer wait.
        NotSoMany { known: i64, wanted: i64 } => "return.not_so_many", 409, "Only {known} of them wait, not {wanted}.";
        /// Not a grade.
        NoGrade { condition: Condition } => "return.no_grade", 422, "Goods are graded sellable, damaged or quality_hold, not {condition}.";
        /// What was seen does not fit.
        Contradicts { reason: GradeReason } => "return.contradicts", 422, "What is {reason} is not sold again; choose another grade.";
        /// No bin has room of this kind.
        NoPlace { condition: Condition } => "return.no_place", 409, "No bin here takes goods that are {condition}; name one, or draw one.";
        /// No such bin.
        NoBin { bin: String } => "bin.unknown", 422, "There is no bin {bin} at this site; check the label.";
        /// The bin is for others.
        Unfit { bin: String } => "return.unfit_bin", 409, "Bin {bin} does not take these goods; choose another.";
    }
}
