//! Ways over a floor, in millimetres. Built once for each version of a floor.
//! Deliberately absent: traffic between vehicles; the bridge sees to that.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use solver::{graph::Graph, matrix::Matrix};

use super::{
    model::{Edge, Lane, Node},
    rows,
};
use crate::{
    kernel::{Fault, SiteId},
    store::Sql,
};

/// The graph of one lane of one floor. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Walk(Arc<Paths>);

#[derive(Debug)]
struct Paths {
    graph: Graph,
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Walk {
    /// Builds the graph of the nodes and edges that are on `lane`.
    pub fn new(nodes: &[Node], edges: &[Edge], lane: Lane) -> Result<Self, Fault> {
        let names: Vec<String> = nodes.iter().filter(|node| node.lane == lane).map(|node| node.id.clone()).collect();
        let places: HashMap<String, usize> =
            names.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect();
        let mut graph = Graph::new(names.len());
        for edge in edges.iter().filter(|edge| edge.lane == lane && !edge.closed) {
            let end = |node: &str| places.get(node).copied().unwrap_or(usize::MAX);
            graph
                .add_edge(end(&edge.from), end(&edge.to), edge.length_mm)
                .map_err(|error| Fault::new(format!("the stored floor is no graph: {error}")))?;
        }
        Ok(Self(Arc::new(Paths { graph, names, places })))
    }

    fn place(&self, node: &str) -> Option<usize> {
        self.0.places.get(node).copied()
    }

    /// The shortest way; `None` if there is none, or a node is not on this lane.
    pub fn distance_mm(&self, from: &str, to: &str) -> Option<i64> {
        self.0.graph.distance(self.place(from)?, self.place(to)?)
    }

    /// The nodes of the shortest way, both ends included.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let path = self.0.graph.path(self.place(from)?, self.place(to)?)?;
        Some(path.nodes.iter().map(|node| self.0.names[*node].clone()).collect())
    }

    /// Shortest ways between all `nodes`; row and column k stand for `nodes[k]`.
    ///
    /// # Panics
    /// For more nodes than a matrix holds, 65,536.
    pub fn matrix(&self, nodes: &[&str]) -> Matrix {
        let places: Vec<Option<usize>> = nodes.iter().map(|node| self.place(node)).collect();
        let row = |from: &Option<usize>| {
            let cell = |to: &Option<usize>| self.0.graph.distance((*from)?, (*to)?);
            places.iter().map(cell).collect()
        };
        let rows: Vec<Vec<Option<i64>>> = places.iter().map(row).collect();
        Matrix::from_rows(&rows).expect("one floor has fewer places to visit than a matrix holds")
    }
}

/// A version, a lane, and their graph.
type Built = (String, Lane, Walk);

/// Graphs built lately, newest last. A version says what is in them, so that two
/// databases may share the list.
static BUILT: LazyLock<Mutex<Vec<Built>>> = LazyLock::new(Mutex::default);
const KEPT: usize = 32;

async fn lane(sql: &mut Sql, site: SiteId, lane: Lane) -> Result<Walk, Fault> {
    let version = rows::version(sql, site).await?;
    let known = |list: &[Built]| {
        list.iter().find(|(built, on, _)| *built == version && *on == lane).map(|(_, _, walk)| walk.clone())
    };
    if let Some(walk) = known(&BUILT.lock().expect("no panic holds the list")) {
        return Ok(walk);
    }
    let walk = Walk::new(&rows::nodes(sql, site).await?, &rows::edges(sql, site).await?, lane)?;
    // A change between the two looks would file a graph under the wrong version.
    if rows::version(sql, site).await? == version {
        let mut list = BUILT.lock().expect("no panic holds the list");
        if list.len() >= KEPT {
            list.remove(0);
        }
        list.push((version, lane, walk.clone()));
    }
    Ok(walk)
}

/// How people walk at a site, as its floor is now.
pub async fn walk(sql: &mut Sql, site: SiteId) -> Result<Walk, Fault> {
    lane(sql, site, Lane::People).await
}

/// How vehicles drive at a site, as its floor is now.
pub async fn drive(sql: &mut Sql, site: SiteId) -> Result<Walk, Fault> {
    lane(sql, site, Lane::Agv).await
}
