//! Where orders stand in line: a bounded queue and one writer, which takes whatever
//! has gathered while it wrote the batch before. No timer: who comes alone is served
//! at once. When the queue is full, the next one is told to come again.

use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot};

use super::{Answer, Outcome, Wish, place_alone, place_together};
use crate::{
    kernel::{Fault, Stop},
    refusals,
    store::Db,
};

/// Orders that may wait: eight full batches.
const WAITING: usize = 2_048;
/// Orders in one transaction.
const TOGETHER: usize = 256;
/// Lines in one transaction, unless one order alone has more.
const LINES: usize = 6_000;

refusals! {
    /// Why nobody can be served.
    Refusal {
        /// Too many wait already.
        Full => "busy", 503, "Too many orders wait already; nothing was changed. Send the request again in a second.";
    }
}

struct Waiting {
    wish: Wish,
    tell: oneshot::Sender<Answer>,
}

/// The way to the writer. Cheap to clone; the writer ends with the last of them.
#[derive(Clone)]
pub struct Till(mpsc::Sender<Waiting>);

impl Till {
    /// Opens a till; needs a runtime.
    pub fn open(db: Db) -> Self {
        let (send, receive) = mpsc::channel(WAITING);
        tokio::spawn(serve(db, receive));
        Self(send)
    }

    /// Stands in line and waits for the answer. Refuses at once when the line is
    /// full. Whoever stops waiting is served all the same; his retry finds the reply.
    pub async fn place(&self, wish: Wish) -> Answer {
        let (tell, told) = oneshot::channel();
        self.0.try_send(Waiting { wish, tell }).map_err(|_| Refusal::Full)?;
        told.await.unwrap_or_else(|_| Err(Fault::new("the till was closed over an order").into()))
    }
}

async fn serve(db: Db, mut line: mpsc::Receiver<Waiting>) {
    let mut left: VecDeque<Waiting> = VecDeque::new();
    let mut fresh = Vec::with_capacity(TOGETHER);
    loop {
        if left.is_empty() && line.recv_many(&mut fresh, TOGETHER).await == 0 {
            return;
        }
        left.extend(fresh.drain(..));
        let mut lines = 0;
        let fits = left.iter().take(TOGETHER).take_while(|one| {
            lines += one.wish.order.lines.len();
            lines <= LINES
        });
        let n = fits.count().max(1);
        let (wishes, tells): (Vec<_>, Vec<_>) = left.drain(..n).map(|one| (one.wish, one.tell)).unzip();
        for (answer, tell) in answer(&db, &wishes).await.into_iter().zip(tells) {
            // Who went away finds the stored reply when he asks again.
            let _ = tell.send(answer);
        }
        // Who was answered may have more to ask: let them stand in line first, since
        // one long batch costs much less than two short ones.
        tokio::task::yield_now().await;
    }
}

/// A batch that is out of date is decided once more; one that fails goes one by one,
/// so that a failing order fails alone.
async fn answer(db: &Db, wishes: &[Wish]) -> Vec<Answer> {
    for _ in 0..3 {
        match place_together(db, wishes).await {
            Ok(Outcome::Done(answers)) => return answers,
            Ok(Outcome::Stale) => {}
            Err(Stop::Fault(fault)) if fault.retryable => {}
            Err(stop) => {
                tracing::debug!("a batch of {} orders goes one by one: {stop}", wishes.len());
                break;
            }
        }
    }
    let mut answers = Vec::with_capacity(wishes.len());
    for wish in wishes {
        answers.push(place_alone(db, wish).await);
    }
    answers
}
