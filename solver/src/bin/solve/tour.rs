//! `solve tour`: one picker's walk through an SPRP file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use solver::picking_formats::sprp::{self, Errand, SCALE};
use solver::tour::grid::{Place, Step, Walk};
use solver::tour::scattered::{self, Choice};

/// Share of the time left for the walk, its check and the files.
const AFTER: f64 = 0.92;

#[derive(clap::Args)]
pub struct Args {
    /// An SPRP file.
    file: PathBuf,
    /// Seconds to search where articles lie in several places.
    #[arg(long, default_value_t = 0.1)]
    time: f64,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches at once.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write the visited cells in order.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to draw the floor and the walk, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    // Authors' names in these files are not always UTF-8; no field is one.
    let bytes = std::fs::read(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let errand = sprp::read(&String::from_utf8_lossy(&bytes)).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let choice = search(args, &errand, begin)?;
    let places = errand.places(&choice.picks);
    let walk = errand.grid.walk(errand.depot, errand.depot, &places).map_err(|e| e.to_string())?;
    solver::check::walk::errand(&errand, &walk).map_err(|e| e.to_string())?;
    if let Some(out) = &args.out {
        super::write(out, &cells(&errand, &choice, &walk))?;
    }
    if let Some(plot) = &args.plot {
        super::write(plot, &super::floor::svg(&errand.grid, errand.depot, &[&walk.steps]))?;
    }
    let cost = (walk.length + errand.extra) as f64 / SCALE as f64;
    // With one place an article there is nothing to choose, and the walk is exact.
    let exact = errand.wants.iter().all(|w| w.1.len() == 1);
    let report = serde_json::json!({
        "cost": cost,
        "bound": exact.then_some(cost),
        "places": places.iter().collect::<BTreeSet<_>>().len(),
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{report}");
    Ok(())
}

/// The best of all threads; each has a seed of its own.
fn search(args: &Args, errand: &Errand, begin: Instant) -> Result<Choice, String> {
    let (block, wants) = errand.scattered();
    let seconds = (args.time * AFTER).max(1e-3);
    let one = |thread: u64| {
        let mut pace = |_: u64, _: i64| begin.elapsed().as_secs_f64() / seconds;
        scattered::choose(&block, &wants, args.seed.wrapping_add(thread), &mut pace)
    };
    let found: Vec<Option<Choice>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..args.threads.max(1) as u64).map(|t| scope.spawn(move || one(t))).collect();
        let own = one(0);
        let others = others.into_iter().filter_map(|t| t.join().ok());
        std::iter::once(own).chain(others).collect()
    });
    found.into_iter().flatten().min_by_key(|c| c.length).ok_or_else(|| "an article is not in stock".to_owned())
}

/// One line a cell, in the order of the first visit, in the words of the file.
fn cells(errand: &Errand, choice: &Choice, walk: &Walk) -> String {
    let mut at: BTreeMap<Place, Vec<(u64, i64, u64)>> = BTreeMap::new();
    for (want, picks) in choice.picks.iter().enumerate() {
        let (mut due, offers) = (errand.wants[want].0, &errand.wants[want].1);
        for &pick in picks {
            let units = due.min(offers[pick].1);
            due -= units;
            let row = (errand.articles[want], errand.cells[want][pick], units);
            at.entry(offers[pick].0).or_default().push(row);
        }
    }
    let mut text = String::new();
    for step in &walk.steps {
        let Step::Pick(place) = step else { continue };
        for (article, cell, units) in at.remove(place).unwrap_or_default() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "ID {article} AISLE {} CELL {cell} QUANTITY {units}", place.aisle);
        }
    }
    text
}
