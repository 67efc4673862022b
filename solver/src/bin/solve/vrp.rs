//! `solve vrp`: search, check and write routes.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use solver::check::routing::check;
use solver::formats::{self, Instance};
use solver::routing::{Choice, Objective, Options, Planned, Progress, Route, explain, plan};

/// The anytime curve has about so many lines.
const CURVE: f64 = 20.0;

#[derive(clap::Args)]
pub struct Args {
    /// The problem.
    file: PathBuf,
    /// Seconds to search.
    #[arg(long, default_value_t = 10.0)]
    time: f64,
    /// Rounds to search instead; one thread and one seed then repeat exactly.
    #[arg(long)]
    rounds: Option<u64>,
    /// The fewest vehicles first, then the least cost.
    #[arg(long)]
    vehicles_first: bool,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches at once.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write the routes.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where to draw the routes, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Routes to begin with, as written by --out.
    #[arg(long, conflicts_with = "check")]
    warm: Option<PathBuf>,
    /// Routes to check instead of a search, as written by --out.
    #[arg(long)]
    check: Option<PathBuf>,
    /// A job, as the file numbers it, to explain: a line of JSON before the last.
    #[arg(long)]
    explain: Vec<String>,
}

pub fn run(args: &Args) -> Result<(), String> {
    let begin = Instant::now();
    let mut instance =
        formats::read(&super::text_of(&args.file)?).map_err(|e| format!("{}: {e}", args.file.display()))?;
    if args.vehicles_first {
        instance.problem.objective = Objective::VehiclesFirst;
    }
    let given = args.warm.as_ref().or(args.check.as_ref());
    let given = given.map(|path| {
        let text = super::text_of(path)?;
        formats::read_routes(&instance, &text).map_err(|e| format!("{}: {e}", path.display()))
    });
    let given = given.transpose()?;
    let planned = if args.check.is_some() {
        let warm = given.as_deref();
        let kept = plan(&instance.problem, Options { rounds: 0, warm, ..Options::default() });
        let kept = kept.map_err(|e| e.to_string())?;
        agree(&instance, warm.unwrap_or_default(), &kept)?;
        kept
    } else {
        search(args, &instance, given.as_deref(), begin)?
    };
    check(&instance.problem, &planned.solution).map_err(|e| e.to_string())?;
    if let Some(out) = &args.out {
        let text = formats::write(&instance, &planned.solution);
        std::fs::write(out, text).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    if let Some(plot) = &args.plot {
        let picture = super::draw::svg(&instance, &planned.solution)?;
        std::fs::write(plot, picture).map_err(|e| format!("{}: {e}", plot.display()))?;
    }
    for name in &args.explain {
        println!("{}", explained(&instance, &planned, name)?);
    }
    println!("{}", summary(&instance, &planned, begin));
    Ok(())
}

/// Why a job is where it is, with jobs numbered as in the file.
fn explained(instance: &Instance, planned: &Planned, name: &str) -> Result<serde_json::Value, String> {
    let job = instance.names.iter().position(|n| n == name).ok_or_else(|| format!("there is no job {name}"))?;
    let told = explain(&instance.problem, &planned.solution, &[job]).map_err(|e| e.to_string())?;
    let named = |jobs: &[usize]| jobs.iter().map(|j| instance.names[*j].clone()).collect::<Vec<_>>();
    let cost = |cost: Option<i64>| cost.map(|c| c as f64 / instance.scale as f64);
    let choice = |c: &Choice| {
        let late = c.breach.late.iter().map(|l| {
            let ms = l.late_ms as f64 / instance.scale as f64;
            serde_json::json!({ "job": l.job.map(|j| &instance.names[j]), "late": ms })
        });
        serde_json::json!({
            "vehicle": c.vehicle + 1,
            "extra": cost(c.extra),
            "order": named(&c.order),
            "forbidden": c.breach.forbidden,
            "unreachable": c.breach.unreachable,
            "late": late.collect::<Vec<_>>(),
            "overload": c.breach.overload,
            "excess_distance": c.breach.excess_m as f64 / instance.scale as f64,
            "excess_duration": c.breach.excess_ms as f64 / instance.scale as f64,
            "instead_of": named(&c.instead_of),
        })
    };
    let told = told.first().ok_or("nothing to explain")?;
    Ok(serde_json::json!({
        "job": name,
        "with": told.mate.map(|m| &instance.names[m]),
        "vehicle": told.vehicle.map(|v| v + 1),
        "locked": told.locked,
        "without": cost(told.without),
        "choices": told.choices.iter().map(choice).collect::<Vec<_>>(),
    }))
}

/// Whether the routes given are a plan as they stand.
fn agree(instance: &Instance, given: &[Vec<usize>], kept: &Planned) -> Result<(), String> {
    for (vehicle, jobs) in given.iter().enumerate().filter(|(_, jobs)| !jobs.is_empty()) {
        let route = kept.solution.routes.iter().find(|r| r.vehicle == vehicle);
        if route.map(|r| visits(r, instance.problem.jobs.len())).unwrap_or_default() != *jobs {
            let names: Vec<&str> =
                jobs.iter().map(|j| instance.names.get(*j).map_or("reload", String::as_str)).collect();
            return Err(format!("route #{} breaks a rule: {}", vehicle + 1, names.join(" ")));
        }
    }
    let served = given.iter().flatten().filter(|j| **j < instance.problem.jobs.len()).count();
    let optional = instance.problem.jobs.iter().filter(|j| j.prize.is_some()).count();
    if served + optional < instance.problem.jobs.len() {
        return Err(format!("{} of {} jobs are served", served, instance.problem.jobs.len()));
    }
    Ok(())
}

/// Jobs and reloads of a route, in order, as plans are given.
fn visits(route: &Route, jobs: usize) -> Vec<usize> {
    let mut visits: Vec<usize> = route.stops.iter().map(|s| s.job).collect();
    for reload in route.reloads.iter().rev() {
        visits.insert(reload.before, jobs + reload.place);
    }
    visits
}

fn search(args: &Args, instance: &Instance, warm: Option<&[Vec<usize>]>, begin: Instant) -> Result<Planned, String> {
    let seconds = args.time.max(1e-3);
    let clock = || begin.elapsed().as_secs_f64() / seconds;
    let mut curve = Curve::new(begin, seconds, instance.scale);
    let mut progress = |p: &Progress| {
        curve.show(p);
        ControlFlow::Continue(())
    };
    let options = Options {
        rounds: args.rounds.unwrap_or(u64::MAX),
        seed: args.seed,
        clock: if args.rounds.is_none() { Some(&clock) } else { None },
        progress: Some(&mut progress),
        warm,
        threads: args.threads,
    };
    let planned = plan(&instance.problem, options).map_err(|e| e.to_string())?;
    curve.end();
    Ok(planned)
}

/// Cost over time: one line that changes on a terminal, else a line now and then.
struct Curve {
    begin: Instant,
    every: f64,
    next: f64,
    scale: i64,
    live: bool,
}

impl Curve {
    fn new(begin: Instant, seconds: f64, scale: i64) -> Self {
        let live = std::io::stderr().is_terminal();
        let every = if live { 0.2 } else { seconds / CURVE };
        Self { begin, every, next: 0.0, scale, live }
    }

    fn show(&mut self, p: &Progress) {
        let now = self.begin.elapsed().as_secs_f64();
        if now < self.next {
            return;
        }
        self.next = now + self.every;
        let cost = formats::in_units(p.cost, self.scale);
        let left = if p.weight > 0 { format!(", {} left out", p.weight) } else { String::new() };
        let line = format!("{now:8.2} s  {:>10} rounds  cost {cost}{left}", p.rounds);
        // A progress line that cannot be written is no reason to stop.
        let mut err = std::io::stderr();
        let _ = if self.live { write!(err, "\r{line}\x1b[K") } else { writeln!(err, "{line}") };
    }

    fn end(&self) {
        if self.live {
            eprintln!();
        }
    }
}

fn summary(instance: &Instance, planned: &Planned, begin: Instant) -> serde_json::Value {
    let solution = &planned.solution;
    serde_json::json!({
        "cost": solution.cost as f64 / instance.scale as f64,
        // Bounds are the matter of exact methods; none is known here.
        "bound": null,
        "routes": solution.routes.len(),
        "unserved": solution.unserved.len(),
        "seconds": begin.elapsed().as_secs_f64(),
        "iterations": planned.rounds,
    })
}
