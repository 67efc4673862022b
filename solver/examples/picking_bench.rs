//! Measures picking on public files: `batch SECONDS DIR BKS [FILTER]`, `sprp SECONDS DIR BKS [FILTER]`, `tour DIR`.
//!
//! `SEED` in the environment changes the chance. Time is process CPU time from the kernel, as other work may share the cores.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use solver::picking_formats::{henn, sprp};
use solver::tour::aisles::Spot;
use solver::tour::scattered;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// CPU seconds of this process so far, to a hundredth.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// CPU seconds of this thread, finer: nanoseconds the scheduler counted.
fn thread_cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let run = stat.split_whitespace().next().and_then(|w| w.parse::<f64>().ok());
    run.unwrap_or(0.0) / 1e9
}

/// Name and least value of every instance of a set under one measure.
fn published(path: &str, set: &str, metric: &str) -> Result<BTreeMap<String, f64>> {
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let f: Vec<&str> = line.split(',').collect();
        let Some(Ok(value)) = f.get(4).map(|v| v.parse::<f64>()) else { continue };
        if f[0] == set && f[3] == metric {
            best.entry(f[1].to_owned()).and_modify(|b| *b = b.min(value)).or_insert(value);
        }
    }
    Ok(best)
}

fn batch(seconds: f64, dir: &str, bks: &str, filter: &str) -> Result<()> {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut by: BTreeMap<String, (f64, f64, u32, u32)> = Default::default();
    for (name, best) in published(bks, "henn_waescher", "total_distance_optimal_routing")? {
        let path = Path::new(dir).join(format!("{name}.txt"));
        if !path.exists() || !name.contains(filter) {
            continue;
        }
        let job = henn::read(&std::fs::read_to_string(path)?, henn::capacity(&name).unwrap_or(0))?;
        let from = cpu_s();
        let mut tried = 0;
        let mut pace = |moves: u64, _: i64| {
            tried = moves;
            (cpu_s() - from) / seconds
        };
        let batches = job.solve(seed, &mut pace)?;
        solver::check::batching::aisles(&job, &batches)?;
        let length = batches.iter().map(|b| b.length).sum::<i64>() as f64 / henn::SCALE as f64;
        let gap = 100.0 * (length / best - 1.0);
        println!("{name} {length} {best} {gap:.3} moves {tried}");
        let size = name.split('-').nth(1).unwrap_or("").to_owned();
        let e = by.entry(size).or_default();
        *e = (e.0 + gap, e.1.max(gap), e.2 + 1, e.3 + u32::from(gap < 1e-6));
    }
    for (size, (sum, worst, n, hit)) in by {
        println!("orders {size}: mean {:.3} % worst {worst:.3} % best known reached {hit}/{n}", sum / f64::from(n));
    }
    Ok(())
}

/// Single-picker files, both kinds, `seconds` of CPU time each where there is a choice.
fn single(seconds: f64, dir: &str, bks: &str, filter: &str) -> Result<()> {
    let mut by: BTreeMap<&str, (u32, u32, f64, f64)> = BTreeMap::new();
    for (name, best) in published(bks, "sprp_ss", "tour_length")? {
        let path = Path::new(dir).join(format!("{name}.txt"));
        if !path.exists() || !name.contains(filter) {
            continue;
        }
        let errand = sprp::read(&String::from_utf8_lossy(&std::fs::read(path)?))?;
        let kind = if errand.wants.iter().any(|w| w.1.len() > 1) { "scattered" } else { "ordinary" };
        let (block, wants) = errand.scattered();
        let (from, mut rounds) = (thread_cpu_s(), 0);
        let mut pace = |r: u64, _: i64| {
            rounds = r;
            (thread_cpu_s() - from) / seconds
        };
        let choice = scattered::choose(&block, &wants, 1, &mut pace).ok_or("not in stock")?;
        let places = errand.places(&choice.picks);
        let walk = errand.grid.walk(errand.depot, errand.depot, &places)?;
        solver::check::walk::errand(&errand, &walk)?;
        let length = (walk.length + errand.extra) as f64 / sprp::SCALE as f64;
        let e = by.entry(kind).or_default();
        *e = (
            e.0 + 1,
            e.1 + u32::from(length <= best),
            e.2 + 100.0 * (length / best - 1.0),
            e.3.max(100.0 * (length / best - 1.0)),
        );
        if length != best {
            println!("{kind} {name} {length} {best} {:.2} % rounds {rounds}", 100.0 * (length / best - 1.0));
        }
    }
    for (kind, (files, equal, gap, worst)) in by {
        println!(
            "{kind}: {files} files, {equal} at the published optimum, mean gap {:.3} %, worst {worst:.2} %",
            gap / f64::from(files)
        );
    }
    Ok(())
}

fn lengths(dir: &str) -> Result<()> {
    let mut sets: Vec<Vec<Spot>> = Vec::new();
    let mut block = None;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(capacity) = henn::capacity(&name) else { continue };
        let job = henn::read(&std::fs::read_to_string(&path)?, capacity)?;
        for b in job.solve(1, &mut |_, _| 1.0)? {
            let mut spots: Vec<Spot> = b.orders.iter().flat_map(|&o| job.orders[o].spots.clone()).collect();
            spots.sort_unstable();
            sets.push(spots);
        }
        block = Some(job.block);
    }
    let block = block.ok_or("no files")?;
    let mut times: Vec<f64> = Vec::new();
    let mut sum = 0;
    for spots in &sets {
        let mut least = f64::MAX;
        for _ in 0..7 {
            let from = Instant::now();
            for _ in 0..100 {
                sum += block.shortest(std::hint::black_box(spots));
            }
            least = least.min(from.elapsed().as_nanos() as f64 / 100.0);
        }
        times.push(least);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{} batches, median {:.0} ns, p99 {:.0} ns ({sum})",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    Ok(())
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["batch", s, dir, bks] => batch(s.parse()?, dir, bks, ""),
        ["batch", s, dir, bks, filter] => batch(s.parse()?, dir, bks, filter),
        ["sprp", s, dir, bks] => single(s.parse()?, dir, bks, ""),
        ["sprp", s, dir, bks, filter] => single(s.parse()?, dir, bks, filter),
        ["tour", dir] => lengths(dir),
        _ => Err("batch SECONDS DIR BKS [FILTER] | sprp SECONDS DIR BKS [FILTER] | tour DIR".into()),
    }
}
