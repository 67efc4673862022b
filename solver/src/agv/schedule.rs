//! Schedules: sequences of single moves that bring every vehicle to its goal and then home,
//! found by playing the floor forward.
//!
//! Deliberately absent: time. A schedule fixes only in which order vehicles enter a node, which
//! is all that execution has to respect (an action dependency graph in the sense of Hönig et
//! al., "Persistent and Robust Execution of MAPF Schedules in Warehouses", RA-L 2019). The play
//! is priority inheritance with backtracking (Okumura et al., "Priority Inheritance with
//! Backtracking for Iterative Multi-agent Path Finding", AIJ 2022), restricted to moves that can
//! be made one after the other: a chain of pushes must end on a free node.

use super::claims::Claims;
use super::roadmap::{Node, Roadmap, Scratch, UNREACHED};

/// A move: this vehicle enters this node.
type Move = (usize, Node);

/// Moves still to come after which every vehicle is home.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    pub moves: Vec<Move>,
    /// The first so many moves lead to goals; the rest only show that everyone gets home.
    pub live: usize,
}

impl Schedule {
    /// The vehicle's next node within the first `limit` moves, when nobody is to enter that node
    /// before.
    pub fn next(&self, vehicle: usize, limit: usize) -> Option<Node> {
        let moves = &self.moves[..limit.min(self.moves.len())];
        let at = moves.iter().position(|&(mover, _)| mover == vehicle)?;
        let node = moves[at].1;
        let first = !moves[..at].iter().any(|&(_, entered)| entered == node);
        first.then_some(node)
    }

    /// Whether the vehicle has a move to make that leads to goals.
    pub fn leads(&self, vehicle: usize) -> bool {
        self.moves[..self.live].iter().any(|&(mover, _)| mover == vehicle)
    }

    /// Takes off the vehicle's next move; what is left is a schedule for the state after it.
    pub fn made(&mut self, vehicle: usize) {
        if let Some(at) = self.moves.iter().position(|&(mover, _)| mover == vehicle) {
            self.moves.remove(at);
            self.live -= usize::from(at < self.live);
        }
    }

    /// This vehicle drives `way` first, by itself; all others as before.
    pub fn put_first(&mut self, vehicle: usize, way: &[Node]) {
        let others = |m: &&Move| m.0 != vehicle;
        self.live = way.len() + self.moves[..self.live].iter().filter(others).count();
        self.moves.retain(|(mover, _)| *mover != vehicle);
        let way = way.iter().map(|&node| (vehicle, node));
        self.moves.splice(0..0, way);
    }
}

/// Leaves out every round trip of a vehicle that served nobody: when it comes back to a node that
/// nobody else entered meanwhile, it may as well stay there. Trips to a goal do serve.
pub(super) fn without_idle_trips(from: &[Option<Node>], goals: &[Option<Node>], moves: &[Move]) -> Vec<Move> {
    let mut kept: Vec<Option<Move>> = moves.iter().copied().map(Some).collect();
    for (vehicle, start) in from.iter().enumerate() {
        // The nodes it visits and the index of the move by which it came there.
        let mut path: Vec<(Node, Option<usize>)> = start.map(|node| (node, None)).into_iter().collect();
        for at in 0..moves.len() {
            let (mover, node) = moves[at];
            if mover != vehicle {
                // Somebody else enters: whoever left that node before cannot stay there.
                if let Some(seen) = path.iter().rposition(|&(passed, _)| passed == node) {
                    path.drain(..=seen);
                }
                continue;
            }
            match path.iter().position(|&(passed, _)| passed == node) {
                Some(seen) => {
                    for (_, entered) in path.drain(seen + 1..) {
                        kept[entered.expect("only the first has no move")] = None;
                    }
                    kept[at] = None;
                }
                None => path.push((node, Some(at))),
            }
            if goals[vehicle] == Some(node) {
                path = vec![(node, None)];
            }
        }
    }
    kept.into_iter().flatten().collect()
}

/// What the play knows of a vehicle.
#[derive(Debug, Clone)]
pub(super) struct Player<'a> {
    /// Cost from each node to its goal, then to its home. Without a goal it drives home.
    pub to_goal: Option<&'a [i64]>,
    pub to_home: &'a [i64],
    /// Stands where it stands for now.
    pub fixed: bool,
}

impl Player<'_> {
    fn costs(&self) -> &[i64] {
        self.to_goal.unwrap_or(self.to_home)
    }

    fn finished(&self, at: Option<Node>) -> bool {
        at.is_none_or(|at| self.to_goal.is_none() && self.to_home[at] == 0)
    }
}

/// One round of play.
struct Round {
    /// Has moved, or will not.
    decided: Vec<bool>,
    /// Those that could not move by themselves.
    stayed: Vec<usize>,
    /// By whom each of them may be pushed all the same.
    yields_to: Vec<Vec<usize>>,
    /// Whose turn it is.
    root: usize,
}

impl Round {
    fn new(players: usize) -> Self {
        Self { decided: vec![false; players], stayed: Vec::new(), yields_to: vec![Vec::new(); players], root: 0 }
    }

    fn may_push(&self, vehicle: usize) -> bool {
        !self.decided[vehicle] || self.yields_to[vehicle].contains(&self.root)
    }

