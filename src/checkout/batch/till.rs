//! Where orders stand in line: a bounded queue and one writer, which takes whatever
//! has gathered while it wrote the batch before. No timer: who comes alone is served
//! at once. When the queue is full, the next one is told to come again.
//!
//! When many come at once, their rows go onto the roll and are posted when nobody
//! stands in line, or beside the line when they have waited for long. When the roll is
//! full, each batch is posted with its promise: then the till is as fast as posting.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{ALONE, Answer, Outcome, Posting, Wish, place_alone, place_together};
use crate::{
    kernel::{Fault, Stop},
    refusals,
    store::{Db, roll},
};

/// Orders that may wait: eight full batches.
const WAITING: usize = 2_048;
/// Orders in one transaction.
const TOGETHER: usize = 256;
/// Lines in one transaction, unless one order alone has more.
const LINES: usize = 6_000;
/// So many at once are a rush.
const CROWD: usize = 8;
/// Orders that may wait to be posted.
const MOST_ON_ROLL: i64 = 200_000;
/// Orders that wait for longer are posted between batches.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a failure.
const REST: Duration = Duration::from_secs(1);
/// How often a till without work looks for a roll that another one left.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

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

async fn serve(db: Db, line: mpsc::Receiver<Waiting>) {
    let mut keeper = Keeper { db, line, left: VecDeque::new(), roll: Roll::default() };
    keeper.look_at_roll().await;
    while keeper.fill().await {
        if keeper.left.is_empty() {
            keeper.post().await;
            continue;
        }
        keeper.serve_some().await;
        if keeper.roll.is_overdue() {
            keeper.post().await;
        }
        // Who was answered may have more to ask: let them stand in line first, since
        // one long batch costs much less than two short ones.
        tokio::task::yield_now().await;
    }
}

/// What the till knows of the roll.
#[derive(Default)]
struct Roll {
    orders: i64,
    /// Since when something waits.
    since: Option<Instant>,
    /// After a failure nothing is posted until then.
    rests_until: Option<Instant>,
}

impl Roll {
    fn can_be_posted(&self) -> bool {
        self.since.is_some() && self.rests_until.is_none_or(|until| until <= Instant::now())
    }

    fn is_overdue(&self) -> bool {
        self.can_be_posted() && self.since.is_some_and(|since| since.elapsed() > PATIENCE)
    }

    fn has_room(&self) -> bool {
        self.orders < MOST_ON_ROLL
    }
}

/// Who serves the line.
struct Keeper {
    db: Db,
    line: mpsc::Receiver<Waiting>,
    left: VecDeque<Waiting>,
    roll: Roll,
}

impl Keeper {
    /// Gathers who stands in line; waits for somebody unless there is something to
    /// post. False when nobody can come any more.
    async fn fill(&mut self) -> bool {
        if !self.left.is_empty() {
            return true;
        }
        let mut fresh = Vec::with_capacity(TOGETHER);
        if !self.line.is_empty() || !self.roll.can_be_posted() {
            let waits = tokio::time::timeout(LOOK_AGAIN, self.line.recv_many(&mut fresh, TOGETHER));
            match waits.await {
                Ok(0) => return false,
                Ok(_) => {}
                // Another replica may have died over its roll.
                Err(_) => self.look_at_roll().await,
            }
        } else if self.line.is_closed() {
            return false;
        }
        self.left.extend(fresh);
        true
    }

    async fn serve_some(&mut self) {
        let mut lines = 0;
        let fits = self.left.iter().take(TOGETHER).take_while(|one| {
            lines += one.wish.order.lines.len();
            lines <= LINES
        });
        let n = fits.count().max(1);
        let (wishes, tells): (Vec<_>, Vec<_>) = self.left.drain(..n).map(|one| (one.wish, one.tell)).unzip();
        let posting = if n >= CROWD && self.roll.has_room() { Posting::Later } else { Posting::AtOnce };
        for (answer, tell) in answer(&self.db, &wishes, posting).await.into_iter().zip(tells) {
            // Who went away finds the stored reply when he asks again.
            let _ = tell.send(answer);
        }
        if posting == Posting::Later {
            self.roll.orders += i64::try_from(n).unwrap_or(0);
            self.roll.since.get_or_insert_with(Instant::now);
        }
    }

    /// Posts one row of the roll.
    async fn post(&mut self) {
        if !self.roll.can_be_posted() {
            return;
        }
        match roll::post_next(&self.db).await {
            Ok(Some(orders)) => self.roll.orders -= orders,
            Ok(None) => self.roll = Roll::default(),
            Err(fault) => {
                self.roll.rests_until = Some(Instant::now() + REST);
                if !self.db.is_closed() {
                    tracing::error!("orders wait to be posted and will be tried again: {fault}");
                }
            }
        }
    }

    async fn look_at_roll(&mut self) {
        if let Ok(waiting) = roll::waiting(&self.db).await
            && waiting.rows > 0
        {
            self.roll.orders = waiting.orders;
            self.roll.since.get_or_insert_with(Instant::now);
        }
    }
}

/// A batch that is out of date is decided once more; one that fails goes one by one,
/// so that a failing order fails alone.
async fn answer(db: &Db, wishes: &[Wish], posting: Posting) -> Vec<Answer> {
    for _ in 0..3 {
        match place_together(db, wishes, posting).await {
            Ok(Outcome::Done(mut answers)) => {
                for (wish, answer) in wishes.iter().zip(&mut answers) {
                    if matches!(answer, Err(problem) if problem.code == ALONE) {
                        *answer = place_alone(db, wish).await;
                    }
                }
                return answers;
            }
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
