//! The banker's check on the floor as it is: who can still get home, with all others standing.
//!
//! Deliberately absent: goals, and any decision. It serves while edges are closed or vehicles
//! stuck, when a schedule for everyone may not exist.

use super::claims::Claims;
use super::roadmap::{Node, Roadmap, Scratch};

/// One vehicle as the check sees it.
#[derive(Debug, Clone)]
pub(super) struct Stand {
    /// Where it will stand once it has driven what is granted. `None`: not on the floor.
    pub at: Option<Node>,
    /// Its private home.
    pub home: Node,
    /// Nobody knows when it moves again: it is only an obstacle.
    pub stuck: bool,
}

/// For each vehicle, whether it is in some order in which vehicles drive home one after the
/// other. `stood_on` says who will stand on each node once all have driven what they were
/// granted. Exact, because going home never takes a node that others may use.
pub(super) fn who_gets_home(
    map: &Roadmap,
    claims: &Claims,
    stands: &[Stand],
    mut stood_on: Vec<Option<usize>>,
    scratch: &mut Scratch,
) -> Vec<bool> {
    let mut home = vec![false; stands.len()];
    loop {
        let before = home.iter().filter(|&&done| done).count();
        for (vehicle, stand) in stands.iter().enumerate() {
            let Some(at) = stand.at.filter(|_| !stand.stuck && !home[vehicle]) else {
                continue;
            };
            let may = |node: Node| stood_on[node].is_none_or(|by| by == vehicle) && claims.open_to(node, vehicle);
            if map.way(scratch, at, stand.home, may).is_some() {
                home[vehicle] = true;
                stood_on[at] = None;
            }
        }
        if home.iter().filter(|&&done| done).count() == before {
            return home;
        }
    }
}

/// Whether everyone in `before` is also in `after`.
pub(super) fn no_worse(before: &[bool], after: &[bool]) -> bool {
    before.iter().zip(after).all(|(before, after)| !before || *after)
}
