//! `solve slot`: places for articles, given what is bought together.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use solver::slotting::tours::{Demand, Limits};
use solver::tour::aisles::{Block, Spot};
use solver::tour::grid::{Crossing, Grid, Place, Step};

/// Our length units in one of the layout's.
const SCALE: f64 = 1_000.0;

/// Share of the time left for the check and the files.
const AFTER: f64 = 0.95;

/// Draws of the placements that leave something to chance.
const DRAWS: u64 = 20;

#[derive(clap::Args)]
pub struct Args {
    /// One basket a line, article names between commas.
    #[arg(long)]
    baskets: PathBuf,
    /// JSON: `aisles`, `cells` and, if not as in brackets, `sides` (2), `pitch` (5),
    /// `cell` (1), `end` (1.5, from a cross-aisle to the first cell), `depot` (0, an
    /// aisle); or `slots` as a list of `aisle` and `along`, with `length`.
    #[arg(long)]
    layout: PathBuf,
    /// Share of the baskets, the last ones, that is kept unseen and only measured.
    #[arg(long, default_value_t = 0.0)]
    unseen: f64,
    /// Places now, as written by --out; without them any place is free to take.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Places now, made up, in the place of --from.
    #[arg(long, conflicts_with = "from")]
    now: Option<Now>,
    /// Most articles to move away from where they lie.
    #[arg(long)]
    moves: Option<usize>,
    /// Length of walking an article's move must save over all baskets seen.
    #[arg(long, default_value_t = 0.0)]
    move_cost: f64,
    /// Seconds to search.
    #[arg(long, default_value_t = 20.0)]
    time: f64,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches at once.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write each article's place.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to draw the floor and the longest of the first baskets' walks, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

/// Places somebody might have today.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Now {
    /// Three classes by frequency, any order within each.
    ThreeClasses,
    /// Each article, as it first comes, in the closest open place.
    ClosestOpen,
    /// By falling frequency.
    Frequency,
    /// Any article anywhere.
    Random,
}

#[derive(Deserialize)]
struct Layout {
    #[serde(default, alias = "num_aisles", alias = "NUM_AISLES")]
    aisles: u32,
    #[serde(default, alias = "num_cells", alias = "NUM_CELLS", alias = "cells_per_aisle", alias = "cells_per_side")]
    cells: u32,
    #[serde(default = "two")]
    sides: u32,
    #[serde(default = "five", alias = "aisle_pitch", alias = "DISTANCE_AISLE_TO_AISLE")]
    pitch: f64,
    #[serde(default = "one", alias = "cell_pitch", alias = "DISTANCE_CELL_TO_CELL")]
    cell: f64,
    #[serde(default = "one_and_a_half", alias = "DISTANCE_BOTTOM_TO_CELL")]
    end: f64,
    #[serde(default, alias = "depot_aisle", alias = "DEPOT_AISLE")]
    depot: u32,
    #[serde(default)]
    slots: Vec<Slot>,
    length: Option<f64>,
}

#[derive(Deserialize)]
struct Slot {
    aisle: u32,
    along: f64,
}

fn two() -> u32 {
    2
}

fn one() -> f64 {
    1.0
}

fn five() -> f64 {
    5.0
}

