//! What each vehicle does next: its mission, charging, or going home.
//!
//! Deliberately absent: how nodes are granted (traffic control) and how orders are written.

use solver::agv::{Node, Task};

use super::car::{After, Charge, Purpose, Touch};
use super::core::Core;
use super::jobs::action_id;
use crate::api::{Deed, Report};
use crate::vda5050::{Action, ActionParameter, ActionStatus, BlockingType, OperatingMode};

/// An idle vehicle below this charges.
const LOW_PERMILLE: i64 = 300;
/// Charging ends here.
const FULL_PERMILLE: i64 = 950;
/// After a failed attempt to charge, in wall milliseconds.
const CHARGE_REST_MS: i64 = 30_000;
/// While every charger is taken, they are looked at this often, in wall milliseconds.
const CHARGER_SOUGHT_EVERY_MS: i64 = 2_000;

impl Core {
    /// Decides what the vehicle is about and tells traffic control.
    pub(super) fn pursue(&mut self, car: usize) {
        if !self.cars[car].placed {
            return;
        }
        let task = self.next_task(car);
        self.set_task(car, task);
        let ready = self.ready(car);
        self.traffic.set_ready(car, ready);
    }

    /// Whether the vehicle can be told of new nodes now.
    fn ready(&self, car: usize) -> bool {
        let vehicle = &self.cars[car];
        let able = vehicle.touch == Touch::Online
            && vehicle.cancel.is_none()
            && vehicle.errand.is_some()
            && !vehicle.charging()
            && self.now_ms >= vehicle.rest_until_ms;
        let acknowledged = match vehicle.on_errand() {
            true => vehicle.track.as_ref().is_some_and(|track| track.reflected),
            false => vehicle.free_for_new_order(),
        };
        able && acknowledged
    }

    fn next_task(&mut self, car: usize) -> Task {
        let vehicle = &self.cars[car];
        if vehicle.touch != Touch::Online || vehicle.locked || vehicle.paused {
            return Task::Stuck;
        }
        if !self.fit(car) {
            self.abandon_when_manual(car);
            return Task::Stuck;
        }
        if vehicle.cancel.is_some() || self.foreign_order(car) {
            return Task::Stay;
        }
        if self.cars[car].errand.is_none() && self.cars[car].free_for_new_order() {
            // The next errand gets an order of its own, even when it is of the same kind.
            self.end_track(car);
        }
        match self.cars[car].errand.clone() {
            Some(Purpose::Mission(mission)) => self.pursue_mission(car, &mission),
            Some(Purpose::Charge) => self.pursue_charge(car),
            Some(Purpose::Home | Purpose::Foreign) | None => self.pursue_idle(car),
        }
    }

    /// In manual modes the vehicle drops its order: its mission is over, not waiting.
    fn abandon_when_manual(&mut self, car: usize) {
        let vehicle = &self.cars[car];
        let mode = vehicle.heard.as_ref().map(|s| s.operating_mode);
        let manual = [OperatingMode::Manual, OperatingMode::Service, OperatingMode::TeachIn];
        if let (Some(mode), Some(mission)) = (mode, vehicle.mission().map(str::to_owned))
            && manual.contains(&mode)
        {
            self.disown(car);
            self.fail(&mission, &format!("vehicle switched to {mode:?}"));
        }
    }

    /// Whether an order that is not for us to continue is still under way; after the time of
    /// hearing it is cancelled.
    fn foreign_order(&mut self, car: usize) -> bool {
        let vehicle = &mut self.cars[car];
        let foreign = vehicle.track.as_ref().is_some_and(|t| t.purpose == Purpose::Foreign);
        if !foreign {
            return false;
        }
        if vehicle.free_for_new_order() {
            self.end_track(car);
            return false;
        }
        if self.settled_in() {
            self.begin_cancel(car, After::Nothing);
        }
        true
    }

