//! Many orders in one transaction: what a flash sale needs. Each is decided in
//! memory, first come first served, on what the ones before it left; a refusal
//! touches nothing. Then all are written in a fixed number of statements, committed
//! once, and answered.
//!
//! ```text
//!   waiting --till--> batch --read--> desk --decide, one by one--> opened, refused
//!                                        \--write--> commit --> answers
//!                           out of date, or a fault: once more one by one
//! ```
//!
//! While many wait, what is committed with the answers is what the promise needs:
//! goods, hours, limits, keys; and the rows of the orders in words, on the roll
//! ([`crate::store::roll`]). When nobody waits, the till posts them. Who asks for an
//! order before that has it posted at once ([`crate::orders::wanted`]).
//!
//! In a rush one desk stands for half a second, and the next batch is decided on it
//! while the one before is written ([`swift`]). It only ever says yes, and the guards
//! of the statements must agree; whatever is doubtful (a no, an article with limits, a
//! key met before) is decided once more on what is read under the writer's lock.
//!
//! The answers are those of [`super::place`], which stays: for one order at a time,
//! and for those of a batch that failed. Deliberately absent: locks while deciding;
//! the guards of the statements tell when another replica was faster.

mod decide;
mod deed;
mod desk;
mod swift;
#[cfg(test)]
mod tests;
mod till;
mod write;
mod writer;

use std::{fmt::Write as _, time::Instant};

pub use till::Till;

use super::{model::*, place, view};
use crate::{
    exchange::{self, Flight},
    identity,
    kernel::*,
    orders,
    problem::Problem,
    store::{
        Actor, Db, Tx,
        command::{self, Marked, Refusal as KeyRefusal, Reply},
        roll::Slip,
    },
};
use decide::{Decided, decide};
use desk::Desk;
use write::{Guarded, Posting};

/// An order that waits to be placed.
pub struct Wish {
    /// What is asked.
    pub order: PlaceOrder,
    /// The signed-in shopper.
    pub shopper: Option<UserId>,
    /// Whose command it is.
    pub mark: Marked,
    /// Keeps the same command out until this one is answered.
    pub flight: Option<Flight>,
}

/// What a wish is answered: a reply that is stored, or a problem that is not.
pub type Answer = Result<Reply, Problem>;

/// How long each step of a batch took, for who wonders where the time goes.
struct Watch {
    since: Instant,
    laps: String,
}

impl Default for Watch {
    fn default() -> Self {
        Self { since: Instant::now(), laps: String::new() }
    }
}

impl Watch {
    fn lap(&mut self, step: &str) {
        let _ = write!(self.laps, "{step} {} us ", self.since.elapsed().as_micros());
        self.since = Instant::now();
    }
}

impl std::fmt::Display for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.laps.trim_end())
    }
}

/// What a batch came to.
enum Outcome {
    /// Committed: the answers, in the order of the wishes.
    Done(Vec<Answer>),
    /// Another replica changed what was decided on; nothing was written.
    Stale,
}

/// Places orders in one transaction and answers in their order. An error means that
/// nothing was written.
async fn place_together(db: &Db, wishes: &[Wish], posting: Posting) -> Result<Outcome, Stop> {
    read_roll(db);
    let mut watch = Watch::default();
    let mut tx = db.begin(Actor::house()).await?;
    let marks: Vec<&Marked> = wishes.iter().map(|wish| &wish.mark).collect();
    let seen = command::seen_all(&mut tx, &marks).await?;
    let mut desk = Desk::read(&mut tx, wishes).await?;
    watch.lap("read");
    let mut answers: Vec<Option<Answer>> = Vec::with_capacity(wishes.len());
    let mut decided: Vec<Decided> = Vec::new();
    for (at, wish) in wishes.iter().enumerate() {
        let key = (wish.mark.caller.clone(), wish.mark.key.clone());
        if let Some((digest, reply)) = seen.get(&key) {
            let same = *digest == wish.mark.digest;
            answers.push(Some(if same { Ok(reply.clone()) } else { Err(KeyRefusal::Reused.into()) }));
            continue;
        }
        match decide(db, &mut desk, at, wish, posting) {
            Ok(one) => {
                decided.push(one);
                answers.push(None);
            }
            // Goods that are not here yet are promised one by one.
            Err(Stop::Refused(refusal)) if refusal.code() == ALONE => answers.push(Some(Err((&*refusal).into()))),
            Err(Stop::Refused(refusal)) => answers.push(Some(exchange::refused(&*refusal))),
            Err(fault) => return Err(fault),
        }
    }
    watch.lap("decide");
    let Some((replies, slips)) = take_and_put(db, &mut tx, &mut desk, wishes, decided, posting).await? else {
        return Ok(Outcome::Stale);
    };
    watch.lap("rows");
    let mut fresh = replies.into_iter();
    let mut stored: Vec<(&Marked, &Reply)> = Vec::new();
    let answers: Vec<(bool, Answer)> = answers
        .into_iter()
        .map(|answer| match answer {
            Some(answer) => (true, answer),
            None => (posting == Posting::AtOnce, Ok(fresh.next().expect("one reply for each order decided"))),
        })
        .collect();
    for (wish, (is_to_store, answer)) in wishes.iter().zip(&answers) {
        let is_new = !seen.contains_key(&(wish.mark.caller.clone(), wish.mark.key.clone()));
        if let (true, true, Ok(reply)) = (*is_to_store, is_new, answer) {
            stored.push((&wish.mark, reply));
        }
    }
    command::remember_all(&mut tx, &stored).await?;
    if !tx.keep_all(slips).await? {
        return Ok(Outcome::Stale);
    }
    watch.lap("write");
    tx.commit().await?;
    watch.lap("commit");
    tracing::debug!("{} orders together: {watch}", wishes.len());
    Ok(Outcome::Done(answers.into_iter().map(|(_, answer)| answer).collect()))
}

