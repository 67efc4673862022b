//! Sending what is due, and noting how it went. Deliberately absent: sending twice at
//! once; one process holds the lease.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    gather::gather,
    model::*,
    reach::{Poster, Reach},
    rows, verbs,
};
use crate::{
    identity::{self, Signer},
    kernel::*,
    store::{Actor, Db, claim},
};

/// Messages tried at once, each of another subject.
const AT_ONCE: i64 = 32;
/// Longer than the longest try, so that two replicas never send the same.
const LEASE_MS: i64 = 60_000;

/// Tries messages.
pub struct Sender {
    db: Db,
    poster: Poster,
}

/// Gathers and sends until `stop`; `holder` names this process among replicas.
pub async fn run(db: Db, reach: Reach, holder: String, stop: CancellationToken) {
    let sender = match Sender::new(db.clone(), reach) {
        Ok(sender) => sender,
        Err(fault) => return tracing::error!("webhooks are not sent: {fault}"),
    };
    while !stop.is_cancelled() {
        let busy = round(&sender, &holder).await.unwrap_or_else(|fault| {
            tracing::warn!("webhooks wait: {fault}");
            false
        });
        if !busy {
            let longest = Duration::from_millis(500);
            tokio::select! {
                () = stop.cancelled() => {}
                _ = timeout(longest, tokio::time::sleep(longest)) => {}
            }
        }
    }
}

/// True if there was anything to do.
async fn round(sender: &Sender, holder: &str) -> Result<bool, Fault> {
    let mut read = sender.db.read().await?;
    let nobody = rows::list(read.sql(), None).await?.is_empty();
    drop(read);
    if nobody || !claim::lease(&sender.db, "hooks", holder, LEASE_MS).await? {
        return Ok(false);
    }
    let gathered = gather(&sender.db).await?;
    Ok(sender.send_due().await? + gathered > 0)
}

impl Sender {
    /// A sender of what is in `db`.
    pub fn new(db: Db, reach: Reach) -> Result<Self, Fault> {
        Ok(Self { db, poster: Poster::new(reach)? })
    }

    /// Tries what is due; returns how many messages that were.
    pub async fn send_due(&self) -> Result<usize, Fault> {
        let now = self.db.clock.now();
        let mut read = self.db.read().await?;
        if verbs::is_held(read.sql()).await? {
            return Ok(0);
        }
        let due = rows::due(read.sql(), now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let hooks = rows::list(read.sql(), None).await?;
        drop(read);
        let mut tx = self.db.begin(Actor::house()).await?;
        let signer = identity::signer(&mut tx).await?;
        tx.commit().await?;
        let signer = &signer;
        let tries = due.iter().filter_map(|message| {
            let hook = hooks.iter().find(|hook| hook.id == message.hook)?;
            Some(async move { (message, hook, self.attempt(hook, message, signer, now).await) })
        });
        let done = join_all(tries).await;
        self.note(&done).await?;
        Ok(done.len())
    }

    async fn attempt(&self, hook: &Hook, message: &Message, signer: &Signer, now: Time) -> Answer {
        let (id, seconds) = (message.id.to_string(), now.ms().div_euclid(1000));
        let mut signatures = signature(&verbs::key(signer, hook.id, hook.generation), &id, seconds, &message.body);
        if hook.old_secret_until.is_some_and(|until| until > now) {
            let old = signature(&verbs::key(signer, hook.id, hook.generation - 1), &id, seconds, &message.body);
            signatures = format!("{signatures} {old}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Cartage/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signatures)]
        {
            headers.insert(name, HeaderValue::try_from(value).expect("ids, numbers and base64 are header values"));
        }
        self.poster.post(&hook.url, headers, message.body.clone()).await
    }

    async fn note(&self, done: &[(&Message, &Hook, Answer)]) -> Result<(), Fault> {
        let mut tx = self.db.begin(Actor::house()).await?;
        let now = tx.now();
        for (message, hook, answer) in done {
            let spread = i64::from(tx.dice().below(1000));
            let (state, next_at) = if answer.is_taken() {
                (MessageState::Sent, now)
            } else if answer.is_gone() {
                let reason = "it answered 410 Gone";
                rows::set_state(tx.sql(), hook.id, HookState::Disabled, Some(reason)).await?;
                (MessageState::Failed, now)
            } else if let Some(wait_ms) = patience_ms(message.attempts + 1, spread) {
                (MessageState::Waiting, now.plus_ms(wait_ms))
            } else {
                let reason = format!("{} was given up after {} tries", message.id, message.attempts + 1);
                tracing::warn!("the webhook {} is paused: {reason}", hook.id);
                rows::set_state(tx.sql(), hook.id, HookState::Paused, Some(&reason)).await?;
                (MessageState::Failed, now)
            };
            rows::note(tx.sql(), message.id, state, next_at, answer).await?;
        }
        tx.commit().await
    }
}
