//! Measuring Cartage: `cartage bench`. Deliberately absent: numbers to reach; the
//! command prints what it found, and ratios taken in the same run.

pub mod world;