/// Writes what was decided and puts the replies into words; `None` if it was out of
/// date. In a rush both go on at once: the database takes goods while the rows of the
/// orders are put aside, their replies and keys among them.
async fn take_and_put(
    db: &Db,
    tx: &mut Tx,
    desk: &mut Desk,
    wishes: &[Wish],
    mut decided: Vec<Decided>,
    posting: Posting,
) -> Result<Option<(Vec<Reply>, Vec<Slip>)>, Stop> {
    if decided.is_empty() {
        // A batch of refusals leaves no key behind that nobody needs.
        return Ok(Some((Vec::new(), Vec::new())));
    }
    let signer = identity::signer(tx).await?;
    let mut guarded = Guarded::new(posting);
    guarded.add(&mut decided);
    guarded.hours = desk.scene.taken_hours();
    if posting == Posting::AtOnce {
        let replies = decided.iter().map(|one| write::reply(&one.deed, &signer)).collect::<Result<_, _>>()?;
        command::claim_all(tx, write::numbers(&decided)).await?;
        write::write_rows(tx, &write::records(wishes, &decided)).await?;
        return Ok(guarded.write(tx).await?.then_some((replies, Vec::new())));
    }
    let (taken, put) = tokio::join!(guarded.write(tx), write::put_aside(db, &signer, wishes, &decided));
    let (taken, put) = (taken?, put?);
    Ok(taken.then_some(put))
}

/// Lets this database post what tills put onto its roll. Each till does so itself; who
/// only looks at what a till left needs this.
pub fn read_roll(db: &Db) {
    db.post_with(&write::OfTills);
}

/// Places one order in a transaction of its own: the path that machines take while
/// nobody else is there, and the last resort of a batch that failed.
pub async fn place_alone(db: &Db, wish: &Wish) -> Answer {
    let mut tries = 0;
    loop {
        match try_alone(db, wish).await {
            // Another transaction was first with a number, or waits for us: once more.
            Err(Stop::Fault(fault)) if (fault.duplicate || fault.retryable) && tries < 3 => tries += 1,
            Err(Stop::Fault(fault)) => return Err(fault.into()),
            Err(Stop::Refused(refusal)) => return Err((&*refusal).into()),
            Ok(answer) => return answer,
        }
    }
}

async fn try_alone(db: &Db, wish: &Wish) -> Result<Answer, Stop> {
    read_roll(db);
    let Marked { caller, key, digest } = &wish.mark;
    let mut tx = db.begin(Actor::named(caller)).await?;
    match command::seen(&mut tx, caller, key, digest).await? {
        command::Seen::New => {}
        command::Seen::Done(reply) => return Ok(Ok(reply)),
        command::Seen::Other => return Err(KeyRefusal::Reused.into()),
    }
    let reply = match show_alone(&mut tx, wish).await {
        Ok(shown) => exchange::done(201, &shown),
        Err(Stop::Refused(refusal)) => {
            drop(tx);
            tx = db.begin(Actor::named(caller)).await?;
            exchange::refused(&*refusal)
        }
        Err(fault) => return Err(fault),
    };
    if let Ok(reply) = &reply {
        command::remember(&mut tx, caller, key, digest, reply).await?;
        tx.commit().await?;
    }
    Ok(reply)
}

async fn show_alone(tx: &mut Tx, wish: &Wish) -> Result<view::OrderView, Stop> {
    let order = place::place(tx, &wish.order, wish.shopper).await?;
    let link = identity::sign_guest(tx, order.id).await?;
    let order = orders::by_id(tx.sql(), order.id).await?.unwrap_or(order);
    let pin = order.delivery_pin.clone();
    let mut shown = view::view(tx.sql(), order).await?;
    (shown.delivery_pin, shown.guest_link) = (Some(pin), Some(link));
    Ok(shown)
}
