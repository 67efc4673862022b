//! Times of the inner moves: a round of ruin and recreate by size and by rules, a
//! warm start with one order more, and matchings.
//!
//! Absent on purpose: quality; that is measured in `BENCHMARKS.md`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use solver::Matrix;
use solver::matching::{assign_sparse, assign_table};
use solver::routing::{Job, Options, Problem, Reload, Vehicle, plan};

const ROUNDS: u64 = 1_000;

/// Stops strewn evenly over a square, ten or so to a vehicle.
fn town(stops: usize, windows: bool) -> Problem {
    let place = |i: usize| ((i * 7_919 % 10_007) as i64, (i * 104_729 % 9_973) as i64);
    let way = |i: usize, j: usize| {
        let ((x, y), (v, w)) = (place(i), place(j));
        Some((((x - v).pow(2) + (y - w).pow(2)) as f64).sqrt() as i64)
    };
    let matrix = Matrix::from_fn(stops + 1, way).expect("distances are in range");
    let slot = |i: usize| ((i % 7) as i64 * 8_000, (i % 7) as i64 * 8_000 + 30_000);
    let jobs = (1..=stops).map(|i| Job {
        location: i,
        demand: [1 + (i % 3) as i64, 0, 0, 0],
        service_ms: 100,
        windows: if windows { vec![slot(i)] } else { Vec::new() },
        ..Job::default()
    });
    let vehicle =
        Vehicle { end: Some(0), shift: (0, 1 << 30), capacity: [20, 0, 0, 0], cost_per_m: 1, ..Vehicle::default() };
    Problem {
        durations: matrix.clone(),
        distances: matrix,
        jobs: jobs.collect(),
        vehicles: vec![vehicle; stops / 8 + 2],
        ..Problem::default()
    }
}

fn planned(problem: &Problem, rounds: u64, warm: Option<&[Vec<usize>]>) -> Vec<Vec<usize>> {
    let options = Options { rounds, seed: 1, warm, ..Options::default() };
    let solution = plan(problem, options).expect("the problem is sound").solution;
    let mut orders = vec![Vec::new(); problem.vehicles.len()];
    for route in solution.routes {
        orders[route.vehicle] = route.stops.iter().map(|s| s.job).collect();
    }
    orders
}

/// A thousand rounds and what goes before them: the tables of the problem, which
/// grow with the square of the stops, and a warm plan taken up.
fn rounds(c: &mut Criterion) {
    let mut group = c.benchmark_group("rounds");
    group.throughput(Throughput::Elements(ROUNDS)).sample_size(10).measurement_time(Duration::from_secs(3));
    for stops in [100, 300, 1_000] {
        for (rules, windows) in [("loads", false), ("windows", true)] {
            let problem = town(stops, windows);
            let warm = planned(&problem, 5_000, None);
            group.bench_with_input(BenchmarkId::new(rules, stops), &problem, |b, problem| {
                b.iter(|| black_box(planned(problem, ROUNDS, Some(&warm))));
            });
        }
    }
    let mut trips = town(100, true);
    trips.vehicles.truncate(5);
    trips.vehicles.iter_mut().for_each(|v| v.reloads = vec![Reload::default()]);
    group.bench_function("trips/100", |b| b.iter(|| black_box(planned(&trips, ROUNDS, None))));
    group.finish();
}

/// 300 stops, one order more, and as many rounds as fit into 200 ms.
fn warm(c: &mut Criterion) {
    let all = town(301, true);
    let mut before = all.clone();
    before.jobs.pop();
    let kept = planned(&before, 20_000, None);
    let mut group = c.benchmark_group("warm start");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for rounds in [0, 2_000, 10_000] {
        group.bench_function(BenchmarkId::new("301 stops", rounds), |b| {
            b.iter(|| black_box(planned(&all, rounds, Some(&kept))));
        });
    }
    group.finish();
}

/// A well-mixed number for a cell.
fn mixed(at: u64) -> i64 {
    let x = (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 44) as i64
}

fn matching(c: &mut Criterion) {
    let mut group = c.benchmark_group("matching");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for side in [300, 1_000, 5_000] {
        let cells: Vec<i32> = (0..(side * side) as u64).map(|at| mixed(at) as i32).collect();
        group.bench_function(BenchmarkId::new("dense", side), |b| {
            b.iter(|| black_box(assign_table(&cells, side, side).cost));
        });
    }
    let pair = |row: u64, k: u64| ((mixed(row * 41 + k) % 5_000) as u32, mixed(row * 97 + k + 7));
    let rows: Vec<Vec<(u32, i64)>> = (0..5_000).map(|row| (0..20).map(|k| pair(row, k)).collect()).collect();
    group.bench_function("sparse 5000 x 20", |b| b.iter(|| black_box(assign_sparse(&rows).cost)));
    group.finish();
}

criterion_group!(moves, rounds, warm, matching);
criterion_main!(moves);
