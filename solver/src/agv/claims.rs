//! Which vehicle holds which node, and whose private home a node is.
//!
//! Deliberately absent: why a node is held. The one rule kept here is one holder a node.

use super::roadmap::Node;

/// A node that was to be held belongs to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("node {node} is held by or is the home of vehicle {by}")]
pub struct Conflict {
    /// The node in dispute.
    pub node: Node,
    /// The vehicle that holds it or whose home it is.
    pub by: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Claims {
    holder: Vec<Option<usize>>,
    home_of: Vec<Option<usize>>,
}

impl Claims {
    /// `homes[vehicle]` is that vehicle's private node.
    ///
    /// # Errors
    /// [`Conflict`] when two vehicles share a home.
    pub fn new(node_count: usize, homes: &[Node]) -> Result<Self, Conflict> {
        let mut home_of = vec![None; node_count];
        for (vehicle, &node) in homes.iter().enumerate() {
            match home_of[node] {
                Some(by) => return Err(Conflict { node, by }),
                None => home_of[node] = Some(vehicle),
            }
        }
        Ok(Self { holder: vec![None; node_count], home_of })
    }

    pub fn holder(&self, node: Node) -> Option<usize> {
        self.holder[node]
    }

    /// Whether `vehicle` may ever enter `node`: it is nobody else's home.
    pub fn open_to(&self, node: Node, vehicle: usize) -> bool {
        self.home_of[node].is_none_or(|owner| owner == vehicle)
    }

    /// Whether `vehicle` may enter `node` while everybody stands where they stand.
    pub fn free_for(&self, node: Node, vehicle: usize) -> bool {
        self.holder[node].is_none_or(|by| by == vehicle) && self.open_to(node, vehicle)
    }

    pub fn take(&mut self, node: Node, vehicle: usize) -> Result<(), Conflict> {
        match self.holder[node] {
            Some(by) if by != vehicle => Err(Conflict { node, by }),
            _ => {
                self.holder[node] = Some(vehicle);
                Ok(())
            }
        }
    }

    /// Frees `node` when `vehicle` holds it.
    pub fn leave(&mut self, node: Node, vehicle: usize) {
        if self.holder[node] == Some(vehicle) {
            self.holder[node] = None;
        }
    }
}
