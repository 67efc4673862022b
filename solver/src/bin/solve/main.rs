//! `solve`: routing problems from the command line.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use solver::routing::{Options, Progress, plan};
use solver::{check, formats};

/// Plans routes and assignments from files.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Routes of a VRPLIB, Solomon, Li & Lim or VROOM file.
    Vrp(Vrp),
}

#[derive(Args)]
struct Vrp {
    /// The problem.
    file: PathBuf,
    /// Seconds to search.
    #[arg(long, default_value_t = 10.0)]
    time: f64,
    /// Rounds at most; with them and without a time, a seed repeats.
    #[arg(long)]
    rounds: Option<u64>,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write the routes.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Command::Vrp(vrp) = Cli::parse().command;
    match run(&vrp) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("solve: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(vrp: &Vrp) -> Result<(), String> {
    let begin = Instant::now();
    let text = std::fs::read_to_string(&vrp.file).map_err(|e| format!("{}: {e}", vrp.file.display()))?;
    let instance = formats::read(&text).map_err(|e| format!("{}: {e}", vrp.file.display()))?;
    let clock = || begin.elapsed().as_secs_f64() / vrp.time;
    let trace = std::env::var_os("TRACE").is_some();
    let mut last = 0.0;
    let mut progress = |p: &Progress| {
        if trace && begin.elapsed().as_secs_f64() > last {
            last += vrp.time / 20.0;
            eprintln!("{:.2} {} {} {}", begin.elapsed().as_secs_f64(), p.rounds, p.weight, p.cost);
        }
        ControlFlow::Continue(())
    };
    let options = Options {
        rounds: vrp.rounds.unwrap_or(u64::MAX),
        seed: vrp.seed,
        clock: Some(&clock),
        progress: Some(&mut progress),
        ..Options::default()
    };
    let planned = plan(&instance.problem, options).map_err(|e| e.to_string())?;
    check::routing::check(&instance.problem, &planned.solution).map_err(|e| e.to_string())?;
    if let Some(out) = &vrp.out {
        std::fs::write(out, formats::write(&instance, &planned.solution)).map_err(|e| e.to_string())?;
    }
    println!(
        "{}",
        serde_json::json!({
            "cost": planned.solution.cost as f64 / instance.scale as f64,
            "routes": planned.solution.routes.len(),
            "unserved": planned.solution.unserved.len(),
            "seconds": begin.elapsed().as_secs_f64(),
            "iterations": planned.rounds,
        })
    );
    Ok(())
}
