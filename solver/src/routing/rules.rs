//! The engines there are: each is built for some rules, and what a set of rules lacks
//! costs nothing.

use super::model::DIMENSIONS;

/// Which rules an engine is built for. What a set of rules lacks costs nothing.
pub(super) trait Rules {
    /// Earliest departures and latest begins at each node.
    const CLOCK: bool;
    /// Stretches at each node: paid time, releases, several windows, mixed loads,
    /// longest routes. Replaces the clock.
    const CHAIN: bool;
    /// Load after each node, for shipments.
    const CARRY: bool;
    /// Several trips, with chains.
    const RELOAD: bool;
    /// Routes driven stop by stop, in place of chains.
    const WILD: bool;
    /// Dimensions of load.
    const WIDE: usize;
}

/// Loads only.
pub(super) struct Plain;
/// Loads of several dimensions.
pub(super) struct PlainWide;
/// Loads and one window each.
pub(super) struct Timed;
/// The same with several dimensions.
pub(super) struct TimedWide;
/// Shipments with windows.
pub(super) struct Paired;
/// Every rule but several trips.
pub(super) struct Full;
/// Every rule but shipments.
pub(super) struct Trips;
/// Every rule there is.
pub(super) struct Wild;

macro_rules! rules {
    ($($name:ident: $clock:literal $chain:literal $carry:literal $reload:literal $wild:literal $wide:expr;)+) => {
        $(impl Rules for $name {
            const CLOCK: bool = $clock;
            const CHAIN: bool = $chain;
            const CARRY: bool = $carry;
            const RELOAD: bool = $reload;
            const WILD: bool = $wild;
            const WIDE: usize = $wide;
        })+
    };
}
rules! {
    Plain: false false false false false 1;
    PlainWide: false false false false false DIMENSIONS;
    Timed: true false false false false 1;
    TimedWide: true false false false false DIMENSIONS;
    Paired: true false true false false 1;
    Full: false true false false false DIMENSIONS;
    Trips: false true false true false DIMENSIONS;
    Wild: false true false true true DIMENSIONS;
}
