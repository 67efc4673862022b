//! The length of a picker's walk beside a plain textbook programme.
//!
//! Batches as in the files of Henn and Wäscher: 10 aisles of 45 cells on 2 sides,
//! orders of 5 to 25 articles, carts of 30 to 75, spread evenly or by classes; both
//! programmes read the same sorted spots and neither keeps the walk. Absent on
//! purpose: parsing, and quality, see `PICKING.md`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solver::tour::aisles::{Block, Spot};

/// In tenths of a length unit: the pitch, the length of an aisle, its first cell.
const PITCH: u32 = 50;
const LENGTH: u32 = 470;
const FIRST: u32 = 15;
const AISLES: u32 = 10;
const CELLS: u32 = 45;

const BLOCK: Block = Block { pitch: PITCH, length: LENGTH, depot: 0 };

/// Batches as carts of 30, 45, 60 and 75 articles are filled, sorted.
fn batches() -> Vec<Vec<Spot>> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut batches = Vec::new();
    for number in 0..512 {
        let (capacity, classes) = (30 + 15 * (number % 4), number % 8 >= 4);
        let mut spots: Vec<Spot> = Vec::new();
        loop {
            let order: u32 = rng.random_range(5..=25);
            if spots.len() + order as usize > capacity {
                break;
            }
            for _ in 0..order {
                // Half of the picks from the first aisle, a third from the next three.
                let aisle = match rng.random_range(0..100_u32) {
                    _ if !classes => rng.random_range(0..AISLES),
                    0..52 => 0,
                    52..88 => rng.random_range(1..4),
                    _ => rng.random_range(4..AISLES),
                };
                spots.push(Spot::new(aisle, FIRST + 10 * rng.random_range(0..CELLS)));
            }
        }
        spots.sort_unstable();
        batches.push(spots);
    }
    batches
}

/// What is left open behind a partial walk: the degree at the front and at the
/// back of the aisle (U odd, E even, 0 none) and how many parts it has.
const UU1: usize = 0;
const E01: usize = 1;
const OE1: usize = 2;
const EE1: usize = 3;
const EE2: usize = 4;
const NONE: usize = 5;
const OVER: usize = 6;
const STATES: usize = 7;

/// From each state through an aisle: once, from the front, from the back, up to the
/// widest gap from both ends, and twice (Ratliff and Rosenthal 1983, table 1).
const THROUGH: [Option<[usize; 5]>; STATES] = [
    Some([EE1, UU1, UU1, UU1, UU1]),
    Some([UU1, E01, EE2, EE2, EE1]),
    Some([UU1, EE2, OE1, EE2, EE1]),
    Some([UU1, EE1, EE1, EE1, EE1]),
    Some([UU1, EE2, EE2, EE2, EE1]),
    Some([UU1, E01, OE1, EE2, EE1]),
    None,
];

/// From a state to the next aisle's, by how many ways between two aisles.
const ACROSS: [(usize, usize, i64); 13] = [
    (UU1, UU1, 2),
    (E01, E01, 2),
    (E01, EE2, 4),
    (E01, OVER, 0),
    (OE1, OE1, 2),
    (OE1, EE2, 4),
    (OE1, OVER, 0),
    (EE1, E01, 2),
    (EE1, OE1, 2),
    (EE1, EE1, 4),
    (EE1, OVER, 0),
    (EE2, EE2, 4),
    (OVER, OVER, 0),
];

/// The programme as it is printed: aisle by aisle, state by state.
fn textbook(spots: &[Spot]) -> i64 {
    const FAR: i64 = i64::MAX / 4;
    let mut least = [FAR; STATES];
    least[NONE] = 0;
    let mut at = 0;
    for aisle in 0..AISLES {
        if aisle > 0 {
            let mut next = [FAR; STATES];
            for (from, to, ways) in ACROSS {
                next[to] = next[to].min(least[from] + ways * i64::from(PITCH));
            }
            least = next;
        }
        let from = at;
        while at < spots.len() && spots[at].aisle() == aisle {
            at += 1;
        }
        // The depot is a place like any other.
        let depot = (aisle == 0).then_some(0);
        let along = || depot.into_iter().chain(spots[from..at].iter().map(|s| s.along()));
        let (Some(low), Some(high)) = (along().next(), along().last()) else { continue };
        let gap = along().zip(along().skip(1)).map(|(a, b)| b - a).max().unwrap_or(0);
        let costs = [LENGTH, 2 * high, 2 * (LENGTH - low), 2 * (LENGTH - gap), 2 * LENGTH];
        let mut next = [FAR; STATES];
        for (state, ways) in THROUGH.iter().enumerate() {
            let Some(ways) = ways else { continue };
            for (&to, cost) in ways.iter().zip(costs) {
                next[to] = next[to].min(least[state] + i64::from(cost));
            }
        }
        least = next;
    }
    least[E01].min(least[OE1]).min(least[EE1]).min(least[OVER])
}

fn lengths(c: &mut Criterion) {
    let batches = batches();
    for spots in &batches {
        assert_eq!(BLOCK.shortest(spots), textbook(spots), "the two programmes differ");
    }
    let mut group = c.benchmark_group("512 batches");
    group.throughput(Throughput::Elements(batches.len() as u64)).measurement_time(Duration::from_secs(3));
    group.bench_function("textbook", |b| {
        b.iter(|| batches.iter().map(|spots| textbook(black_box(spots))).sum::<i64>());
    });
    group.bench_function("ours", |b| {
        b.iter(|| batches.iter().map(|spots| BLOCK.shortest(black_box(spots))).sum::<i64>());
    });
    group.finish();
}

criterion_group!(benches, lengths);
criterion_main!(benches);
