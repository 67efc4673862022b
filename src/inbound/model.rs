//! The words of receiving, tolerances and dates. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Article, LotRule},
    kernel::*,
    refusals,
    stock::{Condition, Goods},
    words,
};

words! {
    /// Where an announced delivery stands.
    AsnState {
        /// On its way, or being received.
        Expected = "expected",
        /// Its receipt is closed.
        Received = "received",
    }
}

words! {
    /// Where a receipt stands.
    ReceiptState {
        /// Goods may be booked in.
        Open = "open",
        /// Corrected by reversal only.
        Closed = "closed",
    }
}

words! {
    /// What the worker at the dock does next.
    Stage {
        /// Scan the dock.
        Dock = "dock",
        /// Scan a pallet or an article.
        Article = "article",
        /// Say which article an unreadable label stood for.
        Relabel = "relabel",
        /// Say what happens to an article that was not announced.
        Wrong = "wrong",
        /// Enter the lot.
        Lot = "lot",
        /// Enter the expiry date.
        Expiry = "expiry",
        /// Scan the serial number.
        Serial = "serial",
        /// Enter how many.
        Quantity = "quantity",
        /// Say in which condition they are.
        Condition = "condition",
        /// Nothing: it is over.
        Done = "done",
    }
}

words! {
    /// Where a receipt line stands.
    LineState {
        /// In stock.
        Booked = "booked",
        /// On the dock, not in stock, until a supervisor decides.
        Waiting = "waiting",
        /// Not taken.
        Rejected = "rejected",
        /// Booked, and taken back out.
        Reversed = "reversed",
    }
}

/// An announced delivery (advance shipping notice).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Asn {
    /// Id.
    pub id: AsnId,
    /// Where to.
    pub site: SiteId,
    /// The supplier's number for it, in capitals.
    pub code: String,
    /// Who sends it.
    pub supplier: String,
    /// When it should arrive.
    pub expected_at: Time,
    /// Where it stands.
    pub state: AsnState,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AsnLine {
    /// 1, 2, 3 ...
    pub number: i64,
    /// What.
    pub sku: SkuId,
    /// How many base units.
    pub quantity: i64,
    /// Lot, or empty.
    pub lot: String,
    /// `YYMMDD`, or empty.
    pub expiry: String,
    /// The pallet it comes on, or empty; a mixed pallet has several lines.
    pub sscc: String,
}

/// A delivery to be announced.
#[derive(Debug, Clone)]
pub struct NewAsn {
    /// Where to.
    pub site: SiteId,
    /// The supplier's number.
    pub code: String,
    /// Who sends it.
    pub supplier: String,
    /// When it should arrive; work is ready from the start if this is not ahead.
    pub expected_at: Time,
    /// What comes; numbers are given here.
    pub lines: Vec<AsnLine>,
}

/// A delivery as received, with what is in the worker's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Id.
    pub id: ReceiptId,
    /// Where.
    pub site: SiteId,
    /// The announcement; absent for a blind receipt.
    pub asn: Option<AsnId>,
    /// Its task.
    pub task: TaskId,
    /// The dock's bin.
    pub dock: BinId,
    /// Its label.
    pub dock_code: String,
    /// Where it stands.
    pub state: ReceiptState,
    /// What comes next.
    pub stage: Stage,
    /// The article in hand.
    pub sku: Option<SkuId>,
    /// Base units in one scan of its label.
    pub per_scan: i64,
    /// Its lot.
    pub lot: String,
    /// Its expiry.
    pub expiry: String,
    /// Its serial.
    pub serial: String,
    /// The pallet in hand.
    pub sscc: String,
    /// A condition that the worker may not choose.
    pub forced: Option<Condition>,
    /// How many are in hand.
    pub quantity: i64,
    /// Since when.
    pub opened_at: Time,
    /// Until when.
    pub closed_at: Option<Time>,
}