fn one_and_a_half() -> f64 {
    1.5
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    let (block, slots) =
        floor(&super::text_of(&args.layout)?).map_err(|e| format!("{}: {e}", args.layout.display()))?;
    let (names, baskets) = baskets(&super::text_of(&args.baskets)?);
    let kept = (baskets.len() as f64 * (1.0 - args.unseen.clamp(0.0, 1.0))).round() as usize;
    let demand = |part: &[Vec<usize>]| Demand::new(block, slots.clone(), names.len(), part).map_err(|e| e.to_string());
    let seen = demand(&baskets[..kept])?;
    let unseen = if kept < baskets.len() { demand(&baskets[kept..])? } else { seen.clone() };
    let start = match (&args.from, args.now) {
        (Some(path), _) => places(&names, slots.len(), path)?,
        (None, Some(Now::ThreeClasses)) => seen.by_class(args.seed),
        (None, Some(Now::ClosestOpen)) => seen.closest_open(),
        (None, Some(Now::Random)) => seen.at_random(args.seed),
        (None, Some(Now::Frequency) | None) => seen.by_frequency(),
    };
    if args.moves.is_some() && args.from.is_none() && args.now.is_none() {
        return Err("--moves needs --from or --now".to_owned());
    }
    let place = search(args, &seen, &start, begin)?;
    let said = unseen.length(&place).map_err(|e| e.to_string())?;
    solver::check::slotting::check(&unseen, &place, said).map_err(|e| e.to_string())?;
    if let Some(out) = &args.out {
        super::write(out, &listing(&names, &slots, &place))?;
    }
    if let Some(plot) = &args.plot {
        super::write(plot, &picture(&unseen, &place)?)?;
    }
    let tour = |place: &[usize]| Ok::<f64, String>(mean(&unseen, unseen.length(place).map_err(|e| e.to_string())?));
    let drawn = |draw: &dyn Fn(u64) -> Vec<usize>| {
        let sum: Result<f64, String> = (0..DRAWS).map(|seed| tour(&draw(seed))).sum();
        sum.map(|sum| sum / DRAWS as f64)
    };
    let begun = args.from.is_some() || args.now.is_some();
    let moved = begun.then(|| start.iter().zip(&place).filter(|(a, b)| a != b).count());
    let report = serde_json::json!({
        "cost": tour(&place)?,
        "bound": null,
        "baskets": unseen.count(),
        "unseen": kept < baskets.len(),
        "before": tour(&start)?,
        "moved": moved,
        "by_frequency": tour(&seen.by_frequency())?,
        "three_classes": drawn(&|seed| seen.by_class(seed))?,
        "random": drawn(&|seed| seen.at_random(seed))?,
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{report}");
    Ok(())
}

/// Mean length of a tour in the layout's units.
fn mean(demand: &Demand, length: i64) -> f64 {
    length as f64 / demand.count().max(1) as f64 / SCALE
}

/// The best of all threads; each has a seed of its own.
fn search(args: &Args, demand: &Demand, start: &[usize], begin: Instant) -> Result<Vec<usize>, String> {
    let seconds = (args.time * AFTER).max(1e-3);
    let one = |thread: u64| {
        let move_cost = (args.move_cost.max(0.0) * SCALE).round() as i64;
        let max_moved = args.moves.unwrap_or(usize::MAX);
        let limits = Limits { max_moved, move_cost, seed: args.seed.wrapping_add(thread) };
        let mut pace = |_: u64, _: i64| begin.elapsed().as_secs_f64() / seconds;
        let place = demand.improve(start, limits, &mut pace).map_err(|e| e.to_string())?;
        let moved = start.iter().zip(&place).filter(|(a, b)| a != b).count() as i64;
        Ok((demand.length(&place).map_err(|e| e.to_string())? + move_cost * moved, place))
    };
    let found: Vec<Result<(i64, Vec<usize>), String>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..args.threads.max(1) as u64).map(|t| scope.spawn(move || one(t))).collect();
        let own = one(0);
        let others = others.into_iter().filter_map(|t| t.join().ok());
        std::iter::once(own).chain(others).collect()
    });
    let found = found.into_iter().collect::<Result<Vec<_>, String>>()?;
    found.into_iter().min().map(|f| f.1).ok_or_else(|| "no search ended".to_owned())
}

