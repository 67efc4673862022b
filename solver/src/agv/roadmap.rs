//! The directed graph vehicles drive on, with closable edges and the three searches on it.
//!
//! Deliberately absent: who stands where; the searches are told through a predicate.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Index of a node of the roadmap, `0..node_count`.
pub type Node = usize;

/// The cost of a place from which there is no way.
pub(super) const UNREACHED: i64 = i64::MAX;

/// Why a roadmap cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoadmapError {
    /// An edge names a node outside `0..node_count`.
    #[error("edge {from} -> {to} names a node outside 0..{node_count}")]
    UnknownNode { from: Node, to: Node, node_count: usize },
    /// An edge has a negative length.
    #[error("edge {from} -> {to} has a negative length")]
    NegativeLength { from: Node, to: Node },
}

#[derive(Debug, Clone)]
struct Arc {
    to: Node,
    length_mm: i64,
    closed: bool,
}

/// Nodes and directed edges with lengths in millimetres.
#[derive(Debug, Clone)]
pub struct Roadmap {
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Node>>,
}

impl Roadmap {
    /// Builds a roadmap of `node_count` nodes from `(from, to, length_mm)` edges, all open.
    ///
    /// # Errors
    /// [`RoadmapError`] when an edge names an unknown node or has a negative length.
    pub fn new(node_count: usize, edges: &[(Node, Node, i64)]) -> Result<Self, RoadmapError> {
        let mut map = Self { out: vec![Vec::new(); node_count], into: vec![Vec::new(); node_count] };
        for &(from, to, length_mm) in edges {
            if from >= node_count || to >= node_count {
                return Err(RoadmapError::UnknownNode { from, to, node_count });
            }
            if length_mm < 0 {
                return Err(RoadmapError::NegativeLength { from, to });
            }
            map.out[from].push(Arc { to, length_mm, closed: false });
            map.into[to].push(from);
        }
        Ok(map)
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.out.len()
    }

    /// Closes or opens every edge `from -> to`; `false` when there is none.
    pub fn set_closed(&mut self, from: Node, to: Node, closed: bool) -> bool {
        let mut found = false;
        for arc in self.out.get_mut(from).into_iter().flatten() {
            if arc.to == to {
                arc.closed = closed;
                found = true;
            }
        }
        found
    }

    /// Length of the open edge `from -> to`, the shortest of parallel ones.
    pub fn open_length_mm(&self, from: Node, to: Node) -> Option<i64> {
        let arcs = self.out.get(from)?;
        arcs.iter().filter(|arc| arc.to == to && !arc.closed).map(|arc| arc.length_mm).min()
    }

    /// The same roadmap with every edge open.
    pub fn all_open(&self) -> Self {
        let mut map = self.clone();
        for arc in map.out.iter_mut().flatten() {
            arc.closed = false;
        }
        map
    }

    /// Shortest way over open edges through nodes that `may` enter. Returns its length and the
    /// nodes after `from`, ending with `to`.
    pub fn shortest(&self, from: Node, to: Node, may: impl Fn(Node) -> bool) -> Option<(i64, Vec<Node>)> {
        let mut best = vec![i64::MAX; self.out.len()];
        let mut parent = vec![usize::MAX; self.out.len()];
        let mut heap = BinaryHeap::new();
        best[from] = 0;
        heap.push(Reverse((0, from)));
        while let Some(Reverse((cost, node))) = heap.pop() {
            if node == to {
                return Some((cost, unwind(&parent, from, to)));
            }
            if cost > best[node] {
                continue;
            }
            for arc in self.out[node].iter().filter(|arc| !arc.closed) {
                if !may(arc.to) {
                    continue;
                }
                let next = cost + arc.length_mm;
                if next < best[arc.to] {
                    best[arc.to] = next;
                    parent[arc.to] = node;
                    heap.push(Reverse((next, arc.to)));
                }
            }
        }
        None
    }

