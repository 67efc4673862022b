//! Directed weighted graph of a floor or a road network, with shortest paths.
//!
//! Labels are set by Dijkstra's algorithm (Numer. Math. 1, 1959) with a binary
//! heap over petgraph's adjacency lists; each single-source run is kept until
//! the graph changes. Absent on purpose: coordinates and time-dependent
//! lengths. petgraph's own Dijkstra is not used because it keeps labels in hash
//! maps and gives no path back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Arc, Mutex, PoisonError};

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use thiserror::Error;

use crate::matrix::{MAX_LENGTH, MAX_SIZE, Matrix, MatrixError};

/// How many single-source runs are remembered; the memory is dropped as a whole
/// when full, which keeps results independent of the order of questions.
const MAX_RUNS: usize = 1024;

const NO_EDGE: u32 = u32::MAX;
const UNREACHED: i64 = i64::MAX;

/// Names one directed edge; edges are numbered from 0 in the order they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId(pub u32);

/// Why a graph refuses a question or a change.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// A node number beyond the last node.
    #[error("node {node} is beyond the last of {nodes}")]
    NoSuchNode {
        /// The refused node.
        node: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// An edge that was never added.
    #[error("edge {0:?} does not exist")]
    NoSuchEdge(EdgeId),
    /// An edge length that is negative or above [`MAX_LENGTH`].
    #[error("edge {from} -> {to} has length {length}, outside 0..={MAX_LENGTH}")]
    BadLength {
        /// Tail node.
        from: usize,
        /// Head node.
        to: usize,
        /// The refused length.
        length: i64,
    },
    /// More edges than can be numbered.
    #[error("the graph is full")]
    Full,
    /// A matrix was asked for too many places.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
}

/// A shortest path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Nodes from first to last, both included.
    pub nodes: Vec<usize>,
    /// Edges between them, one fewer than nodes.
    pub edges: Vec<EdgeId>,
    /// Sum of the edge lengths, in the graph's own unit.
    pub length: i64,
}

#[derive(Debug, Clone)]
struct Edge {
    length: i64,
    closed: bool,
}

/// Labels of one single-source run: distance and the edge each node was reached by.
#[derive(Debug)]
struct Run {
    distance: Vec<i64>,
    via: Vec<u32>,
}

/// A directed graph with non-negative integer lengths and closable edges.
///
/// A path longer than [`MAX_LENGTH`] counts as no path at all.
#[derive(Debug)]
pub struct Graph {
    inner: DiGraph<(), Edge>,
    runs: Mutex<BTreeMap<usize, Arc<Run>>>,
}

impl Clone for Graph {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), runs: Mutex::default() }
    }
}

impl Graph {
    /// A graph of `nodes` nodes, numbered from 0, without edges.
    pub fn new(nodes: usize) -> Self {
        let mut inner = DiGraph::with_capacity(nodes, nodes.saturating_mul(4));
        for _ in 0..nodes {
            inner.add_node(());
        }
        Self { inner, runs: Mutex::default() }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.inner.node_count()
    }

    /// Number of edges, closed ones included.
    pub fn edges(&self) -> usize {
        self.inner.edge_count()
    }

    /// Adds a one-way edge. Parallel edges and loops are allowed.
    ///
    /// # Errors
    /// [`GraphError::NoSuchNode`], [`GraphError::BadLength`] or [`GraphError::Full`].
    pub fn add_edge(&mut self, from: usize, to: usize, length: i64) -> Result<EdgeId, GraphError> {
        self.known(from)?;
        self.known(to)?;
        check_length(from, to, length)?;
        let edge = Edge { length, closed: false };
        let index =
            self.inner.try_add_edge(NodeIndex::new(from), NodeIndex::new(to), edge).map_err(|_| GraphError::Full)?;
        self.forget();
        Ok(EdgeId(index.index() as u32))
    }

    /// Adds an edge in both directions and returns both, forward first.
    ///
    /// # Errors
    /// As [`Graph::add_edge`].
    pub fn add_both(&mut self, a: usize, b: usize, length: i64) -> Result<(EdgeId, EdgeId), GraphError> {
        Ok((self.add_edge(a, b, length)?, self.add_edge(b, a, length)?))
    }

    /// Takes an edge out of use; closing a closed edge changes nothing.
    ///
    /// # Errors
    /// [`GraphError::NoSuchEdge`].
    pub fn close(&mut self, edge: EdgeId) -> Result<(), GraphError> {
        self.change(edge, |e| e.closed = true)
    }

