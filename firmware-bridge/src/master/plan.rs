//! The floor as master control uses it: names to indices, coordinates, chargers.
//!
//! Deliberately absent: who stands where (that is `solver::agv`).

use std::collections::HashMap;

use solver::agv::{Node, Roadmap};

use crate::api::{BridgeConfig, ConfigError, Floor, NodeKind};

/// How far a vehicle may stand from a node and still count as being on it, in millimetres.
const ON_NODE_MM: i64 = 500;

/// The floor, indexed.
#[derive(Debug)]
pub(super) struct Plan {
    pub map_id: String,
    ids: Vec<String>,
    index: HashMap<String, Node>,
    places: Vec<(i64, i64)>,
    kinds: Vec<NodeKind>,
}

impl Plan {
    /// # Errors
    /// [`ConfigError`] when two nodes share a name.
    pub fn of(floor: &Floor) -> Result<Self, ConfigError> {
        let mut index = HashMap::new();
        for (at, node) in floor.nodes.iter().enumerate() {
            if index.insert(node.id.clone(), at).is_some() {
                return Err(ConfigError::DuplicateNode(node.id.clone()));
            }
        }
        Ok(Self {
            map_id: floor.map_id.clone(),
            ids: floor.nodes.iter().map(|n| n.id.clone()).collect(),
            index,
            places: floor.nodes.iter().map(|n| (n.x_mm, n.y_mm)).collect(),
            kinds: floor.nodes.iter().map(|n| n.kind).collect(),
        })
    }

    /// The roadmap with its closed edges.
    ///
    /// # Errors
    /// [`ConfigError`] when an edge names an unknown node.
    pub fn roadmap(&self, floor: &Floor) -> Result<Roadmap, ConfigError> {
        let mut edges = Vec::new();
        for edge in &floor.edges {
            match (self.node(&edge.from), self.node(&edge.to)) {
                (Some(from), Some(to)) => edges.push((from, to, self.length_mm(from, to))),
                _ => {
                    return Err(ConfigError::UnknownEdgeEnd { from: edge.from.clone(), to: edge.to.clone() });
                }
            }
        }
        Ok(Roadmap::new(self.ids.len(), &edges).expect("ends are known, lengths are distances"))
    }

    pub fn node(&self, id: &str) -> Option<Node> {
        self.index.get(id).copied()
    }

    pub fn id(&self, node: Node) -> &str {
        &self.ids[node]
    }

    pub fn place(&self, node: Node) -> (i64, i64) {
        self.places[node]
    }

    pub fn is_charger(&self, node: Node) -> bool {
        self.kinds[node] == NodeKind::Charger
    }

    pub fn chargers(&self) -> impl Iterator<Item = Node> + '_ {
        (0..self.ids.len()).filter(|&node| self.is_charger(node))
    }

    /// Straight distance, rounded.
    pub fn length_mm(&self, from: Node, to: Node) -> i64 {
        let ((ax, ay), (bx, by)) = (self.places[from], self.places[to]);
        ((bx - ax) as f64).hypot((by - ay) as f64).round() as i64
    }

    pub fn distance_mm(&self, node: Node, x_mm: i64, y_mm: i64) -> i64 {
        let (x, y) = self.places[node];
        ((x_mm - x) as f64).hypot((y_mm - y) as f64).round() as i64
    }

    /// The node at this position, when there is one.
    pub fn nearest(&self, x_mm: i64, y_mm: i64) -> Option<Node> {
        let nodes = 0..self.ids.len();
        let near = nodes.min_by_key(|&node| self.distance_mm(node, x_mm, y_mm))?;
        (self.distance_mm(near, x_mm, y_mm) <= ON_NODE_MM).then_some(near)
    }
}

/// Checks what `Plan` does not: vehicles, names, speed. Returns each vehicle's home.
///
/// # Errors
/// [`ConfigError`], the first that is found.
pub(super) fn check(config: &BridgeConfig, plan: &Plan) -> Result<Vec<Node>, ConfigError> {
    if !(config.speed.is_finite() && config.speed > 0.0) {
        return Err(ConfigError::BadSpeed);
    }
    topic_part(&config.manufacturer)?;
    let mut homes: Vec<Node> = Vec::new();
    for (at, spec) in config.vehicles.iter().enumerate() {
        topic_part(&spec.serial)?;
        if config.vehicles[..at].iter().any(|v| v.serial == spec.serial) {
            return Err(ConfigError::DuplicateVehicle(spec.serial.clone()));
        }
        let Some(home) = plan.node(&spec.home_node) else {
            return Err(ConfigError::UnknownHome { serial: spec.serial.clone(), home: spec.home_node.clone() });
        };
        if homes.contains(&home) {
            return Err(ConfigError::SharedHome(spec.home_node.clone()));
        }
        homes.push(home);
    }
    Ok(homes)
}

fn topic_part(name: &str) -> Result<(), ConfigError> {
    if name.is_empty() || name.contains(['/', '+', '#', '$']) {
        return Err(ConfigError::BadName(name.to_owned()));
    }
    Ok(())
}