    /// The order is over where the vehicle stands.
    pub(super) fn end_track(&mut self, car: usize) {
        let vehicle = &mut self.cars[car];
        if let Some(track) = vehicle.track.take() {
            vehicle.stands = Some(track.here().node);
            vehicle.tail = track.tail;
        }
    }

    fn pursue_mission(&mut self, car: usize, mission: &str) -> Task {
        if self.cars[car].charging() {
            self.stop_charging(car);
            return Task::Stay;
        }
        loop {
            if !self.complete_steps(car, mission) {
                return Task::Stay;
            }
            let next = self.jobs.open[mission].next();
            let Some((step, node, deed)) = next.map(|(s, n, d)| (s, n.to_owned(), d.clone())) else {
                return Task::Stay;
            };
            let goal = self.plan.node(&node).expect("checked when the mission came");
            if self.cars[car].end() != Some(goal) {
                return Task::Go(goal);
            }
            match deed {
                Deed::Pass => self.plan_pass(car, mission, step),
                Deed::Wait => {
                    if !self.wait_over(car, mission, step) {
                        return Task::Stay;
                    }
                }
                Deed::Pick { .. } | Deed::Drop { .. } => {
                    if self.ready(car) {
                        self.extend(car, &[]);
                    }
                    return Task::Stay;
                }
            }
        }
    }

    /// The path ends at the node of a `Pass`: the step is done once the vehicle is there.
    fn plan_pass(&mut self, car: usize, mission: &str, step: usize) {
        let on_errand = self.cars[car].on_errand();
        let track = self.cars[car].track.as_ref().filter(|_| on_errand);
        let sequence = track.map_or(0, |track| track.end().sequence);
        let job = self.jobs.open.get_mut(mission).expect("pursued missions are open");
        job.planned += 1;
        job.passes.push_back((step, sequence));
    }

    /// Whether the wait is over; reports it when it begins.
    fn wait_over(&mut self, car: usize, mission: &str, step: usize) -> bool {
        let vehicle = &self.cars[car];
        let there = match vehicle.on_errand() {
            true => vehicle.track.as_ref().is_some_and(|track| track.arrived()),
            false => vehicle.free_for_new_order(),
        };
        let serial = vehicle.serial.clone();
        let job = self.jobs.open.get_mut(mission).expect("pursued missions are open");
        if !there || job.done != step {
            return false;
        }
        let mission = mission.to_owned();
        if std::mem::take(&mut job.continued) {
            job.done += 1;
            job.planned += 1;
            self.reports.push(Report::StepDone { mission, step, serial });
            return true;
        }
        if job.waiting_told.replace(step) != Some(step) {
            self.reports.push(Report::Waiting { mission, step, serial });
        }
        false
    }

    /// Reports the steps the vehicle has done; `false` when the mission ended by that.
    fn complete_steps(&mut self, car: usize, mission: &str) -> bool {
        loop {
            let job = &self.jobs.open[mission];
            if job.done == job.mission.steps.len() {
                self.finish(car, mission);
                return false;
            }
            if job.done == job.planned {
                return true;
            }
            let step = job.done;
            match self.step_status(car, mission, step) {
                Some(ActionStatus::Finished) => {}
                Some(ActionStatus::Failed) => {
                    let words = self.failure_words(car, step);
                    self.begin_cancel(car, After::Fail(words));
                    return false;
                }
                _ => return true,
            }
            let serial = self.cars[car].serial.clone();
            let job = self.jobs.open.get_mut(mission).expect("just seen");
            job.done += 1;
            self.reports.push(Report::StepDone { mission: mission.to_owned(), step, serial });
        }
    }

