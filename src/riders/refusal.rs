//! The "no"s of riders and hand-overs, each with what to do next. Deliberately
//! absent: transport's own.

use super::model::*;
use crate::refusals;

refusals! {
    /// Why a rider cannot do that.
    Refusal {
        /// Not on shift.
        OffShift => "rider.off_shift", 409, "You are not on shift; begin your shift first.";
        /// No profile.
        Unknown => "rider.unknown", 404, "There is no such rider; begin a shift once and ask again.";
        /// Still carrying.
        StillCarrying => "rider.still_carrying", 409, "You still carry a load; finish it before you end your shift.";
        /// No site to start from.
        NoSite => "rider.no_site", 422, "Say from which site you start: your account is not bound to one.";
        /// No place.
        BadPlace => "rider.place", 422, "lat and lon must be degrees on the globe (WGS-84).";
        /// No such offer, or another's.
        NoOffer => "offer.unknown", 404, "There is no such offer for you; open your page again.";
        /// Too late.
        OfferGone { state: OfferState } => "offer.gone", 409, "This offer is {state}; the next one will come to you by itself.";
        /// Wrong code.
        WrongPin { tries_left: i64 } => "pin.wrong", 422, "That is not the code of this delivery; ask for it once more ({tries_left} tries left), or take a photo.";
        /// Neither code nor picture.
        NoProof => "proof.missing", 422, "Enter the shopper's code, or take a photo and say who took the parcel.";
        /// A picture is asked for.
        PhotoNeeded => "proof.photo_needed", 422, "This stop asks for a photo of the hand-over; take one.";
        /// Not a picture.
        BadPhoto => "proof.photo_invalid", 422, "The photo must be a JPEG or PNG of at most 400 kB, as base64; take it again.";
        /// Not the amount.
        WrongCash { due_minor: i64, given_minor: i64 } => "cash.wrong", 422, "Take exactly {due_minor} in cash (minor units), not {given_minor}, then hand over.";
        /// Nothing to hand over.
        NothingHere => "stop.nothing_left", 409, "Nothing is left to hand over at this stop; open your route again.";
        /// No parcel behind the code.
        PickupUnknown => "pickup.pin_wrong", 422, "No parcel waits here for that code; ask for it once more.";
        /// Two shoppers share a code.
        PickupAmbiguous => "pickup.ambiguous", 409, "That code fits more than one order here; scan the label on the parcel as well.";
        /// Guessing.
        PickupLocked => "pickup.locked", 429, "Too many wrong codes at this pick-up point; wait ten minutes.";
        /// No such proof.
        NoProofFound => "proof.unknown", 404, "There is no such photo.";
    }
}
