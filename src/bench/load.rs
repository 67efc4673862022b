//! Shoppers who order as fast as they are answered, or at a given rate, from one of
//! three targets. Deliberately absent: judging; [`super::orders`] compares.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::header;

use super::{
    measure::Latencies,
    world::{Shopper, Size},
};
use crate::{
    checkout::{self, PlaceOrder, Till, Wish},
    store::{Db, command::Marked},
};

/// Where orders go.
#[derive(Clone)]
pub enum Target {
    /// The group-commit writers of this process, one for each replica.
    Tills(Arc<Vec<Till>>),
    /// One transaction an order, in this process.
    Alone(Db),
    /// A running server.
    Http(Arc<Remote>),
}

/// A server and what opens it.
pub struct Remote {
    client: reqwest::Client,
    url: String,
    token: String,
    /// Codes of its articles.
    codes: Vec<String>,
    /// What is asked of it.
    path: &'static str,
}

impl Remote {
    /// A server; reads which articles it sells.
    pub async fn open(url: &str, token: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().build()?;
        let url = url.trim_end_matches('/').to_owned();
        let listed: serde_json::Value =
            client.get(format!("{url}/api/v1/articles?limit=500")).bearer_auth(token).send().await?.json().await?;
        let items = listed["items"].as_array().or_else(|| listed.as_array()).cloned().unwrap_or_default();
        let codes: Vec<String> = items.iter().filter_map(|one| Some(one["code"].as_str()?.to_owned())).collect();
        anyhow::ensure!(codes.len() >= 2, "the server lists fewer than two articles: {listed}");
        Ok(Self { client, url, token: token.to_owned(), codes, path: "/api/v1/orders" })
    }

    /// The same requests to an endpoint that reads them and writes nothing.
    #[must_use]
    pub fn check(&self) -> Self {
        let (client, codes) = (self.client.clone(), self.codes.clone());
        Self { client, url: self.url.clone(), token: self.token.clone(), codes, path: "/api/v1/orders/check" }
    }

    /// How many articles it sells, as far as they were asked for.
    pub fn articles(&self) -> usize {
        self.codes.len()
    }

    async fn send(&self, key: &str, body: String) -> Answered {
        let request = self
            .client
            .post(format!("{}{}", self.url, self.path))
            .bearer_auth(&self.token)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(body);
        let status = match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                // The connection is free again when the body was read.
                if response.bytes().await.is_err() { 0 } else { status }
            }
            Err(_) => 0,
        };
        match status {
            201 | 204 => Answered::Placed,
            409 => Answered::Refused,
            429 | 503 => Answered::Shed,
            _ => Answered::Failed,
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Placed,
    Refused,
    Shed,
    Failed,
}

impl Target {
    async fn place(&self, order: PlaceOrder, key: String) -> Answered {
        if let Self::Http(remote) = self {
            let mut order = order;
            for line in &mut order.lines {
                let article: usize = line.sku[1..].parse().unwrap_or(0);
                line.sku.clone_from(&remote.codes[article % remote.codes.len()]);
            }
            let Ok(body) = serde_json::to_string(&order) else { return Answered::Failed };
            return remote.send(&key, body).await;
        }
        let digest = format!("{:0>64}", key);
        let wish =
            Wish { order, shopper: None, mark: Marked { caller: "tok_bench".into(), key, digest }, flight: None };
        let answer = match self {
            Self::Tills(tills) => {
                let replica = usize::from(*wish.mark.key.as_bytes().last().unwrap_or(&0)) % tills.len();
                tills[replica].place(wish).await
            }
            Self::Alone(db) => checkout::place_alone(db, &wish).await,
            Self::Http(_) => return Answered::Failed,
        };
        match answer.map_or_else(|problem| problem.status, |reply| reply.status) {
            201 => Answered::Placed,
            409 => Answered::Refused,
            503 => Answered::Shed,
            _ => Answered::Failed,
        }
    }
}

/// What came of a load.
#[derive(Default, Clone)]
pub struct Tally {
    /// Orders acknowledged.
    pub placed: u64,
    /// A business no: sold out.
    pub refused: u64,
    /// Told to come again.
    pub shed: u64,
    /// Anything else.
    pub failed: u64,
    /// How long acknowledged orders took.
    pub latencies: Latencies,
    /// How long it went on.
    pub took: Duration,
}

impl Tally {
    fn note(&mut self, answered: Answered, took: Duration) {
        match answered {
            Answered::Placed => {
                self.placed += 1;
                self.latencies.add(took);
            }
            Answered::Refused => self.refused += 1,
            Answered::Shed => self.shed += 1,
            Answered::Failed => self.failed += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.placed += other.placed;
        self.refused += other.refused;
        self.shed += other.shed;
        self.failed += other.failed;
        self.latencies.extend(&other.latencies);
    }

    /// Acknowledged orders a second.
    pub fn per_second(&self) -> f64 {
        // Orders in a run are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let placed = self.placed as f64;
        placed / self.took.as_secs_f64().max(1e-9)
    }
}

/// Counts answers while a load goes on, for a progress line.
pub type Ticker = Arc<AtomicU64>;

/// So many clients, each ordering again as soon as it is answered.
pub async fn closed(target: &Target, clients: usize, lasts: Duration, size: Size, seed: u64, ticker: &Ticker) -> Tally {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (target, ticker) = (target.clone(), ticker.clone());
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(client).unwrap_or(0));
        running.spawn(async move {
            let (mut shopper, mut tally) = (Shopper::seeded(seed, size), Tally::default());
            while begun.elapsed() < lasts {
                let (order, key) = (shopper.order(), shopper.key());
                let asked = Instant::now();
                let answered = target.place(order, key).await;
                tally.note(answered, asked.elapsed());
                ticker.fetch_add(1, Ordering::Relaxed);
                if answered == Answered::Shed {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            tally
        });
    }
    gather(running, begun).await
}

/// So many orders a second, whether answered or not; each counts from the moment at
/// which it was due.
pub async fn open(target: &Target, rate: u32, lasts: Duration, size: Size, seed: u64, ticker: &Ticker) -> Tally {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let mut shopper = Shopper::seeded(seed, size);
    let all = u64::from(rate) * lasts.as_millis() as u64 / 1000;
    for n in 0..all {
        let due = begun + Duration::from_nanos(n * 1_000_000_000 / u64::from(rate.max(1)));
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        let (target, ticker, order, key) = (target.clone(), ticker.clone(), shopper.order(), shopper.key());
        running.spawn(async move {
            let mut tally = Tally::default();
            let answered = target.place(order, key).await;
            tally.note(answered, due.elapsed());
            ticker.fetch_add(1, Ordering::Relaxed);
            tally
        });
    }
    gather(running, begun).await
}

async fn gather(mut running: tokio::task::JoinSet<Tally>, begun: Instant) -> Tally {
    let mut all = Tally::default();
    while let Some(one) = running.join_next().await {
        match one {
            Ok(tally) => all.add(&tally),
            Err(_) => all.failed += 1,
        }
    }
    all.took = begun.elapsed();
    all.latencies = std::mem::take(&mut all.latencies).sorted();
    all
}
