//! Parcels, vehicles, loads and stops: their states, which step leads to which,
//! and what a failure leads to. Deliberately absent: any IO, and riders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Refusal;
use crate::{kernel::*, words};

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
            (S::Staged, S::Planned | S::Cancelled)
                | (S::Planned, S::Loaded | S::Staged | S::Cancelled)
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

/// Time a second attempt needs at least: back to the site, loading, and out again.
pub const TURNAROUND_MS: i64 = 45 * 60_000;
/// How many attempts at a door before the parcel goes elsewhere.
pub const MAX_ATTEMPTS: i64 = 2;

/// The policy after failed attempt `number` (from 1). A second attempt is made
/// if it can be made by `retry_until`; after that, or after two, the parcel goes
/// to a pick-up point if there is `room`, else back. What no second attempt can
/// mend (refused, damaged) goes back at once.
pub fn after_failure(number: i64, reason: FailReason, now: Time, retry_until: Time, room: bool) -> Onward {
    match reason {
        FailReason::Refused | FailReason::Damaged => Onward::Back,
        FailReason::WrongAddress => Onward::Hold,
        _ if number < MAX_ATTEMPTS && now.plus_ms(TURNAROUND_MS) <= retry_until => Onward::Retry,
        // Cash cannot be taken at a pick-up point, and a closed one does not open by waiting.
        FailReason::NoCash | FailReason::PointClosed => Onward::Back,
        _ if room => Onward::Pickup,
        _ => Onward::Back,
    }
}

/// A parcel as packing hands it over.
#[derive(Debug, Clone)]
pub struct NewParcel {
    /// Given by packing.
    pub id: ParcelId,
    /// Whose order.
    pub order: OrderId,
    /// Which part of it.
    pub fulfilment: FulfilmentId,
    /// Where it stands.
    pub site: SiteId,
    /// The label on it.
    pub sscc: String,
    /// Gross, grams.
    pub weight_g: i64,
    /// Outer, millilitres.
    pub volume_ml: i64,
    /// Cold it must be kept in.
    pub temperature: Temperature,
    /// The address revision, for a door.
    pub address: Option<AddressId>,
    /// The door, or the pick-up point.
    pub coord: Coord,
    /// The window the shopper chose: from, to.
    pub window: Option<(Time, Time)>,
    /// Promised by.
    pub due: Time,
    /// `same_day`, `next_day`.
    pub service: String,
    /// Door or pick-up point.
    pub mode: Mode,
    /// The pick-up point.
    pub pickup: Option<SiteId>,
    /// Proof asked for at the door.
    pub needs: Needs,
    /// The shopper's code; kept as a salted hash.
    pub pin: Option<String>,
    /// Cash due with this parcel.
    pub cash_minor: i64,
}

/// A parcel as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Parcel {
    /// Its id.
    pub id: ParcelId,
    /// Whose order.
    pub order: OrderId,
    /// Which part of it.
    pub fulfilment: FulfilmentId,
    /// Where it starts and comes back to.
    pub site: SiteId,
    /// The label on it.
    pub sscc: String,
    /// Gross, grams.
    pub weight_g: i64,
    /// Outer, millilitres.
    pub volume_ml: i64,
    /// Cold it must be kept in.
    pub temperature: Temperature,
    /// The address revision.
    pub address: Option<AddressId>,
    /// Where it goes.
    pub coord: Coord,
    /// The window's begin.
    pub window_from: Option<Time>,
    /// The window's end.
    pub window_to: Option<Time>,
    /// Promised by.
    pub due: Time,
    /// `same_day`, `next_day`.
    pub service: String,
    /// Door or pick-up point.
    pub mode: Mode,
    /// The pick-up point it goes to or waits at.
    pub pickup: Option<SiteId>,
    /// True if room is kept for it there.
    pub compartment: bool,
    /// Proof asked for.
    pub needs: Needs,
    /// Salt and hash of the code.
    #[serde(skip)]
    pub pin: Option<(String, String)>,
    /// Cash due.
    pub cash_minor: i64,
    /// Where it stands.
    pub state: ParcelState,
    /// The load it is on.
    pub load: Option<LoadId>,
    /// The stop it is for.
    pub stop: Option<StopId>,
    /// True while its goods stand in the carrier's account.
    pub aboard: bool,
    /// Failed attempts so far.
    pub failures: i64,
    /// What the last failure led to.
    pub onward: Option<Onward>,
    /// Why it cannot be planned now.
    pub hindrance: Option<String>,
    /// True if no rider wanted it.
    pub van_only: bool,
    /// Kept at the pick-up point until then.
    pub waits_until: Option<Time>,
    /// Rises with each change.
    #[serde(skip)]
    pub version: i64,
    /// Since when it is staged.
    pub staged_at: Time,
}