    /// Puts a closed edge back into use.
    ///
    /// # Errors
    /// [`GraphError::NoSuchEdge`].
    pub fn open(&mut self, edge: EdgeId) -> Result<(), GraphError> {
        self.change(edge, |e| e.closed = false)
    }

    /// Gives an edge a new length, as live traffic does.
    ///
    /// # Errors
    /// [`GraphError::NoSuchEdge`] or [`GraphError::BadLength`].
    pub fn set_length(&mut self, edge: EdgeId, length: i64) -> Result<(), GraphError> {
        let (from, to) = self.ends(edge).ok_or(GraphError::NoSuchEdge(edge))?;
        check_length(from, to, length)?;
        self.change(edge, |e| e.length = length)
    }

    /// Tail and head of an edge.
    pub fn ends(&self, edge: EdgeId) -> Option<(usize, usize)> {
        let (from, to) = self.inner.edge_endpoints(EdgeIndex::new(edge.0 as usize))?;
        Some((from.index(), to.index()))
    }

    /// Whether an edge exists and is closed.
    pub fn is_closed(&self, edge: EdgeId) -> bool {
        self.inner.edge_weight(EdgeIndex::new(edge.0 as usize)).is_some_and(|e| e.closed)
    }

    /// Shortest distance to every node; `None` for unreachable ones, and
    /// everywhere when `from` does not exist.
    pub fn distances(&self, from: usize) -> Vec<Option<i64>> {
        let Ok(()) = self.known(from) else {
            return vec![None; self.nodes()];
        };
        let run = self.run(from);
        run.distance.iter().copied().map(reached).collect()
    }

    /// Shortest distance between two nodes.
    pub fn distance(&self, from: usize, to: usize) -> Option<i64> {
        self.known(from).ok()?;
        self.known(to).ok()?;
        reached(self.run(from).distance[to])
    }

    /// A shortest path; among equals always the same one.
    pub fn path(&self, from: usize, to: usize) -> Option<Path> {
        let length = self.distance(from, to)?;
        let run = self.run(from);
        let (mut nodes, mut edges, mut at) = (vec![to], vec![], to);
        while at != from {
            let edge = EdgeId(run.via[at]);
            at = self.ends(edge)?.0;
            edges.push(edge);
            nodes.push(at);
        }
        nodes.reverse();
        edges.reverse();
        Some(Path { nodes, edges, length })
    }

    /// Distances between the given nodes; row and column k stand for `nodes[k]`.
    ///
    /// # Errors
    /// [`GraphError::NoSuchNode`], or [`GraphError::Matrix`] for too many places.
    pub fn matrix(&self, nodes: &[usize]) -> Result<Matrix, GraphError> {
        let size = nodes.len();
        if size > MAX_SIZE {
            return Err(MatrixError::TooLarge { size }.into());
        }
        for &node in nodes {
            self.known(node)?;
        }
        let mut rows = Vec::with_capacity(size);
        for &from in nodes {
            let run = self.run(from);
            let row = nodes.iter().map(|&to| reached(run.distance[to])).collect();
            rows.push(row);
        }
        Ok(Matrix::from_rows(&rows)?)
    }

    fn known(&self, node: usize) -> Result<(), GraphError> {
        let nodes = self.nodes();
        if node < nodes { Ok(()) } else { Err(GraphError::NoSuchNode { node, nodes }) }
    }

