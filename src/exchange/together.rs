//! Commands that share a commit: who comes while the writer is at the ones before waits
//! in a bounded line, and all who gathered there are done one after the other in one
//! transaction, each in a part of its own, with one sync. One that is refused undoes
//! its part alone; after a fault each is done in a transaction of its own. Orders have
//! a till, which does more.
//!
//! Deliberately absent: what the commands do.

use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::{Flight, done, refused};
use crate::{
    kernel::{Fault, Stop},
    problem::Problem,
    refusals,
    store::{
        Actor, Db, Tx,
        command::{self, Marked, Reply},
    },
};

/// Commands that may wait.
const WAITING: usize = 1_024;
/// Commands in one transaction: its rows are locked from the first to the last.
const TOGETHER: usize = 64;
/// How often one alone is tried when another transaction was faster.
const TRIES: usize = 4;

refusals! {
    /// Why nobody can be served.
    Busy {
        /// Too many wait already.
        Full => "busy", 503, "Too many requests wait already; nothing was changed. Send the request again in a second.";
    }
}

/// What a command does; asked again when its transaction failed.
type Verb = Box<dyn for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<Reply, Stop>> + Send + Sync>;
/// What it is answered.
type Answer = Result<Reply, Problem>;

struct Asked {
    verb: Verb,
    mark: Marked,
    tell: oneshot::Sender<Answer>,
    /// Keeps the same command out until this one is answered.
    _flight: Flight,
}

/// The way to the writer. Cheap to clone; the writer ends with the last of them.
#[derive(Clone)]
pub struct Together(mpsc::Sender<Asked>);

impl Together {
    /// Opens a line; needs a runtime.
    pub fn open(db: Db) -> Self {
        let (send, line) = mpsc::channel(WAITING);
        tokio::spawn(serve(db, line));
        Self(send)
    }

    /// Does a command once, however often it is sent. Refuses at once when the line is
    /// full. Whoever stops waiting is served all the same; his retry finds the reply.
    pub async fn run<B, R, V>(&self, (body, mark): (B, Marked), status: StatusCode, verb: V) -> Answer
    where
        B: Send + Sync + 'static,
        R: Serialize,
        V: for<'t> Fn(&'t mut Tx, Arc<B>) -> BoxFuture<'t, Result<R, Stop>> + Send + Sync + 'static,
    {
        let flight = super::fly(&mark.caller, &mark.key)?;
        let (body, verb) = (Arc::new(body), Arc::new(verb));
        let verb: Verb = Box::new(move |tx| {
            let (body, verb) = (Arc::clone(&body), Arc::clone(&verb));
            Box::pin(async move {
                let value = verb(tx, body).await?;
                done(status.as_u16(), &value).map_err(|problem| Fault::new(problem.detail).into())
            })
        });
        let (tell, told) = oneshot::channel();
        self.0.try_send(Asked { verb, mark, tell, _flight: flight }).map_err(|_| Busy::Full)?;
        told.await.unwrap_or_else(|_| Err(Fault::new("the writer of commands is gone").into()))
    }
}

async fn serve(db: Db, mut line: mpsc::Receiver<Asked>) {
    let mut some = Vec::with_capacity(TOGETHER);
    while line.recv_many(&mut some, TOGETHER).await > 0 {
        let answers = match some.as_slice() {
            [_] => None,
            some => do_together(&db, some).await.inspect_err(|fault| tracing::debug!("one by one: {fault}")).ok(),
        };
        let mut answers = answers.into_iter().flatten();
        for one in some.drain(..) {
            let answer = match answers.next() {
                Some(answer) => answer,
                None => do_alone(&db, &one).await,
            };
            // Whoever stopped waiting was served all the same.
            let _ = one.tell.send(answer);
        }
        // Who was answered may have more to ask: one sync serves them all.
        tokio::task::yield_now().await;
    }
}

/// All of them, or none and a fault.
async fn do_together(db: &Db, some: &[Asked]) -> Result<Vec<Answer>, Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    let seen = command::seen_all(&mut tx, &some.iter().map(|one| &one.mark).collect::<Vec<_>>()).await?;
    let mut answers = Vec::with_capacity(some.len());
    for one in some {
        let known = seen.get(&(one.mark.caller.clone(), one.mark.key.clone()));
        answers.push(match known {
            Some((digest, reply)) if *digest == one.mark.digest => Ok(reply.clone()),
            Some(_) => Err(command::Refusal::Reused.into()),
            None => do_part(&mut tx, one).await?,
        });
    }
    let fresh = some
        .iter()
        .zip(&answers)
        .filter(|(one, _)| !seen.contains_key(&(one.mark.caller.clone(), one.mark.key.clone())));
    let stored: Vec<_> = fresh.filter_map(|(one, answer)| Some((&one.mark, answer.as_ref().ok()?))).collect();
    command::remember_all(&mut tx, &stored).await?;
    tx.commit().await?;
    Ok(answers)
}

async fn do_part(tx: &mut Tx, one: &Asked) -> Result<Answer, Fault> {
    let part = tx.begin_part(Actor::named(&one.mark.caller)).await?;
    match (one.verb)(tx).await {
        Ok(reply) => {
            tx.keep_part(part).await?;
            Ok(Ok(reply))
        }
        Err(Stop::Refused(refusal)) => {
            tx.undo_part(part).await?;
            Ok(refused(&*refusal))
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// One in a transaction of its own.
async fn do_alone(db: &Db, one: &Asked) -> Answer {
    let mut left = TRIES;
    loop {
        left -= 1;
        match try_alone(db, one).await {
            Err(fault) if left > 0 && (fault.retryable || fault.duplicate) => {}
            Err(fault) => return Err(fault.into()),
            Ok(answer) => return answer,
        }
    }
}

async fn try_alone(db: &Db, one: &Asked) -> Result<Answer, Fault> {
    let Marked { caller, key, digest } = &one.mark;
    let mut tx = db.begin(Actor::named(caller)).await?;
    match command::seen(&mut tx, caller, key, digest).await? {
        command::Seen::New => {}
        command::Seen::Done(reply) => return Ok(Ok(reply)),
        command::Seen::Other => return Ok(Err(command::Refusal::Reused.into())),
    }
    let answer = match (one.verb)(&mut tx).await {
        Ok(reply) => Ok(reply),
        Err(Stop::Refused(refusal)) => {
            drop(tx);
            tx = db.begin(Actor::named(caller)).await?;
            refused(&*refusal)
        }
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    if let Ok(reply) = &answer {
        command::remember(&mut tx, caller, key, digest, reply).await?;
        tx.commit().await?;
    }
    Ok(answer)
}
