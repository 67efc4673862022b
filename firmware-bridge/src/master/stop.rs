//! Stopping: cancelled missions, lockout, pause, refused orders, closed edges.
//!
//! Deliberately absent: giving a cancelled vehicle anything new before its cancelOrder is
//! settled.

use solver::agv::Node;

use super::car::{After, Purpose, Touch};
use super::core::Core;
use crate::api::Report;
use crate::vda5050::VehicleError;

/// A mission whose orders were refused or cut short so often fails.
const ATTEMPTS_MAX: u32 = 12;
/// Pause after a refusal, in wall milliseconds.
const REFUSAL_REST_MS: i64 = 1_500;

impl Core {
    /// Cancels the vehicle's order; `after` happens once it has ended.
    pub(super) fn begin_cancel(&mut self, car: usize, after: After) {
        let vehicle = &mut self.cars[car];
        if let Some(present) = &mut vehicle.cancel {
            if matches!(after, After::Fail(_)) {
                *present = after;
            }
            return;
        }
        let nothing_sent = vehicle.track.as_ref().is_none_or(|t| t.reflected);
        vehicle.cancel = Some(after);
        if nothing_sent && vehicle.idle() {
            self.cancelled(car);
        } else {
            self.instant(car, "cancelOrder");
        }
    }

    /// The order has ended: the vehicle stands at its last node, or between it and the next.
    pub(super) fn cancelled(&mut self, car: usize) {
        let between = self.between_nodes(car);
        let vehicle = &mut self.cars[car];
        let after = vehicle.cancel.take().unwrap_or(After::Nothing);
        vehicle.pending.retain(|p| p.action.action_type != "cancelOrder");
        if let Some(track) = vehicle.track.take() {
            let ahead = track.base.get(1).map(|spot| spot.node);
            vehicle.stands = Some(track.here().node);
            vehicle.tail = track.tail.or(ahead).filter(|_| between);
        }
        vehicle.status_due = true;
        self.assign_due = true;
        let held: Vec<Node> = vehicle.tail.into_iter().chain(vehicle.stands).collect();
        let mission = vehicle.mission().map(str::to_owned);
        if mission.is_none() {
            vehicle.errand = None;
            vehicle.charge = None;
        }
        self.hold(car, &held);
        match (after, mission) {
            (After::Fail(reason), Some(mission)) => self.fail(&mission, &reason),
            (After::Again, Some(mission)) => self.again(&mission),
            _ => {}
        }
    }

    /// Ends a mission without success.
    pub(super) fn fail(&mut self, mission: &str, reason: &str) {
        let Some(job) = self.jobs.open.get(mission) else {
            return;
        };
        let car = job.car;
        let report = Report::Failed {
            mission: mission.to_owned(),
            serial: car.map(|car| self.cars[car].serial.clone()),
            reason: reason.to_owned(),
            load_on_vehicle: car.is_some_and(|car| self.cars[car].load().is_some()),
            at_node: car.and_then(|car| self.cars[car].here()).map(|node| self.plan.id(node).to_owned()),
        };
        tracing::info!(mission, reason, "mission failed");
        self.reports.push(report.clone());
        self.jobs.end(mission, report);
        self.assign_due = true;
        if let Some(car) = car.filter(|&car| self.cars[car].mission() == Some(mission)) {
            self.cars[car].errand = None;
            self.cars[car].status_due = true;
        }
    }

    /// The mission's order was cut short: the rest goes into a new one.
    pub(super) fn again(&mut self, mission: &str) {
        let Some(job) = self.jobs.open.get_mut(mission) else {
            return;
        };
        job.replan();
        if job.attempt >= ATTEMPTS_MAX {
            self.fail(mission, "the vehicle keeps refusing or losing its order");
        }
    }

    /// The order under way is nobody's any more; it is cancelled when the vehicle is heard.
    pub(super) fn disown(&mut self, car: usize) {
        if let Some(track) = &mut self.cars[car].track {
            track.purpose = Purpose::Foreign;
        }
    }

    pub(super) fn cancel_mission(&mut self, mission: &str) {
        let Some(job) = self.jobs.open.get(mission) else {
            return;
        };
        match job.car {
            Some(car) => self.drop_mission(car, mission, "cancelled"),
            None => self.fail(mission, "cancelled"),
        }
    }

