//! The one writer of a till: takes batches in their order, commits, answers; and posts
//! the roll when there is no batch. Deliberately absent: who stands in line.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    ALONE, Answer, Outcome, Posting, Wish, place_alone, place_together,
    swift::{Gathered, Left},
    till::Waiting,
};
use crate::{
    kernel::Stop,
    store::{Db, roll},
};

/// Orders in one transaction that are decided in it.
const TOGETHER: usize = 256;
/// Lines in one transaction, unless one order alone has more.
const LINES: usize = 6_000;
/// Orders that may wait to be posted.
const MOST_ON_ROLL: i64 = 200_000;
/// Orders that wait for longer are posted between batches.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long nobody may have come before the roll is posted: who comes meanwhile waits for
/// the row that is under way.
const QUIET: Duration = Duration::from_millis(30);
/// After a failure.
const REST: Duration = Duration::from_secs(1);
/// How often a writer without work looks for a roll that another one left.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What writer and usher tell each other.
#[derive(Default)]
pub(super) struct Known {
    /// Orders on the roll.
    orders: AtomicI64,
    /// The desk that stands was out of date.
    pub is_stale: AtomicBool,
    /// A batch is being gathered: nothing is posted before it.
    pub is_gathering: AtomicBool,
}

impl Known {
    /// Whether more may be put onto the roll.
    pub fn has_room(&self) -> bool {
        self.orders.load(Ordering::Relaxed) < MOST_ON_ROLL
    }
}

enum Batch {
    Swift(Gathered),
    Careful(Vec<Waiting>, Posting),
}

/// A batch, and the seat it holds until it is answered.
pub(super) struct Job {
    batch: Batch,
    seat: OwnedSemaphorePermit,
}

impl Job {
    /// Decided already.
    pub fn swift(gathered: Gathered, seat: OwnedSemaphorePermit) -> Self {
        Self { batch: Batch::Swift(gathered), seat }
    }

    /// To be decided in its transaction.
    pub fn careful(waiting: Vec<Waiting>, posting: Posting, seat: OwnedSemaphorePermit) -> Self {
        Self { batch: Batch::Careful(waiting, posting), seat }
    }
}

/// Who writes.
pub(super) struct Writer {
    db: Db,
    jobs: mpsc::UnboundedReceiver<Job>,
    known: Arc<Known>,
    /// Since when something waits on the roll.
    since: Option<Instant>,
    /// After a failure nothing is posted until then.
    rests_until: Option<Instant>,
}

impl Writer {
    /// Starts one. No more jobs wait than there are seats.
    pub fn start(db: Db) -> (mpsc::UnboundedSender<Job>, Arc<Known>) {
        let ((send, jobs), known) = (mpsc::unbounded_channel(), Arc::<Known>::default());
        let writer = Self { db, jobs, known: Arc::clone(&known), since: None, rests_until: None };
        tokio::spawn(writer.serve());
        (send, known)
    }

    async fn serve(mut self) {
        self.look_at_roll().await;
        let (mut patience, mut rows) = (QUIET, 1);
        loop {
            match tokio::time::timeout(patience, self.jobs.recv()).await {
                Ok(None) => return,
                Ok(Some(job)) => {
                    self.write(job).await;
                    if self.can_post() && self.since.is_some_and(|since| since.elapsed() > PATIENCE) {
                        self.post(1).await;
                    }
                    (patience, rows) = (QUIET, 1);
                }
                Err(_) if self.should_post() => {
                    self.post(rows).await;
                    // Whoever has come meanwhile is served first; the longer nobody comes,
                    // the more go together.
                    (patience, rows) = (Duration::ZERO, (rows * 2).min(roll::AT_ONCE));
                }
                // Another replica may have died over its roll.
                Err(_) => {
                    self.look_at_roll().await;
                    patience = LOOK_AGAIN;
                }
            }
        }
    }

    async fn write(&mut self, Job { batch, seat }: Job) {
        let (left, posting) = match batch {
            Batch::Careful(waiting, posting) => (Left { waiting, ..Left::default() }, posting),
            Batch::Swift(gathered) => {
                let (orders, left) = gathered.write(&self.db).await;
                self.count(orders);
                self.known.is_stale.fetch_or(left.was_stale, Ordering::Relaxed);
                (left, Posting::Later)
            }
        };
        let mut placed = 0;
        for some in portions(left.waiting) {
            placed += self.write_carefully(some, posting).await;
        }
        // What the desk denied was there after all.
        if left.was_denied && placed > 0 {
            self.known.is_stale.store(true, Ordering::Relaxed);
        }
        drop(seat);
    }

    /// Returns how many orders were placed.
    async fn write_carefully(&mut self, some: Vec<Waiting>, posting: Posting) -> usize {
        let (wishes, tells): (Vec<_>, Vec<_>) = some.into_iter().map(|one| (one.wish, one.tell)).unzip();
        let answers = answer(&self.db, &wishes, posting).await;
        let placed = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|reply| reply.status == 201)).count();
        if posting == Posting::Later {
            self.count(placed);
        }
        for (tell, answer) in tells.into_iter().zip(answers) {
            // Whoever stopped waiting was served all the same.
            let _ = tell.send(answer);
        }
        placed
    }

    /// So many more are on the roll.
    fn count(&mut self, orders: usize) {
        if orders > 0 {
            self.known.orders.fetch_add(i64::try_from(orders).unwrap_or(0), Ordering::Relaxed);
            self.since.get_or_insert_with(Instant::now);
        }
    }

    fn can_post(&self) -> bool {
        self.since.is_some() && self.rests_until.is_none_or(|until| until <= Instant::now())
    }

    /// Nobody is about to come.
    fn should_post(&self) -> bool {
        self.can_post() && !self.known.is_gathering.load(Ordering::Relaxed)
    }

    /// Posts a few rows of the roll. After a failure there is a rest.
    async fn post(&mut self, rows: i64) {
        self.rests_until = None;
        match roll::post_next(&self.db, rows).await {
            Ok(Some(orders)) => {
                self.known.orders.fetch_sub(orders, Ordering::Relaxed);
            }
            Ok(None) => {
                self.known.orders.store(0, Ordering::Relaxed);
                self.since = None;
            }
            Err(fault) => {
                self.rests_until = Some(Instant::now() + REST);
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
            self.known.orders.store(waiting.orders, Ordering::Relaxed);
            self.since.get_or_insert_with(Instant::now);
        }
    }
}

/// As many as one transaction bears.
fn portions(waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut portions: Vec<Vec<Waiting>> = Vec::new();
    let mut lines = 0;
    for one in waiting {
        lines += one.wish.order.lines.len();
        match portions.last_mut().filter(|last| last.len() < TOGETHER && lines <= LINES) {
            Some(last) => last.push(one),
            None => {
                lines = one.wish.order.lines.len();
                portions.push(vec![one]);
            }
        }
    }
    portions
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
