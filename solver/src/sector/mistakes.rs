//! Workers err; scans, scales and counts find most of it.
//!
//! A wrong place or article is met by the scan of bin and article unless the worker
//! scans the right label and takes something else. A wrong quantity passes every
//! scan and is left to packing: an order is weighed, and where one unit more or less
//! would be lost in the scale's own uncertainty, its lines are counted by a person,
//! who errs too. What a scan let pass may still show in the weight or the count.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::world::{Order, World};

/// A scan says nothing when the right label is scanned and something else taken.
const SLIPS: f64 = 0.02;

/// Standard deviation of the scale in g, and of a unit's weight as a share of it.
const SCALE_G: f64 = 3.0;
const UNIT: f64 = 0.01;

/// Deviations beyond which an order is opened and counted.
const LIMIT: f64 = 3.0;

/// A person who counts overlooks a wrong line.
const OVERLOOKED: f64 = 0.02;

/// What became of the mistakes, by lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escapes {
    /// Lines.
    pub lines: u64,
    /// Mistakes made.
    pub injected: u64,
    /// Of these by article, quantity and place.
    pub kinds: [u64; 3],
    /// Found by a scan.
    pub at_scan: u64,
    /// Found by weight or count at packing.
    pub at_packing: u64,
    /// Found by nobody.
    pub escaped: u64,
    /// Orders counted by hand because the scale could not tell, or was off.
    pub counted_orders: u64,
}

impl Escapes {
    /// Found before it left.
    pub fn caught(&self) -> u64 {
        self.at_scan + self.at_packing
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.injected += other.injected;
        self.kinds.iter_mut().zip(other.kinds).for_each(|(a, b)| *a += b);
        self.at_scan += other.at_scan;
        self.at_packing += other.at_packing;
        self.escaped += other.escaped;
        self.counted_orders += other.counted_orders;
    }
}

/// Picks and packs one order; the number of mistakes that were put right in the
/// aisle. The chance is the order's own, whoever picks it and when.
pub(super) fn fulfil(world: &World, order: &Order, share: f64, seed: u64, number: u64, sum: &mut Escapes) -> Vec<bool> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1_000 + number);
    let mut put_right = Vec::with_capacity(order.lines.len());
    // What is in the tote beside what should be, in g, for each wrong line.
    let mut wrong: Vec<f64> = Vec::new();
    let (mut weight, mut spread, mut lightest) = (0.0, SCALE_G * SCALE_G, f64::MAX);
    for line in &order.lines {
        sum.lines += 1;
        let unit = world.unit_g[line.article];
        weight += unit * line.units as f64;
        spread += (unit * UNIT).powi(2) * line.units as f64;
        lightest = lightest.min(unit);
        let (errs, kind, slips) =
            (rng.random::<f64>() < share, rng.random_range(0..3_usize), rng.random::<f64>() < SLIPS);
        let other = rng.random_range(0..world.unit_g.len());
        let more = rng.random::<bool>();
        if !errs {
            put_right.push(false);
            continue;
        }
        sum.injected += 1;
        sum.kinds[kind] += 1;
        // A quantity has no label that could be scanned.
        let seen = kind != 1 && !slips;
        put_right.push(seen);
        if seen {
            sum.at_scan += 1;
        } else if kind == 1 {
            wrong.push(if more { unit } else { -unit });
        } else {
            wrong.push((world.unit_g[other] - unit) * line.units as f64);
        }
    }
    let deviation = spread.sqrt();
    // One unit of the lightest article must stand out twice over.
    let blind = lightest < 2.0 * LIMIT * deviation;
    let noise = deviation * normal(&mut rng);
    let off = (wrong.iter().sum::<f64>() + noise).abs() > LIMIT * deviation;
    if (blind || off) && weight > 0.0 {
        sum.counted_orders += 1;
        for _ in wrong {
            if rng.random::<f64>() < OVERLOOKED { sum.escaped += 1 } else { sum.at_packing += 1 }
        }
    } else {
        sum.escaped += wrong.len() as u64;
    }
    put_right
}

/// A normal deviate after Box and Muller (1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