    /// The status of a step that is part of the order.
    fn step_status(&mut self, car: usize, mission: &str, step: usize) -> Option<ActionStatus> {
        let vehicle = &self.cars[car];
        let track = vehicle.track.as_ref().filter(|_| vehicle.on_errand());
        let job = self.jobs.open.get_mut(mission)?;
        if job.mission.steps[step].deed == Deed::Pass {
            let &(_, sequence) = job.passes.front()?;
            let there = track.map_or(vehicle.track.is_none(), |track| {
                track.known && track.tail.is_none() && track.here().sequence >= sequence
            });
            if there {
                job.passes.pop_front();
            }
            return there.then_some(ActionStatus::Finished);
        }
        let id = action_id(&track?.order_id, step);
        vehicle.heard.as_ref()?.action(&id)
    }

    fn failure_words(&self, car: usize, step: usize) -> String {
        let vehicle = &self.cars[car];
        let order_id = vehicle.track.as_ref().map_or("", |t| &t.order_id);
        let id = action_id(order_id, step);
        let states = vehicle.heard.iter().flat_map(|s| &s.action_states);
        let failed = states.into_iter().find(|a| a.action_id == id);
        let kind = failed.and_then(|a| a.action_type.as_deref()).unwrap_or("action");
        let words = failed.and_then(|a| a.result_description.as_deref());
        match words {
            Some(words) => format!("{kind} failed: {words}"),
            None => format!("{kind} failed"),
        }
    }

    fn finish(&mut self, car: usize, mission: &str) {
        let report = Report::Done { mission: mission.to_owned(), serial: self.cars[car].serial.clone() };
        self.reports.push(report.clone());
        self.jobs.end(mission, report);
        self.assign_due = true;
        let vehicle = &mut self.cars[car];
        vehicle.errand = None;
        vehicle.status_due = true;
        if vehicle.free_for_new_order() {
            self.end_track(car);
        } else if let Some(track) = &mut vehicle.track {
            track.purpose = Purpose::Home;
        }
    }

    fn pursue_idle(&mut self, car: usize) -> Task {
        let low = self.cars[car].battery_permille() < LOW_PERMILLE;
        let vehicle = &mut self.cars[car];
        let rested = self.now_ms >= vehicle.rest_until_ms.max(vehicle.no_charger_until_ms);
        if vehicle.charging() {
            vehicle.charge = Some(Charge::Flowing);
            vehicle.errand = Some(Purpose::Charge);
            return Task::Stay;
        }
        if (vehicle.charge_asked || low) && rested && self.settled_in() {
            self.cars[car].no_charger_until_ms = self.now_ms + CHARGER_SOUGHT_EVERY_MS;
            if let Some(charger) = self.charger_for(car) {
                self.cars[car].charge = Some(Charge::Going(charger));
                self.cars[car].errand = Some(Purpose::Charge);
                return self.pursue_charge(car);
            }
        }
        let settled_in = self.settled_in();
        let vehicle = &mut self.cars[car];
        let home = vehicle.end() == Some(vehicle.home);
        vehicle.errand = (settled_in && !home).then_some(Purpose::Home);
        match settled_in {
            true => Task::Go(vehicle.home),
            false => Task::Stay,
        }
    }

    /// Its home when that is a charger, else the nearest that nobody else is bound for.
    fn charger_for(&self, car: usize) -> Option<Node> {
        let home = self.cars[car].home;
        if self.plan.is_charger(home) {
            return Some(home);
        }
        let taken = |node: Node| {
            let others = self.cars.iter().enumerate().filter(|&(other, _)| other != car);
            let bound = others.into_iter().any(|(_, o)| o.charge == Some(Charge::Going(node)));
            bound || self.traffic.holder(node).is_some_and(|by| by != car)
        };
        let free = self.plan.chargers().filter(|&node| !taken(node));
        let reachable = free.filter_map(|n| Some((self.traffic.distance_mm(car, n)?, n)));
        reachable.min().map(|(_, node)| node)
    }

