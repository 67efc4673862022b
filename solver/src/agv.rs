//! Traffic control for automated vehicles on a roadmap of nodes and directed edges.
//!
//! Deliberately absent: clocks, randomness, MQTT, vehicle dynamics, and geometry. A vehicle
//! holds the node it stands on and every node granted ahead of it; two vehicles never hold one
//! node. Edges that cross between nodes must therefore be drawn with a node at the crossing.
//!
//! How deadlock is excluded. Each vehicle has a private home node that no other vehicle may
//! enter. Traffic control always holds a schedule: an order of single moves by which everyone
//! gets home. A node is granted only when it is free and there is a schedule afterwards, most
//! often the one at hand less this move; the states so admitted are safe in the banker's sense
//! (Dijkstra, EWD 108). Beyond that, no grant is given that takes from another vehicle the
//! prospect of getting to its goal and home merely by driving on and waiting.
//!
//! Safety alone does not promise that a goal is ever reached, so a stalled or starved vehicle
//! becomes the *champion*: it gets a way of its own, and where others stand in it they drive
//! home in the order of a schedule until the way is free. Hence progress.
//!
//! While edges are closed or vehicles stuck, the schedule is kept for the repaired floor, and
//! besides nobody is cut off from home who is not already.

mod claims;
mod rescue;
mod roadmap;
mod safety;
mod schedule;
mod traffic;

pub use claims::Conflict;
pub use roadmap::{Node, Roadmap, RoadmapError};
pub use traffic::{Grant, Task, Traffic};
