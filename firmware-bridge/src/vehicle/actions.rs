//! What a vehicle can do: pick, drop, charge, and the instant actions.
//!
//! Deliberately absent: any action the standard does not predefine (chapter 6.8).

use super::machine::{Machine, Running};
use crate::vda5050::{Action, ActionState, ActionStatus, ErrorLevel};

/// Finished instant actions still reported.
const INSTANT_KEPT: usize = 8;

impl Machine {
    /// Carries out or begins an instant action. One that is sent again is ignored.
    pub fn instant(&mut self, action: &Action) {
        let id = action.action_id.as_str();
        if self.memory.instant.iter().any(|known| known.action_id == id) {
            return;
        }
        self.memory.instant.push_back(ActionState {
            action_id: id.to_owned(),
            action_type: Some(action.action_type.clone()),
            action_status: ActionStatus::Running,
            result_description: None,
        });
        self.touch();
        match action.action_type.as_str() {
            "cancelOrder" => self.begin_cancel(id),
            "startPause" => self.set_paused(id, true),
            "stopPause" => self.set_paused(id, false),
            "startCharging" => self.start_charging(id),
            "stopCharging" => {
                self.memory.charging = false;
                self.settle_instant(id, ActionStatus::Finished, None);
            }
            "stateRequest" => self.settle_instant(id, ActionStatus::Finished, None),
            other => {
                let words = format!("cannot {other}");
                let references = [("actionId", id.to_owned())];
                self.raise(ErrorLevel::Warning, "instantActionError", &words, &references);
                self.settle_instant(id, ActionStatus::Failed, Some(words));
            }
        }
        while self.memory.instant.len() > INSTANT_KEPT {
            self.memory.instant.pop_front();
        }
    }

    fn set_paused(&mut self, id: &str, paused: bool) {
        self.memory.paused = paused;
        self.settle_instant(id, ActionStatus::Finished, None);
    }

    fn start_charging(&mut self, id: &str) {
        if self.at_charger() && self.memory.drive.is_none() {
            self.memory.charging = true;
            self.settle_instant(id, ActionStatus::Finished, None);
        } else {
            let words = Some("not at a charger".to_owned());
            self.settle_instant(id, ActionStatus::Failed, words);
        }
    }

    fn at_charger(&self) -> bool {
        self.chart.chargers.contains(&self.memory.last_node)
    }

    /// Waiting actions fail at once; what is under way ends first (see `proceed_cancel`).
    fn begin_cancel(&mut self, id: &str) {
        if self.idle() || self.memory.cancel.is_some() {
            let references = [("actionId", id.to_owned())];
            let words = "no order to cancel";
            self.raise(ErrorLevel::Warning, "noOrderToCancel", words, &references);
            self.settle_instant(id, ActionStatus::Failed, Some(words.to_owned()));
            return;
        }
        self.memory.cancel = Some(id.to_owned());
        self.memory.queue.clear();
        for action in &mut self.memory.actions {
            if action.action_status == ActionStatus::Waiting {
                action.action_status = ActionStatus::Failed;
            }
        }
    }

    pub fn settle_instant(&mut self, id: &str, status: ActionStatus, words: Option<String>) {
        let mut known = self.memory.instant.iter_mut();
        if let Some(action) = known.find(|action| action.action_id == id) {
            action.action_status = status;
            action.result_description = words;
        }
        self.touch();
    }

    /// Begins an action of the order at the node just reached.
    pub fn begin(&mut self, action: Action) {
        let impossible = match action.action_type.as_str() {
            "pick" => self.memory.load.is_some().then_some("already loaded"),
            "drop" => self.memory.load.is_none().then_some("nothing loaded"),
            "startCharging" => (!self.at_charger()).then_some("not at a charger"),
            _ => Some("unknown action"),
        };
        if let Some(words) = impossible {
            self.settle(&action.action_id, ActionStatus::Failed, Some(words));
            return;
        }
        let left_ms = match action.action_type.as_str() {
            "pick" => self.timing.pick_ms,
            "drop" => self.timing.drop_ms,
            _ => self.timing.dock_ms,
        };
        self.settle(&action.action_id, ActionStatus::Running, None);
        self.memory.running.push(Running { action, left_ms });
    }

    /// The end of an action that was begun.
    pub fn complete(&mut self, action: &Action) {
        match action.action_type.as_str() {
            "pick" => {
                let load = action.text("loadId").unwrap_or("unknown");
                self.memory.load = Some(load.to_owned());
            }
            "drop" => self.memory.load = None,
            _ => {
                self.memory.charging = true;
                self.memory.errors.retain(|e| e.error_type != "batteryEmpty");
            }
        }
        self.settle(&action.action_id, ActionStatus::Finished, None);
    }

    fn settle(&mut self, id: &str, status: ActionStatus, words: Option<&str>) {
        let mut known = self.memory.actions.iter_mut();
        if let Some(action) = known.find(|action| action.action_id == id) {
            action.action_status = status;
            action.result_description = words.map(str::to_owned);
        }
        self.touch();
    }
}
