//! Where vehicles are right now: telemetry, kept in memory only. Deliberately
//! absent: history; facts are in the log.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
};

use firmware_bridge::VehicleStatus;
use serde::Serialize;

use crate::kernel::SiteId;

/// A vehicle as the floor page draws it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Moving {
    /// Serial.
    pub vehicle: String,
    /// Millimetres east.
    pub x_mm: i64,
    /// Millimetres north.
    pub y_mm: i64,
    /// Heading in thousandths of a radian.
    pub theta_mrad: i64,
    /// Last node it traversed.
    pub node: String,
    /// Charge, 0 to 1000.
    pub battery_permille: i64,
    /// What it is doing.
    pub doing: String,
    /// Its mission.
    pub mission: Option<String>,
    /// The shelf it carries.
    pub load: Option<String>,
    /// Nodes it may drive on.
    pub path: Vec<String>,
}

impl From<&VehicleStatus> for Moving {
    fn from(status: &VehicleStatus) -> Self {
        Self {
            vehicle: status.serial.clone(),
            x_mm: status.x_mm,
            y_mm: status.y_mm,
            theta_mrad: status.theta_mrad,
            node: status.last_node.clone(),
            battery_permille: status.battery_permille,
            doing: format!("{:?}", status.doing).to_lowercase(),
            mission: status.mission.clone(),
            load: status.load.clone(),
            path: status.path.clone(),
        }
    }
}

/// The vehicles of all sites. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live(Arc<RwLock<BTreeMap<(SiteId, String), Moving>>>);

impl Live {
    /// Takes note of a vehicle.
    pub fn set(&self, site: SiteId, status: &VehicleStatus) {
        let mut all = self.0.write().expect("no panic holds the map");
        all.insert((site, status.serial.clone()), Moving::from(status));
    }

    /// The vehicles of a site, by serial.
    pub fn at(&self, site: SiteId) -> Vec<Moving> {
        let all = self.0.read().expect("no panic holds the map");
        all.iter().filter(|((there, _), _)| *there == site).map(|(_, moving)| moving.clone()).collect()
    }
}
