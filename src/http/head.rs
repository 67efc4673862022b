//! How far the log goes, looked at by one task for all who listen: streams sleep until
//! it moves or goods are promised on the roll, and nobody looks while nobody listens.
//! Deliberately absent: facts.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use axum::http::{HeaderMap, StatusCode};
use tokio::{sync::watch, time::timeout};

use crate::{
    problem::Problem,
    store::{Db, log, roll},
};

/// Between two looks, however much is written meanwhile.
const CALM: Duration = Duration::from_millis(25);
/// Another replica's commits ring no bell here.
const LONGEST: Duration = Duration::from_millis(100);
/// A stream looks by itself after so long, whatever it was told.
const DOUBT: Duration = Duration::from_secs(2);

/// The head of the log. One for a server.
pub(super) struct Head {
    db: Db,
    told: watch::Sender<i64>,
    looks: Mutex<bool>,
}

impl Head {
    /// Of a database.
    pub(super) fn of(db: Db) -> Arc<Self> {
        Arc::new(Self { db, told: watch::channel(0).0, looks: Mutex::new(false) })
    }

    /// Hears of each move from now on.
    pub(super) fn listen(self: &Arc<Self>) -> watch::Receiver<i64> {
        let ear = self.told.subscribe();
        let mut looks = self.looks.lock().expect("no panic holds the head");
        if !std::mem::replace(&mut *looks, true) {
            tokio::spawn(look(Arc::downgrade(self)));
        }
        ear
    }

    /// False, and no more looks, when nobody listens.
    fn is_heard(&self) -> bool {
        let mut looks = self.looks.lock().expect("no panic holds the head");
        *looks = self.told.receiver_count() > 0;
        *looks
    }
}

async fn look(head: Weak<Head>) {
    let mut promised = None;
    while let Some(head) = head.upgrade().filter(|head| head.is_heard()) {
        if let Ok(mut read) = head.db.read().await
            && let Ok(at) = log::head(read.sql()).await
            && let Ok(last) = roll::last(read.sql()).await
        {
            let is_new = last.is_some() && last != promised;
            promised = last;
            head.told.send_if_modified(|known| std::mem::replace(known, at) != at || is_new);
        }
        let bell = head.db.bell.clone();
        drop(head);
        let _ = timeout(LONGEST, bell.notified()).await;
        tokio::time::sleep(CALM).await;
    }
}

/// Sleeps until the log moves, or a while.
pub(super) async fn moved(ear: &mut watch::Receiver<i64>) {
    if !matches!(timeout(DOUBT, ear.changed()).await, Ok(Ok(())) | Err(_)) {
        // The house closes: streams are cut, and must not spin until then.
        tokio::time::sleep(DOUBT).await;
    }
}

/// The `Last-Event-ID` of a reader that comes back.
pub(super) fn last_known(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let known = value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).filter(|at| *at >= 0);
    let detail = "Last-Event-ID is not the id of an event of this stream: a whole number.";
    known.map(Some).ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "last_event_id.invalid", detail))
}
