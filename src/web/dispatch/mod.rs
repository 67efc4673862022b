//! Dispatch: what is on no route, who drives what, the map and the day as one plan.
//! Deliberately absent: routing; a choice is explained by its decision record.

pub mod map;
pub mod view;
