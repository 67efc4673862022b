//! What a channel may sell of each article now: first the whole, then what changed, the
//! newest value alone, at most five times a second. The numbers are those of
//! `/api/v1/availability`, added up over sites: pools, safety stock and shares count.
//!
//! A hub for each channel that somebody listens to reads what the log says has changed,
//! and puts it into words once for all. Deliberately absent: what anybody did to it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Extension,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::watch;

use super::{Feeds, For};
use crate::{
    catalog,
    exchange::Query,
    http::head::{last_known, moved},
    identity::{Caller, Permission},
    kernel::{Fault, SkuId},
    problem::Problem,
    promise::{self, Shares},
    stock::{self, Pool},
    store::{Db, Sql, log, roll},
};

/// Between two frames.
const FRAME: Duration = Duration::from_millis(200);
/// Everything is read again after so long, and when this much changed at once.
const AGAIN: Duration = Duration::from_secs(10);
const MUCH: usize = 64;
/// Facts and pools read at once.
const BATCH: i64 = 1_000;

/// What may be sold of an article.
#[derive(Serialize)]
struct Sellable<'a> {
    sku: &'a str,
    available: i64,
}

/// One message of the feed.
#[derive(Serialize)]
struct Frame<'a> {
    /// The fact up to which it is true, at least.
    position: i64,
    /// True if it names every article that is stocked; else those that changed.
    whole: bool,
    articles: Vec<Sellable<'a>>,
}

/// A value, and the position it is known since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Value {
    available: i64,
    since: i64,
}

/// How things stood at a position.
struct Shot {
    /// Counts the shots of a hub; 0: nothing was read yet.
    number: u64,
    /// When the hub began to listen.
    begin: i64,
    position: i64,
    /// By the article's code.
    values: BTreeMap<String, Value>,
    /// What changed since the shot before, in words.
    changes: String,
    whole: OnceLock<String>,
}

impl Shot {
    fn words(&self, whole: bool, told: impl Fn(&Value) -> bool) -> String {
        let articles = self.values.iter().filter(|(_, value)| told(value));
        let articles = articles.map(|(sku, value)| Sellable { sku, available: value.available }).collect();
        serde_json::to_string(&Frame { position: self.position, whole, articles }).expect("numbers and codes are JSON")
    }

    fn whole(&self) -> &str {
        self.whole.get_or_init(|| self.words(true, |_| true))
    }

    /// What a reader must hear who knew everything up to a position.
    fn since(&self, known: i64) -> String {
        if known < self.begin || known > self.position {
            return self.whole().to_owned();
        }
        self.words(false, |value| value.since >= known)
    }
}

/// The hubs that somebody listens to, by channel; the house has none of its own name.
#[derive(Default)]
pub(super) struct Hubs(Mutex<HashMap<String, watch::Sender<Arc<Shot>>>>);

impl Hubs {
    fn listen(feeds: &Arc<Feeds>, channel: &str) -> watch::Receiver<Arc<Shot>> {
        let mut hubs = feeds.stock.0.lock().expect("no panic holds the hubs");
        if let Some(hub) = hubs.get(channel) {
            return hub.subscribe();
        }
        let nothing = Shot {
            number: 0,
            begin: 0,
            position: 0,
            values: BTreeMap::new(),
            changes: String::new(),
            whole: OnceLock::new(),
        };
        let (hub, ear) = watch::channel(Arc::new(nothing));
        hubs.insert(channel.to_owned(), hub.clone());
        tokio::spawn(keep(Arc::clone(feeds), channel.to_owned(), hub));
        ear
    }

    /// Takes a hub away that nobody listens to.
    fn close_if_unheard(&self, channel: &str, hub: &watch::Sender<Arc<Shot>>) -> bool {
        let mut hubs = self.0.lock().expect("no panic holds the hubs");
        let unheard = hub.receiver_count() == 0;
        if unheard {
            hubs.remove(channel);
        }
        unheard
    }
}

/// What a hub knows.
#[derive(Default)]
struct Known {
    begin: i64,
    position: i64,
    /// The last row of the roll.
    promised: String,
    read_at: Option<Instant>,
    shares: Shares,
    codes: HashMap<SkuId, String>,
    pools: HashMap<SkuId, Vec<Pool>>,
}

impl Known {
    /// Reads what changed. Positions come first: what is read after them is as new.
    async fn read(&mut self, db: &Db) -> Result<(), Fault> {
        let mut read = db.read().await?;
        let shares = promise::shares(read.sql()).await?;
        let stale = self.read_at.is_none_or(|at| at.elapsed() > AGAIN) || shares != self.shares;
        self.shares = shares;
        let touched = if stale { None } else { self.touched(read.sql()).await? };
        match touched {
            None => self.read_all(read.sql()).await,
            Some(touched) => {
                for sku in touched {
                    self.pools.insert(sku, stock::pools_of(read.sql(), sku).await?);
                    if let std::collections::hash_map::Entry::Vacant(free) = self.codes.entry(sku)
                        && let Some(article) = catalog::by_id(read.sql(), sku).await?
                    {
                        free.insert(article.code);
                    }
                }
                Ok(())
            }
        }
    }

