//! Getting a stalled or starved vehicle to its goal: give it a way of its own, clear it if need
//! be.
//!
//! Deliberately absent: vehicles that are busy or out of order are never sent away.
//!
//! Why it ends. A champion whose way to its goal and on to its home is free needs nobody: its
//! moves come first in the schedule, nobody else enters its way, and it arrives. Where the way
//! is not free, vehicles drive home in the order of a schedule, which is finite, until it is;
//! with everyone at home it is.

use super::roadmap::{Node, Scratch};
use super::schedule::{Board, Schedule};
use super::traffic::{Agent, Task, Traffic};

/// The one rescue under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rescue {
    /// The champion drives `way` to `goal` and could go on by it to its home; nobody else enters
    /// what it has not driven yet.
    Through { champion: usize, goal: Node, way: Vec<Node> },
    /// Only moves of the schedule are made, and only until `left` of them are left.
    Clearing { champion: usize, left: usize },
}

impl Traffic {
    /// How many moves of the schedule may be made now.
    pub(super) fn movable(&self) -> usize {
        let Some(schedule) = &self.schedule else {
            return 0;
        };
        match self.rescue {
            Some(Rescue::Clearing { left, .. }) => schedule.moves.len().saturating_sub(left),
            _ => schedule.live,
        }
    }

    /// Whether the vehicle is one of those that drive now.
    pub(super) fn may_move(&self, vehicle: usize) -> bool {
        let agent = &self.agents[vehicle];
        if !agent.placed() || !agent.ready {
            return false;
        }
        match self.rescue {
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

    /// The champion's way becomes shorter as it drives.
    pub(super) fn shorten(&mut self, vehicle: usize, node: Node) {
        if let Some(Rescue::Through { champion, way, .. }) = &mut self.rescue
            && *champion == vehicle
            && way.first() == Some(&node)
        {
            way.remove(0);
        }
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
                let rest = self.schedule.as_ref().map_or(0, |s| s.moves.len());
                let over = rest <= left && !self.anyone_drives();
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

    /// The vehicle to rescue, the oldest goal first: when nobody moves, when all the moving leads
    /// nobody to a goal, or when others were served again and again meanwhile.
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
        let fleet = self.agents.len();
        let fruitless = self.fruitless > 40 * fleet + 2 * self.map.node_count();
        let needs = |&v: &usize| {
            let agent = &self.agents[v];
            let starved = self.goals_set - agent.since > 20 * fleet as u64;
            let due = stalled || self.rescue.is_none() && (fruitless || starved);
            agent.placed() && agent.wants() && due
        };
        (0..fleet).filter(needs).min_by_key(|&v| (self.agents[v].since, v))
    }

    /// Starts a rescue of `first` or, when nothing can be done for it, of the next in age.
    pub(super) fn start_rescue(&mut self, first: usize) -> bool {
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.retain(|&v| self.agents[v].placed() && self.agents[v].wants());
        turn.sort_by_key(|&v| (v != first, self.agents[v].since, v));
        self.rescue = None;
        self.fruitless = 0;
        for champion in turn {
            if self.through(champion) || self.clear_way(champion) {
                return true;
            }
        }
        false
    }

    /// Lets the champion drive when its way to the goal and home is free.
    fn through(&mut self, champion: usize) -> bool {
        let Some((goal, way)) = self.own_way(champion, &self.board()) else {
            return false;
        };
        let Some(schedule) = &mut self.schedule else {
            return false;
        };
        schedule.put_first(champion, &way);
        self.rescue = Some(Rescue::Through { champion, goal, way });
        true
    }

    /// The champion's goal, and its way there and on to its home, when that is free on the board
    /// and open.
    fn own_way(&self, champion: usize, board: &Board) -> Option<(Node, Vec<Node>)> {
        let agent = &self.agents[champion];
        let (goal, from) = (agent.goal()?, board.at[champion]?);
        let may = |node: Node| board.stood_on[node].is_none_or(|by| by == champion) && self.may_ever(champion, node);
        let (_, mut way) = self.map.shortest(from, goal, may)?;
        let (_, back) = self.map.shortest(goal, agent.home, may)?;
        way.extend(back);
        Some((goal, way))
    }

    /// Makes a schedule by which vehicles drive home until the champion's way is free; `false`
    /// when that cannot be had now.
    fn clear_way(&mut self, champion: usize) -> bool {
        self.rescue = None;
        let Some(wanted) = self.wanted(champion) else {
            return false;
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let cleared = self.clearance(champion, &wanted, &mut scratch);
        self.scratch = scratch;
        if let Some((moves, needed)) = cleared {
            let left = moves.len() - needed;
            self.schedule = Some(Schedule { moves, live: 0 });
            self.schedule_fresh = false;
            self.rescue = Some(Rescue::Clearing { champion, left });
            return true;
        }
        // No shorter schedule is at hand: the one that keeps the floor safe does it as well.
        let movers = |s: &Schedule| s.moves.iter().all(|&(v, _)| self.agents[v].goal().is_some());
        let own = self.schedule.as_ref().is_some_and(movers);
        if own {
            self.rescue = Some(Rescue::Clearing { champion, left: 0 });
        }
        own
    }

    /// Vehicles that may be sent home drive home one after the other, those in the champion's
    /// way first. Returns the moves for everyone and how many are needed for the champion.
    fn clearance(
        &self,
        champion: usize,
        wanted: &[Node],
        scratch: &mut Scratch,
    ) -> Option<(Vec<(usize, Node)>, usize)> {
        let in_way = |v: usize| self.agents[v].held.iter().any(|node| wanted.contains(node));
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.retain(|&v| self.agents[v].placed());
        let sendable = |v: usize| self.agents[v].goal().is_some();
        turn.sort_by_key(|&v| (!sendable(v), v == champion, !in_way(v), v));
        let mut board = self.board();
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
        let found = self.map.shortest(from, goal, may);
        found.map(|(_, way)| way)
    }
}
