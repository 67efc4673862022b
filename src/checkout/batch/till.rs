//! Where orders stand in line: a bounded queue and one writer, which takes whatever
//! has gathered while it wrote the batch before. No timer: who comes alone is served
//! at once. When the queue is full, the next one is told to come again.
//!
//! When many come at once, they are decided while the batch before them is written.
//! Their rows go onto the roll and are posted when nobody stands in line, or beside the
//! line when they have waited for long. When the roll is full, each batch is posted
//! with its promise: then the till is as fast as posting.

use std::sync::{Arc, atomic::Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    Answer, Posting, Wish,
    desk::Standing,
    swift::Gathering,
    writer::{Job, Known, Writer},
};
use crate::{kernel::Fault, refusals, store::Db};

/// Orders that may wait: eight full batches.
const WAITING: usize = 2_048;
/// Orders in one transaction.
const TOGETHER: usize = 256;
/// For so many a writer who is free need not wait for more to come.
const ENOUGH: usize = 64;
/// So many at once are a rush.
const CROWD: usize = 8;

refusals! {
    /// Why nobody can be served.
    Refusal {
        /// Too many wait already.
        Full => "busy", 503, "Too many orders wait already; nothing was changed. Send the request again in a second.";
    }
}

/// Where an answer goes.
pub(super) type Tell = oneshot::Sender<Answer>;

/// Somebody in line.
pub(super) struct Waiting {
    pub wish: Wish,
    pub tell: Tell,
}

impl Waiting {
    /// Whoever stopped waiting was served all the same.
    pub fn answer(self, answer: Answer) {
        let _ = self.tell.send(answer);
    }
}

/// The way to the writer. Cheap to clone; the writer ends with the last of them.
#[derive(Clone)]
pub struct Till(mpsc::Sender<Waiting>);

impl Till {
    /// Opens a till; needs a runtime.
    pub fn open(db: Db) -> Self {
        super::read_roll(&db);
        let (send, receive) = mpsc::channel(WAITING);
        let (jobs, known) = Writer::start(db.clone());
        let (open, seat) = (Open::Few(Vec::new()), Arc::new(Semaphore::new(1)));
        let usher = Usher { db, line: receive, jobs, known, seat, standing: None, open };
        tokio::spawn(usher.serve());
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

/// The batch that is open: a few whom the writer decides, or many who are decided as
/// they come.
enum Open {
    Few(Vec<Waiting>),
    Many(Box<Gathering>),
}

impl Open {
    fn len(&self) -> usize {
        match self {
            Self::Few(waiting) => waiting.len(),
            Self::Many(gathering) => gathering.len(),
        }
    }

    /// How many more may come.
    fn room(&self) -> usize {
        match self {
            Self::Many(gathering) if gathering.is_long() => 0,
            _ => TOGETHER - self.len(),
        }
    }
}

/// Who gathers batches: as many as come while the writer is at the one before.
struct Usher {
    db: Db,
    line: mpsc::Receiver<Waiting>,
    jobs: mpsc::UnboundedSender<Job>,
    known: Arc<Known>,
    /// Taken while a batch is written.
    seat: Arc<Semaphore>,
    standing: Option<Standing>,
    open: Open,
}

impl Usher {
    async fn serve(mut self) {
        while self.step().await {}
    }

    /// Takes in who has come, or hands the batch to the writer when he is free and it is
    /// long, or nobody else is about to come. False when nobody can come any more.
    async fn step(&mut self) -> bool {
        let (room, seat) = (self.open.room(), Arc::clone(&self.seat));
        self.known.is_gathering.store(self.open.len() > 0, Ordering::Relaxed);
        let is_ready = self.open.len() > 0 && (self.line.is_empty() || self.open.len() >= ENOUGH);
        let mut fresh = Vec::with_capacity(room.min(ENOUGH));
        tokio::select! {
            biased;
            seat = Arc::clone(&seat).acquire_owned(), if is_ready => {
                self.hand_over(seat.expect("the seat is never taken away"));
                // Who was answered may have more to ask: let them stand in line first,
                // since one long batch costs much less than two short ones.
                tokio::task::yield_now().await;
            }
            came = self.line.recv_many(&mut fresh, room.min(ENOUGH)), if room > 0 => {
                if came == 0 {
                    let seat = seat.acquire_owned().await;
                    self.hand_over(seat.expect("the seat is never taken away"));
                    return false;
                }
                self.take_in(fresh).await;
            }
        }
        true
    }

    async fn take_in(&mut self, fresh: Vec<Waiting>) {
        match &mut self.open {
            Open::Few(few) => {
                few.extend(fresh);
                // While a desk stands the rush goes on, however few come at once.
                let is_rush = few.len() >= CROWD || self.standing.as_ref().is_some_and(|desk| !desk.is_old());
                if is_rush && self.known.has_room() {
                    let few = std::mem::take(few);
                    self.begin_rush(few).await;
                }
            }
            Open::Many(gathering) => {
                if let Some(standing) = &mut self.standing {
                    gathering.add(&self.db, standing, fresh).await;
                    if self.line.is_empty() {
                        gathering.pause(&self.db, &standing.signer);
                    }
                }
            }
        }
    }

    /// Decides on the desk that stands; a new one is laid when nothing is under way that
    /// it would not know of.
    async fn begin_rush(&mut self, few: Vec<Waiting>) {
        if self.known.is_stale.swap(false, Ordering::Relaxed) || self.standing.as_ref().is_none_or(Standing::is_old) {
            let _seat = self.seat.acquire().await.expect("the seat is never taken away");
            self.known.is_stale.store(false, Ordering::Relaxed);
            self.standing = match Standing::lay(&self.db).await {
                Ok(standing) => Some(standing),
                Err(fault) => {
                    tracing::debug!("orders are left to the writer: {fault}");
                    None
                }
            };
        }
        let Some(standing) = &mut self.standing else {
            self.open = Open::Few(few);
            return;
        };
        let mut gathering = Gathering::new();
        gathering.add(&self.db, standing, few).await;
        self.open = Open::Many(Box::new(gathering));
    }

    fn hand_over(&mut self, seat: OwnedSemaphorePermit) {
        let job = match std::mem::replace(&mut self.open, Open::Few(Vec::new())) {
            Open::Few(few) if few.is_empty() => return,
            Open::Few(few) => {
                let is_rush = few.len() >= CROWD && self.known.has_room();
                Job::careful(few, if is_rush { Posting::Later } else { Posting::AtOnce }, seat)
            }
            Open::Many(gathering) => match &mut self.standing {
                Some(standing) => Job::swift(gathering.close(&self.db, standing), seat),
                None => return,
            },
        };
        // Should the writer have died, its shoppers hear of it.
        let _ = self.jobs.send(job);
    }
}