    /// The articles that facts speak of since, and those that were promised on the roll;
    /// `None` if there are too many of them.
    async fn touched(&mut self, sql: &mut Sql) -> Result<Option<BTreeSet<SkuId>>, Fault> {
        let mut touched = BTreeSet::new();
        if let Some(last) = roll::last(sql).await?.filter(|last| *last != self.promised) {
            touched = roll::promised_since(sql, &self.promised).await?;
            self.promised = last;
            if touched.len() > MUCH {
                return Ok(None);
            }
        }
        loop {
            let facts = log::tail(sql, self.position, BATCH).await?;
            let Some(last) = facts.last() else { return Ok(Some(touched)) };
            self.position = last.position;
            let skus = facts.iter().filter_map(|fact| fact.body.get("sku")?.as_str()?.parse::<SkuId>().ok());
            touched.extend(skus);
            if touched.len() > MUCH {
                return Ok(None);
            }
        }
    }

    async fn read_all(&mut self, sql: &mut Sql) -> Result<(), Fault> {
        self.position = log::head(sql).await?;
        if self.read_at.is_none() {
            self.begin = self.position;
        }
        self.codes = catalog::all(sql).await?.into_iter().map(|article| (article.id, article.code)).collect();
        self.pools.clear();
        let mut after = String::new();
        loop {
            let pools = stock::pools_after(sql, &after, BATCH).await?;
            let Some(last) = pools.last() else { break };
            after = format!("{} {}", last.site, last.sku);
            for pool in pools {
                self.pools.entry(pool.sku).or_default().push(pool);
            }
        }
        self.read_at = Some(Instant::now());
        Ok(())
    }

    /// The next shot; `None` if nothing changed.
    fn shot(&self, channel: &str, before: &Shot) -> Option<Shot> {
        let mut values = BTreeMap::new();
        for (sku, pools) in &self.pools {
            let Some(code) = self.codes.get(sku) else { continue };
            let available = pools.iter().map(|pool| self.shares.free(channel, pool)).sum();
            let same = before.values.get(code).filter(|value| value.available == available);
            let value = same.copied().unwrap_or(Value { available, since: self.position });
            values.insert(code.clone(), value);
        }
        if before.number > 0 && values == before.values {
            return None;
        }
        let (number, begin, position) = (before.number + 1, self.begin, self.position);
        let (changes, whole) = (String::new(), OnceLock::new());
        let mut shot = Shot { number, begin, position, values, changes, whole };
        let changed = |(sku, value): &(&String, &Value)| before.values.get(*sku) != Some(value);
        let articles = shot.values.iter().filter(changed);
        let articles = articles.map(|(sku, value)| Sellable { sku, available: value.available }).collect();
        shot.changes =
            serde_json::to_string(&Frame { position, whole: false, articles }).expect("numbers and codes are JSON");
        Some(shot)
    }
}

/// Keeps a channel's hub while somebody listens.
async fn keep(feeds: Arc<Feeds>, channel: String, hub: watch::Sender<Arc<Shot>>) {
    let (mut known, mut ear) = (Known::default(), feeds.head.listen());
    while !feeds.stock.close_if_unheard(&channel, &hub) {
        ear.mark_unchanged();
        match known.read(&feeds.db).await {
            Ok(()) => {
                let before = hub.borrow().clone();
                if let Some(shot) = known.shot(&channel, &before) {
                    hub.send_replace(Arc::new(shot));
                }
            }
            Err(fault) => tracing::warn!("the stock feed could not be read: {fault}"),
        }
        tokio::time::sleep(FRAME).await;
        moved(&mut ear).await;
    }
}

struct Listener {
    ear: watch::Receiver<Arc<Shot>>,
    /// The last shot that was told here.
    told: Option<u64>,
    /// What the reader knew when it came.
    known: Option<i64>,
}

impl Listener {
    /// What is told next: its position and words. `None` when the house closes.
    async fn next(&mut self) -> Option<(i64, String)> {
        loop {
            let shot = self.ear.borrow_and_update().clone();
            let told = self.told.unwrap_or_default();
            if shot.number > told {
                let words = match self.known.take() {
                    Some(known) => shot.since(known),
                    None if told > 0 && shot.number == told + 1 => shot.changes.clone(),
                    None => shot.whole().to_owned(),
                };
                self.told = Some(shot.number);
                return Some((shot.position, words));
            }
            self.ear.changed().await.ok()?;
        }
    }
}

/// What a channel may sell of each article: `{position, whole, articles: [{sku,
/// available}]}`, first the whole, then changes, newest values alone, at most five times a
/// second; `Last-Event-ID` resumes with what changed since. Needs `stock.read`.
#[utoipa::path(get, path = "/api/v1/feeds/stock", tag = "facts", params(For,
    ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The id of the last message known.")),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub(super) async fn listen(
    Extension(feeds): Extension<Arc<Feeds>>,
    caller: Caller,
    Query(asked): Query<For>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    caller.permit_house(Permission::StockRead)?;
    let channel = asked.channel(&caller)?.unwrap_or_default();
    let known = last_known(&headers)?;
    let listener = Listener { ear: Hubs::listen(&feeds, &channel), told: None, known };
    let events = stream::unfold(listener, |mut listener| async move {
        let (position, words) = listener.next().await?;
        let event = Event::default().id(position.to_string()).event("stock").data(words);
        Some((Ok(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
