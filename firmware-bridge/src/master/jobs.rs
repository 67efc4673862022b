//! The missions: what is known, what is done, what is planned.
//!
//! Deliberately absent: vehicles, except for the index of the one that carries it out.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::api::{Deed, Mission, Report};

/// Ended missions remembered, so that a late repetition is answered and not begun again.
const ENDED_KEPT: usize = 2_000;

/// A mission under way or waiting for a vehicle.
#[derive(Debug)]
pub(super) struct Job {
    pub mission: Mission,
    /// Steps done and reported.
    pub done: usize,
    /// Steps whose node, with its action, is part of the order sent.
    pub planned: usize,
    /// Steps [`Deed::Pass`] under way and the sequence id of their node.
    pub passes: VecDeque<(usize, u32)>,
    /// Orders needed so far: the first carries the mission's id, later ones a suffix.
    pub attempt: u32,
    pub car: Option<usize>,
    /// `Waiting` was reported for this step.
    pub waiting_told: Option<usize>,
    /// The wait that comes next is over already.
    pub continued: bool,
    /// In order of arrival.
    pub arrival: u64,
}

impl Job {
    pub fn order_id(&self) -> String {
        match self.attempt {
            0 => self.mission.id.clone(),
            attempt => format!("{}~{}", self.mission.id, attempt + 1),
        }
    }

    /// The node and deed of the next step to be planned, when the steps before it allow it:
    /// only a `Pass` may be under way.
    pub fn next(&self) -> Option<(usize, &str, &Deed)> {
        let under_way = &self.mission.steps[self.done..self.planned];
        if under_way.iter().any(|step| step.deed != Deed::Pass) {
            return None;
        }
        let step = self.mission.steps.get(self.planned)?;
        Some((self.planned, &step.node, &step.deed))
    }

    /// Ends the wait the mission is at or will come to next; ignored when something else comes
    /// first, so that a repeated command does not end a later wait.
    pub fn continue_wait(&mut self) {
        let left = self.mission.steps[self.done..].iter();
        let mut deeds = left.map(|step| &step.deed).filter(|deed| **deed != Deed::Pass);
        if deeds.next() == Some(&Deed::Wait) {
            self.continued = true;
        }
    }

    /// Forgets what is planned beyond what is done, for a new order.
    pub fn replan(&mut self) {
        self.planned = self.done;
        self.passes.clear();
        self.attempt += 1;
    }
}

/// The mission id in an order id of ours, and the attempt.
pub(super) fn parse_order_id(order_id: &str) -> (&str, u32) {
    match order_id.rsplit_once('~') {
        Some((mission, count)) => match count.parse::<u32>() {
            Ok(count) if count > 1 => (mission, count - 1),
            _ => (order_id, 0),
        },
        None => (order_id, 0),
    }
}

/// The id of the action of a step.
pub(super) fn action_id(order_id: &str, step: usize) -> String {
    format!("{order_id}/{step}")
}

/// All missions that are open, and how the latest others ended.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub open: BTreeMap<String, Job>,
    ended: HashMap<String, Report>,
    ended_order: VecDeque<String>,
    arrivals: u64,
}

impl Jobs {
    pub fn add(&mut self, mission: Mission) {
        let done = mission.done_steps.min(mission.steps.len());
        let job = Job {
            done,
            planned: done,
            passes: VecDeque::new(),
            attempt: 0,
            car: None,
            waiting_told: None,
            continued: false,
            arrival: self.arrivals,
            mission,
        };
        self.arrivals += 1;
        self.open.insert(job.mission.id.clone(), job);
    }

    pub fn ended(&self, mission: &str) -> Option<&Report> {
        self.ended.get(mission)
    }

    pub fn end(&mut self, mission: &str, report: Report) {
        self.open.remove(mission);
        self.ended.insert(mission.to_owned(), report);
        self.ended_order.push_back(mission.to_owned());
        if self.ended_order.len() > ENDED_KEPT
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_name_mission_and_attempt() {
        assert_eq!(parse_order_id("mis_1"), ("mis_1", 0));
        assert_eq!(parse_order_id("mis_1~2"), ("mis_1", 1));
        assert_eq!(parse_order_id("odd~name"), ("odd~name", 0));
    }
}
