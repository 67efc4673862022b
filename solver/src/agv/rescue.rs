//! Getting a stalled or starved vehicle to its goal: give it a way of its own, clear it if need
//! be.
//!
//! Deliberately absent: vehicles that are busy or out of order are never sent away.
//!
//! Why it ends. A champion whose way to its goal and on to its home is free needs nobody: its
//! moves come first in the schedule, all others go on outside its way, and it arrives. Where
//! the way is not free, vehicles drive home in the order of a schedule, which is finite, until
//! it is; with everyone at home it is.

use super::roadmap::Node;
use super::schedule::{Board, Schedule};
use super::traffic::{Agent, Floor, Task, Traffic};

/// The one rescue under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rescue {
    /// The champion drives to `goal`; nobody else enters `way`, which leads on to its home.
    Through { champion: usize, goal: Node, way: Vec<Node> },
    /// Only moves of the schedule are granted, and only until `left` moves are left of it.
    Clearing { champion: usize, left: usize },
}

impl Traffic {
    /// Whether the vehicle is one of those that drive now, as far as a rescue is concerned.
    pub(super) fn may_move(&self, vehicle: usize) -> bool {
        let agent = &self.agents[vehicle];
        if !agent.placed() || !agent.ready {
            return false;
        }
        match &self.rescue {
            Some(Rescue::Clearing { .. }) => agent.goal().is_some(),
            _ => agent.wants(),
        }
    }

    /// Whether `node` is reserved for somebody else.
    pub(super) fn kept_from(&self, node: Node, vehicle: usize) -> bool {
        match &self.rescue {
            Some(Rescue::Through { champion, way, .. }) => *champion != vehicle && way.contains(&node),
            _ => false,
        }
    }

    /// The next node of the vehicle by the schedule that clears a way.
    pub(super) fn retreat(&self, vehicle: usize) -> Option<Node> {
        let Some(Rescue::Clearing { left, .. }) = self.rescue else {
            return None;
        };
        let schedule = self.schedule.as_ref()?;
        let limit = schedule.moves.len().saturating_sub(left);
        schedule.way_of(vehicle, limit).first().copied()
    }

    /// Ends, continues or turns the rescue under way according to where everyone is now.
    pub(super) fn review_rescue(&mut self) {
        let champion = match self.rescue {
            None => return,
            Some(Rescue::Through { champion, .. } | Rescue::Clearing { champion, .. }) => champion,
        };
        let agent = &self.agents[champion];
        let goal = agent.goal().filter(|goal| agent.held.back() != Some(goal));
        let standing = agent.ready && agent.standing();
        match (goal, &self.rescue) {
            (None, _) => self.rescue = None,
            (Some(new), Some(Rescue::Through { goal, .. })) if new != *goal => self.rescue = None,
            (_, Some(Rescue::Through { .. })) => {
                if standing && !self.through(champion) && !self.clear_way(champion) {
                    self.rescue = None;
                }
            }
            (_, Some(Rescue::Clearing { left, .. })) => {
                let left = *left;
                if self.through(champion) {
                    return;
                }
                let over = match &self.schedule {
                    Some(schedule) => schedule.moves.len() <= left && !self.anyone_drives(),
                    None => true,
                };
                if over && !self.clear_way(champion) {
                    self.rescue = None;
                }
            }
            (_, None) => {}
        }
    }

    fn anyone_drives(&self) -> bool {
        let drives = |a: &Agent| a.placed() && a.task != Task::Stuck && !a.standing();
        self.agents.iter().any(drives)
    }

    /// The vehicle to rescue: the longest standing one when nobody moves, or a starved one.
    pub(super) fn in_need(&self, granted: bool) -> Option<usize> {
        if self.rescue.is_some() && granted {
            return None;
        }
        let settling = |a: &Agent| {
            let wants = a.goal().is_some_and(|goal| a.held.back() != Some(&goal));
            a.placed() && a.task != Task::Stuck && !a.ready && wants
        };
        let quiet = !self.anyone_drives() && !self.agents.iter().any(settling);
        let stalled = !granted && quiet;
        let patience = 100 + 40 * self.agents.len() as u64;
        let needs = |&v: &usize| {
            let agent = &self.agents[v];
            let starved = self.rescue.is_none() && agent.waits > patience;
            agent.placed() && agent.standing() && agent.wants() && (stalled || starved)
        };
        (0..self.agents.len()).filter(needs).min_by_key(|&v| (self.agents[v].since, v))
    }

