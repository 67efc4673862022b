//! Pure, seeded algorithms that decide for the warehouse and the road.
//!
//! Absent on purpose: no clock, no randomness but a caller's seed, no IO, no
//! server types. Work is bounded by counts (iterations, nodes, variables), so the
//! same input and the same seed give the same answer, bit for bit; only a caller
//! of [`routing`] may hand in a clock or ask for threads, and gives that up. Input that makes no sense comes back as an
//! error that names the conflict; nothing here panics on a caller's data.
//!
//! Reading order: [`matrix`] and [`graph`] are the ground; [`matching`] and
//! [`tour`] are used by what follows; [`sourcing`], [`batching`], [`slotting`],
//! [`goods`], [`routing`], [`agv`], [`forecast`] and [`inventory`] answer questions of the
//! business; [`check`] judges their answers and shares no code with them; [`sector`]
//! runs a floor on a virtual clock to see what the answers are worth.

pub mod agv;
pub mod batching;
pub mod check;
pub mod forecast;
pub mod formats;
pub mod goods;
pub mod graph;
pub mod inventory;
mod lp;
pub mod matching;
pub mod matrix;
mod partition;
pub mod picking_formats;
pub mod routing;
pub mod sector;
pub mod slotting;
pub mod sourcing;
pub mod tour;

pub use matrix::Matrix;
