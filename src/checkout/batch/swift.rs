//! The quick way of a rush: a batch that is decided on the desk that stands, put into
//! words by clerks of its own while others are written, and written last.
//!
//! ```text
//!   waiting --decide--> yes --sheaf of a few, a clerk each--> slips --write--> told
//!                    \--> doubtful: decided by the writer, after the others
//! ```

use tokio::task::JoinHandle;

use super::{
    Decided, Guarded, Posting, Watch, Wish, decide,
    desk::Standing,
    till::{Tell, Waiting},
    write::{self, ON_A_ROW},
};
use crate::{
    identity::Signer,
    kernel::*,
    store::{Actor, Db, command::Reply, roll::Slip},
};

/// Lines in one transaction.
const LINES: usize = 6_000;
/// Fewer do not pay a clerk while more may come.
const FEW: usize = 16;

/// Orders that one clerk puts into words.
struct Sheaf {
    wishes: Vec<Wish>,
    tells: Vec<Tell>,
    decided: Vec<Decided>,
}

impl Sheaf {
    fn new() -> Self {
        Self {
            wishes: Vec::with_capacity(ON_A_ROW),
            tells: Vec::with_capacity(ON_A_ROW),
            decided: Vec::with_capacity(ON_A_ROW),
        }
    }
}

/// A sheaf in words.
struct Worded {
    wishes: Vec<Wish>,
    tells: Vec<Tell>,
    replies: Vec<Reply>,
    slip: Slip,
}

/// A batch that is being gathered.
pub(super) struct Gathering {
    guarded: Guarded,
    sheaf: Sheaf,
    clerks: Vec<JoinHandle<Result<Worded, Fault>>>,
    doubtful: Vec<Waiting>,
    was_denied: bool,
    orders: usize,
    lines: usize,
}

/// A batch that is ready to be written, but for the last words of its clerks.
pub(super) struct Gathered {
    guarded: Guarded,
    clerks: Vec<JoinHandle<Result<Worded, Fault>>>,
    doubtful: Vec<Waiting>,
    was_denied: bool,
}

impl Gathering {
    pub fn new() -> Self {
        let (sheaf, clerks, doubtful) = (Sheaf::new(), Vec::new(), Vec::new());
        let guarded = Guarded::new(Posting::Later);
        Self { guarded, sheaf, clerks, doubtful, was_denied: false, orders: 0, lines: 0 }
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.orders
    }

    /// Whether one transaction would bear no more.
    pub fn is_long(&self) -> bool {
        self.lines > LINES
    }

    /// Decides who has come, in the order of their coming.
    pub async fn add(&mut self, db: &Db, standing: &mut Standing, fresh: Vec<Waiting>) {
        self.orders += fresh.len();
        let (wishes, tells): (Vec<Wish>, Vec<Tell>) = fresh.into_iter().map(|one| (one.wish, one.tell)).unzip();
        let met = standing.meet(db, &wishes).await;
        if let Err(fault) = &met {
            tracing::debug!("{} orders are left to the writer: {fault}", wishes.len());
        }
        for (wish, tell) in wishes.into_iter().zip(tells) {
            self.lines += wish.order.lines.len();
            let at = self.sheaf.wishes.len();
            let is_plain = met.is_ok() && !standing.is_beyond(&wish);
            match is_plain.then(|| decide(db, &mut standing.desk, at, &wish, Posting::Later)) {
                Some(Ok(decided)) => {
                    self.sheaf.decided.push(decided);
                    self.sheaf.wishes.push(wish);
                    self.sheaf.tells.push(tell);
                }
                no => {
                    self.was_denied |= no.is_some();
                    self.doubtful.push(Waiting { wish, tell });
                }
            }
            if self.sheaf.decided.len() == ON_A_ROW {
                self.hand_over(db, &standing.signer);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Nobody else is there at the moment: what is decided can be put into words.
    pub fn pause(&mut self, db: &Db, signer: &Signer) {
        if self.sheaf.decided.len() >= FEW {
            self.hand_over(db, signer);
        }
    }

    fn hand_over(&mut self, db: &Db, signer: &Signer) {
        if self.sheaf.decided.is_empty() {
            return;
        }
        let mut sheaf = std::mem::replace(&mut self.sheaf, Sheaf::new());
        self.guarded.add(&mut sheaf.decided);
        self.clerks.push(tokio::spawn(put_in_words(db.clone(), signer.clone(), sheaf)));
    }

    /// Nobody else is taken in.
    pub fn close(mut self, db: &Db, standing: &mut Standing) -> Gathered {
        self.hand_over(db, &standing.signer);
        self.guarded.hours = standing.desk.scene.taken_hours();
        let Self { guarded, clerks, doubtful, was_denied, .. } = self;
        Gathered { guarded, clerks, doubtful, was_denied }
    }
}

async fn put_in_words(db: Db, signer: Signer, sheaf: Sheaf) -> Result<Worded, Fault> {
    let Sheaf { wishes, tells, decided } = sheaf;
    let (replies, slip) = write::put_in_words(&db, &signer, &wishes, &decided)?;
    Ok(Worded { wishes, tells, replies, slip })
}

/// What came of a batch: who is still to be answered by the careful way, and whether
/// the desk was out of date.
#[derive(Default)]
pub(super) struct Left {
    pub waiting: Vec<Waiting>,
    /// What was decided could not be written.
    pub was_stale: bool,
    /// Somebody was told no by the desk: if he is served now, it was out of date.
    pub was_denied: bool,
}

impl Gathered {
    /// Writes what was decided and answers; all of it or nothing. Returns how many
    /// orders that were.
    pub async fn write(self, db: &Db) -> (usize, Left) {
        let (mut waiting, mut replies, mut slips) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_whole = true;
        for clerk in self.clerks {
            match clerk.await {
                Ok(Ok(worded)) => {
                    let some = worded.wishes.into_iter().zip(worded.tells);
                    waiting.extend(some.map(|(wish, tell)| Waiting { wish, tell }));
                    replies.extend(worded.replies);
                    slips.push(worded.slip);
                }
                // Those orders are told that something went wrong, and none is written.
                fault => {
                    tracing::error!("orders could not be put into words: {:?}", fault.map(Result::err));
                    is_whole = false;
                }
            }
        }
        let written = match slips.is_empty() {
            true => Ok(true),
            false => write_all(db, &self.guarded, slips, waiting.len()).await,
        };
        if let (true, Ok(true)) = (is_whole, &written) {
            let orders = waiting.len();
            waiting.into_iter().zip(replies).for_each(|(one, reply)| one.answer(Ok(reply)));
            return (orders, Left { waiting: self.doubtful, was_stale: false, was_denied: self.was_denied });
        }
        if let Err(fault) = written {
            tracing::debug!("a batch of {} orders is decided again: {fault}", waiting.len());
        }
        waiting.extend(self.doubtful);
        (0, Left { waiting, was_stale: true, was_denied: self.was_denied })
    }
}

async fn write_all(db: &Db, guarded: &Guarded, slips: Vec<Slip>, orders: usize) -> Result<bool, Fault> {
    let mut watch = Watch::default();
    let mut tx = db.begin(Actor::house()).await?;
    if guarded.is_numbered(&mut tx).await? || !tx.keep_all(slips).await? {
        return Ok(false);
    }
    watch.lap("words");
    // What other replicas want as well comes last.
    if !guarded.write(&mut tx).await? {
        return Ok(false);
    }
    watch.lap("goods");
    tx.commit().await?;
    watch.lap("commit");
    tracing::debug!("{orders} orders of a rush: {watch}");
    Ok(true)
}
