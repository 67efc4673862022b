//! Traffic control for automated vehicles on a roadmap of nodes and directed edges.
//!
//! Deliberately absent: clocks, randomness, MQTT, vehicle dynamics, and geometry. A vehicle
//! holds the node it stands on and every node granted ahead of it; two vehicles never hold one
//! node. Edges that cross between nodes must therefore be drawn with a node at the crossing.
//!
//! How deadlock is excluded. Each vehicle has a private home node that no other vehicle may
//! enter. Traffic control plans by playing the floor forward, and keeps of what was played only
//! as many moves as leave everyone a way home, one by one; with those ways it is a schedule that
//! brings everyone home. Only moves of the schedule are granted, each when its node is free and
//! nobody is to enter it before. Thus every state is safe in the banker's sense (Dijkstra, EWD
//! 108), whatever delays the vehicles have.
//!
//! Safety alone does not promise that a goal is ever reached, so when nobody moves, or all the
//! moving leads nowhere, the vehicle with the oldest goal becomes the *champion*: it gets a way
//! of its own, and where others stand in it they drive home in the order of a schedule until the
//! way is free. Hence progress.
//!
//! While edges are closed or vehicles stuck, moves are played on the floor as it is, and the
//! ways home are found on the repaired floor: who is cut off waits, and no deadlock is left when
//! the floor is whole again.

mod claims;
mod rescue;
mod roadmap;
mod schedule;
mod traffic;

pub use claims::Conflict;
pub use roadmap::{Node, Roadmap, RoadmapError};
pub use traffic::{Grant, Task, Traffic};
