//! Riders and drivers, offers, pay, proofs and attempts. Deliberately absent: any
//! IO, and the parcels' own states; those are transport's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{kernel::*, transport::FailReason, words};

words! {
    /// On what somebody rides.
    RiderKind {
        /// Own wheels, takes offers.
        Rider = "rider",
        /// Sits in one of our vans, is given loads.
        Driver = "driver",
    }
}

words! {
    /// Where an offer stands.
    OfferState {
        /// May be accepted until its deadline.
        Offered = "offered",
        /// Its rider drives the load.
        Accepted = "accepted",
        /// He said no.
        Declined = "declined",
        /// He said nothing in time.
        Expired = "expired",
        /// The house took it back.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Who took the parcel in. A word, never a name: names live with the parties.
    ReceivedBy {
        /// The shopper, or one of the household.
        Recipient = "recipient",
        /// Next door.
        Neighbour = "neighbour",
        /// Porter, desk, guard.
        Reception = "reception",
        /// Nobody; it stands at the door, as the shopper asked.
        Door = "door",
        /// The clerk or locker of a pick-up point.
        Point = "point",
    }
}

words! {
    /// How a hand-over was proved.
    ProofKind {
        /// The shopper's code matched.
        Pin = "pin",
        /// A picture.
        Photo = "photo",
    }
}

words! {
    /// How an attempt ended.
    Outcome {
        /// Handed over.
        Delivered = "delivered",
        /// Not handed over.
        Failed = "failed",
    }
}

/// What a rider is paid for a load at all, in minor units.
pub const PAY_BASE_MINOR: i64 = 500;
/// What a kilometre of its route adds, in minor units.
pub const PAY_PER_KM_MINOR: i64 = 120;
/// How long a rider has to answer.
pub const OFFER_MS: i64 = 120_000;
/// Wait before a load that found nobody is tried again.
pub const SEARCH_AGAIN_MS: i64 = 60_000;
/// A rider who let an offer lapse is not asked about the same load for this long.
pub const SILENCE_MS: i64 = 5 * 60_000;
/// A rider further away than this is not asked.
pub const MAX_APPROACH_M: i64 = 12_000;
/// What a rider carries unless told: 15 kg.
pub const RIDER_WEIGHT_G: i64 = 15_000;
/// What a rider's box holds unless told: 80 litres.
pub const RIDER_VOLUME_ML: i64 = 80_000;

/// Base and kilometres, rounded up in the rider's favour.
pub fn pay_minor(distance_m: i64) -> i64 {
    PAY_BASE_MINOR + (distance_m.max(0) * PAY_PER_KM_MINOR + 999) / 1000
}

/// Somebody who rides or drives.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Rider {
    /// The person.
    pub id: UserId,
    /// Own wheels, or one of our vans.
    pub kind: RiderKind,
    /// The site he starts from.
    pub site: SiteId,
    /// Payload, grams.
    pub max_weight_g: i64,
    /// Room, millilitres.
    pub max_volume_ml: i64,
    /// True if he has a cold box.
    pub cold: bool,
    /// True during the shift.
    pub on_shift: bool,
    /// Since when.
    pub since: Time,
    /// Where he was last seen.
    pub coord: Coord,
    /// When.
    pub seen_at: Time,
}

/// A proposal to a rider.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The load.
    pub load: LoadId,
    /// To whom.
    pub rider: UserId,
    /// Where it stands.
    pub state: OfferState,
    /// What he gets for it.
    pub pay_minor: i64,
    /// Length of the route from the site on.
    pub distance_m: i64,
    /// His way to the site.
    pub approach_m: i64,
    /// Doors.
    pub stops: i64,
    /// When it was made.
    pub made_at: Time,
    /// Until when it stands.
    pub expires_at: Time,
    /// When it was answered.
    pub answered_at: Option<Time>,
}

/// One try to hand a parcel over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// What.
    pub parcel: ParcelId,
    /// From 1.
    pub number: i64,
    /// On which load.
    pub load: LoadId,
    /// At which stop.
    pub stop: StopId,
    /// By whom.
    pub rider: String,
    /// When.
    pub at: Time,
    /// Where the rider was.
    pub coord: Coord,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub reason: Option<FailReason>,
    /// The proof of a hand-over.
    pub proof: Option<ProofId>,
    /// Cash taken for this parcel.
    pub cash_minor: i64,
}

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Position {
    /// Who.
    pub rider: UserId,
    /// Where.
    pub coord: Coord,
    /// When (domain time).
    pub at: Time,
}

/// What a hand-over shows for itself, as sent.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The shopper's code.
    #[serde(default)]
    pub pin: Option<String>,
    /// A picture, base64 of JPEG or PNG, 400 kB at most.
    #[serde(default)]
    pub photo: Option<String>,
    /// Cash taken.
    #[serde(default)]
    pub cash_minor: Option<i64>,
    /// Who took it in; the recipient unless told.
    #[serde(default)]
    pub received_by: Option<ReceivedBy>,
}

/// The largest picture, decoded.
pub const MAX_PHOTO_BYTES: usize = 400_000;

/// Checks a picture and says what it is: its media type by its first bytes, or
/// `None` if it is no base64, too large, or neither JPEG nor PNG.
pub fn media_type(photo: &str) -> Option<&'static str> {
    use base64::Engine as _;
    let photo = photo.trim();
    if photo.len() > MAX_PHOTO_BYTES / 3 * 4 + 4 {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(photo).ok()?;
    match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pay_is_base_and_started_metres() {
        assert_eq!(pay_minor(0), PAY_BASE_MINOR);
        assert_eq!(pay_minor(3_000), PAY_BASE_MINOR + 360);
        assert_eq!(pay_minor(1), PAY_BASE_MINOR + 1);
        assert_eq!(pay_minor(-5), PAY_BASE_MINOR);
    }

    #[test]
    fn only_small_pictures_are_pictures() {
        use base64::Engine as _;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        assert_eq!(media_type(&encode(&[0xff, 0xd8, 0xff, 0xe0, 1])), Some("image/jpeg"));
        assert_eq!(media_type(&encode(b"\x89PNG\r\n\x1a\n...")), Some("image/png"));
        assert_eq!(media_type(&encode(b"GIF89a")), None);
        assert_eq!(media_type("not base64!"), None);
        let mut large = vec![0xff, 0xd8, 0xff];
        large.resize(MAX_PHOTO_BYTES + 10, 0);
        assert_eq!(media_type(&encode(&large)), None);
    }
}
