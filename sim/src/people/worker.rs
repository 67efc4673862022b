//! A warehouse worker: takes the next task, walks, scans, now and then a wrong
//! label, and does what the screen says until the task is over.
//!
//! One worker for each person of the world with that role. Which work there is,
//! and in which order, is the server's affair.

use super::hands::{self, Entry};
use super::screen::Screen;
use super::truth::{Gap, Place};
use crate::access::Login;
use crate::faults::{Fault, Mishap};
use crate::http::{Caller, Problem};
use crate::news::work_bell;
use crate::seed::Chance;
use crate::stage::Stage;
use rand::RngExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Domain time of one scan or entry.
const SCAN_MS: i64 = 2_500;
/// A worker who hears of no work asks again after so long (wall time).
const IDLE: Duration = Duration::from_millis(1_500);
/// Out of so many labels one is scanned wrongly first.
const WRONG_ONE_IN: u32 = 14;
/// So many refusals in a row and the worker presses "Problem".
const PATIENCE: u32 = 5;
/// From this severity on an empty pick face is really empty.
const REALLY_EMPTY_PERMILLE: u32 = 425;
/// A worker who is gone comes back for the next shift after so long (domain time).
const GONE_MS: i64 = 12 * 60_000;

/// Lives until the run is over.
pub async fn live(stage: Arc<Stage>, login: Login) {
    let Some(site) = login.site.clone() else { return };
    let Some(site_id) = stage.sites.get(&site).cloned() else { return };
    loop {
        let Some((caller, _)) = stage.sign_in("worker", &login, Some(&site)).await else { return };
        let chance = stage.chance(&format!("worker {}", login.login));
        let mut worker = Worker {
            stage: Arc::clone(&stage),
            caller,
            login: login.login.clone(),
            site: site.clone(),
            site_id: site_id.clone(),
            chance,
            at: None,
            tote: None,
        };
        worker.shift().await;
        if stage.stop.is_cancelled() || !stage.rest(GONE_MS).await {
            return;
        }
    }
}

struct Worker {
    stage: Arc<Stage>,
    caller: Caller,
    login: String,
    /// Code.
    site: String,
    site_id: String,
    chance: Chance,
    /// Where on the floor, millimetres.
    at: Option<(i64, i64)>,
    /// The empty tote in hand.
    tote: Option<String>,
}

/// How a task ended for the worker.
enum End {
    Done,
    /// Left without a word.
    Gone,
}

