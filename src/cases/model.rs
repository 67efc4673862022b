//! The words of cases. Pure.

use serde::Serialize;

use crate::{kernel::*, refusals, sentences, words};

words! {
    /// What happened.
    CaseCode {
        /// Received goods are damaged.
        GoodsDamaged = "goods.damaged",
        /// More came than was announced.
        GoodsOver = "goods.over",
        /// Less came than was announced.
        GoodsShort = "goods.short",
        /// Something else came than was announced.
        GoodsWrong = "goods.wrong",
        /// A shopper's goods are of a lot that is called back.
        GoodsRecalled = "goods.recalled",
        /// A label that nobody knows.
        LabelUnknown = "label.unknown",
        /// A bin that should hold goods is empty.
        BinEmpty = "bin.empty",
        /// A count left less than is promised.
        CountBelowHeld = "count.below_held",
        /// A tote is full before its picks are done.
        ToteFull = "tote.full",
        /// Scale and sum disagree.
        WeightMismatch = "weight.mismatch",
        /// A printer does not print.
        PrinterFailed = "printer.failed",
        /// Goods for an order are missing everywhere.
        OrderShort = "order.short",
        /// A line was cancelled after its carton was packed.
        CancelledPacked = "order.cancelled_packed",
        /// An address that may be wrong.
        AddressDoubtful = "address.doubtful",
        /// The address changed after the goods were picked.
        AddressChanged = "address.changed",
        /// Nobody took the parcel.
        DeliveryFailed = "delivery.failed",
        /// Money came after its order lapsed.
        PaymentLate = "payment.late",
        /// Money must go back.
        RefundDue = "refund.due",
        /// A worker left a task in its middle.
        WorkerGone = "worker.gone",
        /// A vehicle gave up a mission.
        MissionFailed = "mission.failed",
        /// A worker pressed "Problem".
        TaskProblem = "task.problem",
        /// A fact cannot be handled.
        FactParked = "fact.parked",
    }
}

words! {
    /// How much it matters, and so until when it is due.
    Severity {
        /// Within a quarter of an hour.
        Urgent = "urgent",
        /// Within the hour.
        High = "high",
        /// Within four hours.
        Normal = "normal",
        /// Within a day.
        Low = "low",
    }
}

impl Severity {
    /// 0 for the most urgent.
    pub fn rank(self) -> i64 {
        self as i64
    }
    /// The severity of a rank.
    pub fn of_rank(rank: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(rank).ok()?).copied()
    }
    /// How long a case may stay open, domain ms.
    pub fn due_ms(self) -> i64 {
        let minutes = match self {
            Self::Urgent => 15,
            Self::High => 60,
            Self::Normal => 240,
            Self::Low => 1440,
        };
        minutes * 60_000
    }
}

words! {
    /// Whether a person is still needed.
    CaseState {
        /// Yes.
        Open = "open",
        /// No.
        Closed = "closed",
    }
}

words! {
    /// How a case ended: what the ordinary verbs did.
    Resolution {
        /// The cause went away without a person.
        CorrectedItself = "corrected_itself",
        /// Another case is about the same.
        Duplicate = "duplicate",
        /// A person settled it; the note says how.
        Settled = "settled",
        /// The goods were taken as they are.
        Accepted = "accepted",
        /// The goods go back to the supplier.
        SentBack = "sent_back",
        /// The loss was booked.
        WrittenOff = "written_off",
        /// The goods got a new label.
        Relabelled = "relabelled",
        /// The bin was counted.
        Recounted = "recounted",
        /// The goods were found.
        Found = "found",
        /// The carton was checked and weighed again.
        Reweighed = "reweighed",
        /// The label came out.
        Reprinted = "reprinted",
        /// The work goes on with somebody or something else.
        Reassigned = "reassigned",
        /// It was tried again and worked.
        Retried = "retried",
        /// The shopper waits.
        Waits = "waits",
        /// What there is was sent.
        ShippedPart = "shipped_part",
        /// It is no longer wanted.
        Cancelled = "cancelled",
        /// The address is right, or right now.
        AddressConfirmed = "address_confirmed",
        /// Another attempt is planned.
        Redelivery = "redelivery",
        /// It waits at a pick-up point.
        HeldForPickup = "held_for_pickup",
        /// The goods came back.
        Returned = "returned",
        /// Goods are held again for the money.
        HeldAgain = "held_again",
        /// The money went back.
        Refunded = "refunded",
    }
}

