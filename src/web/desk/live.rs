//! News for open pages: which topics have changed, by server-sent events that
//! resume from `Last-Event-ID`. A message says that something changed and what it
//! is called, never what is in it; the page asks for that under its own permission.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream};
use serde::Serialize;

use crate::{
    identity::{Caller, Permission, Sites},
    kernel::SiteId,
    problem::Problem,
    store::{Db, log, log::Fact},
};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(400);
/// A beat after so many looks without news: about eight seconds.
const BEAT: u32 = 20;
/// Looks after which the stream ends, so that who signed out hears no more: a
/// browser connects again by itself. About ten minutes.
const LONGEST: u32 = 1_500;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct News {
    /// `order`, `case`, `dispatch`, ...
    pub topic: &'static str,
    /// The fact's name.
    pub kind: String,
    /// The id of what it is about.
    pub subject: String,
}

/// The topics of a fact, each with what one must hold to hear of it.
pub fn topics(kind: &str) -> &'static [(&'static str, Permission)] {
    const ORDER: (&str, Permission) = ("order", Permission::OrderRead);
    const DISPATCH: (&str, Permission) = ("dispatch", Permission::DispatchAct);
    match kind.split('.').next().unwrap_or_default() {
        "order" | "payment" | "refund" | "line" | "pick" | "invoice" | "contact" => &[ORDER],
        "fulfilment" | "carton" | "parcel" | "return" => &[ORDER, DISPATCH],
        "load" | "offer" | "rider" => &[DISPATCH],
        "road" => &[("road", Permission::DispatchAct), DISPATCH],
        "hold" | "inventory" | "stock" | "goods" | "bin" | "receipt" | "asn" | "recall" => {
            &[("stock", Permission::StockRead)]
        }
        "service" => &[("service", Permission::WorkSupervise)],
        "task" | "wave" | "batch" | "tote" | "scan" => &[("task", Permission::WorkSupervise)],
        "print" => &[("print", Permission::WorkDo)],
        "mission" | "shelf" | "vehicle" | "floor" => &[("floor", Permission::FleetOperate)],
        "case" => &[("case", Permission::CaseHandle)],
        _ => &[],
    }
}

/// The news of a fact for one person.
fn news(caller: &Caller, fact: &Fact) -> Vec<News> {
    let hears = |permission: Permission, site: Option<SiteId>| match (caller.sites(permission), site) {
        (Sites::All, _) => true,
        (sites, Some(site)) => sites.holds(site),
        (sites, None) => sites != Sites::Only(Vec::new()),
    };
    let told = topics(&fact.kind).iter().filter(|(_, permission)| hears(*permission, fact.site));
    told.map(|(topic, _)| News { topic, kind: fact.kind.clone(), subject: fact.subject.clone() }).collect()
}

struct Ear {
    db: Db,
    caller: Caller,
    at: i64,
    ready: VecDeque<(i64, News)>,
    looks: u32,
    quiet: u32,
}

/// The stream.
pub async fn stream(
    State(db): State<Db>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let mut read = db.read().await?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let head = log::head(read.sql()).await?;
    // Whoever was away for long reloads what it shows; it need not hear every step.
    let at = seen.map_or(head, |seen: i64| seen.clamp(head - 1_000, head));
    drop(read);
    let ear = Ear { db, caller, at, ready: VecDeque::new(), looks: 0, quiet: BEAT };
    let events = stream::unfold(ear, |mut ear| async move {
        loop {
            if let Some((position, news)) = ear.ready.pop_front() {
                ear.quiet = 0;
                let event = Event::default().id(position.to_string()).json_data(&news).unwrap_or_default();
                return Some((Ok(event), ear));
            }
            if ear.looks >= LONGEST {
                return None;
            }
            if ear.quiet >= BEAT {
                ear.quiet = 0;
                return Some((Ok(Event::default().event("beat").data(ear.at.to_string())), ear));
            }
            (ear.looks, ear.quiet) = (ear.looks + 1, ear.quiet + 1);
            tokio::time::sleep(LOOK).await;
            look(&mut ear).await;
        }
    });
    Ok(Sse::new(events))
}

async fn look(ear: &mut Ear) {
    let Ok(mut read) = ear.db.read().await else { return };
    let Ok(facts) = log::tail(read.sql(), ear.at, 200).await else { return };
    for fact in facts {
        ear.at = fact.position;
        for one in news(&ear.caller, &fact) {
            // A burst about one topic is one piece of news.
            if ear.ready.back().is_none_or(|(_, last)| last.topic != one.topic || last.subject != one.subject) {
                ear.ready.push_back((fact.position, one));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_topic_that_somebody_hears() {
        for kind in crate::event::Event::KINDS {
            assert!(!topics(kind).is_empty(), "nobody hears of {kind}");
        }
        assert_eq!(topics("parcel.delivered").len(), 2);
    }
}
