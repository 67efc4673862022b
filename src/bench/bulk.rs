//! `cartage bench bulk`: long documents as they are written, in a fixed number of
//! statements, beside the same work row by row in one transaction, in turns on one
//! scratch database. Of lines cancelled one by one the first few are measured and told
//! in proportion. Deliberately absent: HTTP; a time ends with the commit.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{
    measure::median,
    server,
    world::{self, Shopper, Size},
};
use crate::{
    checkout::{self, Till, Want, Wish},
    config::Options,
    kernel::{OrderId, SiteId, Stop},
    orders,
    stock::{self, Account, Counted, Goods},
    store::{self, Actor, Db, Engine, Scratch, command::Marked},
};

/// How long documents are measured.
#[derive(Debug, Clone, Args)]
#[command(after_help = "On a scratch database that is removed again: a file, or one of its own on the PostgreSQL
server that --database names.

Examples:
  cartage bench bulk
  cartage bench bulk --database postgres://me@localhost/postgres --rounds 5 --report bulk.json")]
pub struct BulkArgs {
    /// Accounts that are counted in one transaction
    #[arg(long, default_value_t = 10_000)]
    updates: usize,
    /// Lines of one order
    #[arg(long, default_value_t = 5_000)]
    lines: usize,
    /// Lines of it that are cancelled at once
    #[arg(long, default_value_t = 1_000)]
    cancelled: usize,
    /// How often; medians are told
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Leave the way row by row out
    #[arg(long)]
    no_rows: bool,
    /// Write what was found as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// One kind of document; times are medians, a ratio is the median of its rounds.
#[derive(Debug, Default, Serialize)]
struct Found {
    name: &'static str,
    rows: usize,
    bulk_ms: f64,
    row_by_row_ms: Option<f64>,
    ratio: Option<f64>,
    #[serde(skip)]
    bulk: Vec<f64>,
    #[serde(skip)]
    row_by_row: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    target: String,
    rounds: usize,
    documents: Vec<Found>,
    ledger_differences: usize,
}

const SIZE: Size = Size { sites: 2, articles: 200, hot: 0, hot_stock: 0, stock: 400_000 };

/// Lines that are cancelled one by one; the time of all is told in proportion.
const SAMPLED: usize = 50;

// Rows of a document are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn ratio(all: usize, some: usize) -> f64 {
    all as f64 / some.max(1) as f64
}

