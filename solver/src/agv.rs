//! Traffic control for automated vehicles on a roadmap of nodes and directed edges.
//!
//! Deliberately absent: clocks, randomness, MQTT, vehicle dynamics, and geometry. A vehicle
//! holds the node it stands on and every node granted ahead of it; two vehicles never hold one
//! node. Edges that cross between nodes must therefore be drawn with a node at the crossing.
//!
//! How deadlock is excluded. Each vehicle has a private home node that no other vehicle may
//! enter. A node is granted only when it is free and the state after the grant is *safe* in the
//! banker's sense (Dijkstra, EWD 108): there is an order in which each vehicle in turn can drive
//! home while all others stand. Homes are private, so driving home only frees nodes that others
//! can use and the greedy search for such an order is exact. Safety alone does not promise that
//! a goal is ever reached, so a stalled or starved vehicle becomes the *champion*: its way is
//! reserved, and where others stand in it they are sent towards home, one by one in a safe
//! order, until the way is free. Each rescue ends in a goal reached, hence progress.

mod claims;
mod rescue;
mod roadmap;
mod safety;
mod traffic;

pub use claims::Conflict;
pub use roadmap::{Node, Roadmap, RoadmapError};
pub use traffic::{Grant, Task, Traffic};
