//! Which vehicle takes which mission: the nearest that is able, by way length.
//!
//! Deliberately absent: looking ahead at missions to come. Every candidate is reported with its
//! cost or the reason why not.

use super::car::{Charge, Purpose, Touch};
use super::core::Core;
use super::jobs::parse_order_id;
use crate::api::{Candidate, Report};
use crate::vda5050::State;

/// Below this a vehicle takes no mission.
const WORK_PERMILLE: i64 = 200;
/// A charging vehicle is interrupted from here on.
const INTERRUPT_PERMILLE: i64 = 600;

impl Core {
    /// Gives open missions to able vehicles, the most urgent first.
    pub(super) fn assign(&mut self) {
        let able: Vec<bool> = (0..self.cars.len()).map(|car| self.unable(car).is_none()).collect();
        let news = std::mem::take(&mut self.assign_due) || able != self.able_before;
        self.able_before.clone_from(&able);
        if !news || !self.heard_out() || !able.contains(&true) {
            self.assign_due |= news && !self.heard_out();
            return;
        }
        let waiting = self.jobs.open.values().filter(|job| job.car.is_none());
        let mut turn: Vec<_> =
            waiting.map(|job| (-job.mission.priority, job.arrival, job.mission.id.clone())).collect();
        turn.sort();
        for (_, _, mission) in turn {
            if (0..self.cars.len()).all(|car| self.unable(car).is_some()) {
                return;
            }
            self.assign_one(&mission);
        }
    }

    fn assign_one(&mut self, mission: &str) {
        let considered: Vec<_> = (0..self.cars.len()).map(|car| (car, self.cost(car, mission))).collect();
        let best = considered.iter().filter_map(|(car, cost)| Some((*cost.as_ref().ok()?, *car))).min();
        let Some((_, car)) = best else {
            return;
        };
        let candidate = |(car, cost): (usize, Result<i64, String>)| -> Candidate {
            let serial = self.cars[car].serial.clone();
            match cost {
                Ok(cost) => (serial, Some(cost), None),
                Err(why) => (serial, None, Some(why)),
            }
        };
        let candidates = considered.into_iter().map(candidate).collect();
        let Some(job) = self.jobs.open.get_mut(mission) else {
            return;
        };
        job.car = Some(car);
        job.planned = job.done;
        let vehicle = &mut self.cars[car];
        vehicle.errand = Some(Purpose::Mission(mission.to_owned()));
        vehicle.charge = None;
        vehicle.status_due = true;
        self.reports.push(Report::Assigned { mission: mission.to_owned(), serial: vehicle.serial.clone(), candidates });
    }

    /// Millimetres to drive to the first step, or why the vehicle cannot take the mission.
    fn cost(&self, car: usize, mission: &str) -> Result<i64, String> {
        let job = &self.jobs.open[mission];
        let vehicle = &self.cars[car];
        if let Some(bound) = job.mission.vehicle.as_ref().filter(|s| **s != vehicle.serial) {
            return Err(format!("mission is bound to {bound}"));
        }
        if let Some(why) = self.unable(car) {
            return Err(why.to_owned());
        }
        if job.mission.vehicle.is_none()
            && let Some(load) = vehicle.load()
        {
            return Err(format!("carries {load}"));
        }
        let Some(step) = job.mission.steps.get(job.done) else {
            return Ok(0);
        };
        let goal = self.plan.node(&step.node);
        let distance = goal.and_then(|goal| self.traffic.distance_mm(car, goal));
        distance.ok_or_else(|| "no open way".to_owned())
    }

    /// Why the vehicle can take no mission now.
    fn unable(&self, car: usize) -> Option<&'static str> {
        let vehicle = &self.cars[car];
        let order_id = vehicle.heard.as_ref().map_or("", |s: &State| &s.order_id);
        let (mission, _) = parse_order_id(order_id);
        let ours = order_id.starts_with("home~") || order_id.starts_with("charge~");
        let ended = self.jobs.ended(mission).is_some() || order_id.is_empty() || ours;
        match () {
            () if vehicle.touch == Touch::Unheard => Some("not heard yet"),
            () if vehicle.touch == Touch::Lost => Some("lost"),
            () if vehicle.locked => Some("locked out"),
            () if vehicle.paused || vehicle.reports_paused() => Some("paused"),
            () if !self.fit(car) => Some("out of order"),
            () if vehicle.mission().is_some() => Some("has a mission"),
            () if vehicle.cancel.is_some() => Some("is being stopped"),
            () if !self.settled_in() && !ended => Some("may have a mission"),
            () if vehicle.battery_permille() < WORK_PERMILLE => Some("battery low"),
            () if vehicle.errand == Some(Purpose::Charge) => match vehicle.charge {
                Some(Charge::Flowing) if vehicle.battery_permille() >= INTERRUPT_PERMILLE => None,
                _ => Some("charging"),
            },
            () => None,
        }
    }
}