impl Receipt {
    /// The receipt with nothing in hand but the pallet.
    #[must_use]
    pub fn empty_handed(self) -> Self {
        let stage = Stage::Article;
        let (lot, expiry, serial) = (String::new(), String::new(), String::new());
        Self { stage, sku: None, per_scan: 1, lot, expiry, serial, forced: None, quantity: 0, ..self }
    }
    /// What must be known next of the article in hand.
    pub fn next_stage(&self, article: &Article) -> Stage {
        if article.lot_rule != LotRule::None && self.lot.is_empty() {
            Stage::Lot
        } else if article.lot_rule == LotRule::Expiry && self.expiry.is_empty() {
            Stage::Expiry
        } else if article.serial_tracked && self.serial.is_empty() {
            Stage::Serial
        } else if self.quantity == 0 && !article.serial_tracked {
            Stage::Quantity
        } else {
            Stage::Condition
        }
    }
}

/// What was received at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReceiptLine {
    /// Its key.
    pub id: String,
    /// Of which receipt.
    pub receipt: ReceiptId,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: i64,
    /// Lot, or empty.
    pub lot: String,
    /// `YYMMDD`, or empty.
    pub expiry: String,
    /// Serial, or empty.
    pub serial: String,
    /// In which condition.
    pub condition: Condition,
    /// The pallet it came on, or empty.
    pub sscc: String,
    /// Where it stands.
    pub state: LineState,
    /// How many have a put-away task.
    pub planned: i64,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: String,
}

impl ReceiptLine {
    /// The goods as the ledger knows them.
    pub fn goods(&self) -> Goods {
        Goods {
            sku: self.sku,
            lot: self.lot.clone(),
            serial: self.serial.clone(),
            expiry: self.expiry.clone(),
            condition: self.condition,
        }
    }
}

words! {
    /// What the worker who puts goods away does next.
    PutStage {
        /// Scan the article or its pallet on the dock.
        Article = "article",
        /// Say how many.
        Quantity = "quantity",
        /// Put them into the bin and scan it.
        Bin = "bin",
        /// Nothing: it is over.
        Done = "done",
    }
}

/// Goods to be brought from the dock to a bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAway {
    /// Its task.
    pub task: TaskId,
    /// Where.
    pub site: SiteId,
    /// From which receipt.
    pub receipt: ReceiptId,
    /// From which line of it.
    pub line: String,
    /// What.
    pub goods: Goods,
    /// How many.
    pub quantity: i64,
    /// In the bin.
    pub done: i64,
    /// In hand.
    pub counted: i64,
    /// The dock's bin.
    pub from: BinId,
    /// Its label.
    pub from_code: String,
    /// The bin slotting chose.
    pub to: BinId,
    /// Its label.
    pub to_code: String,
    /// The mobile shelf the bin is on.
    pub shelf: Option<UnitId>,
    /// The trip that brings it.
    pub mission: Option<MissionId>,
    /// Where the shelf comes to, or empty.
    pub station: String,
    /// What comes next.
    pub stage: PutStage,
}

/// Per cent of the announced quantity that may come on top.
const OVER_PERCENT: i64 = 5;

/// How many more than announced are taken without asking: 5 %, at least one.
pub fn tolerance(announced: i64) -> i64 {
    (announced.saturating_mul(OVER_PERCENT) / 100).max(1)
}

/// Splits what came into what is booked and what waits for a supervisor. Within
/// the tolerance all of it is booked; beyond, only what was announced.
pub fn split(announced: i64, received: i64, came: i64) -> (i64, i64) {
    if received.saturating_add(came) <= announced + tolerance(announced) {
        return (came, 0);
    }
    let booked = (announced - received).clamp(0, came);
    (booked, came - booked)
}