fn floor(text: &str) -> Result<(Block, Vec<Spot>), String> {
    let layout: Layout = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let units = |x: f64| {
        let sane = (0.0..=1e6).contains(&x);
        if sane { Ok((x * SCALE).round() as u32) } else { Err(format!("{x} is no length")) }
    };
    let mut slots = Vec::new();
    for slot in &layout.slots {
        slots.push(Spot::new(slot.aisle, units(slot.along)?));
    }
    if layout.slots.is_empty() {
        let count = u64::from(layout.aisles) * u64::from(layout.cells) * u64::from(layout.sides);
        if !(1..=1_000_000).contains(&count) {
            return Err(format!("{count} slots: `aisles` and `cells` or `slots` are needed"));
        }
        for aisle in 0..layout.aisles {
            for cell in 0..layout.cells {
                let spot = Spot::new(aisle, units(layout.end + f64::from(cell) * layout.cell)?);
                slots.extend((0..layout.sides).map(|_| spot));
            }
        }
    }
    let deepest = slots.iter().map(|s| s.along()).max().unwrap_or(0);
    let length = layout.length.map_or_else(|| units(layout.end).map(|e| deepest + e), units)?;
    Ok((Block { pitch: units(layout.pitch)?, length, depot: layout.depot }, slots))
}

/// Article names in the order of their first purchase, and the baskets.
fn baskets(text: &str) -> (Vec<String>, Vec<Vec<usize>>) {
    let (mut names, mut known) = (Vec::new(), BTreeMap::new());
    let mut baskets = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let words = line.split(',').map(|w| w.trim().trim_matches('"')).filter(|w| !w.is_empty());
        let basket = words.map(|word| {
            *known.entry(word.to_owned()).or_insert_with(|| {
                names.push(word.to_owned());
                names.len() - 1
            })
        });
        baskets.push(basket.collect());
    }
    (names, baskets)
}

/// One line an article: name, slot, aisle and distance from the front.
fn listing(names: &[String], slots: &[Spot], place: &[usize]) -> String {
    let mut text = "article,slot,aisle,along\n".to_owned();
    for (name, &slot) in names.iter().zip(place) {
        let along = f64::from(slots[slot].along()) / SCALE;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name},{slot},{},{along}", slots[slot].aisle());
    }
    text
}

/// Reads a listing.
fn places(names: &[String], slots: usize, path: &Path) -> Result<Vec<usize>, String> {
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in super::text_of(path)?.lines().enumerate().skip(1) {
        let mut words = line.split(',');
        let (name, slot) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let slot: usize = slot.parse().map_err(|_| format!("{}: line {}: {slot:?}", path.display(), number + 1))?;
        if slot >= slots {
            return Err(format!("{}: line {}: there is no slot {slot}", path.display(), number + 1));
        }
        at.insert(name.to_owned(), slot);
    }
    let of = |name: &String| at.get(name).copied().ok_or_else(|| format!("{}: no place for {name}", path.display()));
    names.iter().map(of).collect()
}

/// The floor and the longest walk among the first baskets.
fn picture(demand: &Demand, place: &[usize]) -> Result<String, String> {
    let block = demand.block();
    let slots = demand.slots();
    let width = slots.iter().map(|s| s.aisle()).chain([block.depot]).max().unwrap_or(0) as usize + 1;
    let grid = Grid::even(width, i64::from(block.pitch), &[i64::from(block.length)]);
    let home = Crossing { aisle: block.depot as usize, cross: 0 };
    let mut longest: (i64, Vec<Step>) = (0, Vec::new());
    for (basket, _) in demand.baskets().iter().take(200) {
        let spot = |&a: &usize| {
            let s = slots[place[a]];
            Place { aisle: s.aisle() as usize, block: 0, along: i64::from(s.along()) }
        };
        let places: Vec<Place> = basket.iter().map(spot).collect();
        let walk = grid.walk(home, home, &places).map_err(|e| e.to_string())?;
        if walk.length > longest.0 {
            longest = (walk.length, walk.steps);
        }
    }
    Ok(super::floor::svg(&grid, home, &[&longest.1]))
}