    fn change(&mut self, edge: EdgeId, how: impl FnOnce(&mut Edge)) -> Result<(), GraphError> {
        let index = EdgeIndex::new(edge.0 as usize);
        let weight = self.inner.edge_weight_mut(index).ok_or(GraphError::NoSuchEdge(edge))?;
        how(weight);
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.runs.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn run(&self, from: usize) -> Arc<Run> {
        let lock = || self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = lock().get(&from) {
            return Arc::clone(run);
        }
        // Computed outside the lock: two askers may both work, neither waits.
        let run = Arc::new(self.dijkstra(from));
        let mut runs = lock();
        if runs.len() >= MAX_RUNS {
            runs.clear();
        }
        runs.insert(from, Arc::clone(&run));
        run
    }

    fn dijkstra(&self, from: usize) -> Run {
        let mut run = Run { distance: vec![UNREACHED; self.nodes()], via: vec![NO_EDGE; self.nodes()] };
        run.distance[from] = 0;
        let mut heap = BinaryHeap::from([Reverse((0_i64, from))]);
        while let Some(Reverse((label, node))) = heap.pop() {
            if label > run.distance[node] {
                continue;
            }
            for edge in self.inner.edges(NodeIndex::new(node)) {
                let next = label + edge.weight().length;
                let head = edge.target().index();
                // Strictly shorter only: an equal label could close a ring of
                // zero-length edges and make the path walk for ever.
                if edge.weight().closed || next > MAX_LENGTH || next >= run.distance[head] {
                    continue;
                }
                run.distance[head] = next;
                run.via[head] = edge.id().index() as u32;
                heap.push(Reverse((next, head)));
            }
        }
        run
    }
}

fn reached(label: i64) -> Option<i64> {
    (label != UNREACHED).then_some(label)
}

fn check_length(from: usize, to: usize, length: i64) -> Result<(), GraphError> {
    if (0..=MAX_LENGTH).contains(&length) { Ok(()) } else { Err(GraphError::BadLength { from, to, length }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_closed_edge_sends_the_path_around() {
        let mut g = Graph::new(3);
        let short = g.add_edge(0, 2, 5).unwrap();
        g.add_edge(0, 1, 4).unwrap();
        g.add_edge(1, 2, 4).unwrap();
        assert_eq!(g.path(0, 2).unwrap().edges, vec![short]);
        g.close(short).unwrap();
        let around = g.path(0, 2).unwrap();
        assert_eq!((around.nodes, around.length), (vec![0, 1, 2], 8));
        g.open(short).unwrap();
        assert_eq!(g.distance(0, 2), Some(5));
        g.set_length(short, 9).unwrap();
        assert_eq!(g.distance(0, 2), Some(8));
        assert_eq!(g.path(2, 0), None);
        assert_eq!(g.path(1, 1).unwrap().nodes, vec![1]);
    }

    #[test]
    fn refuses_what_is_not_there() {
        let mut g = Graph::new(2);
        assert!(matches!(g.add_edge(0, 2, 1), Err(GraphError::NoSuchNode { node: 2, nodes: 2 })));
        assert!(matches!(g.add_edge(0, 1, -1), Err(GraphError::BadLength { length: -1, .. })));
        assert!(g.close(EdgeId(7)).is_err());
        assert!(g.matrix(&[0, 9]).is_err());
        assert_eq!(g.distances(5), vec![None, None]);
    }

    #[test]
    fn a_way_too_long_is_no_way() {
        let mut g = Graph::new(3);
        g.add_edge(0, 1, MAX_LENGTH).unwrap();
        g.add_edge(1, 2, 1).unwrap();
        assert_eq!(g.distances(0), vec![Some(0), Some(MAX_LENGTH), None]);
    }

    type Arcs = Vec<(usize, usize, i64, bool)>;

    fn arcs() -> impl Strategy<Value = (usize, Arcs)> {
        (1..9_usize).prop_flat_map(|n| {
            let arc = (0..n, 0..n, 0..20_i64, any::<bool>());
            (Just(n), proptest::collection::vec(arc, 0..30))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn agrees_with_floyd_and_warshall((n, arcs) in arcs()) {
            let mut g = Graph::new(n);
            let mut table = vec![vec![None; n]; n];
            for (i, row) in table.iter_mut().enumerate() { row[i] = Some(0); }
            for &(a, b, length, closed) in &arcs {
                let edge = g.add_edge(a, b, length).unwrap();
                if closed { g.close(edge).unwrap(); continue; }
                let cell: &mut Option<i64> = &mut table[a][b];
                *cell = Some(cell.map_or(length, |c| c.min(length)));
            }
            for k in 0..n { for i in 0..n { for j in 0..n {
                if let (Some(a), Some(b)) = (table[i][k], table[k][j]) {
                    table[i][j] = Some(table[i][j].map_or(a + b, |c| c.min(a + b)));
                }
            }}}
            let all: Vec<usize> = (0..n).collect();
            prop_assert_eq!(Vec::from(g.matrix(&all).unwrap()), table.clone());
            for (i, row) in table.iter().enumerate() { for (j, &length) in row.iter().enumerate() {
                let path = g.path(i, j);
                prop_assert_eq!(path.as_ref().map(|p| p.length), length);
                let Some(path) = path else { continue };
                let ends: Vec<_> = path.edges.iter().map(|&e| g.ends(e).unwrap()).collect();
                let hops: Vec<_> = path.nodes.windows(2).map(|w| (w[0], w[1])).collect();
                prop_assert_eq!(ends, hops);
                prop_assert!(path.edges.iter().all(|&e| !g.is_closed(e)));
                prop_assert_eq!(path.edges.iter().map(|e| arcs[e.0 as usize].2).sum::<i64>(), path.length);
            }}
        }
    }
}
