//! `solve batch`: which orders are collected on one tour.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use solver::batching::aisles::{Batch, Job};
use solver::picking_formats::henn;
use solver::tour::grid::{Crossing, Grid, Place, Step, Walk};

/// Share of the time left for the walks, their check and the files.
const AFTER: f64 = 0.99;

#[derive(clap::Args)]
pub struct Args {
    /// A Henn and Wäscher file.
    file: PathBuf,
    /// Articles on a cart; without it the third number of the file's name.
    #[arg(long)]
    capacity: Option<i64>,
    /// Seconds to search.
    #[arg(long, default_value_t = 5.0)]
    time: f64,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches at once.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write the batches and their tours.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to draw the floor and the walks, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let capacity = args.capacity.or_else(|| henn::capacity(&name));
    let capacity = capacity.ok_or("no --capacity, and the file's name does not say it")?;
    let text = super::text_of(&args.file)?;
    let (job, names) = henn::read_named(&text, capacity).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let batches = search(args, &job, begin)?;
    solver::check::batching::aisles(&job, &batches).map_err(|e| e.to_string())?;
    let (grid, home) = floor(&job);
    let walk = |batch: &Batch| grid.walk(home, home, &places(&job, batch)).map_err(|e| e.to_string());
    let walks = batches.iter().map(walk).collect::<Result<Vec<Walk>, String>>()?;
    if let Some(out) = &args.out {
        super::write(out, &listing(&job, &names, &batches, &walks))?;
    }
    if let Some(plot) = &args.plot {
        let steps: Vec<&[Step]> = walks.iter().map(|w| &w.steps[..]).collect();
        super::write(plot, &super::floor::svg(&grid, home, &steps))?;
    }
    let cost = walks.iter().map(|w| w.length).sum::<i64>() as f64 / henn::SCALE as f64;
    let report = serde_json::json!({
        "cost": cost,
        "bound": null,
        "batches": batches.len(),
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{report}");
    Ok(())
}

/// The best of all threads; each has a seed of its own.
fn search(args: &Args, job: &Job, begin: Instant) -> Result<Vec<Batch>, String> {
    let seconds = (args.time * AFTER).max(1e-3);
    let one = |thread: u64| {
        let mut pace = |_: u64, _: i64| begin.elapsed().as_secs_f64() / seconds;
        job.solve(args.seed.wrapping_add(thread), &mut pace).map_err(|e| e.to_string())
    };
    let found: Vec<Result<Vec<Batch>, String>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..args.threads.max(1) as u64).map(|t| scope.spawn(move || one(t))).collect();
        let own = one(0);
        let others = others.into_iter().filter_map(|t| t.join().ok());
        std::iter::once(own).chain(others).collect()
    });
    let found = found.into_iter().collect::<Result<Vec<_>, String>>()?;
    let best = found.into_iter().min_by_key(|batches| batches.iter().map(|b| b.length).sum::<i64>());
    best.ok_or_else(|| "no search ended".to_owned())
}

/// The job's floor, wide enough for all its spots, and the depot on it.
fn floor(job: &Job) -> (Grid, Crossing) {
    let spots = job.orders.iter().flat_map(|o| &o.spots).map(|s| s.aisle());
    let width = spots.chain([job.block.depot]).max().unwrap_or(0) as usize + 1;
    let grid = Grid::even(width, i64::from(job.block.pitch), &[i64::from(job.block.length)]);
    (grid, Crossing { aisle: job.block.depot as usize, cross: 0 })
}

fn places(job: &Job, batch: &Batch) -> Vec<Place> {
    let spots = batch.orders.iter().flat_map(|&o| &job.orders[o].spots);
    spots.map(|s| Place { aisle: s.aisle() as usize, block: 0, along: i64::from(s.along()) }).collect()
}

/// Each batch with its orders, and beneath it what is picked, in walking order.
fn listing(job: &Job, names: &henn::Names, batches: &[Batch], walks: &[Walk]) -> String {
    let mut text = String::new();
    for (number, (batch, walk)) in batches.iter().zip(walks).enumerate() {
        let orders: Vec<String> = batch.orders.iter().map(usize::to_string).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Batch #{}: {}", number + 1, orders.join(" "));
        let mut seen = std::collections::BTreeSet::new();
        for step in &walk.steps {
            let Step::Pick(place) = step else { continue };
            if !seen.insert(*place) {
                continue;
            }
            for &order in &batch.orders {
                for (spot, (aisle, cell)) in job.orders[order].spots.iter().zip(&names[order]) {
                    if spot.aisle() as usize == place.aisle && i64::from(spot.along()) == place.along {
                        let _ = writeln!(text, "Aisle {aisle} Location {cell} Order {order}");
                    }
                }
            }
        }
    }
    let cost = walks.iter().map(|w| w.length).sum::<i64>() as f64 / henn::SCALE as f64;
    let _ = writeln!(text, "Cost {cost}");
    text
}
