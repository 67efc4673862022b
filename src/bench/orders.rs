//! `cartage bench orders`: how many orders a second are promised for good, beside
//! the one-transaction-an-order path and PostgreSQL's own benchmark, taken in turns
//! in the same run. Deliberately absent: a verdict.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{
    load::{self, Remote, Tally, Target, Ticker},
    measure::{self, PgBench, median},
    server::{self, Server},
    world::{self, Size},
};
use crate::{
    checkout::Till,
    config::Options,
    stock,
    store::{self, Db, Engine, Scratch, roll},
};

/// How orders are measured.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Without --url the writer is measured in this process, on a scratch database that is removed
again: a file, or a database of its own on the PostgreSQL server that --database names.

Examples:
  cartage bench orders                                           SQLite, 256 clients, closed loop
  cartage bench orders --database postgres://me@localhost/postgres --rounds 5
  cartage bench orders --rate 3000 --seconds 20                  open loop
  cartage bench orders --serve --rounds 5                        over HTTP, beside a request that writes nothing
  cartage bench orders --serve --rate 2000 --seconds 20          how long answers take at that rate
  cartage bench orders --url http://127.0.0.1:8080 --token T     a running server")]
pub struct OrdersArgs {
    /// Clients that order again as soon as they are answered
    #[arg(long, default_value_t = 256)]
    clients: usize,
    /// Open loop: so many orders a second, whether answered or not
    #[arg(long)]
    rate: Option<u32>,
    /// How long each measurement lasts
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often; medians are told
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// How many articles are in half of all orders
    #[arg(long, default_value_t = 4)]
    hot: usize,
    /// Replicas on one PostgreSQL, each with a writer and connections of its own
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// Over HTTP, against a server of its own on a scratch database
    #[arg(long, conflicts_with = "url")]
    serve: bool,
    /// A running server
    #[arg(long, requires = "token")]
    url: Option<String>,
    /// A token of the server that may place orders
    #[arg(long)]
    token: Option<String>,
    /// PostgreSQL server for pgbench; that of --database when absent
    #[arg(long, value_name = "URL")]
    pgbench: Option<String>,
    /// Scale of pgbench; it must not be below its clients
    #[arg(long, default_value_t = 300)]
    scale: u32,
    /// Seed of the shoppers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write what was found as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What was found; a rate is the median of the rounds.
#[derive(Debug, Default, Serialize)]
struct Report {
    target: String,
    clients: usize,
    rate: Option<u32>,
    rounds: usize,
    seconds: u64,
    hot: usize,
    replicas: usize,
    orders_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    placed: u64,
    refused: u64,
    shed: u64,
    failed: u64,
    units_oversold: Option<i64>,
    ledger_differences: Option<usize>,
    /// Orders that waited on the roll at the end of the rounds, all of them.
    posted_later: i64,
    /// How fast these were posted then.
    posted_per_s: Option<f64>,
    /// Orders a second when that time is counted as well.
    orders_per_s_posted: Option<f64>,
    single_path_orders_per_s: Option<f64>,
    ratio_single_path: Option<f64>,
    pgbench_simple_update_tps: Option<f64>,
    ratio_pgbench: Option<f64>,
    fsync_us: Option<f64>,
    /// Over HTTP: the same requests to an endpoint that writes nothing.
    empty_post_per_s: Option<f64>,
    ratio_empty_post: Option<f64>,
    /// Processor time of this process for each order placed in groups.
    cpu_us_per_order: Option<f64>,
}

/// Measures, prints, and writes the report.
pub async fn run(options: &Options, args: OrdersArgs) -> anyhow::Result<ExitCode> {
    let report = match (&args.url, &args.token) {
        (Some(url), Some(token)) => remote(&args, url, token, None).await?,
        _ if args.serve => own_server(options, &args).await?,
        _ => local(options, &args).await?,
    };
    print(&report);
    if let Some(file) = &args.report {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let sound = report.units_oversold.unwrap_or(0) == 0 && report.ledger_differences.unwrap_or(0) == 0;
    Ok(if sound && report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A scratch database with its world.
struct Stage {
    scratch: Scratch,
    db: Db,
}

impl Stage {
    async fn set(database: Option<&str>, size: Size) -> anyhow::Result<Self> {
        let scratch = match database {
            Some(url) if Engine::of(url)? == Engine::Postgres => Scratch::on_server(url).await?,
            _ => Scratch::file(&std::env::temp_dir())?,
        };
        let db = server::open(scratch.url()).await?;
        store::migrate(&db).await?;
        world::furnish(&db, size).await?;
        Ok(Self { scratch, db })
    }

    /// The same database with connections of its own.
    async fn open(&self) -> anyhow::Result<Db> {
        server::open(self.scratch.url()).await
    }

    async fn strike(self) -> anyhow::Result<()> {
        self.db.close().await;
        Ok(self.scratch.remove().await?)
    }
}

async fn local(options: &Options, args: &OrdersArgs) -> anyhow::Result<Report> {
    let size = Size { hot: args.hot, ..Size::default() };
    let database = options.database.as_deref();
    let bar = progress("furnishing a scratch database");
    let stage = Stage::set(database, size).await?;
    let server =
        args.pgbench.as_deref().or(database.filter(|url| Engine::of(url).is_ok_and(|one| one == Engine::Postgres)));
    bar.set_message("filling pgbench's tables");
    let pgbench = match server {
        Some(server) => Some(PgBench::prepare(server, args.scale).await?),
        None => None,
    };
    let mut replicas = vec![stage.db.clone()];
    for _ in 1..args.replicas.max(1) {
        anyhow::ensure!(stage.db.engine() == Engine::Postgres, "replicas need PostgreSQL; name one with --database");
        replicas.push(stage.open().await?);
    }
    let till = Target::Tills(Arc::new(replicas.iter().cloned().map(Till::open).collect()));
    let alone = Target::Alone(stage.db.clone());
    let mut rounds = Rounds::default();
    for round in 0..args.rounds.max(1) {
        let seed = args.seed * 1_000 + u64::try_from(round).unwrap_or(0);
        bar.set_message(format!("round {}: in groups", round + 1));
        let before = measure::cpu_us();
        rounds.group.push(one_load(&till, args, size, seed, &bar).await);
        rounds.cpu_us += measure::cpu_us() - before;
        bar.set_message(format!("round {}: posting", round + 1));
        rounds.posting.push(settled(&stage.db).await?);
        if args.rate.is_none() {
            bar.set_message(format!("round {}: one transaction an order", round + 1));
            rounds.alone.push(one_load(&alone, args, size, seed + 500, &bar).await.per_second());
        }
        if let Some(pgbench) = &pgbench {
            bar.set_message(format!("round {}: pgbench -N", round + 1));
            rounds.pgbench.push(pgbench.run(args.clients, args.seconds).await?.tps);
        }
    }
    bar.finish_and_clear();
    drop(till);
    for replica in replicas.into_iter().skip(1) {
        replica.close().await;
    }
    let mut report = rounds.report(args, &format!("{} in this process", stage.db.engine().as_str()));
    let mut read = stage.db.read().await?;
    report.units_oversold = Some(stock::oversold(read.sql()).await?);
    report.ledger_differences = Some(stock::audit(read.sql()).await?.differences());
    drop(read);
    report.fsync_us = measure::fsync_us(stage.scratch.folder().unwrap_or(&std::env::temp_dir())).ok();
    if let Some(pgbench) = pgbench {
        pgbench.remove().await?;
    }
    stage.strike().await?;
    Ok(report)
}

/// A server in a process of its own, on a scratch database that is judged afterwards.
async fn own_server(options: &Options, args: &OrdersArgs) -> anyhow::Result<Report> {
    let scratch = match options.database.as_deref() {
        Some(url) if Engine::of(url)? == Engine::Postgres => Scratch::on_server(url).await?,
        _ => Scratch::file(&std::env::temp_dir())?,
    };
    let token = server::prepare(scratch.url(), Size { hot: args.hot, ..Size::default() }).await?;
    let data = Scratch::file(&std::env::temp_dir())?;
    let folder = data.folder().context("the server needs a folder")?;
    let serving = Server::start(scratch.url(), folder).await?;
    let db = server::open(scratch.url()).await?;
    let found = remote(args, &serving.url, &token, Some(&db)).await;
    serving.kill().await?;
    let mut read = db.read().await?;
    let mut report = Report { fsync_us: measure::fsync_us(folder).ok(), ..found? };
    report.units_oversold = Some(stock::oversold(read.sql()).await?);
    report.ledger_differences = Some(stock::audit(read.sql()).await?.differences());
    drop(read);
    db.close().await;
    scratch.remove().await?;
    data.remove().await?;
    Ok(report)
}

async fn remote(args: &OrdersArgs, url: &str, token: &str, db: Option<&Db>) -> anyhow::Result<Report> {
    let remote = Remote::open(url, token).await?;
    let size = Size { hot: args.hot, articles: remote.articles(), ..Size::default() };
    let empty = Target::Http(Arc::new(remote.check()));
    let target = Target::Http(Arc::new(remote));
    let bar = progress("");
    let mut rounds = Rounds::default();
    for round in 0..args.rounds.max(1) {
        bar.set_message(format!("round {}: {url}", round + 1));
        let seed = args.seed * 1_000 + u64::try_from(round).unwrap_or(0);
        rounds.group.push(one_load(&target, args, size, seed, &bar).await);
        if let Some(db) = db {
            bar.set_message(format!("round {}: posting", round + 1));
            rounds.posting.push(settled(db).await?);
        }
        if args.rate.is_none() {
            bar.set_message(format!("round {}: requests that write nothing", round + 1));
            rounds.empty.push(one_load(&empty, args, size, seed, &bar).await.per_second());
        }
    }
    bar.finish_and_clear();
    Ok(rounds.report(args, url))
}

/// Waits until the tills have posted what they put onto the roll: what is measured
/// next has the machine for itself. Returns how many waited, and for how long.
async fn settled(db: &Db) -> anyhow::Result<(i64, Duration)> {
    let begun = Instant::now();
    let mut waiting = roll::waiting(db).await?;
    let orders = waiting.orders;
    while waiting.rows > 0 {
        anyhow::ensure!(waiting.failed == 0, "orders could not be posted");
        tokio::time::sleep(Duration::from_millis(100)).await;
        waiting = roll::waiting(db).await?;
    }
    Ok((orders, begun.elapsed()))
}

async fn one_load(target: &Target, args: &OrdersArgs, size: Size, seed: u64, bar: &ProgressBar) -> Tally {
    let ticker = Ticker::default();
    let shown = {
        let (bar, ticker) = (bar.clone(), ticker.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(250)).await;
                bar.set_position(ticker.load(Ordering::Relaxed));
            }
        })
    };
    let lasts = Duration::from_secs(args.seconds.max(1));
    let tally = match args.rate {
        Some(rate) => load::open(target, rate, lasts, size, seed, &ticker).await,
        None => load::closed(target, args.clients, lasts, size, seed, &ticker).await,
    };
    shown.abort();
    tally
}

#[derive(Default)]
struct Rounds {
    group: Vec<Tally>,
    alone: Vec<f64>,
    pgbench: Vec<f64>,
    empty: Vec<f64>,
    /// Orders that were posted after each group round, and how long that took.
    posting: Vec<(i64, Duration)>,
    /// Processor time of the group rounds in this process.
    cpu_us: f64,
}

impl Rounds {
    fn report(&self, args: &OrdersArgs, target: &str) -> Report {
        let of = |pick: &dyn Fn(&Tally) -> f64| median(&self.group.iter().map(pick).collect::<Vec<_>>()).unwrap_or(0.0);
        let sum = |pick: &dyn Fn(&Tally) -> u64| self.group.iter().map(pick).sum();
        let ratio = |others: &[f64]| {
            let each: Vec<f64> =
                self.group.iter().zip(others).map(|(tally, other)| tally.per_second() / other.max(1e-9)).collect();
            median(&each)
        };
        if let Some(last) = self.group.last() {
            println!("{}", last.latencies.drawing());
        }
        Report {
            target: target.to_owned(),
            clients: args.clients,
            rate: args.rate,
            rounds: self.group.len(),
            seconds: args.seconds,
            hot: args.hot,
            replicas: args.replicas,
            cpu_us_per_order: self.cpu_us_per_order(),
            posted_later: self.posting.iter().map(|(orders, _)| orders).sum(),
            posted_per_s: median(&self.posting.iter().filter_map(posted_per_s).collect::<Vec<_>>()),
            orders_per_s_posted: self.with_posting(args.seconds),
            orders_per_s: of(&Tally::per_second),
            p50_ms: of(&|tally| tally.latencies.permille_ms(500)),
            p99_ms: of(&|tally| tally.latencies.permille_ms(990)),
            p999_ms: of(&|tally| tally.latencies.permille_ms(999)),
            placed: sum(&|tally| tally.placed),
            refused: sum(&|tally| tally.refused),
            shed: sum(&|tally| tally.shed),
            failed: sum(&|tally| tally.failed),
            single_path_orders_per_s: median(&self.alone),
            ratio_single_path: ratio(&self.alone),
            pgbench_simple_update_tps: median(&self.pgbench),
            ratio_pgbench: ratio(&self.pgbench),
            empty_post_per_s: median(&self.empty),
            ratio_empty_post: ratio(&self.empty),
            ..Report::default()
        }
    }
}

impl Rounds {
    /// The rate when the time of posting is counted as well.
    #[allow(clippy::cast_precision_loss)]
    fn with_posting(&self, seconds: u64) -> Option<f64> {
        let rate = |(tally, (_, took)): (&Tally, &(i64, Duration))| {
            tally.placed as f64 / (seconds.max(1) as f64 + took.as_secs_f64())
        };
        median(&self.group.iter().zip(&self.posting).map(rate).collect::<Vec<_>>())
    }

