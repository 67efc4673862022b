//! A decision, opened by "why?": what was weighed, what was rejected and why, how
//! good the choice is known to be. Deliberately absent: changing it.

use askama::Template;

use super::frame::Frame;
use crate::web::i18n::Words;

/// Something that could have been chosen.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its cost; `None` if it was impossible.
    pub cost: Option<i64>,
    /// Its cost, as read.
    pub shown: String,
    /// True for the chosen.
    pub chosen: bool,
    /// Why not; empty for the chosen.
    pub reason: String,
}

/// A decision.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Id.
    pub id: String,
    /// `Why this rider?`
    pub question: String,
    /// What it is about, and where that is.
    pub subject: (String, String),
    /// What was chosen.
    pub chosen: String,
    /// `Decided 14:31:42, took 38 ms`.
    pub when: String,
    /// How: exact, greedy, nearest.
    pub method: String,
    /// What was weighed and possible, cheapest first.
    pub candidates: Vec<Candidate>,
    /// How many for each reason of rejection, most first.
    pub rejected: Vec<(usize, String)>,
    /// Cost, bound, gap in a sentence; empty if no bound is known.
    pub bound: String,
    /// How far from the best, in per mille; draws the bar.
    pub gap_permille: Option<i64>,
    /// What went in: label and value.
    pub inputs: Vec<(String, String)>,
    /// Digest of the inputs.
    pub digest: String,
}

impl Decision {
    /// Width of a candidate's bar, 0 to 100: the dearest fills it.
    pub fn width(&self, candidate: &Candidate) -> i64 {
        let most = self.candidates.iter().filter_map(|other| other.cost).max().unwrap_or(0);
        match candidate.cost {
            Some(cost) if most > 0 => (cost.max(0) * 100 / most).max(2),
            _ => 0,
        }
    }
    /// How near the choice is to its bound, 0 to 100.
    pub fn closeness(&self) -> i64 {
        self.gap_permille.map_or(0, |gap| 100 - gap.clamp(0, 1000) / 10)
    }
    /// How many were weighed at all.
    pub fn weighed(&self) -> usize {
        self.candidates.len() + self.rejected_count()
    }
    /// How many were rejected, beside those listed.
    pub fn rejected_count(&self) -> usize {
        self.rejected.iter().map(|(count, _)| count).sum()
    }
}

/// A decision as a page of its own.
#[derive(Debug, Template)]
#[template(path = "desk/why.html")]
pub struct WhyPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// The decision.
    pub d: Decision,
}

/// A decision as a panel beside the page that asked.
#[derive(Debug, Template)]
#[template(path = "desk/_why.html")]
pub struct WhyPart {
    /// Words.
    pub t: Words,
    /// The decision.
    pub d: Decision,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_compare_candidates() {
        let one = |cost| Candidate { cost, ..Candidate::default() };
        let d = Decision {
            candidates: vec![one(Some(64)), one(Some(122)), one(None)],
            rejected: vec![(118, "closed".to_owned()), (61, "no bag".to_owned())],
            ..Decision::default()
        };
        assert_eq!(d.candidates.iter().map(|c| d.width(c)).collect::<Vec<_>>(), [52, 100, 0]);
        assert_eq!(d.weighed(), 182);
    }
}