sentences! {
    /// What is special about a case. Articles are told by their codes.
    Detail {
        /// The reason that a fact gives, as a code or in somebody's words.
        Reason { reason: String } => "reason", "{reason}";
        /// Goods of an order are nowhere to be had.
        OrderShort { quantity: i64, article: String, policy: String } => "order_short", "{quantity} of {article} are missing; the order says {policy}";
        /// Parcels go to the new address.
        AddressFollows => "address_follows", "the parcels follow the new address";
        /// A parcel cannot.
        AddressStuck => "address_stuck", "a parcel is too far on its way to follow";
        /// A bin held less than it should.
        BinShort { quantity: i64, bin: String } => "bin_short", "{quantity} were not found in {bin}";
        /// A count left less than was promised.
        BelowHeld { fewer: i64 } => "below_held", "a count found {fewer} fewer; promises were broken";
        /// A worker is gone.
        Abandoned => "abandoned", "nobody touched it for a while";
        /// Sum and scale.
        Weight { expected_g: i64, measured_g: i64 } => "weight", "{expected_g} g expected, {measured_g} g measured";
        /// What a worker pressed, and what he wrote.
        Problem { what: String, note: String } => "problem", "{what} {note}";
        /// More than announced.
        DockOver { quantity: i64, article: String } => "dock_over", "{article}: {quantity} more than announced wait on the dock";
        /// Broken when they came.
        DockDamaged { quantity: i64, article: String } => "dock_damaged", "{article}: {quantity} came damaged";
        /// Fewer than announced, of one article.
        DockShort { quantity: i64, article: String } => "dock_short", "{article}: {quantity} did not come";
        /// Fewer than announced, of many.
        DockShortMany { quantity: i64 } => "dock_short_many", "{quantity} pieces of several articles did not come";
        /// Nobody announced it.
        DockWrong { article: String } => "dock_wrong", "{article} was not announced";
        /// Goods of a lot that may not be sold were picked for an order.
        Recalled { quantity: i64, article: String, lot: String } => "recalled", "{quantity} of {article}, lot {lot}, were picked for this order";
        /// A label that no article has.
        LabelUnknown { label: String } => "label_unknown", "no article has the label {label}";
        /// A label that cannot be read.
        LabelUnreadable => "label_unreadable", "a label cannot be read";
    }
}

impl Detail {
    /// The reason of a fact.
    pub fn reason(reason: &str) -> Self {
        Self::Reason { reason: reason.to_owned() }
    }
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Case {
    /// Id.
    pub id: CaseId,
    /// What happened.
    pub code: CaseCode,
    /// The id of what it is about.
    pub about: String,
    /// Where; absent if it belongs to no site.
    pub site: Option<SiteId>,
    /// How much it matters.
    pub severity: Severity,
    /// open or closed.
    pub state: CaseState,
    /// Who cares for it.
    pub owner: Option<UserId>,
    /// What is special this time; in JSON in English.
    #[serde(serialize_with = "sentence::english")]
    #[schema(value_type = String)]
    pub detail: Detail,
    /// Ids of others concerned.
    pub links: Vec<String>,
    /// How often it was reported.
    pub times: i64,
    /// Since when.
    pub opened_at: Time,
    /// Until when.
    pub due_at: Time,
    /// Last change.
    pub touched_at: Time,
    /// When it ended.
    pub closed_at: Option<Time>,
    /// Who ended it.
    pub closed_by: Option<String>,
    /// How it ended.
    pub resolution: Option<Resolution>,
}

/// A case to be opened.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// What happened.
    pub code: CaseCode,
    /// The id of what it is about; with the code it names the case while open.
    pub about: String,
    /// Where.
    pub site: Option<SiteId>,
    /// How much it matters; the code's own severity when absent.
    pub severity: Option<Severity>,
    /// What is special this time; no personal data.
    pub detail: Detail,
    /// Ids of others concerned.
    pub links: Vec<String>,
}

/// Something said about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Note {
    /// 1, 2, 3 ...
    pub number: i64,
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// A photo's place in the list; its bytes are asked for one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PhotoOf {
    /// 1, 2, 3 ...
    pub number: i64,
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// `image/jpeg` or `image/png`.
    pub kind: String,
}

/// Most bytes of one photo.
pub const PHOTO_BYTES: usize = 600_000;
/// Most photos of one case.
pub const PHOTOS: i64 = 8;

/// The media type of a photo by its first bytes.
pub fn photo_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        _ => None,
    }
}

refusals! {
    /// Why a case cannot be changed so.
    Refusal {
        /// No such case.
        Unknown { case: String } => "case.unknown", 404, "There is no such case, or you may not see it.";
        /// It is over.
        Closed { case: CaseId } => "case.closed", 409, "This case is closed; open the list again.";
        /// Not a way this case can end.
        BadResolution { resolution: String, possible: Vec<Resolution> } => "case.bad_resolution", 422, "A case of this kind does not end as {resolution}; choose one of those that its guide lists.";
        /// "Settled" says nothing without a word.
        NoteNeeded => "case.note_needed", 422, "Say in a note how it was settled.";
        /// Empty or too long.
        BadNote => "case.bad_note", 422, "A note has 1 to 2000 characters.";
        /// Not a photo, or too large.
        BadPhoto { most_bytes: usize } => "case.bad_photo", 422, "A photo is JPEG or PNG and has at most {most_bytes} bytes.";
        /// Enough photos.
        ManyPhotos => "case.many_photos", 409, "This case has enough photos; go on without another.";
    }
}

/// A note's text, if it says something and is not endless.
pub fn checked_note(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if (1..=2000).contains(&text.chars().count()) { Ok(text) } else { Err(Refusal::BadNote) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_severities_agree_and_the_urgent_are_due_first() {
        for severity in Severity::ALL {
            assert_eq!(Severity::of_rank(severity.rank()), Some(*severity));
        }
        assert_eq!(Severity::of_rank(4), None);
        assert!(Severity::ALL.windows(2).all(|pair| pair[0].due_ms() < pair[1].due_ms()));
    }

    #[test]
    fn only_photos_are_photos() {
        assert_eq!(photo_kind(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
        assert_eq!(photo_kind(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
        assert_eq!(photo_kind(b"<svg onload=alert(1)>"), None);
        assert_eq!(photo_kind(b""), None);
    }

    #[test]
    fn notes_say_something() {
        assert_eq!(checked_note("  found it "), Ok("found it"));
        assert!(checked_note(" \n ").is_err() && checked_note(&"x".repeat(2001)).is_err());
    }
}