    /// Some way (fewest edges) over open edges through nodes that `may` enter: the nodes after
    /// `from`, ending with `to`; empty when already there.
    pub(super) fn way(
        &self,
        scratch: &mut Scratch,
        from: Node,
        to: Node,
        may: impl Fn(Node) -> bool,
    ) -> Option<Vec<Node>> {
        if from == to {
            return Some(Vec::new());
        }
        scratch.begin(self.out.len());
        scratch.visit(from, from);
        while let Some(node) = scratch.queue.pop_front() {
            for arc in self.out[node].iter().filter(|arc| !arc.closed) {
                if scratch.seen(arc.to) || !may(arc.to) {
                    continue;
                }
                scratch.visit(arc.to, node);
                if arc.to == to {
                    return Some(unwind(&scratch.parent, from, to));
                }
            }
        }
        None
    }

    /// For each node the cost of the cheapest open way from it to `to` through nodes that `may`
    /// be entered, with an extra cost for each node entered; [`UNREACHED`] when there is none.
    pub(super) fn costs_to(&self, to: Node, may: impl Fn(Node) -> bool, toll_mm: impl Fn(Node) -> i64) -> Vec<i64> {
        let mut best = vec![UNREACHED; self.out.len()];
        let mut heap = BinaryHeap::new();
        best[to] = 0;
        heap.push(Reverse((0, to)));
        while let Some(Reverse((cost, node))) = heap.pop() {
            if cost > best[node] {
                continue;
            }
            for &from in &self.into[node] {
                let Some(length_mm) = self.open_length_mm(from, node).filter(|_| may(from)) else {
                    continue;
                };
                // At least one, so that every step towards the goal shows.
                let next = cost + length_mm.max(1) + toll_mm(node);
                if next < best[from] {
                    best[from] = next;
                    heap.push(Reverse((next, from)));
                }
            }
        }
        best
    }

    /// The ends of the open edges from `node`.
    pub(super) fn next(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let open = self.out[node].iter().filter(|arc| !arc.closed);
        open.map(|arc| arc.to)
    }
}

fn unwind(parent: &[Node], from: Node, to: Node) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut node = to;
    while node != from {
        nodes.push(node);
        node = parent[node];
    }
    nodes.reverse();
    nodes
}

/// Buffers of the breadth-first search, kept between calls so that it does not allocate.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    stamp: Vec<u32>,
    parent: Vec<Node>,
    queue: VecDeque<Node>,
    epoch: u32,
}

impl Scratch {
    fn begin(&mut self, node_count: usize) {
        if self.stamp.len() != node_count || self.epoch == u32::MAX {
            self.stamp = vec![0; node_count];
            self.parent = vec![usize::MAX; node_count];
            self.epoch = 0;
        }
        self.epoch += 1;
        self.queue.clear();
    }

    fn seen(&self, node: Node) -> bool {
        self.stamp[node] == self.epoch
    }

    fn visit(&mut self, node: Node, parent: Node) {
        self.stamp[node] = self.epoch;
        self.parent[node] = parent;
        self.queue.push_back(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_edges_are_not_driven() {
        let edges = [(0, 1, 10), (1, 2, 10), (0, 2, 50)];
        let mut map = Roadmap::new(3, &edges).unwrap();
        assert_eq!(map.shortest(0, 2, |_| true), Some((20, vec![1, 2])));
        assert!(map.set_closed(1, 2, true));
        assert_eq!(map.shortest(0, 2, |_| true), Some((50, vec![2])));
        assert!(!map.set_closed(2, 1, true), "there is no such edge");
        assert_eq!(map.all_open().open_length_mm(1, 2), Some(10));
        let costs = map.costs_to(2, |_| true, |_| 0);
        assert_eq!(costs, vec![50, UNREACHED, 0]);
    }

    #[test]
    fn bad_edges_are_refused() {
        assert!(matches!(Roadmap::new(2, &[(0, 2, 1)]), Err(RoadmapError::UnknownNode { to: 2, .. })));
        assert!(matches!(Roadmap::new(2, &[(0, 1, -1)]), Err(RoadmapError::NegativeLength { .. })));
    }
}
