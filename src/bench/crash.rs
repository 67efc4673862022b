//! `cartage bench crash`: a server under load is killed without a warning, again and
//! again, and afterwards every acknowledged order must be there exactly once. SIGKILL
//! keeps what the system had in its cache, so this tells of lost replies and half
//! transactions, not of the disk; that a sync comes before each answer is another
//! test. Deliberately absent: mercy for orders whose reply was lost; their shoppers
//! ask again with the same key.

use std::{
    collections::HashMap,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use super::{
    cluster::Cluster,
    server::{Server, open, prepare},
    world::{Shopper, Size},
};
use crate::{
    config::Options,
    orders, stock,
    store::{Scratch, roll},
};

/// How often, and on what.
#[derive(Debug, Clone, Args)]
#[command(after_help = "SQLite always; a scratch database on the PostgreSQL server that --database names; and with
--own-postgres a cluster of its own, whose processes are killed as well.")]
pub struct CrashArgs {
    /// Kills in all, shared out among the kinds
    #[arg(long, default_value_t = 30)]
    cycles: usize,
    /// Clients that order all the time
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Start a PostgreSQL cluster in a scratch folder and kill it too
    #[arg(long)]
    own_postgres: bool,
    /// Seed of shoppers and moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write what was found as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What was found, over all kinds.
#[derive(Debug, Default, Clone, Serialize)]
struct Report {
    cycles: usize,
    acknowledged: u64,
    /// Of these, the reply came only on a retry.
    on_retry: u64,
    lost: u64,
    duplicated: u64,
    units_oversold: i64,
    ledger_imbalance: usize,
    kinds: Vec<Kind>,
}

/// What was found on one database.
#[derive(Debug, Default, Clone, Serialize)]
struct Kind {
    name: String,
    cycles: usize,
    acknowledged: u64,
    on_retry: u64,
    lost: u64,
    duplicated: u64,
    refused: u64,
    units_oversold: i64,
    ledger_imbalance: usize,
}

/// Kills, restarts, and counts.
pub async fn run(options: &Options, args: CrashArgs) -> anyhow::Result<ExitCode> {
    let below = std::env::temp_dir();
    let server = options.database.clone().filter(|url| url.starts_with("postgres"));
    let kinds = 1 + usize::from(server.is_some()) + usize::from(args.own_postgres);
    let each = |n: usize| args.cycles / kinds + usize::from(n < args.cycles % kinds);
    let mut report = Report::default();
    report.kinds.push(one_kind("sqlite", &args, each(0), Scratch::file(&below)?, None).await?);
    if let Some(server) = &server {
        let scratch = Scratch::on_server(server).await?;
        report.kinds.push(one_kind("postgres", &args, each(1), scratch, None).await?);
    }
    if args.own_postgres {
        let cluster = Cluster::start(&below).await?;
        let scratch = Scratch::on_server(&cluster.url()).await?;
        let found = one_kind("postgres killed", &args, each(kinds - 1), scratch, Some(&cluster)).await;
        cluster.remove().await?;
        report.kinds.push(found?);
    }
    for kind in report.kinds.clone() {
        report.cycles += kind.cycles;
        report.acknowledged += kind.acknowledged;
        report.on_retry += kind.on_retry;
        report.lost += kind.lost;
        report.duplicated += kind.duplicated;
        report.units_oversold += kind.units_oversold;
        report.ledger_imbalance += kind.ledger_imbalance;
    }
    if let Some(file) = &args.report {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let wrong = report.lost + report.duplicated + report.units_oversold.unsigned_abs();
    let sound = wrong == 0 && report.ledger_imbalance == 0;
    println!("{}", if sound { "Nothing was lost, nothing is there twice." } else { "WRONG; see above." });
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What shoppers know of their orders, by key.
#[derive(Default)]
struct Book {
    /// Acknowledged: the order's id.
    known: HashMap<String, String>,
    /// Asked, and no reply came: the body.
    unknown: HashMap<String, String>,
    on_retry: u64,
    refused: u64,
}

type Shared = Arc<Mutex<Book>>;

const SIZE: Size = Size { sites: 2, articles: 300, hot: 4, hot_stock: 4_000, stock: 200_000 };

async fn one_kind(
    name: &str,
    args: &CrashArgs,
    cycles: usize,
    scratch: Scratch,
    cluster: Option<&Cluster>,
) -> anyhow::Result<Kind> {
    let data = std::env::temp_dir().join(format!("cartage-crash-{:016x}", rand::random::<u64>()));
    std::fs::create_dir_all(&data)?;
    let token = prepare(scratch.url(), SIZE).await?;
    let mut rng = ChaCha20Rng::seed_from_u64(args.seed);
    let book = Shared::default();
    for cycle in 0..cycles {
        let server = Server::start(scratch.url(), &data).await?;
        retry(&server, &token, &book).await;
        let clients: Vec<_> = (0..args.clients)
            .map(|client| {
                let seed = args.seed + u64::try_from(cycle * 1_000 + client).unwrap_or(0);
                tokio::spawn(order_until_dead(server.url.clone(), token.clone(), seed, book.clone()))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(rng.random_range(50..1_200))).await;
        if let Some(cluster) = cluster {
            cluster.kill().await?;
            // Now and then the server outlives its database for a while.
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
        }
        server.kill().await?;
        for client in clients {
            client.await?;
        }
        if let Some(cluster) = cluster {
            cluster.up().await?;
        }
        let seen = book.lock().expect("no panic holds it").known.len();
        println!("{name}: kill {} of {cycles}, {seen} orders acknowledged", cycle + 1);
    }
    let server = Server::start(scratch.url(), &data).await?;
    retry(&server, &token, &book).await;
    server.kill().await?;
    let kind = judge(name, cycles, scratch.url(), &book).await?;
    scratch.remove().await?;
    std::fs::remove_dir_all(&data)?;
    println!(
        "{name}: {} acknowledged ({} on retry), {} lost, {} twice, {} oversold, {} differences",
        kind.acknowledged, kind.on_retry, kind.lost, kind.duplicated, kind.units_oversold, kind.ledger_imbalance
    );
    Ok(kind)
}

/// The status and the order's id; `None` if no reply came.
async fn post(client: &reqwest::Client, url: &str, token: &str, key: &str, body: String) -> Option<(u16, String)> {
    let request = client
        .post(format!("{url}/api/v1/orders"))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body);
    let answer = request.timeout(Duration::from_secs(20)).send().await.ok()?;
    let status = answer.status().as_u16();
    let said: serde_json::Value = answer.json().await.ok()?;
    Some((status, said["id"].as_str().unwrap_or_default().to_owned()))
}

async fn order_until_dead(url: String, token: String, seed: u64, book: Shared) {
    let (client, mut shopper) = (reqwest::Client::new(), Shopper::seeded(seed, SIZE));
    loop {
        let (mut order, key) = (shopper.order(), shopper.key());
        // How the auditor finds an order, whatever its shopper knows of it.
        order.note.clone_from(&key);
        let Ok(body) = serde_json::to_string(&order) else { return };
        book.lock().expect("no panic holds it").unknown.insert(key.clone(), body.clone());
        let answer = post(&client, &url, &token, &key, body).await;
        let Some((status, order)) = answer else { return };
        let mut book = book.lock().expect("no panic holds it");
        match status {
            201 => {
                book.unknown.remove(&key);
                book.known.insert(key, order);
            }
            409 => {
                book.unknown.remove(&key);
                book.refused += 1;
            }
            // Busy or broken: it is asked again after the restart.
            _ => {}
        }
    }
}

/// Asks again for every order whose reply was lost.
async fn retry(server: &Server, token: &str, book: &Shared) {
    let unknown: Vec<_> = book.lock().expect("no panic holds it").unknown.clone().into_iter().collect();
    let client = reqwest::Client::new();
    for (key, body) in unknown {
        let answer = post(&client, &server.url, token, &key, body).await;
        let mut book = book.lock().expect("no panic holds it");
        match answer {
            Some((201, order)) => {
                book.unknown.remove(&key);
                book.known.insert(key, order);
                book.on_retry += 1;
            }
            Some((409, _)) => {
                book.unknown.remove(&key);
                book.refused += 1;
            }
            _ => {}
        }
    }
}

/// Compares what shoppers were told with what is there.
async fn judge(name: &str, cycles: usize, url: &str, book: &Shared) -> anyhow::Result<Kind> {
    let db = open(url).await?;
    roll::post_all(&db).await?;
    let mut read = db.read().await?;
    let mut there: HashMap<String, Vec<String>> = HashMap::new();
    let mut before = String::new();
    loop {
        let page = orders::latest(read.sql(), "", &before, 500).await?;
        let Some(last) = page.last() else { break };
        before = last.id.to_string();
        for order in page {
            there.entry(order.note).or_default().push(order.id.to_string());
        }
    }
    let (oversold, audit) = (stock::oversold(read.sql()).await?, stock::audit(read.sql()).await?);
    drop(read);
    db.close().await;
    let book = book.lock().expect("no panic holds it");
    let is_lost = |(key, order): &(&String, &String)| !there.get(*key).is_some_and(|ids| ids.contains(order));
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Ok(Kind {
        name: name.to_owned(),
        cycles,
        acknowledged: count(book.known.len()),
        on_retry: book.on_retry,
        lost: count(book.known.iter().filter(is_lost).count()),
        duplicated: count(there.values().filter(|ids| ids.len() > 1).count()),
        refused: book.refused,
        units_oversold: oversold,
        ledger_imbalance: audit.differences(),
    })
}
