//! Pure words that every room speaks: ids, quantities, money, time, places and
//! barcodes. Deliberately absent: any IO, any clock or dice of the system's own.

pub mod barcode;
pub mod geo;
pub mod id;
pub mod refuse;
pub mod rng;
pub mod sentence;
pub mod time;
pub mod word;

pub use geo::Coord;
pub use id::*;
pub use refuse::{Fault, Refuse, Stop};
pub use time::{Clock, Time};
