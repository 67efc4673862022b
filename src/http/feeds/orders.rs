//! The orders of a channel: each fact about each of them, in order, resumed behind
//! `Last-Event-ID` without a gap. The newest facts are kept in words, so that listeners
//! who are up to date read nothing.

use std::{
    collections::{BTreeSet, VecDeque},
    convert::Infallible,
    sync::Arc,
};

use axum::{
    Extension,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde_json::Value;
use tokio::sync::{Mutex, watch};

use super::{Feeds, For};
use crate::{
    exchange::Query,
    http::head::{last_known, moved},
    identity::{Caller, Permission},
    kernel::{Fault, OrderId},
    orders,
    problem::Problem,
    store::{Db, log},
};

/// Facts read at once.
const BATCH: i64 = 500;
/// Facts about orders that are kept.
const KEPT: usize = 4_096;

/// A fact about an order, in words.
struct Word {
    position: i64,
    kind: String,
    channel: String,
    text: String,
}

/// The newest facts: all about orders behind `from` up to `to`.
#[derive(Default)]
struct Ring {
    from: i64,
    to: i64,
    words: VecDeque<Arc<Word>>,
}

/// What was told last. Whoever is first to want more reads it for all.
#[derive(Default)]
pub(super) struct Told(Mutex<Ring>);

impl Told {
    /// What comes behind a position, and up to which position that is.
    async fn behind(&self, db: &Db, at: i64) -> Result<(Vec<Arc<Word>>, i64), Fault> {
        let mut ring = self.0.lock().await;
        if at < ring.from {
            drop(ring);
            return read(db, at).await;
        }
        if at > ring.to {
            *ring = Ring { from: at, to: at, words: VecDeque::new() };
        }
        if at == ring.to {
            let (words, to) = read(db, at).await?;
            ring.words.extend(words);
            ring.to = to;
            while ring.words.len() > KEPT {
                ring.from = ring.words.pop_front().map_or(ring.to, |word| word.position);
            }
        }
        let begin = ring.words.partition_point(|word| word.position <= at);
        Ok((ring.words.range(begin..).cloned().collect(), ring.to))
    }
}

/// The next facts from the log, those about orders in words.
async fn read(db: &Db, at: i64) -> Result<(Vec<Arc<Word>>, i64), Fault> {
    let mut read = db.read().await?;
    let facts = log::tail(read.sql(), at, BATCH).await?;
    let to = facts.last().map_or(at, |fact| fact.position);
    let order = |body: &Value| body.get("order").and_then(Value::as_str)?.parse::<OrderId>().ok();
    let among: BTreeSet<OrderId> = facts.iter().filter_map(|fact| order(&fact.body)).collect();
    let among: Vec<OrderId> = among.into_iter().collect();
    let channels = orders::channels_among(read.sql(), db.engine(), &among).await?;
    let mut words = Vec::new();
    for fact in &facts {
        let Some(channel) = order(&fact.body).and_then(|order| channels.get(&order)) else { continue };
        let (kind, channel, text) = (fact.kind.clone(), channel.clone(), serde_json::to_string(fact)?);
        words.push(Arc::new(Word { position: fact.position, kind, channel, text }));
    }
    Ok((words, to))
}

struct Listener {
    feeds: Arc<Feeds>,
    ear: watch::Receiver<i64>,
    channel: Option<String>,
    at: i64,
    ready: VecDeque<Arc<Word>>,
}

impl Listener {
    /// The next fact for this listener, as soon as there is one.
    async fn next(&mut self) -> Arc<Word> {
        loop {
            if let Some(word) = self.ready.pop_front() {
                return word;
            }
            self.ear.mark_unchanged();
            let (words, to) = match self.feeds.orders.behind(&self.feeds.db, self.at).await {
                Ok(found) => found,
                Err(fault) => {
                    tracing::warn!("the order feed could not be read: {fault}");
                    (Vec::new(), self.at)
                }
            };
            if to == self.at {
                moved(&mut self.ear).await;
            }
            self.at = to;
            let mine = |word: &Arc<Word>| self.channel.as_ref().is_none_or(|channel| *channel == word.channel);
            self.ready.extend(words.into_iter().filter(mine));
        }
    }
}

/// Every fact about a channel's orders, as it is stated; `Last-Event-ID` resumes behind
/// that fact without a gap. Needs `order.read`.
#[utoipa::path(get, path = "/api/v1/feeds/orders", tag = "facts", params(For,
    ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The position of the last fact known.")),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub(super) async fn listen(
    Extension(feeds): Extension<Arc<Feeds>>,
    caller: Caller,
    Query(asked): Query<For>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    caller.permit_house(Permission::OrderRead)?;
    let channel = asked.channel(&caller)?;
    let mut read = feeds.db.read().await?;
    let head = log::head(read.sql()).await?;
    drop(read);
    // A position that was never given would be waited for in silence.
    let at = last_known(&headers)?.map_or(head, |at| at.min(head));
    let ear = feeds.head.listen();
    let listener = Listener { feeds, ear, channel, at, ready: VecDeque::new() };
    let events = stream::unfold(listener, |mut listener| async move {
        let word = listener.next().await;
        let event = Event::default().id(word.position.to_string()).event(&word.kind).data(&word.text);
        Some((Ok(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