    /// Starts a rescue of `first` or, when nothing can be done for it, of the next in age.
    pub(super) fn start_rescue(&mut self, first: usize) -> bool {
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.retain(|&v| self.agents[v].placed() && self.agents[v].standing());
        turn.retain(|&v| self.agents[v].wants());
        turn.sort_by_key(|&v| (v != first, self.agents[v].since, v));
        self.rescue = None;
        for champion in turn {
            self.agents[champion].waits = 0;
            if self.through(champion) || self.clear_way(champion) {
                return true;
            }
        }
        false
    }

    /// Lets the champion drive when its way to the goal and home is free.
    fn through(&mut self, champion: usize) -> bool {
        let Some((goal, way, back)) = self.own_way(champion, &self.board(Floor::AsItIs)) else {
            return false;
        };
        let Some(schedule) = &mut self.schedule else {
            return false;
        };
        let whole: Vec<Node> = way.iter().chain(&back).copied().collect();
        schedule.put_first(champion, &whole);
        let agent = &mut self.agents[champion];
        agent.route = way.into();
        agent.homeward = back;
        agent.homeward_from = Some(goal);
        agent.routed_to = Some(goal);
        self.rescue = Some(Rescue::Through { champion, goal, way: whole });
        true
    }

    /// The champion's goal, its way there and from there home, when both are free on the board
    /// and open.
    fn own_way(&self, champion: usize, board: &Board) -> Option<(Node, Vec<Node>, Vec<Node>)> {
        let agent = &self.agents[champion];
        let (goal, from) = (agent.goal()?, board.at[champion]?);
        let may = |node: Node| board.stood_on[node].is_none_or(|by| by == champion) && self.may_ever(champion, node);
        let (_, way) = self.map.shortest(from, goal, may, |_, _| 0)?;
        let (_, back) = self.map.shortest(goal, agent.home, may, |_, _| 0)?;
        Some((goal, way, back))
    }

    /// Makes a schedule by which vehicles drive home until the champion's way is free; `false`
    /// when that cannot be had now.
    fn clear_way(&mut self, champion: usize) -> bool {
        self.rescue = None;
        let Some(wanted) = self.wanted(champion) else {
            return false;
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let cleared = self.clearing_schedule(champion, &wanted, &mut scratch);
        self.scratch = scratch;
        let movers = |s: &Schedule| s.moves.iter().all(|&(v, _)| self.agents[v].goal().is_some());
        if let Some((moves, needed)) = cleared {
            let left = moves.len() - needed;
            let flows = vec![false; self.agents.len()];
            self.schedule = Some(Schedule { moves, flows });
            self.schedule_fresh = false;
            self.rescue = Some(Rescue::Clearing { champion, left });
            return true;
        }
        // No shorter schedule is at hand: the one that keeps the floor safe does it as well.
        let own = self.schedule.as_ref().is_some_and(movers);
        if own {
            self.rescue = Some(Rescue::Clearing { champion, left: 0 });
        }
        own
    }

    /// Vehicles that may be sent home drive home one after the other, those in the champion's
    /// way first. Returns the moves for everyone and how many are needed for the champion.
    fn clearing_schedule(
        &self,
        champion: usize,
        wanted: &[Node],
        scratch: &mut super::roadmap::Scratch,
    ) -> Option<(Vec<(usize, Node)>, usize)> {
        let in_way = |v: usize| self.agents[v].held.iter().any(|node| wanted.contains(node));
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.retain(|&v| self.agents[v].placed());
        let sendable = |v: usize| self.agents[v].goal().is_some();
        turn.sort_by_key(|&v| (!sendable(v), v == champion, !in_way(v), v));
        let mut board = self.board(Floor::AsItIs);
        let mut needed = None;
        while !turn.is_empty() {
            let movable = |v: usize| needed.is_some() || sendable(v);
            let next = turn.iter().position(|&v| movable(v) && board.send_home(scratch, v, self.agents[v].home));
            turn.remove(next?);
            if needed.is_none() && self.own_way(champion, &board).is_some() {
                needed = Some(board.moves.len());
                self.repair(&mut board);
            }
        }
        Some((board.moves, needed?))
    }

    /// The way the champion would have if everyone who may be sent home were there.
    fn wanted(&self, champion: usize) -> Option<Vec<Node>> {
        let goal = self.agents[champion].goal()?;
        let from = *self.agents[champion].held.back()?;
        let may = |node| {
            let holder = self.claims.holder(node).filter(|&by| by != champion);
            self.may_ever(champion, node) && holder.is_none_or(|by| self.agents[by].goal().is_some())
        };
        let found = self.map.shortest(from, goal, may, |_, _| 0);
        found.map(|(_, way)| way)
    }
}
