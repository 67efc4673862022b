//! Was every exception explained?

use super::Verdict;
use super::facts::Evidence;
use std::collections::BTreeMap;

pub fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut open: BTreeMap<&str, &str> = BTreeMap::new();
    for fact in &evidence.facts {
        match fact.kind.as_str() {
            "case.opened" => {
                open.insert(&fact.subject, fact.text("code"));
            }
            "case.closed" => {
                if open.remove(fact.subject.as_str()).is_none() {
                    let detail = format!("{} closed without being open", fact.text("code"));
                    verdict.find("case.closed_twice", &fact.subject, detail);
                }
                if fact.text("resolution").trim().is_empty() {
                    let detail = format!("{} closed without a word", fact.text("code"));
                    verdict.find("case.unexplained", &fact.subject, detail);
                }
            }
            _ => {}
        }
    }
    for (case, code) in open {
        verdict.find("case.unexplained", case, format!("{code} is still open"));
    }
}