/// Measures, prints, and writes the report.
pub async fn run(options: &Options, args: BulkArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.cancelled <= args.lines, "no more lines can be cancelled than the order has");
    let most = checkout::MAX_LINES;
    anyhow::ensure!((1..=most).contains(&args.lines), "an order has 1 to {most} lines");
    let server = options.database.as_deref().filter(|url| Engine::of(url).is_ok_and(|one| one == Engine::Postgres));
    let scratch = match server {
        Some(url) => Scratch::on_server(url).await?,
        None => Scratch::file(&std::env::temp_dir())?,
    };
    let db = server::open(scratch.url()).await?;
    store::migrate(&db).await?;
    let sites = world::furnish(&db, SIZE).await?;
    let site = *sites.first().context("the world has a site")?;
    let found = |name, rows| Found { name, rows, ..Found::default() };
    let mut documents = [
        found("stock updates", args.updates),
        found("lines held", args.lines),
        found("lines cancelled", args.cancelled),
    ];
    for round in 0..args.rounds.max(1) {
        // Whoever is first changes from round to round.
        for is_bulk in [round % 2 == 0, round % 2 == 1] {
            if !is_bulk && args.no_rows {
                continue;
            }
            let times = one_round(&db, site, &args, round, is_bulk).await?;
            for (document, ms) in documents.iter_mut().zip(times) {
                if is_bulk { document.bulk.push(ms) } else { document.row_by_row.push(ms) }
            }
        }
    }
    for document in &mut documents {
        let ratios: Vec<f64> = document.row_by_row.iter().zip(&document.bulk).map(|(row, bulk)| row / bulk).collect();
        document.bulk_ms = median(&document.bulk).unwrap_or_default();
        document.row_by_row_ms = median(&document.row_by_row);
        document.ratio = median(&ratios);
    }
    let mut read = db.read().await?;
    let ledger_differences = stock::audit(read.sql()).await?.differences();
    drop(read);
    let target = db.engine().as_str().to_owned();
    db.close().await;
    scratch.remove().await?;
    let report = Report { target, rounds: args.rounds.max(1), documents: documents.into(), ledger_differences };
    print(&report);
    if let Some(file) = &args.report {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(if ledger_differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Milliseconds of each document, written in one of the two ways.
async fn one_round(db: &Db, site: SiteId, args: &BulkArgs, round: usize, is_bulk: bool) -> anyhow::Result<[f64; 3]> {
    let counts = counts(db, site, args.updates).await?;
    let updated = timed(count(db, &counts, is_bulk)).await?.1;
    let (order, held) = timed(hold(db, args.lines, round, is_bulk)).await?;
    let lines = if is_bulk { args.cancelled } else { args.cancelled.min(SAMPLED) };
    let cancelled = timed(cancel(db, order, lines, is_bulk)).await?.1;
    Ok([updated, held, cancelled * ratio(args.cancelled, lines)])
}

async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, f64)> {
    let begun = Instant::now();
    let done = work.await?;
    Ok((done, begun.elapsed().as_secs_f64() * 1_000.0))
}

/// So many accounts of articles of their own, with goods in them.
async fn counts(db: &Db, site: SiteId, updates: usize) -> anyhow::Result<Vec<Counted>> {
    let mut tx = db.begin(Actor::house()).await?;
    let mut counts = Vec::with_capacity(updates);
    for n in (0..).take(updates) {
        let at = Account::bin(site, tx.id());
        counts.push(Counted { at, goods: Goods::plain(tx.id()), counted: 5 + n % 7 });
    }
    stock::count_all(&mut tx, &counts, "counted", "bench").await.map_err(refused)?;
    tx.commit().await?;
    for (n, one) in (0_i64..).zip(&mut counts) {
        one.counted = 3 + n % 9;
    }
    Ok(counts)
}

fn refused(stop: Stop) -> anyhow::Error {
    anyhow::anyhow!("refused: {stop}")
}

async fn count(db: &Db, counts: &[Counted], is_bulk: bool) -> anyhow::Result<()> {
    let mut tx = db.begin(Actor::house()).await?;
    if is_bulk {
        stock::count_all(&mut tx, counts, "counted", "bench").await.map_err(refused)?;
    } else {
        for one in counts {
            let Counted { at, goods, counted } = one;
            stock::count(&mut tx, goods, *at, *counted, "counted", "bench".to_owned()).await.map_err(refused)?;
        }
    }
    Ok(tx.commit().await?)
}

/// One long order, by the till or on the single path.
async fn hold(db: &Db, lines: usize, round: usize, is_bulk: bool) -> anyhow::Result<OrderId> {
    let mut shopper = Shopper::seeded(u64::try_from(round * 2 + usize::from(is_bulk))?, SIZE);
    let line = |n: usize| Want { sku: world::code(n % SIZE.articles), quantity: 1, external_line_id: None };
    let (order, key) = (shopper.basket((0..lines).map(line).collect()), shopper.key());
    let digest = format!("{key:0>64}");
    let wish = Wish { order, shopper: None, mark: Marked { caller: "tok_bench".into(), key, digest }, flight: None };
    let answer =
        if is_bulk { Till::open(db.clone()).place(wish).await } else { checkout::place_alone(db, &wish).await };
    let reply = answer.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?;
    anyhow::ensure!(reply.status == 201, "the order was refused: {}", reply.body);
    let said: serde_json::Value = serde_json::from_str(&reply.body)?;
    said["id"].as_str().and_then(|id| id.parse().ok()).context("an order has an id")
}

async fn cancel(db: &Db, id: OrderId, lines: usize, is_bulk: bool) -> anyhow::Result<()> {
    let mut tx = db.begin(Actor::house()).await?;
    let order = orders::by_id(tx.sql(), id).await?.context("the order is there")?;
    let all = orders::lines(tx.sql(), id).await?;
    let wanted: Vec<_> = all.iter().take(lines).map(|line| (line.id, 1)).collect();
    for some in wanted.chunks(if is_bulk { lines.max(1) } else { 1 }) {
        // Each reads the whole order again.
        orders::cancel_lines(&mut tx, &order, Some(some), "bench").await.map_err(refused)?;
    }
    Ok(tx.commit().await?)
}

fn print(report: &Report) {
    println!("{}: medians of {} rounds", report.target, report.rounds);
    for Found { name, rows, bulk_ms, row_by_row_ms, ratio, .. } in &report.documents {
        print!("  {rows:>6} {name:<16} {bulk_ms:>8.0} ms");
        if let (Some(row_by_row), Some(ratio)) = (row_by_row_ms, ratio) {
            print!("   row by row {row_by_row:>8.0} ms, {ratio:.1} times as long");
        }
        println!();
    }
    println!("  ledger differs in {} places", report.ledger_differences);
}
