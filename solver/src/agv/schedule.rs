//! Schedules: sequences of single moves that bring every vehicle home, found by playing the
//! floor forward.
//!
//! Deliberately absent: time. A schedule fixes only in which order vehicles enter a node, which
//! is all that execution has to respect (an action dependency graph in the sense of Hönig et
//! al., "Persistent and Robust Execution of MAPF Schedules in Warehouses", RA-L 2019).

use super::claims::Claims;
use super::roadmap::{Node, Roadmap, Scratch};

/// A move: this vehicle enters this node.
type Move = (usize, Node);

/// Moves still to come after which every vehicle is home.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    pub moves: Vec<Move>,
    /// Vehicles that reach their goal and home just by following their routes and waiting.
    pub flows: Vec<bool>,
}

impl Schedule {
    /// Takes the move off when it is the vehicle's next and nobody is to enter the node before;
    /// what is left is then a schedule for the state after the move.
    pub fn follow(&mut self, vehicle: usize, node: Node) -> bool {
        for (at, &(mover, to)) in self.moves.iter().enumerate() {
            if mover == vehicle {
                if to == node {
                    self.moves.remove(at);
                }
                return to == node;
            }
            if to == node {
                return false;
            }
        }
        false
    }

    /// The nodes the vehicle enters, in order, within the first `limit` moves.
    pub fn way_of(&self, vehicle: usize, limit: usize) -> Vec<Node> {
        let moves = self.moves.iter().take(limit);
        let own = moves.filter(|(mover, _)| *mover == vehicle);
        own.map(|&(_, node)| node).collect()
    }

    /// This vehicle drives `way` first, by itself; all others as before.
    pub fn put_first(&mut self, vehicle: usize, way: &[Node]) {
        self.moves.retain(|(mover, _)| *mover != vehicle);
        self.moves.splice(0..0, way.iter().map(|&node| (vehicle, node)));
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
    fn free(&self, node: Node, vehicle: usize) -> bool {
        self.stood_on[node].is_none_or(|by| by == vehicle) && self.claims.open_to(node, vehicle)
    }

    fn step(&mut self, vehicle: usize, node: Node) {
        if let Some(left) = self.at[vehicle].replace(node) {
            self.stood_on[left] = None;
        }
        self.stood_on[node] = Some(vehicle);
        self.moves.push((vehicle, node));
    }

    /// Lets all drive along their paths, one node a turn, waiting where the next is taken, until
    /// nobody can. What is driven is taken off the paths.
    pub fn play(&mut self, paths: &mut [&[Node]]) {
        loop {
            let mut moved = false;
            for (vehicle, path) in paths.iter_mut().enumerate() {
                let Some((&next, rest)) = path.split_first() else {
                    continue;
                };
                if self.free(next, vehicle) {
                    self.step(vehicle, next);
                    *path = rest;
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// A way between two nodes with everyone standing.
    pub fn way(&self, scratch: &mut Scratch, vehicle: usize, from: Node, to: Node) -> Option<Vec<Node>> {
        self.map.way(scratch, from, to, |node| self.free(node, vehicle))
    }

    /// Drives the vehicle home with everyone else standing, when there is a way.
    pub fn send_home(&mut self, scratch: &mut Scratch, vehicle: usize, home: Node) -> bool {
        let Some(from) = self.at[vehicle] else {
            return true;
        };
        let Some(way) = self.way(scratch, vehicle, from, home) else {
            return false;
        };
        for node in way {
            self.step(vehicle, node);
        }
        true
    }

    /// Everyone's schedule. The first that is found of: along the paths as far as that goes, then
    /// one vehicle straight home, and on along the paths; everyone straight home, one by one; the
    /// first again without goals, along `homeward`. `None` when each gets stuck.
    pub fn everyone_home(
        self,
        scratch: &mut Scratch,
        homes: &[Node],
        paths: &[Vec<Node>],
        homeward: impl Fn() -> Vec<Vec<Node>>,
    ) -> Option<Schedule> {
        let mut board = self.clone();
        let mut left: Vec<&[Node]> = paths.iter().map(Vec::as_slice).collect();
        board.play(&mut left);
        let flows = left.iter().map(|path| path.is_empty()).collect();
        let everyone: Vec<usize> = (0..homes.len()).collect();
        let moves = board
            .interleave(scratch, homes, left)
            .or_else(|| self.clone().one_by_one(scratch, homes, everyone))
            .or_else(|| {
                let homeward = homeward();
                let left = homeward.iter().map(Vec::as_slice).collect();
                self.clone().interleave(scratch, homes, left)
            })?;
        Some(Schedule { moves, flows })
    }

    fn interleave(mut self, scratch: &mut Scratch, homes: &[Node], mut left: Vec<&[Node]>) -> Option<Vec<Move>> {
        self.play(&mut left);
        while left.iter().any(|path| !path.is_empty()) {
            let mut unfinished = (0..left.len()).filter(|&v| !left[v].is_empty());
            let sent = unfinished.find(|&v| self.send_home(scratch, v, homes[v]))?;
            left[sent] = &[];
            self.play(&mut left);
        }
        Some(self.moves)
    }

    fn one_by_one(mut self, scratch: &mut Scratch, homes: &[Node], mut turn: Vec<usize>) -> Option<Vec<Move>> {
        while !turn.is_empty() {
            let next = turn.iter().position(|&v| self.send_home(scratch, v, homes[v]));
            turn.remove(next?);
        }
        Some(self.moves)
    }
}