impl Worker {
    /// Works until gone, or until the run is over.
    async fn shift(&mut self) {
        let bell = self.stage.news.bell(&work_bell(&self.site_id));
        while !self.stage.stop.is_cancelled() {
            let key = self.stage.key(&self.login);
            let next = self.caller.post("/api/v1/work/next", &key, &json!({ "site": self.site })).await;
            match next {
                Ok(Value::Null) => {}
                Ok(step) => match self.work(step).await {
                    End::Done => continue,
                    End::Gone => return,
                },
                Err(problem) => self.stage.surprise(&self.login, "asking for work", &problem),
            }
            tokio::select! {
                () = self.stage.stop.cancelled() => return,
                () = bell.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// Does one task to its end.
    async fn work(&mut self, step: Value) -> End {
        let mut screen = read(&step);
        let (mut entries, mut refused) = (0u32, 0u32);
        let leaves_after = self.leaves_after(&screen);
        while !screen.is_over() {
            if leaves_after.is_some_and(|limit| entries >= limit) {
                return End::Gone;
            }
            self.walk(&screen).await;
            let Some(entry) = self.decide(&screen).await else { return End::Done };
            match self.enter(&screen, &entry).await {
                Ok(next) => {
                    refused = if next.was_wrong() { refused + 1 } else { 0 };
                    self.remember(&screen, &entry, &next);
                    screen = next;
                }
                Err(problem) if problem.stopped() => return End::Done,
                Err(problem) => {
                    refused += 1;
                    tracing::debug!(who = self.login, state = screen.state, "refused: {problem}");
                    if is_lost(&problem) {
                        return End::Done;
                    }
                }
            }
            if refused >= PATIENCE {
                self.give_up(&screen).await;
                return End::Done;
            }
            entries += 1;
        }
        End::Done
    }

    /// After how many entries the worker walks out of this task, if at all.
    fn leaves_after(&mut self, screen: &Screen) -> Option<u32> {
        let long_enough = matches!(screen.task.kind.as_str(), "pick" | "pack");
        let fault = if long_enough { self.stage.mishaps.chance(Mishap::WorkerGone) } else { None };
        fault.map(|fault| 1 + fault.permille / 250)
    }

    async fn walk(&mut self, screen: &Screen) {
        let Some(to) = hands::stand(&self.stage.world, &self.site, screen) else { return };
        if let Some(from) = self.at.replace(to).filter(|from| *from != to) {
            self.stage.pass(hands::walk_ms(from, to)).await;
        }
    }

    /// What to enter now, mishaps and mistakes included.
    async fn decide(&mut self, screen: &Screen) -> Option<Entry> {
        if let Some(entry) = self.mishap(screen) {
            return Some(entry);
        }
        match screen.task.kind.as_str() {
            "receive" => {
                if let Some(entry) = self.stage.deliveries.entry(screen) {
                    return Some(entry);
                }
            }
            "count" => return self.count(screen).await,
            _ => {}
        }
        if self.chance.random_range(0..WRONG_ONE_IN) == 0 {
            let wrong = hands::wrong_label(&self.stage.world, &self.site, screen, &mut self.chance);
            if let Some(wrong) = wrong {
                self.try_wrong(screen, wrong).await?;
            }
        }
        let contents_g = self.stage.scale.contents_g(&screen.task.id);
        // A box that somebody else half packed is emptied before anything goes in.
        if screen.state == "pack.scan_article" && contents_g.is_none() {
            return Some(Entry::button("count_again"));
        }
        if screen.expect.kind == "tote" && self.tote.is_none() {
            self.tote = Some(self.stage.totes.take(&self.site));
        }
        Some(hands::right(screen, self.tote.as_deref().unwrap_or_default(), contents_g))
    }

    /// Something goes wrong that the screen has a button or a number for.
    fn mishap(&mut self, screen: &Screen) -> Option<Entry> {
        let mishaps = &self.stage.mishaps;
        match screen.state.as_str() {
            "pick.scan_article" if screen.offers("short") => {
                let bin = screen.spot_label();
                if self.stage.truth.gap(&self.site, bin) == Some(Gap::Empty) {
                    return Some(Entry::button("short"));
                }
                let fault = mishaps.chance(Mishap::EmptyPickFace)?;
                // Half of them are really empty; at the others the goods are overlooked,
                // and whoever counts finds them.
                if fault.permille >= REALLY_EMPTY_PERMILLE {
                    self.stage.truth.note(&self.site, bin, Gap::Empty);
                }
                Some(Entry::button("short"))
            }
            "pick.scan_tote" if screen.offers("full") => {
                mishaps.chance(Mishap::FullTote).map(|_| Entry::button("full"))
            }
            // The scale was wrong already: everything is scanned again.
            "pack.weigh" if screen.offers("count_again") => Some(Entry::button("count_again")),
            "pack.weigh" => {
                let contents_g = self.stage.scale.contents_g(&screen.task.id)?;
                let whole_g = contents_g + screen.fact("tare_g").unwrap_or(0);
                mishaps.chance(Mishap::WeightMismatch).map(|fault| Entry::Number(too_heavy_g(whole_g, &fault)))
            }
            _ => None,
        }
    }

    /// Counts what lies in the bin; `None` when the run is over.
    async fn count(&self, screen: &Screen) -> Option<Entry> {
        let asks_article = screen.state == "count.scan_article";
        if !asks_article && screen.state != "count.enter_quantity" {
            return Some(hands::right(screen, "", None));
        }
        let finish = if screen.offers("empty") { "empty" } else { "done" };
        if screen.sku().is_empty() {
            return Some(Entry::button(finish));
        }
        let (site, site_id) = (self.site.as_str(), self.site_id.as_str());
        let place = Place { site, site_id, bin: screen.spot_label(), sku: screen.sku() };
        let lot = screen.facts.iter().find(|(name, _)| name == "lot").map(|(_, lot)| lot.as_str());
        let units = match self.stage.truth.look(&self.stage.eye(), &place, lot).await {
            Ok(units) => units,
            Err(problem) if problem.stopped() => return None,
            Err(problem) => {
                self.stage.surprise(&self.login, "looking into a bin", &problem);
                return None;
            }
        };
        Some(match asks_article {
            true if units == 0 => Entry::button(finish),
            true => hands::right(screen, "", None),
            false => Entry::Number(units),
        })
    }

    /// Scans a wrong label, which must be refused and change nothing; `None` when
    /// the run is over.
    async fn try_wrong(&mut self, screen: &Screen, label: String) -> Option<()> {
        match self.enter(screen, &Entry::Code(label.clone())).await {
            Ok(next) if next.was_wrong() => {}
            Ok(next) => {
                let detail =
                    format!("{label} was taken where {} was asked for: {}", screen.expect.label, next.say.text);
                self.stage.trouble("sim.wrong_scan_taken", &screen.task.id, detail);
            }
            Err(problem) if problem.stopped() => return None,
            // A refusal by problem document is a refusal as well.
            Err(_) => {}
        }
        Some(())
    }

    async fn enter(&self, screen: &Screen, entry: &Entry) -> Result<Screen, Problem> {
        self.stage.pass(SCAN_MS).await;
        let path = format!("/api/v1/work/{}/scan", screen.task.id);
        let reply = self.caller.post(&path, &self.stage.key(&self.login), &entry.body()).await?;
        Ok(read(&reply))
    }

    /// Keeps physical truth in step with what was done.
    fn remember(&mut self, screen: &Screen, entry: &Entry, next: &Screen) {
        let task = screen.task.id.as_str();
        let taken = !next.was_wrong();
        match screen.task.kind.as_str() {
            "receive" => self.stage.deliveries.entered(screen, entry, taken),
            "count" if next.is_over() => self.stage.truth.settle(&self.site, screen.spot_label()),
            _ => {}
        }
        match (screen.state.as_str(), entry) {
            (_, Entry::Choice(choice)) if choice == "count_again" && taken => self.stage.scale.begin(task),
            ("pack.take_box", _) if taken => self.stage.scale.begin(task),
            ("pack.scan_article", Entry::Code(_)) if taken => {
                let sku = self.stage.world.catalog.sku(screen.sku());
                self.stage.scale.add(task, sku.map_or(0, |sku| i64::from(sku.weight_g)));
            }
            ("pack.scan_label", _) if taken => self.stage.scale.close(task),
            _ => {}
        }
        // In the order's tote now, or refused: the next one is another.
        if screen.expect.kind == "tote" {
            self.tote = None;
        }
    }

    /// Presses "Problem": a person is needed.
    async fn give_up(&self, screen: &Screen) {
        let detail = format!("{} at {}: {}", screen.task.kind, screen.state, screen.say.text);
        self.stage.trouble("sim.worker_stuck", &screen.task.id, detail);
        let path = format!("/api/v1/work/{}/problem", screen.task.id);
        let body = json!({ "code": "other", "note": format!("No way on at {}", screen.state) });
        let key = self.stage.key(&self.login);
        if let Err(problem) = self.caller.post(&path, &key, &body).await {
            self.stage.surprise(&self.login, "telling of a problem", &problem);
            let path = format!("/api/v1/work/{}/leave", screen.task.id);
            let left = self.caller.post(&path, &self.stage.key(&self.login), &json!({})).await;
            if let Err(problem) = left {
                self.stage.surprise(&self.login, "leaving a task", &problem);
            }
        }
    }
}

/// What a scale shows that is wrong enough to be noticed.
fn too_heavy_g(whole_g: i64, fault: &Fault) -> i64 {
    whole_g + whole_g * i64::from(fault.permille) / 1_000 + 60
}

/// The task is not the worker's any more; another one is asked for.
fn is_lost(problem: &Problem) -> bool {
    problem.status == 404 || problem.code.starts_with("task.")
}

fn read(step: &Value) -> Screen {
    serde_json::from_value(step.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Strikes;

    #[test]
    fn a_wrong_weight_is_out_of_any_tolerance() {
        let fault = Fault { kind: Mishap::WeightMismatch, strikes: Strikes::Order, index: 0, permille: 150 };
        for whole_g in [90, 500, 4_000, 30_000] {
            let shown = too_heavy_g(whole_g, &fault);
            assert!(shown - whole_g > (whole_g * 3 / 100).max(30), "{whole_g} g and {shown} g");
        }
    }
}