/// A date as labels print it, `YYMMDD`, if it is one (day 00 means the month's
/// last day, GS1 General Specifications 3.4).
pub fn date(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | '.' | '/' | ' ')).collect();
    let short = if digits.len() == 8 { digits.strip_prefix("20")?.to_owned() } else { digits };
    let good = short.len() == 6 && short.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize| short.get(from..from + 2).and_then(|part| part.parse::<u8>().ok());
    (good && matches!(part(2), Some(1..=12)) && matches!(part(4), Some(0..=31))).then_some(short)
}

/// True if goods of this date may no longer be sold at `now` (UTC).
pub fn is_expired(expiry: &str, now: Time) -> bool {
    let Ok(stamp) = jiff::Timestamp::from_millisecond(now.ms()) else { return false };
    let today = stamp.to_zoned(jiff::tz::TimeZone::UTC).strftime("%y%m%d").to_string();
    // Day 00 is the end of its month, so it stands behind the 31st.
    let last = match expiry.strip_suffix("00") {
        Some(month) => format!("{month}32"),
        None => expiry.to_owned(),
    };
    last.len() == 6 && last < today
}

/// A lot or serial as printed: 1 to 20 characters (GS1 AI 10 and 21).
pub fn printed(text: &str) -> Option<String> {
    let text = text.trim().to_uppercase();
    ((1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

refusals! {
    /// Why inbound says no.
    Refusal {
        /// No receipt behind the task.
        NoReceipt { task: String } => "receipt.unknown", 404, "There is nothing to receive here; take another task.";
        /// No put-away behind the task.
        NoPutAway { task: TaskId } => "put_away.unknown", 404, "There is nothing to put away here; take another task.";
        /// No such announcement.
        UnknownAsn { asn: String } => "asn.unknown", 404, "There is no such delivery, or you may not see it.";
        /// The number is taken.
        Taken { number: String } => "asn.taken", 409, "The delivery {number} is announced already; look it up, or use another number.";
        /// All of it is here.
        Over { asn: String } => "asn.over", 409, "The delivery {asn} has been received; nothing more is expected of it.";
        /// A field that cannot be.
        Invalid { field: String, reason: String } => "asn.invalid", 422, "{field}: {reason}";
        /// Nothing to receive at.
        NoDock { site: SiteId } => "receipt.no_dock", 409, "This site has no dock; draw one before goods come.";
        /// Not waiting or not booked any more.
        LineNotNow { line: String, state: LineState } => "receipt.line_not_now", 409, "This line is {state}; load the receipt again.";
        /// No such line.
        NoLine { line: String } => "receipt.no_line", 404, "There is no such line on this receipt.";
        /// They left the dock and their bin.
        GoodsMoved { line: String } => "receipt.goods_moved", 409, "These goods left their bin meanwhile; count the bins instead.";
        /// It is over.
        Closed { receipt: ReceiptId } => "receipt.closed", 409, "This receipt is closed; correct it by reversing lines.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_more_is_taken_and_much_more_waits() {
        assert_eq!((tolerance(0), tolerance(10), tolerance(48), tolerance(200)), (1, 1, 2, 10));
        assert_eq!(split(24, 0, 25), (25, 0));
        assert_eq!(split(24, 0, 30), (24, 6));
        assert_eq!(split(24, 20, 10), (4, 6));
        assert_eq!(split(24, 25, 3), (0, 3));
        assert_eq!(split(200, 0, 210), (210, 0));
    }

    #[test]
    fn dates_are_read_in_the_forms_people_type() {
        for good in ["270122", "2027-01-22", "27.01.22", "20270122"] {
            assert_eq!(date(good).as_deref(), Some("270122"), "{good}");
        }
        for bad in ["", "27012", "271322", "270132", "soon", "19270122"] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn goods_expire_after_their_day() {
        let now = Time::from_ms(1_772_442_000_000); // 2026-03-02
        assert!(is_expired("260301", now) && is_expired("260200", now));
        assert!(!is_expired("260302", now) && !is_expired("260300", now) && !is_expired("", now));
    }
}
