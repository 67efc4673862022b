//! The log for readers outside: pages of facts, and a live stream that resumes from
//! `Last-Event-ID` without a gap.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    feeds::Feeds,
    head::{last_known, moved},
};
use crate::{
    exchange::Query,
    identity::{Caller, Permission},
    problem::Problem,
    store::{Db, log, log::Fact},
};

pub(super) fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(facts))
}

/// Streams stay open, so they stand outside of the time limit.
pub(super) fn streams() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(live))
}

/// From where, how many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Behind {
    /// The position of the last fact known; 0 for all.
    #[serde(default)]
    after: i64,
    /// 1 to 1000.
    #[serde(default = "usual")]
    limit: i64,
}

fn usual() -> i64 {
    500
}

/// Facts in order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Facts {
    items: Vec<Fact>,
    /// Pass it as `after` for what comes next.
    next: i64,
}

/// Facts behind a position, in order; needs `event.read`.
#[utoipa::path(get, path = "/api/v1/events", tag = "facts", params(Behind), responses((status = 200, body = Facts)))]
async fn facts(State(db): State<Db>, caller: Caller, Query(behind): Query<Behind>) -> Result<Json<Facts>, Problem> {
    caller.permit_house(Permission::EventRead)?;
    let mut read = db.read().await?;
    let items = log::tail(read.sql(), behind.after, behind.limit.clamp(1, 1000)).await?;
    let next = items.last().map_or(behind.after, |fact| fact.position);
    Ok(Json(Facts { items, next }))
}

/// Where a stream stands, and what it has fetched and not sent.
struct Tail {
    db: Db,
    at: i64,
    ear: tokio::sync::watch::Receiver<i64>,
    ready: std::collections::VecDeque<Fact>,
}

/// Facts as they are stated, as server-sent events; `Last-Event-ID` resumes behind
/// that position without a gap. Needs `event.read`.
#[utoipa::path(get, path = "/api/v1/events/stream", tag = "facts",
    params(("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The position of the last fact known.")),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn live(
    State(db): State<Db>,
    Extension(feeds): Extension<Arc<Feeds>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    caller.permit_house(Permission::EventRead)?;
    let mut read = db.read().await?;
    let at = match last_known(&headers)? {
        Some(at) => at,
        None => log::head(read.sql()).await?,
    };
    drop(read);
    let tail = Tail { db, at, ear: feeds.head.listen(), ready: std::collections::VecDeque::new() };
    let events = stream::unfold(tail, |mut tail| async move {
        loop {
            if let Some(fact) = tail.ready.pop_front() {
                tail.at = fact.position;
                let event = Event::default().id(fact.position.to_string()).event(fact.kind.clone());
                let event = event.json_data(&fact).unwrap_or_default();
                return Some((Ok(event), tail));
            }
            tail.ear.mark_unchanged();
            if let Ok(mut read) = tail.db.read().await
                && let Ok(facts) = log::tail(read.sql(), tail.at, 200).await
            {
                tail.ready.extend(facts);
            }
            if tail.ready.is_empty() {
                moved(&mut tail.ear).await;
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
