//! The floor as it moves: vehicles, shelves, people, stations. Deliberately absent:
//! driving; missions are the fleet's.

pub mod now;
pub mod view;
