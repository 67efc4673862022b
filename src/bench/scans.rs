//! `cartage bench scans`: a hall full of people with handhelds. Each picks a tour of his
//! own against a server in a process of its own, scanning as fast as a hand does; told is
//! how long an answer, the next instruction, took. Beside it, the same people ask for
//! nothing but who they are. Deliberately absent: radio and browser; what is measured is
//! the server and this machine's loopback.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::{hall, measure::Latencies, server::Server};
use crate::{
    config::Options,
    store::{Engine, Scratch},
};

/// How many people, how fast, how long.
#[derive(Debug, Clone, Args)]
#[command(after_help = "On a scratch database that is removed again: a file, or one of its own on the PostgreSQL
server that --database names.")]
pub struct ScansArgs {
    /// People at work
    #[arg(long, default_value_t = 200)]
    workers: usize,
    /// From an answer to the next scan, on average; 0 for as fast as it goes
    #[arg(long, value_name = "MS", default_value_t = 1_500)]
    pause_ms: u64,
    /// How long they scan
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Seed of their hands
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write what was found as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Report {
    workers: usize,
    scans: usize,
    scans_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    /// Answers that were no next instruction.
    refused: usize,
    /// The same people at the same pace, asking who they are.
    empty_p50_ms: f64,
    empty_p99_ms: f64,
}

/// Measures, prints, and writes the report.
pub async fn run(options: &Options, args: ScansArgs) -> anyhow::Result<ExitCode> {
    let server = options.database.as_deref().filter(|url| Engine::of(url).is_ok_and(|one| one == Engine::Postgres));
    let below = std::env::temp_dir();
    let scratch = match server {
        Some(url) => Scratch::on_server(url).await?,
        None => Scratch::file(&below)?,
    };
    println!("{} people and their work are prepared", args.workers);
    let secrets = hall::prepare(scratch.url(), args.workers).await?;
    let data = Scratch::file(&below)?;
    let serving = Server::start(scratch.url(), data.folder().context("the server needs a folder")?).await?;
    let found = measured(&serving.url, secrets, &args).await;
    serving.kill().await?;
    scratch.remove().await?;
    data.remove().await?;
    let report = found?;
    print(&report);
    if let Some(file) = &args.report {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(if report.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    println!("{} people, {} scans, {:.0} a second", report.workers, report.scans, report.scans_per_s);
    println!(
        "  a scan, to the next instruction  p50 {:.1} ms   p99 {:.1} ms   p99.9 {:.1} ms",
        report.p50_ms, report.p99_ms, report.p999_ms
    );
    println!(
        "  a question that reads one row    p50 {:.1} ms   p99 {:.1} ms",
        report.empty_p50_ms, report.empty_p99_ms
    );
    if report.refused > 0 {
        println!("  {} answers were no instruction", report.refused);
    }
}

/// What one person saw.
#[derive(Default)]
struct Seen {
    scans: Latencies,
    empty: Latencies,
    count: usize,
    refused: usize,
}

async fn measured(url: &str, secrets: Vec<String>, args: &ScansArgs) -> anyhow::Result<Report> {
    let client = reqwest::Client::builder().build()?;
    let ready = Arc::new(Barrier::new(secrets.len()));
    let totes = Arc::new(AtomicUsize::new(0));
    let mut people = Vec::new();
    for (n, secret) in secrets.into_iter().enumerate() {
        let rng = ChaCha20Rng::seed_from_u64(args.seed.wrapping_add(n as u64));
        let (url, totes) = (url.to_owned(), Arc::clone(&totes));
        let worker =
            Worker { client: client.clone(), url, secret, rng, totes, args: args.clone(), seen: Seen::default() };
        people.push(tokio::spawn(worker.live(Arc::clone(&ready))));
    }
    let (mut scans, mut empty) = (Latencies::default(), Latencies::default());
    let mut report = Report { workers: people.len(), ..Report::default() };
    for person in people {
        let seen = person.await??;
        scans.extend(&seen.scans);
        empty.extend(&seen.empty);
        (report.scans, report.refused) = (report.scans + seen.count, report.refused + seen.refused);
    }
    let (scans, empty) = (scans.sorted(), empty.sorted());
    // Counts and seconds are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let rate = report.scans as f64 / args.seconds.max(1) as f64;
    println!("{}", scans.drawing());
    Ok(Report {
        scans_per_s: rate,
        p50_ms: scans.permille_ms(500),
        p99_ms: scans.permille_ms(990),
        p999_ms: scans.permille_ms(999),
        empty_p50_ms: empty.permille_ms(500),
        empty_p99_ms: empty.permille_ms(990),
        ..report
    })
}

struct Worker {
    client: reqwest::Client,
    url: String,
    secret: String,
    rng: ChaCha20Rng,
    /// Totes taken from the pile.
    totes: Arc<AtomicUsize>,
    args: ScansArgs,
    seen: Seen,
}

impl Worker {
    /// Gets a task, waits for all others, scans, then asks who he is.
    async fn live(mut self, ready: Arc<Barrier>) -> anyhow::Result<Seen> {
        let mut step = self.next().await?;
        ready.wait().await;
        let until = Instant::now() + Duration::from_secs(self.args.seconds);
        while Instant::now() < until {
            self.pause().await;
            if step["expect"]["kind"] == "none" {
                step = self.next().await?;
                continue;
            }
            let begun = Instant::now();
            let (right, next) = self.scan(&step).await?;
            self.seen.scans.add(begun.elapsed());
            self.seen.count += 1;
            self.seen.refused += usize::from(!right);
            step = if right { next } else { self.next().await? };
        }
        ready.wait().await;
        let until = Instant::now() + Duration::from_secs(self.args.seconds.div_ceil(4));
        while Instant::now() < until {
            self.pause().await;
            let begun = Instant::now();
            self.client.get(format!("{}/api/v1/me", self.url)).bearer_auth(&self.secret).send().await?.bytes().await?;
            self.seen.empty.add(begun.elapsed());
        }
        Ok(self.seen)
    }

    /// Between half and one and a half times the pause.
    async fn pause(&mut self) {
        let part = self.rng.random_range(500..1_500);
        tokio::time::sleep(Duration::from_micros(self.args.pause_ms * part)).await;
    }

    /// The next task, asked for until there is one.
    async fn next(&mut self) -> anyhow::Result<Value> {
        let body = json!({"site": hall::SITE, "kinds": ["pick"]});
        for _ in 0..600 {
            let asked = self.client.post(format!("{}/api/v1/work/next", self.url)).bearer_auth(&self.secret);
            let answer = asked.json(&body).send().await?;
            if answer.status() == reqwest::StatusCode::OK {
                return Ok(answer.json().await?);
            }
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(100..300))).await;
        }
        anyhow::bail!("no work came within two minutes")
    }

    /// Does what a step asks; false if the answer was no instruction.
    async fn scan(&mut self, step: &Value) -> anyhow::Result<(bool, Value)> {
        let label = step["expect"]["label"].as_str().unwrap_or_default();
        let entry = match step["expect"]["kind"].as_str().unwrap_or_default() {
            "quantity" => json!({"quantity": label.parse::<i64>().unwrap_or(0)}),
            "tote" if label.is_empty() => json!({"code": hall::tote(self.totes.fetch_add(1, Ordering::Relaxed))}),
            _ => json!({"code": label}),
        };
        let task = step["task"]["id"].as_str().unwrap_or_default();
        let key = format!("{:032x}", self.rng.random::<u128>());
        let asked = self.client.post(format!("{}/api/v1/work/{task}/scan", self.url)).bearer_auth(&self.secret);
        let answer = asked.header("idempotency-key", key).json(&entry).send().await?;
        let right = answer.status() == reqwest::StatusCode::OK;
        let next: Value = answer.json().await?;
        Ok((right && next["say"]["tone"] != "wrong", next))
    }
}
