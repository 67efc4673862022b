//! `solve goods`: which shelves come to which station, and for which orders.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use solver::goods::fleet::{Return, errands};
use solver::goods::{Job, Plan, least_visits};
use solver::picking_formats::rafs;

/// Share of the time left for the check and the files.
const AFTER: f64 = 0.95;

/// Branch-and-bound nodes spent on `--bound`.
const NODES: u64 = 20_000;

#[derive(clap::Args)]
pub struct Args {
    /// A RAFS file of orders.
    file: PathBuf,
    /// The file of shelves and what is on them.
    #[arg(long)]
    shelves: PathBuf,
    /// The layout, for stations and vehicles; without it see --stations.
    #[arg(long)]
    layout: Option<PathBuf>,
    /// Stations, spread along the left side of the floor, where no layout says it.
    #[arg(long, default_value_t = 1)]
    stations: usize,
    /// Orders open at once at a station; without it as the layout says, or else 12.
    #[arg(long)]
    slots: Option<usize>,
    /// Seconds to search.
    #[arg(long, default_value_t = 2.0)]
    time: f64,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches at once.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Also solves a mixed-integer programme for the fewest visits; small files only.
    #[arg(long)]
    bound: bool,
    /// Where to write the visits.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    let (orders, shelves) = (super::text_of(&args.file)?, super::text_of(&args.shelves)?);
    let layout = layout(args, &shelves)?;
    let (job, floor) = rafs::read(&orders, &shelves, &layout).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let plan = search(args, &job, begin)?;
    solver::check::goods::check(&job, &plan).map_err(|e| e.to_string())?;
    let base = job.first_come().map_err(|e| e.to_string())?;
    solver::check::goods::check(&job, &base).map_err(|e| e.to_string())?;
    let seconds = begin.elapsed().as_secs_f64();
    let bound = args.bound.then(|| least_visits(&job, NODES)).flatten();
    let driven = |plan: &Plan, back| {
        let sum: i64 = errands(&job, plan, &floor, back).iter().map(|e| e.way).sum();
        sum as f64 / rafs::SCALE
    };
    if let Some(out) = &args.out {
        super::write(out, &listing(&job, &plan))?;
    }
    let lines = job.lines().max(1) as f64;
    let report = serde_json::json!({
        "cost": plan.visits(),
        "bound": bound.map(|b| b.visits),
        "bound_solved": bound.map(|b| b.solved),
        "lines": job.lines(),
        "visits_per_line": plan.visits() as f64 / lines,
        "baseline": "orders as they come to each station in turn, each line from the nearest shelf",
        "baseline_visits": base.visits(),
        "baseline_visits_per_line": base.visits() as f64 / lines,
        "driven_m": driven(&plan, Return::Popular),
        "driven_home_m": driven(&plan, Return::Home),
        "baseline_driven_m": driven(&base, Return::Home),
        "seconds": seconds,
    });
    println!("{report}");
    Ok(())
}

/// As the file says, or stations along the left side, a vehicle and a half each.
fn layout(args: &Args, shelves: &str) -> Result<rafs::Layout, String> {
    let mut layout = match &args.layout {
        Some(path) => rafs::layout(&super::text_of(path)?).map_err(|e| format!("{}: {e}", path.display()))?,
        None => {
            let none = rafs::Layout::default();
            let (_, floor) = rafs::read("", shelves, &none).map_err(|e| format!("{}: {e}", args.shelves.display()))?;
            let deep = floor.places.iter().map(|p| p.1).max().unwrap_or(0);
            let many = args.stations as i64;
            let at = |s: i64| ((0, deep * (2 * s + 1) / (2 * many)), 12);
            let stations: Vec<_> = (0..many).map(at).collect();
            let vehicles = (0..many * 3 / 2).map(|v| stations[(v % many) as usize].0).collect();
            rafs::Layout { stations, vehicles }
        }
    };
    if let Some(slots) = args.slots {
        layout.stations.iter_mut().for_each(|s| s.1 = slots);
    }
    if layout.vehicles.is_empty() {
        layout.vehicles = layout.stations.iter().map(|s| s.0).collect();
    }
    Ok(layout)
}

/// The best of all threads; each has a seed of its own.
fn search(args: &Args, job: &Job, begin: Instant) -> Result<Plan, String> {
    let seconds = (args.time * AFTER).max(1e-3);
    let one = |thread: u64| {
        let mut pace = |_: u64, _: usize| begin.elapsed().as_secs_f64() / seconds;
        job.solve(args.seed.wrapping_add(thread), &mut pace).map_err(|e| e.to_string())
    };
    let found: Vec<Result<Plan, String>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..args.threads.max(1) as u64).map(|t| scope.spawn(move || one(t))).collect();
        let own = one(0);
        let others = others.into_iter().filter_map(|t| t.join().ok());
        std::iter::once(own).chain(others).collect()
    });
    let found = found.into_iter().collect::<Result<Vec<_>, String>>()?;
    found.into_iter().min_by_key(|p| (p.visits(), p.way(job))).ok_or_else(|| "no search ended".to_owned())
}

/// A line a visit: station, shelf and what is taken for which order.
fn listing(job: &Job, plan: &Plan) -> String {
    let mut text = String::new();
    for (station, visits) in plan.stations.iter().enumerate() {
        for visit in visits {
            // Writing to a string cannot fail.
            let _ = write!(text, "Station {station} Shelf {}", visit.shelf);
            for pick in &visit.picks {
                let article = job.orders[pick.order][pick.line].article;
                let _ = write!(text, " Order {} Article {article} Units {};", pick.order, pick.units);
            }
            text.push('\n');
        }
    }
    let _ = writeln!(text, "Cost {}", plan.visits());
    text
}