    /// Ends a mission on its vehicle: at once when the vehicle cannot be reached or has not
    /// begun, else when it has stopped.
    fn drop_mission(&mut self, car: usize, mission: &str, reason: &str) {
        let vehicle = &self.cars[car];
        if vehicle.touch != Touch::Online {
            self.disown(car);
            self.fail(mission, reason);
        } else if vehicle.on_errand() {
            self.begin_cancel(car, After::Fail(reason.to_owned()));
        } else {
            self.fail(mission, reason);
        }
    }

    pub(super) fn lock_out(&mut self, serial: &str, reason: &str) {
        let Some(car) = self.car(serial) else {
            tracing::warn!(serial, "lockout of an unknown vehicle");
            return;
        };
        let vehicle = &mut self.cars[car];
        if vehicle.locked {
            return;
        }
        vehicle.locked = true;
        vehicle.locked_told = false;
        vehicle.status_due = true;
        self.say_pause(car, true);
        let reason = format!("locked out: {reason}");
        if let Some(mission) = self.cars[car].mission().map(str::to_owned) {
            self.drop_mission(car, &mission, &reason);
        }
        let vehicle = &self.cars[car];
        if vehicle.touch == Touch::Online && !vehicle.free_for_new_order() {
            self.begin_cancel(car, After::Nothing);
        }
    }

    /// A lockout is reported when the vehicle stands, or cannot be reached.
    pub(super) fn tell_locked_out(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        let standing = vehicle.heard.as_ref().is_none_or(|s| !s.driving);
        let stopped = vehicle.touch != Touch::Online || (standing && vehicle.cancel.is_none());
        if vehicle.locked && !vehicle.locked_told && stopped {
            vehicle.locked_told = true;
            let serial = vehicle.serial.clone();
            self.reports.push(Report::LockedOut { serial });
        }
    }

    pub(super) fn release(&mut self, serial: &str) {
        let Some(car) = self.car(serial).filter(|&car| self.cars[car].locked) else {
            return;
        };
        self.cars[car].locked = false;
        self.cars[car].status_due = true;
        self.assign_due = true;
        if !self.cars[car].paused {
            self.say_pause(car, false);
        }
        self.reports.push(Report::Released { serial: serial.to_owned() });
    }

    pub(super) fn set_paused(&mut self, serial: &str, paused: bool) {
        let Some(car) = self.car(serial) else {
            return;
        };
        self.cars[car].paused = paused;
        self.cars[car].status_due = true;
        if !self.cars[car].locked {
            self.say_pause(car, paused);
        }
    }

    fn say_pause(&mut self, car: usize, paused: bool) {
        let (say, drop) = match paused {
            true => ("startPause", "stopPause"),
            false => ("stopPause", "startPause"),
        };
        self.cars[car].pending.retain(|p| p.action.action_type != drop);
        self.instant(car, say);
    }

    /// The vehicle refuses the order last sent.
    pub(super) fn refused(&mut self, car: usize, error: &VehicleError) {
        let vehicle = &mut self.cars[car];
        if vehicle.cancel.is_some() {
            return;
        }
        let words = error.error_description.as_deref().unwrap_or_default();
        let serial = vehicle.serial.as_str();
        tracing::warn!(serial, kind = error.error_type, words, "order refused");
        let passing = ["orderError", "orderUpdateError"];
        let after = if vehicle.mission().is_none() {
            After::Nothing
        } else if passing.contains(&error.error_type.as_str()) {
            After::Again
        } else {
            After::Fail(format!("order refused: {}: {words}", error.error_type))
        };
        vehicle.rest_until_ms = self.now_ms + REFUSAL_REST_MS;
        if vehicle.idle() {
            vehicle.cancel = Some(after);
            self.cancelled(car);
        } else {
            self.begin_cancel(car, after);
        }
    }

    /// An edge was closed: who has it ahead gives its order back and is routed anew.
    pub(super) fn turn_back_from(&mut self, from: Node, to: Node) {
        for car in 0..self.cars.len() {
            let vehicle = &self.cars[car];
            let driving = vehicle.heard.as_ref().is_some_and(|s| s.driving);
            let Some(track) = &vehicle.track else {
                continue;
            };
            let pairs = track.base.iter().zip(track.base.iter().skip(1));
            let ahead = pairs.skip(usize::from(driving));
            let concerned = ahead.into_iter().any(|(a, b)| (a.node, b.node) == (from, to));
            if concerned {
                let after = match vehicle.on_errand() && vehicle.mission().is_some() {
                    true => After::Again,
                    false => After::Nothing,
                };
                self.begin_cancel(car, after);
            }
        }
    }
}