    fn pursue_charge(&mut self, car: usize) -> Task {
        let vehicle = &self.cars[car];
        let charging = vehicle.charging();
        match vehicle.charge {
            Some(Charge::Going(node)) if vehicle.end() != Some(node) => return Task::Go(node),
            Some(Charge::Going(_)) => {
                if self.ready(car) {
                    self.extend(car, &[]);
                }
            }
            Some(Charge::Ordered) if charging => self.cars[car].charge = Some(Charge::Flowing),
            Some(Charge::Ordered) => {
                let order_id = vehicle.track.as_ref().map_or("", |t| &t.order_id);
                let id = action_id(order_id, 0);
                let status = vehicle.heard.as_ref().and_then(|s| s.action(&id));
                if vehicle.on_errand() && status == Some(ActionStatus::Failed) {
                    tracing::warn!(serial = vehicle.serial, "charging failed");
                    self.cars[car].rest_until_ms = self.now_ms + CHARGE_REST_MS;
                    self.end_charge(car);
                }
            }
            Some(Charge::Flowing) if charging => {
                if vehicle.battery_permille() >= FULL_PERMILLE {
                    self.stop_charging(car);
                }
            }
            Some(Charge::Flowing) | None => self.end_charge(car),
        }
        Task::Stay
    }

    fn end_charge(&mut self, car: usize) {
        self.assign_due = true;
        let vehicle = &mut self.cars[car];
        vehicle.charge = None;
        vehicle.charge_asked = false;
        vehicle.errand = None;
    }

    /// Asks for the end of charging unless that is under way.
    fn stop_charging(&mut self, car: usize) {
        let pending = self.cars[car].pending.iter();
        if !pending.into_iter().any(|p| p.action.action_type == "stopCharging") {
            self.instant(car, "stopCharging");
        }
    }

    /// Extends the vehicle's path by nodes that traffic control has granted, with the action to
    /// be done at its end when that is the goal.
    pub(super) fn extend(&mut self, car: usize, nodes: &[Node]) {
        let vehicle = &self.cars[car];
        let Some(errand) = vehicle.errand.clone() else {
            tracing::error!(serial = vehicle.serial, "nodes granted without an errand");
            return;
        };
        let Some(end) = nodes.last().copied().or(vehicle.end()) else {
            return;
        };
        let order_id = match vehicle.track.as_ref().filter(|_| vehicle.on_errand()) {
            Some(track) => track.order_id.clone(),
            None => match &errand {
                Purpose::Mission(mission) => self.jobs.open[mission].order_id(),
                other => self.own_order_id(car, &other.clone()),
            },
        };
        let action = self.action_at(car, &errand, end, &order_id);
        if action.is_some() {
            self.set_task(car, Task::Stay);
        }
        self.append(car, errand, order_id, nodes, action);
    }

    /// The action of the errand at this node, noted as planned.
    fn action_at(&mut self, car: usize, errand: &Purpose, end: Node, order_id: &str) -> Option<Action> {
        match errand {
            Purpose::Mission(mission) => {
                let job = self.jobs.open.get_mut(mission)?;
                let (step, node, deed) = job.next()?;
                let (kind, load) = match deed {
                    Deed::Pick { load } => ("pick", load),
                    Deed::Drop { load } => ("drop", load),
                    Deed::Wait | Deed::Pass => return None,
                };
                if self.plan.node(node) != Some(end) {
                    return None;
                }
                let action = Action {
                    action_type: kind.to_owned(),
                    action_id: action_id(order_id, step),
                    blocking_type: BlockingType::Hard,
                    action_parameters: vec![ActionParameter { key: "loadId".to_owned(), value: load.clone().into() }],
                };
                job.planned += 1;
                Some(action)
            }
            Purpose::Charge => {
                if self.cars[car].charge != Some(Charge::Going(end)) {
                    return None;
                }
                self.cars[car].charge = Some(Charge::Ordered);
                Some(Action {
                    action_type: "startCharging".to_owned(),
                    action_id: action_id(order_id, 0),
                    blocking_type: BlockingType::Hard,
                    action_parameters: Vec::new(),
                })
            }
            Purpose::Home | Purpose::Foreign => None,
        }
    }
}
