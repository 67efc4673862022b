//! Taking up what an earlier run of master control began.
//!
//! Deliberately absent: any memory of that run. The vehicle's state and the missions handed over
//! by the server are enough.

use super::car::{Purpose, Track};
use super::core::Core;
use super::jobs::{action_id, parse_order_id};
use crate::api::{Deed, Report};
use crate::vda5050::ActionStatus;

impl Core {
    /// A mission was handed over: is there a vehicle that carries it out already?
    pub(super) fn adopt_for(&mut self, mission: &str) {
        let carries = |&car: &usize| {
            let vehicle = &self.cars[car];
            let state = vehicle.heard.as_ref().filter(|_| vehicle.placed);
            state.is_some_and(|s| parse_order_id(&s.order_id).0 == mission)
        };
        if let Some(car) = (0..self.cars.len()).find(carries) {
            self.adopt(car, mission);
        }
    }

    /// A vehicle was heard for the first time: does it carry out a mission we know?
    pub(super) fn adopt_by_state(&mut self, car: usize) {
        let state = self.cars[car].heard.as_ref();
        let Some(order_id) = state.map(|s| s.order_id.clone()) else {
            return;
        };
        let mission = parse_order_id(&order_id).0;
        if self.jobs.open.contains_key(mission) {
            self.adopt(car, mission);
        }
    }

    /// The vehicle goes on with the mission: by an update of its order when that order is still
    /// active, else by a new order for the steps that are left.
    fn adopt(&mut self, car: usize, mission: &str) {
        let vehicle = &mut self.cars[car];
        let Some(state) = vehicle.heard.clone() else {
            return;
        };
        let Some(job) = self.jobs.open.get_mut(mission) else {
            return;
        };
        let taken = job.car.is_some_and(|other| other != car);
        let other_errand = vehicle.mission().is_some_and(|other| other != mission);
        if taken || other_errand || vehicle.cancel.is_some() || vehicle.locked {
            return;
        }
        tracing::info!(serial = vehicle.serial, mission, "mission adopted");
        job.attempt = parse_order_id(&state.order_id).1;
        job.car = Some(car);
        vehicle.errand = Some(Purpose::Mission(mission.to_owned()));
        let serial = vehicle.serial.clone();
        if job.mission.vehicle.as_deref() != Some(serial.as_str()) {
            self.reports.push(Report::Assigned {
                mission: mission.to_owned(),
                serial: serial.clone(),
                candidates: vec![(serial.clone(), Some(0), None)],
            });
        }
        let done = steps_done(job, |step| state.action(&action_id(&state.order_id, step)));
        for step in job.done..done {
            self.reports.push(Report::StepDone { mission: mission.to_owned(), step, serial: serial.clone() });
        }
        job.done = done;
        job.planned = done;
        let next = action_id(&state.order_id, done);
        let failed = state.action(&next) == Some(ActionStatus::Failed);
        if vehicle.track.is_none()
            && !failed
            && let Some(here) = vehicle.stands
        {
            vehicle.track = Some(Track::heard(&state, here, self.now_ms));
        }
        match &mut vehicle.track {
            Some(track) => {
                track.purpose = Purpose::Mission(mission.to_owned());
                if state.action(&next).is_some() {
                    job.planned = done + 1;
                }
            }
            // The old order was cancelled; what is left needs a new one.
            None => job.attempt += 1,
        }
    }
}

/// How many steps are done, given the status of the action of each: steps without an action
/// count when a later one has an action in the order.
fn steps_done(job: &super::jobs::Job, status: impl Fn(usize) -> Option<ActionStatus>) -> usize {
    let mut done = job.done;
    for (step, deed) in job.mission.steps.iter().map(|s| &s.deed).enumerate() {
        if step < job.done {
            continue;
        }
        match (deed, status(step)) {
            (Deed::Pick { .. } | Deed::Drop { .. }, Some(ActionStatus::Finished)) => {
                done = step + 1;
            }
            (Deed::Pick { .. } | Deed::Drop { .. }, Some(_)) => return step,
            (Deed::Pick { .. } | Deed::Drop { .. }, None) => return done,
            (Deed::Wait | Deed::Pass, _) => {}
        }
    }
    done
}
