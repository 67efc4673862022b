//! The closed sets of words of transport, and which state may follow which.
//! Deliberately absent: the things that are in these states; see `model.rs`.

use crate::words;

words! {
    /// Where a parcel stands.
    ParcelState {
        /// Packed, labelled, at its site, on no route.
        Staged = "staged",
        /// On a route that has not been loaded yet.
        Planned = "planned",
        /// Scanned into its vehicle.
        Loaded = "loaded",
        /// Under way.
        Out = "out",
        /// An attempt failed; it is still in the vehicle.
        Failed = "failed",
        /// In a compartment of a pick-up point.
        Waiting = "waiting",
        /// Handed over.
        Delivered = "delivered",
        /// Called back: to be taken out or brought back, and sent again.
        Recalled = "recalled",
        /// On its way back for good.
        Returning = "returning",
        /// Back at its site for good.
        Returned = "returned",
        /// Withdrawn before it left.
        Cancelled = "cancelled",
    }
}

impl ParcelState {
    /// True if the step is one the life of a parcel has.
    pub const fn may_become(self, next: ParcelState) -> bool {
        use ParcelState as S;
        matches!(
            (self, next),
            (S::Staged, S::Planned | S::Cancelled | S::Returning)
                | (S::Planned, S::Loaded | S::Staged | S::Cancelled | S::Returning)
                | (S::Loaded, S::Out | S::Recalled | S::Returning)
                | (S::Out, S::Delivered | S::Failed | S::Waiting | S::Recalled | S::Returning)
                | (S::Failed, S::Staged | S::Out | S::Returning)
                | (S::Recalled, S::Staged | S::Returning)
                | (S::Waiting, S::Delivered | S::Returning)
                | (S::Returning, S::Returned | S::Cancelled)
        )
    }
}

words! {
    /// Where a load stands.
    LoadState {
        /// Has a route, has no driver.
        Planned = "planned",
        /// A rider is asked.
        Offered = "offered",
        /// Somebody will drive it.
        Assigned = "assigned",
        /// Its first parcel is scanned in.
        Loading = "loading",
        /// Under way.
        Out = "out",
        /// Every stop is done and nothing is left aboard.
        Finished = "finished",
        /// Nothing of it will be driven.
        Cancelled = "cancelled",
    }
}

impl LoadState {
    /// True if the step is one the life of a load has.
    pub const fn may_become(self, next: LoadState) -> bool {
        use LoadState as S;
        matches!(
            (self, next),
            (S::Planned, S::Offered | S::Assigned | S::Cancelled)
                | (S::Offered, S::Planned | S::Assigned | S::Cancelled)
                | (S::Assigned, S::Planned | S::Loading | S::Out | S::Cancelled)
                | (S::Loading, S::Out | S::Cancelled)
                | (S::Out, S::Finished)
        )
    }

    /// True until it leaves its site.
    pub const fn is_before_departure(self) -> bool {
        matches!(self, Self::Planned | Self::Offered | Self::Assigned | Self::Loading)
    }
}

words! {
    /// Where a stop stands.
    StopState {
        /// Still to come.
        Planned = "planned",
        /// The driver is there.
        Arrived = "arrived",
        /// Handed over.
        Done = "done",
        /// Nothing could be handed over.
        Failed = "failed",
        /// No longer wanted.
        Cancelled = "cancelled",
    }
}

impl StopState {
    /// True while the driver still has it before him.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Arrived)
    }
}

words! {
    /// Who carries a load.
    CarriedBy {
        /// An own van with its driver.
        Vehicle = "vehicle",
        /// A rider who accepted an offer.
        Rider = "rider",
    }
}

words! {
    /// What a stop is.
    StopKind {
        /// A shopper's door.
        Door = "door",
        /// A pick-up point.
        PickupPoint = "pickup_point",
    }
}

words! {
    /// How the shopper wants to get it.
    Mode {
        /// At the door.
        Home = "home",
        /// At a pick-up point.
        PickupPoint = "pickup_point",
    }
}

words! {
    /// The proof a hand-over asks for.
    Needs {
        /// The shopper's code.
        Pin = "pin",
        /// A picture.
        Photo = "photo",
    }
}

words! {
    /// The cold a parcel must be kept in.
    Temperature {
        /// None.
        Ambient = "ambient",
        /// 0 to 4 degrees Celsius.
        Chilled = "chilled",
        /// -18 degrees Celsius or less.
        Frozen = "frozen",
    }
}

words! {
    /// Why nothing could be handed over.
    FailReason {
        /// Nobody opened.
        NobodyHome = "nobody_home",
        /// The door is not where the address says.
        WrongAddress = "wrong_address",
        /// The recipient does not want it.
        Refused = "refused",
        /// Gate, guard or lift kept the driver out.
        NoAccess = "no_access",
        /// The parcel is broken.
        Damaged = "damaged",
        /// The recipient had no cash.
        NoCash = "no_cash",
        /// The pick-up point is closed or full.
        PointClosed = "point_closed",
    }
}

words! {
    /// What a failed attempt leads to.
    Onward {
        /// Back to the site, then a second attempt.
        Retry = "retry",
        /// Back to the site, to wait there for a better address.
        Hold = "hold",
        /// On to a pick-up point.
        Pickup = "pickup",
        /// Back to the site for good.
        Back = "back",
    }
}