    fn cpu_us_per_order(&self) -> Option<f64> {
        let placed: u64 = self.group.iter().map(|tally| tally.placed).sum();
        // Orders in a run are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let placed = placed as f64;
        (self.cpu_us > 0.0 && placed > 0.0).then(|| self.cpu_us / placed)
    }
}

/// Counts here are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn posted_per_s((orders, took): &(i64, Duration)) -> Option<f64> {
    (*orders > 0).then(|| *orders as f64 / took.as_secs_f64().max(1e-9))
}

fn progress(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg} {pos}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn print(report: &Report) {
    let Report { orders_per_s, p50_ms, p99_ms, p999_ms, .. } = report;
    println!("{}: {} clients, {} x {} s", report.target, report.clients, report.rounds, report.seconds);
    println!(
        "  orders        {orders_per_s:>10.0} a second   p50 {p50_ms:.1} ms   p99 {p99_ms:.1} ms   p99.9 {p999_ms:.1} ms"
    );
    println!(
        "  answers       {} placed, {} refused, {} shed, {} failed",
        report.placed, report.refused, report.shed, report.failed
    );
    if let (Some(rate), Some(whole)) = (report.posted_per_s, report.orders_per_s_posted) {
        let waited = report.posted_later;
        println!(
            "  posting       {rate:>10.0} a second afterwards, {waited} orders; with it {whole:.0} orders a second"
        );
    }
    let beside = |name: &str, rate: Option<f64>, ratio: Option<f64>| {
        if let (Some(rate), Some(ratio)) = (rate, ratio) {
            println!("  {name:<13} {rate:>10.0} a second   orders are {ratio:.2} times as many");
        }
    };
    beside("one by one", report.single_path_orders_per_s, report.ratio_single_path);
    beside("pgbench -N", report.pgbench_simple_update_tps, report.ratio_pgbench);
    beside("empty POST", report.empty_post_per_s, report.ratio_empty_post);
    if let Some(us) = report.cpu_us_per_order {
        println!("  processor     {us:>10.0} us an order, in this process");
    }
    if let Some(us) = report.fsync_us {
        println!("  fsync         {us:>10.0} us");
    }
    if let Some(oversold) = report.units_oversold {
        println!(
            "  oversold      {oversold:>10} units, ledger differs in {} places",
            report.ledger_differences.unwrap_or(0)
        );
    }
}
