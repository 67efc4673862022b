//! The banker's check: who can still finish, and in which order, with all others standing.
//!
//! Deliberately absent: any decision; [`super::traffic`] asks and decides.

use super::claims::Claims;
use super::roadmap::{Node, Roadmap, Scratch};

/// One vehicle as the check sees it.
#[derive(Debug, Clone)]
pub(super) struct Stand {
    /// Where it will stand once it has driven what is granted: the last node it holds. `None`:
    /// not on the floor.
    pub at: Option<Node>,
    /// Where it wants to go before going home.
    pub goal: Option<Node>,
    /// Its private home.
    pub home: Node,
    /// Nobody knows when it moves again: it is only an obstacle.
    pub stuck: bool,
}

/// The result of a full check.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    /// Vehicles that can finish, in an order in which they can.
    pub order: Vec<usize>,
    /// Whether each vehicle is in `order`.
    pub finishes: Vec<bool>,
    /// The way each of them would take, after the last node it holds.
    pub ways: Vec<Vec<Node>>,
}

impl Verdict {
    /// Whether everyone who could finish in `before` still can.
    pub fn no_worse_than(&self, before: &Self) -> bool {
        let both = before.finishes.iter().zip(&self.finishes);
        both.into_iter().all(|(before, now)| !before || *now)
    }
}

/// Finds an order in which vehicles drive to their goal (when `with_goals`) and then home while
/// all others stand. `obstacles` says for each node who will stand on it once all have driven
/// what they were granted (what is granted is free, so they can). Exact, because going home never
/// takes a node that others may use.
pub(super) fn check(
    map: &Roadmap,
    claims: &Claims,
    stands: &[Stand],
    obstacles: &[Option<usize>],
    with_goals: bool,
    scratch: &mut Scratch,
) -> Verdict {
    let mut stood_on = obstacles.to_vec();
    let mut verdict = Verdict {
        order: Vec::new(),
        finishes: vec![false; stands.len()],
        ways: vec![Vec::new(); stands.len()],
    };
    loop {
        let before = verdict.order.len();
        for (vehicle, stand) in stands.iter().enumerate() {
            let Some(at) = stand
                .at
                .filter(|_| !stand.stuck && !verdict.finishes[vehicle])
            else {
                continue;
            };
            let may = |node: Node| {
                stood_on[node].is_none_or(|by| by == vehicle) && claims.open_to(node, vehicle)
            };
            if let Some(way) = way_home(map, stand, with_goals, scratch, may) {
                verdict.ways[vehicle] = way;
                verdict.finishes[vehicle] = true;
                verdict.order.push(vehicle);
                stood_on[at] = None;
            }
        }
        if verdict.order.len() == before {
            return verdict;
        }
    }
}

/// The way of one vehicle through nodes that it `may` enter: to its goal when `with_goal`, then
/// home.
pub(super) fn way_home(
    map: &Roadmap,
    stand: &Stand,
    with_goal: bool,
    scratch: &mut Scratch,
    may: impl Fn(Node) -> bool,
) -> Option<Vec<Node>> {
    let from = stand.at?;
    match stand.goal.filter(|_| with_goal) {
        Some(goal) if goal != from && goal != stand.home => {
            let mut way = map.way(scratch, from, goal, &may)?;
            way.extend(map.way(scratch, goal, stand.home, &may)?);
            Some(way)
        }
        _ => map.way(scratch, from, stand.home, &may),
    }
}
