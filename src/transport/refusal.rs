//! The "no"s of transport, each with what to do next. Deliberately absent: the
//! riders' own.

use super::model::*;
use crate::refusals;

refusals! {
    /// Why transport will not.
    Refusal {
        /// No such parcel.
        NoParcel => "parcel.unknown", 404, "No parcel has this label; scan the SSCC on the carton once more.";
        /// No such load.
        NoLoad => "load.unknown", 404, "There is no such load; open your list again.";
        /// No such stop.
        NoStop => "stop.unknown", 404, "There is no such stop; open your route again.";
        /// No such van.
        NoVehicle { vehicle: String } => "vehicle.unknown", 404, "There is no vehicle {vehicle}; choose one from the list.";
        /// Somebody else's load.
        NotYours => "load.not_yours", 403, "This load belongs to somebody else; open your own list.";
        /// The label is on another parcel id.
        LabelTaken { sscc: String } => "parcel.label_taken", 409, "The label {sscc} is on another parcel; print a new one.";
        /// A field makes no sense.
        Senseless { field: String, reason: String } => "parcel.invalid", 422, "{field}: {reason}.";
        /// The parcel cannot do this now.
        ParcelState { state: ParcelState } => "parcel.wrong_state", 409, "The parcel is {state}, so this cannot be done with it.";
        /// The load cannot do this now.
        LoadState { state: LoadState } => "load.wrong_state", 409, "The load is {state}, so this cannot be done with it; open your list again.";
        /// The stop is done.
        StopState { state: StopState } => "stop.wrong_state", 409, "This stop is {state}; open your route again.";
        /// Not yet under way.
        NotOut => "load.not_out", 409, "The load has not left its site; scan its parcels and depart first.";
        /// A parcel of another load.
        NotOnLoad { sscc: String } => "parcel.not_on_load", 409, "Parcel {sscc} does not belong to this load; put it back and scan one from the list.";
        /// Parcels not yet scanned.
        Incomplete { missing: Vec<String> } => "load.incomplete", 409, "Not every parcel is scanned in: {missing:?} are missing. Scan them, or leave them behind.";
        /// Parcels that must not leave.
        TakeOut { sscc: Vec<String> } => "load.take_out", 409, "Parcels {sscc:?} were called back; take them out and scan them as returned.";
        /// Nothing to drive.
        Empty => "load.empty", 409, "No parcel of this load is scanned in; it cannot leave empty.";
        /// Already busy.
        Busy => "driver.busy", 409, "This driver has a load already; finish it first.";
        /// The van has a load.
        VehicleBusy { vehicle: String } => "vehicle.busy", 409, "Vehicle {vehicle} carries another load; choose another one.";
        /// Somebody sits in it.
        VehicleTaken { vehicle: String } => "vehicle.taken", 409, "Somebody else drives {vehicle} this shift; choose another one.";
        /// The driver stands at the door.
        AtTheDoor => "change.too_late", 409, "The driver is at the door right now; ask again after this attempt.";
        /// Too many wrong codes.
        PinLocked => "pin.locked", 429, "Too many wrong codes at this stop; take a photo of the hand-over instead.";
    }
}
