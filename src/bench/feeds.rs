//! `cartage bench feeds`: a sale with listeners on its feeds beside the same sale
//! without, taken in turns against one server; afterwards every listener of the stock
//! feed must know the true numbers, and every listener of the order feed, cut off now and
//! then, must have heard each fact once. Listeners live in this process and share the
//! machine with the server; their own cost counts as the server's. Deliberately absent:
//! browsers.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    load::{self, Remote, Tally, Target, Ticker},
    measure::median,
    server::{self, Server},
    world::Size,
};
use crate::{
    catalog,
    config::Options,
    stock,
    store::{Db, Engine, Scratch, log},
};

/// Who listens, and to what sale.
#[derive(Debug, Clone, Args)]
#[command(after_help = "On a scratch database that is removed again: a file, or one of its own on the PostgreSQL
server that --database names.")]
pub struct FeedsArgs {
    /// Listeners on the stock feed
    #[arg(long, default_value_t = 200)]
    stock: usize,
    /// Listeners on the order feed, which are cut off again and again
    #[arg(long, default_value_t = 20)]
    orders: usize,
    /// Clients that order again as soon as they are answered
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// How long each sale lasts
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often; medians are told
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seed of the shoppers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write what was found as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What was found; rates are medians, the ratio is the median of the rounds' ratios.
#[derive(Debug, Default, Serialize)]
struct Report {
    stock_listeners: usize,
    order_listeners: usize,
    rounds: usize,
    orders_per_s: f64,
    orders_per_s_heard: f64,
    /// The sale with listeners over the sale without.
    ratio: f64,
    p99_ms: f64,
    p99_ms_heard: f64,
    frames: usize,
    facts: usize,
    /// Listeners of the stock feed that ended on a wrong number.
    wrong_stock: usize,
    /// Listeners of the order feed that missed a fact or heard one twice.
    wrong_orders: usize,
}

const SIZE: Size = Size { sites: 2, articles: 300, hot: 4, hot_stock: 900_000, stock: 900_000 };
/// An order listener is cut after so many facts.
const CUT: usize = 700;
/// After a sale, listeners have so long to hear the end of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures, prints, and writes the report.
pub async fn run(options: &Options, args: FeedsArgs) -> anyhow::Result<ExitCode> {
    let server = options.database.as_deref().filter(|url| Engine::of(url).is_ok_and(|one| one == Engine::Postgres));
    let below = std::env::temp_dir();
    let scratch = match server {
        Some(url) => Scratch::on_server(url).await?,
        None => Scratch::file(&below)?,
    };
    let token = server::prepare(scratch.url(), SIZE).await?;
    let data = Scratch::file(&below)?;
    let serving = Server::start(scratch.url(), data.folder().context("the server needs a folder")?).await?;
    let db = server::open(scratch.url()).await?;
    let remote = Remote::open(&serving.url, &token).await?;
    let sale = Sale { url: serving.url.clone(), token, target: Target::Http(Arc::new(remote)), db, args };
    let found = sale.measured().await;
    serving.kill().await?;
    sale.db.close().await;
    scratch.remove().await?;
    data.remove().await?;
    let report = found?;
    print(&report);
    if let Some(file) = &sale.args.report {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let sound = report.wrong_stock + report.wrong_orders == 0;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    println!(
        "{} listeners on the stock feed, {} on the order feed, {} rounds",
        report.stock_listeners, report.order_listeners, report.rounds
    );
    println!("  without them  {:>8.0} orders a second   p99 {:.1} ms", report.orders_per_s, report.p99_ms);
    println!("  with them     {:>8.0} orders a second   p99 {:.1} ms", report.orders_per_s_heard, report.p99_ms_heard);
    println!("  ratio         {:>8.3}   ({} frames, {} facts heard)", report.ratio, report.frames, report.facts);
    println!("  wrong at end  {:>8} on the stock feed, {} on the order feed", report.wrong_stock, report.wrong_orders);
}

/// A server, and what is sold there.
struct Sale {
    url: String,
    token: String,
    target: Target,
    db: Db,
    args: FeedsArgs,
}

impl Sale {
    async fn measured(&self) -> anyhow::Result<Report> {
        let args = &self.args;
        let rounds = args.rounds.max(1);
        let mut report =
            Report { stock_listeners: args.stock, order_listeners: args.orders, rounds, ..Report::default() };
        let (mut alone, mut heard) = (Vec::new(), Vec::new());
        self.sell(0).await;
        for round in 0..rounds {
            let seed = args.seed * 1_000 + u64::try_from(round)?;
            // Whichever comes first changes from round to round.
            for with in [round % 2 == 1, round % 2 == 0] {
                if with {
                    heard.push(self.heard(seed, &mut report).await?);
                } else {
                    alone.push(self.sell(seed).await);
                }
            }
        }
        let of = |tallies: &[Tally], pick: &dyn Fn(&Tally) -> f64| {
            median(&tallies.iter().map(pick).collect::<Vec<_>>()).unwrap_or_default()
        };
        let each: Vec<f64> =
            heard.iter().zip(&alone).map(|(one, other)| one.per_second() / other.per_second()).collect();
        report.orders_per_s = of(&alone, &Tally::per_second);
        report.orders_per_s_heard = of(&heard, &Tally::per_second);
        report.p99_ms = of(&alone, &|tally| tally.latencies.permille_ms(990));
        report.p99_ms_heard = of(&heard, &|tally| tally.latencies.permille_ms(990));
        report.ratio = median(&each).unwrap_or_default();
        Ok(report)
    }

    async fn sell(&self, seed: u64) -> Tally {
        let lasts = Duration::from_secs(self.args.seconds.max(1));
        load::closed(&self.target, self.args.clients, lasts, SIZE, seed, &Ticker::default()).await
    }

    /// The sale with listeners, who are judged when it is over.
    async fn heard(&self, seed: u64, report: &mut Report) -> anyhow::Result<Tally> {
        let from = self.head().await?;
        let (over, ends) = watch::channel(None::<i64>);
        let parsed = Arc::new(Frames::default());
        let (mut stocks, mut orders) = (Vec::new(), Vec::new());
        for _ in 0..self.args.stock {
            let stream = Stream::open(&self.url, &self.token, "stock?channel=bench", None).await?;
            stocks.push(tokio::spawn(hear_stock(stream, parsed.clone(), ends.clone())));
        }
        for n in 0..self.args.orders {
            let stream = Stream::open(&self.url, &self.token, "orders", Some(from)).await?;
            let (url, token) = (self.url.clone(), self.token.clone());
            orders.push(tokio::spawn(hear_orders(url, token, stream, from, CUT + n * 13, ends.clone())));
        }
        let tally = self.sell(seed).await;
        let head = self.head().await?;
        let told = self.told(from, head).await?;
        let last = told.last().copied().unwrap_or(from);
        // A frame is at most as old as a look at the log and the pause between frames.
        tokio::time::sleep(Duration::from_secs(3)).await;
        over.send_replace(Some(last));
        let truth = self.truth().await?;
        for listener in stocks {
            let frames = listener.await??;
            report.frames += frames.len();
            let mut known: BTreeMap<&str, i64> = BTreeMap::new();
            for one in frames.iter().flat_map(|frame| &frame.articles) {
                known.insert(&one.sku, one.available);
            }
            report.wrong_stock += usize::from(truth.iter().any(|(sku, n)| known.get(sku.as_str()) != Some(n)));
        }
        for listener in orders {
            let mut ids = listener.await??;
            ids.retain(|id| *id <= last);
            report.facts += ids.len();
            report.wrong_orders += usize::from(ids != told);
        }
        Ok(tally)
    }

    /// How far the log goes, when it has come to rest.
    async fn head(&self) -> anyhow::Result<i64> {
        let mut before = -1;
        loop {
            let mut read = self.db.read().await?;
            let head = log::head(read.sql()).await?;
            if head == before {
                return Ok(head);
            }
            before = head;
            drop(read);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Every fact about orders between two positions, as a fresh reader hears them.
    async fn told(&self, from: i64, to: i64) -> anyhow::Result<Vec<i64>> {
        let mut read = self.db.read().await?;
        let (mut told, mut at) = (Vec::new(), from);
        loop {
            let facts = log::tail(read.sql(), at, 1_000).await?;
            let Some(last) = facts.last() else { return Ok(told) };
            at = last.position;
            let about = facts.iter().filter(|fact| fact.position <= to && fact.body["order"].is_string());
            told.extend(about.map(|fact| fact.position));
        }
    }

    /// What may be sold of each article.
    async fn truth(&self) -> anyhow::Result<HashMap<String, i64>> {
        let mut read = self.db.read().await?;
        let codes: HashMap<_, _> =
            catalog::all(read.sql()).await?.into_iter().map(|article| (article.id, article.code)).collect();
        let mut truth: HashMap<String, i64> = HashMap::new();
        for pool in stock::pools_after(read.sql(), "", i64::MAX).await? {
            *truth.entry(codes[&pool.sku].clone()).or_default() += pool.available();
        }
        Ok(truth)
    }
}

#[derive(Deserialize)]
struct Sellable {
    sku: String,
    available: i64,
}

#[derive(Deserialize)]
struct Frame {
    articles: Vec<Sellable>,
}

/// Frames that many hear alike are read once, so that listeners cost this machine
/// little beside what they cost the server; by position and length.
#[derive(Default)]
struct Frames(Mutex<HashMap<(i64, usize), Arc<Frame>>>);

impl Frames {
    fn read(&self, id: i64, data: &str) -> anyhow::Result<Arc<Frame>> {
        let mut read = self.0.lock().expect("no panic holds the frames");
        if let Some(frame) = read.get(&(id, data.len())) {
            return Ok(frame.clone());
        }
        let frame = Arc::new(serde_json::from_str::<Frame>(data)?);
        read.insert((id, data.len()), frame.clone());
        Ok(frame)
    }
}

/// A stream of server-sent events.
struct Stream {
    response: reqwest::Response,
    rest: Vec<u8>,
}

impl Stream {
    async fn open(url: &str, token: &str, feed: &str, last: Option<i64>) -> anyhow::Result<Self> {
        let mut request = reqwest::Client::new().get(format!("{url}/api/v1/feeds/{feed}")).bearer_auth(token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await?.error_for_status()?;
        Ok(Self { response, rest: Vec::new() })
    }

    /// The next message: its id and its data.
    async fn next(&mut self) -> anyhow::Result<(i64, String)> {
        loop {
            // A letter that is not whole yet comes with the next chunk.
            if let Some(end) = std::str::from_utf8(&self.rest).ok().and_then(|text| text.find("\n\n")) {
                let block: Vec<u8> = self.rest.drain(..end + 2).collect();
                let block = String::from_utf8(block)?;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
                    return Ok((id.parse()?, data.to_owned()));
                }
                continue;
            }
            let chunk = self.response.chunk().await?.context("the stream ended")?;
            self.rest.extend_from_slice(&chunk);
        }
    }
}

/// Every frame until the sale is over.
async fn hear_stock(
    mut stream: Stream,
    frames: Arc<Frames>,
    mut over: watch::Receiver<Option<i64>>,
) -> anyhow::Result<Vec<Arc<Frame>>> {
    let mut heard = Vec::new();
    loop {
        tokio::select! {
            message = stream.next() => {
                let (id, data) = message?;
                heard.push(frames.read(id, &data)?);
            }
            _ = over.changed() => return Ok(heard),
        }
    }
}

/// The position of every fact until the last one of the sale; cut and opened again.
async fn hear_orders(
    url: String,
    token: String,
    mut stream: Stream,
    from: i64,
    cut: usize,
    mut over: watch::Receiver<Option<i64>>,
) -> anyhow::Result<Vec<i64>> {
    let (mut heard, mut at) = (Vec::new(), from);
    loop {
        let end = *over.borrow_and_update();
        if end.is_some_and(|end| at >= end) {
            return Ok(heard);
        }
        let message = tokio::select! {
            message = tokio::time::timeout(PATIENCE, stream.next()) => message,
            _ = over.changed() => continue,
        };
        match message {
            Ok(message) => at = message?.0,
            // The judge sees what is missing.
            Err(_) if end.is_some() => return Ok(heard),
            Err(_) => continue,
        }
        heard.push(at);
        if heard.len() % cut == 0 {
            stream = Stream::open(&url, &token, "orders", Some(at)).await?;
        }
    }
}
