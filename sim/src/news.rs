//! What everybody hears: facts from the event log, in order, kept for the whole
//! run, with bells that wake whoever waits for one of their kind.
//!
//! One reader asks the server for all; nobody else polls for facts. What a fact
//! means for somebody is that somebody's affair.

use crate::http::Caller;
use crate::oracle::Fact;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Pause between looks at the log while nothing happens (wall time).
const GAP: Duration = Duration::from_millis(80);
const PAGE: usize = 500;

/// Every fact heard so far.
pub struct News {
    facts: RwLock<Vec<Arc<Fact>>>,
    heard: watch::Sender<usize>,
    bells: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Default for News {
    fn default() -> Self {
        Self { facts: RwLock::default(), heard: watch::Sender::new(0), bells: Mutex::default() }
    }
}

impl News {
    /// The bell of that name. It remembers one ring if nobody waits.
    pub fn bell(&self, name: &str) -> Arc<Notify> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(name.to_owned()).or_default())
    }

    /// How many facts were heard.
    pub fn len(&self) -> usize {
        *self.heard.borrow()
    }

    /// Whether nothing was heard yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The facts from number `from` on.
    pub fn since(&self, from: usize) -> Vec<Arc<Fact>> {
        let facts = self.facts.read().unwrap_or_else(PoisonError::into_inner);
        facts.get(from..).unwrap_or_default().to_vec()
    }

    /// The last position read; 0 before the first fact.
    fn position(&self) -> i64 {
        let facts = self.facts.read().unwrap_or_else(PoisonError::into_inner);
        facts.last().map_or(0, |fact| fact.position)
    }

    /// The first fact ever, past or to come, that is wanted; `None` when the run
    /// is over.
    pub async fn first(&self, stop: &CancellationToken, want: impl Fn(&Fact) -> bool) -> Option<Arc<Fact>> {
        let mut heard = self.heard.subscribe();
        let mut from = 0;
        loop {
            let fresh = self.since(from);
            from += fresh.len();
            if let Some(found) = fresh.into_iter().find(|fact| want(fact)) {
                return Some(found);
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                changed = heard.changed() => changed.ok()?,
            }
        }
    }

    /// Waits until more than `known` facts were heard; false when the run is over.
    pub async fn more_than(&self, known: usize, stop: &CancellationToken) -> bool {
        let mut heard = self.heard.subscribe();
        tokio::select! {
            () = stop.cancelled() => false,
            more = heard.wait_for(|count| *count > known) => more.is_ok(),
        }
    }

    /// Adds facts in the order of their positions, and rings.
    pub fn tell(&self, facts: Vec<Fact>) {
        if facts.is_empty() {
            return;
        }
        let facts: Vec<_> = facts.into_iter().map(Arc::new).collect();
        let count = {
            let mut all = self.facts.write().unwrap_or_else(PoisonError::into_inner);
            all.extend(facts.iter().cloned());
            all.len()
        };
        self.heard.send_replace(count);
        for name in facts.iter().flat_map(|fact| bells_of(fact)) {
            self.bell(&name).notify_one();
        }
    }

    /// Reads the log until `stop`.
    pub async fn listen(&self, eye: &Caller, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let full = match self.read(eye).await {
                Ok(count) => count >= PAGE,
                Err(problem) => {
                    if !problem.stopped() {
                        tracing::warn!("the event log cannot be read: {problem}");
                    }
                    false
                }
            };
            if !full {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(GAP) => {}
                }
            }
        }
    }

    /// Reads one page from where the last ended; how many facts it had.
    ///
    /// # Errors
    /// The server's problem document.
    pub async fn read(&self, eye: &Caller) -> Result<usize, crate::http::Problem> {
        let after = self.position();
        let mut page = eye.get(&format!("/api/v1/events?after={after}&limit={PAGE}")).await?;
        let items = page.get_mut("items").map(Value::take).unwrap_or_default();
        let facts: Vec<Fact> = serde_json::from_value(items).unwrap_or_else(|error| {
            tracing::error!("a fact has an unknown shape: {error}");
            Vec::new()
        });
        let count = facts.len();
        self.tell(facts.into_iter().filter(|fact| fact.position > after).collect());
        Ok(count)
    }
}

/// Whom a fact concerns.
fn bells_of(fact: &Fact) -> Vec<String> {
    match fact.kind.as_str() {
        "task.ready" => vec![work_bell(fact.text("site"))],
        "offer.made" => vec![ride_bell(fact.text("rider"))],
        "load.assigned" => vec![ride_bell(fact.text("carrier"))],
        "load.rerouted" | "offer.answered" => Vec::new(),
        "case.opened" => vec![CASE_BELL.to_owned()],
        _ => Vec::new(),
    }
}

/// Rings when there is a new case.
pub const CASE_BELL: &str = "case";

/// Rings when there is work at a site, by its id.
pub fn work_bell(site: &str) -> String {
    format!("work {site}")
}

/// Rings when a rider or driver, by id, has something to look at.
pub fn ride_bell(rider: &str) -> String {
    format!("ride {rider}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fact(position: i64, kind: &str, body: Value) -> Fact {
        Fact { position, at_ms: 0, kind: kind.to_owned(), subject: String::new(), body }
    }

    #[tokio::test]
    async fn who_waits_is_told_of_the_past_and_of_what_comes() {
        let news = Arc::new(News::default());
        let stop = CancellationToken::new();
        news.tell(vec![fact(1, "order.placed", json!({}))]);
        assert!(news.first(&stop, |fact| fact.kind == "order.placed").await.is_some());
        let later = tokio::spawn({
            let (news, stop) = (Arc::clone(&news), stop.clone());
            async move { news.first(&stop, |fact| fact.kind == "order.delivered").await.map(|fact| fact.position) }
        });
        tokio::task::yield_now().await;
        news.tell(vec![fact(2, "line.picked", json!({})), fact(3, "order.delivered", json!({}))]);
        assert_eq!(later.await.expect("no panic"), Some(3));
        assert_eq!((news.len(), news.since(2).len(), news.since(9).len()), (3, 1, 0));
        stop.cancel();
        assert!(news.first(&stop, |_| false).await.is_none());
    }

    #[tokio::test]
    async fn bells_ring_for_the_right_ones_and_remember() {
        let news = News::default();
        news.tell(vec![
            fact(1, "task.ready", json!({"site": "sit_1"})),
            fact(2, "offer.made", json!({"rider": "usr_7"})),
        ]);
        let wait = |name: String| {
            let bell = news.bell(&name);
            async move { tokio::time::timeout(Duration::from_millis(20), bell.notified()).await.is_ok() }
        };
        assert!(wait(work_bell("sit_1")).await);
        assert!(wait(ride_bell("usr_7")).await);
        assert!(!wait(work_bell("sit_2")).await);
    }
}