impl Parcel {
    /// True if it needs a cold box or van.
    pub fn is_cold(&self) -> bool {
        self.temperature != Temperature::Ambient
    }

    /// True while it lies in its load's vehicle.
    pub fn is_in_vehicle(&self) -> bool {
        use ParcelState as S;
        match self.state {
            S::Loaded | S::Out | S::Failed | S::Recalled => true,
            S::Returning => !self.is_to_fetch(),
            _ => false,
        }
    }

    /// True while the route still has to bring it somewhere, or fetch it.
    pub fn is_on_route(&self) -> bool {
        matches!(self.state, ParcelState::Planned | ParcelState::Loaded | ParcelState::Out) || self.is_to_fetch()
    }

    /// True while it lies at a pick-up point and has to go back.
    pub fn is_to_fetch(&self) -> bool {
        self.state == ParcelState::Returning && self.waits_until.is_some()
    }

    /// Takes a step of its life.
    ///
    /// # Errors
    /// [`Refusal::ParcelState`] if its life has no such step.
    pub fn step(&mut self, next: ParcelState) -> Result<(), Refusal> {
        if !self.state.may_become(next) {
            return Err(Refusal::ParcelState { state: self.state });
        }
        self.state = next;
        Ok(())
    }

    /// Takes it off its route, back among the staged.
    pub fn restage(&mut self, now: Time) -> Result<(), Refusal> {
        self.step(ParcelState::Staged)?;
        (self.load, self.stop, self.aboard, self.onward) = (None, None, false, None);
        self.staged_at = now;
        Ok(())
    }
}

/// An own van.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Vehicle {
    /// Its id.
    pub id: VehicleId,
    /// Number plate or fleet number.
    pub code: String,
    /// Home site.
    pub site: SiteId,
    /// Payload, grams.
    pub max_weight_g: i64,
    /// Room, millilitres.
    pub max_volume_ml: i64,
    /// Halts in one route.
    pub max_stops: i64,
    /// True if it cools.
    pub cold: bool,
    /// Cost of sending it out at all.
    pub fixed_cost_minor: i64,
    /// Cost of a kilometre.
    pub cost_per_km_minor: i64,
    /// In use at all.
    pub active: bool,
    /// Who drives it this shift.
    pub driver: Option<UserId>,
    /// What it carries.
    pub load: Option<LoadId>,
    /// Back at its site by then.
    pub free_at: Time,
}

/// A van to be defined or changed, by its code.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVehicle {
    /// Number plate or fleet number; the key.
    pub code: String,
    /// Payload, grams.
    pub max_weight_g: i64,
    /// Room, millilitres.
    pub max_volume_ml: i64,
    /// Halts in one route.
    #[serde(default = "default_max_stops")]
    pub max_stops: i64,
    /// True if it cools.
    #[serde(default)]
    pub cold: bool,
    /// Cost of sending it out at all.
    #[serde(default)]
    pub fixed_cost_minor: i64,
    /// Cost of a kilometre.
    #[serde(default)]
    pub cost_per_km_minor: i64,
}

impl NewVehicle {
    /// Halts in one route, unless told.
    pub const MAX_STOPS: i64 = 40;
}

fn default_max_stops() -> i64 {
    NewVehicle::MAX_STOPS
}

/// A load as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Load {
    /// Its id.
    pub id: LoadId,
    /// Where it starts.
    pub site: SiteId,
    /// Van or rider.
    pub by: CarriedBy,
    /// Where it stands.
    pub state: LoadState,
    /// The van.
    pub vehicle: Option<VehicleId>,
    /// Who drives it.
    pub driver: Option<UserId>,
    /// Gross, grams.
    pub weight_g: i64,
    /// Outer, millilitres.
    pub volume_ml: i64,
    /// True if something in it must be kept cold.
    pub cold: bool,
    /// Length of the route.
    pub distance_m: i64,
    /// Driving and handing over.
    pub duration_ms: i64,
    /// When the search for a rider gives up.
    pub search_until: Option<Time>,
    /// When the route was made.
    pub planned_at: Time,
    /// Way back from the last stop to the site.
    pub back_ms: i64,
    /// When it left.
    pub departed_at: Option<Time>,
    /// When it was done.
    pub finished_at: Option<Time>,
    /// Rises with each change of its route.
    #[serde(skip)]
    pub version: i64,
    /// Why it was made so.
    pub decision: Option<DecisionId>,
}

