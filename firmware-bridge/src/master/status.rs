//! What people are shown of a vehicle.
//!
//! Deliberately absent: anything decisions rest on.

use super::car::Touch;
use super::core::Core;
use crate::api::{Doing, VehicleStatus};
use crate::vda5050::{ActionStatus, ErrorLevel, OperatingMode};

impl Core {
    pub(super) fn status(&self, car: usize) -> VehicleStatus {
        let vehicle = &self.cars[car];
        let position = vehicle.heard.as_ref().and_then(|s| s.agv_position.as_ref());
        let milli = |value: f64| (value * 1_000.0).round() as i64;
        let place = vehicle.here().map_or((0, 0), |node| self.plan.place(node));
        let ahead = vehicle.track.iter().flat_map(|t| t.base.iter().skip(1));
        VehicleStatus {
            serial: vehicle.serial.clone(),
            x_mm: position.map_or(place.0, |p| milli(p.x)),
            y_mm: position.map_or(place.1, |p| milli(p.y)),
            theta_mrad: position.map_or(0, |p| milli(p.theta)),
            last_node: vehicle.here().map(|node| self.plan.id(node).to_owned()).unwrap_or_default(),
            battery_permille: vehicle.battery_permille(),
            doing: self.doing(car),
            mission: vehicle.mission().map(str::to_owned),
            load: vehicle.load().map(str::to_owned),
            path: ahead.map(|s| self.plan.id(s.node).to_owned()).collect(),
        }
    }

    fn doing(&self, car: usize) -> Doing {
        let vehicle = &self.cars[car];
        let Some(state) = vehicle.heard.as_ref().filter(|_| vehicle.touch == Touch::Online) else {
            return match vehicle.locked {
                true => Doing::LockedOut,
                false => Doing::Offline,
            };
        };
        let at_work = state.action_states.iter().any(|action| {
            let load = matches!(action.action_type.as_deref(), Some("pick" | "drop"));
            let running = [ActionStatus::Running, ActionStatus::Initializing];
            load && running.contains(&action.action_status)
        });
        if vehicle.locked {
            Doing::LockedOut
        } else if !self.fit(car) {
            Doing::Error
        } else if state.battery_state.charging {
            Doing::Charging
        } else if at_work {
            Doing::Working
        } else if state.driving {
            Doing::Driving
        } else if vehicle.paused || vehicle.reports_paused() || vehicle.mission().is_some() {
            Doing::Waiting
        } else {
            Doing::Idle
        }
    }

    /// On the floor, in automatic mode and without a fatal error.
    pub(super) fn fit(&self, car: usize) -> bool {
        let vehicle = &self.cars[car];
        let Some(state) = &vehicle.heard else {
            return false;
        };
        let automatic = matches!(state.operating_mode, OperatingMode::Automatic | OperatingMode::SemiAutomatic);
        let fatal = state.errors.iter().any(|e| e.error_level == ErrorLevel::Fatal);
        vehicle.placed && automatic && !fatal
    }
}