    /// The vehicle could not move, having tried to push those newly marked in `tried`.
    fn stay(&mut self, vehicle: usize, tried: &[bool], yields: bool) {
        let pushed = |&v: &usize| v != vehicle && tried[v] && !self.decided[v];
        if yields {
            self.yields_to[vehicle] = (0..tried.len()).filter(pushed).collect();
        }
        self.decided[vehicle] = true;
        self.stayed.push(vehicle);
    }
}

/// A floor on which moves are tried out.
#[derive(Clone)]
pub(super) struct Board<'a> {
    pub map: &'a Roadmap,
    pub claims: &'a Claims,
    /// Who stands on each node.
    pub stood_on: Vec<Option<usize>>,
    /// Where each vehicle stands; `None`: not on the floor.
    pub at: Vec<Option<Node>>,
    pub moves: Vec<Move>,
}

impl Board<'_> {
    pub fn step(&mut self, vehicle: usize, node: Node) {
        if let Some(left) = self.at[vehicle].replace(node) {
            self.stood_on[left] = None;
        }
        self.stood_on[node] = Some(vehicle);
        self.moves.push((vehicle, node));
    }

    /// Drives the vehicle home with everyone else standing, when there is a way.
    pub fn send_home(&mut self, scratch: &mut Scratch, vehicle: usize, home: Node) -> bool {
        let Some(from) = self.at[vehicle] else {
            return true;
        };
        let free =
            |node: Node| self.stood_on[node].is_none_or(|by| by == vehicle) && self.claims.open_to(node, vehicle);
        let Some(way) = self.map.way(scratch, from, home, free) else {
            return false;
        };
        for node in way {
            self.step(vehicle, node);
        }
        true
    }

    /// Everyone drives home one after the other, in the first order that is found.
    pub fn one_by_one(&mut self, scratch: &mut Scratch, homes: &[Node]) -> bool {
        let mut turn: Vec<usize> = (0..homes.len()).collect();
        while !turn.is_empty() {
            let next = turn.iter().position(|&v| self.send_home(scratch, v, homes[v]));
            let Some(next) = next else {
                return false;
            };
            turn.remove(next);
        }
        true
    }

    /// Plays up to `rounds` rounds, in each of which every vehicle moves at most once, the
    /// earlier in `turn` the rather. Ends when nobody moves.
    ///
    /// On a floor with dead ends the first in turn may stand before the very vehicle that is in
    /// its way. So who cannot move may be pushed by those it failed to push, and the one that
    /// gained by that takes precedence from then on.
    pub fn play(&mut self, players: &mut [Player], turn: &mut Vec<usize>, rounds: usize) {
        let mut yields_left = 4 * players.len();
        for _ in 0..rounds {
            let before = self.moves.len();
            let mut round = Round::new(players.len());
            for vehicle in turn.clone() {
                if round.decided[vehicle] {
                    continue;
                }
                let first = self.moves.len();
                let decided = round.decided.clone();
                round.root = vehicle;
                if !self.push(players, &mut round, vehicle, None) {
                    let tried = std::mem::replace(&mut round.decided, decided);
                    round.stay(vehicle, &tried, yields_left > 0);
                    continue;
                }
                let moved = |v: &usize| self.moves[first..].iter().any(|(mover, _)| mover == v);
                if let Some(&yielded) = round.stayed.iter().find(|v| moved(v)) {
                    yields_left = yields_left.saturating_sub(1);
                    turn.retain(|&v| v != vehicle);
                    let rank = turn.iter().position(|&v| v == yielded).unwrap_or(0);
                    turn.insert(rank, vehicle);
                }
            }
            for (player, at) in players.iter_mut().zip(&self.at) {
                if player.to_goal.is_some() && at.is_some_and(|at| player.costs()[at] == 0) {
                    player.to_goal = None;
                }
            }
            if self.moves.len() == before {
                return;
            }
        }
    }

    /// Moves the vehicle nearer to where it wants to be or, when somebody pushes it, anywhere
    /// but where it stands. Others in the way are pushed in turn.
    fn push(&mut self, players: &[Player], round: &mut Round, vehicle: usize, pusher: Option<usize>) -> bool {
        round.decided[vehicle] = true;
        round.yields_to[vehicle].clear();
        let (Some(at), player) = (self.at[vehicle], &players[vehicle]) else {
            return false;
        };
        if player.fixed {
            return false;
        }
        let costs = player.costs();
        let mut options: Vec<Node> = self
            .map
            .next(at)
            .filter(|&node| node != at && self.claims.open_to(node, vehicle))
            .filter(|&node| player.to_home[node] != UNREACHED)
            .filter(|&node| pusher.is_some() || costs[node] < costs[at])
            .collect();
        options.sort_by_key(|&node| {
            let pushed_on = pusher.map_or(0, |by| players[by].costs()[node]);
            (costs[node], std::cmp::Reverse(pushed_on), node)
        });
        for node in options {
            let free = match self.stood_on[node] {
                None => true,
                Some(other) => round.may_push(other) && self.push(players, round, other, Some(vehicle)),
            };
            if free {
                self.step(vehicle, node);
                return true;
            }
        }
        false
    }

    pub fn all_finished(&self, players: &[Player]) -> bool {
        players.iter().zip(&self.at).all(|(p, &at)| p.finished(at))
    }
}