/// A halt of a route.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RouteStop {
    /// Its id.
    pub id: StopId,
    /// Its load.
    pub load: LoadId,
    /// Place in the route, from 1.
    pub seq: i64,
    /// Door or pick-up point.
    pub kind: StopKind,
    /// Where.
    pub coord: Coord,
    /// The address revision.
    pub address: Option<AddressId>,
    /// The pick-up point.
    pub site: Option<SiteId>,
    /// The window's begin.
    pub window_from: Option<Time>,
    /// The window's end.
    pub window_to: Option<Time>,
    /// Expected arrival.
    pub eta: Time,
    /// Time for handing over.
    pub service_ms: i64,
    /// Where it stands.
    pub state: StopState,
    /// When the driver was there.
    pub arrived_at: Option<Time>,
    /// When it was done.
    pub done_at: Option<Time>,
    /// PINs tried.
    #[serde(skip)]
    pub pin_tries: i64,
    /// Length of the way from the halt before.
    pub leg_m: i64,
    /// Time of that way.
    pub leg_ms: i64,
    /// That way, `[lat, lon]` pairs.
    pub polyline: Vec<[f64; 2]>,
}

impl Load {
    /// Takes a step of its life.
    ///
    /// # Errors
    /// [`Refusal::LoadState`] if its life has no such step.
    pub fn step(&mut self, next: LoadState) -> Result<(), Refusal> {
        if !self.state.may_become(next) {
            return Err(Refusal::LoadState { state: self.state });
        }
        self.state = next;
        Ok(())
    }

    /// Weighs it anew from what is on it.
    pub fn weigh(&mut self, parcels: &[Parcel]) {
        let on: Vec<&Parcel> = parcels.iter().filter(|parcel| parcel.is_on_route() && !parcel.is_to_fetch()).collect();
        self.weight_g = on.iter().map(|parcel| parcel.weight_g).sum();
        self.volume_ml = on.iter().map(|parcel| parcel.volume_ml).sum();
        self.cold = on.iter().any(|parcel| parcel.is_cold());
    }
}

/// Gives the open stops, in their order, the times that follow from a start at
/// `now`: drive, wait for the window, hand over. A stop where the driver stands
/// keeps its arrival.
pub fn chain_etas(stops: &mut [RouteStop], now: Time) {
    let mut clock = now;
    for stop in stops.iter_mut().filter(|stop| stop.state.is_open()) {
        if stop.state == StopState::Planned {
            stop.eta = clock.plus_ms(stop.leg_ms);
        }
        let begin = stop.eta.max(stop.window_from.unwrap_or(stop.eta)).max(clock);
        clock = begin.plus_ms(stop.service_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time::from_ms(12 * 3_600_000);
    const EVENING: Time = Time::from_ms(21 * 3_600_000);

    #[test]
    fn one_absence_is_tried_again_and_two_end_at_a_pickup_point() {
        use FailReason as R;
        assert_eq!(after_failure(1, R::NobodyHome, NOON, EVENING, true), Onward::Retry);
        assert_eq!(after_failure(2, R::NobodyHome, NOON, EVENING, true), Onward::Pickup);
        assert_eq!(after_failure(2, R::NobodyHome, NOON, EVENING, false), Onward::Back);
        let late = EVENING.plus_ms(-TURNAROUND_MS + 1);
        assert_eq!(after_failure(1, R::NoAccess, late, EVENING, true), Onward::Pickup);
        assert_eq!(after_failure(1, R::Refused, NOON, EVENING, true), Onward::Back);
        assert_eq!(after_failure(1, R::WrongAddress, NOON, EVENING, true), Onward::Hold);
        assert_eq!(after_failure(2, R::NoCash, NOON, EVENING, true), Onward::Back);
    }

    #[test]
    fn what_has_ended_does_not_begin_again() {
        for next in ParcelState::ALL {
            for end in [ParcelState::Delivered, ParcelState::Returned, ParcelState::Cancelled] {
                assert!(!end.may_become(*next), "{end} -> {next}");
            }
        }
        for next in LoadState::ALL {
            assert!(!LoadState::Finished.may_become(*next) && !LoadState::Cancelled.may_become(*next));
        }
        assert!(!ParcelState::Staged.may_become(ParcelState::Out));
        assert!(!ParcelState::Waiting.may_become(ParcelState::Out));
    }
}
