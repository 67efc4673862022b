//! The words of AGV work. Pure.

use firmware_bridge::{Deed, Mission as BridgeMission, Step};
use serde::Serialize;

use crate::{kernel::*, refusals, words};

words! {
    /// Where a mission stands.
    MissionState {
        /// Wanted; no vehicle yet.
        Requested = "requested",
        /// A vehicle is on its way to the shelf.
        Assigned = "assigned",
        /// The shelf is on the vehicle.
        Carrying = "carrying",
        /// The shelf stands at the station.
        Waiting = "waiting",
        /// It goes home.
        Returning = "returning",
        /// It is home.
        Done = "done",
        /// The vehicle gave up.
        Failed = "failed",
        /// No longer wanted.
        Cancelled = "cancelled",
    }
}

impl MissionState {
    /// True if nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A shelf to a station and home again.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Mission {
    /// Id; also the VDA 5050 order id.
    pub id: MissionId,
    /// Where.
    pub site: SiteId,
    /// Which shelf.
    pub shelf: UnitId,
    /// Its label.
    pub shelf_code: String,
    /// The node it belongs on.
    pub home: String,
    /// Which station.
    pub station: String,
    /// The station's node.
    pub station_node: String,
    /// Where it stands.
    pub state: MissionState,
    /// Who does it.
    pub vehicle: Option<String>,
    /// Steps done of [`Mission::steps`].
    pub done_steps: i64,
    /// Higher goes first.
    pub priority: i64,
    /// Tries so far.
    pub attempt: i64,
    /// Why it failed.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: Time,
    /// Last change.
    pub touched_at: Time,
}

/// Index of the step that waits at the station.
pub const WAIT_STEP: usize = 1;

impl Mission {
    /// Lift the shelf at home, wait at the station, set it down at home.
    pub fn steps(&self) -> Vec<Step> {
        let load = self.shelf_code.clone();
        vec![
            Step { node: self.home.clone(), deed: Deed::Pick { load: load.clone() } },
            Step { node: self.station_node.clone(), deed: Deed::Wait },
            Step { node: self.home.clone(), deed: Deed::Drop { load } },
        ]
    }

    /// As the bridge takes it; sent again after a restart with what is done.
    pub fn for_bridge(&self) -> BridgeMission {
        BridgeMission {
            id: self.id.to_string(),
            steps: self.steps(),
            done_steps: usize::try_from(self.done_steps).unwrap_or(0),
            vehicle: self.vehicle.clone(),
            priority: self.priority,
        }
    }
}

/// A vehicle that a person took out of service.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Lockout {
    /// Which.
    pub vehicle: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by_whom: String,
    /// Since when.
    pub at: Time,
}

refusals! {
    /// Why a shelf cannot come.
    Refusal {
        /// The unit is no mobile shelf with a place of its own.
        NoHome { code: String } => "fleet.no_home", 409, "{code} is not a mobile shelf with a place of its own.";
        /// Another mission has it.
        Busy { code: String } => "fleet.busy", 409, "{code} is on its way already; it comes when it is back.";
        /// No such mission.
        Unknown { mission: MissionId } => "fleet.unknown", 404, "There is no such mission.";
        /// The mission is not where it would need to be.
        NotNow { mission: MissionId, state: MissionState } => "fleet.not_now", 409, "The mission is {state}; that cannot be done now.";
    }
}
